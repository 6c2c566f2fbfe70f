-- What a question asks of text_search_vector, and by the same rule about angle brackets. One expression, and no set clause: so it
-- becomes a part of the query that asks.
create or replace function app_private.text_search_query(language text, query text)
returns tsquery
language sql
stable
as $$
  select websearch_to_tsquery(('pg_catalog.' || language)::regconfig, translate(query, '<>', '  '));
$$;
comment on function app_private.text_search_query(text, text) is 'The tsquery of a question, in a language: words, "phrases", or, -without.';
