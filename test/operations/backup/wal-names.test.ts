import { describe, expect, it } from 'vitest';
import { keptSets } from '../../../operations/backup/prune.ts';
import type { BackupSet } from '../../../operations/backup/set.ts';
import { gapsFrom, isArchived, segmentAt } from '../../../operations/backup/wal-names.ts';

describe('segments of the log', () => {
  it('are named by position and timeline', () => {
    expect(segmentAt('0/0', 1)).toBe('000000010000000000000000');
    expect(segmentAt('2/FF000028', 26)).toBe('0000001A00000002000000FF');
    expect(segmentAt('2/FF000028', 1, 64 * 1024 * 1024)).toBe('00000001000000020000003F');
    expect(
      ['00000001000000000000000A', '00000002.history', '00000001000000000000000A.partial'].every(isArchived),
    ).toBe(true);
    expect(isArchived('00000001000000000000000A.00000028.backup')).toBe(true);
    expect(['archtemp.00000001', '00000001000000000000000a', 'x'].some(isArchived)).toBe(false);
  });

  it('have gaps where one is missing, across logs, and none where a new timeline goes on', () => {
    const first = '0000000100000000000000FE';
    expect(gapsFrom([], first)).toEqual([]);
    expect(
      gapsFrom(['0000000100000000000000FE', '0000000100000000000000FF', '000000010000000100000000'], first),
    ).toEqual([]);
    expect(
      gapsFrom(['0000000100000000000000FE', '0000000200000000000000FE', '0000000200000000000000FF'], first),
    ).toEqual([]);
    expect(
      gapsFrom(['0000000100000000000000FE', '000000010000000100000001', '000000010000000100000003'], first),
    ).toEqual([
      ['0000000100000000000000FF', '000000010000000100000000'],
      ['000000010000000100000002', '000000010000000100000002'],
    ]);
  });
});

describe('a policy of backups', () => {
  const set = (id: string, kind: BackupSet['kind'], day: number, parent: string | null = null) =>
    ({ id, kind, parent, stoppedAt: new Date(Date.UTC(2026, 10, day)).toISOString() }) as BackupSet;
  const sets = [
    set('f1', 'full', 1),
    set('i1', 'incremental', 2, 'f1'),
    set('d1', 'dump', 3),
    set('f2', 'full', 8),
    set('i2', 'incremental', 9, 'f2'),
    set('i3', 'incremental', 10, 'i2'),
    set('lost', 'incremental', 11, 'gone'),
    set('d2', 'dump', 12),
    set('f3', 'full', 15),
  ];
  const kept = (policy: Parameters<typeof keptSets>[1]) =>
    keptSets(sets, policy, new Date(Date.UTC(2026, 10, 16))).map(({ id }) => id);

  it('keeps the newest full ones whole, and as many dumps', () => {
    expect(kept({ keepFull: 1 })).toEqual(['d2', 'f3']);
    expect(kept({ keepFull: 2 })).toEqual(['d1', 'f2', 'i2', 'i3', 'd2', 'f3']);
  });

  it('keeps what the days before are restored from', () => {
    // the seventh of November is restored from f1, since f2 ended on the eighth
    expect(kept({ keepDays: 10 })).toEqual(['f1', 'i1', 'f2', 'i2', 'i3', 'd2', 'f3']);
    expect(kept({ keepDays: 8 })).toEqual(['f2', 'i2', 'i3', 'd2', 'f3']);
    expect(kept({ keepDays: 1 })).toEqual(['f3']);
  });

  it('never loses the newest full one', () => {
    expect(keptSets(sets, { keepDays: 1 }, new Date(Date.UTC(2030, 0, 1))).map(({ id }) => id)).toEqual([
      'f3',
    ]);
  });
});
