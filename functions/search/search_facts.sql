-- What the API keeps of a search that it answered, to hand it to record_searches with others. Asked for in the statement of
-- the search itself, so that tenant and caller come from the session of the request and from nothing that a client sends. It
-- reads nothing: what it returns is in the answer that it is given.
create or replace function app_hidden.search_facts(response app_public.search_response)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'workspace_id', app_hidden.searched_workspace_id(), 'user_id', app_hidden.current_user_id(), 'version_id', response.embedding_version_id,
    'requested', response.requested, 'returned', response.returned, 'path', response.path, 'scan_limit_hit', response.scan_limit_hit,
    'chunk_ids', array(select r.chunk_id from unnest(response.results) as r)
  );
$$;
comment on function app_hidden.search_facts(app_public.search_response) is 'Whose search an answer belongs to, how it was found, and the ids of its chunks.';
grant execute on function app_hidden.search_facts(app_public.search_response) to colloquy_user, colloquy_admin;
