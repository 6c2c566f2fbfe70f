-- Has what happens in the workspace told to an address. The secret leaves the database once, here. Never with a key: one that leaked
-- must not lead what happens elsewhere.
create or replace function app_public.create_webhook(url text, kinds text[], description text default '', include_content boolean default false)
returns app_public.new_webhook
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  most integer := app_hidden.setting('webhooks_per_workspace')::integer;
  workspace uuid := app_hidden.current_workspace_id();
  key bytea := gen_random_bytes(32);
  made app_public.webhooks;
begin
  perform app_hidden.require_session();
  perform app_private.require_manager();
  perform app_private.require_recent_proof();
  perform app_private.require_webhook_address(create_webhook.url);
  if char_length(coalesce(create_webhook.description, '')) > 500 then
    raise exception 'A description has at most 500 characters.' using errcode = 'CQ200', column = 'description', hint = 'Say in short what it is for.';
  end if;
  -- locked, so that the count is right
  perform from app_public.workspaces w where w.id = workspace for no key update;
  if (select count(*) from app_public.webhooks w where w.workspace_id = workspace) >= most then
    raise exception 'The workspace has % webhooks.', most using errcode = 'CQ741', hint = 'Delete one that is not used.';
  end if;
  insert into app_public.webhooks (workspace_id, responsible_id, url, description, kinds, include_content)
  values (
    workspace, app_hidden.current_user_id(), create_webhook.url, coalesce(trim(create_webhook.description), ''),
    app_private.require_webhook_kinds(create_webhook.kinds), coalesce(create_webhook.include_content, false)
  )
  returning * into made;
  insert into app_private.webhook_secrets (webhook_id, secret) values (made.id, key);
  return row(made.id, made.url, made.kinds, 'whsec_' || encode(key, 'base64'))::app_public.new_webhook;
end
$$;
comment on function app_public.create_webhook(text, text[], text, boolean) is
  'Has what happens in the workspace told to an https:// address, and shows the secret of its signatures this once. Errors: CQ101, CQ109, CQ110 not with an API key, CQ114 not a manager of the workspace, CQ142 prove who you are first, CQ200, CQ740 the address, CQ741 too many, CQ742 the kinds.';
grant execute on function app_public.create_webhook(text, text[], text, boolean) to colloquy_user, colloquy_admin;
