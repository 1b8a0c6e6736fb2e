// The page docs/licences.md: each licence with the packages under it.
import { listHeld, services } from './installed.ts';

/** Markdown: what both images install, by licence, the commonest first. */
export function writeLicences(): string {
  const byLicence = new Map<string, Set<string>>();
  for (const { license = 'none named', name } of services.flatMap(listHeld)) {
    byLicence.set(license, (byLicence.get(license) ?? new Set()).add(name));
  }
  const rows = [...byLicence]
    .sort(([a, first], [b, second]) => second.size - first.size || (a < b ? -1 : 1))
    .map(([licence, names]) => `| ${licence} | ${names.size} | ${[...names].sort().join(', ')} |`);
  return [
    '# Licences of what the images hold',
    '',
    'loop itself is under the [MIT licence](../LICENSE). Made from the lock by `npm run sbom -- licences`; the texts are beside each',
    'package in the images. A licence that is not in this table stops the tests.',
    '',
    '| licence | packages | |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
