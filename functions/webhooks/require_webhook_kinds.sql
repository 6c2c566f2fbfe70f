-- A kind that is misspelt would never be told, and nobody would know.
create or replace function app_private.require_webhook_kinds(kinds text[])
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if kinds is null or cardinality(kinds) not between 1 and 50 or array_position(kinds, null) is not null
    or not kinds <@ (app_private.webhook_kinds() || '{*}'::text[]) then
    raise exception 'These kinds cannot be used.' using errcode = 'CQ742', column = 'kinds',
      hint = format('Name some of %s, or * for all.', array_to_string(app_private.webhook_kinds(), ', '));
  end if;
  return array(select distinct k.kind from unnest(kinds) as k (kind) order by k.kind);
end
$$;
comment on function app_private.require_webhook_kinds(text[]) is 'Kinds in order, each once. Raises CQ742 for what is none.';
