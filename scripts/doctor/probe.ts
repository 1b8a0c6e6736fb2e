// One request as a client makes it, and what came back to the byte: redirects not followed, headers as they were sent.
import { lookup } from 'node:dns/promises';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

const timeoutMs = 5000;
const mostCharacters = 256 * 1024;

// Where the service of a public address on this machine is from inside a container, for which `localhost` is itself.
const detours = new Map<string, string>();

/** From now on what is asked of `origin` goes to the origin of `address`, under the name that was asked for. */
export function leadTo(origin: string, address: string): void {
  detours.set(origin, address);
}

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly httpVersion: string;
  readonly text: string;
  /** The body where it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** The first header of that name; undefined where there is none. */
  readonly header: (name: string) => string | undefined;
  /** Every header of that name, in their order. */
  readonly headers: (name: string) => readonly string[];
}

/** No answer came; `reason` is a system's code or a word of ours. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`no answer: ${reason}`, options);
    this.reason = reason;
  }
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For what is asked before the certificate was judged: nothing secret goes along. */
  readonly isUnverified?: boolean;
}

/** Throws NoAnswer. After 5 s without a whole answer there is none. */
export async function ask(url: string, asked: Asked = {}): Promise<Answer> {
  const response = await send(url, asked);
  try {
    return toAnswer(url, response, await readText(response));
  } finally {
    response.destroy();
  }
}

/** Asks for a stream and resolves to its answer with what came within the time, or once `isEnough`. Throws NoAnswer. */
export async function askStream(
  url: string,
  asked: Asked,
  isEnough: (text: string) => boolean,
  withinMs: number,
): Promise<Answer> {
  const response = await send(url, asked, withinMs);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, withinMs);
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (isEnough(text) || text.length > mostCharacters) resolve();
  });
  for (const event of ['end', 'close', 'error']) response.once(event, () => resolve());
  await promise;
  clearTimeout(timer);
  response.destroy();
  return toAnswer(url, response, text);
}

function send(url: string, asked: Asked, withinMs = timeoutMs): Promise<IncomingMessage> {
  const { origin, protocol, host } = new URL(url);
  const detour = detours.get(origin);
  const options: RequestOptions & { rejectUnauthorized?: boolean } = {
    method: asked.method ?? 'GET',
    headers: {
      ...(detour !== undefined && { Host: host }),
      Accept: 'application/json',
      'User-Agent': 'loop-doctor',
      ...asked.headers,
    },
    agent: false,
    ...(asked.isUnverified && { rejectUnauthorized: false }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const start = protocol === 'https:' ? requestHttps : requestHttp;
  const sent = start(detour === undefined ? url : detour + url.slice(origin.length), options, resolve);
  const timer = setTimeout(() => sent.destroy(new NoAnswer('timeout')), withinMs);
  sent.once('error', (cause) =>
    reject(cause instanceof NoAnswer ? cause : new NoAnswer(codeOf(cause), { cause })),
  );
  sent.once('close', () => clearTimeout(timer));
  sent.end(asked.body);
  return promise;
}

/** The name of another container is known in the network of compose only. */
export async function isKnown(address: string): Promise<boolean> {
  return lookup(new URL(address).hostname.replace(/^\[|\]$/g, '')).then(
    () => true,
    () => false,
  );
}

/** A name that leads to several addresses fails with one error for each. */
export function codeOf(error: unknown): string {
  const { code, errors } = error as { code?: unknown; errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  return errors?.[0] === undefined ? 'error' : codeOf(errors[0]);
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  const timer = setTimeout(() => response.destroy(new NoAnswer('timeout')), timeoutMs);
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > mostCharacters) break;
    }
    return text;
  } catch (cause) {
    throw cause instanceof NoAnswer ? cause : new NoAnswer(codeOf(cause), { cause });
  } finally {
    clearTimeout(timer);
  }
}

function toAnswer(url: string, response: IncomingMessage, text: string): Answer {
  const pairs = Array.from({ length: response.rawHeaders.length / 2 }, (_, at) => ({
    name: String(response.rawHeaders[2 * at]).toLowerCase(),
    value: String(response.rawHeaders[2 * at + 1]),
  }));
  const headers = (name: string): string[] =>
    pairs.filter((pair) => pair.name === name.toLowerCase()).map(({ value }) => value);
  const { statusCode: status = 0, httpVersion } = response;
  return {
    url,
    status,
    httpVersion,
    text,
    json: parseObject(text),
    headers,
    header: (name) => headers(name)[0],
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What kind of thing a body is, for a person. */
export function kindOf({ text, json }: Answer): 'json' | 'html' | 'nothing' | 'otherKind' {
  if (json) return 'json';
  if (text.trim() === '') return 'nothing';
  return /<(!doctype|html|head|body|h1)\b/i.test(text.slice(0, 1000)) ? 'html' : 'otherKind';
}
