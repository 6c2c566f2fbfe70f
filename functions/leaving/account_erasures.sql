-- What was erased in the installation, and what is being: the newest first.
create or replace function app_public.account_erasures(max_rows integer default 100)
returns setof app_public.account_erasure
language plpgsql
stable
security definer
rows 100
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_administrator();
  if max_rows not between 1 and 10000 then
    raise exception 'From 1 to 10,000 rows.' using errcode = 'CQ200', hint = 'Ask for fewer.';
  end if;
  return query
  select l.*
  from (
    select p.id, null::bigint as number from app_hidden.pending_erasures p union all select e.id, e.number from app_hidden.erasures e
    order by number desc nulls first, id desc
    limit max_rows
  ) as i
  cross join lateral app_private.account_erasure_of(i.id) as l
  order by i.number desc nulls first, i.id desc;
end
$$;
comment on function app_public.account_erasures(integer) is
  'Erasures of people: those that are going on, and the certificates, newest first. For administrators. Errors: CQ101 not signed in, CQ121 not an administrator, CQ200.';
grant execute on function app_public.account_erasures(integer) to colloquy_admin;
