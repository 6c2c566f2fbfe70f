-- The best part of a text as safe HTML: the text is escaped before words are marked, so nothing of it is markup. A text
-- that does not match is not read for words, which takes 0.1 ms for 500 characters. One expression, and no set clause: so it becomes
-- a part of the query that asks.
create or replace function app_private.search_snippet(language text, text_search tsvector, content text, question app_private.search_question)
returns text
language sql
stable
as $$
  select case
    -- scripts without spaces: from a little before the first match on, its characters marked where they stand together
    when (question).grams is not null and content ~ (question).grams then
      replace(regexp_replace(
        replace(replace(replace(
          substr(content, greatest(1, regexp_instr(content, (question).grams) - 30), 160), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
        '(' || (question).grams || ')', '<mark>\1</mark>', 'g'
      ), '</mark><mark>', '')
    when (question).any_word is null or not text_search @@ (question).any_word then
      replace(replace(replace(
        -- whole words, where there are any
        case when char_length(content) > 250 then left(regexp_replace(left(content, 251), '\s+\S*$', ''), 250) else content end,
        '&', '&amp;'), '<', '&lt;'), '>', '&gt;'
      )
    else ts_headline(
      ('pg_catalog.' || language)::regconfig,
      replace(replace(replace(content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
      (question).any_word,
      'StartSel=<mark>, StopSel=</mark>, MaxWords=40, MinWords=20, MaxFragments=1'
    )
  end;
$$;
comment on function app_private.search_snippet(text, tsvector, text, app_private.search_question) is
  'The best part of a text as safe HTML, with the words of a question in <mark>; where they are not, its beginning (up to 250 characters).';
