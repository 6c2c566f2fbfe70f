import { expect, test } from 'vitest';
import { barRow, createProgress, formatBytes, formatSeconds } from '../../lib/progress.ts';

function stage(isTTY: boolean, total = 1000, columns = 60) {
  const written: string[] = [];
  let time = 0;
  const stream = { write: (text: string) => written.push(text), isTTY, columns };
  const progress = createProgress({ total, stream, now: () => time });
  return {
    written,
    progress,
    wait: (ms: number) => {
      time += ms;
    },
  };
}

test('without a terminal a line is written every ten seconds', () => {
  const { written, progress, wait } = stage(false);
  for (let i = 0; i < 100; i++) {
    wait(250);
    progress.add(5);
    progress.item();
  }
  progress.end();
  expect(written).toHaveLength(3);
  expect(written[0]).toMatch(/^20 %\s+200 B of 1000 B, 39 items, 40 s left\n$/);
  expect(written[2]).toMatch(/^50 %\s+500 B of 1000 B, 100 items/);
  expect(written.join('')).not.toContain('\r');
});

test('a terminal that does not know its width shows more than the bar', () => {
  const { written, progress, wait } = stage(true, 1000, 0);
  wait(150);
  progress.add(500, 'a.md');
  expect(written.join('')).toContain('50 %  500 B of 1000 B');
});

test('the bar makes room for the text, and only what may be cut is cut', () => {
  const text = 'all found by words; 29 % by meaning (16,704 of 57,037 passages), about 49 minutes left';
  const row = (columns: number, rest?: string) =>
    barRow(0.5, text, { write() {}, columns }, rest).replace('\r\u001b[2K', '');
  expect(row(200)).toBe(`${'█'.repeat(12)}${'░'.repeat(12)} ${text}`);
  expect(row(110)).toBe(`${'█'.repeat(11)}${'░'.repeat(11)} ${text}`);
  expect(row(110, ': notes/a.md')).toBe(row(110));
  expect(row(115, ': notes/a.md')).toBe(`${'█'.repeat(12)}${'░'.repeat(12)} ${text}: n`);
  expect(row(60)).toHaveLength(59);
});

test('on a terminal the bar stays on its line and a name cannot move the cursor', () => {
  const { written, progress, wait } = stage(true);
  for (let i = 0; i < 20; i++) {
    wait(60);
    progress.add(50, 'a\u001b[2J\nb');
  }
  progress.end();
  expect(written).toHaveLength(11);
  for (const frame of written.slice(0, -1)) {
    expect(frame.replace('\r\u001b[2K', '').length).toBeLessThan(60);
    expect(frame.replace('\r\u001b[2K', '')).not.toMatch(/\p{Cc}/u);
  }
  expect(written.at(-1)).toBe('\r\u001b[2K');
});

test('nothing to do and more than was promised are both fine', () => {
  const { written, progress, wait } = stage(false, 0);
  wait(20_000);
  progress.add(0);
  progress.add(70);
  progress.end();
  expect(written.at(-1)).toBe('100 %  70 B of 70 B, 0 items\n');
});

test('sizes and times are readable', () => {
  expect([0, 1023, 1024, 5e6, 3e9, 2e15].map(formatBytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KB',
    '4.8 MB',
    '2.8 GB',
    '1819.0 TB',
  ]);
  expect([5, 59.7, 65, 119.6, 3700].map(formatSeconds)).toEqual([
    '5 s',
    '1 min 0 s',
    '1 min 5 s',
    '2 min 0 s',
    '1 h 1 min',
  ]);
});
