--! Previous: sha1:e8e77bbac3abd2648b24e7e2675d41d489f39ec9
--! Hash: sha1:a6b89d4620dffdf2b1376caa2c0705a529a9569b
--! Message: identity

--! split: 1-current.sql
-- Identity and tenancy: people, what they know, their sessions, and the workspaces (tenants) they belong to.

create table app_public.users (
  id uuid not null default uuidv7(),
  email extensions.citext not null,
  is_email_verified boolean not null default false,
  username extensions.citext,
  first_name text,
  last_name text,
  display_name text,
  avatar_url text,
  role app_public.user_role not null default 'user',
  preferred_model_provider text,
  preferred_model_name text,
  monthly_token_quota bigint,
  monthly_cost_quota_usd numeric(12, 6),
  total_tokens_used bigint not null default 0,
  total_cost_usd numeric(14, 6) not null default 0,
  is_active boolean not null default true,
  last_login_at timestamptz,
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint users_pkey primary key (id),
  constraint users_email_key unique (email),
  constraint users_username_key unique (username),
  constraint users_id_version check (uuid_extract_version(id) = 7),
  constraint users_email_format check (char_length(email::text) <= 254 and email::text ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]{2,}$'),
  constraint users_username_format check (username::text ~ '^[a-z0-9][a-z0-9_-]{1,38}$'),
  constraint users_first_name_length check (char_length(first_name) <= 255),
  constraint users_last_name_length check (char_length(last_name) <= 255),
  constraint users_display_name_length check (char_length(display_name) <= 255),
  constraint users_avatar_url_format check (char_length(avatar_url) <= 2048 and avatar_url ~ '^https?://'),
  constraint users_preferred_model_provider_length check (char_length(preferred_model_provider) <= 100),
  constraint users_preferred_model_name_length check (char_length(preferred_model_name) <= 200),
  constraint users_monthly_token_quota_positive check (monthly_token_quota >= 0),
  constraint users_monthly_cost_quota_positive check (monthly_cost_quota_usd >= 0 and monthly_cost_quota_usd < 'NaN')
);
alter table app_public.users enable row level security;
alter table app_public.users force row level security;
comment on table app_public.users is 'A person with an account. A user sees its own row only.';
comment on column app_public.users.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.users.email is 'Sign-in name; upper and lower case do not matter.';
comment on column app_public.users.is_email_verified is 'Whether the person has proved to read this address.';
comment on column app_public.users.username is 'Public handle, unique, optional.';
comment on column app_public.users.first_name is 'Given name.';
comment on column app_public.users.last_name is 'Family name.';
comment on column app_public.users.display_name is 'Name shown to others.';
comment on column app_public.users.avatar_url is 'Picture, as an http(s) address.';
comment on column app_public.users.role is 'Role in the whole installation; the role inside a workspace is in workspace_members.';
comment on column app_public.users.preferred_model_provider is 'Chat model provider to offer first.';
comment on column app_public.users.preferred_model_name is 'Chat model to offer first.';
comment on column app_public.users.monthly_token_quota is 'Tokens allowed per month; null means no limit.';
comment on column app_public.users.monthly_cost_quota_usd is 'Cost allowed per month in US dollars; null means no limit.';
comment on column app_public.users.total_tokens_used is 'Tokens used since the account exists.';
comment on column app_public.users.total_cost_usd is 'Cost in US dollars since the account exists.';
comment on column app_public.users.is_active is 'A switched-off account cannot sign in, and its sessions stop working.';
comment on column app_public.users.last_login_at is 'Last successful sign-in.';
comment on column app_public.users.updated_at is 'Last change of the profile.';
comment on column app_public.users.created_at is 'When the account was made; derived from the id.';

