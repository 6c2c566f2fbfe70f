--! Previous: sha1:4c40dec8f1e4e051c79cfa462169cb4e6adfd8b0
--! Hash: sha1:39d713aa63b481fe283f9a107afc2a35eccfa728
--! Message: storage slots

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 10-storage-slots.sql
-- Every workspace has all of its slots (functions/usage/workspaces_15_storage.sql).
insert into app_private.workspace_storage (workspace_id, slot)
select w.id, s.slot from app_public.workspaces w cross join generate_series(0, 15) as s (slot)
on conflict on constraint workspace_storage_pkey do nothing;
