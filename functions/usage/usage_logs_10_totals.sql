-- After each insert statement: carries tokens and cost into the totals and the months of the users, with one update each.
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
  -- behind the locks of the users, so that two statements never wait for each other in a circle
  insert into app_private.user_usage_months as s (user_id, period_start, logged_tokens, logged_cost_usd)
  select n.user_id, app_private.budget_period_start('month', uuid_extract_timestamp(n.id)), sum(n.total_tokens), sum(n.cost_usd)
  from new_usage n
  where n.user_id is not null
  group by 1, 2
  order by 1, 2
  on conflict on constraint user_usage_months_pkey do update
  set logged_tokens = s.logged_tokens + excluded.logged_tokens, logged_cost_usd = s.logged_cost_usd + excluded.logged_cost_usd;
  return null;
end
$$;
comment on function app_private.total_new_usage() is 'Trigger: keeps total_tokens_used and total_cost_usd of users, and what they used per month.';

create or replace trigger usage_logs_10_totals
after insert on app_public.usage_logs
referencing new table as new_usage
for each statement execute function app_private.total_new_usage();
