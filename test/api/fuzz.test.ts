import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'postgraphile/graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { LONG, sized } from '../support/limits.ts';
import { readSchema } from '../support/schema.ts';
import { describeReal } from '../support/server.ts';
import {
  addContent,
  addDialogue,
  createTenants,
  indexAll,
  join as joinWorkspace,
  type Tenants,
} from '../support/tenants.ts';
import type { TestUser } from '../support/users.ts';
import { type Known, values } from './fuzz/values.ts';
import { type Reply, startTestApi, type TestApi } from './support.ts';

/**
 * Every field of the API, called with arguments of every kind: right, wrong, huge, empty, malformed, somebody else's.
 * The same seed makes the same cases; another one makes others: FUZZ_SEED=7 npm test -- test/api/fuzz
 */
const SEED = Number(process.env.FUZZ_SEED || 20_261_122);
/** Cases of a field: more where it takes more arguments. */
const MUTATION_RUNS = (inputs: number): number => Math.ceil((9 + Math.min(30, inputs * 2)) * sized(0.4, 1));
const QUERY_RUNS = (inputs: number): number => (inputs > 3 ? 9 : 1);

const schema = readSchema();
/** What docs/error-codes.md promises to requests. */
const documented = new Set(
  readFileSync(join(projectFolder, 'docs/error-codes.md'), 'utf8')
    .split('## Commands')[0]!
    .match(/CQ\d{3}/g),
);

/** What is written although the request is refused: attempts at passwords are counted, and logged. */
const COUNTED: Record<string, string[]> = {
  signIn: ['app_private.sign_in_failures', 'app_public.audit_logs'],
  changePassword: ['app_private.sign_in_failures', 'app_public.audit_logs'],
  requestEmailChange: ['app_private.sign_in_failures', 'app_public.audit_logs'],
  proveIdentity: ['app_private.sign_in_failures', 'app_public.audit_logs'],
  confirmSecondFactor: ['app_private.sign_in_failures', 'app_public.audit_logs'],
  removeSecondFactor: ['app_private.sign_in_failures', 'app_public.audit_logs'],
};

/** Of what an argument named id is, where the name of the mutation does not end with it. */
const SUBJECT: Record<string, string> = {
  forget: 'memory',
  undoMemory: 'memory',
  releaseLegalHold: 'legalHold',
  revokeApiKey: 'apiKey',
  revokeInvitation: 'invitation',
  revokeSession: 'session',
  useMemories: 'memory',
};

type Actor = 'user' | 'viewer' | 'visitor';

/** What takes things away comes last: the others need something to be aimed at. */
const isLast = (name: string): boolean => /^(delete|forget|leave|remove|revoke|transfer|release)/.test(name);
const mutations = Object.values(schema.getMutationType()!.getFields()).sort(
  (a, b) => Number(isLast(a.name)) - Number(isLast(b.name)),
);
const queries = Object.values(schema.getQueryType()!.getFields());

/** The leaves of what a field returns, one step down. */
function leaves(type: GraphQLObjectType, depth: number): string {
  const parts = ['__typename'];
  for (const field of Object.values(type.getFields())) {
    if (field.args.some((arg) => isNonNullType(arg.type))) continue;
    const named = getNamedType(field.type);
    if (isLeafType(named)) parts.push(field.name);
    else if (
      depth > 0 &&
      isObjectType(named) &&
      field.name !== 'query' &&
      !/Connection$|Edge$/.test(named.name)
    )
      parts.push(`${field.name} { ${leaves(named, depth - 1)} }`);
    else if (depth > 0 && field.name === 'nodes' && isObjectType(named))
      parts.push(`nodes { ${leaves(named, 0)} }`);
  }
  return parts.join(' ');
}

