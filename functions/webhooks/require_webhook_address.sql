-- The form of an address. Where its name leads is looked at when it is connected to, by the worker: a name may lead elsewhere
-- then (webhooks/addresses.ts).
create or replace function app_private.require_webhook_address(url text)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if url is null or char_length(url) > 2000
    or url !~ '^https://[^/?#@\s\\[:cntrl:]]+([/?][^\s#\\[:cntrl:]]*)?$' and url !~ '^http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?([/?][^\s#\\[:cntrl:]]*)?$' then
    raise exception 'This address cannot be used.' using errcode = 'CQ740',
      hint = 'Give an https:// address of at most 2,000 characters, without a password and without #.';
  end if;
end
$$;
comment on function app_private.require_webhook_address(text) is 'Raises CQ740 for what is no address of a webhook.';
