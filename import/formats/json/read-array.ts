import { createReadStream } from 'node:fs';
import { readText } from '../../../reading/text.ts';
import { readHead } from '../../files/read-part.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { type JsonElement, splitJsonArray } from './split-array.ts';

/** A file that is a JSON list of any length. */
export interface JsonArrayFile {
  absolute: string;
  /** The file's path, for messages. */
  label: string;
  /** What its elements are called, for messages. */
  noun: string;
  /** Bytes of the largest element that is read. */
  limit: number;
  onBytes: (bytes: number) => void;
  /** Where the list begins when it lies inside an object; must match up to and with its bracket. */
  within?: RegExp;
}

/** Where the list begins: behind its bracket; null when the file is one element. */
function findList(head: Buffer, within?: RegExp): { start: number; wrapped: boolean } | null {
  const inside = within?.exec(head.toString('latin1'));
  if (inside) return { start: inside.index + inside[0].length, wrapped: true };
  const start = /^(?:\xef\xbb\xbf)?\s*(?:\{\s*"conversations"\s*:\s*)?\[/.exec(head.toString('latin1'));
  return start ? { start: start[0].length, wrapped: start[0].includes('{') } : null;
}

async function* chunksOf(file: string, start: number, whole: boolean): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file, { start, highWaterMark: 1024 * 1024 }))
    yield chunk as Buffer;
  // A lone element is read as the only one of a list.
  if (whole) yield Buffer.from(']');
}

function problemOf(element: JsonElement, { label, noun }: JsonArrayFile): SkippedItem | null {
  const place = `${label} #${element.position}`;
  switch (element.problem) {
    case null:
      return null;
    case 'too_large':
      return skipped(
        place,
        'too_large',
        noun === 'conversations' ? `one conversation of ${element.size} bytes` : `${element.size} bytes`,
      );
    case 'too_deep':
      return skipped(place, 'broken_json', 'nested too deep');
    case 'cut':
      return skipped(
        label,
        'broken_json',
        `ends in the middle, after byte ${element.end}; the ${element.position - 1} ${noun} before that were read`,
      );
    case 'trailing':
      return skipped(label, 'broken_json', 'text after the end of the list was left out');
  }
}

function parse(bytes: Buffer): { value: unknown; warnings: string[] } | { problem: string } {
  const read = readText(bytes);
  if ('notText' in read) return { problem: read.notText };
  try {
    return { value: JSON.parse(read.text), warnings: read.warnings.map(({ message }) => message) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { problem: error.message };
  }
}

/** The same item, whose metadata say how its bytes had to be read. */
function withWarnings<T>(item: T, warnings: string[]): T {
  if (warnings.length === 0) return item;
  if (Array.isArray(item)) return item.map((each) => withWarnings(each, warnings)) as T;
  if (typeof item !== 'object' || item === null || !('metadata' in item)) return item;
  return { ...item, metadata: { ...(item.metadata as object), warnings } };
}

/**
 * The elements of a list, one at a time. A broken one is reported and the rest goes on; a file that was cut off gives
 * everything before the cut.
 * @param read makes an item of a parsed element; `place` names it, as `conversations.json #3`
 */
export async function* readJsonArray<T>(
  file: JsonArrayFile,
  read: (value: unknown, place: string) => T | SkippedItem,
): AsyncGenerator<T | SkippedItem> {
  const list = findList(await readHead(file.absolute), file.within);
  const start = list?.start ?? 0;
  let reported = 0;
  for await (const element of splitJsonArray(
    chunksOf(file.absolute, start, list === null),
    start,
    file.limit,
  )) {
    // The object around a wrapped list goes on behind it.
    if (element.problem === 'trailing' && list?.wrapped) break;
    const problem = problemOf(element, file);
    if (problem === null) {
      const place = `${file.label} #${element.position}`;
      const parsed = parse(element.bytes ?? Buffer.alloc(0));
      yield 'value' in parsed
        ? withWarnings(read(parsed.value, place), parsed.warnings)
        : skipped(place, 'broken_json', parsed.problem);
    } else yield problem;
    file.onBytes(element.end - reported);
    reported = element.end;
  }
}
