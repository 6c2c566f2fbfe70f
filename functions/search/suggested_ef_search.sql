-- The smallest ef_search that meets the objective. What is in force may be enough, and then there may be a smaller one; or not, and then
-- there must be a larger one.
create or replace function app_private.suggested_ef_search(
  version app_public.embedding_versions, truths app_private.recall_truth[], in_force integer, recall_in_force real, objective real,
  deadline timestamptz, k integer, out ef_search integer, out recall real
)
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  least_one constant integer := app_hidden.setting('search_ef_search')::integer;
  tried integer;
  found record;
begin
  ef_search := in_force;
  recall := recall_in_force;
  for tried in
    select e.ef_search
    from (
      select least_one as ef_search
      union
      select unnest(array[20, 40, 60, 100, 150, 200, 300, 400, 600, 800, 1000])
    ) as e
    where e.ef_search between least_one and 1000
      and case when recall_in_force >= objective then e.ef_search < in_force else e.ef_search > in_force end
    order by e.ef_search
  loop
    found := app_private.recall_of_index(version, truths, tried, deadline, k);
    if found.recall is null then
      -- no time left: what is in force stays, if it is enough; otherwise there is no answer yet
      if recall < objective then
        ef_search := null;
        recall := null;
      end if;
      return;
    end if;
    if found.recall >= objective or recall < objective then
      ef_search := tried;
      recall := found.recall;
    end if;
    exit when found.recall >= objective;
  end loop;
end
$$;
comment on function app_private.suggested_ef_search(app_public.embedding_versions, app_private.recall_truth[], integer, real, real, timestamptz, integer) is
  'The smallest ef_search that meets the objective, or the best that was tried, with its recall; null when the deadline came first.';
