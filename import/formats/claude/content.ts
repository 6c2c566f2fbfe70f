import type { ToolCallItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { type Source, sourceOf } from '../conversations/source-list.ts';
import { textOfUnknown } from '../conversations/unknown-part.ts';
import type { DocumentChange } from '../conversations/written-documents.ts';
import { asArray, asObject, asString, clipped, isObject, type JsonObject } from '../json/values.ts';
import { changesOfCall, readTags, sourcesOfArtifact } from './written.ts';

/** What the blocks of one message say, think and do. */
export interface Blocks {
  text: string;
  thinking: string | null;
  /** Kinds of blocks in which nothing could be read. */
  unread: string[];
  /** What it cites, and what its searches found. */
  cited: Source[];
  found: Source[];
  toolCalls: ToolCallItem[];
  /** What it writes into artifacts and files. */
  changes: DocumentChange[];
}

/** Blocks that say nothing to a reader. */
const SILENT = new Set([
  'tool_use',
  'tool_result',
  'server_tool_use',
  'web_search_tool_result',
  'thinking',
  'redacted_thinking',
  'token_budget',
  'flag',
]);

function joined(texts: (string | null)[]): string {
  return texts.filter((text) => text !== null && text !== '').join('\n\n');
}

function citationsOf(block: JsonObject): Source[] {
  return asArray(block.citations).flatMap((item) => {
    const { title, url, details, sources } = asObject(item);
    const { title: called, url: address } = asObject(details);
    const own = sourceOf(title ?? called, url ?? address);
    const others = asArray(sources).flatMap(
      (each) => sourceOf(asObject(each).title, asObject(each).url) ?? [],
    );
    return own === null ? others : [own, ...others];
  });
}

/** The pages that a search or a reading of the web gave. */
function foundIn(block: JsonObject): Source[] {
  if (block.type !== 'tool_result' && block.type !== 'web_search_tool_result') return [];
  return asArray(block.content).flatMap((item) => {
    const { title, url } = asObject(item);
    return asString(url) === null ? [] : (sourceOf(title, url) ?? []);
  });
}

/** What was thought; where that is kept back, its summaries. */
function thoughtsOf(block: JsonObject): string | null {
  if (block.type !== 'thinking') return null;
  return (
    asString(block.thinking) ??
    joined(asArray(block.summaries).map((item) => asString(asObject(item).summary)))
  );
}

/** A result is text, or a list of blocks. */
function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  return joined(
    asArray(content).map((part) => {
      if (typeof part === 'string') return part;
      const block = asObject(part);
      const named = joined([asString(block.title), asString(block.url)]);
      return (
        asString(block.text) ?? (named === '' ? textOfUnknown(block, asString(block.type) ?? 'part') : named)
      );
    }),
  );
}

function answer(call: ToolCallItem, block: JsonObject): void {
  const text = resultText(block.content);
  const failed = block.is_error === true;
  call.status = failed ? 'failed' : 'succeeded';
  call.result = { text: clipped(text, limits.messageCharacters) };
  call.error = failed ? clipped(text === '' ? 'It failed.' : text, limits.errorCharacters) : null;
}

/** Calls without a result in between are of one turn. A result names its call, or answers the first open one. */
function toolCallsOf(blocks: JsonObject[]): ToolCallItem[] {
  const calls: ToolCallItem[] = [];
  const open = new Map<ToolCallItem, { id: string | null; name: string }>();
  let turn = 1;
  let position = 0;
  let answered = false;
  for (const block of blocks) {
    if (block.type === 'tool_use') {
      if (answered) {
        turn++;
        position = 0;
        answered = false;
      }
      const name = clipped(asString(block.name) ?? 'tool', limits.toolNameCharacters);
      const call: ToolCallItem = {
        turn,
        position: ++position,
        name,
        arguments: isObject(block.input)
          ? block.input
          : block.input === undefined
            ? {}
            : { input: block.input },
        status: 'failed',
        result: null,
        error: 'The export has no answer to it.',
      };
      calls.push(call);
      open.set(call, { id: asString(block.id), name });
    } else if (block.type === 'tool_result') {
      const id = asString(block.tool_use_id);
      const name = asString(block.name);
      const waiting = [...open];
      const [call] =
        waiting.find(([, each]) => id !== null && each.id === id) ??
        waiting.find(([, each]) => each.name === name) ??
        waiting[0] ??
        [];
      if (call === undefined) continue;
      open.delete(call);
      answer(call, block);
      answered = true;
    }
  }
  return calls;
}

/** What the calls of a message write, but for those that failed. */
function changesOf(blocks: JsonObject[]): DocumentChange[] {
  const failed = new Set(
    blocks
      .filter(({ type, is_error }) => type === 'tool_result' && is_error === true)
      .map(({ tool_use_id }) => asString(tool_use_id))
      .filter((id) => id !== null),
  );
  return blocks
    .filter(({ type, id }) => type === 'tool_use' && !failed.has(asString(id) ?? ''))
    .flatMap(({ name, input }) => changesOfCall(asString(name) ?? '', input));
}

/** Reads the blocks of a message. Never throws: the format changes silently. */
export function readBlocks(message: JsonObject): Blocks {
  const blocks = asArray(message.content).filter(isObject);
  const unread: string[] = [];
  const said = blocks
    .filter(({ type }) => !SILENT.has(asString(type) ?? ''))
    .map(
      (block) =>
        asString(block.text) ??
        (block.type === 'text' ? null : textOfUnknown(block, asString(block.type) ?? 'part', unread)),
    );
  // Exports of before the blocks have the text alone; of later ones it says what cannot be shown.
  const whole =
    blocks.length === 0 ? (asString(message.text) ?? asString(message.content) ?? '') : joined(said);
  const { text, thinking, changes } = readTags(whole);
  const thoughts = joined([...blocks.map(thoughtsOf), ...thinking]);
  const calls = blocks.filter(({ type }) => type === 'tool_use');
  return {
    text: text.trim() === '' ? '' : text,
    thinking: thoughts === '' ? null : thoughts,
    unread,
    cited: [
      ...blocks.flatMap(citationsOf),
      ...calls
        .flatMap(({ input }) => sourcesOfArtifact(input))
        .flatMap(({ title, url }) => sourceOf(title, url) ?? []),
    ],
    found: blocks.flatMap(foundIn),
    toolCalls: toolCallsOf(blocks),
    changes: [...changes, ...changesOf(blocks)],
  };
}
