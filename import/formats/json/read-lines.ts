import { createReadStream } from 'node:fs';
import { type Cleaned, cleanJson } from '../../../lib/storable.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { isObject, type JsonObject } from './values.ts';

/** A file with one JSON object a line. */
export interface JsonLinesFile {
  absolute: string;
  label: string;
  /** Bytes of the longest line that is read. */
  limit: number;
  onBytes: (bytes: number) => void;
  cleaned: Cleaned;
}

const MAX_DEPTH = 200;
const NEWLINE = 0x0a;

interface Line {
  number: number;
  /** Null when it is over the limit. */
  bytes: Buffer | null;
  size: number;
  /** The file ends here, without the end of the line. */
  isLast: boolean;
}

async function* linesOf({ absolute, limit, onBytes }: JsonLinesFile): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let size = 0;
  let number = 1;
  const add = (part: Buffer) => {
    size += part.length;
    if (size <= limit) parts.push(part);
    else parts = [];
  };
  const finish = (isLast: boolean): Line => {
    const line = { number: number++, bytes: size <= limit ? Buffer.concat(parts, size) : null, size, isLast };
    parts = [];
    size = 0;
    return line;
  };
  for await (const chunk of createReadStream(absolute, { highWaterMark: 1024 * 1024 })) {
    const bytes = chunk as Buffer;
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      add(bytes.subarray(from, at));
      yield finish(false);
      from = at + 1;
    }
    add(bytes.subarray(from));
    onBytes(bytes.length);
  }
  if (size > 0) yield finish(true);
}

function parse(
  { number, bytes, size, isLast }: Line,
  { label, cleaned }: JsonLinesFile,
): { value: JsonObject } | SkippedItem | null {
  const place = `${label} line ${number}`;
  if (bytes === null) return skipped(place, 'too_large', `${size} bytes`);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (text.trim() === '') return null;
  try {
    const value = cleanJson(JSON.parse(text), { cleaned, maxDepth: MAX_DEPTH });
    return isObject(value) ? { value } : skipped(place, 'broken_json', 'not an object');
  } catch (error) {
    if (error instanceof RangeError) return skipped(place, 'broken_json', 'nested too deep');
    if (!(error instanceof SyntaxError)) throw error;
    return skipped(place, 'broken_json', isLast ? 'the file ends in the middle of it' : error.message);
  }
}

/** The objects of a file, ready to store, one at a time. A broken line is reported and costs only itself. */
export async function* readJsonLines(
  file: JsonLinesFile,
): AsyncGenerator<{ number: number; value: JsonObject; size: number } | SkippedItem> {
  for await (const line of linesOf(file)) {
    const parsed = parse(line, file);
    if (parsed === null) continue;
    yield 'kind' in parsed ? parsed : { number: line.number, value: parsed.value, size: line.size };
  }
}
