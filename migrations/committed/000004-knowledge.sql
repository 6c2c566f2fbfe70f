--! Previous: sha1:ab62e43e84680d1c1c231295343c547fa7e4106b
--! Hash: sha1:912d6c60aeadb0c9da83a7eb1ea071846a1d463a
--! Message: knowledge

--! split: 1-current.sql
-- Knowledge: documents, the chunks that retrieval works on, embedding versions and their vectors.

--! Included support/text_hash.sql
-- SHA-256 of a text in UTF-8. convert_to() is only stable, since conversions can be redefined; this one is built in, and
-- generated columns need an immutable function.
create or replace function app_hidden.text_hash(content text)
returns bytea
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select sha256(convert_to(content, 'UTF8'));
$$;
comment on function app_hidden.text_hash(text) is 'SHA-256 of a text in UTF-8: 32 bytes.';
-- Deliberately granted to those who may write the generated column alone.
grant execute on function app_hidden.text_hash(text) to colloquy_user, colloquy_admin;
--! EndIncluded support/text_hash.sql
--! Included search/text_search_vector.sql
-- What text search sees of a chunk: its heading weighs more than its content. Declared immutable although a text search
-- configuration could be altered: PostgreSQL's own ones do not change within a major version, and a generated column needs it.
create or replace function app_hidden.text_search_vector(language text, heading text, content text)
returns tsvector
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  configuration regconfig := ('pg_catalog.' || language)::regconfig;
begin
  -- the parser drops whatever looks like a tag: <rug>, Map<Rug> and all of a JSX element could not be found
  return setweight(to_tsvector(configuration, translate(coalesce(heading, ''), '<>', '  ')), 'A')
    || setweight(to_tsvector(configuration, translate(content, '<>', '  ')), 'B');
end
$$;
comment on function app_hidden.text_search_vector(text, text, text) is 'The tsvector of a chunk: heading with weight A, content with weight B.';
--! EndIncluded search/text_search_vector.sql

create table app_public.documents (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  owner_id uuid not null,
  visibility app_public.visibility not null default 'private',
  title text not null,
  content text not null,
  content_type text not null default 'text',
  code_language text,
  text_search_language app_public.text_search_language not null default 'english',
  source_url text,
  content_hash bytea generated always as (
    app_hidden.text_hash(title || E'\n' || content_type || E'\n' || coalesce(code_language, '') || E'\n' || text_search_language || E'\n' || content)
  ) stored,
  chunked_hash bytea,
  is_archived boolean not null default false,
  metadata jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint documents_pkey primary key (id),
  constraint documents_workspace_id_id_key unique (workspace_id, id),
  constraint documents_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint documents_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint documents_id_version check (uuid_extract_version(id) = 7),
  constraint documents_title_length check (char_length(title) between 1 and 500),
  constraint documents_content_length check (octet_length(content) <= 20971520),
  constraint documents_content_type_known check (content_type in ('text', 'markdown', 'code', 'html', 'pdf', 'docx')),
  constraint documents_code_language_length check (char_length(code_language) <= 50),
  constraint documents_source_url_length check (char_length(source_url) between 1 and 2048),
  constraint documents_metadata_object check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536)
);
alter table app_public.documents enable row level security;
alter table app_public.documents force row level security;
-- serves: the cascade from workspaces, and a workspace's documents newest first
create index documents_workspace_id_idx on app_public.documents (workspace_id, id desc);
-- serves: a user's documents newest first, and the foreign key from users
create index documents_owner_id_idx on app_public.documents (owner_id, id desc);
-- serves: create_document finds what it made before; a source is private to its owner
create unique index documents_source_url_key on app_public.documents (workspace_id, owner_id, source_url) where source_url is not null;
-- serves: the sweep for documents without chunks, or with stale ones; holds only those
create index documents_unchunked_idx on app_public.documents (id) where chunked_hash is distinct from content_hash;
comment on table app_public.documents is 'A text to search: prose, markdown, code, or what was extracted from a file.';
comment on column app_public.documents.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.documents.workspace_id is 'The tenant.';
comment on column app_public.documents.owner_id is 'Who added it.';
comment on column app_public.documents.visibility is 'private: only the owner reads it. workspace: every member.';
comment on column app_public.documents.title is 'Title, 1 to 500 characters.';
comment on column app_public.documents.content is 'Text, at most 20 MiB.';
comment on column app_public.documents.content_type is 'text, markdown, code, html, pdf or docx: decides how it is cut into chunks.';
comment on column app_public.documents.code_language is 'Programming language, when it is code.';
comment on column app_public.documents.text_search_language is 'Text search configuration, for stemming.';
comment on column app_public.documents.source_url is 'Where it came from; unique per owner, so that adding it again updates it.';
comment on column app_public.documents.content_hash is 'SHA-256 of what its chunks depend on. Tells nothing outside the workspace.';
comment on column app_public.documents.chunked_hash is 'content_hash at the time its chunks were made; different means work to do.';
comment on column app_public.documents.is_archived is 'Put away by its owner.';
comment on column app_public.documents.metadata is 'Anything else, as an object of at most 64 KiB.';
comment on column app_public.documents.updated_at is 'Last change by a person.';
comment on column app_public.documents.created_at is 'When it was added; derived from the id.';

