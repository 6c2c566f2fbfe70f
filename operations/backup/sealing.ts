import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { env } from '../../lib/env.ts';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import type { BackupTarget, Written } from './target.ts';

/** Keys of age: public ones, for which is encrypted, and private ones, which read. They never come into the database. */
export interface BackupKeys {
  recipients: readonly string[];
  identities: readonly string[];
}

const AGE = '.age';
const ZSTD = '.zst';

/**
 * The keys that the environment names.
 * @throws ColloquyError CQ610 when the file of private keys cannot be read or has none
 */
export function keysOfEnvironment(): BackupKeys {
  const file = env.BACKUP_AGE_IDENTITY_FILE;
  return {
    recipients: env.BACKUP_AGE_RECIPIENTS,
    identities: file === undefined ? [] : readIdentities(file),
  };
}

/** The private keys of a file, as age-keygen writes it. */
export function readIdentities(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ColloquyError('CQ610', `The file of private keys cannot be read: ${(error as Error).message}`, {
      hint: 'BACKUP_AGE_IDENTITY_FILE names a file that age-keygen made.',
      cause: error,
    });
  }
  const identities = text.split(/\s*\n\s*/).filter((line) => /^AGE-SECRET-KEY-/.test(line));
  if (identities.length > 0) return identities;
  throw new ColloquyError('CQ610', `There is no private key of age in ${file}.`, {
    hint: 'It has a line that begins with AGE-SECRET-KEY-1; age-keygen makes one.',
  });
}

/** An error of a stream reaches who reads it; without this it would end the process as well, when nothing reads it at that moment. */
function heard(stream: Readable): Readable {
  return stream.on('error', () => {});
}

/** Streams of the web, which age knows, and of Node. */
const toWeb = (source: Readable): globalThis.ReadableStream<Uint8Array> =>
  Readable.toWeb(heard(source)) as unknown as globalThis.ReadableStream<Uint8Array>;
const toNode = (stream: globalThis.ReadableStream<Uint8Array>): Readable =>
  heard(Readable.fromWeb(stream as unknown as ReadableStream<Uint8Array>));

async function encrypted(source: Readable, recipients: readonly string[]): Promise<Readable> {
  // here, since its hundred milliseconds of loading are for backups alone, and the list of jobs knows those
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    for (const recipient of recipients) encrypter.addRecipient(recipient);
  } catch (error) {
    throw new ColloquyError(
      'CQ610',
      `A public key of BACKUP_AGE_RECIPIENTS is none: ${(error as Error).message}`,
      {
        hint: 'age-keygen writes the public key beside the private one, as age1…',
        cause: error,
      },
    );
  }
  return toNode(await encrypter.encrypt(toWeb(source)));
}

function unreadable(key: string, error: unknown): ColloquyError {
  const isForeign = /no identity matched/.test(String(error));
  return new ColloquyError(
    'CQ610',
    isForeign
      ? `None of the private keys opens ${key}.`
      : `${key} cannot be decrypted: ${(error as Error).message}`,
    {
      hint: isForeign
        ? 'BACKUP_AGE_IDENTITY_FILE must name the private key of one of the recipients of that backup.'
        : 'It was changed or cut off: npm run ops -- backup verify says what else is damaged.',
      cause: error,
    },
  );
}

async function decrypted(source: Readable, key: string, identities: readonly string[]): Promise<Readable> {
  if (identities.length === 0) {
    source.destroy();
    throw new ColloquyError('CQ610', `${key} is encrypted, and there is no private key.`, {
      hint: 'Set BACKUP_AGE_IDENTITY_FILE to the file with the private key of a recipient.',
    });
  }
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    const stream = toNode(await decrypter.decrypt(toWeb(source)));
    // an error within the stream comes later, and says no more of what it was reading
    return Readable.from(
      rethrown(stream, (error) => (errorCode(error)?.startsWith('CQ') ? error : unreadable(key, error))),
      {
        objectMode: false,
      },
    );
  } catch (error) {
    source.destroy();
    throw unreadable(key, error);
  }
}

async function* rethrown(stream: Readable, by: (error: unknown) => unknown): AsyncIterable<Buffer> {
  try {
    for await (const piece of stream) yield piece;
  } catch (error) {
    throw by(error);
  }
}

/** Compresses on the way, as pg_basebackup does. */
export function compressed(source: Readable): Readable {
  const through = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  source.once('error', (error) => through.destroy(error));
  return source.pipe(through);
}

/**
 * Writes an object, encrypted where there are recipients.
 * @param key  without `.age`
 * @returns the key that it got, and what lies there
 */
export async function putObject(
  target: BackupTarget,
  key: string,
  source: Readable,
  keys: Pick<BackupKeys, 'recipients'>,
  size?: number,
): Promise<Written & { key: string }> {
  if (keys.recipients.length === 0) return { key, ...(await target.put(key, source, size)) };
  const sealed = `${key}${AGE}`;
  return { key: sealed, ...(await target.put(sealed, await encrypted(source, keys.recipients), size)) };
}

/**
 * Reads an object as it was before it was encrypted (`.age`) and, for `unpack`, compressed (`.zst`).
 * @throws ColloquyError CQ603 when there is none, CQ610 when no key opens it
 */
export async function openObject(
  target: BackupTarget,
  key: string,
  keys: Pick<BackupKeys, 'identities'>,
  options: { unpack?: boolean } = {},
): Promise<Readable> {
  const raw = await target.get(key);
  return unsealed(raw, key, keys, options);
}

/** As openObject, of bytes that are read already. */
export async function unsealed(
  raw: Readable,
  key: string,
  { identities }: Pick<BackupKeys, 'identities'>,
  { unpack = false }: { unpack?: boolean } = {},
): Promise<Readable> {
  const isSealed = key.endsWith(AGE);
  const opened = isSealed ? await decrypted(raw, key, identities) : raw;
  if (!unpack || !bareName(key).endsWith(ZSTD)) return opened;
  const through = createZstdDecompress();
  opened.once('error', (error) => through.destroy(error));
  return opened.pipe(through);
}

/** A key or name without `.age`. */
export const bareName = (key: string): string => (key.endsWith(AGE) ? key.slice(0, -AGE.length) : key);
