import type { ToolCallItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { clipped, isObject } from '../json/values.ts';

/** Characters of what a tool is called with; its column takes a megabyte. */
const LONGEST_ARGUMENTS = 250_000;
/** Characters of an answer: a session has hundreds, and whole files among them. */
const LONGEST_RESULT = 250_000;

/** Tools are called with an object; anything else is put into one, and so is the beginning of what is too long. */
function argumentsOf(input: unknown): unknown {
  const value = isObject(input) ? input : input === undefined || input === null ? {} : { input };
  const text = JSON.stringify(value);
  return text.length <= LONGEST_ARGUMENTS ? value : { input: clipped(text, LONGEST_ARGUMENTS), cut: true };
}

/** JSON in a string, which is how many formats keep what a tool is called with; else the string itself. */
export function parsedArguments(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : text;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text === '' ? undefined : text;
  }
}

/** A call that nothing has answered yet. */
export function openCall(
  name: string | null,
  input: unknown,
  { turn = 1, position }: { turn?: number; position: number },
): ToolCallItem {
  return {
    turn,
    position,
    name: clipped(name ?? 'tool', limits.toolNameCharacters),
    arguments: argumentsOf(input),
    status: 'failed',
    result: null,
    error: 'The export has no answer to it.',
  };
}

/** Puts the answer to a call beside it. */
export function answerCall(call: ToolCallItem, text: string, failed: boolean): void {
  call.status = failed ? 'failed' : 'succeeded';
  call.result = { text: clipped(text, LONGEST_RESULT) };
  call.error = failed ? clipped(text.trim() === '' ? 'It failed.' : text, limits.errorCharacters) : null;
}

/** What a message says that consists of calls alone. */
export function namesOfCalls(calls: ToolCallItem[]): string {
  return [...new Set(calls.map(({ name }) => `[tool: ${name}]`))].join('\n');
}
