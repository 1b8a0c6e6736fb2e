// How a request is bent: one thing of it at a time.
import { methods, oddHeaders, oddNames, oddTexts } from './odd.ts';
import type { Random } from './random.ts';
import { type FuzzRequest, query } from './shapes.ts';

type Bend = (request: FuzzRequest, random: Random) => FuzzRequest;

const bends: readonly Bend[] = [
  (request, random) => ({ ...request, method: random.pick(methods) }),
  (request, random) => {
    const [name, value] = random.pick(oddHeaders);
    return { ...request, headers: { ...request.headers, [name]: value } };
  },
  (request, random) => ({
    ...request,
    path: `${request.path}${request.path.includes('?') ? '&' : '?'}${query({ [random.pick(oddNames)]: random.pick(oddTexts) }, random)}`,
  }),
  (request, random) => ({
    ...request,
    path: request.path.replace(/^[^?]*/, (path) =>
      random.pick([`${path}/`, `/${path}`, path.toUpperCase(), `${path}%2f..`, `${path};a=b`, `${path}//`]),
    ),
  }),
  (request, random) => ({ ...request, body: bendBody(request.body, random) }),
  (request, random) => ({
    ...request,
    body: Buffer.from(Array.from({ length: random.number(400) }, () => random.number(256))),
  }),
  (request) => ({ ...request, body: undefined }),
];

function bendBody(body: string | Buffer | undefined, random: Random): string | Buffer | undefined {
  if (typeof body !== 'string' || body === '') return body;
  const at = random.number(body.length);
  return random.pick([
    body.slice(0, at),
    body + body,
    `${body.slice(0, at)}${random.pick(oddTexts)}${body.slice(at)}`,
    body.replaceAll('"', "'"),
    `${body}&${random.pick(oddNames)}=${encodeURIComponent(random.pick(oddTexts).toWellFormed())}`,
    `\uFEFF${body}`,
  ]);
}

/** The request, bent in up to two places. */
export function bend(request: FuzzRequest, random: Random): FuzzRequest {
  let bent = request;
  for (let times = random.number(3); times > 0; times -= 1) bent = random.pick(bends)(bent, random);
  return bent;
}
