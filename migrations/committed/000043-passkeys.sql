--! Previous: sha1:ca4194800d313960cae9a0013741d1cdd52ff650
--! Hash: sha1:4b2fea9bd178617806ee67a8898dcd8362a12b1a
--! Message: passkeys

--! split: 1-current.sql
-- Passkeys (WebAuthn): what an authenticator signs with is its own; the public key and a counter stand here.

create table if not exists app_private.passkeys (
  id uuid not null default uuidv7(),
  user_id uuid not null,
  credential_id bytea not null,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name text not null,
  needs_password boolean not null default false,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  constraint passkeys_pkey primary key (id),
  -- serves: the key of what an authenticator has signed
  constraint passkeys_credential_id_key unique (credential_id),
  constraint passkeys_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint passkeys_id_version check (uuid_extract_version(id) = 7),
  constraint passkeys_credential_id_length check (octet_length(credential_id) between 1 and 1023),
  constraint passkeys_public_key_length check (octet_length(public_key) between 1 and 4096),
  constraint passkeys_counter_range check (counter between 0 and 4294967295),
  constraint passkeys_transports_length check (cardinality(transports) <= 10 and octet_length(array_to_string(transports, '', '')) <= 200),
  constraint passkeys_name_length check (char_length(name) between 1 and 100)
);
alter table app_private.passkeys enable row level security;
alter table app_private.passkeys force row level security;
-- serves: the passkeys of an account, and the cascade when a user goes
create index if not exists passkeys_user_id_idx on app_private.passkeys (user_id);
comment on table app_private.passkeys is 'Passkeys of accounts: public keys, which make no signatures.';
comment on column app_private.passkeys.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_private.passkeys.user_id is 'Whose account it is.';
comment on column app_private.passkeys.credential_id is 'What the authenticator calls it.';
comment on column app_private.passkeys.public_key is 'What its signatures are verified with, as a COSE key.';
comment on column app_private.passkeys.counter is 'Signatures that the authenticator had made at the latest use; 0 where it does not count.';
comment on column app_private.passkeys.transports is 'How the browser reaches the authenticator, as it said.';
comment on column app_private.passkeys.name is 'What the person calls it.';
comment on column app_private.passkeys.needs_password is 'The password was reset by mail since: until it was used with the new one, it signs in with it only.';
comment on column app_private.passkeys.created_at is 'When it was added.';
comment on column app_private.passkeys.last_used_at is 'When it signed in, or proved who the person is, for the last time.';

create table if not exists app_private.passkey_challenges (
  challenge_hash bytea not null,
  session_id uuid,
  credential_id bytea,
  public_key bytea,
  counter bigint,
  transports text[],
  expires_at timestamptz not null,
  constraint passkey_challenges_pkey primary key (challenge_hash),
  constraint passkey_challenges_session_id_fkey foreign key (session_id) references app_private.user_sessions (id) on delete cascade,
  constraint passkey_challenges_challenge_hash_length check (octet_length(challenge_hash) = 32),
  constraint passkey_challenges_credential_id_length check (octet_length(credential_id) between 1 and 1023),
  constraint passkey_challenges_public_key_length check (octet_length(public_key) between 1 and 4096),
  constraint passkey_challenges_transports_length check (cardinality(transports) <= 10 and octet_length(array_to_string(transports, '', '')) <= 200),
  constraint passkey_challenges_signed check ((credential_id is null) = (counter is null) and (credential_id is not null or public_key is null))
);
alter table app_private.passkey_challenges enable row level security;
alter table app_private.passkey_challenges force row level security;
-- serves: the cascade when a session ends
create index if not exists passkey_challenges_session_id_idx on app_private.passkey_challenges (session_id);
-- serves: removal of expired challenges
create index if not exists passkey_challenges_expires_at_idx on app_private.passkey_challenges (expires_at);
comment on table app_private.passkey_challenges is 'What authenticators are to sign, and what the API has verified of the answer. A row lives for minutes.';
comment on column app_private.passkey_challenges.challenge_hash is 'SHA-256 of a random challenge of 256 bits.';
comment on column app_private.passkey_challenges.session_id is 'The session that asked for it, in which alone it counts; null: a visitor, to sign in.';
comment on column app_private.passkey_challenges.credential_id is 'Which credential has signed it, as the API has verified; null: none yet.';
comment on column app_private.passkey_challenges.public_key is 'The key of a credential that was made for it; null: of one that is known.';
comment on column app_private.passkey_challenges.counter is 'What the authenticator counted.';
comment on column app_private.passkey_challenges.transports is 'How the browser reaches the authenticator that made it.';
comment on column app_private.passkey_challenges.expires_at is 'When it stops working.';

-- recovery codes belong to an account, whatever its second factor is
alter table app_private.recovery_codes drop constraint if exists recovery_codes_user_id_fkey;
alter table app_private.recovery_codes add constraint recovery_codes_user_id_fkey
  foreign key (user_id) references app_public.users (id) on delete cascade;

do $$
begin
  if to_regtype('app_public.passkey') is null then
    create type app_public.passkey as (id uuid, name text, created_at timestamptz, last_used_at timestamptz, needs_password boolean);
  end if;
end
$$;
comment on type app_public.passkey is 'A passkey of the caller.';
comment on column app_public.passkey.id is 'Identifier, for renamePasskey and removePasskey.';
comment on column app_public.passkey.name is 'What the person calls it.';
comment on column app_public.passkey.created_at is 'When it was added.';
comment on column app_public.passkey.last_used_at is 'When it was used for the last time.';
comment on column app_public.passkey.needs_password is 'Whether it signs in with the password only: until its next use with the new one after a reset by mail.';

drop function if exists app_private.use_code(uuid, text);
drop function if exists app_public.confirm_sign_in(text, text);
drop function if exists app_public.prove_identity(text, text);
