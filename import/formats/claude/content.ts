import type { ToolCallItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { asArray, asObject, asString, clipped, isObject, type JsonObject, present } from '../json/values.ts';

/** What the blocks of one message say, think and do. */
export interface Blocks {
  text: string;
  thinking: string | null;
  citations: JsonObject[];
  toolCalls: ToolCallItem[];
}

/** Blocks that say nothing to a reader. */
const SILENT = new Set(['tool_use', 'tool_result', 'thinking', 'redacted_thinking', 'token_budget', 'flag']);

function joined(texts: (string | null)[]): string {
  return texts.filter((text) => text !== null && text !== '').join('\n\n');
}

function citationsOf(block: JsonObject): JsonObject[] {
  return asArray(block.citations)
    .map((item) => {
      const { title, url, details } = asObject(item);
      return present({ title: asString(title), url: asString(url) ?? asString(asObject(details).url) });
    })
    .filter((citation) => Object.keys(citation).length > 0);
}

/** A result is text, or a list of blocks. */
function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  return joined(
    asArray(content).map((part) => {
      if (typeof part === 'string') return part;
      const { type, text, title, url } = asObject(part);
      const named = joined([asString(title), asString(url)]);
      return asString(text) ?? (named === '' ? `[${asString(type) ?? 'part'}]` : named);
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

/** Reads the blocks of a message. Never throws: the format changes silently. */
export function readBlocks(message: JsonObject): Blocks {
  const blocks = asArray(message.content).filter(isObject);
  const said = blocks
    .filter(({ type }) => !SILENT.has(asString(type) ?? ''))
    .map(
      (block) =>
        asString(block.text) ?? (block.type === 'text' ? null : `[${asString(block.type) ?? 'part'}]`),
    );
  const thinking = joined(
    blocks.map((block) => (block.type === 'thinking' ? asString(block.thinking) : null)),
  );
  // Exports of before the blocks have the text alone; of later ones it says what cannot be shown.
  const text =
    blocks.length === 0 ? (asString(message.text) ?? asString(message.content) ?? '') : joined(said);
  return {
    text: text.trim() === '' ? '' : text,
    thinking: thinking === '' ? null : thinking,
    citations: blocks.flatMap(citationsOf),
    toolCalls: toolCallsOf(blocks),
  };
}
