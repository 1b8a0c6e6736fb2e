// What an image installs of other people's packages, by the lock: `npm sbom` leaves out what the root lists for its tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export const services = ['auth', 'api'] as const;
export type Service = (typeof services)[number];

export interface InstalledPackage {
  /** Where it lies, such as `node_modules/express`. */
  path: string;
  name: string;
  version: string;
  /** An SPDX expression. Undefined where its package says none. */
  license: string | undefined;
  /** Subresource integrity, as the lock has it. */
  integrity: string | undefined;
  /** Only where it fits the machine, such as a binary of one platform. */
  isOptional: boolean;
  /** Paths of what it needs. */
  needs: string[];
}

interface LockedPackage {
  name?: string;
  version?: string;
  license?: string;
  integrity?: string;
  optional?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

type Lock = Record<string, LockedPackage>;

/** What an image holds of others: what it installs, and in its bundle the functions that the bundler puts there. */
export function listHeld(service: Service): InstalledPackage[] {
  const bundler = { ...describe(readLock(), 'node_modules/rolldown'), needs: [] };
  return [...listInstalled(service), bundler].sort(byPath);
}

const byPath = (a: InstalledPackage, b: InstalledPackage): number => (a.path < b.path ? -1 : 1);

/** In the order of their paths. */
export function listInstalled(service: Service): InstalledPackage[] {
  const lock = readLock();
  const found = new Map<string, InstalledPackage>();
  const waiting = listWorkspaces(service).flatMap((workspace) => needsOf(lock, workspace));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const installed = describe(lock, path);
    found.set(path, installed);
    waiting.push(...installed.needs);
  }
  return [...found.values()].sort(byPath);
}

/** Those that the service's own image installs. */
export function listWorkspaces(service: Service): string[] {
  const dockerfile = readFileSync(join(root, `Dockerfile.${service}`), 'utf8');
  const [command = ''] = dockerfile.split('\n').filter((line) => line.startsWith('RUN npm ci'));
  return [...command.matchAll(/--workspace=([a-z]+)/g)].map(([, workspace = '']) => workspace);
}

function readLock(): Lock {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Lock;
  };
  return packages;
}

function describe(lock: Lock, path: string): InstalledPackage {
  const { name, version = '', license, integrity, optional = false } = lock[path] ?? {};
  const named = name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return { path, name: named, version, license, integrity, isOptional: optional, needs: needsOf(lock, path) };
}

function needsOf(lock: Lock, path: string): string[] {
  const {
    dependencies,
    optionalDependencies,
    peerDependencies = {},
    peerDependenciesMeta,
  } = lock[path] ?? {};
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  const names = new Set([
    ...Object.keys(dependencies ?? {}),
    ...Object.keys(optionalDependencies ?? {}),
    ...peers,
  ]);
  return [...names].flatMap((name) => findNearest(lock, path, name) ?? []);
}

/** As Node looks for it: the nearest `node_modules` upward. Undefined for an optional one that the lock does not have. */
function findNearest(lock: Lock, path: string, name: string): string | undefined {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (lock[candidate] !== undefined) return candidate;
    if (at === '') return undefined;
  }
}
