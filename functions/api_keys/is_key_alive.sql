-- Whether an API key works now, apart from the membership of its owner: for requests that come with it, and for the links that it
-- made. A key that was made with a token of an identity provider rests while the provider has not vouched for the person for long.
create or replace function app_private.is_key_alive(wanted_id uuid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select
    from app_public.api_keys k
    join app_private.api_key_secrets s on s.api_key_id = k.id
    join app_public.users u on u.id = k.owner_id
    join app_public.workspaces w on w.id = k.workspace_id
    left join app_private.user_identities i on i.id = s.identity_id
    where k.id = wanted_id and k.is_active and u.is_active
      and (k.expires_at is null or k.expires_at > now())
      and (w.longest_api_key_days is null or uuid_extract_timestamp(k.id) + make_interval(days => w.longest_api_key_days) > now())
      and (i.id is null or i.last_seen_at + make_interval(days => app_hidden.setting('identity_key_idle_days')::integer) > now())
  );
$$;
comment on function app_private.is_key_alive(uuid) is
  'Whether a key is neither revoked, expired, older than its workspace allows, of an account that is switched off, nor of an identity that was not seen for long.';
