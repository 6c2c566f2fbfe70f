import type { PoolClient } from 'pg';
import type { Database } from '../../lib/database.ts';
import { type Bench, compare, median, percentile, type Ratio, runSql, type Scale } from './harness.ts';
import { type Passage, prose } from './prose.ts';
import { asTenant, type Tenant } from './search-data.ts';

/** Passages of each workspace. */
const SIZES: Record<Scale, number[]> = {
  small: [24_000, 24_000],
  medium: [24_000, 24_000, 200_000],
  large: [24_000, 24_000, 1_000_000],
};
const ROUNDS = 3;
const QUESTIONS = 60;
/** Questions whose buffers are counted, apart from the rounds: counting takes time. */
const EXPLAINED = 20;
const PASSAGES_OF_DOCUMENT = 20;
const DOCUMENTS_OF_BATCH = 100;
const GOAL_MS = 15;
/** Of the largest workspace, against those of 24,000 passages. */
const GOAL_GROWTH = 5;

const OURS = `select s.returned from app_public.search(query => $1, mode => 'text', max_results => 10) as s`;
/** By hand, as the owner of the table, above every policy: any of the words, ranked by ts_rank. */
const BY_HAND = `select p.chunk_id, p.content from bench.passages p
  where p.workspace_id = $2 and p.words @@ $1::tsquery order by ts_rank(p.words, $1::tsquery) desc limit 10`;
const ANY_WORD = `select replace(plainto_tsquery('pg_catalog.english', $1)::text, '&', '|') as query`;

interface Question {
  tenant: Tenant;
  text: string;
  /** Any of its words, as a tsquery. */
  query: string;
}

async function load(
  database: Database,
  tenant: Tenant,
  seed: number,
  say: (text: string) => void,
): Promise<string[]> {
  const owner = database.pool('owner');
  const writer = prose(seed);
  const asked: Passage[] = [];
  const step = Math.floor(tenant.size / QUESTIONS);
  let written = 0;
  while (written < tenant.size) {
    const documents = Array.from({ length: DOCUMENTS_OF_BATCH }, () => writer.document(PASSAGES_OF_DOCUMENT));
    const passages = documents.flat().slice(0, tenant.size - written);
    for (const [place, passage] of passages.entries()) {
      if ((written + place) % step === step - 1) asked.push(passage);
    }
    await owner.query(
      `with added as (
         insert into app_public.documents (workspace_id, owner_id, title, content)
         select $1, $2, t.title, 'in bulk ' || $6::integer + t.place from unnest($3::text[]) with ordinality as t (title, place)
         returning id
       ),
       documents as (select a.id, row_number() over (order by a.id) - 1 as place from added a)
       insert into app_public.chunks (workspace_id, source_type, document_id, owner_id, visibility, chunk_index, heading, content,
         start_offset, end_offset, token_count, content_hash)
       select $1, 'document', d.id, $2, case when p.place % 4 = 0 then 'workspace' else 'private' end::app_public.visibility,
         (p.place - 1) % $5::integer, p.heading, p.content, 0, 1, 1, sha256(convert_to(p.content, 'UTF8'))
       from unnest($4::text[], $7::text[]) with ordinality as p (content, heading, place)
       join documents d on d.place = (p.place - 1) / $5::integer`,
      [
        tenant.workspace_id,
        tenant.user_id,
        documents.map(([first]) => first!.title),
        passages.map(({ text }) => text),
        PASSAGES_OF_DOCUMENT,
        written,
        passages.map(({ title }) => title),
      ],
    );
    written += passages.length;
    if (written % 100_000 < passages.length) say(`${written.toLocaleString('en')} passages …`);
  }
  return asked.slice(0, QUESTIONS).map((passage) => writer.question(passage));
}

async function time(
  client: PoolClient,
  sql: string,
  values: string[],
): Promise<{ ms: number; rows: object[] }> {
  const start = performance.now();
  const { rows } = await client.query(sql, values);
  return { ms: performance.now() - start, rows };
}

