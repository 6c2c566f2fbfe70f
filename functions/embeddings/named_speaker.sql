-- As an import named them: a name that came with the message and stays with it, unlike that of an account.
create or replace function app_private.named_speaker(metadata jsonb)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select left(n.name, 100)
  from unnest(array['speaker', 'author_name', 'user_name', 'author', 'name']) with ordinality as k (key, place)
  cross join lateral (select trim(metadata ->> k.key) as name) as n
  where jsonb_typeof(metadata -> k.key) = 'string' and n.name <> ''
  order by k.place
  limit 1;
$$;
comment on function app_private.named_speaker(jsonb) is 'Who spoke, as the metadata of an imported message name it; null when they do not.';
