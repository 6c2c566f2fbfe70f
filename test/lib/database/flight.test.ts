import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { inOwnTransaction } from '../../../lib/database/flight.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

describeReal('statements that are a transaction of their own', () => {
  let url: string;
  let client: pg.Client;
  /** Messages of the server, by their kinds. */
  let heard: string[] = [];
  let pieces = 0;

  beforeAll(async () => {
    ({ url } = await createTestDatabase());
    client = new pg.Client({ connectionString: url, pipeline: true });
    await client.connect();
    const { connection } = client as unknown as {
      connection: {
        on(event: 'message', listener: (message: { name: string }) => void): void;
        stream: NodeJS.ReadableStream;
      };
    };
    connection.on('message', ({ name }) => heard.push(name));
    connection.stream.on('data', () => {
      pieces += 1;
    });
    await client.query('create temporary table kept (value int unique deferrable initially deferred)');
  });
  afterAll(() => client?.end());
  beforeEach(() => {
    heard = [];
    pieces = 0;
  });

  const kept = async () =>
    (await client.query('select value from kept order by value')).rows.map((row) => row.value);
  const keep = (value: unknown) => ({
    name: 'keep',
    text: 'insert into kept values ($1::int)',
    values: [value],
  });

  it('are answered in one piece, and what the first sets is gone behind the last', async () => {
    const { landed, error } = await inOwnTransaction(client, [
      { text: `select set_config('colloquy.user_id', $1, true)`, values: ['ada'] },
      {
        name: 'who',
        text: `select current_setting('colloquy.user_id') as who, $1::int as n, null as nothing`,
        values: [1],
      },
      { text: `select current_setting('colloquy.user_id') || $1`, values: ['!'], rowMode: 'array' },
    ]);
    expect(error).toBeUndefined();
    expect(pieces).toBe(1);
    expect(heard.filter((name) => name === 'readyForQuery')).toHaveLength(1);
    expect(landed.slice(1)).toEqual([
      { rows: [{ who: 'ada', n: 1, nothing: null }], rowCount: 1 },
      { rows: [['ada!']], rowCount: 1 },
    ]);
    expect((await client.query(`select current_setting('colloquy.user_id', true) as who`)).rows[0].who).toBe(
      '',
    );
  });

  it('are described once on a connection when they have a name', async () => {
    const ask = async () => {
      const { landed } = await inOwnTransaction(client, [{ name: 'one', text: 'select 1 as one' }]);
      return landed[0]!.rows;
    };
    expect(await ask()).toEqual([{ one: 1 }]);
    heard = [];
    expect(await ask()).toEqual([{ one: 1 }]);
    expect(heard).toEqual(['bindComplete', 'dataRow', 'commandComplete', 'readyForQuery']);
  });

  it('are done together or not at all', async () => {
    await inOwnTransaction(client, [keep(1), keep(2)]);
    expect(await kept()).toEqual([1, 2]);
    const failed = await inOwnTransaction(client, [keep(3), keep('no number'), keep(4)]);
    expect(failed.error).toMatchObject({ code: '22P02' });
    expect(failed.landed).toHaveLength(1);
    expect(await kept()).toEqual([1, 2]);
    // what is found out at the end only
    const late = await inOwnTransaction(client, [keep(5), keep(1)]);
    expect(late.error).toMatchObject({ code: '23505' });
    expect(late.landed).toHaveLength(2);
    expect(await kept()).toEqual([1, 2]);
    await inOwnTransaction(client, [keep(6)]);
    expect(await kept()).toEqual([1, 2, 6]);
  });

  it('are prepared again where they were not, and not again where they were', async () => {
    const later = { name: 'later', text: 'select 2 as two' };
    expect((await inOwnTransaction(client, [{ text: 'select nothing' }, later])).error).toMatchObject({
      code: '42703',
    });
    const { landed, error } = await inOwnTransaction(client, [later]);
    expect([error, landed[0]?.rows]).toEqual([undefined, [{ two: 2 }]]);
    const wrong = { name: 'wrong', text: 'select 1 / $1::int as result' };
    expect((await inOwnTransaction(client, [{ ...wrong, values: [0] }])).error).toMatchObject({
      code: '22012',
    });
    expect((await inOwnTransaction(client, [{ ...wrong, values: [1] }])).landed[0]?.rows).toEqual([
      { result: 1 },
    ]);
  });

  it('fail without having been sent when a value cannot be written', async () => {
    const endless: { toPostgres?: () => unknown } = {};
    endless.toPostgres = () => endless;
    const { error } = await inOwnTransaction(client, [keep(7), keep(endless)]);
    expect(String(error)).toContain('circular reference');
    expect(await kept()).not.toContain(7);
  });

  it('are prepared no longer when that is said', async () => {
    const prepared = async () =>
      (await client.query('select name from pg_prepared_statements')).rows.map((row) => row.name);
    await inOwnTransaction(client, [{ name: 'a', text: 'select 1 as a' }]);
    await inOwnTransaction(client, [{ name: 'b', text: 'select 1 as b' }], ['a', 'never was']);
    expect(await prepared()).toContain('b');
    expect(await prepared()).not.toContain('a');
    const { landed } = await inOwnTransaction(client, [{ name: 'a', text: 'select 1 as a' }]);
    expect(landed[0]?.rows).toEqual([{ a: 1 }]);
  });

  it('fail when their connection breaks', async () => {
    const other = new pg.Client({ connectionString: url, pipeline: true });
    other.on('error', () => {});
    await other.connect();
    const { rows } = await other.query('select pg_backend_pid() as pid');
    const ended = inOwnTransaction(other, [{ text: 'select 1' }, { text: 'select pg_sleep(60)' }]);
    await client.query('select pg_terminate_backend($1)', [rows[0].pid]);
    expect((await ended).error).toBeInstanceOf(Error);
  });
});
