--! Previous: sha1:b21eb80577dd9ba90bd2551bdd1bd03f4f116d04
--! Hash: sha1:7754d32305ebab9a5c20a37cb4a53bc038d91cbb
--! Message: memory

--! split: 1-current.sql
-- Memory: files, repositories, long-term memory, raw events, tags, and how long things are kept.

--! Included memory/normalized_text.sql
-- The form in which memories are compared: what differs only in case, spaces or a full stop at the end is the same.
-- Declared immutable for generated columns, as lower() is: it follows the collation of the database.
create or replace function app_hidden.normalized_text(content text)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select lower(regexp_replace(regexp_replace(trim(regexp_replace(content, '\s+', ' ', 'g')), '(?<=.)[.!]+$', ''), '\s+$', ''));
$$;
comment on function app_hidden.normalized_text(text) is 'A text in lower case, with single spaces and without a full stop at the end: what near-duplicates have in common.';
--! EndIncluded memory/normalized_text.sql

create type app_public.processing_status as enum ('pending', 'processing', 'completed', 'failed');
create type app_public.repository_source_type as enum ('git', 'local', 'repomix', 'upload');
create type app_public.memory_source_type as enum ('chat', 'document', 'manual', 'event');
create type app_public.memory_change as enum ('remembered', 'merged', 'superseded', 'forgotten');
create type app_public.taggable_type as enum ('document', 'repository', 'conversation', 'memory_item');
create type app_public.retention_kind as enum (
  'conversations', 'documents', 'files', 'memory_items', 'raw_events', 'usage_logs', 'audit_logs', 'conversation_analytics',
  'hot_conversations', 'warm_conversations'
);

comment on type app_public.processing_status is 'pending, processing, completed or failed.';
comment on type app_public.repository_source_type is 'Where the files of a repository come from.';
comment on type app_public.memory_source_type is 'What a memory was learned from.';
comment on type app_public.memory_change is 'What happened to a memory.';
comment on type app_public.taggable_type is 'What can have a tag.';
comment on type app_public.retention_kind is
  'What a retention policy or a legal hold is about. hot_conversations and warm_conversations say how long a conversation rests before it is packed, and before it is cold: nothing is deleted by those.';

create table app_public.file_type_configs (
  mime_type text not null,
  extensions text[] not null,
  extractor text not null,
  max_bytes bigint not null,
  is_enabled boolean not null default true,
  constraint file_type_configs_pkey primary key (mime_type),
  constraint file_type_configs_mime_type_format check (char_length(mime_type) <= 200 and mime_type ~ '^[a-z0-9.+-]+/[a-z0-9.+-]+$'),
  constraint file_type_configs_extensions_length check (cardinality(extensions) between 1 and 50),
  constraint file_type_configs_extractor_known check (extractor in ('text', 'markdown', 'code', 'html', 'pdf', 'docx')),
  constraint file_type_configs_max_bytes_positive check (max_bytes > 0)
);
alter table app_public.file_type_configs enable row level security;
alter table app_public.file_type_configs force row level security;
comment on table app_public.file_type_configs is 'Which types of file can be stored, and how their text is read.';
comment on column app_public.file_type_configs.mime_type is 'Media type, in lower case.';
comment on column app_public.file_type_configs.extensions is 'Endings of file names, without the dot.';
comment on column app_public.file_type_configs.extractor is 'How the text is read: text, markdown, code, html, pdf or docx.';
comment on column app_public.file_type_configs.max_bytes is 'Largest file of this type.';
comment on column app_public.file_type_configs.is_enabled is 'Whether new files of this type are accepted.';

create policy all_owner on app_public.file_type_configs to colloquy_owner using (true) with check (true);

insert into app_public.file_type_configs (mime_type, extensions, extractor, max_bytes) values
  ('text/plain', '{txt,text,log}', 'text', 20971520),
  ('text/markdown', '{md,markdown}', 'markdown', 20971520),
  ('text/csv', '{csv}', 'text', 20971520),
  ('text/html', '{html,htm}', 'html', 20971520),
  ('application/json', '{json}', 'code', 20971520),
  ('application/xml', '{xml}', 'code', 20971520),
  ('text/x-source', '{js,ts,py,go,rs,java,c,cpp,sql,sh}', 'code', 5242880),
  ('application/pdf', '{pdf}', 'pdf', 104857600),
  ('application/vnd.openxmlformats-officedocument.wordprocessingml.document', '{docx}', 'docx', 52428800);

