import { z } from 'zod';

/** What names a place in an S3-compatible storage: s3://bucket/prefix. */
const S3_TARGET = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/*$/;

/** The bucket that a place names, and the prefix within it: empty, or ending with a slash. Undefined for a folder. */
export function bucketOf(place: string): { bucket: string; prefix: string } | undefined {
  const [, bucket, prefix = ''] = S3_TARGET.exec(place) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: prefix && `${prefix}/` };
}

const target = z.string().refine((value) => !/^[a-z0-9+.-]+:\/\//i.test(value) || S3_TARGET.test(value), {
  error: 'must be a folder, or s3://BUCKET/PREFIX',
});

/** Public keys, which encrypt and cannot read. */
const recipients = z
  .string()
  .default('')
  .transform((value) => value.split(/[\s,]+/).filter(Boolean))
  .refine((keys) => keys.every((key) => /^age1[a-z0-9]{20,4000}$/.test(key)), {
    error: 'must be public keys of age, as age1…, separated by commas',
  });

const endpoint = z.string().refine((value) => /^https?:\/\/[^/]/.test(value) && URL.canParse(value), {
  error: 'must begin with https:// or http://',
});

export const filesFields = {
  storage: z.string().regex(S3_TARGET, 'must be s3://BUCKET/PREFIX').optional(),
  seconds: z.coerce.number().int().min(10).max(604_800).optional(),
};

export const backupFields = {
  target: target.optional(),
  folder: z.string().min(1).optional(),
  endpoint: endpoint.optional(),
  region: z.string().min(1).max(100).default('us-east-1'),
  key: z.string().min(1).max(500).optional(),
  recipients,
};
