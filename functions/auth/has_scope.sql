-- An API key is held to its scopes by this function, which every policy asks through can_write and its like: without "read"
-- it has no workspace to read in, without "write" it cannot write, without "admin" it manages nobody. A session has no
-- scopes, and no limits.
create or replace function app_hidden.has_scope(wanted text)
returns boolean
language sql
stable
parallel safe
return coalesce(wanted = any (string_to_array(nullif(current_setting('colloquy.scopes', true), ''), ',')), true);
comment on function app_hidden.has_scope(text) is 'Whether the API key of this request has a scope. A request without a key is not held to scopes.';
grant execute on function app_hidden.has_scope(text) to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