--! Included knowledge/content_path.sql
-- Where the bytes of a content lie below the folder of files, and what its lock is named after: one rule for both.
create or replace function app_private.content_path(workspace_id uuid, sha256 bytea)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select content_path.workspace_id::text || '/' || left(encode(content_path.sha256, 'hex'), 2) || '/' || encode(content_path.sha256, 'hex');
$$;
comment on function app_private.content_path(uuid, bytea) is 'The path of a content in a workspace: workspace, first two digits of the SHA-256, SHA-256 in hexadecimal.';
--! EndIncluded knowledge/content_path.sql

create table app_public.files (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  owner_id uuid not null,
  visibility app_public.visibility not null default 'private',
  original_name text not null,
  external_id text,
  mime_type text,
  byte_size bigint,
  sha256 bytea,
  source_url text,
  storage_path text generated always as (app_private.content_path(workspace_id, sha256)) stored,
  processing_status app_public.processing_status not null default 'pending',
  attempts integer not null default 0,
  retry_at timestamptz,
  error text,
  error_code text,
  extracted_length integer,
  chunk_count integer,
  conversation_id uuid,
  metadata jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  is_stored boolean not null generated always as (sha256 is not null) virtual,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint files_pkey primary key (id),
  constraint files_workspace_id_id_key unique (workspace_id, id),
  -- serves: a file that somebody stores again, and whether anybody of a workspace still has a content
  constraint files_sha256_key unique (workspace_id, sha256, owner_id),
  constraint files_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint files_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint files_mime_type_fkey foreign key (mime_type) references app_public.file_type_configs (mime_type),
  constraint files_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete set null (conversation_id),
  constraint files_id_version check (uuid_extract_version(id) = 7),
  constraint files_original_name_length check (char_length(original_name) between 1 and 255),
  constraint files_external_id_length check (char_length(external_id) between 1 and 1500),
  constraint files_stored_or_described check (
    case when sha256 is null then external_id is not null and processing_status = 'completed' else num_nulls(mime_type, byte_size) = 0 end
  ),
  constraint files_byte_size_positive check (byte_size >= 0),
  constraint files_sha256_length check (octet_length(sha256) = 32),
  constraint files_source_url_length check (char_length(source_url) between 1 and 2048),
  constraint files_attempts_positive check (attempts >= 0),
  constraint files_error_length check (char_length(error) <= 2000),
  constraint files_error_code_format check (error_code ~ '^CQ[0-9]{3}$'),
  constraint files_error_of_failure check (num_nonnulls(error, error_code) = case when processing_status = 'failed' then 2 else 0 end),
  constraint files_extracted_length_positive check (extracted_length >= 0),
  constraint files_chunk_count_positive check (chunk_count >= 0),
  constraint files_metadata_object check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536)
);
alter table app_public.files enable row level security;
alter table app_public.files force row level security;
-- serves: the cascade from workspaces, and a workspace's files newest first
create index files_workspace_id_idx on app_public.files (workspace_id, id desc);
-- serves: a user's files newest first, and the foreign key from users
create index files_owner_id_idx on app_public.files (owner_id, id desc);
-- serves: the files of a conversation, and the foreign key from conversations
create index files_conversation_id_idx on app_public.files (workspace_id, conversation_id) where conversation_id is not null;
-- serves: the attachment that an import described before; an identifier is private to its owner
create unique index files_external_id_key on app_public.files (workspace_id, owner_id, external_id) where external_id is not null;
-- serves: the foreign key from file_type_configs
create index files_mime_type_idx on app_public.files (mime_type);
-- serves: what still has to be read, for the sweep and the progress of a workspace
create index files_unread_idx on app_public.files (workspace_id, id) where processing_status in ('pending', 'processing');
comment on table app_public.files is 'A stored file: its name and state; or, when it is not stored, an attachment that an import only describes. Equal content of one workspace has one storage_path, so its bytes are there once; each person who stores it has a row, because a shared one would tell what others keep privately.';
comment on column app_public.files.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.files.workspace_id is 'The tenant.';
comment on column app_public.files.owner_id is 'Who stored it.';
comment on column app_public.files.visibility is 'private: only the owner reads it. workspace: every member.';
comment on column app_public.files.original_name is 'Name it was sent with, without folders.';
comment on column app_public.files.external_id is 'Identifier in the export that described it; unique per owner.';
comment on column app_public.files.mime_type is 'Media type; null when it is only described and of a type that cannot be stored.';
comment on column app_public.files.byte_size is 'Size in bytes; null when it is only described and nobody said.';
comment on column app_public.files.sha256 is 'SHA-256 of its bytes; null when it is only described.';
comment on column app_public.files.source_url is 'Where it came from. A file from the same place later replaces the text of the document that was read from this one.';
comment on column app_public.files.storage_path is 'Where the bytes are, below the storage''s root: derived from workspace and content.';
comment on column app_public.files.processing_status is 'How far the reading of its text is.';
comment on column app_public.files.attempts is 'How often reading it was begun.';
comment on column app_public.files.retry_at is 'While it is processing: when another worker may take it, because the one that has it was lost, or a try failed.';
comment on column app_public.files.error is 'Why it failed; only when it did.';
comment on column app_public.files.error_code is 'The stable code of that.';
comment on column app_public.files.extracted_length is 'Characters of text that were read from it.';
comment on column app_public.files.chunk_count is 'Chunks that were cut from it.';
comment on column app_public.files.conversation_id is 'Conversation it was sent in, if any.';
comment on column app_public.files.metadata is 'Anything else, as an object of at most 64 KiB.';
comment on column app_public.files.updated_at is 'Last change of its state.';
comment on column app_public.files.is_stored is 'Whether its bytes are here; false for an attachment that an import only describes.';
comment on column app_public.files.created_at is 'When it was stored; derived from the id.';

