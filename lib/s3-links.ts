import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { type S3StorageSettings, s3Client } from './s3-client.ts';
import { counted, type Facts, type FileStorage, INCOMING, type Received } from './storage.ts';

interface Parts {
  at(key: string): { Bucket: string; Key: string };
  head(key: string): Promise<{ size: number; etag: string | undefined } | null>;
  pieces(key: string): AsyncIterable<Uint8Array>;
  arrived(key: string, facts: Facts, etag?: string): Received;
}

/** What a name may be made of, so that nobody's upload is another's. */
const NAME = /^[0-9a-f-]{36}_[0-9a-f-]{36}_[0-9a-f-]{36}$/;

const keyOf = (name: string): string => {
  if (!NAME.test(name)) throw new Error(`"${name}" is no name of an upload`);
  return `${INCOMING}/direct_${name}`;
};

/** Addresses by which clients read and write objects themselves, for a while; none when no setting says how long. */
export function s3Links(
  settings: S3StorageSettings,
  { at, head, pieces, arrived }: Parts,
): Pick<FileStorage, 'links'> {
  const { linkSeconds: expiresIn, linkEndpoint } = settings;
  if (expiresIn === undefined) return {};
  const client = s3Client({ ...settings, endpoint: linkEndpoint ?? settings.endpoint });
  const until = (): Date => new Date(Date.now() + expiresIn * 1000);
  return {
    links: {
      async read(path, { type, disposition }) {
        const command = new GetObjectCommand({
          ...at(path),
          ResponseContentType: type,
          ResponseContentDisposition: disposition,
          ResponseCacheControl: 'private, no-store',
        });
        return { url: await getSignedUrl(client, command, { expiresIn }), expiresAt: until() };
      },
      async write(name, { size, type, sha256 }) {
        const headers = {
          'content-length': String(size),
          'content-type': type,
          'x-amz-checksum-sha256': sha256.toString('base64'),
        };
        const command = new PutObjectCommand({
          ...at(keyOf(name)),
          ContentLength: size,
          ContentType: type,
          ChecksumSHA256: headers['x-amz-checksum-sha256'],
        });
        const url = await getSignedUrl(client, command, {
          expiresIn,
          signableHeaders: new Set(Object.keys(headers)),
          unhoistableHeaders: new Set(Object.keys(headers)),
        });
        return { url, headers, expiresAt: until() };
      },
      async arrived(name) {
        const key = keyOf(name);
        const found = await head(key);
        if (!found) return null;
        return {
          bytes: () => pieces(key),
          async take(source, { maxBytes }) {
            let facts: Facts | undefined;
            const tell = (told: Facts): void => {
              facts = told;
            };
            try {
              for await (const _ of counted(source, maxBytes, tell)) {
                // hashed on the way
              }
            } catch (error) {
              await arrived(key, { sha256: Buffer.alloc(0), size: 0 }).discard();
              throw error;
            }
            // the address works still: only what was hashed is placed
            return arrived(key, facts!, found.etag);
          },
        };
      },
    },
  };
}
