import { originOf } from '../files/import-root.ts';
import type { Metadata } from '../items.ts';
import type { OpenedFile } from './format.ts';

/** Where an item of a root comes from. */
export function metadataOf({ root, path, size, mtime }: OpenedFile): Metadata {
  return {
    ...originOf(root),
    path,
    bytes: size,
    // In a checkout it is when git wrote the file, which says nothing and differs from clone to clone.
    ...(root.checkout === null ? { modified_at: mtime.toISOString() } : {}),
  };
}
