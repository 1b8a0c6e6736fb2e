// docs/watching: alerts and graphs are about what both services really count, and Prometheus understands them.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { createMetrics as createApiMetrics } from '../../api/http/metrics.ts';
import { startLoopAuth } from '../support/loop-auth.ts';

const folder = join(import.meta.dirname, '../../docs/watching');
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

interface Rule {
  alert: string;
  expr: string;
}
const rules = (parse(read('loop.rules.yaml')) as { groups: Array<{ rules: Rule[] }> }).groups.flatMap(
  (group) => group.rules,
);
interface Panel {
  title: string;
  targets: Array<{ expr: string }>;
  gridPos: { x: number; y: number; w: number; h: number };
}
const { panels } = JSON.parse(read('grafana.json')) as { panels: Panel[] };
const asked = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

t.test('each metric that an alert or a graph asks for is one of ours', async (t) => {
  // Its age is counted where backups are made.
  const world = await startLoopAuth(t, { settings: { AUTH_BACKUP_DIR: t.testdir() } });
  const counted = `${await world.readMetrics()}\n${await createApiMetrics().registry.metrics()}`;
  const names = new Set([...counted.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name));
  for (const expr of [...rules.map((rule) => rule.expr), ...asked]) {
    const used = [...expr.matchAll(/\b(?:loop|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name);
    t.ok(used.length > 0 || expr.startsWith('up{'), expr);
    for (const name of used) t.ok(names.has(name.replace(/_(?:count|sum|bucket)$/, '')), name);
  }
});

t.test('each event that they ask for is one that is told', (t) => {
  const trail = readFileSync(join(folder, '../../auth/http/trail.ts'), 'utf8');
  const metrics = readFileSync(join(folder, '../../auth/http/metrics.ts'), 'utf8');
  const backups = readFileSync(join(folder, '../../auth/backups.ts'), 'utf8');
  for (const expr of [...rules.map((rule) => rule.expr), ...asked])
    for (const [, event = ''] of expr.matchAll(/event="([^"]+)"/g))
      t.ok(`${trail}${metrics}${backups}`.includes(`'${event}'`), event);
  t.end();
});

t.test('no graph lies upon another', (t) => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
  );
  t.equal(new Set(cells).size, cells.length);
  t.end();
});

const promtool = findPromtool();

t.test(
  'Prometheus takes the alerts, the graphs and its own configuration, and each alert comes when it should',
  { skip: promtool === undefined && '.ci/run brings promtool' },
  (t) => {
    const run = (...args: string[]): string =>
      execFileSync(String(promtool), args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    t.match(run('check', 'config', 'prometheus.yaml'), 'SUCCESS');
    t.match(run('test', 'rules', 'loop.rules.test.yaml'), 'SUCCESS');
    const graphs = {
      groups: [{ name: 'graphs', rules: asked.map((expr, at) => ({ record: `g${at}`, expr })) }],
    };
    const file = join(t.testdir(), 'graphs.yaml');
    writeFileSync(file, JSON.stringify(graphs));
    t.match(run('check', 'rules', file), `SUCCESS: ${asked.length} rules found`);
    const tried = read('loop.rules.test.yaml');
    for (const { alert } of rules) t.match(tried, alert, 'each is in the test that finds nothing');
    t.match(tried, `value: ${rules.length} }`, 'and fires in the one where all is wrong');
    t.end();
  },
);

function findPromtool(): string | undefined {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return 'promtool';
  } catch {
    return undefined;
  }
}
