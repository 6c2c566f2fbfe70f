--! Previous: sha1:d6b5a360991e2c8a019d2897854fea697b1547ad
--! Hash: sha1:8e712b8fe0aca6140bab168d051b4a4c672c1053
--! Message: queue

--! split: 1-current.sql
-- The queue of embedding: what failed and waits, what is being embedded at the moment, whose budget is spent, and which
-- provider is left alone. All of it can be lost without losing a passage: the data says what is missing.

insert into app_private.settings (name, value, unit, description) values
  ('embedding_attempts', '5', 'count', 'Times that a passage is refused by its provider before it is given up, until somebody asks for it again.'),
  ('embedding_retry_seconds', '60', 'seconds', 'Pause before a refused passage is tried again; it doubles each time, up to an hour.'),
  ('embedding_claim_seconds', '60', 'seconds', 'Time without a sign of life after which passages that a worker has sent away are free for another.'),
  ('embedding_budget_seconds', '60', 'seconds', 'Time after which passages and events that a budget kept back are tried again.'),
  ('backfill_tokens_per_month', '1000000000', 'tokens', 'What vectors of versions that searches do not use may take in a month of UTC, all workspaces together; "unlimited" for no bound. It holds where the provider has no price.'),
  ('backfill_cost_per_month', '100', 'US dollars', 'What such vectors may cost in a month of UTC, all workspaces together; "unlimited" for no bound.'),
  ('paid_embedding', 'on', 'on or off', 'off: no service outside this machine is asked for vectors of passages or summaries of events, whoever pays.');

create table app_hidden.embedding_failures (
  version_id uuid not null,
  workspace_id uuid not null,
  chunk_id uuid not null,
  attempts integer not null default 0,
  interruptions integer not null default 0,
  code text not null,
  error text not null,
  failed_at timestamptz not null default now(),
  next_attempt_at timestamptz not null,
  is_dead boolean not null default false,
  constraint embedding_failures_pkey primary key (version_id, workspace_id, chunk_id),
  constraint embedding_failures_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_failures_chunk_id_fkey foreign key (workspace_id, chunk_id)
    references app_public.chunks (workspace_id, id) on delete cascade,
  constraint embedding_failures_attempts_positive check (attempts >= 0 and interruptions >= 0 and attempts + interruptions > 0),
  constraint embedding_failures_code_length check (char_length(code) between 1 and 50),
  constraint embedding_failures_error_length check (char_length(error) <= 1000)
);
alter table app_hidden.embedding_failures enable row level security;
alter table app_hidden.embedding_failures force row level security;
-- serves: the cascade from chunks, and the failures of a workspace
create index embedding_failures_chunk_id_idx on app_hidden.embedding_failures (workspace_id, chunk_id);
comment on table app_hidden.embedding_failures is 'Passages whose vector could not be had, with the reason and when they are tried again. Goes when the vector comes.';
comment on column app_hidden.embedding_failures.version_id is 'The embedding version.';
comment on column app_hidden.embedding_failures.workspace_id is 'The tenant.';
comment on column app_hidden.embedding_failures.chunk_id is 'The passage.';
comment on column app_hidden.embedding_failures.attempts is 'Times that it was refused for what it is.';
comment on column app_hidden.embedding_failures.interruptions is 'Times that nothing came back, or the worker ended: mostly not its fault.';
comment on column app_hidden.embedding_failures.code is 'bad_input, bad_output, unavailable or interrupted.';
comment on column app_hidden.embedding_failures.error is 'The reason, as the provider gave it the last time.';
comment on column app_hidden.embedding_failures.failed_at is 'When it failed last.';
comment on column app_hidden.embedding_failures.next_attempt_at is 'Not tried before.';
comment on column app_hidden.embedding_failures.is_dead is 'Given up: not tried again until somebody asks for it.';

insert into app_private.settings (name, value, unit, description) values
  ('cutting_attempts', '5', 'count', 'Times that a text is begun to be cut into passages before it is given up, until it is edited or somebody asks for it again.'),
  ('cutting_retry_seconds', '60', 'seconds', 'Pause before a text that could not be cut is tried again; it becomes four times as long each time, up to a day.'),
  ('cutting_lease_seconds', '1200', 'seconds', 'Time after which the worker that cuts a text is taken to be dead. Longer than cutting may take, which is 15 minutes.');

