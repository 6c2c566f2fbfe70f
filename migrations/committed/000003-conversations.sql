--! Previous: sha1:a6b89d4620dffdf2b1376caa2c0705a529a9569b
--! Hash: sha1:ab62e43e84680d1c1c231295343c547fa7e4106b
--! Message: conversations

--! split: 1-current.sql
-- Conversations and their messages.

-- Generated columns are stored here and in messages: each check of a table expands each of its virtual columns at every
-- statement, and a post wrote 20 % slower (docs/decisions/stored-generated-columns.md).
create table app_public.conversations (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  owner_id uuid not null,
  visibility app_public.visibility not null default 'private',
  title text,
  channel app_public.conversation_channel not null default 'api',
  external_id text,
  model_provider text,
  model_name text,
  temperature numeric(3, 2),
  max_tokens integer,
  system_prompt text,
  enable_document_chat boolean not null default false,
  enable_image_generation boolean not null default false,
  enable_web_search boolean not null default false,
  message_count integer not null default 0,
  total_tokens_used bigint not null default 0,
  total_cost_usd numeric(14, 6) not null default 0,
  total_response_time_ms bigint not null default 0,
  response_count integer not null default 0,
  avg_response_time_ms integer generated always as (round(total_response_time_ms::numeric / nullif(response_count, 0))) stored,
  positive_feedback integer not null default 0,
  negative_feedback integer not null default 0,
  last_sequence_number integer not null default 0,
  indexed_sequence_number integer not null default 0,
  last_message_id uuid,
  last_message_at timestamptz not null default now(),
  max_messages integer not null default 1000,
  is_archived boolean not null default false,
  is_auto_archived boolean not null default false,
  continued_from_id uuid,
  storage_tier app_public.storage_tier not null default 'hot',
  is_temporary boolean not null default false,
  expires_at timestamptz,
  pinned_at timestamptz,
  summary text,
  summary_until_message_id uuid,
  metadata jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) stored,
  constraint conversations_pkey primary key (id),
  constraint conversations_workspace_id_id_key unique (workspace_id, id),
  constraint conversations_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint conversations_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint conversations_continued_from_id_fkey foreign key (workspace_id, continued_from_id)
    references app_public.conversations (workspace_id, id) on delete set null (continued_from_id),
  constraint conversations_id_version check (uuid_extract_version(id) = 7),
  constraint conversations_title_length check (char_length(title) <= 500),
  constraint conversations_external_id_length check (char_length(external_id) between 1 and 1000),
  constraint conversations_model_provider_length check (char_length(model_provider) <= 100),
  constraint conversations_model_name_length check (char_length(model_name) <= 200),
  constraint conversations_temperature_range check (temperature between 0 and 2),
  constraint conversations_max_tokens_positive check (max_tokens > 0),
  constraint conversations_system_prompt_length check (char_length(system_prompt) <= 100000),
  constraint conversations_message_count_positive check (message_count >= 0),
  constraint conversations_sequence_numbers check (indexed_sequence_number between 0 and last_sequence_number),
  constraint conversations_max_messages_positive check (max_messages > 0),
  constraint conversations_temporary_expires check (is_temporary = (expires_at is not null)),
  constraint conversations_last_message_id_after_id check (last_message_id >= id),
  constraint conversations_summary_length check (char_length(summary) <= 100000),
  constraint conversations_metadata_object check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536)
);
alter table app_public.conversations enable row level security;
alter table app_public.conversations force row level security;
-- serves: a user's list of conversations, newest first, and the cascade from users
create index conversations_owner_id_last_message_at_idx on app_public.conversations (owner_id, last_message_at desc, id desc);
-- serves: what is shared in a workspace, newest first. Partial: every message moves last_message_at, and so would every
-- index that contains it; the cascade from workspaces uses the unique key.
create index conversations_shared_last_message_at_idx on app_public.conversations (workspace_id, last_message_at desc, id desc) where visibility = 'workspace';
-- serves: the conversation that an import made before; an identifier is private to its owner
create unique index conversations_external_id_key on app_public.conversations (workspace_id, owner_id, external_id) where external_id is not null;
-- serves: the sweep for messages without chunks; holds only conversations with work to do
create index conversations_unindexed_idx on app_public.conversations (id) where indexed_sequence_number < last_sequence_number;
-- serves: removal of temporary conversations when their time has come; holds only those
create index conversations_expires_at_idx on app_public.conversations (expires_at) where is_temporary;
-- serves: the foreign key to the conversation before
create index conversations_continued_from_id_idx on app_public.conversations (workspace_id, continued_from_id) where continued_from_id is not null;
comment on table app_public.conversations is 'A thread of messages. Its row never moves, whatever tier its messages are in.';
comment on column app_public.conversations.id is 'Time-ordered identifier (UUID version 7); no message of it is older.';
comment on column app_public.conversations.workspace_id is 'The tenant.';
comment on column app_public.conversations.owner_id is 'Who started it.';
comment on column app_public.conversations.visibility is 'private: only the owner. workspace: every member reads it, and members write.';
comment on column app_public.conversations.title is 'Title, at most 500 characters.';
comment on column app_public.conversations.channel is 'Where it takes place.';
comment on column app_public.conversations.external_id is 'Identifier in the system it was imported from; unique per owner.';
comment on column app_public.conversations.model_provider is 'Provider of the chat model.';
comment on column app_public.conversations.model_name is 'Name of the chat model.';
comment on column app_public.conversations.temperature is 'Sampling temperature, 0 to 2.';
comment on column app_public.conversations.max_tokens is 'Most tokens of one answer.';
comment on column app_public.conversations.system_prompt is 'System prompt of this conversation.';
comment on column app_public.conversations.enable_document_chat is 'Whether answers use the documents.';
comment on column app_public.conversations.enable_image_generation is 'Whether images may be generated.';
comment on column app_public.conversations.enable_web_search is 'Whether the web may be searched.';
comment on column app_public.conversations.message_count is 'Messages in it, in every tier. Kept by trigger.';
comment on column app_public.conversations.total_tokens_used is 'Tokens of all its messages. Kept by trigger.';
comment on column app_public.conversations.total_cost_usd is 'Cost of all its messages in US dollars. Kept by trigger.';
comment on column app_public.conversations.total_response_time_ms is 'Sum of processing_time_ms of its messages. Kept by trigger.';
comment on column app_public.conversations.response_count is 'Messages with a processing_time_ms. Kept by trigger.';
comment on column app_public.conversations.avg_response_time_ms is 'Mean time to an answer in milliseconds.';
comment on column app_public.conversations.positive_feedback is 'Thumbs up. Kept by trigger.';
comment on column app_public.conversations.negative_feedback is 'Thumbs down. Kept by trigger.';
comment on column app_public.conversations.last_sequence_number is 'Number of the newest message; numbers have no gaps.';
comment on column app_public.conversations.indexed_sequence_number is 'Messages up to this number have their chunks.';
comment on column app_public.conversations.last_message_id is 'Greatest id of its messages; with its own id it bounds them from both sides.';
comment on column app_public.conversations.last_message_at is 'Time of that message.';
comment on column app_public.conversations.max_messages is 'Size at which it is archived and continued in a new one.';
comment on column app_public.conversations.is_archived is 'Put away by its owner or by the size limit.';
comment on column app_public.conversations.is_auto_archived is 'Put away by the size limit.';
comment on column app_public.conversations.continued_from_id is 'The conversation that this one continues.';
comment on column app_public.conversations.storage_tier is 'Where its messages are kept.';
comment on column app_public.conversations.is_temporary is 'Its content goes at expires_at.';
comment on column app_public.conversations.expires_at is 'When a temporary conversation goes.';
comment on column app_public.conversations.pinned_at is 'When its owner pinned it.';
comment on column app_public.conversations.summary is 'Summary of its messages up to summary_until_message_id.';
comment on column app_public.conversations.summary_until_message_id is 'Last message that the summary covers.';
comment on column app_public.conversations.metadata is 'Anything else, as an object of at most 64 KiB.';
comment on column app_public.conversations.updated_at is 'Last change by a person.';
comment on column app_public.conversations.created_at is 'When it was started; derived from the id.';

