// Certificates as a test needs them: expired, signed by another, for other names. Written by hand, since node makes none.
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateWish {
  readonly name: string;
  /** Host names that it is for; none for an authority's. */
  readonly hosts?: readonly string[];
  /** Who signs; itself by default. */
  readonly signer?: Certificate;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const day = 24 * 3600 * 1000;
const tags = {
  boolean: 1,
  integer: 2,
  bits: 3,
  bytes: 4,
  oid: 6,
  text: 12,
  sequence: 0x30,
  set: 0x31,
  time: 0x18,
};

/** X.509 (RFC 5280) in DER, on the curve P-256. */
export function makeCertificate(wish: CertificateWish): Certificate {
  const {
    name,
    hosts = [],
    signer,
    notBefore = new Date(Date.now() - day),
    notAfter = new Date(Date.now() + 90 * day),
  } = wish;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const body = sequence(
    der(0xa0, der(tags.integer, Buffer.from([2]))),
    der(tags.integer, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(signer?.name ?? name),
    sequence(timeOf(notBefore), timeOf(notAfter)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensionsOf(hosts))),
  );
  const signingKey: KeyObject = signer ? createPrivateKey(signer.key) : privateKey;
  const signed = sequence(body, algorithm, bits(sign('sha256', body, signingKey)));
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    name,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function extensionsOf(hosts: readonly string[]): Buffer[] {
  const isAuthority = hosts.length === 0;
  const constraints = sequence(...(isAuthority ? [der(tags.boolean, Buffer.from([0xff]))] : []));
  const basic = sequence(oid('551d13'), der(tags.boolean, Buffer.from([0xff])), der(tags.bytes, constraints));
  if (isAuthority) return [basic];
  const names = sequence(...hosts.map((host) => der(0x82, Buffer.from(host))));
  return [basic, sequence(oid('551d11'), der(tags.bytes, names))];
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

const sequence = (...contents: Buffer[]): Buffer => der(tags.sequence, ...contents);
const oid = (hex: string): Buffer => der(tags.oid, Buffer.from(hex, 'hex'));
const bits = (content: Buffer): Buffer => der(tags.bits, Buffer.from([0]), content);
const nameOf = (name: string): Buffer =>
  sequence(der(tags.set, sequence(oid('550403'), der(tags.text, Buffer.from(name)))));
const timeOf = (date: Date): Buffer =>
  der(tags.time, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`));
