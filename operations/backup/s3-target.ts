import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ColloquyError } from '../../lib/errors.ts';
import { isFull, isOfStorage, type S3Settings, s3Client, statusOf } from '../../lib/s3-client.ts';
import { hashing } from './hashing.ts';
import type { BackupTarget, Written } from './target.ts';

const MEBIBYTE = 1024 * 1024;
/** Two parts are in memory at a time. A storage takes 10,000 of them, so larger files have larger ones. */
const PART = 16 * MEBIBYTE;
const PARTS = 9_000;

/** A bucket of an S3-compatible storage as a target. Large objects are sent in parts, which become an object with the last one. */
export function s3Target(settings: S3Settings): BackupTarget {
  const { bucket, prefix } = settings;
  const client = s3Client(settings);
  const description = `the bucket s3://${bucket}/${prefix}`;
  const place = (key: string): { Bucket: string; Key: string } => ({
    Bucket: bucket,
    Key: `${prefix}${key}`,
  });
  const failed = (error: unknown): unknown => {
    if (error instanceof ColloquyError) return error;
    if (isFull(error)) {
      return new ColloquyError('CQ601', `There is no room left in ${description}.`, {
        hint: 'Make room (npm run ops -- backup prune), or raise its quota. Nothing half was left.',
        cause: error,
      });
    }
    if (!isOfStorage(error)) return error;
    return new ColloquyError(
      'CQ602',
      `${description} does not answer, or refuses: ${(error as Error).message || (error as Error).name}`,
      {
        hint: 'Check BACKUP_TARGET, BACKUP_S3_ENDPOINT and the keys; the bucket must exist.',
        cause: error,
      },
    );
  };

  const send = async (key: string, source: Readable, size = 0): Promise<Written> => {
    const hash = hashing();
    const upload = new Upload({
      client,
      params: { ...place(key), Body: Readable.from(hash.of(source), { objectMode: false }) },
      partSize: Math.max(PART, Math.ceil(size / PARTS / MEBIBYTE) * MEBIBYTE),
      queueSize: 2,
      leavePartsOnError: false,
    });
    try {
      await upload.done();
      return hash.result();
    } catch (error) {
      source.destroy();
      throw failed(error);
    }
  };

  return {
    description,
    incoming: null,
    put: send,
    async putFile(key, path) {
      const written = await send(key, createReadStream(path), (await stat(path)).size);
      await rm(path, { force: true });
      return written;
    },
    async get(key) {
      try {
        return (await client.send(new GetObjectCommand(place(key)))).Body as Readable;
      } catch (error) {
        if (statusOf(error) !== 404) throw failed(error);
        throw new ColloquyError('CQ603', `There is no ${key} in ${description}.`, {
          hint: 'npm run ops -- backup list shows what there is; verify names what is missing.',
          cause: error,
        });
      }
    },
    async stat(key) {
      try {
        const { ContentLength, LastModified } = await client.send(new HeadObjectCommand(place(key)));
        return { key, size: ContentLength ?? 0, modifiedAt: LastModified ?? new Date(0) };
      } catch (error) {
        if (statusOf(error) === 404) return null;
        throw failed(error);
      }
    },
    async *list(start) {
      try {
        const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: `${prefix}${start}` });
        for await (const { Contents = [] } of pages) {
          for (const { Key, Size, LastModified } of Contents)
            yield {
              key: Key!.slice(prefix.length),
              size: Size ?? 0,
              modifiedAt: LastModified ?? new Date(0),
            };
        }
      } catch (error) {
        throw failed(error);
      }
    },
    async remove(key) {
      try {
        await client.send(new DeleteObjectCommand(place(key)));
      } catch (error) {
        throw failed(error);
      }
    },
  };
}
