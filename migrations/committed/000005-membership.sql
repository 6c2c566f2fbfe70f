--! Previous: sha1:912d6c60aeadb0c9da83a7eb1ea071846a1d463a
--! Hash: sha1:b21eb80577dd9ba90bd2551bdd1bd03f4f116d04
--! Message: membership

--! split: 1-current.sql
-- Membership: invitations, API keys, the audit log, and the mail that carries tokens.

create table app_public.workspace_invitations (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  email extensions.citext not null,
  role app_public.member_role not null default 'member',
  invited_by uuid,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by uuid,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint workspace_invitations_pkey primary key (id),
  constraint workspace_invitations_workspace_id_id_key unique (workspace_id, id),
  constraint workspace_invitations_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint workspace_invitations_invited_by_fkey foreign key (invited_by) references app_public.users (id) on delete set null,
  constraint workspace_invitations_accepted_by_fkey foreign key (accepted_by) references app_public.users (id) on delete set null,
  constraint workspace_invitations_id_version check (uuid_extract_version(id) = 7),
  constraint workspace_invitations_email_format check (char_length(email::text) <= 254 and email::text ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]{2,}$'),
  constraint workspace_invitations_role_known check (role <> 'owner'),
  constraint workspace_invitations_accepted check (accepted_by is null or accepted_at is not null)
);
alter table app_public.workspace_invitations enable row level security;
alter table app_public.workspace_invitations force row level security;
-- serves: one open invitation per address and workspace
create unique index workspace_invitations_open_key on app_public.workspace_invitations (workspace_id, email) where accepted_at is null;
-- serves: the foreign key to who invited
create index workspace_invitations_invited_by_idx on app_public.workspace_invitations (invited_by) where invited_by is not null;
-- serves: the foreign key to who accepted
create index workspace_invitations_accepted_by_idx on app_public.workspace_invitations (accepted_by) where accepted_by is not null;
-- serves: removal of what ended long ago
create index workspace_invitations_ended_idx on app_public.workspace_invitations ((coalesce(accepted_at, expires_at)));
comment on table app_public.workspace_invitations is 'Who was asked to join a workspace. Seen by its owners and admins; the token goes to the address alone.';
comment on column app_public.workspace_invitations.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.workspace_invitations.workspace_id is 'The workspace to join.';
comment on column app_public.workspace_invitations.email is 'Address that the invitation was sent to; only its account may accept.';
comment on column app_public.workspace_invitations.role is 'Role that acceptance gives; never owner.';
comment on column app_public.workspace_invitations.invited_by is 'Who invited; null when that account is gone.';
comment on column app_public.workspace_invitations.expires_at is 'When it stops working.';
comment on column app_public.workspace_invitations.accepted_at is 'When it was accepted; null while it is open.';
comment on column app_public.workspace_invitations.accepted_by is 'Who accepted it.';
comment on column app_public.workspace_invitations.created_at is 'When it was first sent; derived from the id.';

create table app_private.workspace_invitation_secrets (
  invitation_id uuid not null,
  token_hash bytea not null,
  constraint workspace_invitation_secrets_pkey primary key (invitation_id),
  constraint workspace_invitation_secrets_token_hash_key unique (token_hash),
  constraint workspace_invitation_secrets_invitation_id_fkey foreign key (invitation_id)
    references app_public.workspace_invitations (id) on delete cascade,
  constraint workspace_invitation_secrets_token_hash_length check (octet_length(token_hash) = 32)
);
alter table app_private.workspace_invitation_secrets enable row level security;
alter table app_private.workspace_invitation_secrets force row level security;
comment on table app_private.workspace_invitation_secrets is 'The hashes of the tokens of open invitations.';
comment on column app_private.workspace_invitation_secrets.invitation_id is 'The invitation.';
comment on column app_private.workspace_invitation_secrets.token_hash is 'SHA-256 of a random 256-bit token.';

create table app_public.api_keys (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  owner_id uuid not null,
  name text not null,
  prefix text not null,
  scopes text[] not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  is_active boolean not null default true,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint api_keys_pkey primary key (id),
  constraint api_keys_workspace_id_id_key unique (workspace_id, id),
  -- a key goes with the membership that it stands for, and does not come back with it
  constraint api_keys_owner_id_fkey foreign key (workspace_id, owner_id)
    references app_public.workspace_members (workspace_id, user_id) on delete cascade,
  constraint api_keys_id_version check (uuid_extract_version(id) = 7),
  constraint api_keys_name_length check (char_length(name) between 1 and 100),
  constraint api_keys_prefix_format check (prefix ~ '^cqk_[0-9a-f]{8}$'),
  constraint api_keys_scopes_known check (cardinality(scopes) between 1 and 4 and scopes <@ array['read', 'write', 'search', 'admin'])
);
alter table app_public.api_keys enable row level security;
alter table app_public.api_keys force row level security;
-- serves: the keys of one member, and the cascade when the membership ends
create index api_keys_owner_id_idx on app_public.api_keys (workspace_id, owner_id);
comment on table app_public.api_keys is 'Keys for programs. A key acts as its owner in one workspace, within its scopes. The secret itself is never stored.';
comment on column app_public.api_keys.id is 'Time-ordered identifier (UUID version 7), not a secret.';
comment on column app_public.api_keys.workspace_id is 'The workspace that the key works in, and no other.';
comment on column app_public.api_keys.owner_id is 'The member that the key acts as.';
comment on column app_public.api_keys.name is 'What it is for.';
comment on column app_public.api_keys.prefix is 'First characters of the secret, to tell keys apart.';
comment on column app_public.api_keys.scopes is 'read (search included), write (read included), search (nothing else), admin (members, invitations and audit log, for owners and admins; read included).';
comment on column app_public.api_keys.expires_at is 'When it stops working; null means never.';
comment on column app_public.api_keys.last_used_at is 'Last request, to the minute.';
comment on column app_public.api_keys.is_active is 'A revoked key stays listed and does not work.';
comment on column app_public.api_keys.created_at is 'When it was made; derived from the id.';

