// Hears every secret that goes over fetch while a test runs, so that it can be looked for where none may be.
import type { Test } from 'tap';

const named =
  /^(access_token|refresh_token|id_token|client_secret|code|device_code|user_code|code_verifier|token|password|registration_access_token|client_assertion)$/;

/** All that was heard until now: of both ends, of at least eight characters. */
export function hearSecrets(t: Test): () => string[] {
  const heard = new Set<string>();
  const real = globalThis.fetch;
  const keep = (name: string, value: unknown): void => {
    if (named.test(name) && typeof value === 'string' && value.length >= 8) heard.add(value);
  };
  const keepQuery = (query: string | URLSearchParams): void => {
    for (const [name, value] of new URLSearchParams(query)) keep(name, value);
  };
  globalThis.fetch = async (input, init) => {
    const { body, headers } = init ?? {};
    if (typeof body === 'string' || body instanceof URLSearchParams) keepQuery(body);
    const authorization = new Headers(headers).get('Authorization')?.split(' ')[1];
    keep('token', authorization);
    const answer = await real(input, init);
    keepQuery(URL.parse(answer.headers.get('Location') ?? '', answer.url)?.searchParams ?? '');
    if (/json/.test(answer.headers.get('Content-Type') ?? '')) {
      const told: unknown = await answer
        .clone()
        .json()
        .catch(() => undefined);
      for (const [name, value] of Object.entries(told ?? {})) keep(name, value);
    }
    return answer;
  };
  t.teardown(() => {
    globalThis.fetch = real;
  });
  return () => [...heard];
}
