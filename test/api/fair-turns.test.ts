import { afterAll, beforeAll, expect, it } from 'vitest';
import { FairTurns, NoTurn } from '../../api/fair-turns.ts';
import { describeReal } from '../support/server.ts';
import { registerUser, type TestUser, until } from '../support/users.ts';
import { axis, codeOf, startTestApi, type TestApi } from './support.ts';

/** Work that ends when it is told to. */
function work() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    do: (name: string) => () => {
      started.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    },
    async end(name: string) {
      ends.get(name)!();
      await settled();
    },
  };
}

/** When all that can go on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const PATIENCE = 60_000;

it('goes round: one that asks for much does not keep another waiting', async () => {
  const turns = new FairTurns({ size: 1, each: 1, waiting: 10, patience: PATIENCE });
  const { started, do: job, end } = work();
  const all = ['a1', 'a2', 'a3', 'a4'].map((name) => turns.run('a', job(name)));
  all.push(turns.run('b', job('b1')), turns.run('b', job('b2')), turns.run('c', job('c1')));
  await settled();
  for (const name of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']) {
    expect(started.at(-1)).toBe(name);
    await end(name);
  }
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1']);
});

it('gives one no more than its share, also where there is room', async () => {
  const turns = new FairTurns({ size: 4, each: 2, waiting: 10, patience: PATIENCE });
  const { started, do: job, end } = work();
  const all = ['a1', 'a2', 'a3'].map((name) => turns.run('a', job(name)));
  all.push(turns.run('b', job('b1')));
  await settled();
  expect(started).toEqual(['a1', 'a2', 'b1']);
  await end('a1');
  expect(started).toEqual(['a1', 'a2', 'b1', 'a3']);
  for (const name of ['a2', 'a3', 'b1']) await end(name);
  await Promise.all(all);
});

it('lets nobody wait for too long, nor too many', async () => {
  const turns = new FairTurns({ size: 1, each: 1, waiting: 2, patience: 10 });
  const { started, do: job, end } = work();
  const first = turns.run('a', job('a1'));
  const late = [turns.run('a', job('a2')), turns.run('a', job('a3'))];
  // of the one there are too many; the other may still wait
  await expect(turns.run('a', job('a4'))).rejects.toThrow(NoTurn);
  const other = turns.run('b', job('b1'));
  for (const one of [...late, other]) await expect(one).rejects.toThrow(NoTurn);
  expect(started).toEqual(['a1']);
  await end('a1');
  await first;
  const again = turns.run('a', job('a5'));
  await settled();
  expect(started).toEqual(['a1', 'a5']);
  await end('a5');
  await again;
});

it('goes on after work that failed', async () => {
  const turns = new FairTurns({ size: 1, each: 1, waiting: 2, patience: PATIENCE });
  const failing = turns.run('a', () => Promise.reject(new Error('down')));
  const next = turns.run('a', async () => 'next');
  await expect(failing).rejects.toThrow('down');
  expect(await next).toBe('next');
});

describeReal('the searches of two tenants', () => {
  const embedded: string[] = [];
  let held = Promise.withResolvers<void>();
  let api: TestApi;
  let ann: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    api = await startTestApi({
      async embedQuery(text) {
        embedded.push(text);
        if (text.startsWith('long')) await held.promise;
        return new Float32Array(axis(1));
      },
      queryTurns: { tokens: 64, each: 2, patience: 50 },
    });
    ann = await registerUser(api.database, 'ann@example.org');
    bob = await registerUser(api.database, 'bob@example.org');
  });
  afterAll(async () => {
    held.resolve();
    await api?.close();
  });

  const search = (user: { token?: string }, query: string, mode = 'HYBRID') =>
    api.ask(
      'query ($query: String!, $mode: SearchMode) { search(query: $query, mode: $mode) { legs { leg state reason } } }',
      { query, mode },
      user,
    );
  const legOf = (reply: Awaited<ReturnType<typeof search>>) => reply.data.search.legs[0];

  it('do not wait for each other, and say so where a turn was not had', async () => {
    const long = (n: number) => `long ${n} ${'word '.repeat(1_900)}`;
    const first = [0, 1].map((n) => search(ann, long(n)));
    await until(async () => embedded.length === 2);
    // of what the one asks beside that, nothing is embedded in time, and the answer says so
    for (const reply of await Promise.all([2, 3, 4, 5, 6, 7].map((n) => search(ann, long(n))))) {
      expect(legOf(reply)).toEqual({ leg: 'VECTOR', state: 'LEFT_OUT', reason: 'BUSY' });
    }
    const refused = await search(ann, long(8), 'VECTOR');
    expect([refused.status, codeOf(refused), refused.headers.get('retry-after')]).toEqual([
      503,
      'CQ439',
      '2',
    ]);
    // the other is served at once
    expect(legOf(await search(bob, 'short'))).toMatchObject({ state: 'USED', reason: null });
    expect(embedded.slice(2)).toEqual(['short']);
    expect(Math.max(...embedded.map((text) => text.length))).toBeLessThan(400);
    held.resolve();
    for (const reply of await Promise.all(first)) expect(legOf(reply)).toMatchObject({ state: 'USED' });
  });

  it('share nothing that was remembered', async () => {
    held = Promise.withResolvers<void>();
    held.resolve();
    embedded.length = 0;
    await search(ann, 'what did ann ask?');
    await search(ann, 'what did ann ask?');
    expect(embedded).toHaveLength(1);
    await search(bob, 'what did ann ask?');
    expect(embedded).toHaveLength(2);
  });

  it('are not embedded for a visitor, who may not search', async () => {
    embedded.length = 0;
    expect(codeOf(await search({}, 'anything'))).toBe('CQ101');
    expect(embedded).toEqual([]);
  });
});
