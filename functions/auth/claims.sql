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

create or replace function app_hidden.current_workspace_id()
returns uuid
language sql
stable
parallel safe
return nullif(current_setting('colloquy.workspace_id', true), '')::uuid;
comment on function app_hidden.current_workspace_id() is 'The workspace of this request, or null.';

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
return coalesce(nullif(current_setting('colloquy.member_role', true), '') in ('owner', 'admin', 'member'), false);
comment on function app_hidden.can_write() is 'Whether the caller may write in the workspace of this request: a viewer may not.';

create or replace function app_hidden.can_manage()
returns boolean
language sql
stable
parallel safe
return coalesce(nullif(current_setting('colloquy.member_role', true), '') in ('owner', 'admin'), false);
comment on function app_hidden.can_manage() is 'Whether the caller manages the workspace of this request: an owner or admin does.';

grant execute on function
  app_hidden.current_user_id(), app_hidden.current_workspace_id(), app_hidden.current_session_id(), app_hidden.can_write(), app_hidden.can_manage()
to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
