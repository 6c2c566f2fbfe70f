import type { Pool } from 'pg';

/** Somebody in a workspace, as a request of theirs would be. */
export interface Somebody {
  user_id: string;
  workspace_id: string;
  member_role: string;
}

/** What a crowd has that can be asked for. */
export interface Crowd {
  people: Somebody[];
  documents: string[];
  conversations: string[];
  repositories: string[];
  tags: string[];
}

/** Each statement by itself, with :version, :workspaces and :dimensions filled in. */
const STATEMENTS = `
create temporary table crowd_people as
with spaces as (
  insert into app_public.workspaces (name) select 'crowd ' || n from generate_series(1, :workspaces) as n returning id
),
people as (
  insert into app_public.users (email) select 'crowd' || n || '@example.org' from generate_series(1, :workspaces) as n returning id
)
select s.id as workspace_id, p.id as user_id, (array['owner', 'admin', 'member', 'viewer'])[1 + floor(random() * 4)]::app_public.member_role as role
from (select id, row_number() over () as n from spaces) as s
-- one to three people in each, most of them in several
join (select id, row_number() over () as n from people) as p on (p.n - s.n + :workspaces) % :workspaces in (0, s.n % 3, 2 * (s.n % 2));

insert into app_public.workspace_members (workspace_id, user_id, role) select workspace_id, user_id, role from crowd_people;

insert into app_public.documents (id, workspace_id, owner_id, visibility, title, content, content_type, code_language, text_search_language, metadata)
select app_hidden.uuidv7_at(now() - interval '600 days' * random()), p.workspace_id, p.user_id, (array['private', 'workspace'])[1 + floor(random() * 2)]::app_public.visibility,
  'document', 'x', (array['text', 'markdown', 'code'])[1 + floor(random() * 3)], (array['sql', 'c', null])[1 + floor(random() * 3)],
  (array['english', 'german'])[1 + floor(random() * 2)], jsonb_build_object('color', floor(random() * 3), 'deep', jsonb_build_object('n', p.user_id))
from crowd_people p cross join generate_series(1, 4) as n;

insert into app_public.conversations (id, workspace_id, owner_id, visibility, title, metadata)
select app_hidden.uuidv7_at(now() - interval '600 days' * random()), p.workspace_id, p.user_id, (array['private', 'workspace'])[1 + floor(random() * 2)]::app_public.visibility,
  'talk', jsonb_build_object('color', floor(random() * 3))
from crowd_people p cross join generate_series(1, 2) as n;

insert into app_public.memory_items (id, workspace_id, owner_id, visibility, content, importance, validity, expires_at, metadata)
select app_hidden.uuidv7_at(now() - interval '600 days' * random()), p.workspace_id, p.user_id, (array['private', 'workspace'])[1 + floor(random() * 2)]::app_public.visibility,
  'fact ' || uuidv7(), random(), tstzrange(now() - interval '1 day', null), case when random() < 0.3 then now() + interval '1 day' * (random() - 0.5) * 2 end,
  jsonb_build_object('color', floor(random() * 3))
from crowd_people p cross join generate_series(1, 2) as n;

insert into app_public.raw_events (workspace_id, owner_id, source, event_type, payload, metadata)
select p.workspace_id, p.user_id, 'git', 'push', '{}', jsonb_build_object('color', floor(random() * 3)) from crowd_people p;

insert into app_public.repositories (workspace_id, owner_id, visibility, name, source_type)
select p.workspace_id, p.user_id, (array['private', 'workspace'])[1 + floor(random() * 2)]::app_public.visibility, 'code', 'git' from crowd_people p;

-- a repository may hold documents of others
insert into app_public.repository_documents (workspace_id, repository_id, document_id, file_path)
select r.workspace_id, r.id, d.id, d.id::text from app_public.repositories r
join app_public.documents d on d.workspace_id = r.workspace_id and (d.owner_id = r.owner_id or random() < 0.5) and random() < 0.7
where r.name = 'code';

insert into app_public.tags (workspace_id, name) select distinct p.workspace_id, name from crowd_people p cross join unnest(array['Red', 'Green', 'Blue']) as name;

insert into app_public.entity_tags (workspace_id, tag_id, entity_type, entity_id)
select t.workspace_id, t.id, e.type, e.id
from app_public.tags t
join (
  select workspace_id, id, 'document'::app_public.taggable_type as type from app_public.documents
  union all select workspace_id, id, 'conversation' from app_public.conversations
  union all select workspace_id, id, 'memory_item' from app_public.memory_items
) as e on e.workspace_id = t.workspace_id and random() < 0.4
where t.name in ('Red', 'Green', 'Blue');

insert into app_public.chunks (
  workspace_id, source_type, document_id, conversation_id, message_id, memory_item_id, raw_event_id, owner_id, visibility, chunk_index, content, start_offset,
  end_offset, token_count, content_hash, importance_score, tier, text_search_language
)
select s.workspace_id, s.type::app_public.source_type, s.document_id, s.conversation_id, s.message_id, s.memory_item_id, s.raw_event_id, s.owner_id, s.visibility, n,
  'words of ' || s.type, 0, 1, 1, sha256(uuidv7()::text::bytea), random(), (array['hot', 'warm', 'cold'])[1 + floor(random() * 3)]::app_public.storage_tier, s.language
from (
  select d.workspace_id, 'document' as type, d.id as document_id, null::uuid as conversation_id, null::uuid as message_id, null::uuid as memory_item_id, null::uuid as raw_event_id,
    d.owner_id, d.visibility, d.text_search_language::text as language
  from app_public.documents d where d.title = 'document'
  union all
  select t.workspace_id, 'message', null, t.id, app_hidden.uuidv7_at(t.created_at + interval '1 day' * random()), null, null, t.owner_id, t.visibility, 'english'
  from app_public.conversations t where t.title = 'talk'
  union all
  select m.workspace_id, 'memory', null, null, null, m.id, null, m.owner_id, m.visibility, 'english' from app_public.memory_items m where m.content like 'fact %'
  union all
  select r.workspace_id, 'event', null, null, null, null, r.id, r.owner_id, 'workspace', 'english' from app_public.raw_events r where r.source = 'git'
) as s
cross join generate_series(0, 2) as n;

insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
select ':version', c.workspace_id, c.id,
  extensions.l2_normalize(array(select random() - 0.5 + c.chunk_index * 0.0 from generate_series(1, :dimensions))::real[]::extensions.halfvec)
from app_public.chunks c where c.content like 'words of %' and random() < 0.95;
`;

/**
 * Hundreds of workspaces with people in random roles, and in each one documents, conversations, memories and events of
 * random visibility, tier and language, tagged and put into repositories at random, with chunks and vectors: made in SQL as
 * the owner of the tables.
 */
export async function createCrowd(
  owner: Pool,
  options: { version: string; workspaces: number; dimensions: number; seed: number },
): Promise<Crowd> {
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query('select setseed($1)', [options.seed]);
    await client.query(
      STATEMENTS.replace(/:(version|workspaces|dimensions)\b/g, (_, name: 'version') =>
        String(options[name]),
      ),
    );
    const { rows: people } = await client.query<Somebody>(
      'select user_id, workspace_id, role::text as member_role from crowd_people order by user_id, workspace_id',
    );
    await client.query('drop table crowd_people');
    await client.query('commit');
    const ids = async (table: string): Promise<string[]> =>
      (
        await client.query<{ id: string }>(`select id from app_public.${table} order by md5(id::text)`)
      ).rows.map((row) => row.id);
    return {
      people,
      documents: await ids('documents'),
      conversations: await ids('conversations'),
      repositories: await ids('repositories'),
      tags: await ids('tags'),
    };
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