create table app_public.embedding_versions (
  id uuid not null default uuidv7(),
  number integer generated always as identity,
  name text not null,
  description text,
  provider text not null,
  model text not null,
  dimensions integer not null,
  distance text not null default 'cosine',
  chunking_strategy jsonb not null default '{}',
  chunk_size integer not null,
  chunk_overlap integer not null,
  status app_public.embedding_version_status not null default 'building',
  created_by uuid,
  activated_at timestamptz,
  retired_at timestamptz,
  search_ef_search integer,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint embedding_versions_pkey primary key (id),
  constraint embedding_versions_number_key unique (number),
  constraint embedding_versions_name_key unique (name),
  constraint embedding_versions_created_by_fkey foreign key (created_by) references app_public.users (id) on delete set null,
  constraint embedding_versions_id_version check (uuid_extract_version(id) = 7),
  constraint embedding_versions_name_length check (char_length(name) between 1 and 100),
  constraint embedding_versions_description_length check (char_length(description) <= 2000),
  constraint embedding_versions_provider_length check (char_length(provider) between 1 and 100),
  constraint embedding_versions_model_length check (char_length(model) between 1 and 200),
  -- pgvector indexes halfvec up to 4,000 dimensions
  constraint embedding_versions_dimensions_range check (dimensions between 1 and 4000),
  constraint embedding_versions_distance_known check (distance = 'cosine'),
  -- the range of pgvector
  constraint embedding_versions_search_ef_search_range check (search_ef_search between 1 and 1000),
  constraint embedding_versions_chunking check (chunk_size between 16 and 8192 and chunk_overlap between 0 and chunk_size / 2)
);
alter table app_public.embedding_versions enable row level security;
alter table app_public.embedding_versions force row level security;
-- serves: the rule that at most one version is active, and the search for it
create unique index embedding_versions_one_active on app_public.embedding_versions (status) where status = 'active';
-- serves: the foreign key from users
create index embedding_versions_created_by_idx on app_public.embedding_versions (created_by);
comment on table app_public.embedding_versions is 'A model and a way of cutting text. Searches use the active one; another can be built beside it.';
comment on column app_public.embedding_versions.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.embedding_versions.number is 'Short number; names its partitions.';
comment on column app_public.embedding_versions.name is 'Name, unique.';
comment on column app_public.embedding_versions.description is 'What it is for.';
comment on column app_public.embedding_versions.provider is 'Who computes the vectors: local, or an OpenAI-compatible service.';
comment on column app_public.embedding_versions.model is 'Model of that provider.';
comment on column app_public.embedding_versions.dimensions is 'Length of its vectors.';
comment on column app_public.embedding_versions.distance is 'How vectors are compared.';
comment on column app_public.embedding_versions.chunking_strategy is 'Further parameters of the chunking.';
comment on column app_public.embedding_versions.chunk_size is 'Most tokens in a chunk.';
comment on column app_public.embedding_versions.chunk_overlap is 'Tokens that neighbouring chunks share.';
comment on column app_public.embedding_versions.status is 'building, active (exactly one), retired or archived.';
comment on column app_public.embedding_versions.created_by is 'Who made it.';
comment on column app_public.embedding_versions.activated_at is 'When searches began to use it.';
comment on column app_public.embedding_versions.retired_at is 'When another took its place; null while it builds or is active.';
comment on column app_public.embedding_versions.search_ef_search is 'hnsw.ef_search that measurements of recall chose; null before the first. In force within the settings search_ef_search and search_ef_search_max.';
comment on column app_public.embedding_versions.created_at is 'When it was made; derived from the id.';