alter table app_public.documents add column file_id uuid;
alter table app_public.documents add constraint documents_file_id_fkey foreign key (workspace_id, file_id)
  references app_public.files (workspace_id, id) on delete cascade;
-- serves: the document of a file, and the foreign key from files
create index documents_file_id_idx on app_public.documents (workspace_id, file_id) where file_id is not null;
comment on column app_public.documents.file_id is 'File that the text was read from, if any.';

create table app_public.repositories (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  owner_id uuid not null,
  visibility app_public.visibility not null default 'private',
  name text not null,
  description text,
  repo_url text,
  source_type app_public.repository_source_type not null,
  is_archived boolean not null default false,
  metadata jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint repositories_pkey primary key (id),
  constraint repositories_workspace_id_id_key unique (workspace_id, id),
  constraint repositories_name_key unique (workspace_id, owner_id, name),
  constraint repositories_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint repositories_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint repositories_id_version check (uuid_extract_version(id) = 7),
  constraint repositories_name_length check (char_length(name) between 1 and 255),
  constraint repositories_description_length check (char_length(description) <= 2000),
  constraint repositories_repo_url_length check (char_length(repo_url) between 1 and 2048),
  constraint repositories_metadata_object check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536)
);
alter table app_public.repositories enable row level security;
alter table app_public.repositories force row level security;
-- serves: a user's repositories, and the foreign key from users
create index repositories_owner_id_idx on app_public.repositories (owner_id);
comment on table app_public.repositories is 'A named collection of documents that belong together: a code base, a folder.';
comment on column app_public.repositories.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.repositories.workspace_id is 'The tenant.';
comment on column app_public.repositories.owner_id is 'Who made it.';
comment on column app_public.repositories.visibility is 'private: only the owner reads it. workspace: every member. Its documents have their own.';
comment on column app_public.repositories.name is 'Name, unique per owner.';
comment on column app_public.repositories.description is 'What it is.';
comment on column app_public.repositories.repo_url is 'Where it is kept.';
comment on column app_public.repositories.source_type is 'Where its files come from.';
comment on column app_public.repositories.is_archived is 'Put away by its owner.';
comment on column app_public.repositories.metadata is 'Anything else, as an object of at most 64 KiB.';
comment on column app_public.repositories.updated_at is 'Last change by a person.';
comment on column app_public.repositories.created_at is 'When it was made; derived from the id.';

