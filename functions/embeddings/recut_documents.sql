-- Has documents cut anew as the active version cuts, some at a time: what stays the same keeps its passage and its vector, the
-- rest is found by its words at once and by its meaning when it is embedded. So whoever calls lets one batch be embedded before
-- it asks for the next (recutting_backlog), and never more than that is without vectors. Messages and memories are short and
-- keep their passages. For the owner of the database.
create or replace function app_private.recut_documents(after_document uuid default null, max_documents integer default 50)
returns uuid[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  recut uuid[];
begin
  with chosen as (
    select d.id
    from app_public.documents d
    where (after_document is null or d.id > after_document) and d.chunked_hash = d.content_hash
    order by d.id
    limit least(greatest(max_documents, 1), 1000)
    for no key update of d skip locked
  ),
  stale as (
    update app_public.documents d set chunked_hash = null from chosen c where d.id = c.id returning d.id, d.workspace_id
  ),
  sent as (
    select s.id, app_hidden.enqueue(
      'index-source', jsonb_build_object('workspaceId', s.workspace_id, 'sourceType', 'document', 'sourceId', s.id), 'document:' || s.id,
      s.workspace_id::text
    )
    from stale s
  )
  select array_agg(s.id order by s.id) into recut from sent s;
  return coalesce(recut, '{}');
end
$$;
comment on function app_private.recut_documents(uuid, integer) is 'Marks the next documents, by their ids, to be cut anew, and puts them into the queue. Returns which; empty when none are left.';

-- Deliberately not granted: the owner's login calls it.
