-- Rows that no partition but the default one took, by table, counted up to a limit: the job ensure-partitions moves them, and each makes
-- attaching the next month slower. It looks into the default partitions alone, which are empty when all is well.
create or replace function app_hidden.partition_strays(count_up_to integer default 100000)
returns table (parent text, strays bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  leaf regclass;
begin
  for parent, leaf in
    select c.relname::text, p.partdefid::regclass
    from pg_partitioned_table p
    join pg_class c on c.oid = p.partrelid
    where p.partdefid <> 0 and p.partstrat = 'r' and c.relnamespace = 'app_public'::regnamespace
    order by c.relname
  loop
    execute format('select count(*) from (select from %s limit $1) as x', leaf) into strays using count_up_to;
    return next;
  end loop;
end
$$;
comment on function app_hidden.partition_strays(integer) is 'Per partitioned table, how many rows are in its default partition, counted up to a limit.';
grant execute on function app_hidden.partition_strays(integer) to colloquy_monitor;
