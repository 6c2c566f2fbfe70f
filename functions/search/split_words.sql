-- In a large workspace, the rarer words of a question find and its common ones only rank what these have found: to look up what stands
-- in a fifth of a million passages, and to rank all of it, costs seconds and finds nothing that the rare words do not. Which are common, a
-- sample of the workspace's own passages says; where there is none, every word finds.
--
-- Where even the rarest word is common, the passages that have it together with the next ones find: some of the best have these words, and
-- to take all that have the rarest costs ten times as much.
--
-- A word that nobody in the workspace writes is misspelt: it stands for its neighbours too.
create or replace function app_private.split_words(workspace uuid, question app_private.search_question)
returns table (finding tsquery[], ranking tsquery[], shares float8[], total float8, together tsquery[])
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- so many passages are enough to rank: 95 in 100 of the first ten are the same as of all (docs/decisions/text-ranking.md)
  enough float8 := 450;
  -- so many are ranked within the time of a search
  bearable float8 := 3000;
  rarest float8;
begin
  select s.chunk_count into total from app_hidden.word_samples s where s.workspace_id = workspace;
  -- among more passages more are alike: of a million 1,560 (docs/decisions/text-ranking.md)
  enough := enough * greatest(1, cbrt(total / 24000));
  bearable := bearable + 2 * (enough - 450);
  select
    array_agg(w.query order by w.number) filter (where w.finds),
    array_agg(w.query order by w.share, w.number) filter (where not w.finds),
    array_agg(case when not w.finds then w.share end order by not w.finds, w.share, w.number),
    min(w.share)
  into finding, ranking, shares, rarest
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
  if rarest * total > bearable and ranking is not null then
    shares[1] := rarest;
    together := array(
      select r.query
      from (
        select x.query, x.number, rarest * exp(sum(ln(x.share)) over (order by x.number)) / x.share * total as expected
        from unnest(ranking, shares[2:]) with ordinality as x (query, share, number)
      ) as r
      where r.expected > 2 * enough
      order by r.number
    );
  end if;
  return next;
end
$$;
comment on function app_private.split_words(uuid, app_private.search_question) is
  'The words of a question that find and those that only rank, the rarest first; the share of passages that have each of them, null where it is counted; how many passages there are, null where all find; and which words a passage has besides the rarest where that is common.';
