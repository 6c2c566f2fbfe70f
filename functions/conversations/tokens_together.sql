-- What the tokens of a question and of its answer come to: together when one of the two kinds is known, else unknown.
create or replace function app_private.tokens_together(prompt_tokens integer, completion_tokens integer)
returns integer
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
return case when num_nonnulls(prompt_tokens, completion_tokens) > 0 then coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0) end;
comment on function app_private.tokens_together(integer, integer) is 'The sum of two kinds of tokens; null when neither is known.';
-- Deliberately not granted: functions that write answers call it.