create table app_public.chunks (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  source_type app_public.source_type not null,
  document_id uuid,
  conversation_id uuid,
  message_id uuid,
  owner_id uuid not null,
  visibility app_public.visibility not null,
  chunk_index integer not null,
  content text not null,
  heading text,
  page_number integer,
  start_offset integer not null,
  end_offset integer not null,
  token_count integer not null,
  content_hash bytea not null,
  importance_score real not null default 0.5,
  tier app_public.storage_tier not null default 'hot',
  access_count integer not null default 0,
  last_accessed_at timestamptz,
  text_search_language app_public.text_search_language not null default 'english',
  text_search tsvector generated always as (app_hidden.text_search_vector(text_search_language, heading, content)) stored,
  metadata jsonb not null default '{}',
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint chunks_pkey primary key (workspace_id, id),
  constraint chunks_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint chunks_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint chunks_document_id_fkey foreign key (workspace_id, document_id)
    references app_public.documents (workspace_id, id) on delete cascade,
  constraint chunks_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint chunks_document_id_chunk_index_key unique (workspace_id, document_id, chunk_index) deferrable,
  constraint chunks_message_id_chunk_index_key unique (workspace_id, message_id, chunk_index),
  constraint chunks_id_version check (uuid_extract_version(id) = 7),
  constraint chunks_one_source check (
    case source_type
      when 'document' then document_id is not null and conversation_id is null and message_id is null
      when 'message' then document_id is null and conversation_id is not null and message_id is not null
      else false
    end
  ),
  constraint chunks_chunk_index_positive check (chunk_index >= 0),
  constraint chunks_content_length check (char_length(content) between 1 and 100000),
  constraint chunks_heading_length check (char_length(heading) <= 1000),
  constraint chunks_offsets check (start_offset >= 0 and end_offset > start_offset),
  constraint chunks_token_count_positive check (token_count > 0),
  constraint chunks_content_hash_length check (octet_length(content_hash) = 32),
  constraint chunks_importance_score_range check (importance_score between 0 and 1)
) partition by hash (workspace_id);
alter table app_public.chunks enable row level security;
alter table app_public.chunks force row level security;
-- serves: text search inside one workspace. Every search reads what is pending, by default up to 4 MB: with 1.8 MB of it rare
-- words took 3 to 4 ms instead of 0.8, and 3,000 inserts take as long with this limit (in kB) as without
create index chunks_text_search_idx on app_public.chunks using gin (workspace_id, text_search) with (gin_pending_list_limit = 256);
-- serves: an identical text of the same workspace is embedded once
create index chunks_content_hash_idx on app_public.chunks (workspace_id, content_hash);
-- serves: the messages of a conversation, when its visibility changes, and the foreign key from conversations
create index chunks_conversation_id_idx on app_public.chunks (workspace_id, conversation_id) where conversation_id is not null;
-- serves: the foreign key from users
create index chunks_owner_id_idx on app_public.chunks (owner_id);
comment on table app_public.chunks is 'The one unit of retrieval: a piece of a document or message. Written by the worker only; its text never changes, an edit replaces the piece.';
comment on column app_public.chunks.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.chunks.workspace_id is 'The tenant, and the key of the hash partitions.';
comment on column app_public.chunks.source_type is 'What it was cut from.';
comment on column app_public.chunks.document_id is 'The document, when it is a piece of one.';
comment on column app_public.chunks.conversation_id is 'The conversation of the message.';
comment on column app_public.chunks.message_id is 'The message, when it is a piece of one. No foreign key: the piece stays searchable when the message is packed away.';
comment on column app_public.chunks.owner_id is 'Owner of the source.';
comment on column app_public.chunks.visibility is 'Visibility of the source, kept equal by trigger.';
comment on column app_public.chunks.chunk_index is 'Position in the source, from 0.';
comment on column app_public.chunks.content is 'The text.';
comment on column app_public.chunks.heading is 'Title and headings above it.';
comment on column app_public.chunks.page_number is 'Page, when the source has pages.';
comment on column app_public.chunks.start_offset is 'First character in the source, from 0.';
comment on column app_public.chunks.end_offset is 'Character after the last.';
comment on column app_public.chunks.token_count is 'Tokens in content.';
comment on column app_public.chunks.content_hash is 'SHA-256 of heading and content: what is embedded.';
comment on column app_public.chunks.importance_score is 'Importance, 0 to 1.';
comment on column app_public.chunks.tier is 'hot and warm are always searched, cold on demand.';
comment on column app_public.chunks.access_count is 'How often it was returned; counted in batches.';
comment on column app_public.chunks.last_accessed_at is 'When it was last returned.';
comment on column app_public.chunks.text_search_language is 'Text search configuration.';
comment on column app_public.chunks.text_search is 'What text search looks at: heading weighs more than content.';
comment on column app_public.chunks.metadata is 'Anything else, as an object.';
comment on column app_public.chunks.created_at is 'When it was cut; derived from the id.';

