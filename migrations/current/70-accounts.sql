-- Accounts: counters of wrong passwords that decay, places that somebody signed in from, several tokens by mail at a time,
-- requests that a job answers, and who may register.
-- changes rows of app_private.settings, app_public.audit_logs

-- Wrong passwords, by (account, network), by account, by network, and by session. One row per counter, so that counting is one
-- upsert; what was typed is kept as a hash alone, whether there is such an account or not.
create table if not exists app_private.sign_in_failures (
  counter text not null,
  failures double precision not null,
  failed_at timestamptz not null,
  constraint sign_in_failures_pkey primary key (counter),
  constraint sign_in_failures_counter_format check (counter ~ '^(account|client|known|network|session):[0-9a-f]{64}$'),
  constraint sign_in_failures_failures_positive check (failures >= 0 and failures < 'NaN')
);
alter table app_private.sign_in_failures enable row level security;
alter table app_private.sign_in_failures force row level security;
-- serves: removal of what has decayed
create index if not exists sign_in_failures_failed_at_idx on app_private.sign_in_failures (failed_at);
comment on table app_private.sign_in_failures is 'Wrong passwords, as counters that decay with time. They make guesses wait, and never the owner of the account at a place it signed in from before.';
comment on column app_private.sign_in_failures.counter is 'What is counted, and SHA-256 of whose: account, client (account and network), known (one that signed in before), network, session.';
comment on column app_private.sign_in_failures.failures is 'Failures at failed_at, each worth half after sign_in_decay_minutes.';
comment on column app_private.sign_in_failures.failed_at is 'Latest failure.';

create table if not exists app_private.sign_in_places (
  user_id uuid not null,
  network cidr not null,
  client text not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  constraint sign_in_places_pkey primary key (user_id, network, client),
  constraint sign_in_places_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint sign_in_places_client_length check (char_length(client) between 1 and 100)
);
alter table app_private.sign_in_places enable row level security;
alter table app_private.sign_in_places force row level security;
-- serves: removal of places that were not used for long
create index if not exists sign_in_places_last_seen_at_idx on app_private.sign_in_places (last_seen_at);
comment on table app_private.sign_in_places is 'Where an account signed in from: such a place is not locked out by guesses of strangers, and a new one is told to the person by mail.';
comment on column app_private.sign_in_places.user_id is 'The account.';
comment on column app_private.sign_in_places.network is 'The address, of IPv6 the first 64 bits; 0.0.0.0 without one.';
comment on column app_private.sign_in_places.client is 'Readable kind of client: Firefox on Windows.';
comment on column app_private.sign_in_places.first_seen_at is 'First sign-in.';
comment on column app_private.sign_in_places.last_seen_at is 'Latest sign-in.';

create table if not exists app_private.mail_tokens (
  token_hash bytea not null,
  user_id uuid not null,
  kind text not null,
  email extensions.citext not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint mail_tokens_pkey primary key (token_hash),
  constraint mail_tokens_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint mail_tokens_token_hash_length check (octet_length(token_hash) = 32),
  constraint mail_tokens_kind_known check (kind in ('reset', 'verification', 'address'))
);
alter table app_private.mail_tokens enable row level security;
alter table app_private.mail_tokens force row level security;
-- for the rows below; functions/policies/mail_tokens.sql states it again
drop policy if exists all_owner on app_private.mail_tokens;
create policy all_owner on app_private.mail_tokens to colloquy_owner using (true) with check (true);
-- serves: the tokens of one account, of which few may live at a time, and the cascade when a user goes
create index if not exists mail_tokens_user_id_kind_idx on app_private.mail_tokens (user_id, kind, created_at);
-- serves: removal of expired tokens
create index if not exists mail_tokens_expires_at_idx on app_private.mail_tokens (expires_at);
comment on table app_private.mail_tokens is 'Tokens that were sent by mail: for a new password, to verify an address, to change it. Up to three of a kind live at a time.';
comment on column app_private.mail_tokens.token_hash is 'SHA-256 of a random 256-bit token.';
comment on column app_private.mail_tokens.user_id is 'The account that it is for.';
comment on column app_private.mail_tokens.kind is 'What it is for.';
comment on column app_private.mail_tokens.email is 'The address that it was sent to.';
comment on column app_private.mail_tokens.expires_at is 'When it stops working.';
comment on column app_private.mail_tokens.created_at is 'When it was made.';

create table if not exists app_private.account_requests (
  id uuid not null default uuidv7(),
  kind text not null,
  email extensions.citext not null,
  password_hash text,
  username extensions.citext,
  display_name text,
  ip inet,
  request_id text,
  constraint account_requests_pkey primary key (id),
  constraint account_requests_kind_email_key unique (kind, email),
  constraint account_requests_id_version check (uuid_extract_version(id) = 7),
  constraint account_requests_kind_known check (kind in ('reset', 'registration')),
  constraint account_requests_password_hash check ((kind = 'registration') = (password_hash is not null)),
  constraint account_requests_email_format check (char_length(email::text) <= 254 and email::text ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]{2,}$'),
  constraint account_requests_username_format check (username::text ~ '^[a-z0-9][a-z0-9_-]{1,38}$'),
  constraint account_requests_display_name_length check (char_length(display_name) <= 255),
  constraint account_requests_request_id_length check (char_length(request_id) <= 200)
);
alter table app_private.account_requests enable row level security;
alter table app_private.account_requests force row level security;
comment on table app_private.account_requests is 'What visitors asked for and a job answers by mail, so that the request does the same work for every address. A row lives for seconds.';
comment on column app_private.account_requests.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_private.account_requests.kind is 'A new password, or an account.';
comment on column app_private.account_requests.email is 'The address that was named; only its mailbox learns whether it has an account.';
comment on column app_private.account_requests.password_hash is 'bcrypt, of the account asked for.';
comment on column app_private.account_requests.username is 'User name of the account asked for.';
comment on column app_private.account_requests.display_name is 'Name of the account asked for.';
comment on column app_private.account_requests.ip is 'Address of the request, for the audit log.';
comment on column app_private.account_requests.request_id is 'Request, for the audit log.';

