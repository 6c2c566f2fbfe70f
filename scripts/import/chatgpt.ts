import { createReadStream } from 'node:fs';
import { readConversation } from './chatgpt-conversation.ts';
import { type ConversationItem, type ReadSettings, type SkippedItem, skipped } from './items.ts';
import { type JsonElement, jsonElements } from './json-elements.ts';

/** What else an export contains: a second copy of the conversations, the account, and records about them. */
const EXTRAS =
  /^(?:chat\.html|user(?:_settings)?\.json|message_feedback\.json|model_comparisons\.json|shared_conversations\.json|group_chats\.json|shopping\.json|sora\.json|export_manifest\.json|conversation_asset_file_names\.json)$/;

const EXPORT_NAME = /^conversations(?:-\d+)?\.json$/;

/** Whether a file lying beside `conversations.json` belongs to the export and holds nothing to import. */
export function isExportExtra(name: string): boolean {
  return EXTRAS.test(name);
}

/**
 * Whether JSON begins like an export: a list of conversations, or a single one. The name decides only when the
 * beginning is too broken to tell, so that a damaged export is reported and not stored as a document.
 */
export function looksLikeExport(head: string, name: string): boolean {
  const text = head.replace(/^\ufeff/, '').trimStart();
  if (!/^(?:\[|\{)/.test(text)) return false;
  const conversation =
    /"mapping"\s*:\s*\{/.test(text) && /"(?:current_node|create_time|conversation_id)"\s*:/.test(text);
  if (conversation && /^(?:\[\s*\{|\{)/.test(text)) return true;
  return (
    EXPORT_NAME.test(name) && /^\[\s*(?:\{\s*(?:"(?:title|id|conversation_id|create_time)"|$)|$)/.test(text)
  );
}

/** Where the list begins: behind its bracket; null when the file is one conversation. */
function findList(head: Buffer): { start: number; wrapped: boolean } | null {
  const start = /^(?:\xef\xbb\xbf)?\s*(?:\{\s*"conversations"\s*:\s*)?\[/.exec(head.toString('latin1'));
  return start ? { start: start[0].length, wrapped: start[0].includes('{') } : null;
}

async function* chunksOf(file: string, start: number, whole: boolean): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file, { start, highWaterMark: 1024 * 1024 }))
    yield chunk as Buffer;
  // A lone conversation is read as the only element of a list.
  if (whole) yield Buffer.from(']');
}

function problemOf(element: JsonElement, label: string): SkippedItem | null {
  const place = `${label} #${element.position}`;
  switch (element.problem) {
    case null:
      return null;
    case 'too_large':
      return skipped(place, 'too_large', `one conversation of ${element.size} bytes`);
    case 'too_deep':
      return skipped(place, 'broken_json', 'nested too deep');
    case 'cut':
      return skipped(
        label,
        'broken_json',
        `ends in the middle, after byte ${element.end}; the ${element.position - 1} conversations before that were read`,
      );
    case 'trailing':
      return skipped(label, 'broken_json', 'text after the end of the list was left out');
  }
}

function parse(
  bytes: Buffer,
): { value: unknown } | { reason: 'invalid_utf8' | 'broken_json'; detail: string } {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { reason: 'invalid_utf8', detail: 'not valid UTF-8' };
  }
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { reason: 'broken_json', detail: error.message };
  }
}

/**
 * The conversations of an export, one at a time. A broken one is reported and the rest goes on; a file that was cut
 * off gives everything before the cut.
 * @param label the file's path, for messages
 * @param seen  the conversations already read in this run, added to
 */
export async function* readChatgpt(
  file: { absolute: string; head: Buffer; label: string },
  settings: ReadSettings,
  seen: Set<string>,
): AsyncGenerator<ConversationItem | SkippedItem> {
  const { absolute, head, label } = file;
  const list = findList(head);
  const start = list?.start ?? 0;
  const chunks = chunksOf(absolute, start, list === null);
  let reported = 0;
  for await (const element of jsonElements(chunks, start, settings.maxConversationBytes)) {
    // The object around a wrapped list goes on behind it.
    if (element.problem === 'trailing' && list?.wrapped) break;
    const item = problemOf(element, label) ?? readElement(element, label, settings.now);
    if (item.kind === 'conversation' && seen.has(item.source)) {
      yield skipped(`${item.source} (${item.title})`, 'duplicate', `a second time in ${label}`);
    } else {
      if (item.kind === 'conversation') seen.add(item.source);
      yield item;
    }
    settings.onBytes(element.end - reported);
    reported = element.end;
  }
}

function readElement(element: JsonElement, label: string, now: Date): ConversationItem | SkippedItem {
  const place = `${label} #${element.position}`;
  const parsed = parse(element.bytes ?? Buffer.alloc(0));
  return 'value' in parsed
    ? readConversation(parsed.value, place, now)
    : skipped(place, parsed.reason, parsed.detail);
}
