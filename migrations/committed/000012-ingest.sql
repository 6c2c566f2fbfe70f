--! Previous: sha1:b683c52fdaf9515d5f41302de9358df04876742b
--! Hash: sha1:650ce0605f9abc444bda729c5fa7df3e543a4a22
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
