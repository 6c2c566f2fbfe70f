-- Filters come from the caller: what cannot be used is refused before anything is searched.
create or replace function app_private.check_search_filters(filters app_public.search_filters)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if greatest(
    cardinality((filters).tag_ids), cardinality((filters).tags), cardinality((filters).content_types), cardinality((filters).code_languages),
    cardinality((filters).text_search_languages)
  ) > 100 then
    raise exception 'A filter has at most 100 values.' using errcode = 'CQ200', column = 'filters', hint = 'Search several times.';
  end if;
  if jsonb_typeof((filters).metadata) <> 'object' or pg_column_size((filters).metadata) > 65536 then
    raise exception 'The filter "metadata" is an object of at most 64 KiB.' using errcode = 'CQ200', column = 'filters', hint = 'For example {"project": "x"}.';
  end if;
  if (filters).created_after in ('infinity', '-infinity') or (filters).created_before in ('infinity', '-infinity')
    or least((filters).created_after, (filters).created_before) < '1970-01-01' or greatest((filters).created_after, (filters).created_before) > '9999-01-01'
  then
    raise exception 'A time range lies between the years 1970 and 9999.' using errcode = 'CQ200', column = 'filters', hint = 'Leave the open end of it out.';
  end if;
end
$$;
comment on function app_private.check_search_filters(app_public.search_filters) is 'Raises CQ200 for filters that cannot be used.';
