// Why a request of an app or of a person was refused, as one word of those that pages have a sentence for.
import type { ParameterizedContext } from 'koa';
import { errors } from 'oidc-provider';
import type { CauseName } from '../../pages/words.ts';
import { HostUnavailable } from '../clients/hosts/host-unavailable.ts';

/** What is known of a refusal: the answer's error, and what it was made of. */
export interface Refusal {
  readonly status: number;
  /** The protocol's code. */
  readonly error: string;
  /** What the library or we say of it, to programs and to the log. */
  readonly detail: string;
  readonly thrown: unknown;
}

interface Told extends Error {
  readonly error?: string;
  readonly error_description?: string;
  readonly error_detail?: string;
  readonly about?: string;
}

/** Undefined where the request was not refused. */
export function findRefusal(ctx: ParameterizedContext): Refusal | undefined {
  const { thrown, refusal, told } = ctx.state as { thrown?: Told; refusal?: Told; told?: Told };
  const error = thrown ?? refusal ?? told;
  if (ctx.status < 400 && !refusal) return undefined;
  const body = (typeof ctx.body === 'object' ? ctx.body : {}) as {
    error?: string;
    error_description?: string;
  };
  const { error_detail: detail = '', error_description: description = '', message = '' } = error ?? {};
  return {
    status: ctx.status,
    error: error?.about ?? error?.error ?? body?.error ?? '',
    detail: [detail, description, body?.error_description, message].join(' '),
    thrown: error,
  };
}

type Rule = readonly [cause: CauseName, fits: (refusal: Refusal) => boolean];

const says =
  (error: string, detail?: RegExp) =>
  (refusal: Refusal): boolean =>
    refusal.error === error && (detail === undefined || detail.test(refusal.detail));

const tooMany: Rule = [
  'tooMany',
  ({ status, detail }) => status === 429 || /too often|too many/.test(detail),
];
const outage: Rule = ['outage', ({ status }) => status >= 500];

const ofTokens: readonly Rule[] = [
  tooMany,
  outage,
  ['clientSecretWrong', says('invalid_client', /secret|authentication|assertion|no client auth/)],
  ['clientUnknown', says('invalid_client')],
  ['resourceWrong', says('invalid_target')],
  ['codeRedirect', says('invalid_grant', /redirect_uri mismatch/)],
  ['deviceCodeExpired', says('expired_token')],
  ['denied', says('access_denied')],
  ['codeExpired', says('invalid_grant', /code is expired/)],
  ['codeUnknown', says('invalid_grant', /code not found/)],
  ['otherClient', says('invalid_grant', /client mismatch/)],
  ['refreshReplayed', says('invalid_grant', /refresh token already used/)],
  ['refreshIdle', says('invalid_grant', /refresh token is expired/)],
  ['refreshUnknown', says('invalid_grant', /refresh token not found/)],
  ['grantGone', says('invalid_grant', /grant (not found|is expired)|revoked|account/)],
  ['pkceWrong', ({ detail }) => /code_verifier|PKCE|code_challenge/.test(detail)],
  ['pkceWrong', says('invalid_grant', /^ ?grant request is invalid/)],
  ['scopeUnknown', says('invalid_scope')],
  ['grantType', ({ error, detail }) => error === 'unsupported_grant_type' || /grant type/.test(detail)],
  ['tokenRequestInvalid', () => true],
];

const rules: Readonly<
  Record<'registration' | 'authorization' | 'signIn' | 'code' | 'refresh', readonly Rule[]>
> = {
  registration: [
    ['registrationOff', ({ status }) => status === 404],
    ['registrationToken', ({ status }) => status === 401],
    ['registrationTooLarge', ({ status }) => status === 413],
    tooMany,
    outage,
    ['registrationHost', ({ detail }) => /takes apps of other hosts only/.test(detail)],
    [
      'registrationRedirect',
      ({ error, detail }) => error === 'invalid_redirect_uri' || /redirect_uri/.test(detail),
    ],
    ['registrationInvalid', () => true],
  ],
  authorization: [
    ['documentAway', ({ thrown }) => thrown instanceof HostUnavailable],
    ['documentInvalid', ({ thrown }) => thrown instanceof errors.InvalidClientMetadata],
    tooMany,
    outage,
    ['clientUnknown', ({ thrown }) => thrown instanceof errors.InvalidClient],
    [
      'redirectWrong',
      ({ thrown, detail }) => thrown instanceof errors.InvalidRedirectUri || /redirect_uri/.test(detail),
    ],
    ['resourceWrong', says('invalid_target')],
    ['pkceMissing', says('invalid_request', /PKCE|code_challenge/)],
    ['scopeUnknown', says('invalid_scope')],
    [
      'responseType',
      ({ error, detail }) => /^unsupported_response/.test(error) || /response_(type|mode)/.test(detail),
    ],
    ['grantType', ({ detail }) => /grant-type:device_code is not allowed/.test(detail)],
    ['silentRefused', ({ error }) => /^(login|consent|interaction)_required$/.test(error)],
    ['requestInvalid', () => true],
  ],
  signIn: [
    ['cookiesBlocked', says('cookiesBlocked')],
    ['foreignForm', says('foreignForm')],
    tooMany,
    outage,
    ['clientUnknown', ({ thrown }) => thrown instanceof errors.InvalidClient],
    ['redirectWrong', ({ thrown }) => thrown instanceof errors.InvalidRedirectUri],
    ['signInOver', ({ thrown }) => thrown instanceof errors.SessionNotFound],
    ['requestInvalid', () => true],
  ],
  // A code that another request has just used is found so at the commit, or not at all.
  code: [['codeUsedTwice', says('invalid_grant', /used, revoked or expired|already consumed/)], ...ofTokens],
  refresh: ofTokens,
};

export function causeOf(at: keyof typeof rules, refusal: Refusal): CauseName {
  return rules[at].find(([, fits]) => fits(refusal))?.[0] ?? 'requestInvalid';
}
