import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { type DocumentedOperation, documentedOperations } from './costs/documented.ts';
import { type Measured, type Meter, openMeter } from './costs/measure.ts';
import { type Filled, fill, type Size } from './costs/seed.ts';
import { type Account, axis, register, startTestApi, type TestApi } from './support.ts';

const SIZES: Size[] = [
  { messages: 200, others: 60 },
  { messages: 4_000, others: 1_500 },
];

/** What clients ask for beside the documentation's own queries: every kind of list, and every way from row to row. */
const FURTHER: Record<string, string> = {
  'results of every kind': `{
    documents: search(query: "strong tea", kinds: [DOCUMENT], mode: TEXT, maxResults: 20) { results { document { id title owner { id } chunks(first: 2) { nodes { id } } } } }
    messages: search(query: "strong tea", kinds: [MESSAGE], mode: TEXT, maxResults: 20) {
      results { message { id author { id } conversation { id title } parent { id } replies(first: 2) { nodes { id } } } conversation { title messages(last: 2) { nodes { id } } } }
    }
    memories: search(query: "strong tea", kinds: [MEMORY], mode: TEXT, maxResults: 20) { results { memoryItem { id content } } }
    events: search(query: "strong tea", kinds: [EVENT], mode: TEXT, maxResults: 20) { results { rawEvent { id payload } } }
  }`,
  recall: '{ recall(query: "strong tea", maxResults: 5) { memories { memoryItem { id content } } } }',
  lists: `{
    documents(last: 20) { nodes { id title owner { id } } pageInfo { hasPreviousPage } }
    memoryItems(last: 20) { nodes { id content } }
    rawEvents(last: 20) { nodes { id } }
    conversations(orderBy: [LAST_MESSAGE_AT_DESC], first: 20) { nodes { id title } pageInfo { hasNextPage } }
  }`,
  'conversations with their messages': `{
    conversations(first: 20) { nodes { id owner { id } messages(last: 3) { nodes { content author { id } parent { id } } } } }
  }`,
};

/** Pages of a conversation: each is read of a hot and of a packed one. */
const PAGES: Record<string, string> = {
  newest: 'last: 20',
  oldest: 'first: 20',
  'newest first': 'first: 20, orderBy: [PRIMARY_KEY_DESC]',
  before: 'last: 20, before: $middle',
  after: 'first: 20, after: $middle',
};

describeReal('what a request costs', () => {
  let api: TestApi;
  let meter: Meter;
  const accounts: (Account & Size & Filled)[] = [];

  beforeAll(async () => {
    const database = serverDatabase((await createTestDatabase()).url);
    await database.pool('admin').query('select * from app_hidden.ensure_partitions(6)');
    meter = openMeter(database.url('authenticator'));
    api = await startTestApi({
      database,
      pool: meter.pool,
      embedQuery: async () => new Float32Array(axis(1)),
      recording: { interval: 3_600_000 },
    });
    const registered: (Account & Size)[] = [];
    for (const [index, size] of SIZES.entries()) {
      registered.push({ ...(await register(api, `size${index}@example.org`)), ...size });
    }
    const filled = await fill(database.pool('owner'), registered, 20);
    for (const [index, account] of registered.entries()) {
      accounts.push({ ...account, ...filled[index]! });
      const { errors } = await api.ask(
        'mutation ($id: UUID!) { archiveConversation(input: { conversationId: $id }) { conversation { storageTier } } }',
        { id: filled[index]!.packed },
        { token: account.token },
      );
      expect(errors).toEqual([]);
    }
  });
  afterAll(() => api?.close());

  async function cost(account: Account, text: string, variables: object) {
    const ask = async () => {
      const reply = await api.ask(text, variables, { token: account.token });
      expect(reply.errors).toEqual([]);
    };
    return meter.during(ask);
  }

  let reg = 0;
  const report: string[] = [];
  async function compare(name: string, text: string, variables: (account: Filled, index: number) => object) {
    const costs: Awaited<ReturnType<typeof cost>>[] = [];
    for (const round of ['warm', 'counted']) {
      for (const [index, account] of accounts.entries()) {
        const fresh = text
          .replace('"q1"', `"${round}"`)
          .replace(/"\w+@example.org"/, `"${round}${index}${(reg += 1)}@example.org"`);
        const one = await cost(account, fresh, variables(account, index));
        if (round === 'counted') costs.push(one);
      }
    }
    report.push(
      `${name}: statements ${costs.map((c) => c.statements).join(' → ')}; buffers ${costs[0]!.measured.map((m, i) => `${m.buffers} → ${costs[1]!.measured[i]?.buffers}${/"search"\(|recall/.test(m.text) ? ' (search)' : ''}`).join(', ')}`,
    );
    writeFileSync(`/tmp/costs/${name.replace(/\W+/g, '_')}.json`, JSON.stringify(costs, null, 1));
  }
  afterAll(() => process.stdout.write(`${report.join('\n')}\n`));

  it.each(documentedOperations())('$where: $name', async ({ text, name, where }) => {
    await compare(`${where} ${name}`, text, (account) => ({
      conversation: account.conversation,
      id: account.file,
    }));
  });
  it.each(Object.entries(FURTHER))('%s', async (name, text) => {
    await compare(name, text, () => ({}));
  });
  describe.each(['conversation', 'packed'] as const)('a page of a %s', (which) => {
    it.each(Object.entries(PAGES))('%s', async (name, args) => {
      const middles: string[] = [];
      for (const account of accounts) {
        const { data } = await api.ask(
          `query ($id: UUID!) { conversation(id: $id) { messages(first: 100) { pageInfo { endCursor } } } }`,
          { id: account[which] },
          { token: account.token },
        );
        middles.push(data.conversation.messages.pageInfo.endCursor);
      }
      await compare(
        `${which} ${name}`,
        `query ($id: UUID!${args.includes('$') ? ', $middle: Cursor' : ''}) { conversation(id: $id) { messages(${args}) { totalCount nodes { id content } pageInfo { hasNextPage hasPreviousPage } } } }`,
        (account, index) => ({ id: account[which], middle: middles[index] }),
      );
    });
  });
});