create table if not exists app_private.account_notices (
  id uuid not null default uuidv7(),
  user_id uuid not null,
  kind text not null,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint account_notices_pkey primary key (id),
  constraint account_notices_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint account_notices_id_version check (uuid_extract_version(id) = 7),
  constraint account_notices_kind_length check (char_length(kind) between 1 and 50)
);
alter table app_private.account_notices enable row level security;
alter table app_private.account_notices force row level security;
-- serves: the notices of one account and kind in the last hour, and the cascade when a user goes
create index if not exists account_notices_user_id_kind_idx on app_private.account_notices (user_id, kind, id);
comment on table app_private.account_notices is 'Notices that were mailed in the last hour, so that nobody can have somebody flooded.';
comment on column app_private.account_notices.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_private.account_notices.user_id is 'Whose account it is.';
comment on column app_private.account_notices.kind is 'What it said.';
comment on column app_private.account_notices.created_at is 'When it was written; derived from the id.';

-- tokens that still work move; counts of failures do not, since they belonged to no address
do $$
begin
  if exists (
    select from information_schema.columns c
    where c.table_schema = 'app_private' and c.table_name = 'user_secrets' and c.column_name = 'reset_token_hash'
  ) then
    insert into app_private.mail_tokens (token_hash, user_id, kind, email, expires_at)
    select t.token_hash, s.user_id, t.kind, u.email, t.expires_at
    from app_private.user_secrets s
    join app_public.users u on u.id = s.user_id
    cross join lateral (values
      ('reset', s.reset_token_hash, s.reset_expires_at), ('verification', s.verification_token_hash, s.verification_expires_at)
    ) as t (kind, token_hash, expires_at)
    where t.token_hash is not null and t.expires_at > clock_timestamp()
    on conflict do nothing;
  end if;
end
$$;
-- with the indexes on them
alter table app_private.user_secrets
  -- squawk-ignore ban-drop-column
  drop column if exists failed_attempts,
  -- squawk-ignore ban-drop-column
  drop column if exists locked_until,
  -- squawk-ignore ban-drop-column
  drop column if exists verification_token_hash,
  -- squawk-ignore ban-drop-column
  drop column if exists verification_expires_at,
  -- squawk-ignore ban-drop-column
  drop column if exists reset_token_hash,
  -- squawk-ignore ban-drop-column
  drop column if exists reset_expires_at;
comment on table app_private.user_secrets is 'What must never be shown: the password hash.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = 'app_public.active_session'::regclass and a.attname = 'client' and not a.attisdropped
  ) then
    alter type app_public.active_session add attribute client text;
  end if;
end
$$;
comment on column app_public.active_session.expires_at is 'When its token stops working, if it is not used until then.';
comment on column app_public.active_session.client is 'Readable kind of client: Firefox on Windows.';

drop function if exists app_private.count_failed_attempt(uuid);
drop function if exists app_public.register(text, text, text, text);

insert into app_private.settings (name, value, unit, description) values
  ('sign_in_account_attempts', '50', 'count', 'Wrong passwords of an account from anywhere after which places that it never signed in from wait.'),
  ('sign_in_network_attempts', '200', 'count', 'Wrong passwords from one network, of any accounts, after which it waits, except for accounts that signed in from there.'),
  ('sign_in_decay_minutes', '240', 'minutes', 'Time after which a wrong password counts half.'),
  ('sign_in_place_days', '180', 'days', 'How long a place counts as known that somebody signed in from.'),
  ('session_idle_days', '14', 'days', 'How long a session lives without a request.'),
  ('sessions_per_account', '50', 'count', 'Sessions of one account; a further one ends the one that was idle longest.'),
  ('registration', 'open', 'word', 'Who may make an account: open, invitation, domain or closed.'),
  ('registration_domains', 'none', 'list', 'Domains, separated by commas, whose addresses may register when registration is domain.'),
  ('require_verified_email', 'off', 'on/off', 'Whether an account can be used only when its address is proved.'),
  ('account_notices', 'on', 'on/off', 'Whether people are told by mail of new sign-ins and changed credentials.'),
  ('account_notices_per_hour', '5', 'count', 'Most notices of one kind to one account in an hour.')
on conflict (name) do nothing;
update app_private.settings set description = 'Wrong passwords of one account from one network after which the next one waits.' where name = 'sign_in_attempts';
update app_private.settings set description = 'The first such wait; it doubles up to an hour, and not where the account signed in from before.' where name = 'sign_in_lock_seconds';
update app_private.settings set description = 'How long a session lives, used or not.' where name = 'session_days';
