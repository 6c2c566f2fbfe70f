import type { AttachmentItem, MessageRole, ToolCallItem } from '../../items.ts';
import { modelName } from '../conversations/lay-out-messages.ts';
import type { PreparedMessage } from '../conversations/prepared.ts';
import { answerCall, openCall } from '../conversations/tool-call.ts';
import { textOfUnknown } from '../conversations/unknown-part.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  isObject,
  type JsonObject,
  present,
  shortString,
} from '../json/values.ts';

/** One line of a session that says something, or leads to one that does. */
export interface SessionRecord {
  uuid: string;
  parent: string | null;
  sessionId: string | null;
  /** Null of what the person and the main agent say to each other. */
  agentId: string | null;
  isSidechain: boolean;
  value: JsonObject;
}

/** What a file says about its session as a whole. */
export interface SessionFile {
  records: SessionRecord[];
  /** Titles by how much they count: the person's, the model's, then summaries by the message that they are of. */
  titles: { custom: string | null; generated: string | null; summaries: Map<string, string> };
}

export function emptySession(): SessionFile {
  return { records: [], titles: { custom: null, generated: null, summaries: new Map() } };
}

/** Bytes of pictures and documents, which are not stored, and what a line says a second time. @returns how many there were */
export function dropBytes(value: JsonObject): number {
  let dropped = value.toolUseResult === undefined ? 0 : JSON.stringify(value.toolUseResult).length;
  delete value.toolUseResult;
  const drop = (blocks: unknown) => {
    for (const block of asArray(blocks).filter(isObject)) {
      const { source, content } = block;
      if (isObject(source) && typeof source.data === 'string' && source.type === 'base64') {
        dropped += source.data.length;
        source.size = Buffer.byteLength(source.data, 'base64');
        delete source.data;
      }
      drop(content);
    }
  };
  drop(asObject(value.message).content);
  return dropped;
}

/** One picture or document in a message. */
export interface BlockFile {
  externalId: string;
  name: string;
  mimeType: string | null;
  size: number | null;
  /** As base64, where it was not dropped. */
  data: string | null;
}

/** Pictures and documents in a message. */
export function filesOf(content: unknown, uuid: string): BlockFile[] {
  return asArray(content)
    .filter(isObject)
    .filter(({ type }) => type === 'image' || type === 'document')
    .map(({ type, source, title }, i) => {
      const { type: kind, media_type, size, data } = asObject(source);
      const mimeType = shortString(media_type);
      return {
        externalId: `${uuid}/${i + 1}`,
        name: shortString(title) ?? `${String(type)}-${i + 1}.${mimeType?.split('/').at(-1) ?? 'bin'}`,
        mimeType,
        size: asSize(size),
        data: kind === 'base64' ? asString(data) : null,
      };
    });
}

/** Takes a line in: messages and the links between them, and titles. What else there is, is about the program. */
export function takeLine(session: SessionFile, value: JsonObject): void {
  const { titles } = session;
  const uuid = asString(value.uuid);
  if (value.type === 'summary') {
    const leaf = asString(value.leafUuid);
    const summary = asString(value.summary);
    if (leaf !== null && summary !== null) titles.summaries.set(leaf, summary);
  } else if (value.type === 'custom-title')
    titles.custom = asString(value.customTitle) ?? asString(value.title) ?? titles.custom;
  else if (value.type === 'ai-title') titles.generated = asString(value.aiTitle) ?? titles.generated;
  else if (uuid !== null) {
    session.records.push({
      uuid,
      parent: asString(value.parentUuid) ?? asString(value.logicalParentUuid),
      sessionId: asString(value.sessionId),
      agentId: asString(value.agentId),
      isSidechain: value.isSidechain === true,
      value,
    });
  }
}

/** What the program puts around the words of a person, and what it adds to them for the model. */
const REMINDER = /<system-reminder>[\s\S]*?<\/system-reminder>/g;
const OUTPUT = /^\s*<(?:local-command-(?:stdout|stderr|caveat)|bash-(?:stdout|stderr)|task-notification)>/;

function tag(text: string, name: string): string | null {
  return new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(text)?.[1]?.trim() ?? null;
}

