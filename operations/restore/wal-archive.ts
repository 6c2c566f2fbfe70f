import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupTarget } from '../backup/target.ts';
import {
  type Branch,
  formatLsn,
  historyName,
  parseHistory,
  parseSegment,
  readSegmentHeader,
  type Segment,
  segmentName,
  segmentOf,
} from './wal-names.ts';

/** Where a file of the log lies. */
export interface WalFile {
  /** The name under which a server asks for it. */
  name: string;
  from: { key: string } | { path: string };
  /** Whether its end was not yet written when it was last seen: of pg_receivewal, or of a server that ended. */
  isPartial: boolean;
  modifiedAt: Date | undefined;
}

/** What there is of the log, by name. Whole segments go before partial ones, and the target before folders. */
export type WalArchive = Map<string, WalFile>;

const KEY = /^wal\/([0-9A-F]{24}|[0-9A-F]{8}\.history)(\.partial)?(?:\.zst)?(?:\.age)?$/;
const LOCAL = /^([0-9A-F]{24}|[0-9A-F]{8}\.history)(\.partial)?$/;

/** The first bytes of a file. */
async function head(path: string, bytes: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What a folder holds of the log. A server keeps files for later there, under names that they do not bear out. */
async function localFiles(folder: string): Promise<WalFile[]> {
  const files: WalFile[] = [];
  let newest: WalFile | undefined;
  for (const entry of (await readdir(folder)).sort()) {
    const [, name, partial] = LOCAL.exec(entry) ?? [];
    if (!name) continue;
    const path = join(folder, entry);
    const file = { name, from: { path }, isPartial: partial !== undefined, modifiedAt: undefined };
    if (!name.endsWith('.history')) {
      const header = readSegmentHeader(await head(path, 40));
      if (!header || parseSegment(name, header.size)!.number * BigInt(header.size) !== header.start) continue;
      newest = file;
    }
    files.push(file);
  }
  if (newest) newest.isPartial = true;
  return files;
}

/**
 * Lists the log of a target, and what further folders hold: of pg_receivewal, or pg_wal of a server that does not run any more.
 */
export async function listWal(target: BackupTarget, folders: readonly string[]): Promise<WalArchive> {
  const archive: WalArchive = new Map();
  const add = (file: WalFile): void => {
    const known = archive.get(file.name);
    if (!known || (known.isPartial && !file.isPartial)) archive.set(file.name, file);
  };
  for await (const { key, modifiedAt } of target.list('wal/')) {
    const [, name, partial] = KEY.exec(key) ?? [];
    if (name) add({ name, from: { key }, isPartial: partial !== undefined, modifiedAt });
  }
  for (const folder of folders) for (const file of await localFiles(folder)) add(file);
  return archive;
}

/** Timelines from the one of a backup to the newest that goes back to it, with where each began. */
export interface Lineage {
  timelines: { timeline: number; from: bigint }[];
}

/**
 * The way that `recovery_target_timeline = latest` takes: the newest timeline whose history holds the one of the backup, left
 * after the backup's end.
 * @param histories  the text of each .history file, by timeline
 */
export function lineageOf(timeline: number, stop: bigint, histories: ReadonlyMap<number, string>): Lineage {
  let best: Branch[] = [];
  let newest = timeline;
  for (const [number, text] of histories) {
    const branches = parseHistory(text);
    const left = branches.find((branch) => branch.parent === timeline);
    if (number > newest && left && left.at >= stop) {
      best = branches;
      newest = number;
    }
  }
  const timelines = [{ timeline, from: 0n }];
  best.forEach((branch, index) => {
    if (branch.parent < timeline) return;
    timelines.push({ timeline: best[index + 1]?.parent ?? newest, from: branch.at });
  });
  return { timelines };
}

/** Of one number of the log, the segment that a server replays: of the newest timeline that has begun by its end. */
export function segmentAt(lineage: Lineage, number: bigint, size: number): Segment {
  const timeline = lineage.timelines.findLast(({ from }) => segmentOf(from, size) <= number)!.timeline;
  return { timeline, number };
}

export interface Continuity {
  /** Segments from the first on, without a gap. */
  names: string[];
  /** The first number that is missing after them. */
  end: bigint;
  /** Segments that there are after a gap. Empty: there is none. */
  beyond: string[];
}

/**
 * Which segments of a lineage there are without a gap, from a number on, and what lies beyond. Where the log ends, a server
 * that finds no next segment takes for its newest point: in silence, also in front of a gap.
 */
export function continuity(archive: WalArchive, lineage: Lineage, first: bigint, size: number): Continuity {
  const has = (number: bigint): string | undefined => {
    const name = segmentName(segmentAt(lineage, number, size), size);
    return archive.has(name) ? name : undefined;
  };
  const names: string[] = [];
  let end = first;
  for (let name = has(end); name !== undefined; name = has(end)) {
    names.push(name);
    end += 1n;
    // what follows a partial one is not of this log
    if (archive.get(name)!.isPartial) break;
  }
  const last = lineage.timelines.at(-1)!;
  const beyond = [...archive.keys()]
    .filter((name) => {
      const segment = parseSegment(name, size);
      if (!segment || segment.number < end || archive.get(name)!.isPartial) return false;
      return segmentAt(lineage, segment.number, size).timeline === segment.timeline;
    })
    .sort();
  // a newer timeline that begins later was made of segments that must be here, whether or not any of its own are
  if (beyond.length === 0 && segmentOf(last.from, size) >= end && last.from > 0n)
    beyond.push(`${historyName(last.timeline)}, which begins at ${formatLsn(last.from)}`);
  return { names, end, beyond };
}
