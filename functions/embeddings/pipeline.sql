-- What the indexing worker calls. The data is the truth: work is what is missing, so a lost job loses nothing and a
-- repeated one changes nothing. Only the worker may call these; it decides nothing, it cuts text and computes vectors.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work) and
-- goes from what it is given to single rows, by index: "offset 0" keeps the planner from reading a whole workspace instead.

create or replace function app_hidden.find_unindexed(max_sources integer default 100)
returns table (workspace_id uuid, source_type app_public.source_type, source_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  version uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  return query
  (
    select d.workspace_id, 'document'::app_public.source_type, d.id
    from app_public.documents d
    where d.chunked_hash is distinct from d.content_hash and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = d.workspace_id and f.document_id = d.id and f.content_hash = d.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by d.id
    limit max_sources
  )
  union
  (
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_sequence_number < c.last_sequence_number and not exists (
      -- one that was given up is passed over
      select from app_hidden.cutting_failures f
      where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.sequence_number = c.indexed_sequence_number + 1
        and not f.is_dead and f.next_attempt_at > statement_timestamp()
    )
    order by c.id
    limit max_sources
  )
  union
  (
    -- found with the words of a branch that was left; a packed one is followed when it is packed
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_leaf_id is distinct from c.preferred_leaf_id and c.storage_tier = 'hot' and c.indexed_sequence_number = c.last_sequence_number
    order by c.id
    limit max_sources
  )
  union
  (
    select m.workspace_id, 'memory'::app_public.source_type, m.id
    from app_public.memory_items m
    where m.chunked_hash is distinct from m.content_hash and upper_inf(m.validity) and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = m.workspace_id and f.memory_item_id = m.id and f.content_hash = m.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by m.id
    limit max_sources
  )
  union
  (
    -- only in workspaces whose counts differ: everywhere else nothing is read
    select distinct c.workspace_id, c.source_type, coalesce(c.document_id, c.conversation_id, c.memory_item_id, c.raw_event_id)
    from (
      select k.workspace_id
      from app_hidden.chunk_counts k
      group by k.workspace_id
      having sum(k.chunk_count) <> coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = version and e.workspace_id = k.workspace_id), 0
      ) + (
        select count(*) from app_hidden.embedding_failures f
        where f.version_id = version and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
      )
    ) as behind
    join app_public.chunks c on c.workspace_id = behind.workspace_id
    where version is not null and not exists (
      select from app_public.embeddings e where e.version_id = version and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    )
    and not app_private.embedding_waits(version, c.workspace_id, c.id, c.owner_id)
    limit max_sources
  )
  limit max_sources;
end
$$;
comment on function app_hidden.find_unindexed(integer) is 'Documents, conversations and memories with missing or stale chunks, conversations in which another branch was chosen, or chunks, also of events, without a vector: what lost jobs left.';

