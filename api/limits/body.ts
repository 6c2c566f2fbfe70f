const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const BRACKET = 0x5b;
const COMMA = 0x2c;

/** Where the string ends that begins at a position of JSON. */
function endOfString(json: Buffer, start: number): number {
  let end = start;
  for (;;) {
    end = json.indexOf(QUOTE, end + 1);
    if (end < 0) return json.length;
    let slashes = 0;
    while (json[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
}

/**
 * Whether JSON has more than so many values, counted before it is parsed: four million bytes of small objects take the event loop
 * 0.7 seconds to parse and clean, and less than a millisecond to be counted up to the limit (30 for one long text).
 */
export function hasMoreValues(json: Buffer, limit: number): boolean {
  // less than two bytes a value are not possible
  if (json.length <= 2 * limit) return false;
  let values = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at]!;
    if (byte === QUOTE) at = endOfString(json, at);
    else if (byte === COMMA || byte === BRACE || byte === BRACKET) {
      values += 1;
      if (values > limit) return true;
    }
  }
  return false;
}
