import { ColloquyError } from '../../lib/errors.ts';
import type { ArchiveProof } from './archiving.ts';
import { hashOf } from './hashing.ts';
import { openObject } from './sealing.ts';
import { type ShipOptions, shipWal } from './ship-wal.ts';

/**
 * Ships the archive, and reads the segment of a proof back from the target.
 * @returns what was seen
 */
export async function readBack(
  options: ShipOptions,
  { segment, sha256 }: Pick<ArchiveProof, 'segment' | 'sha256'>,
): Promise<string> {
  const { target, keys } = options;
  await shipWal(options);
  const isSealed = keys.recipients.length > 0;
  const key = `wal/${segment}.zst${isSealed ? '.age' : ''}`;
  if (isSealed && keys.identities.length === 0) {
    return `${key} lies in ${target.description}; it was not read back, since there is no private key here.`;
  }
  const back = await hashOf(await openObject(target, key, keys, { unpack: true }));
  if (back.sha256 === sha256)
    return `${key} was shipped to ${target.description}, and read back: it is the same.`;
  throw new ColloquyError('CQ613', `${key} in ${target.description} is not what was archived.`, {
    hint: 'The target changes what is written to it: use another.',
  });
}
