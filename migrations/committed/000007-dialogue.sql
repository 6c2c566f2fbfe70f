--! Previous: sha1:7754d32305ebab9a5c20a37cb4a53bc038d91cbb
--! Hash: sha1:061a41c907818726b073b7cd9dc2c109ca0257b4
--! Message: dialogue

--! split: 1-current.sql
-- Dialogue: how answers are made (configurations, templates), what belongs to an answer (tool calls, citations, images,
-- feedback), links for visitors, what was read, and what it cost (usage, budgets).

create type app_public.tool_call_status as enum ('requested', 'approved', 'denied', 'running', 'succeeded', 'failed');
create type app_public.feedback_type as enum ('positive', 'neutral', 'negative');
create type app_public.budget_scope as enum ('user', 'workspace');
create type app_public.budget_period as enum ('day', 'month');

comment on type app_public.tool_call_status is 'requested, then approved or denied; an approved one runs and succeeds or fails.';
comment on type app_public.feedback_type is 'Thumbs up, neither, or thumbs down.';
comment on type app_public.budget_scope is 'What a budget is for: one member, or the whole workspace.';
comment on type app_public.budget_period is 'When a budget begins anew, in UTC.';

create table app_public.rag_configurations (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  created_by uuid,
  name text not null,
  description text,
  system_prompt text,
  model_provider text,
  model_name text,
  temperature numeric(3, 2) not null default 0.7,
  max_tokens integer not null default 2048,
  chunks_to_retrieve integer not null default 5,
  similarity_threshold real not null default 0,
  retrieval_type app_public.search_mode not null default 'hybrid',
  is_default boolean not null default false,
  is_active boolean not null default true,
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint rag_configurations_pkey primary key (id),
  constraint rag_configurations_workspace_id_id_key unique (workspace_id, id),
  constraint rag_configurations_workspace_id_name_key unique (workspace_id, name),
  constraint rag_configurations_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint rag_configurations_created_by_fkey foreign key (created_by) references app_public.users (id) on delete set null,
  constraint rag_configurations_id_version check (uuid_extract_version(id) = 7),
  constraint rag_configurations_name_length check (char_length(name) between 1 and 255),
  constraint rag_configurations_description_length check (char_length(description) <= 2000),
  constraint rag_configurations_system_prompt_length check (char_length(system_prompt) <= 100000),
  constraint rag_configurations_model_provider_length check (char_length(model_provider) <= 100),
  constraint rag_configurations_model_name_length check (char_length(model_name) <= 200),
  constraint rag_configurations_temperature_range check (temperature between 0 and 2),
  constraint rag_configurations_max_tokens_positive check (max_tokens > 0),
  constraint rag_configurations_chunks_to_retrieve_range check (chunks_to_retrieve between 0 and 100),
  constraint rag_configurations_similarity_threshold_range check (similarity_threshold between 0 and 1),
  constraint rag_configurations_default_is_active check (is_active or not is_default)
);
alter table app_public.rag_configurations enable row level security;
alter table app_public.rag_configurations force row level security;
-- serves: the rule that a workspace has at most one default, and finding it
create unique index rag_configurations_one_default on app_public.rag_configurations (workspace_id) where is_default;
-- serves: the foreign key from users
create index rag_configurations_created_by_idx on app_public.rag_configurations (created_by) where created_by is not null;
comment on table app_public.rag_configurations is 'How answers are made: prompt, model and retrieval. Every workspace has a default one; an edit keeps the old values in rag_configuration_versions.';
comment on column app_public.rag_configurations.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.rag_configurations.workspace_id is 'The tenant.';
comment on column app_public.rag_configurations.created_by is 'Who made it; null for the one that came with the workspace.';
comment on column app_public.rag_configurations.name is 'Name, unique in the workspace.';
comment on column app_public.rag_configurations.description is 'What it is for.';
comment on column app_public.rag_configurations.system_prompt is 'System prompt of its answers.';
comment on column app_public.rag_configurations.model_provider is 'Provider of the chat model; null leaves it to the client.';
comment on column app_public.rag_configurations.model_name is 'Name of the chat model; null leaves it to the client.';
comment on column app_public.rag_configurations.temperature is 'Sampling temperature, 0 to 2.';
comment on column app_public.rag_configurations.max_tokens is 'Most tokens of one answer.';
comment on column app_public.rag_configurations.chunks_to_retrieve is 'How many chunks an answer is given, 0 to 100.';
comment on column app_public.rag_configurations.similarity_threshold is 'Least cosine similarity of a chunk that is used, 0 to 1.';
comment on column app_public.rag_configurations.retrieval_type is 'How chunks are found.';
comment on column app_public.rag_configurations.is_default is 'Used by conversations that name none; one per workspace, changed by setDefaultRagConfiguration.';
comment on column app_public.rag_configurations.is_active is 'Whether it is offered; the default one always is.';
comment on column app_public.rag_configurations.updated_at is 'Last change by a person.';
comment on column app_public.rag_configurations.created_at is 'When it was made; derived from the id.';

