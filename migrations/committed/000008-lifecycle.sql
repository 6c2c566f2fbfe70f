--! Previous: sha1:061a41c907818726b073b7cd9dc2c109ca0257b4
--! Hash: sha1:0e6337e167df491050be25f34fafecf1eb0ff5e5
--! Message: lifecycle

--! split: 1-current.sql
-- The archive: the messages of conversations that rest, with their feedback and citations, packed. Tool calls, images, shares and
-- idempotency keys stay rows: they are found by themselves, and name their message without a foreign key.

create table app_hidden.conversation_archives (
  conversation_id uuid not null,
  workspace_id uuid not null,
  format smallint not null default 1,
  message_count integer not null,
  feedback_count integer not null,
  citation_count integer not null,
  message_ids uuid[] not null,
  sha256 bytea not null,
  packed_at timestamptz not null default now(),
  constraint conversation_archives_pkey primary key (conversation_id),
  constraint conversation_archives_workspace_id_key unique (workspace_id, conversation_id),
  constraint conversation_archives_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint conversation_archives_format_known check (format = 1),
  constraint conversation_archives_counts_positive check (message_count >= 0 and feedback_count >= 0 and citation_count >= 0),
  constraint conversation_archives_message_ids_count check (cardinality(message_ids) = message_count),
  constraint conversation_archives_sha256_length check (octet_length(sha256) = 32)
);
alter table app_hidden.conversation_archives enable row level security;
alter table app_hidden.conversation_archives force row level security;
-- serves: the conversation of a packed message
create index conversation_archives_message_ids_idx on app_hidden.conversation_archives using gin (message_ids);
comment on table app_hidden.conversation_archives is 'What is packed of a conversation that is warm or cold. It goes when the conversation is hot again.';
comment on column app_hidden.conversation_archives.conversation_id is 'The conversation.';
comment on column app_hidden.conversation_archives.workspace_id is 'The tenant.';
comment on column app_hidden.conversation_archives.format is 'Version of the format of the documents.';
comment on column app_hidden.conversation_archives.message_count is 'Messages in it.';
comment on column app_hidden.conversation_archives.feedback_count is 'Feedback in it.';
comment on column app_hidden.conversation_archives.citation_count is 'Citations in it.';
comment on column app_hidden.conversation_archives.message_ids is 'Ids of its messages, by which the conversation of one is found.';
comment on column app_hidden.conversation_archives.sha256 is 'SHA-256 over the SHA-256 of its parts, in order.';
comment on column app_hidden.conversation_archives.packed_at is 'When it was packed.';

create table app_hidden.conversation_archive_parts (
  workspace_id uuid not null,
  conversation_id uuid not null,
  packed regclass not null,
  part integer not null,
  first_id uuid not null,
  last_id uuid not null,
  row_count integer not null,
  columns text[] not null,
  sha256 bytea not null,
  -- Measured on 8,000 messages of prose and code, 128 KiB a part: lz4 4.95 to 1, 268 MB/s in; pglz 4.76 to 1, 41 MB/s. One
  -- part for all would be 5.10 to 1, row by row is 1.00 to 1.
  document text not null,
  constraint conversation_archive_parts_pkey primary key (conversation_id, packed, part),
  constraint conversation_archive_parts_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_hidden.conversation_archives (workspace_id, conversation_id) on delete cascade,
  constraint conversation_archive_parts_row_count_positive check (row_count > 0),
  constraint conversation_archive_parts_sha256_length check (octet_length(sha256) = 32)
);
alter table app_hidden.conversation_archive_parts enable row level security;
alter table app_hidden.conversation_archive_parts force row level security;
-- serves: the foreign key from conversation_archives
create index conversation_archive_parts_workspace_id_idx on app_hidden.conversation_archive_parts (workspace_id, conversation_id);
comment on table app_hidden.conversation_archive_parts is 'Rows of one table, as a JSON array of objects whose values are texts: what PostgreSQL writes of any type it reads again exactly.';
comment on column app_hidden.conversation_archive_parts.workspace_id is 'The tenant.';
comment on column app_hidden.conversation_archive_parts.conversation_id is 'The conversation.';
comment on column app_hidden.conversation_archive_parts.packed is 'The table.';
comment on column app_hidden.conversation_archive_parts.part is 'Place among the parts of that table; numbers may be left out.';
comment on column app_hidden.conversation_archive_parts.first_id is 'Id of the first message in it, or of the message that its first row is about.';
comment on column app_hidden.conversation_archive_parts.last_id is 'The same of the last.';
comment on column app_hidden.conversation_archive_parts.row_count is 'Rows in it.';
comment on column app_hidden.conversation_archive_parts.columns is 'Columns that the table had then. One that came later has its default in a row that is restored.';
comment on column app_hidden.conversation_archive_parts.sha256 is 'SHA-256 of the document.';
comment on column app_hidden.conversation_archive_parts.document is 'The rows, by primary key. Compressed by PostgreSQL.';

do $$
begin
  alter table app_hidden.conversation_archive_parts alter column document set compression lz4;
exception when feature_not_supported then
  -- the embedded database is built without it
  null;
end
$$;

create type app_hidden.packed_conversation as (
  conversation_id uuid,
  storage_tier app_public.storage_tier,
  messages integer,
  problem text
);
comment on type app_hidden.packed_conversation is 'What a step of the archive did with a conversation.';
comment on column app_hidden.packed_conversation.conversation_id is 'The conversation.';
comment on column app_hidden.packed_conversation.storage_tier is 'Where its messages are now.';
comment on column app_hidden.packed_conversation.messages is 'Messages that were packed or checked.';
comment on column app_hidden.packed_conversation.problem is 'Why nothing was done, if nothing was.';
