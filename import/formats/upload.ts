import { basename } from 'node:path';
import { extensionOf } from '../../reading/file-kinds.ts';
import { sourceOf } from '../files/import-root.ts';
import { boundedSource } from '../items.ts';
import { skipped } from '../skipped.ts';
import type { Format } from './format.ts';
import { metadataOf } from './metadata.ts';

/** Files that are stored whole: their text is read by the worker, in bounds that this process does not have. */
const UPLOADS: Record<string, string> = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

/** PDF and DOCX, by their extension. */
export const upload: Format = (file, settings) => {
  const { root, path, label, size, absolute } = file;
  const mimeType = UPLOADS[extensionOf(path)];
  if (mimeType === undefined) return null;
  if (size > settings.maxUploadBytes) return [skipped(label, 'too_large', `${size} bytes`)];
  const source = boundedSource(sourceOf(root, path));
  const name = basename(absolute);
  return [{ kind: 'upload', source, absolute, name, mimeType, size, metadata: metadataOf(file) }];
};
