-- A passage is kept for its citations, and goes after the last of them. The job looks at what message_chunks_10_note_uncited
-- noted, workspace by workspace, under a lock that it never waits for: where somebody is citing, it comes again.
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
    from (
      select c.id, c.workspace_id, c.passage_id
      from app_hidden.passage_checks c
      -- what a hold keeps is looked at when it is released
      where not app_private.are_passages_held(c.workspace_id)
      order by c.id limit max_rows
    ) as k
    group by k.workspace_id
    order by k.workspace_id
  loop
    perform app_private.lock_holds(candidate.workspace_id);
    continue when app_private.are_passages_held(candidate.workspace_id);
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
