import { basename } from 'node:path';
import { storedType } from '../../reading/stored-kinds.ts';
import { sourceOf } from '../files/import-root.ts';
import { boundedSource } from '../items.ts';
import { skipped } from '../skipped.ts';
import type { Format } from './format.ts';
import { metadataOf } from './metadata.ts';

/** Files that are stored whole, by their extension: the worker reads their text, in bounds that this process does not have. */
export const upload: Format = (file, settings) => {
  const { root, path, label, size, absolute } = file;
  const mimeType = storedType(path);
  if (mimeType === undefined) return null;
  if (size > settings.maxUploadBytes) return [skipped(label, 'too_large', `${size} bytes`)];
  const source = boundedSource(sourceOf(root, path));
  const name = basename(absolute);
  return [{ kind: 'upload', source, absolute, name, mimeType, size, metadata: metadataOf(file) }];
};
