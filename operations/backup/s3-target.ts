import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ColloquyError, errorCode } from '../../lib/errors.ts';
import { hashing } from './hashing.ts';
import type { BackupTarget, Written } from './target.ts';

export interface S3Settings {
  bucket: string;
  /** Empty, or ending with a slash. */
  prefix: string;
  endpoint?: string | undefined;
  region: string;
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
}

const MEBIBYTE = 1024 * 1024;
/** Two parts are in memory at a time. A storage takes 10,000 of them, so larger files have larger ones. */
const PART = 16 * MEBIBYTE;
const PARTS = 9_000;

const statusOf = (error: unknown): number | undefined =>
  (error as Partial<S3ServiceException>).$metadata?.httpStatusCode;

/** A bucket of an S3-compatible storage as a target. Large objects are sent in parts, which become an object with the last one. */
export function s3Target(settings: S3Settings): BackupTarget {
  const { bucket, prefix, endpoint, accessKeyId, secretAccessKey } = settings;
  const client = new S3Client({
    region: settings.region,
    // other storages than that of Amazon have buckets in the path, and know no newer checksums
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const description = `the bucket s3://${bucket}/${prefix}`;
  const place = (key: string): { Bucket: string; Key: string } => ({
    Bucket: bucket,
    Key: `${prefix}${key}`,
  });
  const failed = (error: unknown): unknown => {
    if (error instanceof ColloquyError) return error;
    const name = error instanceof Error ? error.name : '';
    if (statusOf(error) === 507 || /StorageFull|QuotaExceeded|InsufficientStorage/i.test(name)) {
      return new ColloquyError('CQ601', `There is no room left in ${description}.`, {
        hint: 'Make room (npm run ops -- backup prune), or raise its quota. Nothing half was left.',
        cause: error,
      });
    }
    if (statusOf(error) === undefined && !/^E[A-Z]+$|Timeout|Credentials/.test(errorCode(error) ?? name))
      return error;
    return new ColloquyError(
      'CQ602',
      `${description} does not answer, or refuses: ${(error as Error).message || name}`,
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
