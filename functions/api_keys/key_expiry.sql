-- When a new key ends: what is asked for, or the longest that its workspace and its maker allow.
create or replace function app_private.key_expiry(of_workspace uuid, wanted timestamptz)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  longest integer := (select w.longest_api_key_days from app_public.workspaces w where w.id = of_workspace);
  made_at timestamptz := clock_timestamp();
begin
  if wanted <= made_at then
    raise exception 'expiresAt is in the past.' using errcode = 'CQ200', column = 'expires_at', hint = 'Leave it out for the longest that is allowed.';
  end if;
  if app_hidden.current_identity_id() is not null then
    longest := least(longest, app_hidden.setting('identity_key_days')::integer);
  end if;
  if wanted > made_at + make_interval(days => longest) then
    raise exception 'A key lives % days at most.', longest using errcode = 'CQ123',
      hint = 'Leave expiresAt out for the longest that is allowed; the workspace and, with a token of an identity provider, the installation decide.';
  end if;
  return coalesce(wanted, made_at + make_interval(days => longest));
end
$$;
comment on function app_private.key_expiry(uuid, timestamptz) is 'When a new key of a workspace ends, null for never. Raises CQ123 when it would live too long, CQ200 when it would have ended.';
