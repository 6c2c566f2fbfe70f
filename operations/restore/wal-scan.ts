import { ColloquyError } from '../../lib/errors.ts';
import { byLine } from '../by-line.ts';
import { type Moment, parseTime } from './goal.ts';
import type { Program } from './programs.ts';
import { formatLsn, parseLsn } from './wal-names.ts';

/** What a stretch of the log holds. */
export interface WalScan {
  commits: number;
  /** Of the last commit or rollback, by the clock of the server that wrote it. */
  lastEndAt: Moment | undefined;
  lastCommitAt: Moment | undefined;
  /** Names of restore points. */
  points: Set<string>;
  /** Tablespaces that it makes, by folder, each with the last commit or rollback before it. */
  tablespaces: { folder: string; after: Moment | undefined; points: number }[];
  /** Where it cannot be read any further, and why. */
  stopped: { at: bigint; why: string } | undefined;
}

const LINE = /^rmgr: (\S+).* lsn: .* desc: (\S+) (.*)$/;
const ENDED = /(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)? (?:GMT|UTC)/;

/**
 * Reads the log by pg_waldump, which checks each record's checksum: what a server would take for the end of the log, in
 * silence, is told here.
 * @param stretches  of one timeline each, in order; `end` is where the last segment that there is ends
 */
export async function scanWal(
  run: Program,
  folder: string,
  stretches: readonly { timeline: number; start: bigint; end: bigint }[],
): Promise<WalScan> {
  const scan: WalScan = {
    commits: 0,
    lastEndAt: undefined,
    lastCommitAt: undefined,
    points: new Set(),
    tablespaces: [],
    stopped: undefined,
  };
  const output = (line: string): void => {
    const [, manager, what, rest] = LINE.exec(line) ?? [];
    if (manager === 'XLOG' && what === 'RESTORE_POINT') {
      scan.points.add(rest!);
    }
    if (manager === 'Tablespace' && what === 'CREATE') {
      const folder = /^\d+ "(.*)"$/.exec(rest!)?.[1];
      // one that lies in the data folder has none
      if (folder) scan.tablespaces.push({ folder, after: scan.lastEndAt, points: scan.points.size });
    }
    if (manager !== 'Transaction' || !/^(COMMIT|ABORT)/.test(what!)) return;
    const [, second, fraction] = ENDED.exec(rest!) ?? [];
    if (second === undefined) return;
    const at = parseTime(`${second}${fraction ?? ''}Z`);
    scan.lastEndAt = at;
    if (!what!.startsWith('COMMIT')) return;
    scan.commits += 1;
    scan.lastCommitAt = at;
  };
  for (const { timeline, start, end } of stretches) {
    if (end <= start) continue;
    const words: string[] = [];
    const args = [
      '--path',
      folder,
      '--timeline',
      String(timeline),
      '--start',
      formatLsn(start),
      '--end',
      formatLsn(end),
    ];
    try {
      await run('pg_waldump', [...args, '--rmgr=Transaction', '--rmgr=XLOG', '--rmgr=Tablespace'], {
        output: byLine(output),
        onLine: (line) => words.push(line),
      });
    } catch (error) {
      const said = words.find((line) => line.startsWith('pg_waldump: error:'));
      if (!said || !(error instanceof ColloquyError)) throw error;
      const [, at, why] = /error in WAL record at ([0-9A-F]+\/[0-9A-F]+): (.*)/.exec(said) ?? [];
      // not even a first record: at its beginning
      scan.stopped = { at: at === undefined ? start : parseLsn(at), why: why ?? said };
      return scan;
    }
  }
  return scan;
}
