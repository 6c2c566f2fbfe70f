-- Searching has a scope of its own: a key that may only search has a workspace here and none in current_workspace_id().
-- needs: auth/has_scope
create or replace function app_hidden.searched_workspace_id()
returns uuid
language sql
stable
parallel safe
return case
  when app_hidden.has_scope('read') or app_hidden.has_scope('search') then nullif(current_setting('colloquy.workspace_id', true), '')::uuid
end;
comment on function app_hidden.searched_workspace_id() is 'The workspace of this request for search, which an API key may do without reading anything else.';
grant execute on function app_hidden.searched_workspace_id() to colloquy_visitor, colloquy_user, colloquy_admin, colloquy_worker, colloquy_authenticator;
