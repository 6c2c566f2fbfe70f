import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ColloquyError } from './errors.ts';
import { log } from './log.ts';
import { isFull, isOfStorage, type S3StorageSettings, s3Client, statusOf } from './s3-client.ts';
import { s3Links } from './s3-links.ts';
import { CONTENT_PATH, counted, type Facts, type FileStorage, INCOMING, type Received } from './storage.ts';

const TIMEOUTS = { connect: 5_000, silence: 30_000 };
/** Two parts of each upload are in memory. */
const PART = 8 * 1024 * 1024;
/** How often a download goes on where it broke off. */
const RESUMPTIONS = 3;

const missing = (cause: unknown): Error =>
  Object.assign(new Error('There is no such content', { cause }), { code: 'ENOENT' });

/** What the storage says, for its own log; who asked for a file learns that it cannot be had now. */
function failed(error: unknown): unknown {
  if (error instanceof ColloquyError || !isOfStorage(error)) return error;
  log.error({ err: error }, 'the storage of files failed');
  if (isFull(error)) {
    return new ColloquyError('CQ507', 'There is no room left for files', {
      hint: 'Make room in the bucket of FILES_STORAGE, and send it again.',
      cause: error,
    });
  }
  return new ColloquyError('CQ863', 'The storage of files does not answer, or refuses.', {
    hint: 'Try again. An operator checks FILES_STORAGE, FILES_S3_ENDPOINT and the keys; the log has what it said.',
    cause: error,
  });
}

/**
 * Files in a bucket of an S3-compatible storage. Bytes arrive under a name of their own, and are copied to their place within the
 * storage when they are whole: nothing half-written is ever found. A note of the place is written before, so that a killed process
 * leaves word of where its bytes went.
 */
export function s3Storage(settings: S3StorageSettings): FileStorage {
  const client = s3Client(settings, TIMEOUTS);
  const { bucket, prefix } = settings;
  const at = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}` });
  const send: typeof client.send = (async (command: Parameters<typeof client.send>[0]) => {
    try {
      return await client.send(command);
    } catch (error) {
      if (statusOf(error) === 404) throw missing(error);
      throw failed(error);
    }
  }) as typeof client.send;
  const checked = (path: string): string => {
    if (!CONTENT_PATH.test(path)) throw new Error(`"${path}" is no path of a content`);
    return path;
  };
  const head = async (key: string) => {
    try {
      const { ContentLength = 0, ETag } = await send(new HeadObjectCommand(at(key)));
      return { size: ContentLength, etag: ETag };
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return null;
      throw error;
    }
  };
  const remove = async (key: string): Promise<void> => {
    await send(new DeleteObjectCommand(at(key)));
  };

  /** Goes on where a connection broke: a content never changes. */
  async function* pieces(path: string, range?: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    let next = range?.start ?? 0;
    for (let left = RESUMPTIONS; ; left -= 1) {
      const Range = range || next > 0 ? `bytes=${next}-${range?.end ?? ''}` : undefined;
      const { Body, ContentLength = 0 } = await send(new GetObjectCommand({ ...at(path), Range }));
      const end = next + ContentLength;
      try {
        for await (const piece of Body as Readable) {
          next += piece.length;
          yield piece;
        }
        if (next === end) return;
        throw Object.assign(new Error('The connection to the storage broke'), { code: 'ECONNRESET' });
      } catch (error) {
        if (left === 0 || next > end) throw failed(error);
      }
    }
  }

  /** An object that is to be placed: what arrived through this process, or what a client has sent to the storage itself. */
  const arrived = (key: string, { sha256, size }: Facts, etag?: string): Received => {
    const names = [key];
    return {
      sha256,
      size,
      async place(path) {
        if ((await head(checked(path)))?.size === size) return;
        const note = `${INCOMING}/${path.replaceAll('/', '_')}_${randomUUID()}`;
        names.push(note);
        await send(new PutObjectCommand({ ...at(note), Body: path }));
        await send(
          new CopyObjectCommand({
            ...at(path),
            CopySource: encodeURI(`${bucket}/${prefix}${key}`),
            CopySourceIfMatch: etag,
          }),
        );
      },
      async discard() {
        // what cannot be removed now is found by leftovers()
        await Promise.allSettled(names.map(remove));
      },
    };
  };

  return {
    async receive(source, { maxBytes }) {
      const key = `${INCOMING}/${randomUUID()}`;
      let facts: Facts | undefined;
      let reason: unknown;
      async function* body(): AsyncGenerator<Uint8Array> {
        try {
          yield* counted(source, maxBytes, (told) => {
            facts = told;
          });
        } catch (error) {
          reason = error;
          throw error;
        }
      }
      const upload = new Upload({
        client,
        params: { ...at(key), Body: Readable.from(body(), { objectMode: false }) },
        partSize: PART,
        queueSize: 2,
        leavePartsOnError: false,
      });
      try {
        await upload.done();
        return arrived(key, facts!);
      } catch (error) {
        await remove(key).catch(() => {});
        // what the source threw matters more than what the storage said of the end of it
        throw reason ?? failed(error);
      }
    },
    async size(path) {
      return (await head(checked(path)))?.size ?? null;
    },
    read: (path, range) => Readable.from(pieces(checked(path), range), { objectMode: false }),
    remove: async (path) => remove(checked(path)),
    async *leftovers(olderThan) {
      const isOld = (date: Date | undefined): boolean =>
        date !== undefined && Date.now() - date.getTime() >= olderThan;
      const below = { Bucket: bucket, Prefix: `${prefix}${INCOMING}/` };
      for await (const { Contents = [] } of paginateListObjectsV2({ client }, below)) {
        for (const { Key, LastModified } of Contents) {
          if (!isOld(LastModified)) continue;
          const name = Key!.slice(below.Prefix.length);
          const path = name.split('_').slice(0, 3).join('/');
          yield {
            path: CONTENT_PATH.test(path) ? path : null,
            remove: () => remove(`${INCOMING}/${name}`),
          };
        }
      }
      const { Uploads = [] } = await client
        .send(new ListMultipartUploadsCommand(below))
        // some storages let go of unfinished parts by themselves, and have no list of them
        .catch((error): { Uploads?: { Key?: string; UploadId?: string; Initiated?: Date }[] } => {
          if (statusOf(error) === 501) return {};
          throw failed(error);
        });
      for (const { Key, UploadId, Initiated } of Uploads) {
        if (!isOld(Initiated)) continue;
        const remove = async (): Promise<void> => {
          await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
        };
        yield { path: null, remove };
      }
    },
    ...s3Links(settings, { at, head, pieces, arrived }),
  };
}
