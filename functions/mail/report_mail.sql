-- A worker says when it starts whether it can deliver mail: the API, which writes the outbox, cannot know it.
create or replace function app_hidden.report_mail(can_deliver boolean)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_private.settings s
  set value = case when can_deliver then 'on' else 'off' end
  where s.name = 'mail_delivery' and s.value <> case when can_deliver then 'on' else 'off' end;
  return found;
end
$$;
comment on function app_hidden.report_mail(boolean) is 'Keeps the setting mail_delivery. Returns whether it changed. For the worker.';
grant execute on function app_hidden.report_mail(boolean) to colloquy_worker;
