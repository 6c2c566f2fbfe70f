-- Titles that resemble some words, typos included. Sealed, since the trigram operators are not leakproof and could not use
-- their index below a policy; it applies tenant, ownership and visibility itself, for the caller that the session says.

-- Loads the library of pg_trgm into this session: a role that is not a superuser may name its settings in a function only then.
do $load$ begin perform extensions.similarity('a', 'b'); end $load$;

create or replace function app_public.search_titles(query text, max_results integer default 10)
returns setof app_public.title_match
language plpgsql
stable
security definer
set search_path = pg_catalog, extensions, pg_temp
-- one wrong letter in a word of seven leaves 0.5 of its groups of three letters
set pg_trgm.word_similarity_threshold = '0.4'
-- planned for this tenant, as the legs of search are
set plan_cache_mode = force_custom_plan
as $$
declare
  workspace uuid := app_hidden.searched_workspace_id();
  caller uuid := app_hidden.current_user_id();
begin
  if workspace is null or caller is null or not app_hidden.has_scope('search') then
    perform app_hidden.require_member();
  end if;
  max_results := coalesce(max_results, 10);
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', column = 'max_results', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 200 then
    raise exception 'A title is sought by at most 200 characters.' using errcode = 'CQ200', column = 'query', hint = 'Pass some words of it as "query".';
  end if;
  if trim(coalesce(query, '')) = '' then
    return;
  end if;
  return query
  select found.*
  from (
    (
      select 'document'::app_public.source_type, d.id, null::uuid, d.title, word_similarity(query, d.title) as similarity
      from app_public.documents d
      where d.workspace_id = workspace and (d.owner_id = caller or d.visibility = 'workspace') and query <% d.title
      order by similarity desc, d.id desc
      limit max_results
    )
    union all
    (
      select 'message', null, t.id, t.title, word_similarity(query, t.title) as similarity
      from app_public.conversations t
      where t.workspace_id = workspace and (t.owner_id = caller or t.visibility = 'workspace') and query <% t.title
      order by similarity desc, t.id desc
      limit max_results
    )
  ) as found (source_type, document_id, conversation_id, title, similarity)
  order by found.similarity desc, coalesce(found.document_id, found.conversation_id) desc
  limit max_results;
end
$$;
comment on function app_public.search_titles(text, integer) is
  'Documents and conversations by their titles, typos included, best first. Errors: CQ101 not signed in, CQ200 unusable argument.';
grant execute on function app_public.search_titles(text, integer) to colloquy_user, colloquy_admin;
