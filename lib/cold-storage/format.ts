import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { z } from 'zod';
import { ColloquyError } from '../errors.ts';

/** A part of an archive: rows of one table, in one document of the database. */
const partSchema = z.object({
  packed: z.string(),
  part: z.number().int(),
  firstId: z.string(),
  lastId: z.string(),
  rows: z.number().int().positive(),
  columns: z.array(z.string()),
  /** Of the document, which is made of the lines of its rows: in brackets, joined by comma and newline. */
  sha256: z.string(),
});
export type FilePart = z.infer<typeof partSchema>;

/** The first line of a file. The rows of the parts follow in their order, one a line, each a JSON object of texts. */
const manifestSchema = z.object({
  format: z.literal(1),
  conversationId: z.string(),
  workspaceId: z.string(),
  messages: z.number().int(),
  /** Over the hashes of the parts, as the archive in the database has it. */
  sha256: z.string(),
  parts: z.array(partSchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Bytes that are no file of a conversation, or not the ones that were written. */
export class DamagedFile extends ColloquyError {
  constructor(why: string, cause?: unknown) {
    super('CQ722', `The file of a conversation is damaged: ${why}.`, {
      hint: 'Bring it back from a backup: docs/lifecycle.md#a-file-is-missing-or-damaged',
      cause,
    });
  }
}

/** Measured on 4,000 messages of prose and code, 5.4 MB as JSON: level 3 956 KB in 0.11 s, 6 895 KB in 0.29 s, 9 876 KB in 0.70 s, 19 822 KB in 19 s. */
const LEVEL = 6;
/** No document has a row as long: a message has at most some hundred kilobytes. */
const LONGEST_LINE = 256 * 1024 * 1024;

const NEWLINE = 0x0a;

/** The lines of the rows in a document. JSON has no newline but those between rows. */
export function linesOf(document: string): string[] {
  const lines = document.slice(1, -1).split('\n');
  return lines.map((line, index) => (index < lines.length - 1 ? line.slice(0, -1) : line));
}

export const documentOf = (lines: readonly string[]): string => `[${lines.join(',\n')}]`;

/**
 * The bytes of a file, as they are made.
 * @param documents  the document of each part of the manifest, in order
 */
export function encodeFile(manifest: Manifest, documents: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  async function* text(): AsyncIterable<string> {
    yield `${JSON.stringify(manifest)}\n`;
    for await (const document of documents) yield `${linesOf(document).join('\n')}\n`;
  }
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
  const source = Readable.from(text(), { objectMode: false });
  source.once('error', (error) => zstd.destroy(error));
  return source.pipe(zstd);
}

async function* splitLines(source: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, from)) {
      pieces.push(piece.subarray(from, at));
      yield Buffer.concat(pieces).toString('utf8');
      pieces = [];
      length = 0;
      from = at + 1;
    }
    pieces.push(piece.subarray(from));
    length += piece.length - from;
    if (length > LONGEST_LINE) throw new DamagedFile('a line has no end');
  }
  if (length > 0) throw new DamagedFile('its last line has no end');
}

function readManifest(line: string | undefined): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(line ?? ''));
  } catch (error) {
    throw new DamagedFile('its first line is no manifest', error);
  }
}

/**
 * Reads a file: its manifest, then each document with its part. What comes out before the end is not yet known to be the bytes that
 * were written: the last step throws when they are not.
 * @param sha256  of all bytes of the file, hex
 * @throws ColloquyError CQ722
 */
export async function* decodeFile(
  source: Readable,
  sha256: string,
): AsyncGenerator<{ manifest: Manifest; part: FilePart; document: string }> {
  const hash = createHash('sha256');
  async function* hashed(): AsyncIterable<Uint8Array> {
    for await (const piece of source) {
      hash.update(piece);
      yield piece;
    }
  }
  const zstd = createZstdDecompress();
  const bytes = Readable.from(hashed(), { objectMode: false });
  bytes.once('error', (error) => zstd.destroy(error));
  try {
    const lines = splitLines(bytes.pipe(zstd))[Symbol.asyncIterator]();
    const manifest = readManifest((await lines.next()).value);
    for (const part of manifest.parts) {
      const rows: string[] = [];
      while (rows.length < part.rows) {
        const { value, done } = await lines.next();
        if (done) throw new DamagedFile('it ends too early');
        rows.push(value);
      }
      yield { manifest, part, document: documentOf(rows) };
    }
    if (!(await lines.next()).done) throw new DamagedFile('it has more rows than its manifest');
    if (hash.digest('hex') !== sha256) throw new DamagedFile('its bytes have another hash');
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^(ZSTD_|Z_|ERR_Z)/.test(String(error.code)))
      throw new DamagedFile('it cannot be unpacked', error);
    throw error;
  } finally {
    source.destroy();
    bytes.destroy();
    zstd.destroy();
  }
}

/** SHA-256 of a document, hex. */
export const hashOf = (document: string): string => createHash('sha256').update(document).digest('hex');
