import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from './support.ts';

describeReal('errors', () => {
  let api: TestApi;
  let ada: Account;

  beforeAll(async () => {
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
  });
  afterAll(() => api?.close());

  const asAda = (query: string, variables = {}) => api.ask(query, variables, { token: ada.token });
  const post = async (
    body: string,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => readReply(await fetch(`${api.api.url}/graphql`, { method: 'POST', headers, body }));

  it.each([
    ['{bad', 'application/json', 400, 'CQ400'],
    ['[]', 'application/json', 400, 'CQ400'],
    ['null', 'application/json', 400, 'CQ400'],
    ['{}', 'application/json', 400, 'CQ400'],
    ['{"query":1}', 'application/json', 400, 'CQ400'],
    ['{"query":"{currentUser{id}}","variables":[]}', 'application/json', 400, 'CQ400'],
    ['{currentUser{id}}', 'text/plain', 415, 'CQ415'],
    ['query={currentUser{id}}', 'application/x-www-form-urlencoded', 415, 'CQ415'],
  ])('answers the body %s as %s with %i %s', async (body, contentType, status, code) => {
    const reply = await post(body, { 'content-type': contentType });
    expect([reply.status, codeOf(reply)]).toEqual([status, code]);
  });

  it('refuses a body that is too large, announced or not', async () => {
    const large = JSON.stringify({
      query: '{ currentUser { id } }',
      variables: { x: 'x'.repeat(5_000_000) },
    });
    const announced = await post(large);
    expect([announced.status, codeOf(announced)]).toEqual([413, 'CQ413']);
    const stream = new Blob([large]).stream();
    const response = await fetch(`${api.api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it('answers queries by GET, and neither mutations nor other methods', async () => {
    const get = async (query: string) =>
      readReply(await fetch(`${api.api.url}/graphql?query=${encodeURIComponent(query)}`));
    expect((await get('{ currentUser { id } }')).data).toEqual({ currentUser: null });
    const mutation = await get('mutation { signOut(input: {}) { signedOut } }');
    expect([mutation.status, codeOf(mutation)]).toEqual([405, 'CQ405']);
    const other = await readReply(await fetch(`${api.api.url}/graphql`, { method: 'PUT', body: '{}' }));
    expect([other.status, codeOf(other)]).toEqual([405, 'CQ405']);
    const nowhere = await readReply(await fetch(`${api.api.url}/nowhere`));
    expect([nowhere.status, codeOf(nowhere)]).toEqual([404, 'CQ404']);
  });

  it.each([
    ['{ nope }', 'CQ400'],
    ['{ currentUser', 'CQ400'],
    ['{ currentUser }', 'CQ400'],
    ['query A { currentUser { id } } query B { currentUser { id } }', 'CQ400'],
    ['query ($x: UUID!) { conversation(id: $x) { id } }', 'CQ400'],
    ['{ conversation(id: "nope") { id } }', 'CQ400'],
    ['{ conversations(after: "nope") { nodes { id } } }', 'CQ400'],
    ['{ conversations(after: "WyJuYXR1cmFsIiwxXQ==") { nodes { id } } }', 'CQ400'],
    ['{ ...A } fragment A on Query { ...A }', 'CQ400'],
    ['', 'CQ400'],
  ])('answers the document %s with %s', async (query, code) => {
    const reply = await asAda(query);
    expect(reply.errors.length).toBeGreaterThan(0);
    for (const error of reply.errors) expect(error.extensions.code).toBe(code);
  });

  it('keeps the schema to itself: no introspection, no suggestions', async () => {
    expect(codeOf(await api.ask('{ __schema { types { name } } }'))).toBe('CQ400');
    expect(codeOf(await api.ask('{ __type(name: "User") { name } }'))).toBe('CQ400');
    expect((await api.ask('{ conversatons { nodes { id } } }')).text).not.toContain('Did you mean');
    expect((await api.ask('{ __typename }')).data).toEqual({ __typename: 'Query' });
  });

  const update = (patch: string) =>
    `mutation ($id: UUID!) { updateConversation(input: { id: $id, patch: { ${patch} } }) { conversation { id } } }`;
  it.each([
    [
      'mutation { startConversation(input: { temperature: "5" }) { conversation { id } } }',
      'CQ200',
      'temperature',
    ],
    [
      `mutation { startConversation(input: { title: "${'x'.repeat(501)}" }) { conversation { id } } }`,
      'CQ200',
      'title',
    ],
    [
      'mutation { startConversation(input: { temperature: "abc" }) { conversation { id } } }',
      'CQ200',
      'value',
    ],
    [
      'mutation { startConversation(input: { temperature: "1e99" }) { conversation { id } } }',
      'CQ200',
      'number',
    ],
    ['mutation { startConversation(input: { metadata: [1] }) { conversation { id } } }', 'CQ200', 'metadata'],
    ['mutation { createDocument(input: { title: "", content: "x" }) { document { id } } }', 'CQ200', 'title'],
    ['mutation { createDocument(input: { title: "x" }) { document { id } } }', 'CQ400', 'content'],
    [
      'mutation { createDocument(input: { title: "x", content: "x", contentType: "text" }) { document { id } } }',
      'CQ400',
      'ContentType',
    ],
    [
      'mutation { createDocument(input: { title: "x", content: "x", textSearchLanguage: KLINGON }) { document { id } } }',
      'CQ400',
      'TextSearchLanguage',
    ],
    [update('title: "x"'), 'CQ204', 'no such row'],
    [
      'mutation ($id: UUID!) { deleteDocument(input: { id: $id }) { document { id } } }',
      'CQ204',
      'no such row',
    ],
    [
      'mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "x" }) { message { id } } }',
      'CQ204',
      'conversation',
    ],
  ])('answers %s with %s, naming %s and nothing hidden', async (query, code, word) => {
    const reply = await asAda(query, { id: '01a20056-e06b-7ea3-a629-3f20bcd4180a' });
    expect(codeOf(reply)).toBe(code);
    expect(reply.errors[0]?.message).toContain(word);
    expect(reply.text).not.toMatch(/app_|constraint|relation|_check|_length|select |insert /);
  });

  it('says which handle is taken, and that one cannot change anybody else', async () => {
    const grace = await register(api, 'grace@example.org');
    const rename =
      'mutation ($id: UUID!) { updateUser(input: { id: $id, patch: { username: "countess" } }) { user { username } } }';
    expect((await asAda(rename, { id: ada.userId })).data.updateUser.user.username).toBe('countess');
    const taken = await api.ask(rename, { id: grace.userId }, { token: grace.token });
    expect([codeOf(taken), taken.errors[0]?.message]).toEqual(['CQ200', 'This username is taken.']);
    expect(codeOf(await asAda(rename, { id: grace.userId }))).toBe('CQ204');
  });

  it('masks what it cannot explain, and tells an id', async () => {
    const admin = api.database.pool('admin');
    await admin.query('alter function app_public.indexing_progress() rename to indexing_progress_away');
    try {
      const reply = await asAda('{ indexingProgress { isComplete } }');
      expect(reply.errors[0]?.message).toBe('Internal error');
      expect(codeOf(reply)).toBe('CQ500');
      expect(reply.errors[0]?.extensions.errorId).toMatch(/^[0-9a-f-]{36}$/);
      expect(reply.text).not.toMatch(/indexing_progress|function/);
    } finally {
      await admin.query('alter function app_public.indexing_progress_away() rename to indexing_progress');
    }
  });

  it.each([
    '{ title: null }',
    '{}',
    '{ not: {} }',
    '{ or: [{}] }',
    '{ not: { or: [{}, {}] } }',
    '{ title: {} }',
  ])('takes the filter %s for nothing, or says what is wrong with it', async (filter) => {
    const reply = await asAda(`{ conversations(filter: ${filter}) { totalCount } }`);
    if (reply.errors.length > 0)
      expect([codeOf(reply), reply.errors[0]?.extensions.hint]).toEqual([
        'CQ400',
        'Leave it out; what has no value is found by isNull.',
      ]);
    else expect(reply.data.conversations.totalCount).toBe(0);
  });

  it.each([
    ['{ register(input: {}) { clientMutationId } }', 'CQ400', 'email'],
    ['($input: RegisterInput!) { register(input: $input) { clientMutationId } }', 'CQ400', 'email'],
    [
      '($id: UUID!) { giveFeedback(input: { messageId: $id }) { clientMutationId } }',
      'CQ400',
      'feedbackType',
    ],
    [
      '($input: GiveFeedbackInput!) { giveFeedback(input: $input) { clientMutationId } }',
      'CQ400',
      'messageId',
    ],
    [
      '($id: UUID!) { recordTurn(input: { conversationId: $id, question: "x", answer: "x", toolCalls: [{ name: "x", status: DONE }] }) { clientMutationId } }',
      'CQ400',
      'toolCalls[0].status',
    ],
    [
      '($turn: RecordTurnInput!) { recordTurn(input: $turn) { clientMutationId } }',
      'CQ400',
      'turn.toolCalls[1].status',
    ],
    [
      '($input: RecordTurnInput!) { recordTurn(input: $input) { clientMutationId } }',
      'CQ400',
      'toolCalls[1].status',
    ],
    [
      '($title: String!) { startConversation(input: { title: $title }) { clientMutationId } }',
      'CQ400',
      'title',
    ],
    ['{ startConversation(input: { temperature: "5" }) { clientMutationId } }', 'CQ200', 'temperature'],
    ['{ createDocument(input: { title: "", content: "x" }) { clientMutationId } }', 'CQ200', 'title'],
    [
      '{ createDocument(input: { title: "x", content: "x", contentType: EXE }) { clientMutationId } }',
      'CQ400',
      'contentType',
    ],
    ['{ createApiKey(input: { name: "x", scopes: [FLY] }) { clientMutationId } }', 'CQ400', 'scopes[0]'],
    ['{ remember(input: { content: "x", importance: 5 }) { clientMutationId } }', 'CQ200', 'importance'],
  ])('names the field that %s is about', async (mutation, code, field) => {
    const turn = {
      conversationId: '01a20056-e06b-7ea3-a629-3f20bcd4180a',
      question: 'x',
      answer: 'x',
      toolCalls: [{ name: 'x' }, { name: 'x', status: 'DONE' }],
    };
    const input = field === 'toolCalls[1].status' ? turn : {};
    const reply = await asAda(`mutation ${mutation}`, { id: turn.conversationId, input, turn });
    expect(reply.errors[0]?.extensions).toMatchObject({ code, field });
  });

  it('quotes nothing of the database when an import cannot be read', async () => {
    const load = (payload: object) =>
      asAda(
        'mutation ($payload: JSON!) { importConversation(input: { payload: $payload }) { importResult { id } } }',
        { payload },
      );
    const message = { externalId: '1', role: 'user', content: 'x', createdAt: '2024-01-01T00:00:00Z' };
    for (const odd of [{ role: 'nobody' }, { createdAt: 'soon' }, { createdAt: '2024-02-30T00:00:00Z' }]) {
      const reply = await load({ source: 'a', messages: [{ ...message, ...odd }] });
      expect([codeOf(reply), reply.errors[0]?.message]).toEqual([
        'CQ200',
        'The conversation "a" has a role, a visibility or a time that cannot be read.',
      ]);
    }
    const documents = await asAda(
      'mutation ($documents: [ImportedDocumentInput!]!) { importDocuments(input: { documents: $documents }) { importOutcomes { outcome reason } } }',
      {
        documents: [
          { sourceUrl: 'https://example.org/1', title: 'a', content: 'x', codeLanguage: 'x'.repeat(1000) },
          {
            sourceUrl: 'https://example.org/2',
            title: 'a',
            content: 'x',
            textSearchLanguage: 'GERMAN',
            metadata: { big: 'x'.repeat(70_000) },
          },
          { sourceUrl: 'https://example.org/3', title: '', content: 'x' },
        ],
      },
    );
    expect(documents.errors).toEqual([]);
    expect(documents.text).toMatch(/refused/i);
    expect(documents.text).not.toMatch(/app_public|constraint|relation|enum|column/);
  });

  it('drops NUL and repairs half surrogates, in variables, keys and literals', async () => {
    const reply = await asAda(
      `mutation ($title: String!, $metadata: JSON!) {
        a: startConversation(input: { title: $title, metadata: $metadata }) { conversation { title metadata } }
        b: startConversation(input: { title: "li\\u0000teral" }) { conversation { title } }
      }`,
      { title: 'a\0b\ud800c', metadata: { 'k\0ey': ['\udc00', { deep: '\0' }] } },
    );
    expect(reply.data).toEqual({
      a: { conversation: { title: 'ab\ufffdc', metadata: { key: ['\ufffd', { deep: '' }] } } },
      b: { conversation: { title: 'literal' } },
    });
    const search = await asAda('query ($q: String!) { search(query: $q, mode: TEXT) { returned } }', {
      q: '\0fox\ud800',
    });
    expect(search.data.search.returned).toBe(0);
    expect((await asAda('{ \0currentUser { id } }')).data.currentUser.id).toBe(ada.userId);
  });

  it('refuses what is no number where money is meant', async () => {
    const { data } = await asAda('mutation { startConversation(input: {}) { conversation { id } } }');
    const post = (costUsd: string) =>
      asAda(
        'mutation ($id: UUID!, $cost: BigFloat) { postMessage(input: { conversationId: $id, content: "a", role: ASSISTANT, costUsd: $cost }) { message { costUsd } } }',
        { id: data.startConversation.conversation.id, cost: costUsd },
      );
    expect((await post('0.5')).data.postMessage.message.costUsd).toBe('0.500000');
    for (const none of ['NaN', 'Infinity', '-Infinity']) expect(codeOf(await post(none)), none).toBe('CQ200');
  });

  it('answers a lock that is held too long with CQ409', async () => {
    const { data } = await asAda('mutation { startConversation(input: {}) { conversation { id } } }');
    const { id } = data.startConversation.conversation;
    const client = await api.database.pool('admin').connect();
    try {
      await client.query('begin');
      await client.query('select from app_public.conversations where id = $1 for update', [id]);
      expect(codeOf(await asAda(update('title: "x"'), { id }))).toBe('CQ409');
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});
