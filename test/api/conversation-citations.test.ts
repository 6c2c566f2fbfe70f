import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { localStorage } from '../../lib/storage.ts';
import { pdf } from '../support/files.ts';
import { describeReal } from '../support/server.ts';
import { join as joinWorkspace } from '../support/tenants.ts';
import { until } from '../support/users.ts';
import { type AskOptions, codeOf, register, startTestApi, type TestApi } from './support.ts';

const MESSAGE = `id nodeId content role sequenceNumber parts attachments provider model promptTokens completionTokens totalTokens costUsd
  processingTimeMs relevanceScore status metadata createdAt parentId replacesId authorId ownerId workspaceId conversationId`;
const AROUND = `${MESSAGE} parent { ${MESSAGE} parent { id } } conversation { id title messageCount } author { id displayName } owner { id }
  replies(first: 5) { totalCount nodes { ${MESSAGE} parent { content } } pageInfo { hasNextPage startCursor endCursor } }`;
const FEEDBACK =
  'id nodeId messageId userId feedbackType rating comment createdAt updatedAt conversation { title }';
const CITATION =
  'nodeId messageId chunkId rank similarityScore textScore score embeddingVersionId conversation { title }';
const EXPLANATION = `messageId questionId question retrieval chunks {
  chunkId rank similarityScore textScore score embeddingVersionId isAvailable isCurrent sourceType title heading content pageNumber
  startOffset endOffset documentId documentHash conversationId messageId memoryItemId rawEventId madeAt
}`;

/** A page of 300 characters or so: a passage of its own. */
const page = (n: number): string[] =>
  Array.from({ length: 7 }, (_, k) => `Line ${k} of page ${n} speaks of the number ${(n * 31 + k) * 7919}.`);

