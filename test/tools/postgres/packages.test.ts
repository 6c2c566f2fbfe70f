import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCode } from '../../../lib/errors.ts';
import { damage, fingerprints, readRecord, writeRecord } from '../../../tools/postgres/integrity.ts';
import { packagedPostgres, packagesRoot } from '../../../tools/postgres/packages.ts';
import { cacheDir } from '../../../tools/postgres/places.ts';
import { run } from '../../../tools/postgres/run.ts';
import { isLong, LONG } from '../../support/limits.ts';
import { openTemporaryFolder } from './support.ts';

describe('the integrity record', () => {
  let root: string;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'colloquy-integrity-'));
    mkdirSync(join(root, 'lib'));
    writeFileSync(join(root, 'lib/a.so.1'), 'aaaa');
    writeFileSync(join(root, 'b'), 'b');
    symlinkSync('a.so.1', join(root, 'lib/a.so'));
    const files = await fingerprints(root);
    writeRecord(root, { format: 1, suite: 'x', packages: {}, zoneinfo: 'host', files });
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('finds nothing where nothing happened, and each kind of damage', async () => {
    const record = readRecord(root)!;
    expect(await damage(root, record)).toEqual([]);
    writeFileSync(join(root, 'lib/a.so.1'), 'aaab');
    unlinkSync(join(root, 'lib/a.so'));
    symlinkSync('/elsewhere', join(root, 'lib/a.so'));
    unlinkSync(join(root, 'b'));
    writeFileSync(join(root, 'c'), '');
    expect((await damage(root, record)).sort()).toEqual([
      'b is missing',
      'c was added',
      'lib/a.so was changed',
      'lib/a.so.1 was changed',
    ]);
  });

  it('is no record when it was cut off or is of another format', () => {
    writeFileSync(join(root, 'integrity.json'), '{"format": 1, "fil');
    expect(readRecord(root)).toBeUndefined();
    writeFileSync(join(root, 'integrity.json'), '{"format": 2, "files": {}}');
    expect(readRecord(root)).toBeUndefined();
  });
});

/** Whether this run unpacked packages at all (it did not where a server was found in another way). */
function unpacked(): boolean {
  try {
    return readRecord(packagesRoot()) !== undefined;
  } catch (error) {
    if (errorCode(error) === 'CQ020') return false;
    throw error;
  }
}

/** Asks for the packages in a process that sees few programs, and reports its answer. */
function withoutApt(cache: string): { bin?: string; code?: string; message?: string; hint?: string } {
  const path = openTemporaryFolder();
  for (const tool of ['id', 'test']) symlinkSync(`/usr/bin/${tool}`, join(path, tool));
  const module = join(import.meta.dirname, '../../../tools/postgres/packages.ts');
  const program = `
    const { packagedPostgres } = await import(${JSON.stringify(module)});
    const answer = await packagedPostgres({ cache: ${JSON.stringify(cache)} })
      .catch(({ code, message, hint }) => ({ code, message, hint }));
    process.stdout.write(JSON.stringify(answer));`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: path, HOME: path },
    encoding: 'utf8',
  });
  rmSync(path, { recursive: true });
  return JSON.parse(child.stdout || JSON.stringify({ message: child.stderr }));
}

describe.runIf(unpacked())('the unpacked packages', () => {
  let cache: string;
  beforeAll(async () => {
    cache = openTemporaryFolder();
    await run('cp', ['-a', packagesRoot(), packagesRoot(cache)]);
  });
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  it('hold the server, its tools and the extensions', async () => {
    const record = readRecord(packagesRoot())!;
    expect(record.packages).toMatchObject({
      'postgresql-18': expect.stringMatching(/^18\./),
      'postgresql-18-pgvector': expect.stringMatching(/^0\.\d/),
      'postgresql-18-plpgsql-check': expect.any(String),
      libc6: expect.any(String),
    });
    expect(await damage(packagesRoot(), record)).toEqual([]);
    const bin = join(packagesRoot(), 'usr/lib/postgresql/18/bin');
    const answers = await Promise.all(
      ['postgres', 'initdb', 'psql', 'pg_dump', 'pgbench'].map((name) => run(join(bin, name), ['--version'])),
    );
    for (const { stdout } of answers) expect(stdout).toContain(' (PostgreSQL) 18.');
  });

  it('are used again where there is no apt, offline', () => {
    expect(withoutApt(cacheDir()).bin).toBe(join(packagesRoot(), 'usr/lib/postgresql/18/bin'));
  });

  it('cannot be had without apt the first time, and the error says what to do instead', () => {
    const empty = openTemporaryFolder();
    const answer = withoutApt(empty);
    rmSync(empty, { recursive: true });
    expect(answer).toMatchObject({ code: 'CQ020', message: expect.stringContaining('no apt-get') });
    expect(answer.hint).toMatch(/install PostgreSQL 18 with pgvector.*Docker.*TEST_DATABASE_URL/);
  });

  it.runIf(isLong())(
    'are unpacked again when damaged, once for two who ask at the same time',
    { timeout: LONG },
    async ({ skip }) => {
      const library = join(packagesRoot(cache), 'usr/lib/postgresql/18/lib/vector.so');
      appendFileSync(library, 'x');
      const record = readRecord(packagesRoot(cache))!;
      expect(await damage(packagesRoot(cache), record)).toEqual([
        'usr/lib/postgresql/18/lib/vector.so was changed',
      ]);
      const said: string[] = [];
      const ask = () => packagedPostgres({ cache, say: (message) => said.push(message) });
      try {
        const [first, second] = await Promise.all([ask(), ask()]);
        expect(first).toEqual(second);
      } catch (error) {
        // A person on a train may still run the suite; without the archive nothing can be repaired.
        if (
          errorCode(error) === 'CQ021' &&
          /cannot be reached/.test((error as { hint?: string }).hint ?? '')
        ) {
          skip('the archive cannot be reached');
        }
        throw error;
      }
      expect(said[0]).toMatch(
        /is damaged \(usr\/lib\/postgresql\/18\/lib\/vector\.so was changed\): unpacking/,
      );
      expect(said.filter((message) => message.startsWith('fetching'))).toHaveLength(1);
      expect(await damage(packagesRoot(cache), readRecord(packagesRoot(cache))!)).toEqual([]);
      expect(existsSync(`${packagesRoot(cache)}.lock`)).toBe(false);
    },
  );
});
