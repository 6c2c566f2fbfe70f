/** Bytes with a few words about them, as they go between processes: the length of the words, the words as JSON, the bytes. */
export function frame(about: unknown, bytes: Uint8Array): Uint8Array[] {
  const words = Buffer.from(JSON.stringify(about));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(words.length);
  return [length, words, bytes];
}

/** @throws SyntaxError, RangeError for what is none */
export function unframe(framed: Buffer): { about: unknown; bytes: Buffer } {
  const end = 4 + framed.readUInt32LE(0);
  return { about: JSON.parse(framed.toString('utf8', 4, end)), bytes: framed.subarray(end) };
}
