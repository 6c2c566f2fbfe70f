/** An authenticator in software, by the text of WebAuthn Level 2: it keeps keys of ES256, and answers as a browser hands it on. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What addPasskey and challengePasskey return. */
export interface Options {
  challenge: string;
  rp?: { id: string };
  rpId?: string;
  user?: { id: string };
}

/** A credential of an authenticator. */
export interface Passkey {
  id: Buffer;
  key: KeyObject;
  userHandle: string;
  counter: number;
}

/** Where a browser uses it, and what an authenticator does otherwise than it should. */
export interface Deviation {
  origin?: string;
  rpId?: string;
  counter?: number;
  isVerified?: boolean;
  attestation?: Map<string, Cbor>;
}

export const ORIGIN = 'https://colloquy.example.org';
const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();

type Cbor = number | string | Buffer | Cbor[] | Map<number | string, Cbor>;

/** CBOR (RFC 8949) of the few things that an authenticator says. */
function cbor(value: Cbor): Buffer {
  const head = (major: number, size: number): Buffer =>
    size < 24
      ? Buffer.from([(major << 5) | size])
      : size < 256
        ? Buffer.from([(major << 5) | 24, size])
        : Buffer.from([(major << 5) | 25, size >> 8, size & 255]);
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  return Buffer.concat([
    head(5, value.size),
    ...[...value].flatMap(([name, item]) => [cbor(name), cbor(item)]),
  ]);
}

function authenticatorData(rpId: string, flags: number, counter: number, made: Buffer): Buffer {
  const rest = Buffer.alloc(5);
  rest.writeUInt8(flags, 0);
  rest.writeUInt32BE(counter, 1);
  return Buffer.concat([sha256(rpId), rest, made]);
}

const clientData = (type: string, challenge: string, origin: string): Buffer =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));

const [PRESENT, VERIFIED, WITH_CREDENTIAL] = [0x01, 0x04, 0x40];
const flagsOf = ({ isVerified = true }: Deviation): number => PRESENT | (isVerified ? VERIFIED : 0);

/** Makes a passkey, as navigator.credentials.create() does. */
export function makePasskey(options: Options, deviation: Deviation = {}, id: Buffer = randomBytes(16)) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
  const point = (name: string) => Buffer.from(name, 'base64url');
  const cose = cbor(
    new Map<number, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, point(x)],
      [-3, point(y)],
    ]),
  );
  const length = Buffer.from([id.length >> 8, id.length & 255]);
  const made = Buffer.concat([Buffer.alloc(16), length, id, cose]);
  const { origin = ORIGIN, rpId = options.rp?.id ?? '', counter = 0 } = deviation;
  const data = authenticatorData(rpId, flagsOf(deviation) | WITH_CREDENTIAL, counter, made);
  const attestation =
    deviation.attestation ??
    new Map<string, Cbor>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
    ]);
  const passkey: Passkey = { id, key: privateKey, userHandle: options.user?.id ?? '', counter };
  const answer = {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientData('webauthn.create', options.challenge, origin).toString('base64url'),
      attestationObject: cbor(new Map([...attestation, ['authData', data]])).toString('base64url'),
      transports: ['internal'],
    },
  };
  return { passkey, answer };
}

/** Signs a challenge with a passkey, as navigator.credentials.get() does. Each use counts. */
export function usePasskey(passkey: Passkey, options: Options, deviation: Deviation = {}) {
  passkey.counter += 1;
  const { origin = ORIGIN, rpId = options.rpId ?? '', counter = passkey.counter } = deviation;
  const data = authenticatorData(rpId, flagsOf(deviation), counter, Buffer.alloc(0));
  const client = clientData('webauthn.get', options.challenge, origin);
  return {
    id: passkey.id.toString('base64url'),
    rawId: passkey.id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response: {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: sign('sha256', Buffer.concat([data, sha256(client)]), passkey.key).toString('base64url'),
      userHandle: passkey.userHandle,
    },
  };
}
