-- The best part of a text as safe HTML: the text is escaped before words are marked, so nothing of it is markup. A text
-- that does not match is not read for words, which takes 0.1 ms for 500 characters. text_search is null where the match is
-- known. One expression, and no set clause: so it becomes a part of the query that asks.
create or replace function app_private.search_snippet(language text, text_search tsvector, content text, query text)
returns text
language sql
stable
as $$
  select case
    when trim(query) = '' or not coalesce(text_search @@ app_private.text_search_query(language, query), true) then
      replace(replace(replace(
        -- whole words, where there are any
        case when char_length(content) > 250 then left(regexp_replace(left(content, 251), '\s+\S*$', ''), 250) else content end,
        '&', '&amp;'), '<', '&lt;'), '>', '&gt;'
      )
    else ts_headline(
      ('pg_catalog.' || language)::regconfig,
      replace(replace(replace(content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
      app_private.text_search_query(language, query),
      'StartSel=<mark>, StopSel=</mark>, MaxWords=40, MinWords=20, MaxFragments=1'
    )
  end;
$$;
comment on function app_private.search_snippet(text, tsvector, text, text) is
  'The best part of a text as safe HTML, with the words of a query in <mark>; where they are not, its beginning (up to 250 characters).';