create table app_public.rag_configuration_versions (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  rag_configuration_id uuid not null,
  old_values jsonb not null,
  replaced_by uuid,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint rag_configuration_versions_pkey primary key (id),
  constraint rag_configuration_versions_rag_configuration_id_fkey foreign key (workspace_id, rag_configuration_id)
    references app_public.rag_configurations (workspace_id, id) on delete cascade,
  constraint rag_configuration_versions_replaced_by_fkey foreign key (replaced_by) references app_public.users (id) on delete set null,
  constraint rag_configuration_versions_id_version check (uuid_extract_version(id) = 7),
  constraint rag_configuration_versions_old_values_object check (jsonb_typeof(old_values) = 'object')
);
alter table app_public.rag_configuration_versions enable row level security;
alter table app_public.rag_configuration_versions force row level security;
-- serves: the history of one configuration, newest first, and the cascade from it
create index rag_configuration_versions_rag_configuration_id_idx on app_public.rag_configuration_versions (workspace_id, rag_configuration_id, id desc);
-- serves: the foreign key from users
create index rag_configuration_versions_replaced_by_idx on app_public.rag_configuration_versions (replaced_by) where replaced_by is not null;
comment on table app_public.rag_configuration_versions is 'What a configuration was before each edit. Written by trigger only.';
comment on column app_public.rag_configuration_versions.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.rag_configuration_versions.workspace_id is 'The tenant.';
comment on column app_public.rag_configuration_versions.rag_configuration_id is 'The configuration.';
comment on column app_public.rag_configuration_versions.old_values is 'Its columns before the edit.';
comment on column app_public.rag_configuration_versions.replaced_by is 'Who edited it.';
comment on column app_public.rag_configuration_versions.created_at is 'When it was edited; derived from the id.';

create table app_public.system_prompt_templates (
  id uuid not null default uuidv7(),
  workspace_id uuid,
  owner_id uuid,
  name text not null,
  category text,
  template text not null,
  variables jsonb not null default '[]',
  is_public boolean not null default false,
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint system_prompt_templates_pkey primary key (id),
  constraint system_prompt_templates_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint system_prompt_templates_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint system_prompt_templates_id_version check (uuid_extract_version(id) = 7),
  constraint system_prompt_templates_owner_of_workspace check ((workspace_id is null) = (owner_id is null)),
  constraint system_prompt_templates_name_length check (char_length(name) between 1 and 255),
  constraint system_prompt_templates_category_length check (char_length(category) between 1 and 100),
  constraint system_prompt_templates_template_length check (char_length(template) between 1 and 100000),
  constraint system_prompt_templates_variables_array check (jsonb_typeof(variables) = 'array' and pg_column_size(variables) <= 65536)
);
alter table app_public.system_prompt_templates enable row level security;
alter table app_public.system_prompt_templates force row level security;
-- serves: the templates of a workspace by category, and the cascade from workspaces
create index system_prompt_templates_workspace_id_idx on app_public.system_prompt_templates (workspace_id, category, name);
-- serves: the foreign key from users
create index system_prompt_templates_owner_id_idx on app_public.system_prompt_templates (owner_id) where owner_id is not null;
comment on table app_public.system_prompt_templates is 'A system prompt to begin with, with variables to fill in. Those without a workspace belong to the installation.';
comment on column app_public.system_prompt_templates.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.system_prompt_templates.workspace_id is 'The tenant; null for one that everybody reads.';
comment on column app_public.system_prompt_templates.owner_id is 'Who made it; null for one that everybody reads.';
comment on column app_public.system_prompt_templates.name is 'Name, 1 to 255 characters.';
comment on column app_public.system_prompt_templates.category is 'What it is listed under.';
comment on column app_public.system_prompt_templates.template is 'Text; a variable is written {{name}}.';
comment on column app_public.system_prompt_templates.variables is 'The variables, as an array of {name, description, default}.';
comment on column app_public.system_prompt_templates.is_public is 'Whether the other members of the workspace read it.';
comment on column app_public.system_prompt_templates.updated_at is 'Last change by a person.';
comment on column app_public.system_prompt_templates.created_at is 'When it was made; derived from the id.';

create policy all_owner on app_public.system_prompt_templates to colloquy_owner using (true) with check (true);

