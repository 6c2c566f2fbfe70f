--! Previous: sha1:cd6c80cf0538f25d434737ed235bb79816e73bdd
--! Hash: sha1:d6b5a360991e2c8a019d2897854fea697b1547ad
--! Message: ingest

--! split: 1-current.sql
-- Ingestion: what is left of stored files when their rows go.

create table app_hidden.discarded_contents (
  workspace_id uuid not null,
  storage_path text not null,
  discarded_at timestamptz not null default now(),
  constraint discarded_contents_pkey primary key (workspace_id, storage_path),
  constraint discarded_contents_storage_path_length check (char_length(storage_path) between 1 and 200)
);
alter table app_hidden.discarded_contents enable row level security;
alter table app_hidden.discarded_contents force row level security;
-- serves: the job that removes bytes, oldest first
create index discarded_contents_discarded_at_idx on app_hidden.discarded_contents (discarded_at);
comment on table app_hidden.discarded_contents is 'Contents whose files are gone: a job removes their bytes when nobody of the workspace has stored them again.';
comment on column app_hidden.discarded_contents.workspace_id is 'The tenant. No foreign key: it may be gone as well.';
comment on column app_hidden.discarded_contents.storage_path is 'Where the bytes are.';
comment on column app_hidden.discarded_contents.discarded_at is 'Since when.';
