-- Which words are noted for a workspace, and may be misspelt: words as people write them, neither numbers nor names of files. Without a set
-- clause, so that it is inlined.
create or replace function app_private.is_noted_word(word text)
returns boolean
language sql
immutable
as $$
  select word ~ '^[^\d\s[:punct:]]{4,40}$';
$$;
comment on function app_private.is_noted_word(text) is 'Whether a word is noted in workspace_words: 4 to 40 characters, no digit and no punctuation.';
