import { expect } from 'vitest';
import type { TestUser } from '../../support/users.ts';
import { type Attacks, call, database, fails, nobody, of, onlyOperators, tenants } from './scene.ts';

/** The first chunk of somebody's document. */
async function chunkOf(document: string): Promise<string> {
  const { rows } = await database
    .pool('owner')
    .query('select id from app_public.chunks where document_id = $1 order by id limit 1', [document]);
  return rows[0].id;
}

/** Has one chunk of each of the four fail, until it is given up. */
async function failOneOfEach(): Promise<Map<TestUser, string>> {
  const { ann, bob, owner, member } = tenants;
  const failed = new Map<TestUser, string>();
  for (const user of [ann, bob, owner, member]) {
    const chunk = await chunkOf(of(user).document);
    failed.set(user, chunk);
    await database.pool('owner').query(
      `insert into app_hidden.embedding_failures (version_id, workspace_id, chunk_id, attempts, code, error, next_attempt_at, is_dead)
       select v.id, $1, $2, 5, 'bad_input', 'refused', now(), true from app_public.embedding_versions v where v.status = 'active'
       on conflict do nothing`,
      [user.workspaceId, chunk],
    );
  }
  return failed;
}

/** Attacks on what is told of failures, and on those who may have them tried again. */
export const queue: Attacks = {
  'app_public.failed_embeddings': async () => {
    const { ann, owner, member, viewer, bob } = tenants;
    const failed = await failOneOfEach();
    const seen = async (user: TestUser) =>
      (
        await call(user, 'select chunk_id from app_public.failed_embeddings(true) where chunk_id is not null')
      ).rows
        .map((row) => row.chunk_id)
        .sort();
    expect(await seen(ann)).toEqual([failed.get(ann)]);
    expect(await seen(member)).toEqual([failed.get(member)]);
    expect(await seen(viewer)).toEqual([]);
    expect(await seen(owner)).toEqual([failed.get(owner), failed.get(member)].sort());
    expect(await seen({ ...bob, workspaceId: owner.workspaceId, memberRole: 'viewer' })).toEqual([]);
    // and of texts that could not be cut
    const uncut = async (user: TestUser) =>
      (
        await call(
          user,
          'select document_id from app_public.failed_embeddings(true) where chunk_id is null order by 1',
        )
      ).rows.map((row) => row.document_id);
    for (const user of [ann, bob, owner, member]) {
      await database.pool('owner').query(
        `insert into app_hidden.cutting_failures (workspace_id, document_id, content_hash, attempts, code, error, next_attempt_at, is_dead)
         select d.workspace_id, d.id, d.content_hash, 5, 'CQ316', 'too hard', now(), true from app_public.documents d where d.id = $1`,
        [of(user).document],
      );
    }
    expect(await uncut(ann)).toEqual([of(ann).document]);
    expect(await uncut(member)).toEqual([of(member).document]);
    expect(await uncut(viewer)).toEqual([]);
    expect(await uncut(owner)).toEqual([of(owner).document, of(member).document].sort());
    await database.pool('owner').query('delete from app_hidden.cutting_failures');
    await nobody('select app_public.failed_embeddings()');
  },
  'app_public.redrive_embeddings': async () => {
    const { ann, member, viewer, owner } = tenants;
    const failed = await failOneOfEach();
    const left = async () =>
      (await database.pool('owner').query('select chunk_id from app_hidden.embedding_failures')).rows.map(
        (row) => row.chunk_id,
      );
    const redrive = (user: TestUser) =>
      call(user, 'select chunks::int, sources::int from app_public.redrive_embeddings()');
    expect(await fails(redrive(member))).toMatchObject({ code: 'CQ114' });
    expect(await fails(redrive(viewer))).toMatchObject({ code: 'CQ109' });
    expect((await left()).sort()).toEqual([...failed.values()].sort());
    expect((await redrive(ann)).rows).toEqual([{ chunks: 1, sources: 1 }]);
    expect(await left()).not.toContain(failed.get(ann));
    expect((await left()).length).toBe(3);
    expect((await redrive(owner)).rows).toEqual([{ chunks: 2, sources: 2 }]);
    await nobody('select app_public.redrive_embeddings()');
  },
  'app_public.provider_states': async () => onlyOperators('select * from app_public.provider_states()'),
  'app_public.indexing_lag': async () => onlyOperators('select * from app_public.indexing_lag()'),
};
