import type { MessageRole, Metadata } from '../../items.ts';
import { asArray, asObject, asString, isObject, type JsonObject, present } from '../json/values.ts';

/** What one message of an export says, as markdown. */
export interface MessageContent {
  role: MessageRole;
  /** '' when it says nothing: a placeholder that the export keeps for its own reasons. */
  content: string;
  metadata: Metadata;
}

/** A code block that its own content cannot end. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function joined(...texts: (string | null)[]): string {
  return texts.filter((text) => text !== null && text !== '').join('\n\n');
}

function pointerOf(part: JsonObject): string {
  const nested = asObject(part.audio_asset_pointer);
  return asString(part.asset_pointer) ?? asString(nested.asset_pointer) ?? 'unknown';
}

/** Images and sounds are not in the export's JSON: a placeholder says where they stood. */
function partText(part: unknown, assets: JsonObject[]): string | null {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return null;
  const type = asString(part.content_type) ?? 'part';
  if (/(?:image|audio|video).*asset_pointer$/.test(type)) {
    const kind = type.startsWith('image') ? 'image' : type.startsWith('audio') ? 'audio' : 'video';
    const { size_bytes, width, height, fovea, format } = part;
    assets.push(present({ type, asset_pointer: pointerOf(part), size_bytes, width, height, fovea, format }));
    return `[${kind}: ${pointerOf(part)}]`;
  }
  return asString(part.text) ?? `[${type}]`;
}

function partsText(content: JsonObject, assets: JsonObject[]): string {
  return joined(...asArray(content.parts).map((part) => partText(part, assets)));
}

function cited(content: JsonObject): string {
  const title = asString(content.title);
  const url = asString(content.url) ?? asString(content.domain);
  const quoted = asString(content.text) ?? asString(content.snippet) ?? asString(content.result);
  return joined(title && url ? `[${title}](${url})` : (title ?? url), quoted);
}

function thoughts(content: JsonObject): string {
  return joined(
    ...asArray(content.thoughts).map((item) => {
      const { summary, content: text } = asObject(item);
      const heading = asString(summary);
      return joined(heading === null ? null : `**${heading}**`, asString(text));
    }),
  );
}

function contentText(type: string, content: JsonObject, assets: JsonObject[]): string {
  switch (type) {
    case 'code': {
      const code = asString(content.text) ?? partsText(content, assets);
      const language = asString(content.language);
      return code === '' ? '' : fenced(code, language && language !== 'unknown' ? language : '');
    }
    case 'tether_quote':
    case 'tether_browsing_display':
    case 'sonic_webpage':
      return cited(content);
    case 'system_error':
      return joined(asString(content.name), asString(content.text));
    case 'thoughts':
      return thoughts(content);
    case 'reasoning_recap':
      return asString(content.content) ?? '';
    case 'user_editable_context':
      return joined(asString(content.user_profile), asString(content.user_instructions));
    case 'model_editable_context':
      return asString(content.model_set_context) ?? '';
    default: {
      const text = partsText(content, assets);
      if (text !== '' || Array.isArray(content.parts)) return text;
      return asString(content.text) ?? asString(content.result) ?? asString(content.content) ?? `[${type}]`;
    }
  }
}

const ROLES: Record<string, MessageRole> = {
  user: 'user',
  assistant: 'assistant',
  system: 'system',
  tool: 'tool',
  function: 'tool',
};

function citations(list: unknown): JsonObject[] {
  return asArray(list)
    .map((item) => {
      const { title, url } = asObject(asObject(item).metadata);
      return present({ title, url });
    })
    .filter((citation) => Object.keys(citation).length > 0);
}

/** Reads the author, the text and what is worth keeping of the rest. Never throws: the format changes silently. */
export function readContent(message: JsonObject): MessageContent {
  const author = asObject(message.author);
  const content = asObject(message.content);
  const extra = asObject(message.metadata);
  const type = asString(content.content_type) ?? 'text';
  const assets: JsonObject[] = [];
  const text = contentText(type, content, assets);
  const named = asString(author.role) ?? '';
  // Custom instructions are written by the user but speak as the system.
  const context = type === 'user_editable_context' || type === 'model_editable_context';
  const role = context ? 'system' : Object.hasOwn(ROLES, named) ? ROLES[named] : undefined;
  const recipient = asString(message.recipient);
  const status = asString(message.status);
  return {
    role: role ?? 'system',
    content: text.trim() === '' ? '' : text,
    metadata: present({
      content_type: type === 'text' ? null : type,
      original_role: role === named ? null : named,
      author_name: asString(author.name),
      recipient: recipient === 'all' ? null : recipient,
      status: status === 'finished_successfully' ? null : status,
      hidden: extra.is_visually_hidden_from_conversation === true ? true : null,
      assets,
      citations: citations(extra.citations),
    }),
  };
}