describeReal('citations and packed conversations, as clients see them', () => {
  let root: string;
  let api: TestApi;
  let worker: Worker;
  let conversation: string;
  let messages: string[];
  let answer: string;
  let nodeId: string;
  let feedback: string;
  let token: string;
  let memo: string;
  const actors: Record<'owner' | 'member' | 'stranger' | 'visitor', AskOptions> = {
    owner: {},
    member: {},
    stranger: {},
    visitor: {},
  };
  type Actor = keyof typeof actors;

  const ask = (query: string, variables: object = {}, actor: Actor = 'owner') =>
    api.ask(query, variables, actors[actor]);
  /** What came back, where nothing may go wrong. */
  const get = async (query: string, variables: object = {}, actor: Actor = 'owner') => {
    const reply = await ask(query, variables, actor);
    expect(reply.errors).toEqual([]);
    return reply.data;
  };
  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;
  const indexed = () =>
    until(
      async () =>
        (await api.database.pool('worker').query('select from app_hidden.find_unindexed()')).rowCount === 0 &&
        // words come first, vectors after them
        (await sql('select from app_hidden.embedding_backlog limit 1')).length === 0,
    );
  /** The chunk that has these words. */
  const chunkOf = async (words: string): Promise<string> =>
    (
      await get(
        'query ($q: String!) { search(query: $q, mode: TEXT, maxResults: 1) { results { chunkId } } }',
        { q: `"${words}"` },
      )
    ).search.results[0].chunkId;
  const explain = async (actor: Actor = 'owner') =>
    (await get(`query ($m: UUID!) { explainAnswer(messageId: $m) { ${EXPLANATION} } }`, { m: answer }, actor))
      .explainAnswer;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'colloquy-citations-'));
    const storage = localStorage(root);
    api = await startTestApi({ storage });
    worker = await startWorker({ pool: api.database.pool('worker'), storage, pollingIntervalSeconds: 0.5 });
    const [ada, eve, bob] = [
      await register(api, 'ada@example.org', 'Ada'),
      await register(api, 'eve@example.org', 'Eve'),
      await register(api, 'bob@example.org', 'Bob'),
    ];
    await joinWorkspace(api.database, { id: eve.userId } as never, ada.workspaceId, 'member');
    actors.owner = { token: ada.token };
    actors.member = { token: eve.token, headers: { 'x-workspace-id': ada.workspaceId } };
    actors.stranger = { token: bob.token };

    const sent = await fetch(`${api.api.url}/files?name=report.pdf&visibility=workspace`, {
      method: 'POST',
      body: pdf([page(1), page(2), page(3)]) as unknown as string,
      headers: { 'content-type': 'application/pdf', authorization: `Bearer ${ada.token}` },
    });
    expect(sent.status).toBe(201);
    await get(
      'mutation ($d: [ImportedDocumentInput!]!) { importDocuments(input: { documents: $d }) { importOutcomes { outcome } } }',
      {
        d: [
          {
            sourceUrl: 'https://example.org/rules',
            title: 'Rules',
            content: 'Reimbursements above 500 euros are signed by Ines.',
            visibility: 'WORKSPACE',
          },
          {
            sourceUrl: 'https://example.org/diary',
            title: 'Diary',
            content: 'A secret walrus lives in the cellar.',
            visibility: 'PRIVATE',
          },
          {
            sourceUrl: 'https://example.org/prices',
            title: 'Prices',
            content: 'The pump costs 5 euros.',
            visibility: 'WORKSPACE',
          },
        ],
      },
    );
    memo = (
      await get(
        'mutation { createDocument(input: { title: "Memo", content: "Lunch is at noon sharp.", visibility: WORKSPACE }) { document { id } } }',
      )
    ).createDocument.document.id;
    await until(
      async () =>
        (await get('{ files { nodes { processingStatus } } }')).files.nodes[0].processingStatus ===
        'COMPLETED',
    );
    await indexed();
    conversation = (
      await get(
        'mutation { startConversation(input: { title: "Talk", visibility: WORKSPACE }) { conversation { id } } }',
      )
    ).startConversation.conversation.id;
    const cited = [];
    for (const words of ['line 6 of page 2', 'signed by Ines', 'secret walrus', 'pump costs', 'noon sharp'])
      cited.push({ chunkId: await chunkOf(words), similarityScore: 0.5, textScore: 0.25, score: 0.125 });
    const post = async (content: string, parentId?: string, actor: Actor = 'owner') =>
      (
        await get(
          'mutation ($c: UUID!, $t: String!, $p: UUID) { postMessage(input: { conversationId: $c, content: $t, parentId: $p }) { message { id } } }',
          { c: conversation, t: content, p: parentId },
          actor,
        )
      ).postMessage.message.id as string;
    await post('hello');
    const turn = await get(
      `mutation ($c: UUID!, $chunks: [CitationInput!]) {
        recordTurn(input: { conversationId: $c, question: "Who signs, and what of the zanzibar beacon?", answer: "Ines signs.", chunks: $chunks, model: "m", provider: "p",
          promptTokens: 5, completionTokens: 7, costUsd: "0.25", latencyMs: 12, relevanceScore: 0.5, metadata: { retrieval: { mode: "hybrid" } },
          toolCalls: [{ name: "look", arguments: { at: 1 }, result: [1, null], status: SUCCEEDED, durationMs: 3 }] }) { messages { id nodeId } }
      }`,
      { c: conversation, chunks: cited },
    );
    answer = turn.recordTurn.messages[1].id;
    nodeId = turn.recordTurn.messages[1].nodeId;
    const branch = await post('and then?', answer, 'member');
    await post('or else?', answer);
    await post('and so on', branch);
    const give = async (message: string, type: string, actor: Actor) =>
      (
        await get(
          `mutation ($m: UUID!) { giveFeedback(input: { messageId: $m, feedbackType: ${type}, rating: 4, comment: "so" }) { messageFeedback { id } } }`,
          { m: message },
          actor,
        )
      ).giveFeedback.messageFeedback.id;
    feedback = await give(answer, 'POSITIVE', 'owner');
    await give(answer, 'NEGATIVE', 'member');
    await give(branch, 'NEUTRAL', 'owner');
    token = (
      await get(
        'mutation ($c: UUID!, $m: UUID!) { shareConversation(input: { conversationId: $c, untilMessageId: $m }) { conversationShareLink { token } } }',
        {
          c: conversation,
          m: answer,
        },
      )
    ).shareConversation.conversationShareLink.token;
    await indexed();
    messages = (
      await get('query ($c: UUID!) { conversation(id: $c) { messages { nodes { id } } } }', {
        c: conversation,
      })
    ).conversation.messages.nodes.map((one: { id: string }) => one.id);
    // what the worker does later must not come between two looks
    await worker.stop();
  });
  afterAll(async () => {
    await worker?.stop();
    await api?.close();
    await rm(root, { recursive: true, force: true });
  });

  /** Everything that a client can ask about the conversation and what belongs to it. */
  const QUERIES: Record<string, string> = {
    'a message': `query ($m: UUID!) { message(id: $m) { ${AROUND} } }`,
    'a node': `query ($n: ID!) { node(nodeId: $n) { nodeId ... on Message { ${AROUND} } } messageByNodeId(nodeId: $n) { ${MESSAGE} parent { id } } }`,
    'a conversation': `query ($c: UUID!, $m: UUID!) { conversation(id: $c) {
      title messageCount positiveFeedback negativeFeedback totalTokensUsed totalCostUsd lastMessageId avgResponseTimeMs
      messages(first: 10) { totalCount nodes { ${MESSAGE} parent { id content } replies(first: 5) { totalCount nodes { id content } } } }
      feedback { totalCount nodes { ${FEEDBACK} } }
      narrowed: feedback(filter: { messageId: { equalTo: $m } }) { totalCount nodes { id } }
      citations { totalCount nodes { ${CITATION} } pageInfo { startCursor endCursor } }
      first: citations(first: 2, orderBy: PRIMARY_KEY_DESC) { nodes { chunkId } pageInfo { hasNextPage } }
      toolCalls { totalCount nodes { messageId name arguments result status durationMs } }
      shares { totalCount nodes { untilMessageId } }
    } }`,
    feedback: `query ($f: UUID!, $m: UUID!) { messageFeedback(id: $f) { ${FEEDBACK} }
      messageFeedbacks(filter: { messageId: { equalTo: $m } }) { totalCount nodes { ${FEEDBACK} } } }`,
    citations: `query ($chunk: UUID!, $m: UUID!, $c: UUID!) { messageChunk(messageId: $m, chunkId: $chunk) { ${CITATION} }
      messageChunks(filter: { chunkId: { equalTo: $chunk } }) { totalCount nodes { ${CITATION} } }
      conversationCitations(conversationId: $c) { nodes { ${CITATION} } } conversationFeedback(conversationId: $c) { nodes { ${FEEDBACK} } } }`,
    'an explanation': `query ($m: UUID!) { explainAnswer(messageId: $m) { ${EXPLANATION} } }`,
    'a replay': `query ($m: UUID!) { replayRetrieval(messageId: $m) { messageId embeddingVersionId hasVector path overlap chunks { chunkId citedRank rank title score } } }`,
    'a link': `query ($t: String!) { readSharedConversation(token: $t) { title messages { role content model writtenAt } } }`,
    'a search': `{ ${['zanzibar beacon', 'hello'].map(
      (words, n) => `s${n}: search(query: "${words}", mode: TEXT) {
        results { messageId message { ${MESSAGE} parent { id } replies { totalCount } } }
      }`,
    )} }`,
  };

  async function look(): Promise<Record<string, unknown>> {
    const seen: Record<string, unknown> = {};
    const [{ chunk_id: chunk }] = await sql(
      'select chunk_id from app_public.message_chunks where message_id = $1 and rank = 2',
      answer,
    );
    for (const actor of Object.keys(actors) as Actor[]) {
      for (const [what, query] of Object.entries(QUERIES)) {
        for (const m of what === 'a message' ? messages : [answer]) {
          const all = { m, n: nodeId, c: conversation, f: feedback, chunk, t: token };
          const used = Object.fromEntries(
            Object.entries(all).filter(([name]) => query.includes(`$${name}:`)),
          );
          const reply = await ask(query, used, actor);
          seen[`${what} ${m === answer ? '' : m} for ${actor}`] = {
            data: reply.data,
            errors: reply.errors.map(({ message, path, extensions: { code } }) => ({ message, path, code })),
          };
        }
      }
    }
    return seen;
  }
  const tier = async () =>
    (await sql('select storage_tier as tier from app_public.conversations where id = $1', conversation))[0]
      .tier;
  const change = (name: string) =>
    get(`mutation ($c: UUID!) { ${name}(input: { conversationId: $c }) { conversation { id } } }`, {
      c: conversation,
    });

  it('cites the page of a PDF, and for each reader what that one may read', async () => {
    const own = await explain();
    expect(own).toMatchObject({
      questionId: messages[1],
      question: 'Who signs, and what of the zanzibar beacon?',
      retrieval: { mode: 'hybrid' },
      chunks: [
        {
          rank: 1,
          pageNumber: 2,
          isAvailable: true,
          isCurrent: true,
          sourceType: 'DOCUMENT',
          title: 'report',
        },
        {
          title: 'Rules',
          heading: 'Rules',
          content: 'Reimbursements above 500 euros are signed by Ines.',
          startOffset: 0,
          pageNumber: null,
        },
        { title: 'Diary', content: 'A secret walrus lives in the cellar.' },
        { title: 'Prices', content: 'The pump costs 5 euros.' },
        { title: 'Memo', content: 'Lunch is at noon sharp.', documentId: memo },
      ],
    });
    expect(own.chunks[0].content).toContain('Line 6 of page 2');
    const { document } = await get('query ($d: UUID!) { document(id: $d) { content contentHash } }', {
      d: own.chunks[0].documentId,
    });
    expect(own.chunks[0].documentHash).toBe(document.contentHash);
    expect(document.content.slice(own.chunks[0].startOffset, own.chunks[0].endOffset)).toBe(
      own.chunks[0].content,
    );
    const theirs = await explain('member');
    expect(theirs.chunks[2]).toMatchObject({
      rank: 3,
      isAvailable: false,
      isCurrent: null,
      content: null,
      title: null,
      documentId: null,
      documentHash: null,
    });
    expect({ ...theirs, chunks: theirs.chunks.toSpliced(2, 1) }).toEqual({
      ...own,
      chunks: own.chunks.toSpliced(2, 1),
    });
    for (const actor of ['stranger', 'visitor'] as const)
      expect(codeOf(await ask(QUERIES['an explanation']!, { m: answer }, actor))).toMatch(
        /^CQ(204|102|101|103)$/,
      );
  });

  it('answers every question about a packed conversation as before, and leaves it packed', async () => {
    const hot = await look();
    // the questions are good ones
    const text = JSON.stringify(hot);
    for (const said of [
      'and then?',
      'NEGATIVE',
      'look',
      'signed by Ines',
      '"hasVector":true',
      '"sequenceNumber":6',
    ])
      expect(text.includes(said), said).toBe(true);
    expect(JSON.stringify(hot['a search  for member'])).toContain('"content":"hello"');
    const errors = (seen: Record<string, unknown>, actor: Actor) =>
      Object.entries(seen).filter(
        ([name, one]) => name.endsWith(actor) && (one as { errors: unknown[] }).errors.length > 0,
      ).length;
    expect(errors(hot, 'owner')).toBe(0);
    expect(errors(hot, 'member')).toBe(0);
    for (const actor of ['stranger', 'visitor'])
      for (const [name, one] of Object.entries(hot))
        if (name.endsWith(actor) && !name.startsWith('a link'))
          expect(JSON.stringify((one as { data: unknown }).data ?? null), name).not.toMatch(
            /Ines|zanzibar|hello|walrus/,
          );

    await change('archiveConversation');
    expect(await sql('select from app_public.messages where conversation_id = $1', conversation)).toEqual([]);
    expect(await look()).toEqual(hot);
    expect(await tier()).toBe('warm');
    await api.database.pool('worker').query(`select app_hidden.compress_old_conversations('0')`);
    expect(await look()).toEqual(hot);
    expect(await tier()).toBe('cold');
    await change('restoreConversation');
    expect(await look()).toEqual(hot);
  });

  it('keeps the evidence through an edit, a new import and a deletion, also while it is packed', async () => {
    const before = await explain();
    await change('archiveConversation');
    await get(
      'mutation ($d: UUID!) { updateDocument(input: { id: $d, patch: { content: "Reimbursements are signed by Otto." } }) { document { id } } }',
      { d: before.chunks[1].documentId },
    );
    await get(
      'mutation ($d: [ImportedDocumentInput!]!) { importDocuments(input: { documents: $d }) { importOutcomes { outcome } } }',
      {
        d: [
          { sourceUrl: 'https://example.org/prices', title: 'Prices', content: 'The pump costs 700 euros.' },
        ],
      },
    );
    await get('mutation ($d: UUID!) { deleteDocument(input: { id: $d }) { document { id } } }', { d: memo });
    worker = await startWorker({
      pool: api.database.pool('worker'),
      storage: localStorage(root),
      pollingIntervalSeconds: 0.5,
    });
    await indexed();
    await worker.stop();
    const stale = (chunks: { title: string }[]) =>
      chunks.map((one) =>
        ['Rules', 'Prices', 'Memo'].includes(one.title) ? { ...one, isCurrent: false } : one,
      );
    const packed = await explain();
    expect(packed).toEqual({ ...before, chunks: stale(before.chunks) });
    const theirs = await explain('member');
    expect(theirs.chunks.map((one: { content: string }) => one.content)).toEqual(
      before.chunks.map((one: { content: string }, at: number) => (at === 2 ? null : one.content)),
    );
    expect(await tier()).toBe('warm');
    // what was shared, and is private now, is not for others any more
    await get(
      'mutation ($d: UUID!) { updateDocument(input: { id: $d, patch: { visibility: PRIVATE } }) { document { id } } }',
      {
        d: before.chunks[3].documentId,
      },
    );
    expect((await explain('member')).chunks[3]).toMatchObject({
      isAvailable: false,
      content: null,
      documentId: null,
    });
    expect((await explain()).chunks[3]).toEqual(packed.chunks[3]);
    await change('restoreConversation');
    expect(await explain()).toEqual(packed);
  });

  it('takes feedback on a packed message, which brings the conversation back, and gives it back', async () => {
    await change('archiveConversation');
    const given = await get(
      `mutation ($m: UUID!) { giveFeedback(input: { messageId: $m, feedbackType: POSITIVE, rating: 5 }) { messageFeedback { ${FEEDBACK} } } }`,
      { m: messages[0] },
      'member',
    );
    expect(given.giveFeedback.messageFeedback).toMatchObject({ messageId: messages[0], rating: 5 });
    expect(await tier()).toBe('hot');
    await change('archiveConversation');
    const withdrawn = await get(
      'mutation ($m: UUID!) { withdrawFeedback(input: { messageId: $m }) { messageFeedback { rating } } }',
      { m: messages[0] },
      'member',
    );
    expect(withdrawn.withdrawFeedback.messageFeedback.rating).toBe(5);
    await change('archiveConversation');
    for (const [actor, code] of [
      ['stranger', /^CQ204$/],
      ['visitor', /^CQ1/],
    ] as const)
      expect(
        codeOf(
          await ask(
            'mutation ($m: UUID!) { giveFeedback(input: { messageId: $m, feedbackType: POSITIVE }) { messageFeedback { id } } }',
            { m: messages[0] },
            actor,
          ),
        ),
      ).toMatch(code);
    expect(await tier()).toBe('warm');
  });
});
