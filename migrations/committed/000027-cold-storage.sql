--! Previous: sha1:e3337a9b04f448cadaf3c7d16dc02b9a65169bc8
--! Hash: sha1:4761f0fa80ebcd8309f0fe328cdb62335bc8005b
--! Message: cold storage

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 20-cold-storage.sql
-- Documents of conversations that are cold may lie in the storage of files: functions/lifecycle/store_conversation.sql.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
create table if not exists app_hidden.conversation_files (
  conversation_id uuid not null constraint conversation_files_pkey primary key,
  workspace_id uuid not null,
  storage_path text not null constraint conversation_files_storage_path_length check (char_length(storage_path) between 1 and 200),
  byte_size bigint not null constraint conversation_files_byte_size_positive check (byte_size > 0),
  document_bytes bigint not null constraint conversation_files_document_bytes_positive check (document_bytes >= 0),
  stored_at timestamptz not null default now(),
  recalled_at timestamptz,
  checked_at timestamptz not null default now(),
  hashed_at timestamptz not null default now(),
  problem text constraint conversation_files_problem_known check (problem in ('missing', 'damaged')),
  constraint conversation_files_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_hidden.conversation_archives (workspace_id, conversation_id) on delete cascade
);
alter table app_hidden.conversation_files enable row level security;
alter table app_hidden.conversation_files force row level security;
-- serves: the foreign key from conversation_archives
create index if not exists conversation_files_workspace_id_idx on app_hidden.conversation_files (workspace_id, conversation_id);
-- serves: whether bytes may be removed, and the contents of a backup
create index if not exists conversation_files_storage_path_idx on app_hidden.conversation_files (storage_path);
-- serves: the files whose bytes were hashed longest ago
create index if not exists conversation_files_hashed_at_idx on app_hidden.conversation_files (hashed_at);
comment on table app_hidden.conversation_files is 'Files in the storage of files that have the documents of a cold conversation, one each. It goes with the archive.';
comment on column app_hidden.conversation_files.conversation_id is 'The conversation.';
comment on column app_hidden.conversation_files.workspace_id is 'The tenant.';
comment on column app_hidden.conversation_files.storage_path is 'Where the bytes are: workspace, then the SHA-256 of the bytes.';
comment on column app_hidden.conversation_files.byte_size is 'Bytes of the file.';
comment on column app_hidden.conversation_files.document_bytes is 'Bytes of the documents in it, unpacked.';
comment on column app_hidden.conversation_files.stored_at is 'When it was written.';
comment on column app_hidden.conversation_files.recalled_at is 'When the documents came back into the database to be read; null while they are in the file alone.';
comment on column app_hidden.conversation_files.checked_at is 'When it was last looked for, and its size compared.';
comment on column app_hidden.conversation_files.hashed_at is 'When its bytes were last read and hashed.';
comment on column app_hidden.conversation_files.problem is 'What was found wrong: missing or damaged. Null: nothing.';

-- Nobody but our own functions reads it.
-- squawk-ignore ban-drop-not-null
alter table app_hidden.conversation_archive_parts alter column document drop not null;
alter table app_hidden.conversation_archive_parts add column if not exists stored_bytes integer;
comment on column app_hidden.conversation_archive_parts.document is 'The rows, by primary key. Compressed by PostgreSQL. Null while it is in the file of its conversation.';
comment on column app_hidden.conversation_archive_parts.stored_bytes is 'Bytes of the document while it is in the file of its conversation; null while it is here.';
alter table app_hidden.conversation_archive_parts drop constraint if exists conversation_archive_parts_document_somewhere;
alter table app_hidden.conversation_archive_parts add constraint conversation_archive_parts_document_somewhere
  check (num_nonnulls(document, stored_bytes) = 1) not valid;
alter table app_hidden.conversation_archive_parts validate constraint conversation_archive_parts_document_somewhere;

insert into app_private.settings (name, value, unit, description) values
  ('cold_storage_days', 'off', 'days or off', 'Days that a conversation is cold before its documents go to the storage of files. off: they stay in the database.')
on conflict (name) do nothing;
