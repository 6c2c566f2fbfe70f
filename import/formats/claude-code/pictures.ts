import { imageType } from '../../../lib/images.ts';
import { nothingCleaned } from '../../../lib/storable.ts';
import { boundedSource, type ConversationItem, type UploadItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import type { OpenedFile } from '../format.ts';
import { readJsonLines } from '../json/read-lines.ts';
import { asObject, asString } from '../json/values.ts';
import { filesOf } from './lines.ts';

/** What a file of a message is, as it is stored; null for what is none of the kinds that are. */
function typeOf(bytes: Buffer, named: string | null): string | null {
  const image = imageType(bytes);
  if (image !== undefined) return image;
  return bytes.subarray(0, 1024).includes('%PDF-')
    ? 'application/pdf'
    : named === 'text/plain'
      ? named
      : null;
}

/**
 * The pictures and documents that were sent in a session, one at a time: the log is read a second time, since all of them at once could be
 * more than there is room for.
 */
export async function* picturesOf(
  { absolute, label, path }: OpenedFile,
  conversations: ConversationItem[],
  settings: ReadSettings,
): AsyncGenerator<UploadItem | SkippedItem> {
  const owners = new Map(
    conversations.flatMap(({ source, messages }) =>
      messages.flatMap(({ attachments }) =>
        attachments.map(({ externalId }) => [externalId, source] as const),
      ),
    ),
  );
  if (owners.size === 0) return;
  const limit = settings.maxConversationBytes;
  const lines = { absolute, label, limit, onBytes: () => {}, cleaned: nothingCleaned() };
  for await (const line of readJsonLines(lines)) {
    // what is wrong with a line was said the first time
    if ('kind' in line) continue;
    const uuid = asString(line.value.uuid);
    if (uuid === null) continue;
    for (const { externalId, name, mimeType, data } of filesOf(asObject(line.value.message).content, uuid)) {
      const conversation = owners.get(externalId);
      if (conversation === undefined || data === null) continue;
      owners.delete(externalId);
      const bytes = Buffer.from(data, 'base64');
      const source = boundedSource(`${conversation}/${externalId}`);
      const type = typeOf(bytes, mimeType);
      if (type === null) continue;
      if (bytes.length > settings.maxUploadBytes) {
        yield skipped(`${source} (${name})`, 'too_large', `${bytes.length} bytes`);
        continue;
      }
      const about = { name, mimeType: type, size: bytes.length, metadata: { importer: 'claude-code', path } };
      yield { kind: 'upload', source, absolute, bytes, ...about, attachment: { conversation, externalId } };
    }
  }
}