create table app_public.repository_documents (
  workspace_id uuid not null,
  repository_id uuid not null,
  document_id uuid not null,
  file_path text not null,
  added_at timestamptz not null default now(),
  constraint repository_documents_pkey primary key (repository_id, document_id),
  constraint repository_documents_file_path_key unique (workspace_id, repository_id, file_path),
  constraint repository_documents_repository_id_fkey foreign key (workspace_id, repository_id)
    references app_public.repositories (workspace_id, id) on delete cascade,
  constraint repository_documents_document_id_fkey foreign key (workspace_id, document_id)
    references app_public.documents (workspace_id, id) on delete cascade,
  constraint repository_documents_file_path_length check (char_length(file_path) between 1 and 1000)
);
alter table app_public.repository_documents enable row level security;
alter table app_public.repository_documents force row level security;
-- serves: the repositories of a document, and the foreign key from documents
create index repository_documents_document_id_idx on app_public.repository_documents (workspace_id, document_id);
comment on table app_public.repository_documents is 'Which documents are in a repository, and where.';
comment on column app_public.repository_documents.workspace_id is 'The tenant.';
comment on column app_public.repository_documents.repository_id is 'The repository.';
comment on column app_public.repository_documents.document_id is 'The document.';
comment on column app_public.repository_documents.file_path is 'Path within the repository.';
comment on column app_public.repository_documents.added_at is 'When it was put in.';

create table app_public.memory_items (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  owner_id uuid not null,
  visibility app_public.visibility not null default 'private',
  subject text,
  subject_key text generated always as (app_hidden.normalized_text(subject)) stored,
  content text not null,
  content_hash bytea generated always as (
    app_hidden.text_hash(coalesce(app_hidden.normalized_text(subject), '') || E'\n' || app_hidden.normalized_text(content))
  ) stored,
  chunked_hash bytea,
  source_type app_public.memory_source_type not null default 'manual',
  source_id uuid,
  importance real not null default 0.5,
  access_count integer not null default 0,
  last_accessed_at timestamptz,
  expires_at timestamptz,
  validity tstzrange not null,
  superseded_by uuid,
  forgotten_at timestamptz,
  provenance jsonb not null default '{}',
  metadata jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint memory_items_pkey primary key (id),
  constraint memory_items_workspace_id_id_key unique (workspace_id, id),
  constraint memory_items_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint memory_items_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint memory_items_superseded_by_fkey foreign key (workspace_id, superseded_by)
    references app_public.memory_items (workspace_id, id) on delete set null (superseded_by),
  -- at any time a subject has one value; what was forgotten does not count
  constraint memory_items_subject_excl exclude using gist (workspace_id with =, owner_id with =, subject_key with =, validity with &&)
    where (subject_key is not null and forgotten_at is null),
  constraint memory_items_id_version check (uuid_extract_version(id) = 7),
  constraint memory_items_subject_length check (char_length(subject) between 1 and 200),
  constraint memory_items_content_length check (char_length(content) between 1 and 10000),
  constraint memory_items_importance_range check (importance between 0 and 1),
  constraint memory_items_access_count_positive check (access_count >= 0),
  constraint memory_items_validity_known check (not isempty(validity) and not lower_inf(validity)),
  constraint memory_items_closed check (not upper_inf(validity) or (superseded_by is null and forgotten_at is null)),
  constraint memory_items_source check (source_type <> 'manual' or source_id is null),
  constraint memory_items_provenance_object check (jsonb_typeof(provenance) = 'object' and pg_column_size(provenance) <= 65536),
  constraint memory_items_metadata_object check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536)
);
alter table app_public.memory_items enable row level security;
alter table app_public.memory_items force row level security;
-- serves: the cascade from workspaces, and a workspace's memories newest first
create index memory_items_workspace_id_idx on app_public.memory_items (workspace_id, id desc);
-- serves: a user's memories newest first, and the foreign key from users
create index memory_items_owner_id_idx on app_public.memory_items (owner_id, id desc);
-- serves: remember() finds the same text; one current memory has it, whatever else happens
create unique index memory_items_content_hash_key on app_public.memory_items (workspace_id, owner_id, content_hash) where upper_inf(validity);
-- serves: what was learned from a source before, and is not learned again
create index memory_items_source_id_idx on app_public.memory_items (workspace_id, source_id) where source_id is not null;
-- serves: the memory that took the place of one, undone, and the foreign key
create index memory_items_superseded_by_idx on app_public.memory_items (workspace_id, superseded_by) where superseded_by is not null;
-- serves: the sweep for current memories without chunks; holds only those
create index memory_items_unchunked_idx on app_public.memory_items (id) where chunked_hash is distinct from content_hash and upper_inf(validity);
comment on table app_public.memory_items is 'Long-term memory: a fact to be recalled. Written through remember, forget and undoMemory only. What is no longer true is kept with the time it was.';
comment on column app_public.memory_items.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.memory_items.workspace_id is 'The tenant.';
comment on column app_public.memory_items.owner_id is 'Whose memory it is.';
comment on column app_public.memory_items.visibility is 'private: only the owner recalls it. workspace: every member.';
comment on column app_public.memory_items.subject is 'What it is about, like "favourite colour": a new value takes the place of the one before.';
comment on column app_public.memory_items.subject_key is 'The subject in the form that is compared.';
comment on column app_public.memory_items.content is 'The fact, 1 to 10,000 characters.';
comment on column app_public.memory_items.content_hash is 'SHA-256 of subject and content in the form that is compared: near-duplicates merge.';
comment on column app_public.memory_items.chunked_hash is 'content_hash at the time its chunks were made; different means work to do.';
comment on column app_public.memory_items.source_type is 'What it was learned from.';
comment on column app_public.memory_items.source_id is 'The message or conversation, document or event it was learned from.';
comment on column app_public.memory_items.importance is 'Importance, 0 to 1; weighs in recall.';
comment on column app_public.memory_items.access_count is 'How often it was used.';
comment on column app_public.memory_items.last_accessed_at is 'When it was last used.';
comment on column app_public.memory_items.expires_at is 'After this time it is not recalled.';
comment on column app_public.memory_items.validity is 'From when to when it held; without an end it holds now.';
comment on column app_public.memory_items.superseded_by is 'The memory that took its place.';
comment on column app_public.memory_items.forgotten_at is 'When it was forgotten.';
comment on column app_public.memory_items.provenance is 'How it came about, as an object: model, prompt, position in the source.';
comment on column app_public.memory_items.metadata is 'Anything else, as an object of at most 64 KiB.';
comment on column app_public.memory_items.updated_at is 'Last change by a person.';
comment on column app_public.memory_items.created_at is 'When it was remembered; derived from the id.';

