// The bill of materials of an image in CycloneDX 1.6: the same lock gives the same bytes.
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import parseExpression from 'spdx-expression-parse';
import { type InstalledPackage, listHeld, type Service } from './installed.ts';

const spec = Spec.Spec1dot6;

/** JSON. `version` is that of the image. */
export function writeBill(service: Service, version: string): string {
  const image = new Models.Component(Enums.ComponentType.Application, `loop-${service}`, {
    version,
    bomRef: `loop-${service}@${version}`,
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: image }) });
  const installed = listHeld(service);
  const components = new Map(installed.map((one) => [one.path, toComponent(one)]));
  for (const { path, needs } of installed) {
    for (const needed of needs) addTo(components.get(path), components.get(needed));
  }
  for (const component of components.values()) {
    bom.components.add(component);
    image.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(spec));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

function addTo(component: Models.Component | undefined, needed: Models.Component | undefined): void {
  if (component && needed) component.dependencies.add(needed.bomRef);
}

const licenses = new Contrib.License.Factories.LicenseFactory(parseExpression);

function toComponent(installed: InstalledPackage): Models.Component {
  const { path, name, version, license, integrity, isOptional } = installed;
  const [group, bare] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return new Models.Component(Enums.ComponentType.Library, bare ?? name, {
    ...(group === undefined ? {} : { group }),
    version,
    // One package may lie in several places, needing different versions of others.
    bomRef: `${name}@${version}|${path}`,
    purl: new PackageURL('npm', group, bare ?? name, version).toString(),
    scope: isOptional ? Enums.ComponentScope.Optional : Enums.ComponentScope.Required,
    hashes: new Models.HashDictionary(integrity === undefined ? [] : [toHash(integrity)]),
    licenses: new Models.LicenseRepository(license === undefined ? [] : [licenses.makeFromString(license)]),
  });
}

/** Subresource Integrity has base64, CycloneDX hexadecimal. */
function toHash(integrity: string): [Enums.HashAlgorithm, string] {
  const [, digest = ''] = integrity.split('sha512-', 2);
  return [Enums.HashAlgorithm['SHA-512'], Buffer.from(digest, 'base64').toString('hex')];
}
