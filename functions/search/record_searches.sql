-- Counts what searches answered, and that chunks were read, a batch at a time: search itself is stable and writes nothing.
-- Called by the API server on a connection of its own, as colloquy_authenticator and outside any request. Not granted to the
-- roles of requests: nobody counts for somebody else. A chunk of another tenant than the search's is not counted.
--
-- It must never hold up those who write: it waits for no row of theirs (skip locked), and batches of several servers come one
-- after the other. What is locked by somebody else at that moment, since it is cut anew or moved to another tier, is not
-- counted. A batch that comes twice counts twice.
create or replace function app_hidden.record_searches(searches jsonb)
returns table (sample_share real, keeps_text boolean)
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
set jit = off
-- a few thousand keys: each is looked up, whatever the planner believes how many there are
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  text_allowed boolean := app_hidden.setting('search_sample_keeps_text') = 'on';
  least_samples integer := app_hidden.setting('search_sample_minimum')::integer;
  share real := app_hidden.setting('search_sample_share')::real;
  today date := (now() at time zone 'UTC')::date;
begin
  if jsonb_typeof(searches) is distinct from 'array' or jsonb_array_length(searches) > 1000 then
    raise exception 'A batch is an array of at most 1,000 searches.' using errcode = 'CQ200', hint = 'Send several batches.';
  end if;
  perform pg_advisory_xact_lock(hashtext('colloquy.record_searches'));

  perform app_private.keep_samples(searches, text_allowed);
  perform app_private.count_searches(searches, today);
  perform app_private.count_reads(searches);
  return query
  select
    case when count(*) < least_samples then 1 else greatest(0, least(share, 1)) end::real,
    text_allowed
  from (
    select from app_hidden.search_samples s where s.id >= app_hidden.uuidv7_floor(today::timestamp at time zone 'UTC') limit least_samples
  ) as taken;
end
$$;
comment on function app_hidden.record_searches(jsonb) is
  'Counts a batch of finished searches and the chunks that they returned, and keeps the vectors that came with some of them. Returns which share of the following shall bring theirs, and whether with words. For the API server. Error: CQ200 no batch.';
grant execute on function app_hidden.record_searches(jsonb) to colloquy_authenticator;
