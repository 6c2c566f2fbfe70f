-- The counters that an attempt to sign in goes by, that of the client first. An account that does not exist has the same: they
-- go by the address as it was typed, and by the network. Where the account signed in before, guesses of strangers must not
-- count: its client has a counter of its own, and those of the account and the network are left out.
create or replace function app_private.sign_in_counters(for_user uuid, email text)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
      when place.is_client then array['known:' || app_private.counter_key(typed.email, here.network, here.client)]
      else array['client:' || app_private.counter_key(typed.email, here.network)]
    end
    || case
      when place.is_network then '{}'::text[]
      else array['account:' || app_private.counter_key(typed.email), 'network:' || app_private.counter_key(here.network)]
    end
  from (values (lower(trim(sign_in_counters.email)))) as typed (email)
  cross join (values (
    app_private.client_network()::text, app_private.client_label(nullif(current_setting('colloquy.user_agent', true), ''))
  )) as here (network, client)
  cross join lateral (
    select count(*) > 0 as is_network, coalesce(bool_or(p.client = here.client), false) as is_client
    from app_private.sign_in_places p
    where p.user_id = coalesce(for_user, '00000000-0000-0000-0000-000000000000') and p.network = here.network::cidr
      and p.last_seen_at > now() - make_interval(days => app_hidden.setting('sign_in_place_days')::integer)
  ) as place;
$$;
comment on function app_private.sign_in_counters(uuid, text) is 'Names of the counters of an attempt to sign in with this address from where the request comes from.';
