-- Who is calling. The server sets this and the other claims (colloquy.*) once per request, inside its transaction, from
-- what the database told it about the token (app_hidden.authenticate); nothing a client sends reaches a setting. An absent
-- setting means nobody: null, never an error (behind a transaction pooler a setting that was set once reads as ''
-- afterwards).
create or replace function app_hidden.current_user_id()
returns uuid
language sql
stable
parallel safe
return nullif(current_setting('colloquy.user_id', true), '')::uuid;
comment on function app_hidden.current_user_id() is 'The signed-in user, or null.';
grant execute on function app_hidden.current_user_id() to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
