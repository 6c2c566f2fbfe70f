import { createHash } from 'node:crypto';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ColloquyError } from '../../lib/errors.ts';
import { type BackupKeys, unsealed } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import type { BackupTarget } from '../backup/target.ts';

/** A target that is read, and the keys that open what is encrypted. */
export interface BackupSource {
  target: BackupTarget;
  keys: Pick<BackupKeys, 'identities'>;
}

const damaged = (key: string, why: string, cause?: unknown): ColloquyError =>
  new ColloquyError('CQ626', `${key} is damaged: ${why}.`, {
    hint: 'Restore from another set (--set ID), and see what else is damaged: npm run ops -- backup verify',
    cause,
  });

/**
 * Reads a part of a set, and hands over what it holds. Whole, by its size and its hash in set.json, or not at all: what came out
 * of it is not to be used when this fails.
 * @throws ColloquyError CQ626 when it is not what was written
 */
export async function readPart<T>(
  source: BackupSource,
  set: BackupSet,
  part: BackupSet['parts'][number],
  use: (content: Readable) => Promise<T>,
): Promise<T> {
  const key = `sets/${set.id}/${part.name}`;
  const stored = await source.target.get(key);
  const hash = createHash('sha256');
  let size = 0;
  const tapped = new PassThrough();
  stored.on('data', (piece: Buffer) => {
    hash.update(piece);
    size += piece.length;
  });
  const copied = pipeline(stored, tapped);
  copied.catch(() => {});
  let result: { value: T } | { error: unknown };
  try {
    result = { value: await use(await unsealed(tapped, key, source.keys, { unpack: true })) };
  } catch (error) {
    result = { error };
  }
  // to its end also when the user of it gave up: a hash tells a damaged part from a full disk
  tapped.resume();
  await copied.catch((error) => {
    if (!('error' in result)) throw error;
  });
  if (stored.readableEnded && (size !== part.size || hash.digest('hex') !== part.sha256)) {
    const why = size === part.size ? 'its hash is another' : `it has ${size} bytes instead of ${part.size}`;
    throw damaged(key, why, 'error' in result ? result.error : undefined);
  }
  if ('error' in result) throw result.error;
  return result.value;
}
