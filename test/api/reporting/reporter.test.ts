// api/reporting/: loop-auth is told how calls were refused, in nobody's way.
import t, { type Test } from 'tap';
import { openReporter } from '../../../api/reporting/reporter.ts';
import { FakeAuthorizationServer } from '../../support/authorization-server.ts';
import { RESOURCE } from '../../support/loop-api.ts';
import { until } from '../../support/until.ts';

const quick = { gather: 10, retryFirst: 20, retryLast: 40, absent: 100_000 };

async function report(t: Test) {
  const auth = await new FakeAuthorizationServer().start();
  const reporter = openReporter({
    issuer: 'https://auth.example/auth',
    authOrigin: auth.issuer,
    clientId: 'loop-api',
    clientSecret: { read: () => 'api secret' },
    resource: RESOURCE,
    waits: quick,
  });
  t.teardown(async () => {
    await Promise.all([reporter.close(), auth.stop()]);
  });
  return { auth, reporter };
}

t.test('what is alike is told once, with how often, and no more than a hundred kinds', async (t) => {
  const { auth, reporter } = await report(t);
  for (let n = 0; n < 300; n += 1) {
    reporter.note({ outcome: 'no_token', address: '192.0.2.1' });
    reporter.note({ outcome: 'invalid', address: `198.51.100.${n % 200}` });
  }
  await until(() => auth.reports.length > 0, 'a report');
  const [{ path, authorization, body } = { path: '', authorization: '', body: {} }] = auth.reports;
  t.equal(path, '/auth/resource-refusals');
  t.equal(authorization, `Basic ${Buffer.from('loop-api:api+secret').toString('base64')}`);
  t.equal(body.resource, RESOURCE);
  t.equal(body.calls.length, 100);
  t.match(
    body.calls.find(({ address }: { address: string }) => address === '192.0.2.1'),
    { outcome: 'no_token', count: 300, secondsAgo: 0 },
  );
});

t.test('while loop-auth is away what was noted is lost, and what comes later is told', async (t) => {
  const { auth, reporter } = await report(t);
  auth.reportStatus = 503;
  reporter.note({ outcome: 'no_token', address: '192.0.2.1' });
  await until(() => auth.reports.length > 0, 'a report that is refused');
  auth.reportStatus = 204;
  reporter.note({ outcome: 'no_token', address: '192.0.2.2' });
  await until(() => auth.reports.length > 1, 'the next report');
  t.match(auth.reports[1]?.body.calls, [{ address: '192.0.2.2' }]);
});

t.test('a loop-auth that knows nothing of it is left alone', async (t) => {
  const { auth, reporter } = await report(t);
  auth.reportStatus = 404;
  reporter.note({ outcome: 'no_token', address: '192.0.2.1' });
  await until(() => auth.reports.length > 0, 'a report');
  const told = auth.reports.length;
  for (let n = 0; n < 20; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, quick.retryLast));
    reporter.note({ outcome: 'invalid', address: `192.0.2.${n}` });
  }
  t.equal(auth.reports.length, told);
});
