import { Readable } from 'node:stream';
import { bucketOf } from './backup-settings.ts';
import { type Env, env } from './env.ts';
import { errorCode } from './errors.ts';
import { type FileStorage, filesFolder, localStorage, type StorageLinks } from './storage.ts';

type Settings = Pick<
  Env,
  | 'FILES_STORAGE'
  | 'FILES_S3_ENDPOINT'
  | 'FILES_S3_REGION'
  | 'FILES_S3_ACCESS_KEY_ID'
  | 'FILES_S3_SECRET_ACCESS_KEY'
  | 'FILES_STORAGE_BEFORE'
  | 'FILES_LINK_SECONDS'
  | 'FILES_LINK_ENDPOINT'
>;

export const isBucket = (place: string): boolean => bucketOf(place) !== undefined;

async function* later<T>(source: Promise<AsyncIterable<T>>): AsyncGenerator<T> {
  yield* await source;
}

/** A storage whose library is loaded when it is first asked: it is large, and most processes ask nothing. */
function lazily(open: () => Promise<FileStorage>, hasLinks: boolean): FileStorage {
  let opened: Promise<FileStorage> | undefined;
  const storage = () => (opened ??= open());
  const links = async (): Promise<StorageLinks> => (await storage()).links!;
  return {
    receive: async (source, options) => (await storage()).receive(source, options),
    size: async (path) => (await storage()).size(path),
    read: (path, range) =>
      Readable.from(later(storage().then((one) => one.read(path, range))), { objectMode: false }),
    remove: async (path) => (await storage()).remove(path),
    leftovers: (age) => later(storage().then((one) => one.leftovers(age))),
    ...(hasLinks
      ? {
          links: {
            read: async (path, as) => (await links()).read(path, as),
            write: async (name, what) => (await links()).write(name, what),
            arrived: async (name) => (await links()).arrived(name),
          },
        }
      : {}),
  };
}

/** What is not in a storage yet is read where it was before; what is new goes to the first, and what goes is gone from both. */
export function withBefore(storage: FileStorage, before: FileStorage): FileStorage {
  async function* read(path: string, range?: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    let isBegun = false;
    try {
      for await (const piece of storage.read(path, range)) {
        isBegun = true;
        yield piece;
      }
    } catch (error) {
      if (isBegun || errorCode(error) !== 'ENOENT') throw error;
      yield* before.read(path, range);
    }
  }
  const { links } = storage;
  return {
    ...storage,
    size: async (path) => (await storage.size(path)) ?? (await before.size(path)),
    read: (path, range) => Readable.from(read(path, range), { objectMode: false }),
    async remove(path) {
      await Promise.all([storage.remove(path), before.remove(path)]);
    },
    async *leftovers(age) {
      yield* storage.leftovers(age);
      yield* before.leftovers(age);
    },
    ...(links
      ? {
          links: {
            ...links,
            // an address leads to the bucket alone
            read: async (path, as) => ((await storage.size(path)) === null ? null : links.read(path, as)),
          },
        }
      : {}),
  };
}

/** The storage at a place: a bucket, or the files of a data folder. */
export function storageAt(place: string, settings: Settings = env): FileStorage {
  const bucket = bucketOf(place);
  if (bucket === undefined) return localStorage(filesFolder(place));
  return lazily(async () => {
    const { s3Storage } = await import('./s3-storage.ts');
    return s3Storage({
      ...bucket,
      endpoint: settings.FILES_S3_ENDPOINT,
      region: settings.FILES_S3_REGION,
      accessKeyId: settings.FILES_S3_ACCESS_KEY_ID,
      secretAccessKey: settings.FILES_S3_SECRET_ACCESS_KEY,
      linkEndpoint: settings.FILES_LINK_ENDPOINT,
      linkSeconds: settings.FILES_LINK_SECONDS,
    });
  }, settings.FILES_LINK_SECONDS !== undefined);
}

/** Where the files of this installation are: FILES_STORAGE, or else its data folder. */
export function openStorage(dataDir: string, settings: Settings = env): FileStorage {
  const { FILES_STORAGE: place, FILES_STORAGE_BEFORE: before } = settings;
  if (place === undefined) return localStorage(filesFolder(dataDir));
  const storage = storageAt(place, settings);
  return before === undefined ? storage : withBefore(storage, storageAt(before, settings));
}
