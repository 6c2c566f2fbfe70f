-- What a job is given along so that its trace is that of the request that put it down: the API sets it where traces are kept, and
-- nothing that a client sends gets here but the ids of its trace.
create or replace function app_private.trace_of_request()
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
    when current_setting('colloquy.traceparent', true) ~ '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'
      then jsonb_build_object('traceparent', current_setting('colloquy.traceparent', true))
    else '{}'
  end;
$$;
comment on function app_private.trace_of_request() is 'The trace of this request as part of a payload; nothing where there is none.';
