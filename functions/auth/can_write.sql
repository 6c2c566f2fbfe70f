-- Every policy for writing asks this. An API key without the scope "write" cannot write.
-- needs: auth/has_scope
create or replace function app_hidden.can_write()
returns boolean
language sql
stable
parallel safe
return coalesce(nullif(current_setting('colloquy.member_role', true), '') in ('owner', 'admin', 'member'), false)
  and app_hidden.has_scope('write');
comment on function app_hidden.can_write() is 'Whether the caller may write in the workspace of this request: a viewer may not, nor an API key without the scope "write".';
grant execute on function app_hidden.can_write() to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
