import { createWriteStream } from 'node:fs';
import { copyFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { ColloquyError } from '../../lib/errors.ts';
import { openObject } from '../backup/sealing.ts';
import type { BackupSet } from '../backup/set.ts';
import type { RestoreFolder } from './folder.ts';
import { describeGoal, formatMoment, type Goal, parseTime } from './goal.ts';
import { asNoRoom, type Program } from './programs.ts';
import type { BackupSource } from './source.ts';
import { type Continuity, continuity, type Lineage, lineageOf, type WalArchive } from './wal-archive.ts';
import {
  formatLsn,
  parseLsn,
  readSegmentHeader,
  segmentName,
  segmentOf,
  USUAL_SEGMENT_SIZE,
} from './wal-names.ts';
import { scanWal, type WalScan } from './wal-scan.ts';

/** The log that follows a set, as far as it can be replayed. */
export interface Reach {
  lineage: Lineage;
  size: number;
  /** The segments, which are in the folder. */
  names: string[];
  scan: WalScan;
  /** Whether the log ends before the goal, without harm: nothing was committed between. */
  endsBefore: boolean;
  /** Commits from a position to the end of what there is. */
  after(lsn: bigint): Promise<WalScan>;
}

const AT_ONCE = 4;

/** Brings files of the log into the folder, where the server reads them. */
async function fetchWal(
  source: BackupSource,
  archive: WalArchive,
  names: readonly string[],
  folder: RestoreFolder,
): Promise<void> {
  const waiting = [...names];
  const fetch = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const path = join(folder.wal, name);
      if (await stat(path).catch(() => undefined)) continue;
      const { from } = archive.get(name)!;
      if ('path' in from) await copyFile(from.path, path);
      else {
        const content = await openObject(source.target, from.key, source.keys, { unpack: true });
        // what cannot be unpacked is told by pg_waldump as what cannot be read, with the place
        await pipeline(content, createWriteStream(path, { mode: 0o600 })).catch((error) => {
          if (!/^Z_|ZSTD|zstd|CQ610/i.test(`${error.code} ${error.message}`)) throw error;
        });
      }
      folder.own(path);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, fetch));
  } catch (error) {
    throw asNoRoom(error, folder.path);
  }
}

/** The size of segments, and that they are of the same server as the set. */
async function segmentSize(
  source: BackupSource,
  archive: WalArchive,
  set: BackupSet,
  folder: RestoreFolder,
): Promise<number> {
  const name = [...archive.keys()]
    .filter((each) => !each.endsWith('.history'))
    .sort()
    .at(-1);
  if (name === undefined) return USUAL_SEGMENT_SIZE;
  await fetchWal(source, archive, [name], folder);
  const header = readSegmentHeader((await readFile(join(folder.wal, name))).subarray(0, 40));
  if (!header) return USUAL_SEGMENT_SIZE;
  if (header.systemIdentifier !== set.systemIdentifier) {
    throw new ColloquyError(
      'CQ624',
      `The log in ${source.target.description} is of another server than the set ${set.id}.`,
      {
        hint: 'Two servers archive into one place. Give each a place of its own, and restore with --immediate.',
      },
    );
  }
  return header.size;
}

async function histories(source: BackupSource, archive: WalArchive): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const [name, { from }] of archive) {
    if (!name.endsWith('.history')) continue;
    const content =
      'path' in from
        ? await readFile(from.path, 'utf8')
        : await text(await openObject(source.target, from.key, source.keys, { unpack: true }));
    found.set(Number.parseInt(name, 16), content);
  }
  return found;
}

/** What keeps the log from being replayed to its end. */
interface Obstacle {
  code: 'CQ624' | 'CQ626';
  what: string;
}

function obstacleOf(
  found: Continuity,
  scan: WalScan,
  archive: WalArchive,
  lineage: Lineage,
  size: number,
): Obstacle | undefined {
  const last = found.names.at(-1);
  if (scan.stopped) {
    const { at, why } = scan.stopped;
    const lastStart = (found.end - 1n) * BigInt(size);
    const isEnd = last !== undefined && archive.get(last)!.isPartial && !/checksum/.test(why);
    // a record that begins in the segment before may end in what was not yet written
    if (isEnd && at >= lastStart - BigInt(size)) return undefined;
    return { code: 'CQ626', what: `The log is damaged at ${formatLsn(at)}: ${why}.` };
  }
  if (found.beyond.length === 0) return undefined;
  const missing = segmentName({ timeline: lineage.timelines.at(-1)!.timeline, number: found.end }, size);
  return {
    code: 'CQ624',
    what: `The log has a gap: ${missing} is missing, and there are ${found.beyond.length} after it, from ${found.beyond[0]} to ${found.beyond.at(-1)}.`,
  };
}

