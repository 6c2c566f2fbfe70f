import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import {
  ABOUT,
  type ArchiveAbout,
  type ArchiveEntrySum,
  type ArchiveManifest,
  FORMAT,
  FORMAT_VERSION,
  isEntryName,
  MANIFEST,
  README,
} from './format.ts';

/** A file of lines is cut into entries of about this many bytes: the size of an entry has to be known before its content. */
const PART = 4 * 1024 * 1024;

export interface ArchiveWriter {
  /** Lines of JSON under NAME.ndjson, and more such entries when they are many. No line makes no entry. */
  lines(
    name: string,
    batches: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
  ): Promise<number>;
  /** Exactly `size` bytes. */
  file(name: string, size: number, content: AsyncIterable<Uint8Array>): Promise<ArchiveEntrySum>;
  text(name: string, content: string): Promise<void>;
  /** Writes the manifest and waits until the target has everything. */
  finish(details?: Record<string, unknown>): Promise<ArchiveManifest>;
  /** Ends it without a manifest: whatever was written is refused by every reader. The target is destroyed. */
  abandon(error: unknown): Promise<void>;
}

export interface ArchiveStart extends Omit<ArchiveAbout, 'format' | 'version' | 'createdAt'> {
  createdAt?: Date;
  /** For a person who has only the file. */
  readme: string;
}

/** Writes one entry after the other; what comes faster than the target takes it waits. */
async function writeEntry(
  tar: Pack,
  name: string,
  size: number,
  mtime: Date,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string> {
  if (!isEntryName(name)) throw new Error(`"${name}" is no name of an entry`);
  const hash = createHash('sha256');
  const closed = Promise.withResolvers<unknown>();
  closed.promise.catch(() => {}); // it is looked at below, but an error of the content may come first
  const entry = tar.entry({ name, size, mtime, mode: 0o644 }, (error) =>
    error ? closed.reject(error) : closed.resolve(undefined),
  );
  entry.on('error', closed.reject);
  try {
    for await (const piece of content) {
      hash.update(piece);
      if (!entry.write(piece))
        await Promise.race([new Promise<void>((go) => entry.once('drain', () => go())), closed.promise]);
    }
  } catch (error) {
    entry.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
  entry.end(null);
  await closed.promise;
  return hash.digest('hex');
}

/**
 * Begins an archive. Memory stays bounded, however large it becomes; what the target does not take yet waits.
 * @param target  destroyed when something fails, and when the signal comes
 */
export async function createArchive(
  target: Writable,
  { readme, createdAt = new Date(), ...about }: ArchiveStart,
  signal?: AbortSignal,
): Promise<ArchiveWriter> {
  const tar = pack();
  tar.on('error', () => {}); // the pipeline says it
  // streamx's streams are what pipeline takes for a readable
  const ended = pipeline(
    tar as unknown as NodeJS.ReadableStream,
    createGzip(),
    target,
    signal ? { signal } : {},
  );
  ended.catch(() => {}); // finish() waits for it, and a failed write says it before
  const entries: ArchiveEntrySum[] = [];
  const add = async (
    name: string,
    size: number,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    rows?: number,
  ): Promise<ArchiveEntrySum> => {
    signal?.throwIfAborted();
    const sha256 = await Promise.race([writeEntry(tar, name, size, createdAt, content), failed(ended)]);
    const sum = { name, bytes: size, sha256, ...(rows === undefined ? {} : { rows }) };
    entries.push(sum);
    return sum;
  };
  const text = async (name: string, content: string): Promise<void> => {
    const bytes = Buffer.from(content);
    await add(name, bytes.length, [bytes]);
  };

  const header: ArchiveAbout = {
    format: FORMAT,
    version: FORMAT_VERSION,
    ...about,
    createdAt: createdAt.toISOString(),
  };
  await text(README, readme);
  await text(ABOUT, `${JSON.stringify(header, null, 2)}\n`);

  return {
    text,
    file: (name, size, content) => add(name, size, content),
    async lines(name, batches) {
      let part = 0;
      let [held, bytes, rows, total]: [Buffer[], number, number, number] = [[], 0, 0, 0];
      const flush = async (): Promise<void> => {
        if (rows === 0) return;
        part += 1;
        const suffix = part === 1 ? '' : `.${String(part).padStart(6, '0')}`;
        await add(`${name}${suffix}.ndjson`, bytes, held, rows);
        total += rows;
        [held, bytes, rows] = [[], 0, 0];
      };
      for await (const batch of batches) {
        for (const line of batch) {
          const piece = Buffer.from(`${line}\n`);
          held.push(piece);
          bytes += piece.length;
          rows += 1;
          if (bytes >= PART) await flush();
        }
      }
      await flush();
      return total;
    },
    async finish(details = {}) {
      const manifest: ArchiveManifest = {
        format: FORMAT,
        version: FORMAT_VERSION,
        id: about.id,
        entries: [...entries],
        bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
        rows: entries.reduce((sum, entry) => sum + (entry.rows ?? 0), 0),
        details,
      };
      await text(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
      tar.finalize();
      await ended;
      return manifest;
    },
    async abandon(error) {
      tar.destroy(error instanceof Error ? error : new Error(String(error)));
      await ended.catch(() => {});
      if (!target.closed) await once(target, 'close').catch(() => {});
    },
  };
}

/** Never fulfilled: only how it fails is of interest. */
async function failed(ended: Promise<unknown>): Promise<never> {
  await ended;
  throw new Error('The archive ended before its manifest.');
}
