import { createHash, type Hash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { extract } from 'tar-stream';
import type { z } from 'zod';
import { ColloquyError } from '../errors.ts';
import {
  ABOUT,
  type ArchiveAbout,
  type ArchiveEntrySum,
  type ArchiveManifest,
  aboutSchema,
  damaged,
  FORMAT,
  FORMAT_VERSION,
  isEntryName,
  MANIFEST,
  manifestSchema,
  notTaken,
  notWhole,
  README,
} from './format.ts';
import { unpacked } from './unpack.ts';

export interface ArchiveLimits {
  /** Unpacked, all entries together. */
  maxBytes?: number;
  maxEntries?: number;
  /** Of a line of NAME.ndjson. */
  maxLine?: number;
}

const GIB = 1024 ** 3;
const DEFAULTS = { maxBytes: 1024 * GIB, maxEntries: 2_000_000, maxLine: 256 * 1024 ** 2 };
/** Of archive.json and README.txt; a manifest has some hundred bytes for each entry. */
const MAX_ABOUT = 1024 ** 2;
const MAX_MANIFEST = 512 * 1024 ** 2;

export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  /** To be read to its end before the next entry is asked for, or not at all. */
  readonly content: AsyncIterable<Buffer>;
}

export interface ArchiveReader {
  readonly about: ArchiveAbout;
  /**
   * The entries but README.txt, archive.json and manifest.json. It ends without an error only after everything was held against the
   * manifest: what was taken from an archive must not be kept before that.
   */
  entries(): AsyncGenerator<ArchiveEntry>;
  /** After entries() has ended. */
  manifest(): ArchiveManifest;
  /** Lets go of the source. */
  close(): void;
}

const readJson = <T>(text: string, schema: z.ZodType<T>, name: string): T => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notWhole(`${name} is no JSON`, cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw notWhole(`${name} says something else than it should`, parsed.error);
  return parsed.data;
};

function readAbout(text: string, kind: string): ArchiveAbout {
  const said = JSON.parse(text.trim() === '' ? 'null' : text) as {
    format?: unknown;
    version?: unknown;
  } | null;
  if (said?.format !== FORMAT) throw notWhole(`its ${ABOUT} is of another format`);
  if (said.version !== FORMAT_VERSION)
    throw new ColloquyError(
      'CQ783',
      `The archive has format version ${JSON.stringify(said.version)}; this one reads ${FORMAT_VERSION}.`,
      {
        hint: 'Use the version of Colloquy that wrote it (writtenBy in its archive.json), or a later one.',
      },
    );
  const about = readJson(text, aboutSchema, ABOUT);
  if (about.kind !== kind)
    throw new ColloquyError('CQ783', `The archive holds a ${about.kind}, and a ${kind} is wanted.`, {
      hint: 'archive.json in it says what it is.',
    });
  return about;
}

/** Bytes of an entry, counted and hashed. */
class Summed {
  readonly #hash: Hash = createHash('sha256');
  bytes = 0;

