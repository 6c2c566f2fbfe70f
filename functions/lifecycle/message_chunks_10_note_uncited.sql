-- A passage is kept for its citations, and goes after the last of them. Whoever deletes a citation only notes the passage: two that
-- delete the last two at once do not see each other, and one that looked would wait for who cites it.
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
