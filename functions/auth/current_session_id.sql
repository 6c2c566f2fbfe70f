-- Which session a request came with, so that it can be ended or spared. An API key has none.
create or replace function app_hidden.current_session_id()
returns uuid
language sql
stable
parallel safe
return nullif(current_setting('colloquy.session_id', true), '')::uuid;
comment on function app_hidden.current_session_id() is 'The session of this request, or null.';
grant execute on function app_hidden.current_session_id() to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
