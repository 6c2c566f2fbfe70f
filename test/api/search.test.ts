import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { said } from '../support/said.ts';
import { describeReal } from '../support/server.ts';
import { indexAll } from '../support/tenants.ts';
import {
  type Account,
  axis,
  codeOf,
  indexDocument,
  register,
  startTestApi,
  type TestApi,
} from './support.ts';

describeReal('search', () => {
  let api: TestApi;
  let ada: Account;
  let documentId: string;
  let embedded: string[] = [];
  let isDown = false;

  beforeAll(async () => {
    api = await startTestApi({
      async embedQuery(text) {
        embedded.push(text);
        if (isDown) throw new Error('The provider is down: secret-host');
        return new Float32Array(text.includes('feline') ? axis(1) : axis(2));
      },
    });
    ada = await register(api, 'ada@example.org');
    ({ documentId } = await indexDocument(api, ada, {
      title: 'Pets',
      content: 'A kitten lies on the rug & sleeps, if its heart is < 3.',
      vector: axis(1),
    }));
    await indexDocument(api, ada, { title: 'Cars', content: 'An engine needs oil.', vector: axis(2) });
  });
  afterAll(() => api?.close());
  beforeEach(() => {
    embedded = [];
    isDown = false;
  });

  const search = (args: string, variables = {}) =>
    api.ask(
      `query ($v: Vector) { search(${args.includes('$v') ? args : `${args}, queryEmbedding: $v`}) {
        requested returned path embeddingVersionId
        results { sourceType title heading snippet score vectorScore textScore documentId document { id title owner { id } } conversation { id } message { id } }
      } }`,
      variables,
      { token: ada.token },
    );

  it('embeds the query itself, and finds by meaning what shares no word', async () => {
    const reply = await search('query: "feline on carpet", maxResults: 1');
    expect(reply.errors).toEqual([]);
    expect(reply.data.search).toMatchObject({ requested: 1, returned: 1, path: 'EXACT' });
    expect(reply.data.search.results[0]).toMatchObject({
      sourceType: 'DOCUMENT',
      title: 'Pets',
      heading: 'Pets',
      vectorScore: 1,
      textScore: null,
      document: { id: documentId, title: 'Pets', owner: { id: ada.userId } },
      conversation: null,
      message: null,
    });
    expect(embedded).toEqual(['feline on carpet']);
  });

  it('finds by words, and marks them in safe HTML', async () => {
    const reply = await search('query: "rug", mode: TEXT');
    expect(reply.data.search.results).toHaveLength(1);
    expect(reply.data.search.results[0].snippet).toContain('on the <mark>rug</mark> &amp; sleeps');
    expect(reply.data.search.path).toBe('NONE');
    expect(embedded).toEqual([]);
  });

  it('embeds a text once, also for requests at the same time', async () => {
    await Promise.all([
      search('query: "feline one"'),
      search('query: "feline one"'),
      search('query: " feline one "'),
    ]);
    await search('query: "feline one", mode: VECTOR');
    expect(embedded).toEqual(['feline one']);
  });

  it('takes the vector of the client instead, as a variable and as a literal', async () => {
    const byVariable = await search('query: "x", mode: VECTOR, maxResults: 1', { v: axis(2) });
    expect(byVariable.data.search.results[0].title).toBe('Cars');
    const byLiteral = await search(
      `query: "x", mode: VECTOR, maxResults: 1, queryEmbedding: [${axis(1).join(',')}] # $v`,
    );
    expect(codeOf(byLiteral)).toBe('CQ400'); // $v is then unused
    const literal = await api.ask(
      `{ search(query: "x", mode: VECTOR, maxResults: 1, queryEmbedding: [${axis(1).join(',')}]) { results { title } } }`,
      {},
      { token: ada.token },
    );
    expect(literal.data.search.results[0].title).toBe('Pets');
    expect(embedded).toEqual([]);
  });

  it.each([
    ['query: "x", maxResults: 101', {}, 'CQ200'],
    ['query: "x", maxResults: 0', {}, 'CQ200'],
    ['query: "x", threshold: 2', {}, 'CQ200'],
    ['query: "  "', {}, 'CQ200'],
    ['query: "x"', { v: [1, 2, 3] }, 'CQ301'],
    ['query: "x"', { v: [] }, 'CQ400'],
    ['query: "x"', { v: [1, 'a'] }, 'CQ400'],
    ['query: "x"', { v: ['1'] }, 'CQ400'],
    ['query: "x"', { v: '[1]' }, 'CQ400'],
    ['query: "x"', { v: [[1]] }, 'CQ400'],
    ['query: "x", mode: SMELL', {}, 'CQ400'],
  ])('answers search(%s) with %o by %s', async (args, variables, code) => {
    expect(codeOf(await search(args, variables))).toBe(code);
  });

  it('filters by kind and by similarity', async () => {
    expect((await search('query: "feline two", kinds: [MESSAGE]')).data.search.returned).toBe(0);
    expect((await search('query: "feline two", mode: VECTOR, threshold: 0.5')).data.search.returned).toBe(1);
  });

  it('falls back to words when the provider fails, but not in mode VECTOR', async () => {
    isDown = true;
    const hybrid = await search('query: "engine oil"');
    expect(hybrid.errors).toEqual([]);
    expect(hybrid.data.search).toMatchObject({ path: 'NONE', returned: 1 });
    const vector = await search('query: "engine oil", mode: VECTOR');
    expect(codeOf(vector)).toBe('CQ503');
    expect(vector.text).not.toContain('secret-host');
    isDown = false;
    // a failure is not remembered
    expect((await search('query: "engine oil"')).data.search.path).toBe('EXACT');
  });

  it('narrows by filters, goes from page to page, and has narrower kin', async () => {
    const titles = async (field: string, args: string) => {
      const reply = await api.ask(
        `{ ${field}(${args}) { returned results { title } } }`,
        {},
        { token: ada.token },
      );
      expect(reply.errors).toEqual([]);
      return reply.data[field].results.map((result: { title: string }) => result.title);
    };
    const filtered = (filters: string) =>
      titles('search', `query: "feline", mode: VECTOR, filters: ${filters}`);
    expect(await filtered('{}')).toEqual(['Pets', 'Cars']);
    expect(await filtered(`{ documentId: "${documentId}" }`)).toEqual(['Pets']);
    expect(await filtered('{ contentTypes: [PDF] }')).toEqual([]);
    expect(await filtered('{ metadata: { a: 1 } }')).toEqual([]);
    expect(await filtered('{ createdAfter: "2020-01-01T00:00:00Z", includeArchived: true }')).toHaveLength(2);
    expect(await titles('search', 'query: "feline", mode: VECTOR, maxResults: 1, skip: 1')).toEqual(['Cars']);
    expect(await titles('searchDocuments', 'query: "feline", maxResults: 1')).toEqual(['Pets']);
    expect(await titles('searchMemories', 'query: "engine", mode: TEXT')).toEqual([]);
    expect(await titles('searchSimilarChunks', `embedding: [${axis(2).join(',')}], threshold: 0.5`)).toEqual([
      'Cars',
    ]);
    expect(await titles('searchSimilarMessages', `embedding: [${axis(2).join(',')}]`)).toEqual([]);
    const named = await api.ask(
      '{ searchTitles(query: "Carrs") { nodes { title documentId } } }',
      {},
      { token: ada.token },
    );
    expect(named.data.searchTitles.nodes).toMatchObject([{ title: 'Cars' }]);
  });

  it('does not search another version by the vector of the active one', async () => {
    const versions = await api.database
      .pool('owner')
      .query(`select id from app_public.embedding_versions where status = 'active'`);
    const version = `embeddingVersionId: "${versions.rows[0].id}"`;
    expect(codeOf(await search(`query: "feline", ${version}`))).toBe('CQ200');
    expect((await search(`query: "feline", ${version}`, { v: axis(1) })).data.search.path).toBe('EXACT');
    expect(
      codeOf(
        await search('query: "x", embeddingVersionId: "01890000-0000-7000-8000-000000000000"', {
          v: axis(1),
        }),
      ),
    ).toBe('CQ204');
  });

  it('shows vectors as lists of numbers', async () => {
    const reply = await api.ask(
      '{ chunks(first: 1) { nodes { embeddings { nodes { embedding } } } } }',
      {},
      { token: ada.token },
    );
    const { embedding } = reply.data.chunks.nodes[0].embeddings.nodes[0];
    expect(embedding).toHaveLength(512);
    expect(embedding[1]).toBe(1);
  });

  it('recalls memories, and embeds the question by itself', async () => {
    const { data } = await api.ask(
      `mutation { remember(input: { content: "Keeps two ferrets", subject: "animals" }) { memoryItem { id isCurrent: validity { end { value } } } } }`,
      {},
      { token: ada.token },
    );
    const reply = await api.ask(
      `{ recall(query: "ferrets", maxResults: 5) { requested memories { content memoryItem { id subject } } } }`,
      {},
      { token: ada.token },
    );
    expect(reply.errors).toEqual([]);
    expect(embedded).toEqual(['ferrets']);
    expect(data.remember.memoryItem.isCurrent.end).toBe(null);
    expect(reply.data.recall).toEqual({ requested: 5, memories: [] });
    await indexAll(api.database, axis(9));
    const found = await api.ask(
      `{ recall(query: "ferrets") { memories { memoryItem { id } } } }`,
      {},
      { token: ada.token },
    );
    expect(found.data.recall.memories).toEqual([{ memoryItem: { id: data.remember.memoryItem.id } }]);
  });

  it('walks from a result to the event that it was found in, which has a title', async () => {
    const { data } = await api.ask(
      `mutation { ingestEvent(input: { source: "jira", eventType: "issue_updated", payload: { summary: "The walrus is back." } }) { rawEvent { id workspaceId } } }`,
      {},
      { token: ada.token },
    );
    const { id, workspaceId } = data.ingestEvent.rawEvent;
    const worker = api.database.pool('worker');
    await worker.query(`select app_hidden.claim_events($1, 'jira')`, [workspaceId]);
    await worker.query(`select app_hidden.complete_event($1, $2, 1, $3)`, [
      workspaceId,
      id,
      said('The walrus is back.', 'jira › issue_updated'),
    ]);
    const ask = (token: string) =>
      api.ask(
        `{ search(query: "walrus", mode: TEXT) { results { title rawEventId rawEvent { id source } document { id } memoryItem { id } } } }`,
        {},
        { token },
      );
    const reply = await ask(ada.token);
    expect(reply.errors).toEqual([]);
    expect(reply.data.search.results).toEqual([
      {
        title: 'jira: issue_updated',
        rawEventId: id,
        rawEvent: { id, source: 'jira' },
        document: null,
        memoryItem: null,
      },
    ]);
    const bob = await register(api, 'bob@example.org');
    expect((await ask(bob.token)).data.search.results).toEqual([]);
  });
});
