// The settings of an identity provider: who may must be said, every fault at once, the secret in no message.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseConfig } from '../../../../auth/config.ts';
import { faultsOf } from '../../../support/settings-faults.ts';
import { settingsFor } from '../../../support/upstream.ts';

const issuer = 'https://id.example/realms/home';

t.test('none is needed, and then there is no provider and passwords are on', (t) => {
  t.match(parseConfig({}), { upstream: undefined, isLocalSignInOn: true });
  t.end();
});

t.test(
  'who may is a list of addresses, subjects and groups; the name is the host where none is given',
  (t) => {
    const AUTH_UPSTREAM_ALLOW = ' Ann@Example.com, email:bob@example.com ,sub:10:82,group:The family';
    const config = parseConfig(settingsFor(issuer, { AUTH_UPSTREAM_ALLOW, AUTH_UPSTREAM_NAME: '' }));
    t.same(config.upstream, {
      issuer,
      clientId: 'loop',
      clientSecret: 'the-secret-of-loop-at-the-provider',
      name: 'id.example',
      allow: {
        emails: ['ann@example.com', 'bob@example.com'],
        subjects: ['10:82'],
        groups: ['The family'],
      },
    });
    for (const [value, isOn] of [
      ['on', true],
      ['true', true],
      ['off', false],
      ['false', false],
    ] as const)
      t.equal(parseConfig(settingsFor(issuer, { AUTH_LOCAL_SIGN_IN: value })).isLocalSignInOn, isOn);
    t.end();
  },
);

t.test('a provider without id, secret or who may stops the start, with all that is missing at once', (t) => {
  t.match(faultsOf({ AUTH_UPSTREAM_ISSUER: issuer, AUTH_PORT: 'x' }), [
    /^AUTH_PORT: /,
    /^AUTH_UPSTREAM_CLIENT_ID: not set/,
    /^AUTH_UPSTREAM_CLIENT_SECRET: not set/,
    /^AUTH_UPSTREAM_ALLOW: not set.*nobody else/,
  ]);
  t.match(faultsOf({ AUTH_UPSTREAM_ALLOW: 'ann@example.com' }), [
    /^AUTH_UPSTREAM_ALLOW: set, but only with AUTH_UPSTREAM_ISSUER/,
  ]);
  t.match(faultsOf({ AUTH_LOCAL_SIGN_IN: 'off' }), [/^AUTH_LOCAL_SIGN_IN: .*nobody could sign in/]);
  t.end();
});

t.test('what is misspelt stops the start: nobody is let in by a guess', (t) => {
  for (const allow of [
    'ann',
    '*',
    '@example.com',
    'user:ann',
    'sub:',
    ',',
    'ann@example.com,family',
    'ann@b@c',
  ])
    t.match(faultsOf(settingsFor(issuer, { AUTH_UPSTREAM_ALLOW: allow })), [
      /^AUTH_UPSTREAM_ALLOW: read .*allowed/,
    ]);
  for (const bad of [
    'id.example',
    'http://id.example',
    'https://a@id.example',
    'https://id.example/?x',
    'http://8.8.8.8',
  ])
    t.match(faultsOf(settingsFor(bad)), [/^AUTH_UPSTREAM_ISSUER: read .*allowed/], bad);
  for (const good of [
    'http://localhost:9000',
    'http://192.168.1.5/realms/a',
    'https://id.example/application/o/loop/',
  ])
    t.same(faultsOf(settingsFor(good)), [], good);
  t.match(faultsOf(settingsFor(issuer, { AUTH_LOCAL_SIGN_IN: 'no' })), [
    /^AUTH_LOCAL_SIGN_IN: read "no"; allowed/,
  ]);
  t.end();
});

t.test('the secret comes by file as well, and is in no message', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loop-upstream-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'secret');
  writeFileSync(path, 'from the file\n');
  const byFile = settingsFor(issuer, {
    AUTH_UPSTREAM_CLIENT_SECRET: '',
    AUTH_UPSTREAM_CLIENT_SECRET_FILE: path,
  });
  t.equal(parseConfig(byFile).upstream?.clientSecret, 'from the file');
  const faults = faultsOf(settingsFor(issuer, { AUTH_UPSTREAM_CLIENT_SECRET: 'sécret' }));
  t.match(faults, [/^AUTH_UPSTREAM_CLIENT_SECRET: read a secret/]);
  t.notMatch(faults.join(), 'sécret');
  t.end();
});
