// Which folders of a container go with it, by what the kernel says is mounted where.
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { requireVolumes, VolumeMissing } from '../../auth/volumes.ts';

const layer = '600 500 0:95 / / ro,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/c';

/** As /proc/self/mountinfo has it; the disk is the one under the layer, whatever is mounted. */
function mountInfo(...folders: string[]): string {
  const lines = folders.map(
    (folder, index) =>
      `${601 + index} 600 254:0 /volumes/v ${folder.replaceAll(' ', '\\040')} rw - ext4 /dev/a rw`,
  );
  return [layer, ...lines, ''].join('\n');
}

function makeFolders(t: Test): { data: string; handover: string } {
  const top = realpathSync(t.testdir());
  const folders = { data: join(top, 'the data'), handover: join(top, 'handover') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  return folders;
}

function configOf({ data, handover }: { data: string; handover: string }, apiClientSecret?: string) {
  return {
    databaseUrl: `sqlite:${join(data, 'auth.db')}`,
    backupFolder: undefined,
    apiClientSecret,
    apiClientSecretPath: join(handover, 'api-client-secret'),
  };
}

t.test(
  'a database on the layer of the container is refused, with the folder, the user id and the way out',
  (t) => {
    const folders = makeFolders(t);
    const { data, handover } = folders;
    for (const mounted of [mountInfo(), mountInfo(handover), mountInfo(join(data, 'backups'))]) {
      const error = t.throws(() => requireVolumes(configOf(folders), mounted), VolumeMissing) as Error;
      t.match(error.message, `nothing is mounted at ${data}`);
      t.match(error.message, `user id ${process.getuid?.()}`);
      t.match(error.message, `-v loop-auth-data:${data}`);
    }
    t.end();
  },
);

t.test('so is a secret that loop-api would never see, unless one is set', (t) => {
  const folders = makeFolders(t);
  const mounted = mountInfo(folders.data);
  t.throws(() => requireVolumes(configOf(folders), mounted), {
    message: `-v loop-handover:${folders.handover}`,
  });
  t.doesNotThrow(() => requireVolumes(configOf(folders, 'a secret for both of them'), mounted));
  t.end();
});

t.test('so are backups that would go with the container', (t) => {
  const folders = makeFolders(t);
  const backupFolder = join(folders.data, '..', 'backups');
  mkdirSync(backupFolder);
  const config = { ...configOf(folders), backupFolder };
  t.throws(() => requireVolumes(config, mountInfo(folders.data, folders.handover)), {
    message: `-v loop-auth-backups:${backupFolder}`,
  });
  t.doesNotThrow(() => requireVolumes(config, mountInfo(folders.data, folders.handover, backupFolder)));
  t.end();
});

t.test('a volume, one above the folder, one behind a link and PostgreSQL are taken', (t) => {
  const folders = makeFolders(t);
  const { data, handover } = folders;
  const top = join(data, '..');
  const link = join(top, 'link');
  symlinkSync(data, link);
  t.doesNotThrow(() => requireVolumes(configOf(folders), mountInfo(data, handover)));
  t.doesNotThrow(() => requireVolumes(configOf(folders), mountInfo(top)));
  t.doesNotThrow(() => requireVolumes(configOf({ data: link, handover }), mountInfo(data, handover)));
  t.doesNotThrow(() =>
    requireVolumes(configOf({ data: join(data, 'made later'), handover }), mountInfo(top)),
  );
  const elsewhere = {
    backupFolder: undefined,
    apiClientSecret: 'a secret for both of them',
    apiClientSecretPath: undefined,
  };
  t.doesNotThrow(() => requireVolumes({ databaseUrl: 'postgres://loop@db/loop', ...elsewhere }, mountInfo()));
  t.end();
});
