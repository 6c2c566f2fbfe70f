-- Bytes that go with a person, at once and not with the next hourly job: whether nobody else has them is asked by release_content. None
-- while a backup copies the bytes of files: the next run finds them.
create or replace function app_hidden.contents_to_erase(max_contents integer default 100)
returns setof text
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.storage_path
  from app_hidden.discarded_contents c
  where c.workspace_id in (select unnest(p.workspaces) from app_hidden.pending_erasures p where p.step = 'files')
    and not (select app_private.contents_are_held())
  order by c.storage_path
  limit max_contents;
$$;
comment on function app_hidden.contents_to_erase(integer) is 'Contents whose bytes go with people who are being erased. For the job.';
grant execute on function app_hidden.contents_to_erase(integer) to colloquy_worker;
