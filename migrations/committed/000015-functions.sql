--! Previous: sha1:3745a9526990352949718c65585abb7db50e792b
--! Hash: sha1:0e5bdcda699708f4f8bb9c275157e388a141dc83
--! Message: functions

--! split: 1-current.sql
-- Everything that can be run again, for the first time; then the first partitions and the first embedding version.

--! Included _all.sql
-- The ordered table of contents: everything that can be run again, what is used before what uses it.
--! Included support/setting.sql
-- Reads one setting. Sealed: app_private.settings is closed to everyone else.
-- Raises CQ002 when the setting does not exist, since a rule without its number must not guess.
create or replace function app_hidden.setting(setting_name text)
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result text;
begin
  select value into result from app_private.settings where name = setting_name;
  if result is null then
    raise exception 'There is no setting "%".', setting_name using errcode = 'CQ002', hint = 'Run the migrations: npm run migrate.';
  end if;
  return result;
end
$$;
comment on function app_hidden.setting(text) is 'The value of a setting, as text. Raises CQ002 for an unknown name.';
-- Deliberately not granted to request roles: rules in sealed functions read it, nobody else needs to.
--! EndIncluded support/setting.sql
--! Included support/uuidv7.sql
-- Time-ordered identifiers for a given time, for imports of history and for partition bounds.
-- Layout (RFC 9562, 5.7): 48 bits of Unix milliseconds, version 7, 12 bits, variant, 62 bits.

create or replace function app_hidden.uuidv7_floor(at timestamptz)
returns uuid
language sql
immutable
strict
parallel safe
return (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;
comment on function app_hidden.uuidv7_floor(timestamptz) is 'The least UUID version 7 of a millisecond; the bound of a time range of ids.';

-- Its body becomes part of the query that asks.
create or replace function app_hidden.uuidv7_day(id uuid)
returns date
language sql
immutable
strict
parallel safe
return (uuid_extract_timestamp(id) at time zone 'UTC')::date;
comment on function app_hidden.uuidv7_day(uuid) is 'The day, in UTC, of a UUID version 7.';

create or replace function app_hidden.uuidv7_at(at timestamptz, seed text default null)
returns uuid
language sql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select (
    lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
    || '7' || substr(encode(bytes, 'hex'), 1, 3)
    -- the variant: the two top bits of this digit are 10
    || substr('89ab', 1 + get_byte(bytes, 31) % 4, 1) || substr(encode(bytes, 'hex'), 4, 15)
  )::uuid
  from (select sha256(convert_to(coalesce(seed, gen_random_uuid()::text), 'UTF8')) as bytes) as hashed;
$$;
comment on function app_hidden.uuidv7_at(timestamptz, text) is 'A UUID version 7 for a given time: always the same one for the same seed, a random one without.';
--! EndIncluded support/uuidv7.sql
--! Included support/text_hash.sql
-- SHA-256 of a text in UTF-8. convert_to() is only stable, since conversions can be redefined; this one is built in, and
-- generated columns need an immutable function.
create or replace function app_hidden.text_hash(content text)
returns bytea
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(content, 'UTF8'));
$$;
comment on function app_hidden.text_hash(text) is 'SHA-256 of a text in UTF-8: 32 bytes.';
-- Deliberately granted to those who may write the generated column alone.
grant execute on function app_hidden.text_hash(text) to colloquy_user, colloquy_admin;
--! EndIncluded support/text_hash.sql
--! Included support/enqueue.sql
-- Puts a job into pg-boss's own table, in the caller's transaction: the job exists exactly when the data does.
-- Written against pg-boss 12.35 (schema version 43); test/jobs checks that pg-boss itself would write the same row.
-- It never fails a user's write: where the queue does not exist yet, the sweep finds the work later.
create or replace function app_hidden.enqueue(queue_name text, payload jsonb, singleton_key text default null, group_id text default null)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  insert into pgboss.job (
    name, data, singleton_key, group_id, start_after, created_on, keep_until, expire_seconds, deletion_seconds,
    retry_limit, retry_delay, retry_backoff, retry_delay_max, policy, dead_letter, heartbeat_seconds
  )
  select
    q.name, payload, enqueue.singleton_key, enqueue.group_id, pgboss.job_now(), pgboss.job_now(),
    pgboss.job_now() + make_interval(secs => q.retention_seconds), q.expire_seconds, q.deletion_seconds,
    q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.policy, q.dead_letter, q.heartbeat_seconds
  from pgboss.queue q
  where q.name = queue_name
  on conflict do nothing;
end
$$;
comment on function app_hidden.enqueue(text, jsonb, text, text) is 'Adds a job in this transaction. At most one job waits per singleton key, if the queue says so.';
-- Deliberately granted to nobody: triggers and sealed functions call it.
--! EndIncluded support/enqueue.sql
--! Included support/workspace_language.sql
-- For a text that names no language of its own.
create or replace function app_private.workspace_language(workspace uuid)
returns app_public.text_search_language
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select w.text_search_language from app_public.workspaces w where w.id = workspace;
$$;
comment on function app_private.workspace_language(uuid) is 'The language of texts in a workspace that name none.';
--! EndIncluded support/workspace_language.sql
--! Included support/set_updated_at.sql
-- Before-update trigger of tables with updated_at; each trigger names the columns that a person changes, so that
-- bookkeeping does not look like an edit.
create or replace function app_hidden.set_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$$;
comment on function app_hidden.set_updated_at() is 'Trigger: stamps updated_at.';

create or replace trigger users_90_set_updated_at
before update of email, username, first_name, last_name, display_name, avatar_url, role, preferred_model_provider, preferred_model_name, is_active
on app_public.users for each row execute function app_hidden.set_updated_at();

create or replace trigger workspaces_90_set_updated_at
before update of name, slug, settings
on app_public.workspaces for each row execute function app_hidden.set_updated_at();

create or replace trigger conversations_90_set_updated_at
before update of title, visibility, is_archived, pinned_at, model_provider, model_name, temperature, max_tokens, system_prompt, metadata,
  enable_document_chat, enable_image_generation, enable_web_search
on app_public.conversations for each row execute function app_hidden.set_updated_at();

create or replace trigger documents_90_set_updated_at
before update of title, content, content_type, code_language, text_search_language, visibility, source_url, is_archived, metadata
on app_public.documents for each row execute function app_hidden.set_updated_at();
--! EndIncluded support/set_updated_at.sql
--! Included auth/claims.sql
-- Who is calling. The server sets these once per request, inside its transaction, from what the database told it about
-- the token (app_hidden.authenticate); nothing a client sends reaches a setting. An absent setting means nobody:
-- null, never an error (behind a transaction pooler a setting that was set once reads as '' afterwards).

create or replace function app_hidden.current_user_id()
returns uuid
language sql
stable
parallel safe
return nullif(current_setting('colloquy.user_id', true), '')::uuid;
comment on function app_hidden.current_user_id() is 'The signed-in user, or null.';

-- An API key is held to its scopes by these functions, which every policy asks: without "read" it has no workspace to
-- read in, without "write" it cannot write, without "admin" it manages nobody. A session has no scopes, and no limits.
create or replace function app_hidden.has_scope(wanted text)
returns boolean
language sql
stable
parallel safe
return coalesce(wanted = any (string_to_array(nullif(current_setting('colloquy.scopes', true), ''), ',')), true);
comment on function app_hidden.has_scope(text) is 'Whether the API key of this request has a scope. A request without a key is not held to scopes.';

create or replace function app_hidden.is_api_key()
returns boolean
language sql
stable
parallel safe
return nullif(current_setting('colloquy.scopes', true), '') is not null;
comment on function app_hidden.is_api_key() is 'Whether this request came with an API key.';

create or replace function app_hidden.current_workspace_id()
returns uuid
language sql
stable
parallel safe
return case when app_hidden.has_scope('read') then nullif(current_setting('colloquy.workspace_id', true), '')::uuid end;
comment on function app_hidden.current_workspace_id() is 'The workspace of this request, or null; null also for an API key that may not read.';

create or replace function app_hidden.searched_workspace_id()
returns uuid
language sql
stable
parallel safe
return case
  when app_hidden.has_scope('read') or app_hidden.has_scope('search') then nullif(current_setting('colloquy.workspace_id', true), '')::uuid
end;
comment on function app_hidden.searched_workspace_id() is 'The workspace of this request for search, which an API key may do without reading anything else.';

create or replace function app_hidden.current_session_id()
returns uuid
language sql
stable
parallel safe
return nullif(current_setting('colloquy.session_id', true), '')::uuid;
comment on function app_hidden.current_session_id() is 'The session of this request, or null.';

create or replace function app_hidden.can_write()
returns boolean
language sql
stable
parallel safe
return coalesce(nullif(current_setting('colloquy.member_role', true), '') in ('owner', 'admin', 'member'), false)
  and app_hidden.has_scope('write');
comment on function app_hidden.can_write() is 'Whether the caller may write in the workspace of this request: a viewer may not, nor an API key without the scope "write".';

create or replace function app_hidden.can_manage()
returns boolean
language sql
stable
parallel safe
return coalesce(nullif(current_setting('colloquy.member_role', true), '') in ('owner', 'admin'), false)
  and app_hidden.has_scope('admin');
comment on function app_hidden.can_manage() is 'Whether the caller manages the workspace of this request: an owner or admin, with a session or an API key of the scope "admin".';

grant execute on function
  app_hidden.current_user_id(), app_hidden.current_workspace_id(), app_hidden.current_session_id(), app_hidden.can_write(),
  app_hidden.has_scope(text), app_hidden.is_api_key(), app_hidden.searched_workspace_id(), app_hidden.can_manage()
to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
--! EndIncluded auth/claims.sql
--! Included auth/require_member.sql
-- The first line of every sealed function that works for a signed-in member. require_session is the first line of those
-- that change an account or who belongs where by one's own will: a key that leaked must not be able to keep itself alive.
create or replace function app_hidden.require_member(for_writing boolean default false)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not app_hidden.has_scope('read') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "read", or sign in.';
  end if;
  if app_hidden.current_user_id() is null or app_hidden.current_workspace_id() is null then
    raise exception 'You are not signed in.' using errcode = 'CQ101', hint = 'Call signIn or register, then send the token as "Authorization: Bearer …".';
  end if;
  if for_writing and not app_hidden.has_scope('write') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "write", or sign in.';
  end if;
  if for_writing and not app_hidden.can_write() then
    raise exception 'You may only read in this workspace.' using errcode = 'CQ109', hint = 'Ask an owner of the workspace for the role "member".';
  end if;
end
$$;
comment on function app_hidden.require_member(boolean) is 'Raises CQ101 when nobody is signed in, CQ109 when a viewer wants to write, CQ110 when an API key lacks the scope.';
grant execute on function app_hidden.require_member(boolean) to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_hidden.require_session()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_hidden.is_api_key() then
    raise exception 'An API key may not do this.' using errcode = 'CQ110', hint = 'Sign in with e-mail address and password.';
  end if;
  perform app_hidden.require_member();
end
$$;
comment on function app_hidden.require_session() is 'Raises CQ101 when nobody is signed in, CQ110 for an API key.';
grant execute on function app_hidden.require_session() to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded auth/require_member.sql
--! Included auth/current_user_workspace_ids.sql
-- Sealed, since the policy of workspace_members itself asks it. An API key knows one workspace only.
create or replace function app_hidden.current_user_workspace_ids()
returns uuid[]
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(m.workspace_id), '{}')
  from app_public.workspace_members m
  where m.user_id = app_hidden.current_user_id()
    and (not app_hidden.is_api_key() or m.workspace_id = app_hidden.current_workspace_id());
$$;
comment on function app_hidden.current_user_workspace_ids() is 'The workspaces of the signed-in user; for an API key its own.';
grant execute on function app_hidden.current_user_workspace_ids() to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded auth/current_user_workspace_ids.sql
--! Included auth/create_session.sql
-- The token leaves the database once, here; what stays is its hash.
create or replace function app_private.create_session(for_user uuid)
returns app_public.authentication
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  token text := 'cqs_' || encode(gen_random_bytes(32), 'hex');
  result app_public.authentication;
begin
  insert into app_private.user_sessions (user_id, token_hash, expires_at, ip, user_agent)
  values (
    for_user,
    sha256(convert_to(token, 'UTF8')),
    now() + make_interval(days => app_hidden.setting('session_days')::integer),
    nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.user_agent', true), ''), 1000)
  )
  returning expires_at into result.expires_at;

  select m.workspace_id into result.workspace_id
  from app_public.workspace_members m
  join app_public.workspaces w on w.id = m.workspace_id
  where m.user_id = for_user
  order by w.is_personal desc, m.joined_at, m.workspace_id
  limit 1;

  result.token := token;
  result.user_id := for_user;
  return result;
end
$$;
comment on function app_private.create_session(uuid) is 'Starts a session for a user who has proved who it is, and returns the token.';
--! EndIncluded auth/create_session.sql
--! Included auth/hash_password.sql
-- bcrypt reads 72 bytes and ignores the rest without a word, so a longer password is refused instead.
create or replace function app_private.hash_password(password text)
returns text
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  if password is null or char_length(password) < 8 or octet_length(password) > 72 then
    raise exception 'The password must have at least 8 characters and at most 72 bytes.' using errcode = 'CQ105', hint = 'Choose another password.';
  end if;
  return crypt(password, gen_salt('bf', app_hidden.setting('password_hash_cost')::integer));
end
$$;
comment on function app_private.hash_password(text) is 'bcrypt hash of a password. Raises CQ105 when it is too short or too long.';
--! EndIncluded auth/hash_password.sql
--! Included auth/create_personal_workspace.sql
-- The space that every account has to itself from its first moment, whichever way it was made.
create or replace function app_private.create_personal_workspace(for_user uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  new_workspace_id uuid;
begin
  insert into app_public.workspaces (name, is_personal) values ('Personal', true) returning id into new_workspace_id;
  insert into app_public.workspace_members (workspace_id, user_id, role) values (new_workspace_id, for_user, 'owner');
end
$$;
comment on function app_private.create_personal_workspace(uuid) is 'Gives a new account its personal workspace.';
--! EndIncluded auth/create_personal_workspace.sql
--! Included auth/register.sql
-- Makes an account with its personal workspace and signs in. Sealed: a visitor may write none of these tables.
-- That an address is taken is told: the person must learn it, and the answer is the same at every sign-up form.
create or replace function app_public.register(email text, password text, username text default null, display_name text default null)
returns app_public.authentication
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  new_user_id uuid;
  violated text;
begin
  begin
    insert into app_public.users (email, username, display_name, last_login_at)
    values (trim(register.email), nullif(lower(trim(register.username)), ''), nullif(trim(register.display_name), ''), now())
    returning id into new_user_id;
  exception
    when unique_violation then
      get stacked diagnostics violated = constraint_name;
      if violated = 'users_username_key' then
        raise exception 'This user name is taken.' using errcode = 'CQ104', hint = 'Choose another user name.';
      end if;
      raise exception 'There is an account with this e-mail address.' using errcode = 'CQ104', hint = 'Sign in instead, or use another address.';
    when check_violation or not_null_violation then
      get stacked diagnostics violated = constraint_name;
      raise exception 'The % is not acceptable.', case
        when violated = 'users_username_format' then 'user name'
        when violated = 'users_display_name_length' then 'display name'
        else 'e-mail address'
      end using errcode = 'CQ200', hint = 'An address looks like name@example.org; a user name has 2 to 39 letters, digits, "-" or "_"; a display name at most 255 characters.';
  end;

  insert into app_private.user_secrets (user_id, password_hash)
  values (new_user_id, app_private.hash_password(register.password));

  perform app_private.create_personal_workspace(new_user_id);
  perform app_private.log_event('user.registered', new_user_id);
  return app_private.create_session(new_user_id);
end
$$;
comment on function app_public.register(text, text, text, text) is 'Makes an account with a personal workspace and signs in. Errors: CQ104 taken, CQ105 password too short or too long, CQ200 malformed.';
grant execute on function app_public.register(text, text, text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded auth/register.sql
--! Included auth/sign_in.sql
-- Returns null for a wrong e-mail address or password: raising would roll back the count of failures. The API turns null
-- into error CQ102. Takes the same time whether the account exists or not: an unknown one is compared with a hash of
-- nothing at the same cost.
create or replace function app_public.sign_in(email text, password text)
returns app_public.authentication
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account record;
  is_right boolean;
begin
  if email is null or password is null or octet_length(password) > 1000 or char_length(email) > 1000 then
    return null;
  end if;

  select u.id, u.is_active, s.password_hash, s.locked_until
  into account
  from app_public.users u
  join app_private.user_secrets s on s.user_id = u.id
  where u.email = trim(sign_in.email)::citext
  for update of s;

  if account.locked_until > clock_timestamp() then
    raise exception 'Too many failed attempts.' using errcode = 'CQ103',
      hint = format('Try again in %s seconds.', ceil(extract(epoch from account.locked_until - clock_timestamp())));
  end if;

  is_right := crypt(password, coalesce(account.password_hash, gen_salt('bf', app_hidden.setting('password_hash_cost')::integer)))
    = coalesce(account.password_hash, '');

  if account.id is null then
    return null;
  end if;

  if not is_right then
    perform app_private.count_failed_attempt(account.id);
    return null;
  end if;

  if not account.is_active then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;

  update app_private.user_secrets set failed_attempts = 0, locked_until = null where user_id = account.id and (failed_attempts > 0 or locked_until is not null);
  update app_public.users set last_login_at = now() where id = account.id;
  perform app_private.log_event('user.signed_in', account.id);
  return app_private.create_session(account.id);
end
$$;
comment on function app_public.sign_in(text, text) is 'Signs in with e-mail address and password. Errors: CQ102 they do not match (in SQL: null), CQ103 locked for a while, CQ108 switched off.';
grant execute on function app_public.sign_in(text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded auth/sign_in.sql
--! Included auth/sign_out.sql
-- Ends the session of this request: its token stops working at once. Sealed: user_sessions is closed.
create or replace function app_public.sign_out()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  ended boolean;
begin
  delete from app_private.user_sessions
  where id = app_hidden.current_session_id() and user_id = app_hidden.current_user_id();
  ended := found;
  if ended then
    perform app_private.log_event('user.signed_out', app_hidden.current_user_id());
  end if;
  return ended;
end
$$;
comment on function app_public.sign_out() is 'Ends this session. True when there was one.';
grant execute on function app_public.sign_out() to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded auth/sign_out.sql
--! Included auth/current_user.sql
-- Quoted, because current_user is a reserved word; GraphQL shows it as currentUser.
create or replace function app_public."current_user"()
returns app_public.users
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select u from app_public.users u where u.id = app_hidden.current_user_id();
$$;
comment on function app_public."current_user"() is 'The signed-in user, or null.';
grant execute on function app_public."current_user"() to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded auth/current_user.sql
--! Included auth/choose_workspace.sql
-- The workspace that a request works in: the one asked for, or else the personal one. Never one that the user has left.
create or replace function app_private.choose_workspace(for_user uuid, wanted uuid)
returns app_public.workspace_members
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  member app_public.workspace_members;
begin
  select m.* into member
  from app_public.workspace_members m
  join app_public.workspaces w on w.id = m.workspace_id
  where m.user_id = for_user and (wanted is null or m.workspace_id = wanted)
  order by w.is_personal desc, m.joined_at, m.workspace_id
  limit 1;
  if member.workspace_id is null and wanted is not null then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, or leave the header out.';
  end if;
  return member;
end
$$;
comment on function app_private.choose_workspace(uuid, uuid) is 'A user''s membership in the workspace asked for, or in the personal one. Raises CQ107.';
--! EndIncluded auth/choose_workspace.sql
--! Included auth/authenticate.sql
-- Turns a bearer token into what a request may be. Called by the API server as colloquy_authenticator, before the
-- transaction of the request; its answer is all that ever reaches the claims.
-- No row: the token is unknown, expired or revoked, or its account is switched off. CQ107: not a member of the workspace
-- asked for. An API key works in its own workspace only, and its id and scopes come with the answer: who sets the claims must
-- set them too (colloquy.api_key_id, colloquy.scopes). A session has none, and no limits.
create or replace function app_hidden.authenticate(token text, workspace_id uuid default null)
returns table (
  user_id uuid, session_id uuid, workspace uuid, member_role app_public.member_role, database_role text, scopes text[],
  api_key_id uuid
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  session record;
  member app_public.workspace_members;
  key record;
begin
  if token ~ '^cqk_[0-9a-f]{8}_[0-9a-f]{64}$' then
    -- the membership is asked for, although a key goes with it: a key must not outlive it by any accident
    select k.id, k.owner_id, k.workspace_id, k.scopes, k.last_used_at, m.role as member_role, u.role into key
    from app_private.api_key_secrets s
    join app_public.api_keys k on k.id = s.api_key_id
    join app_public.users u on u.id = k.owner_id
    join app_public.workspace_members m on m.workspace_id = k.workspace_id and m.user_id = k.owner_id
    where s.token_hash = sha256(convert_to(token, 'UTF8'))
      and k.is_active and (k.expires_at is null or k.expires_at > now()) and u.is_active;
    if key.id is null then
      return;
    end if;
    if authenticate.workspace_id <> key.workspace_id then
      raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'An API key works in one workspace; leave the header out.';
    end if;
    if key.last_used_at is null or key.last_used_at < now() - interval '1 minute' then
      update app_public.api_keys k set last_used_at = now() where k.id = key.id;
    end if;
    return query select key.owner_id, null::uuid, key.workspace_id, key.member_role,
      case when key.role = 'admin' and 'admin' = any (key.scopes) then 'colloquy_admin' else 'colloquy_user' end, key.scopes, key.id;
    return;
  end if;
  if token !~ '^cqs_[0-9a-f]{64}$' then
    return;
  end if;

  select s.id, s.user_id, s.last_active_at, u.role into session
  from app_private.user_sessions s
  join app_public.users u on u.id = s.user_id
  where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.expires_at > now() and u.is_active;
  if session.id is null then
    return;
  end if;

  member := app_private.choose_workspace(session.user_id, authenticate.workspace_id);

  -- to the minute, so that reading costs no write
  if session.last_active_at < now() - interval '1 minute' then
    update app_private.user_sessions s set last_active_at = now() where s.id = session.id;
  end if;

  return query select session.user_id, session.id, member.workspace_id, member.role,
    case session.role when 'admin' then 'colloquy_admin' else 'colloquy_user' end, null::text[], null::uuid;
end
$$;
comment on function app_hidden.authenticate(text, uuid) is 'User, session, workspace, roles and scopes of a session token or API key; no row when it is not valid.';
grant execute on function app_hidden.authenticate(text, uuid) to colloquy_authenticator;
--! EndIncluded auth/authenticate.sql
--! Included auth/authenticate_identity.sql
-- What a request may be whose token an outside identity provider has signed. The server verified the token (signature,
-- issuer, audience, times) before it calls this; the answer has the form of authenticate's.
-- At first sight the person gets an account with a personal workspace. An account that exists is joined by its address only
-- when both sides have proved it: a provider that lets anybody state any address would open the accounts of others, and so
-- would an account here that a stranger made in advance for an address that it cannot read.
create or replace function app_private.add_identity(
  issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamptz
)
returns app_private.user_identities
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account app_public.users;
  identity app_private.user_identities;
  is_new boolean;
begin
  select u.* into account from app_public.users u where u.email = trim(add_identity.email)::citext;
  is_new := account.id is null;
  if not is_new and not (account.is_email_verified and coalesce(add_identity.is_email_verified, false)) then
    raise exception 'There is an account with this e-mail address, and it is not proved that it is yours.' using errcode = 'CQ119',
      hint = 'Sign in to that account and verify its address; the identity provider has to vouch for the address, too.';
  end if;
  if is_new then
    begin
      insert into app_public.users (email, is_email_verified, display_name)
      values (trim(add_identity.email), coalesce(add_identity.is_email_verified, false), nullif(trim(left(add_identity.display_name, 255)), ''))
      returning * into account;
    exception
      when check_violation or not_null_violation then
        raise exception 'The token of the identity provider has no e-mail address that can be used.' using errcode = 'CQ119',
          hint = 'Have the provider put the claim "email" into its tokens.';
      when unique_violation then
        raise exception 'There is an account with this e-mail address, and it is not proved that it is yours.' using errcode = 'CQ119',
          hint = 'Try again, or sign in to that account and verify its address.';
    end;
    -- a password that nobody knows: requestPasswordReset gives one to who reads the address
    insert into app_private.user_secrets (user_id, password_hash)
    values (account.id, app_private.hash_password(encode(gen_random_bytes(32), 'hex')));
    perform app_private.create_personal_workspace(account.id);
  end if;
  insert into app_private.user_identities (user_id, issuer, subject, signed_in_at)
  values (account.id, add_identity.issuer, add_identity.subject, coalesce(least(add_identity.signed_in_at, now()), now()))
  returning * into identity;
  perform app_private.log_event(
    case when is_new then 'user.registered' else 'user.identity_linked' end, account.id,
    new_values => jsonb_build_object('issuer', identity.issuer, 'subject', identity.subject)
  );
  return identity;
end
$$;
comment on function app_private.add_identity(text, text, text, boolean, text, timestamptz) is
  'Makes an account for somebody who is seen for the first time, or joins the one with the same proved address. Raises CQ119.';

create or replace function app_hidden.authenticate_identity(
  issuer text,
  subject text,
  email text default null,
  is_email_verified boolean default false,
  display_name text default null,
  signed_in_at timestamptz default null,
  workspace_id uuid default null,
  client_ip inet default null,
  request_id text default null
)
returns table (
  user_id uuid, session_id uuid, workspace uuid, member_role app_public.member_role, database_role text, scopes text[],
  api_key_id uuid
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  identity app_private.user_identities;
  account app_public.users;
  member app_public.workspace_members;
  is_sign_in boolean;
begin
  -- the transaction of the request begins later; what is logged here belongs to it all the same
  perform set_config('colloquy.client_ip', coalesce(host(client_ip), ''), true),
    set_config('colloquy.request_id', coalesce(authenticate_identity.request_id, ''), true);

  select i.* into identity
  from app_private.user_identities i
  where i.issuer = authenticate_identity.issuer and i.subject = authenticate_identity.subject;
  is_sign_in := identity.id is null;
  if identity.id is null then
    -- of several first requests one makes the account, and the others find it
    perform pg_advisory_xact_lock(hashtextextended(authenticate_identity.issuer || ' ' || authenticate_identity.subject, 119));
    select i.* into identity
    from app_private.user_identities i
    where i.issuer = authenticate_identity.issuer and i.subject = authenticate_identity.subject;
    is_sign_in := identity.id is null;
    if identity.id is null then
      identity := app_private.add_identity(
        authenticate_identity.issuer, authenticate_identity.subject, authenticate_identity.email,
        authenticate_identity.is_email_verified, authenticate_identity.display_name, authenticate_identity.signed_in_at
      );
    end if;
  end if;

  select u.* into account from app_public.users u where u.id = identity.user_id;
  if not account.is_active then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;
  member := app_private.choose_workspace(account.id, authenticate_identity.workspace_id);

  if least(authenticate_identity.signed_in_at, now()) > identity.signed_in_at then
    -- of several requests with a new token one is the sign-in
    update app_private.user_identities i
    set signed_in_at = least(authenticate_identity.signed_in_at, now()), last_seen_at = now()
    where i.id = identity.id and i.signed_in_at < least(authenticate_identity.signed_in_at, now());
    is_sign_in := found;
  elsif identity.last_seen_at < now() - interval '1 minute' then
    update app_private.user_identities i set last_seen_at = now() where i.id = identity.id;
  end if;
  if is_sign_in then
    update app_public.users u set last_login_at = now() where u.id = account.id;
    perform app_private.log_event('user.signed_in', account.id, new_values => jsonb_build_object('issuer', identity.issuer));
  end if;

  return query select account.id, null::uuid, member.workspace_id, member.role,
    case account.role when 'admin' then 'colloquy_admin' else 'colloquy_user' end, null::text[], null::uuid;
end
$$;
comment on function app_hidden.authenticate_identity(text, text, text, boolean, text, timestamptz, uuid, inet, text) is
  'User, workspace and roles of somebody that an outside identity provider vouches for, with a new account at first sight. Raises CQ107 not a member of the workspace asked for, CQ108 switched off, CQ119 no account can be given.';
grant execute on function app_hidden.authenticate_identity(text, text, text, boolean, text, timestamptz, uuid, inet, text) to colloquy_authenticator;
--! EndIncluded auth/authenticate_identity.sql
--! Included lifecycle/ensure_partitions.sql
-- Keeps the monthly partitions of every table that is partitioned by range on its UUID version 7, from the catalogue, so
-- that a new table is covered by itself. Rows that came in for a month without a partition (imports of history, a clock
-- that jumped) wait in the default partition; they are moved to where they belong.
--
-- Each month is one step: the new table is made and filled beside the old one, then attached. The locks are short, and
-- lock_timeout bounds the wait for them: a step that cannot have its lock raises 55P03 and is tried again by the next run.
-- Only one run at a time: another returns nothing.
--
-- A row that others refer to cannot simply move: the foreign key looks for it in the partition that it left (run on 18.6).
-- So children of moving messages let go of their parent for the length of the transaction.

create or replace function app_private.create_month_partition(parent_name text, month date)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s'
as $$
declare
  partition_name text := format('%s_%s', parent_name, to_char(month, 'YYYY_MM'));
  lower_bound uuid := app_hidden.uuidv7_floor(month::timestamp at time zone 'UTC');
  upper_bound uuid := app_hidden.uuidv7_floor((month + interval '1 month') at time zone 'UTC');
  column_names text;
  child_ids uuid[];
  parent_ids uuid[];
  moved bigint;
  locks text[];
  deadline timestamptz := clock_timestamp() + interval '3 seconds';
begin
  if to_regclass(format('app_partitions.%I', partition_name)) is not null then
    return 0;
  end if;

  -- All locks that attaching will want, before anything is touched. It waits for the first with nothing in hand and for
  -- the others not at all, so that it never stands in a circle with a writer (measured without this: 40P01 whenever one
  -- transaction posts two messages, the second with an idempotency key).
  select array_agg(format('lock table %s in share row exclusive mode', referenced.name) order by referenced.name)
  into locks
  from (
    select distinct k.confrelid::regclass::text as name
    from pg_constraint k
    where k.conrelid = format('app_public.%I', parent_name)::regclass and k.contype = 'f' and k.confrelid <> k.conrelid
  ) as referenced;
  -- the default partition first: every writer looks into it early, so that waiting for it drains them
  locks := format('lock table app_partitions.%I in access exclusive mode', parent_name || '_default') || locks;
  loop
    begin
      for i in 1 .. cardinality(locks) loop
        execute locks[i] || case when i > 1 then ' nowait' else '' end;
      end loop;
      exit;
    exception when lock_not_available then
      if clock_timestamp() > deadline then
        raise;
      end if;
      perform pg_sleep(0.05);
    end;
  end loop;

  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into column_names
  from pg_attribute a
  where a.attrelid = format('app_public.%I', parent_name)::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';

  execute format('create table app_partitions.%I (like app_public.%I including defaults including generated including constraints)', partition_name, parent_name);

  if parent_name = 'messages' then
    select array_agg(child.id), array_agg(child.parent_id) into child_ids, parent_ids
    from app_partitions.messages_default as moving
    join app_public.messages as child on child.conversation_id = moving.conversation_id and child.parent_id = moving.id
    where moving.id >= lower_bound and moving.id < upper_bound;
    update app_public.messages set parent_id = null where id = any (child_ids);
  end if;

  execute format(
    'with moved as (delete from app_partitions.%I where id >= %L and id < %L returning %s)
     insert into app_partitions.%I (%4$s) select %4$s from moved',
    parent_name || '_default', lower_bound, upper_bound, column_names, partition_name
  );
  get diagnostics moved = row_count;
  execute format(
    'alter table app_public.%I attach partition app_partitions.%I for values from (%L) to (%L)',
    parent_name, partition_name, lower_bound, upper_bound
  );

  if child_ids is not null then
    update app_public.messages as child
    set parent_id = kept.parent_id
    from unnest(child_ids, parent_ids) as kept (child_id, parent_id)
    where child.id = kept.child_id;
  end if;
  return moved;
end
$$;
comment on function app_private.create_month_partition(text, date) is 'Makes the partition of a month (UTC), with the rows of that month that the default partition held. Returns how many moved.';

create or replace function app_private.ensure_months(parent_name text, times timestamptz[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  month date;
  has_lock boolean := false;
begin
  for month in
    select distinct date_trunc('month', t at time zone 'UTC')::date from unnest(times) as t order by 1
  loop
    continue when to_regclass(format('app_partitions.%I', format('%s_%s', parent_name, to_char(month, 'YYYY_MM')))) is not null;
    if not has_lock then
      perform pg_advisory_xact_lock(hashtextextended('app_hidden.ensure_partitions', 0));
      has_lock := true;
    end if;
    begin
      perform app_private.create_month_partition(parent_name, month);
    exception when lock_not_available then
      -- busy: the default partition takes the rows, and the next maintenance moves them
      return;
    end;
  end loop;
end
$$;
comment on function app_private.ensure_months(text, timestamptz[]) is 'Makes the partitions for the months of the given times, for imports of history. Where the tables are too busy, none: the default partition takes the rows.';

create or replace function app_hidden.ensure_partitions(months_ahead integer default 3, max_partitions integer default null)
returns table (parent text, partition text, moved bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  month date;
  made integer := 0;
begin
  if months_ahead not between 0 and 120 then
    raise exception 'months_ahead is 0 to 120, not %.', months_ahead using errcode = 'CQ200', hint = 'Three months are the default.';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.ensure_partitions', 0)) then
    return;
  end if;

  for parent in
    select c.relname
    from pg_partitioned_table p
    join pg_class c on c.oid = p.partrelid
    join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
    where p.partstrat = 'r' and c.relnamespace = 'app_public'::regnamespace and a.attname = 'id' and p.partdefid <> 0
    order by c.relname
  loop
    for month in
      execute format(
        'select generate_series(date_trunc(''month'', now() at time zone ''UTC''), date_trunc(''month'', now() at time zone ''UTC'') + make_interval(months => %s), ''1 month'')::date
         union
         select distinct date_trunc(''month'', uuid_extract_timestamp(id) at time zone ''UTC'')::date from app_partitions.%I
         order by 1',
        months_ahead, parent || '_default'
      )
    loop
      partition := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
      if to_regclass(format('app_partitions.%I', partition)) is null then
        moved := app_private.create_month_partition(parent, month);
        return next;
        made := made + 1;
        if made >= max_partitions then
          return;
        end if;
      end if;
    end loop;
  end loop;
end
$$;
comment on function app_hidden.ensure_partitions(integer, integer) is
  'Makes the partitions of this month, the given number of months ahead, and every month that rows in a default partition belong to; at most max_partitions in this transaction, so that its locks end soon. Returns what it made.';
grant execute on function app_hidden.ensure_partitions(integer, integer) to colloquy_worker;
--! EndIncluded lifecycle/ensure_partitions.sql
--! Included conversations/start_conversation.sql
-- Runs with the caller's rights: the policy and the column grants of conversations decide.
create or replace function app_public.start_conversation(
  title text default null,
  visibility app_public.visibility default 'private',
  channel app_public.conversation_channel default 'api',
  model_provider text default null,
  model_name text default null,
  temperature numeric default null,
  max_tokens integer default null,
  system_prompt text default null,
  metadata jsonb default '{}'
)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.conversations (
    workspace_id, owner_id, title, visibility, channel, model_provider, model_name, temperature, max_tokens, system_prompt, metadata
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), nullif(trim(title), ''), coalesce(visibility, 'private'),
    coalesce(channel, 'api'), model_provider, model_name, temperature, max_tokens, system_prompt, coalesce(metadata, '{}')
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.start_conversation(text, app_public.visibility, app_public.conversation_channel, text, text, numeric, integer, text, jsonb) is
  'Starts a conversation in the current workspace. Errors: CQ101 not signed in, CQ109 read-only, CQ200 a value out of range.';
grant execute on function app_public.start_conversation(text, app_public.visibility, app_public.conversation_channel, text, text, numeric, integer, text, jsonb)
  to colloquy_user, colloquy_admin;
--! EndIncluded conversations/start_conversation.sql
--! Included conversations/lock_conversation.sql
-- Finds a conversation that the caller may write in and locks its row, which makes sequence numbers gapless.
-- A packed one is restored first, so that every writer finds rows.
-- One error for "does not exist" and "is somebody else's": the difference is nobody's business.
create or replace function app_private.lock_conversation(wanted_id uuid)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into result
  from app_public.conversations c
  where c.id = wanted_id
    and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace')
  for no key update;
  if result.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  if result.storage_tier <> 'hot' then
    result := app_private.unpack_conversation(result);
  end if;
  return result;
end
$$;
comment on function app_private.lock_conversation(uuid) is 'The conversation, locked against other writers. Raises CQ101, CQ109, CQ204, and CQ260 when its archive is damaged.';
--! EndIncluded conversations/lock_conversation.sql
--! Included conversations/next_message_id.sql
-- A new id that sorts after every message of the conversation, also when the clock went back or two messages fall into
-- one millisecond of two sessions: then the millisecond after the last one is taken.
create or replace function app_private.next_message_id(after_id uuid)
returns uuid
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select case when fresh.id > after_id then fresh.id else app_hidden.uuidv7_at(uuid_extract_timestamp(after_id) + interval '1 millisecond') end
  from (select uuidv7() as id) as fresh;
$$;
comment on function app_private.next_message_id(uuid) is 'A UUID version 7, now or later, that is greater than the given one.';
--! EndIncluded conversations/next_message_id.sql
--! Included conversations/post_message.sql
-- Writes one message. Sealed: messages is closed to direct writes, so that the sequence, the tenant and the owner are
-- always right. The statement-level trigger of messages keeps the counters.
create or replace function app_public.post_message(
  conversation_id uuid,
  content text,
  role app_public.message_role default 'user',
  parent_id uuid default null,
  id uuid default null,
  idempotency_key text default null,
  provider text default null,
  model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  total_tokens integer default null,
  cost_usd numeric default null,
  processing_time_ms integer default null,
  parts jsonb default null,
  attachments jsonb default null,
  metadata jsonb default '{}'
)
returns app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  place app_public.conversations;
  draft app_public.messages;
  result app_public.messages;
begin
  conversation := app_private.lock_conversation(post_message.conversation_id);
  if post_message.parent_id is not null then
    select m.conversation_id into draft.conversation_id from app_public.messages m
    where m.id = post_message.parent_id and m.workspace_id = conversation.workspace_id;
  end if;

  -- to the end of the chain of full conversations; what was written before with this key is somewhere on the way
  loop
    if post_message.idempotency_key is not null then
      result := app_private.message_of_key(conversation.id, post_message.idempotency_key);
      if result.id is not null then
        return result;
      end if;
    end if;
    place := app_private.lock_continuation(conversation, 1, post_message.id);
    exit when place.id = conversation.id;
    conversation := place;
  end loop;

  draft.id := post_message.id;
  -- the parent of a continued conversation stays behind in the full one
  if draft.conversation_id is distinct from post_message.conversation_id or conversation.id = post_message.conversation_id then
    draft.parent_id := post_message.parent_id;
  end if;
  draft.role := post_message.role;
  draft.content := post_message.content;
  draft.idempotency_key := post_message.idempotency_key;
  draft.provider := post_message.provider;
  draft.model := post_message.model;
  draft.prompt_tokens := post_message.prompt_tokens;
  draft.completion_tokens := post_message.completion_tokens;
  draft.total_tokens := post_message.total_tokens;
  draft.cost_usd := post_message.cost_usd;
  draft.processing_time_ms := post_message.processing_time_ms;
  draft.parts := post_message.parts;
  draft.attachments := post_message.attachments;
  draft.metadata := post_message.metadata;
  return app_private.insert_message(conversation, draft, conversation.id <> post_message.conversation_id);
end
$$;
comment on function app_public.post_message(uuid, text, app_public.message_role, uuid, uuid, text, text, text, integer, integer, integer, numeric, integer, jsonb, jsonb, jsonb) is
  'Adds a message to a conversation; one that is full is archived, and the message is in its continuation. A retry with the same idempotencyKey returns the first message. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ204 no such conversation or parent.';
grant execute on function app_public.post_message(uuid, text, app_public.message_role, uuid, uuid, text, text, text, integer, integer, integer, numeric, integer, jsonb, jsonb, jsonb)
  to colloquy_user, colloquy_admin;
--! EndIncluded conversations/post_message.sql
--! Included conversations/messages_10_count.sql
-- After each insert statement: proves that the sequence numbers have no gap and no double, and carries the totals into
-- the conversation. One update per conversation and statement, whatever the number of rows. Also puts the one job that
-- will cut and embed the new messages into the queue.
create or replace function app_private.count_new_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  changed record;
  was_indexed boolean;
begin
  for changed in
    select
      n.workspace_id, n.conversation_id, count(*)::integer as added, count(distinct n.sequence_number)::integer as numbers,
      min(n.sequence_number) as first_number, max(n.sequence_number) as last_number,
      (max(n.id::text))::uuid as last_id, coalesce(sum(n.total_tokens), 0) as tokens, coalesce(sum(n.cost_usd), 0) as cost,
      count(n.processing_time_ms) as timed, coalesce(sum(n.processing_time_ms), 0) as total_time
    from new_messages n
    group by n.workspace_id, n.conversation_id
    order by n.conversation_id
  loop
    update app_public.conversations c
    set
      message_count = c.message_count + changed.added,
      last_sequence_number = changed.last_number,
      last_message_id = greatest(c.last_message_id, changed.last_id),
      last_message_at = uuid_extract_timestamp(greatest(c.last_message_id, changed.last_id)),
      total_tokens_used = c.total_tokens_used + changed.tokens,
      total_cost_usd = c.total_cost_usd + changed.cost,
      total_response_time_ms = c.total_response_time_ms + changed.total_time,
      response_count = c.response_count + changed.timed
    where c.id = changed.conversation_id
      and c.last_sequence_number + 1 = changed.first_number
      and changed.first_number + changed.added - 1 = changed.last_number
      and changed.added = changed.numbers
    returning with (old as previous) previous.indexed_sequence_number = previous.last_sequence_number into was_indexed;
    if not found then
      continue when app_private.is_coming_back(changed.conversation_id, changed.last_number);
      raise exception 'Sequence numbers % to % do not continue conversation %.', changed.first_number, changed.last_number, changed.conversation_id
        using errcode = 'CQ205', hint = 'Lock the conversation and number its messages without gaps, as post_message does.';
    end if;
    -- A conversation that was behind has a job already: whoever indexes it takes this row's lock, so after our commit, and
    -- then looks again. If that job is lost, the sweep finds the messages.
    continue when not was_indexed;
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', changed.workspace_id, 'sourceType', 'message', 'sourceId', changed.conversation_id),
      'message:' || changed.conversation_id,
      changed.workspace_id::text
    );
  end loop;
  return null;
end
$$;
comment on function app_private.count_new_messages() is 'Trigger: checks sequence numbers, keeps the totals of conversations, enqueues indexing. Raises CQ205.';

create or replace trigger messages_10_count
after insert on app_public.messages
referencing new table as new_messages
for each statement execute function app_private.count_new_messages();
--! EndIncluded conversations/messages_10_count.sql
--! Included conversations/conversation_messages.sql
-- A page of a conversation, newest first, whatever tier it is in. Runs with the caller's rights.
--
-- A conversation's own id and its last message bound its messages, so only the partitions that it lives in are touched.
-- Both bounds are read first, and handed over as values to one plan that is kept: it leaves out the other partitions before
-- it starts. Bounds from a subquery of the same statement would start every partition; planning anew for each page took
-- two thirds of it (npm run bench -- page). Nothing in the plan depends on the tenant: there is one index to go by.
create or replace function app_public.conversation_messages(conversation_id uuid, before uuid default null, first integer default 50)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  newest uuid;
  tier app_public.storage_tier;
begin
  select c.last_message_id, c.storage_tier into newest, tier
  from app_public.conversations c
  where c.id = conversation_messages.conversation_id;
  if tier <> 'hot' then
    -- by text: a plan that a session keeps does not learn of a column that a migration adds
    return query execute 'select * from app_hidden.read_packed_messages($1, $2, $3)'
    using conversation_messages.conversation_id, conversation_messages.before, least(greatest(coalesce(conversation_messages.first, 50), 0), 1000);
    return;
  end if;
  return query
  select m.*
  from app_public.messages m
  where m.conversation_id = conversation_messages.conversation_id
    and m.id >= conversation_messages.conversation_id
    and m.id <= newest
    and m.id < coalesce(conversation_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  order by m.id desc
  limit least(greatest(coalesce(conversation_messages.first, 50), 0), 1000);
end
$$;
comment on function app_public.conversation_messages(uuid, uuid, integer) is
  'Messages of a conversation, newest first: at most "first" (50; at most 1,000) of those before the message "before". Nothing for a conversation that the caller may not read.';
grant execute on function app_public.conversation_messages(uuid, uuid, integer) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded conversations/conversation_messages.sql
--! Included conversations/import_conversation.sql
-- Brings in a conversation from another system with its whole tree, its times and its roles. Ids are version 7 for those
-- times. What was imported before is known by its external id, kept as an idempotency key: importing again adds only what
-- is new, also when an export gives a message another time than the one before did.
-- The function stays away from temporary tables: a request must not write to the catalogue.
-- payload: {source, title, createdAt, model, visibility, metadata, messages: [{externalId, parentExternalId, role, content, createdAt,
--   model, metadata, attachments, toolCalls, feedback}]}; parents come before children; times in ISO 8601. At most 100,000 messages.
-- visibility counts only when the conversation is new: who shares or hides it later is not overruled by the next import.
create or replace function app_public.import_conversation(payload jsonb)
returns app_public.import_result
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- The planner takes an array for a few rows; 20,000 messages joined by nested loops took 43 s, hashed 2.4 s.
set enable_nestloop = off
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  source text := payload ->> 'source';
  started timestamptz;
  shared_as app_public.visibility;
  conversation app_public.conversations;
  imported app_private.imported_message[];
  described jsonb;
  result app_public.import_result;
begin
  perform app_hidden.require_member(for_writing => true);
  if source is null or jsonb_typeof(payload -> 'messages') is distinct from 'array' or jsonb_array_length(payload -> 'messages') not between 1 and 100000 then
    raise exception 'The conversation to import needs "source" and 1 to 100,000 "messages".' using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;

  -- two imports of one conversation at once: the second waits, then finds everything there
  perform pg_advisory_xact_lock(hashtextextended(workspace::text || caller::text || source, 0));

  begin
    select array_agg(
      row(
        m.position, m.item ->> 'externalId', m.item ->> 'parentExternalId', (m.item ->> 'role')::app_public.message_role,
        m.item ->> 'content', written.at, m.item ->> 'model', coalesce(m.item -> 'metadata', '{}'),
        app_hidden.uuidv7_at(written.at, concat_ws('|', workspace, caller, source, m.item ->> 'externalId')),
        nullif(m.item -> 'attachments', 'null'), nullif(m.item -> 'toolCalls', 'null'), nullif(m.item -> 'feedback', 'null')
      )::app_private.imported_message
      order by m.position
    )
    into imported
    from jsonb_array_elements(payload -> 'messages') with ordinality as m (item, position)
    cross join lateral (select date_trunc('milliseconds', (m.item ->> 'createdAt')::timestamptz) as at) as written;
    started := least(
      date_trunc('milliseconds', (payload ->> 'createdAt')::timestamptz),
      (select min(m.written_at) from unnest(imported) as m) - interval '1 millisecond'
    );
    shared_as := coalesce(payload ->> 'visibility', 'private')::app_public.visibility;
  exception when invalid_text_representation or datetime_field_overflow or invalid_datetime_format then
    raise exception 'The conversation "%" has a role, a visibility or a time that cannot be read.', source using errcode = 'CQ200', hint = 'Roles are user, assistant, system and tool; times are in ISO 8601. See docs/import.md for the format.';
  end;
  if exists (
    select from unnest(imported) as m
    where m.external_id is null or char_length(m.external_id) > 190 or m.role is null or m.content is null or m.written_at is null
      or m.written_at < '1970-01-02T00:00:00Z' or m.written_at > clock_timestamp() + interval '5 minutes'
  ) or (select count(*) <> count(distinct m.external_id) from unnest(imported) as m) then
    raise exception 'The conversation "%" has a message without externalId (at most 190 characters), role, content or a time between 1970 and now, or one twice.', source
      using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  if exists (
    select from unnest(imported) as m
    where jsonb_typeof(m.attachments) <> 'array' or jsonb_typeof(m.tool_calls) <> 'array' or jsonb_typeof(m.feedback) <> 'object'
  ) then
    raise exception 'The conversation "%" has a message whose attachments or toolCalls are no array, or whose feedback is no object.', source
      using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  -- one aggregate, not exists(): expecting an early hit, the planner compared each with each
  if (
    select bool_or(p.id is null or p.id >= m.id)
    from unnest(imported) as m
    left join unnest(imported) as p on p.external_id = m.parent_external_id
    where m.parent_external_id is not null
  ) then
    raise exception 'The conversation "%" has a message whose parent is missing or not older than itself.', source
      using errcode = 'CQ200', hint = 'Give each child a later time than its parent, or leave parentExternalId out.';
  end if;

  -- Before the first write, since attaching a partition waits for the writers of conversations.
  perform app_private.ensure_months('messages', array(select distinct m.written_at from unnest(imported) as m));

  insert into app_public.conversations (id, workspace_id, owner_id, visibility, external_id, title, model_name, metadata, last_message_at, max_messages)
  values (
    app_hidden.uuidv7_at(started, concat_ws('|', workspace, caller, source)), workspace, caller, shared_as, source,
    nullif(left(trim(payload ->> 'title'), 500), ''), payload ->> 'model', coalesce(payload -> 'metadata', '{}'), started,
    -- history does not use up the room for what comes now
    1000 + cardinality(imported)
  )
  on conflict (workspace_id, owner_id, external_id) where external_id is not null do nothing;
  result.is_new := found;

  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = workspace and c.owner_id = caller and c.external_id = source
  for no key update;
  result.id := conversation.id;

  -- a message that was there keeps its id; a new one that claims to be older than the conversation comes right after it
  select array_agg(
    row(
      m.position, m.external_id, m.parent_external_id, m.role, m.content, m.written_at, m.model, m.metadata,
      coalesce(
        known.message_id,
        case when m.id > conversation.id then m.id
          else app_hidden.uuidv7_at(uuid_extract_timestamp(conversation.id) + interval '1 millisecond', concat_ws('|', conversation.id, m.external_id))
        end
      ),
      m.attachments, m.tool_calls, m.feedback
    )::app_private.imported_message
  )
  into imported
  from unnest(imported) as m
  left join app_hidden.message_idempotency_keys known
    on known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id;

  -- feedback, too, is packed with its message: what may be there already has to be seen
  if exists (
    select from unnest(imported) as m
    where m.feedback is not null or not exists (
      select from app_hidden.message_idempotency_keys known
      where known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id
    )
  ) then
    conversation := app_private.unpack_conversation(conversation);
  end if;
  result.files_added := app_private.import_attachments(conversation, imported, conversation.visibility);
  -- in one go: looking up 5,000 files one by one took 9 s
  select jsonb_object_agg(f.external_id, f.id) into described
  from app_public.files f
  where f.workspace_id = workspace and f.conversation_id = conversation.id and f.external_id is not null;

  with added as (
    insert into app_public.messages (
      id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, parent_id, content, model, metadata, idempotency_key,
      attachments
    )
    select
      m.id, conversation.id, workspace, caller, case when m.role = 'user' then caller end,
      conversation.last_sequence_number + row_number() over (order by m.id),
      m.role, case when p.id < m.id then p.id end, m.content, m.model, m.metadata, 'import:' || m.external_id,
      (
        select jsonb_agg(
          coalesce(a.item -> 'metadata', '{}')
          || jsonb_strip_nulls(jsonb_build_object(
            'file_id', described -> (source || '/' || (a.item ->> 'externalId')),
            'name', a.item -> 'name', 'mime_type', a.item -> 'mimeType', 'size', a.item -> 'size'
          ))
          order by a.place
        )
        from jsonb_array_elements(m.attachments) with ordinality as a (item, place)
      )
    from unnest(imported) as m
    left join unnest(imported) as p on p.external_id = m.parent_external_id
    where not exists (
      select from app_hidden.message_idempotency_keys known
      where known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id
    )
    order by m.id
    returning id, idempotency_key
  ),
  remembered as (
    insert into app_hidden.message_idempotency_keys (workspace_id, conversation_id, idempotency_key, message_id)
    select workspace, conversation.id, a.idempotency_key, a.id from added a
    returning 1
  )
  select count(*) into result.added from remembered;
  result.unchanged := cardinality(imported) - result.added;
  result.tool_calls_added := app_private.import_tool_calls(conversation, imported);
  result.feedback_added := app_private.import_feedback(conversation, imported);
  return result;
end
$$;
comment on function app_public.import_conversation(jsonb) is
  'Imports a conversation with its tree of messages, their attachments, tool calls and feedback; again adds only what is new. Errors: CQ101, CQ109, CQ200 malformed.';
grant execute on function app_public.import_conversation(jsonb) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/import_conversation.sql
--! Included knowledge/create_document.sql
-- Adds a document, or, when the caller added one from the same source before, brings that one up to date. Runs with the
-- caller's rights: policies and column grants decide.
create or replace function app_public.create_document(
  title text,
  content text,
  content_type text default 'text',
  source_url text default null,
  code_language text default null,
  text_search_language app_public.text_search_language default null,
  visibility app_public.visibility default 'private',
  metadata jsonb default '{}'
)
returns app_public.documents
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.documents;
begin
  perform app_hidden.require_member(for_writing => true);
  if octet_length(content) > 20971520 then
    raise exception 'A document has at most 20 MiB; this one has % MiB.', round(octet_length(content) / 1048576.0, 1)
      using errcode = 'CQ200', hint = 'Split it.';
  end if;
  insert into app_public.documents as d (
    workspace_id, owner_id, title, content, content_type, source_url, code_language, text_search_language, visibility, metadata
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), left(trim(title), 500), content, coalesce(content_type, 'text'), source_url,
    code_language,
    coalesce(
      text_search_language,
      (select w.text_search_language from app_public.workspaces w where w.id = app_hidden.current_workspace_id()), 'english'
    ),
    coalesce(visibility, 'private'), coalesce(metadata, '{}')
  )
  on conflict (workspace_id, owner_id, source_url) where source_url is not null do update
  set
    title = excluded.title, content = excluded.content, content_type = excluded.content_type, code_language = excluded.code_language,
    text_search_language = excluded.text_search_language, visibility = excluded.visibility, metadata = excluded.metadata
  where (d.title, d.content, d.content_type, d.code_language, d.text_search_language, d.visibility, d.metadata)
    is distinct from
    (excluded.title, excluded.content, excluded.content_type, excluded.code_language, excluded.text_search_language, excluded.visibility, excluded.metadata)
  returning d.* into result;

  if result.id is null then
    -- the same document again: nothing was written
    select d.* into result
    from app_public.documents d
    where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id()
      and d.source_url = create_document.source_url;
  end if;
  return result;
end
$$;
comment on function app_public.create_document(text, text, text, text, text, app_public.text_search_language, app_public.visibility, jsonb) is
  'Adds a document and has it indexed, in the language of the workspace when none is given. With a sourceUrl that the caller used before, updates that document instead; an equal one is left alone. Errors: CQ101 not signed in, CQ109 read-only, CQ200 too long or a value out of range.';
grant execute on function app_public.create_document(text, text, text, text, text, app_public.text_search_language, app_public.visibility, jsonb)
  to colloquy_user, colloquy_admin;
--! EndIncluded knowledge/create_document.sql
--! Included knowledge/import_documents.sql
-- Adds or updates many documents in one call, each by itself: one that is refused does not spoil the others. Unlike
-- create_document it leaves visibility and metadata of a document alone that is there already: a new import of the same
-- folder neither takes back what was shared since nor writes a row because a commit id changed.
-- documents: [{sourceUrl, title, content, contentType, codeLanguage, textSearchLanguage, visibility, metadata}], at most 1,000.
create or replace function app_public.import_documents(documents jsonb)
returns setof app_public.import_outcome
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  item jsonb;
  existing app_public.documents;
  result app_public.import_outcome;
begin
  perform app_hidden.require_member(for_writing => true);
  if jsonb_typeof(documents) is distinct from 'array' or jsonb_array_length(documents) > 1000 then
    raise exception 'The documents to import are an array of at most 1,000 objects.' using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  for item in select value from jsonb_array_elements(documents)
  loop
    result := null;
    result.source_url := item ->> 'sourceUrl';
    begin
      if result.source_url is null then
        raise exception 'sourceUrl is missing.' using errcode = 'CQ200';
      end if;
      select d.* into existing
      from app_public.documents d
      where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id()
        and d.source_url = result.source_url;
      if existing.id is null then
        select d.id into result.document_id
        from app_public.create_document(
          title => item ->> 'title',
          content => item ->> 'content',
          content_type => coalesce(item ->> 'contentType', 'text'),
          source_url => result.source_url,
          code_language => item ->> 'codeLanguage',
          text_search_language => item ->> 'textSearchLanguage',
          visibility => coalesce(item ->> 'visibility', 'private')::app_public.visibility,
          metadata => coalesce(item -> 'metadata', '{}')
        ) as d;
        result.outcome := 'added';
      else
        update app_public.documents d
        set title = left(trim(item ->> 'title'), 500), content = item ->> 'content',
          content_type = coalesce(item ->> 'contentType', 'text'), code_language = item ->> 'codeLanguage',
          metadata = coalesce(item -> 'metadata', d.metadata)
        where d.id = existing.id
          and (d.title, d.content, d.content_type, d.code_language)
            is distinct from
            (left(trim(item ->> 'title'), 500), item ->> 'content', coalesce(item ->> 'contentType', 'text'), item ->> 'codeLanguage');
        result.document_id := existing.id;
        result.outcome := case when found then 'updated' else 'unchanged' end;
      end if;
    exception
      when integrity_constraint_violation or data_exception or sqlstate 'CQ200' then
        result.document_id := null;
        result.outcome := 'refused';
        -- the words of PostgreSQL name tables and constraints
        result.reason := case when sqlstate = 'CQ200' then sqlerrm else 'A value is missing, too long, or of the wrong form.' end;
    end;
    return next result;
  end loop;
end
$$;
comment on function app_public.import_documents(jsonb) is
  'Adds or updates documents by their sourceUrl, and says for each what was done. Errors: CQ101 not signed in, CQ109 read-only, CQ200 malformed.';
grant execute on function app_public.import_documents(jsonb) to colloquy_user, colloquy_admin;
--! EndIncluded knowledge/import_documents.sql
--! Included knowledge/documents_10_enqueue.sql
-- After a statement that adds documents or changes what their chunks depend on: one job per document. A bookkeeping
-- update (chunked_hash, metadata) enqueues nothing.
create or replace function app_private.enqueue_changed_documents()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'index-source',
    jsonb_build_object('workspaceId', n.workspace_id, 'sourceType', 'document', 'sourceId', n.id),
    'document:' || n.id,
    n.workspace_id::text
  )
  from new_documents n
  where n.chunked_hash is distinct from n.content_hash;
  return null;
end
$$;
comment on function app_private.enqueue_changed_documents() is 'Trigger: enqueues the indexing of documents whose chunks are missing or stale.';

create or replace trigger documents_10_enqueue_insert
after insert on app_public.documents
referencing new table as new_documents
for each statement execute function app_private.enqueue_changed_documents();

create or replace trigger documents_10_enqueue_update
after update on app_public.documents
referencing new table as new_documents
for each statement execute function app_private.enqueue_changed_documents();
--! EndIncluded knowledge/documents_10_enqueue.sql
--! Included knowledge/propagate_visibility.sql
-- Chunks carry owner and visibility of their source, so that search needs no join to decide who may read what. These
-- triggers keep them equal in the same transaction: what was made private is unfindable at once.
create or replace function app_private.propagate_document_visibility()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.chunks c
  set visibility = new.visibility, owner_id = new.owner_id
  where c.workspace_id = new.workspace_id and c.document_id = new.id;
  return null;
end
$$;
comment on function app_private.propagate_document_visibility() is 'Trigger: hands owner and visibility of a document to its chunks.';

create or replace trigger documents_20_propagate_visibility
after update of visibility, owner_id on app_public.documents
for each row when (old.visibility <> new.visibility or old.owner_id <> new.owner_id)
execute function app_private.propagate_document_visibility();

create or replace function app_private.propagate_conversation_visibility()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.chunks c
  set visibility = new.visibility, owner_id = new.owner_id
  where c.workspace_id = new.workspace_id and c.conversation_id = new.id;
  if old.owner_id <> new.owner_id then
    update app_public.messages m
    set owner_id = new.owner_id
    where m.conversation_id = new.id and m.id >= new.id and m.id <= new.last_message_id;
  end if;
  return null;
end
$$;
comment on function app_private.propagate_conversation_visibility() is 'Trigger: hands owner and visibility of a conversation to its chunks, and the owner to its messages.';

create or replace trigger conversations_20_propagate_visibility
after update of visibility, owner_id on app_public.conversations
for each row when (old.visibility <> new.visibility or old.owner_id <> new.owner_id)
execute function app_private.propagate_conversation_visibility();
--! EndIncluded knowledge/propagate_visibility.sql
--! Included search/text_search_vector.sql
-- What text search sees of a chunk: its heading weighs more than its content. Declared immutable although a text search
-- configuration could be altered: PostgreSQL's own ones do not change within a major version, and a generated column needs it.
create or replace function app_hidden.text_search_vector(language text, heading text, content text)
returns tsvector
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  configuration regconfig := ('pg_catalog.' || language)::regconfig;
begin
  -- the parser drops whatever looks like a tag: <rug>, Map<Rug> and all of a JSX element could not be found
  return setweight(to_tsvector(configuration, translate(coalesce(heading, ''), '<>', '  ')), 'A')
    || setweight(to_tsvector(configuration, translate(content, '<>', '  ')), 'B');
end
$$;
comment on function app_hidden.text_search_vector(text, text, text) is 'The tsvector of a chunk: heading with weight A, content with weight B.';
--! EndIncluded search/text_search_vector.sql
--! Included search/conditions.sql
-- Which chunks a search may find, as the condition that all its legs share: the tenant, what the caller may read, and the
-- filters. This is the only place that says so. It must never contain a value of the caller: values are parameters.
create or replace function app_private.search_conditions(filters app_public.search_filters, sources uuid[], has_memories boolean, tier text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(' and ',
    'c.workspace_id = $2 and (c.owner_id = $3 or c.visibility = ''workspace'') and c.source_type = any ($5)',
    case tier when 'cold' then 'c.tier = ''cold''' when 'warm' then 'c.tier <> ''cold''' end,
    case when sources is not null then '(c.document_id = any ($7) or c.conversation_id = any ($7) or c.memory_item_id = any ($7))' end,
    -- a memory that has expired is not found; it keeps its chunks until it is cleared away
    case when has_memories then
      '(c.memory_item_id is null or (select m.expires_at is null or m.expires_at > now() from app_public.memory_items m where m.id = c.memory_item_id))'
    end,
    case when (filters).content_types is not null then
      '(select d.content_type = any (($8).content_types) from app_public.documents d where d.id = c.document_id)'
    end,
    case when (filters).code_languages is not null then
      '(select d.code_language = any (($8).code_languages) from app_public.documents d where d.id = c.document_id)'
    end,
    case when (filters).text_search_languages is not null then 'c.text_search_language = any (($8).text_search_languages)' end,
    -- ids are ordered by time, and a chunk is never older than what it was cut from
    case when (filters).created_after is not null then
      'c.id >= app_hidden.uuidv7_floor(($8).created_after)
       and coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) >= app_hidden.uuidv7_floor(($8).created_after)'
    end,
    case when (filters).created_before is not null then
      'coalesce(c.document_id, c.message_id, c.memory_item_id, c.raw_event_id) < app_hidden.uuidv7_floor(($8).created_before)'
    end,
    case when (filters).metadata is not null then
      'case c.source_type
         when ''document'' then (select d.metadata @> ($8).metadata from app_public.documents d where d.id = c.document_id)
         when ''message'' then (select t.metadata @> ($8).metadata from app_public.conversations t where t.id = c.conversation_id)
         when ''memory'' then (select m.metadata @> ($8).metadata from app_public.memory_items m where m.id = c.memory_item_id)
         when ''event'' then (select r.metadata @> ($8).metadata from app_public.raw_events r where r.id = c.raw_event_id)
       end'
    end
  );
$$;
comment on function app_private.search_conditions(app_public.search_filters, uuid[], boolean, text) is
  'The condition over a chunk c that all legs of a search share. tier: warm (hot and warm), cold, or null for all.';

-- The documents, conversations and memories that the filters name, or null when they name none. What the caller may not
-- read may be among them, except through a repository: its chunks are not found anyway.
create or replace function app_private.search_sources(workspace uuid, caller uuid, filters app_public.search_filters)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  result uuid[];
  named uuid[];
begin
  if (filters).document_id is not null then
    result := array[(filters).document_id];
  end if;
  if (filters).conversation_id is not null then
    result := case when result is null then array[(filters).conversation_id] else '{}' end;
  end if;
  if (filters).repository_id is not null then
    select coalesce(array_agg(rd.document_id), '{}') into named
    from app_public.repositories r
    join app_public.repository_documents rd on rd.workspace_id = workspace and rd.repository_id = r.id
    where r.workspace_id = workspace and r.id = (filters).repository_id and (r.owner_id = caller or r.visibility = 'workspace')
      and (result is null or rd.document_id = any (result));
    result := named;
  end if;
  if (filters).tag_ids is not null then
    select coalesce(array_agg(distinct et.entity_id), '{}') into named
    from app_public.entity_tags et
    where et.workspace_id = workspace and et.tag_id = any ((filters).tag_ids) and et.entity_type in ('document', 'conversation', 'memory_item')
      and (result is null or et.entity_id = any (result));
    result := named;
  end if;
  if (filters).tags is not null then
    select coalesce(array_agg(distinct et.entity_id), '{}') into named
    from app_public.tags t
    join app_public.entity_tags et on et.workspace_id = workspace and et.tag_id = t.id
    where t.workspace_id = workspace and t.name = any ((filters).tags::citext[]) and et.entity_type in ('document', 'conversation', 'memory_item')
      and (result is null or et.entity_id = any (result));
    result := named;
  end if;
  return result;
end
$$;
comment on function app_private.search_sources(uuid, uuid, app_public.search_filters) is 'What the filters name by id, repository or tag; null when they do not.';

create or replace function app_private.check_search_filters(filters app_public.search_filters)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if greatest(
    cardinality((filters).tag_ids), cardinality((filters).tags), cardinality((filters).content_types), cardinality((filters).code_languages),
    cardinality((filters).text_search_languages)
  ) > 100 then
    raise exception 'A filter has at most 100 values.' using errcode = 'CQ200', hint = 'Search several times.';
  end if;
  if jsonb_typeof((filters).metadata) <> 'object' or pg_column_size((filters).metadata) > 65536 then
    raise exception 'The filter "metadata" is an object of at most 64 KiB.' using errcode = 'CQ200', hint = 'For example {"project": "x"}.';
  end if;
  if (filters).created_after in ('infinity', '-infinity') or (filters).created_before in ('infinity', '-infinity')
    or least((filters).created_after, (filters).created_before) < '1970-01-01' or greatest((filters).created_after, (filters).created_before) > '9999-01-01'
  then
    raise exception 'A time range lies between the years 1970 and 9999.' using errcode = 'CQ200', hint = 'Leave the open end of it out.';
  end if;
end
$$;
comment on function app_private.check_search_filters(app_public.search_filters) is 'Raises CQ200 for filters that cannot be used.';
--! EndIncluded search/conditions.sql
--! Included search/text_search_query.sql
-- What a question asks of text_search_vector, and by the same rule about angle brackets. One expression, and no set clause: so it
-- becomes a part of the query that asks.
create or replace function app_private.text_search_query(language text, query text)
returns tsquery
language sql
stable
as $$
  select websearch_to_tsquery(('pg_catalog.' || language)::regconfig, translate(query, '<>', '  '));
$$;
comment on function app_private.text_search_query(text, text) is 'The tsquery of a question, in a language: words, "phrases", or, -without.';
--! EndIncluded search/text_search_query.sql
--! Included search/event_title.sql
-- A function, and not a part of the query that asks: a search opened all months of events for it, although most find none.
create or replace function app_hidden.event_title(event_id uuid)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select e.source || ': ' || e.event_type from app_public.raw_events e where e.id = event_id;
$$;
comment on function app_hidden.event_title(uuid) is 'What an event is called where its text is found; null for one that the caller cannot read.';
grant execute on function app_hidden.event_title(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded search/event_title.sql
--! Included search/snippet.sql
-- The best part of a text as safe HTML: the text is escaped before words are marked, so nothing of it is markup. A text
-- that does not match is not read for words, which takes 0.1 ms for 500 characters. text_search is null where the match is
-- known. One expression, and no set clause: so it becomes a part of the query that asks.
create or replace function app_private.search_snippet(language text, text_search tsvector, content text, query text)
returns text
language sql
stable
as $$
  select case
    when trim(query) = '' or not coalesce(text_search @@ app_private.text_search_query(language, query), true) then
      replace(replace(replace(
        -- whole words, where there are any
        case when char_length(content) > 250 then left(regexp_replace(left(content, 251), '\s+\S*$', ''), 250) else content end,
        '&', '&amp;'), '<', '&lt;'), '>', '&gt;'
      )
    else ts_headline(
      ('pg_catalog.' || language)::regconfig,
      replace(replace(replace(content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
      app_private.text_search_query(language, query),
      'StartSel=<mark>, StopSel=</mark>, MaxWords=40, MinWords=20, MaxFragments=1'
    )
  end;
$$;
comment on function app_private.search_snippet(text, tsvector, text, text) is
  'The best part of a text as safe HTML, with the words of a query in <mark>; where they are not, its beginning (up to 250 characters).';
--! EndIncluded search/snippet.sql
--! Included search/legs.sql
-- The legs of search. Each applies tenant, ownership and visibility itself: it runs as the owner of the tables, because
-- operators like @@ are not leakproof and could not use an index below a policy. Granted to nobody; only app_public.search
-- and its kin call them, with the caller that the session says.
--
-- What uses the vector index is planned anew at each call (dynamic statements): a plan made for a tenant of 20,000 chunks and
-- kept by a pooled connection returned 0 of 10 rows for a tenant of 50. So is what has filters. Without filters, the legs that
-- are exact whatever the plan (all vectors, words) keep one plan, made for no tenant in particular: planning took more time
-- than the work of a small tenant (vectors of 600 chunks: 0.50 of 0.87 ms are left; words: 0.26 of 0.58 ms).
--
-- In all of them $2 is the workspace, $3 the caller, $5 the kinds, $7 the sources and $8 the filters; conditions is what
-- app_private.search_conditions made of these, or null for those of a search without filters in the hot and warm tiers.
-- Where all vectors are compared, $9 is among how many of the nearest to look, or null.

-- Loads the libraries of pgvector and pg_trgm into this session: a role that is not a superuser may name their settings in
-- a function only then.
do $load$ begin perform '[1]'::extensions.halfvec, extensions.similarity('a', 'b'); end $load$;

-- The statements that are both: dynamic with conditions, and the bodies of functions without (below).
create or replace function app_private.search_statement(leg app_public.search_mode, conditions text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    case leg
      -- all vectors are compared and sorted, then chunks are looked up in that order until there are enough: chunks are wide
      when 'vector' then $query$
        select e.chunk_id, (1 - e.distance)::real, c.importance_score
        from (
          select v.chunk_id, v.embedding operator(extensions.<=>) $4 as distance
          from app_public.embeddings v
          where v.version_id = $1 and v.workspace_id = $2
          order by distance, v.chunk_id
          limit $9
        ) as e
        -- one lookup by key for each, whatever the planner believes about what is rare
        cross join lateral (select c.importance_score from app_public.chunks c where c.id = e.chunk_id and %s offset 0) as c
        order by e.distance, e.chunk_id
        limit $6
      $query$
      -- How well each word fits, times how rare it is among the chunks that this very search matches: nothing but what the
      -- caller may read weighs. ts_rank_cd took twice the time, and ranked worse (docs/decisions/text-ranking.md).
      when 'text' then $query$
        with matches as materialized (
          select
            c.id, c.importance_score,
            case when $13 >= 1 then ts_rank(c.text_search, ($12)[q.number][1], 1) end as word_1,
            case when $13 >= 2 then ts_rank(c.text_search, ($12)[q.number][2], 1) end as word_2,
            case when $13 >= 3 then ts_rank(c.text_search, ($12)[q.number][3], 1) end as word_3,
            case when $13 >= 4 then ts_rank(c.text_search, ($12)[q.number][4], 1) end as word_4,
            case when $13 >= 5 then ts_rank(c.text_search, ($12)[q.number][5], 1) end as word_5,
            case when $13 >= 6 then ts_rank(c.text_search, ($12)[q.number][6], 1) end as word_6
          from app_public.chunks c
          -- a place in an array: joined as rows, 30 languages took 36 ms for 1,000 chunks, so they take 13
          cross join lateral (select ($10)[array_position($9, c.text_search_language::text)] as number offset 0) as q
          where %s
            and c.text_search @@ $4
            and c.text_search @@ ($11)[q.number]
        ),
        rarity as materialized (
          select
            ln(1 + count(*) / greatest(count(*) filter (where m.word_1 > 0), 1)::float8) as word_1,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_2 > 0), 1)::float8) as word_2,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_3 > 0), 1)::float8) as word_3,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_4 > 0), 1)::float8) as word_4,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_5 > 0), 1)::float8) as word_5,
            ln(1 + count(*) / greatest(count(*) filter (where m.word_6 > 0), 1)::float8) as word_6
          from matches m
        )
        select
          m.id,
          (
            coalesce(m.word_1 * r.word_1, 0)
            + coalesce(m.word_2 * r.word_2, 0)
            + coalesce(m.word_3 * r.word_3, 0)
            + coalesce(m.word_4 * r.word_4, 0)
            + coalesce(m.word_5 * r.word_5, 0)
            + coalesce(m.word_6 * r.word_6, 0)
          )::real,
          m.importance_score
        from matches m
        cross join rarity r
        order by 2 desc, m.id desc
        limit $6
      $query$
    end,
    conditions
  );
$$;
comment on function app_private.search_statement(app_public.search_mode, text) is 'The statement of the leg that compares all vectors, or of that of words, over the chunks c that fit the conditions.';

do $make$
declare
  -- a memory may expire, and which tenant has memories is not known here
  conditions text := app_private.search_conditions(null, null, true, 'warm');
begin
  execute format($function$
    create or replace function app_private.search_vector_plain(
      uuid, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, integer
    )
    returns table (chunk_id uuid, score real, importance real)
    language sql
    stable
    set search_path = pg_catalog, extensions, pg_temp
    set plan_cache_mode = force_generic_plan
    -- other tenants share the partition
    set enable_seqscan = off
    as $body$%s$body$
  $function$, app_private.search_statement('vector', conditions));
  execute format($function$
    create or replace function app_private.search_text_plain(
      uuid, uuid, uuid, tsquery, app_public.source_type[], integer, uuid[], app_public.search_filters,
      text[], bigint[], tsquery[], tsquery[], integer
    )
    returns table (chunk_id uuid, score real, importance real)
    language sql
    stable
    set search_path = pg_catalog, extensions, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    as $body$%s$body$
  $function$, app_private.search_statement('text', conditions));
end
$make$;
comment on function app_private.search_vector_plain(uuid, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, integer) is
  'The same as search_vector_exact, without filters, by one plan for all tenants.';
comment on function app_private.search_text_plain(uuid, uuid, uuid, tsquery, app_public.source_type[], integer, uuid[], app_public.search_filters, text[], bigint[], tsquery[], tsquery[], integer) is
  'The same as search_text, without filters, by one plan for all tenants.';

create or replace function app_private.search_vector_exact(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer, sources uuid[], filters app_public.search_filters, conditions text, is_narrow boolean,
  nearest integer default null
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
set constraint_exclusion = off
as $$
begin
  -- without the cast to halfvec(n) the vector index does not fit, so either way this compares what there is
  if is_narrow then
    return query execute format($query$
      with asked as materialized (
        select c.id, c.importance_score from app_public.chunks c where %s
      )
      select a.id, (1 - (e.embedding operator(extensions.<=>) $4))::real, a.importance_score
      from asked a
      join app_public.embeddings e on e.version_id = $1 and e.workspace_id = $2 and e.chunk_id = a.id
      order by e.embedding operator(extensions.<=>) $4, a.id
      limit $6
    $query$, conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters;
  elsif conditions is not null then
    return query execute app_private.search_statement('vector', conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters, nearest;
  else
    return query select * from app_private.search_vector_plain(version.id, workspace, caller, query_embedding, kinds, max_results, null, null, nearest);
  end if;
end
$$;
comment on function app_private.search_vector_exact(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, boolean, integer) is
  'Nearest chunks by comparing all vectors of the workspace, or when is_narrow only those of the chunks that fit; only among the nearest so many, where given, fit or not. Score: cosine similarity.';

create or replace function app_private.search_vector_index(
  version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec,
  kinds app_public.source_type[], max_results integer, sources uuid[], filters app_public.search_filters, conditions text,
  ef_search integer, max_scan_tuples integer
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '200'
set hnsw.max_scan_tuples = '20000'
set enable_seqscan = off
set enable_sort = off
set jit = off
set constraint_exclusion = off
as $$
begin
  perform set_config('hnsw.ef_search', greatest(ef_search, max_results)::text, true),
    set_config('hnsw.max_scan_tuples', max_scan_tuples::text, true);
  -- relaxed order is almost sorted, so what the index gives is sorted again
  return query execute format($query$
    with nearest as materialized (
      select e.chunk_id as id, e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s) as distance, c.importance_score
      from app_public.embeddings e
      cross join lateral (select c.importance_score from app_public.chunks c where c.id = e.chunk_id and %2$s offset 0) as c
      where e.version_id = $1 and e.workspace_id = $2
      order by e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s)
      limit $6
    )
    select n.id, (1 - n.distance)::real, n.importance_score from nearest n order by n.distance, n.id
  $query$, version.dimensions, conditions) using version.id, workspace, caller, query_embedding, kinds, max_results, sources, filters;
end
$$;
comment on function app_private.search_vector_index(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer, uuid[], app_public.search_filters, text, integer, integer) is
  'Nearest chunks by the vector index, continued until enough rows pass the filter. Score: cosine similarity.';

-- A chunk is asked in the language that it was indexed in: a query stemmed by other rules misses words, and a word that
-- is excluded with "-" is not recognised. The index is asked once, for what any language accepts.
create or replace function app_private.search_text(
  workspace uuid, caller uuid, query text, kinds app_public.source_type[], max_results integer, sources uuid[],
  filters app_public.search_filters, conditions text
)
returns table (chunk_id uuid, score real, importance real)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
set constraint_exclusion = off
as $$
declare
  languages text[];
  -- which of the different queries each language asks: most languages leave most words as they are
  numbers bigint[];
  queries tsquery[];
  any_query tsquery;
  query tsquery;
  found text[];
  -- six words of each query, not those after a minus; the sixth stands for all that follow
  words tsquery[] := '{}';
  word_count integer := 0;
begin
  select array_agg(n.language), array_agg(n.number), array_agg(distinct n.query order by n.query)
  into languages, numbers, queries
  from (
    select a.language, a.query, dense_rank() over (order by a.query) as number
    from (
      select l.language, app_private.text_search_query(l.language, search_text.query) as query
      from (
        select distinct k.text_search_language::text as language
        from app_hidden.chunk_counts k
        where k.workspace_id = workspace and k.chunk_count > 0
          and ((filters).text_search_languages is null or k.text_search_language::text = any ((filters).text_search_languages))
      ) as l
      -- asked once for each, not wherever it is read
      offset 0
    ) as a
    where numnode(a.query) > 0
  ) as n;
  if queries is null then
    return;
  end if;
  foreach query in array queries loop
    any_query := coalesce(any_query || query, query);
    found := array(
      select w.word[1]
      from regexp_matches(query::text, $words$!\( (?:'(?:[^']|'')*'|[^'()])*\)|!'(?:[^']|'')*'|'(?:[^']|'')*'$words$, 'g') with ordinality as w (word, place)
      where w.word[1] not like '!%'
      group by w.word[1]
      order by min(w.place)
    );
    word_count := greatest(word_count, cardinality(found));
    words := words || array[[
      found[1]::tsquery, found[2]::tsquery, found[3]::tsquery, found[4]::tsquery, found[5]::tsquery, nullif(array_to_string(found[6:], ' | '), '')::tsquery
    ]];
  end loop;
  -- of very many words the index is asked only when the planner knows that it should be: 1,500 took 18 s instead of 2
  if conditions is null and numnode(any_query) > 200 then
    conditions := app_private.search_conditions(null, null, true, 'warm');
  end if;
  if conditions is not null then
    return query execute app_private.search_statement('text', conditions)
    using null, workspace, caller, any_query, kinds, max_results, sources, filters, languages, numbers, queries, words, word_count;
  else
    return query select * from app_private.search_text_plain(
      null, workspace, caller, any_query, kinds, max_results, null, null, languages, numbers, queries, words, word_count
    );
  end if;
end
$$;
comment on function app_private.search_text(uuid, uuid, text, app_public.source_type[], integer, uuid[], app_public.search_filters, text) is
  'Chunks that contain the words of a query, each asked in its own language. Score: the sum over the words of ts_rank, divided by the logarithm of the length, times ln(1 + matches / matches with the word); it compares within one search only.';
--! EndIncluded search/legs.sql
--! Included search/chunk_totals.sql
-- How much there is to search in a workspace, by the counts that triggers keep: never by counting. Without a set clause, so
-- that it becomes a part of the query that asks.
create or replace function app_private.chunk_totals(workspace uuid, kinds app_public.source_type[])
returns table (available bigint, everything bigint, has_memories boolean)
language sql
stable
as $$
  select
    coalesce(sum(k.chunk_count) filter (where k.source_type = any (kinds)), 0)::bigint, coalesce(sum(k.chunk_count), 0)::bigint,
    coalesce(bool_or(k.source_type = 'memory' and k.chunk_count > 0), false) and 'memory' = any (kinds)
  from app_hidden.chunk_counts k
  where k.workspace_id = workspace;
$$;
comment on function app_private.chunk_totals(uuid, app_public.source_type[]) is
  'Chunks of the asked kinds, chunks of all kinds, and whether memories are among what is asked for and there.';
--! EndIncluded search/chunk_totals.sql
--! Included search/search_ef_search.sql
-- How far an index search looks: the only place where search and the measurement of recall get these numbers from. What an
-- administrator set is the least; a measurement may raise it for a version, no further than search_ef_search_max.
create or replace function app_private.search_ef_search(version app_public.embedding_versions)
returns integer
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  least_one integer := app_hidden.setting('search_ef_search')::integer;
begin
  -- without a measurement, or one that found it enough, there is nothing else to ask
  if version.search_ef_search is null or version.search_ef_search <= least_one or app_hidden.setting('search_ef_search_auto') <> 'on' then
    return least_one;
  end if;
  return greatest(least_one, least(version.search_ef_search, app_hidden.setting('search_ef_search_max')::integer, 1000));
end
$$;
comment on function app_private.search_ef_search(app_public.embedding_versions) is 'hnsw.ef_search for index searches of an embedding version: the setting search_ef_search, or what a measurement raised it to.';

create or replace function app_private.search_max_scan_tuples(filters app_public.search_filters)
returns integer
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  -- what a filter leaves out is soon cheaper to look for in the rows
  select case when filters is null then 20000 else 5000 end;
$$;
comment on function app_private.search_max_scan_tuples(app_public.search_filters) is 'hnsw.max_scan_tuples of an index search.';
--! EndIncluded search/search_ef_search.sql
--! Included search/search.sql
-- Hybrid search over everything the caller may read in the workspace of the request. Sealed, see legs.sql for why. The
-- caller and the workspace come from the session alone, never from an argument.
--
-- Fusion: reciprocal rank (Cormack, Clarke, Buettcher 2009), the sum of 1 / (60 + rank) over the first 20 of both legs. What
-- neither has among its first 20 comes after all that, by the better of its ranks. So no leg is asked for more than the page
-- needs, and the next page goes on where this one ends.
create or replace function app_public.search(
  query text,
  query_embedding extensions.halfvec default null,
  kinds app_public.source_type[] default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0,
  embedding_version_id uuid default null
)
returns app_public.search_response
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
-- its own statements look up single rows, and planning them took 1 ms of 3; the legs are dynamic and planned anew in any case
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.searched_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  wanted integer;
  -- Each place more costs up to 8 µs a leg, of 2,500 for a search of a small workspace. 3,000 headings of README files found
  -- their text among the first ten as often with 10 as with 100 (0.32 and 0.33; joined by "or" 0.41 and 0.39).
  rank_window constant integer := 20;
  candidates integer;
  nearest integer;
  exact_limit bigint;
  available bigint;
  everything bigint;
  matching bigint;
  has_memories boolean;
  is_keyed boolean;
  is_exact boolean;
  sources uuid[];
  tier text;
  conditions text;
  is_plain boolean;
  vectors app_private.search_hit[];
  hits app_private.search_hit[] := '{}';
  response app_public.search_response;
begin
  -- an API key may search without the right to read anything else
  if workspace is null or caller is null or not app_hidden.has_scope('search') then
    perform app_hidden.require_member();
  end if;
  mode := coalesce(mode, 'hybrid');
  max_results := coalesce(max_results, 10);
  skip := coalesce(skip, 0);
  query := coalesce(query, '');
  kinds := coalesce(kinds, enum_range(null::app_public.source_type));
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  wanted := skip + max_results;
  if skip < 0 or wanted > 200 then
    raise exception 'Pages reach as far as the first 200 results: skip % and maxResults % do not.', skip, max_results
      using errcode = 'CQ200', hint = 'Narrow the search by filters.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
  if threshold not between -1 and 1 then
    raise exception 'threshold is -1 to 1, not %.', threshold using errcode = 'CQ200', hint = 'Cosine similarity lies between -1 and 1.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to search for.' using errcode = 'CQ200', hint = 'Pass some words as "query".';
  end if;
  -- "is not null" would mean that each of them is given
  if not (filters is null) then
    perform app_private.check_search_filters(filters);
    sources := app_private.search_sources(workspace, caller, filters);
  end if;

  response.requested := max_results;
  response.path := 'none';
  response.scan_limit_hit := false;
  tier := case when filters.include_cold then null else 'warm' end;
  -- each leg of a hybrid hands more than was asked for to the fusion, since what is second in both may be the best of all
  candidates := case mode when 'hybrid' then greatest(rank_window, wanted) else wanted end;

  if embedding_version_id is null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
  else
    select v.* into version from app_public.embedding_versions v
    where v.id = search.embedding_version_id and v.status <> 'archived'
      and to_regclass(format('app_partitions.embeddings_%s', v.number)) is not null;
    if version.id is null then
      raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'Leave it out to search the active one.';
    end if;
  end if;
  if mode = 'text' or query_embedding is null then
    version := null;
  elsif vector_dims(query_embedding) <> version.dimensions then
    raise exception 'The vector has % dimensions, the % embedding version "%" has %.', vector_dims(query_embedding), version.status, version.name, version.dimensions
      using errcode = 'CQ301', hint = 'Embed the query with the model of that version, or leave queryEmbedding out.';
  end if;
  response.embedding_version_id := version.id;

  select t.* into available, everything, has_memories from app_private.chunk_totals(workspace, kinds) as t;

  if version.id is not null then
    exact_limit := app_hidden.setting('search_exact_limit')::bigint;
    is_exact := available <= exact_limit;
    is_keyed := sources is not null or filters.created_after is not null;
    if is_keyed and not is_exact then
      -- by index, and no further than it takes to decide
      execute format('select count(*) from (select from app_public.chunks c where %s limit $6) as c', app_private.search_conditions(filters, sources, has_memories, tier))
      into matching
      using null, workspace, caller, null, kinds, exact_limit + 1, sources, filters;
      is_exact := matching <= exact_limit;
    end if;
    -- a version that is being built has no index yet
    is_exact := is_exact or to_regclass(format('app_partitions.embeddings_%s_hnsw', version.number)) is null;
    response.path := case when is_exact then 'exact' else 'index' end;
    -- few of many: from the chunks to their vectors, not the other way round
    is_keyed := is_exact and (is_keyed or 4 * available < everything);
  end if;

  loop
    conditions := app_private.search_conditions(filters, sources, has_memories, tier);
    is_plain := filters is null and tier = 'warm';
    if version.id is not null then
      vectors := '{}';
      if not is_exact then
        vectors := array(
          select row(s.chunk_id, 'vector', s.place, s.score, s.importance, tier = 'cold')::app_private.search_hit
          from app_private.search_vector_index(
            version, workspace, caller, query_embedding, kinds, candidates, sources, filters, conditions,
            app_private.search_ef_search(version), app_private.search_max_scan_tuples(filters)
          ) with ordinality as s (chunk_id, score, importance, place)
        );
        -- too few although there are more: the scan stopped at its limit, so nothing may be trusted to the index
        if cardinality(vectors) < candidates then
          response.path := 'index, then exact';
          response.scan_limit_hit := true;
        end if;
      end if;
      if is_exact or cardinality(vectors) < candidates then
        -- most of what is near may be read, as a rule: to sort no more than that makes a search of 2,000 chunks a tenth cheaper
        nearest := case when is_exact and is_plain and not is_keyed and available > 4 * candidates then 4 * candidates end;
        loop
          vectors := array(
            select row(s.chunk_id, 'vector', s.place, s.score, s.importance, tier = 'cold')::app_private.search_hit
            from app_private.search_vector_exact(
              version, workspace, caller, query_embedding, kinds, candidates, sources, filters,
              case when not is_plain or is_keyed then conditions end, is_keyed, nearest
            ) with ordinality as s (chunk_id, score, importance, place)
          );
          exit when nearest is null or cardinality(vectors) >= candidates;
          nearest := null;
        end loop;
      end if;
      if threshold is not null then
        vectors := array(select v::app_private.search_hit from unnest(vectors) as v where v.score >= threshold);
      end if;
      hits := hits || vectors;
    end if;
    if mode <> 'vector' and trim(query) <> '' then
      hits := hits || array(
        select row(s.chunk_id, 'text', s.place, s.score, s.importance, tier = 'cold')::app_private.search_hit
        from app_private.search_text(
          workspace, caller, query, kinds, candidates, sources, filters,
          -- a plan for no tenant in particular may read all chunks of the tenant: 3 ms for 2,000
          case when not is_plain or everything > 2000 then conditions end
        )
          with ordinality as s (chunk_id, score, importance, place)
      );
    end if;
    -- what is cold comes after all the rest, and only when that is too little
    exit when tier is distinct from 'warm'
      -- a chunk is hit twice at most, so mostly there is nothing to count
      or cardinality(hits) >= wanted and (cardinality(hits) >= 2 * wanted or (select count(distinct h.chunk_id) from unnest(hits) as h) >= wanted)
      or not exists (select from app_public.chunks c where c.workspace_id = workspace and c.tier = 'cold');
    tier := 'cold';
  end loop;
  response.searched_cold := tier is distinct from 'warm';

  select array_agg(row(found.*)::app_public.search_result order by fused.is_cold, fused.score desc, fused.importance desc, fused.chunk_id desc)
  into response.results
  from (
    select
      h.chunk_id, max(h.score) filter (where h.leg = 'vector') as vector_score, max(h.score) filter (where h.leg = 'text') as text_score,
      (case
        when mode <> 'hybrid' then max(h.score)
        when min(h.place) <= rank_window then sum(1.0::float8 / (60 + h.place)) filter (where h.place <= rank_window)
        else 1.0::float8 / (60 + min(h.place))
      end)::real as score,
      h.importance, h.is_cold
    from unnest(hits) as h
    group by h.chunk_id, h.importance, h.is_cold
    -- ties go to the more important chunk, then to the newer: ids are ordered by time
    order by h.is_cold, score desc, h.importance desc, h.chunk_id desc
    limit max_results offset skip
  ) as fused
  cross join lateral (
    select
      fused.chunk_id, c.source_type, c.document_id, c.conversation_id, c.message_id,
      coalesce(
        (select d.title from app_public.documents d where d.id = c.document_id),
        (select t.title from app_public.conversations t where t.id = c.conversation_id),
        (select i.subject from app_public.memory_items i where i.id = c.memory_item_id),
        case when c.raw_event_id is not null then app_hidden.event_title(c.raw_event_id) end
      ) as title,
      c.heading,
      app_private.search_snippet(c.text_search_language, case when fused.text_score is null then c.text_search end, c.content, query) as snippet,
      c.content, c.page_number, fused.vector_score, fused.text_score, fused.score, c.memory_item_id, c.raw_event_id
    from app_public.chunks c
    where c.workspace_id = workspace and c.id = fused.chunk_id
  ) as found;
  response.results := coalesce(response.results, '{}');
  response.returned := cardinality(response.results);
  return response;
end
$$;
comment on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid) is
  'Finds chunks of documents, messages, memories and events by meaning and by words. The API computes the vector of "query" itself; kinds, filters, threshold (cosine similarity) and mode narrow the search; maxResults (1 to 100) and skip page through its first 200 results. Errors: CQ101 not signed in, CQ200 unusable argument, CQ204 no such embedding version, CQ301 vector of another model.';
grant execute on function app_public.search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode, app_public.search_filters, integer, uuid)
  to colloquy_user, colloquy_admin;
--! EndIncluded search/search.sql
--! Included search/narrow.sql
-- Narrower ways to ask app_public.search, which does all of the work: nothing here reads a table, so nothing here is sealed.

create or replace function app_public.search_similar_chunks(
  embedding extensions.halfvec,
  threshold real default null,
  max_results integer default 10,
  kinds app_public.source_type[] default null,
  filters app_public.search_filters default null,
  skip integer default 0,
  embedding_version_id uuid default null
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search(
    query => '', query_embedding => embedding, kinds => kinds, max_results => max_results, threshold => threshold, mode => 'vector',
    filters => filters, skip => skip, embedding_version_id => embedding_version_id
  );
$$;
comment on function app_public.search_similar_chunks(extensions.halfvec, real, integer, app_public.source_type[], app_public.search_filters, integer, uuid) is
  'Chunks nearest to a vector, from the cosine similarity "threshold" on. Errors: CQ101 not signed in, CQ200 unusable argument, CQ204 no such embedding version, CQ301 vector of another model.';

create or replace function app_public.search_similar_messages(
  embedding extensions.halfvec,
  conversation_id uuid default null,
  threshold real default null,
  max_results integer default 10,
  skip integer default 0
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search_similar_chunks(
    embedding => embedding, threshold => threshold, max_results => max_results, kinds => array['message']::app_public.source_type[],
    filters => case
      when search_similar_messages.conversation_id is not null
        then jsonb_populate_record(null::app_public.search_filters, jsonb_build_object('conversation_id', search_similar_messages.conversation_id))
    end,
    skip => skip
  );
$$;
comment on function app_public.search_similar_messages(extensions.halfvec, uuid, real, integer, integer) is
  'Messages nearest to a vector, of one conversation or of all. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

create or replace function app_public.search_documents(
  query text,
  query_embedding extensions.halfvec default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search(
    query => query, query_embedding => query_embedding, kinds => array['document']::app_public.source_type[], max_results => max_results,
    threshold => threshold, mode => mode, filters => filters, skip => skip
  );
$$;
comment on function app_public.search_documents(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer) is
  'Search in documents alone. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

create or replace function app_public.search_memories(
  query text,
  query_embedding extensions.halfvec default null,
  max_results integer default 10,
  threshold real default null,
  mode app_public.search_mode default 'hybrid',
  filters app_public.search_filters default null,
  skip integer default 0
)
returns app_public.search_response
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  select app_public.search(
    query => query, query_embedding => query_embedding, kinds => array['memory']::app_public.source_type[], max_results => max_results,
    threshold => threshold, mode => mode, filters => filters, skip => skip
  );
$$;
comment on function app_public.search_memories(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer) is
  'Search in memories alone, by their fit only; recall also weighs importance and recency. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

grant execute on function
  app_public.search_similar_chunks(extensions.halfvec, real, integer, app_public.source_type[], app_public.search_filters, integer, uuid),
  app_public.search_similar_messages(extensions.halfvec, uuid, real, integer, integer),
  app_public.search_documents(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer),
  app_public.search_memories(text, extensions.halfvec, integer, real, app_public.search_mode, app_public.search_filters, integer)
to colloquy_user, colloquy_admin;
--! EndIncluded search/narrow.sql
--! Included search/search_titles.sql
-- Titles that resemble some words, typos included. Sealed, since the trigram operators are not leakproof and could not use
-- their index below a policy; it applies tenant, ownership and visibility itself, for the caller that the session says.
create or replace function app_public.search_titles(query text, max_results integer default 10)
returns setof app_public.title_match
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
-- one wrong letter in a word of seven leaves 0.5 of its groups of three letters
set pg_trgm.word_similarity_threshold = '0.4'
as $$
declare
  workspace uuid := app_hidden.searched_workspace_id();
  caller uuid := app_hidden.current_user_id();
begin
  if workspace is null or caller is null or not app_hidden.has_scope('search') then
    perform app_hidden.require_member();
  end if;
  max_results := coalesce(max_results, 10);
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 200 then
    raise exception 'A title is sought by at most 200 characters.' using errcode = 'CQ200', hint = 'Pass some words of it as "query".';
  end if;
  if trim(coalesce(query, '')) = '' then
    return;
  end if;
  -- planned for this tenant, as the legs of search are
  return query execute $query$
    select found.*
    from (
      (
        select 'document'::app_public.source_type, d.id, null::uuid, d.title, word_similarity($1, d.title) as similarity
        from app_public.documents d
        where d.workspace_id = $2 and (d.owner_id = $3 or d.visibility = 'workspace') and $1 <% d.title
        order by similarity desc, d.id desc
        limit $4
      )
      union all
      (
        select 'message', null, t.id, t.title, word_similarity($1, t.title) as similarity
        from app_public.conversations t
        where t.workspace_id = $2 and (t.owner_id = $3 or t.visibility = 'workspace') and $1 <% t.title
        order by similarity desc, t.id desc
        limit $4
      )
    ) as found (source_type, document_id, conversation_id, title, similarity)
    order by found.similarity desc, coalesce(found.document_id, found.conversation_id) desc
    limit $4
  $query$ using query, workspace, caller, max_results;
end
$$;
comment on function app_public.search_titles(text, integer) is
  'Documents and conversations by their titles, typos included, best first. Errors: CQ101 not signed in, CQ200 unusable argument.';
grant execute on function app_public.search_titles(text, integer) to colloquy_user, colloquy_admin;
--! EndIncluded search/search_titles.sql
--! Included search/explain_answer.sql
-- What an answer was made of, and what a search for its question finds now. Not sealed: what is not readable by the policies
-- of messages, citations and chunks does not exist here, and one that is gone looks the same.

create or replace function app_hidden.question_of(answer app_public.messages)
returns app_public.messages
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select q
  from app_public.messages q
  -- ids are ordered by time: only the months of the conversation up to the answer are touched
  where q.conversation_id = (answer).conversation_id and q.id >= (answer).conversation_id and q.id < (answer).id and q.role = 'user'
    and case when (answer).parent_id is null then q.sequence_number < (answer).sequence_number else q.id = (answer).parent_id end
  order by q.sequence_number desc
  limit 1;
$$;
comment on function app_hidden.question_of(app_public.messages) is 'The question that a message answers: its parent, or the last one before it.';
grant execute on function app_hidden.question_of(app_public.messages) to colloquy_user, colloquy_admin;

create or replace function app_public.explain_answer(message_id uuid)
returns app_public.answer_explanation
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  answer app_public.messages;
  question app_public.messages;
  result app_public.answer_explanation;
begin
  perform app_hidden.require_member();
  if explain_answer.message_id is null then
    return null;
  end if;
  select m.* into answer from app_public.messages m where m.id = explain_answer.message_id;
  if answer.id is null then
    raise exception 'There is no such message.' using errcode = 'CQ204', hint = 'Take the id of an answer that you can read.';
  end if;
  question := app_hidden.question_of(answer);
  result.message_id := answer.id;
  result.question_id := question.id;
  result.question := question.content;
  result.retrieval := answer.metadata -> 'retrieval';
  result.chunks := array(
    select row(
      x.chunk_id, x.rank, x.similarity_score, x.text_score, x.score, x.embedding_version_id, c.id is not null, c.source_type,
      coalesce(
        (select d.title from app_public.documents d where d.id = c.document_id),
        (select t.title from app_public.conversations t where t.id = c.conversation_id),
        (select i.subject from app_public.memory_items i where i.id = c.memory_item_id),
        case when c.raw_event_id is not null then app_hidden.event_title(c.raw_event_id) end
      ),
      c.content
    )::app_public.explained_chunk
    from app_public.message_chunks x
    left join app_public.chunks c on c.workspace_id = x.workspace_id and c.id = x.chunk_id
    where x.message_id = answer.id
    order by x.rank
  );
  return result;
end
$$;
comment on function app_public.explain_answer(uuid) is
  'Which chunks an answer used, with the scores of each leg, the embedding version and the settings that served it. Errors: CQ101 not signed in, CQ204 no such message.';
grant execute on function app_public.explain_answer(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.replay_retrieval(message_id uuid, version_id uuid default null)
returns app_public.retrieval_replay
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  explanation app_public.answer_explanation;
  vector extensions.halfvec;
  used uuid[];
  kinds app_public.source_type[];
  found app_public.search_response;
  result app_public.retrieval_replay;
begin
  explanation := app_public.explain_answer(replay_retrieval.message_id);
  if explanation.message_id is null then
    return null;
  end if;
  if trim(coalesce(explanation.question, '')) = '' then
    raise exception 'Before this message there is no question.' using errcode = 'CQ200', hint = 'Take the id of an answer.';
  end if;
  result.message_id := explanation.message_id;
  result.embedding_version_id := coalesce(replay_retrieval.version_id, (select v.id from app_public.embedding_versions v where v.status = 'active'));
  select e.embedding into vector
  from app_public.chunks c
  join app_public.embeddings e on e.version_id = result.embedding_version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
  where c.workspace_id = app_hidden.current_workspace_id() and c.message_id = explanation.question_id
  order by c.chunk_index
  limit 1;
  result.has_vector := vector is not null;
  used := array(select x.chunk_id from unnest(explanation.chunks) as x order by x.rank);
  -- the kinds that it used, or all but messages: the question itself would be what fits best
  kinds := coalesce(
    (select array_agg(distinct x.source_type) from unnest(explanation.chunks) as x where x.source_type is not null),
    array['document', 'memory', 'event']::app_public.source_type[]
  );
  found := app_public.search(
    query => left(explanation.question, 10000), query_embedding => vector, kinds => kinds,
    max_results => least(100, greatest(cardinality(used), 10) + 20), embedding_version_id => replay_retrieval.version_id
  );
  result.path := found.path;
  result.chunks := array(
    select row(coalesce(u.id, n.chunk_id), u.place, n.place, n.title, n.score)::app_public.replayed_chunk
    from unnest(used) with ordinality as u (id, place)
    full join (
      select r.chunk_id, r.title, r.score, row_number() over (order by r.place) as place
      from (
        select f.chunk_id, f.title, f.score, f.message_id, row_number() over () as place from unnest(found.results) as f
      ) as r
      -- neither the question nor the answer explains the answer
      where r.message_id is null or r.message_id not in (explanation.question_id, explanation.message_id)
      order by r.place
      limit greatest(cardinality(used), 10)
    ) as n on n.chunk_id = u.id
    order by u.place, n.place
  );
  result.overlap := (
    select (count(x.rank)::float8 / nullif(count(x.cited_rank), 0))::real
    from unnest(result.chunks) as x where x.cited_rank is not null
  );
  return result;
end
$$;
comment on function app_public.replay_retrieval(uuid, uuid) is
  'Searches now for the question of an answer, by its stored vector and its words, in the active or another kept embedding version, and compares. Errors: CQ101 not signed in, CQ200 no question before it, CQ204 no such message or version.';
grant execute on function app_public.replay_retrieval(uuid, uuid) to colloquy_user, colloquy_admin;
--! EndIncluded search/explain_answer.sql
--! Included embeddings/embedding_partitions.sql
-- The partitions of one embedding version: by list on the version, then by hash on the workspace with the modulus that
-- chunks have, so that joins go partition by partition. The dimension is checked here, since the column has none.
--
-- Made beside the table and then attached: "create table … partition of" would lock out every search until the end of
-- the transaction, attaching locks out none.
create or replace function app_private.create_embedding_partitions(for_version uuid)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  version app_public.embedding_versions;
  modulus integer := app_hidden.setting('hash_partitions')::integer;
begin
  select * into strict version from app_public.embedding_versions v where v.id = for_version;
  execute format(
    'create table app_partitions.embeddings_%s (
       like app_public.embeddings including defaults including constraints including storage including compression,
       constraint embeddings_%1$s_dimensions check (extensions.vector_dims(embedding) = %s)
     ) partition by hash (workspace_id)',
    version.number, version.dimensions
  );
  for remainder in 0 .. modulus - 1 loop
    execute format(
      'create table app_partitions.embeddings_%1$s_%2$s partition of app_partitions.embeddings_%1$s for values with (modulus %3$s, remainder %4$s)',
      version.number, lpad(remainder::text, 2, '0'), modulus, remainder
    );
  end loop;
  execute format(
    'alter table app_public.embeddings attach partition app_partitions.embeddings_%s for values in (%L)', version.number, version.id
  );
end
$$;
comment on function app_private.create_embedding_partitions(uuid) is 'Makes the partitions of an embedding version, without the vector index.';

-- For a version that is empty or that nobody writes to yet; one that is in use is indexed partition by partition
-- (app_hidden.build_embedding_index).
create or replace function app_private.create_embedding_index(for_version uuid)
returns void
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  version app_public.embedding_versions;
begin
  select * into strict version from app_public.embedding_versions v where v.id = for_version;
  -- serves: the index path of search
  execute format(
    'create index if not exists embeddings_%s_hnsw on app_partitions.embeddings_%1$s
       using hnsw ((embedding::extensions.halfvec(%s)) extensions.halfvec_cosine_ops)',
    version.number, version.dimensions
  );
end
$$;
comment on function app_private.create_embedding_index(uuid) is 'Builds the vector index of an embedding version on all its partitions at once.';

create or replace function app_private.embedding_index_is_valid(for_version uuid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
    from app_public.embedding_versions v
    join pg_class c on c.relnamespace = 'app_partitions'::regnamespace and c.relname = format('embeddings_%s_hnsw', v.number)
    join pg_index i on i.indexrelid = c.oid
    where v.id = for_version and i.indisvalid
  );
$$;
comment on function app_private.embedding_index_is_valid(uuid) is 'Whether the vector index of an embedding version is whole.';

create or replace function app_private.embedding_partition_count(for_version uuid)
returns integer
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)::integer
  from app_public.embedding_versions v
  join pg_inherits i on i.inhparent = to_regclass(format('app_partitions.embeddings_%s', v.number))
  where v.id = for_version;
$$;
comment on function app_private.embedding_partition_count(uuid) is 'How many hash partitions an embedding version was made with.';
--! EndIncluded embeddings/embedding_partitions.sql
--! Included embeddings/counts.sql
-- Keeps chunk_counts, one row per workspace, kind and language, and embedding_counts, one per workspace and version, by
-- statement. In the order of their keys, so that two statements never wait for each other in a circle.
create or replace function app_private.count_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.chunk_counts;
  elsif tg_op = 'INSERT' then
    insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, chunk_count)
    select n.workspace_id, n.source_type, n.text_search_language, count(*) from changed_chunks n group by 1, 2, 3 order by 1, 2, 3
    on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count + excluded.chunk_count;
  else
    perform
    from app_hidden.chunk_counts k
    where (k.workspace_id, k.source_type, k.text_search_language) in (
      select o.workspace_id, o.source_type, o.text_search_language from changed_chunks o
    )
    order by k.workspace_id, k.source_type, k.text_search_language
    for no key update;
    update app_hidden.chunk_counts k
    set chunk_count = k.chunk_count - gone.chunk_count
    from (
      select o.workspace_id, o.source_type, o.text_search_language, count(*) as chunk_count from changed_chunks o group by 1, 2, 3
    ) as gone
    where k.workspace_id = gone.workspace_id and k.source_type = gone.source_type and k.text_search_language = gone.text_search_language;
  end if;
  return null;
end
$$;
comment on function app_private.count_chunks() is 'Trigger: keeps chunk_counts.';

create or replace trigger chunks_10_count_insert after insert on app_public.chunks
referencing new table as changed_chunks for each statement execute function app_private.count_chunks();
create or replace trigger chunks_10_count_delete after delete on app_public.chunks
referencing old table as changed_chunks for each statement execute function app_private.count_chunks();
create or replace trigger chunks_10_count_truncate after truncate on app_public.chunks
for each statement execute function app_private.count_chunks();

-- Of what is counted only the language ever changes, and most updates do not change it.
create or replace function app_private.count_corrected_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  with changes as materialized (
    select d.workspace_id, d.source_type, d.text_search_language, sum(d.difference) as difference
    from (
      select o.workspace_id, o.source_type, o.text_search_language, -1 as difference from old_chunks o
      union all
      select n.workspace_id, n.source_type, n.text_search_language, 1 from new_chunks n
    ) as d
    group by 1, 2, 3
    having sum(d.difference) <> 0
  )
  insert into app_hidden.chunk_counts as k (workspace_id, source_type, text_search_language, chunk_count)
  select d.workspace_id, d.source_type, d.text_search_language, greatest(d.difference, 0) from changes d order by 1, 2, 3
  on conflict on constraint chunk_counts_pkey do update set chunk_count = k.chunk_count + (
    select d.difference from changes d
    where d.workspace_id = k.workspace_id and d.source_type = k.source_type and d.text_search_language = k.text_search_language
  );
  return null;
end
$$;
comment on function app_private.count_corrected_chunks() is 'Trigger: keeps chunk_counts when languages are corrected.';

create or replace trigger chunks_10_count_update after update on app_public.chunks
referencing old table as old_chunks new table as new_chunks for each statement execute function app_private.count_corrected_chunks();

create or replace function app_private.count_embeddings()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.embedding_counts;
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into app_hidden.embedding_counts as k (version_id, workspace_id, embedding_count)
    select n.version_id, n.workspace_id, count(*) from changed_embeddings n group by n.version_id, n.workspace_id order by 1, 2
    on conflict (version_id, workspace_id) do update set embedding_count = k.embedding_count + excluded.embedding_count;
  else
    update app_hidden.embedding_counts k
    set embedding_count = k.embedding_count - gone.embedding_count
    from (
      select o.version_id, o.workspace_id, count(*) as embedding_count from changed_embeddings o group by o.version_id, o.workspace_id order by 1, 2
    ) as gone
    where k.version_id = gone.version_id and k.workspace_id = gone.workspace_id;
  end if;
  return null;
end
$$;
comment on function app_private.count_embeddings() is 'Trigger: keeps embedding_counts.';

create or replace trigger embeddings_10_count_insert after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.count_embeddings();
create or replace trigger embeddings_10_count_delete after delete on app_public.embeddings
referencing old table as changed_embeddings for each statement execute function app_private.count_embeddings();
create or replace trigger embeddings_10_count_truncate after truncate on app_public.embeddings
for each statement execute function app_private.count_embeddings();
--! EndIncluded embeddings/counts.sql
--! Included embeddings/embedding_waits.sql
-- Whether a chunk is to be left alone for now: it failed and waits or was given up, a worker has sent it away, its owner's
-- budget is spent, or the provider of the version is left alone. Whoever looks for chunks without a vector asks this, so that a
-- poisoned one neither blocks the others nor comes back every minute. It is asked once for each chunk, about 30 µs: the planner
-- does not take a function with subqueries apart. So whoever asks says first what costs less.
create or replace function app_private.embedding_waits(for_version uuid, for_workspace uuid, for_chunk uuid, for_owner uuid)
returns boolean
language sql
stable
as $$
  select exists (
    select from app_hidden.embedding_failures f
    where f.version_id = for_version and f.workspace_id = for_workspace and f.chunk_id = for_chunk
      and (f.is_dead or f.next_attempt_at > pg_catalog.statement_timestamp())
  ) or exists (
    select from app_hidden.embedding_claims k
    where k.workspace_id = for_workspace and k.version_id = for_version and for_chunk = any (k.chunk_ids)
      and k.abandoned_at is null and k.expires_at > pg_catalog.statement_timestamp()
  ) or exists (
    select from app_hidden.embedding_refusals r
    where r.version_id = for_version and r.workspace_id = for_workspace and r.user_id = for_owner
      and r.retry_at > pg_catalog.statement_timestamp()
  ) or exists (
    select from app_public.embedding_versions v
    join app_hidden.provider_pauses p on p.provider = v.provider
    where v.id = for_version and p.paused_until > pg_catalog.statement_timestamp()
  );
$$;
comment on function app_private.embedding_waits(uuid, uuid, uuid, uuid) is 'Whether a chunk without a vector is not to be embedded yet.';
--! EndIncluded embeddings/embedding_waits.sql
--! Included embeddings/pipeline.sql
-- What the indexing worker calls. The data is the truth: work is what is missing, so a lost job loses nothing and a
-- repeated one changes nothing. Only the worker may call these; it decides nothing, it cuts text and computes vectors.
--
-- What runs for every source is planned once (force_generic_plan: planning over all partitions took longer than the work) and
-- goes from what it is given to single rows, by index: "offset 0" keeps the planner from reading a whole workspace instead.

create or replace function app_hidden.find_unindexed(max_sources integer default 100)
returns table (workspace_id uuid, source_type app_public.source_type, source_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  version uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  return query
  (
    select d.workspace_id, 'document'::app_public.source_type, d.id
    from app_public.documents d
    where d.chunked_hash is distinct from d.content_hash and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = d.workspace_id and f.document_id = d.id and f.content_hash = d.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by d.id
    limit max_sources
  )
  union
  (
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_sequence_number < c.last_sequence_number and not exists (
      -- one that was given up is passed over
      select from app_hidden.cutting_failures f
      where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.sequence_number = c.indexed_sequence_number + 1
        and not f.is_dead and f.next_attempt_at > statement_timestamp()
    )
    order by c.id
    limit max_sources
  )
  union
  (
    select m.workspace_id, 'memory'::app_public.source_type, m.id
    from app_public.memory_items m
    where m.chunked_hash is distinct from m.content_hash and upper_inf(m.validity) and not exists (
      select from app_hidden.cutting_failures f
      where f.workspace_id = m.workspace_id and f.memory_item_id = m.id and f.content_hash = m.content_hash
        and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    order by m.id
    limit max_sources
  )
  union
  (
    -- only in workspaces whose counts differ: everywhere else nothing is read
    select distinct c.workspace_id, c.source_type, coalesce(c.document_id, c.conversation_id, c.memory_item_id, c.raw_event_id)
    from (
      select k.workspace_id
      from app_hidden.chunk_counts k
      group by k.workspace_id
      having sum(k.chunk_count) <> coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = version and e.workspace_id = k.workspace_id), 0
      ) + (
        select count(*) from app_hidden.embedding_failures f
        where f.version_id = version and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
      )
    ) as behind
    join app_public.chunks c on c.workspace_id = behind.workspace_id
    where version is not null and not exists (
      select from app_public.embeddings e where e.version_id = version and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    )
    and not app_private.embedding_waits(version, c.workspace_id, c.id, c.owner_id)
    limit max_sources
  )
  limit max_sources;
end
$$;
comment on function app_hidden.find_unindexed(integer) is 'Documents, conversations and memories with missing or stale chunks, or chunks, also of events, without a vector: what lost jobs left.';

create or replace function app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb)
returns table (kept integer, added integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  document app_public.documents;
  wanted app_private.wanted_chunk[];
begin
  select d.* into document
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id = for_document
  for no key update;
  if document.id is null or document.content_hash <> of_hash then
    -- gone, or edited since it was read: the job of that edit does it
    return;
  end if;

  -- the n-th piece of a text stays the n-th piece of the same text: its vector stays valid, only its place may move
  with given as (
    select w.*, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)) as content_hash
    from jsonb_to_recordset(new_chunks) as w (
      chunk_index integer, content text, heading text, page_number integer, start_offset integer, end_offset integer, token_count integer
    )
  ),
  numbered as (
    select g.*, row_number() over (partition by g.content_hash order by g.chunk_index) as n from given g
  ),
  existing as (
    select c.id, c.content_hash, row_number() over (partition by c.content_hash order by c.chunk_index) as n
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  )
  select coalesce(array_agg(
    row(
      x.chunk_index, x.content, x.heading, x.page_number, x.start_offset, x.end_offset, x.token_count, x.content_hash, e.id
    )::app_private.wanted_chunk
  ), '{}')
  into wanted
  from numbered x
  left join existing e on e.content_hash = x.content_hash and e.n = x.n;

  -- what goes and what comes are counted one after the other; two that change languages do it in the same order
  perform
  from app_hidden.chunk_counts k
  where k.workspace_id = for_workspace and k.source_type = 'document' and exists (
    select from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document and c.text_search_language <> document.text_search_language
  )
  order by k.text_search_language
  for no key update;
  delete from app_public.chunks c
  where c.workspace_id = for_workspace and c.document_id = for_document
    and not exists (select from unnest(wanted) as w where w.kept_id = c.id);
  get diagnostics removed = row_count;

  set constraints app_public.chunks_document_id_chunk_index_key deferred;
  update app_public.chunks c
  set chunk_index = w.chunk_index, start_offset = w.start_offset, end_offset = w.end_offset, page_number = w.page_number,
    text_search_language = document.text_search_language
  from unnest(wanted) as w
  where c.workspace_id = for_workspace and c.document_id = for_document and c.id = w.kept_id
    and (c.chunk_index, c.start_offset, c.end_offset, c.page_number, c.text_search_language)
      is distinct from (w.chunk_index, w.start_offset, w.end_offset, w.page_number, document.text_search_language);
  select count(*) into kept from unnest(wanted) as w where w.kept_id is not null;

  insert into app_public.chunks (
    workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading, page_number, start_offset, end_offset,
    token_count, content_hash, text_search_language
  )
  select
    for_workspace, 'document', for_document, document.owner_id, document.visibility, w.chunk_index, w.content, w.heading, w.page_number,
    w.start_offset, w.end_offset, w.token_count, w.content_hash, document.text_search_language
  from unnest(wanted) as w
  where w.kept_id is null;
  get diagnostics added = row_count;

  update app_public.documents d set chunked_hash = of_hash where d.id = for_document;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.document_id = for_document;
  return next;
end
$$;
comment on function app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb) is
  'Replaces the chunks of a document by new ones, keeping those whose text is the same. No row when the document is gone or has changed since of_hash was read.';

create or replace function app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  added integer;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
  for no key update;
  if conversation.id is null or conversation.indexed_sequence_number >= through_sequence_number then
    return 0;
  end if;

  insert into app_public.chunks (
    workspace_id, source_type, conversation_id, message_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset,
    token_count, content_hash, text_search_language
  )
  select
    for_workspace, 'message', for_conversation, w.message_id, conversation.owner_id, conversation.visibility, w.chunk_index, w.content,
    w.heading, w.start_offset, w.end_offset, w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)),
    (select app_private.workspace_language(for_workspace))
  from jsonb_to_recordset(new_chunks) as w (
    message_id uuid, chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer
  )
  join app_public.messages m
    on m.id = w.message_id and m.conversation_id = for_conversation
    and m.sequence_number > conversation.indexed_sequence_number and m.sequence_number <= through_sequence_number
  -- behind one that is tried again after it was given up, they have theirs
  where not exists (select from app_public.chunks c where c.workspace_id = for_workspace and c.message_id = w.message_id);
  get diagnostics added = row_count;

  update app_public.conversations c set indexed_sequence_number = through_sequence_number where c.id = for_conversation;
  delete from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and f.sequence_number <= through_sequence_number and not f.is_dead;
  return added;
end
$$;
comment on function app_hidden.add_message_chunks(uuid, uuid, integer, jsonb) is
  'Adds the chunks of new messages of a conversation and remembers how far it got. Done twice, it changes nothing.';

create or replace function app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  memory app_public.memory_items;
  added integer;
begin
  select m.* into memory
  from app_public.memory_items m
  where m.workspace_id = for_workspace and m.id = for_memory
  for no key update;
  if memory.id is null or not upper_inf(memory.validity) or memory.content_hash <> of_hash or memory.chunked_hash = of_hash then
    -- gone, closed since it was read, or done
    return 0;
  end if;
  delete from app_public.chunks c where c.workspace_id = for_workspace and c.memory_item_id = for_memory;
  insert into app_public.chunks (
    workspace_id, source_type, memory_item_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    content_hash, importance_score, text_search_language
  )
  select
    for_workspace, 'memory', for_memory, memory.owner_id, memory.visibility, w.chunk_index, w.content, w.heading, w.start_offset, w.end_offset,
    w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)), memory.importance,
    (select app_private.workspace_language(for_workspace))
  from jsonb_to_recordset(new_chunks) as w (
    chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer
  );
  get diagnostics added = row_count;
  update app_public.memory_items m set chunked_hash = of_hash where m.id = for_memory;
  delete from app_hidden.cutting_failures f where f.workspace_id = for_workspace and f.memory_item_id = for_memory;
  return added;
end
$$;
comment on function app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb) is
  'Gives a memory its chunks. 0 when the memory is gone, holds no longer, or has them already.';

create or replace function app_hidden.chunks_to_embed(for_version uuid, for_workspace uuid, for_source_type app_public.source_type, for_source uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
  select c.id, c.content_hash, concat_ws(E'\n', c.heading, c.content)
  from (
    -- one of them is read, by its own index
    select d.* from app_public.chunks d
    where for_source_type = 'document' and d.workspace_id = for_workspace and d.document_id = for_source
    union all
    select m.* from app_public.chunks m
    where for_source_type = 'message' and m.workspace_id = for_workspace and m.conversation_id = for_source
    union all
    select i.* from app_public.chunks i
    where for_source_type = 'memory' and i.workspace_id = for_workspace and i.memory_item_id = for_source
    union all
    select r.* from app_public.chunks r
    where for_source_type = 'event' and r.workspace_id = for_workspace and r.raw_event_id = for_source
  ) as c
  where not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id offset 0
    )
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  order by c.id
  limit max_chunks;
$$;
comment on function app_hidden.chunks_to_embed(uuid, uuid, app_public.source_type, uuid, integer) is 'Chunks of a source that have no vector in a version yet, and need not wait.';

create or replace function app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, twin.embedding
  from unnest(chunk_ids) as wanted (id)
  cross join lateral (
    select k.id, k.content_hash from app_public.chunks k where k.workspace_id = for_workspace and k.id = wanted.id offset 0
  ) as c
  cross join lateral (
    select e.embedding
    from app_public.chunks same
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = same.id
    where same.workspace_id = for_workspace and same.content_hash = c.content_hash
    limit 1
  ) as twin
  on conflict do nothing
  returning chunk_id;
end
$$;
comment on function app_hidden.reuse_embeddings(uuid, uuid, uuid[]) is 'Gives chunks the vector that an equal text of the same workspace has already. Returns their ids.';

create or replace function app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  stored integer;
begin
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, given.vector::extensions.halfvec
  from unnest(chunk_ids, vectors) as given (chunk_id, vector)
  cross join lateral (
    select k.id from app_public.chunks k where k.workspace_id = for_workspace and k.id = given.chunk_id offset 0
  ) as c
  on conflict do nothing;
  get diagnostics stored = row_count;
  return stored;
end
$$;
comment on function app_hidden.store_embeddings(uuid, uuid, uuid[], text[]) is
  'Stores vectors of chunks; a chunk that is gone or has one already is passed over. Returns how many were stored.';

grant execute on function
  app_hidden.find_unindexed(integer),
  app_hidden.replace_document_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.add_message_chunks(uuid, uuid, integer, jsonb),
  app_hidden.replace_memory_chunks(uuid, uuid, bytea, jsonb),
  app_hidden.chunks_to_embed(uuid, uuid, app_public.source_type, uuid, integer),
  app_hidden.reuse_embeddings(uuid, uuid, uuid[]),
  app_hidden.store_embeddings(uuid, uuid, uuid[], text[])
to colloquy_worker;
--! EndIncluded embeddings/pipeline.sql
--! Included embeddings/indexing_progress.sql
-- How far the indexing of the caller's workspace is, from maintained counts: cheap enough to ask every second.
create or replace function app_public.indexing_progress()
returns app_public.indexing_progress
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  dead_documents bigint;
  dead_memory_items bigint;
  result app_public.indexing_progress;
begin
  perform app_hidden.require_member();
  select count(*) into result.pending_documents
  from app_public.documents d where d.workspace_id = workspace and d.chunked_hash is distinct from d.content_hash;
  -- what was given up is not waited for, unless it was edited since; messages that were given up are passed over
  select count(*), count(f.document_id), count(f.memory_item_id) into result.dead_sources, dead_documents, dead_memory_items
  from app_hidden.cutting_failures f
  where f.workspace_id = workspace and f.is_dead and (
    f.conversation_id is not null
    or exists (select from app_public.documents d where d.id = f.document_id and d.content_hash = f.content_hash)
    or exists (select from app_public.memory_items m where m.id = f.memory_item_id and m.content_hash = f.content_hash and upper_inf(m.validity))
  );
  result.pending_documents := result.pending_documents - dead_documents;
  select count(*) into result.pending_conversations
  from app_public.conversations c where c.workspace_id = workspace and c.indexed_sequence_number < c.last_sequence_number;
  select count(*) into result.pending_memory_items
  from app_public.memory_items m where m.workspace_id = workspace and upper_inf(m.validity) and m.chunked_hash is distinct from m.content_hash;
  result.pending_memory_items := result.pending_memory_items - dead_memory_items;
  select count(*) into result.pending_files
  from app_public.files f where f.workspace_id = workspace and f.processing_status in ('pending', 'processing') and f.sha256 is not null;
  select count(*) into result.pending_events
  from app_public.raw_events e where e.workspace_id = workspace and e.processing_status in ('pending', 'processing');
  select coalesce(sum(k.chunk_count), 0) into result.chunks from app_hidden.chunk_counts k where k.workspace_id = workspace;
  select coalesce(sum(e.embedding_count), 0) into result.embedded_chunks
  from app_hidden.embedding_counts e
  join app_public.embedding_versions v on v.id = e.version_id and v.status = 'active'
  where e.workspace_id = workspace;
  select count(*) filter (where not f.is_dead), count(*) filter (where f.is_dead)
  into result.retrying_chunks, result.dead_chunks
  from app_hidden.embedding_failures f
  join app_public.embedding_versions v on v.id = f.version_id and v.status = 'active'
  where f.workspace_id = workspace;
  result.is_complete := result.pending_documents = 0 and result.pending_conversations = 0 and result.pending_memory_items = 0 and result.pending_files = 0
    and result.pending_events = 0 and result.embedded_chunks + result.dead_chunks >= result.chunks;
  if not result.is_complete then
    -- what this workspace is kept back by comes first; of a provider, only that it is
    select h.paused, h.resumes_at into result.paused, result.resumes_at
    from (
      select case r.code when 'CQ220' then 'budget' when 'CQ221' then 'quota' else 'switch' end as paused, r.retry_at as resumes_at, 1 as place
      from app_hidden.embedding_refusals r
      join app_public.embedding_versions v on v.id = r.version_id and v.status = 'active'
      where r.workspace_id = workspace
      union all
      -- events whose summary has no room: only they are pending and wait
      select case when e.error like '%(CQ220)' then 'budget' when e.error like '%(CQ221)' then 'quota' else 'switch' end, e.retry_at, 1
      from app_public.raw_events e
      where e.workspace_id = workspace and e.processing_status = 'pending' and e.retry_at > statement_timestamp()
      union all
      select 'provider', p.paused_until, 2
      from app_hidden.provider_pauses p
      join app_public.embedding_versions v on v.provider = p.provider and v.status = 'active'
      where p.paused_until > statement_timestamp()
    ) as h
    order by h.place, h.resumes_at
    limit 1;
  end if;
  return result;
end
$$;
comment on function app_public.indexing_progress() is 'How much of this workspace is searchable by now, and what holds the rest back. Error: CQ101 not signed in.';
grant execute on function app_public.indexing_progress() to colloquy_user, colloquy_admin;
--! EndIncluded embeddings/indexing_progress.sql
--! Included audit/log_event.sql
-- Writes one entry of the audit log. What is not given comes from the claims of the request. Never hand it a secret: it
-- writes what it gets; audit_row strips rows by itself.
create or replace function app_private.log_event(
  action text,
  user_id uuid,
  workspace_id uuid default null,
  entity_type text default 'user',
  entity_id uuid default null,
  old_values jsonb default null,
  new_values jsonb default null
)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  insert into app_public.audit_logs (workspace_id, user_id, action, entity_type, entity_id, old_values, new_values, api_key_id, ip, request_id)
  values (
    log_event.workspace_id, log_event.user_id, log_event.action, log_event.entity_type,
    -- an event of an account is about the account
    coalesce(log_event.entity_id, case when log_event.entity_type = 'user' then log_event.user_id end),
    log_event.old_values, log_event.new_values,
    nullif(current_setting('colloquy.api_key_id', true), '')::uuid,
    nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.request_id', true), ''), 200)
  );
$$;
comment on function app_private.log_event(text, uuid, uuid, text, uuid, jsonb, jsonb) is 'Adds an entry to the audit log.';
--! EndIncluded audit/log_event.sql
--! Included audit/audit_row.sql
-- Trigger: one entry of the audit log for each change of a row. Its arguments are the kind of thing, the column that
-- identifies it, and the column of its workspace, if it has one. An update is logged by the columns that it changed; one
-- that changed nothing that counts is not logged. Columns that may hold a secret are cut out by name, whatever table they
-- stand in. What is not public in its workspace makes an entry of whoever did it, which the workspace's managers do not read.
create or replace function app_private.without_secrets(row_values jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(v.key, v.value), '{}')
  from jsonb_each(row_values) as v
  -- max_tokens, token_limit and monthly_token_quota are numbers
  where v.key !~* '(password|secret|hash|token(?!s|_limit|_quota))' and v.key not in ('created_at', 'updated_at', 'last_used_at');
$$;
comment on function app_private.without_secrets(jsonb) is 'A row as the audit log may keep it: without secrets and bookkeeping.';

create or replace function app_hidden.audit_row()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  entity_type text := tg_argv[0];
  before jsonb := case when tg_op <> 'INSERT' then app_private.without_secrets(to_jsonb(old)) end;
  after jsonb := case when tg_op <> 'DELETE' then app_private.without_secrets(to_jsonb(new)) end;
  whole jsonb := coalesce(after, before);
  -- the settings of the installation are known by a name
  has_uuid boolean := pg_input_is_valid(whole ->> tg_argv[1], 'uuid');
  is_private boolean := false in ((before ->> 'is_public')::boolean, (after ->> 'is_public')::boolean);
begin
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, after -> b.key) into before, after
    from jsonb_each(before) as b
    where b.value is distinct from after -> b.key or b.key = tg_argv[1] and not has_uuid;
    if before is null or before = after then
      return null;
    end if;
  end if;
  perform app_private.log_event(
    entity_type || case tg_op when 'INSERT' then '.created' when 'UPDATE' then '.changed' else '.removed' end,
    app_hidden.current_user_id(),
    case when is_private is not true then (whole ->> tg_argv[2])::uuid end, entity_type,
    case when has_uuid then (whole ->> tg_argv[1])::uuid end, before, after
  );
  return null;
end
$$;
comment on function app_hidden.audit_row() is 'Trigger: writes what was changed into the audit log, without secrets.';

create or replace trigger workspaces_50_audit
after insert or delete or update of name, slug, settings, is_personal, text_search_language
on app_public.workspaces for each row execute function app_hidden.audit_row('workspace', 'id', 'id');

create or replace trigger workspace_members_50_audit
after insert or update or delete
on app_public.workspace_members for each row execute function app_hidden.audit_row('member', 'user_id', 'workspace_id');

create or replace trigger workspace_invitations_50_audit
after insert or update or delete
on app_public.workspace_invitations for each row execute function app_hidden.audit_row('invitation', 'id', 'workspace_id');

-- not last_used_at, which every minute of use changes
create or replace trigger api_keys_50_audit
after insert or delete or update of owner_id, name, scopes, expires_at, is_active
on app_public.api_keys for each row execute function app_hidden.audit_row('api_key', 'id', 'workspace_id');

-- not the totals, which usage moves, and not what people say about themselves
create or replace trigger users_50_audit
after update of email, role, monthly_token_quota, monthly_cost_quota_usd, is_active
on app_public.users for each row execute function app_hidden.audit_row('account', 'id');

create or replace trigger rag_configurations_50_audit
after insert or update or delete
on app_public.rag_configurations for each row execute function app_hidden.audit_row('rag_configuration', 'id', 'workspace_id');

create or replace trigger system_prompt_templates_50_audit
after insert or update or delete
on app_public.system_prompt_templates for each row execute function app_hidden.audit_row('system_prompt_template', 'id', 'workspace_id');

create or replace trigger retention_policies_50_audit
after insert or update or delete
on app_public.retention_policies for each row execute function app_hidden.audit_row('retention_policy', 'id', 'workspace_id');

create or replace trigger legal_holds_50_audit
after insert or update or delete
on app_public.legal_holds for each row execute function app_hidden.audit_row('legal_hold', 'id', 'workspace_id');

create or replace trigger usage_budgets_50_audit
after insert or update or delete
on app_public.usage_budgets for each row execute function app_hidden.audit_row('usage_budget', 'id', 'workspace_id');

create or replace trigger conversation_shares_50_audit
after insert or update or delete
on app_public.conversation_shares for each row execute function app_hidden.audit_row('conversation_share', 'id', 'workspace_id');

create or replace trigger file_type_configs_50_audit
after insert or update or delete
on app_public.file_type_configs for each row execute function app_hidden.audit_row('file_type', 'mime_type');

create or replace trigger settings_50_audit
after insert or update or delete
on app_private.settings for each row execute function app_hidden.audit_row('setting', 'name');
--! EndIncluded audit/audit_row.sql
--! Included audit/audit_logs_00_append_only.sql
-- Nobody changes the audit log, its owner included. A trigger for statements is asked for the table and not for its
-- partitions: so maintenance may still move rows from the default partition to their month, and drop a month that
-- retention has ended. No request role and no job can use that schema.
create or replace function app_hidden.refuse_change()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'Entries of % are added and never changed.', tg_table_name using errcode = 'CQ117', hint = 'Write a further entry instead.';
end
$$;
comment on function app_hidden.refuse_change() is 'Trigger: refuses every change. Raises CQ117.';

create or replace trigger audit_logs_00_append_only
before update or delete or truncate
on app_public.audit_logs for each statement execute function app_hidden.refuse_change();
--! EndIncluded audit/audit_logs_00_append_only.sql
--! Included mail/send_mail.sql
-- Puts a mail into the outbox, in the caller's transaction: it is delivered exactly when what it speaks about is true.
-- A null recipient writes nothing and takes the same way: who has an account must not show in the time that this takes.
create or replace function app_private.send_mail(recipient text, subject text, body text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_private.mail_outbox (recipient, subject, body)
  select send_mail.recipient, send_mail.subject, send_mail.body
  where send_mail.recipient is not null;
  perform app_hidden.enqueue('deliver-mail', '{}');
end
$$;
comment on function app_private.send_mail(text, text, text) is 'Adds a mail to the outbox and wakes the job that delivers it.';
--! EndIncluded mail/send_mail.sql
--! Included mail/outbox.sql
-- What the job that delivers mail may do with the outbox: take what is due, and say what became of it. Taking a mail puts
-- its next attempt off, so that two workers never hold the same one, and one that dies gives it back after the pause.
create or replace function app_hidden.take_mail(max_mails integer default 20)
returns table (id uuid, recipient text, subject text, body text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if max_mails not between 1 and 1000 then
    raise exception 'max_mails is 1 to 1000, not %.', max_mails using errcode = 'CQ200', hint = 'Twenty are the default.';
  end if;
  return query
  update app_private.mail_outbox as m
  set
    attempts = m.attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => 60 * power(2, m.attempts))
  from (
    select o.id
    from app_private.mail_outbox o
    where o.sent_at is null and o.next_attempt_at <= clock_timestamp() and o.attempts < app_hidden.setting('mail_attempts')::integer
    order by o.next_attempt_at, o.id
    limit max_mails
    for update skip locked
  ) as due
  where m.id = due.id
  returning m.id, m.recipient, m.subject, m.body;
end
$$;
comment on function app_hidden.take_mail(integer) is 'The mails that are due, at most so many, each put off until it may be tried again.';
grant execute on function app_hidden.take_mail(integer) to colloquy_worker;

create or replace function app_hidden.settle_mail(mail_id uuid, error text default null)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_private.mail_outbox as m
  set
    sent_at = case when settle_mail.error is null then clock_timestamp() end,
    -- it may hold a token: what was sent is not kept
    body = case when settle_mail.error is not null then m.body end,
    last_error = left(settle_mail.error, 1000)
  where m.id = settle_mail.mail_id and m.sent_at is null;
  return found;
end
$$;
comment on function app_hidden.settle_mail(uuid, text) is 'Says that a mail was sent, which removes its text, or why it was not. False when it was settled before.';
grant execute on function app_hidden.settle_mail(uuid, text) to colloquy_worker;
--! EndIncluded mail/outbox.sql
--! Included auth/count_failed_attempt.sql
-- Counts a wrong password, and locks the account for a while after too many: the lock doubles up to an hour. The caller
-- must not raise afterwards, or the count is rolled back.
create or replace function app_private.count_failed_attempt(for_user uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  most integer := app_hidden.setting('sign_in_attempts')::integer;
begin
  update app_private.user_secrets s
  set
    failed_attempts = s.failed_attempts + 1,
    locked_until = case
      when s.failed_attempts + 1 >= most then
        clock_timestamp() + make_interval(secs => least(
          3600, app_hidden.setting('sign_in_lock_seconds')::integer * power(2, least(s.failed_attempts + 1 - most, 12))
        ))
    end
  where s.user_id = for_user;
  perform app_private.log_event('user.sign_in_failed', for_user);
end
$$;
comment on function app_private.count_failed_attempt(uuid) is 'Counts a wrong password of an account; after too many it is locked for a while.';
--! EndIncluded auth/count_failed_attempt.sql
--! Included auth/change_password.sql
-- Sets a new password for the signed-in user and ends its other sessions. Returns false for a wrong old password: raising
-- would roll back the count of failures. The API turns false into error CQ102. API keys stay: they are revoked by name, or all by a
-- reset by mail.
create or replace function app_public.change_password(old_password text, new_password text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  account record;
begin
  perform app_hidden.require_session();
  select s.password_hash, s.locked_until into account from app_private.user_secrets s where s.user_id = me for update;
  if account.locked_until > clock_timestamp() then
    raise exception 'Too many failed attempts.' using errcode = 'CQ103',
      hint = format('Try again in %s seconds.', ceil(extract(epoch from account.locked_until - clock_timestamp())));
  end if;
  if old_password is null or octet_length(old_password) > 1000 or crypt(old_password, account.password_hash) <> account.password_hash then
    perform app_private.count_failed_attempt(me);
    return false;
  end if;

  update app_private.user_secrets s
  set
    password_hash = app_private.hash_password(new_password), failed_attempts = 0, locked_until = null,
    reset_token_hash = null, reset_expires_at = null
  where s.user_id = me;
  delete from app_private.user_sessions s where s.user_id = me and s.id is distinct from app_hidden.current_session_id();
  perform app_private.log_event('user.password_changed', me);
  return true;
end
$$;
comment on function app_public.change_password(text, text) is
  'Sets a new password and ends the other sessions. Errors: CQ101 not signed in, CQ102 the old password is wrong (in SQL: false), CQ103 locked for a while, CQ105 too short or too long, CQ110 not with an API key.';
grant execute on function app_public.change_password(text, text) to colloquy_user, colloquy_admin;
--! EndIncluded auth/change_password.sql
--! Included auth/password_reset.sql
-- A new password for somebody who forgot the old one. The request gives the same answer for every address and takes the
-- same way: the token is made, the same statements run, and for an unknown address they touch no row. Nothing that it
-- returns may depend on the account.
create or replace function app_public.request_password_reset(email text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  token text := 'cqr_' || encode(gen_random_bytes(32), 'hex');
  validity interval := make_interval(mins => app_hidden.setting('reset_minutes')::integer);
  pause interval := make_interval(secs => app_hidden.setting('mail_pause_seconds')::integer);
  account uuid;
  recipient text;
begin
  select u.id into account
  from app_public.users u
  where u.email = left(trim(request_password_reset.email), 255)::citext and u.is_active;

  update app_private.user_secrets s
  set reset_token_hash = sha256(convert_to(token, 'UTF8')), reset_expires_at = clock_timestamp() + validity
  from app_public.users u
  where s.user_id = account and u.id = s.user_id
    -- a mailbox is not flooded by whoever knows its address
    and (s.reset_expires_at is null or s.reset_expires_at - validity + pause <= clock_timestamp())
  returning u.email into recipient;

  perform app_private.send_mail(recipient, 'A new password for Colloquy', format(
    E'Somebody, probably you, asked for a new password.\n\nToken: %s\n\nIt works once, for %s minutes. If it was not you, do nothing.',
    token, app_hidden.setting('reset_minutes')
  ));
  if recipient is not null then
    perform app_private.log_event('user.password_reset_requested', account);
  end if;
  return true;
end
$$;
comment on function app_public.request_password_reset(text) is 'Mails a token for a new password, if there is such an account. The answer is always true.';
grant execute on function app_public.request_password_reset(text) to colloquy_visitor, colloquy_user, colloquy_admin;

-- The token is used up by the update that looks for it: of two at once the second finds it gone.
create or replace function app_public.reset_password(token text, new_password text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  account uuid;
begin
  update app_private.user_secrets s
  set
    password_hash = app_private.hash_password(new_password), failed_attempts = 0, locked_until = null,
    reset_token_hash = null, reset_expires_at = null
  from app_public.users u
  where s.reset_token_hash = sha256(convert_to(left(token, 100), 'UTF8')) and s.reset_expires_at > clock_timestamp()
    and u.id = s.user_id and u.is_active
  returning s.user_id into account;
  if account is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestPasswordReset.';
  end if;
  -- who reads the mailbox has proved it
  update app_public.users u set is_email_verified = true where u.id = account and not u.is_email_verified;
  if found then
    -- whoever came by an identity provider before has not, and comes in no more
    delete from app_private.user_identities i where i.user_id = account;
  end if;
  -- who lost control of the account, or never had it, has it now, and nobody else: the keys of programs end as well, whoever
  -- made them
  update app_public.api_keys k set is_active = false where k.owner_id = account and k.is_active;
  delete from app_private.user_sessions s where s.user_id = account;
  perform app_private.log_event('user.password_reset', account);
  return true;
end
$$;
comment on function app_public.reset_password(text, text) is
  'Sets a new password by a token from a mail, ends all sessions and revokes all API keys of the account. Errors: CQ105 too short or too long, CQ112 token unknown, used or expired.';
grant execute on function app_public.reset_password(text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded auth/password_reset.sql
--! Included auth/email_verification.sql
-- Proves that a person reads its address. The token goes there and nowhere else.
create or replace function app_public.request_email_verification()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  token text := 'cqv_' || encode(gen_random_bytes(32), 'hex');
  validity interval := make_interval(hours => app_hidden.setting('verification_hours')::integer);
  pause interval := make_interval(secs => app_hidden.setting('mail_pause_seconds')::integer);
  me app_public.users;
begin
  perform app_hidden.require_session();
  select u.* into me from app_public.users u where u.id = app_hidden.current_user_id();
  if me.is_email_verified then
    return false;
  end if;
  update app_private.user_secrets s
  set verification_token_hash = sha256(convert_to(token, 'UTF8')), verification_expires_at = clock_timestamp() + validity
  where s.user_id = me.id
    and (s.verification_expires_at is null or s.verification_expires_at - validity + pause <= clock_timestamp());
  if found then
    perform app_private.send_mail(me.email::text, 'Your address at Colloquy', format(
      E'Please confirm that this is your address.\n\nToken: %s\n\nIt works once, for %s hours.',
      token, app_hidden.setting('verification_hours')
    ));
  end if;
  return true;
end
$$;
comment on function app_public.request_email_verification() is
  'Mails a token that verifies the address, at most one a minute. False when it is verified already. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.request_email_verification() to colloquy_user, colloquy_admin;

create or replace function app_public.verify_email(token text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  account uuid;
begin
  update app_private.user_secrets s
  set verification_token_hash = null, verification_expires_at = null
  where s.verification_token_hash = sha256(convert_to(left(token, 100), 'UTF8')) and s.verification_expires_at > clock_timestamp()
  returning s.user_id into account;
  if account is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestEmailVerification.';
  end if;
  update app_public.users u set is_email_verified = true where u.id = account;
  perform app_private.log_event('user.email_verified', account);
  return true;
end
$$;
comment on function app_public.verify_email(text) is 'Verifies an address by a token from a mail. Error: CQ112 token unknown, used or expired.';
grant execute on function app_public.verify_email(text) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded auth/email_verification.sql
--! Included auth/sessions.sql
-- The caller's own sessions: seen without their tokens, and ended one by one or all but this one. Sealed: user_sessions
-- is closed. An API key sees none, since it could end the sessions of whoever wants to revoke it.
create or replace function app_public.my_sessions()
returns setof app_public.active_session
language plpgsql
stable
security definer
rows 10
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_session();
  return query
  select s.id, s.created_at, s.last_active_at, s.expires_at, s.ip, s.user_agent, s.id is not distinct from app_hidden.current_session_id()
  from app_private.user_sessions s
  where s.user_id = app_hidden.current_user_id() and s.expires_at > now()
  order by s.id desc;
end
$$;
comment on function app_public.my_sessions() is 'Where the caller is signed in, newest first. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.my_sessions() to colloquy_user, colloquy_admin;

create or replace function app_public.revoke_session(id uuid)
returns app_public.active_session
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.active_session;
begin
  perform app_hidden.require_session();
  delete from app_private.user_sessions s
  where s.id = revoke_session.id and s.user_id = app_hidden.current_user_id()
  returning s.id, s.created_at, s.last_active_at, s.expires_at, s.ip, s.user_agent, s.id is not distinct from app_hidden.current_session_id()
  into result;
  if result.id is null then
    raise exception 'There is no such session.' using errcode = 'CQ204', hint = 'List your sessions with mySessions.';
  end if;
  perform app_private.log_event('user.session_revoked', app_hidden.current_user_id(), entity_type => 'session', entity_id => result.id);
  return result;
end
$$;
comment on function app_public.revoke_session(uuid) is 'Ends a session of the caller: its token stops working at once. Errors: CQ101 not signed in, CQ110 not with an API key, CQ204 no such session.';
grant execute on function app_public.revoke_session(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.revoke_other_sessions()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  ended integer;
begin
  perform app_hidden.require_session();
  delete from app_private.user_sessions s
  where s.user_id = app_hidden.current_user_id() and s.id is distinct from app_hidden.current_session_id();
  get diagnostics ended = row_count;
  if ended > 0 then
    perform app_private.log_event('user.sessions_revoked', app_hidden.current_user_id(), new_values => jsonb_build_object('count', ended));
  end if;
  return ended;
end
$$;
comment on function app_public.revoke_other_sessions() is 'Ends every session of the caller but this one. Returns how many. Errors: CQ101 not signed in, CQ110 not with an API key.';
grant execute on function app_public.revoke_other_sessions() to colloquy_user, colloquy_admin;
--! EndIncluded auth/sessions.sql
--! Included members/keep_an_owner.sql
-- A workspace that has members has an owner. Asked at the end of the transaction, so that ownership can be handed over in
-- any order. The workspace's row is written, although with what it holds: of two owners that leave at once the second
-- waits for the first and then sees that it is the last, or, in a transaction that looks at an older state, has to try again.
-- An account that is erased may leave an empty workspace behind.
create or replace function app_hidden.keep_an_owner()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.workspaces w set is_personal = w.is_personal where w.id = old.workspace_id;
  if not found then
    return null;
  end if;
  if exists (select from app_public.workspace_members m where m.workspace_id = old.workspace_id and m.role = 'owner') then
    return null;
  end if;
  if exists (select from app_public.workspace_members m where m.workspace_id = old.workspace_id)
    or exists (select from app_public.users u where u.id = old.user_id)
  then
    raise exception 'A workspace keeps at least one owner.' using errcode = 'CQ111', hint = 'Make somebody else an owner first: transferOwnership.';
  end if;
  return null;
end
$$;
comment on function app_hidden.keep_an_owner() is 'Trigger: refuses the transaction that takes the last owner from a workspace. Raises CQ111.';

drop trigger if exists workspace_members_80_keep_an_owner on app_public.workspace_members;
create constraint trigger workspace_members_80_keep_an_owner
after delete or update of role, workspace_id, user_id
on app_public.workspace_members
deferrable initially deferred
for each row when (old.role = 'owner') execute function app_hidden.keep_an_owner();
--! EndIncluded members/keep_an_owner.sql
--! Included members/lock_workspace.sql
-- The first line of everything that changes who belongs to a workspace. It locks the workspace, so that such changes come
-- one after another, and reads the caller's role behind the lock: the claims were true when the request began, and the
-- caller may have been demoted since.
create or replace function app_private.lock_workspace(for_managing boolean default true)
returns app_public.workspace_members
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace app_public.workspaces;
  caller app_public.workspace_members;
begin
  perform app_hidden.require_member();
  if not app_hidden.has_scope('admin') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "admin", or sign in.';
  end if;
  select w.* into workspace from app_public.workspaces w where w.id = app_hidden.current_workspace_id() for no key update;
  select m.* into caller
  from app_public.workspace_members m
  where m.workspace_id = workspace.id and m.user_id = app_hidden.current_user_id();
  if caller.user_id is null then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, and name one in X-Workspace-Id.';
  end if;
  if for_managing and caller.role not in ('owner', 'admin') then
    raise exception 'Only owners and admins of the workspace may do this.' using errcode = 'CQ114', hint = 'Ask one of them.';
  end if;
  if workspace.is_personal then
    raise exception 'A personal workspace has one member.' using errcode = 'CQ113', hint = 'Make one to share: createWorkspace, then name it in X-Workspace-Id.';
  end if;
  return caller;
end
$$;
comment on function app_private.lock_workspace(boolean) is
  'The caller''s membership in the workspace of the request, which is locked against other changes of members. Raises CQ101, CQ107, CQ110, CQ113, CQ114.';

-- Who may take and give which role: an owner any, an admin only those below its own.
create or replace function app_private.require_rank(caller app_public.workspace_members, concerned app_public.member_role)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if caller.role <> 'owner' and concerned in ('owner', 'admin') then
    raise exception 'Only an owner of the workspace may do this.' using errcode = 'CQ114', hint = 'An admin manages members and viewers.';
  end if;
end
$$;
comment on function app_private.require_rank(app_public.workspace_members, app_public.member_role) is 'Raises CQ114 when an admin wants to change owners or admins.';
--! EndIncluded members/lock_workspace.sql
--! Included members/create_workspace.sql
-- Makes a workspace to share, with the caller as its owner; names and renames it. Sealed: workspaces is closed to writes.
create or replace function app_public.create_workspace(name text, slug text default null)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  perform app_hidden.require_session();
  begin
    insert into app_public.workspaces (name, slug)
    values (trim(create_workspace.name), nullif(lower(trim(create_workspace.slug)), ''))
    returning * into result;
  exception when unique_violation then
    raise exception 'This slug is taken.' using errcode = 'CQ116', hint = 'Choose another, or leave it out.';
  end;
  insert into app_public.workspace_members (workspace_id, user_id, role) values (result.id, app_hidden.current_user_id(), 'owner');
  return result;
end
$$;
comment on function app_public.create_workspace(text, text) is
  'Makes a workspace to share. Errors: CQ101 not signed in, CQ110 not with an API key, CQ116 the slug is taken, CQ200 name or slug not acceptable.';
grant execute on function app_public.create_workspace(text, text) to colloquy_user, colloquy_admin;

create or replace function app_public.rename_workspace(name text, slug text default null)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  perform app_private.lock_workspace();
  begin
    update app_public.workspaces w
    set name = trim(rename_workspace.name), slug = coalesce(nullif(lower(trim(rename_workspace.slug)), '')::citext, w.slug)
    where w.id = app_hidden.current_workspace_id()
    returning * into result;
  exception when unique_violation then
    raise exception 'This slug is taken.' using errcode = 'CQ116', hint = 'Choose another, or leave it out.';
  end;
  return result;
end
$$;
comment on function app_public.rename_workspace(text, text) is
  'Renames the workspace of the request; without a slug it keeps its own. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not an owner or admin, CQ116 the slug is taken, CQ200 not acceptable.';
grant execute on function app_public.rename_workspace(text, text) to colloquy_user, colloquy_admin;
--! EndIncluded members/create_workspace.sql
--! Included members/set_workspace_language.sql
-- Sealed: workspaces is closed to writes. Also for personal ones.
create or replace function app_public.set_workspace_language(text_search_language app_public.text_search_language)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  perform app_private.require_manager();
  if set_workspace_language.text_search_language is null then
    raise exception 'A language is missing.' using errcode = 'CQ200', hint = 'For example german; simple means no stemming.';
  end if;
  update app_public.workspaces w
  set text_search_language = set_workspace_language.text_search_language
  where w.id = app_hidden.current_workspace_id()
  returning w.* into result;
  return result;
end
$$;
comment on function app_public.set_workspace_language(app_public.text_search_language) is
  'Says in which language messages, memories and events are indexed, so that other forms of a word are found; those that are there follow within minutes. Documents added without a language take it from now on. Errors: CQ101 not signed in, CQ109 read-only, CQ114 not an owner or admin, CQ200 no or an unknown language.';
grant execute on function app_public.set_workspace_language(app_public.text_search_language) to colloquy_user, colloquy_admin;
--! EndIncluded members/set_workspace_language.sql
--! Included members/invitations.sql
-- Who is asked to join. The token goes to the address and is never returned: whoever accepts has read that mailbox, and is
-- signed in with that address. Of two acceptances at once one finds the invitation used.
create or replace function app_public.invite_member(email text, role app_public.member_role default 'member')
returns app_public.workspace_invitations
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  most constant integer := 200;
  caller app_public.workspace_members;
  result app_public.workspace_invitations;
  token text := 'cqi_' || encode(gen_random_bytes(32), 'hex');
  address citext := trim(invite_member.email)::citext;
begin
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, invite_member.role);
  if invite_member.role is null or invite_member.role = 'owner' then
    raise exception 'Nobody is invited as an owner.' using errcode = 'CQ200', hint = 'Invite as an admin, then transferOwnership or changeMemberRole.';
  end if;
  if exists (
    select from app_public.workspace_members m
    join app_public.users u on u.id = m.user_id
    where m.workspace_id = caller.workspace_id and u.email = address
  ) then
    raise exception 'This person is a member already.' using errcode = 'CQ115', hint = 'Change the role with changeMemberRole.';
  end if;
  if (
    select count(*) from app_public.workspace_invitations i
    where i.workspace_id = caller.workspace_id and i.accepted_at is null and i.expires_at > now()
  ) >= most then
    raise exception 'There are % open invitations.', most using errcode = 'CQ118', hint = 'Revoke some.';
  end if;

  insert into app_public.workspace_invitations as i (workspace_id, email, role, invited_by, expires_at)
  values (
    caller.workspace_id, address, invite_member.role, caller.user_id,
    clock_timestamp() + make_interval(days => app_hidden.setting('invitation_days')::integer)
  )
  on conflict (workspace_id, email) where accepted_at is null
  do update set role = excluded.role, invited_by = excluded.invited_by, expires_at = excluded.expires_at
  returning i.* into result;
  -- the mail before this one stops working
  insert into app_private.workspace_invitation_secrets as s (invitation_id, token_hash)
  values (result.id, sha256(convert_to(token, 'UTF8')))
  on conflict (invitation_id) do update set token_hash = excluded.token_hash;

  perform app_private.send_mail(result.email::text, 'An invitation to Colloquy', format(
    E'You are invited to join the workspace "%s" as %s.\n\nToken: %s\n\nSign in or register with this address, then accept. It works for %s days.',
    (select w.name from app_public.workspaces w where w.id = caller.workspace_id), result.role, token, app_hidden.setting('invitation_days')
  ));
  return result;
end
$$;
comment on function app_public.invite_member(text, app_public.member_role) is
  'Invites an address to the workspace of the request, or again, by mail. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not allowed to give this role, CQ115 a member already, CQ118 too many, CQ200 not acceptable.';
grant execute on function app_public.invite_member(text, app_public.member_role) to colloquy_user, colloquy_admin;

create or replace function app_public.accept_invitation(token text)
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  me uuid := app_hidden.current_user_id();
  invitation app_public.workspace_invitations;
  result app_public.workspace_members;
begin
  perform app_hidden.require_session();
  update app_public.workspace_invitations i
  set accepted_at = clock_timestamp(), accepted_by = me
  from app_private.workspace_invitation_secrets s, app_public.users u
  where s.token_hash = sha256(convert_to(left(accept_invitation.token, 100), 'UTF8')) and i.id = s.invitation_id
    and u.id = me and u.email = i.email
    and i.accepted_at is null and i.expires_at > clock_timestamp()
  returning i.* into invitation;
  if invitation.id is null then
    raise exception 'This token is unknown, used or expired, or was sent to another address.' using errcode = 'CQ112',
      hint = 'Sign in with the address that the invitation was sent to, or ask for a new one.';
  end if;
  delete from app_private.workspace_invitation_secrets s where s.invitation_id = invitation.id;

  insert into app_public.workspace_members (workspace_id, user_id, role)
  values (invitation.workspace_id, me, invitation.role)
  on conflict do nothing
  returning * into result;
  if result.user_id is null then
    raise exception 'You are a member already.' using errcode = 'CQ115', hint = 'Name the workspace in X-Workspace-Id.';
  end if;
  return result;
end
$$;
comment on function app_public.accept_invitation(text) is
  'Joins a workspace by the token of an invitation that was sent to the caller''s address. Errors: CQ101 not signed in, CQ110 not with an API key, CQ112 token unknown, used, expired or another''s, CQ115 a member already.';
grant execute on function app_public.accept_invitation(text) to colloquy_user, colloquy_admin;

create or replace function app_public.revoke_invitation(id uuid)
returns app_public.workspace_invitations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
  result app_public.workspace_invitations;
begin
  caller := app_private.lock_workspace();
  delete from app_public.workspace_invitations i
  where i.id = revoke_invitation.id and i.workspace_id = caller.workspace_id and i.accepted_at is null
  returning * into result;
  if result.id is null then
    raise exception 'There is no such open invitation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return result;
end
$$;
comment on function app_public.revoke_invitation(uuid) is
  'Takes an open invitation back. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not an owner or admin, CQ204 no such open invitation.';
grant execute on function app_public.revoke_invitation(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded members/invitations.sql
--! Included members/members.sql
-- Roles of members, and their leaving. Each locks the workspace first and checks the caller's role behind the lock. That an
-- owner remains is seen to here, for a clear error at once, and again by the trigger keep_an_owner, whatever writes.
create or replace function app_private.find_member(of_workspace uuid, wanted uuid)
returns app_public.workspace_members
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.workspace_members;
begin
  select m.* into result from app_public.workspace_members m where m.workspace_id = of_workspace and m.user_id = wanted;
  if result.user_id is null then
    raise exception 'There is no such member.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return result;
end
$$;
comment on function app_private.find_member(uuid, uuid) is 'A member of a workspace. Raises CQ204.';

create or replace function app_private.require_other_owner(leaving app_public.workspace_members)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if leaving.role = 'owner' and not exists (
    select from app_public.workspace_members m
    where m.workspace_id = leaving.workspace_id and m.role = 'owner' and m.user_id <> leaving.user_id
  ) then
    raise exception 'A workspace keeps at least one owner.' using errcode = 'CQ111', hint = 'Make somebody else an owner first: transferOwnership.';
  end if;
end
$$;
comment on function app_private.require_other_owner(app_public.workspace_members) is 'Raises CQ111 when a member is the only owner.';

create or replace function app_public.change_member_role(user_id uuid, role app_public.member_role)
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
  target app_public.workspace_members;
  result app_public.workspace_members;
begin
  caller := app_private.lock_workspace();
  target := app_private.find_member(caller.workspace_id, change_member_role.user_id);
  perform app_private.require_rank(caller, target.role), app_private.require_rank(caller, change_member_role.role);
  if change_member_role.role is null then
    raise exception 'The role is missing.' using errcode = 'CQ200', hint = 'Name one of owner, admin, member, viewer.';
  end if;
  if change_member_role.role <> 'owner' then
    perform app_private.require_other_owner(target);
  end if;
  update app_public.workspace_members m
  set role = change_member_role.role
  where m.workspace_id = target.workspace_id and m.user_id = target.user_id
  returning * into result;
  return result;
end
$$;
comment on function app_public.change_member_role(uuid, app_public.member_role) is
  'Gives a member of the workspace of the request another role. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ111 the last owner, CQ113 personal, CQ114 not allowed, CQ204 no such member.';
grant execute on function app_public.change_member_role(uuid, app_public.member_role) to colloquy_user, colloquy_admin;

create or replace function app_public.remove_member(user_id uuid)
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
  target app_public.workspace_members;
begin
  caller := app_private.lock_workspace();
  target := app_private.find_member(caller.workspace_id, remove_member.user_id);
  perform app_private.require_rank(caller, target.role), app_private.require_other_owner(target);
  delete from app_public.workspace_members m where m.workspace_id = target.workspace_id and m.user_id = target.user_id;
  return target;
end
$$;
comment on function app_public.remove_member(uuid) is
  'Ends a membership in the workspace of the request; keys of that member go with it, content stays. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ111 the last owner, CQ113 personal, CQ114 not allowed, CQ204 no such member.';
grant execute on function app_public.remove_member(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.leave_workspace()
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
begin
  perform app_hidden.require_session();
  caller := app_private.lock_workspace(for_managing => false);
  perform app_private.require_other_owner(caller);
  delete from app_public.workspace_members m where m.workspace_id = caller.workspace_id and m.user_id = caller.user_id;
  return caller;
end
$$;
comment on function app_public.leave_workspace() is
  'Ends the caller''s membership in the workspace of the request. Errors: CQ101 not signed in, CQ110 not with an API key, CQ111 the last owner, CQ113 personal.';
grant execute on function app_public.leave_workspace() to colloquy_user, colloquy_admin;

create or replace function app_public.transfer_ownership(user_id uuid)
returns app_public.workspace_members
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
  target app_public.workspace_members;
  result app_public.workspace_members;
begin
  perform app_hidden.require_session();
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, 'owner');
  target := app_private.find_member(caller.workspace_id, transfer_ownership.user_id);
  if target.user_id = caller.user_id then
    return caller;
  end if;
  update app_public.workspace_members m
  set role = 'owner'
  where m.workspace_id = target.workspace_id and m.user_id = target.user_id
  returning * into result;
  update app_public.workspace_members m set role = 'admin' where m.workspace_id = caller.workspace_id and m.user_id = caller.user_id;
  return result;
end
$$;
comment on function app_public.transfer_ownership(uuid) is
  'Makes a member an owner of the workspace of the request, and the caller an admin. Errors: CQ101 not signed in, CQ110 not with an API key, CQ113 personal, CQ114 not an owner, CQ204 no such member.';
grant execute on function app_public.transfer_ownership(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded members/members.sql
--! Included members/workspace_member_names.sql
-- The members of the workspace of the request by name. Sealed, since users shows everyone its own row only; it must never
-- return more of a person than name, handle and picture.
create or replace function app_public.workspace_member_names()
returns setof app_public.member_name
language plpgsql
stable
security definer
rows 20
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member();
  return query
  select u.id, u.username::text, u.display_name, u.avatar_url, m.role, m.joined_at
  from app_public.workspace_members m
  join app_public.users u on u.id = m.user_id
  where m.workspace_id = app_hidden.current_workspace_id()
    -- the claims alone are not enough: somebody may have been removed since the request began
    and exists (
      select from app_public.workspace_members me
      where me.workspace_id = app_hidden.current_workspace_id() and me.user_id = app_hidden.current_user_id()
    )
  order by m.role, m.joined_at, u.id
  limit 1000;
end
$$;
comment on function app_public.workspace_member_names() is 'The members of the workspace of the request by name, owners first, at most 1,000. Errors: CQ101 not signed in, CQ110 API key without "read".';
grant execute on function app_public.workspace_member_names() to colloquy_user, colloquy_admin;
--! EndIncluded members/workspace_member_names.sql
--! Included api_keys/api_keys_10_forget_secret.sql
-- Trigger: a key that is switched off has no secret any more, whoever switched it off.
create or replace function app_private.forget_api_key_secret()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_private.api_key_secrets s where s.api_key_id = new.id;
  return null;
end
$$;
comment on function app_private.forget_api_key_secret() is 'Trigger: removes the secret of a key that is switched off.';

create or replace trigger api_keys_10_forget_secret
after update of is_active on app_public.api_keys
for each row when (old.is_active and not new.is_active) execute function app_private.forget_api_key_secret();
--! EndIncluded api_keys/api_keys_10_forget_secret.sql
--! Included api_keys/create_api_key.sql
-- A key acts as its owner in one workspace, within its scopes. The secret leaves the database once, here; what stays is its
-- hash. Never with a key: one that leaked must not make others.
create or replace function app_public.create_api_key(name text, scopes text[] default array['read'], expires_at timestamptz default null)
returns app_public.new_api_key
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  most constant integer := 100;
  me uuid := app_hidden.current_user_id();
  workspace uuid := app_hidden.current_workspace_id();
  wanted text[];
  created app_public.api_keys;
  new_prefix text := 'cqk_' || encode(gen_random_bytes(4), 'hex');
  result app_public.new_api_key;
begin
  perform app_hidden.require_session();
  if create_api_key.name is null or char_length(trim(create_api_key.name)) not between 1 and 100 then
    raise exception 'A key has a name of 1 to 100 characters.' using errcode = 'CQ200', hint = 'Say what it is for.';
  end if;
  if create_api_key.expires_at <= clock_timestamp() then
    raise exception 'expiresAt is in the past.' using errcode = 'CQ200', hint = 'Leave it out for a key that does not expire.';
  end if;
  if scopes is null or cardinality(scopes) not between 1 and 100 or not scopes <@ array['read', 'write', 'search', 'admin'] then
    raise exception 'These scopes cannot be used.' using errcode = 'CQ200', hint = 'Name some of read, write, search, admin.';
  end if;
  -- locked, so that the count is right; gone when somebody has just removed the caller
  perform from app_public.workspace_members m where m.workspace_id = workspace and m.user_id = me for no key update;
  if not found then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, and name one in X-Workspace-Id.';
  end if;
  if (select count(*) from app_public.api_keys k where k.workspace_id = workspace and k.owner_id = me and k.is_active) >= most then
    raise exception 'You have % keys in this workspace.', most using errcode = 'CQ118', hint = 'Revoke some.';
  end if;

  -- what may write or manage may read
  select array_agg(distinct s.scope order by s.scope) into wanted
  from unnest(scopes || case when scopes && array['write', 'admin'] then array['read'] else '{}'::text[] end) as s (scope);
  result.secret := new_prefix || '_' || encode(gen_random_bytes(32), 'hex');
  insert into app_public.api_keys (workspace_id, owner_id, name, prefix, scopes, expires_at)
  values (workspace, me, trim(create_api_key.name), new_prefix, wanted, create_api_key.expires_at)
  returning * into created;
  insert into app_private.api_key_secrets (api_key_id, token_hash) values (created.id, sha256(convert_to(result.secret, 'UTF8')));
  result.api_key_id := created.id;
  result.name := created.name;
  result.prefix := created.prefix;
  result.scopes := created.scopes;
  result.expires_at := created.expires_at;
  return result;
end
$$;
comment on function app_public.create_api_key(text, text[], timestamptz) is
  'Makes a key for the workspace of the request, and shows its secret this once. Scopes: read, write, search, admin. Errors: CQ101 not signed in, CQ110 not with an API key, CQ118 too many, CQ200 not acceptable.';
grant execute on function app_public.create_api_key(text, text[], timestamptz) to colloquy_user, colloquy_admin;
--! EndIncluded api_keys/create_api_key.sql
--! Included api_keys/revoke_api_key.sql
-- Switches a key off for good: by its owner, or by an owner or admin of the workspace. Never with a key.
create or replace function app_public.revoke_api_key(id uuid)
returns app_public.api_keys
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.api_keys;
begin
  perform app_hidden.require_session();
  update app_public.api_keys k
  set is_active = false
  where k.id = revoke_api_key.id and k.workspace_id = app_hidden.current_workspace_id()
    and (k.owner_id = app_hidden.current_user_id() or app_hidden.can_manage())
  returning * into result;
  if result.id is null then
    raise exception 'There is no such key.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return result;
end
$$;
comment on function app_public.revoke_api_key(uuid) is
  'Switches a key off for good; the next request with it is refused. Errors: CQ101 not signed in, CQ110 not with an API key, CQ204 no such key.';
grant execute on function app_public.revoke_api_key(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded api_keys/revoke_api_key.sql
--! Included memory/normalized_text.sql
-- The form in which memories are compared: what differs only in case, spaces or a full stop at the end is the same.
-- Declared immutable for generated columns, as lower() is: it follows the collation of the database.
create or replace function app_hidden.normalized_text(content text)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select lower(regexp_replace(regexp_replace(trim(regexp_replace(content, '\s+', ' ', 'g')), '(?<=.)[.!]+$', ''), '\s+$', ''));
$$;
comment on function app_hidden.normalized_text(text) is 'A text in lower case, with single spaces and without a full stop at the end: what near-duplicates have in common.';
--! EndIncluded memory/normalized_text.sql
--! Included auth/require_manager.sql
-- The first line of every sealed function that only owners and administrators of a workspace may use.
create or replace function app_private.require_manager()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if not app_hidden.can_manage() then
    raise exception 'Only an owner or administrator of the workspace may do this.' using errcode = 'CQ114', hint = 'Ask one of them.';
  end if;
end
$$;
comment on function app_private.require_manager() is 'Raises CQ101 when nobody is signed in, CQ109 for a viewer, CQ114 for anyone who does not manage the workspace.';
--! EndIncluded auth/require_manager.sql
--! Included memory/memory_items_10_close.sql
-- A memory that no longer holds is unfindable at once: its chunks go in the same transaction, and come back through the
-- queue when it holds again.
create or replace function app_private.drop_chunks_of_closed_memory()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_public.chunks c where c.workspace_id = new.workspace_id and c.memory_item_id = new.id;
  new.chunked_hash := null;
  return new;
end
$$;
comment on function app_private.drop_chunks_of_closed_memory() is 'Trigger: removes the chunks of a memory that no longer holds.';

create or replace trigger memory_items_10_close
before update of validity on app_public.memory_items
for each row when (upper_inf(old.validity) and not upper_inf(new.validity))
execute function app_private.drop_chunks_of_closed_memory();

create or replace function app_private.enqueue_changed_memories()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'index-source',
    jsonb_build_object('workspaceId', n.workspace_id, 'sourceType', 'memory', 'sourceId', n.id),
    'memory:' || n.id,
    n.workspace_id::text
  )
  from new_memories n
  where upper_inf(n.validity) and n.chunked_hash is distinct from n.content_hash;
  return null;
end
$$;
comment on function app_private.enqueue_changed_memories() is 'Trigger: enqueues the indexing of memories that hold and have no chunks.';

create or replace trigger memory_items_20_enqueue_insert
after insert on app_public.memory_items
referencing new table as new_memories
for each statement execute function app_private.enqueue_changed_memories();

create or replace trigger memory_items_20_enqueue_update
after update on app_public.memory_items
referencing new table as new_memories
for each statement execute function app_private.enqueue_changed_memories();
--! EndIncluded memory/memory_items_10_close.sql
--! Included memory/remember.sql
-- Remembers a fact. Sealed: memory_items is closed to direct writes, so that a subject has one current value, near-duplicates
-- merge, and every change has its history. What was learned from a source once is never learned from it again: a memory
-- that its owner forgot does not come back because a text is read a second time.
create or replace function app_public.remember(
  content text,
  subject text default null,
  importance real default 0.5,
  source_type app_public.memory_source_type default 'manual',
  source_id uuid default null,
  visibility app_public.visibility default 'private',
  expires_at timestamptz default null,
  provenance jsonb default '{}',
  metadata jsonb default '{}'
)
returns app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  fact text := nullif(trim(remember.content), '');
  about text := nullif(trim(remember.subject), '');
  weight real := coalesce(remember.importance, 0.5);
  fact_hash bytea;
  existing app_public.memory_items;
  result app_public.memory_items;
  since timestamptz;
begin
  perform app_hidden.require_member(for_writing => true);
  if fact is null or char_length(fact) > 10000 then
    raise exception 'A memory has 1 to 10,000 characters; this one has %.', coalesce(char_length(fact), 0)
      using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  if char_length(about) > 200 then
    raise exception 'A subject has at most 200 characters; this one has %.', char_length(about) using errcode = 'CQ200', hint = 'Name it shortly.';
  end if;
  if weight not between 0 and 1 then
    raise exception 'importance is 0 to 1, not %.', weight using errcode = 'CQ200', hint = 'Leave it out for 0.5.';
  end if;
  if remember.expires_at <= now() then
    raise exception 'expiresAt lies in the past.' using errcode = 'CQ200', hint = 'Leave it out for a memory that stays.';
  end if;
  if (coalesce(remember.source_type, 'manual') = 'manual') <> (remember.source_id is null) then
    raise exception 'A memory has a sourceId exactly when its sourceType is not MANUAL.' using errcode = 'CQ200', hint = 'Send both or none.';
  end if;
  if remember.source_id is not null and not (
    case remember.source_type
      when 'document' then exists (
        select from app_public.documents d
        where d.workspace_id = workspace and d.id = remember.source_id and (d.owner_id = caller or d.visibility = 'workspace')
      )
      when 'chat' then exists (
        select from app_public.conversations c
        where c.workspace_id = workspace and (c.owner_id = caller or c.visibility = 'workspace')
          and c.id in (
            remember.source_id,
            coalesce((select m.conversation_id from app_public.messages m where m.id = remember.source_id), app_private.packed_conversation_of(remember.source_id))
          )
      )
      else exists (select from app_public.raw_events e where e.workspace_id = workspace and e.id = remember.source_id)
    end
  ) then
    raise exception 'There is no such source.' using errcode = 'CQ204', hint = 'sourceId must be something that you may read in this workspace.';
  end if;

  -- one at a time per owner: two that come together see each other
  perform pg_advisory_xact_lock(hashtextextended(format('app_public.remember %s %s', workspace, caller), 0));
  fact_hash := app_hidden.text_hash(coalesce(app_hidden.normalized_text(about), '') || E'\n' || app_hidden.normalized_text(fact));

  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.content_hash = fact_hash and upper_inf(m.validity)
  for update;
  if existing.id is not null then
    if existing.source_id = remember.source_id then
      return existing;
    end if;
    insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change, old_values)
    values (workspace, caller, existing.id, 'merged', jsonb_build_object('importance', existing.importance, 'expiresAt', existing.expires_at));
    update app_public.memory_items m
    set importance = least(1, greatest(m.importance, weight) + 0.05),
      expires_at = case when remember.expires_at is null then null else greatest(m.expires_at, remember.expires_at) end,
      updated_at = clock_timestamp()
    where m.id = existing.id
    returning * into result;
    return result;
  end if;

  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.source_id = remember.source_id and m.content_hash = fact_hash
  order by m.id desc
  limit 1;
  if existing.id is not null then
    return existing;
  end if;

  since := clock_timestamp();
  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.subject_key = app_hidden.normalized_text(about)
    and m.forgotten_at is null and upper_inf(m.validity)
  for update;
  if existing.id is not null then
    since := greatest(since, lower(existing.validity) + interval '1 microsecond');
    update app_public.memory_items m
    set validity = tstzrange(lower(m.validity), since), updated_at = since
    where m.id = existing.id;
  end if;

  insert into app_public.memory_items (
    workspace_id, owner_id, visibility, subject, content, source_type, source_id, importance, expires_at, validity, provenance, metadata
  )
  values (
    workspace, caller, coalesce(remember.visibility, 'private'), about, fact, coalesce(remember.source_type, 'manual'), remember.source_id,
    weight, remember.expires_at, tstzrange(since, null), coalesce(remember.provenance, '{}'), coalesce(remember.metadata, '{}')
  )
  returning * into result;
  insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change)
  values (workspace, caller, result.id, 'remembered');
  if existing.id is not null then
    update app_public.memory_items m set superseded_by = result.id where m.id = existing.id;
    insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change)
    values (workspace, caller, existing.id, 'superseded');
  end if;
  return result;
end
$$;
comment on function app_public.remember(text, text, real, app_public.memory_source_type, uuid, app_public.visibility, timestamptz, jsonb, jsonb) is
  'Remembers a fact. The same text again raises its importance; a new value for a subject takes the place of the one before. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ204 no such source.';
grant execute on function app_public.remember(text, text, real, app_public.memory_source_type, uuid, app_public.visibility, timestamptz, jsonb, jsonb)
  to colloquy_user, colloquy_admin;
--! EndIncluded memory/remember.sql
--! Included memory/forget.sql
-- Forgetting and its undoing. Sealed, like remember(). Only the owner of a memory may do either; it is kept, closed and
-- out of every search, until retention clears it away.
create or replace function app_private.lock_memory(memory_id uuid)
returns app_public.memory_items
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.memory_items;
begin
  perform app_hidden.require_member(for_writing => true);
  perform pg_advisory_xact_lock(
    hashtextextended(format('app_public.remember %s %s', app_hidden.current_workspace_id(), app_hidden.current_user_id()), 0)
  );
  select m.* into result
  from app_public.memory_items m
  where m.id = memory_id and m.workspace_id = app_hidden.current_workspace_id() and m.owner_id = app_hidden.current_user_id()
  for update;
  if result.id is null then
    raise exception 'There is no such memory.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return result;
end
$$;
comment on function app_private.lock_memory(uuid) is 'The caller''s memory, locked together with all others of the same owner. Raises CQ101, CQ109, CQ204.';

create or replace function app_public.forget(id uuid)
returns app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  item app_public.memory_items := app_private.lock_memory(forget.id);
  at timestamptz := greatest(clock_timestamp(), lower(item.validity) + interval '1 microsecond');
begin
  if item.forgotten_at is not null then
    return item;
  end if;
  insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change, old_values)
  values (item.workspace_id, item.owner_id, item.id, 'forgotten', jsonb_build_object('isCurrent', upper_inf(item.validity)));
  update app_public.memory_items m
  set forgotten_at = at, validity = case when upper_inf(m.validity) then tstzrange(lower(m.validity), at) else m.validity end, updated_at = at
  where m.id = item.id
  returning * into item;
  return item;
end
$$;
comment on function app_public.forget(uuid) is
  'Forgets a memory: it is found no more, until undoMemory brings it back. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such memory.';
grant execute on function app_public.forget(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.undo_memory(id uuid)
returns app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  item app_public.memory_items := app_private.lock_memory(undo_memory.id);
  -- what is opened again, and what is closed for it
  reopened app_public.memory_items;
  closed app_public.memory_items;
  last_change app_public.memory_item_changes;
  at timestamptz := clock_timestamp();
begin
  select c.* into last_change
  from app_public.memory_item_changes c
  where c.workspace_id = item.workspace_id and c.memory_item_id = item.id and c.undone_at is null
  order by c.id desc
  limit 1;
  case last_change.change
    when 'merged' then
      update app_public.memory_items m
      set importance = (last_change.old_values ->> 'importance')::real, expires_at = (last_change.old_values ->> 'expiresAt')::timestamptz
      where m.id = item.id;
    when 'forgotten' then
      if (last_change.old_values ->> 'isCurrent')::boolean then
        reopened := item;
      end if;
    when 'superseded' then
      reopened := item;
      select m.* into closed from app_public.memory_items m where m.workspace_id = item.workspace_id and m.id = item.superseded_by for update;
    when 'remembered' then
      closed := item;
      select m.* into reopened from app_public.memory_items m where m.workspace_id = item.workspace_id and m.superseded_by = item.id for update;
    else
      raise exception 'There is nothing to undo.' using errcode = 'CQ241', hint = 'Every change of this memory is undone.';
  end case;

  begin
    if upper_inf(closed.validity) then
      update app_public.memory_items m
      set forgotten_at = at, validity = tstzrange(lower(m.validity), greatest(at, lower(m.validity) + interval '1 microsecond'))
      where m.id = closed.id;
    end if;
    update app_public.memory_items m
    set forgotten_at = null, superseded_by = null, validity = tstzrange(lower(m.validity), null)
    where m.id = reopened.id;
    if last_change.change = 'forgotten' and reopened.id is null then
      update app_public.memory_items m set forgotten_at = null where m.id = item.id;
    end if;
  exception when exclusion_violation or unique_violation then
    raise exception 'Another memory has taken its place since.' using errcode = 'CQ242', hint = 'Forget that one first.';
  end;
  update app_public.memory_item_changes c
  set undone_at = at
  where c.workspace_id = item.workspace_id and c.undone_at is null and (
    c.id = last_change.id
    or last_change.change in ('superseded', 'remembered') and (
      c.memory_item_id = closed.id and c.change = 'remembered' or c.memory_item_id = reopened.id and c.change = 'superseded'
    )
  );
  update app_public.memory_items m set updated_at = at where m.id = item.id returning * into item;
  return item;
end
$$;
comment on function app_public.undo_memory(uuid) is
  'Undoes the last change of a memory: forgetting, merging, or that a new value took its place. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such memory, CQ241 nothing to undo, CQ242 another memory has taken its place.';
grant execute on function app_public.undo_memory(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded memory/forget.sql
--! Included memory/recall.sql
-- Recall: the memories that fit a question, weighed by importance and recency. Sealed, as search is, and the caller comes
-- from the session alone. It counts nothing: what an answer really used is told by use_memories.
--
-- Relevance is the reciprocal rank of both legs, 1 for what is first in both; then it is weighed: half of the score for the
-- fit alone, up to three tenths for importance, up to two for recency.

create or replace function app_public.recall(query text, query_embedding extensions.halfvec default null, max_results integer default 10)
returns app_public.recall_response
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  candidates integer;
  kinds app_public.source_type[] := array['memory']::app_public.source_type[];
  conditions text := app_private.search_conditions(null, null, true, null);
  response app_public.recall_response;
begin
  perform app_hidden.require_member();
  query := coalesce(query, '');
  max_results := coalesce(max_results, 10);
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to recall.' using errcode = 'CQ200', hint = 'Pass some words as "query".';
  end if;
  candidates := greatest(4 * max_results, 40);
  if query_embedding is not null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
    if vector_dims(query_embedding) <> version.dimensions then
      raise exception 'The vector has % dimensions, the active embedding version "%" has %.', vector_dims(query_embedding), version.name, version.dimensions
        using errcode = 'CQ301', hint = 'Embed the query with the model of the active version, or leave queryEmbedding out.';
    end if;
  end if;

  select array_agg(row(found.*)::app_public.recalled_memory order by found.score desc, found.id desc) into response.memories
  from (
    select
      m.id, m.content, m.subject, m.importance, fits.vector_score, fits.text_score, aged.recency,
      -- 2 / 61: first in both legs
      (least(1, fits.relevance * 61 / 2) * (0.5 + 0.3 * m.importance + 0.2 * aged.recency))::real as score
    from (
      -- a memory of several pieces counts by its best one
      select best.memory_item_id, max(best.vector_score) as vector_score, max(best.text_score) as text_score, sum(best.relevance) as relevance
      from (
        select
          c.memory_item_id, legs.leg, max(legs.vector_score) as vector_score, max(legs.text_score) as text_score,
          max(1.0 / (60 + legs.rank)) as relevance
        from (
          select 'vector' as leg, v.chunk_id, v.score as vector_score, null::real as text_score, row_number() over (order by v.score desc, v.chunk_id) as rank
          -- always exact: memories have an index of their own among the chunks, and a workspace has thousands of them, not millions
          from app_private.search_vector_exact(version, workspace, caller, query_embedding, kinds, candidates, null, null, conditions, true) as v
          where version.id is not null
          union all
          select 'text', x.chunk_id, null, x.score, row_number() over (order by x.score desc, x.chunk_id)
          from app_private.search_text(workspace, caller, query, kinds, candidates, null, null, conditions) as x
        ) as legs
        join app_public.chunks c on c.workspace_id = workspace and c.id = legs.chunk_id
        group by c.memory_item_id, legs.leg
      ) as best
      group by best.memory_item_id
    ) as fits
    join app_public.memory_items m on m.workspace_id = workspace and m.id = fits.memory_item_id
    cross join lateral (
      select (0.5 ^ greatest(0, extract(epoch from now() - greatest(m.last_accessed_at, lower(m.validity))) / 2592000.0))::real as recency
    ) as aged
    where upper_inf(m.validity) and (m.expires_at is null or m.expires_at > now())
    order by score desc, m.id desc
    limit max_results
  ) as found;
  response.requested := max_results;
  response.embedding_version_id := version.id;
  response.memories := coalesce(response.memories, '{}');
  response.returned := cardinality(response.memories);
  return response;
end
$$;
comment on function app_public.recall(text, extensions.halfvec, integer) is
  'The memories that fit a question best, weighed by importance and recency. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';
grant execute on function app_public.recall(text, extensions.halfvec, integer) to colloquy_user, colloquy_admin;

create or replace function app_public.use_memories(ids uuid[])
returns setof app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if cardinality(ids) > 100 then
    raise exception 'At most 100 memories at a time, not %.', cardinality(ids) using errcode = 'CQ200', hint = 'Call it again for the rest.';
  end if;
  return query
  with readable as (
    select m.id
    from app_public.memory_items m
    where m.workspace_id = app_hidden.current_workspace_id() and m.id = any (ids) and upper_inf(m.validity)
      and (m.owner_id = app_hidden.current_user_id() or m.visibility = 'workspace')
    order by m.id
    for no key update
  )
  update app_public.memory_items m
  set access_count = m.access_count + 1, last_accessed_at = clock_timestamp()
  from readable r
  where m.id = r.id
  returning m.*;
end
$$;
comment on function app_public.use_memories(uuid[]) is
  'Says which recalled memories an answer used, which keeps them recent. Returns them; what is not there or not readable is passed over. Errors: CQ101 not signed in, CQ109 read-only, CQ200 too many.';
grant execute on function app_public.use_memories(uuid[]) to colloquy_user, colloquy_admin;
--! EndIncluded memory/recall.sql
--! Included memory/ingest_event.sql
-- Stores an event of another system. Sealed: raw_events is closed to direct writes. A delivery that comes again, also in the
-- same moment, stores nothing and returns the first; the key table decides, since the events lie in many partitions.
create or replace function app_public.ingest_event(
  source text,
  event_type text,
  payload jsonb,
  external_id text default null,
  metadata jsonb default '{}'
)
returns app_public.raw_events
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  first_id uuid;
  result app_public.raw_events;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(trim(ingest_event.source)), 0) not between 1 and 100 then
    raise exception 'source has 1 to 100 characters.' using errcode = 'CQ200', hint = 'Name the system, like "slack".';
  end if;
  if coalesce(char_length(trim(ingest_event.event_type)), 0) not between 1 and 200 then
    raise exception 'eventType has 1 to 200 characters.' using errcode = 'CQ200', hint = 'Name the kind of event, like "message".';
  end if;
  if ingest_event.payload is null or pg_column_size(ingest_event.payload) > 1048576 then
    raise exception 'An event has a payload of at most 1 MiB.' using errcode = 'CQ200', hint = 'Store large content as a file.';
  end if;
  if char_length(ingest_event.external_id) not between 1 and 500 then
    raise exception 'externalId has 1 to 500 characters.' using errcode = 'CQ200', hint = 'Leave it out when the system has none.';
  end if;

  result.id := uuidv7();
  if ingest_event.external_id is not null then
    insert into app_hidden.raw_event_keys as k (workspace_id, source, external_id, raw_event_id)
    values (workspace, trim(ingest_event.source), ingest_event.external_id, result.id)
    on conflict do nothing;
    if not found then
      select k.raw_event_id into first_id
      from app_hidden.raw_event_keys k
      where k.workspace_id = workspace and k.source = trim(ingest_event.source) and k.external_id = ingest_event.external_id
      for update;
      select e.* into result from app_public.raw_events e where e.workspace_id = workspace and e.id = first_id;
      if result.id is not null then
        return result;
      end if;
      -- retention cleared it away since
      result.id := uuidv7();
      update app_hidden.raw_event_keys k
      set raw_event_id = result.id
      where k.workspace_id = workspace and k.source = trim(ingest_event.source) and k.external_id = ingest_event.external_id;
    end if;
  end if;
  insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, external_id, payload, metadata)
  values (
    result.id, workspace, app_hidden.current_user_id(), trim(ingest_event.source), trim(ingest_event.event_type), ingest_event.external_id,
    ingest_event.payload, coalesce(ingest_event.metadata, '{}')
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.ingest_event(text, text, jsonb, text, jsonb) is
  'Stores an event of another system. One with an externalId that this workspace has from the same source already is not stored again; the first is returned. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument.';
grant execute on function app_public.ingest_event(text, text, jsonb, text, jsonb) to colloquy_user, colloquy_admin;
--! EndIncluded memory/ingest_event.sql
--! Included ingest/prepare_upload.sql
-- What the server asks before it takes the first byte of a file: who sends it, whether they may, what it is, and how large
-- it may be. It must never write: an upload that is interrupted afterwards has left nothing.
create or replace function app_hidden.prepare_upload(
  original_name text,
  mime_type text default null,
  byte_size bigint default null,
  conversation_id uuid default null
)
returns table (accepted_type text, max_bytes bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  given_type text := lower(trim(split_part(prepare_upload.mime_type, ';', 1)));
  extension text := lower(substring(prepare_upload.original_name from '\.([^.]+)$'));
  config app_public.file_type_configs;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(given_type, '') in ('', 'application/octet-stream') then
    -- whoever says nothing of the type says it by the name
    select c.* into config from app_public.file_type_configs c where extension = any (c.extensions) and c.is_enabled order by c.mime_type limit 1;
  else
    select c.* into config from app_public.file_type_configs c where c.mime_type = given_type and c.is_enabled;
  end if;
  if config.mime_type is null then
    raise exception 'Files of the type "%" are not accepted.', left(coalesce(nullif(given_type, ''), extension, 'unknown'), 200)
      using errcode = 'CQ244', hint = 'Send text, markdown, code, HTML, PDF or DOCX.';
  end if;
  if prepare_upload.byte_size > config.max_bytes then
    raise exception 'A file of this type has at most % bytes; this one has %.', config.max_bytes, prepare_upload.byte_size
      using errcode = 'CQ244', hint = 'Split it.';
  end if;
  if prepare_upload.conversation_id is not null and not exists (
    select from app_public.conversations c
    where c.workspace_id = workspace and c.id = prepare_upload.conversation_id and (c.owner_id = caller or c.visibility = 'workspace')
  ) then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return query select config.mime_type, config.max_bytes;
end
$$;
comment on function app_hidden.prepare_upload(text, text, bigint, uuid) is
  'Whether the caller may store such a file: its type, which the name tells when nobody else does, and how large it may be. Errors: CQ101, CQ109, CQ110, CQ204 no such conversation, CQ244 type or size not accepted.';
grant execute on function app_hidden.prepare_upload(text, text, bigint, uuid) to colloquy_user, colloquy_admin;
--! EndIncluded ingest/prepare_upload.sql
--! Included ingest/discarded_contents.sql
-- What the job that removes bytes calls. It must never let bytes go that a file has, or is just getting: register_file takes
-- the same lock, shared, until its transaction ends.
create or replace function app_private.content_lock(storage_path text)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select hashtextextended(storage_path, 5640871);
$$;
comment on function app_private.content_lock(text) is 'The advisory lock of a content.';

create or replace function app_hidden.find_discarded_contents(max_contents integer default 1000)
returns setof text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.storage_path from app_hidden.discarded_contents c order by c.discarded_at, c.storage_path limit max_contents;
$$;
comment on function app_hidden.find_discarded_contents(integer) is 'Contents whose bytes may have to be removed.';

create or replace function app_hidden.release_content(of_path text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(app_private.content_lock(of_path));
  delete from app_hidden.discarded_contents c
  where c.storage_path = of_path and c.workspace_id = split_part(of_path, '/', 1)::uuid;
  return not exists (
    select from app_public.files f
    where f.workspace_id = split_part(of_path, '/', 1)::uuid and f.sha256 = decode(split_part(of_path, '/', 3), 'hex')
  );
end
$$;
comment on function app_hidden.release_content(text) is
  'Whether nobody has a content, so that its bytes may be removed before this transaction ends; nobody can store it meanwhile.';

grant execute on function app_hidden.find_discarded_contents(integer), app_hidden.release_content(text) to colloquy_worker;
--! EndIncluded ingest/discarded_contents.sql
--! Included knowledge/content_path.sql
-- Where the bytes of a content lie below the folder of files, and what its lock is named after: one rule for both.
create or replace function app_private.content_path(workspace_id uuid, sha256 bytea)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select content_path.workspace_id::text || '/' || left(encode(content_path.sha256, 'hex'), 2) || '/' || encode(content_path.sha256, 'hex');
$$;
comment on function app_private.content_path(uuid, bytea) is 'The path of a content in a workspace: workspace, first two digits of the SHA-256, SHA-256 in hexadecimal.';
--! EndIncluded knowledge/content_path.sql
--! Included knowledge/files.sql
-- The rows of stored files. register_file is called by the server alone, in the request of whoever sends the file, after it
-- has computed the hash from the bytes: it must never be exposed to clients, because a hash that is merely claimed would
-- hand out what somebody else of the workspace has stored. The states are set by the worker.
create or replace function app_hidden.register_file(
  original_name text,
  mime_type text,
  byte_size bigint,
  sha256 bytea,
  conversation_id uuid default null,
  visibility app_public.visibility default 'private',
  metadata jsonb default '{}',
  source_url text default null
)
returns app_public.files
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  bare_name text := left(regexp_replace(register_file.original_name, '^.*[/\\]', ''), 255);
  accepted_type text;
  result app_public.files;
begin
  select p.accepted_type into accepted_type
  from app_hidden.prepare_upload(bare_name, register_file.mime_type, register_file.byte_size, register_file.conversation_id) as p;
  -- until the end of this transaction nobody removes bytes of this content: the server puts them there meanwhile
  perform pg_advisory_xact_lock_shared(app_private.content_lock(app_private.content_path(workspace, register_file.sha256)));
  insert into app_public.files (workspace_id, owner_id, visibility, original_name, mime_type, byte_size, sha256, conversation_id, metadata, source_url)
  values (
    workspace, caller, coalesce(register_file.visibility, 'private'), bare_name, accepted_type, register_file.byte_size, register_file.sha256,
    register_file.conversation_id, coalesce(register_file.metadata, '{}'), register_file.source_url
  )
  on conflict (workspace_id, sha256, owner_id) do nothing
  returning * into result;
  if result.id is not null then
    return result;
  end if;
  -- what failed, or whose document is gone or came of another file since, is read again
  update app_public.files f
  set processing_status = 'pending', attempts = 0, retry_at = null, error = null, error_code = null, original_name = bare_name,
    mime_type = accepted_type, source_url = coalesce(register_file.source_url, f.source_url), updated_at = clock_timestamp()
  where f.workspace_id = workspace and f.sha256 = register_file.sha256 and f.owner_id = caller
    and (
      f.processing_status = 'failed'
      or f.processing_status = 'completed' and not exists (
        select from app_public.documents d where d.workspace_id = workspace and d.file_id = f.id
      )
    )
  returning * into result;
  if result.id is null then
    select f.* into result from app_public.files f
    where f.workspace_id = workspace and f.sha256 = register_file.sha256 and f.owner_id = caller;
  end if;
  return result;
end
$$;
comment on function app_hidden.register_file(text, text, bigint, bytea, uuid, app_public.visibility, jsonb, text) is
  'The row of a file that the server has stored; for equal content of the same owner, the first one, which is read again if it failed or has no document any more. Errors: CQ101, CQ109, CQ110, CQ204 no such conversation, CQ244 type or size not accepted.';
grant execute on function app_hidden.register_file(text, text, bigint, bytea, uuid, app_public.visibility, jsonb, text) to colloquy_user, colloquy_admin;

create or replace function app_public.retry_file(file_id uuid)
returns app_public.files
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.files;
begin
  perform app_hidden.require_member(for_writing => true);
  update app_public.files f
  set processing_status = 'pending', attempts = 0, retry_at = null, error = null, error_code = null, updated_at = clock_timestamp()
  where f.workspace_id = app_hidden.current_workspace_id() and f.id = retry_file.file_id and f.owner_id = app_hidden.current_user_id()
    and f.processing_status = 'failed'
  returning * into result;
  if result.id is null then
    select f.* into result from app_public.files f
    where f.workspace_id = app_hidden.current_workspace_id() and f.id = retry_file.file_id and f.owner_id = app_hidden.current_user_id();
  end if;
  if result.id is null then
    raise exception 'There is no such file.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return result;
end
$$;
comment on function app_public.retry_file(uuid) is
  'Has a file read again that failed; any other is returned as it is. Errors: CQ101, CQ109, CQ110, CQ204 no such file of yours.';
grant execute on function app_public.retry_file(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.delete_file(file_id uuid)
returns app_public.files
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.files;
begin
  perform app_hidden.require_member(for_writing => true);
  perform app_private.lock_holds(app_hidden.current_workspace_id());
  if app_private.is_held(app_hidden.current_workspace_id(), 'files') then
    raise exception 'A legal hold keeps the files of this workspace.' using errcode = 'CQ120', hint = 'Ask who placed it to release it first.';
  end if;
  delete from app_public.files f
  where f.workspace_id = app_hidden.current_workspace_id() and f.id = delete_file.file_id and f.owner_id = app_hidden.current_user_id()
  returning * into result;
  if result.id is null then
    raise exception 'There is no such file.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return result;
end
$$;
comment on function app_public.delete_file(uuid) is
  'Removes a file with the document that was read from it, its passages and their vectors. Its bytes follow within an hour, unless somebody else of the workspace has stored the same. Errors: CQ101, CQ109, CQ110, CQ120 kept by a legal hold, CQ204 no such file of yours.';
grant execute on function app_public.delete_file(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded knowledge/files.sql
--! Included knowledge/repositories.sql
-- Repositories and what is in them. Making one runs with the caller's rights; putting a document into one is sealed, since
-- the caller must own the repository but may only have to read the document.
create or replace function app_public.create_repository(
  name text,
  source_type app_public.repository_source_type default 'upload',
  description text default null,
  repo_url text default null,
  visibility app_public.visibility default 'private',
  metadata jsonb default '{}'
)
returns app_public.repositories
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.repositories;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.repositories (workspace_id, owner_id, name, source_type, description, repo_url, visibility, metadata)
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), coalesce(source_type, 'upload'), description, repo_url,
    coalesce(visibility, 'private'), coalesce(metadata, '{}')
  )
  on conflict (workspace_id, owner_id, name) do nothing
  returning * into result;
  if result.id is null then
    raise exception 'You have a repository of this name already.' using errcode = 'CQ240', hint = 'Choose another name.';
  end if;
  return result;
end
$$;
comment on function app_public.create_repository(text, app_public.repository_source_type, text, text, app_public.visibility, jsonb) is
  'Makes a repository. Errors: CQ101 not signed in, CQ109 read-only, CQ200 a value out of range, CQ240 the name is taken.';
grant execute on function app_public.create_repository(text, app_public.repository_source_type, text, text, app_public.visibility, jsonb)
  to colloquy_user, colloquy_admin;

create or replace function app_public.add_document_to_repository(repository_id uuid, document_id uuid, file_path text)
returns app_public.repository_documents
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  result app_public.repository_documents;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(file_path), 0) not between 1 and 1000 then
    raise exception 'filePath has 1 to 1,000 characters.' using errcode = 'CQ200', hint = 'Send the path within the repository.';
  end if;
  -- both are locked against removal, in this order everywhere
  perform from app_public.repositories r
  where r.workspace_id = workspace and r.id = add_document_to_repository.repository_id and r.owner_id = caller
  for key share;
  if not found then
    raise exception 'There is no such repository.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  perform from app_public.documents d
  where d.workspace_id = workspace and d.id = add_document_to_repository.document_id and (d.owner_id = caller or d.visibility = 'workspace')
  for key share;
  if not found then
    raise exception 'There is no such document.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  begin
    insert into app_public.repository_documents as r (workspace_id, repository_id, document_id, file_path)
    values (workspace, add_document_to_repository.repository_id, add_document_to_repository.document_id, add_document_to_repository.file_path)
    on conflict (repository_id, document_id) do update set file_path = excluded.file_path
    returning r.* into result;
  exception when unique_violation then
    raise exception 'Another document of this repository has this path.' using errcode = 'CQ240', hint = 'Choose another path.';
  end;
  return result;
end
$$;
comment on function app_public.add_document_to_repository(uuid, uuid, text) is
  'Puts a document into a repository of one''s own, or moves it within it. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable path, CQ204 no such repository or document, CQ240 the path is taken.';
grant execute on function app_public.add_document_to_repository(uuid, uuid, text) to colloquy_user, colloquy_admin;

create or replace trigger repositories_90_set_updated_at
before update of name, description, repo_url, visibility, is_archived, metadata
on app_public.repositories for each row execute function app_hidden.set_updated_at();
--! EndIncluded knowledge/repositories.sql
--! Included knowledge/tags.sql
-- Tags. Sealed: whoever may read a thing and write in the workspace may tag it. Triggers keep what a foreign key cannot: a
-- tagged thing exists in the workspace of the tag, and its tags go with it.
create or replace function app_private.check_tagged_entity()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- the lock makes a removal at the same time wait, and then find this tag
  case new.entity_type
    when 'document' then perform from app_public.documents e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'repository' then perform from app_public.repositories e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'conversation' then perform from app_public.conversations e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'memory_item' then perform from app_public.memory_items e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
  end case;
  if not found then
    raise exception 'There is no such %.', replace(new.entity_type::text, '_', ' ') using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return new;
end
$$;
comment on function app_private.check_tagged_entity() is 'Trigger: raises CQ204 when a tagged thing is not there.';

create or replace trigger entity_tags_10_check
before insert or update on app_public.entity_tags
for each row execute function app_private.check_tagged_entity();

create or replace function app_private.remove_tags_of_entities()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_public.entity_tags t
  using gone_entities g
  where t.entity_id = g.id and t.entity_type = tg_argv[0]::app_public.taggable_type;
  return null;
end
$$;
comment on function app_private.remove_tags_of_entities() is 'Trigger: removes the tags of things that are gone.';

create or replace trigger documents_30_untag after delete on app_public.documents
referencing old table as gone_entities for each statement execute function app_private.remove_tags_of_entities('document');
create or replace trigger repositories_30_untag after delete on app_public.repositories
referencing old table as gone_entities for each statement execute function app_private.remove_tags_of_entities('repository');
create or replace trigger conversations_30_untag after delete on app_public.conversations
referencing old table as gone_entities for each statement execute function app_private.remove_tags_of_entities('conversation');
create or replace trigger memory_items_30_untag after delete on app_public.memory_items
referencing old table as gone_entities for each statement execute function app_private.remove_tags_of_entities('memory_item');

create or replace function app_private.require_readable(entity_type app_public.taggable_type, entity_id uuid)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
begin
  if not coalesce(case require_readable.entity_type
    when 'document' then exists (
      select from app_public.documents e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'repository' then exists (
      select from app_public.repositories e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'conversation' then exists (
      select from app_public.conversations e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'memory_item' then exists (
      select from app_public.memory_items e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
  end, false) then
    raise exception 'There is no such %.', coalesce(replace(require_readable.entity_type::text, '_', ' '), 'thing')
      using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
end
$$;
comment on function app_private.require_readable(app_public.taggable_type, uuid) is 'Raises CQ204 when the caller may not read a thing in the workspace of this request.';

create or replace function app_public.add_tag(name text, entity_type app_public.taggable_type, entity_id uuid)
returns app_public.entity_tags
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  tag uuid;
  result app_public.entity_tags;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(trim(add_tag.name)), 0) not between 1 and 100 then
    raise exception 'A tag has 1 to 100 characters.' using errcode = 'CQ200', hint = 'Choose a short name.';
  end if;
  perform app_private.require_readable(add_tag.entity_type, add_tag.entity_id);
  insert into app_public.tags as t (workspace_id, name) values (workspace, trim(add_tag.name)::citext)
  -- an update of nothing: it waits for the same tag made at the same time, and gives its id
  on conflict (workspace_id, name) do update set name = t.name
  returning t.id into tag;
  insert into app_public.entity_tags (workspace_id, tag_id, entity_type, entity_id)
  values (workspace, tag, add_tag.entity_type, add_tag.entity_id)
  on conflict do nothing;
  select t.* into result from app_public.entity_tags t
  where t.tag_id = tag and t.entity_type = add_tag.entity_type and t.entity_id = add_tag.entity_id;
  return result;
end
$$;
comment on function app_public.add_tag(text, app_public.taggable_type, uuid) is
  'Gives a thing a tag, making the tag when it is new. Done twice, it changes nothing. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable name, CQ204 no such thing.';
grant execute on function app_public.add_tag(text, app_public.taggable_type, uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid)
returns app_public.entity_tags
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.entity_tags;
begin
  perform app_hidden.require_member(for_writing => true);
  perform app_private.require_readable(remove_tag.entity_type, remove_tag.entity_id);
  delete from app_public.entity_tags e
  using app_public.tags t
  where t.workspace_id = app_hidden.current_workspace_id() and t.name = trim(remove_tag.name)::citext
    and e.tag_id = t.id and e.entity_type = remove_tag.entity_type and e.entity_id = remove_tag.entity_id
  returning e.* into result;
  if result.tag_id is null then
    raise exception 'It has no such tag.' using errcode = 'CQ204', hint = 'Upper and lower case do not matter.';
  end if;
  return result;
end
$$;
comment on function app_public.remove_tag(text, app_public.taggable_type, uuid) is
  'Takes a tag from a thing. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such thing or tag.';
grant execute on function app_public.remove_tag(text, app_public.taggable_type, uuid) to colloquy_user, colloquy_admin;
--! EndIncluded knowledge/tags.sql
--! Included lifecycle/holds.sql
-- A legal hold and a deletion never pass each other: who deletes holds this lock shared and then looks for holds, who places
-- one holds it alone. So a hold that was placed is seen, and a deletion that was faster is over. Both take it before any row
-- of the tenant is locked, so that they never wait for each other in a circle.
create or replace function app_private.lock_holds(for_workspace uuid, for_placing boolean default false)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if for_placing then
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text, 120));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended(for_workspace::text, 120));
  end if;
end
$$;
comment on function app_private.lock_holds(uuid, boolean) is 'Keeps legal holds of a workspace from being placed until the transaction ends; with for_placing, deletions from being begun.';

create or replace function app_private.is_held(for_workspace uuid, for_kind app_public.retention_kind)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_public.legal_holds h
    where h.workspace_id = for_workspace and h.released_at is null and (h.kind is null or h.kind = for_kind)
  );
$$;
comment on function app_private.is_held(uuid, app_public.retention_kind) is 'Whether a legal hold keeps a kind of thing in a workspace; with null, whether one keeps everything.';

create or replace function app_private.require_batch(size integer)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if size is null or size not between 1 and 10000 then
    raise exception 'A batch has 1 to 10,000 rows, not %.', coalesce(size::text, 'null') using errcode = 'CQ200', hint = 'Leave it out for the default.';
  end if;
end
$$;
comment on function app_private.require_batch(integer) is 'Raises CQ200 for a size of a batch that cannot be.';
--! EndIncluded lifecycle/holds.sql
--! Included lifecycle/retention.sql
-- How long things are kept. Precedence: a legal hold, then the workspace's own policy, then the one for the whole system;
-- without any, forever. Whatever deletes by age asks effective_retention and nothing else.
create or replace function app_hidden.effective_retention(for_kind app_public.retention_kind, for_workspace uuid)
returns app_public.effective_retention
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  policy app_public.retention_policies;
begin
  if app_private.is_held(for_workspace, for_kind) then
    return row(for_kind, null, 'hold')::app_public.effective_retention;
  end if;
  select p.* into policy
  from app_public.retention_policies p
  where p.kind = for_kind and (p.workspace_id = for_workspace or p.workspace_id is null)
  order by p.workspace_id nulls last
  limit 1;
  return row(
    for_kind, policy.keep_days,
    case when policy.id is null then 'nothing' when policy.workspace_id is null then 'system' else 'workspace' end
  )::app_public.effective_retention;
end
$$;
comment on function app_hidden.effective_retention(app_public.retention_kind, uuid) is 'How long a kind of thing is kept in a workspace, and what decides it: hold, workspace, system or nothing.';
grant execute on function app_hidden.effective_retention(app_public.retention_kind, uuid) to colloquy_worker;

create or replace function app_public.set_retention_policy(kind app_public.retention_kind, keep_days integer)
returns app_public.retention_policies
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.retention_policies;
begin
  perform app_private.require_manager();
  if set_retention_policy.kind is null or set_retention_policy.keep_days not between 1 and 36500 then
    raise exception 'keepDays is 1 to 36,500, or null for ever, and kind is needed.' using errcode = 'CQ200', hint = 'Send whole days.';
  end if;
  insert into app_public.retention_policies as p (workspace_id, kind, keep_days)
  values (app_hidden.current_workspace_id(), set_retention_policy.kind, set_retention_policy.keep_days)
  on conflict (workspace_id, kind) do update set keep_days = excluded.keep_days, updated_at = clock_timestamp()
  returning p.* into result;
  return result;
end
$$;
comment on function app_public.set_retention_policy(app_public.retention_kind, integer) is
  'Says how many days this workspace keeps a kind of thing; null means forever. It comes before the policy of the whole system, and after a legal hold. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.set_retention_policy(app_public.retention_kind, integer) to colloquy_user, colloquy_admin;

create or replace function app_public.place_legal_hold(reason text, kind app_public.retention_kind default null)
returns app_public.legal_holds
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  if coalesce(char_length(trim(place_legal_hold.reason)), 0) not between 1 and 2000 then
    raise exception 'A hold has a reason of 1 to 2,000 characters.' using errcode = 'CQ200', hint = 'Say why.';
  end if;
  perform app_private.lock_holds(app_hidden.current_workspace_id(), for_placing => true);
  insert into app_public.legal_holds (workspace_id, kind, reason, placed_by)
  values (app_hidden.current_workspace_id(), place_legal_hold.kind, trim(place_legal_hold.reason), app_hidden.current_user_id())
  returning * into result;
  return result;
end
$$;
comment on function app_public.place_legal_hold(text, app_public.retention_kind) is
  'Keeps retention from deleting anything of a kind, or anything at all, in this workspace. Errors: CQ101 not signed in, CQ109 read-only, CQ200 no reason, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.place_legal_hold(text, app_public.retention_kind) to colloquy_user, colloquy_admin;

create or replace function app_public.release_legal_hold(id uuid)
returns app_public.legal_holds
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  update app_public.legal_holds h
  set released_at = clock_timestamp(), released_by = app_hidden.current_user_id()
  where h.id = release_legal_hold.id and h.workspace_id = app_hidden.current_workspace_id() and h.released_at is null
  returning * into result;
  if result.id is null then
    raise exception 'There is no such hold.' using errcode = 'CQ204', hint = 'It may be released already.';
  end if;
  return result;
end
$$;
comment on function app_public.release_legal_hold(uuid) is
  'Releases a legal hold; it stays on record. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such hold, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.release_legal_hold(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded lifecycle/retention.sql
--! Included lifecycle/tier_chunks.sql
-- Puts chunks into the tiers by which search goes: hot and warm are always searched, cold on demand. One set-based
-- statement that writes only the rows whose tier changes; a vector is never touched.
--
-- Score, 0 to 1: half for how recently the chunk was made or read (exponential decay, half of it after 14 days), three
-- tenths for how often it was read (logarithmic, all of it at 100 reads), two tenths for its importance.
create or replace function app_hidden.chunk_heat(last_used timestamptz, access_count integer, importance real, at timestamptz)
returns real
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select (
    0.5 * exp(-ln(2.0) * greatest(extract(epoch from at - last_used), 0) / 86400 / 14)
    + 0.3 * least(ln(1.0 + access_count) / ln(101.0), 1)
    + 0.2 * importance
  )::real;
$$;
comment on function app_hidden.chunk_heat(timestamptz, integer, real, timestamptz) is
  'How much a chunk is in use, 0 to 1. last_used: when it was made or last read; at: the time to judge it at.';

create or replace function app_hidden.tier_chunks(max_chunks integer default 100000)
returns table (tier app_public.storage_tier, moved bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.tier_chunks')) then
    return;
  end if;
  return query
  with judged as (
    select
      c.workspace_id, c.id, c.tier,
      case
        -- the messages of a conversation that was packed away are asked for rarely, whatever their age
        when v.storage_tier = 'cold' then 'cold'
        when used.at > now() - interval '7 days' or heat.score >= 0.6 then 'hot'
        when used.at > now() - interval '30 days' or heat.score >= 0.3 then 'warm'
        else 'cold'
      end::app_public.storage_tier as wanted
    from app_public.chunks c
    left join app_public.conversations v on v.workspace_id = c.workspace_id and v.id = c.conversation_id
    cross join lateral (select greatest(uuid_extract_timestamp(c.id), c.last_accessed_at) as at) as used
    cross join lateral (select app_hidden.chunk_heat(used.at, c.access_count, c.importance_score, now()) as score) as heat
  ),
  moving as (
    select j.workspace_id, j.id, j.wanted from judged j where j.wanted <> j.tier limit max_chunks
  ),
  changed as (
    update app_public.chunks c
    set tier = m.wanted
    from moving m
    where c.workspace_id = m.workspace_id and c.id = m.id
    returning c.tier
  )
  select x.tier, count(*) from changed x group by x.tier order by x.tier;
end
$$;
comment on function app_hidden.tier_chunks(integer) is
  'Moves chunks between the tiers, at most so many, and returns how many went where. Run again, it goes on; nothing when another run is at work.';
grant execute on function app_hidden.tier_chunks(integer) to colloquy_worker;
--! EndIncluded lifecycle/tier_chunks.sql
--! Included knowledge/cleanup_orphaned_files.sql
-- Uploads that came to nothing: never read, or not readable, in no conversation, and without a document. It must never
-- touch a file that was read, or that a conversation shows: those go when somebody deletes them. Never one that a legal hold
-- keeps. Their bytes are remembered by the trigger of files, and go later.
create or replace function app_private.orphaned_files(older_than interval)
returns setof app_public.files
language sql
stable
as $$
  select f.*
  from app_public.files f
  where f.processing_status in ('pending', 'failed')
    and f.updated_at < now() - older_than
    and f.conversation_id is null
    and not exists (select from app_public.documents d where d.workspace_id = f.workspace_id and d.file_id = f.id);
$$;
comment on function app_private.orphaned_files(interval) is 'Uploads that came to nothing, so long ago. Becomes a part of the query that asks.';

create or replace function app_hidden.cleanup_orphaned_files(older_than interval default '7 days', max_files integer default 1000)
returns table (workspace_id uuid, file_id uuid)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  candidate record;
begin
  perform app_private.require_batch(max_files);
  if older_than is null or older_than < interval '1 hour' then
    raise exception 'Files younger than an hour may still be on their way.' using errcode = 'CQ200', hint = 'Pass at least one hour.';
  end if;
  for candidate in
    select f.id, f.workspace_id
    from app_private.orphaned_files(older_than) f
    where not app_private.is_held(f.workspace_id, 'files')
    order by f.id
    limit max_files
  loop
    -- a statement of its own sees a hold that was placed while this waited
    perform app_private.lock_holds(candidate.workspace_id);
    continue when app_private.is_held(candidate.workspace_id, 'files');
    select f.workspace_id, f.id into workspace_id, file_id
    from app_public.files f
    where f.id = candidate.id and exists (select from app_private.orphaned_files(older_than) o where o.id = candidate.id)
    for update skip locked;
    continue when not found;
    delete from app_public.files f where f.id = candidate.id;
    return next;
  end loop;
end
$$;
comment on function app_hidden.cleanup_orphaned_files(interval, integer) is
  'Removes uploads that came to nothing, at most so many. Returns which; run twice, it finds nothing. For the job. Error: CQ200 too young, or a batch that cannot be.';
grant execute on function app_hidden.cleanup_orphaned_files(interval, integer) to colloquy_worker;
--! EndIncluded knowledge/cleanup_orphaned_files.sql
--! Included development/sample_data.sql
-- Sample content for a development database, and its removal. Both refuse where the setting "environment" is anything but
-- development, so that no slip can write into, or delete from, what people use. For the owner alone; granted to nobody.
create or replace function app_private.require_development()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_hidden.setting('environment') <> 'development' then
    raise exception 'This is not a development database.' using errcode = 'CQ243',
      hint = 'Only where it is one: update app_private.settings set value = ''development'' where name = ''environment''.';
  end if;
end
$$;
comment on function app_private.require_development() is 'Raises CQ243 unless the setting "environment" says development.';

create or replace function app_private.generate_sample_data(email text)
returns table (documents integer, conversations integer, memory_items integer)
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  person uuid;
  workspace uuid;
  repository uuid;
  conversation uuid;
  document uuid;
  sample constant jsonb := '{"sample": true}';
  topic text;
begin
  perform app_private.require_development();
  select u.id, w.id into person, workspace
  from app_public.users u
  join app_public.workspace_members m on m.user_id = u.id
  join app_public.workspaces w on w.id = m.workspace_id and w.is_personal
  where u.email = generate_sample_data.email::citext;
  if person is null then
    raise exception 'There is no such user.' using errcode = 'CQ204', hint = 'Register one first.';
  end if;
  perform set_config('colloquy.user_id', person::text, true), set_config('colloquy.workspace_id', workspace::text, true),
    set_config('colloquy.member_role', 'owner', true);
  select r.id into repository
  from app_public.repositories r where r.workspace_id = workspace and r.owner_id = person and r.name = 'sample';
  if repository is null then
    repository := (app_public.create_repository('sample', 'upload', 'Sample content', metadata => sample)).id;
  end if;
  documents := 0;
  conversations := 0;
  memory_items := 0;
  foreach topic in array array['tea', 'lighthouses', 'bicycles']
  loop
    document := (app_public.create_document(
      title => 'About ' || topic, content => format('Everything that a beginner should know about %s, in one sentence.', topic),
      source_url => 'sample:' || topic, metadata => sample
    )).id;
    documents := documents + 1;
    perform app_public.add_document_to_repository(repository, document, topic || '.txt');
    perform app_public.add_tag('sample', 'document', document);
    conversation := (app_public.start_conversation('A talk about ' || topic, metadata => sample)).id;
    conversations := conversations + 1;
    perform app_public.post_message(conversation, format('What should I know about %s?', topic));
    perform app_public.post_message(conversation, format('Begin with the document "About %s".', topic), 'assistant');
    perform app_public.remember('Likes ' || topic, source_type => 'chat', source_id => conversation, metadata => sample);
    memory_items := memory_items + 1;
  end loop;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true), set_config('colloquy.member_role', '', true);
  return next;
end
$$;
comment on function app_private.generate_sample_data(text) is 'Gives a user some content to try things with; a development database only. Errors: CQ204 no such user, CQ243 not a development database.';

create or replace function app_private.cleanup_test_data()
returns table (documents integer, conversations integer, memory_items integer)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_development();
  delete from app_public.memory_items m where m.metadata @> '{"sample": true}';
  get diagnostics memory_items = row_count;
  delete from app_public.repositories r where r.metadata @> '{"sample": true}';
  delete from app_public.documents d where d.metadata @> '{"sample": true}';
  get diagnostics documents = row_count;
  delete from app_public.conversations c where c.metadata @> '{"sample": true}';
  get diagnostics conversations = row_count;
  delete from app_public.tags t where t.name = 'sample' and not exists (select from app_public.entity_tags e where e.tag_id = t.id);
  return next;
end
$$;
comment on function app_private.cleanup_test_data() is 'Removes what generate_sample_data made, of everyone; a development database only. Error: CQ243 not a development database.';
--! EndIncluded development/sample_data.sql
--! Included analytics/performance_stats.sql
-- What an operator looks at first: sizes, partitions, dead rows and how often a read was answered from memory, from
-- PostgreSQL's own statistics. It shows no content and no tenant. Not for users: only the monitor and administrators.
create or replace function app_public.performance_stats()
returns table (relation text, partitions bigint, total_bytes bigint, live_rows bigint, dead_rows bigint, cache_hit_ratio numeric, index_hit_ratio numeric)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    format('%s.%s', n.nspname, c.relname),
    count(*) filter (where leaf.relid <> c.oid),
    sum(pg_total_relation_size(leaf.relid))::bigint,
    sum(s.n_live_tup)::bigint,
    sum(s.n_dead_tup)::bigint,
    round(sum(io.heap_blks_hit) / nullif(sum(io.heap_blks_hit + io.heap_blks_read), 0), 4),
    round(sum(io.idx_blks_hit) / nullif(sum(io.idx_blks_hit + io.idx_blks_read), 0), 4)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select c.oid as relid where c.relkind = 'r'
    union all
    select t.relid::oid from pg_partition_tree(c.oid) as t where c.relkind = 'p' and t.isleaf
  ) as leaf
  left join pg_stat_all_tables s on s.relid = leaf.relid
  left join pg_statio_all_tables io on io.relid = leaf.relid
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'pgboss') and c.relkind in ('r', 'p') and not c.relispartition
  group by n.nspname, c.relname
  order by 3 desc, 1;
$$;
comment on function app_public.performance_stats() is 'Per table: partitions, size in bytes, live and dead rows, and the share of reads that memory answered.';
grant execute on function app_public.performance_stats() to colloquy_admin, colloquy_monitor;
--! EndIncluded analytics/performance_stats.sql
--! Included analytics/processing_jobs.sql
-- The jobs of pg-boss, in the words of this project. A function with a dynamic statement and not a view, because pg-boss is
-- installed after the migrations, and its own upgrades must not stumble over a view of ours. Sealed: the callers may not
-- read pg-boss's tables. Not for users: a job of one workspace stands beside those of all others.
create or replace function app_public.processing_jobs(max_jobs integer default 100)
returns table (
  id uuid, type text, status text, input jsonb, output jsonb, attempts integer, created_at timestamptz, started_at timestamptz,
  completed_at timestamptz, duration interval
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if max_jobs not between 1 and 1000 then
    raise exception 'maxJobs is 1 to 1,000, not %.', max_jobs using errcode = 'CQ200', hint = 'Ask for fewer jobs.';
  end if;
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  return query execute $query$
    select j.id, j.name::text, j.state::text, j.data::jsonb, j.output::jsonb, j.retry_count + (j.started_on is not null)::integer,
      j.created_on, j.started_on, j.completed_on, j.completed_on - j.started_on
    from pgboss.job j
    order by j.created_on desc, j.id
    limit $1
  $query$ using coalesce(max_jobs, 100);
end
$$;
comment on function app_public.processing_jobs(integer) is 'The newest jobs of the queue, of every workspace, with what they did. Error: CQ200 too many asked for.';
grant execute on function app_public.processing_jobs(integer) to colloquy_admin, colloquy_worker, colloquy_monitor;
--! EndIncluded analytics/processing_jobs.sql
--! Included configuration/workspaces_10_default_configuration.sql
-- Every new workspace, personal or shared, has a default configuration from its first moment. Sealed: whoever makes a
-- workspace is not a manager of it yet.
create or replace function app_private.add_default_rag_configurations()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_public.rag_configurations (workspace_id, name, description, system_prompt, is_default)
  select
    w.id, 'Default', 'What conversations use that name no other.',
    'Answer from the sources that you are given, and say so when they do not hold the answer.', true
  from new_workspaces w;
  return null;
end
$$;
comment on function app_private.add_default_rag_configurations() is 'Trigger: gives new workspaces their default configuration.';

create or replace trigger workspaces_10_default_configuration
after insert on app_public.workspaces
referencing new table as new_workspaces
for each statement execute function app_private.add_default_rag_configurations();
--! EndIncluded configuration/workspaces_10_default_configuration.sql
--! Included configuration/rag_configurations_10_keep_version.sql
-- After each update statement: keeps what the changed configurations were before. Sealed: nobody may write the history.
create or replace function app_private.keep_rag_configuration_versions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_public.rag_configuration_versions (workspace_id, rag_configuration_id, old_values, replaced_by)
  select o.workspace_id, o.id, to_jsonb(o), app_hidden.current_user_id()
  from old_configurations o
  join new_configurations n on n.id = o.id
  where to_jsonb(o) - 'updated_at' - 'created_by' <> to_jsonb(n) - 'updated_at' - 'created_by';
  return null;
end
$$;
comment on function app_private.keep_rag_configuration_versions() is 'Trigger: keeps the old values of edited configurations.';

create or replace trigger rag_configurations_10_keep_version
after update on app_public.rag_configurations
referencing old table as old_configurations new table as new_configurations
for each statement execute function app_private.keep_rag_configuration_versions();

create or replace trigger rag_configurations_90_set_updated_at
before update of name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
  similarity_threshold, retrieval_type, is_active, is_default
on app_public.rag_configurations for each row execute function app_hidden.set_updated_at();

create or replace trigger system_prompt_templates_90_set_updated_at
before update of name, category, template, variables, is_public
on app_public.system_prompt_templates for each row execute function app_hidden.set_updated_at();

create or replace trigger usage_budgets_90_set_updated_at
before update of token_limit, cost_limit_usd
on app_public.usage_budgets for each row execute function app_hidden.set_updated_at();
--! EndIncluded configuration/rag_configurations_10_keep_version.sql
--! Included configuration/create_rag_configuration.sql
-- Runs with the caller's rights: the policy and the column grants of rag_configurations decide.
create or replace function app_public.create_rag_configuration(
  name text,
  description text default null,
  system_prompt text default null,
  model_provider text default null,
  model_name text default null,
  temperature numeric default 0.7,
  max_tokens integer default 2048,
  chunks_to_retrieve integer default 5,
  similarity_threshold real default 0,
  retrieval_type app_public.search_mode default 'hybrid'
)
returns app_public.rag_configurations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.rag_configurations;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.rag_configurations (
    workspace_id, created_by, name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
    similarity_threshold, retrieval_type
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), description, system_prompt, model_provider, model_name,
    coalesce(temperature, 0.7), coalesce(max_tokens, 2048), coalesce(chunks_to_retrieve, 5), coalesce(similarity_threshold, 0),
    coalesce(retrieval_type, 'hybrid')
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.create_rag_configuration(text, text, text, text, text, numeric, integer, integer, real, app_public.search_mode) is
  'Makes a configuration in the current workspace. Errors: CQ101, CQ109, CQ200 a value out of range or the name taken, CQ403 not an owner or admin of the workspace.';
grant execute on function app_public.create_rag_configuration(text, text, text, text, text, numeric, integer, integer, real, app_public.search_mode)
  to colloquy_user, colloquy_admin;
--! EndIncluded configuration/create_rag_configuration.sql
--! Included configuration/set_default_rag_configuration.sql
-- Moves the mark of the default configuration. Sealed, since is_default is granted to nobody: there is always exactly one.
create or replace function app_public.set_default_rag_configuration(rag_configuration_id uuid)
returns app_public.rag_configurations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.rag_configurations;
begin
  perform app_hidden.require_member(for_writing => true);
  -- one at a time in a workspace; the row of the workspace itself is what others wait for
  perform from app_public.workspaces w where w.id = app_hidden.current_workspace_id() for no key update;
  select r.* into result
  from app_public.rag_configurations r
  where r.id = set_default_rag_configuration.rag_configuration_id and r.workspace_id = app_hidden.current_workspace_id()
    and app_hidden.can_manage();
  if result.id is null then
    raise exception 'There is no such configuration, or it is not yours to change.' using errcode = 'CQ204', hint = 'An owner or admin of the workspace may.';
  end if;
  update app_public.rag_configurations r set is_default = false where r.workspace_id = result.workspace_id and r.is_default and r.id <> result.id;
  update app_public.rag_configurations r set is_default = true, is_active = true where r.id = result.id and not r.is_default;
  select r.* into result from app_public.rag_configurations r where r.id = result.id;
  return result;
end
$$;
comment on function app_public.set_default_rag_configuration(uuid) is
  'Makes a configuration the default of the workspace. Errors: CQ101, CQ109, CQ204 no such configuration, or the caller is no owner or admin.';
grant execute on function app_public.set_default_rag_configuration(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded configuration/set_default_rag_configuration.sql
--! Included configuration/create_system_prompt_template.sql
-- Runs with the caller's rights: the policy and the column grants of system_prompt_templates decide.
create or replace function app_public.create_system_prompt_template(
  name text,
  template text,
  category text default null,
  variables jsonb default '[]',
  is_public boolean default false
)
returns app_public.system_prompt_templates
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.system_prompt_templates;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.system_prompt_templates (workspace_id, owner_id, name, category, template, variables, is_public)
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), nullif(trim(category), ''), template,
    coalesce(variables, '[]'), coalesce(is_public, false)
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.create_system_prompt_template(text, text, text, jsonb, boolean) is
  'Makes a template of a system prompt in the current workspace. Errors: CQ101, CQ109, CQ200 a value out of range.';
grant execute on function app_public.create_system_prompt_template(text, text, text, jsonb, boolean) to colloquy_user, colloquy_admin;
--! EndIncluded configuration/create_system_prompt_template.sql
--! Included conversations/lock_conversation_of.sql
-- The conversation of a message, locked for writing. One error for a message that does not exist and one of somebody else.
create or replace function app_private.lock_conversation_of(message_id uuid)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  return app_private.lock_conversation(coalesce(
    (
      select m.conversation_id
      from app_public.messages m
      where m.id = lock_conversation_of.message_id and m.workspace_id = app_hidden.current_workspace_id()
    ),
    app_private.packed_conversation_of(lock_conversation_of.message_id)
  ));
end
$$;
comment on function app_private.lock_conversation_of(uuid) is 'The conversation of a message, locked against other writers. Raises CQ101, CQ109, CQ204.';
--! EndIncluded conversations/lock_conversation_of.sql
--! Included conversations/lock_continuation.sql
-- Where the next messages of a locked conversation go: into itself while there is room, otherwise into its continuation,
-- which the first writer makes while it holds the lock of the full one. It must never make a second one: the unique index
-- on continued_from_id would refuse it.
create or replace function app_private.lock_continuation(conversation app_public.conversations, needed integer, first_id uuid default null)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  next_id uuid;
  result app_public.conversations;
begin
  if conversation.is_auto_archived then
    select c.id into next_id
    from app_public.conversations c
    where c.workspace_id = conversation.workspace_id and c.continued_from_id = conversation.id;
    if next_id is not null then
      return app_private.lock_conversation(next_id);
    end if;
  end if;
  if conversation.message_count = 0 or conversation.message_count + needed <= conversation.max_messages then
    return conversation;
  end if;

  update app_public.conversations c set is_archived = true, is_auto_archived = true where c.id = conversation.id;
  insert into app_public.conversations (
    id, workspace_id, owner_id, visibility, title, channel, model_provider, model_name, temperature, max_tokens, system_prompt,
    rag_configuration_id, enable_document_chat, enable_image_generation, enable_web_search, max_messages, continued_from_id,
    is_temporary, expires_at, pinned_at, metadata
  )
  values (
    case
      when first_id is null then app_private.next_message_id(conversation.last_message_id)
      -- an id that the client made must not be older than its conversation
      else app_hidden.uuidv7_at(uuid_extract_timestamp(conversation.last_message_id) + interval '1 millisecond')
    end,
    conversation.workspace_id, conversation.owner_id, conversation.visibility, conversation.title, conversation.channel,
    conversation.model_provider, conversation.model_name, conversation.temperature, conversation.max_tokens, conversation.system_prompt,
    conversation.rag_configuration_id, conversation.enable_document_chat, conversation.enable_image_generation,
    conversation.enable_web_search, conversation.max_messages, conversation.id,
    conversation.is_temporary, conversation.expires_at, conversation.pinned_at, conversation.metadata
  )
  returning * into result;
  return result;
end
$$;
comment on function app_private.lock_continuation(app_public.conversations, integer, uuid) is
  'The conversation itself while it has room for the messages, otherwise its continuation, locked; made when there is none.';
--! EndIncluded conversations/lock_continuation.sql
--! Included conversations/message_of_key.sql
-- What a retried write returns. Called under the lock of the conversation, so that the first write is there or will not be.
create or replace function app_private.message_of_key(conversation_id uuid, key text)
returns app_public.messages
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select m
  from app_hidden.message_idempotency_keys k
  join app_public.messages m on m.id = k.message_id
  where k.conversation_id = message_of_key.conversation_id and k.idempotency_key = message_of_key.key;
$$;
comment on function app_private.message_of_key(uuid, text) is 'The message that an idempotency key made in a conversation, or null.';
--! EndIncluded conversations/message_of_key.sql
--! Included conversations/insert_message.sql
-- The one way a message gets into a locked conversation: checks the draft, numbers it, remembers its idempotency key, moves
-- the end of the preferred branch, and logs what it cost. It must never be called without the lock of the conversation.
-- draft: a message of which id, role, parent_id, replaces_id, content, parts, attachments, provider, model, tokens, cost,
-- time, relevance, key and metadata are read. is_continued: the draft was written to a conversation that is full.
create or replace function app_private.insert_message(
  conversation app_public.conversations, draft app_public.messages, is_continued boolean default false
)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.messages;
  is_new_root boolean := draft.replaces_id is not null and draft.parent_id is null;
begin
  if draft.content is null or char_length(draft.content) > 1000000 then
    raise exception 'A message has 0 to 1,000,000 characters; this one has %.', coalesce(char_length(draft.content)::text, 'none')
      using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  if draft.parent_id is not null and not exists (
    select from app_public.messages m where m.id = draft.parent_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such message in this conversation.' using errcode = 'CQ204', hint = 'parentId must be a message of the same conversation.';
  end if;
  if not is_new_root then
    draft.parent_id := coalesce(draft.parent_id, conversation.preferred_leaf_id);
  end if;

  if draft.id is not null and is_continued and draft.id < conversation.id then
    draft.id := null;
  end if;
  if draft.id is null then
    draft.id := app_private.next_message_id(coalesce(conversation.last_message_id, conversation.id));
  elsif uuid_extract_version(draft.id) is distinct from 7
    or draft.id < conversation.id
    or uuid_extract_timestamp(draft.id) > clock_timestamp() + interval '5 minutes'
  then
    raise exception 'The id % cannot be used for a message of this conversation.', draft.id using errcode = 'CQ200',
      hint = 'Leave it out, or send a UUID version 7 that is not older than the conversation and not in the future.';
  end if;

  begin
    insert into app_public.messages (
      id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, parent_id, replaces_id, content, idempotency_key,
      provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, processing_time_ms, relevance_score, parts, attachments, metadata
    )
    values (
      draft.id, conversation.id, conversation.workspace_id, conversation.owner_id,
      case when coalesce(draft.role, 'user') = 'user' then app_hidden.current_user_id() end,
      conversation.last_sequence_number + 1, coalesce(draft.role, 'user'), draft.parent_id, draft.replaces_id, draft.content,
      draft.idempotency_key, draft.provider, draft.model, draft.prompt_tokens, draft.completion_tokens,
      coalesce(draft.total_tokens, draft.prompt_tokens + draft.completion_tokens),
      draft.cost_usd, draft.processing_time_ms, draft.relevance_score, draft.parts, draft.attachments, coalesce(draft.metadata, '{}')
    )
    returning * into result;
  exception when unique_violation then
    -- the same words whether the id belongs to this caller or to somebody else
    raise exception 'The id % cannot be used for a message of this conversation.', draft.id using errcode = 'CQ200', hint = 'Leave it out, or send another one.';
  end;

  if result.idempotency_key is not null then
    insert into app_hidden.message_idempotency_keys (workspace_id, conversation_id, idempotency_key, message_id)
    values (conversation.workspace_id, conversation.id, result.idempotency_key, result.id);
  end if;
  if result.parent_id is not null or is_new_root then
    update app_public.conversations c set preferred_leaf_id = result.id where c.id = conversation.id;
  end if;
  if result.total_tokens > 0 or result.cost_usd > 0 then
    perform app_private.require_quota();
    insert into app_public.usage_logs (
      workspace_id, user_id, conversation_id, message_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd
    )
    values (
      result.workspace_id, app_hidden.current_user_id(), result.conversation_id, result.id, 'message', result.provider, result.model,
      result.prompt_tokens, result.completion_tokens, coalesce(result.total_tokens, 0), coalesce(result.cost_usd, 0)
    );
  end if;
  return result;
end
$$;
comment on function app_private.insert_message(app_public.conversations, app_public.messages, boolean) is
  'Writes a message into a locked conversation. Raises CQ200 unusable argument, CQ204 no such parent, CQ221 the caller''s monthly quota is spent.';
--! EndIncluded conversations/insert_message.sql
--! Included conversations/message_path.sql
-- The messages that lead to one: its parents, and, above the first of them, the messages from before there were branches,
-- which have no parent and follow one another. Never another branch, and nothing later.
create or replace function app_private.message_path(conversation_id uuid, leaf_id uuid)
returns table (id uuid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive explicit as (
    select m.id, m.parent_id, m.replaces_id, m.sequence_number
    from app_public.messages m
    where m.conversation_id = message_path.conversation_id and m.id = message_path.leaf_id
    union all
    select m.id, m.parent_id, m.replaces_id, m.sequence_number
    from explicit e
    join app_public.messages m on m.conversation_id = message_path.conversation_id and m.id = e.parent_id
  )
  select e.id from explicit e
  union all
  select m.id
  from explicit e
  join app_public.messages m on m.conversation_id = message_path.conversation_id and m.sequence_number < e.sequence_number
  where e.parent_id is null and e.replaces_id is null
    and m.parent_id is null and m.replaces_id is null and m.id >= message_path.conversation_id and m.id < message_path.leaf_id;
$$;
comment on function app_private.message_path(uuid, uuid) is 'The messages of a conversation that lead to one, that one included, in no order.';
--! EndIncluded conversations/message_path.sql
--! Included conversations/add_tool_calls.sql
-- Writes the tool calls of an answer that is complete. calls: [{name, arguments, result, error, status, turn, position,
-- durationMs}]; status is succeeded unless it says otherwise.
create or replace function app_private.add_tool_calls(message app_public.messages, calls jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if coalesce(jsonb_typeof(calls), 'null') = 'null' then
    return;
  end if;
  if jsonb_typeof(calls) <> 'array' or jsonb_array_length(calls) > 200 then
    raise exception 'toolCalls is an array of at most 200 calls.' using errcode = 'CQ200', hint = 'Each is {name, arguments, result, status, durationMs}.';
  end if;
  insert into app_public.tool_calls (
    workspace_id, conversation_id, message_id, turn, position, name, arguments, status, result, error, duration_ms
  )
  select
    message.workspace_id, message.conversation_id, message.id, coalesce((c.item ->> 'turn')::integer, 1),
    coalesce((c.item ->> 'position')::integer, c.place::integer), c.item ->> 'name', coalesce(c.item -> 'arguments', '{}'),
    coalesce((c.item ->> 'status')::app_public.tool_call_status, 'succeeded'), c.item -> 'result', c.item ->> 'error',
    (c.item ->> 'durationMs')::integer
  from jsonb_array_elements(calls) with ordinality as c (item, place);
end
$$;
comment on function app_private.add_tool_calls(app_public.messages, jsonb) is 'Writes the tool calls of an answer. Raises CQ200.';
--! EndIncluded conversations/add_tool_calls.sql
--! Included conversations/add_message_chunks.sql
-- Writes which chunks an answer used. Only chunks that the writer may read can be cited: whether another exists is not told.
-- chunks: [{chunkId, similarityScore, textScore, score, embeddingVersionId}], best first.
create or replace function app_private.add_message_chunks(message app_public.messages, chunks jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  cited integer;
begin
  if coalesce(jsonb_typeof(chunks), 'null') = 'null' then
    return;
  end if;
  if jsonb_typeof(chunks) <> 'array' or jsonb_array_length(chunks) > 200
    or (select count(*) <> count(distinct lower(c.item ->> 'chunkId')) from jsonb_array_elements(chunks) as c (item))
  then
    raise exception 'chunks is an array of at most 200 different chunks.' using errcode = 'CQ200', hint = 'Each is {chunkId, similarityScore, textScore, score}, best first.';
  end if;
  insert into app_public.message_chunks (workspace_id, conversation_id, message_id, chunk_id, embedding_version_id, similarity_score, text_score, score, rank)
  select
    message.workspace_id, message.conversation_id, message.id, k.id,
    coalesce((c.item ->> 'embeddingVersionId')::uuid, (select v.id from app_public.embedding_versions v where v.status = 'active')),
    (c.item ->> 'similarityScore')::real, (c.item ->> 'textScore')::real, (c.item ->> 'score')::real, c.place
  from jsonb_array_elements(chunks) with ordinality as c (item, place)
  join app_public.chunks k
    on k.workspace_id = message.workspace_id and k.id = (c.item ->> 'chunkId')::uuid
    and (k.owner_id = app_hidden.current_user_id() or k.visibility = 'workspace');
  get diagnostics cited = row_count;
  if cited <> jsonb_array_length(chunks) then
    raise exception 'There is no such chunk.' using errcode = 'CQ204', hint = 'Cite what search returned in this workspace.';
  end if;
end
$$;
comment on function app_private.add_message_chunks(app_public.messages, jsonb) is 'Writes the citations of an answer. Raises CQ200, CQ204.';
--! EndIncluded conversations/add_message_chunks.sql
--! Included conversations/add_answer.sql
-- The one way an answer gets into a locked conversation with what it used: its chunks and its tool calls. Tokens count
-- together when one of the two kinds is known.
create or replace function app_private.add_answer(
  conversation app_public.conversations, draft app_public.messages, chunks jsonb, tool_calls jsonb
)
returns app_public.messages
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.messages;
begin
  draft.role := 'assistant';
  draft.total_tokens := case
    when num_nonnulls(draft.prompt_tokens, draft.completion_tokens) > 0
      then coalesce(draft.prompt_tokens, 0) + coalesce(draft.completion_tokens, 0)
  end;
  result := app_private.insert_message(conversation, draft);
  perform app_private.add_message_chunks(result, add_answer.chunks);
  perform app_private.add_tool_calls(result, add_answer.tool_calls);
  return result;
end
$$;
comment on function app_private.add_answer(app_public.conversations, app_public.messages, jsonb, jsonb) is
  'Writes an answer with its chunks and tool calls into a locked conversation. Raises CQ200 unusable argument, CQ204 no such parent or chunk.';
--! EndIncluded conversations/add_answer.sql
--! Included conversations/record_turn.sql
-- A whole turn in one transaction: question, answer, the chunks it used, its tool calls, tokens, cost and latency. Either
-- all of it is there or nothing. Both messages are in the same conversation, also when the size limit is crossed.
create or replace function app_public.record_turn(
  conversation_id uuid,
  question text,
  answer text,
  chunks jsonb default '[]',
  tool_calls jsonb default '[]',
  provider text default null,
  model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null,
  latency_ms integer default null,
  relevance_score real default null,
  parent_id uuid default null,
  idempotency_key text default null,
  metadata jsonb default '{}'
)
returns setof app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  place app_public.conversations;
  draft app_public.messages;
  asked app_public.messages;
  answered app_public.messages;
  question_key text := 'turn:' || record_turn.idempotency_key || ':question';
  answer_key text := 'turn:' || record_turn.idempotency_key || ':answer';
  parent_place uuid;
begin
  conversation := app_private.lock_conversation(record_turn.conversation_id);
  if char_length(record_turn.idempotency_key) not between 1 and 180 then
    raise exception 'The idempotency key of a turn has 1 to 180 characters.' using errcode = 'CQ200', hint = 'A UUID will do.';
  end if;
  if record_turn.parent_id is not null then
    select m.conversation_id into parent_place from app_public.messages m
    where m.id = record_turn.parent_id and m.workspace_id = conversation.workspace_id;
  end if;

  loop
    if record_turn.idempotency_key is not null then
      asked := app_private.message_of_key(conversation.id, question_key);
      answered := app_private.message_of_key(conversation.id, answer_key);
      if asked.id is not null and answered.id is not null then
        return next asked;
        return next answered;
        return;
      end if;
    end if;
    place := app_private.lock_continuation(conversation, 2);
    exit when place.id = conversation.id;
    conversation := place;
  end loop;

  draft.role := 'user';
  draft.content := record_turn.question;
  if parent_place is distinct from record_turn.conversation_id or conversation.id = record_turn.conversation_id then
    draft.parent_id := record_turn.parent_id;
  end if;
  draft.idempotency_key := question_key;
  asked := app_private.insert_message(conversation, draft, conversation.id <> record_turn.conversation_id);

  -- the counters moved with the question
  select c.* into conversation from app_public.conversations c where c.id = asked.conversation_id;
  draft := null;
  draft.content := record_turn.answer;
  draft.parent_id := case when asked.parent_id is not null then asked.id end;
  draft.idempotency_key := answer_key;
  draft.provider := record_turn.provider;
  draft.model := record_turn.model;
  draft.prompt_tokens := record_turn.prompt_tokens;
  draft.completion_tokens := record_turn.completion_tokens;
  draft.cost_usd := record_turn.cost_usd;
  draft.processing_time_ms := record_turn.latency_ms;
  draft.relevance_score := record_turn.relevance_score;
  draft.metadata := record_turn.metadata;
  answered := app_private.add_answer(conversation, draft, record_turn.chunks, record_turn.tool_calls);
  return next asked;
  return next answered;
end
$$;
comment on function app_public.record_turn(uuid, text, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, uuid, text, jsonb) is
  'Stores a question with its answer, the chunks [{chunkId, similarityScore, textScore, score}] and tool calls [{name, arguments, result, status, durationMs}] of it, in one transaction; returns both messages. A retry with the same idempotencyKey returns the first ones. Errors: CQ101, CQ109, CQ200 unusable argument, CQ204 no such conversation, parent or chunk, CQ221 your monthly quota is spent.';
grant execute on function app_public.record_turn(uuid, text, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, uuid, text, jsonb)
  to colloquy_user, colloquy_admin;
--! EndIncluded conversations/record_turn.sql
--! Included conversations/tool_calls_10_transition.sql
-- Before each update: a call moves forward only, and what it was asked to do never changes.
create or replace function app_private.check_tool_call_transition()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if (old.status, new.status) not in (
    ('requested', 'approved'), ('requested', 'denied'), ('approved', 'running'), ('approved', 'succeeded'), ('approved', 'failed'),
    ('running', 'succeeded'), ('running', 'failed')
  ) and old.status <> new.status then
    raise exception 'A tool call that is % cannot become %.', old.status, new.status
      using errcode = 'CQ210', hint = 'requested: approve or deny it; approved: run it; running: report its result.';
  end if;
  if (new.message_id, new.name, new.arguments) is distinct from (old.message_id, old.name, old.arguments) then
    raise exception 'What a tool call was asked to do does not change.' using errcode = 'CQ210', hint = 'Request another call.';
  end if;
  new.updated_at := clock_timestamp();
  return new;
end
$$;
comment on function app_private.check_tool_call_transition() is 'Trigger: lets a tool call move forward only. Raises CQ210.';

create or replace trigger tool_calls_10_transition
before update of status, message_id, name, arguments on app_public.tool_calls
for each row execute function app_private.check_tool_call_transition();
--! EndIncluded conversations/tool_calls_10_transition.sql
--! Included conversations/request_tool_call.sql
-- Adds a call to an assistant's message; it waits until somebody who may write in the conversation approves or denies it.
create or replace function app_public.request_tool_call(message_id uuid, name text, arguments jsonb default '{}', turn integer default 1)
returns app_public.tool_calls
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  result app_public.tool_calls;
begin
  conversation := app_private.lock_conversation_of(request_tool_call.message_id);
  if (select m.role from app_public.messages m where m.id = request_tool_call.message_id) <> 'assistant' then
    raise exception 'Only a message of an assistant calls tools.' using errcode = 'CQ200', hint = 'Pass the id of the answer.';
  end if;
  insert into app_public.tool_calls (workspace_id, conversation_id, message_id, turn, position, name, arguments)
  values (
    conversation.workspace_id, conversation.id, request_tool_call.message_id, coalesce(request_tool_call.turn, 1),
    1 + (
      select count(*) from app_public.tool_calls t
      where t.message_id = request_tool_call.message_id and t.turn = coalesce(request_tool_call.turn, 1)
    ),
    request_tool_call.name, coalesce(request_tool_call.arguments, '{}')
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.request_tool_call(uuid, text, jsonb, integer) is
  'Adds a tool call to an answer, to be approved or denied. Errors: CQ101, CQ109, CQ200 not an answer or a value out of range, CQ204 no such message.';
grant execute on function app_public.request_tool_call(uuid, text, jsonb, integer) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/request_tool_call.sql
--! Included conversations/answer_tool_call.sql
-- Approves or denies a call, or tells how it went. Which step may follow which is the trigger's business.
create or replace function app_public.answer_tool_call(
  tool_call_id uuid,
  status app_public.tool_call_status,
  result jsonb default null,
  error text default null,
  duration_ms integer default null
)
returns app_public.tool_calls
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  answered app_public.tool_calls;
begin
  perform app_private.lock_conversation((
    select t.conversation_id
    from app_public.tool_calls t
    where t.id = answer_tool_call.tool_call_id and t.workspace_id = app_hidden.current_workspace_id()
  ));
  update app_public.tool_calls t
  set
    status = answer_tool_call.status,
    result = coalesce(answer_tool_call.result, t.result),
    error = coalesce(answer_tool_call.error, t.error),
    duration_ms = coalesce(answer_tool_call.duration_ms, t.duration_ms),
    decided_by = case when answer_tool_call.status in ('approved', 'denied') then app_hidden.current_user_id() else t.decided_by end
  where t.id = answer_tool_call.tool_call_id and t.status <> answer_tool_call.status
  returning t.* into answered;
  if answered.id is null then
    -- the same answer again: nothing was written
    select t.* into answered from app_public.tool_calls t where t.id = answer_tool_call.tool_call_id;
  end if;
  return answered;
end
$$;
comment on function app_public.answer_tool_call(uuid, app_public.tool_call_status, jsonb, text, integer) is
  'Approves or denies a tool call, or reports how it went. Errors: CQ101, CQ109, CQ204 no such call, CQ210 it cannot become that now.';
grant execute on function app_public.answer_tool_call(uuid, app_public.tool_call_status, jsonb, text, integer) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/answer_tool_call.sql
--! Included conversations/message_feedback_10_count.sql
-- After each statement: carries thumbs into the counters of the conversations, with one update each. Sealed: the counters are
-- granted to nobody.
create or replace function app_private.count_message_feedback()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  changed record;
begin
  for changed in
    execute format(
      'select f.conversation_id, sum(f.sign * (f.feedback_type = ''positive'')::integer) as positive, sum(f.sign * (f.feedback_type = ''negative'')::integer) as negative
       from (%s) as f group by f.conversation_id order by f.conversation_id',
      case tg_op
        when 'INSERT' then 'select n.*, 1 as sign from new_feedback n'
        when 'DELETE' then 'select o.*, -1 as sign from old_feedback o'
        else 'select n.*, 1 as sign from new_feedback n union all select o.*, -1 from old_feedback o'
      end
    )
  loop
    update app_public.conversations c
    set positive_feedback = c.positive_feedback + changed.positive, negative_feedback = c.negative_feedback + changed.negative
    -- what is packed or comes back from there was counted when it was given
    where c.id = changed.conversation_id and c.storage_tier = 'hot' and (changed.positive <> 0 or changed.negative <> 0);
  end loop;
  return null;
end
$$;
comment on function app_private.count_message_feedback() is 'Trigger: keeps positive_feedback and negative_feedback of conversations.';

create or replace trigger message_feedback_10_count_inserted
after insert on app_public.message_feedback referencing new table as new_feedback
for each statement execute function app_private.count_message_feedback();

create or replace trigger message_feedback_10_count_updated
after update on app_public.message_feedback referencing old table as old_feedback new table as new_feedback
for each statement execute function app_private.count_message_feedback();

create or replace trigger message_feedback_10_count_deleted
after delete on app_public.message_feedback referencing old table as old_feedback
for each statement execute function app_private.count_message_feedback();
--! EndIncluded conversations/message_feedback_10_count.sql
--! Included conversations/give_feedback.sql
-- Says what the caller thinks of a message, or changes it: one per reader and message. Locks the conversation first, as
-- every writer does, so that two of the same reader at once are one row and never stand in a circle.
create or replace function app_public.give_feedback(
  message_id uuid, feedback_type app_public.feedback_type, rating integer default null, comment text default null
)
returns app_public.message_feedback
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  given app_public.message_feedback;
begin
  conversation := app_private.lock_conversation_of(give_feedback.message_id);
  insert into app_public.message_feedback as f (
    workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment, ip, user_agent
  )
  values (
    conversation.workspace_id, conversation.id, give_feedback.message_id, app_hidden.current_user_id(), give_feedback.feedback_type,
    give_feedback.rating, give_feedback.comment, nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.user_agent', true), ''), 1000)
  )
  on conflict on constraint message_feedback_message_id_user_id_key do update
  set
    feedback_type = excluded.feedback_type, rating = excluded.rating, comment = excluded.comment, ip = excluded.ip,
    user_agent = excluded.user_agent, updated_at = clock_timestamp()
  returning f.* into given;
  return given;
end
$$;
comment on function app_public.give_feedback(uuid, app_public.feedback_type, integer, text) is
  'Says what you think of a message: positive, neutral or negative, a rating of 1 to 5, a comment. Again replaces it. Errors: CQ101, CQ109, CQ200 a value out of range, CQ204 no such message.';
grant execute on function app_public.give_feedback(uuid, app_public.feedback_type, integer, text) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/give_feedback.sql
--! Included conversations/withdraw_feedback.sql
-- Takes one's own feedback back. That of others is out of reach, also for the owner of the conversation.
create or replace function app_public.withdraw_feedback(message_id uuid)
returns app_public.message_feedback
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  withdrawn app_public.message_feedback;
begin
  perform app_private.lock_conversation_of(withdraw_feedback.message_id);
  delete from app_public.message_feedback f
  where f.message_id = withdraw_feedback.message_id and f.user_id = app_hidden.current_user_id()
  returning f.* into withdrawn;
  if withdrawn.id is null then
    raise exception 'There is no feedback of yours on this message.' using errcode = 'CQ204', hint = 'Nothing is left to do.';
  end if;
  return withdrawn;
end
$$;
comment on function app_public.withdraw_feedback(uuid) is 'Takes your feedback on a message back. Errors: CQ101, CQ109, CQ204 no such message, or no feedback of yours.';
grant execute on function app_public.withdraw_feedback(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/withdraw_feedback.sql
--! Included conversations/share_conversation.sql
-- Makes a link for visitors, up to one message. Only the owner of a conversation shares it. The token leaves the database
-- once, here; what stays is its hash.
create or replace function app_public.share_conversation(
  conversation_id uuid, until_message_id uuid default null, expires_at timestamptz default null
)
returns app_public.conversation_share_link
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  conversation app_public.conversations;
  token text := 'cqh_' || encode(gen_random_bytes(32), 'hex');
  link app_public.conversation_share_link;
begin
  conversation := app_private.lock_conversation(share_conversation.conversation_id);
  link.until_message_id := coalesce(share_conversation.until_message_id, conversation.preferred_leaf_id, conversation.last_message_id);
  if conversation.owner_id <> app_hidden.current_user_id() or not exists (
    select from app_public.messages m where m.id = link.until_message_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such conversation or message of yours.' using errcode = 'CQ204',
      hint = 'Only its owner shares a conversation, up to one of its messages.';
  end if;
  if share_conversation.expires_at <= clock_timestamp() then
    raise exception 'The link would have expired already.' using errcode = 'CQ200', hint = 'Leave expiresAt out, or choose a time to come.';
  end if;
  insert into app_public.conversation_shares (workspace_id, conversation_id, created_by, token_hash, until_message_id, expires_at)
  values (
    conversation.workspace_id, conversation.id, app_hidden.current_user_id(), sha256(convert_to(token, 'UTF8')), link.until_message_id,
    share_conversation.expires_at
  )
  returning id into link.id;
  link.token := token;
  link.conversation_id := conversation.id;
  link.expires_at := share_conversation.expires_at;
  return link;
end
$$;
comment on function app_public.share_conversation(uuid, uuid, timestamptz) is
  'Makes a link by which anybody reads a conversation of yours up to one message (the last one, unless you name another). The token is shown once. Errors: CQ101, CQ109, CQ200 expired already, CQ204 no such conversation or message of yours.';
grant execute on function app_public.share_conversation(uuid, uuid, timestamptz) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/share_conversation.sql
--! Included conversations/revoke_share.sql
-- Takes a link back: it shows nothing from now on.
create or replace function app_public.revoke_share(share_id uuid)
returns app_public.conversation_shares
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  revoked app_public.conversation_shares;
begin
  perform app_hidden.require_member(for_writing => true);
  update app_public.conversation_shares s
  set revoked_at = coalesce(s.revoked_at, clock_timestamp())
  where s.id = revoke_share.share_id and s.workspace_id = app_hidden.current_workspace_id() and s.created_by = app_hidden.current_user_id()
  returning s.* into revoked;
  if revoked.id is null then
    raise exception 'There is no such link.' using errcode = 'CQ204', hint = 'List your links with conversationShares.';
  end if;
  return revoked;
end
$$;
comment on function app_public.revoke_share(uuid) is 'Takes a link back. Errors: CQ101, CQ109, CQ204 no such link.';
grant execute on function app_public.revoke_share(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/revoke_share.sql
--! Included conversations/read_shared_conversation.sql
-- What a link shows to anybody who has it: title, and the messages that lead to the one it was made for. Never a later one,
-- another branch, a message of the system or of a tool, an id or a name. Null for a token that is unknown, expired or
-- revoked: which of them is not told.
create or replace function app_public.read_shared_conversation(token text)
returns app_public.shared_conversation
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  share record;
  conversation app_public.conversations;
  result app_public.shared_conversation;
begin
  if token is null or token !~ '^cqh_[0-9a-f]{64}$' then
    return null;
  end if;
  select s.conversation_id, s.until_message_id, c.title, c.storage_tier into share
  from app_public.conversation_shares s
  join app_public.conversations c on c.workspace_id = s.workspace_id and c.id = s.conversation_id
  where s.token_hash = sha256(convert_to(token, 'UTF8'))
    and s.revoked_at is null
    and (s.expires_at is null or s.expires_at > clock_timestamp())
    and (c.expires_at is null or c.expires_at > clock_timestamp());
  if share.conversation_id is null then
    return null;
  end if;
  result.title := share.title;
  if share.storage_tier <> 'hot' then
    select c.* into conversation from app_public.conversations c where c.id = share.conversation_id;
    select coalesce(
      array_agg(row(m.role, m.content, m.model, uuid_extract_timestamp(m.id))::app_public.shared_message order by m.sequence_number), '{}'
    )
    into result.messages
    from app_private.packed_message_path(conversation, share.until_message_id) as m
    where m.role in ('user', 'assistant');
    return result;
  end if;
  select coalesce(
    array_agg(row(m.role, m.content, m.model, uuid_extract_timestamp(m.id))::app_public.shared_message order by m.sequence_number), '{}'
  )
  into result.messages
  from app_private.message_path(share.conversation_id, share.until_message_id) as p
  join app_public.messages m on m.id = p.id
  where m.role in ('user', 'assistant');
  return result;
end
$$;
comment on function app_public.read_shared_conversation(text) is
  'What a link to a conversation shows; no account is needed. Null when the token is unknown, expired or revoked.';
grant execute on function app_public.read_shared_conversation(text) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded conversations/read_shared_conversation.sql
--! Included conversations/mark_read.sql
-- Remembers that the caller has read a conversation until now. A viewer reads too, so this asks for no right to write.
create or replace function app_public.mark_read(conversation_id uuid)
returns app_public.conversation_reads
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  seen app_public.conversation_reads;
begin
  perform app_hidden.require_member();
  insert into app_public.conversation_reads as r (workspace_id, conversation_id, user_id, last_read_at)
  select c.workspace_id, c.id, app_hidden.current_user_id(), clock_timestamp()
  from app_public.conversations c
  where c.id = mark_read.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace')
  on conflict on constraint conversation_reads_pkey do update
  set last_read_at = greatest(r.last_read_at, excluded.last_read_at)
  returning r.* into seen;
  if seen.conversation_id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return seen;
end
$$;
comment on function app_public.mark_read(uuid) is 'Remembers that you have read a conversation until now. Errors: CQ101, CQ204 no such conversation.';
grant execute on function app_public.mark_read(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/mark_read.sql
--! Included conversations/make_temporary.sql
-- Gives a conversation an end, or takes it back. Only its owner may. The content goes then; what it used stays in usage_logs.
create or replace function app_public.make_temporary(conversation_id uuid, expires_at timestamptz default null)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  conversation := app_private.lock_conversation(make_temporary.conversation_id);
  if conversation.owner_id <> app_hidden.current_user_id() then
    raise exception 'There is no such conversation of yours.' using errcode = 'CQ204', hint = 'Only its owner gives a conversation an end.';
  end if;
  if make_temporary.expires_at <= clock_timestamp() then
    raise exception 'The conversation would have ended already.' using errcode = 'CQ200', hint = 'Delete it, or choose a time to come.';
  end if;
  update app_public.conversations c
  set is_temporary = make_temporary.expires_at is not null, expires_at = make_temporary.expires_at
  where c.id = conversation.id
  returning c.* into conversation;
  return conversation;
end
$$;
comment on function app_public.make_temporary(uuid, timestamptz) is
  'Has the content of a conversation of yours go at a time; without a time, keeps it. Errors: CQ101, CQ109, CQ200 a time gone by, CQ204 no such conversation of yours.';
grant execute on function app_public.make_temporary(uuid, timestamptz) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/make_temporary.sql
--! Included conversations/branch_conversation.sql
-- A new conversation of the caller that begins with what leads to one message. The copies carry no tokens and no cost: they
-- were paid for once. Where each comes from is in its metadata.
create or replace function app_public.branch_conversation(message_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  source app_public.conversations;
  path_length integer;
  result app_public.conversations;
begin
  source := app_private.lock_conversation_of(branch_conversation.message_id);
  select count(*) into path_length from app_private.message_path(source.id, branch_conversation.message_id);
  insert into app_public.conversations (
    workspace_id, owner_id, title, channel, model_provider, model_name, temperature, max_tokens, system_prompt, rag_configuration_id,
    enable_document_chat, enable_image_generation, enable_web_search, max_messages, is_temporary, expires_at, metadata, branched_from_message_id
  )
  values (
    source.workspace_id, app_hidden.current_user_id(), source.title, source.channel, source.model_provider, source.model_name,
    source.temperature, source.max_tokens, source.system_prompt, source.rag_configuration_id, source.enable_document_chat,
    source.enable_image_generation, source.enable_web_search,
    -- what was copied does not use up the room for what comes now
    1000 + path_length, source.is_temporary, source.expires_at, source.metadata, branch_conversation.message_id
  )
  returning * into result;

  insert into app_public.messages (
    id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, status, content, parts, parts_format, attachments,
    provider, model, metadata
  )
  select
    uuidv7(), result.id, result.workspace_id, result.owner_id, copied.author_id, copied.number, copied.role, copied.status, copied.content,
    copied.parts, copied.parts_format, copied.attachments, copied.provider, copied.model,
    copied.metadata || jsonb_build_object('copiedFrom', copied.id)
  from (
    select m.*, row_number() over (order by m.sequence_number) as number
    from app_private.message_path(source.id, branch_conversation.message_id) as p
    join app_public.messages m on m.id = p.id
    order by m.sequence_number
  ) as copied;

  select c.* into result from app_public.conversations c where c.id = result.id;
  return result;
end
$$;
comment on function app_public.branch_conversation(uuid) is
  'Starts a conversation of your own that continues after a message, with a copy of what leads to it. Errors: CQ101, CQ109, CQ204 no such message.';
grant execute on function app_public.branch_conversation(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/branch_conversation.sql
--! Included conversations/parent_of_version.sql
-- Below which message another version of a message goes: where the message itself is, or, when it is from before there were
-- branches, below the one before it.
create or replace function app_private.parent_of_version(original app_public.messages)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(original.parent_id, (
    select m.id
    from app_private.message_path(original.conversation_id, original.id) as p
    join app_public.messages m on m.id = p.id
    where m.id <> original.id
    order by m.sequence_number desc
    limit 1
  ));
$$;
comment on function app_private.parent_of_version(app_public.messages) is 'The parent of another version of a message; null for the first one of a conversation.';
--! EndIncluded conversations/parent_of_version.sql
--! Included conversations/edit_message.sql
-- Writes another version of a message beside it: same parent, a branch of its own. Nothing that was said is changed. A
-- conversation that is full still takes it, since a branch cannot be in another conversation than its parent.
create or replace function app_public.edit_message(message_id uuid, content text)
returns app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  original app_public.messages;
  draft app_public.messages;
begin
  conversation := app_private.lock_conversation_of(edit_message.message_id);
  select m.* into original from app_public.messages m where m.id = edit_message.message_id;
  draft.parent_id := app_private.parent_of_version(original);
  draft.replaces_id := original.id;
  draft.role := original.role;
  draft.content := edit_message.content;
  draft.attachments := original.attachments;
  draft.metadata := original.metadata;
  return app_private.insert_message(conversation, draft);
end
$$;
comment on function app_public.edit_message(uuid, text) is
  'Writes another version of a message as a branch beside it, and continues there. Errors: CQ101, CQ109, CQ200 too long, CQ204 no such message.';
grant execute on function app_public.edit_message(uuid, text) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/edit_message.sql
--! Included conversations/regenerate_answer.sql
-- Another answer to the same question, beside the one that was there: a branch of its own, with what it used and cost.
-- Nothing that was said is changed, and the first answer keeps its feedback.
create or replace function app_public.regenerate_answer(
  message_id uuid,
  answer text,
  chunks jsonb default '[]',
  tool_calls jsonb default '[]',
  provider text default null,
  model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null,
  latency_ms integer default null,
  relevance_score real default null,
  idempotency_key text default null,
  metadata jsonb default '{}'
)
returns app_public.messages
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  original app_public.messages;
  draft app_public.messages;
  result app_public.messages;
begin
  conversation := app_private.lock_conversation_of(regenerate_answer.message_id);
  if regenerate_answer.idempotency_key is not null then
    result := app_private.message_of_key(conversation.id, regenerate_answer.idempotency_key);
    if result.id is not null then
      return result;
    end if;
  end if;
  select m.* into original from app_public.messages m where m.id = regenerate_answer.message_id;
  if original.role <> 'assistant' then
    raise exception 'Only an answer can be regenerated; this message is of the role "%".', original.role using errcode = 'CQ200', hint = 'Use editMessage for a question.';
  end if;
  draft.parent_id := app_private.parent_of_version(original);
  draft.replaces_id := original.id;
  draft.content := regenerate_answer.answer;
  draft.idempotency_key := regenerate_answer.idempotency_key;
  draft.provider := regenerate_answer.provider;
  draft.model := regenerate_answer.model;
  draft.prompt_tokens := regenerate_answer.prompt_tokens;
  draft.completion_tokens := regenerate_answer.completion_tokens;
  draft.cost_usd := regenerate_answer.cost_usd;
  draft.processing_time_ms := regenerate_answer.latency_ms;
  draft.relevance_score := regenerate_answer.relevance_score;
  draft.metadata := regenerate_answer.metadata;
  return app_private.add_answer(conversation, draft, regenerate_answer.chunks, regenerate_answer.tool_calls);
end
$$;
comment on function app_public.regenerate_answer(uuid, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, text, jsonb) is
  'Stores another answer beside one that was given, as a branch, with its chunks, tool calls and cost as in recordTurn, and continues there. A retry with the same idempotencyKey returns the first one. Errors: CQ101, CQ109, CQ200 unusable argument or not an answer, CQ204 no such message or chunk, CQ221 your monthly quota is spent.';
grant execute on function app_public.regenerate_answer(uuid, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, text, jsonb)
  to colloquy_user, colloquy_admin;
--! EndIncluded conversations/regenerate_answer.sql
--! Included conversations/choose_branch.sql
-- Chooses the branch that goes through a message: from there on the newest child is followed to its end, which becomes the
-- preferred leaf of the conversation, where the next message is added.
create or replace function app_public.choose_branch(message_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  current app_public.messages;
  child app_public.messages;
begin
  conversation := app_private.lock_conversation_of(choose_branch.message_id);
  select m.* into current from app_public.messages m where m.id = choose_branch.message_id;
  loop
    select c.* into child
    from (
      (
        select m.* from app_public.messages m
        where m.conversation_id = conversation.id and m.parent_id = current.id
        order by m.id desc
        limit 1
      )
      union all
      (
        -- from before there were branches: the message after it
        select m.* from app_public.messages m
        where current.parent_id is null and current.replaces_id is null
          and m.conversation_id = conversation.id and m.id > current.id and m.parent_id is null and m.replaces_id is null
        order by m.sequence_number
        limit 1
      )
    ) as c
    order by c.id desc
    limit 1;
    exit when child.id is null;
    current := child;
  end loop;
  update app_public.conversations c
  set preferred_leaf_id = current.id
  where c.id = conversation.id
  returning c.* into conversation;
  return conversation;
end
$$;
comment on function app_public.choose_branch(uuid) is
  'Chooses the branch that goes through a message, to show and to continue. Errors: CQ101, CQ109, CQ204 no such message.';
grant execute on function app_public.choose_branch(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded conversations/choose_branch.sql
--! Included conversations/record_image.sql
-- Writes down an image that was generated in a conversation, and what it cost. Its bytes are the storage's business.
create or replace function app_public.record_image(
  conversation_id uuid,
  prompt text,
  storage_path text,
  width integer,
  height integer,
  format text default 'png',
  message_id uuid default null,
  provider text default null,
  model text default null,
  generation_time_ms integer default null,
  cost_usd numeric default null
)
returns app_public.generated_images
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  image app_public.generated_images;
begin
  conversation := app_private.lock_conversation(record_image.conversation_id);
  if record_image.message_id is not null and not exists (
    select from app_public.messages m where m.id = record_image.message_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such message in this conversation.' using errcode = 'CQ204', hint = 'messageId must be a message of the same conversation.';
  end if;
  insert into app_public.generated_images (
    workspace_id, conversation_id, message_id, owner_id, prompt, provider, model, storage_path, width, height, format, generation_time_ms, cost_usd
  )
  values (
    conversation.workspace_id, conversation.id, record_image.message_id, app_hidden.current_user_id(), record_image.prompt,
    record_image.provider, record_image.model, record_image.storage_path, record_image.width, record_image.height,
    coalesce(record_image.format, 'png'), record_image.generation_time_ms, record_image.cost_usd
  )
  returning * into image;
  if image.cost_usd > 0 then
    perform app_private.require_quota();
  end if;
  insert into app_public.usage_logs (workspace_id, user_id, conversation_id, message_id, action, provider, model, cost_usd)
  select image.workspace_id, image.owner_id, image.conversation_id, image.message_id, 'image', image.provider, image.model, image.cost_usd
  where image.cost_usd > 0;
  return image;
end
$$;
comment on function app_public.record_image(uuid, text, text, integer, integer, text, uuid, text, text, integer, numeric) is
  'Writes down an image that was generated in a conversation. Errors: CQ101, CQ109, CQ200 a value out of range, CQ204 no such conversation or message, CQ221 your monthly quota is spent.';
grant execute on function app_public.record_image(uuid, text, text, integer, integer, text, uuid, text, text, integer, numeric)
  to colloquy_user, colloquy_admin;
--! EndIncluded conversations/record_image.sql
--! Included usage/usage_logs_10_totals.sql
-- After each insert statement: carries tokens and cost into the totals and the months of the users, with one update each.
create or replace function app_private.total_new_usage()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  used record;
begin
  for used in
    select n.user_id, sum(n.total_tokens) as tokens, sum(n.cost_usd) as cost
    from new_usage n
    where n.user_id is not null
    group by n.user_id
    order by n.user_id
  loop
    update app_public.users u
    set total_tokens_used = u.total_tokens_used + used.tokens, total_cost_usd = u.total_cost_usd + used.cost
    where u.id = used.user_id;
  end loop;
  -- behind the locks of the users, so that two statements never wait for each other in a circle
  insert into app_private.user_usage_months as s (user_id, period_start, logged_tokens, logged_cost_usd)
  select n.user_id, app_private.budget_period_start('month', uuid_extract_timestamp(n.id)), sum(n.total_tokens), sum(n.cost_usd)
  from new_usage n
  where n.user_id is not null
  group by 1, 2
  order by 1, 2
  on conflict on constraint user_usage_months_pkey do update
  set logged_tokens = s.logged_tokens + excluded.logged_tokens, logged_cost_usd = s.logged_cost_usd + excluded.logged_cost_usd;
  return null;
end
$$;
comment on function app_private.total_new_usage() is 'Trigger: keeps total_tokens_used and total_cost_usd of users, and what they used per month.';

create or replace trigger usage_logs_10_totals
after insert on app_public.usage_logs
referencing new table as new_usage
for each statement execute function app_private.total_new_usage();
--! EndIncluded usage/usage_logs_10_totals.sql
--! Included usage/budget_period_start.sql
-- First moment, in UTC, of the period that a time falls into.
create or replace function app_private.budget_period_start(period app_public.budget_period, at timestamptz)
returns timestamptz
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select date_trunc(period::text, at, 'UTC');
$$;
comment on function app_private.budget_period_start(app_public.budget_period, timestamptz) is 'First moment of the day or month of a time, in UTC.';
--! EndIncluded usage/budget_period_start.sql
--! Included usage/set_usage_budget.sql
-- Sets or changes a budget. Runs with the caller's rights: the policies of usage_budgets let only those write who manage the
-- workspace. To lift a budget, delete it.
create or replace function app_public.set_usage_budget(
  period app_public.budget_period, token_limit bigint default null, cost_limit_usd numeric default null, user_id uuid default null
)
returns app_public.usage_budgets
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.usage_budgets;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.usage_budgets (workspace_id, scope, user_id, period, token_limit, cost_limit_usd)
  values (
    app_hidden.current_workspace_id(),
    case when set_usage_budget.user_id is null then 'workspace' else 'user' end::app_public.budget_scope,
    set_usage_budget.user_id, set_usage_budget.period, set_usage_budget.token_limit, set_usage_budget.cost_limit_usd
  )
  on conflict on constraint usage_budgets_workspace_id_user_id_period_key do update
  set token_limit = excluded.token_limit, cost_limit_usd = excluded.cost_limit_usd
  returning * into result;
  return result;
end
$$;
comment on function app_public.set_usage_budget(app_public.budget_period, bigint, numeric, uuid) is
  'Sets how much may be used per day or month, by one member or, without userId, by the whole workspace. Errors: CQ101, CQ109, CQ200 no limit given, CQ204 no such member, CQ403 not an owner or admin of the workspace.';
grant execute on function app_public.set_usage_budget(app_public.budget_period, bigint, numeric, uuid) to colloquy_user, colloquy_admin;
--! EndIncluded usage/set_usage_budget.sql
--! Included usage/reserve_usage.sql
-- Sets usage aside before work begins, against the caller's own monthly quota and every budget that holds for it: all of
-- them or none. What was reserved and never settled counts no longer after an hour.
create or replace function app_public.reserve_usage(tokens bigint, cost_usd numeric default 0)
returns app_public.usage_reservations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if reserve_usage.tokens is null or reserve_usage.tokens not between 0 and 1000000000000
    or reserve_usage.cost_usd is null or reserve_usage.cost_usd not between 0 and 1000000
  then
    raise exception 'What is reserved is not negative.' using errcode = 'CQ200', hint = 'Pass tokens, and costUsd when it is known.';
  end if;
  return app_private.reserve_for(
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), reserve_usage.tokens, reserve_usage.cost_usd
  );
end
$$;
comment on function app_public.reserve_usage(bigint, numeric) is
  'Sets tokens and cost aside before work begins; settleUsage ends it. Errors: CQ101, CQ109, CQ200 a negative amount, CQ220 the budget is spent, CQ221 the caller''s monthly quota is.';
grant execute on function app_public.reserve_usage(bigint, numeric) to colloquy_user, colloquy_admin;
--! EndIncluded usage/reserve_usage.sql
--! Included usage/settle_usage.sql
-- Ends a reservation with what was really used, which may be more than was set aside: it happened. Again changes nothing.
create or replace function app_public.settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric default 0)
returns app_public.usage_reservations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member(for_writing => true);
  if settle_usage.tokens is null or settle_usage.tokens not between 0 and 1000000000000
    or settle_usage.cost_usd is null or settle_usage.cost_usd not between 0 and 1000000
  then
    raise exception 'What was used is not negative.' using errcode = 'CQ200', hint = 'Pass tokens, and costUsd when it is known.';
  end if;
  if not exists (
    select from app_public.usage_reservations r
    where r.id = settle_usage.reservation_id and r.workspace_id = app_hidden.current_workspace_id() and r.user_id = app_hidden.current_user_id()
  ) then
    raise exception 'There is no such reservation.' using errcode = 'CQ204', hint = 'Pass the id that reserveUsage returned.';
  end if;
  return app_private.settle_reservation(
    app_hidden.current_workspace_id(), settle_usage.reservation_id, settle_usage.tokens, settle_usage.cost_usd
  );
end
$$;
comment on function app_public.settle_usage(uuid, bigint, numeric) is
  'Ends a reservation with what was really used. Errors: CQ101, CQ109, CQ200 a negative amount, CQ204 no such reservation.';
grant execute on function app_public.settle_usage(uuid, bigint, numeric) to colloquy_user, colloquy_admin;
--! EndIncluded usage/settle_usage.sql
--! Included conversations/import_attachments.sql
-- The attachments of an imported conversation: each becomes a row of files that says what it was and where its bytes are, since
-- an export has its names and seldom its bytes. One that was described before is left alone. Where the export has the text that
-- was read from it, that becomes a document, which can be searched. Must never set a hash: without bytes there is none.
-- attachments of a message: [{externalId, name, mimeType, size, bytes, text, metadata}]; bytes is in_export or missing.
create or replace function app_private.import_attachments(
  conversation app_public.conversations, messages app_private.imported_message[], shared_as app_public.visibility
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  attached record;
  described_id uuid;
  document_id uuid;
  added integer := 0;
begin
  for attached in
    select
      m.external_id as message, conversation.external_id || '/' || (a.item ->> 'externalId') as external_id, a.item ->> 'name' as name,
      a.item ->> 'mimeType' as mime_type, (a.item ->> 'size')::bigint as size, coalesce(a.item ->> 'bytes', 'missing') as bytes,
      a.item ->> 'text' as text, coalesce(a.item -> 'metadata', '{}') as metadata
    from unnest(messages) as m
    cross join jsonb_array_elements(m.attachments) with ordinality as a (item, place)
    order by m.position, a.place
  loop
    if attached.external_id is null or coalesce(trim(attached.name), '') = '' or attached.bytes not in ('in_export', 'missing') then
      raise exception 'The conversation "%" has an attachment without externalId or name.', conversation.external_id
        using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
    end if;
    insert into app_public.files as f (
      workspace_id, owner_id, visibility, original_name, external_id, mime_type, byte_size, processing_status, extracted_length,
      conversation_id, metadata
    )
    values (
      conversation.workspace_id, conversation.owner_id, shared_as, left(regexp_replace(attached.name, '^.*[/\\](?=.)', ''), 255), attached.external_id,
      (
        select c.mime_type
        from app_public.file_type_configs c
        where c.mime_type = lower(attached.mime_type) or lower(attached.mime_type) = any (c.extensions)
        order by c.mime_type
        limit 1
      ),
      attached.size, 'completed', char_length(attached.text), conversation.id,
      attached.metadata || jsonb_strip_nulls(jsonb_build_object('bytes', attached.bytes, 'mime_type', attached.mime_type, 'message', attached.message))
    )
    on conflict (workspace_id, owner_id, external_id) where external_id is not null do nothing
    returning f.id into described_id;
    continue when described_id is null;
    added := added + 1;
    continue when coalesce(trim(attached.text), '') = '';
    select d.id into document_id
    from app_public.create_document(
      title => left(trim(attached.name), 500), content => attached.text, source_url => attached.external_id, visibility => shared_as,
      metadata => jsonb_build_object('conversation', conversation.id, 'message', attached.message)
    ) as d;
    update app_public.documents d set file_id = described_id where d.id = document_id;
  end loop;
  return added;
end
$$;
comment on function app_private.import_attachments(app_public.conversations, app_private.imported_message[], app_public.visibility) is
  'Describes the attachments of an imported conversation. Returns how many are new. Raises CQ200.';
--! EndIncluded conversations/import_attachments.sql
--! Included conversations/import_tool_calls.sql
-- The tool calls of an imported conversation. They are history: each has an end, and one that waits for approval is refused,
-- since nobody could carry it out. A call that is there already is left alone, whatever the export says of it now.
-- toolCalls of a message: [{turn, position, name, arguments, result, error, status, durationMs}]; status is succeeded unless it
-- says failed or denied.
create or replace function app_private.import_tool_calls(conversation app_public.conversations, messages app_private.imported_message[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  added integer;
begin
  if exists (
    select
    from unnest(messages) as m
    cross join jsonb_array_elements(m.tool_calls) as c (item)
    where m.role <> 'assistant' or coalesce(c.item ->> 'status', 'succeeded') not in ('succeeded', 'failed', 'denied')
  ) then
    raise exception 'The conversation "%" has a tool call that is not an assistant''s or has no end.', conversation.external_id
      using errcode = 'CQ200', hint = 'Its status is succeeded, failed or denied.';
  end if;
  insert into app_public.tool_calls (
    id, workspace_id, conversation_id, message_id, turn, position, name, arguments, status, result, error, duration_ms
  )
  select
    app_hidden.uuidv7_at(uuid_extract_timestamp(m.id), concat_ws('|', m.id, 'tool', numbered.turn, numbered.position)),
    conversation.workspace_id, conversation.id, m.id, numbered.turn, numbered.position, c.item ->> 'name', coalesce(c.item -> 'arguments', '{}'),
    coalesce(c.item ->> 'status', 'succeeded')::app_public.tool_call_status, c.item -> 'result', c.item ->> 'error', (c.item ->> 'durationMs')::integer
  from unnest(messages) as m
  cross join jsonb_array_elements(m.tool_calls) with ordinality as c (item, place)
  cross join lateral (
    select coalesce((c.item ->> 'turn')::integer, 1) as turn, coalesce((c.item ->> 'position')::integer, c.place::integer) as position
  ) as numbered
  on conflict on constraint tool_calls_message_id_turn_position_key do nothing;
  get diagnostics added = row_count;
  return added;
end
$$;
comment on function app_private.import_tool_calls(app_public.conversations, app_private.imported_message[]) is
  'Writes the tool calls of an imported conversation. Returns how many are new. Raises CQ200.';
--! EndIncluded conversations/import_tool_calls.sql
--! Included conversations/import_feedback.sql
-- The feedback that whoever imports gave in the other system. What they think of a message here counts more: where there is
-- feedback, it stays.
-- feedback of a message: {type, rating, comment, givenAt}; type is positive, neutral or negative.
create or replace function app_private.import_feedback(conversation app_public.conversations, messages app_private.imported_message[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  added integer;
begin
  insert into app_public.message_feedback (id, workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment, updated_at)
  select
    app_hidden.uuidv7_at(given.at, concat_ws('|', m.id, 'feedback', conversation.owner_id)), conversation.workspace_id, conversation.id, m.id,
    conversation.owner_id, (m.feedback ->> 'type')::app_public.feedback_type, (m.feedback ->> 'rating')::smallint, m.feedback ->> 'comment', given.at
  from unnest(messages) as m
  -- nobody judged a message before it was there, or tomorrow
  cross join lateral (
    select least(greatest((m.feedback ->> 'givenAt')::timestamptz, uuid_extract_timestamp(m.id)), clock_timestamp()) as at
  ) as given
  where m.feedback is not null
  on conflict on constraint message_feedback_message_id_user_id_key do nothing;
  get diagnostics added = row_count;
  return added;
end
$$;
comment on function app_private.import_feedback(app_public.conversations, app_private.imported_message[]) is
  'Writes the importer''s feedback on the messages of an imported conversation. Returns how many are new.';
--! EndIncluded conversations/import_feedback.sql
--! Included memory/import_events.sql
-- Stores the events of an export, hundreds at a time: what ingest_event does for one delivery. Every event has an externalId;
-- one that is known, even if retention has cleared it since, is not stored again. One that is refused does not spoil the others.
-- Keys are written in one order, so that two imports at once wait for each other and never stand in a circle.
-- events: [{source, eventType, externalId, payload, metadata}], at most 1,000. The id says when an event came in, as with
-- ingest_event; when it happened is in its payload.
create or replace function app_public.import_events(events jsonb)
returns setof app_public.event_import_outcome
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
begin
  perform app_hidden.require_member(for_writing => true);
  if jsonb_typeof(events) is distinct from 'array' or jsonb_array_length(events) > 1000 then
    raise exception 'The events to import are an array of at most 1,000 objects.' using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  return query
  with item as materialized (
    select e.place, e.source, e.event_type, e.external_id, e.payload, e.metadata,
      case
        when coalesce(char_length(e.source), 0) not between 1 and 100 then 'source has 1 to 100 characters.'
        when coalesce(char_length(e.event_type), 0) not between 1 and 200 then 'eventType has 1 to 200 characters.'
        when coalesce(char_length(e.external_id), 0) not between 1 and 500 then 'externalId has 1 to 500 characters.'
        when e.payload is null or pg_column_size(e.payload) > 1048576 then 'An event has a payload of at most 1 MiB.'
        when jsonb_typeof(e.metadata) <> 'object' or pg_column_size(e.metadata) > 65536 then 'metadata is an object of at most 64 KiB.'
      end as reason
    from (
      select o.place, trim(o.item ->> 'source') as source, trim(o.item ->> 'eventType') as event_type, o.item ->> 'externalId' as external_id,
        o.item -> 'payload' as payload, coalesce(o.item -> 'metadata', '{}') as metadata
      from jsonb_array_elements(events) with ordinality as o (item, place)
    ) as e
  ),
  wanted as materialized (
    select distinct on (i.source, i.external_id) i.*, uuidv7() as id
    from item i
    where i.reason is null
    order by i.source, i.external_id, i.place
  ),
  known as (
    insert into app_hidden.raw_event_keys (workspace_id, source, external_id, raw_event_id)
    select workspace, w.source, w.external_id, w.id from wanted w order by w.source, w.external_id
    on conflict on constraint raw_event_keys_pkey do nothing
    returning raw_event_id
  ),
  stored as (
    insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, external_id, payload, metadata)
    select w.id, workspace, caller, w.source, w.event_type, w.external_id, w.payload, w.metadata
    from wanted w
    join known k on k.raw_event_id = w.id
    returning id
  )
  select i.external_id, s.id, case when i.reason is not null then 'refused' when s.id is null then 'unchanged' else 'added' end, i.reason
  from item i
  left join wanted w on w.place = i.place
  left join stored s on s.id = w.id
  order by i.place;
end
$$;
comment on function app_public.import_events(jsonb) is
  'Stores events of another system by their externalId, and says for each what was done. Errors: CQ101 not signed in, CQ109 read-only, CQ200 malformed.';
grant execute on function app_public.import_events(jsonb) to colloquy_user, colloquy_admin;
--! EndIncluded memory/import_events.sql
--! Included usage/require_quota.sql
-- The monthly quota of a user (users.monthly_token_quota, monthly_cost_quota_usd), in all its workspaces together. Without
-- amounts: raises when it is spent, before something that was used is recorded; what goes over it with its last piece is
-- recorded, since it happened. With amounts: raises unless they fit in beside what is set aside and not settled. What was
-- used is what usage_logs or the settled reservations say, whichever is more: work is mostly reserved and logged, and must
-- not count twice. The user is locked, so that requests at the same time never exceed the quota together.
create or replace function app_private.require_quota(
  tokens bigint default null, cost_usd numeric default null, for_user uuid default app_hidden.current_user_id()
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  account record;
  starts timestamptz := app_private.budget_period_start('month', clock_timestamp());
  used record;
  held record;
begin
  select u.id, u.monthly_token_quota as token_quota, u.monthly_cost_quota_usd as cost_quota into account
  from app_public.users u
  where u.id = for_user and num_nonnulls(u.monthly_token_quota, u.monthly_cost_quota_usd) > 0
  for no key update;
  if account.id is null then
    return;
  end if;
  select
    coalesce(max(greatest(m.logged_tokens, m.settled_tokens)), 0) as tokens,
    coalesce(max(greatest(m.logged_cost_usd, m.settled_cost_usd)), 0) as cost_usd
  into used
  from app_private.user_usage_months m
  where m.user_id = account.id and m.period_start = starts;
  select coalesce(sum(r.tokens), 0) as tokens, coalesce(sum(r.cost_usd), 0) as cost_usd into held
  from app_public.usage_reservations r
  where r.user_id = account.id and r.settled_at is null and r.expires_at > clock_timestamp();

  if (case
    when require_quota.tokens is null
      then coalesce(used.tokens >= account.token_quota, false) or coalesce(used.cost_usd >= account.cost_quota, false)
    else coalesce(used.tokens + held.tokens + require_quota.tokens > account.token_quota, false)
      or coalesce(used.cost_usd + held.cost_usd + coalesce(require_quota.cost_usd, 0) > account.cost_quota, false)
  end) then
    raise exception 'Your quota for this month is spent.' using errcode = 'CQ221', hint = format(
      'It begins anew at %s. Ask for less, or ask an administrator for a larger one.',
      to_char((starts at time zone 'UTC') + interval '1 month', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    );
  end if;
end
$$;
comment on function app_private.require_quota(bigint, numeric, uuid) is 'Raises CQ221 when the monthly quota of a user, by default the caller''s, is spent, or has no room for what is asked.';
--! EndIncluded usage/require_quota.sql
--! Included lifecycle/delete_expired_sessions.sql
-- Sessions whose token works no more. They were refused from their last second on; this makes room.
create or replace function app_hidden.delete_expired_sessions(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
begin
  perform app_private.require_batch(max_rows);
  delete from app_private.user_sessions s
  where s.id in (
    select e.id from app_private.user_sessions e where e.expires_at <= clock_timestamp()
    order by e.expires_at limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_hidden.delete_expired_sessions(integer) is 'Removes expired sessions, at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_expired_sessions(integer) to colloquy_worker;
--! EndIncluded lifecycle/delete_expired_sessions.sql
--! Included lifecycle/clear_expired_tokens.sql
-- Tokens for a new password or an address that were sent by mail and never used. Never one that still works: an account may
-- wait for both, and one of them may have time left.
create or replace function app_hidden.clear_expired_tokens(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
begin
  perform app_private.require_batch(max_rows);
  update app_private.user_secrets s
  set
    verification_token_hash = case when s.verification_expires_at > clock_timestamp() then s.verification_token_hash end,
    verification_expires_at = case when s.verification_expires_at > clock_timestamp() then s.verification_expires_at end,
    reset_token_hash = case when s.reset_expires_at > clock_timestamp() then s.reset_token_hash end,
    reset_expires_at = case when s.reset_expires_at > clock_timestamp() then s.reset_expires_at end
  where s.user_id in (
    select e.user_id
    from app_private.user_secrets e
    where least(e.verification_expires_at, e.reset_expires_at) <= clock_timestamp()
      and (e.verification_expires_at is not null or e.reset_expires_at is not null)
    order by least(e.verification_expires_at, e.reset_expires_at) limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_hidden.clear_expired_tokens(integer) is 'Forgets tokens for a new password or an address that have expired, of at most so many accounts. Returns of how many. For the job.';
grant execute on function app_hidden.clear_expired_tokens(integer) to colloquy_worker;
--! EndIncluded lifecycle/clear_expired_tokens.sql
--! Included lifecycle/delete_sent_mail.sql
-- What is on record about mail that was sent long ago, and mail that was given up, with its text. Never what may still be
-- delivered.
create or replace function app_hidden.delete_sent_mail(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  kept_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('mail_keep_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  delete from app_private.mail_outbox m
  where m.id in (
    select e.id
    from app_private.mail_outbox e
    where e.sent_at <= kept_since
      or e.sent_at is null and e.attempts >= app_hidden.setting('mail_attempts')::integer and e.next_attempt_at <= kept_since
    limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;
comment on function app_hidden.delete_sent_mail(integer) is 'Removes mail that was sent or given up long ago (mail_keep_days), at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_sent_mail(integer) to colloquy_worker;
--! EndIncluded lifecycle/delete_sent_mail.sql
--! Included lifecycle/delete_ended_invitations.sql
-- Invitations that were accepted or expired long ago. A legal hold on everything keeps them. What happened stays in the
-- audit log.
create or replace function app_hidden.delete_ended_invitations(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  candidate uuid;
  gone integer;
  total integer := 0;
  kept_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('invitation_keep_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  for candidate in
    select distinct e.workspace_id
    from (
      select i.workspace_id
      from app_public.workspace_invitations i
      where coalesce(i.accepted_at, i.expires_at) <= kept_since
        and not app_private.is_held(i.workspace_id, null)
      order by coalesce(i.accepted_at, i.expires_at)
      limit max_rows
    ) as e
    order by e.workspace_id
  loop
    perform app_private.lock_holds(candidate);
    continue when app_private.is_held(candidate, null);
    delete from app_public.workspace_invitations i
    where i.id in (
      select e.id
      from app_public.workspace_invitations e
      where e.workspace_id = candidate and coalesce(e.accepted_at, e.expires_at) <= kept_since
      order by coalesce(e.accepted_at, e.expires_at) limit max_rows - total for update skip locked
    );
    get diagnostics gone = row_count;
    total := total + gone;
  end loop;
  return total;
end
$$;
comment on function app_hidden.delete_ended_invitations(integer) is 'Removes invitations that were accepted or expired long ago (invitation_keep_days), at most so many. Returns how many. For the job.';
grant execute on function app_hidden.delete_ended_invitations(integer) to colloquy_worker;
--! EndIncluded lifecycle/delete_ended_invitations.sql
--! Included lifecycle/delete_expired_conversations.sql
-- Temporary conversations whose time has come: with the row goes everything that is in them, by the cascade of the foreign
-- keys: messages, chunks and their vectors, feedback, citations, tool calls, images, shares, tags. What they used stays in
-- usage_logs, without naming the conversation. Never one that a legal hold keeps, and never one that somebody is writing in
-- at this moment: the next run finds it.
create or replace function app_hidden.delete_expired_conversations(max_conversations integer default 50)
returns table (conversation_id uuid, workspace_id uuid, messages integer)
language plpgsql
security definer
rows 50
set search_path = pg_catalog, pg_temp
as $$
declare
  candidate record;
begin
  perform app_private.require_batch(max_conversations);
  for candidate in
    select c.id, c.workspace_id
    from app_public.conversations c
    where c.is_temporary and c.expires_at <= clock_timestamp()
      and not app_private.is_held(c.workspace_id, 'conversations')
    order by c.expires_at
    limit max_conversations
  loop
    -- a statement of its own sees a hold that was placed while this waited
    perform app_private.lock_holds(candidate.workspace_id);
    continue when app_private.is_held(candidate.workspace_id, 'conversations');
    select c.id, c.workspace_id, c.message_count into conversation_id, workspace_id, messages
    from app_public.conversations c
    where c.id = candidate.id and c.is_temporary and c.expires_at <= clock_timestamp()
    for update skip locked;
    continue when not found;
    delete from app_public.conversations c where c.id = candidate.id;
    return next;
  end loop;
end
$$;
comment on function app_hidden.delete_expired_conversations(integer) is 'Removes temporary conversations whose time has come, at most so many, with everything in them. Returns which, and how many messages they had. For the job.';
grant execute on function app_hidden.delete_expired_conversations(integer) to colloquy_worker;
--! EndIncluded lifecycle/delete_expired_conversations.sql
--! Included members/delete_workspace.sql
-- Ends a workspace for good, with everything in it, in one transaction. Only an owner may, in a session, and by saying its
-- name; never a personal one, which goes with its account; never under a legal hold of any kind. What stays: the entries of
-- the audit log, as proof of what was there and who ended it. Bytes of files in a storage are not the database's to delete.
-- Who writes in it at the same moment is either done before, and goes with it, or is told that there is no such thing (CQ204).
create or replace function app_public.delete_workspace(name text)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  caller app_public.workspace_members;
  result app_public.workspaces;
begin
  perform app_hidden.require_session();
  perform app_private.lock_holds(app_hidden.current_workspace_id());
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, 'owner');
  if exists (select from app_public.legal_holds h where h.workspace_id = caller.workspace_id and h.released_at is null) then
    raise exception 'A legal hold keeps this workspace.' using errcode = 'CQ120', hint = 'Whoever placed it has to release it first: releaseLegalHold.';
  end if;
  select w.* into result from app_public.workspaces w where w.id = caller.workspace_id and w.name = delete_workspace.name for update;
  if result.id is null then
    raise exception 'This is not the name of the workspace.' using errcode = 'CQ200', hint = 'Pass the name exactly as it is, to confirm.';
  end if;

  -- the large tables first, in one statement each: the cascade would go row by row
  delete from app_public.embeddings e where e.workspace_id = result.id;
  delete from app_public.chunks c where c.workspace_id = result.id;
  delete from app_public.messages m where m.workspace_id = result.id;
  delete from app_public.conversations c where c.workspace_id = result.id;
  delete from app_public.workspaces w where w.id = result.id;
  -- one that its author can read: those of the workspace have no reader any more
  perform app_private.log_event(
    'user.workspace_deleted', caller.user_id, entity_type => 'workspace', entity_id => result.id,
    old_values => jsonb_build_object('name', result.name, 'slug', result.slug)
  );
  return result;
end
$$;
comment on function app_public.delete_workspace(text) is
  'Deletes the workspace of the request with everything in it, for good; its name confirms. The audit log stays. Errors: CQ101 not signed in, CQ107 not a member, CQ110 not with an API key, CQ113 personal, CQ114 not an owner, CQ120 under a legal hold, CQ200 another name.';
grant execute on function app_public.delete_workspace(text) to colloquy_user, colloquy_admin;
--! EndIncluded members/delete_workspace.sql
--! Included lifecycle/packed_rows.sql
-- How rows of a table become texts and rows again, written from the catalogue: a column that a later release adds is packed
-- without a word here. Every value goes through the text form of its type, which PostgreSQL reads back exactly; JSON's own
-- numbers and nulls would lose a scale, or a jsonb null. Whoever runs these queries pins the settings that such texts depend on.

create or replace function app_private.packed_line(packed regclass, columns text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format('json_object(%L::text[], array[%s])::text', columns, string_agg(format('t.%I::text', c.name), ', ' order by c.place))
  from unnest(columns) with ordinality as c (name, place);
$$;
comment on function app_private.packed_line(regclass, text[]) is 'The expression that writes a row "t" of a table as one line of JSON, from its columns.';

create or replace function app_private.packed_columns(packed regclass)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(a.attname::text order by a.attnum)
  from pg_attribute a
  where a.attrelid = packed and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
$$;
comment on function app_private.packed_columns(regclass) is 'The columns of a table that are stored, in order.';

create or replace function app_private.packed_key(packed regclass)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(format('t.%I', a.attname), ', ' order by k.place)
  from pg_constraint c
  cross join lateral unnest(c.conkey) with ordinality as k (attnum, place)
  join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
  where c.conrelid = packed and c.contype = 'p';
$$;
comment on function app_private.packed_key(regclass) is 'The primary key of a table, as it stands in an order by.';

-- $1 is the document, $2 the owner of the conversation, who may have changed meanwhile. What happened to rows that others refer
-- to happened to packed rows too: a person who is gone is null where the foreign key says so, and takes the row along where
-- it cascades.
create or replace function app_private.unpack_query(packed regclass, columns text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with attributes as (
    select a.attname::text as name, a.attnum, a.attgenerated <> '' as is_generated, format_type(a.atttypid, a.atttypmod) as type,
      pg_get_expr(d.adbin, d.adrelid) as expression, a.attname::text = any (columns) as is_packed
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = packed and a.attnum > 0 and not a.attisdropped
  ),
  parents as (
    select a.attname::text as name, k.confdeltype = 'c' as is_cascaded,
      format('exists (select from %s as p where p.%I = r.%I::%s)', k.confrelid::regclass, f.attname, a.attname, format_type(a.atttypid, a.atttypmod)) as still_there
    from pg_constraint k
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
    where k.conrelid = packed and k.contype = 'f' and cardinality(k.conkey) = 1 and k.confdeltype in ('c', 'n')
      and a.attname = any (columns) and a.attname <> 'owner_id'
  )
  select format(
    'select %s from (select %s from json_to_recordset($1::json) as r (%s) where $2::uuid is not null%s) as t',
    string_agg(case when a.is_generated then a.expression || ' as ' else 't.' end || quote_ident(a.name), ', ' order by a.attnum),
    string_agg(
      case
        when a.name = 'owner_id' then '$2'
        when not a.is_packed then format('(%s)::%s', coalesce(a.expression, 'null'), a.type)
        when exists (select from parents p where p.name = a.name and not p.is_cascaded)
          then format('case when %s then r.%I::%s end', (select p.still_there from parents p where p.name = a.name and not p.is_cascaded), a.name, a.type)
        else format('r.%I::%s', a.name, a.type)
      end || ' as ' || quote_ident(a.name),
      ', ' order by a.attnum
    ) filter (where not a.is_generated),
    (select string_agg(format('%I text', c.name), ', ') from unnest(columns) as c (name)),
    coalesce((select string_agg(' and ' || p.still_there, '') from parents p where p.is_cascaded), '')
  )
  from attributes a;
$$;
comment on function app_private.unpack_query(regclass, text[]) is 'The query that reads rows of a table, whole and typed, from a document ($1) of a conversation of an owner ($2).';
--! EndIncluded lifecycle/packed_rows.sql
--! Included lifecycle/pack_conversation.sql
-- Packs what belongs to the messages of a conversation. The caller holds its row "for update". Nothing is deleted before the
-- documents were read back, decoded, encoded anew and found equal, and what is deleted is counted: whatever differs ends the
-- transaction. The conversation is warm before the first row goes, by which the triggers that count know that nothing is lost.
create or replace function app_private.pack_conversation(conversation app_public.conversations)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
  source regclass;
  columns text[];
  archived app_hidden.conversation_archives;
  piece app_hidden.conversation_archive_parts;
  rows_read integer;
  rebuilt bytea;
  packed_counts integer[] := '{}';
  deleted_counts integer[] := '{}';
  deleted integer;
  result app_public.conversations;
begin
  if conversation.storage_tier <> 'hot' then
    return conversation;
  end if;
  -- who reads it later restores it: the messages of a job that cuts them must be rows until then
  if conversation.indexed_sequence_number < conversation.last_sequence_number then
    raise exception 'Messages of this conversation are still being indexed.' using errcode = 'CQ261', hint = 'Try again when the worker has done them.';
  end if;

  -- the days that changed since the last run are counted while their messages are rows
  perform app_private.settle_conversation_analytics(array[conversation.id]);

  select array_agg(m.id order by m.id) into archived.message_ids
  from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  insert into app_hidden.conversation_archives (
    conversation_id, workspace_id, message_count, feedback_count, citation_count, message_ids, sha256
  )
  values (
    conversation.id, conversation.workspace_id, coalesce(cardinality(archived.message_ids), 0), 0, 0, coalesce(archived.message_ids, '{}'),
    sha256('')
  );

  foreach source in array array['app_public.messages', 'app_public.message_feedback', 'app_public.message_chunks']::regclass[] loop
    columns := app_private.packed_columns(source);
    execute format(
      'insert into app_hidden.conversation_archive_parts (
         workspace_id, conversation_id, packed, part, first_id, last_id, row_count, columns, sha256, document
       )
       select $1, $2, $3, p.part, p.first_id, p.last_id, p.row_count, $4, sha256(convert_to(p.document, ''UTF8'')), p.document
       from (
         select sized.part, (array_agg(sized.about order by sized.place))[1] as first_id,
           (array_agg(sized.about order by sized.place desc))[1] as last_id, count(*) as row_count,
           ''['' || string_agg(sized.line, E'',\n'' order by sized.place) || '']'' as document
         from (
           -- 128 KiB a part: a page is read without the rest
           select l.*, ((sum(octet_length(l.line)) over (order by l.place) - octet_length(l.line)) / 131072)::integer as part
           from (
             select %s as about, row_number() over (order by %s) as place, %s as line
             from %s as t where t.workspace_id = $1 and t.conversation_id = $2%s
           ) as l
         ) as sized
         group by sized.part
       ) as p',
      case when source = 'app_public.messages'::regclass then 't.id' else 't.message_id' end,
      app_private.packed_key(source), app_private.packed_line(source, columns), source,
      case when source = 'app_public.messages'::regclass then ' and t.id >= $2 and t.id <= $5' else '' end
    )
    using conversation.workspace_id, conversation.id, source, columns, conversation.last_message_id;

    rows_read := 0;
    for piece in
      select p.* from app_hidden.conversation_archive_parts p
      where p.conversation_id = conversation.id and p.packed = source
      order by p.part
    loop
      execute format(
        'select sha256(convert_to(''['' || string_agg(%s, E'',\n'' order by %s) || '']'', ''UTF8'')), $3 + count(*) from (%s) as t',
        app_private.packed_line(source, columns), app_private.packed_key(source), app_private.unpack_query(source, columns)
      )
      into rebuilt, rows_read
      using piece.document, conversation.owner_id, rows_read;
      if rebuilt is distinct from piece.sha256 then
        raise exception 'What was packed of % of conversation % is not what was read back.', source, conversation.id
          using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
      end if;
    end loop;
    packed_counts := packed_counts || rows_read;
  end loop;

  update app_hidden.conversation_archives a
  set feedback_count = packed_counts[2], citation_count = packed_counts[3], sha256 = app_private.archive_hash(conversation.id)
  where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'warm' where c.id = conversation.id returning c.* into result;

  delete from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  get diagnostics deleted = row_count;
  deleted_counts := deleted_counts || deleted;
  delete from app_public.message_feedback f where f.workspace_id = conversation.workspace_id and f.conversation_id = conversation.id;
  get diagnostics deleted = row_count;
  deleted_counts := deleted_counts || deleted;
  delete from app_public.message_chunks k where k.workspace_id = conversation.workspace_id and k.conversation_id = conversation.id;
  get diagnostics deleted = row_count;
  deleted_counts := deleted_counts || deleted;
  if packed_counts <> deleted_counts or packed_counts[1] <> conversation.message_count then
    raise exception 'Conversation % has % messages, % were packed, % would go (with feedback and citations: % and %).',
      conversation.id, conversation.message_count, packed_counts[1], deleted_counts[1], packed_counts, deleted_counts
      using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
  end if;

  update app_public.chunks c set tier = 'cold' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'cold';
  return result;
end
$$;
comment on function app_private.pack_conversation(app_public.conversations) is
  'Packs a locked conversation; one that is packed stays as it is. Raises CQ260 when what was packed is not what was there, CQ261 while it is being indexed.';

create or replace function app_private.archive_hash(conversation_id uuid)
returns bytea
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select sha256(coalesce(string_agg(p.sha256, '' order by p.packed::regclass::text, p.part), ''))
  from app_hidden.conversation_archive_parts p
  where p.conversation_id = archive_hash.conversation_id;
$$;
comment on function app_private.archive_hash(uuid) is 'SHA-256 over the SHA-256 of the parts of an archive, in order: a part that is gone shows.';

create or replace function app_private.check_part(piece app_hidden.conversation_archive_parts)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if sha256(convert_to(piece.document, 'UTF8')) <> piece.sha256 then
    raise exception 'The archive of conversation % is damaged.', piece.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have its part brought back from a backup: docs/lifecycle.md.';
  end if;
end
$$;
comment on function app_private.check_part(app_hidden.conversation_archive_parts) is 'Raises CQ260 when a document is not the one that was packed.';

create or replace function app_private.check_archive(conversation_id uuid)
returns app_hidden.conversation_archives
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  archived app_hidden.conversation_archives;
begin
  select a.* into archived from app_hidden.conversation_archives a where a.conversation_id = check_archive.conversation_id;
  perform app_private.check_part(p) from app_hidden.conversation_archive_parts p where p.conversation_id = check_archive.conversation_id;
  if archived.conversation_id is null or archived.sha256 <> app_private.archive_hash(check_archive.conversation_id) then
    raise exception 'The archive of conversation % is damaged.', check_archive.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have it brought back from a backup: docs/lifecycle.md.';
  end if;
  return archived;
end
$$;
comment on function app_private.check_archive(uuid) is 'The archive of a packed conversation, found whole. Raises CQ260.';
--! EndIncluded lifecycle/pack_conversation.sql
--! Included lifecycle/unpack_conversation.sql
-- Makes a packed conversation hot again: its rows as they were, ids and times included. The caller holds the lock of its row,
-- and has seen its tier there: a hot conversation never comes here. The archive goes last, and only when it was whole.
create or replace function app_private.unpack_conversation(conversation app_public.conversations)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
  archived app_hidden.conversation_archives;
  piece app_hidden.conversation_archive_parts;
  names text;
  added integer;
  messages integer := 0;
  feedback integer := 0;
  result app_public.conversations;
begin
  if conversation.storage_tier = 'hot' then
    return conversation;
  end if;
  archived := app_private.check_archive(conversation.id);

  -- the conversation is packed until the last row is back: the triggers that count look at that
  for piece in
    select p.* from app_hidden.conversation_archive_parts p where p.conversation_id = conversation.id order by p.packed::regclass::text, p.part
  loop
    select string_agg(quote_ident(c.name), ', ') into names from unnest(app_private.packed_columns(piece.packed)) as c (name);
    execute format('insert into %s (%s) select %2$s from (%s) as t', piece.packed, names, app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id;
    get diagnostics added = row_count;
    messages := messages + case when piece.packed = 'app_public.messages'::regclass then added else 0 end;
    feedback := feedback + case when piece.packed = 'app_public.message_feedback'::regclass then added else 0 end;
  end loop;
  if messages <> archived.message_count then
    raise exception 'The archive of conversation % has % messages, and % came back.', conversation.id, archived.message_count, messages
      using errcode = 'CQ260', hint = 'Nothing was changed. Report it as a bug.';
  end if;

  delete from app_hidden.conversation_archives a where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'hot' where c.id = conversation.id returning c.* into result;
  if feedback < archived.feedback_count then
    -- of people who are gone
    update app_public.conversations c
    set
      positive_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'positive'),
      negative_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'negative')
    where c.id = conversation.id
    returning c.* into result;
  end if;
  update app_public.chunks c set tier = 'hot' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'hot';
  return result;
end
$$;
comment on function app_private.unpack_conversation(app_public.conversations) is 'Restores a locked conversation and returns it as it is then. Raises CQ260 when its archive is damaged.';

create or replace function app_private.is_coming_back(conversation_id uuid, last_number integer)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_public.conversations c
    where c.id = is_coming_back.conversation_id and c.storage_tier <> 'hot' and c.last_sequence_number >= last_number
  );
$$;
comment on function app_private.is_coming_back(uuid, integer) is 'Whether messages up to a number are written into a packed conversation: they are restored, and were counted long ago.';

create or replace function app_private.packed_conversation_of(message_id uuid)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select a.conversation_id
  from app_hidden.conversation_archives a
  where a.message_ids @> array[packed_conversation_of.message_id] and a.workspace_id = app_hidden.current_workspace_id();
$$;
comment on function app_private.packed_conversation_of(uuid) is 'The conversation in which a message is packed, in the workspace of the request; null when there is none.';
--! EndIncluded lifecycle/unpack_conversation.sql
--! Included lifecycle/packed_messages.sql
-- Reads what is packed, without restoring it: who only reads must not write. Sealed, since the documents are closed to everyone;
-- so it decides by itself who may read, as the policy of messages does. A document that is damaged is not shown.
create or replace function app_private.readable_conversation(conversation_id uuid)
returns app_public.conversations
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select c
  from app_public.conversations c
  where c.id = readable_conversation.conversation_id
    and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace');
$$;
comment on function app_private.readable_conversation(uuid) is 'A conversation that the caller may read, or null.';

create or replace function app_private.packed_messages(conversation app_public.conversations, before uuid, first integer)
returns setof app_public.messages
language plpgsql
stable
parallel safe
rows 50
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  piece app_hidden.conversation_archive_parts;
  missing integer := first;
  read integer;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.first_id < coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    order by p.part desc
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t where t.id < $3 order by t.id desc limit $4', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id, coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid), missing;
    get diagnostics read = row_count;
    missing := missing - read;
    exit when missing <= 0;
  end loop;
end
$$;
comment on function app_private.packed_messages(app_public.conversations, uuid, integer) is 'Packed messages of a conversation, newest first: at most "first" of those before the message "before"; all of them when "first" is null. Raises CQ260.';

create or replace function app_hidden.read_packed_messages(conversation_id uuid, before uuid, first integer)
returns setof app_public.messages
language plpgsql
stable
parallel safe
security definer
rows 50
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(read_packed_messages.conversation_id);
begin
  if conversation.storage_tier <> 'hot' then
    return query execute 'select * from app_private.packed_messages($1, $2, $3)' using conversation, before, first;
  end if;
end
$$;
comment on function app_hidden.read_packed_messages(uuid, uuid, integer) is 'Packed messages of a conversation that the caller may read, newest first. Nothing otherwise. Raises CQ260.';
grant execute on function app_hidden.read_packed_messages(uuid, uuid, integer) to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_public.conversation_feedback(conversation_id uuid)
returns setof app_public.message_feedback
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set timezone = 'UTC'
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(conversation_feedback.conversation_id);
  piece app_hidden.conversation_archive_parts;
begin
  if conversation.storage_tier = 'hot' then
    return query
    select f.* from app_public.message_feedback f
    where f.workspace_id = conversation.workspace_id and f.conversation_id = conversation.id and f.user_id = app_hidden.current_user_id()
    order by f.id;
    return;
  end if;
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.message_feedback'::regclass
    order by p.part
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t where t.user_id = $3 order by t.id', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id, app_hidden.current_user_id();
  end loop;
end
$$;
comment on function app_public.conversation_feedback(uuid) is
  'Your feedback on the messages of a conversation, whatever tier they are in. Nothing for a conversation that you may not read. Errors: CQ260 the archive is damaged.';
grant execute on function app_public.conversation_feedback(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;

create or replace function app_public.conversation_citations(conversation_id uuid)
returns setof app_public.message_chunks
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations := app_private.readable_conversation(conversation_citations.conversation_id);
  piece app_hidden.conversation_archive_parts;
begin
  if conversation.storage_tier = 'hot' then
    return query
    select k.* from app_public.message_chunks k
    where k.workspace_id = conversation.workspace_id and k.conversation_id = conversation.id
    order by k.message_id, k.rank;
    return;
  end if;
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.message_chunks'::regclass
    order by p.part
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t order by t.message_id, t.rank', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id;
  end loop;
end
$$;
comment on function app_public.conversation_citations(uuid) is
  'The chunks that the answers of a conversation used, whatever tier they are in. Nothing for a conversation that you may not read. Errors: CQ260 the archive is damaged.';
grant execute on function app_public.conversation_citations(uuid) to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded lifecycle/packed_messages.sql
--! Included lifecycle/packed_message_path.sql
-- What message_path is for rows: the packed messages that lead to one, that one included, whole. Each part is read once.
create or replace function app_private.packed_message_path(conversation app_public.conversations, leaf_id uuid)
returns setof app_public.messages
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with recursive messages as materialized (
    select m.* from app_private.packed_messages(conversation, null, null) as m where m.id <= leaf_id
  ),
  explicit as (
    select m.id, m.parent_id, m.replaces_id, m.sequence_number from messages m where m.id = leaf_id
    union all
    select m.id, m.parent_id, m.replaces_id, m.sequence_number from explicit e join messages m on m.id = e.parent_id
  )
  select m.* from explicit e join messages m on m.id = e.id
  union all
  select m.*
  from explicit e
  join messages m on m.sequence_number < e.sequence_number
  where e.parent_id is null and e.replaces_id is null and m.parent_id is null and m.replaces_id is null;
$$;
comment on function app_private.packed_message_path(app_public.conversations, uuid) is 'The packed messages of a conversation that lead to one, that one included, in no order. Raises CQ260.';
--! EndIncluded lifecycle/packed_message_path.sql
--! Included lifecycle/archive_conversation.sql
-- Packs one conversation now, and brings it back, by the will of its owner, or of a manager of the workspace that it is shared
-- with. A private conversation of somebody else does not exist here, for a manager either.
create or replace function app_public.archive_conversation(conversation_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into conversation
  from app_public.conversations c
  where c.id = archive_conversation.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace' and app_hidden.can_manage())
  -- against everyone who writes something that belongs to it
  for update;
  if conversation.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Its owner archives it, or a manager of the workspace that it is shared with.';
  end if;
  conversation := app_private.pack_conversation(conversation);
  if not conversation.is_archived then
    update app_public.conversations c set is_archived = true where c.id = conversation.id returning c.* into conversation;
  end if;
  return conversation;
end
$$;
comment on function app_public.archive_conversation(uuid) is
  'Puts a conversation away and packs its messages, feedback and citations; it remains readable and searchable, and the next message brings it back. Again changes nothing. Errors: CQ101, CQ109, CQ204 no such conversation, CQ260 it could not be packed, CQ261 still being indexed.';
grant execute on function app_public.archive_conversation(uuid) to colloquy_user, colloquy_admin;

create or replace function app_public.restore_conversation(conversation_id uuid)
returns app_public.conversations
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into conversation
  from app_public.conversations c
  where c.id = restore_conversation.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace' and app_hidden.can_manage())
  for no key update;
  if conversation.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Its owner restores it, or a manager of the workspace that it is shared with.';
  end if;
  conversation := app_private.unpack_conversation(conversation);
  -- one that is full stays put away: its continuation takes the messages
  if conversation.is_archived and not conversation.is_auto_archived then
    update app_public.conversations c set is_archived = false where c.id = conversation.id returning c.* into conversation;
  end if;
  return conversation;
end
$$;
comment on function app_public.restore_conversation(uuid) is
  'Brings an archived conversation back, as it was. Again changes nothing. Errors: CQ101, CQ109, CQ204 no such conversation, CQ260 its archive is damaged.';
grant execute on function app_public.restore_conversation(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded lifecycle/archive_conversation.sql
--! Included lifecycle/archive_old_conversations.sql
-- What the worker does every night: conversations that rest are packed, and are cold after a longer rest. Bounded by a number, a
-- time and a place to go on from; whoever is writing keeps its conversation, which is taken the next time. One conversation
-- that cannot be packed is reported and left as it is, and the others are packed. The rest comes from retention_policies; a
-- legal hold does not matter here, since nothing is lost.
create or replace function app_private.resting_time(for_kind app_public.retention_kind, for_workspace uuid)
returns interval
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select make_interval(days => p.keep_days)
  from app_public.retention_policies p
  where p.kind = for_kind and (p.workspace_id = for_workspace or p.workspace_id is null)
  order by p.workspace_id nulls last
  limit 1;
$$;
comment on function app_private.resting_time(app_public.retention_kind, uuid) is 'How long conversations of a workspace rest before they go to the next tier; null means that they never do.';

create or replace function app_hidden.archive_old_conversations(
  idle_for interval default null,
  min_messages integer default 100,
  max_conversations integer default 100,
  after_id uuid default null,
  time_budget interval default '1 minute'
)
returns setof app_hidden.packed_conversation
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  result app_hidden.packed_conversation;
  deadline timestamptz := clock_timestamp() + time_budget;
begin
  if idle_for < interval '0' or min_messages < 1 or max_conversations not between 1 and 10000 then
    raise exception 'idle_for is not negative, min_messages at least 1, max_conversations 1 to 10,000.' using errcode = 'CQ200', hint = 'Leave them out for the defaults.';
  end if;
  for conversation in
    select c.*
    from app_public.conversations c
    where c.storage_tier = 'hot'
      and c.id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
      and c.message_count >= min_messages
      and c.indexed_sequence_number = c.last_sequence_number
      and c.last_message_at <= now() - coalesce(idle_for, interval '1 day')
      and c.last_message_at <= now() - coalesce(idle_for, app_private.resting_time('hot_conversations', c.workspace_id))
    order by c.id
    limit max_conversations
    for update skip locked
  loop
    result.conversation_id := conversation.id;
    result.messages := conversation.message_count;
    result.problem := null;
    begin
      conversation := app_private.pack_conversation(conversation);
    exception when others then
      result.problem := sqlstate || ': ' || sqlerrm;
    end;
    result.storage_tier := conversation.storage_tier;
    return next result;
    exit when clock_timestamp() > deadline;
  end loop;
end
$$;
comment on function app_hidden.archive_old_conversations(interval, integer, integer, uuid, interval) is
  'Packs conversations of at least min_messages that rest for idle_for (without it: as retention_policies say), at most max_conversations of those after after_id, until time_budget is over. Returns each with what became of it.';

create or replace function app_hidden.archive_old_messages(
  older_than interval,
  max_conversations integer default 100,
  after_id uuid default null,
  time_budget interval default '1 minute'
)
returns setof app_hidden.packed_conversation
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  select * from app_hidden.archive_old_conversations(coalesce(older_than, interval '30 days'), 1, max_conversations, after_id, time_budget);
$$;
comment on function app_hidden.archive_old_messages(interval, integer, uuid, interval) is
  'Packs the messages of every conversation, also of small ones, whose last message is older than that. Returns each with what became of it.';

create or replace function app_hidden.compress_old_conversations(
  idle_for interval default null,
  max_conversations integer default 100,
  after_id uuid default null,
  time_budget interval default '1 minute'
)
returns setof app_hidden.packed_conversation
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  result app_hidden.packed_conversation;
  deadline timestamptz := clock_timestamp() + time_budget;
begin
  if idle_for < interval '0' or max_conversations not between 1 and 10000 then
    raise exception 'idle_for is not negative, max_conversations 1 to 10,000.' using errcode = 'CQ200', hint = 'Leave them out for the defaults.';
  end if;
  for conversation in
    select c.*
    from app_hidden.conversation_archives a
    join app_public.conversations c on c.workspace_id = a.workspace_id and c.id = a.conversation_id
    where c.storage_tier = 'warm'
      and a.conversation_id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
      and c.last_message_at <= now() - coalesce(idle_for, app_private.resting_time('warm_conversations', c.workspace_id))
    order by a.conversation_id
    limit max_conversations
    for update of c skip locked
  loop
    result.conversation_id := conversation.id;
    result.messages := conversation.message_count;
    result.storage_tier := 'cold';
    result.problem := null;
    begin
      perform app_private.check_archive(conversation.id);
      update app_public.conversations c set storage_tier = 'cold' where c.id = conversation.id;
    exception when others then
      result.storage_tier := 'warm';
      result.problem := sqlstate || ': ' || sqlerrm;
    end;
    return next result;
    exit when clock_timestamp() > deadline;
  end loop;
end
$$;
comment on function app_hidden.compress_old_conversations(interval, integer, uuid, interval) is
  'Makes packed conversations cold that rest for idle_for (without it: as retention_policies say), after their documents were read and found whole. Returns each with what became of it.';
grant execute on function
  app_hidden.archive_old_conversations(interval, integer, integer, uuid, interval),
  app_hidden.archive_old_messages(interval, integer, uuid, interval),
  app_hidden.compress_old_conversations(interval, integer, uuid, interval)
to colloquy_worker;
--! EndIncluded lifecycle/archive_old_conversations.sql
--! Included analytics/mark_changes.sql
-- Notes which days of which conversations have to be computed anew, in the transaction that changed them: what the
-- analytics job has to do follows from the data, and no run has to remember when the one before it was.
--
-- One note per conversation and day, however many messages. That is right because whoever writes to a conversation holds
-- its row's lock until commit, and whoever computes takes that lock before it removes the note: a note that is already
-- there cannot be one that is just being removed without the change. These triggers come after the counters (…_10_…),
-- which take the lock of an insert.
--
-- A conversation whose messages are packed away (storage_tier is not hot) must never be noted for losing them: its figures
-- are final until it is unpacked.

create or replace function app_private.mark_days(changes app_hidden.analytics_changes[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if changes is null then
    return;
  end if;
  perform
  from app_public.conversations c
  where c.id in (select m.conversation_id from unnest(changes) as m)
  order by c.id
  for no key update;
  insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
  select m.workspace_id, m.conversation_id, m.day
  from unnest(changes) as m
  -- it may be on its way out, with all that belongs to it
  join app_public.conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id and c.storage_tier = 'hot'
  order by m.conversation_id, m.day
  on conflict on constraint analytics_changes_pkey do nothing;
end
$$;
comment on function app_private.mark_days(app_hidden.analytics_changes[]) is 'Notes that days of conversations have to be computed anew; locks the conversations.';

create or replace function app_private.mark_new_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
  select distinct n.workspace_id, n.conversation_id, app_hidden.uuidv7_day(n.id)
  from new_messages n
  order by 2, 3
  on conflict on constraint analytics_changes_pkey do nothing;
  return null;
end
$$;
comment on function app_private.mark_new_messages() is 'Trigger: notes the days of new messages for the analytics.';

create or replace function app_private.mark_updated_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(n.workspace_id, n.conversation_id, app_hidden.uuidv7_day(n.id), now())::app_hidden.analytics_changes)
    from new_messages n
    join old_messages o on o.id = n.id
    where (
        o.role, o.status, o.replaces_id, o.author_id, o.relevance_score, o.processing_time_ms,
        o.prompt_tokens, o.completion_tokens, o.total_tokens, o.cost_usd
      ) is distinct from (
        n.role, n.status, n.replaces_id, n.author_id, n.relevance_score, n.processing_time_ms,
        n.prompt_tokens, n.completion_tokens, n.total_tokens, n.cost_usd
      )
  ));
  return null;
end
$$;
comment on function app_private.mark_updated_messages() is 'Trigger: notes the days of messages whose figures changed.';

create or replace function app_private.mark_deleted_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(o.workspace_id, o.conversation_id, app_hidden.uuidv7_day(o.id), now())::app_hidden.analytics_changes)
    from old_messages o
  ));
  return null;
end
$$;
comment on function app_private.mark_deleted_messages() is 'Trigger: notes the days of messages that went, unless they were packed away.';

create or replace function app_private.mark_feedback()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(f.workspace_id, f.conversation_id, app_hidden.uuidv7_day(f.message_id), now())::app_hidden.analytics_changes)
    from changed_feedback f
  ));
  return null;
end
$$;
comment on function app_private.mark_feedback() is 'Trigger: notes the days of the messages that feedback is about.';

create or replace trigger messages_20_mark_inserted
after insert on app_public.messages referencing new table as new_messages
for each statement execute function app_private.mark_new_messages();

create or replace trigger messages_20_mark_updated
after update on app_public.messages referencing old table as old_messages new table as new_messages
for each statement execute function app_private.mark_updated_messages();

create or replace trigger messages_20_mark_deleted
after delete on app_public.messages referencing old table as old_messages
for each statement execute function app_private.mark_deleted_messages();

create or replace trigger message_feedback_20_mark_inserted
after insert on app_public.message_feedback referencing new table as changed_feedback
for each statement execute function app_private.mark_feedback();

-- who gave feedback on what never changes: the new rows name the same messages as the old ones
create or replace trigger message_feedback_20_mark_updated
after update on app_public.message_feedback referencing new table as changed_feedback
for each statement execute function app_private.mark_feedback();

create or replace trigger message_feedback_20_mark_deleted
after delete on app_public.message_feedback referencing old table as changed_feedback
for each statement execute function app_private.mark_feedback();
--! EndIncluded analytics/mark_changes.sql
--! Included analytics/compute_conversation_analytics.sql
-- Computes the figures of the days that changed, from the live rows, and nothing else. A day is a UTC day, and a message
-- belongs to the day of its id; feedback counts on the day of its message. Must never touch a conversation whose messages
-- are packed away: what is missing there was not deleted.

-- For callers that hold the rows of the conversations locked and see what their last writers committed. Whoever packs a
-- conversation away calls it first, while the messages are still there.
create or replace function app_private.settle_conversation_analytics(conversation_ids uuid[], since date default null)
returns table (days integer, changed integer, removed integer)
language sql
set search_path = pg_catalog, pg_temp
as $$
  with taken as (
    delete from app_hidden.analytics_changes p
    using app_public.conversations c
    where c.id = any (conversation_ids) and c.storage_tier = 'hot'
      and p.workspace_id = c.workspace_id and p.conversation_id = c.id and (since is null or p.day >= since)
    returning p.workspace_id, p.conversation_id, p.day, coalesce(
      c.rag_configuration_id, (select r.id from app_public.rag_configurations r where r.workspace_id = c.workspace_id and r.is_default)
    ) as rag_configuration_id
  ),
  bounds as materialized (
    select t.*, app_hidden.uuidv7_floor(t.day::timestamp at time zone 'UTC') as lower_id,
      app_hidden.uuidv7_floor((t.day + 1)::timestamp at time zone 'UTC') as upper_id
    from taken t
  ),
  figures as materialized (
    select b.workspace_id, b.conversation_id, b.day, b.rag_configuration_id, f.*, g.*
    from bounds b
    cross join lateral (
      select
        count(*)::integer as message_count,
        (count(*) filter (where m.role = 'user'))::integer as user_message_count,
        (count(*) filter (where m.role = 'assistant'))::integer as assistant_message_count,
        (count(*) filter (where m.role = 'system'))::integer as system_message_count,
        (count(*) filter (where m.role = 'tool'))::integer as tool_message_count,
        (count(*) filter (where m.role = 'user' and m.replaces_id is not null))::integer as edit_count,
        (count(*) filter (where m.role = 'assistant' and m.replaces_id is not null))::integer as regeneration_count,
        (count(*) filter (where m.status = 'failed'))::integer as failed_count,
        count(m.relevance_score)::integer as relevance_count,
        coalesce(sum(m.relevance_score::numeric), 0) as total_relevance_score,
        count(m.processing_time_ms)::integer as response_count,
        coalesce(sum(m.processing_time_ms), 0)::bigint as total_response_time_ms,
        percentile_disc(0.5) within group (order by m.processing_time_ms) as median_response_time_ms,
        percentile_disc(0.95) within group (order by m.processing_time_ms) as p95_response_time_ms,
        coalesce(sum(m.prompt_tokens), 0)::bigint as prompt_tokens,
        coalesce(sum(m.completion_tokens), 0)::bigint as completion_tokens,
        coalesce(sum(m.total_tokens), 0)::bigint as total_tokens,
        coalesce(sum(m.cost_usd), 0) as cost_usd,
        (mode() within group (order by extract(hour from uuid_extract_timestamp(m.id) at time zone 'UTC')))::smallint as peak_hour,
        min(uuid_extract_timestamp(m.id)) as first_message_at,
        max(uuid_extract_timestamp(m.id)) as last_message_at
      from app_public.messages m
      where m.conversation_id = b.conversation_id and m.id >= b.lower_id and m.id < b.upper_id
    ) as f
    cross join lateral (
      select
        (count(*) filter (where v.feedback_type = 'positive'))::integer as positive_feedback,
        (count(*) filter (where v.feedback_type = 'neutral'))::integer as neutral_feedback,
        (count(*) filter (where v.feedback_type = 'negative'))::integer as negative_feedback,
        coalesce(sum(coalesce((v.rating - 1) / 4.0, case v.feedback_type when 'positive' then 1 when 'neutral' then 0.5 else 0 end)), 0) as satisfaction_points
      from app_public.message_feedback v
      where v.workspace_id = b.workspace_id and v.conversation_id = b.conversation_id
        and v.message_id >= b.lower_id and v.message_id < b.upper_id
        -- feedback has no foreign key to its message
        and exists (
          select from app_public.messages m
          where m.conversation_id = b.conversation_id and m.id = v.message_id and m.id >= b.lower_id and m.id < b.upper_id
        )
    ) as g
  ),
  gone as (
    delete from app_public.conversation_analytics a
    using figures f
    where a.workspace_id = f.workspace_id and a.conversation_id = f.conversation_id and a.day = f.day and f.message_count = 0
    returning 1
  ),
  written as (
    insert into app_public.conversation_analytics as a (
      workspace_id, conversation_id, day, rag_configuration_id, message_count, user_message_count, assistant_message_count,
      system_message_count, tool_message_count, edit_count, regeneration_count, failed_count, relevance_count, total_relevance_score,
      response_count, total_response_time_ms, median_response_time_ms, p95_response_time_ms, prompt_tokens, completion_tokens,
      total_tokens, cost_usd, positive_feedback, neutral_feedback, negative_feedback, satisfaction_points, peak_hour,
      first_message_at, last_message_at
    )
    select
      f.workspace_id, f.conversation_id, f.day, f.rag_configuration_id, f.message_count, f.user_message_count, f.assistant_message_count,
      f.system_message_count, f.tool_message_count, f.edit_count, f.regeneration_count, f.failed_count, f.relevance_count, f.total_relevance_score,
      f.response_count, f.total_response_time_ms, f.median_response_time_ms, f.p95_response_time_ms, f.prompt_tokens, f.completion_tokens,
      f.total_tokens, f.cost_usd, f.positive_feedback, f.neutral_feedback, f.negative_feedback, f.satisfaction_points, f.peak_hour,
      f.first_message_at, f.last_message_at
    from figures f
    where f.message_count > 0
    on conflict on constraint conversation_analytics_pkey do update
    set
      -- late feedback does not hand an old day to the configuration of today
      rag_configuration_id = case
        when a.rag_configuration_id is not null and a.day < (now() at time zone 'UTC')::date - 1 then a.rag_configuration_id
        else excluded.rag_configuration_id
      end,
      message_count = excluded.message_count,
      user_message_count = excluded.user_message_count,
      assistant_message_count = excluded.assistant_message_count,
      system_message_count = excluded.system_message_count,
      tool_message_count = excluded.tool_message_count,
      edit_count = excluded.edit_count,
      regeneration_count = excluded.regeneration_count,
      failed_count = excluded.failed_count,
      relevance_count = excluded.relevance_count,
      total_relevance_score = excluded.total_relevance_score,
      response_count = excluded.response_count,
      total_response_time_ms = excluded.total_response_time_ms,
      median_response_time_ms = excluded.median_response_time_ms,
      p95_response_time_ms = excluded.p95_response_time_ms,
      prompt_tokens = excluded.prompt_tokens,
      completion_tokens = excluded.completion_tokens,
      total_tokens = excluded.total_tokens,
      cost_usd = excluded.cost_usd,
      positive_feedback = excluded.positive_feedback,
      neutral_feedback = excluded.neutral_feedback,
      negative_feedback = excluded.negative_feedback,
      satisfaction_points = excluded.satisfaction_points,
      peak_hour = excluded.peak_hour,
      first_message_at = excluded.first_message_at,
      last_message_at = excluded.last_message_at,
      computed_at = now()
    returning 1
  ),
  authors as (
    select b.workspace_id, b.conversation_id, b.day, m.author_id as user_id, count(*)::integer as message_count
    from bounds b
    join app_public.messages m on m.conversation_id = b.conversation_id and m.id >= b.lower_id and m.id < b.upper_id
    where m.author_id is not null
    group by b.workspace_id, b.conversation_id, b.day, m.author_id
  ),
  silent as (
    delete from app_hidden.user_activity a
    using bounds b
    where a.workspace_id = b.workspace_id and a.conversation_id = b.conversation_id and a.day = b.day
      and not exists (
        select from authors w
        where w.workspace_id = a.workspace_id and w.conversation_id = a.conversation_id and w.day = a.day and w.user_id = a.user_id
      )
  ),
  active as (
    insert into app_hidden.user_activity as a (workspace_id, conversation_id, day, user_id, message_count)
    select w.workspace_id, w.conversation_id, w.day, w.user_id, w.message_count from authors w
    on conflict on constraint user_activity_pkey do update set message_count = excluded.message_count
  )
  select (select count(*) from bounds)::integer, (select count(*) from written)::integer, (select count(*) from gone)::integer;
$$;
comment on function app_private.settle_conversation_analytics(uuid[], date) is
  'Computes what changed of locked conversations that are not packed away: days taken, rows written, rows removed because no message is left.';

create or replace function app_private.changed_conversations(since date, noted_until timestamptz)
returns setof uuid
language sql
stable
rows 1000
as $$
  select p.conversation_id
  from app_hidden.analytics_changes p
  where (since is null or p.day >= since) and p.noted_at <= noted_until;
$$;
comment on function app_private.changed_conversations(date, timestamptz) is 'The conversations with days to compute, those since a day and noted until a time; one may come more than once.';

-- It never waits while it holds a conversation: first those that are free, many at once; then the ones that somebody is writing
-- to, one at a time. lock_timeout bounds that wait, and its 55P03 says who is stuck; the notes stay, so the next run finds them.
create or replace function app_hidden.compute_conversation_analytics(
  max_conversations integer default 200,
  since date default null,
  noted_until timestamptz default 'infinity'
)
returns table (conversations integer, days integer, changed integer, removed integer)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
  batch uuid[];
begin
  if max_conversations is null or max_conversations not between 1 and 10000 then
    raise exception 'max_conversations is 1 to 10,000, not %.', max_conversations using errcode = 'CQ200', hint = 'Call it again until it returns nothing.';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.compute_conversation_analytics', 0)) then
    return;
  end if;
  -- The locks first, in a statement of their own: the next one sees what was committed before them.
  select array_agg(free.id) into batch
  from (
    select c.id
    from app_public.conversations c
    where c.storage_tier = 'hot'
      and c.id in (select * from app_private.changed_conversations(compute_conversation_analytics.since, noted_until))
    order by c.id
    limit max_conversations
    for no key update skip locked
  ) as free;
  if batch is null then
    select array[c.id] into batch
    from app_public.conversations c
    where c.storage_tier = 'hot'
      and c.id in (select * from app_private.changed_conversations(compute_conversation_analytics.since, noted_until))
    -- one that is held for long does not stand before all others each time
    order by random()
    limit 1
    for no key update;
  end if;
  if batch is null then
    return;
  end if;
  return query
  select cardinality(batch), s.days, s.changed, s.removed
  from app_private.settle_conversation_analytics(batch, compute_conversation_analytics.since) as s;
end
$$;
comment on function app_hidden.compute_conversation_analytics(integer, date, timestamptz) is
  'Computes the days that changed, of some conversations in this transaction; returns what it did, and nothing when nothing is left, or another run is at it. since leaves older days for later, noted_until what changed later than that. Errors: CQ200; 55P03 when somebody keeps a conversation for ten seconds.';
grant execute on function app_hidden.compute_conversation_analytics(integer, date, timestamptz) to colloquy_worker;

create or replace function app_hidden.recheck_conversation_analytics(since date default null)
returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  with noted as (
    insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
    select d.workspace_id, d.conversation_id, d.day
    from (
      select m.workspace_id, m.conversation_id, app_hidden.uuidv7_day(m.id) as day
      from app_public.messages m
      where since is null or m.id >= app_hidden.uuidv7_floor(since::timestamp at time zone 'UTC')
      union
      select a.workspace_id, a.conversation_id, a.day
      from app_public.conversation_analytics a
      where since is null or a.day >= since
    ) as d
    join app_public.conversations c on c.workspace_id = d.workspace_id and c.id = d.conversation_id and c.storage_tier = 'hot'
    order by d.workspace_id, d.conversation_id, d.day
    on conflict on constraint analytics_changes_pkey do nothing
    returning 1
  )
  select count(*) from noted;
$$;
comment on function app_hidden.recheck_conversation_analytics(date) is
  'Has every day since a date computed anew by the next run, for a database whose rows were loaded with triggers off. Returns how many days.';
grant execute on function app_hidden.recheck_conversation_analytics(date) to colloquy_worker;
--! EndIncluded analytics/compute_conversation_analytics.sql
--! Included analytics/compute_configuration_performance.sql
-- Adds conversation_analytics up per configuration, for each day and each month, and writes what differs from what is
-- there: may be run at any time, and again. A month counts its conversations anew, since days do not add up to that.
-- Must never read messages: packed ones are not there.
create or replace function app_hidden.compute_configuration_performance(since date default null)
returns table (changed bigint, removed bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  first_day date := date_trunc('month', since::timestamp);
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.compute_configuration_performance', 0)) then
    return;
  end if;
  return query
  with fresh as materialized (
    select
      a.workspace_id, a.rag_configuration_id, g.period, g.period_start,
      count(distinct a.conversation_id)::integer as conversation_count,
      sum(a.message_count)::bigint as message_count,
      sum(a.assistant_message_count)::bigint as assistant_message_count,
      sum(a.duration_seconds)::bigint as total_usage_time_seconds,
      sum(a.relevance_count)::bigint as relevance_count,
      sum(a.total_relevance_score) as total_relevance_score,
      sum(a.response_count)::bigint as response_count,
      sum(a.total_response_time_ms)::bigint as total_response_time_ms,
      sum(a.total_tokens)::bigint as total_tokens,
      sum(a.cost_usd) as cost_usd,
      sum(a.positive_feedback)::bigint as positive_feedback,
      sum(a.neutral_feedback)::bigint as neutral_feedback,
      sum(a.negative_feedback)::bigint as negative_feedback,
      sum(a.satisfaction_points) as satisfaction_points
    from app_public.conversation_analytics a
    cross join lateral (
      values ('day'::app_public.analytics_period, a.day), ('month', date_trunc('month', a.day::timestamp)::date)
    ) as g (period, period_start)
    where a.rag_configuration_id is not null and (first_day is null or a.day >= first_day)
    group by a.workspace_id, a.rag_configuration_id, g.period, g.period_start
  ),
  gone as (
    delete from app_public.rag_configuration_performance p
    where (first_day is null or p.period_start >= first_day)
      and not exists (
        select from fresh f
        where f.workspace_id = p.workspace_id and f.rag_configuration_id = p.rag_configuration_id
          and f.period = p.period and f.period_start = p.period_start
      )
    returning 1
  ),
  written as (
    insert into app_public.rag_configuration_performance as p (
      workspace_id, rag_configuration_id, period, period_start, conversation_count, message_count, assistant_message_count,
      total_usage_time_seconds, relevance_count, total_relevance_score, response_count, total_response_time_ms, total_tokens, cost_usd,
      positive_feedback, neutral_feedback, negative_feedback, satisfaction_points
    )
    select f.* from fresh f
    on conflict on constraint rag_configuration_performance_pkey do update
    set
      conversation_count = excluded.conversation_count,
      message_count = excluded.message_count,
      assistant_message_count = excluded.assistant_message_count,
      total_usage_time_seconds = excluded.total_usage_time_seconds,
      relevance_count = excluded.relevance_count,
      total_relevance_score = excluded.total_relevance_score,
      response_count = excluded.response_count,
      total_response_time_ms = excluded.total_response_time_ms,
      total_tokens = excluded.total_tokens,
      cost_usd = excluded.cost_usd,
      positive_feedback = excluded.positive_feedback,
      neutral_feedback = excluded.neutral_feedback,
      negative_feedback = excluded.negative_feedback,
      satisfaction_points = excluded.satisfaction_points,
      computed_at = now()
    where (
        p.conversation_count, p.message_count, p.assistant_message_count, p.total_usage_time_seconds, p.relevance_count,
        p.total_relevance_score, p.response_count, p.total_response_time_ms, p.total_tokens, p.cost_usd, p.positive_feedback,
        p.neutral_feedback, p.negative_feedback, p.satisfaction_points
      ) is distinct from (
        excluded.conversation_count, excluded.message_count, excluded.assistant_message_count, excluded.total_usage_time_seconds,
        excluded.relevance_count, excluded.total_relevance_score, excluded.response_count, excluded.total_response_time_ms,
        excluded.total_tokens, excluded.cost_usd, excluded.positive_feedback, excluded.neutral_feedback, excluded.negative_feedback,
        excluded.satisfaction_points
      )
    returning 1
  )
  select (select count(*) from written), (select count(*) from gone);
end
$$;
comment on function app_hidden.compute_configuration_performance(date) is
  'Brings rag_configuration_performance up to date, all of it or since the month of a date. Returns rows written and removed, or nothing when another run is at it.';
grant execute on function app_hidden.compute_configuration_performance(date) to colloquy_worker;
--! EndIncluded analytics/compute_configuration_performance.sql
--! Included analytics/conversation_summary_stats.sql
-- The materialized view of the summary: how it is refreshed, and the only way to read it. A materialized view has no
-- policies, so it lives where no request role can come, and this function asks it for the caller's workspace alone.

create or replace function app_hidden.refresh_summary_stats()
returns table (rows bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.refresh_summary_stats', 0)) then
    return;
  end if;
  -- after a restore without data there is nothing to read beside
  if exists (select from pg_class k where k.oid = 'app_private.conversation_summary_stats'::regclass and k.relispopulated) then
    refresh materialized view concurrently app_private.conversation_summary_stats;
  else
    refresh materialized view app_private.conversation_summary_stats;
  end if;
  return query select count(*) from app_private.conversation_summary_stats;
end
$$;
comment on function app_hidden.refresh_summary_stats() is
  'Refreshes the summary while others read it. Returns its rows, or nothing when another run is at it.';
grant execute on function app_hidden.refresh_summary_stats() to colloquy_worker;

-- The first line of the functions that answer for a range of days: who calls, whether it still belongs to the workspace,
-- and which days. Today is the last one without toDay, and a range without fromDay has 30.
create or replace function app_private.require_days(inout from_day date, inout to_day date)
returns record
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member();
  if not exists (
    -- the claims alone are not enough: somebody may have been removed since the request began
    select from app_public.workspace_members me
    where me.workspace_id = app_hidden.current_workspace_id() and me.user_id = app_hidden.current_user_id()
  ) then
    raise exception 'There is no such workspace of yours.' using errcode = 'CQ204', hint = 'Check the workspace of the request.';
  end if;
  to_day := coalesce(to_day, (now() at time zone 'UTC')::date);
  if isfinite(to_day) then
    from_day := coalesce(from_day, to_day - 29);
  end if;
  if not isfinite(from_day) or not isfinite(to_day) or to_day < from_day or to_day - from_day > 1100 then
    raise exception 'The days from % to % are no range of at most three years.', from_day, to_day
      using errcode = 'CQ200', hint = 'Pass fromDay and toDay, both included, in UTC.';
  end if;
end
$$;
comment on function app_private.require_days(date, date) is
  'The range of days that is meant. Raises CQ101, CQ110, CQ204 for somebody who left the workspace, CQ200 for what is no range.';

create or replace function app_public.conversation_summary_stats(from_day date default null, to_day date default null)
returns setof app_public.conversation_summary
language plpgsql
stable
security definer
rows 100
set search_path = pg_catalog, pg_temp
as $$
declare
  first_day date;
  last_day date;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(conversation_summary_stats.from_day, conversation_summary_stats.to_day) as d;
  return query
  select
    s.day, s.rag_configuration_id, s.conversation_count, s.message_count, round(s.message_count::numeric / s.conversation_count, 2),
    s.total_tokens, round(s.total_tokens::numeric / s.conversation_count, 2), s.cost_usd,
    round(s.total_relevance_score / nullif(s.relevance_count, 0), 4),
    round(s.total_response_time_ms::numeric / nullif(s.response_count, 0))::integer,
    s.positive_feedback, s.negative_feedback,
    round(s.positive_feedback::numeric / nullif(s.positive_feedback + s.negative_feedback, 0), 4),
    round(s.satisfaction_points / nullif(s.positive_feedback + s.neutral_feedback + s.negative_feedback, 0), 4)
  from app_private.conversation_summary_stats s
  where s.workspace_id = app_hidden.current_workspace_id()
    and s.day between first_day and last_day
  order by s.day desc, s.rag_configuration_id;
end
$$;
comment on function app_public.conversation_summary_stats(date, date) is
  'What the conversations of the workspace add up to per UTC day and configuration, newest day first, both days included, the last 30 days without any; as of the last nightly run. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';
grant execute on function app_public.conversation_summary_stats(date, date) to colloquy_user, colloquy_admin;
--! EndIncluded analytics/conversation_summary_stats.sql
--! Included analytics/user_activity_summary.sql
-- Who does what in a workspace. Sealed, since it counts in private conversations too: it must never tell more than
-- numbers, and of others only to those who manage the workspace. What was written counts by its author, also in the
-- conversation of somebody else; tokens and cost come from the metering, which stays when a conversation goes.
create or replace function app_public.user_activity_summary(from_day date default null, to_day date default null)
returns setof app_public.member_activity
language plpgsql
stable
security definer
rows 20
set search_path = pg_catalog, pg_temp
as $$
declare
  first_day date;
  last_day date;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(user_activity_summary.from_day, user_activity_summary.to_day) as d;
  return query
  with shown as (
    select m.workspace_id, m.user_id, m.role
    from app_public.workspace_members m
    where m.workspace_id = app_hidden.current_workspace_id()
      and (m.user_id = app_hidden.current_user_id() or (select app_hidden.can_manage()))
  ),
  written as (
    select a.user_id, count(distinct a.conversation_id) as conversations, sum(a.message_count)::bigint as messages,
      count(distinct a.day) as days, max(a.day) as last_day
    from app_hidden.user_activity a
    where a.workspace_id = app_hidden.current_workspace_id()
      and a.day between first_day and last_day
    group by a.user_id
  ),
  used as (
    select l.user_id, sum(l.total_tokens)::bigint as tokens, sum(l.cost_usd) as cost
    from app_public.usage_logs l
    where l.workspace_id = app_hidden.current_workspace_id()
      and l.id >= app_hidden.uuidv7_floor(first_day::timestamp at time zone 'UTC')
      and l.id < app_hidden.uuidv7_floor((last_day + 1)::timestamp at time zone 'UTC')
    group by l.user_id
  )
  select s.user_id, s.role, coalesce(w.conversations, 0), coalesce(w.messages, 0), coalesce(w.days, 0), w.last_day,
    coalesce(u.tokens, 0), coalesce(u.cost, 0)
  from shown s
  left join written w on w.user_id = s.user_id
  left join used u on u.user_id = s.user_id
  order by coalesce(w.messages, 0) desc, s.user_id
  limit 1000;
end
$$;
comment on function app_public.user_activity_summary(date, date) is
  'What the members of the workspace did in a range of UTC days, the last 30 without any, the most active first, at most 1,000: of everybody for those who manage the workspace, of oneself for others. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';
grant execute on function app_public.user_activity_summary(date, date) to colloquy_user, colloquy_admin;
--! EndIncluded analytics/user_activity_summary.sql
--! Included analytics/workspace_dashboard.sql
-- The figures at the top of a dashboard, in one row, for every member. Sealed, since it adds private conversations up too:
-- it must never tell more than sums over the whole workspace. Reads what was computed, never the messages.
create or replace function app_public.workspace_dashboard(from_day date default null, to_day date default null)
returns app_public.workspace_figures
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  first_day date;
  last_day date;
  result app_public.workspace_figures;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(workspace_dashboard.from_day, workspace_dashboard.to_day) as d;
  select
    count(distinct a.conversation_id), coalesce(sum(a.message_count), 0), coalesce(sum(a.assistant_message_count), 0),
    (
      select count(distinct u.user_id) from app_hidden.user_activity u
      where u.workspace_id = app_hidden.current_workspace_id()
        and u.day between first_day and last_day
    ),
    coalesce(sum(a.total_tokens), 0), coalesce(sum(a.cost_usd), 0),
    round(sum(a.total_relevance_score) / nullif(sum(a.relevance_count), 0), 4),
    round(sum(a.total_response_time_ms) / nullif(sum(a.response_count), 0)),
    coalesce(sum(a.positive_feedback), 0), coalesce(sum(a.negative_feedback), 0),
    round(sum(a.positive_feedback)::numeric / nullif(sum(a.positive_feedback) + sum(a.negative_feedback), 0), 4),
    round(sum(a.satisfaction_points) / nullif(sum(a.positive_feedback + a.neutral_feedback + a.negative_feedback), 0), 4),
    max(a.computed_at)
  into result
  from app_public.conversation_analytics a
  where a.workspace_id = app_hidden.current_workspace_id()
    and a.day between first_day and last_day;
  return result;
end
$$;
comment on function app_public.workspace_dashboard(date, date) is
  'The figures of the workspace over a range of UTC days, both included, the last 30 without any, as of the last run of the analytics. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';
grant execute on function app_public.workspace_dashboard(date, date) to colloquy_user, colloquy_admin;
--! EndIncluded analytics/workspace_dashboard.sql
--! Included auth/require_administrator.sql
-- The first line of every sealed function that concerns the whole installation. It is for its administrators, asked anew
-- at each call, and for whoever has the database itself: the owner's login, which needs no account. It must never let a
-- request role through that has no claims.
create or replace function app_private.require_administrator()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- "role" is what the session became with set role; a sealed function does not change it
  if current_setting('role') in ('none', 'colloquy_owner') and app_hidden.current_user_id() is null then
    return;
  end if;
  perform app_hidden.require_member();
  if not app_hidden.has_scope('admin')
    or not exists (select from app_public.users u where u.id = app_hidden.current_user_id() and u.role = 'admin' and u.is_active)
  then
    raise exception 'Only an administrator of the installation may do this.' using errcode = 'CQ121', hint = 'Ask one of them.';
  end if;
end
$$;
comment on function app_private.require_administrator() is 'Raises CQ101 when nobody is signed in, CQ121 for anyone who does not administer the installation.';
--! EndIncluded auth/require_administrator.sql
--! Included embeddings/maintained_versions.sql
-- The embedding versions that get vectors of new chunks: the active one, all that are building, and the one that was
-- retired last, so that going back is as immediate as going on. The price of the latter: every new text is embedded by two
-- models, and its rows and index are kept, until it is archived.
create or replace function app_hidden.maintained_versions()
returns setof app_public.embedding_versions
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  (select v from app_public.embedding_versions v where v.status = 'active')
  union all
  (select v from app_public.embedding_versions v where v.status = 'building' order by v.id)
  union all
  (select v from app_public.embedding_versions v where v.status = 'retired' order by v.retired_at desc, v.id desc limit 1);
$$;
comment on function app_hidden.maintained_versions() is 'The versions that new chunks get vectors of: active, building, and the one retired last.';
grant execute on function app_hidden.maintained_versions() to colloquy_worker;

-- The API hands a vector to search together with the version that it was made for, and this beside it in the same statement:
-- both see the same moment, so a vector can never be compared with those of another model, even when the number of
-- dimensions is the same.
create or replace function app_hidden.require_query_version(version_id uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if version_id is not null
    and not exists (select from app_public.embedding_versions v where v.id = version_id and v.status = 'active')
  then
    raise exception 'The vector was made for another embedding version than the active one.' using errcode = 'CQ301', hint = 'Embed the query again.';
  end if;
  return true;
end
$$;
comment on function app_hidden.require_query_version(uuid) is 'True, or CQ301 when a version is not the active one. Null: nothing to check.';
grant execute on function app_hidden.require_query_version(uuid) to colloquy_user, colloquy_admin;
--! EndIncluded embeddings/maintained_versions.sql
--! Included embeddings/create_embedding_version.sql
-- Begins a new embedding version beside the active one. Chunks belong to all versions, so that citations stay valid and
-- only vectors are made anew: the new version takes over how the active one cuts text. It must never be usable for
-- searches before it is complete; activate_embedding_version sees to that.
create or replace function app_private.lock_embedding_versions()
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  select pg_advisory_xact_lock(hashtextextended('app_public.embedding_versions', 0));
$$;
comment on function app_private.lock_embedding_versions() is 'One at a time makes, switches or archives versions.';

create or replace function app_public.create_embedding_version(name text, provider text, model text, dimensions integer, description text default null)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s'
as $$
#variable_conflict use_variable
declare
  cutting app_public.embedding_versions;
  result app_public.embedding_versions;
begin
  perform app_private.require_administrator();
  if dimensions is null or dimensions not between 1 and 4000 then
    raise exception 'A version has 1 to 4000 dimensions, not %.', dimensions using errcode = 'CQ200', hint = 'Many models can give shorter vectors.';
  end if;
  if trim(coalesce(name, '')) = '' or char_length(name) > 100 or trim(coalesce(provider, '')) = '' or char_length(provider) > 100
    or trim(coalesce(model, '')) = '' or char_length(model) > 200 or char_length(description) > 2000
  then
    raise exception 'Name and provider have 1 to 100 characters, model 1 to 200, description at most 2,000.'
      using errcode = 'CQ200', hint = 'Correct what is empty or too long.';
  end if;
  perform app_private.lock_embedding_versions();
  if exists (select from app_public.embedding_versions v where v.name = create_embedding_version.name) then
    raise exception 'There is an embedding version "%" already.', name using errcode = 'CQ240', hint = 'Choose another name.';
  end if;
  -- as the active one cuts, else the newest
  select v.* into cutting from app_public.embedding_versions v order by (v.status = 'active') desc, v.id desc limit 1;
  insert into app_public.embedding_versions (
    name, description, provider, model, dimensions, chunking_strategy, chunk_size, chunk_overlap, created_by
  )
  values (
    create_embedding_version.name, create_embedding_version.description, create_embedding_version.provider, create_embedding_version.model,
    create_embedding_version.dimensions, coalesce(cutting.chunking_strategy, '{}'), coalesce(cutting.chunk_size, 100),
    coalesce(cutting.chunk_overlap, 15), app_hidden.current_user_id()
  )
  returning * into result;
  perform app_private.create_embedding_partitions(result.id);
  perform app_private.log_event(
    'embedding_version.created', app_hidden.current_user_id(), null, 'embedding_version', result.id, null,
    jsonb_build_object('name', result.name, 'provider', result.provider, 'model', result.model, 'dimensions', result.dimensions)
  );
  -- finds at once what there is to do
  perform app_hidden.enqueue('sweep-unindexed', '{}');
  return result;
end
$$;
comment on function app_public.create_embedding_version(text, text, text, integer, text) is
  'Begins a new embedding version: the workers fill it behind new work, then its index is built. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ240 name taken.';
grant execute on function app_public.create_embedding_version(text, text, text, integer, text) to colloquy_admin;
--! EndIncluded embeddings/create_embedding_version.sql
--! Included embeddings/estimate_embedding_version.sql
-- What a new version will take, before anything is spent. Reads chunks once for their tokens, writes nothing.
--
-- Bytes on disk, from the layouts of PostgreSQL 18 (storage-page-layout, storage-toast) and pgvector 0.8 (src/halfvec.h,
-- src/hnsw.h); test/sql/embedding-versions.test.ts holds them against real tables and builds.
-- A vector has 8 + 2 * dimensions bytes. A row has a line pointer of 4, a header of 24 and three uuids of 48, and the vector
-- itself up to 1,952 bytes; a longer one goes into the TOAST table in pieces of 1,996 bytes, each with 40 bytes of
-- header and line pointer and 32 of index, four to a page, and leaves a pointer of 18. Each row has an entry of 60 bytes in the
-- primary key and one of 44 in the index of the foreign key; B-trees are about 70 % full after random inserts.
-- The HNSW index (m = 16): per row an element of 76 bytes and the vector, and a neighbour list of 8 + 6 * 16 * (2 + level)
-- bytes, level averaging 1 / 15; each with a line pointer of 4, aligned to 8. What does not fit a page goes to the next.
create or replace function app_private.embedding_bytes(dimensions integer, row_count bigint, out table_bytes bigint, out index_bytes bigint)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  page constant numeric := 8192;
  usable constant numeric := 8168;
  vector numeric := 8 + 2 * dimensions;
  element numeric := ceil((76 + vector) / 8) * 8 + 4;
  neighbours constant numeric := ceil((8 + 6 * 16 * (2 + 1.0 / 15)) / 8) * 8 + 4;
  row_bytes numeric;
  toast_bytes numeric := 0;
  pages numeric;
begin
  if vector <= 1952 then
    row_bytes := 4 + ceil((24 + 48 + vector) / 8) * 8;
  else
    row_bytes := 4 + 96;
    toast_bytes := ceil(vector / 1996) * (least(vector / ceil(vector / 1996), 1996) + 40) * usable / (usable - 40) + ceil(vector / 1996) * 32 / 0.7;
  end if;
  table_bytes := ceil(row_count * (page / floor(usable / row_bytes) + toast_bytes + (60 + 44) / 0.7));
  if element + neighbours <= usable then
    pages := 1 / floor(usable / (element + neighbours));
  else
    -- a page for the element; neighbour lists go together
    pages := 1 + 1 / floor(usable / neighbours);
  end if;
  index_bytes := ceil(row_count * pages * page);
end
$$;
comment on function app_private.embedding_bytes(integer, bigint) is 'Bytes that so many vectors of so many dimensions take, as rows and in their index.';

create or replace function app_public.estimate_embedding_version(
  version_id uuid default null, dimensions integer default null, price_per_million_tokens numeric default 0
)
returns app_public.embedding_estimate
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  version app_public.embedding_versions;
  result app_public.embedding_estimate;
begin
  perform app_private.require_administrator();
  if version_id is not null then
    select v.* into version from app_public.embedding_versions v where v.id = version_id;
    if version.id is null then
      raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
    end if;
    dimensions := version.dimensions;
  end if;
  if dimensions is null or dimensions not between 1 and 4000 then
    raise exception 'A version has 1 to 4000 dimensions, not %.', dimensions using errcode = 'CQ200', hint = 'Name a version or its dimensions.';
  end if;
  price_per_million_tokens := coalesce(price_per_million_tokens, 0);
  if price_per_million_tokens not between 0 and 1000000 then
    raise exception 'A price is 0 to 1,000,000, not %.', price_per_million_tokens using errcode = 'CQ200', hint = 'Give US dollars per million tokens.';
  end if;

  select count(*), coalesce(sum(c.token_count), 0) into result.chunks, result.tokens from app_public.chunks c;
  result.cost_usd := round(result.tokens * price_per_million_tokens / 1000000, 6);
  select b.table_bytes, b.index_bytes into result.table_bytes, result.index_bytes
  from app_private.embedding_bytes(dimensions, result.chunks) as b;
  result.disk_bytes := result.table_bytes + result.index_bytes;
  -- minutes in which something was done: pauses say nothing about speed
  select sum(r.tokens) / (60.0 * count(distinct r.minute)) into result.tokens_per_second
  from app_hidden.embedding_rates r
  join app_public.embedding_versions v on v.id = r.version_id
  where r.minute > now() - interval '30 days'
  group by (v.provider, v.model) is not distinct from (version.provider, version.model)
  order by (v.provider, v.model) is not distinct from (version.provider, version.model) desc
  limit 1;
  result.tokens_per_second := round(coalesce(nullif(result.tokens_per_second, 0), app_hidden.setting('embedding_tokens_per_second')::numeric), 1);
  result.seconds := ceil(result.tokens / greatest(result.tokens_per_second, 0.1));
  return result;
end
$$;
comment on function app_public.estimate_embedding_version(uuid, integer, numeric) is
  'What a version, or one of so many dimensions, will take: chunks, tokens, cost, disk and time. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ204 no such version.';
grant execute on function app_public.estimate_embedding_version(uuid, integer, numeric) to colloquy_admin;
--! EndIncluded embeddings/estimate_embedding_version.sql
--! Included embeddings/backfill.sql
-- What the worker calls to fill versions other than the active one. As everywhere in the pipeline, work is what is
-- missing. A chunk that has no vector of the active version yet is new work, not back-fill: the job that gives it one gives
-- it those of the other versions first, so that the two never compute the same.

create or replace function app_hidden.find_unembedded(max_workspaces integer default 100)
returns table (version_id uuid, workspace_id uuid)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  busy text[] := '{}';
begin
  -- who works on it, or waits to, must not get company: both would pay for the same vectors. A worker that was killed is
  -- waited for as long as a job may take.
  if to_regclass('pgboss.job') is not null then
    busy := array(
      select j.singleton_key
      from pgboss.job j
      where j.name = 'backfill-embeddings' and j.singleton_key is not null
        and (j.state in ('created', 'retry')
          or j.state = 'active' and j.started_on > now() - make_interval(secs => app_hidden.setting('embedding_backfill_seconds')::integer))
    );
  end if;
  -- by counts alone: a workspace that has nothing to fill after all costs one look
  return query
  select v.id, k.workspace_id
  from app_hidden.maintained_versions() v
  cross join (
    select k.workspace_id, sum(k.chunk_count) as chunk_count from app_hidden.chunk_counts k group by k.workspace_id
  ) as k
  left join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id
  where v.status <> 'active'
    and k.chunk_count > coalesce(e.embedding_count, 0) + (
      select count(*) from app_hidden.embedding_failures f
      where f.version_id = v.id and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
    )
    -- what a budget holds back, or the pause of the provider, is looked at again when that is over
    and not exists (
      select from app_hidden.embedding_refusals r
      where r.version_id = v.id and r.workspace_id = k.workspace_id and r.retry_at > statement_timestamp()
    )
    and not exists (
      select from app_hidden.provider_pauses p where p.provider = v.provider and p.paused_until > statement_timestamp()
    )
    and format('%s:%s', v.id, k.workspace_id) <> all (busy)
  -- a version that was active is one to go back to: it comes first
  order by v.status desc, v.id, k.chunk_count - coalesce(e.embedding_count, 0), k.workspace_id
  limit max_workspaces;
end
$$;
comment on function app_hidden.find_unembedded(integer) is 'Workspaces in which a maintained version other than the active one lacks vectors, and nobody is at it.';

create or replace function app_hidden.chunks_to_backfill(for_version uuid, for_workspace uuid, after_chunk uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text, token_count integer)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  active uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  if not exists (select from app_hidden.maintained_versions() v where v.id = for_version and v.status <> 'active') then
    return;
  end if;
  return query
  select c.id, c.content_hash, concat_ws(E'\n', c.heading, c.content), c.token_count
  from app_public.chunks c
  where c.workspace_id = for_workspace
    and (after_chunk is null or c.id > after_chunk)
    and not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and (active is null or exists (
      select from app_public.embeddings e where e.version_id = active and e.workspace_id = for_workspace and e.chunk_id = c.id
    ))
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  order by c.id
  limit max_chunks;
end
$$;
comment on function app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer) is
  'The next chunks of a workspace that a version lacks while the active one has them and that need not wait, in the order of their ids. None when the version is no longer maintained.';

create or replace function app_hidden.chunks_without_embedding(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select wanted.id
  from unnest(chunk_ids) as wanted (id)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = wanted.id
  where not exists (
    select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = wanted.id
  )
  and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id);
$$;
comment on function app_hidden.chunks_without_embedding(uuid, uuid, uuid[]) is 'Those of some chunks that have no vector in a version and need not wait.';

-- While the index of a partition is built nobody can write to it. New work must not wait for that.
create or replace function app_hidden.store_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return app_hidden.store_embeddings(for_version, for_workspace, chunk_ids, vectors);
end
$$;
comment on function app_hidden.store_behind(uuid, uuid, uuid[], text[]) is
  'store_embeddings for a version that is not the active one: gives up (55P03) rather than wait for its index to be built.';

create or replace function app_hidden.reuse_behind(for_version uuid, for_workspace uuid, chunk_ids uuid[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
begin
  return (select count(*) from app_hidden.reuse_embeddings(for_version, for_workspace, chunk_ids));
end
$$;
comment on function app_hidden.reuse_behind(uuid, uuid, uuid[]) is 'reuse_embeddings for a version that is not the active one: gives up (55P03) rather than wait.';

create or replace function app_hidden.count_backfill(for_version uuid, chunks integer, tokens integer)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into app_hidden.embedding_rates as r (version_id, minute, chunks, tokens)
  select v.id, date_trunc('minute', clock_timestamp()), count_backfill.chunks, count_backfill.tokens
  from app_public.embedding_versions v where v.id = for_version
  on conflict (version_id, minute) do update set chunks = r.chunks + excluded.chunks, tokens = r.tokens + excluded.tokens;
$$;
comment on function app_hidden.count_backfill(uuid, integer, integer) is 'Notes what a batch of back-fill achieved.';

create or replace function app_hidden.new_work_waits()
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  -- new ones only: what is tried again has had its turn
  return to_regclass('pgboss.job') is not null
    and exists (select from pgboss.job j where j.name = 'index-source' and j.state = 'created' and j.start_after <= now());
end
$$;
comment on function app_hidden.new_work_waits() is 'Whether new texts wait to be indexed: back-fill lets them go first.';

grant execute on function
  app_hidden.find_unembedded(integer),
  app_hidden.chunks_to_backfill(uuid, uuid, uuid, integer),
  app_hidden.chunks_without_embedding(uuid, uuid, uuid[]),
  app_hidden.store_behind(uuid, uuid, uuid[], text[]),
  app_hidden.reuse_behind(uuid, uuid, uuid[]),
  app_hidden.count_backfill(uuid, integer, integer),
  app_hidden.new_work_waits()
to colloquy_worker;
--! EndIncluded embeddings/backfill.sql
--! Included embeddings/build_embedding_index.sql
-- Builds the vector index of a version after its load, one hash partition a call and a transaction: a bulk build is far
-- cheaper than inserts one by one, and what is done stays done when the process dies. The partitions of the active
-- version are not touched. While a partition is built its rows can be read but not written: a delete of a document of
-- a workspace in it waits, new vectors go around (store_behind).
create or replace function app_hidden.build_embedding_index(for_version uuid, remainder integer default null)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '5s'
as $$
declare
  version app_public.embedding_versions;
  modulus integer;
  memory integer := least(greatest(app_hidden.setting('embedding_index_memory_mb')::integer, 16), 8192);
  parent_name text;
  leaf text;
  existing record;
begin
  select v.* into version from app_public.embedding_versions v where v.id = for_version;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if version.status = 'archived' then
    raise exception 'The embedding version "%" is archived.', version.name using errcode = 'CQ304', hint = 'Create a new one.';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.build_embedding_index ' || for_version, 0)) then
    -- somebody else builds it
    return false;
  end if;
  modulus := app_private.embedding_partition_count(for_version);
  parent_name := format('embeddings_%s_hnsw', version.number);

  -- first, and in a transaction of its own: it locks the whole version against writing, for a moment
  if remainder is null then
    execute format(
      'create index if not exists %I on only app_partitions.embeddings_%s using hnsw ((embedding::extensions.halfvec(%s)) extensions.halfvec_cosine_ops)',
      parent_name, version.number, version.dimensions
    );
    return true;
  end if;
  if remainder not between 0 and modulus - 1 then
    raise exception 'A partition is 0 to %, not %.', modulus - 1, remainder using errcode = 'CQ200', hint = 'Call it for each.';
  end if;
  leaf := format('embeddings_%s_%s', version.number, lpad(remainder::text, 2, '0'));
  if exists (
    select
    from pg_inherits n
    join pg_index i on i.indexrelid = n.inhrelid
    where n.inhparent = to_regclass(format('app_partitions.%I', parent_name)) and i.indrelid = format('app_partitions.%I', leaf)::regclass
  ) then
    return true;
  end if;

  -- what an aborted "create index concurrently" of an operator left
  select i.indexrelid::regclass as name, i.indisvalid into existing
  from pg_index i where i.indexrelid = to_regclass(format('app_partitions.%I', leaf || '_hnsw'));
  if existing.name is not null and not existing.indisvalid then
    execute format('drop index %s', existing.name);
  end if;
  perform set_config('maintenance_work_mem', memory || 'MB', true);
  execute format(
    'create index if not exists %I on app_partitions.%I using hnsw ((embedding::extensions.halfvec(%s)) extensions.halfvec_cosine_ops)',
    leaf || '_hnsw', leaf, version.dimensions
  );
  -- with the last one the index of the version becomes valid
  execute format('alter index app_partitions.%I attach partition app_partitions.%I', parent_name, leaf || '_hnsw');
  return true;
end
$$;
comment on function app_hidden.build_embedding_index(uuid, integer) is
  'Builds the vector index of a version on one partition; without a partition, prepares it. Done again, it changes nothing. False: somebody else builds it.';

create or replace function app_hidden.indexes_to_build()
returns table (version_id uuid, partitions integer)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, app_private.embedding_partition_count(v.id)
  from app_hidden.maintained_versions() v
  cross join lateral (
    select coalesce(sum(k.chunk_count), 0) as chunk_count from app_hidden.chunk_counts k
  ) as all_chunks
  cross join lateral (
    select coalesce(sum(e.embedding_count), 0) as embedding_count from app_hidden.embedding_counts e where e.version_id = v.id
  ) as done
  -- loaded but for what comes in all the time
  where all_chunks.chunk_count - done.embedding_count <= greatest(100, all_chunks.chunk_count / 100)
    and not app_private.embedding_index_is_valid(v.id);
$$;
comment on function app_hidden.indexes_to_build() is 'Maintained versions that are loaded, but for 1 % or 100 chunks, and have no whole index.';

grant execute on function app_hidden.build_embedding_index(uuid, integer), app_hidden.indexes_to_build() to colloquy_worker;
--! EndIncluded embeddings/build_embedding_index.sql
--! Included embeddings/embedding_version_progress.sql
-- How far a version is, from maintained counts and the server's own view of a running build: cheap enough to ask every
-- few seconds. For administrators: it names workspaces, and nothing in them.
create or replace function app_public.embedding_version_progress(version_id uuid)
returns app_public.embedding_version_progress
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  version app_public.embedding_versions;
  result app_public.embedding_version_progress;
begin
  perform app_private.require_administrator();
  select v.* into version from app_public.embedding_versions v where v.id = version_id;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  result.version_id := version.id;
  result.name := version.name;
  result.status := version.status;

  with lags as (
    select k.workspace_id, k.chunks, coalesce(e.embedding_count, 0) as embedded_chunks, k.chunks - coalesce(e.embedding_count, 0) as missing_chunks
    from (
      select c.workspace_id, sum(c.chunk_count)::bigint as chunks from app_hidden.chunk_counts c group by c.workspace_id
    ) as k
    left join app_hidden.embedding_counts e on e.version_id = version.id and e.workspace_id = k.workspace_id
  )
  select
    coalesce(sum(l.chunks), 0), coalesce(sum(l.embedded_chunks), 0), coalesce(sum(l.missing_chunks), 0),
    count(*) filter (where l.missing_chunks > 0),
    array(
      select row(w.workspace_id, w.chunks, w.embedded_chunks, w.missing_chunks)::app_public.embedding_lag
      from lags w
      where w.missing_chunks > 0
      order by w.missing_chunks desc, w.workspace_id
      limit 20
    )
  into result.chunks, result.embedded_chunks, result.missing_chunks, result.workspaces_behind, result.lag
  from lags l;

  select round(sum(r.chunks) / (60.0 * count(*)), 2) into result.chunks_per_second
  from (
    select r.chunks from app_hidden.embedding_rates r where r.version_id = version.id order by r.minute desc limit 5
  ) as r;
  result.seconds_left := case
    when result.missing_chunks = 0 then 0
    else ceil(result.missing_chunks / nullif(result.chunks_per_second, 0))
  end;

  result.index_partitions := app_private.embedding_partition_count(version.id);
  select count(*) into result.index_partitions_built
  from pg_inherits i
  join pg_index x on x.indexrelid = i.inhrelid and x.indisvalid
  where i.inhparent = to_regclass(format('app_partitions.embeddings_%s_hnsw', version.number));
  result.is_indexed := app_private.embedding_index_is_valid(version.id);
  select p.blocks_done, p.blocks_total into result.index_blocks_done, result.index_blocks_total
  from pg_stat_progress_create_index p
  join pg_inherits i on i.inhrelid = p.relid
  where i.inhparent = to_regclass(format('app_partitions.embeddings_%s', version.number))
  limit 1;
  result.is_complete := result.is_indexed and result.missing_chunks = 0;

  result.failures := '{}';
  if to_regclass('pgboss.job') is not null then
    select coalesce(array_agg(row(f.happened_at, f.workspace_id, f.message)::app_public.embedding_failure order by f.happened_at desc), '{}')
    into result.failures
    from (
      select
        coalesce(j.completed_on, j.started_on, j.created_on) as happened_at, (j.data ->> 'workspaceId')::uuid as workspace_id,
        left(coalesce(j.output ->> 'error', j.output ->> 'message', j.output::text), 500) as message
      from pgboss.job j
      where j.name in ('backfill-embeddings', 'build-embedding-index') and j.state in ('retry', 'failed')
        and j.data ->> 'versionId' = version.id::text
      order by coalesce(j.completed_on, j.started_on, j.created_on) desc
      limit 5
    ) as f;
  end if;

  select count(*) filter (where not f.is_dead), count(*) filter (where f.is_dead) into result.retrying_chunks, result.dead_chunks
  from app_hidden.embedding_failures f
  where f.version_id = version.id;
  select coalesce(sum(s.tokens), 0), coalesce(sum(s.cost_usd), 0) into result.tokens_used, result.cost_usd
  from app_hidden.embedding_spending s
  where s.version_id = version.id;
  if result.missing_chunks > 0 then
    select h.paused, h.resumes_at into result.paused, result.resumes_at
    from (
      select r.code || ' ' || r.reason as paused, r.retry_at as resumes_at, 1 as place
      from app_hidden.embedding_refusals r
      where r.version_id = version.id
      union all
      select 'provider: ' || p.reason, p.paused_until, 2
      from app_hidden.provider_pauses p
      where p.provider = version.provider and p.paused_until > statement_timestamp()
    ) as h
    order by h.place, h.resumes_at
    limit 1;
  end if;
  return result;
end
$$;
comment on function app_public.embedding_version_progress(uuid) is
  'How far a version is: chunks, lag per workspace, speed, time left, its index, what failed last, what holds it back, and what it cost. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version.';
grant execute on function app_public.embedding_version_progress(uuid) to colloquy_admin;
--! EndIncluded embeddings/embedding_version_progress.sql
--! Included embeddings/activate_embedding_version.sql
-- Makes a version the one that searches use, in one short transaction, or refuses. What must never happen: a chunk that
-- was found by its meaning before the switch and is not found after it. So it looks for chunks with a vector in the active
-- version and none in the new one while nobody can add to the active version. Going back is the same call.
--
-- Searches go on: one that has begun reads the version that it began with, which stays complete and maintained.
create or replace function app_private.embeddings_missing(in_version uuid, than_version uuid, most bigint default 1000)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select count(*)
  from (
    select
    from (
      select k.workspace_id
      from app_hidden.chunk_counts k
      group by k.workspace_id
      -- as many as there are chunks: none can be missing
      having sum(k.chunk_count) <> coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = in_version and e.workspace_id = k.workspace_id), 0
      )
    ) as differs
    join app_public.embeddings a on a.version_id = than_version and a.workspace_id = differs.workspace_id
    where not exists (
      select from app_public.embeddings n
      where n.version_id = in_version and n.workspace_id = differs.workspace_id and n.chunk_id = a.chunk_id
    )
    limit most
  ) as missing;
$$;
comment on function app_private.embeddings_missing(uuid, uuid, bigint) is
  'Chunks that have a vector in the second version and none in the first; reads only workspaces whose counts leave it open. Counts to a limit.';

create or replace function app_public.activate_embedding_version(version_id uuid)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_variable
declare
  version app_public.embedding_versions;
  previous app_public.embedding_versions;
  missing bigint;
begin
  perform app_private.require_administrator();
  perform app_private.lock_embedding_versions();
  select v.* into version from app_public.embedding_versions v where v.id = version_id for no key update;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if version.status = 'active' then
    return version;
  end if;
  if version.status = 'archived' then
    raise exception 'The embedding version "%" is archived: its vectors are gone.', version.name
      using errcode = 'CQ304', hint = 'Create a new one with the same model.';
  end if;
  if not app_private.embedding_index_is_valid(version.id) then
    raise exception 'The embedding version "%" has no index yet.', version.name
      using errcode = 'CQ303', hint = 'The worker builds it after the back-fill; embeddingVersionProgress shows how far it is.';
  end if;

  select v.* into previous from app_public.embedding_versions v where v.status = 'active' for no key update;
  if previous.id is not null then
    -- twice: the long look holds nobody up, the one that counts then has little to do
    missing := app_private.embeddings_missing(version.id, previous.id);
    if missing = 0 then
      execute format('lock table app_partitions.embeddings_%s in share mode', previous.number);
      missing := app_private.embeddings_missing(version.id, previous.id);
    end if;
  else
    select count(*) into missing
    from (
      select from app_public.chunks c
      where not exists (
        select from app_public.embeddings e where e.version_id = version.id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
      )
      limit 1000
    ) as c;
  end if;
  if missing > 0 then
    raise exception 'The embedding version "%" lacks % vectors that the active one has.', version.name, case when missing < 1000 then missing::text else '1,000 or more' end
      using errcode = 'CQ302', hint = 'Wait for the back-fill; embeddingVersionProgress shows how far it is.';
  end if;

  update app_public.embedding_versions v set status = 'retired', retired_at = clock_timestamp() where v.id = previous.id;
  update app_public.embedding_versions v
  set status = 'active', activated_at = clock_timestamp(), retired_at = null
  where v.id = version.id
  returning v.* into version;
  perform app_private.log_event(
    'embedding_version.activated', app_hidden.current_user_id(), null, 'embedding_version', version.id,
    jsonb_build_object('active', previous.id, 'name', previous.name), jsonb_build_object('active', version.id, 'name', version.name)
  );
  return version;
end
$$;
comment on function app_public.activate_embedding_version(uuid) is
  'Makes a version the one that searches use; the former one is retired and can be activated again. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version, CQ302 vectors are missing, CQ303 its index is missing, CQ304 archived, CQ409 busy.';
grant execute on function app_public.activate_embedding_version(uuid) to colloquy_admin;
--! EndIncluded embeddings/activate_embedding_version.sql
--! Included embeddings/archive_embedding_version.sql
-- Lets the vectors and the index of a version go; its row stays, since messages and citations name it. Never the active
-- one.
--
-- Its partitions are dropped as they are, which detaches them: "detach partition" first would give them foreign keys of their own,
-- and dropping those locks chunks. The drop locks the parent against everybody, first and before anything else, so that
-- it stands in no circle; it waits less than deadlock_timeout for it, and everybody else no longer than that.
create or replace function app_private.archive_version(for_version uuid)
returns app_public.embedding_versions
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  version app_public.embedding_versions;
begin
  perform app_private.lock_embedding_versions();
  select v.* into version from app_public.embedding_versions v where v.id = for_version for no key update;
  if version.id is null then
    raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  if version.status = 'archived' then
    return version;
  end if;
  if version.status = 'active' then
    raise exception 'The embedding version "%" is active.', version.name using errcode = 'CQ305', hint = 'Activate another one first.';
  end if;
  perform set_config('lock_timeout', least(greatest(app_hidden.setting('embedding_lock_timeout_ms')::integer, 10), 900) || 'ms', true);
  lock table only app_public.embeddings in access exclusive mode;
  execute format('drop table app_partitions.embeddings_%s', version.number);
  delete from app_hidden.embedding_counts e where e.version_id = version.id;
  update app_public.embedding_versions v
  set status = 'archived', retired_at = coalesce(v.retired_at, clock_timestamp())
  where v.id = version.id
  returning v.* into version;
  perform app_private.log_event(
    'embedding_version.archived', app_hidden.current_user_id(), null, 'embedding_version', version.id, null,
    jsonb_build_object('name', version.name)
  );
  return version;
end
$$;
comment on function app_private.archive_version(uuid) is 'Drops the partitions of a version that is not active.';

create or replace function app_public.archive_embedding_version(version_id uuid)
returns app_public.embedding_versions
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
begin
  perform app_private.require_administrator();
  return app_private.archive_version(version_id);
end
$$;
comment on function app_public.archive_embedding_version(uuid) is
  'Drops the vectors and the index of a version that is not active. Administrators of the installation only. Errors: CQ101, CQ121, CQ204 no such version, CQ305 it is active, CQ409 busy: try again.';
grant execute on function app_public.archive_embedding_version(uuid) to colloquy_admin;

create or replace function app_hidden.archive_surplus_versions()
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms'
as $$
declare
  surplus uuid;
begin
  delete from app_hidden.embedding_rates r where r.minute < now() - interval '30 days';
  select v.id into surplus
  from (
    select v.id, v.status, row_number() over (order by v.status = 'active' desc, v.retired_at desc, v.id desc) as place
    from app_public.embedding_versions v
    where v.status in ('active', 'retired')
  ) as v
  where v.status = 'retired' and v.place > greatest(app_hidden.setting('embedding_versions_kept')::integer, 1)
  order by v.place desc
  limit 1;
  if surplus is not null then
    perform app_private.archive_version(surplus);
  end if;
  return surplus;
end
$$;
comment on function app_hidden.archive_surplus_versions() is
  'Archives the oldest of the versions beyond those that are kept, and returns it; null when there is none. One a call, so that its locks end soon.';
grant execute on function app_hidden.archive_surplus_versions() to colloquy_worker;
--! EndIncluded embeddings/archive_embedding_version.sql
--! Included embeddings/compare_embedding_versions.sql
-- Asks two versions the same before one takes the place of the other. The queries are chunks that both have: each is asked
-- by its own vector of each version, in its own workspace, against every vector there, and not counted as an answer
-- itself. Exact, so that the models are compared and not their indexes; bounded by the setting embedding_compare_vectors.
-- The same chunks are asked each time while they exist. It returns ids, never a text.
create or replace function app_private.nearest_chunks(for_version uuid, other_version uuid, for_workspace uuid, to_chunk uuid, k integer)
returns uuid[]
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  found uuid[];
begin
  -- without the cast to halfvec(n) the index does not fit: a scan of the workspace's rows. Dynamic: planned for it.
  execute $query$
    select array_agg(n.chunk_id order by n.distance, n.chunk_id)
    from (
      select e.chunk_id, e.embedding operator(extensions.<=>) q.embedding as distance
      from app_public.embeddings e, app_public.embeddings q
      where e.version_id = $1 and e.workspace_id = $2 and e.chunk_id <> $3
        and q.version_id = $1 and q.workspace_id = $2 and q.chunk_id = $3
        -- what the other version has not cannot be among its answers
        and exists (select from app_public.embeddings o where o.version_id = $5 and o.workspace_id = $2 and o.chunk_id = e.chunk_id)
      order by distance, e.chunk_id
      limit $4
    ) as n
  $query$ into found using for_version, for_workspace, to_chunk, k, other_version;
  return coalesce(found, '{}');
end
$$;
comment on function app_private.nearest_chunks(uuid, uuid, uuid, uuid, integer) is 'The chunks of a workspace, of those that both versions have, nearest to one of them in the first, best first.';

create or replace function app_public.compare_embedding_versions(version_a uuid, version_b uuid, k integer default 10, samples integer default 50)
returns app_public.embedding_comparison
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
#variable_conflict use_variable
declare
  budget bigint := app_hidden.setting('embedding_compare_vectors')::bigint;
  sampled record;
  found_a uuid[];
  found_b uuid[];
  shared integer;
  result app_public.embedding_comparison;
begin
  perform app_private.require_administrator();
  if (select count(*) from app_public.embedding_versions v where v.id in (version_a, version_b) and v.status <> 'archived')
    <> cardinality(array(select distinct unnest(array[version_a, version_b])))
  then
    raise exception 'There is no such embedding version, or it is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  k := coalesce(k, 10);
  samples := coalesce(samples, 50);
  if k not between 1 and 100 or samples not between 1 and 500 then
    raise exception 'k is 1 to 100 and samples 1 to 500, not % and %.', k, samples using errcode = 'CQ200', hint = 'Ask for less.';
  end if;
  result.version_a := version_a;
  result.version_b := version_b;
  result.k := k;
  result.differences := '{}';

  for sampled in
    -- in proportion to what both have in a workspace; the largest workspaces, as many as there are samples
    with sizes as (
      select a.workspace_id, least(a.embedding_count, b.embedding_count) as size
      from app_hidden.embedding_counts a
      join app_hidden.embedding_counts b on b.version_id = version_b and b.workspace_id = a.workspace_id
      where a.version_id = version_a and least(a.embedding_count, b.embedding_count) > 1
      order by 2 desc, 1
      limit samples
    ),
    shares as (
      select s.workspace_id, s.size, ceil(samples * s.size / sum(s.size) over ())::integer as wanted from sizes s
    )
    select s.workspace_id, s.size, c.chunk_id
    from shares s
    cross join lateral (
      select e.chunk_id
      from app_public.embeddings e
      where e.version_id = version_a and e.workspace_id = s.workspace_id
        and exists (
          select from app_public.embeddings o where o.version_id = version_b and o.workspace_id = s.workspace_id and o.chunk_id = e.chunk_id
        )
      -- any order that says nothing about the text, and is the same each time
      order by md5(e.chunk_id::text)
      limit s.wanted
    ) as c
    order by md5(c.chunk_id::text)
    limit samples
  loop
    budget := budget - 2 * sampled.size;
    exit when budget < 0 and result.differences <> '{}';
    found_a := app_private.nearest_chunks(version_a, version_b, sampled.workspace_id, sampled.chunk_id, k);
    found_b := app_private.nearest_chunks(version_b, version_a, sampled.workspace_id, sampled.chunk_id, k);
    select count(*) into shared from unnest(found_a) as x where x = any (found_b);
    continue when cardinality(found_a) = 0 or cardinality(found_b) = 0;
    result.differences := result.differences || row(
      sampled.chunk_id, sampled.workspace_id, (shared::real / greatest(cardinality(found_a), cardinality(found_b)))::real,
      array(select x.id from unnest(found_a) with ordinality as x (id, n) where x.id <> all (found_b) order by x.n),
      array(select x.id from unnest(found_b) with ordinality as x (id, n) where x.id <> all (found_a) order by x.n)
    )::app_public.embedding_difference;
  end loop;

  select
    count(*), avg(d.overlap)::real, count(*) filter (where d.overlap = 1),
    coalesce(array_agg(row(d.chunk_id, d.workspace_id, d.overlap, d.only_a, d.only_b)::app_public.embedding_difference order by d.overlap, d.chunk_id), '{}')
  into result.queries, result.overlap, result.identical, result.differences
  from unnest(result.differences) as d;
  return result;
end
$$;
comment on function app_public.compare_embedding_versions(uuid, uuid, integer, integer) is
  'Overlap of the k nearest chunks in two versions, over sampled chunks as queries, with the differences of each. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ204 no such version.';
grant execute on function app_public.compare_embedding_versions(uuid, uuid, integer, integer) to colloquy_admin;
--! EndIncluded embeddings/compare_embedding_versions.sql
--! Included ingest/files_10_enqueue.sql
-- After a statement that stores files, or has some read again: one job per file. What is only described has no bytes to read.
create or replace function app_private.enqueue_unread_files()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'extract-file', jsonb_build_object('workspaceId', n.workspace_id, 'fileId', n.id), n.id::text, n.workspace_id::text
  )
  from new_files n
  where n.processing_status = 'pending' and n.sha256 is not null;
  return null;
end
$$;
comment on function app_private.enqueue_unread_files() is 'Trigger: enqueues the reading of files that wait for it.';

create or replace trigger files_10_enqueue_insert
after insert on app_public.files
referencing new table as new_files
for each statement execute function app_private.enqueue_unread_files();

create or replace trigger files_10_enqueue_update
after update on app_public.files
referencing new table as new_files
for each statement execute function app_private.enqueue_unread_files();
--! EndIncluded ingest/files_10_enqueue.sql
--! Included ingest/files_20_discard.sql
-- Remembers the contents of files that go, whoever removes them: the bytes lie outside of the database, and only after the
-- transaction is certain may a job remove them.
create or replace function app_private.discard_contents()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    insert into app_hidden.discarded_contents (workspace_id, storage_path)
    select distinct f.workspace_id, f.storage_path from app_public.files f where f.storage_path is not null
    on conflict do nothing;
  else
    insert into app_hidden.discarded_contents (workspace_id, storage_path)
    select distinct o.workspace_id, o.storage_path from old_files o where o.storage_path is not null order by 1, 2
    on conflict do nothing;
  end if;
  return null;
end
$$;
comment on function app_private.discard_contents() is 'Trigger: remembers whose bytes may have to be removed.';

create or replace trigger files_20_discard_delete after delete on app_public.files
referencing old table as old_files for each statement execute function app_private.discard_contents();
create or replace trigger files_20_discard_truncate before truncate on app_public.files
for each statement execute function app_private.discard_contents();
--! EndIncluded ingest/files_20_discard.sql
--! Included ingest/read_files.sql
-- What the worker calls to read files. A claim is one short transaction that counts the attempt, so that a file which ends
-- the process that reads it is counted too; the attempt's number is what a worker shows afterwards: who was taken for dead
-- and comes late changes nothing. Only the worker may call these.

create or replace function app_hidden.find_unread_files(max_files integer default 1000)
returns table (workspace_id uuid, file_id uuid)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.workspace_id, f.id
  from app_public.files f
  where f.processing_status in ('pending', 'processing') and f.sha256 is not null
    and (f.processing_status = 'pending' or f.retry_at is null or f.retry_at <= clock_timestamp())
  order by f.id
  limit max_files;
$$;
comment on function app_hidden.find_unread_files(integer) is 'Files that nobody reads although somebody should: what lost jobs and killed workers left.';

create or replace function app_hidden.claim_file(for_workspace uuid, for_file uuid, lease interval default '5 minutes', max_attempts integer default 5)
returns table (attempt integer, storage_path text, byte_size bigint, original_name text, extractor text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.files f
  set processing_status = 'failed', retry_at = null, error_code = 'CQ328', updated_at = clock_timestamp(),
    error = format('Reading the file was begun %s times and never ended. Split it, or save it anew: it may be damaged.', f.attempts)
  where f.workspace_id = for_workspace and f.id = for_file and f.processing_status = 'processing'
    and coalesce(f.retry_at, '-infinity') <= clock_timestamp() and f.attempts >= max_attempts;
  return query
  update app_public.files f
  set processing_status = 'processing', attempts = f.attempts + 1, retry_at = clock_timestamp() + lease, updated_at = clock_timestamp()
  from app_public.file_type_configs c
  where f.workspace_id = for_workspace and f.id = for_file and f.sha256 is not null and c.mime_type = f.mime_type
    and (
      f.processing_status = 'pending'
      or f.processing_status = 'processing' and coalesce(f.retry_at, '-infinity') <= clock_timestamp()
    )
  returning f.attempts, f.storage_path, f.byte_size, f.original_name, c.extractor;
end
$$;
comment on function app_hidden.claim_file(uuid, uuid, interval, integer) is
  'Takes a file for reading, and counts the attempt. No row when it is gone, done, or in other hands; one that was begun too often fails here (CQ328).';

create or replace function app_hidden.store_extraction(
  for_workspace uuid,
  for_file uuid,
  of_attempt integer,
  new_title text,
  new_content text,
  new_content_type text,
  new_code_language text default null,
  new_language text default null,
  new_metadata jsonb default '{}'
)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  file app_public.files;
  heading text;
  chosen_language app_public.text_search_language;
  document uuid;
begin
  select f.* into file
  from app_public.files f
  where f.workspace_id = for_workspace and f.id = for_file and f.processing_status = 'processing' and f.attempts = of_attempt
  for no key update;
  if file.id is null then
    return null;
  end if;
  if octet_length(new_content) > 20971520 then
    raise exception 'The text has more than 20 MiB.' using errcode = 'CQ323', hint = 'Split it.';
  end if;
  heading := coalesce(nullif(left(trim(new_title), 500), ''), nullif(left(trim(regexp_replace(file.original_name, '\.[^.]+$', '')), 500), ''), file.original_name);
  chosen_language := coalesce(new_language, app_private.workspace_language(for_workspace));

  if file.source_url is null then
    select d.id into document
    from app_public.documents d
    where d.workspace_id = for_workspace and d.file_id = for_file and d.owner_id = file.owner_id
    order by d.id
    limit 1
    for no key update;
  end if;
  if document is null then
    insert into app_public.documents as d (
      workspace_id, owner_id, visibility, title, content, content_type, code_language, text_search_language, source_url, file_id, metadata
    )
    values (
      for_workspace, file.owner_id, file.visibility, heading, new_content, new_content_type, new_code_language, chosen_language,
      file.source_url, for_file, file.metadata || coalesce(new_metadata, '{}')
    )
    -- what came from the same place before: its visibility is its owner's, and pieces whose text is the same stay
    on conflict (workspace_id, owner_id, source_url) where source_url is not null do update
    set title = excluded.title, content = excluded.content, content_type = excluded.content_type, code_language = excluded.code_language,
      text_search_language = excluded.text_search_language, file_id = excluded.file_id, metadata = excluded.metadata
    returning d.id into document;
  else
    update app_public.documents d
    set title = heading, content = new_content, content_type = new_content_type, code_language = new_code_language,
      text_search_language = chosen_language, metadata = file.metadata || coalesce(new_metadata, '{}')
    where d.id = document;
  end if;
  update app_public.files f
  set processing_status = 'completed', retry_at = null, extracted_length = char_length(new_content), updated_at = clock_timestamp()
  where f.id = for_file;
  return document;
end
$$;
comment on function app_hidden.store_extraction(uuid, uuid, integer, text, text, text, text, text, jsonb) is
  'Makes a document of what was read from a file, with its owner and visibility, or brings the one from the same place up to date. Null when the attempt is not the last one any more. Error: CQ323 too long.';

create or replace function app_hidden.fail_file(
  for_workspace uuid,
  for_file uuid,
  of_attempt integer,
  code text,
  reason text,
  is_final boolean default true,
  pause interval default '10 seconds',
  max_attempts integer default 5
)
returns app_public.processing_status
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.files f
  set
    processing_status = case when ended then 'failed'::app_public.processing_status else 'processing' end,
    error = case when ended then left(coalesce(nullif(trim(reason), ''), 'unknown'), 2000) end,
    error_code = case when ended then code end,
    retry_at = case when not ended then clock_timestamp() + pause * power(4, f.attempts - 1) end,
    updated_at = clock_timestamp()
  from (select x.id, is_final or x.attempts >= max_attempts as ended from app_public.files x where x.workspace_id = for_workspace and x.id = for_file) as verdict
  where f.workspace_id = for_workspace and f.id = for_file and f.id = verdict.id and f.processing_status = 'processing' and f.attempts = of_attempt
  returning f.processing_status;
$$;
comment on function app_hidden.fail_file(uuid, uuid, integer, text, text, boolean, interval, integer) is
  'Says why an attempt to read a file failed. Unless that is final, or it was the last one, the file is tried again after a growing pause. Null when the attempt is not the last one any more.';

create or replace function app_hidden.release_file(for_workspace uuid, for_file uuid, of_attempt integer)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.files f
  set processing_status = 'pending', attempts = f.attempts - 1, retry_at = null, updated_at = clock_timestamp()
  where f.workspace_id = for_workspace and f.id = for_file and f.processing_status = 'processing' and f.attempts = of_attempt;
  return found;
end
$$;
comment on function app_hidden.release_file(uuid, uuid, integer) is 'Gives a claimed file back, as if it had not been taken: the worker ends.';

grant execute on function
  app_hidden.find_unread_files(integer),
  app_hidden.claim_file(uuid, uuid, interval, integer),
  app_hidden.store_extraction(uuid, uuid, integer, text, text, text, text, text, jsonb),
  app_hidden.fail_file(uuid, uuid, integer, text, text, boolean, interval, integer),
  app_hidden.release_file(uuid, uuid, integer)
to colloquy_worker;
--! EndIncluded ingest/read_files.sql
--! Included ingest/documents_30_count_file_chunks.sql
-- Tells a file how many pieces its document has, once they are those of the text that was read from it.
create or replace function app_private.count_file_chunks()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_public.files f
  set chunk_count = (select count(*) from app_public.chunks c where c.workspace_id = new.workspace_id and c.document_id = new.id)
  where f.workspace_id = new.workspace_id and f.id = new.file_id;
  return null;
end
$$;
comment on function app_private.count_file_chunks() is 'Trigger: keeps chunk_count of the file that a document was read from.';

create or replace trigger documents_30_count_file_chunks
after update of chunked_hash, file_id on app_public.documents
for each row when (new.file_id is not null and new.chunked_hash = new.content_hash)
execute function app_private.count_file_chunks();
--! EndIncluded ingest/documents_30_count_file_chunks.sql
--! Included ingest/process_events.sql
-- What the worker calls to make knowledge of events. As with files: a claim counts the attempt, and its number is what a
-- worker shows afterwards. What an event says is one chunk; events of a workspace that say the same share it.

create or replace function app_hidden.find_unprocessed_events(max_batches integer default 1000)
returns table (workspace_id uuid, source text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.workspace_id, e.source
  from app_public.raw_events e
  where e.processing_status in ('pending', 'processing') and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
  group by e.workspace_id, e.source
  order by min(e.id::text)
  limit max_batches;
$$;
comment on function app_hidden.find_unprocessed_events(integer) is 'Workspaces and sources with events that wait: what lost jobs and killed workers left.';

create or replace function app_hidden.claim_events(
  for_workspace uuid,
  for_source text,
  max_events integer default 20,
  lease interval default '10 minutes',
  max_attempts integer default 5
)
returns table (event_id uuid, attempt integer, event_type text, payload jsonb, metadata jsonb)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  update app_public.raw_events e
  set processing_status = 'failed', retry_at = null, processed_at = clock_timestamp(),
    error = format('Processing was begun %s times and never ended. (CQ328)', e.attempts)
  where e.workspace_id = for_workspace and e.source = for_source and e.processing_status = 'processing'
    and coalesce(e.retry_at, '-infinity') <= clock_timestamp() and e.attempts >= max_attempts;
  return query
  with next as (
    select e.id
    from app_public.raw_events e
    where e.workspace_id = for_workspace and e.source = for_source and e.processing_status in ('pending', 'processing')
      and coalesce(e.retry_at, '-infinity') <= clock_timestamp()
    -- what failed before waits for what is new
    order by e.attempts, e.id
    limit max_events
    for update skip locked
  )
  update app_public.raw_events e
  set processing_status = 'processing', attempts = e.attempts + 1, retry_at = clock_timestamp() + lease
  from next n
  where e.id = n.id
  returning e.id, e.attempts, e.event_type, e.payload, e.metadata;
end
$$;
comment on function app_hidden.claim_events(uuid, text, integer, interval, integer) is
  'Takes the next events of a source, and counts the attempt. An event that was begun too often fails here.';

-- Before a model is asked that is paid: its tokens are set aside against budgets and quota of who brought the event in. What
-- is refused is given back: no attempt is counted, and it waits as pending, with the reason.
create or replace function app_hidden.reserve_event_summary(
  for_workspace uuid, for_event uuid, of_attempt integer, tokens bigint, cost_usd numeric
)
returns table (reservation_id uuid, refusal text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  reason text;
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    return;
  end if;
  select p.reservation_id, p.refusal, p.reason into reservation_id, refusal, reason
  from app_private.reserve_paid(for_workspace, event.owner_id, reserve_event_summary.tokens, reserve_event_summary.cost_usd) as p;
  if refusal is not null then
    update app_public.raw_events e
    set processing_status = 'pending', attempts = e.attempts - 1, error = format('%s (%s)', reason, refusal),
      retry_at = clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision)
    where e.id = for_event;
  end if;
  return next;
end
$$;
comment on function app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric) is
  'Sets tokens for the summary of an event aside. With a refusal, the event was given back and waits. No row when the attempt is not the last one any more.';

create or replace function app_hidden.release_reservation(for_workspace uuid, of_reservation uuid)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
end
$$;
comment on function app_hidden.release_reservation(uuid, uuid) is 'Lets go what was set aside for work that came to nothing.';

create or replace function app_hidden.complete_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  new_content text default null,
  new_heading text default null,
  new_token_count integer default null,
  new_importance real default 0.5,
  of_reservation uuid default null,
  used_provider text default null,
  used_model text default null,
  prompt_tokens integer default null,
  completion_tokens integer default null,
  cost_usd numeric default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  event app_public.raw_events;
  hash bytea := app_hidden.text_hash(concat_ws(E'\n', new_heading, new_content));
  outcome text := 'stored';
begin
  select e.* into event
  from app_public.raw_events e
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  for no key update;
  if event.id is null then
    -- what is logged is the answer that is stored
    perform app_private.settle_reservation(for_workspace, of_reservation, 0, 0);
    return 'late';
  end if;
  if of_reservation is not null then
    perform app_private.settle_reservation(
      for_workspace, of_reservation, complete_event.prompt_tokens + complete_event.completion_tokens, complete_event.cost_usd
    );
    -- with the id of what was set aside: once
    insert into app_public.usage_logs (
      id, workspace_id, user_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, metadata
    )
    values (
      of_reservation, for_workspace, event.owner_id, 'event_summary', used_provider, used_model, complete_event.prompt_tokens,
      complete_event.completion_tokens, complete_event.prompt_tokens + complete_event.completion_tokens, complete_event.cost_usd,
      jsonb_build_object('rawEventId', for_event, 'source', event.source)
    );
  end if;
  if new_content is null then
    outcome := 'empty';
    hash := null;
  else
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text || encode(hash, 'hex'), 7201345));
    if exists (
      select from app_public.chunks c where c.workspace_id = for_workspace and c.content_hash = hash and c.source_type = 'event'
    ) then
      outcome := 'known';
    else
      insert into app_public.chunks (
        workspace_id, source_type, raw_event_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
        content_hash, importance_score, text_search_language
      )
      values (
        for_workspace, 'event', for_event, event.owner_id, 'workspace', 0, new_content, new_heading, 0, char_length(new_content),
        new_token_count, hash, coalesce(new_importance, 0.5), app_private.workspace_language(for_workspace)
      );
      perform app_hidden.enqueue(
        'index-source',
        jsonb_build_object('workspaceId', for_workspace, 'sourceType', 'event', 'sourceId', for_event),
        'event:' || for_event,
        for_workspace::text
      );
    end if;
  end if;
  update app_public.raw_events e
  set processing_status = 'completed', retry_at = null, error = null, processed_at = clock_timestamp(), knowledge_hash = hash
  where e.id = for_event;
  return outcome;
end
$$;
comment on function app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric) is
  'Stores what an event says, and logs what its summary took: stored, known when another event says the same, empty without a text, late when the attempt is not the last one any more.';

create or replace function app_hidden.fail_event(
  for_workspace uuid,
  for_event uuid,
  of_attempt integer,
  reason text,
  pause interval default '10 seconds',
  counts boolean default true,
  max_attempts integer default 5
)
returns app_public.processing_status
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_public.raw_events e
  set
    processing_status = case when counts and e.attempts >= max_attempts then 'failed'::app_public.processing_status else 'processing' end,
    attempts = e.attempts - case when counts then 0 else 1 end,
    error = left(reason, 2000),
    retry_at = case when not counts then clock_timestamp() + pause when e.attempts < max_attempts then clock_timestamp() + pause * power(4, e.attempts - 1) end,
    processed_at = case when counts and e.attempts >= max_attempts then clock_timestamp() end
  where e.workspace_id = for_workspace and e.id = for_event and e.processing_status = 'processing' and e.attempts = of_attempt
  returning e.processing_status;
$$;
comment on function app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer) is
  'Says why an attempt failed: the event is tried again after a growing pause, and fails with the last attempt. With counts false it was nobody''s fault: it is given back, for after the pause.';

grant execute on function
  app_hidden.find_unprocessed_events(integer),
  app_hidden.claim_events(uuid, text, integer, interval, integer),
  app_hidden.reserve_event_summary(uuid, uuid, integer, bigint, numeric),
  app_hidden.release_reservation(uuid, uuid),
  app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric),
  app_hidden.fail_event(uuid, uuid, integer, text, interval, boolean, integer)
to colloquy_worker;
--! EndIncluded ingest/process_events.sql
--! Included ingest/raw_events_10_enqueue.sql
-- After a statement that stores events: one job per workspace and source, which takes whatever waits.
create or replace function app_private.enqueue_unprocessed_events()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'process-events', jsonb_build_object('workspaceId', n.workspace_id, 'source', n.source), n.workspace_id || ':' || n.source, n.workspace_id::text
  )
  from (select distinct x.workspace_id, x.source from new_events x where x.processing_status = 'pending') as n;
  return null;
end
$$;
comment on function app_private.enqueue_unprocessed_events() is 'Trigger: enqueues the processing of events that wait for it.';

create or replace trigger raw_events_10_enqueue_insert
after insert on app_public.raw_events
referencing new table as new_events
for each statement execute function app_private.enqueue_unprocessed_events();
--! EndIncluded ingest/raw_events_10_enqueue.sql
--! Included ingest/raw_events_20_forget.sql
-- An event that goes takes with it what was learned from it. Where another event of the workspace says the same, that one is
-- processed again, and has it then.
create or replace function app_private.forget_events()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_public.chunks c where c.source_type = 'event';
    return null;
  end if;
  delete from app_public.chunks c
  using old_events o
  where c.workspace_id = o.workspace_id and c.raw_event_id = o.id;
  update app_public.raw_events e
  set processing_status = 'pending', attempts = 0, retry_at = null, error = null, processed_at = null, knowledge_hash = null
  from (
    select distinct twin.id
    from old_events o
    cross join lateral (
      select t.id from app_public.raw_events t where t.workspace_id = o.workspace_id and t.knowledge_hash = o.knowledge_hash order by t.id limit 1
    ) as twin
    where o.knowledge_hash is not null and not exists (
      select from app_public.chunks c where c.workspace_id = o.workspace_id and c.content_hash = o.knowledge_hash and c.source_type = 'event'
    )
  ) as heir
  where e.id = heir.id;
  return null;
end
$$;
comment on function app_private.forget_events() is 'Trigger: removes the chunks of events that go.';

create or replace trigger raw_events_20_forget_delete after delete on app_public.raw_events
referencing old table as old_events for each statement execute function app_private.forget_events();
create or replace trigger raw_events_20_forget_truncate after truncate on app_public.raw_events
for each statement execute function app_private.forget_events();
--! EndIncluded ingest/raw_events_20_forget.sql
--! Included ingest/retry_events.sql
-- Gives failed events another five attempts, say when the summariser is well again. It takes nothing but failed ones.
create or replace function app_public.retry_events(source text default null)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  tried integer;
begin
  perform app_private.require_manager();
  with again as (
    update app_public.raw_events e
    set processing_status = 'pending', attempts = 0, retry_at = null, error = null, processed_at = null
    where e.workspace_id = workspace and e.processing_status = 'failed' and (retry_events.source is null or e.source = retry_events.source)
    returning e.source
  ),
  sources as (
    select a.source, count(*) as events,
      app_hidden.enqueue(
        'process-events', jsonb_build_object('workspaceId', workspace, 'source', a.source), workspace || ':' || a.source, workspace::text
      )
    from again a
    group by a.source
  )
  select coalesce(sum(s.events), 0) into tried from sources s;
  return tried;
end
$$;
comment on function app_public.retry_events(text) is
  'Has the failed events of the workspace processed again, of one source or of all. Returns how many. Errors: CQ101, CQ109, CQ110, CQ114 not a manager of the workspace.';
grant execute on function app_public.retry_events(text) to colloquy_user, colloquy_admin;
--! EndIncluded ingest/retry_events.sql
--! Included usage/reserve_for.sql
-- What reserve_usage does for its caller and the worker for the owner of what it embeds: sets usage aside against the
-- monthly quota of the user and every budget that holds for it, all of them or none. The user and then the budgets are
-- locked in one order, so reservations at the same time never exceed a limit together and never stand in a circle. It
-- trusts its caller, so it must never be granted to anybody.
create or replace function app_private.reserve_for(for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric)
returns app_public.usage_reservations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  budget app_public.usage_budgets;
  reservation app_public.usage_reservations;
  starts timestamptz;
  taken record;
begin
  perform app_private.require_quota(reserve_for.tokens, reserve_for.cost_usd, for_user);
  insert into app_public.usage_reservations (workspace_id, user_id, tokens, cost_usd, expires_at)
  values (for_workspace, for_user, reserve_for.tokens, reserve_for.cost_usd, clock_timestamp() + interval '1 hour')
  returning * into reservation;

  for budget in
    select b.*
    from app_public.usage_budgets b
    where b.workspace_id = reservation.workspace_id and (b.user_id is null or b.user_id = reservation.user_id)
    order by b.id
    for no key update
  loop
    starts := app_private.budget_period_start(budget.period, clock_timestamp());
    select coalesce(sum(t.tokens), 0) as tokens, coalesce(sum(t.cost_usd), 0) as cost_usd into taken
    from (
      select s.tokens, s.cost_usd from app_hidden.budget_spending s where s.budget_id = budget.id and s.period_start = starts
      union all
      select h.tokens, h.cost_usd
      from app_hidden.usage_holds h
      where h.budget_id = budget.id and h.period_start = starts and h.expires_at > clock_timestamp()
    ) as t;
    if taken.tokens + reservation.tokens > budget.token_limit or taken.cost_usd + reservation.cost_usd > budget.cost_limit_usd then
      raise exception 'The budget of this % for the % is spent.', budget.scope, budget.period using errcode = 'CQ220',
        hint = format(
          'It begins anew at %s. Ask for less, or ask an owner of the workspace for a larger one.',
          to_char((starts at time zone 'UTC') + ('1 ' || budget.period)::interval, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        );
    end if;
    insert into app_hidden.usage_holds (workspace_id, budget_id, reservation_id, period_start, tokens, cost_usd, expires_at)
    values (reservation.workspace_id, budget.id, reservation.id, starts, reservation.tokens, reservation.cost_usd, reservation.expires_at);
  end loop;
  return reservation;
end
$$;
comment on function app_private.reserve_for(uuid, uuid, bigint, numeric) is
  'Sets usage of a user aside. Errors: CQ220 the budget is spent, CQ221 the monthly quota is.';
--! EndIncluded usage/reserve_for.sql
--! Included usage/require_backfill_budget.sql
-- The budget of the installation for all versions that searches do not use. Claims are made one at a time, so that they never
-- exceed it together.
create or replace function app_private.require_backfill_budget(tokens bigint, cost_usd numeric)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  starts timestamptz := app_private.budget_period_start('month', clock_timestamp());
  most_tokens numeric := nullif(app_hidden.setting('backfill_tokens_per_month'), 'unlimited')::numeric;
  most_cost numeric := nullif(app_hidden.setting('backfill_cost_per_month'), 'unlimited')::numeric;
  taken record;
begin
  perform pg_advisory_xact_lock(hashtextextended('app_private.require_backfill_budget', 0));
  select coalesce(sum(t.tokens), 0) as tokens, coalesce(sum(t.cost_usd), 0) as cost_usd into taken
  from (
    select s.tokens, s.cost_usd from app_hidden.embedding_spending s where s.period_start = starts
    union all
    select k.tokens, k.cost_usd from app_hidden.embedding_claims k where k.user_id is null and k.abandoned_at is null
  ) as t;
  if taken.tokens + tokens > most_tokens or taken.cost_usd + cost_usd > most_cost then
    raise exception 'The budget of this installation for other embedding versions than the active one is spent for the month.'
      using errcode = 'CQ371', hint = 'An administrator can raise the settings backfill_tokens_per_month and backfill_cost_per_month.';
  end if;
end
$$;
comment on function app_private.require_backfill_budget(bigint, numeric) is
  'Raises CQ371 unless so much fits into what versions that are not active may take this month, beside what is under way.';
--! EndIncluded usage/require_backfill_budget.sql
--! Included usage/reserve_paid.sql
-- Before the worker asks a service that is paid, whatever for: the switch, and then the budgets and the quota of a user, or those
-- of the installation where no user pays. A refusal is an answer and no error, so that the caller can write down who waits.
-- It trusts its caller, so it must never be granted to anybody.
create or replace function app_private.reserve_paid(
  for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric, out reservation_id uuid, out refusal text, out reason text
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_hidden.setting('paid_embedding') <> 'on' then
    refusal := 'CQ370';
    reason := 'Asking services that are paid is switched off.';
    return;
  end if;
  if for_user is null then
    perform app_private.require_backfill_budget(reserve_paid.tokens, reserve_paid.cost_usd);
  else
    reservation_id := (app_private.reserve_for(for_workspace, for_user, reserve_paid.tokens, reserve_paid.cost_usd)).id;
  end if;
exception when sqlstate 'CQ220' or sqlstate 'CQ221' or sqlstate 'CQ371' then
  refusal := sqlstate;
  reason := sqlerrm;
end
$$;
comment on function app_private.reserve_paid(uuid, uuid, bigint, numeric) is
  'Sets tokens and cost of a request to a paid service aside, for a user or, without one, for the installation. With a refusal (CQ220, CQ221, CQ370, CQ371) and its reason, nothing is.';
--! EndIncluded usage/reserve_paid.sql
--! Included usage/settle_reservation.sql
-- Ends a reservation, for settle_usage and for the worker: what was held is let go, what was used is counted. The budgets are
-- locked in the order in which reservations lock them. It trusts its caller, so it must never be granted to anybody. Again
-- changes nothing, and neither does one that is not there.
create or replace function app_private.settle_reservation(for_workspace uuid, of_reservation uuid, tokens bigint, cost_usd numeric)
returns app_public.usage_reservations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  reservation app_public.usage_reservations;
  result app_public.usage_reservations;
begin
  select r.* into reservation
  from app_public.usage_reservations r
  where r.workspace_id = for_workspace and r.id = of_reservation
  for no key update;
  if reservation.id is null or reservation.settled_at is not null then
    return reservation;
  end if;
  perform from app_public.usage_budgets b
  where b.workspace_id = reservation.workspace_id
    and b.id in (select h.budget_id from app_hidden.usage_holds h where h.workspace_id = reservation.workspace_id and h.reservation_id = reservation.id)
  order by b.id
  for no key update;

  with released as (
    delete from app_hidden.usage_holds h
    where h.workspace_id = reservation.workspace_id and h.reservation_id = reservation.id
    returning h.budget_id, h.period_start
  )
  insert into app_hidden.budget_spending as s (workspace_id, budget_id, period_start, tokens, cost_usd)
  select reservation.workspace_id, r.budget_id, r.period_start, settle_reservation.tokens, settle_reservation.cost_usd from released r
  on conflict on constraint budget_spending_pkey do update
  set tokens = s.tokens + excluded.tokens, cost_usd = s.cost_usd + excluded.cost_usd;

  insert into app_private.user_usage_months as s (user_id, period_start, settled_tokens, settled_cost_usd)
  values (
    reservation.user_id, app_private.budget_period_start('month', clock_timestamp()), settle_reservation.tokens, settle_reservation.cost_usd
  )
  on conflict on constraint user_usage_months_pkey do update
  set settled_tokens = s.settled_tokens + excluded.settled_tokens, settled_cost_usd = s.settled_cost_usd + excluded.settled_cost_usd;

  update app_public.usage_reservations r
  set settled_at = clock_timestamp(), settled_tokens = settle_reservation.tokens, settled_cost_usd = settle_reservation.cost_usd
  where r.id = reservation.id
  returning r.* into result;
  return result;
end
$$;
comment on function app_private.settle_reservation(uuid, uuid, bigint, numeric) is 'Ends a reservation with what was really used.';
--! EndIncluded usage/settle_reservation.sql
--! Included embeddings/embeddings_20_clear_failures.sql
-- A chunk that has its vector has no failure, whoever embedded it.
create or replace function app_private.clear_embedding_failures()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_hidden.embedding_failures f
  using changed_embeddings n
  where f.version_id = n.version_id and f.workspace_id = n.workspace_id and f.chunk_id = n.chunk_id;
  return null;
end
$$;
comment on function app_private.clear_embedding_failures() is 'Trigger: forgets the failures of chunks that have a vector now.';

create or replace trigger embeddings_20_clear_failures after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.clear_embedding_failures();
--! EndIncluded embeddings/embeddings_20_clear_failures.sql
--! Included embeddings/count_embedding_failures.sql
-- Counts, chunk by chunk, that no vector came, in a statement of its own that nothing rolls back. What was refused for what
-- it is ('bad_input', 'bad_output') is given up after embedding_attempts; what got no answer, or whose worker ended, only
-- after ten times as many, since that is mostly not its fault, and is tried again twelve times as soon. The pauses are random in part, so that what failed together
-- is tried apart.
create or replace function app_hidden.count_embedding_failures(for_version uuid, for_workspace uuid, chunk_ids uuid[], codes text[], errors text[])
returns table (waiting integer, dead integer, next_in double precision)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  most integer := app_hidden.setting('embedding_attempts')::integer;
  pause double precision := app_hidden.setting('embedding_retry_seconds')::double precision;
begin
  return query
  with counted as (
    insert into app_hidden.embedding_failures as f (
      version_id, workspace_id, chunk_id, attempts, interruptions, code, error, failed_at, next_attempt_at, is_dead
    )
    select for_version, for_workspace, c.id, kind.refused, 1 - kind.refused, given.code, left(given.error, 1000), clock_timestamp(),
      clock_timestamp() + make_interval(secs => least(pause / kind.share, 3600) * (0.75 + random() / 2)), kind.refused >= most
    from unnest(chunk_ids, codes, errors) as given (chunk_id, code, error)
    cross join lateral (
      select r.refused, case r.refused when 1 then 1 else 12 end as share
      from (select (given.code in ('bad_input', 'bad_output'))::integer as refused) as r
    ) as kind
    join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id
    order by c.id
    on conflict on constraint embedding_failures_pkey do update
    set attempts = f.attempts + excluded.attempts, interruptions = f.interruptions + excluded.interruptions, code = excluded.code,
      error = excluded.error, failed_at = excluded.failed_at,
      next_attempt_at = clock_timestamp() + make_interval(
        secs => least(
          pause / case excluded.attempts when 1 then 1 else 12 end * 2 ^ least(f.attempts + f.interruptions, 20), 3600
        ) * (0.75 + random() / 2)
      ),
      is_dead = f.attempts + excluded.attempts >= most or f.interruptions + excluded.interruptions >= 10 * most
    returning f.is_dead, f.next_attempt_at
  )
  select count(*) filter (where not c.is_dead)::integer, count(*) filter (where c.is_dead)::integer,
    extract(epoch from min(c.next_attempt_at) filter (where not c.is_dead) - clock_timestamp())::double precision
  from counted c;
end
$$;
comment on function app_hidden.count_embedding_failures(uuid, uuid, uuid[], text[], text[]) is
  'Counts a failed attempt of chunks, with its reason. Returns how many wait for another, how many were given up, and in how many seconds the first is due again.';
grant execute on function app_hidden.count_embedding_failures(uuid, uuid, uuid[], text[], text[]) to colloquy_worker;
--! EndIncluded embeddings/count_embedding_failures.sql
--! Included embeddings/claim_embeddings.sql
-- What stands around a request to a service that is paid: before it, the chunks are claimed and their tokens set aside,
-- for the active version against quota and budgets of their owner, for any other, which an administrator ordered and searches
-- do not use, against the budget of the installation; after it, vectors, usage and the end of the claim are one transaction. The entry
-- in usage_logs has the id of the claim, so that nothing is billed twice, however often a worker says it. A worker that is
-- killed between the answer and the storing leaves a claim that ends by itself: the service was asked twice then, and may
-- bill that; what is logged is the answer that was stored. Only the worker may call these.

-- While the index of a partition is built its rows are locked against writing. Who is about to pay for vectors looks first.
create or replace function app_private.embedding_partition_is_locked(for_version uuid, for_workspace uuid)
returns boolean
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  -- first the partitions of the version: asked of another table, satisfies_hash_partition raises
  with leaves as materialized (
    select i.inhrelid, i.inhparent, substring(c.relname from '[0-9]+$')::integer as remainder
    from app_public.embedding_versions v
    join pg_inherits i on i.inhparent = to_regclass(format('app_partitions.embeddings_%s', v.number))
    join pg_class c on c.oid = i.inhrelid
    where v.id = for_version
  )
  select exists (
    select
    from leaves f
    join pg_locks l on l.relation = f.inhrelid
    where l.locktype = 'relation' and l.mode = 'ShareLock' and l.granted
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and satisfies_hash_partition(f.inhparent, (select count(*) from leaves)::integer, f.remainder, for_workspace)
  );
$$;
comment on function app_private.embedding_partition_is_locked(uuid, uuid) is 'Whether the vectors of a workspace in a version cannot be written at the moment.';

create or replace function app_hidden.claim_embeddings(
  for_version uuid, for_workspace uuid, chunk_ids uuid[], token_counts integer[], price_per_million numeric
)
returns table (claim_id uuid, claimed uuid[], seconds double precision, refusal text, reason text, retry_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- whose budget it is: null for the installation
  owner uuid;
  owners uuid[];
  total bigint;
  cost numeric;
  is_behind boolean := not exists (select from app_public.embedding_versions v where v.id = for_version and v.status = 'active');
  reservation_id uuid;
begin
  -- one at a time in a workspace, so that no chunk is sent away twice
  perform pg_advisory_xact_lock(hashtextextended('app_hidden.claim_embeddings ' || for_workspace, 0));
  if is_behind then
    if app_private.embedding_partition_is_locked(for_version, for_workspace) then
      -- nothing is paid for that could not be stored: the back-fill comes again
      return;
    end if;
  else
    -- a claim has one owner
    select (array_agg(f.owner_id order by f.n))[1] into owner
    from (
      select c.owner_id, given.n
      from unnest(chunk_ids) with ordinality as given (chunk_id, n)
      join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id
      where not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
    ) as f;
  end if;
  select array_agg(c.id), array_agg(distinct c.owner_id), sum(given.tokens) into claimed, owners, total
  from unnest(chunk_ids, token_counts) as given (chunk_id, tokens)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id and (is_behind or c.owner_id = owner)
  where not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id);
  if claimed is null then
    return;
  end if;

  cost := total * price_per_million / 1000000;
  select p.reservation_id, p.refusal, p.reason into reservation_id, refusal, reason
  from app_private.reserve_paid(for_workspace, owner, total, cost) as p;
  if refusal is not null then
    retry_at := clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision);
    insert into app_hidden.embedding_refusals (version_id, workspace_id, user_id, code, reason, retry_at)
    select for_version, for_workspace, o.id, refusal, claim_embeddings.reason, claim_embeddings.retry_at
    from unnest(owners) as o (id)
    order by o.id
    on conflict on constraint embedding_refusals_pkey do update
    set code = excluded.code, reason = excluded.reason, retry_at = excluded.retry_at;
    claimed := '{}';
    return next;
    return;
  end if;
  delete from app_hidden.embedding_refusals r
  where r.version_id = for_version and r.workspace_id = for_workspace and r.user_id = any (owners);
  seconds := app_hidden.setting('embedding_claim_seconds')::double precision;
  insert into app_hidden.embedding_claims (workspace_id, version_id, user_id, reservation_id, chunk_ids, tokens, cost_usd, expires_at)
  values (
    for_workspace, for_version, owner, reservation_id, claimed, total, cost,
    clock_timestamp() + make_interval(secs => claim_embeddings.seconds)
  )
  returning id into claim_id;
  return next;
end
$$;
comment on function app_hidden.claim_embeddings(uuid, uuid, uuid[], integer[], numeric) is
  'Claims chunks that nobody else has, for so many seconds, and sets their tokens aside. No row when none is left, or while the index of a version that is not active is built; without claim_id, and with the reason, when budget, quota or switch refuses.';

create or replace function app_hidden.renew_embedding_claim(claim_id uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_hidden.embedding_claims k
  set expires_at = clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_claim_seconds')::double precision)
  where k.id = renew_embedding_claim.claim_id and k.abandoned_at is null;
  return found;
end
$$;
comment on function app_hidden.renew_embedding_claim(uuid) is 'Says that the worker of a claim is alive. False when it is no longer believed.';

create or replace function app_hidden.settle_embedding_claim(
  claim_id uuid, chunk_ids uuid[], vectors text[], tokens bigint, cost_usd numeric
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  claim app_hidden.embedding_claims;
  stored integer;
begin
  delete from app_hidden.embedding_claims k where k.id = settle_embedding_claim.claim_id returning k.* into claim;
  if claim.id is null then
    -- said before, or long ago
    return 0;
  end if;
  if claim.user_id is not null then
    stored := app_hidden.store_embeddings(claim.version_id, claim.workspace_id, settle_embedding_claim.chunk_ids, settle_embedding_claim.vectors);
  else
    begin
      stored := app_hidden.store_behind(claim.version_id, claim.workspace_id, settle_embedding_claim.chunk_ids, settle_embedding_claim.vectors);
    exception when lock_not_available then
      -- the building of the index has begun meanwhile: what was paid is logged, and the vectors are asked for again
      stored := 0;
    end;
  end if;
  perform app_private.settle_reservation(
    claim.workspace_id, claim.reservation_id, settle_embedding_claim.tokens, settle_embedding_claim.cost_usd
  );
  if claim.user_id is null and settle_embedding_claim.tokens > 0 then
    insert into app_hidden.embedding_spending as s (version_id, period_start, tokens, cost_usd)
    values (
      claim.version_id, app_private.budget_period_start('month', clock_timestamp()), settle_embedding_claim.tokens, settle_embedding_claim.cost_usd
    )
    on conflict on constraint embedding_spending_pkey do update
    set tokens = s.tokens + excluded.tokens, cost_usd = s.cost_usd + excluded.cost_usd;
  end if;
  if settle_embedding_claim.tokens > 0 then
    insert into app_public.usage_logs (id, workspace_id, user_id, action, provider, model, prompt_tokens, total_tokens, cost_usd, metadata)
    select claim.id, claim.workspace_id, claim.user_id, 'embedding', v.provider, v.model, settle_embedding_claim.tokens,
      settle_embedding_claim.tokens, settle_embedding_claim.cost_usd,
      jsonb_build_object(
        'embeddingVersionId', v.id, 'embeddingVersion', v.name, 'chunks', cardinality(settle_embedding_claim.chunk_ids),
        'paidBy', case when claim.user_id is null then 'installation' else 'owner' end
      )
    from app_public.embedding_versions v
    where v.id = claim.version_id
    on conflict do nothing;
  end if;
  return stored;
end
$$;
comment on function app_hidden.settle_embedding_claim(uuid, uuid[], text[], bigint, numeric) is
  'Stores the vectors of a claim, logs what they took and ends it; without vectors and tokens, lets it go. Again changes nothing. Returns how many were stored.';

create or replace function app_hidden.abandon_embedding_claims(max_claims integer default 100)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  claim app_hidden.embedding_claims;
  abandoned integer := 0;
begin
  for claim in
    select k.*
    from app_hidden.embedding_claims k
    where k.abandoned_at is null and k.expires_at <= clock_timestamp()
    order by k.id
    limit max_claims
    for no key update skip locked
  loop
    perform app_private.settle_reservation(claim.workspace_id, claim.reservation_id, 0, 0);
    perform app_hidden.count_embedding_failures(
      claim.version_id, claim.workspace_id, array_agg(c.id), array_agg('interrupted'::text),
      array_agg('The worker ended before it had an answer.'::text)
    )
    from app_public.chunks c
    where c.workspace_id = claim.workspace_id and c.id = any (claim.chunk_ids) and not exists (
      select from app_public.embeddings e where e.version_id = claim.version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    )
    having count(*) > 0;
    update app_hidden.embedding_claims k set abandoned_at = clock_timestamp() where k.id = claim.id;
    abandoned := abandoned + 1;
  end loop;
  -- kept for a while: a worker that was only slow may still say what it used
  delete from app_hidden.embedding_claims k where k.abandoned_at < clock_timestamp() - interval '1 day';
  return abandoned;
end
$$;
comment on function app_hidden.abandon_embedding_claims(integer) is 'Frees what dead workers had claimed. Returns how many claims.';

grant execute on function
  app_hidden.claim_embeddings(uuid, uuid, uuid[], integer[], numeric),
  app_hidden.renew_embedding_claim(uuid),
  app_hidden.settle_embedding_claim(uuid, uuid[], text[], bigint, numeric),
  app_hidden.abandon_embedding_claims(integer)
to colloquy_worker;
--! EndIncluded embeddings/claim_embeddings.sql
--! Included embeddings/cutting_failures.sql
-- Texts that cannot be cut into passages: too much for the thread that cuts them, or refused by the database. The attempt at a
-- large one, which its worker may not survive, is counted before it begins; any other when it has failed; always in a
-- statement of its own that nothing rolls back. The pauses grow, and after cutting_attempts it is given up, until it is edited
-- or somebody asks for it. What is given up must never keep back the messages behind it. Only the worker may call these.

create or replace function app_private.is_failure_of(
  failure app_hidden.cutting_failures, source_type app_public.source_type, source_id uuid, sequence_number integer
)
returns boolean
language sql
immutable
as $$
  select case source_type
    when 'document' then (failure).document_id = source_id
    when 'memory' then (failure).memory_item_id = source_id
    when 'message' then (failure).conversation_id = source_id and (failure).sequence_number = is_failure_of.sequence_number
  end;
$$;
comment on function app_private.is_failure_of(app_hidden.cutting_failures, app_public.source_type, uuid, integer) is
  'Whether a failure is that of a document, a memory, or a message of a conversation.';

create or replace function app_hidden.begin_cutting(
  for_workspace uuid, for_source_type app_public.source_type, for_source uuid, of_hash bytea default null,
  at_sequence_number integer default null, is_large boolean default false
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  failure app_hidden.cutting_failures;
begin
  select f.* into failure
  from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
  for no key update;
  if failure.content_hash is distinct from of_hash then
    -- edited since: it starts afresh
    failure.attempts := 0;
  elsif failure.is_dead then
    return 'dead';
  elsif failure.next_attempt_at > clock_timestamp() then
    return 'waits';
  elsif failure.attempts >= app_hidden.setting('cutting_attempts')::integer then
    update app_hidden.cutting_failures f
    set is_dead = true, code = 'CQ316', error = format('Cutting was begun %s times and never ended.', failure.attempts)
    where f.id = failure.id;
    return 'dead';
  end if;
  if is_large then
    insert into app_hidden.cutting_failures (
      workspace_id, document_id, memory_item_id, conversation_id, sequence_number, content_hash, attempts, code, error, next_attempt_at
    )
    values (
      for_workspace, case when for_source_type = 'document' then for_source end, case when for_source_type = 'memory' then for_source end,
      case when for_source_type = 'message' then for_source end, at_sequence_number, of_hash, 1, 'interrupted',
      'It is being cut, or its worker ended.',
      clock_timestamp() + make_interval(secs => app_hidden.setting('cutting_lease_seconds')::double precision)
    )
    on conflict on constraint cutting_failures_source_key do update
    set content_hash = excluded.content_hash, attempts = failure.attempts + 1, code = excluded.code, error = excluded.error,
      failed_at = clock_timestamp(), next_attempt_at = excluded.next_attempt_at, is_dead = false
    where failure.id is not null;
    if not found then
      -- somebody else was faster
      return 'waits';
    end if;
  end if;
  return 'begin';
end
$$;
comment on function app_hidden.begin_cutting(uuid, app_public.source_type, uuid, bytea, integer, boolean) is
  'Whether a text may be cut: begin, waits or dead. Counts the attempt of a large one.';

create or replace function app_hidden.fail_cutting(
  for_workspace uuid, for_source_type app_public.source_type, for_source uuid, code text, error text, of_hash bytea default null,
  at_sequence_number integer default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  pause double precision := app_hidden.setting('cutting_retry_seconds')::double precision;
  is_dead boolean;
begin
  -- it may be gone meanwhile: then there is nothing to count
  insert into app_hidden.cutting_failures as f (
    workspace_id, document_id, memory_item_id, conversation_id, sequence_number, content_hash, attempts, code, error, next_attempt_at
  )
  select
    for_workspace, s.document_id, s.memory_item_id, s.conversation_id, at_sequence_number, of_hash, 1, left(fail_cutting.code, 50),
    left(fail_cutting.error, 1000), clock_timestamp()
  from (
    select d.id as document_id, null::uuid as memory_item_id, null::uuid as conversation_id
    from app_public.documents d where for_source_type = 'document' and d.workspace_id = for_workspace and d.id = for_source
    union all
    select null, m.id, null
    from app_public.memory_items m where for_source_type = 'memory' and m.workspace_id = for_workspace and m.id = for_source
    union all
    select null, null, c.id
    from app_public.conversations c where for_source_type = 'message' and c.workspace_id = for_workspace and c.id = for_source
  ) as s
  on conflict on constraint cutting_failures_source_key do update
  set attempts = case
      when f.content_hash is distinct from excluded.content_hash then 1
      -- a large one was counted when it began
      else f.attempts + (f.code <> 'interrupted')::integer
    end,
    content_hash = excluded.content_hash, code = excluded.code, error = excluded.error, failed_at = clock_timestamp(), is_dead = false;
  update app_hidden.cutting_failures f
  set is_dead = f.attempts >= app_hidden.setting('cutting_attempts')::integer,
    next_attempt_at = clock_timestamp() + make_interval(secs => least(pause * 4 ^ least(f.attempts - 1, 10), 86400) * (0.75 + random() / 2))
  where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
  returning f.is_dead into is_dead;
  return case is_dead when true then 'dead' when false then 'waits' else 'gone' end;
end
$$;
comment on function app_hidden.fail_cutting(uuid, app_public.source_type, uuid, text, text, bytea, integer) is
  'Says why a text could not be cut: it is tried again after a growing pause, and given up with the last attempt. Returns waits, dead, or gone.';

create or replace function app_hidden.forgive_cutting(
  for_workspace uuid, for_source_type app_public.source_type, for_source uuid, at_sequence_number integer default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_hidden.cutting_failures f
  set attempts = f.attempts - 1, next_attempt_at = clock_timestamp()
  where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
    and f.code = 'interrupted' and f.attempts > 1;
  if not found then
    delete from app_hidden.cutting_failures f
    where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
      and f.code = 'interrupted';
  end if;
end
$$;
comment on function app_hidden.forgive_cutting(uuid, app_public.source_type, uuid, integer) is
  'Takes back the attempt that begin_cutting counted: the worker was told to end.';

create or replace function app_hidden.uncut_messages(for_workspace uuid, for_conversation uuid)
returns table (sequence_number integer, is_dead boolean)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.sequence_number, f.is_dead
  from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and f.conversation_id = for_conversation and (f.is_dead or f.next_attempt_at > statement_timestamp());
$$;
comment on function app_hidden.uncut_messages(uuid, uuid) is 'Messages of a conversation that are not to be cut: they wait, or were given up.';

grant execute on function
  app_hidden.begin_cutting(uuid, app_public.source_type, uuid, bytea, integer, boolean),
  app_hidden.fail_cutting(uuid, app_public.source_type, uuid, text, text, bytea, integer),
  app_hidden.forgive_cutting(uuid, app_public.source_type, uuid, integer),
  app_hidden.uncut_messages(uuid, uuid)
to colloquy_worker;
--! EndIncluded embeddings/cutting_failures.sql
--! Included embeddings/failed_embeddings.sql
-- The failures of the caller's workspace, the latest first: of everything for those who manage it, of one's own for others.
-- Sealed, and it must never show a text: only where it stands, and why it has no vector.
create or replace function app_public.failed_embeddings(only_dead boolean default false)
returns setof app_public.failed_embedding
language plpgsql
stable
security definer
rows 20
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.require_member();
  return query
  (
  select f.chunk_id, f.version_id, c.source_type, c.document_id, c.conversation_id, c.memory_item_id, f.attempts + f.interruptions, f.code,
    f.error, f.failed_at, case when f.is_dead then null else f.next_attempt_at end, f.is_dead, c.raw_event_id
  from app_hidden.embedding_failures f
  join app_public.chunks c on c.workspace_id = f.workspace_id and c.id = f.chunk_id
  where f.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or (select app_hidden.can_manage()))
    and (f.is_dead or not coalesce(only_dead, false))
  order by f.failed_at desc, f.chunk_id
  limit 1000
  )
  union all
  (
  select null, null, s.source_type, f.document_id, f.conversation_id, f.memory_item_id, f.attempts, f.code, f.error, f.failed_at,
    case when f.is_dead then null else f.next_attempt_at end, f.is_dead, null
  from app_hidden.cutting_failures f
  cross join lateral (
    select 'document'::app_public.source_type as source_type, d.owner_id from app_public.documents d where d.id = f.document_id and d.content_hash = f.content_hash
    union all
    select 'message', c.owner_id from app_public.conversations c where c.id = f.conversation_id
    union all
    select 'memory', m.owner_id from app_public.memory_items m where m.id = f.memory_item_id and m.content_hash = f.content_hash
  ) as s
  where f.workspace_id = app_hidden.current_workspace_id()
    and (s.owner_id = app_hidden.current_user_id() or (select app_hidden.can_manage()))
    and (f.is_dead or f.code <> 'interrupted' and not coalesce(only_dead, false))
  order by f.failed_at desc, f.id
  limit 1000
  )
  order by 10 desc, 1, 4, 5, 6
  limit 1000;
end
$$;
comment on function app_public.failed_embeddings(boolean) is
  'Chunks that have no vector because of a failure, and texts that could not be cut into chunks, the latest 1,000: of the whole workspace for those who manage it, of oneself for others. With onlyDead, those that were given up. Error: CQ101 not signed in.';
grant execute on function app_public.failed_embeddings(boolean) to colloquy_user, colloquy_admin;

-- The same for an operator, over all workspaces, counted by reason: never which passages.
create or replace function app_hidden.dead_embeddings(for_workspace uuid default null, with_waiting boolean default false)
returns table (workspace_id uuid, version_name text, code text, error text, chunks bigint, failed_last_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.workspace_id, v.name, f.code, f.error, count(*), max(f.failed_at)
  from app_hidden.embedding_failures f
  join app_public.embedding_versions v on v.id = f.version_id
  where (f.is_dead or with_waiting) and (for_workspace is null or f.workspace_id = for_workspace)
  group by 1, 2, 3, 4
  union all
  -- texts without chunks, as one each
  select f.workspace_id, null, f.code, f.error, count(*), max(f.failed_at)
  from app_hidden.cutting_failures f
  where (f.is_dead or with_waiting and f.code <> 'interrupted') and (for_workspace is null or f.workspace_id = for_workspace)
  group by 1, 2, 3, 4
  order by 5 desc, 1, 2, 3, 4
  limit 1000;
$$;
comment on function app_hidden.dead_embeddings(uuid, boolean) is 'How many chunks were given up, by workspace and reason, and without a version texts that could not be cut; also those that are tried again, if asked.';
grant execute on function app_hidden.dead_embeddings(uuid, boolean) to colloquy_worker;
--! EndIncluded embeddings/failed_embeddings.sql
--! Included embeddings/redrive_embeddings.sql
-- Gives chunks that failed another life: as many attempts as in the beginning, at once. For an operator in any or every
-- workspace, for those who manage a workspace in theirs. Called again while they wait, it does nothing worse than to ask again.
create or replace function app_hidden.redrive_embeddings(for_workspace uuid default null, max_chunks integer default 100000)
returns app_public.redriven_embeddings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  source record;
  result app_public.redriven_embeddings := (0, 0, 0);
begin
  -- of texts that could not be cut: messages behind one that was passed over keep their chunks
  for source in
    with redriven as (
      delete from app_hidden.cutting_failures f
      where f.id in (
        select d.id
        from app_hidden.cutting_failures d
        left join app_public.conversations c on c.workspace_id = d.workspace_id and c.id = d.conversation_id
        where (redrive_embeddings.for_workspace is null or d.workspace_id = redrive_embeddings.for_workspace)
          -- what is being cut is left alone, and what was packed since is read no more
          and (d.code <> 'interrupted' or d.next_attempt_at <= clock_timestamp())
          and (c.id is null or c.storage_tier = 'hot')
        order by d.failed_at
        limit max_chunks
        for update of d skip locked
      )
      returning f.workspace_id, f.document_id, f.conversation_id, f.memory_item_id, f.sequence_number
    ),
    again as (
      update app_public.conversations c
      set indexed_sequence_number = least(c.indexed_sequence_number, r.sequence_number - 1)
      from (
        select x.workspace_id, x.conversation_id, min(x.sequence_number) as sequence_number
        from redriven x where x.conversation_id is not null group by x.workspace_id, x.conversation_id
      ) as r
      where c.workspace_id = r.workspace_id and c.id = r.conversation_id
    )
    select r.workspace_id,
      case when r.document_id is not null then 'document' when r.memory_item_id is not null then 'memory' else 'message' end as source_type,
      coalesce(r.document_id, r.memory_item_id, r.conversation_id) as source_id, count(*) as texts
    from redriven r
    group by 1, 2, 3
    order by 1, 2, 3
  loop
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', source.workspace_id, 'sourceType', source.source_type, 'sourceId', source.source_id),
      source.source_type || ':' || source.source_id, source.workspace_id::text
    );
    result.texts := result.texts + source.texts;
    result.sources := result.sources + 1;
  end loop;
  for source in
    with redriven as (
      delete from app_hidden.embedding_failures f
      where (f.version_id, f.workspace_id, f.chunk_id) in (
        select d.version_id, d.workspace_id, d.chunk_id
        from app_hidden.embedding_failures d
        where redrive_embeddings.for_workspace is null or d.workspace_id = redrive_embeddings.for_workspace
        order by d.failed_at
        limit max_chunks
        for update skip locked
      )
      returning f.workspace_id, f.chunk_id
    )
    select c.workspace_id, c.source_type, coalesce(c.document_id, c.conversation_id, c.memory_item_id, c.raw_event_id) as source_id,
      count(*) as chunks
    from redriven r
    join app_public.chunks c on c.workspace_id = r.workspace_id and c.id = r.chunk_id
    group by 1, 2, 3
    order by 1, 2, 3
  loop
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', source.workspace_id, 'sourceType', source.source_type, 'sourceId', source.source_id),
      source.source_type || ':' || source.source_id, source.workspace_id::text
    );
    result.chunks := result.chunks + source.chunks;
    result.sources := result.sources + 1;
  end loop;
  return result;
end
$$;
comment on function app_hidden.redrive_embeddings(uuid, integer) is 'Puts chunks that failed, and texts that could not be cut, back into the queue, of one workspace or of all. Returns how many, of how many sources.';
grant execute on function app_hidden.redrive_embeddings(uuid, integer) to colloquy_worker;

create or replace function app_public.redrive_embeddings()
returns app_public.redriven_embeddings
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_manager();
  return app_hidden.redrive_embeddings(app_hidden.current_workspace_id());
end
$$;
comment on function app_public.redrive_embeddings() is
  'Has everything of this workspace that could not be embedded, or cut into chunks, tried again at once. Errors: CQ101, CQ109, CQ110, CQ114 not an owner or administrator of the workspace.';
grant execute on function app_public.redrive_embeddings() to colloquy_user, colloquy_admin;
--! EndIncluded embeddings/redrive_embeddings.sql
--! Included embeddings/provider_pauses.sql
-- Pauses of providers, known to all workers and kept over a restart. In seconds and not as times, since the clocks of
-- workers differ. One provider's pause says nothing about another. Only the worker may call these.
create or replace function app_hidden.pause_provider(
  for_provider text, seconds double precision, reason text, kind app_hidden.provider_pause_kind default 'asked'
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into app_hidden.provider_pauses as p (provider, kind, reason, paused_at, paused_until)
  values (
    for_provider, pause_provider.kind, left(pause_provider.reason, 1000), clock_timestamp(),
    clock_timestamp() + make_interval(secs => least(greatest(seconds, 0), 3600))
  )
  on conflict on constraint provider_pauses_pkey do update
  set kind = excluded.kind, reason = excluded.reason, paused_until = excluded.paused_until,
    paused_at = case when p.paused_until > clock_timestamp() then p.paused_at else excluded.paused_at end
  -- a pause that is already longer stays as it is
  where p.paused_until < excluded.paused_until;
$$;
comment on function app_hidden.pause_provider(text, double precision, text, app_hidden.provider_pause_kind) is
  'Has all workers leave a provider alone, an hour at most.';

create or replace function app_hidden.provider_pause(for_provider text)
returns table (seconds double precision, reason text, kind app_hidden.provider_pause_kind)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select extract(epoch from p.paused_until - clock_timestamp())::double precision, p.reason, p.kind
  from app_hidden.provider_pauses p
  where p.provider = for_provider and p.paused_until > clock_timestamp();
$$;
comment on function app_hidden.provider_pause(text) is 'For how many seconds a provider is left alone, and why; no row when it is not.';

create or replace function app_hidden.resume_provider(for_provider text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_hidden.provider_pauses p where p.provider = for_provider;
  return found;
end
$$;
comment on function app_hidden.resume_provider(text) is 'Ends the pause of a provider, for an operator who has corrected what was wrong. False when there was none.';

grant execute on function
  app_hidden.pause_provider(text, double precision, text, app_hidden.provider_pause_kind),
  app_hidden.provider_pause(text),
  app_hidden.resume_provider(text)
to colloquy_worker;
--! EndIncluded embeddings/provider_pauses.sql
--! Included embeddings/take_provider_rate.sql
-- The rate limit of a provider, kept by all workers together: two buckets, for requests and tokens. A bucket holds a sixth of
-- what a minute allows and is filled with the rest within a minute, so that no minute ever sees more requests than allowed.
-- A request of more tokens than the bucket holds waits until it is full, and those after it pay.
create or replace function app_hidden.take_provider_rate(
  for_provider text, requests_per_minute double precision, tokens_per_minute double precision, wanted_tokens double precision
)
returns double precision
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  request_room double precision := greatest(requests_per_minute / 6, 1);
  token_room double precision := greatest(tokens_per_minute / 6, 1);
  -- per second; half of it at least, for limits so low that the bucket holds all of them
  request_flow double precision := greatest(requests_per_minute - request_room, requests_per_minute / 2) / 60;
  token_flow double precision := greatest(tokens_per_minute - token_room, tokens_per_minute / 2) / 60;
  bucket app_hidden.provider_rates;
  passed double precision;
  wait double precision;
begin
  if coalesce(requests_per_minute, 1) <= 0 or coalesce(tokens_per_minute, 1) <= 0 then
    raise exception 'A rate limit is more than nothing.' using errcode = 'CQ200', hint = 'Pass null for no limit.';
  end if;
  insert into app_hidden.provider_rates (provider, requests, tokens, refilled_at)
  values (for_provider, coalesce(request_room, 0), coalesce(token_room, 0), clock_timestamp())
  on conflict on constraint provider_rates_pkey do nothing;
  select r.* into bucket from app_hidden.provider_rates r where r.provider = for_provider for no key update;
  passed := greatest(extract(epoch from clock_timestamp() - bucket.refilled_at)::double precision, 0);
  bucket.requests := coalesce(least(bucket.requests + passed * request_flow, request_room), 0);
  bucket.tokens := coalesce(least(bucket.tokens + passed * token_flow, token_room), 0);
  wait := greatest(
    coalesce((1 - bucket.requests) / request_flow, 0),
    coalesce((least(wanted_tokens, token_room) - bucket.tokens) / token_flow, 0),
    0
  );
  -- what is missing after a rounding is not waited for
  if wait < 0.001 then
    wait := 0;
    bucket.requests := bucket.requests - 1;
    bucket.tokens := bucket.tokens - wanted_tokens;
  end if;
  update app_hidden.provider_rates r
  set requests = bucket.requests, tokens = bucket.tokens, refilled_at = clock_timestamp()
  where r.provider = for_provider;
  return wait;
end
$$;
comment on function app_hidden.take_provider_rate(text, double precision, double precision, double precision) is
  'Takes a request out of what a provider may be asked for: 0 when it may begin, else the seconds to wait before asking again. A limit of null is none. Error: CQ200.';
grant execute on function app_hidden.take_provider_rate(text, double precision, double precision, double precision) to colloquy_worker;
--! EndIncluded embeddings/take_provider_rate.sql
--! Included embeddings/provider_states.sql
-- What an operator sees of the providers of passages: which are left alone, why and until when, and how much is under way.
-- It shows no tenant. Not for users: a reason may name what only operators should know.
create or replace function app_public.provider_states()
returns table (
  provider text, state text, reason text, paused_at timestamptz, paused_until timestamptz, requests_left double precision,
  tokens_left double precision, open_claims bigint, claimed_tokens bigint
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select n.provider,
    case
      when p.paused_until > clock_timestamp() and p.kind = 'outage' then 'circuit open'
      when p.paused_until > clock_timestamp() and p.kind = 'misconfigured' then 'misconfigured'
      when p.paused_until > clock_timestamp() then 'paused'
      when p.kind = 'outage' then 'circuit half open'
      else 'open for requests'
    end,
    p.reason, p.paused_at, p.paused_until, r.requests, r.tokens, coalesce(k.open_claims, 0), coalesce(k.claimed_tokens, 0)
  from (
    select v.provider from app_public.embedding_versions v where v.status in ('building', 'active')
    union
    select q.provider from app_hidden.provider_pauses q
  ) as n
  left join app_hidden.provider_pauses p on p.provider = n.provider
  left join app_hidden.provider_rates r on r.provider = n.provider
  left join lateral (
    select count(*) as open_claims, sum(c.tokens)::bigint as claimed_tokens
    from app_hidden.embedding_claims c
    join app_public.embedding_versions v on v.id = c.version_id and v.provider = n.provider
    where c.abandoned_at is null
  ) as k on true
  order by n.provider;
$$;
comment on function app_public.provider_states() is
  'Per provider of embeddings: whether it is asked, paused or its circuit open, why and until when; what its rate limit had left when it was last asked; and requests under way.';
grant execute on function app_public.provider_states() to colloquy_admin, colloquy_worker, colloquy_monitor;
--! EndIncluded embeddings/provider_states.sql
--! Included embeddings/indexing_lag.sql
-- What an operator sees of the embedding of every workspace and version that is behind, the one that waits longest first.
-- From maintained counts: only workspaces that are behind are looked into. It shows no content. Not for users.
create or replace function app_public.indexing_lag(max_rows integer default 100)
returns table (
  workspace_id uuid, embedding_version_id uuid, version_name text, chunks bigint, embedded_chunks bigint, pending_chunks bigint,
  retrying_chunks bigint, dead_chunks bigint, paused text, oldest_pending_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if max_rows not between 1 and 10000 then
    raise exception 'maxRows is 1 to 10,000, not %.', max_rows using errcode = 'CQ200', hint = 'Ask for fewer rows.';
  end if;
  return query
  select behind.workspace_id, behind.version_id, behind.name, behind.chunks, behind.embedded,
    greatest(behind.chunks - behind.embedded - behind.retrying - behind.dead, 0), behind.retrying, behind.dead,
    (select min(r.code || ' ' || r.reason) from app_hidden.embedding_refusals r where r.version_id = behind.version_id and r.workspace_id = behind.workspace_id),
    oldest.created_at
  from (
    select k.workspace_id, v.id as version_id, v.name, sum(k.chunk_count)::bigint as chunks, coalesce(e.embedding_count, 0) as embedded,
      f.retrying, f.dead
    from app_public.embedding_versions v
    cross join app_hidden.chunk_counts k
    left join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id
    cross join lateral (
      select count(*) filter (where not x.is_dead) as retrying, count(*) filter (where x.is_dead) as dead
      from app_hidden.embedding_failures x
      where x.version_id = v.id and x.workspace_id = k.workspace_id
    ) as f
    where v.status in ('building', 'active')
    group by k.workspace_id, v.id, v.name, e.embedding_count, f.retrying, f.dead
    having sum(k.chunk_count) > coalesce(e.embedding_count, 0)
  ) as behind
  left join lateral (
    select c.created_at
    from app_public.chunks c
    where c.workspace_id = behind.workspace_id
      and not exists (
        select from app_public.embeddings e where e.version_id = behind.version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
      )
      and not exists (
        select from app_hidden.embedding_failures x
        where x.version_id = behind.version_id and x.workspace_id = c.workspace_id and x.chunk_id = c.id and x.is_dead
      )
    order by c.id
    limit 1
  ) as oldest on behind.chunks > behind.embedded + behind.dead
  order by oldest.created_at nulls last, behind.workspace_id
  limit coalesce(max_rows, 100);
end
$$;
comment on function app_public.indexing_lag(integer) is
  'Workspaces whose chunks are not all embedded, per version that is active or building: how many are pending, tried again or given up, whether a budget holds them back, and since when the oldest waits. Error: CQ200 too many asked for.';
grant execute on function app_public.indexing_lag(integer) to colloquy_admin, colloquy_worker, colloquy_monitor;
--! EndIncluded embeddings/indexing_lag.sql
--! Included embeddings/correct_chunk_languages.sql
-- Messages, memories and events have the language of their workspace. What was indexed before that changed, or by a worker
-- that had read the old one, is found by the counts and corrected here; the vectors are not touched. Documents have a
-- language of their own.
create or replace function app_hidden.correct_chunk_languages(max_chunks integer default 500)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms'
as $$
declare
  wrong record;
  counts integer;
  corrected integer;
begin
  perform app_private.require_batch(max_chunks);
  for wrong in
    select k.workspace_id, k.source_type, k.text_search_language as indexed, w.text_search_language as language
    from app_hidden.chunk_counts k
    join app_public.workspaces w on w.id = k.workspace_id
    where k.source_type <> 'document' and k.chunk_count > 0 and k.text_search_language <> w.text_search_language
    -- no workspace always comes first
    order by md5(k.workspace_id::text || now()), k.source_type, k.text_search_language
  loop
    -- Whoever writes chunks has them first and the counts then; here it is the other way about. So nothing is waited for, and
    -- what somebody has is left for later.
    begin
      insert into app_hidden.chunk_counts (workspace_id, source_type, text_search_language, chunk_count)
      select wrong.workspace_id, wrong.source_type, wrong.language, 0
      where not exists (
        select from app_hidden.chunk_counts k
        where k.workspace_id = wrong.workspace_id and k.source_type = wrong.source_type and k.text_search_language = wrong.language
      )
      on conflict on constraint chunk_counts_pkey do nothing;
    exception when lock_not_available or foreign_key_violation then
      -- somebody writes the first chunk in that language at this moment, or ends the workspace
      continue;
    end;
    perform from app_hidden.chunk_counts k
    where k.workspace_id = wrong.workspace_id and k.source_type = wrong.source_type
      and k.text_search_language in (wrong.indexed, wrong.language)
    for no key update skip locked;
    get diagnostics counts = row_count;
    continue when counts < 2;
    -- materialized: as a part of the join it may be asked once a row, and find others each time
    with free as materialized (
      select x.id
      from app_public.chunks x
      where x.workspace_id = wrong.workspace_id and x.source_type = wrong.source_type and x.text_search_language = wrong.indexed
      limit max_chunks
      for no key update skip locked
    )
    update app_public.chunks c
    set text_search_language = wrong.language
    from free
    where c.workspace_id = wrong.workspace_id and c.id = free.id;
    get diagnostics corrected = row_count;
    if corrected > 0 then
      return corrected;
    end if;
  end loop;
  return 0;
end
$$;
comment on function app_hidden.correct_chunk_languages(integer) is
  'Indexes chunks of messages, memories and events anew that are in another language than their workspace, at most so many; returns how many, 0 when none is left or free. For the job. Error: CQ200.';
grant execute on function app_hidden.correct_chunk_languages(integer) to colloquy_worker;
--! EndIncluded embeddings/correct_chunk_languages.sql
--! Included search/search_size_class.sql
-- The sizes of workspaces by which searches are counted and recall is measured: the only place that says where one ends.
-- 5,000 is the default of search_exact_limit, so that tiny and small ones are those that are searched exactly.
create or replace function app_private.search_size_class(chunk_count bigint)
returns app_public.search_size_class
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when chunk_count > 100000 then 'giant'
    when chunk_count > 20000 then 'big'
    when chunk_count > 5000 then 'middle'
    when chunk_count > 500 then 'small'
    else 'tiny'
  end::app_public.search_size_class;
$$;
comment on function app_private.search_size_class(bigint) is 'The size of a workspace with so many passages.';

create or replace function app_private.workspaces_of_size(of_size app_public.search_size_class)
returns table (workspace_id uuid, chunk_count bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select k.workspace_id, sum(k.chunk_count)::bigint
  from app_hidden.chunk_counts k
  group by k.workspace_id
  having sum(k.chunk_count) > 0 and app_private.search_size_class(sum(k.chunk_count)::bigint) = of_size;
$$;
comment on function app_private.workspaces_of_size(app_public.search_size_class) is 'Workspaces of a size that have passages, and how many.';
--! EndIncluded search/search_size_class.sql
--! Included search/search_facts.sql
-- What the API keeps of a search that it answered, to hand it to record_searches with others. Asked for in the statement of
-- the search itself, so that tenant and caller come from the session of the request and from nothing that a client sends. It
-- reads nothing: what it returns is in the answer that it is given.
create or replace function app_hidden.search_facts(response app_public.search_response)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'workspace_id', app_hidden.searched_workspace_id(), 'user_id', app_hidden.current_user_id(), 'version_id', response.embedding_version_id,
    'requested', response.requested, 'returned', response.returned, 'path', response.path, 'scan_limit_hit', response.scan_limit_hit,
    'searched_cold', response.searched_cold, 'chunk_ids', array(select r.chunk_id from unnest(response.results) as r)
  );
$$;
comment on function app_hidden.search_facts(app_public.search_response) is 'Whose search an answer belongs to, how it was found, and the ids of its chunks.';
grant execute on function app_hidden.search_facts(app_public.search_response) to colloquy_user, colloquy_admin;
--! EndIncluded search/search_facts.sql
--! Included search/record_searches.sql
-- Counts what searches answered, and that chunks were read, a batch at a time: search itself is stable and writes nothing.
-- Called by the API server on a connection of its own, as colloquy_authenticator and outside any request. Not granted to the
-- roles of requests: nobody counts for somebody else. A chunk of another tenant than the search's is not counted.
--
-- It must never hold up those who write: it waits for no row of theirs (skip locked), and batches of several servers come one
-- after the other. What is locked by somebody else at that moment, since it is cut anew or moved to another tier, is not
-- counted. A batch that comes twice counts twice.
create or replace function app_hidden.record_searches(searches jsonb)
returns table (sample_share real, keeps_text boolean)
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
set jit = off
-- a few thousand keys: each is looked up, whatever the planner believes how many there are
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  text_allowed boolean := app_hidden.setting('search_sample_keeps_text') = 'on';
  least_samples integer := app_hidden.setting('search_sample_minimum')::integer;
  share real := app_hidden.setting('search_sample_share')::real;
  today date := (now() at time zone 'UTC')::date;
begin
  if jsonb_typeof(searches) is distinct from 'array' or jsonb_array_length(searches) > 1000 then
    raise exception 'A batch is an array of at most 1,000 searches.' using errcode = 'CQ200', hint = 'Send several batches.';
  end if;
  perform pg_advisory_xact_lock(hashtext('colloquy.record_searches'));

  insert into app_hidden.search_samples (workspace_id, user_id, version_id, kinds, filters, embedding, query)
  select
    s.workspace_id, s.user_id, v.id, (select array_agg(distinct k.kind) from unnest(s.kinds) as k (kind)),
    (
      select jsonb_object_agg(f.key, f.value)
      from jsonb_each(to_jsonb(jsonb_populate_record(null::app_public.search_filters, s.filters))) as f
      where f.value <> 'null'
    ),
    s.embedding::halfvec,
    case when text_allowed then left(nullif(trim(s.query), ''), 10000) end
  from jsonb_to_recordset(searches) as s (
    workspace_id uuid, user_id uuid, version_id uuid, kinds app_public.source_type[], filters jsonb, embedding text, query text
  )
  join app_public.embedding_versions v on v.id = s.version_id
  -- who leaves the workspace, or ends it, at this moment is not waited for
  cross join lateral (
    select from app_public.workspace_members m where m.workspace_id = s.workspace_id and m.user_id = s.user_id for key share skip locked
  ) as member
  -- a vector of zeros is as far from everything as from anything: nothing to measure by
  where s.embedding is not null and l2_norm(s.embedding::halfvec) > 0
    -- names and values that somebody wrote: without them it would be another search
    and (text_allowed or not exists (
      select
      from jsonb_each(s.filters) as f
      where f.value <> 'null' and case f.key
        when 'text_search_languages' then not coalesce(
          (select bool_and(pg_input_is_valid(l, 'app_public.text_search_language')) from jsonb_array_elements_text(f.value) as l), true
        )
        else f.key in ('tags', 'content_types', 'code_languages', 'metadata')
      end
    ))
  limit 100;

  insert into app_hidden.search_statistics as x (
    day, version_id, size_class, path, searches, short_returns, lost_returns, scan_limit_hits, cold_searches
  )
  select
    today, v.id, size.class, s.path, count(*), count(*) filter (where s.returned < s.requested),
    -- on the first page and without a threshold, an index that was not given up has returned enough
    count(*) filter (where s.returned < s.requested and s.path = 'index' and s.is_plain),
    count(*) filter (where s.scan_limit_hit), count(*) filter (where s.searched_cold)
  from jsonb_to_recordset(searches) as s (
    workspace_id uuid, version_id uuid, path text, requested integer, returned integer, is_plain boolean, scan_limit_hit boolean,
    searched_cold boolean
  )
  left join app_public.embedding_versions v on v.id = s.version_id
  cross join lateral (
    select app_private.search_size_class(coalesce(sum(k.chunk_count), 0)::bigint) as class
    from app_hidden.chunk_counts k where k.workspace_id = s.workspace_id
  ) as size
  group by v.id, size.class, s.path
  on conflict on constraint search_statistics_day_version_id_size_class_path_key do update
  set searches = x.searches + excluded.searches, short_returns = x.short_returns + excluded.short_returns,
    lost_returns = x.lost_returns + excluded.lost_returns, scan_limit_hits = x.scan_limit_hits + excluded.scan_limit_hits,
    cold_searches = x.cold_searches + excluded.cold_searches;

  with reads as (
    select s.workspace_id, r.id, count(*) as times
    from jsonb_to_recordset(searches) as s (workspace_id uuid, chunk_ids uuid[])
    cross join lateral unnest(s.chunk_ids) as r (id)
    group by s.workspace_id, r.id
    order by s.workspace_id, r.id
  ),
  readable as materialized (
    select r.workspace_id, r.id, r.times
    from reads r
    cross join lateral (
      select from app_public.chunks c where c.workspace_id = r.workspace_id and c.id = r.id for no key update skip locked
    ) as chunk
  )
  update app_public.chunks c
  set access_count = least(c.access_count + r.times, 2147483647)::integer, last_accessed_at = now()
  from readable r
  where c.workspace_id = r.workspace_id and c.id = r.id;

  return query
  select
    case when count(*) < least_samples then 1 else greatest(0, least(share, 1)) end::real,
    text_allowed
  from (
    select from app_hidden.search_samples s where s.id >= app_hidden.uuidv7_floor(today::timestamp at time zone 'UTC') limit least_samples
  ) as taken;
end
$$;
comment on function app_hidden.record_searches(jsonb) is
  'Counts a batch of finished searches and the chunks that they returned, and keeps the vectors that came with some of them. Returns which share of the following shall bring theirs, and whether with words. For the API server. Error: CQ200 no batch.';
grant execute on function app_hidden.record_searches(jsonb) to colloquy_authenticator;
--! EndIncluded search/record_searches.sql
--! Included search/recall_queries.sql
-- What a measurement of recall asks: the vectors of real searches, from each workspace in turn, the latest first; where there
-- are fewer than 20, vectors made of those of stored chunks, as their owners would ask. Never the text of anybody.
--
-- A stored vector as it is would flatter the index, since it is a point of its graph and its neighbours are linked to it: of
-- 4,000 random vectors of 64 dimensions, with an ef_search of 10, such queries found 0.99. So it is turned towards another
-- one, by as much as a question may differ from its answer (cosine 0.9 where the two have nothing in common): then 0.87.
create or replace function app_private.recall_queries(for_version uuid, of_size app_public.search_size_class, most integer)
returns table (source app_public.recall_source, query app_private.recall_query)
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
set jit = off
as $$
begin
  if (
    select count(*) >= 20
    from (
      select from app_private.workspaces_of_size(of_size) w
      -- nothing may fit the filters of the others any more
      join app_hidden.search_samples s on s.workspace_id = w.workspace_id and s.version_id = for_version and s.filters is null
      limit 20
    ) as enough
  ) then
    return query
    select 'sample'::app_public.recall_source, row(
      x.workspace_id, x.user_id, x.kinds, jsonb_populate_record(null::app_public.search_filters, x.filters), x.embedding
    )::app_private.recall_query
    from (
      select s.*, row_number() over (partition by s.workspace_id order by s.id desc) as turn
      from app_private.workspaces_of_size(of_size) w
      join app_hidden.search_samples s on s.workspace_id = w.workspace_id and s.version_id = for_version
    ) as x
    order by x.turn, x.id desc
    limit most;
    return;
  end if;
  return query
  with workspaces as (
    select w.workspace_id, count(*) over () as of
    from (
      select w.workspace_id
      from app_private.workspaces_of_size(of_size) w
      join app_hidden.embedding_counts e on e.version_id = for_version and e.workspace_id = w.workspace_id and e.embedding_count > 0
      -- others on another day
      order by md5(w.workspace_id::text || current_date)
      limit least(10, most)
    ) as w
  )
  select 'stored'::app_public.recall_source, row(w.workspace_id, c.owner_id, null, null, near.embedding)::app_private.recall_query
  from workspaces w
  cross join lateral (
    select e.chunk_id, e.embedding + e.embedding + coalesce(lag(e.embedding) over (order by md5(e.chunk_id::text)), e.embedding) as embedding
    from (
      select x.chunk_id
      from app_public.embeddings x
      where x.version_id = for_version and x.workspace_id = w.workspace_id
      order by md5(x.chunk_id::text || current_date)
      limit ceil(most::numeric / w.of)
    ) as chosen
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = w.workspace_id and e.chunk_id = chosen.chunk_id
  ) as near
  join app_public.chunks c on c.workspace_id = w.workspace_id and c.id = near.chunk_id
  order by md5(near.chunk_id::text || current_date)
  limit most;
end
$$;
comment on function app_private.recall_queries(uuid, app_public.search_size_class, integer) is 'Queries for a measurement of recall in workspaces of a size, at most so many.';

create or replace function app_hidden.recall_to_measure()
returns table (version_id uuid, version_name text, size_class app_public.search_size_class)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.id, v.name, c.size_class
  from app_public.embedding_versions v
  cross join lateral (
    select distinct app_private.search_size_class(k.chunk_count) as size_class
    from (
      select c.workspace_id, sum(c.chunk_count)::bigint as chunk_count from app_hidden.chunk_counts c group by c.workspace_id
    ) as k
    join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id and e.embedding_count > 0
  ) as c
  -- one that is being built as soon as it has what it will be searched by
  where v.status = 'active' or v.status = 'building' and app_private.embedding_index_is_valid(v.id)
  order by v.status = 'active' desc, v.id, c.size_class desc;
$$;
comment on function app_hidden.recall_to_measure() is 'Embedding versions, and the sizes of workspaces in which there is something to measure. For the job.';
grant execute on function app_hidden.recall_to_measure() to colloquy_worker;
--! EndIncluded search/recall_queries.sql
--! Included search/measure_recall.sql
-- Asks some queries by search itself, as whoever asked them, and by the exact leg beside it, and writes down what the index
-- missed. Below the objective it looks for the smallest ef_search that meets it, and puts that in force when the settings let
-- it. Everything in one transaction: a run that is killed leaves nothing. One run at a time; its time is bounded by
-- search_recall_seconds, and what it has asked until then counts. It must never return or keep the id of a tenant.
create or replace function app_private.tune_ef_search(for_version uuid)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
  update app_public.embedding_versions v
  set search_ef_search = wanted.ef_search
  from (
    -- as far as the most demanding size needs
    select case when max(latest.suggested_ef_search) > 0 then least(max(latest.suggested_ef_search), app_hidden.setting('search_ef_search_max')::integer, 1000) end as ef_search
    from (
      select distinct on (m.size_class) m.suggested_ef_search
      from app_hidden.recall_measurements m
      where m.version_id = for_version and m.suggested_ef_search is not null and m.id > app_hidden.uuidv7_floor(now() - interval '30 days')
      order by m.size_class, m.id desc
    ) as latest
  ) as wanted
  where v.id = for_version and wanted.ef_search > 0 and v.search_ef_search is distinct from wanted.ef_search
    and app_hidden.setting('search_ef_search_auto') = 'on';
$$;
comment on function app_private.tune_ef_search(uuid) is 'Puts the ef_search that the latest measurements ask for in force, if search_ef_search_auto says so.';

create or replace function app_private.recall_of_index(
  version app_public.embedding_versions, truths app_private.recall_truth[], with_ef_search integer, deadline timestamptz, k integer,
  out recall real, out scan_limit_hits integer, out milliseconds double precision[]
)
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  truth app_private.recall_truth;
  query app_private.recall_query;
  kinds app_public.source_type[];
  found uuid[];
  started timestamptz;
  spent double precision;
  share double precision;
  -- of those without filters, and of those with
  shares double precision[] := array[0, 0]::double precision[];
  counts integer[] := array[0, 0];
  place integer;
begin
  scan_limit_hits := 0;
  milliseconds := '{}';
  foreach truth in array truths loop
    if clock_timestamp() > deadline then
      recall := null;
      return;
    end if;
    query := truth.query;
    kinds := coalesce(query.kinds, enum_range(null::app_public.source_type));
    started := clock_timestamp();
    found := array(
      select s.chunk_id
      from app_private.search_vector_index(
        version, query.workspace_id, query.user_id, query.embedding, kinds, k, truth.sources, query.filters, truth.conditions,
        with_ef_search, app_private.search_max_scan_tuples(query.filters)
      ) as s
    );
    spent := 1000 * extract(epoch from clock_timestamp() - started);
    if cardinality(found) < k then
      -- as search does it: too few are not trusted
      scan_limit_hits := scan_limit_hits + 1;
      found := truth.nearest;
      spent := spent + truth.milliseconds;
    end if;
    milliseconds := milliseconds || spent;
    share := (select count(*) from unnest(truth.nearest) as n where n = any (found))::float8 / cardinality(truth.nearest);
    place := case when query.filters is null then 1 else 2 end;
    shares[place] := shares[place] + share;
    counts[place] := counts[place] + 1;
  end loop;
  -- what is repeated exactly finds all: many with filters would hide that the others do not
  recall := least(shares[1] / nullif(counts[1], 0), shares[2] / nullif(counts[2], 0));
end
$$;
comment on function app_private.recall_of_index(app_public.embedding_versions, app_private.recall_truth[], integer, timestamptz, integer) is
  'Mean share of the nearest that the index leg finds with an ef_search, of queries with or without filters, whichever is less, how often its scan gave up, and its times. Recall is null when the deadline came first.';

create or replace function app_hidden.measure_recall(for_version uuid, of_size app_public.search_size_class)
returns setof app_hidden.recall_measurements
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
as $$
declare
  most_queries integer := app_hidden.setting('search_recall_queries')::integer;
  seconds double precision := app_hidden.setting('search_recall_seconds')::double precision;
  began timestamptz := clock_timestamp();
  deadline timestamptz := began + make_interval(secs => seconds);
  version app_public.embedding_versions;
  asked record;
  query app_private.recall_query;
  kinds app_public.source_type[];
  conditions text;
  available bigint;
  everything bigint;
  has_memories boolean;
  is_filtered boolean;
  sources uuid[];
  is_narrow boolean;
  nearest uuid[];
  answered app_public.search_response;
  started timestamptz;
  spent double precision;
  exact_times double precision[] := array[]::double precision[];
  tries integer := 0;
  share double precision;
  shares double precision := 0;
  filtered_shares double precision := 0;
  by_index app_private.recall_truth[] := array[]::app_private.recall_truth[];
  indexed_chunks bigint := 0;
  leg record;
  tried integer;
  result app_hidden.recall_measurements;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.measure_recall')) then
    return;
  end if;
  select v.* into version from app_public.embedding_versions v where v.id = for_version and v.status <> 'archived';
  if version.id is null then
    raise exception 'There is no such embedding version, or it is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  result.id := uuidv7();
  result.version_id := version.id;
  result.size_class := of_size;
  result.k := 10;
  result.objective := app_hidden.setting('search_recall_objective')::real;
  result.ef_search := app_private.search_ef_search(version);
  result.queries := 0;
  result.filtered_queries := 0;
  result.short_returns := 0;
  result.scan_limit_hits := 0;

  for asked in select q.source, q.query from app_private.recall_queries(version.id, of_size, most_queries) q loop
    -- a quarter for what is true; the rest is for the index
    exit when tries > 0 and clock_timestamp() > case when result.queries > 0 then began + make_interval(secs => seconds / 4) else deadline end;
    tries := tries + 1;
    query := asked.query;
    kinds := coalesce(query.kinds, enum_range(null::app_public.source_type));
    select t.* into available, everything, has_memories from app_private.chunk_totals(query.workspace_id, kinds) as t;
    is_filtered := not (query.filters is null);
    sources := case when is_filtered then app_private.search_sources(query.workspace_id, query.user_id, query.filters) end;
    is_narrow := 4 * available < everything or sources is not null;
    conditions := app_private.search_conditions(
      query.filters, sources, has_memories, case when (query.filters).include_cold then null else 'warm' end
    );

    started := clock_timestamp();
    nearest := array(
      select s.chunk_id
      from app_private.search_vector_exact(
        version, query.workspace_id, query.user_id, query.embedding, kinds, result.k, sources, query.filters, conditions, is_narrow
      ) as s
    );
    spent := 1000 * extract(epoch from clock_timestamp() - started);
    continue when cardinality(nearest) = 0;

    perform set_config('colloquy.user_id', query.user_id::text, true), set_config('colloquy.workspace_id', query.workspace_id::text, true),
      set_config('colloquy.scopes', '', true);
    answered := app_public.search(
      query => '', query_embedding => query.embedding, kinds => kinds, max_results => result.k, mode => 'vector', filters => query.filters,
      embedding_version_id => version.id
    );

    result.source := asked.source;
    result.queries := result.queries + 1;
    exact_times := exact_times || spent;
    share := (
      select count(*) from unnest(nearest) as n where n in (select r.chunk_id from unnest(answered.results) as r)
    )::float8 / cardinality(nearest);
    shares := shares + share;
    if is_filtered then
      result.filtered_queries := result.filtered_queries + 1;
      filtered_shares := filtered_shares + share;
    end if;
    -- asked once more: a passage may have been removed in between
    if answered.returned < cardinality(nearest) and answered.returned < (
      select count(*)
      from app_private.search_vector_exact(
        version, query.workspace_id, query.user_id, query.embedding, kinds, result.k, sources, query.filters, conditions, is_narrow
      )
    ) then
      result.short_returns := result.short_returns + 1;
    end if;
    -- where fewer fit, the index is not what answers
    if answered.path <> 'exact' and cardinality(nearest) = result.k then
      by_index := by_index || row(query, sources, conditions, nearest, spent)::app_private.recall_truth;
      indexed_chunks := greatest(indexed_chunks, case when is_filtered then 0 else available end);
    end if;
  end loop;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true);
  if result.queries = 0 then
    return;
  end if;
  result.recall := shares / result.queries;
  result.filtered_recall := filtered_shares / nullif(result.filtered_queries, 0);
  select percentile_cont(0.5) within group (order by t), percentile_cont(0.95) within group (order by t)
  into result.exact_p50_ms, result.exact_p95_ms
  from unnest(exact_times) as t;

  result.index_queries := cardinality(by_index);
  if result.index_queries > 0 then
    leg := app_private.recall_of_index(version, by_index, result.ef_search, 'infinity', result.k);
    result.scan_limit_hits := leg.scan_limit_hits;
    select percentile_cont(0.5) within group (order by t), percentile_cont(0.95) within group (order by t)
    into result.index_p50_ms, result.index_p95_ms
    from unnest(leg.milliseconds) as t;
    -- few that fit a filter are compared soon, however many chunks there are: that says nothing about the limit
    if (
      select percentile_cont(0.5) within group (order by t.milliseconds)
        <= percentile_cont(0.5) within group (order by (leg.milliseconds)[t.n::integer])
      from unnest(by_index) with ordinality as t (query, sources, conditions, nearest, milliseconds, n)
      where (t.query).filters is null
    ) then
      result.suggested_exact_limit := indexed_chunks;
    end if;

    -- what is in force: enough, and there may be a smaller one; or not, and there must be a larger one
    result.suggested_ef_search := result.ef_search;
    result.suggested_recall := leg.recall;
    for tried in
      select e.ef_search
      from (
        select app_hidden.setting('search_ef_search')::integer as ef_search
        union
        select unnest(array[20, 40, 60, 100, 150, 200, 300, 400, 600, 800, 1000])
      ) as e
      where e.ef_search between app_hidden.setting('search_ef_search')::integer and 1000
        and case when leg.recall >= result.objective then e.ef_search < result.ef_search else e.ef_search > result.ef_search end
      order by e.ef_search
    loop
      leg := app_private.recall_of_index(version, by_index, tried, deadline, result.k);
      if leg.recall is null then
        -- no time left: what is in force stays, if it is enough; otherwise there is no answer yet
        if result.suggested_recall < result.objective then
          result.suggested_ef_search := null;
          result.suggested_recall := null;
        end if;
        exit;
      end if;
      if leg.recall >= result.objective or result.suggested_recall < result.objective then
        result.suggested_ef_search := tried;
        result.suggested_recall := leg.recall;
      end if;
      exit when leg.recall >= result.objective;
    end loop;
  end if;

  insert into app_hidden.recall_measurements (
    id, version_id, size_class, source, k, queries, index_queries, filtered_queries, recall, filtered_recall, objective, short_returns, scan_limit_hits, exact_p50_ms,
    exact_p95_ms, index_p50_ms, index_p95_ms, ef_search, suggested_ef_search, suggested_recall, suggested_exact_limit
  )
  values (
    result.id, result.version_id, result.size_class, result.source, result.k, result.queries, result.index_queries, result.filtered_queries,
    result.recall, result.filtered_recall, result.objective, result.short_returns, result.scan_limit_hits, result.exact_p50_ms, result.exact_p95_ms, result.index_p50_ms,
    result.index_p95_ms, result.ef_search, result.suggested_ef_search, result.suggested_recall, result.suggested_exact_limit
  )
  returning * into result;
  perform app_private.tune_ef_search(version.id);
  return next result;
end
$$;
comment on function app_hidden.measure_recall(uuid, app_public.search_size_class) is
  'Measures the recall of a version in workspaces of a size, writes it down, and puts a larger or smaller ef_search in force if the settings say so. No row: another run is at work, or there is nothing to ask. Error: CQ204 no such version.';
grant execute on function app_hidden.measure_recall(uuid, app_public.search_size_class) to colloquy_worker;
--! EndIncluded search/measure_recall.sql
--! Included search/search_quality.sql
-- What an administrator asks about searches: the latest measurements of recall, and what was counted. It names no tenant.
create or replace function app_private.latest_recall()
returns setof app_public.recall_figure
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    v.id, v.name, m.size_class, m.source, uuid_extract_timestamp(m.id), m.recall, m.recall >= app_hidden.setting('search_recall_objective')::real,
    m.queries, m.index_queries, m.filtered_queries, m.filtered_recall, m.short_returns, m.scan_limit_hits, m.exact_p50_ms, m.exact_p95_ms, m.index_p50_ms, m.index_p95_ms,
    m.ef_search, app_private.search_ef_search(v), m.suggested_ef_search, m.suggested_recall, m.suggested_exact_limit
  from app_public.embedding_versions v
  cross join lateral (
    select distinct on (r.size_class) r.* from app_hidden.recall_measurements r where r.version_id = v.id order by r.size_class, r.id desc
  ) as m
  where v.status in ('active', 'building')
  order by v.status = 'active' desc, v.id, m.size_class desc;
$$;
comment on function app_private.latest_recall() is 'The latest measurement per version, active or building, and size of workspaces.';

create or replace function app_public.search_quality(days integer default 7)
returns app_public.search_quality
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.search_quality;
begin
  perform app_private.require_administrator();
  days := coalesce(days, 7);
  if days not between 1 and 400 then
    raise exception 'days is 1 to 400, not %.', days using errcode = 'CQ200', hint = 'Ask for fewer.';
  end if;
  result.objective := app_hidden.setting('search_recall_objective')::real;
  result.recall := array(select f from app_private.latest_recall() as f);
  result.searches := array(
    select row(
      s.version_id, s.size_class, s.path, sum(s.searches), sum(s.short_returns), sum(s.lost_returns), sum(s.scan_limit_hits), sum(s.cold_searches)
    )::app_public.search_count
    from app_hidden.search_statistics s
    where s.day > (now() at time zone 'UTC')::date - days
    group by s.version_id, s.size_class, s.path
    order by s.version_id, s.size_class desc, s.path
  );
  return result;
end
$$;
comment on function app_public.search_quality(integer) is
  'The latest measurements of recall per embedding version and size of workspaces, and the searches of the last days, counted. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument.';
grant execute on function app_public.search_quality(integer) to colloquy_admin;
--! EndIncluded search/search_quality.sql
--! Included lifecycle/delete_search_history.sql
-- What is kept of searches, once it is old: samples after search_sample_days, counts and measurements after
-- search_history_days. Never the latest measurement of a version and size, which says how it is.
create or replace function app_hidden.delete_search_history(max_rows integer default 1000)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  gone integer;
  removed integer := 0;
  samples_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('search_sample_days')::integer);
  history_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('search_history_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  delete from app_hidden.search_samples s
  where s.id in (
    select e.id from app_hidden.search_samples e where e.id < app_hidden.uuidv7_floor(samples_since) order by e.id limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  removed := removed + gone;
  delete from app_hidden.search_statistics s
  where s.id in (
    select e.id from app_hidden.search_statistics e
    where e.day < (history_since at time zone 'UTC')::date limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  removed := removed + gone;
  delete from app_hidden.recall_measurements m
  where m.id in (
    select e.id
    from app_hidden.recall_measurements e
    where e.id < app_hidden.uuidv7_floor(history_since)
      and exists (
        select from app_hidden.recall_measurements n where n.version_id = e.version_id and n.size_class = e.size_class and n.id > e.id
      )
    limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return removed + gone;
end
$$;
comment on function app_hidden.delete_search_history(integer) is
  'Removes samples, counts and measurements of searches that are old (search_sample_days, search_history_days), at most so many of each. Returns how many. For the job.';
grant execute on function app_hidden.delete_search_history(integer) to colloquy_worker;
--! EndIncluded lifecycle/delete_search_history.sql
--! Included policies/settings.sql
-- Nobody but the sealed functions of the owner, and whoever administers the database. Deliberately no grant.
drop policy if exists all_owner on app_private.settings;
create policy all_owner on app_private.settings to colloquy_owner using (true) with check (true);
--! EndIncluded policies/settings.sql
--! Included policies/users.sql
-- A user sees and edits its own row; nobody but the sealed functions adds or removes one.
-- An API key changes no account. Not granted: insert and delete, and update of role, quotas, totals, e-mail and is_active.
drop policy if exists all_owner on app_public.users;
create policy all_owner on app_public.users to colloquy_owner using (true) with check (true);

drop policy if exists select_self on app_public.users;
create policy select_self on app_public.users for select to colloquy_user, colloquy_admin
using (id = (select app_hidden.current_user_id()));

drop policy if exists update_self on app_public.users;
create policy update_self on app_public.users for update to colloquy_user, colloquy_admin
using (id = (select app_hidden.current_user_id()) and not (select app_hidden.is_api_key()));

grant select on app_public.users to colloquy_visitor, colloquy_user, colloquy_admin;
grant update (username, first_name, last_name, display_name, avatar_url, preferred_model_provider, preferred_model_name)
on app_public.users to colloquy_user, colloquy_admin;
--! EndIncluded policies/users.sql
--! Included policies/user_secrets.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.user_secrets;
create policy all_owner on app_private.user_secrets to colloquy_owner using (true) with check (true);
--! EndIncluded policies/user_secrets.sql
--! Included policies/user_sessions.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.user_sessions;
create policy all_owner on app_private.user_sessions to colloquy_owner using (true) with check (true);
--! EndIncluded policies/user_sessions.sql
--! Included policies/workspaces.sql
-- A user sees the workspaces it belongs to. Making, renaming and leaving go through functions. Not granted: any write.
drop policy if exists all_owner on app_public.workspaces;
create policy all_owner on app_public.workspaces to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.workspaces;
create policy select_member on app_public.workspaces for select to colloquy_user, colloquy_admin
using (id = any ((select app_hidden.current_user_workspace_ids())::uuid[]));

grant select on app_public.workspaces to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/workspaces.sql
--! Included policies/workspace_members.sql
-- A member sees who else belongs to its workspaces. Not granted: any write.
drop policy if exists all_owner on app_public.workspace_members;
create policy all_owner on app_public.workspace_members to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.workspace_members;
create policy select_member on app_public.workspace_members for select to colloquy_user, colloquy_admin
using (workspace_id = any ((select app_hidden.current_user_workspace_ids())::uuid[]));

grant select on app_public.workspace_members to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/workspace_members.sql
--! Included policies/conversations.sql
-- The owner reads and changes its conversations; the workspace reads those that are shared with it.
-- Not granted: the counters, the bookkeeping of indexing and archival, workspace_id, and owner_id after the insert.
drop policy if exists all_owner on app_public.conversations;
create policy all_owner on app_public.conversations to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.conversations;
create policy select_member on app_public.conversations for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists insert_member on app_public.conversations;
create policy insert_member on app_public.conversations for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists update_own on app_public.conversations;
create policy update_own on app_public.conversations for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists delete_own on app_public.conversations;
create policy delete_own on app_public.conversations for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists select_worker on app_public.conversations;
create policy select_worker on app_public.conversations for select to colloquy_worker using (true);

grant select on app_public.conversations to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
grant delete on app_public.conversations to colloquy_user, colloquy_admin;
grant insert (workspace_id, owner_id, title, visibility, channel, model_provider, model_name, temperature, max_tokens, system_prompt, rag_configuration_id,
  metadata)
on app_public.conversations to colloquy_user, colloquy_admin;
grant update (title, visibility, model_provider, model_name, temperature, max_tokens, system_prompt, enable_document_chat,
  enable_image_generation, enable_web_search, is_archived, pinned_at, rag_configuration_id, metadata)
on app_public.conversations to colloquy_user, colloquy_admin;
--! EndIncluded policies/conversations.sql
--! Included policies/messages.sql
-- Read by whoever may read the conversation. Written by sealed functions only: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.messages;
create policy all_owner on app_public.messages to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.messages;
create policy select_member on app_public.messages for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (
    owner_id = (select app_hidden.current_user_id())
    -- a scalar subquery, looked up by key for each row; with exists() the planner hashed every conversation of the workspace
    or (select c.visibility from app_public.conversations c where c.id = messages.conversation_id) = 'workspace'
  )
);

drop policy if exists select_worker on app_public.messages;
create policy select_worker on app_public.messages for select to colloquy_worker using (true);

grant select on app_public.messages to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
--! EndIncluded policies/messages.sql
--! Included policies/message_idempotency_keys.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.message_idempotency_keys;
create policy all_owner on app_hidden.message_idempotency_keys to colloquy_owner using (true) with check (true);
--! EndIncluded policies/message_idempotency_keys.sql
--! Included policies/documents.sql
-- The owner reads and changes its documents; the workspace reads those that are shared with it.
-- Not granted: hashes, workspace_id, and owner_id after the insert.
drop policy if exists all_owner on app_public.documents;
create policy all_owner on app_public.documents to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.documents;
create policy select_member on app_public.documents for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists insert_member on app_public.documents;
create policy insert_member on app_public.documents for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists update_own on app_public.documents;
create policy update_own on app_public.documents for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists delete_own on app_public.documents;
create policy delete_own on app_public.documents for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists select_worker on app_public.documents;
create policy select_worker on app_public.documents for select to colloquy_worker using (true);

grant select on app_public.documents to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
grant delete on app_public.documents to colloquy_user, colloquy_admin;
grant insert (workspace_id, owner_id, title, content, content_type, code_language, text_search_language, source_url, visibility, metadata)
on app_public.documents to colloquy_user, colloquy_admin;
grant update (title, content, content_type, code_language, text_search_language, source_url, visibility, is_archived, metadata)
on app_public.documents to colloquy_user, colloquy_admin;
--! EndIncluded policies/documents.sql
--! Included policies/embedding_versions.sql
-- Every signed-in user may know which models there are; an administrator makes and switches them through functions.
drop policy if exists all_owner on app_public.embedding_versions;
create policy all_owner on app_public.embedding_versions to colloquy_owner using (true) with check (true);

drop policy if exists select_user on app_public.embedding_versions;
create policy select_user on app_public.embedding_versions for select to colloquy_user, colloquy_admin
using ((select app_hidden.current_user_id()) is not null);

drop policy if exists select_worker on app_public.embedding_versions;
create policy select_worker on app_public.embedding_versions for select to colloquy_worker using (true);

-- The API server embeds queries with the active version, outside any request.
drop policy if exists select_authenticator on app_public.embedding_versions;
create policy select_authenticator on app_public.embedding_versions for select to colloquy_authenticator using (status = 'active');

grant select on app_public.embedding_versions to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
grant usage on schema app_public to colloquy_authenticator;
--! EndIncluded policies/embedding_versions.sql
--! Included policies/chunks.sql
-- Read by whoever may read the source. Written by the pipeline's sealed functions only: not granted is any write.
drop policy if exists all_owner on app_public.chunks;
create policy all_owner on app_public.chunks to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.chunks;
create policy select_member on app_public.chunks for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

grant select on app_public.chunks to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/chunks.sql
--! Included policies/embeddings.sql
-- Read by whoever may read the chunk. Written by the pipeline's sealed functions only: not granted is any write.
drop policy if exists all_owner on app_public.embeddings;
create policy all_owner on app_public.embeddings to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.embeddings;
create policy select_member on app_public.embeddings for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and exists (select from app_public.chunks c where c.workspace_id = embeddings.workspace_id and c.id = embeddings.chunk_id)
);

grant select on app_public.embeddings to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/embeddings.sql
--! Included policies/chunk_counts.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.chunk_counts;
create policy all_owner on app_hidden.chunk_counts to colloquy_owner using (true) with check (true);
--! EndIncluded policies/chunk_counts.sql
--! Included policies/embedding_counts.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.embedding_counts;
create policy all_owner on app_hidden.embedding_counts to colloquy_owner using (true) with check (true);
--! EndIncluded policies/embedding_counts.sql
--! Included policies/workspace_invitations.sql
-- Owners and admins see who was asked to join their workspace. Writing goes through functions. Not granted: any write.
drop policy if exists all_owner on app_public.workspace_invitations;
create policy all_owner on app_public.workspace_invitations to colloquy_owner using (true) with check (true);

drop policy if exists select_manager on app_public.workspace_invitations;
create policy select_manager on app_public.workspace_invitations for select to colloquy_user, colloquy_admin
using (workspace_id = (select app_hidden.current_workspace_id()) and (select app_hidden.can_manage()));

grant select on app_public.workspace_invitations to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/workspace_invitations.sql
--! Included policies/workspace_invitation_secrets.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.workspace_invitation_secrets;
create policy all_owner on app_private.workspace_invitation_secrets to colloquy_owner using (true) with check (true);
--! EndIncluded policies/workspace_invitation_secrets.sql
--! Included policies/api_keys.sql
-- A member sees its own keys in the workspace of the request; owners and admins see all of them. Not granted: any write.
drop policy if exists all_owner on app_public.api_keys;
create policy all_owner on app_public.api_keys to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.api_keys;
create policy select_member on app_public.api_keys for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or (select app_hidden.can_manage()))
);

grant select on app_public.api_keys to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/api_keys.sql
--! Included policies/api_key_secrets.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.api_key_secrets;
create policy all_owner on app_private.api_key_secrets to colloquy_owner using (true) with check (true);
--! EndIncluded policies/api_key_secrets.sql
--! Included policies/audit_logs.sql
-- Owners and admins read what happened in their workspace; everyone reads the events of its own account, in a session and
-- not with an API key. Not granted: any write, to anybody. The owner of the table is refused by a trigger.
drop policy if exists all_owner on app_public.audit_logs;
create policy all_owner on app_public.audit_logs to colloquy_owner using (true) with check (true);

drop policy if exists select_manager on app_public.audit_logs;
create policy select_manager on app_public.audit_logs for select to colloquy_user, colloquy_admin
using (workspace_id = (select app_hidden.current_workspace_id()) and (select app_hidden.can_manage()));

drop policy if exists select_self on app_public.audit_logs;
create policy select_self on app_public.audit_logs for select to colloquy_user, colloquy_admin
using (
  workspace_id is null and user_id = (select app_hidden.current_user_id()) and not (select app_hidden.is_api_key())
);

grant select on app_public.audit_logs to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/audit_logs.sql
--! Included policies/mail_outbox.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.mail_outbox;
create policy all_owner on app_private.mail_outbox to colloquy_owner using (true) with check (true);
--! EndIncluded policies/mail_outbox.sql
--! Included policies/file_type_configs.sql
-- Every signed-in user may know what can be stored; whoever administers the database decides. Not granted: any write.
drop policy if exists all_owner on app_public.file_type_configs;
create policy all_owner on app_public.file_type_configs to colloquy_owner using (true) with check (true);

drop policy if exists select_user on app_public.file_type_configs;
create policy select_user on app_public.file_type_configs for select to colloquy_user, colloquy_admin
using (
  (select app_hidden.current_user_id()) is not null
);

grant select on app_public.file_type_configs to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/file_type_configs.sql
--! Included policies/files.sql
-- Read by the owner and, when shared, by the workspace. Written by register_file, import_conversation and the worker's sealed function only: not granted is any write.
drop policy if exists all_owner on app_public.files;
create policy all_owner on app_public.files to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.files;
create policy select_member on app_public.files for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists select_worker on app_public.files;
create policy select_worker on app_public.files for select to colloquy_worker using (true);

grant select on app_public.files to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
--! EndIncluded policies/files.sql
--! Included policies/repositories.sql
-- The owner reads and changes its repositories; the workspace reads those that are shared with it.
-- Not granted: workspace_id, and owner_id and source_type after the insert.
drop policy if exists all_owner on app_public.repositories;
create policy all_owner on app_public.repositories to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.repositories;
create policy select_member on app_public.repositories for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists insert_member on app_public.repositories;
create policy insert_member on app_public.repositories for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists update_own on app_public.repositories;
create policy update_own on app_public.repositories for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists delete_own on app_public.repositories;
create policy delete_own on app_public.repositories for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

grant select on app_public.repositories to colloquy_visitor, colloquy_user, colloquy_admin;
grant delete on app_public.repositories to colloquy_user, colloquy_admin;
grant insert (workspace_id, owner_id, name, source_type, description, repo_url, visibility, metadata)
on app_public.repositories to colloquy_user, colloquy_admin;
grant update (name, description, repo_url, visibility, is_archived, metadata) on app_public.repositories to colloquy_user, colloquy_admin;
--! EndIncluded policies/repositories.sql
--! Included policies/repository_documents.sql
-- Read by whoever may read both the repository and the document: the policies of their own tables decide. Put in by a sealed
-- function, and never shown with a private document to others. Not granted: any write.
drop policy if exists all_owner on app_public.repository_documents;
create policy all_owner on app_public.repository_documents to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.repository_documents;
create policy select_member on app_public.repository_documents for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and exists (select from app_public.repositories r where r.id = repository_documents.repository_id)
  and exists (select from app_public.documents d where d.id = repository_documents.document_id)
);

grant select on app_public.repository_documents to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/repository_documents.sql
--! Included policies/memory_items.sql
-- Read by the owner and, when shared, by the workspace. Written by sealed functions only: not granted is any write.
drop policy if exists all_owner on app_public.memory_items;
create policy all_owner on app_public.memory_items to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.memory_items;
create policy select_member on app_public.memory_items for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);

drop policy if exists select_worker on app_public.memory_items;
create policy select_worker on app_public.memory_items for select to colloquy_worker using (true);

grant select on app_public.memory_items to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker;
--! EndIncluded policies/memory_items.sql
--! Included policies/memory_item_changes.sql
-- The history of a memory is its owner's alone. Written by sealed functions only: not granted is any write.
drop policy if exists all_owner on app_public.memory_item_changes;
create policy all_owner on app_public.memory_item_changes to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.memory_item_changes;
create policy select_own on app_public.memory_item_changes for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
);

grant select on app_public.memory_item_changes to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/memory_item_changes.sql
--! Included policies/raw_events.sql
-- Events belong to the workspace: every member reads them. Written by sealed functions only: not granted is any write.
drop policy if exists all_owner on app_public.raw_events;
create policy all_owner on app_public.raw_events to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.raw_events;
create policy select_member on app_public.raw_events for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

grant select on app_public.raw_events to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/raw_events.sql
--! Included policies/raw_event_keys.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.raw_event_keys;
create policy all_owner on app_hidden.raw_event_keys to colloquy_owner using (true) with check (true);
--! EndIncluded policies/raw_event_keys.sql
--! Included policies/tags.sql
-- Every member sees the names of the workspace's tags. Written by sealed functions only: not granted is any write.
drop policy if exists all_owner on app_public.tags;
create policy all_owner on app_public.tags to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.tags;
create policy select_member on app_public.tags for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

grant select on app_public.tags to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/tags.sql
--! Included policies/entity_tags.sql
-- Read by whoever may read the thing: the policies of its own table decide. Written by sealed functions only: not granted is any write.
drop policy if exists all_owner on app_public.entity_tags;
create policy all_owner on app_public.entity_tags to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.entity_tags;
create policy select_member on app_public.entity_tags for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and case entity_type
    when 'document' then exists (select from app_public.documents e where e.id = entity_tags.entity_id)
    when 'repository' then exists (select from app_public.repositories e where e.id = entity_tags.entity_id)
    when 'conversation' then exists (select from app_public.conversations e where e.id = entity_tags.entity_id)
    when 'memory_item' then exists (select from app_public.memory_items e where e.id = entity_tags.entity_id)
  end
);

grant select on app_public.entity_tags to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/entity_tags.sql
--! Included policies/retention_policies.sql
-- A member sees the policies of its workspace and those of the whole system. Written by set_retention_policy, and by whoever administers the database: not granted is any write.
drop policy if exists all_owner on app_public.retention_policies;
create policy all_owner on app_public.retention_policies to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.retention_policies;
create policy select_member on app_public.retention_policies for select to colloquy_user, colloquy_admin
using (
  (select app_hidden.current_user_id()) is not null
  and (workspace_id is null or workspace_id = (select app_hidden.current_workspace_id()))
);

grant select on app_public.retention_policies to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/retention_policies.sql
--! Included policies/legal_holds.sql
-- Owners and administrators of a workspace see its holds; members need not know of them. Written by sealed functions only: not granted is any write.
drop policy if exists all_owner on app_public.legal_holds;
create policy all_owner on app_public.legal_holds to colloquy_owner using (true) with check (true);

drop policy if exists select_manager on app_public.legal_holds;
create policy select_manager on app_public.legal_holds for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
  and (select app_hidden.can_manage())
);

grant select on app_public.legal_holds to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/legal_holds.sql
--! Included policies/rag_configurations.sql
-- Read by every member of the workspace, changed by those who manage it. The default one cannot be deleted.
-- Not granted: is_default, which setDefaultRagConfiguration moves, workspace_id, and created_by after the insert.
drop policy if exists all_owner on app_public.rag_configurations;
create policy all_owner on app_public.rag_configurations to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.rag_configurations;
create policy select_member on app_public.rag_configurations for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

drop policy if exists insert_manager on app_public.rag_configurations;
create policy insert_manager on app_public.rag_configurations for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and created_by = (select app_hidden.current_user_id())
  and (select app_hidden.can_manage())
);

drop policy if exists update_manager on app_public.rag_configurations;
create policy update_manager on app_public.rag_configurations for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
);

drop policy if exists delete_manager on app_public.rag_configurations;
create policy delete_manager on app_public.rag_configurations for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
  and not is_default
);

grant select on app_public.rag_configurations to colloquy_visitor, colloquy_user, colloquy_admin;
grant delete on app_public.rag_configurations to colloquy_user, colloquy_admin;
grant insert (workspace_id, created_by, name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
  similarity_threshold, retrieval_type)
on app_public.rag_configurations to colloquy_user, colloquy_admin;
grant update (name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
  similarity_threshold, retrieval_type, is_active)
on app_public.rag_configurations to colloquy_user, colloquy_admin;
--! EndIncluded policies/rag_configurations.sql
--! Included policies/rag_configuration_versions.sql
-- Read by every member of the workspace. Written by trigger: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.rag_configuration_versions;
create policy all_owner on app_public.rag_configuration_versions to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.rag_configuration_versions;
create policy select_member on app_public.rag_configuration_versions for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

grant select on app_public.rag_configuration_versions to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/rag_configuration_versions.sql
--! Included policies/system_prompt_templates.sql
-- The owner reads and changes its templates; the workspace reads those that are public; everybody who is signed in reads
-- those of the installation. Not granted: workspace_id, and owner_id after the insert.
drop policy if exists all_owner on app_public.system_prompt_templates;
create policy all_owner on app_public.system_prompt_templates to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.system_prompt_templates;
create policy select_member on app_public.system_prompt_templates for select to colloquy_user, colloquy_admin
using (
  (select app_hidden.current_user_id()) is not null
  and (
    workspace_id is null
    or workspace_id = (select app_hidden.current_workspace_id()) and (owner_id = (select app_hidden.current_user_id()) or is_public)
  )
);

drop policy if exists insert_member on app_public.system_prompt_templates;
create policy insert_member on app_public.system_prompt_templates for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists update_own on app_public.system_prompt_templates;
create policy update_own on app_public.system_prompt_templates for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

drop policy if exists delete_own on app_public.system_prompt_templates;
create policy delete_own on app_public.system_prompt_templates for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and owner_id = (select app_hidden.current_user_id())
  and (select app_hidden.can_write())
);

grant select on app_public.system_prompt_templates to colloquy_visitor, colloquy_user, colloquy_admin;
grant delete on app_public.system_prompt_templates to colloquy_user, colloquy_admin;
grant insert (workspace_id, owner_id, name, category, template, variables, is_public) on app_public.system_prompt_templates to colloquy_user, colloquy_admin;
grant update (name, category, template, variables, is_public) on app_public.system_prompt_templates to colloquy_user, colloquy_admin;
--! EndIncluded policies/system_prompt_templates.sql
--! Included policies/conversation_reads.sql
-- Each reader sees its own. Written by mark_read: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.conversation_reads;
create policy all_owner on app_public.conversation_reads to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.conversation_reads;
create policy select_own on app_public.conversation_reads for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and user_id = (select app_hidden.current_user_id())
);

grant select on app_public.conversation_reads to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/conversation_reads.sql
--! Included policies/tool_calls.sql
-- Read by whoever may read the conversation. Written by sealed functions only: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.tool_calls;
create policy all_owner on app_public.tool_calls to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.tool_calls;
create policy select_member on app_public.tool_calls for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  -- a scalar subquery, looked up by key for each row, under the policy of conversations
  and (select c.id from app_public.conversations c where c.id = tool_calls.conversation_id) is not null
);

grant select on app_public.tool_calls to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/tool_calls.sql
--! Included policies/conversation_shares.sql
-- Who made a link sees it. Written by sealed functions only: not granted is any write, nor the hash of the token.
drop policy if exists all_owner on app_public.conversation_shares;
create policy all_owner on app_public.conversation_shares to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.conversation_shares;
create policy select_own on app_public.conversation_shares for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and created_by = (select app_hidden.current_user_id())
);

grant select (id, workspace_id, conversation_id, created_by, until_message_id, expires_at, revoked_at, created_at) on app_public.conversation_shares to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/conversation_shares.sql
--! Included policies/message_feedback.sql
-- Who gave it sees it. Written by sealed functions only: not granted is any write, nor address and client.
drop policy if exists all_owner on app_public.message_feedback;
create policy all_owner on app_public.message_feedback to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.message_feedback;
create policy select_own on app_public.message_feedback for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and user_id = (select app_hidden.current_user_id())
);

grant select (id, workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment, updated_at, created_at) on app_public.message_feedback to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/message_feedback.sql
--! Included policies/message_chunks.sql
-- Read by whoever may read the conversation. Written by sealed functions only: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.message_chunks;
create policy all_owner on app_public.message_chunks to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.message_chunks;
create policy select_member on app_public.message_chunks for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  -- a scalar subquery, looked up by key for each row, under the policy of conversations
  and (select c.id from app_public.conversations c where c.id = message_chunks.conversation_id) is not null
);

grant select on app_public.message_chunks to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/message_chunks.sql
--! Included policies/generated_images.sql
-- Read by whoever may read the conversation. Written by sealed functions only: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.generated_images;
create policy all_owner on app_public.generated_images to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.generated_images;
create policy select_member on app_public.generated_images for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  -- a scalar subquery, looked up by key for each row, under the policy of conversations
  and (select c.id from app_public.conversations c where c.id = generated_images.conversation_id) is not null
);

grant select on app_public.generated_images to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/generated_images.sql
--! Included policies/usage_logs.sql
-- A user sees what it used itself. Written by sealed functions only: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.usage_logs;
create policy all_owner on app_public.usage_logs to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.usage_logs;
create policy select_own on app_public.usage_logs for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and user_id = (select app_hidden.current_user_id())
);

grant select on app_public.usage_logs to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/usage_logs.sql
--! Included policies/usage_budgets.sql
-- Read by every member of the workspace. Those who manage it write: set_usage_budget inserts and changes.
drop policy if exists all_owner on app_public.usage_budgets;
create policy all_owner on app_public.usage_budgets to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.usage_budgets;
create policy select_member on app_public.usage_budgets for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

drop policy if exists insert_manager on app_public.usage_budgets;
create policy insert_manager on app_public.usage_budgets for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
);

drop policy if exists update_manager on app_public.usage_budgets;
create policy update_manager on app_public.usage_budgets for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
);

drop policy if exists delete_manager on app_public.usage_budgets;
create policy delete_manager on app_public.usage_budgets for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
);

grant select on app_public.usage_budgets to colloquy_visitor, colloquy_user, colloquy_admin;
grant delete on app_public.usage_budgets to colloquy_user, colloquy_admin;
grant insert (workspace_id, scope, user_id, period, token_limit, cost_limit_usd) on app_public.usage_budgets to colloquy_user, colloquy_admin;
grant update (token_limit, cost_limit_usd) on app_public.usage_budgets to colloquy_user, colloquy_admin;
--! EndIncluded policies/usage_budgets.sql
--! Included policies/usage_reservations.sql
-- A user sees its own. Written by sealed functions only: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.usage_reservations;
create policy all_owner on app_public.usage_reservations to colloquy_owner using (true) with check (true);

drop policy if exists select_own on app_public.usage_reservations;
create policy select_own on app_public.usage_reservations for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and user_id = (select app_hidden.current_user_id())
);

grant select on app_public.usage_reservations to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/usage_reservations.sql
--! Included policies/usage_holds.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.usage_holds;
create policy all_owner on app_hidden.usage_holds to colloquy_owner using (true) with check (true);
--! EndIncluded policies/usage_holds.sql
--! Included policies/budget_spending.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.budget_spending;
create policy all_owner on app_hidden.budget_spending to colloquy_owner using (true) with check (true);
--! EndIncluded policies/budget_spending.sql
--! Included policies/user_usage_months.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.user_usage_months;
create policy all_owner on app_private.user_usage_months to colloquy_owner using (true) with check (true);
--! EndIncluded policies/user_usage_months.sql
--! Included policies/user_identities.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_private.user_identities;
create policy all_owner on app_private.user_identities to colloquy_owner using (true) with check (true);
--! EndIncluded policies/user_identities.sql
--! Included policies/conversation_archives.sql
-- Nobody but the sealed functions of the owner: a document is never read directly. Deliberately no grant.
drop policy if exists all_owner on app_hidden.conversation_archives;
create policy all_owner on app_hidden.conversation_archives to colloquy_owner using (true) with check (true);
--! EndIncluded policies/conversation_archives.sql
--! Included policies/conversation_archive_parts.sql
-- Nobody but the sealed functions of the owner: a document is never read directly. Deliberately no grant.
drop policy if exists all_owner on app_hidden.conversation_archive_parts;
create policy all_owner on app_hidden.conversation_archive_parts to colloquy_owner using (true) with check (true);
--! EndIncluded policies/conversation_archive_parts.sql
--! Included policies/conversation_analytics.sql
-- Read by whoever may read the conversation. Written by job: not granted is any insert, update, delete.
drop policy if exists all_owner on app_public.conversation_analytics;
create policy all_owner on app_public.conversation_analytics to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.conversation_analytics;
create policy select_member on app_public.conversation_analytics for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  -- a scalar subquery, looked up by key for each row; the policy of conversations decides
  and (select true from app_public.conversations c where c.id = conversation_analytics.conversation_id)
);

grant select on app_public.conversation_analytics to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/conversation_analytics.sql
--! Included policies/user_activity.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.user_activity;
create policy all_owner on app_hidden.user_activity to colloquy_owner using (true) with check (true);
--! EndIncluded policies/user_activity.sql
--! Included policies/analytics_changes.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.analytics_changes;
create policy all_owner on app_hidden.analytics_changes to colloquy_owner using (true) with check (true);
--! EndIncluded policies/analytics_changes.sql
--! Included policies/rag_configuration_performance.sql
-- Read by every member of the workspace, as the configurations are: sums, of private conversations too. Written by job: not
-- granted is any insert, update, delete.
drop policy if exists all_owner on app_public.rag_configuration_performance;
create policy all_owner on app_public.rag_configuration_performance to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.rag_configuration_performance;
create policy select_member on app_public.rag_configuration_performance for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

grant select on app_public.rag_configuration_performance to colloquy_visitor, colloquy_user, colloquy_admin;
--! EndIncluded policies/rag_configuration_performance.sql
--! Included policies/embedding_rates.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.embedding_rates;
create policy all_owner on app_hidden.embedding_rates to colloquy_owner using (true) with check (true);
--! EndIncluded policies/embedding_rates.sql
--! Included policies/discarded_contents.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.discarded_contents;
create policy all_owner on app_hidden.discarded_contents to colloquy_owner using (true) with check (true);
--! EndIncluded policies/discarded_contents.sql
--! Included policies/embedding_failures.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.embedding_failures;
create policy all_owner on app_hidden.embedding_failures to colloquy_owner using (true) with check (true);
--! EndIncluded policies/embedding_failures.sql
--! Included policies/embedding_claims.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.embedding_claims;
create policy all_owner on app_hidden.embedding_claims to colloquy_owner using (true) with check (true);
--! EndIncluded policies/embedding_claims.sql
--! Included policies/embedding_refusals.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.embedding_refusals;
create policy all_owner on app_hidden.embedding_refusals to colloquy_owner using (true) with check (true);
--! EndIncluded policies/embedding_refusals.sql
--! Included policies/provider_pauses.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.provider_pauses;
create policy all_owner on app_hidden.provider_pauses to colloquy_owner using (true) with check (true);
--! EndIncluded policies/provider_pauses.sql
--! Included policies/provider_rates.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.provider_rates;
create policy all_owner on app_hidden.provider_rates to colloquy_owner using (true) with check (true);
--! EndIncluded policies/provider_rates.sql
--! Included policies/search_statistics.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.search_statistics;
create policy all_owner on app_hidden.search_statistics to colloquy_owner using (true) with check (true);
--! EndIncluded policies/search_statistics.sql
--! Included policies/search_samples.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.search_samples;
create policy all_owner on app_hidden.search_samples to colloquy_owner using (true) with check (true);
--! EndIncluded policies/search_samples.sql
--! Included policies/recall_measurements.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.recall_measurements;
create policy all_owner on app_hidden.recall_measurements to colloquy_owner using (true) with check (true);
--! EndIncluded policies/recall_measurements.sql
--! Included policies/embedding_spending.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.embedding_spending;
create policy all_owner on app_hidden.embedding_spending to colloquy_owner using (true) with check (true);
--! EndIncluded policies/embedding_spending.sql
--! Included policies/cutting_failures.sql
-- Nobody but the sealed functions of the owner. Deliberately no grant.
drop policy if exists all_owner on app_hidden.cutting_failures;
create policy all_owner on app_hidden.cutting_failures to colloquy_owner using (true) with check (true);
--! EndIncluded policies/cutting_failures.sql
--! EndIncluded _all.sql

select app_hidden.ensure_partitions(3);

insert into app_public.embedding_versions (name, description, provider, model, dimensions, chunk_size, chunk_overlap, status, activated_at)
values (
  'local-1', 'Universal Sentence Encoder Lite, on this machine: needs no network and no key.', 'local', 'universal-sentence-encoder-lite', 512,
  -- the model reads 128 of its own tokens at a time; longer chunks cost a pass for each
  100, 15, 'active', now()
);

select app_private.create_embedding_partitions(v.id), app_private.create_embedding_index(v.id)
from app_public.embedding_versions v
where v.name = 'local-1';
