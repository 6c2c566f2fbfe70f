import { buildSchema, getNamedType, isObjectType } from 'postgraphile/graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestSettings } from '../../../api/authentication.ts';
import { DEFAULT_PAGE_SIZE, MAX_DEPTH, MAX_PAGE_SIZE } from '../../../api/limits/values.ts';
import { exportSchema } from '../../../api/schema-file.ts';
import { describeReal } from '../../support/server.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from '../support.ts';

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
    const schema = buildSchema(await exportSchema(api.database.pool('authenticator')));
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
  });

  it('bounds the time of a statement', async () => {
    const { rows } = await asSettings(api);
    expect(rows).toEqual([{ statement_timeout: '30s', lock_timeout: '10s' }]);
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
      `select current_setting('statement_timeout') as statement_timeout, current_setting('lock_timeout') as lock_timeout`,
    );
  } finally {
    await client.query('rollback');
    client.release();
  }
}
