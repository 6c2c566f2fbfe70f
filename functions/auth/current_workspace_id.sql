-- Every policy asks this, so an API key without the scope "read" has no workspace to read in.
-- needs: auth/has_scope
create or replace function app_hidden.current_workspace_id()
returns uuid
language sql
stable
parallel safe
return case when app_hidden.has_scope('read') then nullif(current_setting('colloquy.workspace_id', true), '')::uuid end;
comment on function app_hidden.current_workspace_id() is 'The workspace of this request, or null; null also for an API key that may not read.';
grant execute on function app_hidden.current_workspace_id() to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
