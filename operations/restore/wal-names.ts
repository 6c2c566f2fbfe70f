import { isSegment, numberOf, positionOf } from '../backup/wal-names.ts';

export { positionOf as parseLsn, USUAL_SEGMENT as USUAL_SEGMENT_SIZE } from '../backup/wal-names.ts';

export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();
}

export interface Segment {
  timeline: number;
  /** Counted from the beginning of the log, over all timelines. */
  number: bigint;
}

export function segmentName({ timeline, number }: Segment, size: number): string {
  const perLog = 0x100000000n / BigInt(size);
  return [BigInt(timeline), number / perLog, number % perLog]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

/** Undefined when it is no name of a segment. */
export function parseSegment(name: string, size: number): Segment | undefined {
  if (!isSegment(name)) return undefined;
  return { timeline: Number.parseInt(name.slice(0, 8), 16), number: numberOf(name, size) };
}

export const segmentOf = (lsn: bigint, size: number): bigint => lsn / BigInt(size);

/** Where a timeline begins: it went on with its parent's log from there. */
export interface Branch {
  parent: number;
  at: bigint;
}

/** The lines of `0000000N.history`: all ancestors, the oldest first. */
export function parseHistory(text: string): Branch[] {
  return text.split('\n').flatMap((line) => {
    const [, parent, at] = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/.exec(line) ?? [];
    return parent === undefined ? [] : [{ parent: Number(parent), at: positionOf(at!) }];
  });
}

export const historyName = (timeline: number): string =>
  `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;

/** What the first page of a segment says of itself; undefined when it is no such page. */
export function readSegmentHeader(
  page: Buffer,
): { systemIdentifier: string; size: number; start: bigint } | undefined {
  // XLogLongPageHeaderData: its flag XLP_LONG_HEADER stands on the first page of each segment
  if (page.length < 40 || (page.readUInt16LE(2) & 2) === 0) return undefined;
  const size = page.readUInt32LE(32);
  if (size < 1024 * 1024 || size > 1024 * 1024 * 1024 || (size & (size - 1)) !== 0) return undefined;
  return {
    systemIdentifier: page.readBigUInt64LE(24).toString(),
    size,
    start: page.readBigUInt64LE(8),
  };
}
