-- In a large workspace, the rarer words of a question find and its common ones only rank what these have found: to look up what stands
-- in a fifth of a million passages, and to rank all of it, costs seconds and finds nothing that the rare words do not. Which are common, a
-- sample of the workspace's own passages says; where there is none, every word finds.
--
-- A word that nobody in the workspace writes is misspelt: it stands for its neighbours too.
create or replace function app_private.split_words(workspace uuid, question app_private.search_question)
returns table (finding tsquery[], ranking tsquery[], shares float8[], total float8)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- so many passages are enough to rank: 95 in 100 of the first ten are the same as of all (docs/decisions/text-ranking.md)
  enough constant float8 := 450;
begin
  select s.chunk_count into total from app_hidden.word_samples s where s.workspace_id = workspace;
  select
    array_agg(w.query order by w.number) filter (where w.finds),
    array_agg(w.query order by w.share, w.number) filter (where not w.finds),
    array_agg(w.share order by w.share, w.number) filter (where not w.finds)
  into finding, ranking, shares
  from (
    select x.query, x.number, x.share,
      total is null or question.required is not null
        or sum(x.share) over (order by x.share, x.number) * total <= 2 * enough or row_number() over (order by x.share, x.number) = 1 as finds
    from (
      select
        q.number, k.share,
        coalesce(
          q.query || case
            when not k.is_known and app_private.is_noted_word(q.lexemes)
              then (select string_agg(app_private.quoted_lexeme(s.word), ' | ') from unnest(app_private.similar_words(workspace, q.lexemes)) as s (word))::tsquery
          end,
          q.query
        ) as query
      from unnest(question.words, question.lexemes) with ordinality as q (query, lexemes, number)
      cross join lateral (
        select coalesce(max(w.share), 0)::float8 as share, count(*) > 0 as is_known
        from app_hidden.workspace_words w
        where w.workspace_id = split_words.workspace and w.word = any (string_to_array(q.lexemes, ' '))
      ) as k
    ) as x
  ) as w;
  return next;
end
$$;
comment on function app_private.split_words(uuid, app_private.search_question) is
  'The words of a question that find and those that only rank, the rarest first, with the share of passages that have each of these, and how many passages there are; no total where all find.';
