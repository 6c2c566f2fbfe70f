import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

/** More than what is ranked whole, so that a sample says which words are common. */
const PASSAGES = 12_000;

describeReal('a large workspace', () => {
  let database: Database;
  let ann: TestUser;
  let eve: TestUser;

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    eve = await registerUser(database, 'eve@example.org');
    const owner = database.pool('owner');
    // otters in every second passage, herons in the others; beavers in every third, beside both; three passages say pangolin
    await owner.query(
      `with document as (
         insert into app_public.documents (workspace_id, owner_id, title, content) values ($1, $2, 'Animals', 'in bulk') returning id
       )
       insert into app_public.chunks (workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset,
         token_count, content_hash)
       select $1, 'document', d.id, $2, 'private', n, t.content, 0, 1, 1, sha256(convert_to(t.content, 'UTF8'))
       from document d
       cross join generate_series(1, ${PASSAGES}) as n
       cross join lateral (
         select concat_ws(' ', case when n % 2 = 0 then 'otter' else 'heron' end, case when n % 3 = 0 then 'beaver' end,
           case when n % 4000 = 0 then 'pangolin' end, 'note', n) as content
       ) as t`,
      [ann.workspaceId, ann.id],
    );
    await owner.query('select app_hidden.sample_words()');
  });
  afterAll(async () => {
    await database?.close();
  });

  async function found(user: TestUser, query: string, most = 10): Promise<string[]> {
    return asUser(database, user, async (client) => {
      const { rows } = await client.query<{ content: string }>(
        `select r.content from app_public.search(query => $1, mode => 'text', max_results => $2) as s
         cross join lateral unnest(s.results) as r`,
        [query, most],
      );
      return rows.map((row) => row.content);
    });
  }

  /** The words that find, those that rank, and those that must stand beside the one that finds. */
  async function split(query: string) {
    const { rows } = await database.pool('owner').query(
      `select s.finding::text[], s.ranking::text[], s.together::text[], s.shares
       from app_private.question_in($1, $2) as q
       cross join lateral app_private.split_words($1, q) as s`,
      [ann.workspaceId, query],
    );
    return rows[0] as {
      finding: string[];
      ranking: string[] | null;
      together: string[] | null;
      shares: (number | null)[];
    };
  }

  it('has its rare words find and its common ones rank', async () => {
    const words = await split('the pangolin and the otter');
    expect(words.finding).toEqual(["'pangolin'"]);
    expect(words.ranking).toEqual(["'otter'"]);
    expect(words.together ?? []).toEqual([]);
    const contents = await found(ann, 'the pangolin and the otter', 3);
    expect(contents.every((content) => content.includes('pangolin'))).toBe(true);
  });

  it('does not rank all that have a common word where others stand beside it', async () => {
    const words = await split('otter and beaver');
    expect(words.finding).toEqual(["'beaver'"]);
    expect(words.together).toEqual(["'otter'"]);
    // of what is common, a sample says how common
    expect(words.shares[0]).toBeCloseTo(1 / 3, 1);
    const contents = await found(ann, 'otter and beaver');
    expect(contents).toHaveLength(10);
    expect(contents.every((content) => /otter.*beaver/.test(content))).toBe(true);
  });

  it('finds by one common word where no passage has two', async () => {
    expect((await split('otter heron')).together).toHaveLength(1);
    const contents = await found(ann, 'otter heron');
    expect(contents).toHaveLength(10);
    expect(contents.every((content) => /otter|heron/.test(content))).toBe(true);
  });

  it('finds by a common word alone, and by a phrase of common words', async () => {
    expect(await found(ann, 'otter')).toHaveLength(10);
    expect((await found(ann, '"otter beaver"')).every((content) => content.includes('otter beaver'))).toBe(
      true,
    );
  });

  it('gives nothing of it to another tenant', async () => {
    expect(await found(eve, 'otter and beaver')).toEqual([]);
  });
});
