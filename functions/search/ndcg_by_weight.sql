-- A question of a measurement is asked once by meaning and once by words, as the user who asked it, and what both find is put in order
-- with each weight.
create or replace function app_private.ndcg_by_weight(version_id uuid, question app_private.fusion_question, weights real[])
returns double precision[]
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  earlier app_public.search_filters;
  by_meaning app_public.search_response;
  by_words app_public.search_response;
begin
  perform app_private.act_as(question.user_id, question.workspace_id);
  earlier.created_before := question.asked_at;
  by_meaning := app_public.search(
    query => '', query_embedding => question.embedding, kinds => question.kinds, max_results => 50, mode => 'vector', filters => earlier,
    embedding_version_id => version_id
  );
  by_words := app_public.search(query => question.question, kinds => question.kinds, max_results => 50, mode => 'text', filters => earlier);
  return app_private.fused_ndcg(
    version_id, question.workspace_id, question.embedding, by_meaning.results || by_words.results, question.cited, weights
  );
end
$$;
comment on function app_private.ndcg_by_weight(uuid, app_private.fusion_question, real[]) is
  'nDCG@10 of a question for each weight of the vectors; null when neither leg finds what was cited.';
