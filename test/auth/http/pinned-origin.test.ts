// That no header decides what our addresses say, and whose address counts as the client's.
import { request } from 'node:http';
import t from 'tap';
import { type LoopAuth, startLoopAuth } from '../../support/loop-auth.ts';

const hostile: Record<string, string> = {
  Host: 'evil.example',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Proto': 'gopher',
  'X-Forwarded-Port': '666',
  'X-Forwarded-Prefix': '/evil',
  'X-Forwarded-For': '6.6.6.6',
  'X-Original-URL': '/evil',
  Forwarded: 'host=evil.example;proto=gopher;for=6.6.6.6',
};

/** A raw request: fetch would not send a Host of ours. */
function ask(
  world: LoopAuth,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: string; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(world.origin);
    const asked = request({ hostname, port, path, headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.rawHeaders.join('\n'), text });
    });
    asked.once('error', reject).end();
  });
}

t.test('hostile headers change nothing in discovery, redirects, cookies and pages', async (t) => {
  for (const issuer of ['https://auth.example', 'https://nas.example/auth', 'http://localhost:8083']) {
    const world = await startLoopAuth(t, { settings: { AUTH_ISSUER: issuer } });
    const path = new URL(issuer).pathname.replace(/\/$/, '');
    const app = await world.register();
    const { search } = world.authorization(app).url;
    for (const where of [
      `${path}/.well-known/openid-configuration`,
      `${path}/.well-known/oauth-authorization-server`,
      `/.well-known/oauth-authorization-server${path}`,
      `http://evil.example${path}/.well-known/openid-configuration`,
    ]) {
      const plain = await ask(world, where, {});
      const attacked = await ask(world, where, hostile);
      t.equal(attacked.text, plain.text, where);
      t.notMatch(attacked.text, /evil|gopher/);
      if (plain.status === 200) t.match(plain.text, `"issuer":"${issuer}"`);
    }
    for (const where of [
      `${path}/auth${search}`,
      `${path}/auth?client_id=x`,
      `${path}/session/end`,
      '/nothing',
    ]) {
      const attacked = await ask(world, where, hostile);
      t.notMatch(attacked.headers + attacked.text, /evil|gopher|6\.6\.6\.6/, where);
    }
    const { headers } = await ask(world, `${path}/auth${search}`, hostile);
    t.equal(/secure/i.test(headers), issuer.startsWith('https:'), 'Secure goes by the issuer alone');
  }
});

async function isLimited(world: LoopAuth, from: (n: number) => string): Promise<boolean> {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      world.ask('/reg', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': from(n) },
        body: '{}',
      }),
    ),
  );
  return answers.some(({ status }) => status === 429);
}

t.test(
  'an address is one client however a proxy writes it, and what is none is the proxy itself',
  async (t) => {
    const trusting = { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.0/8' } };
    for (const spellings of [
      ['2001:db8:1:2::1', '2001:DB8:1:2::1', '2001:0db8:1:2::1', '2001:db8:1:2:0:0:0:1'],
      ['203.0.113.9', '::ffff:203.0.113.9', '::ffff:cb00:7109', '::FFFF:203.0.113.9'],
      ['junk', '256.8.7.6', '"', '203.0.113.9:4711x'],
    ]) {
      const world = await startLoopAuth(t, trusting);
      t.ok(await isLimited(world, (n) => String(spellings[n % spellings.length])), String(spellings[0]));
    }
  },
);

t.test('X-Forwarded-For names the client only when a trusted proxy sends it', async (t) => {
  const trusting = { settings: { AUTH_TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8' } };
  t.ok(await isLimited(await startLoopAuth(t), (n) => `192.0.2.${n}`), 'nobody trusted: all are one client');
  t.ok(
    await isLimited(
      await startLoopAuth(t, { settings: { AUTH_TRUSTED_PROXIES: '10.0.0.0/8' } }),
      (n) => `192.0.2.${n}`,
    ),
    'a proxy outside the CIDR is a client like any other',
  );
  t.notOk(
    await isLimited(await startLoopAuth(t, trusting), (n) => `192.0.2.${n}`),
    'trusted: each is its own',
  );
  t.notOk(
    await isLimited(await startLoopAuth(t, trusting), (n) => `192.0.2.${n}, 10.1.2.3`),
    'through two trusted proxies',
  );
  t.ok(
    await isLimited(await startLoopAuth(t, trusting), (n) => `192.0.2.${n}, 203.0.113.7`),
    'what a client wrote before the last untrusted address is not believed',
  );
  t.ok(
    await isLimited(await startLoopAuth(t, trusting), (n) => `2001:db8:1:2::${n}`),
    'one IPv6 network is one client',
  );
  t.notOk(
    await isLimited(await startLoopAuth(t, trusting), (n) => `2001:db8:1:${n}::1`),
    'other networks are not',
  );
});
