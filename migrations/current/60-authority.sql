-- What a key, an identity or a person made ends with its authority: links remember the key that made them, keys the identity
-- that they were made by, identities a time before which no token counts; workspaces say how long links and keys may live.
alter table app_public.workspaces add column if not exists allows_public_links boolean not null default true;
alter table app_public.workspaces add column if not exists longest_link_days integer;
alter table app_public.workspaces add column if not exists longest_api_key_days integer;
comment on column app_public.workspaces.allows_public_links is 'Whether links by which anybody reads a conversation can be made here, and show anything.';
comment on column app_public.workspaces.longest_link_days is 'Days after which every link to a conversation of this workspace shows nothing; null: no such end.';
comment on column app_public.workspaces.longest_api_key_days is 'Days after which every API key of this workspace stops working; null: no such end.';
alter table app_public.workspaces drop constraint if exists workspaces_longest_days;
alter table app_public.workspaces add constraint workspaces_longest_days
  check (coalesce(longest_link_days, 1) between 1 and 3650 and coalesce(longest_api_key_days, 1) between 1 and 3650) not valid;
alter table app_public.workspaces validate constraint workspaces_longest_days;

alter table app_public.conversation_shares add column if not exists api_key_id uuid;
alter table app_public.conversation_shares add column if not exists read_count bigint not null default 0;
alter table app_public.conversation_shares add column if not exists last_read_at timestamptz;
comment on column app_public.conversation_shares.api_key_id is 'The API key that made the link, which ends with it; null for a session.';
comment on column app_public.conversation_shares.read_count is 'How often it was read; readings at the same moment may count as one.';
comment on column app_public.conversation_shares.last_read_at is 'When it was read last.';
alter table app_public.conversation_shares drop constraint if exists conversation_shares_read_count_range;
alter table app_public.conversation_shares add constraint conversation_shares_read_count_range check (read_count >= 0) not valid;
alter table app_public.conversation_shares validate constraint conversation_shares_read_count_range;
alter table app_public.conversation_shares drop constraint if exists conversation_shares_api_key_id_fkey;
alter table app_public.conversation_shares add constraint conversation_shares_api_key_id_fkey
  foreign key (workspace_id, api_key_id) references app_public.api_keys (workspace_id, id) on delete set null (api_key_id) not valid;
alter table app_public.conversation_shares validate constraint conversation_shares_api_key_id_fkey;
-- serves: the links that a key made, which end with it
create index if not exists conversation_shares_api_key_id_idx on app_public.conversation_shares (workspace_id, api_key_id) where api_key_id is not null;

alter table app_public.api_keys drop constraint if exists api_keys_scopes_known;
alter table app_public.api_keys add constraint api_keys_scopes_known
  check (cardinality(scopes) between 1 and 6 and scopes <@ array['read', 'write', 'search', 'share', 'meter', 'admin']) not valid;
alter table app_public.api_keys validate constraint api_keys_scopes_known;
comment on column app_public.api_keys.scopes is
  'read (search included), write, search (nothing else), share (links to own conversations), meter (usage of all members, for owners and admins), admin (members, invitations, audit log; with write, configuration; for owners and admins). All but search bring read along.';

alter table app_private.api_key_secrets add column if not exists identity_id uuid;
comment on column app_private.api_key_secrets.identity_id is
  'The identity of an outside provider that made the key: it works as long as that person is seen now and then. Null for a session.';
alter table app_private.api_key_secrets drop constraint if exists api_key_secrets_identity_id_fkey;
alter table app_private.api_key_secrets add constraint api_key_secrets_identity_id_fkey
  foreign key (identity_id) references app_private.user_identities (id) on delete cascade not valid;
alter table app_private.api_key_secrets validate constraint api_key_secrets_identity_id_fkey;
-- serves: the keys that an identity made, which end with it
create index if not exists api_key_secrets_identity_id_idx on app_private.api_key_secrets (identity_id) where identity_id is not null;

alter table app_public.workspace_invitations add column if not exists api_key_id uuid;
comment on column app_public.workspace_invitations.api_key_id is 'The API key that invited, with which the invitation ends; null for a session.';
alter table app_public.workspace_invitations drop constraint if exists workspace_invitations_api_key_id_fkey;
alter table app_public.workspace_invitations add constraint workspace_invitations_api_key_id_fkey
  foreign key (workspace_id, api_key_id) references app_public.api_keys (workspace_id, id) on delete set null (api_key_id) not valid;
alter table app_public.workspace_invitations validate constraint workspace_invitations_api_key_id_fkey;
-- serves: the invitations of a key, which end with it
create index if not exists workspace_invitations_api_key_id_idx on app_public.workspace_invitations (workspace_id, api_key_id)
  where api_key_id is not null;

alter table app_private.user_identities add column if not exists not_before timestamptz;
comment on column app_private.user_identities.not_before is 'Tokens issued up to this time are refused: the person has signed out, or was signed out.';

insert into app_private.settings (name, value, unit, description) values
  ('link_days', '30', 'days', 'How long a link to a conversation lives that is made without an end; less where the workspace says so.'),
  ('usage_settle_factor', '2', 'factor', 'How many times what it reserved a member may settle. Owners, admins and keys with the scope meter may settle what they say.'),
  ('identity_key_days', '90', 'days', 'Longest age of an API key that was made with a token of an identity provider.'),
  ('identity_key_idle_days', '30', 'days', 'Days without a request of the person with a token of the provider, after which keys made with one rest until the next.')
on conflict (name) do nothing;

-- what they return, or take, has changed
drop function if exists app_hidden.authenticate_identity(text, text, text, boolean, text, timestamptz, uuid, inet, text);
drop function if exists app_hidden.authenticate_identity(text, text, text, boolean, text, timestamptz, uuid, inet, text, text);
drop function if exists app_private.require_administrator();
