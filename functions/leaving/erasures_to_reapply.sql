-- People who were erased and are here again: this is a copy of a moment before. One hash for each account and key.
create or replace function app_hidden.erasures_to_reapply()
returns table (user_id uuid, erasure_id uuid)
language sql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
  select u.id, e.id
  from (select distinct k.subject_key from app_hidden.erasures k) as k
  cross join app_public.users u
  join app_hidden.erasures e on e.subject_key = k.subject_key and e.subject_hash = app_private.subject_hash(k.subject_key, u.id)
  where not exists (select from app_hidden.pending_erasures p where p.user_id = u.id);
$$;
comment on function app_hidden.erasures_to_reapply() is 'Accounts that a certificate says are erased.';
