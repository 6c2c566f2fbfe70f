import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Database, openDatabase } from '../../../lib/database.ts';
import { type Copies, copiesOf } from '../../../lib/embedded/copy.ts';
import { env } from '../../../lib/env.ts';
import { migrationStatus, projectFolder } from '../../../lib/migrations.ts';
import { migrate } from '../../scripts/migrate-command.ts';
import { createEmbedded } from '../../support/embedded.ts';

const copiesIn = (dataDir: string): string[] =>
  readdirSync(dataDir).filter((name) => name.startsWith('postgres-before-'));

describe('copies of a folder', () => {
  let dataDir: string;
  let copies: Copies;
  /** As another process that has the folder. */
  let another: () => Copies;
  let isStill = false;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'colloquy-copy-'));
    mkdirSync(join(dataDir, 'postgres/base/1'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres/PG_VERSION'), '18\n');
    writeFileSync(join(dataDir, 'postgres/base/1/112'), 'rows');
    another = () =>
      copiesOf(dataDir, async (work) => {
        isStill = true;
        return work().finally(() => {
          isStill = false;
        });
      });
    copies = another();
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('hold everything, and are named after the version and the time', async () => {
    const { folder, isNew } = (await copies.keep('0.2.0'))!;
    expect(isNew).toBe(true);
    expect(await copies.keep('0.2.0'), 'was told of it').toBeUndefined();
    expect(folder).toMatch(/postgres-before-0\.2\.0-\d{8}T\d{6}$/);
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(
      readdirSync(join(dataDir, 'postgres'), { recursive: true }).sort(),
    );
    expect(readFileSync(join(folder, 'base/1/112'), 'utf8')).toBe('rows');
    expect(isStill).toBe(false);
  });

  it('are not made again until the upgrade has come to its end', async () => {
    const first = (await copies.keep('0.2.0'))!;
    writeFileSync(join(dataDir, 'postgres/base/1/112'), 'half upgraded');
    copies = another();
    expect(await copies.keep('0.2.1')).toEqual({ folder: first.folder, isNew: false });
    expect(readFileSync(join(first.folder, 'base/1/112'), 'utf8')).toBe('rows');
    await copies.settle();
    expect(await copies.keep('0.3.0')).toMatchObject({ isNew: true });
    expect(copiesIn(dataDir)).toHaveLength(2);
  });

  it('are made anew when the one of an unfinished upgrade is gone', async () => {
    const first = (await copies.keep('0.2.0'))!;
    rmSync(first.folder, { recursive: true });
    expect(await another().keep('0.2.1')).toMatchObject({ isNew: true });
  });

  it('stay as the last two, by their time and not by their version', async () => {
    const name = (version: string, time: string): string =>
      join(dataDir, `postgres-before-${version}-${time}`);
    const folders = [
      name('0.9.0', '20260101T000000'),
      name('0.10.0', '20260201T000000'),
      name('0.11.0', '20260301T000000'),
    ];
    for (const folder of folders) mkdirSync(folder);
    mkdirSync(join(dataDir, 'postgres-before-lunch'));
    expect(await copies.settle()).toEqual([folders[0]]);
    expect(copiesIn(dataDir).sort()).toEqual([
      'postgres-before-0.10.0-20260201T000000',
      'postgres-before-0.11.0-20260301T000000',
      'postgres-before-lunch',
    ]);
    expect(await copies.settle()).toEqual([]);
  });

  it('that were interrupted are removed by the next upgrade, and by the next start without one', async () => {
    const partial = join(dataDir, 'postgres-before-0.2.0-20260101T000000.partial');
    for (const next of [() => copies.settle(), () => copies.keep('0.2.0')]) {
      mkdirSync(partial);
      await next();
      expect(existsSync(partial)).toBe(false);
    }
  });

  it('are refused before anything is changed where there is no room', async () => {
    // takes no room itself
    truncateSync(join(dataDir, 'postgres/base/1/112'), 8 * 1024 ** 4);
    await expect(copies.keep('0.2.0')).rejects.toMatchObject({
      code: 'CQ045',
      message: expect.stringMatching(/it takes \d+ MB, and \d+ MB are free/),
      hint: expect.stringContaining('Nothing was changed'),
    });
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });
});

