-- The end: the row of the account is locked, so nothing that names it can be written any more; what a request wrote that was begun
-- before the account was closed is looked for, and taken by another round.
create or replace function app_private.finish_erasure(erasure app_hidden.pending_erasures)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  certificate app_hidden.erasures;
begin
  perform from app_public.users u where u.id = erasure.user_id for update;
  if cardinality(app_private.workspaces_of_person(erasure.user_id)) > 0 then
    update app_hidden.pending_erasures p set step = 'archives', progress = '{}' where p.id = erasure.id;
    return false;
  end if;
  delete from app_public.users u where u.id = erasure.user_id;
  -- one after the other, for the chain
  perform pg_advisory_xact_lock(hashtextextended('colloquy.erasures', 0));
  select e.number + 1, e.hash into certificate.number, certificate.previous_hash from app_hidden.erasures e order by e.number desc limit 1;
  certificate.number := coalesce(certificate.number, 1);
  certificate.id := erasure.id;
  certificate.reason := erasure.reason;
  certificate.subject_key := erasure.subject_key;
  certificate.subject_hash := erasure.subject_hash;
  certificate.requested_at := erasure.requested_at;
  certificate.finished_at := clock_timestamp();
  certificate.counts := erasure.counts;
  certificate.hash := app_private.erasure_hash(certificate);
  insert into app_hidden.erasures select certificate.*;
  delete from app_hidden.pending_erasures p where p.id = erasure.id;
  perform app_private.log_event(
    'account.erased', null, entity_type => 'account',
    new_values => jsonb_build_object('erasure', erasure.id, 'number', certificate.number)
  );
  return true;
end
$$;
comment on function app_private.finish_erasure(app_hidden.pending_erasures) is 'Removes the row of an account and writes the certificate, when nothing else is left.';
