// The memory of an MCP client's OAuth side, as the official SDKs ask for it, and a count of what it had to do.
import type { OAuthClientProvider, OAuthDiscoveryState, OAuthTokens } from '@modelcontextprotocol/client';

type ClientInformation = NonNullable<Awaited<ReturnType<OAuthClientProvider['clientInformation']>>>;
type ClientMetadata = OAuthClientProvider['clientMetadata'];

export const redirectUrl = 'http://127.0.0.1:33333/callback';

/** Keeps registration and tokens in memory; `signIns` counts how often a person would have been asked. */
export class MemoryOAuthClient implements OAuthClientProvider {
  readonly redirectUrl = redirectUrl;
  readonly clientMetadata: ClientMetadata;
  signIns = 0;
  refreshes = 0;
  pendingAuthorization: URL | undefined;
  #client: ClientInformation | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';
  #discovered: OAuthDiscoveryState | undefined;

  constructor(name: string) {
    this.clientMetadata = {
      client_name: name,
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  clientInformation(): ClientInformation | undefined {
    return this.#client;
  }

  saveClientInformation(client: ClientInformation): void {
    this.#client = client;
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
    if (this.#tokens) this.refreshes += 1;
    this.#tokens = tokens;
  }

  /** Makes the client refresh at its next call, as if its access token had expired: one that nobody knows any more. */
  forgetAccessToken(): void {
    const beginning = this.#tokens?.access_token.slice(0, 20);
    if (this.#tokens) this.#tokens = { ...this.#tokens, access_token: `${beginning}-expired` };
  }

  redirectToAuthorization(url: URL): void {
    this.signIns += 1;
    this.pendingAuthorization = url;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovered = state;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovered;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }
}