interface Plan {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

/** Pages that a statement touches, and how many of them had to be read. */
async function buffersOf(
  client: PoolClient,
  sql: string,
  values: string[],
): Promise<{ all: number; read: number }> {
  const { rows } = await client.query(`explain (analyze, buffers, timing off, format json) ${sql}`, values);
  const plan: Plan = rows[0]['QUERY PLAN'][0].Plan;
  return {
    all: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    read: plan['Shared Read Blocks'],
  };
}

interface Round {
  ours: { p50: number; p95: number };
  anchor: { p50: number; p95: number };
}

export const words: Bench = {
  about: 'the ten best by the words of a natural question, in workspaces of 24,000 passages and more',
  async run(database, scale, say) {
    const sizes = SIZES[scale];
    await runSql(database, 'words_seed.sql', { tenants: sizes.length });
    const owner = database.pool('owner');
    const { rows } = await owner.query<{ workspace_id: string; user_id: string }>(
      'select m.workspace_id, m.user_id from app_public.workspace_members m order by m.workspace_id',
    );
    const tenants: Tenant[] = rows.map((row, index) => ({ ...row, rank: index + 1, size: sizes[index]! }));
    const questions = new Map<number, Question[]>();
    for (const tenant of tenants) {
      say(`Writing ${tenant.size.toLocaleString('en')} passages …`);
      const texts = await load(database, tenant, tenant.rank, say);
      const all = questions.get(tenant.size) ?? [];
      for (const text of texts) {
        const { rows: found } = await owner.query<{ query: string }>(ANY_WORD, [text]);
        all.push({ tenant, text, query: found[0]!.query });
      }
      questions.set(tenant.size, all);
    }
    await owner.query('update app_public.documents set chunked_hash = content_hash');
    say('Indexing what is written by hand …');
    await runSql(database, 'words_anchor.sql');
    await owner.query('vacuum analyze app_public.chunks');
    await owner.query('vacuum analyze bench.passages');
    // as the worker does within a minute
    await owner.query('select app_hidden.sample_words()');
    await owner.query('vacuum analyze app_hidden.workspace_words');

    const client = await database.pool('authenticator').connect();
    const byHand = await owner.connect();
    try {
      await byHand.query('set search_path = pg_catalog, extensions');
      const table = [
        '| passages | way | p50 ms | p95 ms | buffers p50 | buffers p95 | questions without a result |',
        '| --- | --- | --- | --- | --- | --- | --- |',
      ];
      const series = new Map<number, Round[]>();
      for (const [size, asked] of questions) {
        const rounds: Round[] = [];
        const without = { ours: 0, anchor: 0 };
        for (let round = 0; round <= ROUNDS; round++) {
          const times = { ours: [] as number[], anchor: [] as number[] };
          for (const { tenant, text, query } of asked) {
            await asTenant(client, tenant);
            const found = await time(client, OURS, [text]);
            await client.query('commit');
            const anchor = await time(byHand, BY_HAND, [query, tenant.workspace_id]);
            times.ours.push(found.ms);
            times.anchor.push(anchor.ms);
            if (round === 0 && (found.rows[0] as { returned: number }).returned === 0) without.ours += 1;
            if (round === 0 && anchor.rows.length === 0) without.anchor += 1;
          }
          // the first round warms up
          if (round === 0) continue;
          rounds.push({
            ours: { p50: percentile(times.ours, 0.5), p95: percentile(times.ours, 0.95) },
            anchor: { p50: percentile(times.anchor, 0.5), p95: percentile(times.anchor, 0.95) },
          });
        }
        series.set(size, rounds);
        const buffers = {
          ours: [] as { all: number; read: number }[],
          anchor: [] as { all: number; read: number }[],
        };
        for (const { tenant, text, query } of asked.slice(0, EXPLAINED)) {
          await asTenant(client, tenant);
          buffers.ours.push(await buffersOf(client, OURS, [text]));
          await client.query('commit');
          buffers.anchor.push(await buffersOf(byHand, BY_HAND, [query, tenant.workspace_id]));
        }
        for (const [side, name] of [
          ['ours', '**search()**'],
          ['anchor', 'any word, ts_rank, by hand'],
        ] as const) {
          const middle = (which: 'p50' | 'p95') => median(rounds.map((one) => one[side][which])).toFixed(2);
          const pages = (which: 'all' | 'read', share: number) =>
            percentile(
              buffers[side].map((one) => one[which]),
              share,
            );
          table.push(
            `| ${size.toLocaleString('en')} | ${name} | ${middle('p50')} | ${middle('p95')} | ${pages('all', 0.5)} | ${pages('all', 0.95)} | ${pages('read', 0.95)} | ${without[side]} of ${asked.length} |`,
          );
        }
        say(`${size.toLocaleString('en')} passages done`);
      }

      const [small, ...larger] = [...series.keys()].sort((a, b) => a - b);
      const smallRounds = series.get(small!)!;
      const ratios: Ratio[] = [...series].flatMap(([size, rounds]) =>
        (['p50', 'p95'] as const).map((which) =>
          compare(
            `${size.toLocaleString('en')} passages: ${which}`,
            rounds.map((round) => ({ ours: round.ours[which], anchor: round.anchor[which] })),
            { unit: 'ms', anchorName: 'any word by ts_rank, by hand' },
          ),
        ),
      );
      ratios.push(
        compare(
          `${small!.toLocaleString('en')} passages: p95, goal`,
          smallRounds.map((round) => ({ ours: round.ours.p95, anchor: GOAL_MS })),
          { unit: 'ms', anchorName: 'the goal', goal: { most: 1 } },
        ),
        ...larger.map((size) =>
          compare(
            `${size.toLocaleString('en')} passages: p95, growth`,
            series
              .get(size)!
              .map((round, index) => ({ ours: round.ours.p95, anchor: smallRounds[index]!.ours.p95 })),
            {
              unit: 'ms',
              anchorName: `search() at ${small!.toLocaleString('en')}`,
              goal: { most: GOAL_GROWTH },
            },
          ),
        ),
      );
      const all = [...questions.values()].flat();
      return {
        shape: {
          passages: sizes.reduce((sum, size) => sum + size, 0),
          workspaces: sizes.length,
          'questions per workspace': QUESTIONS,
          'words per question': Number(
            (all.reduce((sum, { text }) => sum + text.split(' ').length, 0) / all.length).toFixed(1),
          ),
          'of them searched for': Number(
            (all.reduce((sum, { query }) => sum + query.split('|').length, 0) / all.length).toFixed(1),
          ),
          rounds: ROUNDS,
        },
        ratios,
        notes: table,
      };
    } finally {
      await byHand.query('reset all');
      byHand.release();
      client.release();
    }
  },
};
