import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ColloquyError } from '../../lib/errors.ts';
import { keyOfSet } from '../backup/catalogue.ts';
import { type BackupKeys, unsealed } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import type { BackupTarget } from '../backup/target.ts';

async function* whole(raw: Readable, name: string, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of raw) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') === sha256) return;
  throw new ColloquyError('CQ688', `The part ${name} of the dump is damaged.`, {
    hint: 'npm run ops -- backup verify says what else is; take another dump.',
  });
}

/**
 * A part of a set as it was before it was encrypted, and held against what the set says of it.
 * @throws ColloquyError CQ603 when it is missing, CQ610 when no key opens it, CQ688 at its end when it is not what it was
 */
export async function openPart(
  target: BackupTarget,
  keys: BackupKeys,
  set: BackupSet,
  name: string,
  options: { unpack?: boolean } = {},
): Promise<Readable> {
  const key = keyOfSet(set.id, name);
  const sha256 = set.parts.find((part) => part.name === name)?.sha256 ?? '';
  const raw = await target.get(key);
  return unsealed(Readable.from(whole(raw, name, sha256), { objectMode: false }), key, keys, options);
}
