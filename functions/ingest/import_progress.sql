-- How far the things are that an import brought: the command that brought them asks, since the workspace may have much else to do. Only
-- what is the caller's own is answered for; what is gone has no row.
create or replace function app_hidden.import_progress(kind text, ids uuid[])
returns table (id uuid, waits boolean, done real, code text, reason text, passages integer, without_vector integer)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  perform app_hidden.require_member();
  if kind not in ('document', 'file', 'conversation', 'event', 'memory') or cardinality(ids) > 5000 then
    raise exception 'The progress of at most 5,000 documents, files, conversations, events or memories is asked for at a time.' using errcode = 'CQ200', hint = 'Ask in parts.';
  end if;
  return query
  with source as (
    select d.id, d.id as document, null::uuid as conversation, null::uuid as event, false as waits, null::real as done, null as code, null as reason
    from app_public.documents d
    where kind = 'document' and d.workspace_id = workspace and d.owner_id = caller and d.id = any (ids)
    union all
    select f.id, d.id, null, null, f.processing_status in ('pending', 'processing'), null, f.error_code, f.error
    from app_public.files f
    left join app_public.documents d on d.workspace_id = workspace and d.file_id = f.id
    where kind = 'file' and f.workspace_id = workspace and f.owner_id = caller and f.id = any (ids)
    union all
    select c.id, null, c.id, null, c.indexed_sequence_number < c.last_sequence_number,
      c.indexed_sequence_number::real / greatest(c.last_sequence_number, 1), x.code, x.error
    from app_public.conversations c
    left join lateral (
      select f.code, f.error from app_hidden.cutting_failures f
      where f.workspace_id = workspace and f.conversation_id = c.id and f.is_dead
      limit 1
    ) as x on true
    where kind = 'conversation' and c.workspace_id = workspace and c.owner_id = caller and c.id = any (ids)
    union all
    select f.conversation_id, d.id, null, null, false, null, null, null
    from app_public.files f
    join app_public.documents d on d.workspace_id = workspace and d.file_id = f.id
    where kind = 'conversation' and f.workspace_id = workspace and f.owner_id = caller and f.conversation_id = any (ids)
    union all
    select e.id, null, null, e.id, e.processing_status in ('pending', 'processing'), null, null, case when e.processing_status = 'failed' then e.error end
    from app_public.raw_events e
    where kind = 'event' and e.workspace_id = workspace and e.owner_id = caller and e.id = any (ids)
    union all
    select m.id, null, null, null, m.chunked_hash is distinct from m.content_hash, null, null, null
    from app_public.memory_items m
    where kind = 'memory' and m.workspace_id = workspace and m.owner_id = caller and upper_inf(m.validity) and m.id = any (ids)
  )
  select s.id, bool_or(s.waits or coalesce(x.waits, false)), min(case when s.waits or x.waits then coalesce(s.done, 0) else 1 end)::real,
    min(coalesce(s.code, x.code))::text, min(coalesce(s.reason, x.error, p.reason))::text, sum(p.passages)::integer, sum(p.without_vector)::integer
  from source s
  left join lateral app_private.cutting_state(workspace, s.document) as x on true
  cross join lateral app_private.passage_state(version, workspace, s.document, s.conversation, s.event) as p
  group by s.id;
end
$$;
comment on function app_hidden.import_progress(text, uuid[]) is
  'Of the caller''s documents, files, conversations, events or memories: whether they still wait to be found by their words, how much is done, why they failed, their passages, and those without a vector. Errors: CQ101 not signed in, CQ200.';
grant execute on function app_hidden.import_progress(text, uuid[]) to colloquy_user, colloquy_admin;