create table app_public.memory_item_changes (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  owner_id uuid not null,
  memory_item_id uuid not null,
  change app_public.memory_change not null,
  old_values jsonb not null default '{}',
  undone_at timestamptz,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint memory_item_changes_pkey primary key (id),
  constraint memory_item_changes_memory_item_id_fkey foreign key (workspace_id, memory_item_id)
    references app_public.memory_items (workspace_id, id) on delete cascade,
  constraint memory_item_changes_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint memory_item_changes_id_version check (uuid_extract_version(id) = 7),
  constraint memory_item_changes_old_values_object check (jsonb_typeof(old_values) = 'object')
);
alter table app_public.memory_item_changes enable row level security;
alter table app_public.memory_item_changes force row level security;
-- serves: the history of a memory, its last change first, and the foreign key
create index memory_item_changes_memory_item_id_idx on app_public.memory_item_changes (workspace_id, memory_item_id, id desc);
-- serves: the foreign key from users
create index memory_item_changes_owner_id_idx on app_public.memory_item_changes (owner_id);
comment on table app_public.memory_item_changes is 'What happened to a memory, so that it can be undone. Only its owner sees it.';
comment on column app_public.memory_item_changes.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.memory_item_changes.workspace_id is 'The tenant.';
comment on column app_public.memory_item_changes.owner_id is 'Whose memory it is.';
comment on column app_public.memory_item_changes.memory_item_id is 'The memory.';
comment on column app_public.memory_item_changes.change is 'What happened.';
comment on column app_public.memory_item_changes.old_values is 'What the change overwrote, as an object.';
comment on column app_public.memory_item_changes.undone_at is 'When it was undone.';
comment on column app_public.memory_item_changes.created_at is 'When it happened; derived from the id.';

