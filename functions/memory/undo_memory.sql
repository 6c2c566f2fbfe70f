-- The undoing of forget(), and of what remember() did to an earlier memory. Security definer, like remember(). Only the owner
-- may.
create or replace function app_public.undo_memory(id uuid)
returns app_public.memory_items
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  item app_public.memory_items := app_private.lock_memory(undo_memory.id);
  -- what is opened again, and what is closed for it
  reopened app_public.memory_items;
  closed app_public.memory_items;
  last_change app_public.memory_item_changes;
  at timestamptz := clock_timestamp();
begin
  select c.* into last_change
  from app_public.memory_item_changes c
  where c.workspace_id = item.workspace_id and c.memory_item_id = item.id and c.undone_at is null
  order by c.id desc
  limit 1;
  case last_change.change
    when 'merged' then
      update app_public.memory_items m
      set importance = (last_change.old_values ->> 'importance')::real, expires_at = (last_change.old_values ->> 'expiresAt')::timestamptz
      where m.id = item.id;
    when 'forgotten' then
      if (last_change.old_values ->> 'isCurrent')::boolean then
        reopened := item;
      end if;
    when 'superseded' then
      reopened := item;
      select m.* into closed from app_public.memory_items m where m.workspace_id = item.workspace_id and m.id = item.superseded_by for update;
    when 'remembered' then
      closed := item;
      select m.* into reopened from app_public.memory_items m where m.workspace_id = item.workspace_id and m.superseded_by = item.id for update;
    else
      raise exception 'There is nothing to undo.' using errcode = 'CQ241', hint = 'Every change of this memory is undone.';
  end case;

  begin
    if upper_inf(closed.validity) then
      update app_public.memory_items m
      set forgotten_at = at, validity = tstzrange(lower(m.validity), greatest(at, lower(m.validity) + interval '1 microsecond'))
      where m.id = closed.id;
    end if;
    update app_public.memory_items m
    set forgotten_at = null, superseded_by = null, validity = tstzrange(lower(m.validity), null)
    where m.id = reopened.id;
    if last_change.change = 'forgotten' and reopened.id is null then
      update app_public.memory_items m set forgotten_at = null where m.id = item.id;
    end if;
  exception when exclusion_violation or unique_violation then
    raise exception 'Another memory has taken its place since.' using errcode = 'CQ242', hint = 'Forget that one first.';
  end;
  update app_public.memory_item_changes c
  set undone_at = at
  where c.workspace_id = item.workspace_id and c.undone_at is null and (
    c.id = last_change.id
    or last_change.change in ('superseded', 'remembered') and (
      c.memory_item_id = closed.id and c.change = 'remembered' or c.memory_item_id = reopened.id and c.change = 'superseded'
    )
  );
  update app_public.memory_items m set updated_at = at where m.id = item.id returning * into item;
  return item;
end
$$;
comment on function app_public.undo_memory(uuid) is
  'Undoes the last change of a memory: forgetting, merging, or that a new value took its place. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such memory, CQ241 nothing to undo, CQ242 another memory has taken its place.';
grant execute on function app_public.undo_memory(uuid) to colloquy_user, colloquy_admin;
