-- What the job that removes bytes calls first. Whether nobody has them is asked again, under a lock, by release_content. None while
-- a backup copies the bytes of files: the next run finds them; and none that a legal hold on files came in time for.
create or replace function app_hidden.find_discarded_contents(max_contents integer default 1000)
returns setof text
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.storage_path from app_hidden.discarded_contents c
  where not (select app_private.contents_are_held()) and not app_private.is_held(c.workspace_id, 'files')
  order by c.discarded_at, c.storage_path limit max_contents;
$$;
comment on function app_hidden.find_discarded_contents(integer) is 'Contents whose bytes may have to be removed.';
grant execute on function app_hidden.find_discarded_contents(integer) to colloquy_worker;