  async *of(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
    for await (const piece of source) {
      this.#hash.update(piece);
      this.bytes += piece.length;
      yield Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    }
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

async function textOf(
  content: AsyncIterable<Buffer>,
  size: number,
  max: number,
  name: string,
): Promise<string> {
  if (size > max) throw notTaken(`its ${name} has ${size} bytes`);
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

/** Errors of gzip and tar become ours; ours stay as they are. */
function asOurs(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof ColloquyError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  // an error of the disk or the network is none of the archive
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return error;
  return notWhole(error instanceof Error ? error.message : String(error), error);
}

function compare(manifest: ArchiveManifest, seen: Map<string, ArchiveEntrySum>): void {
  const said = new Map(manifest.entries.map((entry) => [entry.name, entry]));
  if (said.size !== manifest.entries.length) throw notTaken('its manifest names an entry twice');
  for (const [name, { bytes, sha256 }] of seen) {
    const entry = said.get(name);
    if (!entry || entry.bytes !== bytes || entry.sha256 !== sha256) throw damaged(name);
  }
  for (const name of said.keys()) if (!seen.has(name)) throw damaged(name);
}

/**
 * Opens an archive, and reads what it is. Nothing is written anywhere and no entry is held in memory, whatever the archive says.
 * @param kind  what is wanted of it
 * @throws ColloquyError CQ780 for what is no archive or not whole, CQ781 for damaged entries, CQ782 beyond limits, CQ783 for another version or kind
 */
export async function openArchive(
  source: Readable,
  kind: string,
  { limits = {}, signal }: { limits?: ArchiveLimits; signal?: AbortSignal } = {},
): Promise<ArchiveReader> {
  const { maxBytes, maxEntries } = { ...DEFAULTS, ...limits };
  const tar = extract();
  const plain = await unpacked(source, maxBytes, signal);
  const stop = (): void => void plain.destroy(signal?.reason instanceof Error ? signal.reason : undefined);
  signal?.addEventListener('abort', stop, { once: true });
  const close = (): void => {
    signal?.removeEventListener('abort', stop);
    plain.destroy();
    source.destroy();
  };
  plain.on('error', (error) => tar.destroy(error));
  plain.pipe(tar as unknown as Writable);

  const seen = new Map<string, ArchiveEntrySum>();
  let manifest: ArchiveManifest | undefined;
  const raw = tar[Symbol.asyncIterator]();

  /** Each entry, one after the other, with what it came to taken down. */
  async function* walk(): AsyncGenerator<ArchiveEntry> {
    for (;;) {
      const next = await raw.next();
      if (next.done) return;
      const { header } = next.value as unknown as { header: { name: string; size: number; type: string } };
      const { name, size } = header;
      if (header.type !== 'file' || !isEntryName(name))
        throw notTaken(`it has an entry ${JSON.stringify(name.slice(0, 100))} (${header.type})`);
      if (manifest) throw notTaken(`an entry comes after its ${MANIFEST}`);
      if (seen.has(name)) throw notTaken(`it has ${name} twice`);
      if (seen.size >= maxEntries) throw notTaken(`it has more than ${maxEntries} entries`);
      const summed = new Summed();
      const content = ours(summed.of(next.value as unknown as AsyncIterable<Uint8Array>));
      yield { name, size, content };
      for await (const _ of content) {
        // what the caller did not read
      }
      if (summed.bytes !== size) throw notWhole(`${name} ends early`);
      seen.set(name, { name, bytes: size, sha256: summed.digest() });
    }
  }

  async function* ours(content: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* content;
    } catch (error) {
      close();
      throw asOurs(error, signal);
    }
  }

  const walking = walk();
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      close();
      throw asOurs(error, signal);
    }
  }

  const about = await guarded(async () => {
    for (;;) {
      const next = await walking.next();
      if (next.done) throw notWhole(`it has no ${ABOUT}`);
      const { name, size, content } = next.value;
      if (name === README) continue;
      if (name !== ABOUT) throw notWhole(`it does not begin with ${ABOUT}`);
      return readAbout(await textOf(content, size, MAX_ABOUT, ABOUT), kind);
    }
  });

  return {
    about,
    close,
    manifest() {
      if (!manifest) throw new Error('entries() has not ended');
      return manifest;
    },
    async *entries() {
      try {
        for (;;) {
          const next = await guarded(() => walking.next());
          if (next.done) break;
          const { name, size, content } = next.value;
          if (name !== MANIFEST) {
            yield next.value;
            continue;
          }
          // the manifest itself is not among what was seen yet
          const said = await guarded(async () =>
            readJson(await textOf(content, size, MAX_MANIFEST, MANIFEST), manifestSchema, MANIFEST),
          );
          await guarded(async () => compare(said, seen));
          if (said.id !== about.id) throw notTaken('its manifest is of another archive');
          manifest = said;
        }
        if (!manifest) throw notWhole(`it has no ${MANIFEST}`);
      } finally {
        close();
      }
    },
  };
}

/**
 * The lines of an entry, in batches of about a mebibyte.
 * @throws ColloquyError CQ782 for a line beyond the limit
 */
export async function* readArchiveLines(
  entry: ArchiveEntry,
  { maxLine = DEFAULTS.maxLine }: ArchiveLimits = {},
): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes?: Buffer): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw notWhole(`${entry.name} is not UTF-8`, cause);
    }
  };
  let held: string[] = [];
  let length = 0;
  let rest = '';
  for await (const piece of entry.content) {
    const lines = (rest + decode(piece)).split('\n');
    rest = lines.pop()!;
    if (rest.length > maxLine) throw notTaken(`a line of ${entry.name} has more than ${maxLine} characters`);
    for (const line of lines) {
      if (line === '') continue;
      held.push(line);
      length += line.length;
    }
    if (length < 1024 ** 2) continue;
    yield held;
    [held, length] = [[], 0];
  }
  rest += decode();
  if (rest !== '') held.push(rest);
  if (held.length > 0) yield held;
}
