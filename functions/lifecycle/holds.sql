-- A legal hold and a deletion never pass each other: who deletes holds this lock shared and then looks for holds, who places
-- one holds it alone. So a hold that was placed is seen, and a deletion that was faster is over. Both take it before any row
-- of the tenant is locked, so that they never wait for each other in a circle.
create or replace function app_private.lock_holds(for_workspace uuid, for_placing boolean default false)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if for_placing then
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text, 120));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended(for_workspace::text, 120));
  end if;
end
$$;
comment on function app_private.lock_holds(uuid, boolean) is 'Keeps legal holds of a workspace from being placed until the transaction ends; with for_placing, deletions from being begun.';

create or replace function app_private.is_held(for_workspace uuid, for_kind app_public.retention_kind)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_public.legal_holds h
    where h.workspace_id = for_workspace and h.released_at is null and (h.kind is null or h.kind = for_kind)
  );
$$;
comment on function app_private.is_held(uuid, app_public.retention_kind) is 'Whether a legal hold keeps a kind of thing in a workspace; with null, whether one keeps everything.';

create or replace function app_private.require_batch(size integer)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if size is null or size not between 1 and 10000 then
    raise exception 'A batch has 1 to 10,000 rows, not %.', coalesce(size::text, 'null') using errcode = 'CQ200', hint = 'Leave it out for the default.';
  end if;
end
$$;
comment on function app_private.require_batch(integer) is 'Raises CQ200 for a size of a batch that cannot be.';
