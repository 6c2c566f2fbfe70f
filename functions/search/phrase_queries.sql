-- A language that takes one of its words for a stop word would ask for less than was asked: only those count that keep most words.
create or replace function app_private.phrase_queries(languages text[], phrase text)
returns tsquery
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(distinct '(' || q.query::text || ')', ' | ')::tsquery
  from (
    select p.query, numnode(p.query) = max(numnode(p.query)) over () as is_whole
    from unnest(languages) as l (language)
    cross join lateral (select app_private.phrase_query(l.language, phrase) as query) as p
  ) as q
  where q.is_whole;
$$;
comment on function app_private.phrase_queries(text[], text) is 'The tsquery of a phrase in any of these languages, or null where it has no words.';
