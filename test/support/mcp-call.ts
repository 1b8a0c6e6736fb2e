// One tool call over plain HTTP with a fixed bearer token: what the wire says, without a client's retries.

export interface WireAnswer {
  /** The HTTP status, or 0 where no answer came. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Calls a tool in the 2025-11-25 revision, which needs no session here. */
export async function callTool(
  resource: string,
  accessToken: string | undefined,
  name = 'search',
  input: Record<string, unknown> = { query: 'project' },
): Promise<WireAnswer> {
  const request = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } };
  try {
    const response = await fetch(resource, {
      method: 'POST',
      headers: {
        ...(accessToken !== undefined && { Authorization: `Bearer ${accessToken}` }),
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2025-11-25',
      },
      body: JSON.stringify(request),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch {
    return { status: 0, headers: new Headers(), body: '' };
  }
}
