-- The statement by which the triggers that keep find the hold on a row: over a relation, since only the trigger itself sees the rows.
create or replace function app_private.hold_query(of_table regclass, rows text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select format(
    'select h.* from %s as r join app_public.legal_holds h on h.workspace_id = r.workspace_id and h.released_at is null
     where (h.kind is null or h.kind::text = any (%s::text[]))
       and (h.conversation_id is null or h.conversation_id = any (%s::uuid[]))
       and (h.document_id is null or h.document_id = any (%s::uuid[]))
       and (h.user_id is null or h.user_id = any (%s::uuid[]))
       and not (%s)
     order by h.id limit 1',
    rows, s.kinds, s.conversations, s.documents, s.persons, replace(s.unless, '%rows%', rows)
  )
  from app_private.hold_scope(of_table) as s;
$$;
comment on function app_private.hold_query(regclass, text) is 'A statement that finds the first legal hold on rows of a table.';
-- Deliberately not granted: the triggers that keep call it.
