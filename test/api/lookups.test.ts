import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fenced } from '../../api/lookups.ts';
import { shareTransactions } from '../../api/shared-transactions.ts';

const KEYS =
  'from (select ids.ordinality - 1 as idx, (ids.value->>0)::"uuid" as "id0" from json_array_elements($2::json) with ordinality as ids';

describe('a lookup of PostGraphile', () => {
  it('has its keys and its rows fenced in', () => {
    const lookup = `select __a_result__.*\n${KEYS}) as __a_identifiers__,\nlateral (select\n__a__."id" as "0"\nfrom a as __a__\nwhere true) as __a_result__;`;
    expect(fenced({ text: lookup, name: 'n', values: ['x', '[["1"]]'] })).toEqual({
      text: `select __a_result__.*\n${KEYS} offset 0) as __a_identifiers__,\nlateral (select\n__a__."id" as "0"\nfrom a as __a__\nwhere true\noffset 0) as __a_result__;`,
      name: 'n',
      values: ['x', '[["1"]]'],
    });
  });

  it('keeps a limit of its own, which is a fence', () => {
    const rest = ') as i,\nlateral (select 1\norder by 1\nlimit 11) as r;';
    expect(fenced({ text: `select r.*\n${KEYS}${rest}` }).text).toBe(`select r.*\n${KEYS} offset 0${rest}`);
  });

  it('is told from everything else', () => {
    for (const text of [
      'begin',
      'select 1;',
      'select * from a where b = $1\nlimit 2;',
      'select json_array_elements(a) from b;',
    ])
      expect(fenced({ text })).toEqual({ text });
  });
});

describe('what a query reads', () => {
  const clientOf = (pipeline: boolean) => ({ rawClient: { pipeline, connection: { stream: {} } } }) as never;
  const settings = { role: 'somebody' };
  const reading = (value: string, log: string[]) => async () => {
    log.push(value);
    if (value.startsWith('bad')) throw new Error(value);
    return value;
  };

  function open(log: string[], { failing = [] as string[], mayShare = true, pipeline = false } = {}) {
    return shareTransactions(
      async (_settings, work) => {
        if (failing.includes('begin')) throw new Error('no connection');
        log.push('begin');
        const result = await work(clientOf(pipeline));
        if (failing.includes('commit')) throw new Error('no commit');
        log.push('commit');
        return result;
      },
      () => mayShare,
    );
  }

  it('goes in one transaction', async () => {
    const log: string[] = [];
    const share = open(log);
    expect(await Promise.all(['a', 'b', 'c'].map((value) => share(settings, reading(value, log))))).toEqual([
      'a',
      'b',
      'c',
    ]);
    await immediate();
    expect(log).toEqual(['begin', 'a', 'b', 'c', 'commit']);
    await share(settings, reading('d', log));
    await immediate();
    expect(log.slice(5)).toEqual(['begin', 'd', 'commit']);
  });

  it('goes in one transaction with what it leads to', async () => {
    const log: string[] = [];
    const share = open(log);
    await share(settings, reading('a', log)).then(() => share(settings, reading('b', log)));
    await immediate();
    expect(log).toEqual(['begin', 'a', 'b', 'commit']);
  });

  it('is sent together where a connection can, and what comes behind one that fails is read again', async () => {
    const log: string[] = [];
    const share = open(log, { pipeline: true });
    const all = ['a', 'bad b', 'c'].map((value) => share(settings, reading(value, log)));
    const results = await Promise.allSettled(all);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await immediate();
    expect(log).toEqual(['begin', 'a', 'bad b', 'c', 'begin', 'c', 'commit']);
  });

  it('fails one by one', async () => {
    const log: string[] = [];
    const share = open(log);
    const all = ['a', 'bad b', 'c'].map((value) => share(settings, reading(value, log)));
    const results = await Promise.allSettled(all);
    expect(results.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message))).toEqual([
      'a',
      'bad b',
      'c',
    ]);
    await immediate();
    expect(log).toEqual(['begin', 'a', 'bad b', 'begin', 'c', 'commit']);
  });

  it('fails as a whole without a connection', async () => {
    const share = open([], { failing: ['begin'] });
    const results = await Promise.allSettled(['a', 'b'].map((value) => share(settings, reading(value, []))));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(share(settings, reading('c', []))).rejects.toThrow('no connection');
  });

  it('is what it was, also where its transaction does not end well', async () => {
    const share = open([], { failing: ['commit'] });
    expect(await Promise.all(['a', 'b'].map((value) => share(settings, reading(value, []))))).toEqual([
      'a',
      'b',
    ]);
    expect(await share(settings, reading('c', []))).toBe('c');
  });

  it('never goes together with what another request reads, or with what is no query', async () => {
    const log: string[] = [];
    const share = open(log);
    await Promise.all([share(settings, reading('a', log)), share({ ...settings }, reading('b', log))]);
    expect(log.filter((line) => line === 'begin')).toHaveLength(2);
    const alone = open(log, { mayShare: false });
    await Promise.all([alone(settings, reading('c', log)), alone(settings, reading('d', log))]);
    expect(log.filter((line) => line === 'begin')).toHaveLength(4);
  });
});
