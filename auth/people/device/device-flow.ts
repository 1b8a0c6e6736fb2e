// Device authorization (RFC 8628) as the library has it, with our pages: entering the code, and how it ended.
// Not sign-in and consent, which are those of every app: ../interactions.ts.
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { renderError } from '../../http/errors.ts';
import { networkOf } from '../../http/limits/network.ts';
import { showPage } from '../../http/pages/frame.ts';
import { type DeviceFault, type DeviceFormData, deviceFormPage, deviceOverPage } from '../../pages/device.ts';
import { charset, mask } from './user-codes.ts';

/** What the library would answer a program. */
type Out = Parameters<typeof renderError>[1];

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

/** A client that has not got this polls every five seconds all the same (RFC 8628 section 3.2). */
const pollSeconds = 5;

/** A device code is good for so long: to walk over to another screen, and to sign in there. */
export const deviceCodeSeconds = 10 * 60;

export function deviceFlowFor(issuerPath: string): DeviceFlow {
  const action = `${issuerPath}/device`;
  const showForm = (ctx: KoaContextWithOIDC, data: Omit<DeviceFormData, 'action' | 'xsrf'>): void => {
    if (data.fault === 'stale') ctx.status = 400;
    const { secret = '' } = Object(ctx.oidc.session?.state) as { secret?: string };
    showPage(ctx, deviceFormPage, { action, xsrf: secret, ...data }, { address: action });
  };
  const showRefusal = async (ctx: KoaContextWithOIDC, out: Out, error: Error): Promise<void> => {
    leaveUnkept(ctx);
    const fault = faultOf(error);
    if (error.name === 'AbortedError')
      showPage(ctx, deviceOverPage, { isAllowed: false }, { address: action });
    else if (fault) showForm(ctx, { fault });
    else await renderError(ctx, out, error);
  };
  return {
    enabled: true,
    charset,
    mask,
    // Whom the person may know again: where the terminal is. What it says of itself, it could make up.
    deviceInfo: (ctx) => ({ network: networkOf(ctx.state['address']) }),
    userCodeInputSource: async (ctx, _form, out, error) => {
      if (error) return showRefusal(ctx, out as Out, error);
      showForm(ctx, { shownCode: ctx.state['shownCode'], fault: ctx.state['isStale'] ? 'stale' : undefined });
    },
    // For a form that was sent without it; ours have it.
    userCodeConfirmSource: async (ctx, ...[, , , userCode]) => showForm(ctx, { shownCode: userCode }),
    successSource: async (ctx) => {
      const { client } = ctx.oidc;
      const clientName = client?.clientName ?? client?.clientId ?? '';
      showPage(ctx, deviceOverPage, { isAllowed: true, clientName }, { address: action });
    },
  };
}

/**
 * For its form the library marks a session to be stored, and fails where that was not stored before: it comes to that after
 * an error alone.
 */
function leaveUnkept({ oidc: { session } }: KoaContextWithOIDC): void {
  if (session && typeof session.exp !== 'number') Object.assign(session, { touched: false });
}

const faults: Readonly<Record<string, DeviceFault>> = {
  NoCodeError: 'missing',
  NotFoundError: 'unknown',
  ExpiredError: 'expired',
  AlreadyUsedError: 'used',
};

// The library's word for a form whose session is gone, or is another's.
const isStale = /device form details|xsrf token/;

function faultOf({ name, ...error }: Error): DeviceFault | undefined {
  const { error_description: description = '' } = error as { error_description?: string };
  return isStale.test(description) ? 'stale' : faults[name];
}

/** Beside what the library answers a terminal. */
export function tellInterval(_ctx: KoaContextWithOIDC, body: object): void {
  Object.assign(body, { interval: pollSeconds });
}
