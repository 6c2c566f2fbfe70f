--! Previous: sha1:1f95b037e7e48fb5c75c8d1b50245a15774a1f25
--! Hash: sha1:7737f766649639ae7657eb15f9ffac51b06bfe2f
--! Message: logout and mail

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 05-logout-and-mail.sql
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
-- What identity providers said by back-channel logout, and the signatures that learn of it.
create table if not exists app_private.provider_logouts (
  token_hash bytea not null,
  session_hash bytea,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint provider_logouts_pkey primary key (token_hash),
  constraint provider_logouts_token_hash_length check (octet_length(token_hash) = 32),
  constraint provider_logouts_session_hash_length check (octet_length(session_hash) = 32)
);
alter table app_private.provider_logouts enable row level security;
alter table app_private.provider_logouts force row level security;
-- serves: whether the session that a token names has ended
create index if not exists provider_logouts_session_hash_idx on app_private.provider_logouts (session_hash) where session_hash is not null;
-- serves: removal of what no token can ask for any more
create index if not exists provider_logouts_expires_at_idx on app_private.provider_logouts (expires_at);
comment on table app_private.provider_logouts is 'Logout tokens of identity providers that were received: none is taken twice, and the sessions that they name stay ended.';
comment on column app_private.provider_logouts.token_hash is 'SHA-256 of the issuer and the id of the token (jti).';
comment on column app_private.provider_logouts.session_hash is 'SHA-256 of the issuer and the session that it ends (sid); null when it names only a person.';
comment on column app_private.provider_logouts.expires_at is 'When neither the logout token nor a token of the session can be valid any more.';
comment on column app_private.provider_logouts.created_at is 'When it was received.';

drop function if exists app_hidden.authenticate_identity(text, text, text, boolean, text, timestamptz, timestamptz, uuid, inet, text, text);

update app_private.settings s
set description = 'Most mails to one mailbox in 24 hours of each kind that strangers can cause: invitations, a new address, a second registration.'
where s.name = 'invitation_mails_per_day'
  and s.description <> 'Most mails to one mailbox in 24 hours of each kind that strangers can cause: invitations, a new address, a second registration.';
comment on column app_private.mail_outbox.kind is
  'What it is: password_reset, verification, new_address, already_registered, invitation, or notice, which has its own words.';