create table app_private.api_key_secrets (
  api_key_id uuid not null,
  token_hash bytea not null,
  constraint api_key_secrets_pkey primary key (api_key_id),
  constraint api_key_secrets_token_hash_key unique (token_hash),
  constraint api_key_secrets_api_key_id_fkey foreign key (api_key_id) references app_public.api_keys (id) on delete cascade,
  constraint api_key_secrets_token_hash_length check (octet_length(token_hash) = 32)
);
alter table app_private.api_key_secrets enable row level security;
alter table app_private.api_key_secrets force row level security;
comment on table app_private.api_key_secrets is 'The hashes of API keys.';
comment on column app_private.api_key_secrets.api_key_id is 'The key.';
comment on column app_private.api_key_secrets.token_hash is 'SHA-256 of the whole secret.';

-- No foreign keys: an entry outlives what it speaks about, and nothing may change it.
create table app_public.audit_logs (
  id uuid not null default uuidv7(),
  workspace_id uuid,
  user_id uuid,
  action text not null,
  entity_type text not null,
  entity_id uuid,
  old_values jsonb,
  new_values jsonb,
  api_key_id uuid,
  ip inet,
  request_id text,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint audit_logs_pkey primary key (id),
  constraint audit_logs_id_version check (uuid_extract_version(id) = 7),
  constraint audit_logs_action_format check (char_length(action) <= 100 and action ~ '^[a-z_]+[.][a-z_]+$'),
  constraint audit_logs_entity_type_length check (char_length(entity_type) between 1 and 100),
  constraint audit_logs_old_values_object check (jsonb_typeof(old_values) = 'object'),
  constraint audit_logs_new_values_object check (jsonb_typeof(new_values) = 'object'),
  constraint audit_logs_request_id_length check (char_length(request_id) between 1 and 200)
) partition by range (id);
alter table app_public.audit_logs enable row level security;
alter table app_public.audit_logs force row level security;
create table app_partitions.audit_logs_default partition of app_public.audit_logs default;
-- serves: what happened in a workspace, newest first
create index audit_logs_workspace_id_id_idx on app_public.audit_logs (workspace_id, id) where workspace_id is not null;
-- serves: what a person did and its sign-ins, newest first
create index audit_logs_user_id_id_idx on app_public.audit_logs (user_id, id) where user_id is not null;
comment on table app_public.audit_logs is 'Who did what: changes of workspaces, members, invitations and keys, and events of accounts. Entries are added and never changed. Partitioned by month on its own time-ordered id.';
comment on column app_public.audit_logs.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.audit_logs.workspace_id is 'The tenant; null for events of an account, which only that person reads.';
comment on column app_public.audit_logs.user_id is 'Who did it, or whose account it is; null when nobody was signed in.';
comment on column app_public.audit_logs.action is 'What happened, as thing.event: member.changed, user.signed_in.';
comment on column app_public.audit_logs.entity_type is 'Kind of thing it happened to.';
comment on column app_public.audit_logs.entity_id is 'The thing; the user for a member.';
comment on column app_public.audit_logs.old_values is 'What it was before: the changed columns, or all of a removed row. Never a secret.';
comment on column app_public.audit_logs.new_values is 'What it became: the changed columns, or all of a new row. Never a secret.';
comment on column app_public.audit_logs.api_key_id is 'The API key that the request came with; null for a person who signed in.';
comment on column app_public.audit_logs.ip is 'Address of the request.';
comment on column app_public.audit_logs.request_id is 'Request, as the log of the server has it.';
comment on column app_public.audit_logs.created_at is 'When it happened; derived from the id.';

