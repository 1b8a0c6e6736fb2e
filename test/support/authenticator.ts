// A device that keeps passkeys, as a browser speaks with it (WebAuthn): ES256, no attestation, its owner always there.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

interface Kept {
  readonly id: Buffer;
  readonly key: KeyObject;
  readonly userHandle: string;
  counter: number;
}

/** What of an answer is otherwise than an honest device would make it. */
export interface Twist {
  readonly origin?: string;
  readonly rpId?: string;
  /** Without asking for PIN, finger or face. */
  readonly isUnverified?: boolean;
  readonly challenge?: string;
  readonly counter?: number;
  /** In place of the form that says nothing of the device's maker. */
  readonly attestation?: { readonly fmt: string; readonly statement: Buffer };
}

const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();

export class Authenticator {
  readonly origin: string;
  readonly #isSynced: boolean;
  #kept: Kept[] = [];

  constructor(origin: string, { isSynced = false } = {}) {
    this.origin = origin;
    this.#isSynced = isSynced;
  }

  /** Answers what a page asks with `data-options`, as the page sends it. */
  create(options: string, twist: Twist = {}): string {
    const { challenge, rp, user } = JSON.parse(options) as {
      challenge: string;
      rp: { id: string };
      user: { id: string };
    };
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kept = { id: randomBytes(32), key: privateKey, userHandle: user.id, counter: 0 };
    this.#kept = [...this.#kept, kept];
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    // COSE (RFC 9053 section 7.1.1): kty EC2, alg ES256, crv P-256, x, y.
    const cose = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ]);
    const length = Buffer.from([0, kept.id.length]);
    const data = [Buffer.alloc(16), length, kept.id, cose];
    const authData = Buffer.concat([this.#head(twist.rpId ?? rp.id, 0x40, twist, 0), ...data]);
    const { fmt, statement } = twist.attestation ?? { fmt: 'none', statement: Buffer.from([0xa0]) };
    const attestationObject = Buffer.concat([
      Buffer.from([0xa3]),
      text('fmt'),
      text(fmt),
      text('attStmt'),
      statement,
      text('authData'),
      bytes(authData),
    ]);
    const clientDataJSON = this.#clientData('webauthn.create', challenge, twist);
    return answer(kept, {
      clientDataJSON: clientDataJSON.toString('base64url'),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['internal'],
    });
  }

  /** With the passkey that was made last. */
  get(options: string, twist: Twist = {}): string {
    const { challenge, rpId } = JSON.parse(options) as { challenge: string; rpId: string };
    const kept = this.#kept.at(-1);
    if (!kept) throw new Error('there is no passkey in it');
    kept.counter += 1;
    const authData = this.#head(twist.rpId ?? rpId, 0, twist, twist.counter ?? kept.counter);
    const clientDataJSON = this.#clientData('webauthn.get', challenge, twist);
    const signature = sign('sha256', Buffer.concat([authData, sha256(clientDataJSON)]), kept.key);
    return answer(kept, {
      clientDataJSON: clientDataJSON.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: signature.toString('base64url'),
      userHandle: kept.userHandle,
    });
  }

  #head(rpId: string, flags: number, twist: Twist, counter: number): Buffer {
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(counter);
    // Present; verified; may be synced and is.
    const state = 0x01 | (twist.isUnverified ? 0 : 0x04) | (this.#isSynced ? 0x18 : 0);
    return Buffer.concat([sha256(rpId), Buffer.from([flags | state]), counted]);
  }

  #clientData(type: string, challenge: string, twist: Twist): Buffer {
    const origin = twist.origin ?? this.origin;
    return Buffer.from(JSON.stringify({ type, challenge: twist.challenge ?? challenge, origin }));
  }
}

function answer({ id }: Kept, response: object): string {
  const name = id.toString('base64url');
  return JSON.stringify({
    id: name,
    rawId: name,
    type: 'public-key',
    clientExtensionResults: {},
    response,
  });
}

/** CBOR (RFC 8949), of what is short. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
}

function bytes(value: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([Buffer.from([0x59]), length, value]);
}