insert into app_public.system_prompt_templates (name, category, template, variables, is_public) values
  (
    'Answer from sources', 'retrieval',
    'Answer the question from the sources below, and name the source of each statement. When they do not hold the answer, say so. Answer in {{language}}.',
    '[{"name": "language", "description": "Language of the answer", "default": "English"}]', true
  ),
  (
    'Summarise', 'writing', 'Summarise the text in at most {{sentences}} sentences, without adding anything.',
    '[{"name": "sentences", "description": "Most sentences", "default": "5"}]', true
  );

alter table app_public.conversations
  add column rag_configuration_id uuid,
  add column preferred_leaf_id uuid,
  add column branched_from_message_id uuid,
  add constraint conversations_rag_configuration_id_fkey foreign key (workspace_id, rag_configuration_id)
    references app_public.rag_configurations (workspace_id, id) on delete set null (rag_configuration_id),
  add constraint conversations_feedback_positive check (positive_feedback >= 0 and negative_feedback >= 0);
-- serves: the foreign key from rag_configurations
create index conversations_rag_configuration_id_idx on app_public.conversations (workspace_id, rag_configuration_id) where rag_configuration_id is not null;
-- squawk-ignore require-concurrent-index-deletion
drop index app_public.conversations_continued_from_id_idx;
-- serves: the one continuation of a full conversation, and the foreign key to the conversation before
create unique index conversations_continued_from_id_key on app_public.conversations (workspace_id, continued_from_id) where continued_from_id is not null;
comment on column app_public.conversations.rag_configuration_id is 'How its answers are made; null means the default of the workspace.';
comment on column app_public.conversations.preferred_leaf_id is 'Last message of the branch that is shown and continued; null while there are no branches.';
comment on column app_public.conversations.branched_from_message_id is 'The message of another conversation after which this one branched off.';

alter table app_public.messages add column replaces_id uuid;
comment on column app_public.messages.replaces_id is 'The message that this one is an edit of.';

create table app_public.conversation_reads (
  workspace_id uuid not null,
  conversation_id uuid not null,
  user_id uuid not null,
  last_read_at timestamptz not null default now(),
  constraint conversation_reads_pkey primary key (conversation_id, user_id),
  constraint conversation_reads_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint conversation_reads_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade
);
alter table app_public.conversation_reads enable row level security;
alter table app_public.conversation_reads force row level security;
-- serves: the foreign key from conversations
create index conversation_reads_conversation_id_idx on app_public.conversation_reads (workspace_id, conversation_id);
-- serves: the foreign key from users
create index conversation_reads_user_id_idx on app_public.conversation_reads (user_id);
comment on table app_public.conversation_reads is 'Up to when a member has read a conversation. Written by markRead.';
comment on column app_public.conversation_reads.workspace_id is 'The tenant.';
comment on column app_public.conversation_reads.conversation_id is 'The conversation.';
comment on column app_public.conversation_reads.user_id is 'The reader; nobody else sees it.';
comment on column app_public.conversation_reads.last_read_at is 'When it was read last.';

create table app_public.tool_calls (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  conversation_id uuid not null,
  message_id uuid not null,
  turn integer not null default 1,
  position integer not null,
  name text not null,
  arguments jsonb not null default '{}',
  status app_public.tool_call_status not null default 'requested',
  result jsonb,
  error text,
  duration_ms integer,
  decided_by uuid,
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint tool_calls_pkey primary key (id),
  constraint tool_calls_message_id_turn_position_key unique (message_id, turn, position),
  constraint tool_calls_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint tool_calls_decided_by_fkey foreign key (decided_by) references app_public.users (id) on delete set null,
  constraint tool_calls_id_version check (uuid_extract_version(id) = 7),
  constraint tool_calls_turn_positive check (turn > 0),
  constraint tool_calls_position_positive check (position > 0),
  constraint tool_calls_name_length check (char_length(name) between 1 and 200),
  constraint tool_calls_arguments_length check (pg_column_size(arguments) <= 1048576),
  constraint tool_calls_result_length check (pg_column_size(result) <= 10485760),
  constraint tool_calls_error_length check (char_length(error) <= 10000),
  constraint tool_calls_duration_ms_positive check (duration_ms >= 0)
);
alter table app_public.tool_calls enable row level security;
alter table app_public.tool_calls force row level security;
-- serves: the calls of a conversation in order, and the cascade from it
create index tool_calls_conversation_id_idx on app_public.tool_calls (workspace_id, conversation_id, id);
-- serves: the foreign key from users
create index tool_calls_decided_by_idx on app_public.tool_calls (decided_by) where decided_by is not null;
comment on table app_public.tool_calls is 'A call of a tool that an assistant''s message made. Written by requestToolCall, answerToolCall and recordTurn.';
comment on column app_public.tool_calls.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.tool_calls.workspace_id is 'The tenant.';
comment on column app_public.tool_calls.conversation_id is 'The conversation.';
comment on column app_public.tool_calls.message_id is 'The message that made it. No foreign key: messages are packed away later.';
comment on column app_public.tool_calls.turn is 'Which round of calls of the message it was in, from 1.';
comment on column app_public.tool_calls.position is 'Place in the round, from 1.';
comment on column app_public.tool_calls.name is 'Name of the tool.';
comment on column app_public.tool_calls.arguments is 'What the tool is called with.';
comment on column app_public.tool_calls.status is 'How far it is.';
comment on column app_public.tool_calls.result is 'What the tool returned.';
comment on column app_public.tool_calls.error is 'Why it was denied or failed.';
comment on column app_public.tool_calls.duration_ms is 'How long the tool worked, in milliseconds.';
comment on column app_public.tool_calls.decided_by is 'Who approved or denied it.';
comment on column app_public.tool_calls.updated_at is 'Last change.';
comment on column app_public.tool_calls.created_at is 'When it was requested; derived from the id.';

