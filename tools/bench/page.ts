import pg, { type PoolClient } from 'pg';
import { startApi } from '../../api/server.ts';
import type { Database } from '../../lib/database.ts';
import { type Bench, compare, percentile, runSql } from './harness.ts';
import { CHAT, loadChat } from './sample.ts';

const TENANTS = 200;
const CONVERSATIONS = 300;
/** Of a conversation, so that there are enough young ones. */
const MEAN = 45;
const ROUNDS = 7;

interface Sample {
  id: string;
  workspace_id: string;
  owner_id: string;
}

/** A statement that reads a page of the conversation of this id. */
type PageQuery = (id: string) => { text: string; values: unknown[] };

const PAGE = `query ($id: UUID!) {
  conversation(id: $id) { title messages(last: 50) { nodes { id role content createdAt } pageInfo { hasPreviousPage startCursor } } }
}`;
const plain =
  (text: string): PageQuery =>
  (id) => ({ text, values: [id] });
const PLAIN = plain(
  'select * from bench.plain_messages m where m.conversation_id = $1 order by m.id desc limit 50',
);
const TIMESTAMP = plain(
  'select * from bench.timestamp_messages m where m.conversation_id = $1 order by m.created_at desc limit 50',
);

/** The statement that the API sends for a page, taken down while it answers a request over HTTP. */
async function sentForPage(database: Database): Promise<PageQuery> {
  const pool = new pg.Pool({ connectionString: database.url('authenticator'), max: 1 });
  const sent: { text: string; values: unknown[] }[] = [];
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((first: string | { text: string; values?: unknown[] }, ...rest: unknown[]) => {
      if (typeof first === 'object' && first.text.includes('__messages__')) {
        sent.push({ text: first.text, values: first.values ?? [] });
      }
      return query(first, ...rest);
    }) as typeof client.query;
  });
  const api = await startApi({
    database: { kind: 'server', pool: () => pool },
    host: '127.0.0.1',
    port: 0,
    embedQuery: async () => new Float32Array(),
    development: false,
  });
  try {
    const ask = async (query: string, variables: object = {}, token?: string) => {
      const response = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify({ query, variables }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: the queries say what comes back
      const { data, errors } = (await response.json()) as any;
      if (errors) throw new Error(`The API refused: ${JSON.stringify(errors)}`);
      return data;
    };
    const { register } = await ask(
      'mutation { register(input: { email: "page@example.org", password: "correct horse battery" }) { authentication { token } } }',
    );
    const { token } = register.authentication;
    const started = await ask('mutation { startConversation(input: {}) { conversation { id } } }', {}, token);
    const { id } = started.startConversation.conversation;
    await ask(PAGE, { id }, token);
    const [page] = sent;
    if (sent.length !== 1 || !page) throw new Error(`The API sent ${sent.length} statements for a page.`);
    return (other) => ({
      text: page.text,
      values: page.values.map((value) => (value === id ? other : value)),
    });
  } finally {
    await api.close();
    await pool.end();
  }
}

async function become(client: PoolClient, { owner_id, workspace_id }: Sample): Promise<void> {
  await client.query(
    `select set_config('colloquy.user_id', $1, true), set_config('colloquy.workspace_id', $2, true)`,
    [owner_id, workspace_id],
  );
}

/** Milliseconds of each page, as the API reads it: one transaction, claims set, the policy in force. */
async function readPages(
  client: PoolClient,
  name: string,
  query: PageQuery,
  samples: Sample[],
): Promise<number[]> {
  const times: number[] = [];
  await client.query(
    `begin; set local role colloquy_user; set local search_path = pg_catalog, extensions, pg_temp;
     select set_config('colloquy.member_role', 'owner', true)`,
  );
  for (const sample of samples) {
    await become(client, sample);
    const start = performance.now();
    // prepared, as PostGraphile does it
    await client.query({ name, ...query(sample.id) });
    times.push(performance.now() - start);
  }
  await client.query('commit');
  return times;
}

