-- Security definer: workspaces is closed to writes. Also for personal ones.
create or replace function app_public.set_workspace_language(text_search_language app_public.text_search_language)
returns app_public.workspaces
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  result app_public.workspaces;
begin
  perform app_private.require_manager();
  if set_workspace_language.text_search_language is null then
    raise exception 'A language is missing.' using errcode = 'CQ200', column = 'text_search_language', hint = 'For example german; simple means no stemming.';
  end if;
  update app_public.workspaces w
  set text_search_language = set_workspace_language.text_search_language
  where w.id = app_hidden.current_workspace_id()
  returning w.* into result;
  return result;
end
$$;
comment on function app_public.set_workspace_language(app_public.text_search_language) is
  'Says in which language messages, memories and events are indexed whose own language cannot be recognised, so that other forms of a word are found; those that are there follow within minutes. Documents added without a language take it from now on. With simple, nothing is recognised. Errors: CQ101 not signed in, CQ109 read-only, CQ114 not an owner or admin, CQ200 no or an unknown language.';
grant execute on function app_public.set_workspace_language(app_public.text_search_language) to colloquy_user, colloquy_admin;
