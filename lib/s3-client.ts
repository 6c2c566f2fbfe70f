import { S3Client, type S3ServiceException } from '@aws-sdk/client-s3';
import { errorCode } from './errors.ts';

/** A bucket of an S3-compatible storage, and a place in it. */
export interface S3Settings {
  bucket: string;
  /** Empty, or ending with a slash. */
  prefix: string;
  endpoint?: string | undefined;
  region: string;
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
}

export interface S3StorageSettings extends S3Settings {
  /** The endpoint as clients reach it, where that is another one. */
  linkEndpoint?: string | undefined;
  /** Seconds that a link works; absent: no links are made. */
  linkSeconds?: number | undefined;
}

/** Milliseconds until there is a connection, and without a byte on it. */
export interface S3Timeouts {
  connect: number;
  silence: number;
}

/** How often a request is tried that can be repeated. */
const ATTEMPTS = 4;

export function s3Client(settings: Omit<S3Settings, 'bucket' | 'prefix'>, timeouts?: S3Timeouts): S3Client {
  const { region, endpoint, accessKeyId, secretAccessKey } = settings;
  return new S3Client({
    region,
    // other storages than that of Amazon have buckets in the path, and know no newer checksums
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    ...(timeouts
      ? {
          maxAttempts: ATTEMPTS,
          requestHandler: { connectionTimeout: timeouts.connect, socketTimeout: timeouts.silence },
        }
      : {}),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

export const statusOf = (error: unknown): number | undefined =>
  (error as Partial<S3ServiceException>).$metadata?.httpStatusCode;

/** Whether the storage has no room. */
export const isFull = (error: unknown): boolean =>
  statusOf(error) === 507 ||
  /StorageFull|QuotaExceeded|InsufficientStorage/i.test(error instanceof Error ? error.name : '');

/** Whether an error is the storage's, or that of the way to it, and none of the program. */
export function isOfStorage(error: unknown): boolean {
  const name = error instanceof Error ? error.name : '';
  return statusOf(error) !== undefined || /^E[A-Z]+$|Timeout|Credentials/.test(errorCode(error) ?? name);
}
