/** Names of what is archived of the log: segments, histories of timelines, labels of backups, and a segment that is not full. */
const SEGMENT = /^[0-9A-F]{24}$/;
const ARCHIVED = /^(?:[0-9A-F]{24}(?:\.[0-9A-F]{8}\.backup|\.partial)?|[0-9A-F]{8}\.history)$/;

export const isSegment = (name: string): boolean => SEGMENT.test(name);
export const isArchived = (name: string): boolean => ARCHIVED.test(name);

/** Bytes of a segment unless initdb was told otherwise. */
export const USUAL_SEGMENT = 16 * 1024 * 1024;

const hex = (value: bigint | number): string => value.toString(16).toUpperCase().padStart(8, '0');

/** A position in the log as a number. */
export function positionOf(lsn: string): bigint {
  const [high, low] = lsn.split('/') as [string, string];
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

const nameOf = (timeline: number, number: bigint, size: number): string => {
  const perLog = 0x1_0000_0000n / BigInt(size);
  return `${hex(timeline)}${hex(number / perLog)}${hex(number % perLog)}`;
};

/** The segment that has a position. */
export const segmentAt = (lsn: string, timeline: number, size: number = USUAL_SEGMENT): string =>
  nameOf(timeline, positionOf(lsn) / BigInt(size), size);

/** The number of a segment, the same on each timeline. */
export const numberOf = (segment: string, size: number = USUAL_SEGMENT): bigint =>
  BigInt(`0x${segment.slice(8, 16)}`) * (0x1_0000_0000n / BigInt(size)) +
  BigInt(`0x${segment.slice(16, 24)}`);

/**
 * The ranges of the log that are not there, from a segment on.
 * @param names  of segments, on any timeline: after a promotion the new one goes on where the old one ended
 * @returns the first and the last missing segment of each gap
 */
export function gapsFrom(
  names: readonly string[],
  first: string,
  size: number = USUAL_SEGMENT,
): [string, string][] {
  const numbers = [...new Set(names.filter(isSegment).map((name) => numberOf(name, size)))].sort((a, b) =>
    a < b ? -1 : 1,
  );
  const timeline = Number.parseInt(first.slice(0, 8), 16);
  const gaps: [string, string][] = [];
  let next = numberOf(first, size);
  for (const number of numbers) {
    if (number < next) continue;
    if (number > next) gaps.push([nameOf(timeline, next, size), nameOf(timeline, number - 1n, size)]);
    next = number + 1n;
  }
  return gaps;
}
