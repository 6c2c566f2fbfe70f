--! Previous: -
--! Hash: sha1:e8e77bbac3abd2648b24e7e2675d41d489f39ec9
--! Message: foundation

--! split: 1-current.sql
-- Foundation: schemas, settings, closed sets, and the helpers that table definitions need.

create schema app_public;
create schema app_hidden;
create schema app_private;
create schema app_partitions;

comment on schema app_public is 'What GraphQL exposes.';
comment on schema app_hidden is 'Reachable by a policy, a function or the worker, never exposed.';
comment on schema app_private is 'Secrets and settings. No request role can reach it.';
comment on schema app_partitions is 'The partitions of every partitioned table. Row-level security does not hold for a partition that is addressed directly, so no request role may use this schema.';

grant usage on schema app_public to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_monitor;
grant usage on schema app_hidden to colloquy_authenticator, colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;

create type app_public.user_role as enum ('user', 'moderator', 'admin');
create type app_public.member_role as enum ('owner', 'admin', 'member', 'viewer');
create type app_public.visibility as enum ('private', 'workspace');
create type app_public.storage_tier as enum ('hot', 'warm', 'cold');
create type app_public.message_role as enum ('user', 'assistant', 'system', 'tool');
create type app_public.message_status as enum ('complete', 'streaming', 'failed');
create type app_public.conversation_channel as enum ('api', 'web', 'slack', 'cli');
create type app_public.source_type as enum ('document', 'message', 'memory', 'event');
create type app_public.search_mode as enum ('hybrid', 'vector', 'text');
create type app_public.embedding_version_status as enum ('building', 'active', 'retired', 'archived');

comment on type app_public.user_role is 'Role in the whole installation.';
comment on type app_public.member_role is 'owner and admin manage a workspace, member writes, viewer only reads.';
comment on type app_public.message_role is 'Who speaks.';
comment on type app_public.message_status is 'complete, still streaming, or failed.';
comment on type app_public.conversation_channel is 'Where a conversation takes place.';
comment on type app_public.embedding_version_status is 'building, active (exactly one), retired or archived.';
comment on type app_public.visibility is 'Who may read a row besides its owner: nobody, or the members of its workspace.';
comment on type app_public.storage_tier is 'hot: recent or often read. warm: older. cold: rarely read, searched only when asked or when the others return too little.';
comment on type app_public.source_type is 'What a chunk was cut from.';
comment on type app_public.search_mode is 'hybrid fuses vector and text ranks; vector and text use one leg alone.';

create table app_private.settings (
  name text not null,
  value text not null,
  unit text not null,
  description text not null,
  constraint settings_pkey primary key (name),
  constraint settings_value_length check (char_length(value) between 1 and 1000)
);
alter table app_private.settings enable row level security;
alter table app_private.settings force row level security;
comment on table app_private.settings is 'Settings that rules in the database read. Change a value with update; the next transaction sees it.';
comment on column app_private.settings.name is 'Name, as docs/configuration.md lists it.';
comment on column app_private.settings.value is 'Value as text; the reader casts it.';
comment on column app_private.settings.unit is 'Unit of the value.';
comment on column app_private.settings.description is 'What the value decides.';

create policy all_owner on app_private.settings to colloquy_owner using (true) with check (true);

insert into app_private.settings (name, value, unit, description) values
  ('environment', 'production', 'word', 'production or development: only a development database may be reset.'),
  ('password_hash_cost', '10', 'log2 of rounds', 'Cost of bcrypt for new passwords.'),
  ('sign_in_attempts', '5', 'count', 'Failed sign-ins in a row before an account is locked for a while.'),
  ('sign_in_lock_seconds', '30', 'seconds', 'First lock after too many failures; it doubles with each further one, up to an hour.'),
  ('session_days', '30', 'days', 'How long a session token is valid after sign-in.'),
  ('hash_partitions', '16', 'count', 'Hash partitions of chunks and of each embedding version. Read when they are made.'),
  ('search_exact_limit', '5000', 'chunks', 'A workspace with at most this many live chunks of the asked kinds is searched exactly, a larger one by its index. Both take as long at about 2,500 (npm run bench -- search); at 5,000 exact takes 5 ms and not 3, and is complete.'),
  ('search_ef_search', '200', 'candidates', 'hnsw.ef_search of an index search.');
