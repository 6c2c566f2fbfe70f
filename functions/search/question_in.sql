-- A question is read in every language of the workspace at once, or in those that the filters name.
create or replace function app_private.question_in(workspace uuid, question text, filters app_public.search_filters default null)
returns app_private.search_question
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select app_private.read_question(question, array(
    select distinct k.text_search_language::text
    from app_hidden.chunk_counts k
    where k.workspace_id = workspace and k.chunk_count > 0
      and ((filters).text_search_languages is null or k.text_search_language::text = any ((filters).text_search_languages))
  ));
$$;
comment on function app_private.question_in(uuid, text, app_public.search_filters) is 'A question, read in the languages of a workspace, or in those that the filters name.';
