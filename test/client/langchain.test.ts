import { Document } from '@langchain/core/documents';
import { index, RecordManager } from '@langchain/core/indexing';
import { AIMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatPromptTemplate, MessagesPlaceholder } from '@langchain/core/prompts';
import { RunnableWithMessageHistory } from '@langchain/core/runnables';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Client,
  createClient,
  DocumentsOfSourcesDocument,
  PostMessageDocument,
  shownMessages,
} from '../../client/index.ts';
import { ColloquyChatMessageHistory, ColloquyVectorStore } from '../../client/langchain.ts';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { axis, register, startTestApi, type TestApi } from '../api/support.ts';
import { describeReal } from '../support/server.ts';
import { refusal } from './support.ts';

/** What the framework's index() has written, by the ids that it gives. */
class Records extends RecordManager {
  override lc_namespace = ['test'];
  readonly #known = new Map<string, { at: number; group: string | null }>();
  override async createSchema() {}
  getTime = async () => performance.now();
  async update(
    keys: string[],
    { groupIds, timeAtLeast }: { groupIds?: (string | null)[]; timeAtLeast?: number } = {},
  ) {
    const at = Math.max(await this.getTime(), timeAtLeast ?? 0);
    for (const [place, key] of keys.entries()) this.#known.set(key, { at, group: groupIds?.[place] ?? null });
  }
  exists = async (keys: string[]) => keys.map((key) => this.#known.has(key));
  listKeys = async ({ before, groupIds }: { before?: number; groupIds?: (string | null)[] } = {}) =>
    [...this.#known]
      .filter(
        ([, { at, group }]) =>
          (before === undefined || at < before) && (!groupIds || groupIds.includes(group)),
      )
      .map(([key]) => key);
  async deleteKeys(keys: string[]) {
    for (const key of keys) this.#known.delete(key);
  }
}

describeReal('LangChain', () => {
  let api: TestApi;
  let worker: Worker;
  let client: Client;
  let bob: Client;

  beforeAll(async () => {
    api = await startTestApi({ embedQuery: async () => new Float32Array(axis(0)) });
    worker = await startWorker({ pool: api.database.pool('worker'), pollingIntervalSeconds: 0.5 });
    client = createClient({ url: api.api.url, token: (await register(api, 'ada@example.org')).token });
    bob = createClient({ url: api.api.url, token: (await register(api, 'bob@example.org')).token });
  });
  afterAll(async () => {
    await worker?.stop();
    await api?.close();
  });

  const texts = (documents: Document[]) => documents.map(({ pageContent }) => pageContent);

  it('adds, finds, updates and deletes documents', async () => {
    const store = new ColloquyVectorStore({ client, mode: 'TEXT' });
    const documents = [
      new Document({
        pageContent: 'Assam is strong and malty.',
        metadata: { title: 'Assam', shelf: 1, tags: ['black'] },
      }),
      new Document({ pageContent: 'Darjeeling is light and flowery.', metadata: { shelf: 2 } }),
      new Document({ pageContent: 'Rooibos is strong, and no tea.', metadata: { shelf: 1 }, id: 'own/é' }),
    ];
    const ids = await store.addDocuments(documents, { ids: ['a', 'd'] });
    expect(ids).toEqual(['a', 'd', 'own/é']);
    await store.indexed();
    const [best, ...others] = await store.similaritySearchWithScore('malty and strong', 5);
    expect(best![0]).toMatchObject({
      pageContent: 'Assam is strong and malty.',
      id: 'a',
      metadata: documents[0]!.metadata,
    });
    expect(best![0].metadata.colloquy).toMatchObject({
      title: 'Assam',
      sourceType: 'DOCUMENT',
      chunkId: expect.any(String),
    });
    expect(others.map(([{ id }]) => id)).toEqual(['own/é']);
    expect(best![1]).toBeGreaterThan(others[0]![1]);
    expect(texts(await store.similaritySearch('strong', 1, { metadata: { shelf: 2 } }))).toEqual([]);
    expect(
      texts(await store.asRetriever({ k: 1, filter: { metadata: { shelf: 2 } } }).invoke('light')),
    ).toEqual(['Darjeeling is light and flowery.']);
    // the same ones again, and one that changed
    await store.addDocuments([documents[0]!, new Document({ pageContent: 'Darjeeling is muscatel.' })], {
      ids: ['a', 'd'],
    });
    await store.indexed();
    expect(texts(await store.similaritySearch('flowery'))).toEqual([]);
    expect(texts(await store.similaritySearch('muscatel'))).toEqual(['Darjeeling is muscatel.']);

    const { rows } = await api.database
      .pool('owner')
      .query(
        `select e.embedding::text as vector from app_public.embeddings e join app_public.chunks c on c.id = e.chunk_id where c.content = $1`,
        ['Assam is strong and malty.'],
      );
    const near = await store.similaritySearchVectorWithScore(JSON.parse(rows[0].vector), 1);
    expect(near[0]![0].id).toBe('a');
    expect(near[0]![1]).toBeCloseTo(1, 2);
    await expect(store.addVectors()).rejects.toThrow('The server embeds');
    await expect(store.asRetriever({ searchType: 'mmr' }).invoke('tea')).rejects.toThrow('does not support');

    const his = new ColloquyVectorStore({ client: bob, mode: 'TEXT' });
    expect(await his.similaritySearch('strong')).toEqual([]);
    const { documents: found } = await client.request(DocumentsOfSourcesDocument, {
      sources: ['urn:langchain:a'],
      ids: [],
    });
    await his.delete({ ids: ['a', found!.nodes[0]!.id] });
    expect(texts(await store.similaritySearch('malty'))).toEqual(['Assam is strong and malty.']);
    await store.delete({ ids: ['a', 'nothing'] });
    expect(texts(await store.similaritySearch('malty'))).toEqual([]);
    const visitor = new ColloquyVectorStore({ client: createClient({ url: api.api.url }) });
    expect((await refusal(visitor.addDocuments(documents))).code).toBe('CQ101');
  });

  it("is kept in step by the framework's index(), and made of texts", async () => {
    const store = await ColloquyVectorStore.fromTexts(
      ['Yerba mate is bitter.'],
      [{ source: 'mate' }],
      undefined,
      { client, mode: 'TEXT' },
    );
    const records = new Records();
    const load = (docs: string[]) =>
      docs.map((pageContent) => new Document({ pageContent, metadata: { source: 'herbs' } }));
    const options = { cleanup: 'incremental' as const, sourceIdKey: 'source' };
    const run = (docs: string[]) =>
      index({ docsSource: load(docs), recordManager: records, vectorStore: store, options });
    expect(await run(['Mint is fresh.', 'Sage is dry.'])).toMatchObject({
      numAdded: 2,
      numDeleted: 0,
      numSkipped: 0,
    });
    expect(await run(['Mint is fresh.', 'Thyme is warm.'])).toMatchObject({
      numAdded: 1,
      numDeleted: 1,
      numSkipped: 1,
    });
    await store.indexed();
    expect(texts(await store.similaritySearch('mint sage thyme bitter', 10)).sort()).toEqual([
      'Mint is fresh.',
      'Thyme is warm.',
      'Yerba mate is bitter.',
    ]);
  });

  it('keeps the messages of a chat as they were', async () => {
    const history = new ColloquyChatMessageHistory(client);
    expect(await history.getMessages()).toEqual([]);
    const messages = [
      new SystemMessage('Be brief.'),
      new HumanMessage({
        content: [
          { type: 'text', text: 'Which tea?' },
          { type: 'image_url', image_url: 'https://example.org/a.png' },
        ],
        id: 'h',
      }),
      new AIMessage({
        content: '',
        tool_calls: [{ name: 'stock', args: { tea: 'Assam' }, id: 'c1', type: 'tool_call' }],
      }),
      new ToolMessage({ content: '{"grams":250}', tool_call_id: 'c1', status: 'success' }),
      new AIMessage({
        content: 'Assam.',
        response_metadata: { model_name: 'm' },
        usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      }),
      new ChatMessage('hm', 'critic'),
    ];
    await history.addMessages(messages);
    const read = await history.getMessages();
    expect(read.map((message) => message.toDict())).toEqual(messages.map((message) => message.toDict()));
    const conversation = history.conversation!;
    const stored = await shownMessages(client, conversation);
    expect(stored.map(({ role, content }) => [role, content])).toEqual([
      ['SYSTEM', 'Be brief.'],
      ['USER', 'Which tea?'],
      ['ASSISTANT', ''],
      ['TOOL', '{"grams":250}'],
      ['ASSISTANT', 'Assam.'],
      ['USER', 'hm'],
    ]);
    // what came from elsewhere
    await client.request(PostMessageDocument, { conversation, content: 'And milk?' });
    await client.request(PostMessageDocument, { conversation, role: 'TOOL', content: '{}' });
    const again = await new ColloquyChatMessageHistory(client, { conversation }).getMessages();
    expect(again.slice(6).map((message) => [message.getType(), message.text])).toEqual([
      ['human', 'And milk?'],
      ['tool', '{}'],
    ]);
    const foreign = new ColloquyChatMessageHistory(bob, { conversation });
    expect(await foreign.getMessages()).toEqual([]);
    expect((await refusal(foreign.addUserMessage('hello'))).code).toBe('CQ204');
    await history.clear();
    expect([history.conversation, await history.getMessages()]).toEqual([undefined, []]);
    expect(await shownMessages(client, conversation)).toEqual([]);
  });

  it('is what RunnableWithMessageHistory remembers with', async () => {
    const history = new ColloquyChatMessageHistory(client);
    const prompt = ChatPromptTemplate.fromMessages([
      new MessagesPlaceholder('history'),
      ['human', '{input}'],
    ]);
    const chain = new RunnableWithMessageHistory({
      runnable: prompt.pipe(new FakeListChatModel({ responses: ['Assam.', 'Ceylon.'] })),
      getMessageHistory: () => history,
      inputMessagesKey: 'input',
      historyMessagesKey: 'history',
    });
    for (const input of ['Which tea?', 'And then?'])
      await chain.invoke({ input }, { configurable: { sessionId: 's' } });
    const said = await new ColloquyChatMessageHistory(client, {
      conversation: history.conversation,
    }).getMessages();
    expect(said.map((message) => message.text)).toEqual(['Which tea?', 'Assam.', 'And then?', 'Ceylon.']);
    // messages are searched as documents are
    const store = new ColloquyVectorStore({ client, kinds: ['MESSAGE'], mode: 'TEXT' });
    await store.indexed();
    const [found] = await store.similaritySearch('Ceylon');
    expect(found).toMatchObject({
      pageContent: 'Ceylon.',
      metadata: { colloquy: { sourceType: 'MESSAGE', conversationId: history.conversation } },
    });
  });
});
