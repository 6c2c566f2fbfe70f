import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverDatabase } from '../../lib/database.ts';
import { OPERATIONS } from '../../tools/bench/api/operations.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { type DocumentedOperation, documentedOperations } from './costs/documented.ts';
import { type Cost, type Meter, openMeter, total } from './costs/measure.ts';
import { type Filled, fill, type Size } from './costs/seed.ts';
import { type Account, axis, register, startTestApi, type TestApi } from './support.ts';

const SMALL: Size = { messages: 200, others: 60 };
const LARGE: Size = { messages: 4_000, others: 1_500 };

/** What a request may cost in the larger workspace: a level more in each index that it goes by, and a page here and there. */
const allowed = (buffers: number): number => Math.ceil(1.25 * buffers) + 15;

/**
 * What grows, and by how much it may: the factor of all pages that the statements touch, by a part of their text. The workspace
 * grows 25 times. Searches are measured by npm run bench; here counts what fetches the results.
 */
const GROWS: { statement: RegExp; factor: number; because: string }[] = [
  {
    statement: /"app_public"\."(?:search|recall)\w*"\(/,
    factor: Infinity,
    because: 'words and vectors are compared',
  },
  {
    statement: /"indexing_progress"\(/,
    factor: 4,
    because: 'to the planner nearly all documents wait to be cut: it looks at each of them',
  },
];

/** What else clients ask: every kind of list, and every way from one row to others. */
const FURTHER: Record<string, string> = {
  'from results to what they are pieces of': `{
    documents: search(query: "strong tea", kinds: [DOCUMENT], mode: TEXT, maxResults: 20) {
      results { document { id title owner { id } chunks(first: 2) { nodes { id } } } }
    }
    messages: search(query: "strong tea", kinds: [MESSAGE], mode: TEXT, maxResults: 20) {
      results {
        message { id author { id } conversation { id title } parent { id } replies(first: 2) { nodes { id } } }
        conversation { title owner { id } messages(last: 2) { nodes { id } } }
      }
    }
    memories: search(query: "strong tea", kinds: [MEMORY], mode: TEXT, maxResults: 20) { results { memoryItem { id owner { id } } } }
    events: search(query: "strong tea", kinds: [EVENT], mode: TEXT, maxResults: 20) { results { rawEvent { id owner { id } } } }
  }`,
  'from memories that were recalled':
    '{ recall(query: "strong tea", maxResults: 5) { memories { memoryItem { id } } } }',
  lists: `{
    documents(last: 20) { nodes { id title owner { id } } pageInfo { hasPreviousPage } }
    memoryItems(last: 20) { nodes { id content } }
    rawEvents(last: 20) { nodes { id } }
    files(last: 20) { nodes { id } }
    conversations(last: 20) { nodes { id } }
    newest: conversations(orderBy: [LAST_MESSAGE_AT_DESC], first: 20) { nodes { id title } pageInfo { hasNextPage } }
  }`,
  'the newest conversations': `{
    conversations(orderBy: [LAST_MESSAGE_AT_DESC], first: 20) { nodes { id title lastMessageAt unreadCount } pageInfo { hasNextPage endCursor } }
  }`,
  'conversations with their messages': `{
    conversations(first: 20) {
      nodes { id owner { id } messages(last: 3) { totalCount nodes { content author { id } parent { id } replies(first: 1) { nodes { id } } } } }
    }
  }`,
  'messages with what belongs to them': `{
    conversations(first: 20) {
      nodes {
        messages(last: 3) {
          nodes { clientId toolCalls { nodes { name } } citations { nodes { rank } } feedback { nodes { rating } } images { nodes { id } } files { id } }
        }
      }
    }
  }`,
};

/** Pages of a conversation of any length, stored and packed. */
const PAGES = [
  'last: 20',
  'first: 20',
  'first: 20, orderBy: [PRIMARY_KEY_DESC]',
  'last: 20, before: $middle',
  'first: 20, after: $middle',
  'last: 20, filter: $none',
];

describeReal('what a request costs', () => {
  let api: TestApi;
  let meter: Meter;
  const accounts: (Account & Filled)[] = [];
  let runs = 0;

  beforeAll(async () => {
    const database = serverDatabase((await createTestDatabase()).url);
    await database.pool('admin').query('select * from app_hidden.ensure_partitions(6)');
    meter = openMeter(database.url('authenticator'));
    api = await startTestApi({
      database,
      pool: meter.pool,
      embedQuery: async () => new Float32Array(axis(0)),
      recording: { interval: 3_600_000 },
    });
    const small = { ...(await register(api, 'small@example.org')), ...SMALL };
    const large = { ...(await register(api, 'large@example.org')), ...LARGE };
    const filled = await fill(database.pool('owner'), [small, large], 20);
    for (const [index, account] of [small, large].entries()) {
      accounts.push({ ...account, ...filled[index]! });
      const { errors } = await api.ask(
        'mutation ($id: UUID!) { archiveConversation(input: { conversationId: $id }) { conversation { id } } }',
        { id: filled[index]!.packed },
        { token: account.token },
      );
      expect(errors).toEqual([]);
    }
  });
  afterAll(() => api?.close());

  /** Asks both, once to warm what is warm in a server that runs, and once to count. */
  async function costs(text: string, variables: (account: Filled) => object): Promise<[Cost, Cost]> {
    const found: Cost[] = [];
    for (const counts of [false, true]) {
      for (const account of accounts) {
        runs += 1;
        // what may be written once only
        const fresh = text
          .replace('"q1"', `"q${runs}"`)
          .replace(/"\w+@example.org"/, `"a${runs}@example.org"`);
        const cost = await meter.during(async () => {
          const { errors } = await api.ask(fresh, variables(account), { token: account.token });
          expect(errors).toEqual([]);
        });
        if (counts) found.push(cost);
      }
    }
    return found as [Cost, Cost];
  }

  async function expectFlat(
    text: string,
    variables: (account: Filled) => object = () => ({}),
  ): Promise<void> {
    const [small, large] = await costs(text, variables);
    expect(large.statements.map((one) => one.text)).toEqual(small.statements.map((one) => one.text));
    const growing = (one: { text: string }) => GROWS.find(({ statement }) => statement.test(one.text));
    for (const [index, one] of large.statements.entries()) {
      const factor = growing(one)?.factor;
      const before = small.statements[index]!.buffers;
      if (factor !== undefined) expect(one.buffers, one.text).toBeLessThanOrEqual(factor * before);
    }
    const rest = (cost: Cost) => cost.statements.filter((one) => !growing(one));
    const all = rest(large).map(({ buffers, text: statement }) => `${buffers}: ${statement}`);
    expect(total(rest(large)), all.join('\n\n')).toBeLessThanOrEqual(allowed(total(rest(small))));
  }

  const documented = documentedOperations();

  it('is known of every operation that the documentation shows', () => {
    const names = (where: string) => documented.filter((one) => one.where === where).map((one) => one.name);
    expect(names('docs/api.md')).toEqual(
      expect.arrayContaining(['conversation', 'search', 'createDocument', 'indexingProgress']),
    );
    expect(names('npm start')).toHaveLength(3);
    expect(names('GraphiQL')).toHaveLength(4);
  });

  it.each(documented)(
    'does not grow with the workspace: $name of $where',
    async ({ text }: DocumentedOperation) => {
      await expectFlat(text, ({ conversation, file }) => ({ conversation, id: file }));
    },
  );

  it.each(Object.entries(FURTHER))('does not grow with the workspace: %s', async (_name, text) => {
    await expectFlat(text);
  });

  describe.each(['conversation', 'packed'] as const)('of a page of a %s', (which) => {
    it.each(PAGES)('does not grow with what it is a page of: messages(%s)', async (args) => {
      const middles = new Map<string, string>();
      for (const account of accounts) {
        const { data } = await api.ask(
          'query ($id: UUID!) { conversation(id: $id) { messages(first: 100) { pageInfo { endCursor } } } }',
          { id: account[which] },
          { token: account.token },
        );
        middles.set(account[which], data.conversation.messages.pageInfo.endCursor);
      }
      const declared = [
        '$id: UUID!',
        ...(args.includes('$middle') ? ['$middle: Cursor'] : []),
        ...(args.includes('$none') ? ['$none: MessageFilter'] : []),
      ];
      await expectFlat(
        `query (${declared.join(', ')}) {
          conversation(id: $id) { messages(${args}) { totalCount nodes { id content } pageInfo { hasNextPage hasPreviousPage } } }
        }`,
        (account) => ({ id: account[which], middle: middles.get(account[which]) }),
      );
    });
  });

  it('is a transaction for what is read at the same time, also when a part of it fails', async () => {
    const [account] = accounts;
    const ask = (text: string) => api.ask(text, {}, { token: account!.token });
    const four =
      '{ a: documents(first: 1) { nodes { id } } b: memoryItems(first: 1) { nodes { id } } c: tags { nodes { id } } d: files { nodes { id } } }';
    await ask(four);
    // authentication; settings and the four
    expect((await meter.waits(() => ask(four))).trips).toBe(2);
    // authentication; settings and the change
    const change = 'mutation { remember(input: { content: "I like tea." }) { memoryItem { id } } }';
    expect((await meter.waits(() => ask(change))).trips).toBe(2);
    const { data, errors } = await ask(
      `{ a: documents(first: 1) { nodes { id } } b: search(query: "tea", mode: TEXT, threshold: 2) { returned }
         c: memoryItems(first: 1) { nodes { id } } }`,
    );
    expect(errors.map((error) => [error.path, error.extensions.code])).toEqual([[['b'], 'CQ200']]);
    expect(data).toMatchObject({ a: { nodes: { length: 1 } }, b: null, c: { nodes: { length: 1 } } });
  });

  it.each(Object.entries(OPERATIONS))(
    'waits for the database as often as is said: %s',
    async (_name, operation) => {
      const { document, variables, trips } = operation;
      for (const { token, conversation } of accounts) {
        const ask = async () => {
          runs += 1;
          const { errors } = await api.ask(
            document,
            variables({ conversation, text: `strong tea ${runs}` }),
            { token },
          );
          expect(errors).toEqual([]);
        };
        // the first one prepares what the later ones have
        await ask();
        const waits = await meter.waits(ask);
        // authentication is one more, over a connection that it gives back
        expect(waits.trips - 1).toBeLessThanOrEqual(trips);
        expect(waits.connections).toBeLessThanOrEqual(2);
      }
    },
  );

  it('is known of lookups in the shape that is expected of them', async () => {
    const [, large] = await costs(FURTHER['from results to what they are pieces of']!, () => ({}));
    const lookups = large.statements.filter((one) => /_array_elements|as ids/.test(one.text));
    expect(lookups.length).toBeGreaterThanOrEqual(5);
    for (const { text } of lookups)
      expect(text).toMatch(/with ordinality as ids offset 0\) as .*\n(?:limit|offset) \d+\) as \S+;$/s);
  });
});
