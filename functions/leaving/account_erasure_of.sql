-- An erasure as a person or an administrator sees it: nobody is named.
create or replace function app_private.account_erasure_of(erasure_id uuid)
returns app_public.account_erasure
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    e.id, e.reason, encode(e.subject_key, 'hex'), encode(e.subject_hash, 'hex'), e.requested_at, e.finished_at, null::text, e.counts, e.number,
    encode(e.previous_hash, 'hex'), encode(e.hash, 'hex'), null::timestamptz
  from app_hidden.erasures e
  where e.id = erasure_id
  union all
  select
    p.id, p.reason, encode(p.subject_key, 'hex'), encode(p.subject_hash, 'hex'), p.requested_at, null, p.held_by, p.counts, null, null, null, p.erase_after
  from app_hidden.pending_erasures p
  where p.id = erasure_id
  limit 1;
$$;
comment on function app_private.account_erasure_of(uuid) is 'The certificate of an erasure, or how far it is.';
