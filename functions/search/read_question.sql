-- What a question asks for by words. Bare words are alternatives: any of them finds, all of them rank. A "phrase in quotes" must be
-- there, and what has a -word or a -"phrase" is left out; a dash that stands by itself, is doubled, or precedes a number means nothing.
-- In a text of more than 32 words, quotes and dashes are punctuation: somebody pasted it.
--
-- A question is read in every language of the workspace at once: a word is whatever these make of it, and asks for any of that.
create or replace function app_private.read_question(question text, languages text[])
returns app_private.search_question
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  -- every word is a look-up of its own: more of them are a text and not a question
  most_words constant integer := 200;
  is_text constant boolean := regexp_count(question, '\S+') > 32;
  excluding constant text := '(?:(?<=\s)|^)-(?:"[^"]+"|[^\s"\d-][^\s"]*)';
  bare text := case when is_text then question else regexp_replace(question, excluding, ' ', 'g') end;
  result app_private.search_question;
begin
  if not is_text then
    select string_agg('(' || q.query::text || ')', ' & ')::tsquery into result.required
    from regexp_matches(bare, '"([^"]+)"', 'g') as m (match)
    cross join lateral (select app_private.phrase_queries(languages, m.match[1]) as query) as q
    where q.query is not null;
    select string_agg('(' || q.query::text || ')', ' | ')::tsquery into result.excluded
    from regexp_matches(question, '(' || excluding || ')', 'g') as m (match)
    cross join lateral (select app_private.phrase_queries(languages, trim(both '-"' from m.match[1])) as query) as q
    where q.query is not null;
  end if;

  select array_agg(w.query order by w.place), array_agg(w.lexeme order by w.place)
  into result.words, result.lexemes
  from (
    select min(p.place) as place, p.query, min(p.lexeme) as lexeme
    from (
      select a.place, string_agg(app_private.quoted_lexeme(a.lexeme), ' | ' order by a.lexeme)::tsquery as query, string_agg(a.lexeme, ' ') as lexeme
      from (
        select distinct p.position as place, x.lexeme
        from unnest(languages) as l (language)
        cross join lateral unnest(app_hidden.text_lexemes(l.language, bare, true)) as x (lexeme, positions)
        cross join lateral unnest(x.positions) as p (position)
      ) as a
      group by a.place
    ) as p
    group by p.query
    order by 1
    limit most_words
  ) as w;
  result.any_word := array_to_string(result.words, ' | ')::tsquery;
  -- a character of a pair or triple where its neighbours are the others of it
  select string_agg(
    case char_length(g.gram)
      when 2 then format('%1$s(?=%2$s)|(?<=%1$s)%2$s', left(g.gram, 1), right(g.gram, 1))
      when 3 then format('%1$s(?=%2$s%3$s)|(?<=%1$s)%2$s(?=%3$s)|(?<=%1$s%2$s)%3$s', left(g.gram, 1), substr(g.gram, 2, 1), right(g.gram, 1))
      else g.gram
    end, '|'
  ) into result.grams
  from unnest(result.lexemes) as g (gram)
  where g.gram ~ '^[\u0590-\u07BF\u08A0-\u08FF\u0980-\u0B7F\u0C00-\u139F\u1780-\u17FF\u2190-\u2BFF\u3005-\uD7FF\uF900-\uFDFF\uFE70-\uFEFE\U0001F000-\U000323AF]{1,3}$';
  return result;
end
$$;
comment on function app_private.read_question(text, text[]) is 'What a question asks for by words, read in these languages: its words, each as a tsquery, what must be there, and what must not.';