create table app_public.conversation_shares (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  conversation_id uuid not null,
  created_by uuid not null,
  token_hash bytea not null,
  until_message_id uuid not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint conversation_shares_pkey primary key (id),
  constraint conversation_shares_token_hash_key unique (token_hash),
  constraint conversation_shares_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint conversation_shares_created_by_fkey foreign key (created_by) references app_public.users (id) on delete cascade,
  constraint conversation_shares_id_version check (uuid_extract_version(id) = 7),
  constraint conversation_shares_token_hash_length check (octet_length(token_hash) = 32)
);
alter table app_public.conversation_shares enable row level security;
alter table app_public.conversation_shares force row level security;
-- serves: the links to a conversation, and the cascade from it
create index conversation_shares_conversation_id_idx on app_public.conversation_shares (workspace_id, conversation_id);
-- serves: the foreign key from users
create index conversation_shares_created_by_idx on app_public.conversation_shares (created_by);
comment on table app_public.conversation_shares is 'A link by which anybody reads a conversation up to one message. The token itself is never stored, only its SHA-256.';
comment on column app_public.conversation_shares.id is 'Identifier of the link, not a secret.';
comment on column app_public.conversation_shares.workspace_id is 'The tenant.';
comment on column app_public.conversation_shares.conversation_id is 'The conversation.';
comment on column app_public.conversation_shares.created_by is 'Who shared it.';
comment on column app_public.conversation_shares.token_hash is 'SHA-256 of a random 256-bit token.';
comment on column app_public.conversation_shares.until_message_id is 'Last message that is shown; nothing later, and no other branch.';
comment on column app_public.conversation_shares.expires_at is 'When the link stops working; null means never.';
comment on column app_public.conversation_shares.revoked_at is 'When it was taken back.';
comment on column app_public.conversation_shares.created_at is 'When it was made; derived from the id.';

create table app_public.message_feedback (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  conversation_id uuid not null,
  message_id uuid not null,
  user_id uuid not null,
  feedback_type app_public.feedback_type not null,
  rating smallint,
  comment text,
  ip inet,
  user_agent text,
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint message_feedback_pkey primary key (id),
  constraint message_feedback_message_id_user_id_key unique (message_id, user_id),
  constraint message_feedback_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint message_feedback_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint message_feedback_id_version check (uuid_extract_version(id) = 7),
  constraint message_feedback_rating_range check (rating between 1 and 5),
  constraint message_feedback_comment_length check (char_length(comment) <= 10000),
  constraint message_feedback_user_agent_length check (char_length(user_agent) <= 1000)
);
alter table app_public.message_feedback enable row level security;
alter table app_public.message_feedback force row level security;
-- serves: the feedback of a conversation, and the cascade from it
create index message_feedback_conversation_id_idx on app_public.message_feedback (workspace_id, conversation_id);
-- serves: the foreign key from users
create index message_feedback_user_id_idx on app_public.message_feedback (user_id);
comment on table app_public.message_feedback is 'What a reader thinks of a message: one per reader and message. Written by giveFeedback and withdrawFeedback.';
comment on column app_public.message_feedback.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.message_feedback.workspace_id is 'The tenant.';
comment on column app_public.message_feedback.conversation_id is 'The conversation.';
comment on column app_public.message_feedback.message_id is 'The message. No foreign key: messages are packed away later.';
comment on column app_public.message_feedback.user_id is 'Who gave it; nobody else sees it, but the counters of the conversation.';
comment on column app_public.message_feedback.feedback_type is 'Thumbs up, neither, or thumbs down.';
comment on column app_public.message_feedback.rating is '1 to 5, optional.';
comment on column app_public.message_feedback.comment is 'In words, at most 10,000 characters.';
comment on column app_public.message_feedback.ip is 'Address it came from.';
comment on column app_public.message_feedback.user_agent is 'Client it came from.';
comment on column app_public.message_feedback.updated_at is 'Last change.';
comment on column app_public.message_feedback.created_at is 'When it was given first; derived from the id.';

