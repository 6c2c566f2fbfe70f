import type { AttachmentItem, ToolCallItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { type Source, sourceOf } from '../conversations/source-list.ts';
import { splitThinking } from '../conversations/thinking.ts';
import { answerCall, openCall, parsedArguments } from '../conversations/tool-call.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  clipped,
  isObject,
  type JsonObject,
  present,
  shortString,
} from '../json/values.ts';

/** What an answer consists of. */
export interface AnswerParts {
  text: string;
  thinking: string[];
  toolCalls: ToolCallItem[];
}

const DETAILS = /<details\b([^>]*)>([\s\S]*?)<\/details>\s*/gi;
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#x27': "'", '#39': "'", amp: '&' };

function unescaped(text: string): string {
  return text.replace(/&(lt|gt|quot|#x27|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
}

function attribute(attributes: string, name: string): string | null {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
  return value === undefined || value === '' ? null : unescaped(value);
}

/** A string that is JSON of a string, as attributes are. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}

function bodyOf(inner: string): string {
  return unescaped(inner.replace(/<summary>[\s\S]*?<\/summary>/i, ''))
    .split('\n')
    .map((line) => line.replace(/^\s*> ?/, ''))
    .join('\n')
    .trim();
}

/** One of the boxes that the page folds up; null for one that the model wrote itself. */
function takeBox(attributes: string, inner: string, parts: AnswerParts): boolean {
  const type = attribute(attributes, 'type');
  const position = parts.toolCalls.length + 1;
  if (type === 'reasoning') parts.thinking.push(bodyOf(inner));
  else if (type === 'tool_calls') {
    const input = parsedArguments(unquoted(attribute(attributes, 'arguments') ?? ''));
    const call = openCall(attribute(attributes, 'name'), input, { turn: position, position: 1 });
    const result = attribute(attributes, 'result') ?? bodyOf(inner);
    if (result !== '') answerCall(call, unquoted(result), false);
    parts.toolCalls.push(call);
  } else if (type === 'code_interpreter') {
    const call = openCall('code_interpreter', bodyOf(inner), { turn: position, position: 1 });
    answerCall(call, attribute(attributes, 'output') ?? '', false);
    parts.toolCalls.push(call);
  } else return false;
  return true;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => asString(asObject(part).text) ?? '')
    .filter((text) => text !== '')
    .join('\n\n');
}

/** What newer versions keep beside the text: the items of the model's answer. */
function takeOutput(output: JsonObject[], parts: AnswerParts): void {
  const open = new Map<string, ToolCallItem>();
  parts.thinking = [];
  parts.toolCalls = [];
  for (const item of output) {
    const id = asString(item.call_id) ?? asString(item.id) ?? '';
    if (item.type === 'reasoning') parts.thinking.push(textOf(item.content) || textOf(item.summary));
    else if (item.type === 'function_call') {
      const turn = parts.toolCalls.length + 1;
      const call = openCall(asString(item.name), parsedArguments(item.arguments), { turn, position: 1 });
      open.set(id, call);
      parts.toolCalls.push(call);
    } else if (item.type === 'function_call_output') {
      const call = open.get(id);
      if (call !== undefined) answerCall(call, textOf(item.output), item.status === 'failed');
    }
  }
}

/** An answer, whose reasoning and tool calls are boxes in its text and, in newer versions, items beside it. */
export function readAnswer(content: string, output: unknown): AnswerParts {
  const parts: AnswerParts = { text: '', thinking: [], toolCalls: [] };
  const said = content.replace(DETAILS, (box, attributes: string, inner: string) =>
    takeBox(attributes, inner, parts) ? '' : box,
  );
  const items = asArray(output).filter(isObject);
  if (items.length > 0) takeOutput(items, parts);
  const split = splitThinking(said);
  parts.text =
    split.text.trim() ||
    items
      .filter(({ type }) => type === 'message')
      .map((item) => textOf(item.content))
      .join('\n\n');
  parts.thinking = [...parts.thinking, ...split.thinking].filter((text) => text !== '');
  return parts;
}

/** Files that went with a message; the text that was read from one is in the export. */
export function attachmentsOf(files: unknown, id: string): AttachmentItem[] {
  const found = new Map<string, AttachmentItem>();
  for (const [i, item] of asArray(files).filter(isObject).entries()) {
    const file = asObject(item.file);
    const meta = asObject(file.meta);
    const externalId = clipped(
      asString(item.id) ?? asString(file.id) ?? `${id}/file-${i + 1}`,
      limits.attachmentIdCharacters,
    );
    const text = asString(asObject(file.data).content);
    const bytes = text === null ? 0 : Buffer.byteLength(text);
    const tooLong = bytes > limits.documentBytes;
    found.set(externalId, {
      externalId,
      name: clipped(asString(item.name) ?? asString(file.filename) ?? asString(meta.name) ?? 'file', 255),
      mimeType: shortString(item.content_type) ?? shortString(meta.content_type),
      size: asSize(item.size) ?? asSize(meta.size),
      bytes: 'missing',
      text: tooLong ? null : text,
      metadata: present({ type: shortString(item.type), text_left_out: tooLong ? bytes : null }),
    });
  }
  return [...found.values()];
}

/** Where an answer says that it has something from. */
export function citationsOf(sources: unknown): Source[] {
  return asArray(sources)
    .map(asObject)
    .flatMap((item) => {
      const source = asObject(item.source);
      return [source, ...asArray(item.metadata).map(asObject)].map((each) => {
        const url = [each.url, each.source, asArray(each.urls)[0]]
          .map(asString)
          .find((text) => text !== null && /^https?:/.test(text));
        const title = shortString(each.title) ?? shortString(each.name) ?? shortString(source.name);
        return url !== undefined || each === source ? sourceOf(title, url) : null;
      });
    })
    .filter((source) => source !== null);
}
