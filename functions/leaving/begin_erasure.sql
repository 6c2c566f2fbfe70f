-- The first moment of an erasure: from its commit on nothing acts for the person, and its address is free. What the person has goes
-- afterwards, step by step (erase_some). Whoever calls it has decided that it may be. The row of the account is locked against all who
-- write something that belongs to it.
create or replace function app_private.begin_erasure(person uuid, reason text, hand_over_to uuid default null)
returns app_hidden.pending_erasures
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account app_public.users;
  erasure app_hidden.pending_erasures;
  held_by text;
begin
  select u.* into account from app_public.users u where u.id = person for update;
  select p.* into erasure from app_hidden.pending_erasures p where p.user_id = person;
  if erasure.id is not null then
    return erasure;
  end if;
  if account.id is null then
    raise exception 'There is no such account.' using errcode = 'CQ204', hint = 'List the accounts: allAccounts, or npm run users -- list.';
  end if;
  if coalesce(char_length(trim(begin_erasure.reason)), 0) not between 1 and 200 or position(account.email::text in begin_erasure.reason) > 0 then
    raise exception 'An erasure has a reason of 1 to 200 characters, without the address of the person.'
      using errcode = 'CQ200', hint = 'The certificate keeps it.';
  end if;
  if account.role = 'admin' then
    perform app_private.keep_an_administrator(person);
  end if;
  erasure.workspaces := app_private.workspaces_of_person(person);
  held_by := app_private.hold_of_workspaces(erasure.workspaces, person);
  if held_by is not null then
    raise exception 'A legal hold keeps what this person has. %', held_by
      using errcode = 'CQ762', hint = 'Whoever placed it has to release it first: releaseLegalHold.';
  end if;
  if app_private.move_of_workspaces(erasure.workspaces) is not null then
    raise exception '%', app_private.move_of_workspaces(erasure.workspaces)
      using errcode = 'CQ793', hint = 'Try again when it is open here again, or gone; where it went, ask there, too.';
  end if;
  perform app_private.hand_over_workspaces(person, hand_over_to);

  -- one key for all, so that a copy is searched by one hash of each account
  erasure.subject_key := coalesce((select e.subject_key from app_hidden.erasures e order by e.number desc limit 1), gen_random_bytes(32));
  insert into app_hidden.pending_erasures (user_id, reason, subject, subject_key, subject_hash, audit_salt, whole_workspaces, workspaces)
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
    erasure.workspaces
  )
  returning * into erasure;
  perform app_private.close_account(person);
  perform app_hidden.enqueue('erase-account', '{}');
  return erasure;
end
$$;
comment on function app_private.begin_erasure(uuid, text, uuid) is
  'Makes an account unusable and has it erased. Raises CQ160 the last administrator, CQ200 unusable reason, CQ204 no such account, CQ761 the only owner of workspaces, CQ762 a legal hold, CQ793 a workspace moves.';
