-- After each insert statement: carries tokens and cost into the totals of the users, with one update each.
create or replace function app_private.total_new_usage()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  used record;
begin
  for used in
    select n.user_id, sum(n.total_tokens) as tokens, sum(n.cost_usd) as cost
    from new_usage n
    where n.user_id is not null
    group by n.user_id
    order by n.user_id
  loop
    update app_public.users u
    set total_tokens_used = u.total_tokens_used + used.tokens, total_cost_usd = u.total_cost_usd + used.cost
    where u.id = used.user_id;
  end loop;
  return null;
end
$$;
comment on function app_private.total_new_usage() is 'Trigger: keeps total_tokens_used and total_cost_usd of users.';

create or replace trigger usage_logs_10_totals
after insert on app_public.usage_logs
referencing new table as new_usage
for each statement execute function app_private.total_new_usage();