describeReal('whatever is sent', () => {
  let api: TestApi;
  let tenants: Tenants;
  let known: Known;
  /** What stands in rows of a stranger, and in no answer to anybody here. */
  let secrets: string[];
  let fingerprintSql: string;
  const asked = { cases: 0, refused: 0, accepted: 0, codes: new Map<string, number>() };

  beforeAll(async () => {
    api = await startTestApi();
    const { database } = api;
    tenants = await createTenants(database);
    const { ann, bob, owner } = tenants;
    const all: Record<string, Record<string, string[]>> = {};
    for (const [name, user] of Object.entries({ ann, bob, owner })) {
      const content = await addContent(database, user, name);
      await indexAll(database);
      const said = await addDialogue(database, user, name);
      const id = async (sql: string): Promise<string[]> =>
        (await database.pool('owner').query(sql, [user.workspaceId])).rows.map((row) => row.id);
      all[name] = {
        user: [user.id],
        workspace: [user.workspaceId],
        conversation: [content.conversation, content.sharedConversation, said.conversation],
        message: [...content.messages, said.question, said.answer],
        document: [content.document, content.sharedDocument],
        memory: [content.memory, content.sharedMemory],
        repository: [content.repository],
        file: [content.file],
        chunk: [said.chunk],
        toolCall: [said.toolCall],
        share: [said.share],
        reservation: [said.reservation],
        ragConfiguration: [said.configuration],
        systemPromptTemplate: [said.template],
        apiKey: [content.apiKey],
        usageBudget: await id('select id from app_public.usage_budgets where workspace_id = $1'),
        legalHold: await id('select id from app_public.legal_holds where workspace_id = $1'),
        invitation: [
          ...(await id('select id from app_public.workspace_invitations where workspace_id = $1')),
          said.share,
        ],
        session: await id(
          'select s.id from app_private.user_sessions s join app_public.workspace_members m using (user_id) where m.workspace_id = $1',
        ),
      };
    }
    await indexAll(database);
    const foreign: Record<string, string[]> = {};
    for (const kind of Object.keys(all.ann!)) foreign[kind] = [...all.ann![kind]!, ...all.owner![kind]!];
    known = { own: all.bob!, foreign, nodeIds: [] };
    for (const [type, ids] of [
      ['Conversation', foreign.conversation!],
      ['Conversation', known.own.conversation!],
      ['Document', known.own.document!],
      ['Repository', known.own.repository!],
      ['RagConfiguration', known.own.ragConfiguration!],
      ['SystemPromptTemplate', known.own.systemPromptTemplate!],
      ['UsageBudget', known.own.usageBudget!],
      ['User', known.own.user!],
    ] as const) {
      for (const id of ids) {
        known.nodeIds.push(Buffer.from(JSON.stringify([type, id])).toString('base64'));
        known.nodeIds.push(
          Buffer.from(JSON.stringify([`${type[0]!.toLowerCase()}${type.slice(1)}s`, id])).toString('base64'),
        );
      }
    }
    secrets = [
      'zebra of ann',
      'zebra by ann',
      'said ann',
      'ann private',
      'ann shared',
      'key of ann',
      'tag of ann',
    ];

    const { rows } = await database.pool('owner').query<{ name: string; isTenant: boolean }>(
      `select format('%I.%I', n.nspname, c.relname) as name,
         exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped) as "isTenant"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and not c.relispartition
         and (n.nspname in ('app_public', 'app_hidden', 'app_private') or format('%I.%I', n.nspname, c.relname) = 'pgboss.job')
         -- being asked moves the time at which a session was last seen
         and c.relname <> 'user_sessions'
       order by 1`,
    );
    expect(rows.length).toBeGreaterThan(40);
    fingerprintSql = rows
      .map(
        ({ name, isTenant }) => `select '${name}' as name,
           concat(count(*), ' ', sum(hashtextextended(concat(t.tableoid, t.ctid, t.xmin), 0))) as everything,
           ${isTenant ? `concat(count(*) filter (where t.workspace_id = $1), ' ', sum(hashtextextended(concat(t.tableoid, t.ctid, t.xmin), 0)) filter (where t.workspace_id = $1))` : 'null'} as victim
         from ${name} t`,
      )
      .join(' union all ');
    await repair();
  }, LONG);
  afterAll(async () => {
    await api?.close();
  });

  type State = Map<string, { everything: string; victim: string | null }>;
  /** The last state, and the first transaction that it may not know. */
  let last: { state: State; next: string };

  /** Which version of each row there is, by table: of all rows, and of those of a stranger. */
  async function look(): Promise<State> {
    const { rows } = await api.database
      .pool('admin')
      .query({ name: 'fingerprint', text: fingerprintSql, values: [tenants.ann.workspaceId] });
    return new Map(rows.map(({ name, everything, victim }) => [name, { everything, victim }]));
  }

  /** As `look`, but only when some transaction has written since, and was not undone. */
  async function currentState(): Promise<State> {
    const { rows } = await api.database.pool('admin').query<{ next: string; isSame: boolean }>(
      `select pg_snapshot_xmax(s)::text as next,
         (select bool_and(pg_xact_status(x::text::xid8) = 'aborted') from generate_series($1::numeric, pg_snapshot_xmax(s)::text::numeric - 1) as x) is not false as "isSame"
       from pg_current_snapshot() as s`,
      [last?.next ?? '1000000'],
    );
    if (!last || !rows[0]!.isSame) last = { state: await look(), next: rows[0]!.next };
    return last.state;
  }

  const tokens = new Map<TestUser, string>();
  /** New sessions, and the viewer in its workspace: some of what is tried ends them. */
  async function repair(): Promise<void> {
    const owner = api.database.pool('owner');
    for (const user of [tenants.bob, tenants.viewer]) {
      const { rows } = await owner.query('select (app_private.create_session($1)).token', [user.id]);
      tokens.set(user, rows[0].token);
    }
    const { viewer } = tenants;
    const { rowCount } = await owner.query(
      'select from app_public.workspace_members where workspace_id = $1 and user_id = $2',
      [viewer.workspaceId, viewer.id],
    );
    if (rowCount === 0) await joinWorkspace(api.database, viewer, viewer.workspaceId, 'viewer');
  }

  function send(actor: Actor, query: string, variables: object): Promise<Reply> {
    const user = { user: tenants.bob, viewer: tenants.viewer, visitor: undefined }[actor];
    return api.ask(query, variables, {
      token: user && tokens.get(user),
      headers: actor === 'viewer' ? { 'x-workspace-id': tenants.viewer.workspaceId } : {},
    });
  }
  const isOut = ({ status }: Reply): boolean => status === 401 || status === 403;

  /** What holds for every answer. */
  function check(reply: Reply, what: string): void {
    asked.cases += 1;
    expect(reply.status, `${what}\n${reply.text.slice(0, 500)}`).toBeLessThan(500);
    expect(isOut(reply), what).toBe(false);
    for (const { extensions, message } of reply.errors) {
      const code = extensions?.code;
      asked.codes.set(code, (asked.codes.get(code) ?? 0) + 1);
      expect(code, `${what}\n${message}`).not.toMatch(/^CQ50/);
      expect(documented, `${what}\n${message}`).toContain(code);
      expect(message, what).not.toMatch(
        /app_(public|hidden|private)|constraint|violates|relation "|column "|duplicate key/i,
      );
    }
    for (const secret of secrets) expect(reply.text, what).not.toContain(secret);
  }

  const shown = (field: string, actor: string, variables: object): string =>
    `${field} as ${actor}: ${JSON.stringify(variables).slice(0, 1500)}`;

  const actors = fc.oneof(
    { weight: 7, arbitrary: fc.constant<Actor>('user') },
    { weight: 2, arbitrary: fc.constant<Actor>('viewer') },
    { weight: 1, arbitrary: fc.constant<Actor>('visitor') },
  );

  describe('to change something', () => {
    it.each(mutations.map((field) => field.name))('%s answers, and writes all or nothing', async (name) => {
      const field: GraphQLField<unknown, unknown> = schema.getMutationType()!.getFields()[name]!;
      const input = getNamedType(field.args[0]!.type);
      if (!isInputObjectType(input)) throw new Error(`${name} takes no input object`);
      const inputs = Object.keys(input.getFields()).length + (input.getFields().patch ? 5 : 0);
      const subject = (
        /^(?:delete|update)(.+?)(?:ByNodeId)?$/.exec(name)?.[1] ??
        SUBJECT[name] ??
        ''
      ).replace(/^./, (first) => first.toLowerCase());
      const query = `mutation ($input: ${input.name}!) { ${name}(input: $input) { ${leaves(getNamedType(field.type) as GraphQLObjectType, 1)} } }`;
      await fc.assert(
        fc.asyncProperty(actors, values(known).of(input, 'input', subject), async (actor, value) => {
          let before = await currentState();
          let reply = await send(actor, query, { input: value });
          if (isOut(reply)) {
            await repair();
            before = await currentState();
            reply = await send(actor, query, { input: value });
          }
          const what = shown(name, actor, { input: value });
          check(reply, what);
          const after = await currentState();
          for (const [table, { everything, victim }] of after) {
            expect(victim, `${what}\nchanged rows of a stranger in ${table}`).toBe(before.get(table)?.victim);
            if (reply.errors.length === 0 || COUNTED[name]?.includes(table)) continue;
            expect(everything, `${what}\nwas refused and wrote to ${table}`).toBe(
              before.get(table)?.everything,
            );
          }
          if (reply.errors.length > 0) asked.refused += 1;
          else asked.accepted += 1;
        }),
        { seed: SEED, numRuns: MUTATION_RUNS(inputs), endOnFailure: true },
      );
    });

    it('was tried often enough, and was not only refused', () => {
      process.stdout.write(
        `${asked.cases} mutations sent (seed ${SEED}): ${asked.accepted} accepted, ${asked.refused} refused, 0 half written; codes ${[...asked.codes.keys()].sort().join(' ')}\n`,
      );
      expect(asked.cases).toBeGreaterThanOrEqual(sized(400, 1000));
      expect(asked.accepted).toBeGreaterThan(sized(80, 200));
      expect(asked.refused).toBeGreaterThan(sized(80, 200));
      asked.cases = 0;
    });
  });

  describe('to read something', () => {
    it.each(queries.map((field) => field.name))('%s answers', async (name) => {
      const field = schema.getQueryType()!.getFields()[name]!;
      const type = getNamedType(field.type);
      const inner = isObjectType(type) ? `{ ${leaves(type, 1)} }` : isLeafType(type) ? '' : '{ __typename }';
      const { of, filter } = values(known);
      const subject = name.replace(/ByNodeId$/, '');
      const shape = Object.fromEntries(
        field.args.map((arg) => [
          arg.name,
          arg.name === 'filter' ? filter(arg.type) : of(arg.type, arg.name, subject),
        ]),
      );
      const needed = field.args.filter((arg) => isNonNullType(arg.type)).map((arg) => arg.name);
      await fc.assert(
        fc.asyncProperty(actors, fc.record(shape, { requiredKeys: needed }), async (actor, args) => {
          const used = field.args.filter((arg) => arg.name in args);
          const heads = used.map((arg) => `$${arg.name}: ${arg.type}`).join(', ');
          const given = used.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
          const query = `query ${heads && `(${heads})`} { ${name}${given && `(${given})`} ${inner} }`;
          check(await send(actor, query, args), shown(name, actor, args));
        }),
        { seed: SEED, numRuns: QUERY_RUNS(field.args.length), endOnFailure: true },
      );
    });

    it('was tried often enough', () => {
      process.stdout.write(`${asked.cases} queries sent (seed ${SEED}), 0 internal errors\n`);
      expect(asked.cases).toBeGreaterThanOrEqual(300);
    });
  });
});
