-- A document whose file an import did not find any more is put away, and comes back with the file.
alter table app_public.documents add column if not exists gone_at timestamptz;
comment on column app_public.documents.gone_at is 'When an import found that its file is gone, and archived it; null again when the file is back.';
comment on column app_public.event_import_outcome.raw_event_id is 'The event, when it was added now or earlier by the caller.';
