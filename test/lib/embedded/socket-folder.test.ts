import { lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { socketFolder } from '../../../lib/embedded/socket-folder.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'socket-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const mode = (folder: string): string => (lstatSync(folder).mode & 0o7777).toString(8);

test('is private, in the data folder, also when it was there and open to others', () => {
  mkdirSync(join(data, 'socket'), { mode: 0o777 });
  const folder = socketFolder(data);
  expect(folder).toBe(join(data, 'socket'));
  expect(mode(folder)).toBe('700');
});

test("is nobody else's: a link is refused", () => {
  const elsewhere = join(data, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(data, 'socket'));
  expect(() => socketFolder(data)).toThrow(expect.objectContaining({ code: 'CQ011' }));
  expect(mode(elsewhere)).not.toBe('700');
});

test.skipIf(process.getuid?.() !== 0)(
  "is nobody else's: the folder of another account is refused",
  async () => {
    const { chownSync } = await import('node:fs');
    mkdirSync(join(data, 'socket'));
    chownSync(join(data, 'socket'), 12345, 12345);
    expect(() => socketFolder(data)).toThrow(expect.objectContaining({ code: 'CQ011' }));
  },
);

test('is a new one of its own, with a name that cannot be foreseen, where the path is too long for a socket', () => {
  const long = join(data, 'x'.repeat(100));
  const folders = [socketFolder(long), socketFolder(long)];
  try {
    expect(new Set(folders).size).toBe(2);
    for (const folder of folders) expect(mode(folder)).toBe('700');
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
});
