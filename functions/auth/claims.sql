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