/**
 * A server that replays how a tablespace was made uses the folder that the log names. On the machine of the live server that is the live
 * server's own: what it has there would be overwritten.
 * @throws ColloquyError CQ695 for a folder that is not there, or holds something
 */
async function demandEmptyTablespaces({ tablespaces, points }: WalScan, goal: Goal): Promise<void> {
  for (const { folder, after, points: before } of tablespaces) {
    if (goal.to === 'time' && after && after.microseconds > goal.microseconds) continue;
    if (goal.to === 'name' && [...points].slice(0, before).includes(goal.name)) continue;
    const held = await readdir(folder).catch(() => undefined);
    if (held?.length === 0) continue;
    throw new ColloquyError(
      'CQ695',
      `After the set a tablespace was made in ${folder}, where ${held ? 'files lie' : 'no folder is'}: the copy would use the same place.`,
      {
        hint: 'Take a new full backup, which has the tablespace, and restore from that; or restore to a moment before it (--time, --immediate). Where the server that had it is gone, make the folder, empty, for the user of the server.',
      },
    );
  }
}

/**
 * Brings the log that follows a set into the folder, reads it, and says whether a goal can be reached. A server would take a gap
 * or a damaged record for the end of the log, and say nothing.
 * @returns undefined when a named point is not in it
 * @throws ColloquyError CQ624 for a gap, CQ625 for a time that is not reached, CQ626 for damage
 */
export async function reachOf(
  source: BackupSource,
  archive: WalArchive,
  set: BackupSet,
  goal: Goal,
  folder: RestoreFolder,
  run: Program,
): Promise<Reach | undefined> {
  const size = await segmentSize(source, archive, set, folder);
  const stop = parseLsn(set.stopLsn!);
  const all = await histories(source, archive);
  const lineage =
    goal.to === 'immediate'
      ? { timelines: [{ timeline: set.timeline!, from: 0n }] }
      : lineageOf(set.timeline!, stop, all);
  // what was written while the backup ran lies in the set itself
  const first = segmentOf(stop - 1n, size) + 1n;
  const found: Continuity =
    goal.to === 'immediate'
      ? { names: [], end: first, beyond: [] }
      : continuity(archive, lineage, first, size);
  const newer = [...archive.keys()].filter((name) => name.endsWith('.history'));
  await fetchWal(source, archive, [...newer, ...found.names], folder);
  const stretches = (from: bigint): { timeline: number; start: bigint; end: bigint }[] =>
    lineage.timelines.map(({ timeline, from: branch }, index) => {
      const boundary = (lsn: bigint): bigint => segmentOf(lsn, size) * BigInt(size);
      const next = lineage.timelines[index + 1];
      const end = found.end * BigInt(size);
      const start = [first * BigInt(size), boundary(branch), from].reduce((a, b) => (a > b ? a : b));
      return { timeline, start, end: next && boundary(next.from) < end ? boundary(next.from) : end };
    });
  const scan = await scanWal(run, folder.wal, stretches(0n));
  const obstacle = obstacleOf(found, scan, archive, lineage, size);
  const newest = scan.lastEndAt ?? parseTime(set.stoppedAt);
  const reach: Reach = {
    lineage,
    size,
    names: found.names,
    scan,
    endsBefore: false,
    after: (lsn) => scanWal(run, folder.wal, stretches(lsn)),
  };
  if (goal.to === 'immediate') return reach;
  await demandEmptyTablespaces(scan, goal);
  if (goal.to === 'name' && scan.points.has(goal.name)) return reach;
  if (goal.to === 'time' && goal.microseconds < newest.microseconds) return reach;
  if (obstacle) {
    throw new ColloquyError(
      obstacle.code,
      `${obstacle.what} The newest time that can be reached from ${set.id} is ${formatMoment(newest)}.`,
      {
        hint: `Bring back what is missing (--wal FOLDER adds a folder of the log), or restore to that time: --time ${formatMoment(newest)}`,
      },
    );
  }
  if (goal.to === 'latest') return reach;
  if (goal.to === 'name') return undefined;
  const archivedAt =
    found.names.at(-1) === undefined ? undefined : archive.get(found.names.at(-1)!)!.modifiedAt;
  if (archivedAt && archivedAt.getTime() * 1000 >= goal.microseconds) return { ...reach, endsBefore: true };
  throw new ColloquyError(
    'CQ625',
    `The log ends before ${describeGoal(goal)}: its last commit is of ${formatMoment(newest)}.`,
    {
      hint: 'Restore to the newest point (--latest), or add what was not archived yet: --wal FOLDER',
    },
  );
}
