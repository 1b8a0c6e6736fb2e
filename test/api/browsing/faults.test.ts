// What the disk and the vault refuse, as pages with a next step: whose fault it is, and whether trying again helps.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { createApp } from '../../../api/app.ts';
import { parseConfig } from '../../../api/config.ts';
import { createLogger } from '../../../api/http/log.ts';
import { createMetrics } from '../../../api/http/metrics.ts';
import { createSeal } from '../../../api/people/sealing.ts';
import { parseResourceIdentifiers } from '../../../api/tokens/resource-identifiers.ts';
import {
  ChangeUnfinished,
  EditRefused,
  explainDisk,
  LinksUnknown,
  NoteReadOnly,
  RevisionStale,
  VaultAway,
} from '../../../api/vault/errors.ts';
import { openVault, type Vault } from '../../../api/vault/vault.ts';
import { makeVault, RESOURCE } from '../../support/loop-api.ts';

const secret = 'the secret of loop-api, 32 signs';

/** A service whose one session finds its vault by `within`; resolves to where it is, its cookie and its log. */
async function serve(t: Test, within: () => Promise<Vault>) {
  const log: string[] = [];
  const vault = await openVault({ directory: `${await makeVault(t)}/vault`, indexPath: ':memory:' });
  const principal = { subject: 'a', clientId: 'b', scopes: ['vault.write'], expiresAt: Date.now() };
  const app = createApp({
    config: parseConfig({ AUTH_ISSUER: 'https://auth.example', API_CLIENT_SECRET: secret }),
    resources: parseResourceIdentifiers(RESOURCE),
    vault,
    narrowed: { within },
    verify: () => ({
      outcome: 'active',
      principal: { ...principal, reach: { readable: ['A'], writable: ['A'] } },
    }),
    metrics: createMetrics(),
    logger: createLogger({ write: (line) => void log.push(line) }),
    noteCall: () => {},
    isReady: () => true,
  });
  const server = createServer(app.express).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await app.close();
    await vault.close();
  });
  const seal = createSeal({ read: () => secret });
  const session = { token: 'x', name: 'ann' };
  const sealed = await seal.close('session', session, Math.floor(Date.now() / 1000) + 600);
  return {
    log,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cookie: `__Host-loop_vault_session=${sealed}`,
  };
}

const onDisk = (code: string): unknown => explainDisk(Object.assign(new Error('disk'), { code }));

t.test('a name that the disk does not take is the caller’s to mend', (t) => {
  t.match(onDisk('ENAMETOOLONG'), { reason: 'invalid', message: /name in it is longer than the disk/ });
  t.end();
});

t.test('each refusal is a page that says what it is, to a form’s answer too', async (t) => {
  let thrown: unknown;
  const { log, url, cookie } = await serve(t, async () => {
    throw thrown;
  });
  for (const [error, status, says] of [
    [onDisk('ENOSPC'), 503, 'The disk is full'],
    [onDisk('EDQUOT'), 503, 'The disk is full'],
    [onDisk('EROFS'), 409, 'The notes can only be read'],
    [new NoteReadOnly(' (n.md)'), 409, 'A note can only be read'],
    [new VaultAway(), 503, 'The notes can’t be reached just now'],
    [new LinksUnknown(), 503, 'The notes are still being read'],
    [new ChangeUnfinished(), 503, 'It came to no end'],
    [new RevisionStale('x'), 409, 'Somebody else is changing these notes'],
    [new EditRefused('Too many notes link to what was moved.'), 409, 'That is too much at once'],
    [new Error('EIO'), 500, 'That did not work'],
  ] as const) {
    thrown = error;
    for (const method of ['GET', 'POST']) {
      const headers = { Accept: 'text/html', Cookie: cookie };
      const answer = await fetch(`${url}/vault/changes?lang=en`, { method, headers });
      t.equal(answer.status, status, says);
      t.equal(answer.headers.has('retry-after'), status === 503);
      const text = await answer.text();
      t.match(text, `<h1>${says}</h1>`);
      t.notMatch(text, 'n.md', 'and names no note');
    }
  }
  t.equal(log.filter((line) => line.includes('"failed"')).length, 2, 'only our own failures are');
});
