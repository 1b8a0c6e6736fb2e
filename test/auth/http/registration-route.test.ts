// auth/http/registration-route.ts: how large a registration may be, counted in bytes before it is read as JSON.
import t from 'tap';
import { type Answer, type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

const kilobyte = 1024;
const plain = { redirect_uris: ['https://app.example/cb'] };

/** A stream is sent in pieces without its length. */
function send(world: LoopAuth, body: string, isStream: boolean): Promise<Answer> {
  return world.ask('/reg', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: isStream ? new Blob([body]).stream() : body,
    duplex: 'half',
  } as RequestInit);
}

async function stored(world: LoopAuth): Promise<string[]> {
  const rows = await world.database.all({ sql: 'SELECT payload FROM clients', slots: [] }, {});
  return rows.map((row) => String(row['payload']));
}

/** JSON of just so many bytes. */
function padded(metadata: object, bytes: number): string {
  const text = JSON.stringify(metadata);
  return text + ' '.repeat(bytes - Buffer.byteLength(text));
}

t.test('a registration of 8 KB is taken, and one byte more is 413 and leaves no row', async (t) => {
  const world = await startLoopAuth(t);
  for (const isStream of [false, true]) {
    t.equal((await send(world, padded(plain, 8 * kilobyte), isStream)).status, 201);
    for (const body of [
      padded(plain, 8 * kilobyte + 1),
      JSON.stringify({ ...plain, software_id: 'x'.repeat(50 * kilobyte) }),
      JSON.stringify({ ...plain, client_name: '가'.repeat(3 * kilobyte) }),
      JSON.stringify({ ...plain, unknown: 'x'.repeat(500 * kilobyte) }),
    ]) {
      const { status, body: answer } = await send(world, body, isStream);
      t.same([status, answer['error']], [413, 'invalid_client_metadata']);
    }
  }
  t.equal((await stored(world)).length, 2);
});

t.test('metadata that is nested without end is the client’s fault, not an outage', async (t) => {
  const world = await startLoopAuth(t);
  const nested = (open: string, levels: number, close: string): string =>
    open.repeat(levels) + close.repeat(levels);
  for (const value of [
    nested('[', 3900, ']'),
    `${'{"a":'.repeat(1300)}1${'}'.repeat(1300)}`,
    nested('[', 17, ']'),
  ]) {
    for (const field of ['jwks', 'software_id', 'redirect_uris', 'unknown']) {
      for (const isStream of [false, true]) {
        const body = `{"redirect_uris":["https://app.example/cb"],"${field}":${value}}`;
        const { status, body: answer } = await send(world, body, isStream);
        t.same([status, answer['error']], [400, 'invalid_client_metadata'], `${field} ${value.slice(0, 9)}`);
      }
    }
  }
  t.same(await stored(world), []);
  t.equal(
    (await send(world, JSON.stringify(plain), true)).status,
    201,
    'all that was read before was read whole',
  );
});

t.test('what is stored of 8 KB is not much more, whatever the library adds', async (t) => {
  const world = await startLoopAuth(t);
  const key = { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43) };
  const numbers = `[${Array.from({ length: 1400 }, () => '1e20').join()}]`;
  const texts: Array<readonly [string, string]> = [
    [
      'short numbers that are stored long',
      `{"redirect_uris":["https://app.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"${key.x}","y":"${key.y}","z":${numbers}}]}}`,
    ],
    ['text', JSON.stringify({ ...plain, software_id: 'x'.repeat(8000) })],
    [
      'addresses',
      JSON.stringify({
        redirect_uris: Array.from({ length: 4 }, (_, n) => `https://app.example/${n}${'x'.repeat(1900)}`),
      }),
    ],
  ];
  for (const [what, text] of texts) {
    t.ok(Buffer.byteLength(text) <= 8 * kilobyte, what);
    const { status } = await send(world, text, false);
    t.ok([201, 400].includes(status), `${what}: ${status}`);
  }
  for (const payload of await stored(world)) t.ok(Buffer.byteLength(payload) <= 12 * kilobyte);
});
