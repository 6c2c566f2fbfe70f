import { basename } from 'node:path';
import type { AttachmentItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { asArray, asObject, asSize, asString, clipped, present, shortString } from '../json/values.ts';
import { fileIdOf } from './file-ids.ts';
import type { ExportFolder } from './folder.ts';

interface Described {
  id: string | null;
  name: string | null;
  mimeType: string | null;
  size: number | null;
  width?: unknown;
  height?: unknown;
}

const AUDIO = /^(?:wav|mp3|m4a|ogg|webm|flac)$/;

/** What a part shows or plays: itself, or the sound, the video and the pictures of a call. */
function* pointersOf(part: Record<string, unknown>): Generator<Record<string, unknown>> {
  const { audio_asset_pointer, video_container_asset_pointer, frames_asset_pointers } = part;
  for (const each of [
    part,
    audio_asset_pointer,
    video_container_asset_pointer,
    ...asArray(frames_asset_pointers),
  ]) {
    const pointed = typeof each === 'string' ? { asset_pointer: each } : asObject(each);
    if (asString(pointed.asset_pointer) !== null) yield pointed;
  }
}

/** The files that a message lists, and then the images and sounds that it only has. */
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
  for (const part of asArray(asObject(message.content).parts).map(asObject)) {
    for (const { asset_pointer, size_bytes, width, height, format } of pointersOf(part)) {
      const pointer = asString(asset_pointer)!;
      const sound = AUDIO.exec(asString(format) ?? '')?.[0];
      yield {
        id: fileIdOf(pointer) ?? pointer,
        name: null,
        mimeType: sound === undefined ? null : `audio/${sound}`,
        size: asSize(size_bytes),
        width,
        height,
      };
    }
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
      name: clipped(
        name ?? (id === null ? null : folder.nameOf(id)) ?? (path === null ? externalId : basename(path)),
        255,
      ),
      mimeType,
      size,
      bytes: path === null ? 'missing' : 'in_export',
      text: null,
      metadata: present({ path, width: asSize(width), height: asSize(height) }),
    });
  }
  return [...found.values()];
}