create table app_public.message_chunks (
  workspace_id uuid not null,
  conversation_id uuid not null,
  message_id uuid not null,
  chunk_id uuid not null,
  embedding_version_id uuid,
  similarity_score real,
  text_score real,
  score real,
  rank integer not null,
  constraint message_chunks_pkey primary key (message_id, chunk_id),
  constraint message_chunks_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint message_chunks_scores_range check (similarity_score between -1 and 1 and abs(text_score) < 'Infinity' and abs(score) < 'Infinity'),
  constraint message_chunks_rank_positive check (rank > 0)
);
alter table app_public.message_chunks enable row level security;
alter table app_public.message_chunks force row level security;
-- serves: the cascade from conversations
create index message_chunks_conversation_id_idx on app_public.message_chunks (workspace_id, conversation_id);
-- serves: the answers that used a chunk
create index message_chunks_chunk_id_idx on app_public.message_chunks (workspace_id, chunk_id);
comment on table app_public.message_chunks is 'Which chunks an answer used. Written by recordTurn only.';
comment on column app_public.message_chunks.workspace_id is 'The tenant.';
comment on column app_public.message_chunks.conversation_id is 'The conversation.';
comment on column app_public.message_chunks.message_id is 'The answer. No foreign key: messages are packed away later.';
comment on column app_public.message_chunks.chunk_id is 'The chunk. No foreign key: a citation survives when its source is cut anew.';
comment on column app_public.message_chunks.embedding_version_id is 'Embedding version that found it.';
comment on column app_public.message_chunks.similarity_score is 'Cosine similarity to the question, -1 to 1.';
comment on column app_public.message_chunks.text_score is 'Rank of the text match when it was found; null when only the vector matched.';
comment on column app_public.message_chunks.score is 'What the search ordered it by.';
comment on column app_public.message_chunks.rank is 'Place among the chunks of the answer, from 1.';

create table app_public.generated_images (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  conversation_id uuid not null,
  message_id uuid,
  owner_id uuid not null,
  prompt text not null,
  provider text,
  model text,
  storage_path text not null,
  width integer not null,
  height integer not null,
  format text not null,
  generation_time_ms integer,
  cost_usd numeric(12, 6),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint generated_images_pkey primary key (id),
  constraint generated_images_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint generated_images_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint generated_images_id_version check (uuid_extract_version(id) = 7),
  constraint generated_images_prompt_length check (char_length(prompt) between 1 and 32000),
  constraint generated_images_provider_length check (char_length(provider) <= 100),
  constraint generated_images_model_length check (char_length(model) <= 200),
  -- relative, and no way up
  constraint generated_images_storage_path_format check (
    char_length(storage_path) <= 1024 and storage_path ~ '^[A-Za-z0-9_-][A-Za-z0-9_./-]*$' and storage_path !~ '(^|/)[.]{1,2}(/|$)'
  ),
  constraint generated_images_width_range check (width between 1 and 65536),
  constraint generated_images_height_range check (height between 1 and 65536),
  constraint generated_images_format_known check (format in ('png', 'jpeg', 'webp', 'gif', 'avif')),
  constraint generated_images_generation_time_ms_positive check (generation_time_ms >= 0),
  constraint generated_images_cost_usd_positive check (cost_usd >= 0 and cost_usd < 'NaN')
);
alter table app_public.generated_images enable row level security;
alter table app_public.generated_images force row level security;
-- serves: the images of a conversation, and the cascade from it
create index generated_images_conversation_id_idx on app_public.generated_images (workspace_id, conversation_id, id desc);
-- serves: the foreign key from users
create index generated_images_owner_id_idx on app_public.generated_images (owner_id);
comment on table app_public.generated_images is 'An image that was generated in a conversation; its bytes are in the storage. Written by recordImage.';
comment on column app_public.generated_images.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.generated_images.workspace_id is 'The tenant.';
comment on column app_public.generated_images.conversation_id is 'The conversation.';
comment on column app_public.generated_images.message_id is 'The message that shows it. No foreign key: messages are packed away later.';
comment on column app_public.generated_images.owner_id is 'Who had it generated.';
comment on column app_public.generated_images.prompt is 'What was asked for.';
comment on column app_public.generated_images.provider is 'Provider of the model.';
comment on column app_public.generated_images.model is 'Model that made it.';
comment on column app_public.generated_images.storage_path is 'Where its bytes are, relative to the storage.';
comment on column app_public.generated_images.width is 'Width in pixels.';
comment on column app_public.generated_images.height is 'Height in pixels.';
comment on column app_public.generated_images.format is 'png, jpeg, webp, gif or avif.';
comment on column app_public.generated_images.generation_time_ms is 'How long it took, in milliseconds.';
comment on column app_public.generated_images.cost_usd is 'Cost in US dollars.';
comment on column app_public.generated_images.created_at is 'When it was made; derived from the id.';