create table app_hidden.cutting_failures (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  document_id uuid,
  conversation_id uuid,
  sequence_number integer,
  memory_item_id uuid,
  content_hash bytea,
  attempts integer not null,
  code text not null,
  error text not null,
  failed_at timestamptz not null default now(),
  next_attempt_at timestamptz not null,
  is_dead boolean not null default false,
  constraint cutting_failures_pkey primary key (id),
  constraint cutting_failures_source_key unique nulls not distinct (workspace_id, document_id, conversation_id, sequence_number, memory_item_id),
  constraint cutting_failures_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint cutting_failures_document_id_fkey foreign key (workspace_id, document_id)
    references app_public.documents (workspace_id, id) on delete cascade,
  constraint cutting_failures_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint cutting_failures_memory_item_id_fkey foreign key (workspace_id, memory_item_id)
    references app_public.memory_items (workspace_id, id) on delete cascade,
  constraint cutting_failures_id_version check (uuid_extract_version(id) = 7),
  constraint cutting_failures_one_source check (num_nonnulls(document_id, conversation_id, memory_item_id) = 1),
  constraint cutting_failures_message check ((conversation_id is null) = (sequence_number is null)),
  constraint cutting_failures_text check ((conversation_id is null) = (content_hash is not null)),
  constraint cutting_failures_content_hash_length check (octet_length(content_hash) = 32),
  constraint cutting_failures_attempts_positive check (attempts > 0),
  constraint cutting_failures_code_length check (char_length(code) between 1 and 50),
  constraint cutting_failures_error_length check (char_length(error) <= 1000)
);
alter table app_hidden.cutting_failures enable row level security;
alter table app_hidden.cutting_failures force row level security;
-- serves: whether a document waits, and the cascade from documents
create index cutting_failures_document_id_idx on app_hidden.cutting_failures (workspace_id, document_id) where document_id is not null;
-- serves: whether a conversation waits, and the cascade from conversations
create index cutting_failures_conversation_id_idx on app_hidden.cutting_failures (workspace_id, conversation_id) where conversation_id is not null;
-- serves: whether a memory waits, and the cascade from memory_items
create index cutting_failures_memory_item_id_idx on app_hidden.cutting_failures (workspace_id, memory_item_id) where memory_item_id is not null;
comment on table app_hidden.cutting_failures is 'Texts that could not be cut into passages, with the reason and when they are tried again; and large ones that are being cut. A row goes when its text is cut, or with its source.';
comment on column app_hidden.cutting_failures.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.cutting_failures.workspace_id is 'The tenant.';
comment on column app_hidden.cutting_failures.document_id is 'The document, if it is one.';
comment on column app_hidden.cutting_failures.conversation_id is 'The conversation of the message, if it is one.';
comment on column app_hidden.cutting_failures.sequence_number is 'The message in it.';
comment on column app_hidden.cutting_failures.memory_item_id is 'The memory, if it is one.';
comment on column app_hidden.cutting_failures.content_hash is 'The text of the document or memory that was tried: another one starts afresh. Messages do not change.';
comment on column app_hidden.cutting_failures.attempts is 'Times that it was begun.';
comment on column app_hidden.cutting_failures.code is 'Why: CQ316, an SQLSTATE, or interrupted for one that is being cut or whose worker ended.';
comment on column app_hidden.cutting_failures.error is 'The reason in words.';
comment on column app_hidden.cutting_failures.failed_at is 'When it was begun or failed last.';
comment on column app_hidden.cutting_failures.next_attempt_at is 'Not tried before.';
comment on column app_hidden.cutting_failures.is_dead is 'Given up: not tried again until it is edited or somebody asks for it.';

create table app_hidden.embedding_claims (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  version_id uuid not null,
  user_id uuid,
  reservation_id uuid,
  chunk_ids uuid[] not null,
  tokens bigint not null,
  cost_usd numeric(14, 6) not null default 0,
  expires_at timestamptz not null,
  abandoned_at timestamptz,
  created_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint embedding_claims_pkey primary key (id),
  constraint embedding_claims_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint embedding_claims_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_claims_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint embedding_claims_reservation_id_fkey foreign key (workspace_id, reservation_id)
    references app_public.usage_reservations (workspace_id, id) on delete set null (reservation_id),
  constraint embedding_claims_id_version check (uuid_extract_version(id) = 7),
  constraint embedding_claims_chunk_ids_length check (cardinality(chunk_ids) between 1 and 10000),
  constraint embedding_claims_tokens_positive check (tokens >= 0),
  constraint embedding_claims_cost_usd_positive check (cost_usd >= 0 and cost_usd < 'NaN')
);
alter table app_hidden.embedding_claims enable row level security;
alter table app_hidden.embedding_claims force row level security;
-- serves: what of a workspace is being embedded, and the cascade from workspaces
create index embedding_claims_workspace_id_idx on app_hidden.embedding_claims (workspace_id, version_id);
-- serves: the foreign key from embedding_versions
create index embedding_claims_version_id_idx on app_hidden.embedding_claims (version_id);
-- serves: the foreign key from users
create index embedding_claims_user_id_idx on app_hidden.embedding_claims (user_id);
-- serves: the foreign key from usage_reservations
create index embedding_claims_reservation_id_idx on app_hidden.embedding_claims (workspace_id, reservation_id);
comment on table app_hidden.embedding_claims is 'Passages that a worker has sent to a service that is paid, and what was set aside for them. A few rows: each goes with its answer. Its id becomes that of the entry in usage_logs, so that nothing is billed twice.';
comment on column app_hidden.embedding_claims.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.embedding_claims.workspace_id is 'The tenant.';
comment on column app_hidden.embedding_claims.version_id is 'The embedding version.';
comment on column app_hidden.embedding_claims.user_id is 'Owner of the passages, whose budget and quota they count for; null when the installation pays.';
comment on column app_hidden.embedding_claims.reservation_id is 'What was set aside.';
comment on column app_hidden.embedding_claims.chunk_ids is 'The passages.';
comment on column app_hidden.embedding_claims.tokens is 'Tokens, as estimated.';
comment on column app_hidden.embedding_claims.cost_usd is 'Cost in US dollars, as estimated.';
comment on column app_hidden.embedding_claims.expires_at is 'When the worker is taken to be dead, unless it says otherwise before.';
comment on column app_hidden.embedding_claims.abandoned_at is 'When it was taken to be dead.';
comment on column app_hidden.embedding_claims.created_at is 'When it was made; derived from the id.';

