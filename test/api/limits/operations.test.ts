import { getNamedType, isInputObjectType, isObjectType, parse } from 'postgraphile/graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestSettings } from '../../../api/authentication.ts';
import { hasMoreValues } from '../../../api/limits/body.ts';
import { CREDENTIAL_FIELDS, SEARCH_FIELDS } from '../../../api/limits/rates.ts';
import { checkShape } from '../../../api/limits/shape.ts';
import { DEFAULT_PAGE_SIZE, MAX_BODY_VALUES, MAX_DEPTH, MAX_PAGE_SIZE } from '../../../api/limits/values.ts';
import { readSchema } from '../../support/schema.ts';
import { describeReal } from '../../support/server.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from '../support.ts';

const ID = '00000000-0000-7000-8000-000000000000';

describeReal('limits', () => {
  let api: TestApi;
  let ada: Account;

  beforeAll(async () => {
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
    await api.database.pool('admin').query(
      `insert into app_public.conversations (workspace_id, owner_id, title)
       select $1::uuid, $2::uuid, 'number ' || n from generate_series(1, 1200) as n`,
      [ada.workspaceId, ada.userId],
    );
  });
  afterAll(() => api?.close());

  const asAda = (query: string, variables = {}) => api.ask(query, variables, { token: ada.token });

  it('gives a page when no size is named', async () => {
    const { data } = await asAda('{ conversations { totalCount nodes { id } pageInfo { hasNextPage } } }');
    expect(data.conversations.nodes).toHaveLength(DEFAULT_PAGE_SIZE);
    expect(data.conversations).toMatchObject({ totalCount: 1200, pageInfo: { hasNextPage: true } });
    const nothing = await asAda('query ($n: Int) { conversations(first: $n, last: $n) { nodes { id } } }', {
      n: null,
    });
    expect(nothing.data.conversations.nodes).toHaveLength(DEFAULT_PAGE_SIZE);
  });

  it('goes through everything by cursor, from both ends', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await asAda(
        'query ($after: Cursor) { conversations(first: 500, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }',
        { after },
      );
      seen.push(...data.conversations.nodes.map((node: { id: string }) => node.id));
      after = data.conversations.pageInfo.hasNextPage ? data.conversations.pageInfo.endCursor : null;
    } while (after);
    expect(new Set(seen).size).toBe(1200);
    const { data } = await asAda('query ($n: Int) { conversations(last: $n) { nodes { id } } }', { n: 3 });
    expect(data.conversations.nodes.map((node: { id: string }) => node.id)).toEqual(seen.slice(-3));
  });

  it.each([
    ['{ conversations(first: 1001) { nodes { id } } }', {}],
    ['{ conversations(last: 1001) { nodes { id } } }', {}],
    ['{ conversations(first: -1) { nodes { id } } }', {}],
    ['{ conversations(first: 1, last: 1) { nodes { id } } }', {}],
    ['query ($n: Int) { conversations(first: $n) { nodes { id } } }', { n: 5000 }],
    ['query ($n: Int = 5000) { conversations(first: $n) { nodes { id } } }', {}],
    ['{ ... { ...F } } fragment F on Query { conversations(first: 2000) { nodes { id } } }', {}],
  ])('refuses the page size of %s', async (query, variables) => {
    const reply = await asAda(query, variables);
    expect(codeOf(reply)).toBe('CQ200');
    expect(reply.data ?? null).toBeNull();
  });

  it('allows the largest page', async () => {
    const { data } = await asAda(`{ conversations(first: ${MAX_PAGE_SIZE}) { nodes { id } } }`);
    expect(data.conversations.nodes).toHaveLength(MAX_PAGE_SIZE);
  });

  it('has no way around pages: every connection has first, none has offset', async () => {
    const schema = readSchema();
    let connections = 0;
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        if (!getNamedType(field.type).name.endsWith('Connection')) continue;
        connections += 1;
        const names = field.args.map((arg) => arg.name);
        expect(names, `${type.name}.${field.name}`).toContain('first');
        expect(names, `${type.name}.${field.name}`).not.toContain('offset');
      }
    }
    expect(connections).toBeGreaterThan(10);
  });

  const nested = (depth: number): string => {
    let query = 'id';
    for (let i = 0; i < (depth - 3) / 2; i++)
      query = `workspace { conversations(first: 1) { nodes { ${query} } } }`;
    return `{ conversations(first: 1) { nodes { ${query} } } }`;
  };
  it('refuses a query that is too deep, fragments included', async () => {
    expect(codeOf(await asAda(nested(5)))).toBeUndefined();
    const deep = await asAda(nested(MAX_DEPTH + 3));
    expect(codeOf(deep)).toBe('CQ400');
    expect(deep.errors[0]?.message).toContain(`${MAX_DEPTH} fields deep`);
    const hidden = `{ ...A } fragment A on Query { conversations { nodes { ...B } } }
      fragment B on Conversation { workspace { ...C } } fragment C on Workspace { conversations { nodes { ...D } } }
      fragment D on Conversation { workspace { conversations { nodes { workspace { conversations { nodes { workspace { id } } } } } } } }`;
    expect(codeOf(await asAda(hidden))).toBe('CQ400');
  });

  it.each([
    ['a pathological document', `${'{a'.repeat(2400)}`],
    [
      'fragments that multiply',
      `{ ...F0 } ${Array.from({ length: 30 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F30 on Query { __typename }`,
    ],
    ['too many tokens', `{ ${'__typename '.repeat(6000)} }`],
    ['too many characters', `{ __typename } #${'x'.repeat(100_001)}`],
    ['too many root fields', `{ ${Array.from({ length: 21 }, (_, i) => `a${i}: __typename`).join(' ')} }`],
    [
      'too many aliases',
      `{ currentUser { ${Array.from({ length: 101 }, (_, i) => `a${i}: id`).join(' ')} } }`,
    ],
    [
      'too much in all',
      '{ conversations(first: 1000) { nodes { messages(first: 1000) { nodes { id } } } } }',
    ],
    [
      'too much in variables',
      'query ($n: Int) { conversations(first: $n) { nodes { messages(first: $n) { nodes { id } } } } }',
    ],
  ])('refuses %s at once', async (_, query) => {
    const start = performance.now();
    const reply = await asAda(query, { n: 1000 });
    expect(codeOf(reply)).toBe('CQ400');
    expect(reply.status).toBe(400);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('adds up fragments that multiply, instead of walking through them', () => {
    const doubling = Array.from(
      { length: 39 },
      (_, i) => `fragment F${i} on Query{...F${i + 1} ...F${i + 1}}`,
    );
    const document = parse(`{...F0} ${doubling.join(' ')} fragment F39 on Query{__typename}`);
    const times = Array.from({ length: 20 }, () => {
      const start = performance.now();
      expect(() => checkShape(document, { introspection: false })).toThrow('root fields');
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(5);
  });

  it('counts a fragment at every place that uses it', async () => {
    const fragment = 'fragment F on Workspace { conversations(first: 100) { nodes { id } } }';
    const used = (times: number) =>
      `{ ${'workspaces(first: 12) { nodes { ...F } } '.repeat(times)} } ${fragment}`;
    const aliased = (times: number) => {
      let n = 0;
      return used(times).replaceAll('workspaces(', () => `w${n++}: workspaces(`);
    };
    expect(codeOf(await asAda(aliased(19)))).toBeUndefined();
    expect(codeOf(await asAda(aliased(20).replaceAll('first: 12', 'first: 15')))).toBe('CQ400');
  });

  const branches = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ title: { equalTo: `${i}` } }));
  const filtered = 'query ($f: DocumentFilter) { documents(filter: $f) { totalCount } }';
  it.each([
    ['or', { or: branches(100) }, { or: branches(101) }],
    ['and', { and: branches(100) }, { and: branches(101) }],
    [
      'not within or',
      { or: branches(50).map((not) => ({ not })) },
      { or: branches(51).map((not) => ({ not })) },
    ],
    ['what is in', { id: { in: Array(1000).fill(ID) } }, { id: { in: Array(1001).fill(ID) } }],
  ])('bounds %s in the filters of variables', async (_, allowed, refused) => {
    expect(codeOf(await asAda(filtered, { f: allowed }))).toBeUndefined();
    expect(codeOf(await asAda(filtered, { f: refused }))).toBe('CQ424');
  });

  it('bounds filters in literals, in parts that are variables, in defaults, and over all fields', async () => {
    const literal = (count: number) =>
      `{ documents(filter: { or: [${'{ title: { equalTo: "a" } } '.repeat(count)}] }) { totalCount } }`;
    expect(codeOf(await asAda(literal(100)))).toBeUndefined();
    expect(codeOf(await asAda(literal(101)))).toBe('CQ424');
    const part = 'query ($or: [DocumentFilter!]) { documents(filter: { not: { or: $or } }) { totalCount } }';
    expect(codeOf(await asAda(part, { or: branches(99) }))).toBeUndefined();
    expect(codeOf(await asAda(part, { or: branches(100) }))).toBe('CQ424');
    const twice =
      'query ($f: DocumentFilter) { a: documents(filter: $f) { totalCount } b: documents(filter: $f) { totalCount } }';
    expect(codeOf(await asAda(twice, { f: { or: branches(50) } }))).toBeUndefined();
    expect(codeOf(await asAda(twice, { f: { or: branches(51) } }))).toBe('CQ424');
    const inFragments = `query ($f: DocumentFilter) { workspaces { nodes { ...F } } a: workspaces { nodes { ...F } } }
      fragment F on Workspace { documents(filter: $f) { totalCount } }`;
    expect(codeOf(await asAda(inFragments, { f: { or: branches(51) } }))).toBe('CQ424');
    const byDefault = literal(101).replace(
      /^\{ documents\(filter: (.*)\) \{/,
      'query ($f: DocumentFilter = $1) { documents(filter: $f) {',
    );
    expect(codeOf(await asAda(byDefault))).toBe('CQ424');
  });

  const search = (alias: string) => `${alias}: search(query: "tea", mode: TEXT) { returned }`;
  it('bounds the searches of an operation, by whatever field, also behind a mutation', async () => {
    const names = ['a', 'b', 'c', 'd'].map(search).join(' ');
    expect(
      codeOf(await asAda(`{ ${names} e: searchMemories(query: "tea", mode: TEXT) { returned } }`)),
    ).toBeUndefined();
    for (const more of [
      'searchMemories(query: "tea", mode: TEXT) { returned }',
      'recall(query: "tea") { returned }',
    ]) {
      expect(codeOf(await asAda(`{ ${names} ${search('e')} ${more} }`)), more).toBe('CQ426');
    }
    const behind = `mutation { signOut(input: {}) { query { ${names} ${search('e')} ${search('f')} } } }`;
    expect(codeOf(await asAda(behind))).toBe('CQ426');
    expect(codeOf(await asAda('{ currentUser { id } }'))).toBeUndefined();
  });

  it('knows every field that searches', async () => {
    const fields = Object.keys(readSchema().getQueryType()!.getFields());
    const counted = fields.filter((name) => SEARCH_FIELDS.has(name));
    expect(counted.toSorted()).toEqual([...SEARCH_FIELDS].toSorted());
    expect(fields.filter((name) => /search|recall/i.test(name) && !SEARCH_FIELDS.has(name))).toEqual([
      'searchQuality',
    ]);
  });

  const signIn = (alias: string) =>
    `${alias}: signIn(input: { email: "ada@example.org", password: "correct horse battery" }) { authentication { token } }`;
  it('checks one password or token in an operation, also across aliases and fragments', async () => {
    expect((await api.ask(`mutation { ${signIn('a')} }`)).data.a.authentication.token).toMatch(/^cqs_/);
    const refused = [
      `mutation { ${signIn('a')} ${signIn('b')} }`,
      `mutation { ${signIn('a')} verifyEmail(input: { token: "x" }) { clientMutationId } }`,
      `mutation { ${signIn('a')} ...F } fragment F on Mutation { requestPasswordReset(input: { email: "a@b.c" }) { clientMutationId } }`,
      `mutation { ...F ... { ...F } ...G } fragment F on Mutation { ${signIn('a')} } fragment G on Mutation { ${signIn('b')} }`,
    ];
    for (const document of refused) {
      const reply = await api.ask(document);
      expect([codeOf(reply), reply.data ?? null], document).toEqual(['CQ423', null]);
    }
  });

  it('knows every field that takes or sends a credential', async () => {
    const schema = readSchema();
    const fields = Object.values(schema.getMutationType()!.getFields());
    const taking = fields.filter(({ name, args }) => {
      const type = getNamedType(args[0]!.type);
      const inputs = isInputObjectType(type) ? Object.keys(type.getFields()) : [];
      return (
        inputs.some((input) => /password|^(token|challenge|code|passkey)$/i.test(input)) ||
        /^request(Password|Email)|^(add|challenge|remove)Passkey$/.test(name)
      );
    });
    // whose token is of no account: the caller is signed in
    const others = new Set(['acceptInvitation']);
    // and one makes a password that nobody knows
    const expected = [...taking.map(({ name }) => name).filter((name) => !others.has(name)), 'inviteAccount'];
    expect([...CREDENTIAL_FIELDS].toSorted()).toEqual(expected.toSorted());
  });

  const post = async (body: string) =>
    readReply(
      await fetch(`${api.api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.token}` },
        body,
      }),
    );
  it('bounds the values of variables before anything is done with them', async () => {
    const query = 'mutation ($x: JSON!) { startConversation(input: { metadata: $x }) { clientMutationId } }';
    const withValues = (count: number) => ({ query, variables: { x: { x: Array(count).fill(1) } } });
    expect(codeOf(await post(JSON.stringify(withValues(MAX_BODY_VALUES - 100))))).not.toBe('CQ425');
    const reply = await post(JSON.stringify(withValues(MAX_BODY_VALUES + 1)));
    expect([reply.status, codeOf(reply)]).toEqual([400, 'CQ425']);
    // one long text is one value, whatever it holds
    const text = JSON.stringify({ query, variables: { x: { x: ',[{"\\'.repeat(100_000) } } });
    expect(codeOf(await post(text))).not.toBe('CQ425');
    const junk = `{"query":"{ __typename }","variables":{"x":[${'{"a":1},'.repeat(500_000)}1]}}`;
    const start = performance.now();
    expect(hasMoreValues(Buffer.from(junk), MAX_BODY_VALUES)).toBe(true);
    expect(performance.now() - start).toBeLessThan(250);
    expect([codeOf(await post(junk))]).toEqual(['CQ425']);
  });

  it('refuses variables that are nested without end', async () => {
    const depth = 2_000;
    const body = `{"query":"query ($x: JSON!) { startConversation(input: { metadata: $x }) { clientMutationId } }","variables":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    const reply = await readReply(
      await fetch(`${api.api.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    );
    expect([reply.status, codeOf(reply)]).toEqual([400, 'CQ400']);
    expect(reply.errors[0]?.message).toContain('nested deeper');
  });

  it('bounds the time of a statement', async () => {
    const { rows } = await asSettings(api);
    expect(rows).toEqual([{ statement_timeout: '30s', lock_timeout: '10s', idle: '30s' }]);
  });
});

/** What a transaction with the settings of a visitor's request has for limits. */
async function asSettings(api: TestApi) {
  const client = await api.database.pool('authenticator').connect();
  try {
    await client.query('begin');
    for (const [name, value] of Object.entries(requestSettings({}))) {
      await client.query('select set_config($1, $2, true)', [name, value]);
    }
    return await client.query(
      `select current_setting('statement_timeout') as statement_timeout, current_setting('lock_timeout') as lock_timeout,
         current_setting('idle_in_transaction_session_timeout') as idle`,
    );
  } finally {
    await client.query('rollback');
    client.release();
  }
}