create or replace function app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb)
returns table (kept integer, added integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  document app_public.documents;
  wanted app_private.wanted_chunk[];
begin
  -- before the counts are taken: whoever deletes the workspace has it, and then takes the counts
  perform from app_public.workspaces w where w.id = for_workspace for key share;
  select d.* into document
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id = for_document
  for no key update;
  if document.id is null or document.content_hash <> of_hash then
    -- gone, or edited since it was read: the job of that edit does it
    return;
  end if;

  -- the n-th piece of a text stays the n-th piece of the same text: its vector stays valid, only its place may move
  with given as (
    select w.*, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)) as content_hash
    from jsonb_to_recordset(new_chunks) as w (
      chunk_index integer, content text, heading text, page_number integer, start_offset integer, end_offset integer, token_count integer,
      language text
    )
  ),
  numbered as (
    select g.*, row_number() over (partition by g.content_hash order by g.chunk_index) as n from given g
  ),
  existing as (
    select c.id, c.content_hash, row_number() over (partition by c.content_hash order by c.chunk_index) as n
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  )
  select coalesce(array_agg(
    row(
      x.chunk_index, x.content, x.heading, x.page_number, x.start_offset, x.end_offset, x.token_count, x.content_hash, e.id,
      app_private.recognized_language(document.text_search_language, x.language)
    )::app_private.wanted_chunk
  ), '{}')
  into wanted
  from numbered x
  left join existing e on e.content_hash = x.content_hash and e.n = x.n;

  -- what goes and what comes are counted one after the other: the counts of all of it are taken first, in one order
  with there as (
    select c.text_search_language, c.is_language_recognized
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  ),
  keys as (
    select t.text_search_language::text as language, t.is_language_recognized as is_recognized from there t
    union
    select coalesce(w.language, document.text_search_language), w.language is not null from unnest(wanted) as w
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
  select for_workspace, 'document', x.language, x.is_recognized, 0
  from keys x
  where exists (select from there) and (select count(*) from keys) > 1
  order by x.language, x.is_recognized
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count;
  delete from app_public.chunks c
  where c.workspace_id = for_workspace and c.document_id = for_document
    and not exists (select from unnest(wanted) as w where w.kept_id = c.id);
  get diagnostics removed = row_count;

  set constraints app_public.chunks_document_id_chunk_index_key deferred;
  update app_public.chunks c
  set chunk_index = w.chunk_index, start_offset = w.start_offset, end_offset = w.end_offset, page_number = w.page_number,
    text_search_language = coalesce(w.language, document.text_search_language), is_language_recognized = w.language is not null
  from unnest(wanted) as w
  where c.workspace_id = for_workspace and c.document_id = for_document and c.id = w.kept_id
    and (c.chunk_index, c.start_offset, c.end_offset, c.page_number, c.text_search_language, c.is_language_recognized)
      is distinct from (
        w.chunk_index, w.start_offset, w.end_offset, w.page_number, coalesce(w.language, document.text_search_language), w.language is not null
      );
  select count(*) into kept from unnest(wanted) as w where w.kept_id is not null;

  insert into app_public.chunks (
    workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading, page_number, start_offset, end_offset,
    token_count, content_hash, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'document', for_document, document.owner_id, document.visibility, w.chunk_index, w.content, w.heading, w.page_number,
    w.start_offset, w.end_offset, w.token_count, w.content_hash, coalesce(w.language, document.text_search_language),
    w.language is not null
  from unnest(wanted) as w
  where w.kept_id is null;
  get diagnostics added = row_count;

  update app_public.documents d set chunked_hash = of_hash where d.id = for_document;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.document_id = for_document;
  return next;
end
$$;
comment on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) is
  'Replaces the chunks of a document by new ones, keeping those whose text is the same. No row when the document is gone or has changed since of_hash was read.';

create or replace function app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  new_messages uuid[];
  beside uuid[];
  added integer;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
  for no key update;
  if conversation.id is null or conversation.indexed_sequence_number >= through_sequence_number then
    return 0;
  end if;
  new_messages := array(select distinct w.message_id from jsonb_to_recordset(new_chunks) as w (message_id uuid));

  with contexts as materialized (
    select x.* from app_private.message_contexts(conversation, new_messages, declared::text) as x
  ),
  inserted as (
    insert into app_public.chunks (
      workspace_id, source_type, conversation_id, message_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset,
      token_count, lead_in, context_near, context_far, content_hash, text_search_language, is_language_recognized
    )
    select
      for_workspace, 'message', for_conversation, w.message_id, conversation.owner_id, conversation.visibility, w.chunk_index, w.content,
      w.heading, w.start_offset, w.end_offset, w.token_count, beginning.lead_in,
      concat_ws(E'\n', x.near, case when w.is_last then x.next_near end),
      concat_ws(E'\n', x.far, case when w.is_last then x.next_far end),
      app_hidden.text_hash(concat_ws(E'\n', beginning.lead_in, w.heading, w.content)),
      coalesce(app_private.recognized_language(declared, w.language), declared),
      app_private.recognized_language(declared, w.language) is not null
    from (
      select r.*, r.chunk_index = max(r.chunk_index) over (partition by r.message_id) as is_last
      from jsonb_to_recordset(new_chunks) as r (
        message_id uuid, chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer,
        language text
      )
    ) as w
    join app_public.messages m
      on m.id = w.message_id and m.conversation_id = for_conversation
      and m.sequence_number > conversation.indexed_sequence_number and m.sequence_number <= through_sequence_number
    join contexts x on x.message_id = w.message_id
    cross join lateral (select case when w.chunk_index = 0 then x.lead_in end as lead_in) as beginning
    -- behind one that is tried again after it was given up, they have theirs
    where not exists (select from app_public.chunks c where c.workspace_id = for_workspace and c.message_id = w.message_id)
    -- their ids tell which is newer
    order by m.sequence_number, w.chunk_index
    returning id
  )
  select
    (select count(*) from inserted),
    array(select distinct n.id from contexts x cross join lateral unnest(x.neighbour_ids) as n (id) where n.id <> all (new_messages))
  into added, beside;

  -- what they stand beside has new neighbours
  if added > 0 and cardinality(beside) > 0 then
    perform app_private.refresh_message_contexts(conversation, beside);
  end if;
  update app_public.conversations c set indexed_sequence_number = through_sequence_number where c.id = for_conversation;
  -- when the last message is there: the branch that was chosen ends with it
  if through_sequence_number >= conversation.last_sequence_number then
    perform app_private.refresh_branch(conversation);
  end if;
  delete from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and f.sequence_number <= through_sequence_number and not f.is_dead;
  return added;
end
$$;
comment on function app_hidden.add_message_chunks(uuid, uuid, integer, jsonb) is
  'Adds the chunks of new messages of a conversation and remembers how far it got. Done twice, it changes nothing.';

create or replace function app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  memory app_public.memory_items;
  declared app_public.text_search_language := app_private.workspace_language(for_workspace);
  added integer;
begin
  select m.* into memory
  from app_public.memory_items m
  where m.workspace_id = for_workspace and m.id = for_memory
  for no key update;
  if memory.id is null or not upper_inf(memory.validity) or memory.content_hash <> of_hash or memory.chunked_hash = of_hash then
    -- gone, closed since it was read, or done
    return 0;
  end if;
  delete from app_public.chunks c where c.workspace_id = for_workspace and c.memory_item_id = for_memory;
  insert into app_public.chunks (
    workspace_id, source_type, memory_item_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    content_hash, importance_score, text_search_language, is_language_recognized
  )
  select
    for_workspace, 'memory', for_memory, memory.owner_id, memory.visibility, w.chunk_index, w.content, w.heading, w.start_offset, w.end_offset,
    w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)), memory.importance,
    coalesce(app_private.recognized_language(declared, w.language), declared),
    app_private.recognized_language(declared, w.language) is not null
  from jsonb_to_recordset(new_chunks) as w (
    chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer, language text
  );
  get diagnostics added = row_count;
  update app_public.memory_items m set chunked_hash = of_hash where m.id = for_memory;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.memory_item_id = for_memory;
  return added;
