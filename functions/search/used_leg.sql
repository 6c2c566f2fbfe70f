-- What an answer says of a leg of the search that was used.
create or replace function app_private.used_leg(leg app_public.search_mode, hits app_private.search_hit[], weight real)
returns app_public.search_leg
language sql
immutable
as $$
  select row(leg, 'used', null, cardinality(hits), (hits[1]).score, weight)::app_public.search_leg;
$$;
comment on function app_private.used_leg(app_public.search_mode, app_private.search_hit[], real) is 'A leg that was used: how much it found, its best score, and its weight.';
