// The compose files: valid by the published schema, readable by docker-compose 1.29, and no setting left out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import t from 'tap';
import { parse } from 'yaml';
import { settingNames as apiSettingNames } from '../../api/config.ts';
import { settingNames as gateSettingNames } from '../../api/gate/config.ts';
import { settingNames as authSettingNames } from '../../auth/config.ts';

interface Service {
  readonly [key: string]: unknown;
  readonly environment?: Record<string, string>;
  readonly volumes?: ReadonlyArray<string | { readonly source: string; readonly read_only?: string }>;
}

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const files = ['compose.yaml', 'compose.nginx.yaml', 'compose.scale.yaml'];
const parseCompose = (file: string) =>
  parse(read(file), { merge: true }) as { services: Record<string, Service>; [key: string]: unknown };

t.test('each file is valid by the published schema', (t) => {
  const { $schema, ...schema } = JSON.parse(read('test/fixtures/compose-spec/compose-spec.json'));
  t.match($schema, 'draft-07');
  const validate = new Ajv({ strict: false, formats: { duration: true } }).compile(schema);
  for (const file of files) {
    validate(parseCompose(file));
    t.same(validate.errors ?? [], [], file);
  }
  t.end();
});

t.test('nothing in them is newer than docker-compose 1.29', (t) => {
  for (const file of files) {
    const text = read(file);
    t.notMatch(
      text,
      /^name:|start_interval|create_host_path|^include:|\brequired:|!(reset|override)\b/m,
      file,
    );
    for (const [name, service] of Object.entries(parseCompose(file).services)) {
      t.notOk('env_file' in service, `${file}: ${name} has no env_file, which must be there for 1.29`);
      t.notMatch(JSON.stringify(service['depends_on'] ?? {}), '"restart"', `${file}: ${name}`);
    }
  }
  t.end();
});

t.test('every setting of a service can be given through compose.yaml', (t) => {
  const { services } = parseCompose('compose.yaml');
  // The images set these, and the ports are published as they are.
  const fixed = ['AUTH_HOST', 'AUTH_PORT', 'API_HOST', 'API_PORT'];
  for (const [service, names] of [
    ['loop-auth', authSettingNames],
    ['loop-api', apiSettingNames],
    ['loop-gate', gateSettingNames],
  ] as const) {
    const given = Object.keys(services[service]?.environment ?? {});
    const left = names.filter((name) => !fixed.includes(name) && !given.includes(name));
    t.same(left, [], service);
  }
  t.end();
});

t.test('loop-api mounts nothing of loop-auth but the secret, and the vault read-only', (t) => {
  const { services } = parseCompose('compose.yaml');
  for (const name of ['loop-api', 'loop-api-next']) {
    const volumes = services[name]?.volumes ?? [];
    const named = volumes.filter((volume) => typeof volume === 'string');
    t.ok(named.includes('handover:/handover:ro'), name);
    t.notOk(
      named.some((volume) => volume.startsWith('auth-data')),
      name,
    );
    const bound = volumes.filter((volume) => typeof volume !== 'string');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: compose's own syntax
    t.match(bound, [{ source: /^\$\{VAULT_DIR:-/, read_only: '${VAULT_READ_ONLY:-true}' }]);
  }
  t.end();
});

t.test('every container runs as the user of PUID, on a read-only root, without capabilities', (t) => {
  const { services } = parseCompose('compose.yaml');
  for (const [name, service] of Object.entries(services)) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: compose's own syntax
    t.match(service, { user: '${PUID:-1000}:${PGID:-1000}', read_only: true, cap_drop: ['ALL'] }, name);
    t.ok(service['mem_limit'] && service['logging'], `${name} is bounded`);
  }
  t.end();
});
