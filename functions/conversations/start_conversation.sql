-- Runs with the caller's rights: the policy and the column grants of conversations decide.
create or replace function app_public.start_conversation(
  title text default null,
  visibility app_public.visibility default 'private',
  channel app_public.conversation_channel default 'api',
  model_provider text default null,
  model_name text default null,
  temperature numeric default null,
  max_tokens integer default null,
  system_prompt text default null,
  metadata jsonb default '{}'
)
returns app_public.conversations
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.conversations (
    workspace_id, owner_id, title, visibility, channel, model_provider, model_name, temperature, max_tokens, system_prompt, metadata
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), nullif(trim(title), ''), coalesce(visibility, 'private'),
    coalesce(channel, 'api'), model_provider, model_name, temperature, max_tokens, system_prompt, coalesce(metadata, '{}')
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.start_conversation(text, app_public.visibility, app_public.conversation_channel, text, text, numeric, integer, text, jsonb) is
  'Starts a conversation in the current workspace. Errors: CQ101 not signed in, CQ109 read-only, CQ200 a value out of range.';
grant execute on function app_public.start_conversation(text, app_public.visibility, app_public.conversation_channel, text, text, numeric, integer, text, jsonb)
  to colloquy_user, colloquy_admin;
