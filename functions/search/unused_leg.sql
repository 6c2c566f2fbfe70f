-- What an answer says of a leg of the search that was left out.
create or replace function app_private.unused_leg(leg app_public.search_mode, reason text)
returns app_public.search_leg
language sql
immutable
as $$
  select row(leg, 'left_out', reason, null, null, null)::app_public.search_leg;
$$;
comment on function app_private.unused_leg(app_public.search_mode, text) is 'A leg that was left out, and why.';
