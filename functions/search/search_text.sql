-- Chunks by their words: the rarer words find, and where these find too little for the caller, a common one need not stand beside others
-- any more, and then the next one finds too.
create or replace function app_private.search_text(
  scope app_private.search_scope, question app_private.search_question, max_results integer, is_plain boolean default false
)
returns app_private.search_hit[]
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  split record;
  required tsquery;
  hits app_private.search_hit[];
begin
  select s.* into split from app_private.split_words(scope.workspace_id, question) as s;
  loop
    required := question.required;
    if cardinality(split.together) > 0 then
      select string_agg(format('(%s)', t.query), ' & ')::tsquery into required from unnest(split.together) as t (query);
    end if;
    if is_plain then
      hits := array(
        select row(t.chunk_id, t.place, t.score, t.importance)::app_private.search_hit
        from app_private.search_text_plain(
          scope.workspace_id, scope.caller, scope.kinds, split.finding, split.ranking, split.shares, split.total, required,
          question.excluded, max_results
        ) with ordinality as t (chunk_id, score, importance, place)
      );
    else
      hits := array(
        select row(t.chunk_id, t.place, t.score, t.importance)::app_private.search_hit
        from app_private.search_text_wide(
          scope, split.finding, split.ranking, split.shares, split.total, required, question.excluded, max_results
        ) with ordinality as t (chunk_id, score, importance, place)
      );
    end if;
    exit when cardinality(hits) >= max_results or split.ranking is null;
    if cardinality(split.together) > 0 then
      split.together := trim_array(split.together, 1);
    else
      split.finding := split.finding || split.ranking[1];
      split.ranking := nullif(split.ranking[2:], '{}');
      split.shares[cardinality(split.finding)] := null;
    end if;
  end loop;
  return hits;
end
$$;
comment on function app_private.search_text(app_private.search_scope, app_private.search_question, integer, boolean) is
  'The chunks that have any word of a question, best first, each with 0 to 1: the better, the more of its words they and their documents have, and the rarer these are. It compares within one search only. is_plain: nothing but its owner narrows the search.';
