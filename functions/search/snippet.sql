-- The best part of a text as safe HTML: the text is escaped before words are marked, so nothing of it is markup.
create or replace function app_private.search_snippet(language text, content text, query text)
returns text
language sql
stable
as $$
  select case
    when trim(query) = '' then
      replace(replace(replace(left(content, 250), '&', '&amp;'), '<', '&lt;'), '>', '&gt;')
    else ts_headline(
      ('pg_catalog.' || language)::regconfig,
      replace(replace(replace(content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
      websearch_to_tsquery(('pg_catalog.' || language)::regconfig, translate(query, '<>', '  ')),
      'StartSel=<mark>, StopSel=</mark>, MaxWords=40, MinWords=20, MaxFragments=1'
    )
  end;
$$;
comment on function app_private.search_snippet(text, text, text) is 'The best part of a text as safe HTML, with the words of a query in <mark>; without a query its beginning.';
