-- Counts of limits that several processes of the API share (RATE_LIMITS=database). Unlogged: it is written with most requests, and
-- after a crash of the server every window may begin anew. The columns are what rate-limiter-flexible writes.
create unlogged table if not exists app_hidden.rate_limits (
  key text not null,
  points integer not null,
  expire bigint,
  constraint rate_limits_pkey primary key (key),
  constraint rate_limits_key_length check (char_length(key) between 1 and 255)
)
-- a row is updated in place, again and again: room for that, and vacuumed before it has grown
with (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05);
alter table app_hidden.rate_limits enable row level security;
alter table app_hidden.rate_limits force row level security;
-- serves: the removal of windows that have ended
create index if not exists rate_limits_expire_idx on app_hidden.rate_limits (expire);
comment on table app_hidden.rate_limits is 'How many points of a limit somebody has used in a window (docs/limits.md). Of all tenants: only the login of the API, which counts before it knows whose a request is, may read and write it.';
comment on column app_hidden.rate_limits.key is 'Name of the limit, and whom it counts: an address, a session, an account, an API key or a workspace.';
comment on column app_hidden.rate_limits.points is 'Points used in the window.';
comment on column app_hidden.rate_limits.expire is 'When the window ends, in milliseconds since 1970.';

comment on column app_public.search_leg.reason is 'Why it was left out: mode (not asked for), no_words (the question has none), no_vector (none was given), provider_unavailable (who computes vectors could not be reached), busy (who computes vectors had no turn for this workspace in time), unreadable_script (the model cannot read it). Null when it was used.';
