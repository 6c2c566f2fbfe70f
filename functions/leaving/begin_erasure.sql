-- The first moment of an erasure: from its commit on nothing acts for the person. With a time of grace the account is only off, and
-- waits; without, or when that is over, its address is free, and what the person has goes step by step (erase_some). Whoever calls it has
-- decided that it may be. The row of the account is locked against all who write something that belongs to it.
create or replace function app_private.begin_erasure(person uuid, reason text, hand_over_to uuid default null, grace interval default '0')
returns app_hidden.pending_erasures
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account app_public.users;
  erasure app_hidden.pending_erasures;
  waits constant boolean := begin_erasure.grace > interval '0';
begin
  select p.* into erasure from app_hidden.pending_erasures p where p.user_id = person for update;
  select u.* into account from app_public.users u where u.id = person for update;
  if erasure.id is not null and (erasure.step <> 'grace' or waits) then
    return erasure;
  end if;
  if account.id is null then
    raise exception 'There is no such account.' using errcode = 'CQ204', hint = 'List the accounts: allAccounts, or npm run users -- list.';
  end if;
  if coalesce(char_length(trim(begin_erasure.reason)), 0) not between 1 and 200 or position(account.email::text in begin_erasure.reason) > 0 then
    raise exception 'An erasure has a reason of 1 to 200 characters, without the address of the person.'
      using errcode = 'CQ200', hint = 'The certificate keeps it.';
  end if;
  erasure.workspaces := app_private.require_leaving(account, hand_over_to);

  -- one key for all, so that a copy is searched by one hash of each account
  erasure.subject_key := coalesce((select e.subject_key from app_hidden.erasures e order by e.number desc limit 1), gen_random_bytes(32));
  insert into app_hidden.pending_erasures as p (
    user_id, reason, subject, subject_key, subject_hash, audit_salt, whole_workspaces, workspaces, step, erase_after
  )
  values (
    person, trim(begin_erasure.reason),
    jsonb_build_object('email', account.email, 'names', to_jsonb(array_remove(array[
      account.username::text, account.display_name, account.first_name, account.last_name], null))),
    erasure.subject_key, app_private.subject_hash(erasure.subject_key, person), gen_random_bytes(32),
    coalesce((
      select array_agg(m.workspace_id order by m.workspace_id) from app_public.workspace_members m
      where m.user_id = person
        and not exists (select from app_public.workspace_members o where o.workspace_id = m.workspace_id and o.user_id <> person)
    ), '{}'),
    erasure.workspaces, case when waits then 'grace' else 'archives' end, case when waits then now() + begin_erasure.grace end
  )
  on conflict on constraint pending_erasures_user_id_key do update
  set reason = excluded.reason, subject = excluded.subject, whole_workspaces = excluded.whole_workspaces, workspaces = excluded.workspaces,
    step = excluded.step, held_by = null
  returning p.* into erasure;
  if waits then
    perform app_private.begin_grace(erasure);
  else
    perform app_private.close_account(person);
    perform app_hidden.enqueue('erase-account', '{}');
  end if;
  return erasure;
end
$$;
comment on function app_private.begin_erasure(uuid, text, uuid, interval) is
  'Makes an account unusable and has it erased, after a time of grace if there is one. Raises CQ160 the last administrator, CQ200 unusable reason, CQ204 no such account, CQ761 the only owner of workspaces, CQ762 a legal hold, CQ793 a workspace moves.';