/** The text of a person as it was typed: `/model opus` and not the tags around it. */
function typed(text: string): string {
  const command = tag(text, 'command-name');
  if (command !== null) return `${command} ${tag(text, 'command-args') ?? ''}`.trim();
  const shell = tag(text, 'bash-input');
  return shell === null ? text.replace(REMINDER, '').trim() : `! ${shell}`;
}

/** Blocks that are thoughts, or calls and their answers: those are kept as such. */
const SILENT = /^(?:redacted_)?thinking$|^(?:server_)?tool_use$|tool_result$/;

/** The text of blocks; pictures are named. `unread` is told the kinds of those in which nothing can be read. */
export function textOfBlocks(content: unknown, unread?: string[]): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => {
      if (typeof part === 'string') return part;
      const block = asObject(part);
      const { type, text, title, url } = block;
      if (SILENT.test(String(type))) return '';
      return (
        asString(text) ??
        asString(title) ??
        asString(url) ??
        (type === 'text' ? '' : textOfUnknown(block, asString(type) ?? 'part', unread))
      );
    })
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Their bytes are in the log. */
function attachmentsOf(content: unknown, uuid: string, path: string): AttachmentItem[] {
  return filesOf(content, uuid).map(
    ({ data: _, ...file }): AttachmentItem => ({
      ...file,
      bytes: 'in_export',
      text: null,
      metadata: { path },
    }),
  );
}

function roleOf({ value }: SessionRecord, text: string): MessageRole {
  if (value.type === 'assistant') return value.isApiErrorMessage === true ? 'system' : 'assistant';
  const isPersons =
    value.type === 'user' && value.isMeta !== true && value.isCompactSummary !== true && !OUTPUT.test(text);
  return isPersons ? 'user' : 'system';
}

/** A line that says something, without what was called and answered; null for one that says nothing. */
export function readRecord(record: SessionRecord, path: string): PreparedMessage | null {
  const { value, uuid } = record;
  const message = asObject(value.message);
  const content = value.type === 'system' ? value.content : message.content;
  if (value.type === 'system' && (value.subtype === 'compact_boundary' || asString(content) === null))
    return null;
  if (value.type !== 'system' && value.type !== 'user' && value.type !== 'assistant') return null;
  const unread: string[] = [];
  const raw = textOfBlocks(content, unread);
  const role = roleOf(record, raw);
  const attachments = role === 'user' ? attachmentsOf(content, uuid, path) : [];
  return {
    id: uuid,
    parent: record.parent,
    role,
    text: role === 'assistant' ? raw : (tag(raw, 'local-command-stdout') ?? typed(raw)),
    thinking: asArray(content)
      .filter(isObject)
      .filter(({ type }) => type === 'thinking')
      .map(({ thinking }) => asString(thinking) ?? '')
      .filter((text) => text !== ''),
    time: value.timestamp,
    model: message.model === '<synthetic>' ? null : modelName(message.model),
    toolCalls: [],
    attachments,
    metadata: present({
      is_summary: value.isCompactSummary === true ? true : null,
      unread_parts: unread,
    }),
  };
}

/** The calls of a line, by the id that its answers name. */
export function callsOf({ value }: SessionRecord, first: number): Map<string, ToolCallItem> {
  const calls = new Map<string, ToolCallItem>();
  for (const { type, id, name, input } of asArray(asObject(value.message).content).filter(isObject)) {
    if (type !== 'tool_use' && type !== 'server_tool_use') continue;
    const position = first + calls.size;
    calls.set(asString(id) ?? `${position}`, openCall(asString(name), input, { position }));
  }
  return calls;
}

/** Gives the answers of a line to the calls that they are to. */
export function takeAnswers({ value }: SessionRecord, calls: Map<string, ToolCallItem>): void {
  for (const { type, tool_use_id, content, is_error } of asArray(asObject(value.message).content).filter(
    isObject,
  )) {
    if (typeof type !== 'string' || !type.endsWith('tool_result')) continue;
    const call = calls.get(asString(tool_use_id) ?? '');
    if (call !== undefined) answerCall(call, textOfBlocks(content), is_error === true);
  }
}
