import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { erasureFolder } from '../../../operations/erasure/list.ts';
import { reapplyErasures } from '../../../operations/erasure/reapply.ts';
import { runErasures } from '../../../operations/erasure/run.ts';
import { returnFromBackup } from '../../../operations/logical/return.ts';
import { run as runProgram } from '../../../tools/postgres/run.ts';
import { LONG } from '../../support/limits.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

const script = (name: string): string =>
  fileURLToPath(new URL(`../../../scripts/${name}.ts`, import.meta.url));

describeReal('people who are back in a copy', () => {
  let dataDir: string;
  let live: Database;
  let copy: Database;
  let url: string;
  let copyUrl: string;
  let petra: TestUser;
  let host: TestUser;
  let talk: string;
  const call = (database: Database, user: TestUser, text: string, ...values: unknown[]) =>
    asUser(database, user, async (client) => (await client.query(text, values)).rows);
  const sql = async (database: Database, text: string, ...values: unknown[]) =>
    (await database.pool('admin').query(text, values)).rows;
  const code = async (promise: Promise<unknown>) =>
    promise.then(
      () => 'nothing',
      (error) => errorCode(error),
    );
  const erase = (database: Database, user: TestUser) =>
    sql(database, `select id from app_public.erase_user($1, 'asked for')`, user.id).then(([row]) => row.id);
  const runOn = (on: string, data: string, command: string, ...words: string[]) =>
    runProgram(process.execPath, [script(command), ...words], {
      env: { ...process.env, DATABASE_URL: on, DATA_DIR: data, LOG_LEVEL: 'error' },
    });
  const run = (command: string, ...words: string[]) => runOn(url, dataDir, command, ...words);

  beforeAll(async () => {
    dataDir = mkdtempSync(joinPath(tmpdir(), 'colloquy-reapply-'));
    const made = await createTestDatabase();
    url = made.url;
    live = serverDatabase(url);
    const early = await registerUser(live, 'early@example.org');
    petra = await registerUser(live, 'petra@example.org');
    host = await registerUser(live, 'host@example.org');
    const team = await createWorkspace(live, 'Team');
    host = await join(live, host, team, 'owner');
    const guest = await join(live, petra, team, 'member');
    [{ id: talk }] = await call(
      live,
      host,
      `select id from app_public.start_conversation('talk', 'workspace')`,
    );
    await call(live, guest, 'select app_public.post_message($1, $2)', talk, 'petra wrote this');
    await call(live, host, 'select app_public.post_message($1, $2)', talk, 'host wrote this');
    await indexAll(live);
    const stores = [erasureFolder(dataDir)];
    await erase(live, early);
    await runErasures(live.pool('owner'), { stores });
    await live.close();
    copyUrl = (await createTestDatabase(made)).url;
    live = serverDatabase(url);
    copy = serverDatabase(copyUrl);
  });
  afterAll(async () => {
    await live?.close();
    await copy?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('goes on where a killed command was, whenever it was killed', { timeout: LONG }, async () => {
    for (const wait of ['content', 'statistics']) {
      const killed = spawn(process.execPath, [script('users'), 'erase', petra.id, '--yes'], {
        env: { ...process.env, DATABASE_URL: url, DATA_DIR: dataDir, LOG_LEVEL: 'error' },
      });
      await new Promise<void>((resolve) => {
        let said = '';
        killed.stderr.on('data', (piece) => {
          said += piece;
          if (said.includes(wait)) killed.kill('SIGKILL');
        });
        killed.once('close', () => resolve());
      });
      expect(killed.signalCode).toBe('SIGKILL');
    }
    // the row of the account is gone; what is left goes on by whatever runs next
    const rest = await runErasures(live.pool('worker'), { stores: [erasureFolder(dataDir)] });
    expect(rest).toMatchObject({ finished: 1, isWaiting: false });
    expect(await sql(live, 'select number::int from app_hidden.erasures order by 1')).toEqual([
      { number: 1 },
      { number: 2 },
    ]);
    expect(
      readdirSync(joinPath(dataDir, 'erasures')).filter((file) => file.endsWith('.done.json')),
    ).toHaveLength(2);
    const verified = await run('ops', 'erasures', 'verify', '--json');
    expect([verified.code, JSON.parse(verified.stdout)]).toEqual([0, { certificates: 2, faults: [] }]);
    const listed = await run('ops', 'erasures', 'list', '--json');
    expect(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).number),
    ).toEqual([1, 2]);
  });

  it('do not come back with the rows of others', async () => {
    const bring = (wanted: Parameters<typeof returnFromBackup>[2]) =>
      code(returnFromBackup(live.pool('owner'), copy.pool('admin'), wanted, { from: 'a copy' }));
    await sql(live, 'delete from app_public.conversations where id = $1', talk);
    expect(await bring({ of: 'conversation', id: talk })).toBe('CQ765');
    expect(await bring({ of: 'workspace', id: host.workspaceId })).toBe('CQ765');
    expect(await bring({ of: 'table', table: 'app_public.chunks' })).toBe('CQ765');
    expect(await bring({ of: 'table', table: 'app_public.tags' })).toBe('nothing');
  });

  it('are found by the list alone, and erased again', async () => {
    const before = await sql(copy, 'select count(*)::int as n from app_hidden.erasures_to_reapply()');
    expect(before).toEqual([{ n: 0 }]);
    const file = joinPath(dataDir, 'list.ndjson');
    expect((await run('ops', 'erasures', 'export', '--to', file)).code).toBe(0);
    const text = readFileSync(file, 'utf8');
    for (const word of [petra.id, 'petra']) expect(text).not.toContain(word);
    // what was changed is refused
    const list = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const other of [
      list.map((one) => ({ ...one, subject_hash: '0'.repeat(64) })),
      list.map((one) => ({ ...one, number: one.number + 1 })),
    ]) {
      expect(
        await code(sql(copy, 'select app_hidden.import_erasures($1)', JSON.stringify(other.slice(1)))),
      ).toBe('CQ763');
    }
    writeFileSync(joinPath(dataDir, 'bad.ndjson'), '{"id": 1}\n');
    const bad = await run('ops', 'erasures', 'apply', '--from', joinPath(dataDir, 'bad.ndjson'));
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('CQ764')]);

    // where the data folder has no list, that of the file
    const elsewhere = joinPath(dataDir, 'elsewhere');
    const looked = await runOn(copyUrl, elsewhere, 'ops', 'erasures', 'apply', '--from', file, '--dry-run');
    expect([looked.code, looked.stderr]).toEqual([
      1,
      expect.stringContaining('1 people would be erased again.'),
    ]);
    expect(await sql(copy, 'select count(*)::int as n from app_hidden.erasures')).toEqual([{ n: 1 }]);
    // the gate that every copy goes through
    const adopted = await runOn(copyUrl, elsewhere, 'ops', 'adopt', '--yes', '--erasures', file);
    expect([adopted.code, adopted.stderr]).toEqual([0, expect.stringContaining('1 people who were erased')]);
    expect(await sql(copy, 'select from app_public.users where id = $1', petra.id)).toEqual([]);
    expect(
      await sql(copy, 'select content from app_public.messages where conversation_id = $1 order by id', talk),
    ).toEqual([{ content: '[erased]' }, { content: 'host wrote this' }]);
    expect(await sql(copy, 'select number::int, reason from app_hidden.erasures order by 1')).toEqual([
      { number: 1, reason: 'asked for' },
      { number: 2, reason: 'asked for by the person' },
      { number: 3, reason: 'again, in a copy of an older moment' },
    ]);
    expect(await reapplyErasures(copy.pool('owner'), [erasureFolder(dataDir)])).toBe(0);
    expect(await sql(copy, 'select * from app_hidden.erasure_faults()')).toEqual([]);
  });

  it('a certificate that was changed or taken out is seen', async () => {
    expect(await code(sql(live, `update app_hidden.erasures set reason = 'another'`))).toBe('CQ117');
    await sql(copy, 'alter table app_hidden.erasures disable trigger erasures_00_append_only');
    await sql(copy, `update app_hidden.erasures set counts = '{}' where number = 1`);
    await sql(copy, 'delete from app_hidden.erasures where number = 2');
    expect(await sql(copy, 'select * from app_hidden.erasure_faults() order by 1, 2')).toEqual([
      { subject: 'certificate 1', fault: 'its hash is not that of what it says' },
      { subject: 'certificate 3', fault: 'it does not follow on the one before it' },
    ]);
  });
});
