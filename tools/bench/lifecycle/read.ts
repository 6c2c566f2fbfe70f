import type { PoolClient } from 'pg';
import { startApi } from '../../../api/server.ts';
import type { Database } from '../../../lib/database.ts';
import { beginAsOwner, compare, median, type Ratio } from '../harness.ts';
import type { Visitor } from './growth.ts';

const READERS = 40;
const ROUNDS = 7;
const GOAL = { most: 2 };
const PAGE = `query ($id: UUID!) { conversation(id: $id) { title messages(last: 50) { nodes { id role content createdAt } pageInfo { hasPreviousPage } } } }`;

interface Reader extends Visitor {
  token: string;
}
type Read = (reader: Reader) => Promise<void>;
type Sides = Record<'ours' | 'anchor', Reader[]>;

async function rounds(people: Sides, read: Read): Promise<{ ours: number; anchor: number }[]> {
  const series: { ours: number; anchor: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const times = { ours: [] as number[], anchor: [] as number[] };
    for (let place = 0; place < READERS; place++) {
      for (const side of ['ours', 'anchor'] as const) {
        const reader = people[side][place];
        if (!reader) continue;
        const start = performance.now();
        await read(reader);
        times[side].push(performance.now() - start);
      }
    }
    // the first round warms up
    if (round > 0) series.push({ ours: median(times.ours), anchor: median(times.anchor) });
  }
  return series;
}

async function asVisitorReads(client: PoolClient, reader: Reader): Promise<void> {
  await beginAsOwner(client, reader);
  await client.query('select p.* from app_public.conversation_messages($1::uuid) as p', [
    reader.conversation_id,
  ]);
  await client.query('commit');
}

/** The newest page of conversations that are packed, and of others of the same kind that are not: as a client reads it, and by SQL. */
export async function readPacked(database: Database, packed: string[]): Promise<Ratio[]> {
  const readers = async (condition: string): Promise<Reader[]> =>
    (
      await database.pool('owner').query<Reader>(
        `select c.owner_id as user_id, c.workspace_id, c.id as conversation_id, '' as words, (app_private.create_session(c.owner_id)).token
         from (
           select * from app_public.conversations o where o.message_count >= 100 and ${condition} order by md5(o.id::text) limit $2
         ) as c`,
        [packed, READERS],
      )
    ).rows;
  await database
    .pool('owner')
    .query(`update app_private.settings set value = '10000' where name = 'sessions_per_account'`);
  const people: Sides = {
    ours: await readers('o.id = any ($1::uuid[])'),
    anchor: await readers(`o.storage_tier = 'hot' and not o.id = any ($1::uuid[])`),
  };
  const api = await startApi({
    database,
    host: '127.0.0.1',
    port: 0,
    embedQuery: async () => new Float32Array(),
    development: false,
  });
  const client = await database.pool('authenticator').connect();
  try {
    const throughApi: Read = async ({ token, workspace_id, conversation_id }) => {
      const response = await fetch(`${api.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'x-workspace-id': workspace_id,
        },
        body: JSON.stringify({ query: PAGE, variables: { id: conversation_id } }),
      });
      const answer = (await response.json()) as {
        data?: { conversation?: { messages: { nodes: object[] } } };
      };
      if (answer.data?.conversation?.messages.nodes.length !== 50)
        throw new Error(`No page: ${JSON.stringify(answer).slice(0, 500)}`);
    };
    const bySql: Read = (reader) => asVisitorReads(client, reader);
    const options = { unit: 'ms', anchorName: 'of one that is not packed' };
    return [
      compare('the newest page of a packed conversation, through the API', await rounds(people, throughApi), {
        ...options,
        goal: GOAL,
      }),
      compare('the same by SQL alone', await rounds(people, bySql), options),
    ];
  } finally {
    client.release();
    await api.close();
  }
}
