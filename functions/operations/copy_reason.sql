-- Whether this database is another than the one that was adopted. What tells it is the server's, so that no process can be
-- mistaken: a dump is restored into another cluster or database, a database made of a template has another oid, and a restored
-- cluster writes a new timeline. A copy of the files of a whole server has none of these: environments tell it (quarantine_reason).
create or replace function app_private.copy_reason()
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  known app_private.database_identity;
  facts record;
begin
  select i.* into known from app_private.database_identity i;
  if known.adopted_at is null then
    return 'It was never adopted.';
  end if;
  select f.* into facts from app_private.database_facts() f;
  return case
    when facts.system_identifier <> known.system_identifier then 'It runs on another server than the one it was adopted on: a restored dump, or a major upgrade.'
    when facts.database_oid <> known.database_oid then 'It is another database of the same server than the one that was adopted: a restored dump, or made of it as a template.'
    when facts.database_name <> known.database_name then format('It was adopted under the name %s.', known.database_name)
    when facts.timeline <> known.timeline then
      format('Its server was restored or promoted since it was adopted: it writes timeline %s, and wrote %s.', facts.timeline, known.timeline)
  end;
end
$$;
comment on function app_private.copy_reason() is 'Why this database counts as a copy, whatever its processes declare; null when it is the one that was adopted.';