create table app_private.user_secrets (
  user_id uuid not null,
  password_hash text not null,
  failed_attempts integer not null default 0,
  locked_until timestamptz,
  verification_token_hash bytea,
  verification_expires_at timestamptz,
  reset_token_hash bytea,
  reset_expires_at timestamptz,
  constraint user_secrets_pkey primary key (user_id),
  constraint user_secrets_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint user_secrets_failed_attempts_positive check (failed_attempts >= 0)
);
alter table app_private.user_secrets enable row level security;
alter table app_private.user_secrets force row level security;
comment on table app_private.user_secrets is 'What must never be shown: the password hash, failed attempts, and hashes of tokens sent by mail.';
comment on column app_private.user_secrets.user_id is 'Whose secrets these are.';
comment on column app_private.user_secrets.password_hash is 'bcrypt, by pgcrypto.';
comment on column app_private.user_secrets.failed_attempts is 'Failed sign-ins since the last success.';
comment on column app_private.user_secrets.locked_until is 'No sign-in is tried before this time.';
comment on column app_private.user_secrets.verification_token_hash is 'SHA-256 of the token that verifies the e-mail address.';
comment on column app_private.user_secrets.verification_expires_at is 'When that token stops working.';
comment on column app_private.user_secrets.reset_token_hash is 'SHA-256 of the token that allows a new password.';
comment on column app_private.user_secrets.reset_expires_at is 'When that token stops working.';

create table app_private.user_sessions (
  id uuid not null default uuidv7(),
  user_id uuid not null,
  token_hash bytea not null,
  expires_at timestamptz not null,
  last_active_at timestamptz not null default now(),
  ip inet,
  user_agent text,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint user_sessions_pkey primary key (id),
  constraint user_sessions_token_hash_key unique (token_hash),
  constraint user_sessions_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint user_sessions_id_version check (uuid_extract_version(id) = 7),
  constraint user_sessions_token_hash_length check (octet_length(token_hash) = 32),
  constraint user_sessions_user_agent_length check (char_length(user_agent) <= 1000)
);
alter table app_private.user_sessions enable row level security;
alter table app_private.user_sessions force row level security;
-- serves: the sessions of one user, and the cascade when a user goes
create index user_sessions_user_id_idx on app_private.user_sessions (user_id);
-- serves: removal of expired sessions
create index user_sessions_expires_at_idx on app_private.user_sessions (expires_at);
comment on table app_private.user_sessions is 'Signed-in sessions. The token itself is never stored, only its SHA-256.';
comment on column app_private.user_sessions.id is 'Identifier of the session, not a secret.';
comment on column app_private.user_sessions.user_id is 'Who is signed in.';
comment on column app_private.user_sessions.token_hash is 'SHA-256 of a random 256-bit token.';
comment on column app_private.user_sessions.expires_at is 'When the token stops working.';
comment on column app_private.user_sessions.last_active_at is 'Last request, to the minute.';
comment on column app_private.user_sessions.ip is 'Address of the sign-in.';
comment on column app_private.user_sessions.user_agent is 'Client of the sign-in.';
comment on column app_private.user_sessions.created_at is 'When the sign-in happened; derived from the id.';

create table app_private.user_identities (
  id uuid not null default uuidv7(),
  user_id uuid not null,
  issuer text not null,
  subject text not null,
  signed_in_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint user_identities_pkey primary key (id),
  constraint user_identities_issuer_subject_key unique (issuer, subject),
  constraint user_identities_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint user_identities_id_version check (uuid_extract_version(id) = 7),
  constraint user_identities_issuer_length check (char_length(issuer) between 1 and 2000),
  constraint user_identities_subject_length check (char_length(subject) between 1 and 255)
);
alter table app_private.user_identities enable row level security;
alter table app_private.user_identities force row level security;
-- serves: the identities of one user, and the cascade when a user goes
create index user_identities_user_id_idx on app_private.user_identities (user_id);
comment on table app_private.user_identities is 'Who somebody is at an outside identity provider. Made when the provider''s token is seen for the first time.';
comment on column app_private.user_identities.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_private.user_identities.user_id is 'The account here.';
comment on column app_private.user_identities.issuer is 'The provider, as its tokens name it (iss).';
comment on column app_private.user_identities.subject is 'The person, as the provider names it (sub); never given to another.';
comment on column app_private.user_identities.signed_in_at is 'Latest sign-in at the provider that a token told of.';
comment on column app_private.user_identities.last_seen_at is 'Last request, to the minute.';
comment on column app_private.user_identities.created_at is 'When it was first seen; derived from the id.';