create table app_public.raw_events (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  owner_id uuid not null,
  source text not null,
  event_type text not null,
  external_id text,
  payload jsonb not null,
  metadata jsonb not null default '{}',
  processing_status app_public.processing_status not null default 'pending',
  attempts integer not null default 0,
  retry_at timestamptz,
  error text,
  processed_at timestamptz,
  knowledge_hash bytea,
  ingested_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint raw_events_pkey primary key (id),
  constraint raw_events_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint raw_events_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint raw_events_id_version check (uuid_extract_version(id) = 7),
  constraint raw_events_source_length check (char_length(source) between 1 and 100),
  constraint raw_events_event_type_length check (char_length(event_type) between 1 and 200),
  constraint raw_events_external_id_length check (char_length(external_id) between 1 and 500),
  constraint raw_events_payload_length check (pg_column_size(payload) <= 1048576),
  constraint raw_events_metadata_object check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536),
  constraint raw_events_attempts_positive check (attempts >= 0),
  constraint raw_events_error_length check (char_length(error) <= 2000),
  constraint raw_events_knowledge_hash_length check (octet_length(knowledge_hash) = 32)
) partition by range (id);
alter table app_public.raw_events enable row level security;
alter table app_public.raw_events force row level security;
create table app_partitions.raw_events_default partition of app_public.raw_events default;
-- serves: the events of a workspace, newest first, and the cascade from workspaces
create index raw_events_workspace_id_idx on app_public.raw_events (workspace_id, id desc);
-- serves: the foreign key from users
create index raw_events_owner_id_idx on app_public.raw_events (owner_id);
-- serves: what still has to be processed, for claims, the sweep and the progress of a workspace
create index raw_events_unprocessed_idx on app_public.raw_events (workspace_id, source, id) where processing_status in ('pending', 'processing');
-- serves: another event that says the same, when the one with the chunk goes
create index raw_events_knowledge_hash_idx on app_public.raw_events (workspace_id, knowledge_hash) where knowledge_hash is not null;
comment on table app_public.raw_events is 'An event of another system, as it came. Written through ingestEvent and importEvents only; it belongs to the whole workspace. Partitioned by month on its own time-ordered id.';
comment on column app_public.raw_events.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.raw_events.workspace_id is 'The tenant.';
comment on column app_public.raw_events.owner_id is 'Who brought it in.';
comment on column app_public.raw_events.source is 'System it comes from: slack, jira, git.';
comment on column app_public.raw_events.event_type is 'Kind of event, in the words of that system.';
comment on column app_public.raw_events.external_id is 'Identifier in that system; an event that is delivered again is not stored twice.';
comment on column app_public.raw_events.payload is 'The event, at most 1 MiB.';
comment on column app_public.raw_events.metadata is 'Anything else, as an object of at most 64 KiB.';
comment on column app_public.raw_events.processing_status is 'How far its processing is.';
comment on column app_public.raw_events.attempts is 'How often processing was tried.';
comment on column app_public.raw_events.error is 'Why the last try failed, or what it waits for.';
comment on column app_public.raw_events.processed_at is 'When it was processed.';
comment on column app_public.raw_events.retry_at is 'Not taken before. While it is processing, another worker may take it then, because the one that has it was lost, or a try failed; while it is pending, a budget has no room for its summary.';
comment on column app_public.raw_events.knowledge_hash is 'SHA-256 of what it says. Events that say the same share one chunk.';
comment on column app_public.raw_events.ingested_at is 'When it came in; derived from the id.';

create type app_public.event_import_outcome as (
  external_id text,
  raw_event_id uuid,
  outcome text,
  reason text
);
comment on type app_public.event_import_outcome is 'What an import did with one event.';
comment on column app_public.event_import_outcome.external_id is 'Identifier in the system it comes from.';
comment on column app_public.event_import_outcome.raw_event_id is 'The event, when it was added.';
comment on column app_public.event_import_outcome.outcome is 'added, unchanged or refused.';
comment on column app_public.event_import_outcome.reason is 'Why it was refused.';

create table app_hidden.raw_event_keys (
  workspace_id uuid not null,
  source text not null,
  external_id text not null,
  raw_event_id uuid not null,
  constraint raw_event_keys_pkey primary key (workspace_id, source, external_id),
  constraint raw_event_keys_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade
);
alter table app_hidden.raw_event_keys enable row level security;
alter table app_hidden.raw_event_keys force row level security;
comment on table app_hidden.raw_event_keys is 'Which events were stored, over all months: a unique constraint of a partitioned table would need its partition key.';
comment on column app_hidden.raw_event_keys.workspace_id is 'The tenant.';
comment on column app_hidden.raw_event_keys.source is 'System the event comes from.';
comment on column app_hidden.raw_event_keys.external_id is 'Identifier in that system.';
comment on column app_hidden.raw_event_keys.raw_event_id is 'The stored event. No foreign key: it may be gone.';

create table app_public.tags (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  name extensions.citext not null,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint tags_pkey primary key (id),
  constraint tags_workspace_id_id_key unique (workspace_id, id),
  constraint tags_name_key unique (workspace_id, name),
  constraint tags_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint tags_id_version check (uuid_extract_version(id) = 7),
  constraint tags_name_length check (char_length(name::text) between 1 and 100)
);
alter table app_public.tags enable row level security;
alter table app_public.tags force row level security;
comment on table app_public.tags is 'A label of a workspace. Every member sees its name.';
comment on column app_public.tags.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.tags.workspace_id is 'The tenant.';
comment on column app_public.tags.name is 'Name, unique in the workspace; upper and lower case do not matter.';
comment on column app_public.tags.created_at is 'When it was first used; derived from the id.';