create table app_public.usage_logs (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  user_id uuid,
  conversation_id uuid,
  message_id uuid,
  action text not null,
  provider text,
  model text,
  prompt_tokens integer,
  completion_tokens integer,
  total_tokens integer not null default 0,
  cost_usd numeric(12, 6) not null default 0,
  metadata jsonb not null default '{}',
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) stored,
  constraint usage_logs_pkey primary key (id),
  constraint usage_logs_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint usage_logs_user_id_fkey foreign key (user_id) references app_public.users (id) on delete set null,
  constraint usage_logs_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete set null (conversation_id),
  constraint usage_logs_id_version check (uuid_extract_version(id) = 7),
  constraint usage_logs_action_length check (char_length(action) between 1 and 50),
  constraint usage_logs_provider_length check (char_length(provider) <= 100),
  constraint usage_logs_model_length check (char_length(model) <= 200),
  constraint usage_logs_tokens_positive check (prompt_tokens >= 0 and completion_tokens >= 0 and total_tokens >= 0),
  constraint usage_logs_cost_usd_positive check (cost_usd >= 0 and cost_usd < 'NaN'),
  constraint usage_logs_metadata_object check (jsonb_typeof(metadata) = 'object' and pg_column_size(metadata) <= 65536)
) partition by range (id);
alter table app_public.usage_logs enable row level security;
alter table app_public.usage_logs force row level security;
create table app_partitions.usage_logs_default partition of app_public.usage_logs default;
-- serves: what a workspace used, newest first, and the cascade from workspaces
create index usage_logs_workspace_id_idx on app_public.usage_logs (workspace_id, id desc);
-- serves: what a user used, newest first, and the foreign key from users
create index usage_logs_user_id_idx on app_public.usage_logs (user_id, id desc) where user_id is not null;
-- serves: the foreign key from conversations
create index usage_logs_conversation_id_idx on app_public.usage_logs (workspace_id, conversation_id) where conversation_id is not null;
comment on table app_public.usage_logs is 'What was used, one row per paid action. Stays when the content goes. Partitioned by month on its own time-ordered id.';
comment on column app_public.usage_logs.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.usage_logs.workspace_id is 'The tenant.';
comment on column app_public.usage_logs.user_id is 'Whose quota it counts for; null when the account is gone, and for vectors that the installation pays.';
comment on column app_public.usage_logs.conversation_id is 'In which conversation; null when it is gone.';
comment on column app_public.usage_logs.message_id is 'For which message.';
comment on column app_public.usage_logs.action is 'What was done: message, image …';
comment on column app_public.usage_logs.provider is 'Provider of the model.';
comment on column app_public.usage_logs.model is 'Model.';
comment on column app_public.usage_logs.prompt_tokens is 'Tokens read.';
comment on column app_public.usage_logs.completion_tokens is 'Tokens written.';
comment on column app_public.usage_logs.total_tokens is 'Tokens in all.';
comment on column app_public.usage_logs.cost_usd is 'Cost in US dollars.';
comment on column app_public.usage_logs.metadata is 'Anything else, as an object of at most 64 KiB.';
comment on column app_public.usage_logs.created_at is 'When; derived from the id.';

