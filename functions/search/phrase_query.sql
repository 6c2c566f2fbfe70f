-- The words of a "phrase in quotes" must stand beside each other, in the order in which they were asked.
create or replace function app_private.phrase_query(language text, phrase text)
returns tsquery
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  with placed as (
    select p.position, string_agg(app_private.quoted_lexeme(l.lexeme), ' | ' order by l.lexeme) as alternatives
    from unnest(app_hidden.text_lexemes(language, phrase, true)) as l (lexeme, positions)
    cross join lateral unnest(l.positions) as p (position)
    group by p.position
  )
  -- words of different scripts are not indexed in one order
  select case
    when phrase ~ '[a-zA-Z]' and phrase ~ '[\u0370-\U000323AF]' then string_agg('(' || p.alternatives || ')', ' & ')
    else string_agg(case when p.distance is null then '' else '<' || p.distance || '>' end || '(' || p.alternatives || ')', ' ' order by p.position)
  end::tsquery
  from (select q.*, q.position - lag(q.position) over (order by q.position) as distance from placed q) as p;
$$;
comment on function app_private.phrase_query(text, text) is 'The tsquery of words in this order, or null where they are none.';
