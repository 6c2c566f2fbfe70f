import { mkdir, open, rm, stat, statfs, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { errorCode } from '../../../lib/errors.ts';
import { formatBytes } from '../../../lib/progress.ts';
import type { ReadSettings, ZipLimits } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { entryPath } from './entry-path.ts';
import type { ZipPart } from './parts.ts';
import { damage, entriesOf, MAC, openZip, ZipProblem, type ZipSurvey } from './survey.ts';

/** Below this nothing is suspicious. */
const HARMLESS = 256 * 1024 * 1024;
/** The share of what is free on the disk that is left to others. */
const RESERVE = 0.1;

/** @throws ZipProblem when it would unfold to more than it may, or than the disk takes */
async function checkSize(absolute: string, { bytes }: ZipSurvey, into: string, limits: ZipLimits) {
  const { size } = await stat(absolute);
  if (bytes > limits.bytes)
    throw new ZipProblem(
      `it unfolds to ${formatBytes(bytes)}, and ${formatBytes(limits.bytes)} are the most`,
    );
  if (bytes > HARMLESS && bytes > size * limits.ratio)
    throw new ZipProblem(
      `it unfolds to ${formatBytes(bytes)}, more than ${limits.ratio} times its size: no export does`,
    );
  const { bavail, bsize } = await statfs(into);
  if (bytes > bavail * bsize * (1 - RESERVE))
    throw new ZipProblem(
      `it unfolds to ${formatBytes(bytes)}, and ${into} has ${formatBytes(bavail * bsize)} left: free some, or set TMPDIR to another folder`,
    );
}

/** Passes bytes on and knows their checksum, which the library does not look at. */
function checksum(): { through: Transform; value: () => number } {
  let sum = 0;
  const through = new Transform({
    transform(chunk: Buffer, _, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
  });
  return { through, value: () => sum };
}

const SYMLINK = 0o120000;
const isSymlink = ({ externalFileAttributes }: Entry) =>
  ((externalFileAttributes >>> 16) & 0o170000) === SYMLINK;

/** What of a repository is of no use, or would lead out of the folder. */
const UNWANTED = /(?:^|\/)\.git(?:$|\/objects\/|\/commondir$)/;

/** What is not unpacked although nothing is wrong with the ZIP. */
function passOver(entry: Entry, place: string): SkippedItem | null {
  if (isSymlink(entry)) return skipped(place, 'symlink', 'a symbolic link');
  if (entry.isEncrypted()) return skipped(place, 'encrypted', 'protected by a password');
  return entry.canDecodeFileData()
    ? null
    : skipped(place, 'broken_zip', `packed by method ${entry.compressionMethod}: unpack it yourself`);
}

/** Writes one file. @returns what was wrong with it */
async function write(
  zip: ZipFile,
  entry: Entry,
  file: string,
  { place, signal }: { place: string; signal: AbortSignal | undefined },
): Promise<SkippedItem | null> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(file, 'wx', 0o600);
    const sum = checksum();
    try {
      // Nothing is awaited between the two: a stream that fails while nobody listens ends the process.
      const source = await zip.openReadStreamPromise(entry);
      await pipeline(source, sum.through, handle.createWriteStream(), { signal });
    } finally {
      await handle.close();
    }
    if (sum.value() !== entry.crc32) {
      await rm(file);
      return skipped(place, 'broken_zip', 'its checksum is wrong: download the ZIP again');
    }
    const at = entry.getLastModDate();
    if (Number.isFinite(at.getTime())) await utimes(file, at, at);
    return null;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EEXIST') return skipped(place, 'duplicate', 'a second time in the ZIP');
    if (/^(?:ENAMETOOLONG|ENOTDIR|EISDIR|EILSEQ|EINVAL)$/.test(code))
      return skipped(place, 'unreadable', `cannot be a file here: ${code}`);
    if (/^(?:E[A-Z]+|ABORT_ERR)$/.test(code)) throw error;
    // What is wrong with its bytes: inflating says so, or the library.
    await rm(file, { force: true });
    return skipped(place, 'broken_zip', damage(error));
  }
}

/**
 * Unpacks a ZIP, one file at a time and through no more memory than that needs. Nothing is written outside of `into`:
 * paths are looked at, links are not made, and what is there is not overwritten. A damaged file costs only itself.
 * @param label the ZIP as a person would call it
 * @throws ZipProblem when all of it is given up
 */
async function* unpackWhole(
  absolute: string,
  into: string,
  options: { label: string; survey: ZipSurvey; settings: ReadSettings; onBytes: (bytes: number) => void },
): AsyncGenerator<SkippedItem> {
  const { label, survey, settings, onBytes } = options;
  const { zip: limits, signal } = settings;
  await mkdir(into, { recursive: true, mode: 0o700 });
  await checkSize(absolute, survey, into, limits);
  if (survey.encrypted > 0 && survey.encrypted === survey.files) {
    yield skipped(label, 'encrypted', 'protected by a password: unpack it and import the folder');
    return;
  }
  const zip = await openZip(absolute);
  let ofMac = 0;
  try {
    for await (const entry of entriesOf(zip)) {
      onBytes(entry.compressedSize);
      const at = entryPath(entry, survey.encoding);
      if ('problem' in at) {
        yield skipped(`${label} » ${at.name}`, 'broken_zip', at.problem);
        continue;
      }
      if (at.path === MAC || at.path.startsWith(`${MAC}/`)) {
        ofMac++;
        continue;
      }
      const place = `${label} » ${at.path}`;
      if (at.isFolder || UNWANTED.test(at.path)) continue;
      const problem =
        passOver(entry, place) ?? (await write(zip, entry, join(into, at.path), { place, signal }));
      if (problem !== null) yield problem;
    }
  } finally {
    zip.close();
  }
  if (ofMac > 0) yield skipped(`${label} » ${MAC}/`, 'hidden', `${ofMac} files that macOS adds`);
}

/** Unpacks one part; what is wrong with it is told. */
export async function* unpackPart(
  { absolute, size, survey }: ZipPart,
  into: string,
  label: string,
  settings: ReadSettings,
): AsyncGenerator<SkippedItem> {
  let left = size;
  const onBytes = (bytes: number) => {
    const counted = Math.min(bytes, left);
    left -= counted;
    settings.onBytes(counted);
  };
  try {
    if ('problem' in survey) throw new ZipProblem(survey.problem);
    yield* unpackWhole(absolute, into, { label, survey, settings, onBytes });
  } catch (error) {
    if (settings.signal?.aborted) return;
    const code = errorCode(error) ?? '';
    if (error instanceof ZipProblem) yield skipped(label, 'broken_zip', error.message);
    else if (/^E[A-Z]+$/.test(code)) yield skipped(label, 'unreadable', code);
    else throw error;
  }
  settings.onBytes(left);
}
