// Whether what loop-auth keeps lies on a volume, or on the container's own layer, which goes with the container.
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AuthConfig } from './config.ts';

/** Something that must be kept would go with the container; `message` names the folder and who would write to it. */
export class VolumeMissing extends Error {
  override readonly name = 'VolumeMissing';
}

type Kept = Pick<AuthConfig, 'databaseUrl' | 'backupFolder' | 'apiClientSecret' | 'apiClientSecretPath'>;

/**
 * Throws VolumeMissing. For the image alone: elsewhere a folder on the root file system is as good as any.
 * `mountInfo` is the text of /proc/self/mountinfo; without it nothing can be told, and nothing is refused.
 */
export function requireVolumes(config: Kept, mountInfo = readMountInfo()): void {
  if (mountInfo === undefined) return;
  const mountPoints = parseMountPoints(mountInfo);
  const database = /^sqlite:(?!:memory:)(.+)/.exec(config.databaseUrl)?.[1];
  const secret = config.apiClientSecret === undefined ? config.apiClientSecretPath : undefined;
  refuseUnmounted(database && dirname(resolve(database)), mountPoints, {
    volume: 'loop-auth-data',
    loss: 'every account, client and token would go with the container',
  });
  refuseUnmounted(secret && dirname(resolve(secret)), mountPoints, {
    volume: 'loop-handover',
    loss: 'loop-api would never see its secret there (or set API_CLIENT_SECRET for both)',
  });
  refuseUnmounted(config.backupFolder && resolve(config.backupFolder), mountPoints, {
    volume: 'loop-auth-backups',
    loss: 'every backup would go with the container',
  });
}

function refuseUnmounted(
  folder: string | undefined,
  mountPoints: ReadonlySet<string>,
  { volume, loss }: { volume: string; loss: string },
): void {
  if (folder === undefined) return;
  if (findMountPoint(findReal(folder), mountPoints) !== '/') return;
  throw new VolumeMissing(
    `nothing is mounted at ${folder}: user id ${process.getuid?.()} would write to the container's own layer, and ` +
      `${loss}. Mount a volume: -v ${volume}:${folder}`,
  );
}

// Not by device numbers: a folder of the host that is mounted from the file system of the layer has the layer's number.
function parseMountPoints(mountInfo: string): ReadonlySet<string> {
  const points = mountInfo.split('\n').map((line) => line.split(' ')[4] ?? '');
  // proc(5): space, tab, newline and backslash are written in octal.
  return new Set(points.map((point) => point.replace(/\\(\d{3})/g, (_, octal) => fromOctal(octal))));
}

function fromOctal(digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 8));
}

function findMountPoint(folder: string, mountPoints: ReadonlySet<string>): string {
  return folder === '/' || mountPoints.has(folder) ? folder : findMountPoint(dirname(folder), mountPoints);
}

/** Of a folder that is made later, the part that is there. */
function findReal(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder === '/' ? folder : findReal(dirname(folder));
  }
}

function readMountInfo(): string | undefined {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return undefined;
  }
}
