/** One element of a large JSON array, as bytes that nobody has parsed yet. */
export interface JsonElement {
  /** 1 for the first. */
  position: number;
  /** Null when it is longer than the limit or nested too deep to be worth parsing. */
  bytes: Buffer | null;
  size: number;
  /** Offset just behind the element. */
  end: number;
  /** What is wrong with it: `cut` is the end of the file in the middle of the array, `trailing` text behind it. */
  problem: 'too_large' | 'too_deep' | 'cut' | 'trailing' | null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const CLOSE_BRACKET = 0x5d;
const MAX_DEPTH = 200;

/**
 * Splits a JSON array into its elements without parsing them: only strings and brackets are followed. So an export
 * of any size needs the memory of one conversation, and a conversation that does not parse costs only itself, where
 * a streaming parser would have to give up on the rest of the file.
 * @param chunks the bytes behind the array's opening bracket
 * @param offset how many bytes came before them
 */
export async function* splitJsonArray(
  chunks: AsyncIterable<Uint8Array>,
  offset: number,
  limit: number,
): AsyncGenerator<JsonElement> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let started = false;
  let deepest = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let closed = false;
  let trailing = false;
  let position = 0;
  let base = offset;

  const add = (part: Uint8Array) => {
    size += part.length;
    if (size <= limit) parts.push(part);
    else parts = [];
  };
  const finish = (end: number): JsonElement => {
    const problem = size > limit ? 'too_large' : deepest > MAX_DEPTH ? 'too_deep' : null;
    const bytes = problem === null ? Buffer.concat(parts, size) : null;
    const element: JsonElement = { position: ++position, bytes, size, end, problem };
    parts = [];
    size = 0;
    started = false;
    deepest = 0;
    return element;
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
      if (closed) {
        trailing = true;
        break;
      }
      if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) {
        if (started) {
          add(chunk.subarray(from, i));
          yield finish(base + i);
        }
        closed = byte === CLOSE_BRACKET;
        continue;
      }
      if (!started) {
        started = true;
        from = i;
      }
      if (byte === QUOTE) inString = true;
      else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
      else if (byte === 0x7d || byte === CLOSE_BRACKET) depth = Math.max(0, depth - 1);
    }
    if (started) add(chunk.subarray(from));
    base += chunk.length;
    if (trailing) break;
  }
  if (!closed) yield { position: position + 1, bytes: null, size, end: base, problem: 'cut' };
  else if (trailing) yield { position, bytes: null, size: 0, end: base, problem: 'trailing' };
}
