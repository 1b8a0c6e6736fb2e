// What a client that is a page in a browser needs beside (CORS), such as the MCP Inspector on this machine.
import { type Finding, failure, fine } from './findings.ts';
import { type Answer, ask } from './probe.ts';
import type { World } from './world.ts';

// Pages of the machine itself may call loop-api, those of other origins may not.
const origin = 'http://localhost:6274';

const allowOrigin = 'Access-Control-Allow-Origin';

export async function lookAtBrowsers({ subject: { resource }, metadata = {} }: World): Promise<Finding> {
  const preflight = {
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type,mcp-protocol-version',
    },
  };
  const asked: Array<readonly [Answer, needed: ReadonlyArray<readonly [name: string, value: string]>]> = [
    [await ask(resource, preflight), [['Access-Control-Allow-Headers', 'authorization']]],
    [
      await ask(resource, {
        method: 'POST',
        headers: { Origin: origin, 'Content-Type': 'application/json' },
        body: '{}',
      }),
      [['Access-Control-Expose-Headers', 'www-authenticate']],
    ],
  ];
  const registration = metadata['registration_endpoint'];
  if (typeof registration === 'string') {
    asked.push([await ask(registration, preflight), [['Access-Control-Allow-Headers', 'content-type']]]);
  }
  for (const [answer, needed] of asked) {
    const wrong = judgeOrigin(answer) ?? judgeHeaders(answer, needed);
    if (wrong) return wrong;
  }
  return fine(origin);
}

function judgeOrigin(answer: Answer): Finding | undefined {
  const values = answer.headers(allowOrigin).flatMap((value) => value.split(',').map((one) => one.trim()));
  if (values.length > 1) return failure('corsDoubled', { address: answer.url, header: allowOrigin });
  const isAllowed = values[0] === '*' || values[0] === origin;
  return isAllowed ? undefined : failure('corsMissing', { address: answer.url, header: allowOrigin });
}

function judgeHeaders(
  answer: Answer,
  needed: ReadonlyArray<readonly [name: string, value: string]>,
): Finding | undefined {
  const missing = needed.find(([name, value]) => {
    const listed = answer.headers(name).join().toLowerCase();
    return !listed.split(/[ ,]+/).some((one) => one === value || one === '*');
  });
  return missing && failure('corsMissing', { address: answer.url, header: missing[0] });
}