create table app_private.mail_outbox (
  id uuid not null default uuidv7(),
  recipient text not null,
  subject text not null,
  body text,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text,
  sent_at timestamptz,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint mail_outbox_pkey primary key (id),
  constraint mail_outbox_id_version check (uuid_extract_version(id) = 7),
  constraint mail_outbox_recipient_length check (char_length(recipient) between 3 and 254),
  constraint mail_outbox_subject_format check (char_length(subject) between 1 and 500 and subject !~ '[\r\n]'),
  constraint mail_outbox_body_length check (char_length(body) between 1 and 10000),
  constraint mail_outbox_body_until_sent check ((body is null) = (sent_at is not null)),
  constraint mail_outbox_attempts_positive check (attempts >= 0),
  constraint mail_outbox_last_error_length check (char_length(last_error) <= 1000)
);
alter table app_private.mail_outbox enable row level security;
alter table app_private.mail_outbox force row level security;
-- serves: the mail that is due; holds only what is not sent
create index mail_outbox_next_attempt_at_idx on app_private.mail_outbox (next_attempt_at, id) where sent_at is null;
-- serves: removal of what was sent long ago
create index mail_outbox_sent_at_idx on app_private.mail_outbox (sent_at) where sent_at is not null;
comment on table app_private.mail_outbox is 'Mail to deliver. It holds tokens in clear, so the text goes when it is sent.';
comment on column app_private.mail_outbox.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_private.mail_outbox.recipient is 'Address.';
comment on column app_private.mail_outbox.subject is 'Subject, one line.';
comment on column app_private.mail_outbox.body is 'Plain text; null once it is sent.';
comment on column app_private.mail_outbox.attempts is 'Times that delivery began.';
comment on column app_private.mail_outbox.next_attempt_at is 'Not tried before this time.';
comment on column app_private.mail_outbox.last_error is 'Why the last attempt failed.';
comment on column app_private.mail_outbox.sent_at is 'When it was handed over.';
comment on column app_private.mail_outbox.created_at is 'When it was written; derived from the id.';

-- serves: the account that a reset token belongs to
create unique index user_secrets_reset_token_hash_key on app_private.user_secrets (reset_token_hash) where reset_token_hash is not null;
-- serves: the account that a verification token belongs to
create unique index user_secrets_verification_token_hash_key on app_private.user_secrets (verification_token_hash) where verification_token_hash is not null;

-- serves: removal of tokens that stopped working; holds only accounts that wait for one
create index user_secrets_tokens_expire_idx on app_private.user_secrets ((least(verification_expires_at, reset_expires_at)))
where verification_expires_at is not null or reset_expires_at is not null;

create type app_public.active_session as (
  id uuid,
  created_at timestamptz,
  last_active_at timestamptz,
  expires_at timestamptz,
  ip inet,
  user_agent text,
  is_current boolean
);
comment on type app_public.active_session is 'A signed-in session of the caller, without its token.';
comment on column app_public.active_session.id is 'Identifier, for revokeSession.';
comment on column app_public.active_session.created_at is 'When the sign-in happened.';
comment on column app_public.active_session.last_active_at is 'Last request, to the minute.';
comment on column app_public.active_session.expires_at is 'When its token stops working.';
comment on column app_public.active_session.ip is 'Address of the sign-in.';
comment on column app_public.active_session.user_agent is 'Client of the sign-in.';
comment on column app_public.active_session.is_current is 'Whether it is the session of this request.';

create type app_public.member_name as (
  user_id uuid,
  username text,
  display_name text,
  avatar_url text,
  role app_public.member_role,
  joined_at timestamptz
);
comment on type app_public.member_name is 'What members of a workspace see of each other.';
comment on column app_public.member_name.user_id is 'The member.';
comment on column app_public.member_name.username is 'Public handle.';
comment on column app_public.member_name.display_name is 'Name shown to others.';
comment on column app_public.member_name.avatar_url is 'Picture, as an http(s) address.';
comment on column app_public.member_name.role is 'Role in the workspace.';
comment on column app_public.member_name.joined_at is 'When the user became a member.';

create type app_public.new_api_key as (
  secret text,
  api_key_id uuid,
  name text,
  prefix text,
  scopes text[],
  expires_at timestamptz
);
comment on type app_public.new_api_key is 'A new key with its secret, which is shown this once.';
comment on column app_public.new_api_key.secret is 'Send it as "Authorization: Bearer …". It cannot be shown again.';
comment on column app_public.new_api_key.api_key_id is 'The key.';
comment on column app_public.new_api_key.name is 'What it is for.';
comment on column app_public.new_api_key.prefix is 'First characters of the secret.';
comment on column app_public.new_api_key.scopes is 'What it may do.';
comment on column app_public.new_api_key.expires_at is 'When it stops working; null means never.';

insert into app_private.settings (name, value, unit, description) values
  ('reset_minutes', '60', 'minutes', 'How long a token for a new password is valid.'),
  ('verification_hours', '48', 'hours', 'How long a token that verifies an e-mail address is valid.'),
  ('invitation_days', '7', 'days', 'How long an invitation to a workspace is valid.'),
  ('mail_pause_seconds', '60', 'seconds', 'Least time between two mails of one kind to one account.'),
  ('mail_attempts', '8', 'count', 'Times that delivery of a mail is tried; the pause doubles from a minute.'),
  ('mail_keep_days', '30', 'days', 'How long it stays on record that a mail was sent, or given up.'),
  ('invitation_keep_days', '30', 'days', 'How long an invitation stays listed that was accepted or has expired.');
