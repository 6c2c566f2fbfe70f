-- Tokens that were set aside for a model that gave no answer count against nobody. Only the worker may call it.
create or replace function app_hidden.release_reservation(for_workspace uuid, of_reservation uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
end
$$;
comment on function app_hidden.release_reservation(uuid, uuid) is 'Lets go what was set aside for work that came to nothing.';
grant execute on function app_hidden.release_reservation(uuid, uuid) to colloquy_worker;
