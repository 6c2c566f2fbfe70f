-- BM25 (Robertson, Walker 1994; k1 1.2, b 0.75). Without a set clause, so that it is inlined.
create or replace function app_private.word_weight(rarity double precision, occurrences double precision, size double precision, mean_size double precision)
returns double precision
language sql
immutable
as $$
  select rarity * 2.2 * occurrences / (occurrences + 1.2 * (0.25 + 0.75 * size / mean_size));
$$;
comment on function app_private.word_weight(double precision, double precision, double precision, double precision) is
  'What a word adds to the score of a text that has it so often: the more, the rarer the word and the shorter the text.';