/** How many partitions of messages a page really read, as the server counts scans within a transaction. */
async function partitionsTouched(client: PoolClient, query: PageQuery, samples: Sample[]): Promise<number> {
  let most = 0;
  const scans = async (): Promise<Map<string, number>> => {
    const { rows } = await client.query<{ relname: string; scans: number }>(
      `select relname, (seq_scan + coalesce(idx_scan, 0))::int as scans from pg_stat_xact_user_tables
       where schemaname = 'app_partitions' and relname like 'messages%'`,
    );
    return new Map(rows.map((row) => [row.relname, row.scans]));
  };
  await client.query(
    `begin; set local role colloquy_user; set local search_path = pg_catalog, extensions, pg_temp`,
  );
  for (const sample of samples.slice(0, 50)) {
    await become(client, sample);
    const before = await scans();
    await client.query(query(sample.id));
    const touched = [...(await scans())].filter(([name, count]) => count > (before.get(name) ?? 0));
    most = Math.max(most, touched.length);
  }
  await client.query('commit');
  return most;
}

async function pick(database: Database, condition: string): Promise<Sample[]> {
  const { rows } = await database.pool('owner').query<Sample>(
    `select c.id, c.workspace_id, c.owner_id from app_public.conversations c
     where c.message_count >= 10 and ${condition} order by md5(c.id::text) limit $1`,
    [CONVERSATIONS],
  );
  return rows;
}

export const page: Bench = {
  about:
    'the latest 50 messages of a conversation, by the statement that the API sends for them: young and old, over 24 months of partitions',
  async run(database, scale, say) {
    const { messages } = CHAT[scale];
    await loadChat(
      database,
      { messages, conversations: Math.ceil(messages / MEAN), workspaces: TENANTS },
      say,
    );
    await runSql(database, 'page_anchors.sql');
    const { rows } = await database.pool('owner').query(
      `select (select count(*)::int from app_public.messages) as messages, (select count(*)::int from app_public.conversations) as conversations,
         (select count(*)::int from pg_inherits where inhparent = 'app_public.messages'::regclass) as partitions`,
    );
    const young = await pick(database, `c.id >= app_hidden.uuidv7_floor(now() - interval '25 days')`);
    const old = await pick(
      database,
      `c.last_message_id < app_hidden.uuidv7_floor(now() - interval '10 months')`,
    );
    const ours = await sentForPage(database);
    const client = await database.pool('authenticator').connect();
    try {
      const series: Record<string, { p50: number; p95: number }[]> = {};
      const measure = async (name: string, query: PageQuery, samples: Sample[]): Promise<void> => {
        const times = await readPages(client, name, query, samples);
        const list = series[name] ?? [];
        series[name] = list;
        list.push({ p50: percentile(times, 0.5), p95: percentile(times, 0.95) });
      };
      for (let round = 0; round <= ROUNDS; round++) {
        await measure('young', ours, young);
        await measure('young plain', PLAIN, young);
        await measure('young timestamp', TIMESTAMP, young);
        await measure('old', ours, old);
        await measure('old timestamp', TIMESTAMP, old);
        // the first round warms up
        if (round === 0) for (const name of Object.keys(series)) series[name] = [];
        else say(`Round ${round} of ${ROUNDS}`);
      }
      const against = (name: string, ours: string, anchor: string, anchorName: string, most?: number) =>
        (['p50', 'p95'] as const).map((which) =>
          compare(
            `${name}, ${which}`,
            series[ours]!.map((one, index) => ({ ours: one[which], anchor: series[anchor]![index]![which] })),
            { unit: 'ms', anchorName, ...(most ? { goal: { most } } : {}) },
          ),
        );
      return {
        shape: {
          messages: rows[0].messages,
          conversations: rows[0].conversations,
          'partitions of messages': rows[0].partitions,
          'pages per round': young.length + old.length,
          rounds: ROUNDS,
        },
        ratios: [
          ...against('young conversation', 'young', 'young plain', "plain table with one month's rows", 1.2),
          ...against('old conversation', 'old', 'young plain', "plain table with one month's rows", 1.2),
          ...against('young conversation', 'young', 'young timestamp', 'partitioned by timestamp'),
          ...against('old conversation', 'old', 'old timestamp', 'partitioned by timestamp'),
        ],
        notes: [
          `Most partitions of messages that a page read: young ${await partitionsTouched(client, ours, young)}, old ${await partitionsTouched(client, ours, old)}.`,
        ],
      };
    } finally {
      client.release();
    }
  },
};
