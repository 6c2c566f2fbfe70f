import { basename } from 'node:path';
import type { AttachmentItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { asArray, asObject, asSize, asString, clipped, present, shortString } from '../json/values.ts';
import type { ExportFolder } from './folder.ts';
import { fileIdOf } from './folder.ts';

interface Described {
  id: string | null;
  name: string | null;
  mimeType: string | null;
  size: number | null;
  width?: unknown;
  height?: unknown;
}

/** The files that a message lists, and then the images that it only shows. */
function* described(message: Record<string, unknown>): Generator<Described> {
  for (const item of asArray(asObject(message.metadata).attachments)) {
    const { id, name, mime_type, mimeType, size, width, height } = asObject(item);
    yield {
      id: asString(id),
      name: asString(name),
      mimeType: shortString(mime_type ?? mimeType),
      size: asSize(size),
      width,
      height,
    };
  }
  for (const part of asArray(asObject(message.content).parts)) {
    const { asset_pointer, size_bytes, width, height } = asObject(part);
    const pointer = asString(asset_pointer);
    if (pointer !== null)
      yield {
        id: fileIdOf(pointer) ?? pointer,
        name: null,
        mimeType: null,
        size: asSize(size_bytes),
        width,
        height,
      };
  }
}

/** What went with a message; a file that is both listed and shown counts once. */
export function attachmentsOf(
  message: Record<string, unknown>,
  nodeId: string,
  folder: ExportFolder,
): AttachmentItem[] {
  const found = new Map<string, AttachmentItem>();
  for (const { id, name, mimeType, size, width, height } of described(message)) {
    const externalId = clipped(id ?? `${nodeId}/${found.size + 1}`, limits.attachmentIdCharacters);
    if (found.has(externalId)) continue;
    const path = id === null ? null : folder.fileOf(id);
    found.set(externalId, {
      externalId,
      name: clipped(name ?? (path === null ? externalId : basename(path)), 255),
      mimeType,
      size,
      bytes: path === null ? 'missing' : 'in_export',
      text: null,
      metadata: present({ path, width: asSize(width), height: asSize(height) }),
    });
  }
  return [...found.values()];
}