create table app_public.entity_tags (
  workspace_id uuid not null,
  tag_id uuid not null,
  entity_type app_public.taggable_type not null,
  entity_id uuid not null,
  tagged_at timestamptz not null default now(),
  constraint entity_tags_pkey primary key (tag_id, entity_type, entity_id),
  constraint entity_tags_tag_id_fkey foreign key (workspace_id, tag_id) references app_public.tags (workspace_id, id) on delete cascade
);
alter table app_public.entity_tags enable row level security;
alter table app_public.entity_tags force row level security;
-- serves: the foreign key from tags, with the tenant first
create index entity_tags_tag_id_idx on app_public.entity_tags (workspace_id, tag_id);
-- serves: the tags of one thing, and their end when it goes
create index entity_tags_entity_id_idx on app_public.entity_tags (entity_id, entity_type);
comment on table app_public.entity_tags is 'Which things have a tag. Who may not read a thing does not see its tags. A trigger keeps what a foreign key cannot: the thing exists, in the same workspace.';
comment on column app_public.entity_tags.workspace_id is 'The tenant.';
comment on column app_public.entity_tags.tag_id is 'The tag.';
comment on column app_public.entity_tags.entity_type is 'Kind of thing.';
comment on column app_public.entity_tags.entity_id is 'The thing.';
comment on column app_public.entity_tags.tagged_at is 'Since when.';

create table app_public.retention_policies (
  id uuid not null default uuidv7(),
  workspace_id uuid,
  kind app_public.retention_kind not null,
  keep_days integer,
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint retention_policies_pkey primary key (id),
  constraint retention_policies_kind_key unique nulls not distinct (workspace_id, kind),
  constraint retention_policies_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint retention_policies_id_version check (uuid_extract_version(id) = 7),
  constraint retention_policies_keep_days_range check (keep_days between 1 and 36500)
);
alter table app_public.retention_policies enable row level security;
alter table app_public.retention_policies force row level security;
comment on table app_public.retention_policies is 'How long things are kept. A legal hold comes first, then the workspace''s own policy, then the one for the whole system; without any, forever.';
comment on column app_public.retention_policies.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.retention_policies.workspace_id is 'The tenant; null for the whole system.';
comment on column app_public.retention_policies.kind is 'What it is about.';
comment on column app_public.retention_policies.keep_days is 'Days to keep it; null means forever.';
comment on column app_public.retention_policies.updated_at is 'Last change.';
comment on column app_public.retention_policies.created_at is 'When it was made; derived from the id.';

create policy all_owner on app_public.retention_policies to colloquy_owner using (true) with check (true);

insert into app_public.retention_policies (kind, keep_days) values
  ('raw_events', 90), ('memory_items', 30), ('usage_logs', 730), ('conversation_analytics', 730),
  ('hot_conversations', 30), ('warm_conversations', 180);

create table app_public.legal_holds (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  kind app_public.retention_kind,
  reason text not null,
  placed_by uuid,
  released_by uuid,
  released_at timestamptz,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint legal_holds_pkey primary key (id),
  constraint legal_holds_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint legal_holds_placed_by_fkey foreign key (placed_by) references app_public.users (id) on delete set null,
  constraint legal_holds_released_by_fkey foreign key (released_by) references app_public.users (id) on delete set null,
  constraint legal_holds_id_version check (uuid_extract_version(id) = 7),
  constraint legal_holds_reason_length check (char_length(reason) between 1 and 2000),
  constraint legal_holds_released check (released_by is null or released_at is not null)
);
alter table app_public.legal_holds enable row level security;
alter table app_public.legal_holds force row level security;
-- serves: the holds of a workspace, for retention, and the cascade from workspaces
create index legal_holds_workspace_id_idx on app_public.legal_holds (workspace_id);
-- serves: the foreign keys from users
create index legal_holds_placed_by_idx on app_public.legal_holds (placed_by);
create index legal_holds_released_by_idx on app_public.legal_holds (released_by);
comment on table app_public.legal_holds is 'What retention must not delete in a workspace, whatever a policy says. Only its owners and administrators see it.';
comment on column app_public.legal_holds.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.legal_holds.workspace_id is 'The tenant.';
comment on column app_public.legal_holds.kind is 'What is held; null means everything.';
comment on column app_public.legal_holds.reason is 'Why.';
comment on column app_public.legal_holds.placed_by is 'Who placed it.';
comment on column app_public.legal_holds.released_by is 'Who released it.';
comment on column app_public.legal_holds.released_at is 'When it was released; it stays on record.';
comment on column app_public.legal_holds.created_at is 'When it was placed; derived from the id.';

