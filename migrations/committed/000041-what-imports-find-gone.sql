--! Previous: sha1:9b7e22ffc851ef04d4176916cf59f5b3da3ad5b7
--! Hash: sha1:9d927b8c5484fa3eeba05e97d47796570d847b79
--! Message: what imports find gone

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 50-import-truth.sql
-- A document whose file an import did not find any more is put away, and comes back with the file.
alter table app_public.documents add column if not exists gone_at timestamptz;
comment on column app_public.documents.gone_at is 'When an import found that its file is gone, and archived it; null again when the file is back.';
comment on column app_public.event_import_outcome.raw_event_id is 'The event, when it was added now or earlier by the caller.';
