// Lines of the log name a request as whoever asked does, and what happened to people is apart from all else.
import { Writable } from 'node:stream';
import t from 'tap';
import { createLog } from '../../../auth/http/log.ts';
import { createTrail } from '../../../auth/http/trail.ts';
import { lockDatabase } from '../../support/database-lock.ts';
import { startLoopAuth } from '../../support/loop-auth.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callerRequestId = 'a3bb189e-8bf9-4888-9912-ace4e6543002';
const traced = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': callerRequestId };

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const refused = { method: 'POST', body: 'grant_type=refresh_token&client_id=nobody&refresh_token=x' };

t.test('a line has the ids that loop-api gave, and one of its own', async (t) => {
  const world = await startLoopAuth(t);
  const answer = await world.ask('/token', { ...refused, headers: { ...form, ...traced } });
  const line = JSON.parse(world.lines.at(-1) ?? '{}');
  t.match(line, { event: 'token.refused', traceId, callerRequestId, audit: true });
  t.equal(answer.headers.get('x-request-id'), line.requestId);
  t.not(line.requestId, callerRequestId);
});

t.test('a line of an outage has them as well', async (t) => {
  const world = await startLoopAuth(t, { settings: { AUTH_REGISTRATION: 'open' } });
  const { app, tokens } = await world.connect();
  const release = await lockDatabase(world.databasePath);
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: app.clientId,
    refresh_token: String(tokens.refresh_token),
  });
  const answer = await world.ask('/token', { method: 'POST', body, headers: traced });
  await release();
  t.equal(answer.status, 503);
  const lines = world.lines.map((line) => JSON.parse(line));
  t.match(
    lines.find(({ msg }) => msg === 'request failed'),
    { traceId, callerRequestId },
  );
});

t.test('what is no id is in no line', async (t) => {
  const world = await startLoopAuth(t);
  const bent = { traceparent: `00-${traceId}-00f067aa0ba902b7-0 `, 'x-request-id': '"}{"event":"made up"' };
  await world.ask('/token', { ...refused, headers: { ...form, ...bent } });
  const line = JSON.parse(world.lines.at(-1) ?? '{}');
  t.equal(line.event, 'token.refused');
  t.notOk('traceId' in line || 'callerRequestId' in line);
});

t.test('what happened to people is marked, and said however little else is', (t) => {
  const lines: string[] = [];
  const log = createLog(
    'fatal',
    new Writable({ write: (chunk, _, done) => done(void lines.push(`${chunk}`)) }),
  );
  createTrail(log, { count: () => {} }).warn(undefined, 'sign_in.failed', { reason: 'password' });
  log.error('something else');
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0] ?? ''), { audit: true, event: 'sign_in.failed', level: 40 });
  t.end();
});
