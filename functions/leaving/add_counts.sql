-- Sums of a certificate.
create or replace function app_private.add_counts(counts jsonb, more jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(s.name, s.total order by s.name), '{}')
  from (
    select n.name, sum(n.value::bigint) as total
    from (select * from jsonb_each_text(counts) union all select * from jsonb_each_text(more)) as n (name, value)
    group by n.name
    having sum(n.value::bigint) > 0
  ) as s;
$$;
comment on function app_private.add_counts(jsonb, jsonb) is 'Two objects of counts added up; what is nothing is left out.';