create type app_public.effective_retention as (
  kind app_public.retention_kind,
  keep_days integer,
  decided_by text
);
comment on type app_public.effective_retention is 'How long a kind of thing is kept in a workspace, and what decides it.';
comment on column app_public.effective_retention.kind is 'What it is about.';
comment on column app_public.effective_retention.keep_days is 'Days to keep it; null means forever.';
comment on column app_public.effective_retention.decided_by is 'hold, workspace, system or nothing.';

alter table app_public.chunks add column memory_item_id uuid;
alter table app_public.chunks add column raw_event_id uuid;
alter table app_public.chunks add constraint chunks_memory_item_id_fkey foreign key (workspace_id, memory_item_id)
  references app_public.memory_items (workspace_id, id) on delete cascade;
alter table app_public.chunks drop constraint chunks_one_source;
alter table app_public.chunks add constraint chunks_one_source check (
  num_nonnulls(document_id, message_id, memory_item_id, raw_event_id) = 1
  and (conversation_id is not null) = (message_id is not null)
  and case source_type
    when 'document' then document_id is not null
    when 'message' then message_id is not null
    when 'memory' then memory_item_id is not null
    when 'event' then raw_event_id is not null
  end
);
-- serves: the pieces of a memory, recall, and the foreign key from memory_items
create unique index chunks_memory_item_id_key on app_public.chunks (workspace_id, memory_item_id, chunk_index) where memory_item_id is not null;
-- serves: the pieces of an event
create unique index chunks_raw_event_id_key on app_public.chunks (workspace_id, raw_event_id, chunk_index) where raw_event_id is not null;
comment on column app_public.chunks.memory_item_id is 'The memory, when it is a piece of one.';
comment on column app_public.chunks.raw_event_id is 'The event, when it is a piece of one. No foreign key, since events lie in monthly partitions: a trigger removes the piece with the event.';
comment on table app_public.chunks is 'The one unit of retrieval: a piece of a document, message, memory or event. Written by the worker only; its text never changes, an edit replaces the piece.';

alter type app_public.search_result add attribute memory_item_id uuid;
comment on column app_public.search_result.memory_item_id is 'The memory, if any.';
alter type app_public.search_result add attribute raw_event_id uuid;
comment on column app_public.search_result.raw_event_id is 'The event, if any.';
alter type app_public.indexing_progress add attribute pending_memory_items bigint;
comment on column app_public.indexing_progress.pending_memory_items is 'Memories that are not cut into chunks yet.';
alter type app_public.indexing_progress add attribute pending_files bigint, add attribute pending_events bigint;
comment on column app_public.indexing_progress.pending_files is 'Files whose text is not read yet.';
comment on column app_public.indexing_progress.pending_events is 'Events that are not processed yet.';

create type app_public.recalled_memory as (
  memory_item_id uuid,
  content text,
  subject text,
  importance real,
  vector_score real,
  text_score real,
  recency real,
  score real
);
comment on type app_public.recalled_memory is 'One recalled memory.';
comment on column app_public.recalled_memory.memory_item_id is 'The memory.';
comment on column app_public.recalled_memory.content is 'The fact.';
comment on column app_public.recalled_memory.subject is 'What it is about.';
comment on column app_public.recalled_memory.importance is 'Importance, 0 to 1.';
comment on column app_public.recalled_memory.vector_score is 'Cosine similarity, -1 to 1; null when only the text matched.';
comment on column app_public.recalled_memory.text_score is 'Rank of the text match; null when only the vector matched.';
comment on column app_public.recalled_memory.recency is '1 for what was remembered or used just now, half of it a month later.';
comment on column app_public.recalled_memory.score is 'What the memories are ordered by.';

create type app_public.recall_response as (
  requested integer,
  returned integer,
  embedding_version_id uuid,
  memories app_public.recalled_memory[]
);
comment on type app_public.recall_response is 'What was recalled.';
comment on column app_public.recall_response.requested is 'Memories asked for.';
comment on column app_public.recall_response.returned is 'Memories found.';
comment on column app_public.recall_response.embedding_version_id is 'Embedding version that was used.';
comment on column app_public.recall_response.memories is 'What was found, best first.';