create table app_public.usage_budgets (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  scope app_public.budget_scope not null,
  user_id uuid,
  period app_public.budget_period not null,
  token_limit bigint,
  cost_limit_usd numeric(14, 6),
  updated_at timestamptz not null default now(),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint usage_budgets_pkey primary key (id),
  constraint usage_budgets_workspace_id_id_key unique (workspace_id, id),
  constraint usage_budgets_workspace_id_user_id_period_key unique nulls not distinct (workspace_id, user_id, period),
  constraint usage_budgets_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint usage_budgets_user_id_fkey foreign key (workspace_id, user_id)
    references app_public.workspace_members (workspace_id, user_id) on delete cascade,
  constraint usage_budgets_id_version check (uuid_extract_version(id) = 7),
  constraint usage_budgets_scope_user check ((scope = 'user') = (user_id is not null)),
  constraint usage_budgets_some_limit check (num_nonnulls(token_limit, cost_limit_usd) > 0),
  constraint usage_budgets_token_limit_positive check (token_limit >= 0),
  constraint usage_budgets_cost_limit_usd_positive check (cost_limit_usd >= 0 and cost_limit_usd < 'NaN')
);
alter table app_public.usage_budgets enable row level security;
alter table app_public.usage_budgets force row level security;
comment on table app_public.usage_budgets is 'How much may be used per period, by one member or the whole workspace. Reserved before the work with reserveUsage, settled after it.';
comment on column app_public.usage_budgets.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.usage_budgets.workspace_id is 'The tenant.';
comment on column app_public.usage_budgets.scope is 'Whom it holds for.';
comment on column app_public.usage_budgets.user_id is 'The member; null for the whole workspace.';
comment on column app_public.usage_budgets.period is 'When it begins anew, in UTC.';
comment on column app_public.usage_budgets.token_limit is 'Tokens per period; null means no limit.';
comment on column app_public.usage_budgets.cost_limit_usd is 'US dollars per period; null means no limit.';
comment on column app_public.usage_budgets.updated_at is 'Last change by a person.';
comment on column app_public.usage_budgets.created_at is 'When it was made; derived from the id.';

create table app_public.usage_reservations (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  user_id uuid not null,
  tokens bigint not null,
  cost_usd numeric(14, 6) not null,
  expires_at timestamptz not null,
  settled_at timestamptz,
  settled_tokens bigint,
  settled_cost_usd numeric(14, 6),
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint usage_reservations_pkey primary key (id),
  constraint usage_reservations_workspace_id_id_key unique (workspace_id, id),
  constraint usage_reservations_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint usage_reservations_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint usage_reservations_id_version check (uuid_extract_version(id) = 7),
  constraint usage_reservations_tokens_positive check (tokens >= 0 and settled_tokens >= 0),
  constraint usage_reservations_cost_usd_positive check (cost_usd >= 0 and cost_usd < 'NaN' and settled_cost_usd >= 0 and settled_cost_usd < 'NaN'),
  constraint usage_reservations_settled check (num_nulls(settled_at, settled_tokens, settled_cost_usd) in (0, 3))
);
alter table app_public.usage_reservations enable row level security;
alter table app_public.usage_reservations force row level security;
-- serves: the foreign key from users
create index usage_reservations_user_id_idx on app_public.usage_reservations (user_id);
comment on table app_public.usage_reservations is 'What was set aside for work that is under way. Written by reserveUsage and settleUsage.';
comment on column app_public.usage_reservations.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_public.usage_reservations.workspace_id is 'The tenant.';
comment on column app_public.usage_reservations.user_id is 'Who does the work.';
comment on column app_public.usage_reservations.tokens is 'Tokens set aside.';
comment on column app_public.usage_reservations.cost_usd is 'US dollars set aside.';
comment on column app_public.usage_reservations.expires_at is 'When it counts no longer, should nobody settle it.';
comment on column app_public.usage_reservations.settled_at is 'When the work was done.';
comment on column app_public.usage_reservations.settled_tokens is 'Tokens that it took.';
comment on column app_public.usage_reservations.settled_cost_usd is 'US dollars that it took.';
comment on column app_public.usage_reservations.created_at is 'When it was made; derived from the id.';

-- serves: what a user has set aside and not used yet, for the monthly quota
create index usage_reservations_open_idx on app_public.usage_reservations (user_id, expires_at) where settled_at is null;

create table app_private.user_usage_months (
  user_id uuid not null,
  period_start timestamptz not null,
  logged_tokens bigint not null default 0,
  logged_cost_usd numeric(14, 6) not null default 0,
  settled_tokens bigint not null default 0,
  settled_cost_usd numeric(14, 6) not null default 0,
  constraint user_usage_months_pkey primary key (user_id, period_start),
  constraint user_usage_months_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade
);
alter table app_private.user_usage_months enable row level security;
alter table app_private.user_usage_months force row level security;
comment on table app_private.user_usage_months is 'What each user used per month, in all workspaces, for the monthly quotas of users. Kept by trigger and by settle_usage.';
comment on column app_private.user_usage_months.user_id is 'The user.';
comment on column app_private.user_usage_months.period_start is 'First moment of the month, in UTC.';
comment on column app_private.user_usage_months.logged_tokens is 'Tokens of that month in usage_logs.';
comment on column app_private.user_usage_months.logged_cost_usd is 'Cost of that month in usage_logs, in US dollars.';
comment on column app_private.user_usage_months.settled_tokens is 'Tokens of reservations that were settled in that month.';
comment on column app_private.user_usage_months.settled_cost_usd is 'Cost of reservations that were settled in that month, in US dollars.';

