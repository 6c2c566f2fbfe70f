import type { Database } from '../../../lib/database.ts';
import { beginAsOwner, compare, median, type Ratio } from '../harness.ts';

/** Of what a request costs, when there is ten times as much of everything else. */
const GOAL = 1.3;
const SAMPLES = 30;
const ROUNDS = 5;

/** A person with a conversation, and words that one of the documents has. */
export interface Visitor {
  user_id: string;
  workspace_id: string;
  conversation_id: string;
  words: string;
}

const REQUESTS = {
  'a page of 50 messages': {
    sql: 'select p.* from app_public.conversation_messages($1::uuid) as p',
    value: (visitor: Visitor) => visitor.conversation_id,
  },
  'a message that is posted': {
    sql: `select p.id from app_public.post_message(conversation_id => $1::uuid, content => 'One more of them.') as p`,
    value: (visitor: Visitor) => visitor.conversation_id,
  },
  'a search by words': {
    sql: `select s.returned from app_public.search(query => $1, mode => 'text', max_results => 10) as s`,
    value: (visitor: Visitor) => visitor.words,
  },
  'the first 20 of a list': {
    sql: `select c.id, c.title, c.last_message_at from app_public.conversations c where c.owner_id = $1::uuid
          order by c.last_message_at desc, c.id desc limit 20`,
    value: (visitor: Visitor) => visitor.user_id,
  },
};

/** Work that depends on no data: how fast the machine is at the moment. */
const FIXED = 'select sum(n) from generate_series(1, 3000) as n';

interface Cost {
  buffers: number;
  /** Of each round a median, as a multiple of the fixed work at the same time: the two measurements are far apart. */
  ratios: number[];
}
export type Costs = Record<string, Cost>;

/** The same people at each measurement: those of the first load. */
export async function chooseVisitors(database: Database): Promise<Visitor[]> {
  const { rows } = await database.pool('owner').query<Visitor>(
    `select c.owner_id as user_id, c.workspace_id, c.id as conversation_id, d.title as words
     from app_public.conversations c
     cross join lateral (
       select o.title from app_public.documents o where o.workspace_id = c.workspace_id and (o.owner_id = c.owner_id or o.visibility = 'workspace')
       order by o.id limit 1
     ) as d
     where c.message_count between 50 and 900 and not c.is_archived order by md5(c.id::text) limit $1`,
    [SAMPLES],
  );
  return rows;
}

/** What each request costs now: pages of memory, and time. */
export async function measureRequests(database: Database, visitors: Visitor[]): Promise<Costs> {
  const client = await database.pool('authenticator').connect();
  const costs: Costs = {};
  try {
    for (const [name, { sql, value }] of Object.entries(REQUESTS)) {
      const buffers: number[] = [];
      const ratios: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        const times: number[] = [];
        const fixed: number[] = [];
        for (const visitor of visitors) {
          await beginAsOwner(client, visitor);
          if (round === 0) {
            const { rows } = await client.query(
              `explain (analyze, buffers, timing off, format json) ${sql}`,
              [value(visitor)],
            );
            const plan = rows[0]['QUERY PLAN'][0].Plan;
            buffers.push(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']);
          } else {
            const start = performance.now();
            await client.query(sql, [value(visitor)]);
            const between = performance.now();
            await client.query(FIXED);
            times.push(between - start);
            fixed.push(performance.now() - between);
          }
          await client.query('rollback');
        }
        if (round > 0) ratios.push(median(times) / median(fixed));
      }
      costs[name] = { buffers: median(buffers), ratios };
    }
  } finally {
    client.release();
  }
  return costs;
}

export function growthRatios(before: Costs, after: Costs): Ratio[] {
  return Object.keys(before).flatMap((name) => {
    const [small, large] = [before[name]!, after[name]!];
    const options = { anchorName: 'with a tenth of the data', goal: { most: GOAL } };
    return [
      compare(`growth: ${name}, pages of memory`, [{ ours: large.buffers, anchor: small.buffers }], {
        unit: '',
        ...options,
      }),
      compare(
        `growth: ${name}, time`,
        large.ratios.map((ours, round) => ({ ours, anchor: small.ratios[round]! })),
        { unit: '× fixed work', ...options },
      ),
    ];
  });
}
