-- The files that a message says are attached to it ({"fileId": …}, or file_id, as imports write it), as far as the caller may read them.
-- Runs with the caller's rights. A function, and no condition of the query that asks: an id out of a JSON is compared before the policy
-- only where it is a value, and otherwise every file of the workspace is read for it.
create or replace function app_hidden.attached_files(attachments jsonb)
returns setof app_public.files
language plpgsql
stable
parallel safe
rows 2
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
  attached record;
begin
  for attached in
    select (a.item ->> k.key)::uuid as id
    from jsonb_array_elements(case when jsonb_typeof(attachments) = 'array' then attachments else '[]' end) with ordinality as a (item, place)
    cross join unnest(array['fileId', 'file_id']) as k (key)
    where a.item ->> k.key ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    order by a.place
    limit 100
  loop
    return query select f.* from app_public.files f where f.id = attached.id;
  end loop;
end
$$;
comment on function app_hidden.attached_files(jsonb) is 'The files that attachments of a message name by fileId (or file_id), which the caller may read; at most 100.';
grant execute on function app_hidden.attached_files(jsonb) to colloquy_visitor, colloquy_user, colloquy_admin;