create table app_hidden.embedding_spending (
  version_id uuid not null,
  period_start timestamptz not null,
  tokens bigint not null,
  cost_usd numeric(14, 6) not null,
  constraint embedding_spending_pkey primary key (version_id, period_start),
  constraint embedding_spending_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_spending_positive check (tokens >= 0 and cost_usd >= 0 and cost_usd < 'NaN')
);
alter table app_hidden.embedding_spending enable row level security;
alter table app_hidden.embedding_spending force row level security;
comment on table app_hidden.embedding_spending is 'What the installation paid, by month, for vectors of versions that searches did not use: the budget of back-fills is held against it.';
comment on column app_hidden.embedding_spending.version_id is 'The embedding version.';
comment on column app_hidden.embedding_spending.period_start is 'First moment of the month, in UTC.';
comment on column app_hidden.embedding_spending.tokens is 'Tokens, as the service counted them.';
comment on column app_hidden.embedding_spending.cost_usd is 'Cost in US dollars.';

create table app_hidden.embedding_refusals (
  version_id uuid not null,
  workspace_id uuid not null,
  user_id uuid not null,
  code text not null,
  reason text not null,
  refused_at timestamptz not null default now(),
  retry_at timestamptz not null,
  constraint embedding_refusals_pkey primary key (version_id, workspace_id, user_id),
  constraint embedding_refusals_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_refusals_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint embedding_refusals_user_id_fkey foreign key (user_id) references app_public.users (id) on delete cascade,
  constraint embedding_refusals_code_length check (char_length(code) = 5),
  constraint embedding_refusals_reason_length check (char_length(reason) <= 1000)
);
alter table app_hidden.embedding_refusals enable row level security;
alter table app_hidden.embedding_refusals force row level security;
-- serves: whether the indexing of a workspace is held back, and the foreign key from workspaces
create index embedding_refusals_workspace_id_idx on app_hidden.embedding_refusals (workspace_id);
-- serves: the foreign key from users
create index embedding_refusals_user_id_idx on app_hidden.embedding_refusals (user_id);
comment on table app_hidden.embedding_refusals is 'Whose passages are held back because a budget or quota is spent or paid embedding is switched off. Goes when there is room again.';
comment on column app_hidden.embedding_refusals.version_id is 'The embedding version.';
comment on column app_hidden.embedding_refusals.workspace_id is 'The tenant.';
comment on column app_hidden.embedding_refusals.user_id is 'Owner of the passages.';
comment on column app_hidden.embedding_refusals.code is 'CQ220 the budget, CQ221 the quota, CQ370 the switch, CQ371 the budget of the installation.';
comment on column app_hidden.embedding_refusals.reason is 'The same in words.';
comment on column app_hidden.embedding_refusals.refused_at is 'Since when.';
comment on column app_hidden.embedding_refusals.retry_at is 'When it is tried again.';

create type app_hidden.provider_pause_kind as enum ('asked', 'misconfigured', 'outage');
comment on type app_hidden.provider_pause_kind is 'Why a provider is left alone: it asked for it, it refuses everything until a setting is corrected, or it does not answer.';

