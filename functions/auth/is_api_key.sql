-- Only a request with an API key has scopes; a session has none, and no limits.
create or replace function app_hidden.is_api_key()
returns boolean
language sql
stable
parallel safe
return nullif(current_setting('colloquy.scopes', true), '') is not null;
comment on function app_hidden.is_api_key() is 'Whether this request came with an API key.';
grant execute on function app_hidden.is_api_key() to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
