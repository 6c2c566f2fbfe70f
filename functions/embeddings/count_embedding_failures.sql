-- Counts, chunk by chunk, that no vector came, in a statement of its own that nothing rolls back. What was refused for what
-- it is ('bad_input', 'bad_output') is given up after embedding_attempts; what got no answer, or whose worker ended, only
-- after ten times as many, since that is mostly not its fault, and is tried again twelve times as soon. The pauses are random in part, so that what failed together
-- is tried apart.
create or replace function app_hidden.count_embedding_failures(for_version uuid, for_workspace uuid, chunk_ids uuid[], codes text[], errors text[])
returns table (waiting integer, dead integer, next_in double precision)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  most integer := app_hidden.setting('embedding_attempts')::integer;
  pause double precision := app_hidden.setting('embedding_retry_seconds')::double precision;
begin
  return query
  with counted as (
    insert into app_hidden.embedding_failures as f (
      version_id, workspace_id, chunk_id, attempts, interruptions, code, error, failed_at, next_attempt_at, is_dead
    )
    select for_version, for_workspace, c.id, kind.refused, 1 - kind.refused, given.code, left(given.error, 1000), clock_timestamp(),
      clock_timestamp() + make_interval(secs => least(pause / kind.share, 3600) * (0.75 + random() / 2)), kind.refused >= most
    from unnest(chunk_ids, codes, errors) as given (chunk_id, code, error)
    cross join lateral (
      select r.refused, case r.refused when 1 then 1 else 12 end as share
      from (select (given.code in ('bad_input', 'bad_output'))::integer as refused) as r
    ) as kind
    join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id
    order by c.id
    on conflict on constraint embedding_failures_pkey do update
    set attempts = f.attempts + excluded.attempts, interruptions = f.interruptions + excluded.interruptions, code = excluded.code,
      error = excluded.error, failed_at = excluded.failed_at,
      next_attempt_at = clock_timestamp() + make_interval(
        secs => least(
          pause / case excluded.attempts when 1 then 1 else 12 end * 2 ^ least(f.attempts + f.interruptions, 20), 3600
        ) * (0.75 + random() / 2)
      ),
      is_dead = f.attempts + excluded.attempts >= most or f.interruptions + excluded.interruptions >= 10 * most
    returning f.is_dead, f.next_attempt_at
  )
  select count(*) filter (where not c.is_dead)::integer, count(*) filter (where c.is_dead)::integer,
    extract(epoch from min(c.next_attempt_at) filter (where not c.is_dead) - clock_timestamp())::double precision
  from counted c;
end
$$;
comment on function app_hidden.count_embedding_failures(uuid, uuid, uuid[], text[], text[]) is
  'Counts a failed attempt of chunks, with its reason. Returns how many wait for another, how many were given up, and in how many seconds the first is due again.';
grant execute on function app_hidden.count_embedding_failures(uuid, uuid, uuid[], text[], text[]) to colloquy_worker;
