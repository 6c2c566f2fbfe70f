-- Every policy for managing asks this. An API key without the scope "admin" manages nobody.
-- needs: auth/has_scope
create or replace function app_hidden.can_manage()
returns boolean
language sql
stable
parallel safe
return coalesce(nullif(current_setting('colloquy.member_role', true), '') in ('owner', 'admin'), false)
  and app_hidden.has_scope('admin');
comment on function app_hidden.can_manage() is 'Whether the caller manages the workspace of this request: an owner or admin, with a session or an API key of the scope "admin".';
grant execute on function app_hidden.can_manage() to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
