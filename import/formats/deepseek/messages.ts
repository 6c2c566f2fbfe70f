import type { AttachmentItem, MessageRole } from '../../items.ts';
import { limits } from '../../options.ts';
import { modelName } from '../conversations/lay-out-messages.ts';
import type { PreparedMessage } from '../conversations/prepared.ts';
import { type Source, sourceOf, sourcesOf } from '../conversations/source-list.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  clipped,
  isObject,
  type JsonObject,
  present,
} from '../json/values.ts';

/** What a message consists of, in the words of today's exports. */
interface Fragment {
  type: string;
  content: string;
  results: unknown[];
}

/** Exports of before the fragments have an answer, what was thought and what was found in fields of their own. */
function fragmentsOf(message: JsonObject, role: MessageRole): Fragment[] {
  const fragment = (type: string, content: unknown, results: unknown = []): Fragment => ({
    type,
    content: asString(content) ?? '',
    results: asArray(results),
  });
  if (Array.isArray(message.fragments))
    return message.fragments
      .filter(isObject)
      .map(({ type, content, results }) => fragment(asString(type) ?? '', content, results));
  return [
    fragment('SEARCH', null, message.search_results),
    fragment('THINK', message.reasoning_content ?? message.thinking_content),
    fragment(role === 'user' ? 'REQUEST' : 'RESPONSE', message.content),
  ];
}

/** Who speaks: the fragments tell; before there were any, the two spoke in turn. */
function roleOf(message: JsonObject, above: MessageRole | null): MessageRole {
  const named = asString(message.role)?.toLowerCase();
  if (named === 'user' || named === 'assistant' || named === 'system') return named;
  const types = asArray(message.fragments).map((each) => asObject(each).type);
  if (types.length > 0) return types.includes('REQUEST') ? 'user' : 'assistant';
  if (asString(message.reasoning_content) !== null) return 'assistant';
  return above === 'user' ? 'assistant' : 'user';
}

interface Found extends Source {
  index: unknown;
}

function foundIn(results: unknown[]): Found[] {
  return results.filter(isObject).flatMap(({ title, url, cite_index }, i) => {
    const source = sourceOf(title, url);
    return source === null ? [] : [{ ...source, index: cite_index ?? i + 1 }];
  });
}

const MARK = /[ \t]*\[citation:(\d+)\]/g;

/** The text with links where `[citation:3]` stood, and what it cites. */
function readMarks(text: string, found: Found[]): { text: string; cited: Source[] } {
  const cited: Source[] = [];
  const said = text.replace(MARK, (mark, number: string) => {
    const source = found.find(({ index }) => String(index) === number);
    if (source === undefined) return '';
    cited.push({ title: source.title, url: source.url });
    const words = (source.title ?? source.url ?? '').replace(/[[\]]/g, '');
    return `${/^\s/.test(mark) ? '' : ' '}${mark.match(/^\s*/)![0]}(${source.url === null ? words : `[${words}](${source.url})`})`;
  });
  return { text: said, cited };
}

function attachmentsOf(message: JsonObject, id: string): AttachmentItem[] {
  const found = new Map<string, AttachmentItem>();
  for (const [i, file] of asArray(message.files).filter(isObject).entries()) {
    const externalId = clipped(
      asString(file.id) ?? asString(file.file_id) ?? `${id}/file-${i + 1}`,
      limits.attachmentIdCharacters,
    );
    found.set(externalId, {
      externalId,
      name: clipped(asString(file.file_name) ?? asString(file.name) ?? 'file', 255),
      mimeType: null,
      size: asSize(file.file_size) ?? asSize(file.size),
      bytes: 'missing',
      text: asString(file.content) ?? asString(file.text),
      metadata: {},
    });
  }
  return [...found.values()];
}

function messageOf(
  message: JsonObject,
  id: string,
  { parent, role }: { parent: string | null; role: MessageRole },
): PreparedMessage {
  const fragments = fragmentsOf(message, role);
  const found = fragments.flatMap(({ results }) => foundIn(results));
  const said = fragments
    .filter(({ type, content }) => !/^(?:THINK|SEARCH)$/.test(type) && content !== '')
    .map(({ content }) => content);
  const { text, cited } = readMarks(said.join('\n\n'), found);
  return {
    id,
    parent,
    role,
    text,
    thinking: fragments
      .filter(({ type, content }) => type === 'THINK' && content !== '')
      .map(({ content }) => content),
    time: message.inserted_at ?? message.created_at,
    model: role === 'assistant' ? modelName(message.model) : null,
    toolCalls: [],
    attachments: attachmentsOf(message, id),
    metadata: present({
      ...sourcesOf(
        cited,
        found.map(({ title, url }) => ({ title, url })),
      ),
    }),
  };
}

/** The messages of a conversation, parents first; nodes without a message, such as the root, are passed by. */
export function readMessages(mapping: JsonObject): PreparedMessage[] {
  const roles = new Map<string, MessageRole>();
  const messages: PreparedMessage[] = [];
  const stands = (id: string | null): string | null => {
    for (let at = id, steps = 0; at !== null && steps < 100; steps++) {
      const node = mapping[at];
      if (!isObject(node) || isObject(node.message)) return at;
      at = asString(node.parent);
    }
    return null;
  };
  for (const [id, node] of Object.entries(mapping)) {
    const { message, parent: named } = asObject(node);
    if (!isObject(message)) continue;
    const parent = stands(asString(named));
    const role = roleOf(message, parent === null ? null : (roles.get(parent) ?? null));
    roles.set(id, role);
    messages.push(messageOf(message, id, { parent, role }));
  }
  return messages;
}
