-- The certificate, and the end of what still names the person: the row that said what is left to do.
create or replace function app_private.finish_erasure(erasure app_hidden.pending_erasures)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  certificate app_hidden.erasures;
begin
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
  perform pg_clear_attribute_stats('app_hidden', 'pending_erasures', a.attname, false)
  from pg_attribute a
  where a.attrelid = 'app_hidden.pending_erasures'::regclass and a.attnum > 0 and not a.attisdropped;
  perform app_private.log_event(
    'account.erased', null, entity_type => 'account',
    new_values => jsonb_build_object('erasure', erasure.id, 'number', certificate.number)
  );
end
$$;
comment on function app_private.finish_erasure(app_hidden.pending_erasures) is 'Writes the certificate of an erasure and forgets whom it was about.';
