-- Makes this database the one that sends and spends. It is the decision of a person who knows that the original does so no more, or
-- that this one has other addresses: hence for the owner's login alone, and never for the roles that would be set free by it.
-- Mail that waits in a copy was sent by the original, or will be: where the environment changes, the person says what becomes of it.
create or replace function app_hidden.adopt_database(
  new_environment text default null, adopted_as text default 'command', waiting_mail text default null,
  out was text, out environment_before text, out environment text, out discarded_mails bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  waiting bigint;
begin
  if waiting_mail not in ('keep', 'discard') then
    raise exception 'waiting_mail is keep or discard, not %.', waiting_mail using errcode = 'CQ200', hint = 'Leave it out to keep it.';
  end if;
  -- of two at the same time the second one sees what the first one did
  perform pg_advisory_xact_lock(hashtextextended('colloquy adoption', 0));
  was := app_private.copy_reason();
  environment_before := (select i.environment from app_private.database_identity i);
  environment := coalesce(nullif(new_environment, ''), case when new_environment is null then environment_before end);
  select count(*) into waiting from app_private.mail_outbox m where m.sent_at is null and m.failed_at is null;
  -- an original that is given its first name is no other place
  if waiting > 0 and waiting_mail is null and environment is distinct from environment_before and coalesce(was, environment_before) is not null then
    raise exception '% mails wait that were written for %.', waiting, coalesce('the environment ' || environment_before, 'a database without environment')
      using errcode = 'CQ636', hint = 'Say whether they shall be sent from here: --waiting-mail discard, or --waiting-mail keep.';
  end if;
  discarded_mails := 0;
  if waiting_mail = 'discard' then
    update app_private.mail_outbox m
    set failed_at = clock_timestamp(), data = null, body = null, last_error = 'given up when this copy was adopted'
    where m.sent_at is null and m.failed_at is null;
    get diagnostics discarded_mails = row_count;
  end if;
  insert into app_private.database_identity as i (system_identifier, database_oid, database_name, timeline, environment, adopted_at, adopted_as)
  select f.system_identifier, f.database_oid, f.database_name, f.timeline, adopt_database.environment, clock_timestamp(), adopt_database.adopted_as
  from app_private.database_facts() f
  on conflict on constraint database_identity_pkey do update
  set system_identifier = excluded.system_identifier, database_oid = excluded.database_oid, database_name = excluded.database_name,
    timeline = excluded.timeline, environment = excluded.environment, adopted_at = excluded.adopted_at, adopted_as = excluded.adopted_as;
  -- what quarantine kept back is due now
  delete from app_hidden.embedding_refusals r where r.code = 'CQ635';
  perform app_private.log_event(
    'database.adopted', null, entity_type => 'database', old_values => jsonb_build_object('environment', environment_before, 'quarantine', was),
    new_values => jsonb_build_object('environment', environment, 'as', adopted_as, 'discarded_mails', discarded_mails, 'login', session_user)
  );
end
$$;
comment on function app_hidden.adopt_database(text, text, text) is
  'Adopts this database, for the owner''s login. new_environment: null keeps the one it has, empty takes it away; waiting_mail: keep or discard. Returns why it was in quarantine, and the environments. Error: CQ636 when mails wait and the environment changes.';
-- Deliberately not granted: the owner's login calls it.
