-- The first line of what is of no use without mail. It looks at no account, so it tells nothing about any.
create or replace function app_private.require_mail()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if app_hidden.setting('mail_delivery') <> 'on' then
    raise exception 'This installation sends no mail.' using errcode = 'CQ152', hint = 'Ask its operator to set MAIL_URL; docs/mail.md says how.';
  end if;
end
$$;
comment on function app_private.require_mail() is 'Raises CQ152 when no worker can deliver mail.';