create table app_hidden.usage_holds (
  workspace_id uuid not null,
  budget_id uuid not null,
  reservation_id uuid not null,
  period_start timestamptz not null,
  tokens bigint not null,
  cost_usd numeric(14, 6) not null,
  expires_at timestamptz not null,
  constraint usage_holds_pkey primary key (budget_id, period_start, reservation_id),
  constraint usage_holds_budget_id_fkey foreign key (workspace_id, budget_id)
    references app_public.usage_budgets (workspace_id, id) on delete cascade,
  constraint usage_holds_reservation_id_fkey foreign key (workspace_id, reservation_id)
    references app_public.usage_reservations (workspace_id, id) on delete cascade
);
alter table app_hidden.usage_holds enable row level security;
alter table app_hidden.usage_holds force row level security;
-- serves: the foreign key from usage_budgets
create index usage_holds_budget_id_idx on app_hidden.usage_holds (workspace_id, budget_id);
-- serves: the holds of a reservation when it is settled, and the foreign key from it
create index usage_holds_reservation_id_idx on app_hidden.usage_holds (workspace_id, reservation_id);
comment on table app_hidden.usage_holds is 'What open reservations take of each budget. Goes when the reservation is settled.';
comment on column app_hidden.usage_holds.workspace_id is 'The tenant.';
comment on column app_hidden.usage_holds.budget_id is 'The budget.';
comment on column app_hidden.usage_holds.reservation_id is 'The reservation.';
comment on column app_hidden.usage_holds.period_start is 'First moment of the period that it counts for.';
comment on column app_hidden.usage_holds.tokens is 'Tokens.';
comment on column app_hidden.usage_holds.cost_usd is 'US dollars.';
comment on column app_hidden.usage_holds.expires_at is 'When it counts no longer.';

create table app_hidden.budget_spending (
  workspace_id uuid not null,
  budget_id uuid not null,
  period_start timestamptz not null,
  tokens bigint not null default 0,
  cost_usd numeric(14, 6) not null default 0,
  constraint budget_spending_pkey primary key (budget_id, period_start),
  constraint budget_spending_budget_id_fkey foreign key (workspace_id, budget_id)
    references app_public.usage_budgets (workspace_id, id) on delete cascade
);
alter table app_hidden.budget_spending enable row level security;
alter table app_hidden.budget_spending force row level security;
-- serves: the foreign key from usage_budgets
create index budget_spending_budget_id_idx on app_hidden.budget_spending (workspace_id, budget_id);
comment on table app_hidden.budget_spending is 'What was settled against each budget in each period.';
comment on column app_hidden.budget_spending.workspace_id is 'The tenant.';
comment on column app_hidden.budget_spending.budget_id is 'The budget.';
comment on column app_hidden.budget_spending.period_start is 'First moment of the period.';
comment on column app_hidden.budget_spending.tokens is 'Tokens settled.';
comment on column app_hidden.budget_spending.cost_usd is 'US dollars settled.';

create type app_public.conversation_share_link as (
  id uuid,
  token text,
  conversation_id uuid,
  until_message_id uuid,
  expires_at timestamptz
);
comment on type app_public.conversation_share_link is 'A new link to a conversation, with its token, shown once.';
comment on column app_public.conversation_share_link.id is 'Identifier of the link, to revoke it.';
comment on column app_public.conversation_share_link.token is 'What readSharedConversation takes. It is not stored.';
comment on column app_public.conversation_share_link.conversation_id is 'The conversation.';
comment on column app_public.conversation_share_link.until_message_id is 'Last message that is shown.';
comment on column app_public.conversation_share_link.expires_at is 'When it stops working; null means never.';

create type app_public.shared_message as (
  role app_public.message_role,
  content text,
  model text,
  written_at timestamptz
);
comment on type app_public.shared_message is 'A message as a visitor sees it.';
comment on column app_public.shared_message.role is 'Who speaks: user or assistant.';
comment on column app_public.shared_message.content is 'Text.';
comment on column app_public.shared_message.model is 'Model that wrote it.';
comment on column app_public.shared_message.written_at is 'When it was written.';

create type app_public.shared_conversation as (
  title text,
  messages app_public.shared_message[]
);
comment on type app_public.shared_conversation is 'What a link shows: the title, and the messages up to the one that was chosen.';
comment on column app_public.shared_conversation.title is 'Title.';
comment on column app_public.shared_conversation.messages is 'Messages in order, without those of the system and of tools.';
