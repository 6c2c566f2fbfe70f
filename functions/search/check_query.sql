-- What every question must keep to, whatever it is asked of.
create or replace function app_private.check_query(query text, max_results integer)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', column = 'max_results', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
end
$$;
comment on function app_private.check_query(text, integer) is 'Refuses too many results and too long a query. Error: CQ200.';
