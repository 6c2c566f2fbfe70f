-- A passage is kept for its citations, and goes after the last of them. Whoever deletes a citation only notes the passage: two that
-- delete the last two at once do not see each other, and one that looked would wait for who cites it. The job looks, workspace
-- by workspace, under a lock that it never waits for: where somebody is citing, it comes again.
create or replace function app_private.note_uncited_passages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_hidden.passage_checks (workspace_id, passage_id)
  select distinct o.workspace_id, coalesce(o.passage_id, p.id)
  from old_citations o
  -- a workspace on its way out takes its passages along
  join app_public.workspaces w on w.id = o.workspace_id
  -- one from before passages were kept cites by its chunk
  left join app_hidden.cited_passages p on o.passage_id is null and p.workspace_id = o.workspace_id and p.chunk_id = o.chunk_id
  where coalesce(o.passage_id, p.id) is not null;
  return null;
end
$$;
comment on function app_private.note_uncited_passages() is 'Trigger: notes the passages of citations that go.';

create or replace trigger message_chunks_10_note_uncited
after delete on app_public.message_chunks referencing old table as old_citations
for each statement execute function app_private.note_uncited_passages();

create or replace function app_hidden.delete_uncited_passages(max_rows integer default 1000)
returns table (looked_at integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  candidate record;
  affected integer;
begin
  perform app_private.require_batch(max_rows);
  looked_at := 0;
  removed := 0;
  for candidate in
    select k.workspace_id, array_agg(k.id) as notes, array_agg(distinct k.passage_id) as passages
    from (select c.id, c.workspace_id, c.passage_id from app_hidden.passage_checks c order by c.id limit max_rows) as k
    group by k.workspace_id
    order by k.workspace_id
  loop
    continue when not pg_try_advisory_xact_lock(app_private.passages_lock(candidate.workspace_id));
    delete from app_hidden.cited_passages p
    where p.id = any (candidate.passages)
      and not exists (
        select from app_public.message_chunks x
        where x.workspace_id = p.workspace_id and x.chunk_id = p.chunk_id and (x.passage_id is null or x.passage_id = p.id)
      );
    get diagnostics affected = row_count;
    removed := removed + affected;
    delete from app_hidden.passage_checks c where c.id = any (candidate.notes);
    get diagnostics affected = row_count;
    looked_at := looked_at + affected;
  end loop;
  return next;
end
$$;
comment on function app_hidden.delete_uncited_passages(integer) is 'Looks at passages that lost a citation, at most so many notes of them, and removes those that nothing cites any more. Returns how many of both. For the job.';
grant execute on function app_hidden.delete_uncited_passages(integer) to colloquy_worker;