create table app_public.embeddings (
  version_id uuid not null,
  workspace_id uuid not null,
  chunk_id uuid not null,
  embedding extensions.halfvec not null,
  constraint embeddings_pkey primary key (version_id, workspace_id, chunk_id),
  constraint embeddings_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id),
  constraint embeddings_chunk_id_fkey foreign key (workspace_id, chunk_id)
    references app_public.chunks (workspace_id, id) on delete cascade
) partition by list (version_id);
alter table app_public.embeddings enable row level security;
alter table app_public.embeddings force row level security;
-- serves: the cascade from chunks
create index embeddings_chunk_id_idx on app_public.embeddings (workspace_id, chunk_id);
comment on table app_public.embeddings is 'The vector of a chunk in one embedding version. Partitioned by version, then by hash of the workspace as chunks are.';
comment on column app_public.embeddings.version_id is 'The embedding version.';
comment on column app_public.embeddings.workspace_id is 'The tenant.';
comment on column app_public.embeddings.chunk_id is 'The chunk.';
comment on column app_public.embeddings.embedding is 'Unit vector in half precision; its length is checked per version.';

create table app_hidden.chunk_counts (
  workspace_id uuid not null,
  source_type app_public.source_type not null,
  text_search_language app_public.text_search_language not null,
  chunk_count bigint not null,
  constraint chunk_counts_pkey primary key (workspace_id, source_type, text_search_language),
  constraint chunk_counts_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint chunk_counts_positive check (chunk_count >= 0)
);
alter table app_hidden.chunk_counts enable row level security;
alter table app_hidden.chunk_counts force row level security;
comment on table app_hidden.chunk_counts is 'Chunks per workspace, kind and language, kept by trigger: decides between exact and index search without counting, and in which languages a search asks.';
comment on column app_hidden.chunk_counts.workspace_id is 'The tenant.';
comment on column app_hidden.chunk_counts.source_type is 'Kind of source.';
comment on column app_hidden.chunk_counts.text_search_language is 'The language that they are indexed in.';
comment on column app_hidden.chunk_counts.chunk_count is 'How many.';

create table app_hidden.embedding_counts (
  version_id uuid not null,
  workspace_id uuid not null,
  embedding_count bigint not null,
  constraint embedding_counts_pkey primary key (version_id, workspace_id),
  constraint embedding_counts_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_counts_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint embedding_counts_positive check (embedding_count >= 0)
);
alter table app_hidden.embedding_counts enable row level security;
alter table app_hidden.embedding_counts force row level security;
-- serves: the foreign key from workspaces
create index embedding_counts_workspace_id_idx on app_hidden.embedding_counts (workspace_id);
comment on table app_hidden.embedding_counts is 'Embeddings per version and workspace, kept by trigger: shows progress, and where the sweep must look.';
comment on column app_hidden.embedding_counts.version_id is 'The embedding version.';
comment on column app_hidden.embedding_counts.workspace_id is 'The tenant.';
comment on column app_hidden.embedding_counts.embedding_count is 'How many.';

-- The partitions of chunks, in the number that the setting says.
do $chunk_partitions$
declare
  modulus integer := (select value::integer from app_private.settings where name = 'hash_partitions');
