-- Which outside identity a request came with, so that it can be signed out and the keys that it makes are bound to it.
create or replace function app_hidden.current_identity_id()
returns uuid
language sql
stable
parallel safe
return nullif(current_setting('colloquy.identity_id', true), '')::uuid;
comment on function app_hidden.current_identity_id() is 'The identity of an outside provider that this request came with, or null.';
-- Deliberately not granted: security definer functions ask it, nobody else needs to.
