import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { type Account, codeOf, register, startTestApi, type TestApi } from './support.ts';

/** Milliseconds that the slowest may be slower in any case: a busy machine is no fault of an import's. */
const FLOOR = 150;
const ROUNDS = 40;

describeReal('an import of ten years', () => {
  let api: TestApi;
  let hostile: Account;
  let others: { account: Account; conversation: string }[];

  beforeAll(async () => {
    api = await startTestApi();
    hostile = await register(api, 'hostile@example.org');
    others = [];
    for (const name of ['ada', 'ben', 'cleo']) {
      const account = await register(api, `${name}@example.org`);
      others.push({ account, conversation: await start(account) });
    }
    // plans and caches are warm before anything is measured
    await measure();
  });
  afterAll(() => api?.close());

  const start = async ({ token }: Account): Promise<string> => {
    const { data, errors } = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      { token },
    );
    expect(errors).toEqual([]);
    return data.startConversation.conversation.id;
  };

  /** What the others wait for, the 95th of a hundred, while each posts, starts conversations and reads pages. */
  async function measure(): Promise<number> {
    const times: number[] = [];
    const timed = async (work: () => Promise<unknown>): Promise<void> => {
      const begun = performance.now();
      await work();
      times.push(performance.now() - begun);
    };
    await Promise.all(
      others.map(async ({ account, conversation }) => {
        const { token } = account;
        for (let round = 0; round < ROUNDS; round += 1) {
          await timed(async () => {
            const { errors } = await api.ask(
              'mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "hello" }) { message { id } } }',
              { id: conversation },
              { token },
            );
            expect(errors).toEqual([]);
          });
          await timed(() => start(account));
          await timed(async () => {
            const { data, errors } = await api.ask(
              'query ($id: UUID!) { conversation(id: $id) { messages(last: 20) { nodes { content } } } }',
              { id: conversation },
              { token },
            );
            expect(errors).toEqual([]);
            expect(data.conversation.messages.nodes.length).toBeGreaterThan(0);
          });
        }
      }),
    );
    times.sort((a, b) => a - b);
    return times[Math.floor(times.length * 0.95)]!;
  }

  /** A message a month. */
  const tenYears = (name: string, year: number) => ({
    source: name,
    title: name,
    messages: Array.from({ length: 120 }, (_, index) => ({
      externalId: `m${index}`,
      parentExternalId: index > 0 ? `m${index - 1}` : undefined,
      role: 'user',
      content: 'x',
      createdAt: new Date(Date.UTC(year, index, 15)).toISOString(),
    })),
  });

  it('again and again leaves everybody else as fast as they were', async () => {
    const inspect = async () =>
      (
        await api.database.pool('admin').query(
          `select d.deadlocks::int, (select count(*)::int from pg_inherits i where i.inhparent = 'app_public.messages'::regclass) as partitions
           from pg_stat_database d where d.datname = current_database()`,
        )
      ).rows[0];
    const before = await inspect();
    const quiet = await measure();

    let working = true;
    let imports = 0;
    const importing = (async () => {
      while (working) {
        const { data, errors } = await api.ask(
          'mutation ($p: JSON!) { importConversation(input: { payload: $p }) { importResult { added } } }',
          { p: tenYears(`history ${imports}`, 1990 + (imports % 20)) },
          { token: hostile.token },
        );
        expect(errors).toEqual([]);
        expect(data.importConversation.importResult.added).toBe(120);
        imports += 1;
      }
    })();
    let beside: number;
    try {
      beside = await measure();
    } finally {
      working = false;
      await importing;
    }
    expect(imports).toBeGreaterThan(0);
    expect(beside, `quiet ${Math.round(quiet)} ms, beside ${imports} imports`).toBeLessThan(
      2 * quiet + FLOOR,
    );
    expect(await inspect()).toEqual(before);
  });

  it('is bounded', async () => {
    const setting = (value: string) =>
      api.database
        .pool('owner')
        .query(`update app_private.settings set value = $1 where name = 'import_max_months'`, [value]);
    await setting('119');
    try {
      const reply = await api.ask(
        'mutation ($p: JSON!) { importConversation(input: { payload: $p }) { importResult { added } } }',
        { p: tenYears('too long', 2001) },
        { token: hostile.token },
      );
      expect(codeOf(reply)).toBe('CQ207');
    } finally {
      await setting('600');
    }
  });
});