begin
  for remainder in 0 .. modulus - 1 loop
    execute format(
      'create table app_partitions.chunks_%s partition of app_public.chunks for values with (modulus %s, remainder %s)',
      lpad(remainder::text, 2, '0'), modulus, remainder
    );
  end loop;
end
$chunk_partitions$;

create type app_public.import_outcome as (
  source_url text,
  document_id uuid,
  outcome text,
  reason text
);
comment on type app_public.import_outcome is 'What an import did with one document.';
comment on column app_public.import_outcome.source_url is 'Where it came from.';
comment on column app_public.import_outcome.document_id is 'The document; null when it was refused.';
comment on column app_public.import_outcome.outcome is 'added, updated, unchanged or refused.';
comment on column app_public.import_outcome.reason is 'Why it was refused.';

create type app_public.indexing_progress as (
  pending_documents bigint,
  pending_conversations bigint,
  chunks bigint,
  embedded_chunks bigint,
  is_complete boolean
);
comment on type app_public.indexing_progress is 'How much of a workspace is searchable.';
comment on column app_public.indexing_progress.pending_documents is 'Documents that are not cut into chunks yet.';
comment on column app_public.indexing_progress.pending_conversations is 'Conversations with messages that are not cut yet.';
comment on column app_public.indexing_progress.chunks is 'Chunks in all.';
comment on column app_public.indexing_progress.embedded_chunks is 'Chunks that have a vector of the active version.';
comment on column app_public.indexing_progress.is_complete is 'Whether nothing is left to do.';

create type app_public.search_result as (
  chunk_id uuid,
  source_type app_public.source_type,
  document_id uuid,
  conversation_id uuid,
  message_id uuid,
  title text,
  heading text,
  snippet text,
  content text,
  page_number integer,
  vector_score real,
  text_score real,
  score real
);
comment on type app_public.search_result is 'One found chunk.';
comment on column app_public.search_result.chunk_id is 'The chunk.';
comment on column app_public.search_result.source_type is 'What it is a piece of.';
comment on column app_public.search_result.document_id is 'The document, if any.';
comment on column app_public.search_result.conversation_id is 'The conversation, if any.';
comment on column app_public.search_result.message_id is 'The message, if any.';
comment on column app_public.search_result.title is 'Title of the document or conversation, subject of the memory, or source and type of the event.';
comment on column app_public.search_result.heading is 'Title and headings above the chunk.';
comment on column app_public.search_result.snippet is 'The best part of it as safe HTML, with the query''s words in <mark>.';
comment on column app_public.search_result.content is 'The whole chunk.';
comment on column app_public.search_result.page_number is 'Page, when the source has pages.';
comment on column app_public.search_result.vector_score is 'Cosine similarity, -1 to 1; null when only the text matched.';
comment on column app_public.search_result.text_score is 'Rank of the text match; null when only the vector matched.';
comment on column app_public.search_result.score is 'What the results are ordered by.';

create type app_public.search_response as (
  requested integer,
  returned integer,
  path text,
  scan_limit_hit boolean,
  searched_cold boolean,
  embedding_version_id uuid,
  results app_public.search_result[]
);
comment on type app_public.search_response is 'What a search found, and how.';
comment on column app_public.search_response.requested is 'Results asked for.';
comment on column app_public.search_response.returned is 'Results found.';
comment on column app_public.search_response.path is 'How vectors were compared: exact, index, index then exact, or none.';
comment on column app_public.search_response.scan_limit_hit is 'Whether the index gave up before it had enough, so that an exact search followed.';
comment on column app_public.search_response.searched_cold is 'Whether the cold tier was searched: because it was asked for, or because the others returned too little.';
comment on column app_public.search_response.embedding_version_id is 'Embedding version that was used.';
comment on column app_public.search_response.results is 'What was found, best first.';

create type app_private.wanted_chunk as (
  chunk_index integer,
  content text,
  heading text,
  page_number integer,
  start_offset integer,
  end_offset integer,
  token_count integer,
  content_hash bytea,
  kept_id uuid
);
comment on type app_private.wanted_chunk is 'A chunk that a document shall have; kept_id is the chunk with the same text that it has already.';
