-- Who puts bytes where they belong calls this first: the job that removes bytes takes the lock alone (release_content).
create or replace function app_hidden.hold_content(of_path text)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select pg_advisory_xact_lock_shared(app_private.content_lock(of_path));
$$;
comment on function app_hidden.hold_content(text) is 'Until this transaction ends, nobody removes the bytes of a content.';
grant execute on function app_hidden.hold_content(text) to colloquy_worker;
