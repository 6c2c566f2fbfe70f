-- What app_public.search refuses before it looks for anything.
create or replace function app_private.check_search(
  query text, query_embedding extensions.halfvec, max_results integer, skip integer, threshold real, filters app_public.search_filters
)
returns void
language plpgsql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  perform app_private.check_query(query, max_results);
  if skip < 0 or skip + max_results > 200 then
    raise exception 'Pages reach as far as the first 200 results: skip % and maxResults % do not.', skip, max_results
      using errcode = 'CQ200', hint = 'Narrow the search by filters.';
  end if;
  if threshold not between -1 and 1 then
    raise exception 'threshold is -1 to 1, not %.', threshold using errcode = 'CQ200', column = 'threshold', hint = 'Cosine similarity lies between -1 and 1.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to search for.' using errcode = 'CQ200', column = 'query', hint = 'Pass some words as "query".';
  end if;
  -- "is not null" would mean that each of them is given
  if not (filters is null) then
    perform app_private.check_search_filters(filters);
  end if;
end
$$;
comment on function app_private.check_search(text, extensions.halfvec, integer, integer, real, app_public.search_filters) is
  'Refuses arguments of a search that no search can answer. Error: CQ200.';