-- A name, not regconfig: pg_upgrade refuses a database that has columns of that type.
create domain app_public.text_search_language as text
  constraint text_search_language_known check (value in (
    'simple', 'arabic', 'armenian', 'basque', 'catalan', 'danish', 'dutch', 'english', 'estonian', 'finnish', 'french',
    'german', 'greek', 'hindi', 'hungarian', 'indonesian', 'irish', 'italian', 'lithuanian', 'nepali', 'norwegian',
    'portuguese', 'romanian', 'russian', 'serbian', 'spanish', 'swedish', 'tamil', 'turkish', 'yiddish'
  ));
comment on domain app_public.text_search_language is 'Language of a text, as PostgreSQL''s text search configurations are named; simple means no stemming.';

create table app_public.workspaces (
  id uuid not null default uuidv7(),
  name text not null,
  slug extensions.citext,
  is_personal boolean not null default false,
  text_search_language app_public.text_search_language not null default 'english',
  settings jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint workspaces_pkey primary key (id),
  constraint workspaces_slug_key unique (slug),
  constraint workspaces_id_version check (uuid_extract_version(id) = 7),
  constraint workspaces_name_length check (char_length(name) between 1 and 255),
  constraint workspaces_slug_format check (slug::text ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
  constraint workspaces_settings_object check (jsonb_typeof(settings) = 'object')
);
alter table app_public.workspaces enable row level security;
alter table app_public.workspaces force row level security;
comment on table app_public.workspaces is 'A tenant: a personal space or a team. Every row of content belongs to one.';
comment on column app_public.workspaces.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.workspaces.name is 'Name shown to its members.';
comment on column app_public.workspaces.slug is 'Short name for addresses, unique, optional.';
comment on column app_public.workspaces.is_personal is 'The space every user gets at sign-up.';
comment on column app_public.workspaces.text_search_language is 'The language of texts that name none: messages, memories, events, and documents added without one. Of what is indexed from then on.';
comment on column app_public.workspaces.settings is 'Settings of clients, as an object.';
comment on column app_public.workspaces.updated_at is 'Last change.';
comment on column app_public.workspaces.created_at is 'When it was made; derived from the id.';

create table app_public.workspace_members (
  workspace_id uuid not null,
  user_id uuid not null,
  role app_public.member_role not null default 'member',
  joined_at timestamptz not null default now(),
  constraint workspace_members_pkey primary key (workspace_id, user_id),
  constraint workspace_members_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint workspace_members_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade
);
alter table app_public.workspace_members enable row level security;
alter table app_public.workspace_members force row level security;
-- serves: the workspaces of one user, at every request
create index workspace_members_user_id_idx on app_public.workspace_members (user_id);
comment on table app_public.workspace_members is 'Who belongs to a workspace, and as what.';
comment on column app_public.workspace_members.workspace_id is 'The workspace.';
comment on column app_public.workspace_members.user_id is 'The member.';
comment on column app_public.workspace_members.role is 'owner and admin manage it, member writes, viewer only reads.';
comment on column app_public.workspace_members.joined_at is 'When the user became a member.';

create type app_public.authentication as (
  token text,
  expires_at timestamptz,
  user_id uuid,
  workspace_id uuid
);
comment on type app_public.authentication is 'What a sign-in gives: a bearer token, shown once.';
comment on column app_public.authentication.token is 'Send it as "Authorization: Bearer …".';
comment on column app_public.authentication.expires_at is 'When it stops working.';
comment on column app_public.authentication.user_id is 'Who signed in.';
comment on column app_public.authentication.workspace_id is 'The workspace that requests use unless they name another.';
