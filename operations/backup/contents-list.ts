import { createInterface } from 'node:readline';
import { keyOfSet } from './catalogue.ts';
import type { StoredContent } from './contents.ts';
import { type BackupKeys, openObject } from './sealing.ts';
import type { BackupSet } from './set.ts';
import type { BackupTarget } from './target.ts';

const NAME = 'files.ndjson';

/** The contents that a set refers to, by path. */
export async function* contentsOf(
  target: BackupTarget,
  set: BackupSet,
  keys: Pick<BackupKeys, 'identities'>,
): AsyncIterable<StoredContent> {
  const part = set.parts.find(({ name }) => name.startsWith(NAME));
  if (!part) return;
  const source = await openObject(target, keyOfSet(set.id, part.name), keys, { unpack: true });
  const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
  // the interface does not hand on an error of what it reads
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  source.once('error', (error) => {
    failed.reject(error);
    lines.close();
  });
  for await (const line of lines) if (line !== '') yield JSON.parse(line) as StoredContent;
  if (source.errored) await failed.promise;
}
