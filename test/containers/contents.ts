// What an image holds of other people's packages, beside its bill of materials, and whether each still has its licence.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { listInstalled, type Service } from '../../scripts/supply/installed.ts';

const root = join(import.meta.dirname, '../..');
const isLicence = (file: string): boolean => /licen[cs]e/i.test(file);

/** For Node in the image's working folder: a line of JSON with each package's path, name@version and files. */
export const listing = `
const { globSync, readFileSync, readdirSync } = require("node:fs");
const { dirname } = require("node:path");
const packages = globSync("**/node_modules/{*,@*/*}/package.json").map((file) => {
  const { name, version } = JSON.parse(readFileSync(file, "utf8"));
  return { path: dirname(file), id: name + "@" + version, files: readdirSync(dirname(file)) };
});
console.log(JSON.stringify(packages.filter(({ id }) => !id.startsWith("@loop/"))));`;

/** Sentences on what is wrong with what `listing` printed in the image of a service. */
export function findFaults(service: Service, printed: string): string[] {
  const present = JSON.parse(printed) as Array<{ path: string; id: string; files: string[] }>;
  const listed = new Set(
    listInstalled(service).map(({ path, name, version }) => `${path} ${name}@${version}`),
  );
  const unlisted = present.filter(({ path, id }) => !listed.has(`${path} ${id}`));
  const bare = present.filter(
    ({ path, files }) => !files.some(isLicence) && readdirSync(join(root, path)).some(isLicence),
  );
  return [
    ...(present.length === 0 ? [`loop-${service} holds no packages`] : []),
    ...unlisted.map(({ path }) => `loop-${service}: ${path} is not in its bill of materials`),
    ...bare.map(({ path }) => `loop-${service}: ${path} has lost its licence`),
  ];
}
