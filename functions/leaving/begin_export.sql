-- The first question of an archive, when nothing is sent yet: whether it may be, and what it will have. It is written into the log.
create or replace function app_hidden.begin_export(of_person uuid)
returns text[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_export(of_person);
  if app_hidden.current_user_id() is not null then
    perform app_private.require_recent_proof();
  end if;
  perform from app_public.users u where u.id = of_person;
  if not found then
    raise exception 'There is no such account.' using errcode = 'CQ204', hint = 'List the accounts: npm run users -- list.';
  end if;
  perform app_private.log_event('user.exported', of_person);
  return array(select p.part from app_private.export_parts() as p);
end
$$;
comment on function app_hidden.begin_export(uuid) is
  'The names of the parts of a person''s archive. Errors: CQ101 not signed in, CQ110 not with an API key, CQ142 prove who you are first, CQ204 not the own account.';
grant execute on function app_hidden.begin_export(uuid) to colloquy_user, colloquy_admin;
