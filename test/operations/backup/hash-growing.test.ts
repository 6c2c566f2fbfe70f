import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashGrowing } from '../../../operations/backup/hash-growing.ts';
import { sha256 } from './support.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colloquy-growing-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const isWanted = (name: string): boolean => name.endsWith('.zst');

it('hashes every byte of what grows, whenever it is written', async () => {
  const inside = join(folder, 'made-later');
  const { result, written } = await hashGrowing(inside, isWanted, async () => {
    await mkdir(inside);
    for (let each = 0; each < 30; each += 1) {
      await appendFile(join(inside, 'base.tar.zst'), Buffer.alloc(700_001, each));
      await appendFile(join(inside, 'other'), 'x');
    }
    await writeFile(join(inside, '16384.tar.zst'), '');
    return 'done';
  });
  expect(result).toBe('done');
  expect(Object.fromEntries(written)).toEqual({
    'base.tar.zst': { size: 30 * 700_001, sha256: sha256(await readFile(join(inside, 'base.tar.zst'))) },
    '16384.tar.zst': { size: 0, sha256: sha256('') },
  });
});

it('fails with what writes', async () => {
  const failing = hashGrowing(folder, isWanted, async () => {
    await writeFile(join(folder, 'base.tar.zst'), 'half');
    throw new Error('It ended early.');
  });
  await expect(failing).rejects.toThrow('It ended early.');
});
