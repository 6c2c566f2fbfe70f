import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestSettings } from '../../api/authentication.ts';
import { describeReal } from '../support/server.ts';
import { type Account, poolOfOne, register, startTestApi, type TestApi } from './support.ts';

describeReal('messages of a conversation', () => {
  let api: TestApi;
  let ada: Account;
  let conversationId: string;
  const statements: { text: string; values: unknown[] }[] = [];

  beforeAll(async () => {
    const first = await startTestApi();
    await first.database.pool('admin').query('select * from app_hidden.ensure_partitions(6)');
    await first.api.close();
    const pool = poolOfOne(first.database);
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      client.query = ((...args: [{ text?: string; values?: unknown[] }]) => {
        const { text, values } = args[0];
        if (text?.includes('"messages"')) statements.push({ text, values: values ?? [] });
        return query(...args);
      }) as typeof client.query;
    });
    api = await startTestApi({ database: first.database, pool });
    ada = await register(api, 'ada@example.org');
    const { data } = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      { token: ada.token },
    );
    conversationId = data.startConversation.conversation.id;
    for (let i = 1; i <= 7; i++) {
      await api.ask(
        `mutation { postMessage(input: { conversationId: "${conversationId}", content: "message ${i}" }) { message { id } } }`,
        {},
        { token: ada.token },
      );
    }
  });
  afterAll(() => api?.close());

  const page = async (args: string) => {
    const { data } = await api.ask(
      `{ conversation(id: "${conversationId}") { messages(${args}) {
        totalCount nodes { content sequenceNumber } pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
      } } }`,
      {},
      { token: ada.token },
    );
    return data.conversation.messages;
  };

  it('gives the newest page with last, in the order they were written, and the ones before it', async () => {
    const newest = await page('last: 3');
    expect(newest.nodes.map((node: { content: string }) => node.content)).toEqual([
      'message 5',
      'message 6',
      'message 7',
    ]);
    expect(newest).toMatchObject({ totalCount: 7, pageInfo: { hasPreviousPage: true, hasNextPage: false } });
    const older = await page(`last: 3, before: "${newest.pageInfo.startCursor}"`);
    expect(older.nodes.map((node: { sequenceNumber: number }) => node.sequenceNumber)).toEqual([2, 3, 4]);
    const oldest = await page('first: 2');
    expect(oldest.nodes.map((node: { sequenceNumber: number }) => node.sequenceNumber)).toEqual([1, 2]);
  });

  it.each(['first: 2', 'last: 2'])(
    'touches only the months the conversation lives in: messages(%s)',
    async (args) => {
      statements.length = 0;
      await page(args);
      expect(statements.length).toBeGreaterThan(0);
      const client = await api.database.pool('authenticator').connect();
      try {
        await client.query('begin');
        const settings = requestSettings(
          {},
          {
            user_id: ada.userId,
            session_id: ada.userId,
            workspace: ada.workspaceId,
            member_role: 'owner',
            database_role: 'colloquy_user',
          },
        );
        for (const [name, value] of Object.entries(settings))
          await client.query('select set_config($1, $2, true)', [name, value]);
        for (const { text, values } of statements) {
          const explain = `explain (analyze, costs off, timing off, summary off, buffers off) ${text}`;
          const { rows } = await client.query(explain, values);
          const plan = rows.map((row) => row['QUERY PLAN'] as string);
          const touched = plan
            .filter((line) => !line.includes('never executed'))
            .flatMap((line) => /Scan.* on (messages_\w+)/.exec(line)?.[1] ?? []);
          expect(new Set(touched).size, plan.join('\n')).toBe(1);
        }
      } finally {
        await client.query('rollback');
        client.release();
      }
    },
  );

  it('reads a packed conversation with the same pages and cursors, and without restoring it', async () => {
    const look = async () => {
      const newest = await page('last: 3');
      return [
        newest,
        await page(`last: 3, before: "${newest.pageInfo.startCursor}"`),
        await page('first: 2'),
        await page(`first: 100, after: "${newest.pageInfo.startCursor}"`),
        await page('filter: { content: { equalTo: "message 4" } }').catch((error: Error) => error.message),
      ];
    };
    const hot = await look();
    const owner = api.database.pool('owner');
    await owner.query(
      'update app_public.conversations set indexed_sequence_number = last_sequence_number where id = $1',
      [conversationId],
    );
    const change = async (name: string) =>
      (
        await api.ask(
          `mutation { ${name}(input: { conversationId: "${conversationId}" }) { conversation { storageTier } } }`,
          {},
          { token: ada.token },
        )
      ).data[name].conversation.storageTier;
    expect(await change('archiveConversation')).toBe('WARM');
    expect(
      (await owner.query('select from app_public.messages where conversation_id = $1', [conversationId]))
        .rowCount,
    ).toBe(0);
    expect(await look()).toEqual(hot);
    const { data } = await api.ask(
      '{ conversations { nodes { messageCount messages { totalCount nodes { content } } } } }',
      {},
      { token: ada.token },
    );
    expect(data.conversations.nodes[0].messages).toMatchObject({ totalCount: 7, nodes: { length: 7 } });
    expect(
      (await owner.query('select storage_tier from app_public.conversations where id = $1', [conversationId]))
        .rows,
    ).toEqual([{ storage_tier: 'warm' }]);
    expect(await change('restoreConversation')).toBe('HOT');
    expect(await look()).toEqual(hot);
  });

  it('lists the replies to a message', async () => {
    const { data } = await api.ask(
      `{ conversation(id: "${conversationId}") { messages(first: 1) { nodes { id } } } }`,
      {},
      { token: ada.token },
    );
    const parentId = data.conversation.messages.nodes[0].id;
    await api.ask(
      `mutation { postMessage(input: { conversationId: "${conversationId}", content: "reply", parentId: "${parentId}" }) { message { id } } }`,
      {},
      { token: ada.token },
    );
    const reply = await api.ask(
      `{ message(id: "${parentId}") { replies { nodes { content parent { id } } } } }`,
      {},
      { token: ada.token },
    );
    expect(reply.data.message.replies.nodes).toEqual([{ content: 'reply', parent: { id: parentId } }]);
  });
});
