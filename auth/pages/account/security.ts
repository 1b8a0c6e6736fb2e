// The page of what keeps an account safe: its password and second factor, and the browsers that are signed in.
import type { Fault } from '../../../pages/words.ts';
import { createPage, fieldLimits } from '../pages.ts';
import { describeNetwork } from './account.ts';

/** Moments are in epoch seconds; names as far as they are known. */
export interface ShownBrowser {
  readonly id: string;
  readonly isThis: boolean;
  readonly signedInAt: number;
  readonly seenAt: number | undefined;
  readonly network: string | undefined;
  readonly browser: string | undefined;
  readonly system: string | undefined;
}

export interface SecurityData {
  readonly formAction: string;
  readonly accountHref: string;
  readonly username: string;
  readonly browsers: readonly ShownBrowser[];
  /** Undefined where there are none; `left` of the recovery codes. */
  readonly codes: { readonly since: number; readonly left: number } | undefined;
  readonly passkeys: ReadonlyArray<{
    readonly id: string;
    readonly name: string;
    readonly since: number;
    readonly lastUsedAt: number | undefined;
  }>;
  /** Why there can be none at this address. */
  readonly whyNoPasskeys: 'plainHttp' | 'address' | undefined;
  /** False of an account that only the provider opens. */
  readonly hasPassword: boolean;
  /** Undefined where there is no identity provider beside us, and no link with an earlier one. */
  readonly upstream:
    | {
        readonly provider: string;
        readonly link: { readonly name: string; readonly since: number } | undefined;
        readonly mayUnlink: boolean;
      }
    | undefined;
  /** What was wrong with what was sent, by section. */
  readonly faults: { readonly password?: Fault; readonly codes?: Fault; readonly upstream?: Fault };
}

export const securityPage = createPage<SecurityData>('security', (data, words) => ({
  ...data,
  limits: fieldLimits,
  hasOthers: data.browsers.some(({ isThis }) => !isThis),
  browsers: data.browsers.map((one) => ({
    ...one,
    network: describeNetwork(one.network),
    name: [one.browser, one.system].filter(Boolean).join(' · ') || words.text('security.unknownBrowser'),
  })),
}));