// with DATABASE_URL, openDatabase takes that server: nothing here may touch it
describe.skipIf(env.DATABASE_URL)('an embedded database that is upgraded', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'colloquy-upgrade-'));
  const dataDir = join(scratch, 'data');

  async function opened<T>(folder: string, work: (database: Database) => Promise<T>): Promise<T> {
    const database = await openDatabase({ dataDir: folder });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }

  const state = (folder: string) =>
    opened(folder, async (database) => {
      const { rows } = await database.pool('owner').query('select name from app_public.workspaces');
      return { pending: (await migrationStatus(database.pool('admin'))).pendingFunctions.length, rows };
    });

  beforeAll(async () => {
    const database = await createEmbedded(dataDir);
    try {
      const owner = database.pool('owner');
      await owner.query(`insert into app_public.workspaces (name) values ('before the upgrade')`);
      // as the version before had left it
      await owner.query(
        'delete from app_hidden.applied_functions where id = (select max(id) from app_hidden.applied_functions)',
      );
    } finally {
      await database.close();
    }
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('needed no copy when it was new', () => {
    expect(readdirSync(join(inject('scratch'), 'embedded')).filter((name) => name !== 'postgres')).toEqual(
      [],
    );
  });

  it('is copied first; a copy that was killed is not taken for one', async () => {
    const child = spawn(process.execPath, [join(projectFolder, 'scripts/migrate.ts'), '--data', dataDir], {
      env: { ...process.env, DATABASE_URL: '' },
      stdio: 'ignore',
    });
    const exit = once(child, 'exit');
    while (!copiesIn(dataDir).length) {
      expect(child.exitCode, 'it ended before it copied anything').toBeNull();
      await delay(5);
    }
    child.kill('SIGKILL');
    await exit;
    expect(copiesIn(dataDir)).toEqual([expect.stringMatching(/\.partial$/)]);
    expect(await state(dataDir)).toEqual({ pending: 1, rows: [{ name: 'before the upgrade' }] });
  });

  const start = (...args: string[]) =>
    spawn(
      process.execPath,
      ['scripts/start.ts', '--data', dataDir, '--port', '0', '--no-examples', ...args],
      {
        cwd: projectFolder,
        env: { ...process.env, DATABASE_URL: '', LOG_LEVEL: 'error', LOG_FORMAT: 'pretty' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );

  it('is left as it is by a start that must not migrate, which ends with CQ018', async () => {
    const child = start('--no-migrate');
    let output = '';
    child.stderr.on('data', (data) => {
      output += data;
    });
    const [code] = await once(child, 'close');
    expect(code).toBeGreaterThan(0);
    expect(output).toContain('CQ018');
    expect(await state(dataDir)).toMatchObject({ pending: 1 });
  });

  it('is upgraded by npm start, which names the copy, the way back, and what it removes', async () => {
    const [oldest, older] = ['0.0.1-20250101T000000', '0.0.2-20250201T000000'].map((name) =>
      join(dataDir, `postgres-before-${name}`),
    );
    for (const folder of [oldest, older]) mkdirSync(folder!);
    const child = start();
    child.stderr.resume();
    let output = '';
    const exit = once(child, 'exit');
    try {
      for await (const data of child.stdout) {
        output += data;
        if (output.includes('Colloquy is running')) break;
      }
    } finally {
      child.kill('SIGKILL');
      await exit;
    }
    expect(output).toContain(`An older copy is removed: ${oldest}\n`);
    rmSync(older!, { recursive: true });
    const copies = copiesIn(dataDir);
    expect(copies).toEqual([expect.stringMatching(/^postgres-before-[\d.]+-\d{8}T\d{6}$/)]);
    expect(output).toContain(`A copy of the database before this upgrade is ${join(dataDir, copies[0]!)}`);
    expect(output).toContain(
      `To go back: end Colloquy, put that folder in the place of ${join(dataDir, 'postgres')}`,
    );
    expect(await state(dataDir)).toMatchObject({ pending: 0 });
  });

  it('can go back to the copy, and needs no other one while nothing is pending', async () => {
    const [copy] = copiesIn(dataDir);
    const back = join(scratch, 'back');
    mkdirSync(back);
    cpSync(join(dataDir, copy!), join(back, 'postgres'), { recursive: true });
    expect(await state(back)).toEqual({ pending: 1, rows: [{ name: 'before the upgrade' }] });

    const again = await migrate({ data: dataDir });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Already up to date') });
    expect(copiesIn(dataDir)).toEqual([copy]);
    expect(existsSync(join(dataDir, 'upgrade-copy'))).toBe(false);
  });
});
