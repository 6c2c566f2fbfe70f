import type { MessageRole, Metadata } from '../../items.ts';
import { type Source, sourcesOf } from '../conversations/source-list.ts';
import { textOfUnknown } from '../conversations/unknown-part.ts';
import { asArray, asObject, asString, clipped, isObject, type JsonObject, present } from '../json/values.ts';
import { fileIdOf } from './file-ids.ts';
import { listedSources, readReferences } from './references.ts';

/** What one message of an export says, as markdown. */
export interface MessageContent {
  role: MessageRole;
  /** '' when it says nothing: a placeholder that the export keeps for its own reasons, or what was only thought. */
  content: string;
  /** What the model thought, which is not what it said. */
  thinking: string | null;
  metadata: Metadata;
}

/** What a message does not say itself. */
export interface Surroundings {
  /** What a mark such as `turn0search3` stands for. */
  lookUp: (ref: string) => Source | null;
  /** The name of a file by its id. */
  nameOf: (id: string) => string | null;
}

const ALONE: Surroundings = { lookUp: () => null, nameOf: () => null };

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
  for (const pointer of [part.asset_pointer, part.audio_asset_pointer, part.video_container_asset_pointer]) {
    const found = asString(pointer) ?? asString(asObject(pointer).asset_pointer);
    if (found !== null) return found;
  }
  return 'unknown';
}

/** What an image is called: its file's name, the title that a model gave it, or what was asked for. */
function imageName(part: JsonObject, message: JsonObject, { nameOf }: Surroundings): string | null {
  const id = fileIdOf(pointerOf(part));
  const listed = asArray(asObject(message.metadata).attachments).map(asObject);
  const { dalle, generation } = asObject(part.metadata);
  const name =
    asString(listed.find((each) => id !== null && each.id === id)?.name) ??
    (id === null ? null : nameOf(id)) ??
    asString(asObject(message.metadata).image_gen_title) ??
    asString(asObject(dalle).prompt) ??
    asString(asObject(generation).prompt);
  return name === null ? null : clipped(name.replace(/\s+/g, ' '), 300);
}

interface PartsContext {
  message: JsonObject;
  around: Surroundings;
  assets: JsonObject[];
  /** Kinds of parts in which nothing could be read. */
  unread: string[];
}

/** Images and sounds are not in the export's JSON: a placeholder says where an image stood. Of a voice its transcript is the text. */
function partText(part: unknown, context: PartsContext): string | null {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return null;
  const type = asString(part.content_type) ?? 'part';
  if (/(?:image|audio|video).*asset_pointer$/.test(type)) {
    const { message, around, assets } = context;
    const { size_bytes, width, height, fovea, format } = part;
    assets.push(present({ type, asset_pointer: pointerOf(part), size_bytes, width, height, fovea, format }));
    if (!type.startsWith('image')) return null;
    const name = imageName(part, message, around);
    return name === null ? '[image]' : `[image: ${name}]`;
  }
  return (
    asString(part.text) ?? (type === 'audio_transcription' ? null : textOfUnknown(part, type, context.unread))
  );
}

function partsText(content: JsonObject, context: PartsContext): string {
  const text = joined(...asArray(content.parts).map((part) => partText(part, context)));
  if (text.trim() !== '' || context.assets.length === 0) return text;
  return /video/.test(String(context.assets[0]!.type)) && !/user_audio/.test(String(context.assets[0]!.type))
    ? '[video]'
    : '[voice message]';
}

function cited(content: JsonObject): string {
  const title = asString(content.title);
  const url = asString(content.url) ?? asString(content.domain);
  const quoted = asString(content.text) ?? asString(content.snippet) ?? asString(content.result);
  return joined(title && url ? `[${title}](${url})` : (title ?? url), quoted);
}

/** A list, or the JSON of one. */
function listOf(value: unknown): unknown[] {
  if (typeof value !== 'string') return asArray(value);
  try {
    return asArray(JSON.parse(value));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [{ content: value }];
  }
}

function thoughts(content: JsonObject): string {
  return joined(
    ...listOf(content.thoughts).map((item) => {
      const { summary, content: text } = asObject(item);
      const heading = asString(summary);
      return joined(heading === null ? null : `**${heading}**`, asString(text));
    }),
  );
}

/** Instructions that lie beside a message whose text is empty, as some exports have them. */
function besideIt(extra: JsonObject): string {
  const { about_user_message, about_model_message } = asObject(extra.user_context_message_data);
  return joined(asString(about_user_message), asString(about_model_message));
}

function contentText(type: string, content: JsonObject, context: PartsContext): string {
  switch (type) {
    case 'code': {
      const code = asString(content.text) ?? partsText(content, context);
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
      const text = partsText(content, context);
      if (text !== '' || Array.isArray(content.parts)) return text;
      return (
        asString(content.text) ??
        asString(content.result) ??
        asString(content.content) ??
        textOfUnknown(content, type, context.unread)
      );
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

/** What is thought and not said: kinds of content, and a channel that is not the answer's. */
function isThought(type: string, message: JsonObject, role: MessageRole): boolean {
  if (type === 'thoughts' || type === 'reasoning_recap') return true;
  const recipient = asString(message.recipient) ?? 'all';
  return role === 'assistant' && message.channel === 'analysis' && recipient === 'all';
}

/** Reads the author, the text and what is worth keeping of the rest. Never throws: the format changes silently. */
export function readContent(message: JsonObject, around: Surroundings = ALONE): MessageContent {
  const author = asObject(message.author);
  const content = asObject(message.content);
  const extra = asObject(message.metadata);
  const type = asString(content.content_type) ?? 'text';
  const assets: JsonObject[] = [];
  const unread: string[] = [];
  const own = contentText(type, content, { message, around, assets, unread });
  const instructions = own.trim() === '' ? besideIt(extra) : '';
  const { text, cited } = readReferences(instructions || own, extra, around.lookUp);
  const named = asString(author.role) ?? '';
  // Custom instructions are written by the user but speak as the system.
  const context = instructions !== '' || /^(?:user|model)_editable_context$/.test(type);
  const known = context ? 'system' : Object.hasOwn(ROLES, named) ? ROLES[named] : undefined;
  const role = known ?? 'system';
  const recipient = asString(message.recipient);
  const status = asString(message.status);
  const said = text.trim() === '' ? '' : text;
  const isThinking = isThought(type, message, role);
  return {
    role,
    content: isThinking ? '' : said,
    thinking: isThinking && said !== '' ? said : null,
    metadata: present({
      content_type: type === 'text' ? null : type,
      original_role: known === named ? null : named,
      author_name: asString(author.name),
      recipient: recipient === 'all' ? null : recipient,
      status: status === 'finished_successfully' ? null : status,
      hidden: extra.is_visually_hidden_from_conversation === true ? true : null,
      assets,
      unread_parts: unread,
      ...sourcesOf(cited, listedSources(extra)),
    }),
  };
}