create table app_hidden.provider_pauses (
  provider text not null,
  kind app_hidden.provider_pause_kind not null,
  reason text not null,
  paused_at timestamptz not null default now(),
  paused_until timestamptz not null,
  constraint provider_pauses_pkey primary key (provider),
  constraint provider_pauses_provider_length check (char_length(provider) between 1 and 100),
  constraint provider_pauses_reason_length check (char_length(reason) <= 1000)
);
alter table app_hidden.provider_pauses enable row level security;
alter table app_hidden.provider_pauses force row level security;
comment on table app_hidden.provider_pauses is 'Providers that all workers leave alone for a while; the others go on.';
comment on column app_hidden.provider_pauses.provider is 'Name of the provider, as embedding versions have it.';
comment on column app_hidden.provider_pauses.kind is 'Why.';
comment on column app_hidden.provider_pauses.reason is 'What it said.';
comment on column app_hidden.provider_pauses.paused_at is 'Since when.';
comment on column app_hidden.provider_pauses.paused_until is 'Until when.';

create table app_hidden.provider_rates (
  provider text not null,
  requests double precision not null,
  tokens double precision not null,
  refilled_at timestamptz not null,
  constraint provider_rates_pkey primary key (provider),
  constraint provider_rates_provider_length check (char_length(provider) between 1 and 100)
);
alter table app_hidden.provider_rates enable row level security;
alter table app_hidden.provider_rates force row level security;
comment on table app_hidden.provider_rates is 'How much each provider may be asked for at the moment by all workers together.';
comment on column app_hidden.provider_rates.provider is 'Name of the provider.';
comment on column app_hidden.provider_rates.requests is 'Requests that may begin at once.';
comment on column app_hidden.provider_rates.tokens is 'Tokens that may be sent at once; less than none after a large request.';
comment on column app_hidden.provider_rates.refilled_at is 'When the two were computed.';

alter type app_public.indexing_progress add attribute retrying_chunks bigint;
alter type app_public.indexing_progress add attribute dead_chunks bigint;
alter type app_public.indexing_progress add attribute dead_sources bigint;
alter type app_public.indexing_progress add attribute paused text;
alter type app_public.indexing_progress add attribute resumes_at timestamptz;
comment on column app_public.indexing_progress.is_complete is 'Whether nothing is left to do. What was given up is not waited for.';
comment on column app_public.indexing_progress.retrying_chunks is 'Chunks that could not be embedded and are tried again.';
comment on column app_public.indexing_progress.dead_chunks is 'Chunks that were given up: found by their words alone until redriveEmbeddings.';
comment on column app_public.indexing_progress.dead_sources is 'Documents, messages and memories that could not be cut into chunks and were given up: not found until they are edited, or redriveEmbeddings.';
comment on column app_public.indexing_progress.paused is 'Why nothing goes on at the moment: budget, quota, switch or provider; null when it does.';
comment on column app_public.indexing_progress.resumes_at is 'When it is tried again.';

create type app_public.failed_embedding as (
  chunk_id uuid,
  embedding_version_id uuid,
  source_type app_public.source_type,
  document_id uuid,
  conversation_id uuid,
  memory_item_id uuid,
  attempts integer,
  code text,
  error text,
  failed_at timestamptz,
  next_attempt_at timestamptz,
  is_dead boolean,
  raw_event_id uuid
);
comment on type app_public.failed_embedding is 'A chunk whose vector could not be had, or a text that could not be cut into chunks.';
comment on column app_public.failed_embedding.chunk_id is 'The chunk; null when the text could not be cut into chunks.';
comment on column app_public.failed_embedding.embedding_version_id is 'The embedding version; null when the text could not be cut.';
comment on column app_public.failed_embedding.source_type is 'What it is a piece of.';
comment on column app_public.failed_embedding.document_id is 'The document, if any.';
comment on column app_public.failed_embedding.conversation_id is 'The conversation, if any.';
comment on column app_public.failed_embedding.memory_item_id is 'The memory, if any.';
comment on column app_public.failed_embedding.raw_event_id is 'The event, if any.';
comment on column app_public.failed_embedding.attempts is 'Times that it was tried.';
comment on column app_public.failed_embedding.code is 'bad_input, bad_output, unavailable or interrupted; for a text that could not be cut, CQ316 or what the database said.';
comment on column app_public.failed_embedding.error is 'The reason, as the provider gave it.';
comment on column app_public.failed_embedding.failed_at is 'When it failed last.';
comment on column app_public.failed_embedding.next_attempt_at is 'When it is tried again; null when it was given up.';
comment on column app_public.failed_embedding.is_dead is 'Whether it was given up.';

create type app_public.redriven_embeddings as (
  chunks bigint,
  sources bigint,
  texts bigint
);
comment on type app_public.redriven_embeddings is 'What was put back into the queue.';
comment on column app_public.redriven_embeddings.chunks is 'Chunks.';
comment on column app_public.redriven_embeddings.sources is 'Documents, conversations and memories that they are pieces of, or that could not be cut.';
comment on column app_public.redriven_embeddings.texts is 'Texts that could not be cut into chunks.';
