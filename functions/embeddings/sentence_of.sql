-- Where too few questions were recorded, passages ask: a sentence of one asks for it ("inverse cloze task"), which favours no version.
create or replace function app_private.sentence_of(content text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    (
      -- one that says something, nearest to the middle
      select left(s.sentence, 300)
      from (
        select trim(t.sentence) as sentence, t.n, count(*) over () as of
        from regexp_split_to_table(content, '(?<=[.!?])\s+|(?<=[。！？])|\n+') with ordinality as t (sentence, n)
      ) as s
      where s.of > 1 and char_length(s.sentence) >= 25
      order by abs(s.n - s.of / 2.0), s.n
      limit 1
    ),
    -- the words in the middle of what is one sentence
    nullif(trim(substr(content, 1 + char_length(content) / 4, greatest(char_length(content) / 2, 10))), '')
  );
$$;
comment on function app_private.sentence_of(text) is 'A sentence of a passage, or half of it when it is one sentence: what may ask for it.';
