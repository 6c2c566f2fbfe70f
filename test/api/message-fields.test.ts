import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { indexAll } from '../support/tenants.ts';
import { type Account, codeOf, poolOfOne, register, startTestApi, type TestApi } from './support.ts';

describeReal('what belongs to a message', () => {
  let api: TestApi;
  let ada: Account;
  let conversation: string;
  let answer: string;
  let question: string;
  let file: string;
  const statements: string[] = [];

  beforeAll(async () => {
    const first = await startTestApi();
    await first.api.close();
    const pool = poolOfOne(first.database);
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      client.query = ((...args: [{ text?: string }]) => {
        if (args[0].text) statements.push(args[0].text);
        return query(...args);
      }) as typeof client.query;
    });
    api = await startTestApi({ database: first.database, pool });
    ada = await register(api, 'ada@example.org');
    await ask(
      'mutation { createDocument(input: { title: "Zebras", content: "zebras have stripes" }) { document { id } } }',
    );
    await ask(
      'mutation { createDocument(input: { title: "Lions", content: "lions have none" }) { document { id } } }',
    );
    await indexAll(api.database);
    const chunks = (
      await api.database.pool('owner').query('select id from app_public.chunks order by content')
    ).rows as { id: string }[];
    const uploaded = await api.database.pool('owner').query(
      `insert into app_public.files (workspace_id, owner_id, original_name, mime_type, byte_size, sha256)
       values ($1, $2, 'a.txt', 'text/plain', 1, sha256('a')) returning id`,
      [ada.workspaceId, ada.userId],
    );
    file = uploaded.rows[0].id;
    conversation = (await ask('mutation { startConversation(input: {}) { conversation { id } } }')).data
      .startConversation.conversation.id;
    const turn = await ask(
      `mutation ($c: UUID!, $chunks: [CitationInput!], $calls: [CalledToolInput!]) {
        recordTurn(input: { conversationId: $c, question: "Why?", answer: "Because.", chunks: $chunks, toolCalls: $calls }) { messages { id } } }`,
      {
        c: conversation,
        chunks: chunks.toReversed().map(({ id }) => ({ chunkId: id })),
        calls: [{ name: 'one' }, { name: 'two' }],
      },
    );
    [question, answer] = turn.data.recordTurn.messages.map(({ id }: { id: string }) => id);
    for (const [id, type] of [
      [answer, 'POSITIVE'],
      [question, 'NEUTRAL'],
    ])
      await ask(
        `mutation { giveFeedback(input: { messageId: "${id}", feedbackType: ${type} }) { messageFeedback { id } } }`,
      );
    await ask(
      `mutation ($c: UUID!, $p: UUID!, $a: JSON) { postMessage(input: { conversationId: $c, parentId: $p, content: "And?", attachments: $a }) { message { id } } }`,
      { c: conversation, p: answer, a: [{ fileId: file, name: 'a.txt' }, { fileId: 'none' }] },
    );
    // enough of them, that a statement for each would be seen
    for (let i = 0; i < 5; i++)
      await ask(
        `mutation ($c: UUID!) { recordTurn(input: { conversationId: $c, question: "q${i}", answer: "a${i}", toolCalls: [{name: "look"}] }) { messages { id } } }`,
        { c: conversation },
      );
    await indexAll(api.database);
  });
  afterAll(() => api?.close());

  const ask = (query: string, variables: object = {}, token = ada.token) =>
    api.ask(query, variables, { token });
  const FIELDS = `role content status
    toolCalls { totalCount nodes { name status message { id } } }
    citations { nodes { rank chunkId message { content } } pageInfo { endCursor } }
    feedback { nodes { feedbackType message { id } } }
    files { id originalName }
    replies { nodes { content } }
    parent { content }`;
  const page = `query ($c: UUID!) { conversation(id: $c) { messages(first: 50) { nodes { ${FIELDS} } } } }`;
  const single = `query ($m: UUID!) { message(id: $m) { ${FIELDS} } explainAnswer(messageId: $m) { question chunks { rank title content } } }`;
  const look = async () => {
    const [all, one] = [await ask(page, { c: conversation }), await ask(single, { m: answer })];
    expect([all.errors, one.errors]).toEqual([[], []]);
    return { all: all.data, one: one.data };
  };

  it('is there, in one statement for each kind, and the same when the conversation is packed', async () => {
    const live = await look();
    expect(live.one.message).toMatchObject({
      content: 'Because.',
      toolCalls: {
        totalCount: 2,
        nodes: [{ name: 'one', status: 'SUCCEEDED', message: { id: answer } }, { name: 'two' }],
      },
      citations: { nodes: [{ rank: 1, message: { content: 'Because.' } }, { rank: 2 }] },
      feedback: { nodes: [{ feedbackType: 'POSITIVE' }] },
      files: [],
      replies: { nodes: [{ content: 'And?' }] },
    });
    expect(live.one.explainAnswer.chunks).toHaveLength(2);
    const { nodes } = live.all.conversation.messages;
    expect(nodes).toHaveLength(13);
    expect(nodes[2].files).toEqual([{ id: file, originalName: 'a.txt' }]);
    expect(nodes[0].feedback.nodes).toMatchObject([{ feedbackType: 'NEUTRAL' }]);
    statements.length = 0;
    await ask(page, { c: conversation });
    const reads = statements.filter((text) => /__|from app_/.test(text) && !text.includes('authenticate'));
    // conversation, messages, and of these: calls with their number, citations, feedback, files, replies, parents; and messages of three of them
    expect(reads.length).toBeLessThanOrEqual(12);

    await ask(
      `mutation ($c: UUID!) { archiveConversation(input: { conversationId: $c }) { conversation { id } } }`,
      { c: conversation },
    );
    expect(await look()).toEqual(live);
    await api.database.pool('worker').query(`select app_hidden.compress_old_conversations('0')`);
    const tier = () =>
      api.database
        .pool('owner')
        .query('select storage_tier from app_public.conversations where id = $1', [conversation]);
    expect((await tier()).rows).toEqual([{ storage_tier: 'cold' }]);
    expect(await look()).toEqual(live);
    expect((await tier()).rows).toEqual([{ storage_tier: 'cold' }]);
  });

  it('is for those who read the conversation, and feedback for who gave it', async () => {
    const bob = await register(api, 'bob@example.org');
    expect((await ask(`{ message(id: "${answer}") { content } }`, {}, bob.token)).data.message).toBeNull();
    expect(codeOf(await ask(`{ explainAnswer(messageId: "${answer}") { question } }`, {}, bob.token))).toBe(
      'CQ204',
    );
    const others = await ask(`{ toolCalls { totalCount } messageChunks { totalCount } }`, {}, bob.token);
    if (others.errors.length === 0)
      expect(Object.values(others.data)).toEqual([{ totalCount: 0 }, { totalCount: 0 }]);
  });

  it('is told which field is missing', async () => {
    for (const [fields, missing] of [
      ['', 'messageId'],
      [`messageId: "${answer}"`, 'feedbackType'],
    ]) {
      const reply = await ask(`mutation { giveFeedback(input: { ${fields} }) { messageFeedback { id } } }`);
      expect(reply.errors[0]!.message).toContain(missing);
      expect(codeOf(reply)).toMatch(/^CQ(200|400)$/);
    }
  });

  it('is saved as a list through the API, and refused with an other key by code', async () => {
    const id = (await ask('mutation { startConversation(input: {}) { conversation { id } } }')).data
      .startConversation.conversation.id;
    const save = (text: string) =>
      ask(
        `mutation ($c: UUID!, $parts: JSON) { saveMessages(input: { conversationId: $c, messages: [
          { clientId: "msg-1", role: USER, content: "Which tea?" }, { clientId: "msg-2", role: ASSISTANT, parts: $parts }
        ] }) { messages { clientId content parent { clientId } } } }`,
        { c: id, parts: [{ type: 'text', text }] },
      );
    for (const text of ['Assam.', 'Assam.', 'Darjeeling.']) {
      const { data, errors } = await save(text);
      expect(errors).toEqual([]);
      expect(data.saveMessages.messages).toEqual([
        { clientId: 'msg-1', content: 'Which tea?', parent: null },
        { clientId: 'msg-2', content: text, parent: { clientId: 'msg-1' } },
      ]);
    }
    const { data } = await ask(
      `query ($c: UUID!) { conversation(id: $c) { messages { nodes { clientId content replies { totalCount } } } } }`,
      { c: id },
    );
    expect(data.conversation.messages.nodes).toEqual([
      { clientId: 'msg-1', content: 'Which tea?', replies: { totalCount: 2 } },
      { clientId: 'msg-2', content: 'Assam.', replies: { totalCount: 0 } },
      { clientId: 'msg-2', content: 'Darjeeling.', replies: { totalCount: 0 } },
    ]);
    const say = (content: string) =>
      ask(
        `mutation ($c: UUID!, $content: String!) { postMessage(input: { conversationId: $c, content: $content, idempotencyKey: "k" }) { message { id } } }`,
        { c: id, content },
      );
    expect((await say('one')).errors).toEqual([]);
    expect(codeOf(await say('two'))).toBe('CQ810');
  });
});
