// The pages of device authorization (RFC 8628): the code that a terminal shows is entered, or compared; how it ended.
import type { WordKey } from '../../pages/words.ts';
import { createPage } from './pages.ts';
import { showClient } from './shown-client.ts';

/** Why a code was not taken. */
export type DeviceFault = 'missing' | 'unknown' | 'expired' | 'used' | 'stale';

export interface DeviceFormData {
  action: string;
  xsrf: string;
  /** Of a link that has the code in it: it is compared instead of typed. */
  shownCode?: string | undefined;
  fault?: DeviceFault | undefined;
}

const faults = {
  missing: 'device.faults.missing',
  unknown: 'device.faults.unknown',
  expired: 'device.faults.expired',
  used: 'device.faults.used',
  stale: 'device.faults.stale',
} as const satisfies Record<DeviceFault, WordKey>;

export const deviceFormPage = createPage<DeviceFormData>('device/enter', (data) => ({
  ...data,
  faultKey: data.fault && faults[data.fault],
}));

export const deviceOverPage = createPage<{ isAllowed: boolean; clientName?: string }>(
  'device/over',
  (data, words) => ({ ...data, ...showClient(data, words) }),
);
