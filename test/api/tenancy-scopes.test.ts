import {
  buildClientSchema,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'postgraphile/graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorCode } from '../../lib/errors.ts';
import { LONG } from '../support/limits.ts';
import { CALLERS, type Caller, MUTATIONS, may, type Need, TABLES } from '../support/scopes.ts';
import { describeReal } from '../support/server.ts';
import { indexAll } from '../support/tenants.ts';
import { asRole } from '../support/users.ts';
import {
  type Account,
  axis,
  codeOf,
  indexDocument,
  PASSWORD,
  register,
  startTestApi,
  type TestApi,
} from './support.ts';

const NOWHERE = '01890000-0000-7000-8000-000000000000';
/** What says that a caller may not. An id of nothing is found out afterwards. */
const DENIED = new Set(['CQ101', 'CQ109', 'CQ110', 'CQ114', 'CQ121', 'CQ403', '42501']);
const needOf = new Map<string, Need>(
  Object.entries(MUTATIONS).flatMap(([need, names]) => names.map((name) => [name, need as Need])),
);
/** What a key with the scope `search` alone is answered. */
const SEARCHES = [
  'search',
  'searchDocuments',
  'searchMemories',
  'searchSimilarChunks',
  'searchSimilarMessages',
  'searchTitles',
];
const named = (caller: Caller): string => (typeof caller === 'string' ? caller : caller.join('+'));
/** The type that a mutation of CRUD changes. */
const crud = (name: string) =>
  /^(update|delete)(Conversation|Document|RagConfiguration|Repository|SystemPromptTemplate|UsageBudget|User)(ByNodeId)?$/.exec(
    name,
  );
/** Rows that updates and deletes aim at: made anew for each. */
const ROWS: Record<string, { table: string; sql: string; change: string; column: string }> = {
  Conversation: {
    table: 'conversations',
    sql: '(workspace_id, owner_id, title) values ($1, $2, $3)',
    change: 'title: "x"',
    column: 'title',
  },
  Document: {
    table: 'documents',
    sql: `(workspace_id, owner_id, title, content) values ($1, $2, $3, 'x')`,
    change: 'title: "x"',
    column: 'title',
  },
  RagConfiguration: {
    table: 'rag_configurations',
    sql: '(workspace_id, created_by, name) values ($1, $2, $3)',
    change: 'description: "x"',
    column: 'name',
  },
  Repository: {
    table: 'repositories',
    sql: `(workspace_id, owner_id, name, source_type) values ($1, $2, $3, 'local')`,
    change: 'description: "x"',
    column: 'name',
  },
  SystemPromptTemplate: {
    table: 'system_prompt_templates',
    sql: `(workspace_id, owner_id, name, template) values ($1, $2, $3, 'x')`,
    change: 'template: "y"',
    column: 'name',
  },
  UsageBudget: {
    table: 'usage_budgets',
    sql: `(workspace_id, scope, user_id, period, token_limit)
          values ($1, 'user', $2, 'day', length($3)) on conflict on constraint usage_budgets_workspace_id_user_id_period_key do update set token_limit = 5`,
    change: 'tokenLimit: "7"',
    column: 'token_limit',
  },
};

describeReal('scope by mutation by way', () => {
  let api: TestApi;
  let schema: GraphQLSchema;
  let owner: Account;
  let workspace: string;
  const tokens = new Map<Caller, string | undefined>();
  let wrong: string[] = [];
  let broken = 0;
  let tried = 0;
  let configuration: string;
  let conversation: string;

  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;
  const ask = (query: string, caller: Caller, variables = {}) =>
    api.ask(query, variables, {
      token: tokens.get(caller),
      headers: caller === 'session' ? { 'x-workspace-id': workspace } : {},
    });

  beforeAll(async () => {
    api = await startTestApi({ introspection: true });
    schema = buildClientSchema((await api.ask(getIntrospectionQuery())).data);
    owner = await register(api, 'owner@example.org');
    await sql(`update app_public.users set role = 'admin' where id = $1`, owner.userId);
    workspace = (
      await api.ask(
        'mutation { createWorkspace(input: { name: "Team" }) { workspace { id } } }',
        {},
        { token: owner.token },
      )
    ).data.createWorkspace.workspace.id;
    for (const caller of CALLERS) {
      if (caller === 'visitor') tokens.set(caller, undefined);
      else if (caller === 'session') tokens.set(caller, owner.token);
      else {
        const { data } = await api.ask(
          'mutation ($scopes: [ApiKeyScope!]!) { createApiKey(input: { name: "key", scopes: $scopes }) { newApiKey { secret } } }',
          { scopes: caller.map((scope) => scope.toUpperCase()) },
          { token: owner.token, headers: { 'x-workspace-id': workspace } },
        );
        tokens.set(caller, data.createApiKey.newApiKey.secret);
      }
    }
    [{ id: configuration }] = await sql(
      'select id from app_public.rag_configurations where workspace_id = $1 and is_default',
      workspace,
    );
    [{ id: conversation }] = await sql(
      `insert into app_public.conversations (workspace_id, owner_id, title) values ($1, $2, 'one') returning id`,
      workspace,
      owner.userId,
    );
  });
  afterAll(async () => {
    await api?.close();
  });

  function expectOutcome(what: string, caller: Caller, need: Need, allowed: boolean, code?: string): void {
    tried += 1;
    // createApiKey gives what brings "read" along its "read"
    const scopes =
      typeof caller === 'string' || caller.every((scope) => scope === 'search')
        ? caller
        : [...caller, 'read'];
    if (allowed !== may(scopes, need))
      wrong.push(`${what} with ${named(caller)}: ${allowed ? 'allowed' : 'refused'} (${code ?? 'done'})`);
  }

  /** A value that an argument takes, which names nothing that there is, but for what says so. */
  function value(type: GraphQLInputType, name: string, mutation: string): unknown {
    const nullable = getNullableType(type);
    if (isListType(nullable)) return name === 'scopes' ? ['READ'] : [value(nullable.ofType, name, mutation)];
    const inner = getNamedType(type);
    if (isEnumType(inner)) return inner.getValues().find((one) => one.name !== 'OWNER')!.name;
    if (isInputObjectType(inner))
      return Object.fromEntries(
        Object.values(inner.getFields())
          .filter((field) => isNonNullType(field.type))
          .map((field) => [field.name, value(field.type, field.name, mutation)]),
      );
    switch (inner.name) {
      case 'UUID':
        return mutation === 'setDefaultRagConfiguration' ? configuration : NOWHERE;
      case 'ID':
        return 'none';
      case 'Int':
      case 'Float':
        return 1;
      case 'BigInt':
      case 'BigFloat':
        return '1';
      case 'Boolean':
        return true;
      case 'Datetime':
        return new Date(Date.now() + 86_400_000).toISOString();
      case 'JSON':
        return name === 'documents' || name === 'events' ? [] : {};
      default:
        return 'x';
    }
  }

  /** Arguments without which a function says only that they are missing. */
  const ESSENTIAL =
    /^(id|ids|.*Id|name|token|email|password|.*Password|kind|status|reason|role|scopes|content|title|template|tokens|period|keepDays|payload|documents|events|source|eventType|question|answer|prompt|textSearchLanguage)$/;

  function inputOf(name: string): Record<string, unknown> {
    const field = schema.getMutationType()!.getFields()[name]!;
    const input = getNamedType(field.args.find((arg) => arg.name === 'input')!.type);
    if (!isInputObjectType(input)) throw new Error(name);
    return Object.fromEntries(
      Object.values(input.getFields())
        .filter(
          (one) => one.name !== 'clientMutationId' && (isNonNullType(one.type) || ESSENTIAL.test(one.name)),
        )
        .map((one) => [one.name, value(one.type, one.name, name)]),
    );
  }

  beforeEach(() => {
    broken += wrong.length;
    wrong = [];
  });

  it('has a rule for every mutation, and for no other', () => {
    const mutations = Object.keys(schema.getMutationType()!.getFields()).map((name) =>
      name.replace(/ByNodeId$/, ''),
    );
    expect([...new Set(mutations)].sort()).toEqual([...needOf.keys()].sort());
  });

  describe('by GraphQL', () => {
    it.each([...needOf].filter(([name]) => !crud(name)))('%s needs: %s', async (name, need) => {
      const type = getNamedType(
        schema
          .getMutationType()!
          .getFields()
          [name]!.args.find((arg) => arg.name === 'input')!.type,
      );
      const query = `mutation ($input: ${type.name}!) { ${name}(input: $input) { clientMutationId } }`;
      for (const caller of CALLERS) {
        // who signs out signs in again
        if (name === 'signOut' && caller === 'session') continue;
        const input = inputOf(name);
        if (name === 'register') input.email = `${named(caller)}@new.example.org`;
        if (name === 'shareConversation') input.conversationId = conversation;
        const reply = await ask(query, caller, { input });
        const code = codeOf(reply);
        expect(code ?? '', `${name} with ${named(caller)}: ${reply.text}`).not.toMatch(/CQ400|CQ500/);
        expectOutcome(name, caller, need, code === undefined || !DENIED.has(code), code);
      }
      expect(wrong).toEqual([]);
    });

    const changes = [...needOf]
      .filter(([name]) => crud(name))
      .flatMap(([name, need]) => [[name, need] as const, [`${name}ByNodeId`, need] as const]);
    it.each(changes)('%s needs: %s', async (name, need) => {
      const [, operation, type, byNode] = crud(name)!;
      const user = type === 'User';
      for (const caller of CALLERS) {
        const row = ROWS[type!]!;
        const [{ id }] = user
          ? [{ id: owner.userId }]
          : await sql(
              `insert into app_public.${row.table} ${row.sql} returning id`,
              workspace,
              owner.userId,
              `row ${tried}`,
            );
        const nodeId = Buffer.from(JSON.stringify([type, id])).toString('base64');
        const key = byNode ? `nodeId: "${nodeId}"` : `id: "${id}"`;
        const patch = operation === 'update' ? `, patch: { ${user ? 'firstName: "x"' : row.change} }` : '';
        const result = `${type![0]!.toLowerCase()}${type!.slice(1)} { __typename }`;
        const reply = await ask(`mutation { ${name}(input: { ${key}${patch} }) { ${result} } }`, caller);
        const code = codeOf(reply);
        const done = reply.errors.length === 0 && Object.values(reply.data[name] ?? {})[0] != null;
        if (!done) expect(code ?? 'nothing', reply.text).toMatch(/CQ204|CQ101|CQ110|CQ403|nothing/);
        expectOutcome(name, caller, need, done, code);
      }
      expect(wrong).toEqual([]);
    });
  });

  describe('in SQL, as the role of requests', () => {
    /** With exactly these scopes, also without the ones that a key always has. */
    async function attempt(caller: Caller, text: string, values: unknown[] = []) {
      const role = caller === 'visitor' ? 'colloquy_visitor' : 'colloquy_admin';
      const claims =
        caller === 'visitor'
          ? {}
          : {
              userId: owner.userId,
              workspaceId: workspace,
              memberRole: 'owner',
              scopes: caller === 'session' ? '' : caller.join(','),
            };
      const undo = new Error('undo');
      let outcome: { code?: string | undefined; rows: number } = { rows: 0 };
      await asRole(api.database, role, claims, async (client) => {
        const { rowCount } = await client.query(text, values);
        outcome = { rows: rowCount ?? 0 };
        throw undo;
      }).catch((error) => {
        if (error !== undo) outcome = { code: errorCode(error) ?? 'none', rows: 0 };
      });
      return outcome;
    }
    function note(what: string, caller: Caller, need: Need, allowed: boolean, code?: string): void {
      tried += 1;
      if (allowed !== may(caller, need))
        wrong.push(`${what} with ${named(caller)}: ${allowed ? 'allowed' : 'refused'} (${code ?? 'done'})`);
    }

    it('asks of every function what the mutation needs', { timeout: LONG }, async () => {
      const functions = await sql(`
        select p.proname::text as name, array(
          select format('%I => %s', (p.proargnames)[x.o], case
              when format_type(x.t, null) = 'uuid' then quote_literal('${NOWHERE}') || '::uuid'
              when format_type(x.t, null) like 'jsonb%' then quote_literal('[]') || '::jsonb'
              when format_type(x.t, null) in ('integer', 'bigint', 'numeric', 'real', 'double precision', 'smallint') then '1'
              when format_type(x.t, null) = 'boolean' then 'true'
              when format_type(x.t, null) like '%[]' then format('array[]::%s', format_type(x.t, null))
              when e.label is not null then format('%L::%s', e.label, format_type(x.t, null))
              when format_type(x.t, null) like 'timestamp%' then 'now() + interval ''1 day'''
              else format('%L::%s', case when x.t = 'app_public.text_search_language'::regtype then 'german' else 'x' end, format_type(x.t, null))
            end)
          from unnest(p.proargtypes) with ordinality as x (t, o)
          left join lateral (select min(l.enumlabel) filter (where l.enumlabel <> 'owner') as label from pg_enum l where l.enumtypid = x.t) as e on true
          where x.o <= p.pronargs - p.pronargdefaults) as arguments
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'app_public' and p.provolatile = 'v' and p.prokind = 'f'
          and has_function_privilege('colloquy_user', p.oid, 'execute')`);
      const known = new Map<string, { arguments: string[] }>(functions.map((one) => [one.name, one]));
      const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      let called = 0;
      for (const [name, need] of needOf) {
        const fn = known.get(snake(name));
        // without the account: the role of visitors may call these, too
        if (!fn || need === 'nothing') continue;
        called += 1;
        for (const caller of CALLERS) {
          const given =
            name === 'setDefaultRagConfiguration'
              ? [`rag_configuration_id => '${configuration}'`]
              : name === 'changePassword'
                ? [`old_password => '${PASSWORD}'`, `new_password => '${PASSWORD}'`]
                : fn.arguments;
          const { code } = await attempt(caller, `select app_public.${snake(name)}(${given.join(', ')})`);
          expect(code ?? '', `${name}(${given}) ${named(caller)}`).not.toMatch(/^(42883|42601|42846)$/);
          note(`app_public.${snake(name)}`, caller, need, code === undefined || !DENIED.has(code), code);
        }
      }
      expect(called).toBeGreaterThan(60);
      expect(wrong).toEqual([]);
    });

    it('asks of every table that can be changed what its mutations need', { timeout: LONG }, async () => {
      const tables = await sql(`
        select distinct c.relname::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname like 'app\\_%' and c.relkind in ('r', 'p', 'v') and (
          has_any_column_privilege('colloquy_user', c.oid, 'insert,update') or has_table_privilege('colloquy_user', c.oid, 'delete')
          or has_any_column_privilege('colloquy_admin', c.oid, 'insert,update') or has_table_privilege('colloquy_admin', c.oid, 'delete'))`);
      expect(tables.map((table) => table.name).sort()).toEqual(Object.keys(TABLES));
      for (const { name } of tables) {
        const need = TABLES[name]!;
        const row = Object.values(ROWS).find((one) => one.table === name);
        const [{ id }] = row
          ? await sql(
              `insert into app_public.${name} ${row.sql} returning id`,
              workspace,
              owner.userId,
              'in SQL',
            )
          : [{ id: owner.userId }];
        const column = row?.column ?? 'first_name';
        for (const caller of CALLERS) {
          const update = await attempt(
            caller,
            `update app_public.${name} set ${column} = ${column} where id = $1`,
            [id],
          );
          note(`update ${name}`, caller, need, update.rows === 1, update.code);
          if (!row) continue;
          const remove = await attempt(caller, `delete from app_public.${name} where id = $1`, [id]);
          note(`delete ${name}`, caller, need, remove.rows === 1, remove.code);
          const insert = await attempt(
            caller,
            `insert into app_public.${name} ${row.sql.replace(/ on conflict.*/, '').replace(`'day'`, `'month'`)}`,
            [workspace, owner.userId, 'new in SQL'],
          );
          note(`insert ${name}`, caller, need, insert.rows === 1, insert.code);
        }
      }
      expect(wrong).toEqual([]);
    });
  });

  describe('a key that may only search', () => {
    /** A selection of leaves, and whether an answer has anything in it. */
    function selection(type: GraphQLOutputType, depth: number): string {
      const inner = getNamedType(type);
      if (isLeafType(inner)) return '';
      if (!isObjectType(inner)) return '{ __typename }';
      const fields = Object.values(inner.getFields()).filter((field) => !field.args.some(isRequiredArgument));
      const parts = fields.flatMap((field) => {
        const of = getNamedType(field.type);
        if (isLeafType(of)) return ['pageInfo'].includes(field.name) ? [] : [field.name];
        return depth > 0 && ['nodes', 'results'].includes(field.name)
          ? [`${field.name} ${selection(field.type, depth - 1)}`]
          : [];
      });
      return `{ ${['__typename', ...parts].join(' ')} }`;
    }
    function says(value: unknown): boolean {
      if (value === null || value === undefined) return false;
      if (Array.isArray(value)) return value.some(says);
      if (typeof value !== 'object') return true;
      const { __typename: _, ...fields } = value as Record<string, unknown>;
      if ('nodes' in fields) return says(fields.nodes);
      if ('results' in fields) return says(fields.results);
      return Object.values(fields).some(says);
    }

    it('reads by the documented fields and by no other', { timeout: LONG }, async () => {
      const rows = async (table: string) =>
        (await sql(`select id from app_public.${table} limit 1`))[0]?.id ?? NOWHERE;
      const document = await indexDocument(api, owner, {
        title: 'Zebra',
        content: 'zebra stripes',
        vector: axis(0),
      });
      const own = (call: string) => api.ask(`mutation { ${call} }`, {}, { token: owner.token });
      await own(
        'remember(input: { content: "a zebra has stripes", subject: "zebra" }) { memoryItem { id } }',
      );
      const started = await own('startConversation(input: { title: "zebra" }) { conversation { id } }');
      const { id } = started.data.startConversation.conversation;
      await own(`postMessage(input: { conversationId: "${id}", content: "zebra?" }) { message { id } }`);
      await indexAll(api.database);
      const secretOf = async (scopes: string[]) =>
        (
          await api.ask(
            'mutation ($scopes: [ApiKeyScope!]!) { createApiKey(input: { name: "s", scopes: $scopes }) { newApiKey { secret } } }',
            { scopes: scopes.map((scope) => scope.toUpperCase()) },
            { token: owner.token },
          )
        ).data.createApiKey.newApiKey.secret as string;
      const [searcher, reader] = [await secretOf(['search']), await secretOf(['read', 'write', 'admin'])];
      const known: Record<string, string> = {
        user: owner.userId,
        workspace: owner.workspaceId,
        document: document.documentId,
        chunk: document.chunkId,
        embeddingVersion: await rows('embedding_versions'),
      };
      const answers: Record<string, string[]> = { searcher: [], reader: [] };
      const fields = Object.values(schema.getQueryType()!.getFields());
      for (const field of fields) {
        const given = field.args
          .filter(
            (arg) => isRequiredArgument(arg) || /^(query|queryText|name|slug|versionId)$/.test(arg.name),
          )
          .map((arg) => {
            const type = getNamedType(arg.type);
            if (type.name === 'UUID')
              return `${arg.name}: "${known[/^(.+)Id$/.exec(arg.name)?.[1] ?? field.name] ?? known.embeddingVersion}"`;
            if (type.name === 'Vector') return `${arg.name}: ${JSON.stringify(axis(0))}`;
            if (type.name === 'ID')
              return `${arg.name}: "${Buffer.from(JSON.stringify(['User', owner.userId])).toString('base64')}"`;
            if (arg.name === 'mimeType') return `${arg.name}: "text/plain"`;
            const text = value(arg.type, arg.name, field.name);
            return `${arg.name}: ${isEnumType(type) ? text : JSON.stringify(text === 'x' ? 'zebra' : text)}`;
          });
        const args = given.length > 0 ? `(${given.join(', ')})` : '';
        const query = `{ ${field.name}${args} ${selection(field.type, 1)} }`;
        for (const [who, token] of Object.entries({ searcher, reader })) {
          const reply = await api.ask(query, {}, { token });
          tried += 1;
          expect(codeOf(reply) ?? '', `${query}: ${reply.text}`).not.toMatch(/CQ400|CQ500/);
          if (says(reply.data?.[field.name])) answers[who]!.push(field.name);
        }
      }
      expect(answers.searcher!.sort()).toEqual(SEARCHES);
      // the same questions are answered to a key that reads
      expect(answers.reader!.length).toBeGreaterThan(20);
      expect(answers.reader).toEqual(
        expect.arrayContaining([...SEARCHES, 'currentUser', 'embeddingVersions']),
      );
    });
  });

  it('was tried', () => {
    process.stdout.write(
      `scopes: ${tried} calls by ${CALLERS.length} callers of ${needOf.size} mutations and ${Object.keys(TABLES).length} tables: ${broken} against the rule\n`,
    );
    expect(tried).toBeGreaterThan(3000);
  });
});
