-- What is not of one workspace (the own account, models, kinds of files) asks this: an API key that may only search reads nothing
-- else.
-- needs: auth/current_user_id, auth/has_scope
create or replace function app_hidden.can_read()
returns boolean
language sql
stable
parallel safe
return app_hidden.current_user_id() is not null and app_hidden.has_scope('read');
comment on function app_hidden.can_read() is 'Whether somebody is signed in who may read: not an API key without the scope "read".';
grant execute on function app_hidden.can_read() to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