create table app_public.messages (
  id uuid not null default uuidv7(),
  conversation_id uuid not null,
  workspace_id uuid not null,
  owner_id uuid not null,
  author_id uuid,
  sequence_number integer not null,
  role app_public.message_role not null,
  status app_public.message_status not null default 'complete',
  parent_id uuid,
  content text not null,
  parts jsonb,
  parts_format smallint not null default 1,
  attachments jsonb,
  provider text,
  model text,
  prompt_tokens integer,
  completion_tokens integer,
  total_tokens integer,
  cost_usd numeric(12, 6),
  processing_time_ms integer,
  relevance_score real,
  embedding_version_id uuid,
  idempotency_key text,
  metadata jsonb not null default '{}',
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) stored,
  constraint messages_pkey primary key (id),
  -- serves: the latest page of a conversation, and makes a parent belong to the same conversation.
  -- Compared with (conversation_id, id desc): the same plan, read backwards, and one index less.
  constraint messages_conversation_id_id_key unique (conversation_id, id),
  constraint messages_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint messages_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint messages_author_id_fkey foreign key (author_id) references app_public.users (id) on delete set null,
  constraint messages_parent_id_fkey foreign key (conversation_id, parent_id)
    references app_public.messages (conversation_id, id) deferrable,
  constraint messages_id_version check (uuid_extract_version(id) = 7),
  constraint messages_id_not_before_conversation check (id >= conversation_id),
  constraint messages_parent_id_before check (parent_id < id),
  constraint messages_sequence_number_positive check (sequence_number > 0),
  constraint messages_content_length check (char_length(content) <= 1000000),
  constraint messages_parts_array check (jsonb_typeof(parts) = 'array'),
  constraint messages_attachments_array check (jsonb_typeof(attachments) = 'array'),
  constraint messages_provider_length check (char_length(provider) <= 100),
  constraint messages_model_length check (char_length(model) <= 200),
  constraint messages_tokens_positive check (prompt_tokens >= 0 and completion_tokens >= 0 and total_tokens >= 0),
  constraint messages_cost_positive check (cost_usd >= 0 and cost_usd < 'NaN'),
  constraint messages_processing_time_positive check (processing_time_ms >= 0),
  constraint messages_relevance_score_range check (relevance_score between 0 and 1),
  constraint messages_idempotency_key_length check (char_length(idempotency_key) between 1 and 200),
  constraint messages_metadata_object check (jsonb_typeof(metadata) = 'object')
) partition by range (id);
alter table app_public.messages enable row level security;
alter table app_public.messages force row level security;
create table app_partitions.messages_default partition of app_public.messages default;
-- serves: the foreign key from conversations, with the tenant first
create index messages_workspace_id_conversation_id_idx on app_public.messages (workspace_id, conversation_id);
-- serves: the foreign keys from users, when one is erased
create index messages_owner_id_idx on app_public.messages (owner_id);
create index messages_author_id_idx on app_public.messages (author_id) where author_id is not null;
-- serves: branches below a message, and the foreign key to it
create index messages_parent_id_idx on app_public.messages (conversation_id, parent_id) where parent_id is not null;
comment on table app_public.messages is 'One message of a conversation. Written through post_message and its siblings only. Partitioned by month on its own time-ordered id.';
comment on column app_public.messages.id is 'Time-ordered identifier (UUID version 7), never older than the conversation''s.';
comment on column app_public.messages.conversation_id is 'The conversation.';
comment on column app_public.messages.workspace_id is 'The tenant.';
comment on column app_public.messages.owner_id is 'Owner of the conversation.';
comment on column app_public.messages.author_id is 'Who wrote it; null for a model.';
comment on column app_public.messages.sequence_number is 'Position in the conversation, from 1, without gaps.';
comment on column app_public.messages.role is 'Who speaks.';
comment on column app_public.messages.status is 'complete, still streaming, or failed.';
comment on column app_public.messages.parent_id is 'The message it answers, of the same conversation; several children are branches.';
comment on column app_public.messages.content is 'Text, at most 1,000,000 characters.';
comment on column app_public.messages.parts is 'The same content as typed parts, for clients that use them.';
comment on column app_public.messages.parts_format is 'Version of the format of parts.';
comment on column app_public.messages.attachments is 'Attachments, as an array of objects.';
comment on column app_public.messages.provider is 'Provider of the model that wrote it.';
comment on column app_public.messages.model is 'Model that wrote it.';
comment on column app_public.messages.prompt_tokens is 'Tokens read.';
comment on column app_public.messages.completion_tokens is 'Tokens written.';
comment on column app_public.messages.total_tokens is 'Tokens in all.';
comment on column app_public.messages.cost_usd is 'Cost in US dollars.';
comment on column app_public.messages.processing_time_ms is 'Time to the answer in milliseconds.';
comment on column app_public.messages.relevance_score is 'How well the chunks it used fit, 0 to 1.';
comment on column app_public.messages.embedding_version_id is 'Embedding version that its retrieval used.';
comment on column app_public.messages.idempotency_key is 'Key of a write that may be retried; unique per conversation.';
comment on column app_public.messages.metadata is 'Anything else, as an object.';
comment on column app_public.messages.created_at is 'When it was written; derived from the id.';

