import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutageLog } from '../../../lib/connections/outage.ts';

const lost = Object.assign(new Error('terminating connection'), { code: '57P01' });
const full = Object.assign(new Error('could not extend file'), { code: '53100' });

describe('the log of an outage', () => {
  let lines: Record<string, unknown>[];
  let outage: OutageLog;
  beforeEach(() => {
    vi.useFakeTimers();
    lines = [];
    outage = new OutageLog(
      pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    );
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const said = () => lines.map(({ msg, failed }) => [msg, failed]);

  it('has one line when it begins, counts, and one when it is over', () => {
    for (let n = 0; n < 1_000; n += 1) expect(outage.failed(lost, 'requests')).toBe(true);
    outage.failed(lost, 'queue');
    expect(said()).toEqual([['The database cannot be reached; what fails meanwhile is counted', undefined]]);
    vi.advanceTimersByTime(65_000);
    expect(said().slice(1)).toEqual([
      ['The database is still away', { requests: 1_000, queue: 1 }],
      ['The database is still away', { requests: 1_000, queue: 1 }],
    ]);
    outage.answered();
    vi.advanceTimersByTime(2_000);
    expect(said().slice(3)).toEqual([['The database is back', { requests: 1_000, queue: 1 }]]);
    vi.advanceTimersByTime(600_000);
    expect(lines).toHaveLength(4);
    outage.failed(lost, 'jobs');
    expect(lines).toHaveLength(5);
  });

  it('is not over while something still fails', () => {
    outage.failed(lost, 'requests');
    for (let n = 0; n < 20; n += 1) {
      outage.answered();
      vi.advanceTimersByTime(500);
      outage.failed(lost, 'requests');
    }
    expect(lines).toHaveLength(1);
  });

  it('tells a full disk apart, remembers it, and leaves other errors to others', () => {
    expect(outage.failed(new Error('syntax error'), 'jobs')).toBe(false);
    expect(outage.recently('disk full', 60_000)).toBe(false);
    outage.failed(full, 'requests');
    outage.answered();
    vi.advanceTimersByTime(10_000);
    expect(outage.recently('disk full', 60_000)).toBe(true);
    expect(said()).toEqual([
      ['The database is in trouble: disk full; what fails meanwhile is counted', undefined],
    ]);
    vi.advanceTimersByTime(55_000);
    expect(outage.recently('disk full', 60_000)).toBe(false);
    expect(said().at(-1)).toEqual(['No more of the trouble: disk full', { requests: 1 }]);
  });
});
