--! Previous: sha1:083b1f4aa684f41cc616b6d1ccb94208cff90586
--! Hash: sha1:4c40dec8f1e4e051c79cfa462169cb4e6adfd8b0
--! Message: second factor

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 75-second-factor.sql
-- A second factor: codes of an authenticator app (RFC 6238), recovery codes, sign-ins that wait for a code, and when a session
-- was last proved to be its owner's.
-- changes rows of app_private.settings

create table if not exists app_private.second_factors (
  user_id uuid not null,
  secret bytea not null,
  confirmed_at timestamptz,
  last_step bigint,
  created_at timestamptz not null default now(),
  constraint second_factors_pkey primary key (user_id),
  constraint second_factors_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint second_factors_secret_length check (octet_length(secret) = 20),
  constraint second_factors_last_step_positive check (last_step >= 0)
);
alter table app_private.second_factors enable row level security;
alter table app_private.second_factors force row level security;
comment on table app_private.second_factors is 'Secrets of authenticator apps. To be protected as password hashes are: who reads one makes codes.';
comment on column app_private.second_factors.user_id is 'Whose account it is.';
comment on column app_private.second_factors.secret is 'Key of the codes, 160 random bits.';
comment on column app_private.second_factors.confirmed_at is 'When a first code proved that an app has it; null: it counts for nothing yet.';
comment on column app_private.second_factors.last_step is 'Time step of the latest code; no code of it or before it counts again.';
comment on column app_private.second_factors.created_at is 'When it was made.';

create table if not exists app_private.recovery_codes (
  user_id uuid not null,
  code_hash bytea not null,
  constraint recovery_codes_pkey primary key (user_id, code_hash),
  constraint recovery_codes_user_id_fkey foreign key (user_id) references app_private.second_factors (user_id) on delete cascade,
  constraint recovery_codes_code_hash_length check (octet_length(code_hash) = 32)
);
alter table app_private.recovery_codes enable row level security;
alter table app_private.recovery_codes force row level security;
comment on table app_private.recovery_codes is 'Codes that stand in for an authenticator app that was lost, each once.';
comment on column app_private.recovery_codes.user_id is 'Whose account it is.';
comment on column app_private.recovery_codes.code_hash is 'SHA-256 of the account and a random code of 80 bits.';

create table if not exists app_private.sign_in_challenges (
  token_hash bytea not null,
  user_id uuid not null,
  attempts integer not null default 0,
  expires_at timestamptz not null,
  constraint sign_in_challenges_pkey primary key (token_hash),
  constraint sign_in_challenges_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint sign_in_challenges_token_hash_length check (octet_length(token_hash) = 32),
  constraint sign_in_challenges_attempts_range check (attempts between 0 and 5)
);
alter table app_private.sign_in_challenges enable row level security;
alter table app_private.sign_in_challenges force row level security;
-- serves: the end of all challenges of an account, and the cascade when a user goes
create index if not exists sign_in_challenges_user_id_idx on app_private.sign_in_challenges (user_id);
-- serves: removal of expired challenges
create index if not exists sign_in_challenges_expires_at_idx on app_private.sign_in_challenges (expires_at);
comment on table app_private.sign_in_challenges is 'Sign-ins with a right password that wait for the second factor. A row lives for minutes.';
comment on column app_private.sign_in_challenges.token_hash is 'SHA-256 of a random 256-bit token.';
comment on column app_private.sign_in_challenges.user_id is 'Whose password was right.';
comment on column app_private.sign_in_challenges.attempts is 'Codes that were tried with it.';
comment on column app_private.sign_in_challenges.expires_at is 'When it stops working.';

-- sessions from before have proved nothing of late
alter table app_private.user_sessions add column if not exists proved_at timestamptz;
alter table app_private.user_sessions alter column proved_at set default now();
comment on column app_private.user_sessions.proved_at is 'When the person last proved who it is: at the sign-in, or with proveIdentity. Null: before this was kept.';

do $$
begin
  if to_regtype('app_public.second_factor_secret') is null then
    create type app_public.second_factor_secret as (secret text, uri text);
    create type app_public.second_factor_state as (is_active boolean, confirmed_at timestamptz, recovery_codes_left integer, is_required boolean);
    alter type app_public.authentication add attribute challenge text;
  end if;
end
$$;
comment on type app_public.second_factor_secret is 'What an authenticator app is set up with, shown once.';
comment on column app_public.second_factor_secret.secret is 'In base32, to be typed.';
comment on column app_public.second_factor_secret.uri is 'otpauth:// URI, to be shown as a QR code.';
comment on type app_public.second_factor_state is 'The second factor of an account.';
comment on column app_public.second_factor_state.is_active is 'Whether signing in takes a code.';
comment on column app_public.second_factor_state.confirmed_at is 'Since when.';
comment on column app_public.second_factor_state.recovery_codes_left is 'Recovery codes that were not used.';
comment on column app_public.second_factor_state.is_required is 'Whether this installation wants one of this account.';
comment on column app_public.authentication.challenge is 'Instead of a token where a second factor is needed: for confirm_sign_in.';

insert into app_private.settings (name, value, unit, description) values
  ('require_second_factor', 'off', 'word', 'Whose sessions work only with a second factor: off, admins (of the installation) or all.'),
  ('step_up_minutes', '15', 'minutes', 'How long after a proof of who one is the acts work that need a recent one.')
on conflict (name) do nothing;
