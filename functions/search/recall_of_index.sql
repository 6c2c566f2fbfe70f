-- Asks some queries by the index and by the exact leg beside it: how much of the nearest the index missed.
create or replace function app_private.recall_of_index(
  version app_public.embedding_versions, truths app_private.recall_truth[], with_ef_search integer, deadline timestamptz, k integer,
  out recall real, out scan_limit_hits integer, out milliseconds double precision[]
)
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  truth app_private.recall_truth;
  query app_private.recall_query;
  found uuid[];
  started timestamptz;
  spent double precision;
  share double precision;
  -- of those without filters, and of those with
  shares double precision[] := array[0, 0]::double precision[];
  counts integer[] := array[0, 0];
  place integer;
begin
  scan_limit_hits := 0;
  milliseconds := '{}';
  foreach truth in array truths loop
    if clock_timestamp() > deadline then
      recall := null;
      return;
    end if;
    query := truth.query;
    started := clock_timestamp();
    found := array(
      select s.chunk_id
      from app_private.search_vector_index(version, truth.scope, query.embedding, k, with_ef_search) as s
    );
    spent := 1000 * extract(epoch from clock_timestamp() - started);
    if cardinality(found) < k then
      -- as search does it: too few are not trusted
      scan_limit_hits := scan_limit_hits + 1;
      found := truth.nearest;
      spent := spent + truth.milliseconds;
    end if;
    milliseconds := milliseconds || spent;
    share := (select count(*) from unnest(truth.nearest) as n where n = any (found))::float8 / cardinality(truth.nearest);
    place := case when query.filters is null then 1 else 2 end;
    shares[place] := shares[place] + share;
    counts[place] := counts[place] + 1;
  end loop;
  -- what is repeated exactly finds all: many with filters would hide that the others do not
  recall := least(shares[1] / nullif(counts[1], 0), shares[2] / nullif(counts[2], 0));
end
$$;
comment on function app_private.recall_of_index(app_public.embedding_versions, app_private.recall_truth[], integer, timestamptz, integer) is
  'Mean share of the nearest that the index leg finds with an ef_search, of queries with or without filters, whichever is less, how often its scan gave up, and its times. Recall is null when the deadline came first.';
