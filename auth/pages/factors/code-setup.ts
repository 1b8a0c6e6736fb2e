// Setting up one-time codes: the QR code for the phone, and once they work the recovery codes for the drawer.
import { encode } from 'uqr';
import type { Fault } from '../../../pages/words.ts';
import { createPage } from '../pages.ts';

export interface CodeSetupData {
  readonly formAction: string;
  readonly back: string;
  /** `otpauth://…`, what the QR code says. */
  readonly uri: string;
  /** In base32, for phones that can't see the screen. */
  readonly secret: string;
  readonly fault?: Fault | undefined;
}

export const codeSetupPage = createPage<CodeSetupData>('factors/code-setup', (data) => ({
  ...data,
  groups: data.secret.match(/.{1,4}/g) ?? [],
  qr: drawQr(data.uri),
}));

interface RecoveryCodesData {
  readonly codes: readonly string[];
  readonly back: string;
}

export const recoveryCodesPage = createPage<RecoveryCodesData>('factors/recovery-codes');

// ISO/IEC 18004 asks for four modules of quiet around it.
const border = 4;

/** A path over all dark modules, in a square of so many modules. */
function drawQr(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { ecc: 'M', border });
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { size, path: path.join('') };
}
