-- What has to survive outside of the database: a copy of an older moment knows nothing of later erasures. Nobody is named in it; who has
-- a copy finds the person by hashing the id of each account.
create or replace function app_hidden.erasure_list()
returns table (
  id uuid, reason text, subject_key text, subject_hash text, requested_at timestamptz, finished_at timestamptz, counts jsonb, number bigint,
  previous_hash text, hash text
)
language sql
stable
security definer
rows 1000
set search_path = pg_catalog, pg_temp
as $$
  select l.id, l.reason, l.subject_key, l.subject_hash, l.requested_at, l.finished_at, l.counts, l.number, l.previous_hash, l.hash
  from (
    select e.id from app_hidden.erasures e union all select p.id from app_hidden.pending_erasures p where p.step <> 'grace'
  ) as i
  cross join lateral app_private.account_erasure_of(i.id) as l
  order by l.number nulls last, l.id;
$$;
comment on function app_hidden.erasure_list() is 'All erasures of this database, done and begun, without naming anybody: what is kept outside of it.';
grant execute on function app_hidden.erasure_list() to colloquy_worker;
