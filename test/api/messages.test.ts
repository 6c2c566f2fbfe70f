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
        if (text?.includes('__messages')) statements.push({ text, values: values ?? [] });
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
    const { data, errors } = await api.ask(
      `query${args.includes('$') ? ' ($filter: MessageFilter)' : ''} { conversation(id: "${conversationId}") { messages(${args}) {
        totalCount nodes { content sequenceNumber } edges { cursor node { id } } pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
      } } }`,
      {},
      { token: ada.token },
    );
    expect(errors, args).toEqual([]);
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

  it.each(['first: 2', 'last: 2', 'first: 2, orderBy: [AUTHOR_ID_ASC]'])(
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
        const scans = async () => {
          const { rows } = await client.query<{ relname: string; scans: string }>(
            `select relname, seq_scan + coalesce(idx_scan, 0) as scans from pg_stat_xact_user_tables
             where schemaname = 'app_partitions' and relname like 'messages%'`,
          );
          return new Map(rows.map((row) => [row.relname, Number(row.scans)]));
        };
        for (const { text, values } of statements) {
          const before = await scans();
          await client.query(text, values);
          const touched = [...(await scans())].filter(([name, count]) => count > (before.get(name) ?? 0));
          expect(touched).toHaveLength(1);
        }
      } finally {
        await client.query('rollback');
        client.release();
      }
    },
  );

  it('reads a packed conversation with the same pages and cursors, and without restoring it', async () => {
    const all = await page('first: 100');
    const [second, fifth] = [all.edges[1], all.edges[4]];
    const backwards = (await page('first: 100, orderBy: [ID_DESC]')).edges;
    const [sixth, third] = [backwards[1], backwards[4]];
    const author = `authorId: { equalTo: "${ada.userId}" }`;
    const nobody = 'authorId: { isNull: true }';
    const look = () =>
      Promise.all(
        [
          'first: 100',
          'last: 3',
          'first: 0',
          `last: 2, before: "${fifth.cursor}"`,
          `first: 2, after: "${second.cursor}"`,
          `first: 100, after: "${second.cursor}", before: "${fifth.cursor}"`,
          `last: 1, after: "${second.cursor}", before: "${fifth.cursor}"`,
          'first: 3, orderBy: [PRIMARY_KEY_DESC]',
          'last: 3, orderBy: [PRIMARY_KEY_DESC]',
          'last: 3, orderBy: [ID_DESC]',
          `first: 2, after: "${sixth.cursor}", orderBy: [ID_DESC]`,
          `last: 2, before: "${third.cursor}", orderBy: [ID_DESC]`,
          `first: 1, after: "${sixth.cursor}", before: "${third.cursor}", orderBy: [ID_DESC]`,
          'last: 3, orderBy: [AUTHOR_ID_ASC]',
          'last: 3, orderBy: []',
          'first: 2, filter: $filter',
          `last: 2, before: "${fifth.cursor}", filter: { ${author} }`,
          `filter: { ${nobody} }`,
          `last: 2, filter: { id: { lessThan: "${fifth.node.id}" } }`,
        ].map((args) => page(args)),
      );
    const hot = await look();
    const numbers = (pages: typeof hot) =>
      pages.map(({ nodes, totalCount }) => [
        totalCount,
        ...nodes.map((node: { sequenceNumber: number }) => node.sequenceNumber),
      ]);
    expect(numbers(hot)).toEqual([
      [7, 1, 2, 3, 4, 5, 6, 7],
      [7, 5, 6, 7],
      [7],
      [7, 3, 4],
      [7, 3, 4],
      [7, 3, 4],
      [7, 4],
      [7, 7, 6, 5],
      [7, 3, 2, 1],
      [7, 3, 2, 1],
      [7, 5, 4],
      [7, 5, 4],
      [7, 5],
      [7, 5, 6, 7],
      [7, 5, 6, 7],
      [7, 1, 2],
      [7, 3, 4],
      [0],
      [4, 3, 4],
    ]);
    const more = (pages: typeof hot) =>
      pages.map(({ pageInfo }) => [pageInfo.hasPreviousPage, pageInfo.hasNextPage]);
    expect(more(hot).slice(0, 6)).toEqual([
      [false, false],
      [true, false],
      [false, false],
      [true, false],
      [false, true],
      [false, false],
    ]);
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
