import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser } from '../support/users.ts';

/** Columns that only security definer functions fill, from columns that refuse what is no number. */
const COMPUTED: Record<string, string> = {
  'users.total_cost_usd': 'the sum of usage_logs.cost_usd',
  'conversations.total_cost_usd': 'the sum of messages.cost_usd',
  'conversation_analytics.total_relevance_score': 'the sum of messages.relevance_score',
  'conversation_analytics.cost_usd': 'the sum of messages.cost_usd',
  'conversation_analytics.satisfaction_points': 'points of ratings, which are 1 to 5',
  'rag_configuration_performance.total_relevance_score': 'the sum of those of conversations',
  'rag_configuration_performance.cost_usd': 'the sum of those of conversations',
  'rag_configuration_performance.satisfaction_points': 'the sum of those of conversations',
};

interface Column {
  name: string;
  type: string;
  /** Checks that it is part of, and their columns. */
  checks: { expression: string; columns: { name: string; type: string }[] }[];
  isWritten: boolean;
}

describeReal('numbers that are none', () => {
  let database: Database;
  let ann: TestUser;
  let columns: Column[];
  let conversation: string;
  let chunk: string;

  const owner = () => database.pool('owner');
  const call = async (sql: string, ...values: unknown[]) =>
    (await asUser(database, ann, (client) => client.query(sql, values))).rows;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    conversation = (await call('select id from app_public.start_conversation()'))[0].id;
    const document = (await call(`select id from app_public.create_document('A', 'a')`))[0].id;
    chunk = (
      await owner().query(
        `insert into app_public.chunks (workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset, token_count, content_hash)
         values ($1, 'document', $2, $3, 'private', 0, 'a', 0, 1, 1, sha256('a')) returning id`,
        [ann.workspaceId, document, ann.id],
      )
    ).rows[0].id;
    columns = (
      await owner().query(
        `select format('%s.%s', c.relname, a.attname) as name, format_type(a.atttypid, a.atttypmod) as type,
           coalesce((
             select json_agg(json_build_object('expression', pg_get_expr(k.conbin, k.conrelid), 'columns', (
               select json_agg(json_build_object('name', x.attname, 'type', format_type(x.atttypid, x.atttypmod)))
               from pg_attribute x where x.attrelid = k.conrelid and x.attnum = any (k.conkey)
             )))
             from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any (k.conkey)
           ), '[]') as checks,
           exists (
             select from unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) as r (name)
             where has_column_privilege(r.name, c.oid, a.attnum, 'insert') or has_column_privilege(r.name, c.oid, a.attnum, 'update')
           ) as "isWritten"
         from pg_attribute a
         join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and c.relnamespace = 'app_public'::regnamespace
         where a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
           and a.atttypid in ('numeric'::regtype, 'real'::regtype, 'double precision'::regtype)
         order by 1`,
      )
    ).rows;
  });
  afterAll(() => database?.close());

  /** Whether the type or a check of a column refuses a value, whatever the other columns have. */
  async function refuses({ name, type, checks }: Column, value: string): Promise<boolean> {
    for (const { expression, columns: all } of [{ expression: 'true', columns: [] }, ...checks]) {
      const row = [
        `'${value}'::${type} as ${name.split('.')[1]}`,
        ...all
          .filter((one) => one.name !== name.split('.')[1])
          .map((one) => `null::${one.type} as ${one.name}`),
      ].join(', ');
      try {
        const { rows } = await owner().query(`select (${expression}) as passes from (select ${row}) as t`);
        if (rows[0].passes === false) return true;
      } catch (error) {
        expect(error).toMatchObject({ code: '22003' });
        return true;
      }
    }
    return false;
  }

  it('are refused by every column that a request can fill', async () => {
    expect(columns.length).toBeGreaterThan(15);
    const open: string[] = [];
    for (const column of columns)
      for (const value of ['NaN', 'Infinity', '-Infinity'])
        if (!(await refuses(column, value)) && !open.includes(column.name)) open.push(column.name);
    expect(open.sort()).toEqual(Object.keys(COMPUTED).sort());
    // what is computed is granted to nobody
    expect(columns.filter((column) => column.name in COMPUTED && column.isWritten)).toEqual([]);
    // and the question can be answered with no
    const [cost] = columns.filter((column) => column.name === 'usage_logs.cost_usd');
    expect(await refuses(cost!, '0.5')).toBe(false);
    expect(await refuses(cost!, '-0.5')).toBe(true);
  });

  describe('are refused by functions', () => {
    const CALLS: [string, string, () => unknown[]][] = [
      [
        'postMessage',
        `select app_public.post_message(conversation_id => $2, content => 'a', role => 'assistant', cost_usd => $1::numeric)`,
        () => [conversation],
      ],
      [
        'recordTurn',
        `select app_public.record_turn($2, 'q', 'a', cost_usd => $1::numeric)`,
        () => [conversation],
      ],
      [
        'recordTurn, relevance',
        `select app_public.record_turn($2, 'q', 'a', relevance_score => $1::real)`,
        () => [conversation],
      ],
      [
        'recordTurn, scores',
        `select app_public.record_turn($2, 'q', 'a', chunks => jsonb_build_array(jsonb_build_object('chunkId', $3::text, 'textScore', $1::text)))`,
        () => [conversation, chunk],
      ],
      [
        'recordTurn, fused score',
        `select app_public.record_turn($2, 'q', 'a', chunks => jsonb_build_array(jsonb_build_object('chunkId', $3::text, 'score', $1::text)))`,
        () => [conversation, chunk],
      ],
      ['reserveUsage', 'select app_public.reserve_usage(1, $1::numeric)', () => []],
      [
        'settleUsage',
        'select app_public.settle_usage((select id from app_public.reserve_usage(1, 1)), 1, $1::numeric)',
        () => [],
      ],
      ['startConversation', 'select app_public.start_conversation(temperature => $1::numeric)', () => []],
      ['remember', `select app_public.remember('a', importance => $1::real)`, () => []],
      ['search', `select app_public.search('a', threshold => $1::real)`, () => []],
      [
        'recordImage',
        `select app_public.record_image($2, 'a cat', 'images/a.png', 1, 1, 'png', cost_usd => $1::numeric)`,
        () => [conversation],
      ],
      // the last: from here on there is a budget
      [
        'setUsageBudget',
        `select app_public.set_usage_budget('month', cost_limit_usd => $1::numeric)`,
        () => [],
      ],
    ];
    it.each(CALLS)('%s', async (_, sql, rest) => {
      // what is refused is the value, not the rest
      await call(sql, '0.5', ...rest());
      for (const value of ['NaN', 'Infinity', '-Infinity']) {
        // the API makes CQ200 of each of them
        await expect(call(sql, value, ...rest()), value).rejects.toMatchObject({
          code: expect.stringMatching(/^(CQ200|23514|22003)$/),
        });
      }
    });
  });
});