end
$$;
comment on function app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb) is
  'Gives a memory its chunks. 0 when the memory is gone, holds no longer, or has them already.';

create or replace function app_hidden.chunks_to_embed(for_version uuid, for_workspace uuid, for_source_type app_public.source_type, for_source uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
  select c.id, c.content_hash, concat_ws(E'\n', c.lead_in, c.heading, c.content)
  from (
    -- one of them is read, by its own index
    select d.* from app_public.chunks d
    where for_source_type = 'document' and d.workspace_id = for_workspace and d.document_id = for_source
    union all
    select m.* from app_public.chunks m
    where for_source_type = 'message' and m.workspace_id = for_workspace and m.conversation_id = for_source
    union all
    select i.* from app_public.chunks i
    where for_source_type = 'memory' and i.workspace_id = for_workspace and i.memory_item_id = for_source
    union all
    select r.* from app_public.chunks r
    where for_source_type = 'event' and r.workspace_id = for_workspace and r.raw_event_id = for_source
  ) as c
  where not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id offset 0
    )
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  order by c.id
  limit max_chunks;
$$;
comment on function app_hidden.chunks_to_embed(uuid, uuid, app_public.source_type, uuid, integer) is 'Chunks of a source that have no vector in a version yet, and need not wait.';

create or replace function app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, twin.embedding
  from unnest(chunk_ids) as wanted (id)
  cross join lateral (
    select k.id, k.content_hash from app_public.chunks k where k.workspace_id = for_workspace and k.id = wanted.id offset 0
  ) as c
  cross join lateral (
    select e.embedding
    from app_public.chunks same
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = same.id
    where same.workspace_id = for_workspace and same.content_hash = c.content_hash
    limit 1
  ) as twin
  on conflict do nothing
  returning chunk_id;
end
$$;
comment on function app_hidden.reuse_embeddings(uuid, uuid, uuid[]) is 'Gives chunks the vector that an equal text of the same workspace has already. Returns their ids.';

create or replace function app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  stored integer;
begin
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, given.vector::extensions.halfvec
  from unnest(chunk_ids, vectors) as given (chunk_id, vector)
  cross join lateral (
    select k.id from app_public.chunks k where k.workspace_id = for_workspace and k.id = given.chunk_id offset 0
  ) as c
  on conflict do nothing;
  get diagnostics stored = row_count;
  return stored;
end
$$;
comment on function app_hidden.store_embeddings(uuid, uuid, uuid[], text[]) is
  'Stores vectors of chunks; a chunk that is gone or has one already is passed over. Returns how many were stored.';

grant execute on function
  app_hidden.find_unindexed(integer),
  app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.add_message_chunks(uuid, uuid, integer, jsonb),
  app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.chunks_to_embed(uuid, uuid, app_public.source_type, uuid, integer),
  app_hidden.reuse_embeddings(uuid, uuid, uuid[]),
  app_hidden.store_embeddings(uuid, uuid, uuid[], text[])
to colloquy_worker;