create table app_hidden.message_idempotency_keys (
  workspace_id uuid not null,
  conversation_id uuid not null,
  idempotency_key text not null,
  message_id uuid not null,
  constraint message_idempotency_keys_pkey primary key (conversation_id, idempotency_key),
  constraint message_idempotency_keys_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint message_idempotency_keys_key_length check (char_length(idempotency_key) between 1 and 200)
);
alter table app_hidden.message_idempotency_keys enable row level security;
alter table app_hidden.message_idempotency_keys force row level security;
-- serves: the foreign key from conversations
create index message_idempotency_keys_conversation_id_idx on app_hidden.message_idempotency_keys (workspace_id, conversation_id);
comment on table app_hidden.message_idempotency_keys is 'Which message a retried write returns. Apart from messages, since a unique constraint there would have to contain the partition key.';
comment on column app_hidden.message_idempotency_keys.workspace_id is 'The tenant.';
comment on column app_hidden.message_idempotency_keys.conversation_id is 'The conversation.';
comment on column app_hidden.message_idempotency_keys.idempotency_key is 'The client''s key.';
comment on column app_hidden.message_idempotency_keys.message_id is 'The message that the first write made.';

create type app_public.import_result as (
  id uuid,
  is_new boolean,
  added integer,
  unchanged integer,
  files_added integer,
  tool_calls_added integer,
  feedback_added integer
);
comment on type app_public.import_result is 'What an import of one conversation did.';
comment on column app_public.import_result.id is 'The conversation.';
comment on column app_public.import_result.is_new is 'Whether it was made now.';
comment on column app_public.import_result.added is 'Messages added.';
comment on column app_public.import_result.unchanged is 'Messages that were there.';
comment on column app_public.import_result.files_added is 'Attachments that are described now and were not before.';
comment on column app_public.import_result.tool_calls_added is 'Tool calls added.';
comment on column app_public.import_result.feedback_added is 'Messages that have feedback now and had none.';

create type app_private.imported_message as (
  position integer,
  external_id text,
  parent_external_id text,
  role app_public.message_role,
  content text,
  written_at timestamptz,
  model text,
  metadata jsonb,
  id uuid,
  attachments jsonb,
  tool_calls jsonb,
  feedback jsonb
);
comment on type app_private.imported_message is 'A message of an import, with the id that follows from where it comes from.';
