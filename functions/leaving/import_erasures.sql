-- A list of erasures comes into a copy that is older than some of them. The certificates are taken as they are, so that the chain goes on;
-- one that does not follow on what is here is refused. People who are still here are found by the hash of their ids; it says how many.
create or replace function app_hidden.import_erasures(list jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  certificate app_hidden.erasures;
  last app_hidden.erasures;
begin
  perform app_private.require_administrator();
  perform pg_advisory_xact_lock(hashtextextended('colloquy.erasures', 0));
  for certificate in
    select
      l.number, l.id, l.reason, decode(l.subject_key, 'hex'), decode(l.subject_hash, 'hex'), l.requested_at, l.finished_at, l.counts,
      decode(l.previous_hash, 'hex'), decode(l.hash, 'hex')
    from jsonb_to_recordset(list) as l (
      id uuid, reason text, subject_key text, subject_hash text, requested_at timestamptz, finished_at timestamptz, counts jsonb, number bigint,
      previous_hash text, hash text
    )
    where l.number is not null and not exists (select from app_hidden.erasures e where e.id = l.id)
    order by l.number
  loop
    select e.* into last from app_hidden.erasures e order by e.number desc limit 1;
    if certificate.number <> coalesce(last.number, 0) + 1 or certificate.previous_hash is distinct from last.hash
      or certificate.hash <> app_private.erasure_hash(certificate)
    then
      raise exception 'The certificate % of this list does not follow on those of the database.', certificate.number
        using errcode = 'CQ763', hint = 'It is of another installation, or was changed, or people were erased here meanwhile: docs/leaving.md.';
    end if;
    insert into app_hidden.erasures select certificate.*;
  end loop;
  -- one that was begun and not finished is begun here, too
  perform app_private.begin_erasure(u.id, l.reason)
  from (
    select r.reason, decode(r.subject_key, 'hex') as key, decode(r.subject_hash, 'hex') as hash
    from jsonb_to_recordset(list) as r (reason text, subject_key text, subject_hash text, number bigint)
    where r.number is null
  ) as l
  join app_public.users u on app_private.subject_hash(l.key, u.id) = l.hash;
  return (select count(*) from app_hidden.erasures_to_reapply());
end
$$;
comment on function app_hidden.import_erasures(jsonb) is
  'Takes a list of erasures into a copy of the database that does not know them; returns how many people have to be erased again. Error: CQ763 it does not follow.';
-- Deliberately not granted: the owner's login calls it.
