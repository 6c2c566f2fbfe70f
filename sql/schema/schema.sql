--
-- PostgreSQL database dump
--

\restrict colloquy

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: app_hidden; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA app_hidden;

--
-- Name: SCHEMA app_hidden; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA app_hidden IS 'Reachable by a policy, a function or the worker, never exposed.';

--
-- Name: app_private; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA app_private;

--
-- Name: SCHEMA app_private; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA app_private IS 'Secrets and settings. No request role can reach it.';

--
-- Name: app_public; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA app_public;

--
-- Name: SCHEMA app_public; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA app_public IS 'What GraphQL exposes.';

--
-- Name: extensions; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA extensions;

--
-- Name: btree_gin; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA extensions;

--
-- Name: EXTENSION btree_gin; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION btree_gin IS 'support for indexing common datatypes in GIN';

--
-- Name: btree_gist; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA extensions;

--
-- Name: EXTENSION btree_gist; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION btree_gist IS 'support for indexing common datatypes in GiST';

--
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA extensions;

--
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';

--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA extensions;

--
-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

--
-- Name: pgcrypto; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;

--
-- Name: EXTENSION pgcrypto; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';

--
-- Name: vector; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA extensions;

--
-- Name: EXTENSION vector; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION vector IS 'vector data type and ivfflat and hnsw access methods';

--
-- Name: storage_tier; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.storage_tier AS ENUM (
    'hot',
    'warm',
    'cold'
);

--
-- Name: TYPE storage_tier; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.storage_tier IS 'hot: recent or often read. warm: older. cold: rarely read, searched only when asked or when the others return too little.';

--
-- Name: packed_conversation; Type: TYPE; Schema: app_hidden; Owner: -
--

CREATE TYPE app_hidden.packed_conversation AS (
	conversation_id uuid,
	storage_tier app_public.storage_tier,
	messages integer,
	problem text
);

--
-- Name: TYPE packed_conversation; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TYPE app_hidden.packed_conversation IS 'What a step of the archive did with a conversation.';

--
-- Name: COLUMN packed_conversation.conversation_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.packed_conversation.conversation_id IS 'The conversation.';

--
-- Name: COLUMN packed_conversation.storage_tier; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.packed_conversation.storage_tier IS 'Where its messages are now.';

--
-- Name: COLUMN packed_conversation.messages; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.packed_conversation.messages IS 'Messages that were packed or checked.';

--
-- Name: COLUMN packed_conversation.problem; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.packed_conversation.problem IS 'Why nothing was done, if nothing was.';

--
-- Name: provider_pause_kind; Type: TYPE; Schema: app_hidden; Owner: -
--

CREATE TYPE app_hidden.provider_pause_kind AS ENUM (
    'asked',
    'misconfigured',
    'outage'
);

--
-- Name: TYPE provider_pause_kind; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TYPE app_hidden.provider_pause_kind IS 'Why a provider is left alone: it asked for it, it refuses everything until a setting is corrected, or it does not answer.';

--
-- Name: message_role; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.message_role AS ENUM (
    'user',
    'assistant',
    'system',
    'tool'
);

--
-- Name: TYPE message_role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.message_role IS 'Who speaks.';

--
-- Name: imported_message; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.imported_message AS (
	"position" integer,
	external_id text,
	parent_external_id text,
	role app_public.message_role,
	content text,
	written_at timestamp with time zone,
	model text,
	metadata jsonb,
	id uuid,
	attachments jsonb,
	tool_calls jsonb,
	feedback jsonb
);

--
-- Name: TYPE imported_message; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TYPE app_private.imported_message IS 'A message of an import, with the id that follows from where it comes from.';

--
-- Name: wanted_chunk; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.wanted_chunk AS (
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

--
-- Name: TYPE wanted_chunk; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TYPE app_private.wanted_chunk IS 'A chunk that a document shall have; kept_id is the chunk with the same text that it has already.';

--
-- Name: active_session; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.active_session AS (
	id uuid,
	created_at timestamp with time zone,
	last_active_at timestamp with time zone,
	expires_at timestamp with time zone,
	ip inet,
	user_agent text,
	is_current boolean
);

--
-- Name: TYPE active_session; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.active_session IS 'A signed-in session of the caller, without its token.';

--
-- Name: COLUMN active_session.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.active_session.id IS 'Identifier, for revokeSession.';

--
-- Name: COLUMN active_session.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.active_session.created_at IS 'When the sign-in happened.';

--
-- Name: COLUMN active_session.last_active_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.active_session.last_active_at IS 'Last request, to the minute.';

--
-- Name: COLUMN active_session.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.active_session.expires_at IS 'When its token stops working.';

--
-- Name: COLUMN active_session.ip; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.active_session.ip IS 'Address of the sign-in.';

--
-- Name: COLUMN active_session.user_agent; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.active_session.user_agent IS 'Client of the sign-in.';

--
-- Name: COLUMN active_session.is_current; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.active_session.is_current IS 'Whether it is the session of this request.';

--
-- Name: analytics_period; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.analytics_period AS ENUM (
    'day',
    'month'
);

--
-- Name: TYPE analytics_period; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.analytics_period IS 'What figures are added up over: a day or a month, in UTC.';

--
-- Name: authentication; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.authentication AS (
	token text,
	expires_at timestamp with time zone,
	user_id uuid,
	workspace_id uuid
);

--
-- Name: TYPE authentication; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.authentication IS 'What a sign-in gives: a bearer token, shown once.';

--
-- Name: COLUMN authentication.token; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.authentication.token IS 'Send it as "Authorization: Bearer …".';

--
-- Name: COLUMN authentication.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.authentication.expires_at IS 'When it stops working.';

--
-- Name: COLUMN authentication.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.authentication.user_id IS 'Who signed in.';

--
-- Name: COLUMN authentication.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.authentication.workspace_id IS 'The workspace that requests use unless they name another.';

--
-- Name: budget_period; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.budget_period AS ENUM (
    'day',
    'month'
);

--
-- Name: TYPE budget_period; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.budget_period IS 'When a budget begins anew, in UTC.';

--
-- Name: budget_scope; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.budget_scope AS ENUM (
    'user',
    'workspace'
);

--
-- Name: TYPE budget_scope; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.budget_scope IS 'What a budget is for: one member, or the whole workspace.';

--
-- Name: conversation_channel; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.conversation_channel AS ENUM (
    'api',
    'web',
    'slack',
    'cli'
);

--
-- Name: TYPE conversation_channel; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.conversation_channel IS 'Where a conversation takes place.';

--
-- Name: conversation_share_link; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.conversation_share_link AS (
	id uuid,
	token text,
	conversation_id uuid,
	until_message_id uuid,
	expires_at timestamp with time zone
);

--
-- Name: TYPE conversation_share_link; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.conversation_share_link IS 'A new link to a conversation, with its token, shown once.';

--
-- Name: COLUMN conversation_share_link.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_share_link.id IS 'Identifier of the link, to revoke it.';

--
-- Name: COLUMN conversation_share_link.token; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_share_link.token IS 'What readSharedConversation takes. It is not stored.';

--
-- Name: COLUMN conversation_share_link.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_share_link.conversation_id IS 'The conversation.';

--
-- Name: COLUMN conversation_share_link.until_message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_share_link.until_message_id IS 'Last message that is shown.';

--
-- Name: COLUMN conversation_share_link.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_share_link.expires_at IS 'When it stops working; null means never.';

--
-- Name: conversation_summary; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.conversation_summary AS (
	day date,
	rag_configuration_id uuid,
	conversation_count integer,
	message_count bigint,
	avg_messages_per_conversation numeric,
	total_tokens bigint,
	avg_tokens_per_conversation numeric,
	cost_usd numeric,
	avg_relevance_score numeric,
	avg_response_time_ms integer,
	positive_feedback bigint,
	negative_feedback bigint,
	feedback_ratio numeric,
	satisfaction_score numeric
);

--
-- Name: TYPE conversation_summary; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.conversation_summary IS 'What the conversations of a workspace add up to on one UTC day, per configuration.';

--
-- Name: COLUMN conversation_summary.day; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.day IS 'The UTC day.';

--
-- Name: COLUMN conversation_summary.rag_configuration_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.rag_configuration_id IS 'The configuration; null when it is gone.';

--
-- Name: COLUMN conversation_summary.conversation_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.conversation_count IS 'Conversations with messages.';

--
-- Name: COLUMN conversation_summary.message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.message_count IS 'Messages.';

--
-- Name: COLUMN conversation_summary.avg_messages_per_conversation; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.avg_messages_per_conversation IS 'Messages per conversation.';

--
-- Name: COLUMN conversation_summary.total_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.total_tokens IS 'Tokens.';

--
-- Name: COLUMN conversation_summary.avg_tokens_per_conversation; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.avg_tokens_per_conversation IS 'Tokens per conversation.';

--
-- Name: COLUMN conversation_summary.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.cost_usd IS 'Cost in US dollars.';

--
-- Name: COLUMN conversation_summary.avg_relevance_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.avg_relevance_score IS 'Mean relevance score.';

--
-- Name: COLUMN conversation_summary.avg_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.avg_response_time_ms IS 'Mean response time in milliseconds.';

--
-- Name: COLUMN conversation_summary.positive_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.positive_feedback IS 'Thumbs up.';

--
-- Name: COLUMN conversation_summary.negative_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.negative_feedback IS 'Thumbs down.';

--
-- Name: COLUMN conversation_summary.feedback_ratio; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.feedback_ratio IS 'Share of thumbs up among the thumbs.';

--
-- Name: COLUMN conversation_summary.satisfaction_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_summary.satisfaction_score IS 'Mean satisfaction, 0 to 1.';

--
-- Name: retention_kind; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.retention_kind AS ENUM (
    'conversations',
    'documents',
    'files',
    'memory_items',
    'raw_events',
    'usage_logs',
    'audit_logs',
    'conversation_analytics',
    'hot_conversations',
    'warm_conversations'
);

--
-- Name: TYPE retention_kind; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.retention_kind IS 'What a retention policy or a legal hold is about. hot_conversations and warm_conversations say how long a conversation rests before it is packed, and before it is cold: nothing is deleted by those.';

--
-- Name: effective_retention; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.effective_retention AS (
	kind app_public.retention_kind,
	keep_days integer,
	decided_by text
);

--
-- Name: TYPE effective_retention; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.effective_retention IS 'How long a kind of thing is kept in a workspace, and what decides it.';

--
-- Name: COLUMN effective_retention.kind; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.effective_retention.kind IS 'What it is about.';

--
-- Name: COLUMN effective_retention.keep_days; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.effective_retention.keep_days IS 'Days to keep it; null means forever.';

--
-- Name: COLUMN effective_retention.decided_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.effective_retention.decided_by IS 'hold, workspace, system or nothing.';

--
-- Name: embedding_version_status; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.embedding_version_status AS ENUM (
    'building',
    'active',
    'retired',
    'archived'
);

--
-- Name: TYPE embedding_version_status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.embedding_version_status IS 'building, active (exactly one), retired or archived.';

--
-- Name: event_import_outcome; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.event_import_outcome AS (
	external_id text,
	raw_event_id uuid,
	outcome text,
	reason text
);

--
-- Name: TYPE event_import_outcome; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.event_import_outcome IS 'What an import did with one event.';

--
-- Name: COLUMN event_import_outcome.external_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.event_import_outcome.external_id IS 'Identifier in the system it comes from.';

--
-- Name: COLUMN event_import_outcome.raw_event_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.event_import_outcome.raw_event_id IS 'The event, when it was added.';

--
-- Name: COLUMN event_import_outcome.outcome; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.event_import_outcome.outcome IS 'added, unchanged or refused.';

--
-- Name: COLUMN event_import_outcome.reason; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.event_import_outcome.reason IS 'Why it was refused.';

--
-- Name: source_type; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.source_type AS ENUM (
    'document',
    'message',
    'memory',
    'event'
);

--
-- Name: TYPE source_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.source_type IS 'What a chunk was cut from.';

--
-- Name: failed_embedding; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.failed_embedding AS (
	chunk_id uuid,
	embedding_version_id uuid,
	source_type app_public.source_type,
	document_id uuid,
	conversation_id uuid,
	memory_item_id uuid,
	attempts integer,
	code text,
	error text,
	failed_at timestamp with time zone,
	next_attempt_at timestamp with time zone,
	is_dead boolean
);

--
-- Name: TYPE failed_embedding; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.failed_embedding IS 'A chunk whose vector could not be had.';

--
-- Name: COLUMN failed_embedding.chunk_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.chunk_id IS 'The chunk.';

--
-- Name: COLUMN failed_embedding.embedding_version_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.embedding_version_id IS 'The embedding version.';

--
-- Name: COLUMN failed_embedding.source_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.source_type IS 'What it is a piece of.';

--
-- Name: COLUMN failed_embedding.document_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.document_id IS 'The document, if any.';

--
-- Name: COLUMN failed_embedding.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.conversation_id IS 'The conversation, if any.';

--
-- Name: COLUMN failed_embedding.memory_item_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.memory_item_id IS 'The memory, if any.';

--
-- Name: COLUMN failed_embedding.attempts; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.attempts IS 'Times that it was tried.';

--
-- Name: COLUMN failed_embedding.code; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.code IS 'bad_input, bad_output, unavailable or interrupted.';

--
-- Name: COLUMN failed_embedding.error; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.error IS 'The reason, as the provider gave it.';

--
-- Name: COLUMN failed_embedding.failed_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.failed_at IS 'When it failed last.';

--
-- Name: COLUMN failed_embedding.next_attempt_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.next_attempt_at IS 'When it is tried again; null when it was given up.';

--
-- Name: COLUMN failed_embedding.is_dead; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.failed_embedding.is_dead IS 'Whether it was given up.';

--
-- Name: feedback_type; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.feedback_type AS ENUM (
    'positive',
    'neutral',
    'negative'
);

--
-- Name: TYPE feedback_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.feedback_type IS 'Thumbs up, neither, or thumbs down.';

--
-- Name: import_outcome; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.import_outcome AS (
	source_url text,
	document_id uuid,
	outcome text,
	reason text
);

--
-- Name: TYPE import_outcome; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.import_outcome IS 'What an import did with one document.';

--
-- Name: COLUMN import_outcome.source_url; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_outcome.source_url IS 'Where it came from.';

--
-- Name: COLUMN import_outcome.document_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_outcome.document_id IS 'The document; null when it was refused.';

--
-- Name: COLUMN import_outcome.outcome; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_outcome.outcome IS 'added, updated, unchanged or refused.';

--
-- Name: COLUMN import_outcome.reason; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_outcome.reason IS 'Why it was refused.';

--
-- Name: import_result; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.import_result AS (
	id uuid,
	is_new boolean,
	added integer,
	unchanged integer,
	files_added integer,
	tool_calls_added integer,
	feedback_added integer
);

--
-- Name: TYPE import_result; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.import_result IS 'What an import of one conversation did.';

--
-- Name: COLUMN import_result.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_result.id IS 'The conversation.';

--
-- Name: COLUMN import_result.is_new; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_result.is_new IS 'Whether it was made now.';

--
-- Name: COLUMN import_result.added; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_result.added IS 'Messages added.';

--
-- Name: COLUMN import_result.unchanged; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_result.unchanged IS 'Messages that were there.';

--
-- Name: COLUMN import_result.files_added; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_result.files_added IS 'Attachments that are described now and were not before.';

--
-- Name: COLUMN import_result.tool_calls_added; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_result.tool_calls_added IS 'Tool calls added.';

--
-- Name: COLUMN import_result.feedback_added; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.import_result.feedback_added IS 'Messages that have feedback now and had none.';

--
-- Name: indexing_progress; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.indexing_progress AS (
	pending_documents bigint,
	pending_conversations bigint,
	chunks bigint,
	embedded_chunks bigint,
	is_complete boolean,
	pending_memory_items bigint,
	retrying_chunks bigint,
	dead_chunks bigint,
	paused text,
	resumes_at timestamp with time zone
);

--
-- Name: TYPE indexing_progress; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.indexing_progress IS 'How much of a workspace is searchable.';

--
-- Name: COLUMN indexing_progress.pending_documents; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.pending_documents IS 'Documents that are not cut into chunks yet.';

--
-- Name: COLUMN indexing_progress.pending_conversations; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.pending_conversations IS 'Conversations with messages that are not cut yet.';

--
-- Name: COLUMN indexing_progress.chunks; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.chunks IS 'Chunks in all.';

--
-- Name: COLUMN indexing_progress.embedded_chunks; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.embedded_chunks IS 'Chunks that have a vector of the active version.';

--
-- Name: COLUMN indexing_progress.is_complete; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.is_complete IS 'Whether nothing is left to do. What was given up is not waited for.';

--
-- Name: COLUMN indexing_progress.pending_memory_items; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.pending_memory_items IS 'Memories that are not cut into chunks yet.';

--
-- Name: COLUMN indexing_progress.retrying_chunks; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.retrying_chunks IS 'Chunks that could not be embedded and are tried again.';

--
-- Name: COLUMN indexing_progress.dead_chunks; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.dead_chunks IS 'Chunks that were given up: found by their words alone until redriveEmbeddings.';

--
-- Name: COLUMN indexing_progress.paused; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.paused IS 'Why nothing goes on at the moment: budget, quota, switch or provider; null when it does.';

--
-- Name: COLUMN indexing_progress.resumes_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.indexing_progress.resumes_at IS 'When it is tried again.';

--
-- Name: member_role; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.member_role AS ENUM (
    'owner',
    'admin',
    'member',
    'viewer'
);

--
-- Name: TYPE member_role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.member_role IS 'owner and admin manage a workspace, member writes, viewer only reads.';

--
-- Name: member_activity; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.member_activity AS (
	user_id uuid,
	member_role app_public.member_role,
	conversation_count bigint,
	message_count bigint,
	active_days bigint,
	last_active_day date,
	total_tokens bigint,
	cost_usd numeric
);

--
-- Name: TYPE member_activity; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.member_activity IS 'What one member did in a workspace.';

--
-- Name: COLUMN member_activity.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_activity.user_id IS 'The member.';

--
-- Name: COLUMN member_activity.member_role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_activity.member_role IS 'Role in the workspace.';

--
-- Name: COLUMN member_activity.conversation_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_activity.conversation_count IS 'Conversations that the member wrote in.';

--
-- Name: COLUMN member_activity.message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_activity.message_count IS 'Messages that the member wrote.';

--
-- Name: COLUMN member_activity.active_days; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_activity.active_days IS 'UTC days on which the member wrote.';

--
-- Name: COLUMN member_activity.last_active_day; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_activity.last_active_day IS 'The last of them.';

--
-- Name: COLUMN member_activity.total_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_activity.total_tokens IS 'Tokens that the member used.';

--
-- Name: COLUMN member_activity.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_activity.cost_usd IS 'What they cost, in US dollars.';

--
-- Name: member_name; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.member_name AS (
	user_id uuid,
	username text,
	display_name text,
	avatar_url text,
	role app_public.member_role,
	joined_at timestamp with time zone
);

--
-- Name: TYPE member_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.member_name IS 'What members of a workspace see of each other.';

--
-- Name: COLUMN member_name.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_name.user_id IS 'The member.';

--
-- Name: COLUMN member_name.username; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_name.username IS 'Public handle.';

--
-- Name: COLUMN member_name.display_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_name.display_name IS 'Name shown to others.';

--
-- Name: COLUMN member_name.avatar_url; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_name.avatar_url IS 'Picture, as an http(s) address.';

--
-- Name: COLUMN member_name.role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_name.role IS 'Role in the workspace.';

--
-- Name: COLUMN member_name.joined_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.member_name.joined_at IS 'When the user became a member.';

--
-- Name: memory_change; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.memory_change AS ENUM (
    'remembered',
    'merged',
    'superseded',
    'forgotten'
);

--
-- Name: TYPE memory_change; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.memory_change IS 'What happened to a memory.';

--
-- Name: memory_source_type; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.memory_source_type AS ENUM (
    'chat',
    'document',
    'manual',
    'event'
);

--
-- Name: TYPE memory_source_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.memory_source_type IS 'What a memory was learned from.';

--
-- Name: message_status; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.message_status AS ENUM (
    'complete',
    'streaming',
    'failed'
);

--
-- Name: TYPE message_status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.message_status IS 'complete, still streaming, or failed.';

--
-- Name: new_api_key; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.new_api_key AS (
	secret text,
	api_key_id uuid,
	name text,
	prefix text,
	scopes text[],
	expires_at timestamp with time zone
);

--
-- Name: TYPE new_api_key; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.new_api_key IS 'A new key with its secret, which is shown this once.';

--
-- Name: COLUMN new_api_key.secret; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.new_api_key.secret IS 'Send it as "Authorization: Bearer …". It cannot be shown again.';

--
-- Name: COLUMN new_api_key.api_key_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.new_api_key.api_key_id IS 'The key.';

--
-- Name: COLUMN new_api_key.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.new_api_key.name IS 'What it is for.';

--
-- Name: COLUMN new_api_key.prefix; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.new_api_key.prefix IS 'First characters of the secret.';

--
-- Name: COLUMN new_api_key.scopes; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.new_api_key.scopes IS 'What it may do.';

--
-- Name: COLUMN new_api_key.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.new_api_key.expires_at IS 'When it stops working; null means never.';

--
-- Name: processing_status; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.processing_status AS ENUM (
    'pending',
    'processing',
    'completed',
    'failed'
);

--
-- Name: TYPE processing_status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.processing_status IS 'pending, processing, completed or failed.';

--
-- Name: recalled_memory; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.recalled_memory AS (
	memory_item_id uuid,
	content text,
	subject text,
	importance real,
	vector_score real,
	text_score real,
	recency real,
	score real
);

--
-- Name: TYPE recalled_memory; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.recalled_memory IS 'One recalled memory.';

--
-- Name: COLUMN recalled_memory.memory_item_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recalled_memory.memory_item_id IS 'The memory.';

--
-- Name: COLUMN recalled_memory.content; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recalled_memory.content IS 'The fact.';

--
-- Name: COLUMN recalled_memory.subject; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recalled_memory.subject IS 'What it is about.';

--
-- Name: COLUMN recalled_memory.importance; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recalled_memory.importance IS 'Importance, 0 to 1.';

--
-- Name: COLUMN recalled_memory.vector_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recalled_memory.vector_score IS 'Cosine similarity, -1 to 1; null when only the text matched.';

--
-- Name: COLUMN recalled_memory.text_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recalled_memory.text_score IS 'Rank of the text match; null when only the vector matched.';

--
-- Name: COLUMN recalled_memory.recency; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recalled_memory.recency IS '1 for what was remembered or used just now, half of it a month later.';

--
-- Name: COLUMN recalled_memory.score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recalled_memory.score IS 'What the memories are ordered by.';

--
-- Name: recall_response; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.recall_response AS (
	requested integer,
	returned integer,
	embedding_version_id uuid,
	memories app_public.recalled_memory[]
);

--
-- Name: TYPE recall_response; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.recall_response IS 'What was recalled.';

--
-- Name: COLUMN recall_response.requested; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recall_response.requested IS 'Memories asked for.';

--
-- Name: COLUMN recall_response.returned; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recall_response.returned IS 'Memories found.';

--
-- Name: COLUMN recall_response.embedding_version_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recall_response.embedding_version_id IS 'Embedding version that was used.';

--
-- Name: COLUMN recall_response.memories; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.recall_response.memories IS 'What was found, best first.';

--
-- Name: redriven_embeddings; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.redriven_embeddings AS (
	chunks bigint,
	sources bigint
);

--
-- Name: TYPE redriven_embeddings; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.redriven_embeddings IS 'What was put back into the queue.';

--
-- Name: COLUMN redriven_embeddings.chunks; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.redriven_embeddings.chunks IS 'Chunks.';

--
-- Name: COLUMN redriven_embeddings.sources; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.redriven_embeddings.sources IS 'Documents, conversations and memories that they are pieces of.';

--
-- Name: repository_source_type; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.repository_source_type AS ENUM (
    'git',
    'local',
    'repomix',
    'upload'
);

--
-- Name: TYPE repository_source_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.repository_source_type IS 'Where the files of a repository come from.';

--
-- Name: search_mode; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_mode AS ENUM (
    'hybrid',
    'vector',
    'text'
);

--
-- Name: TYPE search_mode; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.search_mode IS 'hybrid fuses vector and text ranks; vector and text use one leg alone.';

--
-- Name: search_result; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_result AS (
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
	score real,
	memory_item_id uuid
);

--
-- Name: TYPE search_result; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.search_result IS 'One found chunk.';

--
-- Name: COLUMN search_result.chunk_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.chunk_id IS 'The chunk.';

--
-- Name: COLUMN search_result.source_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.source_type IS 'What it is a piece of.';

--
-- Name: COLUMN search_result.document_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.document_id IS 'The document, if any.';

--
-- Name: COLUMN search_result.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.conversation_id IS 'The conversation, if any.';

--
-- Name: COLUMN search_result.message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.message_id IS 'The message, if any.';

--
-- Name: COLUMN search_result.title; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.title IS 'Title of the document or conversation.';

--
-- Name: COLUMN search_result.heading; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.heading IS 'Title and headings above the chunk.';

--
-- Name: COLUMN search_result.snippet; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.snippet IS 'The best part of it as safe HTML, with the query''s words in <mark>.';

--
-- Name: COLUMN search_result.content; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.content IS 'The whole chunk.';

--
-- Name: COLUMN search_result.page_number; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.page_number IS 'Page, when the source has pages.';

--
-- Name: COLUMN search_result.vector_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.vector_score IS 'Cosine similarity, -1 to 1; null when only the text matched.';

--
-- Name: COLUMN search_result.text_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.text_score IS 'Rank of the text match; null when only the vector matched.';

--
-- Name: COLUMN search_result.score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.score IS 'What the results are ordered by.';

--
-- Name: COLUMN search_result.memory_item_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_result.memory_item_id IS 'The memory, if any.';

--
-- Name: search_response; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_response AS (
	requested integer,
	returned integer,
	path text,
	scan_limit_hit boolean,
	embedding_version_id uuid,
	results app_public.search_result[]
);

--
-- Name: TYPE search_response; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.search_response IS 'What a search found, and how.';

--
-- Name: COLUMN search_response.requested; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_response.requested IS 'Results asked for.';

--
-- Name: COLUMN search_response.returned; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_response.returned IS 'Results found.';

--
-- Name: COLUMN search_response.path; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_response.path IS 'How vectors were compared: exact, index, index then exact, or none.';

--
-- Name: COLUMN search_response.scan_limit_hit; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_response.scan_limit_hit IS 'Whether the index gave up before it had enough, so that an exact search followed.';

--
-- Name: COLUMN search_response.embedding_version_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_response.embedding_version_id IS 'Embedding version that was used.';

--
-- Name: COLUMN search_response.results; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.search_response.results IS 'What was found, best first.';

--
-- Name: shared_message; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.shared_message AS (
	role app_public.message_role,
	content text,
	model text,
	written_at timestamp with time zone
);

--
-- Name: TYPE shared_message; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.shared_message IS 'A message as a visitor sees it.';

--
-- Name: COLUMN shared_message.role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.shared_message.role IS 'Who speaks: user or assistant.';

--
-- Name: COLUMN shared_message.content; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.shared_message.content IS 'Text.';

--
-- Name: COLUMN shared_message.model; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.shared_message.model IS 'Model that wrote it.';

--
-- Name: COLUMN shared_message.written_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.shared_message.written_at IS 'When it was written.';

--
-- Name: shared_conversation; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.shared_conversation AS (
	title text,
	messages app_public.shared_message[]
);

--
-- Name: TYPE shared_conversation; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.shared_conversation IS 'What a link shows: the title, and the messages up to the one that was chosen.';

--
-- Name: COLUMN shared_conversation.title; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.shared_conversation.title IS 'Title.';

--
-- Name: COLUMN shared_conversation.messages; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.shared_conversation.messages IS 'Messages in order, without those of the system and of tools.';

--
-- Name: taggable_type; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.taggable_type AS ENUM (
    'document',
    'repository',
    'conversation',
    'memory_item'
);

--
-- Name: TYPE taggable_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.taggable_type IS 'What can have a tag.';

--
-- Name: text_search_language; Type: DOMAIN; Schema: app_public; Owner: -
--

CREATE DOMAIN app_public.text_search_language AS text
	CONSTRAINT text_search_language_known CHECK ((VALUE = ANY (ARRAY['simple'::text, 'arabic'::text, 'armenian'::text, 'basque'::text, 'catalan'::text, 'danish'::text, 'dutch'::text, 'english'::text, 'estonian'::text, 'finnish'::text, 'french'::text, 'german'::text, 'greek'::text, 'hindi'::text, 'hungarian'::text, 'indonesian'::text, 'irish'::text, 'italian'::text, 'lithuanian'::text, 'nepali'::text, 'norwegian'::text, 'portuguese'::text, 'romanian'::text, 'russian'::text, 'serbian'::text, 'spanish'::text, 'swedish'::text, 'tamil'::text, 'turkish'::text, 'yiddish'::text])));

--
-- Name: DOMAIN text_search_language; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON DOMAIN app_public.text_search_language IS 'Language of a text, as PostgreSQL''s text search configurations are named; simple means no stemming.';

--
-- Name: tool_call_status; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.tool_call_status AS ENUM (
    'requested',
    'approved',
    'denied',
    'running',
    'succeeded',
    'failed'
);

--
-- Name: TYPE tool_call_status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.tool_call_status IS 'requested, then approved or denied; an approved one runs and succeeds or fails.';

--
-- Name: user_role; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.user_role AS ENUM (
    'user',
    'moderator',
    'admin'
);

--
-- Name: TYPE user_role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.user_role IS 'Role in the whole installation.';

--
-- Name: visibility; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.visibility AS ENUM (
    'private',
    'workspace'
);

--
-- Name: TYPE visibility; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.visibility IS 'Who may read a row besides its owner: nobody, or the members of its workspace.';

--
-- Name: workspace_figures; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.workspace_figures AS (
	conversation_count bigint,
	message_count bigint,
	answer_count bigint,
	active_members bigint,
	total_tokens bigint,
	cost_usd numeric,
	avg_relevance_score numeric,
	avg_response_time_ms integer,
	positive_feedback bigint,
	negative_feedback bigint,
	feedback_ratio numeric,
	satisfaction_score numeric,
	computed_at timestamp with time zone
);

--
-- Name: TYPE workspace_figures; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TYPE app_public.workspace_figures IS 'The figures of a workspace over some days.';

--
-- Name: COLUMN workspace_figures.conversation_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.conversation_count IS 'Different conversations with messages.';

--
-- Name: COLUMN workspace_figures.message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.message_count IS 'Messages.';

--
-- Name: COLUMN workspace_figures.answer_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.answer_count IS 'Messages of assistants.';

--
-- Name: COLUMN workspace_figures.active_members; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.active_members IS 'Different people who wrote.';

--
-- Name: COLUMN workspace_figures.total_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.total_tokens IS 'Tokens.';

--
-- Name: COLUMN workspace_figures.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.cost_usd IS 'Cost in US dollars.';

--
-- Name: COLUMN workspace_figures.avg_relevance_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.avg_relevance_score IS 'Mean relevance score; null without any.';

--
-- Name: COLUMN workspace_figures.avg_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.avg_response_time_ms IS 'Mean response time in milliseconds; null without any.';

--
-- Name: COLUMN workspace_figures.positive_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.positive_feedback IS 'Thumbs up.';

--
-- Name: COLUMN workspace_figures.negative_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.negative_feedback IS 'Thumbs down.';

--
-- Name: COLUMN workspace_figures.feedback_ratio; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.feedback_ratio IS 'Share of thumbs up among the thumbs; null without any.';

--
-- Name: COLUMN workspace_figures.satisfaction_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.satisfaction_score IS 'Mean satisfaction, 0 to 1; null without feedback.';

--
-- Name: COLUMN workspace_figures.computed_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_figures.computed_at IS 'When the newest of these figures changed; null without any.';

--
-- Name: abandon_embedding_claims(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.abandon_embedding_claims(max_claims integer DEFAULT 100) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  claim app_hidden.embedding_claims;
  reservation app_public.usage_reservations;
  abandoned integer := 0;
begin
  for claim in
    select k.*
    from app_hidden.embedding_claims k
    where k.abandoned_at is null and k.expires_at <= clock_timestamp()
    order by k.id
    limit max_claims
    for no key update skip locked
  loop
    select r.* into reservation
    from app_public.usage_reservations r
    where r.workspace_id = claim.workspace_id and r.id = claim.reservation_id
    for no key update;
    if reservation.id is not null then
      perform app_private.settle_reservation(reservation, 0, 0);
    end if;
    perform app_hidden.count_embedding_failures(
      claim.version_id, claim.workspace_id, array_agg(c.id), array_agg('interrupted'::text),
      array_agg('The worker ended before it had an answer.'::text)
    )
    from app_public.chunks c
    where c.workspace_id = claim.workspace_id and c.id = any (claim.chunk_ids) and not exists (
      select from app_public.embeddings e where e.version_id = claim.version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    )
    having count(*) > 0;
    update app_hidden.embedding_claims k set abandoned_at = clock_timestamp() where k.id = claim.id;
    abandoned := abandoned + 1;
  end loop;
  -- kept for a while: a worker that was only slow may still say what it used
  delete from app_hidden.embedding_claims k where k.abandoned_at < clock_timestamp() - interval '1 day';
  return abandoned;
end
$$;

--
-- Name: FUNCTION abandon_embedding_claims(max_claims integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.abandon_embedding_claims(max_claims integer) IS 'Frees what dead workers had claimed. Returns how many claims.';

--
-- Name: add_message_chunks(uuid, uuid, integer, jsonb); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  added integer;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
  for no key update;
  if conversation.id is null or conversation.indexed_sequence_number >= through_sequence_number then
    return 0;
  end if;

  insert into app_public.chunks (
    workspace_id, source_type, conversation_id, message_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset,
    token_count, content_hash
  )
  select
    for_workspace, 'message', for_conversation, w.message_id, conversation.owner_id, conversation.visibility, w.chunk_index, w.content,
    w.heading, w.start_offset, w.end_offset, w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content))
  from jsonb_to_recordset(new_chunks) as w (
    message_id uuid, chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer
  )
  join app_public.messages m
    on m.id = w.message_id and m.conversation_id = for_conversation
    and m.sequence_number > conversation.indexed_sequence_number and m.sequence_number <= through_sequence_number;
  get diagnostics added = row_count;

  update app_public.conversations c set indexed_sequence_number = through_sequence_number where c.id = for_conversation;
  return added;
end
$$;

--
-- Name: FUNCTION add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb) IS 'Adds the chunks of new messages of a conversation and remembers how far it got. Done twice, it changes nothing.';

--
-- Name: archive_old_conversations(interval, integer, integer, uuid, interval); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.archive_old_conversations(idle_for interval DEFAULT NULL::interval, min_messages integer DEFAULT 100, max_conversations integer DEFAULT 100, after_id uuid DEFAULT NULL::uuid, time_budget interval DEFAULT '00:01:00'::interval) RETURNS SETOF app_hidden.packed_conversation
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  result app_hidden.packed_conversation;
  deadline timestamptz := clock_timestamp() + time_budget;
begin
  if idle_for < interval '0' or min_messages < 1 or max_conversations not between 1 and 10000 then
    raise exception 'idle_for is not negative, min_messages at least 1, max_conversations 1 to 10,000.' using errcode = 'CQ200', hint = 'Leave them out for the defaults.';
  end if;
  for conversation in
    select c.*
    from app_public.conversations c
    where c.storage_tier = 'hot'
      and c.id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
      and c.message_count >= min_messages
      and c.indexed_sequence_number = c.last_sequence_number
      and c.last_message_at <= now() - coalesce(idle_for, interval '1 day')
      and c.last_message_at <= now() - coalesce(idle_for, app_private.resting_time('hot_conversations', c.workspace_id))
    order by c.id
    limit max_conversations
    for update skip locked
  loop
    result.conversation_id := conversation.id;
    result.messages := conversation.message_count;
    result.problem := null;
    begin
      conversation := app_private.pack_conversation(conversation);
    exception when others then
      result.problem := sqlstate || ': ' || sqlerrm;
    end;
    result.storage_tier := conversation.storage_tier;
    return next result;
    exit when clock_timestamp() > deadline;
  end loop;
end
$$;

--
-- Name: FUNCTION archive_old_conversations(idle_for interval, min_messages integer, max_conversations integer, after_id uuid, time_budget interval); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.archive_old_conversations(idle_for interval, min_messages integer, max_conversations integer, after_id uuid, time_budget interval) IS 'Packs conversations of at least min_messages that rest for idle_for (without it: as retention_policies say), at most max_conversations of those after after_id, until time_budget is over. Returns each with what became of it.';

--
-- Name: archive_old_messages(interval, integer, uuid, interval); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.archive_old_messages(older_than interval, max_conversations integer DEFAULT 100, after_id uuid DEFAULT NULL::uuid, time_budget interval DEFAULT '00:01:00'::interval) RETURNS SETOF app_hidden.packed_conversation
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select * from app_hidden.archive_old_conversations(coalesce(older_than, interval '30 days'), 1, max_conversations, after_id, time_budget);
$$;

--
-- Name: FUNCTION archive_old_messages(older_than interval, max_conversations integer, after_id uuid, time_budget interval); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.archive_old_messages(older_than interval, max_conversations integer, after_id uuid, time_budget interval) IS 'Packs the messages of every conversation, also of small ones, whose last message is older than that. Returns each with what became of it.';

--
-- Name: audit_row(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.audit_row() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  entity_type text := tg_argv[0];
  before jsonb := case when tg_op <> 'INSERT' then app_private.without_secrets(to_jsonb(old)) end;
  after jsonb := case when tg_op <> 'DELETE' then app_private.without_secrets(to_jsonb(new)) end;
  whole jsonb := coalesce(after, before);
begin
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(b.key, b.value), jsonb_object_agg(b.key, after -> b.key) into before, after
    from jsonb_each(before) as b
    where b.value is distinct from after -> b.key;
    if before is null then
      return null;
    end if;
  end if;
  perform app_private.log_event(
    entity_type || case tg_op when 'INSERT' then '.created' when 'UPDATE' then '.changed' else '.removed' end,
    app_hidden.current_user_id(),
    (whole ->> tg_argv[2])::uuid, entity_type, (whole ->> tg_argv[1])::uuid, before, after
  );
  return null;
end
$$;

--
-- Name: FUNCTION audit_row(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.audit_row() IS 'Trigger: writes what was changed into the audit log, without secrets.';

--
-- Name: authenticate(text, uuid); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.authenticate(token text, workspace_id uuid DEFAULT NULL::uuid) RETURNS TABLE(user_id uuid, session_id uuid, workspace uuid, member_role app_public.member_role, database_role text, scopes text[], api_key_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  session record;
  member app_public.workspace_members;
  key record;
begin
  if token ~ '^cqk_[0-9a-f]{8}_[0-9a-f]{64}$' then
    -- the membership is asked for, although a key goes with it: a key must not outlive it by any accident
    select k.id, k.owner_id, k.workspace_id, k.scopes, k.last_used_at, m.role as member_role, u.role into key
    from app_private.api_key_secrets s
    join app_public.api_keys k on k.id = s.api_key_id
    join app_public.users u on u.id = k.owner_id
    join app_public.workspace_members m on m.workspace_id = k.workspace_id and m.user_id = k.owner_id
    where s.token_hash = sha256(convert_to(token, 'UTF8'))
      and k.is_active and (k.expires_at is null or k.expires_at > now()) and u.is_active;
    if key.id is null then
      return;
    end if;
    if authenticate.workspace_id <> key.workspace_id then
      raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'An API key works in one workspace; leave the header out.';
    end if;
    if key.last_used_at is null or key.last_used_at < now() - interval '1 minute' then
      update app_public.api_keys k set last_used_at = now() where k.id = key.id;
    end if;
    return query select key.owner_id, null::uuid, key.workspace_id, key.member_role,
      case when key.role = 'admin' and 'admin' = any (key.scopes) then 'colloquy_admin' else 'colloquy_user' end, key.scopes, key.id;
    return;
  end if;
  if token !~ '^cqs_[0-9a-f]{64}$' then
    return;
  end if;

  select s.id, s.user_id, s.last_active_at, u.role into session
  from app_private.user_sessions s
  join app_public.users u on u.id = s.user_id
  where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.expires_at > now() and u.is_active;
  if session.id is null then
    return;
  end if;

  member := app_private.choose_workspace(session.user_id, authenticate.workspace_id);

  -- to the minute, so that reading costs no write
  if session.last_active_at < now() - interval '1 minute' then
    update app_private.user_sessions s set last_active_at = now() where s.id = session.id;
  end if;

  return query select session.user_id, session.id, member.workspace_id, member.role,
    case session.role when 'admin' then 'colloquy_admin' else 'colloquy_user' end, null::text[], null::uuid;
end
$_$;

--
-- Name: FUNCTION authenticate(token text, workspace_id uuid); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.authenticate(token text, workspace_id uuid) IS 'User, session, workspace, roles and scopes of a session token or API key; no row when it is not valid.';

--
-- Name: authenticate_identity(text, text, text, boolean, text, timestamp with time zone, uuid, inet, text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.authenticate_identity(issuer text, subject text, email text DEFAULT NULL::text, is_email_verified boolean DEFAULT false, display_name text DEFAULT NULL::text, signed_in_at timestamp with time zone DEFAULT NULL::timestamp with time zone, workspace_id uuid DEFAULT NULL::uuid, client_ip inet DEFAULT NULL::inet, request_id text DEFAULT NULL::text) RETURNS TABLE(user_id uuid, session_id uuid, workspace uuid, member_role app_public.member_role, database_role text, scopes text[], api_key_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  identity app_private.user_identities;
  account app_public.users;
  member app_public.workspace_members;
  is_sign_in boolean;
begin
  -- the transaction of the request begins later; what is logged here belongs to it all the same
  perform set_config('colloquy.client_ip', coalesce(host(client_ip), ''), true),
    set_config('colloquy.request_id', coalesce(authenticate_identity.request_id, ''), true);

  select i.* into identity
  from app_private.user_identities i
  where i.issuer = authenticate_identity.issuer and i.subject = authenticate_identity.subject;
  is_sign_in := identity.id is null;
  if identity.id is null then
    -- of several first requests one makes the account, and the others find it
    perform pg_advisory_xact_lock(hashtextextended(authenticate_identity.issuer || ' ' || authenticate_identity.subject, 119));
    select i.* into identity
    from app_private.user_identities i
    where i.issuer = authenticate_identity.issuer and i.subject = authenticate_identity.subject;
    is_sign_in := identity.id is null;
    if identity.id is null then
      identity := app_private.add_identity(
        authenticate_identity.issuer, authenticate_identity.subject, authenticate_identity.email,
        authenticate_identity.is_email_verified, authenticate_identity.display_name, authenticate_identity.signed_in_at
      );
    end if;
  end if;

  select u.* into account from app_public.users u where u.id = identity.user_id;
  if not account.is_active then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;
  member := app_private.choose_workspace(account.id, authenticate_identity.workspace_id);

  if least(authenticate_identity.signed_in_at, now()) > identity.signed_in_at then
    -- of several requests with a new token one is the sign-in
    update app_private.user_identities i
    set signed_in_at = least(authenticate_identity.signed_in_at, now()), last_seen_at = now()
    where i.id = identity.id and i.signed_in_at < least(authenticate_identity.signed_in_at, now());
    is_sign_in := found;
  elsif identity.last_seen_at < now() - interval '1 minute' then
    update app_private.user_identities i set last_seen_at = now() where i.id = identity.id;
  end if;
  if is_sign_in then
    update app_public.users u set last_login_at = now() where u.id = account.id;
    perform app_private.log_event('user.signed_in', account.id, new_values => jsonb_build_object('issuer', identity.issuer));
  end if;

  return query select account.id, null::uuid, member.workspace_id, member.role,
    case account.role when 'admin' then 'colloquy_admin' else 'colloquy_user' end, null::text[], null::uuid;
end
$$;

--
-- Name: FUNCTION authenticate_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone, workspace_id uuid, client_ip inet, request_id text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.authenticate_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone, workspace_id uuid, client_ip inet, request_id text) IS 'User, workspace and roles of somebody that an outside identity provider vouches for, with a new account at first sight. Raises CQ107 not a member of the workspace asked for, CQ108 switched off, CQ119 no account can be given.';

--
-- Name: has_scope(text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.has_scope(wanted text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN COALESCE((wanted = ANY (string_to_array(NULLIF(current_setting('colloquy.scopes'::text, true), ''::text), ','::text))), true);

--
-- Name: FUNCTION has_scope(wanted text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.has_scope(wanted text) IS 'Whether the API key of this request has a scope. A request without a key is not held to scopes.';

--
-- Name: can_manage(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.can_manage() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (COALESCE((NULLIF(current_setting('colloquy.member_role'::text, true), ''::text) = ANY (ARRAY['owner'::text, 'admin'::text])), false) AND app_hidden.has_scope('admin'::text));

--
-- Name: FUNCTION can_manage(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.can_manage() IS 'Whether the caller manages the workspace of this request: an owner or admin, with a session or an API key of the scope "admin".';

--
-- Name: can_write(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.can_write() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (COALESCE((NULLIF(current_setting('colloquy.member_role'::text, true), ''::text) = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text])), false) AND app_hidden.has_scope('write'::text));

--
-- Name: FUNCTION can_write(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.can_write() IS 'Whether the caller may write in the workspace of this request: a viewer may not, nor an API key without the scope "write".';

--
-- Name: chunk_heat(timestamp with time zone, integer, real, timestamp with time zone); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.chunk_heat(last_used timestamp with time zone, access_count integer, importance real, at timestamp with time zone) RETURNS real
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select (
    0.5 * exp(-ln(2.0) * greatest(extract(epoch from at - last_used), 0) / 86400 / 14)
    + 0.3 * least(ln(1.0 + access_count) / ln(101.0), 1)
    + 0.2 * importance
  )::real;
$$;

--
-- Name: FUNCTION chunk_heat(last_used timestamp with time zone, access_count integer, importance real, at timestamp with time zone); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.chunk_heat(last_used timestamp with time zone, access_count integer, importance real, at timestamp with time zone) IS 'How much a chunk is in use, 0 to 1. last_used: when it was made or last read; at: the time to judge it at.';

--
-- Name: chunks_to_embed(uuid, uuid, app_public.source_type, uuid, integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.chunks_to_embed(for_version uuid, for_workspace uuid, for_source_type app_public.source_type, for_source uuid, max_chunks integer) RETURNS TABLE(chunk_id uuid, content_hash bytea, embed_text text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select c.id, c.content_hash, concat_ws(E'\n', c.heading, c.content)
  from app_public.chunks c
  where c.workspace_id = for_workspace
    and (case for_source_type when 'document' then c.document_id when 'memory' then c.memory_item_id else c.conversation_id end) = for_source
    and not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  order by c.id
  limit max_chunks;
$$;

--
-- Name: FUNCTION chunks_to_embed(for_version uuid, for_workspace uuid, for_source_type app_public.source_type, for_source uuid, max_chunks integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.chunks_to_embed(for_version uuid, for_workspace uuid, for_source_type app_public.source_type, for_source uuid, max_chunks integer) IS 'Chunks of a source that have no vector in a version yet, and need not wait.';

--
-- Name: claim_embeddings(uuid, uuid, uuid[], integer[], numeric); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.claim_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], token_counts integer[], price_per_million numeric) RETURNS TABLE(claim_id uuid, claimed uuid[], seconds double precision, refusal text, reason text, retry_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  owner uuid;
  total bigint;
  reservation app_public.usage_reservations;
begin
  -- one at a time in a workspace, so that no chunk is sent away twice
  perform pg_advisory_xact_lock(hashtextextended('app_hidden.claim_embeddings ' || for_workspace, 0));
  -- a claim has one owner: whose budget it is
  select (array_agg(f.owner_id order by f.n))[1] into owner
  from (
    select c.owner_id, given.n
    from unnest(chunk_ids) with ordinality as given (chunk_id, n)
    join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id
    where not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id)
  ) as f;
  select array_agg(c.id), sum(given.tokens) into claimed, total
  from unnest(chunk_ids, token_counts) as given (chunk_id, tokens)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id and c.owner_id = owner
  where not exists (
      select from app_public.embeddings e where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = c.id
    )
    and not app_private.embedding_waits(for_version, for_workspace, c.id, c.owner_id);
  if claimed is null then
    return;
  end if;

  if app_hidden.setting('paid_embedding') <> 'on' then
    refusal := 'CQ370';
    reason := 'Paid embedding is switched off.';
  else
    begin
      reservation := app_private.reserve_for(for_workspace, owner, total, total * price_per_million / 1000000);
    exception when sqlstate 'CQ220' or sqlstate 'CQ221' then
      refusal := sqlstate;
      reason := sqlerrm;
    end;
  end if;
  if refusal is not null then
    retry_at := clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_budget_seconds')::double precision);
    insert into app_hidden.embedding_refusals (version_id, workspace_id, user_id, code, reason, retry_at)
    values (for_version, for_workspace, owner, refusal, claim_embeddings.reason, claim_embeddings.retry_at)
    on conflict on constraint embedding_refusals_pkey do update
    set code = excluded.code, reason = excluded.reason, retry_at = excluded.retry_at;
    claimed := '{}';
    return next;
    return;
  end if;
  delete from app_hidden.embedding_refusals r
  where r.version_id = for_version and r.workspace_id = for_workspace and r.user_id = owner;
  seconds := app_hidden.setting('embedding_claim_seconds')::double precision;
  insert into app_hidden.embedding_claims (workspace_id, version_id, user_id, reservation_id, chunk_ids, tokens, expires_at)
  values (
    for_workspace, for_version, owner, reservation.id, claimed, total,
    clock_timestamp() + make_interval(secs => claim_embeddings.seconds)
  )
  returning id into claim_id;
  return next;
end
$$;

--
-- Name: FUNCTION claim_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], token_counts integer[], price_per_million numeric); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.claim_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], token_counts integer[], price_per_million numeric) IS 'Claims chunks that nobody else has, for so many seconds, and sets their tokens aside. No row when none is left; without claim_id, and with the reason, when budget, quota or switch refuses.';

--
-- Name: cleanup_orphaned_files(interval, integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.cleanup_orphaned_files(older_than interval DEFAULT '7 days'::interval, max_files integer DEFAULT 1000) RETURNS TABLE(workspace_id uuid, file_id uuid, storage_path text, is_last boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  if older_than is null or older_than < interval '1 hour' then
    raise exception 'Files younger than an hour may still be on their way.' using errcode = 'CQ200', hint = 'Pass at least one hour.';
  end if;
  return query
  with orphans as (
    select f.id
    from app_public.files f
    where f.processing_status in ('pending', 'failed')
      and f.updated_at < now() - older_than
      and f.conversation_id is null
      and not exists (select from app_public.documents d where d.workspace_id = f.workspace_id and d.file_id = f.id)
      and not exists (
        select from app_public.legal_holds h
        where h.released_at is null and h.workspace_id = f.workspace_id and (h.kind is null or h.kind = 'files')
      )
    order by f.id
    limit max_files
    for update skip locked
  ),
  gone as (
    delete from app_public.files f using orphans o where f.id = o.id
    returning f.workspace_id, f.id, f.storage_path, f.sha256
  )
  -- equal content is stored once in a workspace: the bytes, if any, go with the last row that has them
  select g.workspace_id, g.id, g.storage_path, g.storage_path is not null and not exists (
    select from app_public.files other
    where other.workspace_id = g.workspace_id and other.sha256 = g.sha256 and other.id not in (select gone.id from gone)
  )
  from gone g;
end
$$;

--
-- Name: FUNCTION cleanup_orphaned_files(older_than interval, max_files integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.cleanup_orphaned_files(older_than interval, max_files integer) IS 'Removes uploads that came to nothing, and says whose bytes nobody else has. Run twice, it finds nothing. Error: CQ200 too young.';

--
-- Name: clear_expired_tokens(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.clear_expired_tokens(max_rows integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  gone integer;
begin
  perform app_private.require_batch(max_rows);
  update app_private.user_secrets s
  set
    verification_token_hash = case when s.verification_expires_at > clock_timestamp() then s.verification_token_hash end,
    verification_expires_at = case when s.verification_expires_at > clock_timestamp() then s.verification_expires_at end,
    reset_token_hash = case when s.reset_expires_at > clock_timestamp() then s.reset_token_hash end,
    reset_expires_at = case when s.reset_expires_at > clock_timestamp() then s.reset_expires_at end
  where s.user_id in (
    select e.user_id
    from app_private.user_secrets e
    where least(e.verification_expires_at, e.reset_expires_at) <= clock_timestamp()
      and (e.verification_expires_at is not null or e.reset_expires_at is not null)
    order by least(e.verification_expires_at, e.reset_expires_at) limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;

--
-- Name: FUNCTION clear_expired_tokens(max_rows integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.clear_expired_tokens(max_rows integer) IS 'Forgets tokens for a new password or an address that have expired, of at most so many accounts. Returns of how many. For the job.';

--
-- Name: compress_old_conversations(interval, integer, uuid, interval); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.compress_old_conversations(idle_for interval DEFAULT NULL::interval, max_conversations integer DEFAULT 100, after_id uuid DEFAULT NULL::uuid, time_budget interval DEFAULT '00:01:00'::interval) RETURNS SETOF app_hidden.packed_conversation
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  result app_hidden.packed_conversation;
  deadline timestamptz := clock_timestamp() + time_budget;
begin
  if idle_for < interval '0' or max_conversations not between 1 and 10000 then
    raise exception 'idle_for is not negative, max_conversations 1 to 10,000.' using errcode = 'CQ200', hint = 'Leave them out for the defaults.';
  end if;
  for conversation in
    select c.*
    from app_hidden.conversation_archives a
    join app_public.conversations c on c.workspace_id = a.workspace_id and c.id = a.conversation_id
    where c.storage_tier = 'warm'
      and a.conversation_id > coalesce(after_id, '00000000-0000-0000-0000-000000000000'::uuid)
      and c.last_message_at <= now() - coalesce(idle_for, app_private.resting_time('warm_conversations', c.workspace_id))
    order by a.conversation_id
    limit max_conversations
    for update of c skip locked
  loop
    result.conversation_id := conversation.id;
    result.messages := conversation.message_count;
    result.storage_tier := 'cold';
    result.problem := null;
    begin
      perform app_private.check_archive(conversation.id);
      update app_public.conversations c set storage_tier = 'cold' where c.id = conversation.id;
    exception when others then
      result.storage_tier := 'warm';
      result.problem := sqlstate || ': ' || sqlerrm;
    end;
    return next result;
    exit when clock_timestamp() > deadline;
  end loop;
end
$$;

--
-- Name: FUNCTION compress_old_conversations(idle_for interval, max_conversations integer, after_id uuid, time_budget interval); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.compress_old_conversations(idle_for interval, max_conversations integer, after_id uuid, time_budget interval) IS 'Makes packed conversations cold that rest for idle_for (without it: as retention_policies say), after their documents were read and found whole. Returns each with what became of it.';

--
-- Name: compute_configuration_performance(date); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.compute_configuration_performance(since date DEFAULT NULL::date) RETURNS TABLE(changed bigint, removed bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  first_day date := date_trunc('month', since::timestamp);
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.compute_configuration_performance', 0)) then
    return;
  end if;
  return query
  with fresh as materialized (
    select
      a.workspace_id, a.rag_configuration_id, g.period, g.period_start,
      count(distinct a.conversation_id)::integer as conversation_count,
      sum(a.message_count)::bigint as message_count,
      sum(a.assistant_message_count)::bigint as assistant_message_count,
      sum(a.duration_seconds)::bigint as total_usage_time_seconds,
      sum(a.relevance_count)::bigint as relevance_count,
      sum(a.total_relevance_score) as total_relevance_score,
      sum(a.response_count)::bigint as response_count,
      sum(a.total_response_time_ms)::bigint as total_response_time_ms,
      sum(a.total_tokens)::bigint as total_tokens,
      sum(a.cost_usd) as cost_usd,
      sum(a.positive_feedback)::bigint as positive_feedback,
      sum(a.neutral_feedback)::bigint as neutral_feedback,
      sum(a.negative_feedback)::bigint as negative_feedback,
      sum(a.satisfaction_points) as satisfaction_points
    from app_public.conversation_analytics a
    cross join lateral (
      values ('day'::app_public.analytics_period, a.day), ('month', date_trunc('month', a.day::timestamp)::date)
    ) as g (period, period_start)
    where a.rag_configuration_id is not null and (first_day is null or a.day >= first_day)
    group by a.workspace_id, a.rag_configuration_id, g.period, g.period_start
  ),
  gone as (
    delete from app_public.rag_configuration_performance p
    where (first_day is null or p.period_start >= first_day)
      and not exists (
        select from fresh f
        where f.workspace_id = p.workspace_id and f.rag_configuration_id = p.rag_configuration_id
          and f.period = p.period and f.period_start = p.period_start
      )
    returning 1
  ),
  written as (
    insert into app_public.rag_configuration_performance as p (
      workspace_id, rag_configuration_id, period, period_start, conversation_count, message_count, assistant_message_count,
      total_usage_time_seconds, relevance_count, total_relevance_score, response_count, total_response_time_ms, total_tokens, cost_usd,
      positive_feedback, neutral_feedback, negative_feedback, satisfaction_points
    )
    select f.* from fresh f
    on conflict on constraint rag_configuration_performance_pkey do update
    set
      conversation_count = excluded.conversation_count,
      message_count = excluded.message_count,
      assistant_message_count = excluded.assistant_message_count,
      total_usage_time_seconds = excluded.total_usage_time_seconds,
      relevance_count = excluded.relevance_count,
      total_relevance_score = excluded.total_relevance_score,
      response_count = excluded.response_count,
      total_response_time_ms = excluded.total_response_time_ms,
      total_tokens = excluded.total_tokens,
      cost_usd = excluded.cost_usd,
      positive_feedback = excluded.positive_feedback,
      neutral_feedback = excluded.neutral_feedback,
      negative_feedback = excluded.negative_feedback,
      satisfaction_points = excluded.satisfaction_points,
      computed_at = now()
    where (
        p.conversation_count, p.message_count, p.assistant_message_count, p.total_usage_time_seconds, p.relevance_count,
        p.total_relevance_score, p.response_count, p.total_response_time_ms, p.total_tokens, p.cost_usd, p.positive_feedback,
        p.neutral_feedback, p.negative_feedback, p.satisfaction_points
      ) is distinct from (
        excluded.conversation_count, excluded.message_count, excluded.assistant_message_count, excluded.total_usage_time_seconds,
        excluded.relevance_count, excluded.total_relevance_score, excluded.response_count, excluded.total_response_time_ms,
        excluded.total_tokens, excluded.cost_usd, excluded.positive_feedback, excluded.neutral_feedback, excluded.negative_feedback,
        excluded.satisfaction_points
      )
    returning 1
  )
  select (select count(*) from written), (select count(*) from gone);
end
$$;

--
-- Name: FUNCTION compute_configuration_performance(since date); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.compute_configuration_performance(since date) IS 'Brings rag_configuration_performance up to date, all of it or since the month of a date. Returns rows written and removed, or nothing when another run is at it.';

--
-- Name: compute_conversation_analytics(integer, date); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.compute_conversation_analytics(max_conversations integer DEFAULT 200, since date DEFAULT NULL::date) RETURNS TABLE(conversations integer, days integer, changed integer, removed integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  batch uuid[];
begin
  if max_conversations is null or max_conversations not between 1 and 10000 then
    raise exception 'max_conversations is 1 to 10,000, not %.', max_conversations using errcode = 'CQ200', hint = 'Call it again until it returns nothing.';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.compute_conversation_analytics', 0)) then
    return;
  end if;
  -- Whoever is written to just now is left for the next run, so that this one waits for nobody. The locks first, in a
  -- statement of their own: the next one sees what was committed before them.
  select array_agg(free.id) into batch
  from (
    select c.id
    from app_public.conversations c
    where c.storage_tier = 'hot'
      and c.id in (
        select p.conversation_id from app_hidden.analytics_changes p
        where compute_conversation_analytics.since is null or p.day >= compute_conversation_analytics.since
      )
    order by c.id
    limit max_conversations
    for no key update skip locked
  ) as free;
  if batch is null then
    return;
  end if;
  return query
  select cardinality(batch), s.days, s.changed, s.removed
  from app_private.settle_conversation_analytics(batch, compute_conversation_analytics.since) as s;
end
$$;

--
-- Name: FUNCTION compute_conversation_analytics(max_conversations integer, since date); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.compute_conversation_analytics(max_conversations integer, since date) IS 'Computes the days that changed, of some conversations in this transaction; returns what it did, and nothing when nothing is left, or another run is at it. since leaves older days for later. Error: CQ200.';

--
-- Name: count_embedding_failures(uuid, uuid, uuid[], text[], text[]); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.count_embedding_failures(for_version uuid, for_workspace uuid, chunk_ids uuid[], codes text[], errors text[]) RETURNS TABLE(waiting integer, dead integer, next_in double precision)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  most integer := app_hidden.setting('embedding_attempts')::integer;
  pause double precision := app_hidden.setting('embedding_retry_seconds')::double precision;
begin
  return query
  with counted as (
    insert into app_hidden.embedding_failures as f (
      version_id, workspace_id, chunk_id, attempts, interruptions, code, error, failed_at, next_attempt_at, is_dead
    )
    select for_version, for_workspace, c.id, kind.refused, 1 - kind.refused, given.code, left(given.error, 1000), clock_timestamp(),
      clock_timestamp() + make_interval(secs => least(pause / kind.share, 3600) * (0.75 + random() / 2)), kind.refused >= most
    from unnest(chunk_ids, codes, errors) as given (chunk_id, code, error)
    cross join lateral (
      select r.refused, case r.refused when 1 then 1 else 12 end as share
      from (select (given.code in ('bad_input', 'bad_output'))::integer as refused) as r
    ) as kind
    join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id
    order by c.id
    on conflict on constraint embedding_failures_pkey do update
    set attempts = f.attempts + excluded.attempts, interruptions = f.interruptions + excluded.interruptions, code = excluded.code,
      error = excluded.error, failed_at = excluded.failed_at,
      next_attempt_at = clock_timestamp() + make_interval(
        secs => least(
          pause / case excluded.attempts when 1 then 1 else 12 end * 2 ^ least(f.attempts + f.interruptions, 20), 3600
        ) * (0.75 + random() / 2)
      ),
      is_dead = f.attempts + excluded.attempts >= most or f.interruptions + excluded.interruptions >= 10 * most
    returning f.is_dead, f.next_attempt_at
  )
  select count(*) filter (where not c.is_dead)::integer, count(*) filter (where c.is_dead)::integer,
    extract(epoch from min(c.next_attempt_at) filter (where not c.is_dead) - clock_timestamp())::double precision
  from counted c;
end
$$;

--
-- Name: FUNCTION count_embedding_failures(for_version uuid, for_workspace uuid, chunk_ids uuid[], codes text[], errors text[]); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.count_embedding_failures(for_version uuid, for_workspace uuid, chunk_ids uuid[], codes text[], errors text[]) IS 'Counts a failed attempt of chunks, with its reason. Returns how many wait for another, how many were given up, and in how many seconds the first is due again.';

--
-- Name: current_session_id(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.current_session_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('colloquy.session_id'::text, true), ''::text))::uuid;

--
-- Name: FUNCTION current_session_id(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.current_session_id() IS 'The session of this request, or null.';

--
-- Name: current_user_id(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.current_user_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('colloquy.user_id'::text, true), ''::text))::uuid;

--
-- Name: FUNCTION current_user_id(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.current_user_id() IS 'The signed-in user, or null.';

--
-- Name: current_user_workspace_ids(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.current_user_workspace_ids() RETURNS uuid[]
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(array_agg(m.workspace_id), '{}')
  from app_public.workspace_members m
  where m.user_id = app_hidden.current_user_id()
    and (not app_hidden.is_api_key() or m.workspace_id = app_hidden.current_workspace_id());
$$;

--
-- Name: FUNCTION current_user_workspace_ids(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.current_user_workspace_ids() IS 'The workspaces of the signed-in user; for an API key its own.';

--
-- Name: current_workspace_id(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.current_workspace_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN app_hidden.has_scope('read'::text) THEN (NULLIF(current_setting('colloquy.workspace_id'::text, true), ''::text))::uuid ELSE NULL::uuid END;

--
-- Name: FUNCTION current_workspace_id(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.current_workspace_id() IS 'The workspace of this request, or null; null also for an API key that may not read.';

--
-- Name: dead_embeddings(uuid, boolean); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.dead_embeddings(for_workspace uuid DEFAULT NULL::uuid, with_waiting boolean DEFAULT false) RETURNS TABLE(workspace_id uuid, version_name text, code text, error text, chunks bigint, failed_last_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select f.workspace_id, v.name, f.code, f.error, count(*), max(f.failed_at)
  from app_hidden.embedding_failures f
  join app_public.embedding_versions v on v.id = f.version_id
  where (f.is_dead or with_waiting) and (for_workspace is null or f.workspace_id = for_workspace)
  group by 1, 2, 3, 4
  order by 5 desc, 1, 2, 3, 4
  limit 1000;
$$;

--
-- Name: FUNCTION dead_embeddings(for_workspace uuid, with_waiting boolean); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.dead_embeddings(for_workspace uuid, with_waiting boolean) IS 'How many chunks were given up, by workspace and reason; also those that are tried again, if asked.';

--
-- Name: delete_ended_invitations(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.delete_ended_invitations(max_rows integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  candidate uuid;
  gone integer;
  total integer := 0;
  kept_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('invitation_keep_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  for candidate in
    select distinct e.workspace_id
    from (
      select i.workspace_id
      from app_public.workspace_invitations i
      where coalesce(i.accepted_at, i.expires_at) <= kept_since
        and not exists (select from app_public.legal_holds h where h.workspace_id = i.workspace_id and h.released_at is null and h.kind is null)
      order by coalesce(i.accepted_at, i.expires_at)
      limit max_rows
    ) as e
    order by e.workspace_id
  loop
    perform app_private.lock_holds(candidate);
    continue when app_private.is_held(candidate, null);
    delete from app_public.workspace_invitations i
    where i.id in (
      select e.id
      from app_public.workspace_invitations e
      where e.workspace_id = candidate and coalesce(e.accepted_at, e.expires_at) <= kept_since
      order by coalesce(e.accepted_at, e.expires_at) limit max_rows - total for update skip locked
    );
    get diagnostics gone = row_count;
    total := total + gone;
  end loop;
  return total;
end
$$;

--
-- Name: FUNCTION delete_ended_invitations(max_rows integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.delete_ended_invitations(max_rows integer) IS 'Removes invitations that were accepted or expired long ago (invitation_keep_days), at most so many. Returns how many. For the job.';

--
-- Name: delete_expired_conversations(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.delete_expired_conversations(max_conversations integer DEFAULT 50) RETURNS TABLE(conversation_id uuid, workspace_id uuid, messages integer)
    LANGUAGE plpgsql SECURITY DEFINER ROWS 50
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  candidate record;
begin
  perform app_private.require_batch(max_conversations);
  for candidate in
    select c.id, c.workspace_id
    from app_public.conversations c
    where c.is_temporary and c.expires_at <= clock_timestamp()
      and not exists (
        select from app_public.legal_holds h
        where h.workspace_id = c.workspace_id and h.released_at is null and (h.kind is null or h.kind = 'conversations')
      )
    order by c.expires_at
    limit max_conversations
  loop
    -- a statement of its own sees a hold that was placed while this waited
    perform app_private.lock_holds(candidate.workspace_id);
    continue when app_private.is_held(candidate.workspace_id, 'conversations');
    select c.id, c.workspace_id, c.message_count into conversation_id, workspace_id, messages
    from app_public.conversations c
    where c.id = candidate.id and c.is_temporary and c.expires_at <= clock_timestamp()
    for update skip locked;
    continue when not found;
    delete from app_public.conversations c where c.id = candidate.id;
    return next;
  end loop;
end
$$;

--
-- Name: FUNCTION delete_expired_conversations(max_conversations integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.delete_expired_conversations(max_conversations integer) IS 'Removes temporary conversations whose time has come, at most so many, with everything in them. Returns which, and how many messages they had. For the job.';

--
-- Name: delete_expired_sessions(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.delete_expired_sessions(max_rows integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  gone integer;
begin
  perform app_private.require_batch(max_rows);
  delete from app_private.user_sessions s
  where s.id in (
    select e.id from app_private.user_sessions e where e.expires_at <= clock_timestamp()
    order by e.expires_at limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;

--
-- Name: FUNCTION delete_expired_sessions(max_rows integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.delete_expired_sessions(max_rows integer) IS 'Removes expired sessions, at most so many. Returns how many. For the job.';

--
-- Name: delete_sent_mail(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.delete_sent_mail(max_rows integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  gone integer;
  kept_since timestamptz := clock_timestamp() - make_interval(days => app_hidden.setting('mail_keep_days')::integer);
begin
  perform app_private.require_batch(max_rows);
  delete from app_private.mail_outbox m
  where m.id in (
    select e.id
    from app_private.mail_outbox e
    where e.sent_at <= kept_since
      or e.sent_at is null and e.attempts >= app_hidden.setting('mail_attempts')::integer and e.next_attempt_at <= kept_since
    limit max_rows for update skip locked
  );
  get diagnostics gone = row_count;
  return gone;
end
$$;

--
-- Name: FUNCTION delete_sent_mail(max_rows integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.delete_sent_mail(max_rows integer) IS 'Removes mail that was sent or given up long ago (mail_keep_days), at most so many. Returns how many. For the job.';

--
-- Name: effective_retention(app_public.retention_kind, uuid); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.effective_retention(for_kind app_public.retention_kind, for_workspace uuid) RETURNS app_public.effective_retention
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  policy app_public.retention_policies;
begin
  if exists (
    select from app_public.legal_holds h
    where h.workspace_id = for_workspace and h.released_at is null and (h.kind is null or h.kind = for_kind)
  ) then
    return row(for_kind, null, 'hold')::app_public.effective_retention;
  end if;
  select p.* into policy
  from app_public.retention_policies p
  where p.kind = for_kind and (p.workspace_id = for_workspace or p.workspace_id is null)
  order by p.workspace_id nulls last
  limit 1;
  return row(
    for_kind, policy.keep_days,
    case when policy.id is null then 'nothing' when policy.workspace_id is null then 'system' else 'workspace' end
  )::app_public.effective_retention;
end
$$;

--
-- Name: FUNCTION effective_retention(for_kind app_public.retention_kind, for_workspace uuid); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.effective_retention(for_kind app_public.retention_kind, for_workspace uuid) IS 'How long a kind of thing is kept in a workspace, and what decides it: hold, workspace, system or nothing.';

--
-- Name: enqueue(text, jsonb, text, text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.enqueue(queue_name text, payload jsonb, singleton_key text DEFAULT NULL::text, group_id text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  insert into pgboss.job (
    name, data, singleton_key, group_id, start_after, created_on, keep_until, expire_seconds, deletion_seconds,
    retry_limit, retry_delay, retry_backoff, retry_delay_max, policy, dead_letter, heartbeat_seconds
  )
  select
    q.name, payload, enqueue.singleton_key, enqueue.group_id, pgboss.job_now(), pgboss.job_now(),
    pgboss.job_now() + make_interval(secs => q.retention_seconds), q.expire_seconds, q.deletion_seconds,
    q.retry_limit, q.retry_delay, q.retry_backoff, q.retry_delay_max, q.policy, q.dead_letter, q.heartbeat_seconds
  from pgboss.queue q
  where q.name = queue_name
  on conflict do nothing;
end
$$;

--
-- Name: FUNCTION enqueue(queue_name text, payload jsonb, singleton_key text, group_id text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.enqueue(queue_name text, payload jsonb, singleton_key text, group_id text) IS 'Adds a job in this transaction. At most one job waits per singleton key, if the queue says so.';

--
-- Name: ensure_partitions(integer, integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.ensure_partitions(months_ahead integer DEFAULT 3, max_partitions integer DEFAULT NULL::integer) RETURNS TABLE(parent text, partition text, moved bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  month date;
  made integer := 0;
begin
  if months_ahead not between 0 and 120 then
    raise exception 'months_ahead is 0 to 120, not %.', months_ahead using errcode = 'CQ200', hint = 'Three months are the default.';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.ensure_partitions', 0)) then
    return;
  end if;

  for parent in
    select c.relname
    from pg_partitioned_table p
    join pg_class c on c.oid = p.partrelid
    join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
    where p.partstrat = 'r' and c.relnamespace = 'app_public'::regnamespace and a.attname = 'id' and p.partdefid <> 0
    order by c.relname
  loop
    for month in
      execute format(
        'select generate_series(date_trunc(''month'', now() at time zone ''UTC''), date_trunc(''month'', now() at time zone ''UTC'') + make_interval(months => %s), ''1 month'')::date
         union
         select distinct date_trunc(''month'', uuid_extract_timestamp(id) at time zone ''UTC'')::date from app_partitions.%I
         order by 1',
        months_ahead, parent || '_default'
      )
    loop
      partition := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
      if to_regclass(format('app_partitions.%I', partition)) is null then
        moved := app_private.create_month_partition(parent, month);
        return next;
        made := made + 1;
        if made >= max_partitions then
          return;
        end if;
      end if;
    end loop;
  end loop;
end
$$;

--
-- Name: FUNCTION ensure_partitions(months_ahead integer, max_partitions integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.ensure_partitions(months_ahead integer, max_partitions integer) IS 'Makes the partitions of this month, the given number of months ahead, and every month that rows in a default partition belong to; at most max_partitions in this transaction, so that its locks end soon. Returns what it made.';

--
-- Name: find_unindexed(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.find_unindexed(max_sources integer DEFAULT 100) RETURNS TABLE(workspace_id uuid, source_type app_public.source_type, source_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  version uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
begin
  return query
  (
    select d.workspace_id, 'document'::app_public.source_type, d.id
    from app_public.documents d
    where d.chunked_hash is distinct from d.content_hash
    order by d.id
    limit max_sources
  )
  union
  (
    select c.workspace_id, 'message'::app_public.source_type, c.id
    from app_public.conversations c
    where c.indexed_sequence_number < c.last_sequence_number
    order by c.id
    limit max_sources
  )
  union
  (
    select m.workspace_id, 'memory'::app_public.source_type, m.id
    from app_public.memory_items m
    where m.chunked_hash is distinct from m.content_hash and upper_inf(m.validity)
    order by m.id
    limit max_sources
  )
  union
  (
    -- only in workspaces whose counts differ: everywhere else nothing is read
    select distinct c.workspace_id, c.source_type, coalesce(c.document_id, c.conversation_id, c.memory_item_id)
    from (
      select k.workspace_id
      from app_hidden.chunk_counts k
      group by k.workspace_id
      having sum(k.chunk_count) <> coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = version and e.workspace_id = k.workspace_id), 0
      ) + (
        select count(*) from app_hidden.embedding_failures f
        where f.version_id = version and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
      )
    ) as behind
    join app_public.chunks c on c.workspace_id = behind.workspace_id
    where version is not null and not exists (
      select from app_public.embeddings e where e.version_id = version and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    )
    and not app_private.embedding_waits(version, c.workspace_id, c.id, c.owner_id)
    limit max_sources
  )
  limit max_sources;
end
$$;

--
-- Name: FUNCTION find_unindexed(max_sources integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.find_unindexed(max_sources integer) IS 'Documents, conversations and memories with missing or stale chunks, or chunks without a vector: what lost jobs left.';

--
-- Name: is_api_key(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.is_api_key() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (NULLIF(current_setting('colloquy.scopes'::text, true), ''::text) IS NOT NULL);

--
-- Name: FUNCTION is_api_key(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.is_api_key() IS 'Whether this request came with an API key.';

--
-- Name: keep_an_owner(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.keep_an_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update app_public.workspaces w set is_personal = w.is_personal where w.id = old.workspace_id;
  if not found then
    return null;
  end if;
  if exists (select from app_public.workspace_members m where m.workspace_id = old.workspace_id and m.role = 'owner') then
    return null;
  end if;
  if exists (select from app_public.workspace_members m where m.workspace_id = old.workspace_id)
    or exists (select from app_public.users u where u.id = old.user_id)
  then
    raise exception 'A workspace keeps at least one owner.' using errcode = 'CQ111', hint = 'Make somebody else an owner first: transferOwnership.';
  end if;
  return null;
end
$$;

--
-- Name: FUNCTION keep_an_owner(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.keep_an_owner() IS 'Trigger: refuses the transaction that takes the last owner from a workspace. Raises CQ111.';

--
-- Name: normalized_text(text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.normalized_text(content text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select lower(regexp_replace(regexp_replace(trim(regexp_replace(content, '\s+', ' ', 'g')), '(?<=.)[.!]+$', ''), '\s+$', ''));
$_$;

--
-- Name: FUNCTION normalized_text(content text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.normalized_text(content text) IS 'A text in lower case, with single spaces and without a full stop at the end: what near-duplicates have in common.';

--
-- Name: pause_provider(text, double precision, text, app_hidden.provider_pause_kind); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.pause_provider(for_provider text, seconds double precision, reason text, kind app_hidden.provider_pause_kind DEFAULT 'asked'::app_hidden.provider_pause_kind) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into app_hidden.provider_pauses as p (provider, kind, reason, paused_at, paused_until)
  values (
    for_provider, pause_provider.kind, left(pause_provider.reason, 1000), clock_timestamp(),
    clock_timestamp() + make_interval(secs => least(greatest(seconds, 0), 3600))
  )
  on conflict on constraint provider_pauses_pkey do update
  set kind = excluded.kind, reason = excluded.reason, paused_until = excluded.paused_until,
    paused_at = case when p.paused_until > clock_timestamp() then p.paused_at else excluded.paused_at end
  -- a pause that is already longer stays as it is
  where p.paused_until < excluded.paused_until;
$$;

--
-- Name: FUNCTION pause_provider(for_provider text, seconds double precision, reason text, kind app_hidden.provider_pause_kind); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.pause_provider(for_provider text, seconds double precision, reason text, kind app_hidden.provider_pause_kind) IS 'Has all workers leave a provider alone, an hour at most.';

--
-- Name: provider_pause(text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.provider_pause(for_provider text) RETURNS TABLE(seconds double precision, reason text, kind app_hidden.provider_pause_kind)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select extract(epoch from p.paused_until - clock_timestamp())::double precision, p.reason, p.kind
  from app_hidden.provider_pauses p
  where p.provider = for_provider and p.paused_until > clock_timestamp();
$$;

--
-- Name: FUNCTION provider_pause(for_provider text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.provider_pause(for_provider text) IS 'For how many seconds a provider is left alone, and why; no row when it is not.';

SET default_tablespace = '';

--
-- Name: messages; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.messages (
    id uuid DEFAULT uuidv7() NOT NULL,
    conversation_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    author_id uuid,
    sequence_number integer NOT NULL,
    role app_public.message_role NOT NULL,
    status app_public.message_status DEFAULT 'complete'::app_public.message_status NOT NULL,
    parent_id uuid,
    content text NOT NULL,
    parts jsonb,
    parts_format smallint DEFAULT 1 NOT NULL,
    attachments jsonb,
    provider text,
    model text,
    prompt_tokens integer,
    completion_tokens integer,
    total_tokens integer,
    cost_usd numeric(12,6),
    processing_time_ms integer,
    relevance_score real,
    embedding_version_id uuid,
    idempotency_key text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)) STORED,
    replaces_id uuid,
    CONSTRAINT messages_attachments_array CHECK ((jsonb_typeof(attachments) = 'array'::text)),
    CONSTRAINT messages_content_length CHECK ((char_length(content) <= 1000000)),
    CONSTRAINT messages_cost_positive CHECK ((cost_usd >= (0)::numeric)),
    CONSTRAINT messages_id_not_before_conversation CHECK ((id >= conversation_id)),
    CONSTRAINT messages_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT messages_idempotency_key_length CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 200))),
    CONSTRAINT messages_metadata_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT messages_model_length CHECK ((char_length(model) <= 200)),
    CONSTRAINT messages_parent_id_before CHECK ((parent_id < id)),
    CONSTRAINT messages_parts_array CHECK ((jsonb_typeof(parts) = 'array'::text)),
    CONSTRAINT messages_processing_time_positive CHECK ((processing_time_ms >= 0)),
    CONSTRAINT messages_provider_length CHECK ((char_length(provider) <= 100)),
    CONSTRAINT messages_relevance_score_range CHECK (((relevance_score >= (0)::double precision) AND (relevance_score <= (1)::double precision))),
    CONSTRAINT messages_sequence_number_positive CHECK ((sequence_number > 0)),
    CONSTRAINT messages_tokens_positive CHECK (((prompt_tokens >= 0) AND (completion_tokens >= 0) AND (total_tokens >= 0)))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY app_public.messages FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE messages; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.messages IS 'One message of a conversation. Written through post_message and its siblings only. Partitioned by month on its own time-ordered id.';

--
-- Name: COLUMN messages.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.id IS 'Time-ordered identifier (UUID version 7), never older than the conversation''s.';

--
-- Name: COLUMN messages.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.conversation_id IS 'The conversation.';

--
-- Name: COLUMN messages.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.workspace_id IS 'The tenant.';

--
-- Name: COLUMN messages.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.owner_id IS 'Owner of the conversation.';

--
-- Name: COLUMN messages.author_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.author_id IS 'Who wrote it; null for a model.';

--
-- Name: COLUMN messages.sequence_number; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.sequence_number IS 'Position in the conversation, from 1, without gaps.';

--
-- Name: COLUMN messages.role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.role IS 'Who speaks.';

--
-- Name: COLUMN messages.status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.status IS 'complete, still streaming, or failed.';

--
-- Name: COLUMN messages.parent_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.parent_id IS 'The message it answers, of the same conversation; several children are branches.';

--
-- Name: COLUMN messages.content; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.content IS 'Text, at most 1,000,000 characters.';

--
-- Name: COLUMN messages.parts; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.parts IS 'The same content as typed parts, for clients that use them.';

--
-- Name: COLUMN messages.parts_format; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.parts_format IS 'Version of the format of parts.';

--
-- Name: COLUMN messages.attachments; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.attachments IS 'Attachments, as an array of objects.';

--
-- Name: COLUMN messages.provider; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.provider IS 'Provider of the model that wrote it.';

--
-- Name: COLUMN messages.model; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.model IS 'Model that wrote it.';

--
-- Name: COLUMN messages.prompt_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.prompt_tokens IS 'Tokens read.';

--
-- Name: COLUMN messages.completion_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.completion_tokens IS 'Tokens written.';

--
-- Name: COLUMN messages.total_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.total_tokens IS 'Tokens in all.';

--
-- Name: COLUMN messages.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.cost_usd IS 'Cost in US dollars.';

--
-- Name: COLUMN messages.processing_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.processing_time_ms IS 'Time to the answer in milliseconds.';

--
-- Name: COLUMN messages.relevance_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.relevance_score IS 'How well the chunks it used fit, 0 to 1.';

--
-- Name: COLUMN messages.embedding_version_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.embedding_version_id IS 'Embedding version that its retrieval used.';

--
-- Name: COLUMN messages.idempotency_key; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.idempotency_key IS 'Key of a write that may be retried; unique per conversation.';

--
-- Name: COLUMN messages.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.metadata IS 'Anything else, as an object.';

--
-- Name: COLUMN messages.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.created_at IS 'When it was written; derived from the id.';

--
-- Name: COLUMN messages.replaces_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.messages.replaces_id IS 'The message that this one is an edit of.';

--
-- Name: read_packed_messages(uuid, uuid, integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.read_packed_messages(conversation_id uuid, before uuid, first integer) RETURNS SETOF app_public.messages
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  conversation app_public.conversations := app_private.readable_conversation(read_packed_messages.conversation_id);
begin
  if conversation.storage_tier <> 'hot' then
    return query execute 'select * from app_private.packed_messages($1, $2, $3)' using conversation, before, first;
  end if;
end
$_$;

--
-- Name: FUNCTION read_packed_messages(conversation_id uuid, before uuid, first integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.read_packed_messages(conversation_id uuid, before uuid, first integer) IS 'Packed messages of a conversation that the caller may read, newest first. Nothing otherwise. Raises CQ260.';

--
-- Name: recheck_conversation_analytics(date); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.recheck_conversation_analytics(since date DEFAULT NULL::date) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with noted as (
    insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
    select d.workspace_id, d.conversation_id, d.day
    from (
      select m.workspace_id, m.conversation_id, (uuid_extract_timestamp(m.id) at time zone 'UTC')::date as day
      from app_public.messages m
      where since is null or m.id >= app_hidden.uuidv7_floor(since::timestamp at time zone 'UTC')
      union
      select a.workspace_id, a.conversation_id, a.day
      from app_public.conversation_analytics a
      where since is null or a.day >= since
    ) as d
    join app_public.conversations c on c.workspace_id = d.workspace_id and c.id = d.conversation_id and c.storage_tier = 'hot'
    order by d.workspace_id, d.conversation_id, d.day
    on conflict on constraint analytics_changes_pkey do nothing
    returning 1
  )
  select count(*) from noted;
$$;

--
-- Name: FUNCTION recheck_conversation_analytics(since date); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.recheck_conversation_analytics(since date) IS 'Has every day since a date computed anew by the next run, for a database whose rows were loaded with triggers off. Returns how many days.';

--
-- Name: redrive_embeddings(uuid, integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.redrive_embeddings(for_workspace uuid DEFAULT NULL::uuid, max_chunks integer DEFAULT 100000) RETURNS app_public.redriven_embeddings
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  source record;
  result app_public.redriven_embeddings := (0, 0);
begin
  for source in
    with redriven as (
      delete from app_hidden.embedding_failures f
      where (f.version_id, f.workspace_id, f.chunk_id) in (
        select d.version_id, d.workspace_id, d.chunk_id
        from app_hidden.embedding_failures d
        where redrive_embeddings.for_workspace is null or d.workspace_id = redrive_embeddings.for_workspace
        order by d.failed_at
        limit max_chunks
        for update skip locked
      )
      returning f.workspace_id, f.chunk_id
    )
    select c.workspace_id, c.source_type, coalesce(c.document_id, c.conversation_id, c.memory_item_id, c.raw_event_id) as source_id,
      count(*) as chunks
    from redriven r
    join app_public.chunks c on c.workspace_id = r.workspace_id and c.id = r.chunk_id
    group by 1, 2, 3
    order by 1, 2, 3
  loop
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', source.workspace_id, 'sourceType', source.source_type, 'sourceId', source.source_id),
      source.source_type || ':' || source.source_id, source.workspace_id::text
    );
    result.chunks := result.chunks + source.chunks;
    result.sources := result.sources + 1;
  end loop;
  return result;
end
$$;

--
-- Name: FUNCTION redrive_embeddings(for_workspace uuid, max_chunks integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.redrive_embeddings(for_workspace uuid, max_chunks integer) IS 'Puts chunks that failed back into the queue, of one workspace or of all. Returns how many, of how many sources.';

--
-- Name: refresh_summary_stats(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.refresh_summary_stats() RETURNS TABLE(rows bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not pg_try_advisory_xact_lock(hashtextextended('app_hidden.refresh_summary_stats', 0)) then
    return;
  end if;
  -- after a restore without data there is nothing to read beside
  if exists (select from pg_class k where k.oid = 'app_private.conversation_summary_stats'::regclass and k.relispopulated) then
    refresh materialized view concurrently app_private.conversation_summary_stats;
  else
    refresh materialized view app_private.conversation_summary_stats;
  end if;
  return query select count(*) from app_private.conversation_summary_stats;
end
$$;

--
-- Name: FUNCTION refresh_summary_stats(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.refresh_summary_stats() IS 'Refreshes the summary while others read it. Returns its rows, or nothing when another run is at it.';

--
-- Name: refuse_change(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception 'Entries of % are added and never changed.', tg_table_name using errcode = 'CQ117', hint = 'Write a further entry instead.';
end
$$;

--
-- Name: FUNCTION refuse_change(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.refuse_change() IS 'Trigger: refuses every change. Raises CQ117.';

SET default_table_access_method = heap;

--
-- Name: files; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.files (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    visibility app_public.visibility DEFAULT 'private'::app_public.visibility NOT NULL,
    original_name text NOT NULL,
    external_id text,
    mime_type text,
    byte_size bigint,
    sha256 bytea,
    storage_path text GENERATED ALWAYS AS ((((((workspace_id)::text || '/'::text) || "left"(encode(sha256, 'hex'::text), 2)) || '/'::text) || encode(sha256, 'hex'::text))) STORED,
    processing_status app_public.processing_status DEFAULT 'pending'::app_public.processing_status NOT NULL,
    error text,
    extracted_length integer,
    chunk_count integer,
    conversation_id uuid,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    is_stored boolean GENERATED ALWAYS AS ((sha256 IS NOT NULL)) NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT files_byte_size_positive CHECK ((byte_size >= 0)),
    CONSTRAINT files_chunk_count_positive CHECK ((chunk_count >= 0)),
    CONSTRAINT files_error_length CHECK ((char_length(error) <= 2000)),
    CONSTRAINT files_error_of_failure CHECK (((processing_status = 'failed'::app_public.processing_status) = (error IS NOT NULL))),
    CONSTRAINT files_external_id_length CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 1500))),
    CONSTRAINT files_extracted_length_positive CHECK ((extracted_length >= 0)),
    CONSTRAINT files_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT files_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT files_original_name_length CHECK (((char_length(original_name) >= 1) AND (char_length(original_name) <= 255))),
    CONSTRAINT files_sha256_length CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT files_stored_or_described CHECK (
CASE
    WHEN (sha256 IS NULL) THEN ((external_id IS NOT NULL) AND (processing_status = 'completed'::app_public.processing_status))
    ELSE (num_nulls(mime_type, byte_size) = 0)
END)
);

ALTER TABLE ONLY app_public.files FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE files; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.files IS 'A stored file: its name and state; or, when it is not stored, an attachment that an import only describes. Equal content of one workspace has one storage_path, so its bytes are there once; each person who stores it has a row, because a shared one would tell what others keep privately.';

--
-- Name: COLUMN files.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN files.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.workspace_id IS 'The tenant.';

--
-- Name: COLUMN files.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.owner_id IS 'Who stored it.';

--
-- Name: COLUMN files.visibility; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.visibility IS 'private: only the owner reads it. workspace: every member.';

--
-- Name: COLUMN files.original_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.original_name IS 'Name it was sent with, without folders.';

--
-- Name: COLUMN files.external_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.external_id IS 'Identifier in the export that described it; unique per owner.';

--
-- Name: COLUMN files.mime_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.mime_type IS 'Media type; null when it is only described and of a type that cannot be stored.';

--
-- Name: COLUMN files.byte_size; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.byte_size IS 'Size in bytes; null when it is only described and nobody said.';

--
-- Name: COLUMN files.sha256; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.sha256 IS 'SHA-256 of its bytes; null when it is only described.';

--
-- Name: COLUMN files.storage_path; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.storage_path IS 'Where the bytes are, below the storage''s root: derived from workspace and content.';

--
-- Name: COLUMN files.processing_status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.processing_status IS 'How far the reading of its text is.';

--
-- Name: COLUMN files.error; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.error IS 'Why it failed; only when it did.';

--
-- Name: COLUMN files.extracted_length; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.extracted_length IS 'Characters of text that were read from it.';

--
-- Name: COLUMN files.chunk_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.chunk_count IS 'Chunks that were cut from it.';

--
-- Name: COLUMN files.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.conversation_id IS 'Conversation it was sent in, if any.';

--
-- Name: COLUMN files.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.metadata IS 'Anything else, as an object of at most 64 KiB.';

--
-- Name: COLUMN files.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.updated_at IS 'Last change of its state.';

--
-- Name: COLUMN files.is_stored; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.is_stored IS 'Whether its bytes are here; false for an attachment that an import only describes.';

--
-- Name: COLUMN files.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.files.created_at IS 'When it was stored; derived from the id.';

--
-- Name: register_file(text, text, bigint, bytea, uuid, app_public.visibility, jsonb); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.register_file(original_name text, mime_type text, byte_size bigint, sha256 bytea, conversation_id uuid DEFAULT NULL::uuid, visibility app_public.visibility DEFAULT 'private'::app_public.visibility, metadata jsonb DEFAULT '{}'::jsonb) RETURNS app_public.files
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  config app_public.file_type_configs;
  result app_public.files;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into config from app_public.file_type_configs c where c.mime_type = lower(register_file.mime_type) and c.is_enabled;
  if config.mime_type is null then
    raise exception 'Files of the type "%" are not accepted.', left(register_file.mime_type, 200) using errcode = 'CQ244', hint = 'Send text, markdown, code, HTML, PDF or DOCX.';
  end if;
  if register_file.byte_size > config.max_bytes then
    raise exception 'A file of this type has at most % bytes; this one has %.', config.max_bytes, register_file.byte_size
      using errcode = 'CQ244', hint = 'Split it.';
  end if;
  if register_file.conversation_id is not null and not exists (
    select from app_public.conversations c
    where c.workspace_id = workspace and c.id = register_file.conversation_id and (c.owner_id = caller or c.visibility = 'workspace')
  ) then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  insert into app_public.files (workspace_id, owner_id, visibility, original_name, mime_type, byte_size, sha256, conversation_id, metadata)
  values (
    workspace, caller, coalesce(register_file.visibility, 'private'), left(regexp_replace(register_file.original_name, '^.*[/\\]', ''), 255),
    config.mime_type, register_file.byte_size, register_file.sha256, register_file.conversation_id, coalesce(register_file.metadata, '{}')
  )
  on conflict (workspace_id, sha256, owner_id) do nothing
  returning * into result;
  if result.id is null then
    select f.* into result from app_public.files f
    where f.workspace_id = workspace and f.sha256 = register_file.sha256 and f.owner_id = caller;
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION register_file(original_name text, mime_type text, byte_size bigint, sha256 bytea, conversation_id uuid, visibility app_public.visibility, metadata jsonb); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.register_file(original_name text, mime_type text, byte_size bigint, sha256 bytea, conversation_id uuid, visibility app_public.visibility, metadata jsonb) IS 'The row of a file that the server has stored; for equal content of the same owner, the first one. Errors: CQ101, CQ109, CQ204 no such conversation, CQ244 type or size not accepted.';

--
-- Name: renew_embedding_claim(uuid); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.renew_embedding_claim(claim_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update app_hidden.embedding_claims k
  set expires_at = clock_timestamp() + make_interval(secs => app_hidden.setting('embedding_claim_seconds')::double precision)
  where k.id = renew_embedding_claim.claim_id and k.abandoned_at is null;
  return found;
end
$$;

--
-- Name: FUNCTION renew_embedding_claim(claim_id uuid); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.renew_embedding_claim(claim_id uuid) IS 'Says that the worker of a claim is alive. False when it is no longer believed.';

--
-- Name: replace_document_chunks(uuid, uuid, bytea, jsonb); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb) RETURNS TABLE(kept integer, added integer, removed integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  document app_public.documents;
  wanted app_private.wanted_chunk[];
begin
  select d.* into document
  from app_public.documents d
  where d.workspace_id = for_workspace and d.id = for_document
  for no key update;
  if document.id is null or document.content_hash <> of_hash then
    -- gone, or edited since it was read: the job of that edit does it
    return;
  end if;

  -- the n-th piece of a text stays the n-th piece of the same text: its vector stays valid, only its place may move
  with given as (
    select w.*, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)) as content_hash
    from jsonb_to_recordset(new_chunks) as w (
      chunk_index integer, content text, heading text, page_number integer, start_offset integer, end_offset integer, token_count integer
    )
  ),
  numbered as (
    select g.*, row_number() over (partition by g.content_hash order by g.chunk_index) as n from given g
  ),
  existing as (
    select c.id, c.content_hash, row_number() over (partition by c.content_hash order by c.chunk_index) as n
    from app_public.chunks c
    where c.workspace_id = for_workspace and c.document_id = for_document
  )
  select coalesce(array_agg(
    row(
      x.chunk_index, x.content, x.heading, x.page_number, x.start_offset, x.end_offset, x.token_count, x.content_hash, e.id
    )::app_private.wanted_chunk
  ), '{}')
  into wanted
  from numbered x
  left join existing e on e.content_hash = x.content_hash and e.n = x.n;

  delete from app_public.chunks c
  where c.workspace_id = for_workspace and c.document_id = for_document
    and not exists (select from unnest(wanted) as w where w.kept_id = c.id);
  get diagnostics removed = row_count;

  set constraints app_public.chunks_document_id_chunk_index_key deferred;
  update app_public.chunks c
  set chunk_index = w.chunk_index, start_offset = w.start_offset, end_offset = w.end_offset, page_number = w.page_number,
    text_search_language = document.text_search_language
  from unnest(wanted) as w
  where c.workspace_id = for_workspace and c.id = w.kept_id
    and (c.chunk_index, c.start_offset, c.end_offset, c.page_number, c.text_search_language)
      is distinct from (w.chunk_index, w.start_offset, w.end_offset, w.page_number, document.text_search_language);
  select count(*) into kept from unnest(wanted) as w where w.kept_id is not null;

  insert into app_public.chunks (
    workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, heading, page_number, start_offset, end_offset,
    token_count, content_hash, text_search_language
  )
  select
    for_workspace, 'document', for_document, document.owner_id, document.visibility, w.chunk_index, w.content, w.heading, w.page_number,
    w.start_offset, w.end_offset, w.token_count, w.content_hash, document.text_search_language
  from unnest(wanted) as w
  where w.kept_id is null;
  get diagnostics added = row_count;

  update app_public.documents d set chunked_hash = of_hash where d.id = for_document;
  return next;
end
$$;

--
-- Name: FUNCTION replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb) IS 'Replaces the chunks of a document by new ones, keeping those whose text is the same. No row when the document is gone or has changed since of_hash was read.';

--
-- Name: replace_memory_chunks(uuid, uuid, bytea, jsonb); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  memory app_public.memory_items;
  added integer;
begin
  select m.* into memory
  from app_public.memory_items m
  where m.workspace_id = for_workspace and m.id = for_memory
  for no key update;
  if memory.id is null or not upper_inf(memory.validity) or memory.content_hash <> of_hash or memory.chunked_hash = of_hash then
    -- gone, closed since it was read, or done
    return 0;
  end if;
  delete from app_public.chunks c where c.workspace_id = for_workspace and c.memory_item_id = for_memory;
  insert into app_public.chunks (
    workspace_id, source_type, memory_item_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset, token_count,
    content_hash, importance_score
  )
  select
    for_workspace, 'memory', for_memory, memory.owner_id, memory.visibility, w.chunk_index, w.content, w.heading, w.start_offset, w.end_offset,
    w.token_count, app_hidden.text_hash(concat_ws(E'\n', w.heading, w.content)), memory.importance
  from jsonb_to_recordset(new_chunks) as w (
    chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer
  );
  get diagnostics added = row_count;
  update app_public.memory_items m set chunked_hash = of_hash where m.id = for_memory;
  return added;
end
$$;

--
-- Name: FUNCTION replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb) IS 'Gives a memory its chunks. 0 when the memory is gone, holds no longer, or has them already.';

--
-- Name: require_member(boolean); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.require_member(for_writing boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not app_hidden.has_scope('read') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "read", or sign in.';
  end if;
  if app_hidden.current_user_id() is null or app_hidden.current_workspace_id() is null then
    raise exception 'You are not signed in.' using errcode = 'CQ101', hint = 'Call signIn or register, then send the token as "Authorization: Bearer …".';
  end if;
  if for_writing and not app_hidden.has_scope('write') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "write", or sign in.';
  end if;
  if for_writing and not app_hidden.can_write() then
    raise exception 'You may only read in this workspace.' using errcode = 'CQ109', hint = 'Ask an owner of the workspace for the role "member".';
  end if;
end
$$;

--
-- Name: FUNCTION require_member(for_writing boolean); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.require_member(for_writing boolean) IS 'Raises CQ101 when nobody is signed in, CQ109 when a viewer wants to write, CQ110 when an API key lacks the scope.';

--
-- Name: require_session(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.require_session() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if app_hidden.is_api_key() then
    raise exception 'An API key may not do this.' using errcode = 'CQ110', hint = 'Sign in with e-mail address and password.';
  end if;
  perform app_hidden.require_member();
end
$$;

--
-- Name: FUNCTION require_session(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.require_session() IS 'Raises CQ101 when nobody is signed in, CQ110 for an API key.';

--
-- Name: resume_provider(text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.resume_provider(for_provider text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from app_hidden.provider_pauses p where p.provider = for_provider;
  return found;
end
$$;

--
-- Name: FUNCTION resume_provider(for_provider text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.resume_provider(for_provider text) IS 'Ends the pause of a provider, for an operator who has corrected what was wrong. False when there was none.';

--
-- Name: reuse_embeddings(uuid, uuid, uuid[]); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  reused integer;
begin
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, twin.embedding
  from unnest(chunk_ids) as wanted (id)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = wanted.id
  cross join lateral (
    select e.embedding
    from app_public.chunks same
    join app_public.embeddings e on e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = same.id
    where same.workspace_id = for_workspace and same.content_hash = c.content_hash
    limit 1
  ) as twin
  on conflict do nothing;
  get diagnostics reused = row_count;
  return reused;
end
$$;

--
-- Name: FUNCTION reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[]); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[]) IS 'Gives chunks the vector that an equal text of the same workspace has already. Returns how many.';

--
-- Name: searched_workspace_id(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.searched_workspace_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN (app_hidden.has_scope('read'::text) OR app_hidden.has_scope('search'::text)) THEN (NULLIF(current_setting('colloquy.workspace_id'::text, true), ''::text))::uuid ELSE NULL::uuid END;

--
-- Name: FUNCTION searched_workspace_id(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.searched_workspace_id() IS 'The workspace of this request for search, which an API key may do without reading anything else.';

--
-- Name: set_file_status(uuid, uuid, app_public.processing_status, text, integer, integer, uuid); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.set_file_status(for_workspace uuid, for_file uuid, new_status app_public.processing_status, new_error text DEFAULT NULL::text, new_extracted_length integer DEFAULT NULL::integer, new_chunk_count integer DEFAULT NULL::integer, from_document uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update app_public.files f
  set processing_status = new_status,
    error = case when new_status = 'failed' then left(coalesce(new_error, 'unknown'), 2000) end,
    extracted_length = coalesce(new_extracted_length, f.extracted_length), chunk_count = coalesce(new_chunk_count, f.chunk_count),
    updated_at = clock_timestamp()
  where f.workspace_id = for_workspace and f.id = for_file
    -- what is completed stays so: a job that comes late changes nothing
    and (f.processing_status <> 'completed' or new_status = 'completed');
  if not found then
    return false;
  end if;
  update app_public.documents d
  set file_id = for_file
  where d.workspace_id = for_workspace and d.id = from_document
    and d.owner_id = (select f.owner_id from app_public.files f where f.id = for_file);
  return true;
end
$$;

--
-- Name: FUNCTION set_file_status(for_workspace uuid, for_file uuid, new_status app_public.processing_status, new_error text, new_extracted_length integer, new_chunk_count integer, from_document uuid); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.set_file_status(for_workspace uuid, for_file uuid, new_status app_public.processing_status, new_error text, new_extracted_length integer, new_chunk_count integer, from_document uuid) IS 'Says how far the reading of a file is, and which document of the same owner came of it. False when the file is gone or completed already.';

--
-- Name: set_updated_at(); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.set_updated_at() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$$;

--
-- Name: FUNCTION set_updated_at(); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.set_updated_at() IS 'Trigger: stamps updated_at.';

--
-- Name: setting(text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.setting(setting_name text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result text;
begin
  select value into result from app_private.settings where name = setting_name;
  if result is null then
    raise exception 'There is no setting "%".', setting_name using errcode = 'CQ002', hint = 'Run the migrations: npm run migrate.';
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION setting(setting_name text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.setting(setting_name text) IS 'The value of a setting, as text. Raises CQ002 for an unknown name.';

--
-- Name: settle_embedding_claim(uuid, uuid[], text[], bigint, numeric); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.settle_embedding_claim(claim_id uuid, chunk_ids uuid[], vectors text[], tokens bigint, cost_usd numeric) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  claim app_hidden.embedding_claims;
  reservation app_public.usage_reservations;
  stored integer;
begin
  delete from app_hidden.embedding_claims k where k.id = settle_embedding_claim.claim_id returning k.* into claim;
  if claim.id is null then
    -- said before, or long ago
    return 0;
  end if;
  stored := app_hidden.store_embeddings(claim.version_id, claim.workspace_id, settle_embedding_claim.chunk_ids, settle_embedding_claim.vectors);
  select r.* into reservation
  from app_public.usage_reservations r
  where r.workspace_id = claim.workspace_id and r.id = claim.reservation_id
  for no key update;
  if reservation.id is not null then
    perform app_private.settle_reservation(reservation, settle_embedding_claim.tokens, settle_embedding_claim.cost_usd);
  end if;
  if settle_embedding_claim.tokens > 0 then
    insert into app_public.usage_logs (id, workspace_id, user_id, action, provider, model, prompt_tokens, total_tokens, cost_usd, metadata)
    select claim.id, claim.workspace_id, claim.user_id, 'embedding', v.provider, v.model, settle_embedding_claim.tokens,
      settle_embedding_claim.tokens, settle_embedding_claim.cost_usd,
      jsonb_build_object('embeddingVersionId', v.id, 'chunks', cardinality(settle_embedding_claim.chunk_ids))
    from app_public.embedding_versions v
    where v.id = claim.version_id
    on conflict do nothing;
  end if;
  return stored;
end
$$;

--
-- Name: FUNCTION settle_embedding_claim(claim_id uuid, chunk_ids uuid[], vectors text[], tokens bigint, cost_usd numeric); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.settle_embedding_claim(claim_id uuid, chunk_ids uuid[], vectors text[], tokens bigint, cost_usd numeric) IS 'Stores the vectors of a claim, logs what they took and ends it; without vectors and tokens, lets it go. Again changes nothing. Returns how many were stored.';

--
-- Name: settle_mail(uuid, text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.settle_mail(mail_id uuid, error text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update app_private.mail_outbox as m
  set
    sent_at = case when settle_mail.error is null then clock_timestamp() end,
    -- it may hold a token: what was sent is not kept
    body = case when settle_mail.error is not null then m.body end,
    last_error = left(settle_mail.error, 1000)
  where m.id = settle_mail.mail_id and m.sent_at is null;
  return found;
end
$$;

--
-- Name: FUNCTION settle_mail(mail_id uuid, error text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.settle_mail(mail_id uuid, error text) IS 'Says that a mail was sent, which removes its text, or why it was not. False when it was settled before.';

--
-- Name: store_embeddings(uuid, uuid, uuid[], text[]); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  stored integer;
begin
  insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
  select for_version, for_workspace, c.id, given.vector::extensions.halfvec
  from unnest(chunk_ids, vectors) as given (chunk_id, vector)
  join app_public.chunks c on c.workspace_id = for_workspace and c.id = given.chunk_id
  on conflict do nothing;
  get diagnostics stored = row_count;
  return stored;
end
$$;

--
-- Name: FUNCTION store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[]); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[]) IS 'Stores vectors of chunks; a chunk that is gone or has one already is passed over. Returns how many were stored.';

--
-- Name: take_mail(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.take_mail(max_mails integer DEFAULT 20) RETURNS TABLE(id uuid, recipient text, subject text, body text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if max_mails not between 1 and 1000 then
    raise exception 'max_mails is 1 to 1000, not %.', max_mails using errcode = 'CQ200', hint = 'Twenty are the default.';
  end if;
  return query
  update app_private.mail_outbox as m
  set
    attempts = m.attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => 60 * power(2, m.attempts))
  from (
    select o.id
    from app_private.mail_outbox o
    where o.sent_at is null and o.next_attempt_at <= clock_timestamp() and o.attempts < app_hidden.setting('mail_attempts')::integer
    order by o.next_attempt_at, o.id
    limit max_mails
    for update skip locked
  ) as due
  where m.id = due.id
  returning m.id, m.recipient, m.subject, m.body;
end
$$;

--
-- Name: FUNCTION take_mail(max_mails integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.take_mail(max_mails integer) IS 'The mails that are due, at most so many, each put off until it may be tried again.';

--
-- Name: take_provider_rate(text, double precision, double precision, double precision); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.take_provider_rate(for_provider text, requests_per_minute double precision, tokens_per_minute double precision, wanted_tokens double precision) RETURNS double precision
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  request_room double precision := greatest(requests_per_minute / 6, 1);
  token_room double precision := greatest(tokens_per_minute / 6, 1);
  -- per second; half of it at least, for limits so low that the bucket holds all of them
  request_flow double precision := greatest(requests_per_minute - request_room, requests_per_minute / 2) / 60;
  token_flow double precision := greatest(tokens_per_minute - token_room, tokens_per_minute / 2) / 60;
  bucket app_hidden.provider_rates;
  passed double precision;
  wait double precision;
begin
  if coalesce(requests_per_minute, 1) <= 0 or coalesce(tokens_per_minute, 1) <= 0 then
    raise exception 'A rate limit is more than nothing.' using errcode = 'CQ200', hint = 'Pass null for no limit.';
  end if;
  insert into app_hidden.provider_rates (provider, requests, tokens, refilled_at)
  values (for_provider, coalesce(request_room, 0), coalesce(token_room, 0), clock_timestamp())
  on conflict on constraint provider_rates_pkey do nothing;
  select r.* into bucket from app_hidden.provider_rates r where r.provider = for_provider for no key update;
  passed := greatest(extract(epoch from clock_timestamp() - bucket.refilled_at)::double precision, 0);
  bucket.requests := coalesce(least(bucket.requests + passed * request_flow, request_room), 0);
  bucket.tokens := coalesce(least(bucket.tokens + passed * token_flow, token_room), 0);
  wait := greatest(
    coalesce((1 - bucket.requests) / request_flow, 0),
    coalesce((least(wanted_tokens, token_room) - bucket.tokens) / token_flow, 0),
    0
  );
  -- what is missing after a rounding is not waited for
  if wait < 0.001 then
    wait := 0;
    bucket.requests := bucket.requests - 1;
    bucket.tokens := bucket.tokens - wanted_tokens;
  end if;
  update app_hidden.provider_rates r
  set requests = bucket.requests, tokens = bucket.tokens, refilled_at = clock_timestamp()
  where r.provider = for_provider;
  return wait;
end
$$;

--
-- Name: FUNCTION take_provider_rate(for_provider text, requests_per_minute double precision, tokens_per_minute double precision, wanted_tokens double precision); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.take_provider_rate(for_provider text, requests_per_minute double precision, tokens_per_minute double precision, wanted_tokens double precision) IS 'Takes a request out of what a provider may be asked for: 0 when it may begin, else the seconds to wait before asking again. A limit of null is none. Error: CQ200.';

--
-- Name: text_hash(text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.text_hash(content text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select sha256(convert_to(content, 'UTF8'));
$$;

--
-- Name: FUNCTION text_hash(content text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.text_hash(content text) IS 'SHA-256 of a text in UTF-8: 32 bytes.';

--
-- Name: text_search_vector(text, text, text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.text_search_vector(language text, heading text, content text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  configuration regconfig := ('pg_catalog.' || language)::regconfig;
begin
  -- the parser drops whatever looks like a tag: <rug>, Map<Rug> and all of a JSX element could not be found
  return setweight(to_tsvector(configuration, translate(coalesce(heading, ''), '<>', '  ')), 'A')
    || setweight(to_tsvector(configuration, translate(content, '<>', '  ')), 'B');
end
$$;

--
-- Name: FUNCTION text_search_vector(language text, heading text, content text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.text_search_vector(language text, heading text, content text) IS 'The tsvector of a chunk: heading with weight A, content with weight B.';

--
-- Name: tier_chunks(integer); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.tier_chunks(max_chunks integer DEFAULT 100000) RETURNS TABLE(tier app_public.storage_tier, moved bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.tier_chunks')) then
    return;
  end if;
  return query
  with judged as (
    select
      c.workspace_id, c.id, c.tier,
      case
        -- the messages of a conversation that was packed away are asked for rarely, whatever their age
        when v.storage_tier = 'cold' then 'cold'
        when used.at > now() - interval '7 days' or heat.score >= 0.6 then 'hot'
        when used.at > now() - interval '30 days' or heat.score >= 0.3 then 'warm'
        else 'cold'
      end::app_public.storage_tier as wanted
    from app_public.chunks c
    left join app_public.conversations v on v.workspace_id = c.workspace_id and v.id = c.conversation_id
    cross join lateral (select greatest(uuid_extract_timestamp(c.id), c.last_accessed_at) as at) as used
    cross join lateral (select app_hidden.chunk_heat(used.at, c.access_count, c.importance_score, now()) as score) as heat
  ),
  moving as (
    select j.workspace_id, j.id, j.wanted from judged j where j.wanted <> j.tier limit max_chunks
  ),
  changed as (
    update app_public.chunks c
    set tier = m.wanted
    from moving m
    where c.workspace_id = m.workspace_id and c.id = m.id
    returning c.tier
  )
  select x.tier, count(*) from changed x group by x.tier order by x.tier;
end
$$;

--
-- Name: FUNCTION tier_chunks(max_chunks integer); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.tier_chunks(max_chunks integer) IS 'Moves chunks between the tiers, at most so many, and returns how many went where. Run again, it goes on; nothing when another run is at work.';

--
-- Name: uuidv7_at(timestamp with time zone, text); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.uuidv7_at(at timestamp with time zone, seed text DEFAULT NULL::text) RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select (
    lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
    || '7' || substr(encode(bytes, 'hex'), 1, 3)
    -- the variant: the two top bits of this digit are 10
    || substr('89ab', 1 + get_byte(bytes, 31) % 4, 1) || substr(encode(bytes, 'hex'), 4, 15)
  )::uuid
  from (select sha256(convert_to(coalesce(seed, gen_random_uuid()::text), 'UTF8')) as bytes) as hashed;
$$;

--
-- Name: FUNCTION uuidv7_at(at timestamp with time zone, seed text); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.uuidv7_at(at timestamp with time zone, seed text) IS 'A UUID version 7 for a given time: always the same one for the same seed, a random one without.';

--
-- Name: uuidv7_floor(timestamp with time zone); Type: FUNCTION; Schema: app_hidden; Owner: -
--

CREATE FUNCTION app_hidden.uuidv7_floor(at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((lpad(to_hex((floor((EXTRACT(epoch FROM at) * (1000)::numeric)))::bigint), 12, '0'::text) || '70008000000000000000'::text))::uuid;

--
-- Name: FUNCTION uuidv7_floor(at timestamp with time zone); Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON FUNCTION app_hidden.uuidv7_floor(at timestamp with time zone) IS 'The least UUID version 7 of a millisecond; the bound of a time range of ids.';

--
-- Name: add_default_rag_configurations(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.add_default_rag_configurations() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into app_public.rag_configurations (workspace_id, name, description, system_prompt, is_default)
  select
    w.id, 'Default', 'What conversations use that name no other.',
    'Answer from the sources that you are given, and say so when they do not hold the answer.', true
  from new_workspaces w;
  return null;
end
$$;

--
-- Name: FUNCTION add_default_rag_configurations(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.add_default_rag_configurations() IS 'Trigger: gives new workspaces their default configuration.';

--
-- Name: user_identities; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.user_identities (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    signed_in_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT user_identities_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT user_identities_issuer_length CHECK (((char_length(issuer) >= 1) AND (char_length(issuer) <= 2000))),
    CONSTRAINT user_identities_subject_length CHECK (((char_length(subject) >= 1) AND (char_length(subject) <= 255)))
);

ALTER TABLE ONLY app_private.user_identities FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE user_identities; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TABLE app_private.user_identities IS 'Who somebody is at an outside identity provider. Made when the provider''s token is seen for the first time.';

--
-- Name: COLUMN user_identities.id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_identities.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN user_identities.user_id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_identities.user_id IS 'The account here.';

--
-- Name: COLUMN user_identities.issuer; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_identities.issuer IS 'The provider, as its tokens name it (iss).';

--
-- Name: COLUMN user_identities.subject; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_identities.subject IS 'The person, as the provider names it (sub); never given to another.';

--
-- Name: COLUMN user_identities.signed_in_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_identities.signed_in_at IS 'Latest sign-in at the provider that a token told of.';

--
-- Name: COLUMN user_identities.last_seen_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_identities.last_seen_at IS 'Last request, to the minute.';

--
-- Name: COLUMN user_identities.created_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_identities.created_at IS 'When it was first seen; derived from the id.';

--
-- Name: add_identity(text, text, text, boolean, text, timestamp with time zone); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.add_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone) RETURNS app_private.user_identities
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  account app_public.users;
  identity app_private.user_identities;
  is_new boolean;
begin
  select u.* into account from app_public.users u where u.email = trim(add_identity.email)::citext;
  is_new := account.id is null;
  if not is_new and not (account.is_email_verified and coalesce(add_identity.is_email_verified, false)) then
    raise exception 'There is an account with this e-mail address, and it is not proved that it is yours.' using errcode = 'CQ119',
      hint = 'Sign in to that account and verify its address; the identity provider has to vouch for the address, too.';
  end if;
  if is_new then
    begin
      insert into app_public.users (email, is_email_verified, display_name)
      values (trim(add_identity.email), coalesce(add_identity.is_email_verified, false), nullif(trim(left(add_identity.display_name, 255)), ''))
      returning * into account;
    exception
      when check_violation or not_null_violation then
        raise exception 'The token of the identity provider has no e-mail address that can be used.' using errcode = 'CQ119',
          hint = 'Have the provider put the claim "email" into its tokens.';
      when unique_violation then
        raise exception 'There is an account with this e-mail address, and it is not proved that it is yours.' using errcode = 'CQ119',
          hint = 'Try again, or sign in to that account and verify its address.';
    end;
    -- a password that nobody knows: requestPasswordReset gives one to who reads the address
    insert into app_private.user_secrets (user_id, password_hash)
    values (account.id, app_private.hash_password(encode(gen_random_bytes(32), 'hex')));
    perform app_private.create_personal_workspace(account.id);
  end if;
  insert into app_private.user_identities (user_id, issuer, subject, signed_in_at)
  values (account.id, add_identity.issuer, add_identity.subject, coalesce(least(add_identity.signed_in_at, now()), now()))
  returning * into identity;
  perform app_private.log_event(
    case when is_new then 'user.registered' else 'user.identity_linked' end, account.id,
    new_values => jsonb_build_object('issuer', identity.issuer, 'subject', identity.subject)
  );
  return identity;
end
$$;

--
-- Name: FUNCTION add_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.add_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone) IS 'Makes an account for somebody who is seen for the first time, or joins the one with the same proved address. Raises CQ119.';

--
-- Name: add_message_chunks(app_public.messages, jsonb); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.add_message_chunks(message app_public.messages, chunks jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  cited integer;
begin
  if coalesce(jsonb_typeof(chunks), 'null') = 'null' then
    return;
  end if;
  if jsonb_typeof(chunks) <> 'array' or jsonb_array_length(chunks) > 200
    or (select count(*) <> count(distinct lower(c.item ->> 'chunkId')) from jsonb_array_elements(chunks) as c (item))
  then
    raise exception 'chunks is an array of at most 200 different chunks.' using errcode = 'CQ200', hint = 'Each is {chunkId, similarityScore}, best first.';
  end if;
  insert into app_public.message_chunks (workspace_id, conversation_id, message_id, chunk_id, embedding_version_id, similarity_score, rank)
  select
    message.workspace_id, message.conversation_id, message.id, k.id,
    coalesce((c.item ->> 'embeddingVersionId')::uuid, (select v.id from app_public.embedding_versions v where v.status = 'active')),
    (c.item ->> 'similarityScore')::real, c.place
  from jsonb_array_elements(chunks) with ordinality as c (item, place)
  join app_public.chunks k
    on k.workspace_id = message.workspace_id and k.id = (c.item ->> 'chunkId')::uuid
    and (k.owner_id = app_hidden.current_user_id() or k.visibility = 'workspace');
  get diagnostics cited = row_count;
  if cited <> jsonb_array_length(chunks) then
    raise exception 'There is no such chunk.' using errcode = 'CQ204', hint = 'Cite what search returned in this workspace.';
  end if;
end
$$;

--
-- Name: FUNCTION add_message_chunks(message app_public.messages, chunks jsonb); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.add_message_chunks(message app_public.messages, chunks jsonb) IS 'Writes the citations of an answer. Raises CQ200, CQ204.';

--
-- Name: add_tool_calls(app_public.messages, jsonb); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.add_tool_calls(message app_public.messages, calls jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if coalesce(jsonb_typeof(calls), 'null') = 'null' then
    return;
  end if;
  if jsonb_typeof(calls) <> 'array' or jsonb_array_length(calls) > 200 then
    raise exception 'toolCalls is an array of at most 200 calls.' using errcode = 'CQ200', hint = 'Each is {name, arguments, result, status, durationMs}.';
  end if;
  insert into app_public.tool_calls (
    workspace_id, conversation_id, message_id, turn, position, name, arguments, status, result, error, duration_ms
  )
  select
    message.workspace_id, message.conversation_id, message.id, coalesce((c.item ->> 'turn')::integer, 1),
    coalesce((c.item ->> 'position')::integer, c.place::integer), c.item ->> 'name', coalesce(c.item -> 'arguments', '{}'),
    coalesce((c.item ->> 'status')::app_public.tool_call_status, 'succeeded'), c.item -> 'result', c.item ->> 'error',
    (c.item ->> 'durationMs')::integer
  from jsonb_array_elements(calls) with ordinality as c (item, place);
end
$$;

--
-- Name: FUNCTION add_tool_calls(message app_public.messages, calls jsonb); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.add_tool_calls(message app_public.messages, calls jsonb) IS 'Writes the tool calls of an answer. Raises CQ200.';

--
-- Name: archive_hash(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.archive_hash(conversation_id uuid) RETURNS bytea
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select sha256(coalesce(string_agg(p.sha256, '' order by p.packed::regclass::text, p.part), ''))
  from app_hidden.conversation_archive_parts p
  where p.conversation_id = archive_hash.conversation_id;
$$;

--
-- Name: FUNCTION archive_hash(conversation_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.archive_hash(conversation_id uuid) IS 'SHA-256 over the SHA-256 of the parts of an archive, in order: a part that is gone shows.';

--
-- Name: budget_period_start(app_public.budget_period, timestamp with time zone); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.budget_period_start(period app_public.budget_period, at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select date_trunc(period::text, at, 'UTC');
$$;

--
-- Name: FUNCTION budget_period_start(period app_public.budget_period, at timestamp with time zone); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.budget_period_start(period app_public.budget_period, at timestamp with time zone) IS 'First moment of the day or month of a time, in UTC.';

--
-- Name: conversation_archives; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.conversation_archives (
    conversation_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    format smallint DEFAULT 1 NOT NULL,
    message_count integer NOT NULL,
    feedback_count integer NOT NULL,
    citation_count integer NOT NULL,
    message_ids uuid[] NOT NULL,
    sha256 bytea NOT NULL,
    packed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT conversation_archives_counts_positive CHECK (((message_count >= 0) AND (feedback_count >= 0) AND (citation_count >= 0))),
    CONSTRAINT conversation_archives_format_known CHECK ((format = 1)),
    CONSTRAINT conversation_archives_message_ids_count CHECK ((cardinality(message_ids) = message_count)),
    CONSTRAINT conversation_archives_sha256_length CHECK ((octet_length(sha256) = 32))
);

ALTER TABLE ONLY app_hidden.conversation_archives FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE conversation_archives; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.conversation_archives IS 'What is packed of a conversation that is warm or cold. It goes when the conversation is hot again.';

--
-- Name: COLUMN conversation_archives.conversation_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.conversation_id IS 'The conversation.';

--
-- Name: COLUMN conversation_archives.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.workspace_id IS 'The tenant.';

--
-- Name: COLUMN conversation_archives.format; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.format IS 'Version of the format of the documents.';

--
-- Name: COLUMN conversation_archives.message_count; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.message_count IS 'Messages in it.';

--
-- Name: COLUMN conversation_archives.feedback_count; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.feedback_count IS 'Feedback in it.';

--
-- Name: COLUMN conversation_archives.citation_count; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.citation_count IS 'Citations in it.';

--
-- Name: COLUMN conversation_archives.message_ids; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.message_ids IS 'Ids of its messages, by which the conversation of one is found.';

--
-- Name: COLUMN conversation_archives.sha256; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.sha256 IS 'SHA-256 over the SHA-256 of its parts, in order.';

--
-- Name: COLUMN conversation_archives.packed_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archives.packed_at IS 'When it was packed.';

--
-- Name: check_archive(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.check_archive(conversation_id uuid) RETURNS app_hidden.conversation_archives
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  archived app_hidden.conversation_archives;
begin
  select a.* into archived from app_hidden.conversation_archives a where a.conversation_id = check_archive.conversation_id;
  perform app_private.check_part(p) from app_hidden.conversation_archive_parts p where p.conversation_id = check_archive.conversation_id;
  if archived.conversation_id is null or archived.sha256 <> app_private.archive_hash(check_archive.conversation_id) then
    raise exception 'The archive of conversation % is damaged.', check_archive.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have it brought back from a backup: docs/lifecycle.md.';
  end if;
  return archived;
end
$$;

--
-- Name: FUNCTION check_archive(conversation_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.check_archive(conversation_id uuid) IS 'The archive of a packed conversation, found whole. Raises CQ260.';

--
-- Name: conversation_archive_parts; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.conversation_archive_parts (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    packed regclass NOT NULL,
    part integer NOT NULL,
    first_id uuid NOT NULL,
    last_id uuid NOT NULL,
    row_count integer NOT NULL,
    columns text[] NOT NULL,
    sha256 bytea NOT NULL,
    document text NOT NULL,
    CONSTRAINT conversation_archive_parts_row_count_positive CHECK ((row_count > 0)),
    CONSTRAINT conversation_archive_parts_sha256_length CHECK ((octet_length(sha256) = 32))
);
ALTER TABLE ONLY app_hidden.conversation_archive_parts ALTER COLUMN document SET COMPRESSION lz4;

ALTER TABLE ONLY app_hidden.conversation_archive_parts FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE conversation_archive_parts; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.conversation_archive_parts IS 'Rows of one table, as a JSON array of objects whose values are texts: what PostgreSQL writes of any type it reads again exactly.';

--
-- Name: COLUMN conversation_archive_parts.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.workspace_id IS 'The tenant.';

--
-- Name: COLUMN conversation_archive_parts.conversation_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.conversation_id IS 'The conversation.';

--
-- Name: COLUMN conversation_archive_parts.packed; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.packed IS 'The table.';

--
-- Name: COLUMN conversation_archive_parts.part; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.part IS 'Place among the parts of that table; numbers may be left out.';

--
-- Name: COLUMN conversation_archive_parts.first_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.first_id IS 'Id of the first message in it, or of the message that its first row is about.';

--
-- Name: COLUMN conversation_archive_parts.last_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.last_id IS 'The same of the last.';

--
-- Name: COLUMN conversation_archive_parts.row_count; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.row_count IS 'Rows in it.';

--
-- Name: COLUMN conversation_archive_parts.columns; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.columns IS 'Columns that the table had then. One that came later has its default in a row that is restored.';

--
-- Name: COLUMN conversation_archive_parts.sha256; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.sha256 IS 'SHA-256 of the document.';

--
-- Name: COLUMN conversation_archive_parts.document; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.conversation_archive_parts.document IS 'The rows, by primary key. Compressed by PostgreSQL.';

--
-- Name: check_part(app_hidden.conversation_archive_parts); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.check_part(piece app_hidden.conversation_archive_parts) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if sha256(convert_to(piece.document, 'UTF8')) <> piece.sha256 then
    raise exception 'The archive of conversation % is damaged.', piece.conversation_id
      using errcode = 'CQ260', hint = 'Nothing was changed. Have its part brought back from a backup: docs/lifecycle.md.';
  end if;
end
$$;

--
-- Name: FUNCTION check_part(piece app_hidden.conversation_archive_parts); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.check_part(piece app_hidden.conversation_archive_parts) IS 'Raises CQ260 when a document is not the one that was packed.';

--
-- Name: check_tagged_entity(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.check_tagged_entity() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  -- the lock makes a removal at the same time wait, and then find this tag
  case new.entity_type
    when 'document' then perform from app_public.documents e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'repository' then perform from app_public.repositories e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'conversation' then perform from app_public.conversations e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
    when 'memory_item' then perform from app_public.memory_items e where e.workspace_id = new.workspace_id and e.id = new.entity_id for key share;
  end case;
  if not found then
    raise exception 'There is no such %.', replace(new.entity_type::text, '_', ' ') using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return new;
end
$$;

--
-- Name: FUNCTION check_tagged_entity(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.check_tagged_entity() IS 'Trigger: raises CQ204 when a tagged thing is not there.';

--
-- Name: check_tool_call_transition(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.check_tool_call_transition() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if (old.status, new.status) not in (
    ('requested', 'approved'), ('requested', 'denied'), ('approved', 'running'), ('approved', 'succeeded'), ('approved', 'failed'),
    ('running', 'succeeded'), ('running', 'failed')
  ) and old.status <> new.status then
    raise exception 'A tool call that is % cannot become %.', old.status, new.status
      using errcode = 'CQ210', hint = 'requested: approve or deny it; approved: run it; running: report its result.';
  end if;
  if (new.message_id, new.name, new.arguments) is distinct from (old.message_id, old.name, old.arguments) then
    raise exception 'What a tool call was asked to do does not change.' using errcode = 'CQ210', hint = 'Request another call.';
  end if;
  new.updated_at := clock_timestamp();
  return new;
end
$$;

--
-- Name: FUNCTION check_tool_call_transition(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.check_tool_call_transition() IS 'Trigger: lets a tool call move forward only. Raises CQ210.';

--
-- Name: workspace_members; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.workspace_members (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role app_public.member_role DEFAULT 'member'::app_public.member_role NOT NULL,
    joined_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY app_public.workspace_members FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE workspace_members; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.workspace_members IS 'Who belongs to a workspace, and as what.';

--
-- Name: COLUMN workspace_members.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_members.workspace_id IS 'The workspace.';

--
-- Name: COLUMN workspace_members.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_members.user_id IS 'The member.';

--
-- Name: COLUMN workspace_members.role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_members.role IS 'owner and admin manage it, member writes, viewer only reads.';

--
-- Name: COLUMN workspace_members.joined_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_members.joined_at IS 'When the user became a member.';

--
-- Name: choose_workspace(uuid, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.choose_workspace(for_user uuid, wanted uuid) RETURNS app_public.workspace_members
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  member app_public.workspace_members;
begin
  select m.* into member
  from app_public.workspace_members m
  join app_public.workspaces w on w.id = m.workspace_id
  where m.user_id = for_user and (wanted is null or m.workspace_id = wanted)
  order by w.is_personal desc, m.joined_at, m.workspace_id
  limit 1;
  if member.workspace_id is null and wanted is not null then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, or leave the header out.';
  end if;
  return member;
end
$$;

--
-- Name: FUNCTION choose_workspace(for_user uuid, wanted uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.choose_workspace(for_user uuid, wanted uuid) IS 'A user''s membership in the workspace asked for, or in the personal one. Raises CQ107.';

--
-- Name: cleanup_test_data(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.cleanup_test_data() RETURNS TABLE(documents integer, conversations integer, memory_items integer)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_private.require_development();
  delete from app_public.memory_items m where m.metadata @> '{"sample": true}';
  get diagnostics memory_items = row_count;
  delete from app_public.repositories r where r.metadata @> '{"sample": true}';
  delete from app_public.documents d where d.metadata @> '{"sample": true}';
  get diagnostics documents = row_count;
  delete from app_public.conversations c where c.metadata @> '{"sample": true}';
  get diagnostics conversations = row_count;
  delete from app_public.tags t where t.name = 'sample' and not exists (select from app_public.entity_tags e where e.tag_id = t.id);
  return next;
end
$$;

--
-- Name: FUNCTION cleanup_test_data(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.cleanup_test_data() IS 'Removes what generate_sample_data made, of everyone; a development database only. Error: CQ243 not a development database.';

--
-- Name: clear_embedding_failures(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.clear_embedding_failures() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from app_hidden.embedding_failures f
  using changed_embeddings n
  where f.version_id = n.version_id and f.workspace_id = n.workspace_id and f.chunk_id = n.chunk_id;
  return null;
end
$$;

--
-- Name: FUNCTION clear_embedding_failures(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.clear_embedding_failures() IS 'Trigger: forgets the failures of chunks that have a vector now.';

--
-- Name: count_chunks(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.count_chunks() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.chunk_counts;
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into app_hidden.chunk_counts as k (workspace_id, source_type, chunk_count)
    select n.workspace_id, n.source_type, count(*) from changed_chunks n group by n.workspace_id, n.source_type order by 1, 2
    on conflict (workspace_id, source_type) do update set chunk_count = k.chunk_count + excluded.chunk_count;
  else
    update app_hidden.chunk_counts k
    set chunk_count = k.chunk_count - gone.chunk_count
    from (
      select o.workspace_id, o.source_type, count(*) as chunk_count from changed_chunks o group by o.workspace_id, o.source_type order by 1, 2
    ) as gone
    where k.workspace_id = gone.workspace_id and k.source_type = gone.source_type;
  end if;
  return null;
end
$$;

--
-- Name: FUNCTION count_chunks(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.count_chunks() IS 'Trigger: keeps chunk_counts.';

--
-- Name: count_embeddings(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.count_embeddings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.embedding_counts;
    return null;
  end if;
  if tg_op = 'INSERT' then
    insert into app_hidden.embedding_counts as k (version_id, workspace_id, embedding_count)
    select n.version_id, n.workspace_id, count(*) from changed_embeddings n group by n.version_id, n.workspace_id order by 1, 2
    on conflict (version_id, workspace_id) do update set embedding_count = k.embedding_count + excluded.embedding_count;
  else
    update app_hidden.embedding_counts k
    set embedding_count = k.embedding_count - gone.embedding_count
    from (
      select o.version_id, o.workspace_id, count(*) as embedding_count from changed_embeddings o group by o.version_id, o.workspace_id order by 1, 2
    ) as gone
    where k.version_id = gone.version_id and k.workspace_id = gone.workspace_id;
  end if;
  return null;
end
$$;

--
-- Name: FUNCTION count_embeddings(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.count_embeddings() IS 'Trigger: keeps embedding_counts.';

--
-- Name: count_failed_attempt(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.count_failed_attempt(for_user uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  most integer := app_hidden.setting('sign_in_attempts')::integer;
begin
  update app_private.user_secrets s
  set
    failed_attempts = s.failed_attempts + 1,
    locked_until = case
      when s.failed_attempts + 1 >= most then
        clock_timestamp() + make_interval(secs => least(
          3600, app_hidden.setting('sign_in_lock_seconds')::integer * power(2, least(s.failed_attempts + 1 - most, 12))
        ))
    end
  where s.user_id = for_user;
  perform app_private.log_event('user.sign_in_failed', for_user);
end
$$;

--
-- Name: FUNCTION count_failed_attempt(for_user uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.count_failed_attempt(for_user uuid) IS 'Counts a wrong password of an account; after too many it is locked for a while.';

--
-- Name: count_message_feedback(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.count_message_feedback() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  changed record;
begin
  for changed in
    execute format(
      'select f.conversation_id, sum(f.sign * (f.feedback_type = ''positive'')::integer) as positive, sum(f.sign * (f.feedback_type = ''negative'')::integer) as negative
       from (%s) as f group by f.conversation_id order by f.conversation_id',
      case tg_op
        when 'INSERT' then 'select n.*, 1 as sign from new_feedback n'
        when 'DELETE' then 'select o.*, -1 as sign from old_feedback o'
        else 'select n.*, 1 as sign from new_feedback n union all select o.*, -1 from old_feedback o'
      end
    )
  loop
    update app_public.conversations c
    set positive_feedback = c.positive_feedback + changed.positive, negative_feedback = c.negative_feedback + changed.negative
    -- what is packed or comes back from there was counted when it was given
    where c.id = changed.conversation_id and c.storage_tier = 'hot' and (changed.positive <> 0 or changed.negative <> 0);
  end loop;
  return null;
end
$$;

--
-- Name: FUNCTION count_message_feedback(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.count_message_feedback() IS 'Trigger: keeps positive_feedback and negative_feedback of conversations.';

--
-- Name: count_new_messages(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.count_new_messages() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  changed record;
  was_indexed boolean;
begin
  for changed in
    select
      n.workspace_id, n.conversation_id, count(*)::integer as added, count(distinct n.sequence_number)::integer as numbers,
      min(n.sequence_number) as first_number, max(n.sequence_number) as last_number,
      (max(n.id::text))::uuid as last_id, coalesce(sum(n.total_tokens), 0) as tokens, coalesce(sum(n.cost_usd), 0) as cost,
      count(n.processing_time_ms) as timed, coalesce(sum(n.processing_time_ms), 0) as total_time
    from new_messages n
    group by n.workspace_id, n.conversation_id
    order by n.conversation_id
  loop
    update app_public.conversations c
    set
      message_count = c.message_count + changed.added,
      last_sequence_number = changed.last_number,
      last_message_id = greatest(c.last_message_id, changed.last_id),
      last_message_at = uuid_extract_timestamp(greatest(c.last_message_id, changed.last_id)),
      total_tokens_used = c.total_tokens_used + changed.tokens,
      total_cost_usd = c.total_cost_usd + changed.cost,
      total_response_time_ms = c.total_response_time_ms + changed.total_time,
      response_count = c.response_count + changed.timed
    where c.id = changed.conversation_id
      and c.last_sequence_number + 1 = changed.first_number
      and changed.first_number + changed.added - 1 = changed.last_number
      and changed.added = changed.numbers
    returning with (old as previous) previous.indexed_sequence_number = previous.last_sequence_number into was_indexed;
    if not found then
      continue when app_private.is_coming_back(changed.conversation_id, changed.last_number);
      raise exception 'Sequence numbers % to % do not continue conversation %.', changed.first_number, changed.last_number, changed.conversation_id
        using errcode = 'CQ205', hint = 'Lock the conversation and number its messages without gaps, as post_message does.';
    end if;
    -- A conversation that was behind has a job already: whoever indexes it takes this row's lock, so after our commit, and
    -- then looks again. If that job is lost, the sweep finds the messages.
    continue when not was_indexed;
    perform app_hidden.enqueue(
      'index-source',
      jsonb_build_object('workspaceId', changed.workspace_id, 'sourceType', 'message', 'sourceId', changed.conversation_id),
      'message:' || changed.conversation_id,
      changed.workspace_id::text
    );
  end loop;
  return null;
end
$$;

--
-- Name: FUNCTION count_new_messages(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.count_new_messages() IS 'Trigger: checks sequence numbers, keeps the totals of conversations, enqueues indexing. Raises CQ205.';

--
-- Name: create_embedding_index(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.create_embedding_index(for_version uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $_$
declare
  version app_public.embedding_versions;
begin
  select * into strict version from app_public.embedding_versions v where v.id = for_version;
  -- serves: the index path of search
  execute format(
    'create index if not exists embeddings_%s_hnsw on app_partitions.embeddings_%1$s
       using hnsw ((embedding::extensions.halfvec(%s)) extensions.halfvec_cosine_ops)',
    version.number, version.dimensions
  );
end
$_$;

--
-- Name: FUNCTION create_embedding_index(for_version uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.create_embedding_index(for_version uuid) IS 'Builds the vector index of an embedding version, on all its partitions.';

--
-- Name: create_embedding_partitions(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.create_embedding_partitions(for_version uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $_$
declare
  version app_public.embedding_versions;
  modulus integer := app_hidden.setting('hash_partitions')::integer;
begin
  select * into strict version from app_public.embedding_versions v where v.id = for_version;
  execute format(
    'create table app_partitions.embeddings_%s partition of app_public.embeddings (
       constraint embeddings_%1$s_dimensions check (extensions.vector_dims(embedding) = %s)
     ) for values in (%L) partition by hash (workspace_id)',
    version.number, version.dimensions, version.id
  );
  for remainder in 0 .. modulus - 1 loop
    execute format(
      'create table app_partitions.embeddings_%1$s_%2$s partition of app_partitions.embeddings_%1$s for values with (modulus %3$s, remainder %4$s)',
      version.number, lpad(remainder::text, 2, '0'), modulus, remainder
    );
  end loop;
end
$_$;

--
-- Name: FUNCTION create_embedding_partitions(for_version uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.create_embedding_partitions(for_version uuid) IS 'Makes the partitions of an embedding version, without the vector index.';

--
-- Name: create_month_partition(text, date); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.create_month_partition(parent_name text, month date) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '3s'
    AS $_$
declare
  partition_name text := format('%s_%s', parent_name, to_char(month, 'YYYY_MM'));
  lower_bound uuid := app_hidden.uuidv7_floor(month::timestamp at time zone 'UTC');
  upper_bound uuid := app_hidden.uuidv7_floor((month + interval '1 month') at time zone 'UTC');
  column_names text;
  child_ids uuid[];
  parent_ids uuid[];
  moved bigint;
  locks text[];
  deadline timestamptz := clock_timestamp() + interval '3 seconds';
begin
  if to_regclass(format('app_partitions.%I', partition_name)) is not null then
    return 0;
  end if;

  -- All locks that attaching will want, before anything is touched. It waits for the first with nothing in hand and for
  -- the others not at all, so that it never stands in a circle with a writer (measured without this: 40P01 whenever one
  -- transaction posts two messages, the second with an idempotency key).
  select array_agg(format('lock table %s in share row exclusive mode', referenced.name) order by referenced.name)
  into locks
  from (
    select distinct k.confrelid::regclass::text as name
    from pg_constraint k
    where k.conrelid = format('app_public.%I', parent_name)::regclass and k.contype = 'f' and k.confrelid <> k.conrelid
  ) as referenced;
  -- the default partition first: every writer looks into it early, so that waiting for it drains them
  locks := format('lock table app_partitions.%I in access exclusive mode', parent_name || '_default') || locks;
  loop
    begin
      for i in 1 .. cardinality(locks) loop
        execute locks[i] || case when i > 1 then ' nowait' else '' end;
      end loop;
      exit;
    exception when lock_not_available then
      if clock_timestamp() > deadline then
        raise;
      end if;
      perform pg_sleep(0.05);
    end;
  end loop;

  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into column_names
  from pg_attribute a
  where a.attrelid = format('app_public.%I', parent_name)::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';

  execute format('create table app_partitions.%I (like app_public.%I including defaults including generated including constraints)', partition_name, parent_name);

  if parent_name = 'messages' then
    select array_agg(child.id), array_agg(child.parent_id) into child_ids, parent_ids
    from app_partitions.messages_default as moving
    join app_public.messages as child on child.conversation_id = moving.conversation_id and child.parent_id = moving.id
    where moving.id >= lower_bound and moving.id < upper_bound;
    update app_public.messages set parent_id = null where id = any (child_ids);
  end if;

  execute format(
    'with moved as (delete from app_partitions.%I where id >= %L and id < %L returning %s)
     insert into app_partitions.%I (%4$s) select %4$s from moved',
    parent_name || '_default', lower_bound, upper_bound, column_names, partition_name
  );
  get diagnostics moved = row_count;
  execute format(
    'alter table app_public.%I attach partition app_partitions.%I for values from (%L) to (%L)',
    parent_name, partition_name, lower_bound, upper_bound
  );

  if child_ids is not null then
    update app_public.messages as child
    set parent_id = kept.parent_id
    from unnest(child_ids, parent_ids) as kept (child_id, parent_id)
    where child.id = kept.child_id;
  end if;
  return moved;
end
$_$;

--
-- Name: FUNCTION create_month_partition(parent_name text, month date); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.create_month_partition(parent_name text, month date) IS 'Makes the partition of a month (UTC), with the rows of that month that the default partition held. Returns how many moved.';

--
-- Name: create_personal_workspace(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.create_personal_workspace(for_user uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  new_workspace_id uuid;
begin
  insert into app_public.workspaces (name, is_personal) values ('Personal', true) returning id into new_workspace_id;
  insert into app_public.workspace_members (workspace_id, user_id, role) values (new_workspace_id, for_user, 'owner');
end
$$;

--
-- Name: FUNCTION create_personal_workspace(for_user uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.create_personal_workspace(for_user uuid) IS 'Gives a new account its personal workspace.';

--
-- Name: create_session(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.create_session(for_user uuid) RETURNS app_public.authentication
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  token text := 'cqs_' || encode(gen_random_bytes(32), 'hex');
  result app_public.authentication;
begin
  insert into app_private.user_sessions (user_id, token_hash, expires_at, ip, user_agent)
  values (
    for_user,
    sha256(convert_to(token, 'UTF8')),
    now() + make_interval(days => app_hidden.setting('session_days')::integer),
    nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.user_agent', true), ''), 1000)
  )
  returning expires_at into result.expires_at;

  select m.workspace_id into result.workspace_id
  from app_public.workspace_members m
  join app_public.workspaces w on w.id = m.workspace_id
  where m.user_id = for_user
  order by w.is_personal desc, m.joined_at, m.workspace_id
  limit 1;

  result.token := token;
  result.user_id := for_user;
  return result;
end
$$;

--
-- Name: FUNCTION create_session(for_user uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.create_session(for_user uuid) IS 'Starts a session for a user who has proved who it is, and returns the token.';

--
-- Name: drop_chunks_of_closed_memory(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.drop_chunks_of_closed_memory() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from app_public.chunks c where c.workspace_id = new.workspace_id and c.memory_item_id = new.id;
  new.chunked_hash := null;
  return new;
end
$$;

--
-- Name: FUNCTION drop_chunks_of_closed_memory(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.drop_chunks_of_closed_memory() IS 'Trigger: removes the chunks of a memory that no longer holds.';

--
-- Name: embedding_waits(uuid, uuid, uuid, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.embedding_waits(for_version uuid, for_workspace uuid, for_chunk uuid, for_owner uuid) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  select exists (
    select from app_hidden.embedding_failures f
    where f.version_id = for_version and f.workspace_id = for_workspace and f.chunk_id = for_chunk
      and (f.is_dead or f.next_attempt_at > pg_catalog.statement_timestamp())
  ) or exists (
    select from app_hidden.embedding_claims k
    where k.workspace_id = for_workspace and k.version_id = for_version and for_chunk = any (k.chunk_ids)
      and k.abandoned_at is null and k.expires_at > pg_catalog.statement_timestamp()
  ) or exists (
    select from app_hidden.embedding_refusals r
    where r.version_id = for_version and r.workspace_id = for_workspace and r.user_id = for_owner
      and r.retry_at > pg_catalog.statement_timestamp()
  ) or exists (
    select from app_public.embedding_versions v
    join app_hidden.provider_pauses p on p.provider = v.provider
    where v.id = for_version and p.paused_until > pg_catalog.statement_timestamp()
  );
$$;

--
-- Name: FUNCTION embedding_waits(for_version uuid, for_workspace uuid, for_chunk uuid, for_owner uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.embedding_waits(for_version uuid, for_workspace uuid, for_chunk uuid, for_owner uuid) IS 'Whether a chunk without a vector is not to be embedded yet.';

--
-- Name: enqueue_changed_documents(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.enqueue_changed_documents() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.enqueue(
    'index-source',
    jsonb_build_object('workspaceId', n.workspace_id, 'sourceType', 'document', 'sourceId', n.id),
    'document:' || n.id,
    n.workspace_id::text
  )
  from new_documents n
  where n.chunked_hash is distinct from n.content_hash;
  return null;
end
$$;

--
-- Name: FUNCTION enqueue_changed_documents(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.enqueue_changed_documents() IS 'Trigger: enqueues the indexing of documents whose chunks are missing or stale.';

--
-- Name: enqueue_changed_memories(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.enqueue_changed_memories() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.enqueue(
    'index-source',
    jsonb_build_object('workspaceId', n.workspace_id, 'sourceType', 'memory', 'sourceId', n.id),
    'memory:' || n.id,
    n.workspace_id::text
  )
  from new_memories n
  where upper_inf(n.validity) and n.chunked_hash is distinct from n.content_hash;
  return null;
end
$$;

--
-- Name: FUNCTION enqueue_changed_memories(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.enqueue_changed_memories() IS 'Trigger: enqueues the indexing of memories that hold and have no chunks.';

--
-- Name: ensure_months(text, timestamp with time zone[]); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.ensure_months(parent_name text, times timestamp with time zone[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  month date;
  has_lock boolean := false;
begin
  for month in
    select distinct date_trunc('month', t at time zone 'UTC')::date from unnest(times) as t order by 1
  loop
    continue when to_regclass(format('app_partitions.%I', format('%s_%s', parent_name, to_char(month, 'YYYY_MM')))) is not null;
    if not has_lock then
      perform pg_advisory_xact_lock(hashtextextended('app_hidden.ensure_partitions', 0));
      has_lock := true;
    end if;
    begin
      perform app_private.create_month_partition(parent_name, month);
    exception when lock_not_available then
      -- busy: the default partition takes the rows, and the next maintenance moves them
      return;
    end;
  end loop;
end
$$;

--
-- Name: FUNCTION ensure_months(parent_name text, times timestamp with time zone[]); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.ensure_months(parent_name text, times timestamp with time zone[]) IS 'Makes the partitions for the months of the given times, for imports of history. Where the tables are too busy, none: the default partition takes the rows.';

--
-- Name: find_member(uuid, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.find_member(of_workspace uuid, wanted uuid) RETURNS app_public.workspace_members
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.workspace_members;
begin
  select m.* into result from app_public.workspace_members m where m.workspace_id = of_workspace and m.user_id = wanted;
  if result.user_id is null then
    raise exception 'There is no such member.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION find_member(of_workspace uuid, wanted uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.find_member(of_workspace uuid, wanted uuid) IS 'A member of a workspace. Raises CQ204.';

--
-- Name: generate_sample_data(text); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.generate_sample_data(email text) RETURNS TABLE(documents integer, conversations integer, memory_items integer)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  person uuid;
  workspace uuid;
  repository uuid;
  conversation uuid;
  document uuid;
  sample constant jsonb := '{"sample": true}';
  topic text;
begin
  perform app_private.require_development();
  select u.id, w.id into person, workspace
  from app_public.users u
  join app_public.workspace_members m on m.user_id = u.id
  join app_public.workspaces w on w.id = m.workspace_id and w.is_personal
  where u.email = generate_sample_data.email::citext;
  if person is null then
    raise exception 'There is no such user.' using errcode = 'CQ204', hint = 'Register one first.';
  end if;
  perform set_config('colloquy.user_id', person::text, true), set_config('colloquy.workspace_id', workspace::text, true),
    set_config('colloquy.member_role', 'owner', true);
  select r.id into repository
  from app_public.repositories r where r.workspace_id = workspace and r.owner_id = person and r.name = 'sample';
  if repository is null then
    repository := (app_public.create_repository('sample', 'upload', 'Sample content', metadata => sample)).id;
  end if;
  documents := 0;
  conversations := 0;
  memory_items := 0;
  foreach topic in array array['tea', 'lighthouses', 'bicycles']
  loop
    document := (app_public.create_document(
      title => 'About ' || topic, content => format('Everything that a beginner should know about %s, in one sentence.', topic),
      source_url => 'sample:' || topic, metadata => sample
    )).id;
    documents := documents + 1;
    perform app_public.add_document_to_repository(repository, document, topic || '.txt');
    perform app_public.add_tag('sample', 'document', document);
    conversation := (app_public.start_conversation('A talk about ' || topic, metadata => sample)).id;
    conversations := conversations + 1;
    perform app_public.post_message(conversation, format('What should I know about %s?', topic));
    perform app_public.post_message(conversation, format('Begin with the document "About %s".', topic), 'assistant');
    perform app_public.remember('Likes ' || topic, source_type => 'chat', source_id => conversation, metadata => sample);
    memory_items := memory_items + 1;
  end loop;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true), set_config('colloquy.member_role', '', true);
  return next;
end
$$;

--
-- Name: FUNCTION generate_sample_data(email text); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.generate_sample_data(email text) IS 'Gives a user some content to try things with; a development database only. Errors: CQ204 no such user, CQ243 not a development database.';

--
-- Name: hash_password(text); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.hash_password(password text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
begin
  if password is null or char_length(password) < 8 or octet_length(password) > 72 then
    raise exception 'The password must have at least 8 characters and at most 72 bytes.' using errcode = 'CQ105', hint = 'Choose another password.';
  end if;
  return crypt(password, gen_salt('bf', app_hidden.setting('password_hash_cost')::integer));
end
$$;

--
-- Name: FUNCTION hash_password(password text); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.hash_password(password text) IS 'bcrypt hash of a password. Raises CQ105 when it is too short or too long.';

--
-- Name: conversations; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.conversations (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    visibility app_public.visibility DEFAULT 'private'::app_public.visibility NOT NULL,
    title text,
    channel app_public.conversation_channel DEFAULT 'api'::app_public.conversation_channel NOT NULL,
    external_id text,
    model_provider text,
    model_name text,
    temperature numeric(3,2),
    max_tokens integer,
    system_prompt text,
    enable_document_chat boolean DEFAULT false NOT NULL,
    enable_image_generation boolean DEFAULT false NOT NULL,
    enable_web_search boolean DEFAULT false NOT NULL,
    message_count integer DEFAULT 0 NOT NULL,
    total_tokens_used bigint DEFAULT 0 NOT NULL,
    total_cost_usd numeric(14,6) DEFAULT 0 NOT NULL,
    total_response_time_ms bigint DEFAULT 0 NOT NULL,
    response_count integer DEFAULT 0 NOT NULL,
    avg_response_time_ms integer GENERATED ALWAYS AS (round(((total_response_time_ms)::numeric / (NULLIF(response_count, 0))::numeric))) STORED,
    positive_feedback integer DEFAULT 0 NOT NULL,
    negative_feedback integer DEFAULT 0 NOT NULL,
    last_sequence_number integer DEFAULT 0 NOT NULL,
    indexed_sequence_number integer DEFAULT 0 NOT NULL,
    last_message_id uuid,
    last_message_at timestamp with time zone DEFAULT now() NOT NULL,
    max_messages integer DEFAULT 1000 NOT NULL,
    is_archived boolean DEFAULT false NOT NULL,
    is_auto_archived boolean DEFAULT false NOT NULL,
    continued_from_id uuid,
    storage_tier app_public.storage_tier DEFAULT 'hot'::app_public.storage_tier NOT NULL,
    is_temporary boolean DEFAULT false NOT NULL,
    expires_at timestamp with time zone,
    pinned_at timestamp with time zone,
    summary text,
    summary_until_message_id uuid,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)) STORED,
    rag_configuration_id uuid,
    preferred_leaf_id uuid,
    branched_from_message_id uuid,
    CONSTRAINT conversations_external_id_length CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 1000))),
    CONSTRAINT conversations_feedback_positive CHECK (((positive_feedback >= 0) AND (negative_feedback >= 0))),
    CONSTRAINT conversations_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT conversations_last_message_id_after_id CHECK ((last_message_id >= id)),
    CONSTRAINT conversations_max_messages_positive CHECK ((max_messages > 0)),
    CONSTRAINT conversations_max_tokens_positive CHECK ((max_tokens > 0)),
    CONSTRAINT conversations_message_count_positive CHECK ((message_count >= 0)),
    CONSTRAINT conversations_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT conversations_model_name_length CHECK ((char_length(model_name) <= 200)),
    CONSTRAINT conversations_model_provider_length CHECK ((char_length(model_provider) <= 100)),
    CONSTRAINT conversations_sequence_numbers CHECK (((indexed_sequence_number >= 0) AND (indexed_sequence_number <= last_sequence_number))),
    CONSTRAINT conversations_summary_length CHECK ((char_length(summary) <= 100000)),
    CONSTRAINT conversations_system_prompt_length CHECK ((char_length(system_prompt) <= 100000)),
    CONSTRAINT conversations_temperature_range CHECK (((temperature >= (0)::numeric) AND (temperature <= (2)::numeric))),
    CONSTRAINT conversations_temporary_expires CHECK ((is_temporary = (expires_at IS NOT NULL))),
    CONSTRAINT conversations_title_length CHECK ((char_length(title) <= 500))
);

ALTER TABLE ONLY app_public.conversations FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE conversations; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.conversations IS 'A thread of messages. Its row never moves, whatever tier its messages are in.';

--
-- Name: COLUMN conversations.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.id IS 'Time-ordered identifier (UUID version 7); no message of it is older.';

--
-- Name: COLUMN conversations.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.workspace_id IS 'The tenant.';

--
-- Name: COLUMN conversations.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.owner_id IS 'Who started it.';

--
-- Name: COLUMN conversations.visibility; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.visibility IS 'private: only the owner. workspace: every member reads it, and members write.';

--
-- Name: COLUMN conversations.title; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.title IS 'Title, at most 500 characters.';

--
-- Name: COLUMN conversations.channel; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.channel IS 'Where it takes place.';

--
-- Name: COLUMN conversations.external_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.external_id IS 'Identifier in the system it was imported from; unique per owner.';

--
-- Name: COLUMN conversations.model_provider; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.model_provider IS 'Provider of the chat model.';

--
-- Name: COLUMN conversations.model_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.model_name IS 'Name of the chat model.';

--
-- Name: COLUMN conversations.temperature; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.temperature IS 'Sampling temperature, 0 to 2.';

--
-- Name: COLUMN conversations.max_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.max_tokens IS 'Most tokens of one answer.';

--
-- Name: COLUMN conversations.system_prompt; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.system_prompt IS 'System prompt of this conversation.';

--
-- Name: COLUMN conversations.enable_document_chat; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.enable_document_chat IS 'Whether answers use the documents.';

--
-- Name: COLUMN conversations.enable_image_generation; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.enable_image_generation IS 'Whether images may be generated.';

--
-- Name: COLUMN conversations.enable_web_search; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.enable_web_search IS 'Whether the web may be searched.';

--
-- Name: COLUMN conversations.message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.message_count IS 'Messages in it, in every tier. Kept by trigger.';

--
-- Name: COLUMN conversations.total_tokens_used; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.total_tokens_used IS 'Tokens of all its messages. Kept by trigger.';

--
-- Name: COLUMN conversations.total_cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.total_cost_usd IS 'Cost of all its messages in US dollars. Kept by trigger.';

--
-- Name: COLUMN conversations.total_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.total_response_time_ms IS 'Sum of processing_time_ms of its messages. Kept by trigger.';

--
-- Name: COLUMN conversations.response_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.response_count IS 'Messages with a processing_time_ms. Kept by trigger.';

--
-- Name: COLUMN conversations.avg_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.avg_response_time_ms IS 'Mean time to an answer in milliseconds.';

--
-- Name: COLUMN conversations.positive_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.positive_feedback IS 'Thumbs up. Kept by trigger.';

--
-- Name: COLUMN conversations.negative_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.negative_feedback IS 'Thumbs down. Kept by trigger.';

--
-- Name: COLUMN conversations.last_sequence_number; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.last_sequence_number IS 'Number of the newest message; numbers have no gaps.';

--
-- Name: COLUMN conversations.indexed_sequence_number; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.indexed_sequence_number IS 'Messages up to this number have their chunks.';

--
-- Name: COLUMN conversations.last_message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.last_message_id IS 'Greatest id of its messages; with its own id it bounds them from both sides.';

--
-- Name: COLUMN conversations.last_message_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.last_message_at IS 'Time of that message.';

--
-- Name: COLUMN conversations.max_messages; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.max_messages IS 'Size at which it is archived and continued in a new one.';

--
-- Name: COLUMN conversations.is_archived; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.is_archived IS 'Put away by its owner or by the size limit.';

--
-- Name: COLUMN conversations.is_auto_archived; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.is_auto_archived IS 'Put away by the size limit.';

--
-- Name: COLUMN conversations.continued_from_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.continued_from_id IS 'The conversation that this one continues.';

--
-- Name: COLUMN conversations.storage_tier; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.storage_tier IS 'Where its messages are kept.';

--
-- Name: COLUMN conversations.is_temporary; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.is_temporary IS 'Its content goes at expires_at.';

--
-- Name: COLUMN conversations.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.expires_at IS 'When a temporary conversation goes.';

--
-- Name: COLUMN conversations.pinned_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.pinned_at IS 'When its owner pinned it.';

--
-- Name: COLUMN conversations.summary; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.summary IS 'Summary of its messages up to summary_until_message_id.';

--
-- Name: COLUMN conversations.summary_until_message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.summary_until_message_id IS 'Last message that the summary covers.';

--
-- Name: COLUMN conversations.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.metadata IS 'Anything else, as an object of at most 64 KiB.';

--
-- Name: COLUMN conversations.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.updated_at IS 'Last change by a person.';

--
-- Name: COLUMN conversations.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.created_at IS 'When it was started; derived from the id.';

--
-- Name: COLUMN conversations.rag_configuration_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.rag_configuration_id IS 'How its answers are made; null means the default of the workspace.';

--
-- Name: COLUMN conversations.preferred_leaf_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.preferred_leaf_id IS 'Last message of the branch that is shown and continued; null while there are no branches.';

--
-- Name: COLUMN conversations.branched_from_message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversations.branched_from_message_id IS 'The message of another conversation after which this one branched off.';

--
-- Name: import_attachments(app_public.conversations, app_private.imported_message[], app_public.visibility); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.import_attachments(conversation app_public.conversations, messages app_private.imported_message[], shared_as app_public.visibility) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  attached record;
  described_id uuid;
  document_id uuid;
  added integer := 0;
begin
  for attached in
    select
      m.external_id as message, conversation.external_id || '/' || (a.item ->> 'externalId') as external_id, a.item ->> 'name' as name,
      a.item ->> 'mimeType' as mime_type, (a.item ->> 'size')::bigint as size, coalesce(a.item ->> 'bytes', 'missing') as bytes,
      a.item ->> 'text' as text, coalesce(a.item -> 'metadata', '{}') as metadata
    from unnest(messages) as m
    cross join jsonb_array_elements(m.attachments) with ordinality as a (item, place)
    order by m.position, a.place
  loop
    if attached.external_id is null or coalesce(trim(attached.name), '') = '' or attached.bytes not in ('in_export', 'missing') then
      raise exception 'The conversation "%" has an attachment without externalId or name.', conversation.external_id
        using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
    end if;
    insert into app_public.files as f (
      workspace_id, owner_id, visibility, original_name, external_id, mime_type, byte_size, processing_status, extracted_length,
      conversation_id, metadata
    )
    values (
      conversation.workspace_id, conversation.owner_id, shared_as, left(regexp_replace(attached.name, '^.*[/\\](?=.)', ''), 255), attached.external_id,
      (
        select c.mime_type
        from app_public.file_type_configs c
        where c.mime_type = lower(attached.mime_type) or lower(attached.mime_type) = any (c.extensions)
        order by c.mime_type
        limit 1
      ),
      attached.size, 'completed', char_length(attached.text), conversation.id,
      attached.metadata || jsonb_strip_nulls(jsonb_build_object('bytes', attached.bytes, 'mime_type', attached.mime_type, 'message', attached.message))
    )
    on conflict (workspace_id, owner_id, external_id) where external_id is not null do nothing
    returning f.id into described_id;
    continue when described_id is null;
    added := added + 1;
    continue when coalesce(trim(attached.text), '') = '';
    select d.id into document_id
    from app_public.create_document(
      title => left(trim(attached.name), 500), content => attached.text, source_url => attached.external_id, visibility => shared_as,
      metadata => jsonb_build_object('conversation', conversation.id, 'message', attached.message)
    ) as d;
    update app_public.documents d set file_id = described_id where d.id = document_id;
  end loop;
  return added;
end
$$;

--
-- Name: FUNCTION import_attachments(conversation app_public.conversations, messages app_private.imported_message[], shared_as app_public.visibility); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.import_attachments(conversation app_public.conversations, messages app_private.imported_message[], shared_as app_public.visibility) IS 'Describes the attachments of an imported conversation. Returns how many are new. Raises CQ200.';

--
-- Name: import_feedback(app_public.conversations, app_private.imported_message[]); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.import_feedback(conversation app_public.conversations, messages app_private.imported_message[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  added integer;
begin
  insert into app_public.message_feedback (id, workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment, updated_at)
  select
    app_hidden.uuidv7_at(given.at, concat_ws('|', m.id, 'feedback', conversation.owner_id)), conversation.workspace_id, conversation.id, m.id,
    conversation.owner_id, (m.feedback ->> 'type')::app_public.feedback_type, (m.feedback ->> 'rating')::smallint, m.feedback ->> 'comment', given.at
  from unnest(messages) as m
  -- nobody judged a message before it was there, or tomorrow
  cross join lateral (
    select least(greatest((m.feedback ->> 'givenAt')::timestamptz, uuid_extract_timestamp(m.id)), clock_timestamp()) as at
  ) as given
  where m.feedback is not null
  on conflict on constraint message_feedback_message_id_user_id_key do nothing;
  get diagnostics added = row_count;
  return added;
end
$$;

--
-- Name: FUNCTION import_feedback(conversation app_public.conversations, messages app_private.imported_message[]); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.import_feedback(conversation app_public.conversations, messages app_private.imported_message[]) IS 'Writes the importer''s feedback on the messages of an imported conversation. Returns how many are new.';

--
-- Name: import_tool_calls(app_public.conversations, app_private.imported_message[]); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.import_tool_calls(conversation app_public.conversations, messages app_private.imported_message[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  added integer;
begin
  if exists (
    select
    from unnest(messages) as m
    cross join jsonb_array_elements(m.tool_calls) as c (item)
    where m.role <> 'assistant' or coalesce(c.item ->> 'status', 'succeeded') not in ('succeeded', 'failed', 'denied')
  ) then
    raise exception 'The conversation "%" has a tool call that is not an assistant''s or has no end.', conversation.external_id
      using errcode = 'CQ200', hint = 'Its status is succeeded, failed or denied.';
  end if;
  insert into app_public.tool_calls (
    id, workspace_id, conversation_id, message_id, turn, position, name, arguments, status, result, error, duration_ms
  )
  select
    app_hidden.uuidv7_at(uuid_extract_timestamp(m.id), concat_ws('|', m.id, 'tool', numbered.turn, numbered.position)),
    conversation.workspace_id, conversation.id, m.id, numbered.turn, numbered.position, c.item ->> 'name', coalesce(c.item -> 'arguments', '{}'),
    coalesce(c.item ->> 'status', 'succeeded')::app_public.tool_call_status, c.item -> 'result', c.item ->> 'error', (c.item ->> 'durationMs')::integer
  from unnest(messages) as m
  cross join jsonb_array_elements(m.tool_calls) with ordinality as c (item, place)
  cross join lateral (
    select coalesce((c.item ->> 'turn')::integer, 1) as turn, coalesce((c.item ->> 'position')::integer, c.place::integer) as position
  ) as numbered
  on conflict on constraint tool_calls_message_id_turn_position_key do nothing;
  get diagnostics added = row_count;
  return added;
end
$$;

--
-- Name: FUNCTION import_tool_calls(conversation app_public.conversations, messages app_private.imported_message[]); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.import_tool_calls(conversation app_public.conversations, messages app_private.imported_message[]) IS 'Writes the tool calls of an imported conversation. Returns how many are new. Raises CQ200.';

--
-- Name: insert_message(app_public.conversations, app_public.messages, boolean); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.insert_message(conversation app_public.conversations, draft app_public.messages, is_continued boolean DEFAULT false) RETURNS app_public.messages
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.messages;
  is_new_root boolean := draft.replaces_id is not null and draft.parent_id is null;
begin
  if draft.content is null or char_length(draft.content) > 1000000 then
    raise exception 'A message has 0 to 1,000,000 characters; this one has %.', coalesce(char_length(draft.content)::text, 'none')
      using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  if draft.parent_id is not null and not exists (
    select from app_public.messages m where m.id = draft.parent_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such message in this conversation.' using errcode = 'CQ204', hint = 'parentId must be a message of the same conversation.';
  end if;
  if not is_new_root then
    draft.parent_id := coalesce(draft.parent_id, conversation.preferred_leaf_id);
  end if;

  if draft.id is not null and is_continued and draft.id < conversation.id then
    draft.id := null;
  end if;
  if draft.id is null then
    draft.id := app_private.next_message_id(coalesce(conversation.last_message_id, conversation.id));
  elsif uuid_extract_version(draft.id) is distinct from 7
    or draft.id < conversation.id
    or uuid_extract_timestamp(draft.id) > clock_timestamp() + interval '5 minutes'
  then
    raise exception 'The id % cannot be used for a message of this conversation.', draft.id using errcode = 'CQ200',
      hint = 'Leave it out, or send a UUID version 7 that is not older than the conversation and not in the future.';
  end if;

  begin
    insert into app_public.messages (
      id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, parent_id, replaces_id, content, idempotency_key,
      provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd, processing_time_ms, relevance_score, parts, attachments, metadata
    )
    values (
      draft.id, conversation.id, conversation.workspace_id, conversation.owner_id,
      case when coalesce(draft.role, 'user') = 'user' then app_hidden.current_user_id() end,
      conversation.last_sequence_number + 1, coalesce(draft.role, 'user'), draft.parent_id, draft.replaces_id, draft.content,
      draft.idempotency_key, draft.provider, draft.model, draft.prompt_tokens, draft.completion_tokens,
      coalesce(draft.total_tokens, draft.prompt_tokens + draft.completion_tokens),
      draft.cost_usd, draft.processing_time_ms, draft.relevance_score, draft.parts, draft.attachments, coalesce(draft.metadata, '{}')
    )
    returning * into result;
  exception when unique_violation then
    -- the same words whether the id belongs to this caller or to somebody else
    raise exception 'The id % cannot be used for a message of this conversation.', draft.id using errcode = 'CQ200', hint = 'Leave it out, or send another one.';
  end;

  if result.idempotency_key is not null then
    insert into app_hidden.message_idempotency_keys (workspace_id, conversation_id, idempotency_key, message_id)
    values (conversation.workspace_id, conversation.id, result.idempotency_key, result.id);
  end if;
  if result.parent_id is not null or is_new_root then
    update app_public.conversations c set preferred_leaf_id = result.id where c.id = conversation.id;
  end if;
  if result.total_tokens > 0 or result.cost_usd > 0 then
    perform app_private.require_quota();
    insert into app_public.usage_logs (
      workspace_id, user_id, conversation_id, message_id, action, provider, model, prompt_tokens, completion_tokens, total_tokens, cost_usd
    )
    values (
      result.workspace_id, app_hidden.current_user_id(), result.conversation_id, result.id, 'message', result.provider, result.model,
      result.prompt_tokens, result.completion_tokens, coalesce(result.total_tokens, 0), coalesce(result.cost_usd, 0)
    );
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION insert_message(conversation app_public.conversations, draft app_public.messages, is_continued boolean); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.insert_message(conversation app_public.conversations, draft app_public.messages, is_continued boolean) IS 'Writes a message into a locked conversation. Raises CQ200 unusable argument, CQ204 no such parent, CQ221 the caller''s monthly quota is spent.';

--
-- Name: is_coming_back(uuid, integer); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.is_coming_back(conversation_id uuid, last_number integer) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from app_public.conversations c
    where c.id = is_coming_back.conversation_id and c.storage_tier <> 'hot' and c.last_sequence_number >= last_number
  );
$$;

--
-- Name: FUNCTION is_coming_back(conversation_id uuid, last_number integer); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.is_coming_back(conversation_id uuid, last_number integer) IS 'Whether messages up to a number are written into a packed conversation: they are restored, and were counted long ago.';

--
-- Name: is_held(uuid, app_public.retention_kind); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.is_held(for_workspace uuid, for_kind app_public.retention_kind) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from app_public.legal_holds h
    where h.workspace_id = for_workspace and h.released_at is null and (h.kind is null or h.kind = for_kind)
  );
$$;

--
-- Name: FUNCTION is_held(for_workspace uuid, for_kind app_public.retention_kind); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.is_held(for_workspace uuid, for_kind app_public.retention_kind) IS 'Whether a legal hold keeps a kind of thing in a workspace; with null, whether one keeps everything.';

--
-- Name: keep_rag_configuration_versions(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.keep_rag_configuration_versions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into app_public.rag_configuration_versions (workspace_id, rag_configuration_id, old_values, replaced_by)
  select o.workspace_id, o.id, to_jsonb(o), app_hidden.current_user_id()
  from old_configurations o
  join new_configurations n on n.id = o.id
  where to_jsonb(o) - 'updated_at' - 'created_by' <> to_jsonb(n) - 'updated_at' - 'created_by';
  return null;
end
$$;

--
-- Name: FUNCTION keep_rag_configuration_versions(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.keep_rag_configuration_versions() IS 'Trigger: keeps the old values of edited configurations.';

--
-- Name: lock_continuation(app_public.conversations, integer, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.lock_continuation(conversation app_public.conversations, needed integer, first_id uuid DEFAULT NULL::uuid) RETURNS app_public.conversations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  next_id uuid;
  result app_public.conversations;
begin
  if conversation.is_auto_archived then
    select c.id into next_id
    from app_public.conversations c
    where c.workspace_id = conversation.workspace_id and c.continued_from_id = conversation.id;
    if next_id is not null then
      return app_private.lock_conversation(next_id);
    end if;
  end if;
  if conversation.message_count = 0 or conversation.message_count + needed <= conversation.max_messages then
    return conversation;
  end if;

  update app_public.conversations c set is_archived = true, is_auto_archived = true where c.id = conversation.id;
  insert into app_public.conversations (
    id, workspace_id, owner_id, visibility, title, channel, model_provider, model_name, temperature, max_tokens, system_prompt,
    rag_configuration_id, enable_document_chat, enable_image_generation, enable_web_search, max_messages, continued_from_id,
    is_temporary, expires_at, pinned_at, metadata
  )
  values (
    case
      when first_id is null then app_private.next_message_id(conversation.last_message_id)
      -- an id that the client made must not be older than its conversation
      else app_hidden.uuidv7_at(uuid_extract_timestamp(conversation.last_message_id) + interval '1 millisecond')
    end,
    conversation.workspace_id, conversation.owner_id, conversation.visibility, conversation.title, conversation.channel,
    conversation.model_provider, conversation.model_name, conversation.temperature, conversation.max_tokens, conversation.system_prompt,
    conversation.rag_configuration_id, conversation.enable_document_chat, conversation.enable_image_generation,
    conversation.enable_web_search, conversation.max_messages, conversation.id,
    conversation.is_temporary, conversation.expires_at, conversation.pinned_at, conversation.metadata
  )
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION lock_continuation(conversation app_public.conversations, needed integer, first_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.lock_continuation(conversation app_public.conversations, needed integer, first_id uuid) IS 'The conversation itself while it has room for the messages, otherwise its continuation, locked; made when there is none.';

--
-- Name: lock_conversation(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.lock_conversation(wanted_id uuid) RETURNS app_public.conversations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into result
  from app_public.conversations c
  where c.id = wanted_id
    and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace')
  for no key update;
  if result.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  if result.storage_tier <> 'hot' then
    result := app_private.unpack_conversation(result);
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION lock_conversation(wanted_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.lock_conversation(wanted_id uuid) IS 'The conversation, locked against other writers. Raises CQ101, CQ109, CQ204, and CQ260 when its archive is damaged.';

--
-- Name: lock_conversation_of(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.lock_conversation_of(message_id uuid) RETURNS app_public.conversations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  return app_private.lock_conversation(coalesce(
    (
      select m.conversation_id
      from app_public.messages m
      where m.id = lock_conversation_of.message_id and m.workspace_id = app_hidden.current_workspace_id()
    ),
    app_private.packed_conversation_of(lock_conversation_of.message_id)
  ));
end
$$;

--
-- Name: FUNCTION lock_conversation_of(message_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.lock_conversation_of(message_id uuid) IS 'The conversation of a message, locked against other writers. Raises CQ101, CQ109, CQ204.';

--
-- Name: lock_holds(uuid, boolean); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.lock_holds(for_workspace uuid, for_placing boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if for_placing then
    perform pg_advisory_xact_lock(hashtextextended(for_workspace::text, 120));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended(for_workspace::text, 120));
  end if;
end
$$;

--
-- Name: FUNCTION lock_holds(for_workspace uuid, for_placing boolean); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.lock_holds(for_workspace uuid, for_placing boolean) IS 'Keeps legal holds of a workspace from being placed until the transaction ends; with for_placing, deletions from being begun.';

--
-- Name: memory_items; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.memory_items (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    visibility app_public.visibility DEFAULT 'private'::app_public.visibility NOT NULL,
    subject text,
    subject_key text GENERATED ALWAYS AS (app_hidden.normalized_text(subject)) STORED,
    content text NOT NULL,
    content_hash bytea GENERATED ALWAYS AS (app_hidden.text_hash(((COALESCE(app_hidden.normalized_text(subject), ''::text) || '
'::text) || app_hidden.normalized_text(content)))) STORED,
    chunked_hash bytea,
    source_type app_public.memory_source_type DEFAULT 'manual'::app_public.memory_source_type NOT NULL,
    source_id uuid,
    importance real DEFAULT 0.5 NOT NULL,
    access_count integer DEFAULT 0 NOT NULL,
    last_accessed_at timestamp with time zone,
    expires_at timestamp with time zone,
    validity tstzrange NOT NULL,
    superseded_by uuid,
    forgotten_at timestamp with time zone,
    provenance jsonb DEFAULT '{}'::jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT memory_items_access_count_positive CHECK ((access_count >= 0)),
    CONSTRAINT memory_items_closed CHECK (((NOT upper_inf(validity)) OR ((superseded_by IS NULL) AND (forgotten_at IS NULL)))),
    CONSTRAINT memory_items_content_length CHECK (((char_length(content) >= 1) AND (char_length(content) <= 10000))),
    CONSTRAINT memory_items_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT memory_items_importance_range CHECK (((importance >= (0)::double precision) AND (importance <= (1)::double precision))),
    CONSTRAINT memory_items_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT memory_items_provenance_object CHECK (((jsonb_typeof(provenance) = 'object'::text) AND (pg_column_size(provenance) <= 65536))),
    CONSTRAINT memory_items_source CHECK (((source_type <> 'manual'::app_public.memory_source_type) OR (source_id IS NULL))),
    CONSTRAINT memory_items_subject_length CHECK (((char_length(subject) >= 1) AND (char_length(subject) <= 200))),
    CONSTRAINT memory_items_validity_known CHECK (((NOT isempty(validity)) AND (NOT lower_inf(validity))))
);

ALTER TABLE ONLY app_public.memory_items FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE memory_items; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.memory_items IS 'Long-term memory: a fact to be recalled. Written through remember, forget and undoMemory only. What is no longer true is kept with the time it was.';

--
-- Name: COLUMN memory_items.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN memory_items.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.workspace_id IS 'The tenant.';

--
-- Name: COLUMN memory_items.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.owner_id IS 'Whose memory it is.';

--
-- Name: COLUMN memory_items.visibility; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.visibility IS 'private: only the owner recalls it. workspace: every member.';

--
-- Name: COLUMN memory_items.subject; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.subject IS 'What it is about, like "favourite colour": a new value takes the place of the one before.';

--
-- Name: COLUMN memory_items.subject_key; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.subject_key IS 'The subject in the form that is compared.';

--
-- Name: COLUMN memory_items.content; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.content IS 'The fact, 1 to 10,000 characters.';

--
-- Name: COLUMN memory_items.content_hash; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.content_hash IS 'SHA-256 of subject and content in the form that is compared: near-duplicates merge.';

--
-- Name: COLUMN memory_items.chunked_hash; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.chunked_hash IS 'content_hash at the time its chunks were made; different means work to do.';

--
-- Name: COLUMN memory_items.source_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.source_type IS 'What it was learned from.';

--
-- Name: COLUMN memory_items.source_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.source_id IS 'The message or conversation, document or event it was learned from.';

--
-- Name: COLUMN memory_items.importance; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.importance IS 'Importance, 0 to 1; weighs in recall.';

--
-- Name: COLUMN memory_items.access_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.access_count IS 'How often it was used.';

--
-- Name: COLUMN memory_items.last_accessed_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.last_accessed_at IS 'When it was last used.';

--
-- Name: COLUMN memory_items.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.expires_at IS 'After this time it is not recalled.';

--
-- Name: COLUMN memory_items.validity; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.validity IS 'From when to when it held; without an end it holds now.';

--
-- Name: COLUMN memory_items.superseded_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.superseded_by IS 'The memory that took its place.';

--
-- Name: COLUMN memory_items.forgotten_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.forgotten_at IS 'When it was forgotten.';

--
-- Name: COLUMN memory_items.provenance; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.provenance IS 'How it came about, as an object: model, prompt, position in the source.';

--
-- Name: COLUMN memory_items.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.metadata IS 'Anything else, as an object of at most 64 KiB.';

--
-- Name: COLUMN memory_items.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.updated_at IS 'Last change by a person.';

--
-- Name: COLUMN memory_items.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_items.created_at IS 'When it was remembered; derived from the id.';

--
-- Name: lock_memory(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.lock_memory(memory_id uuid) RETURNS app_public.memory_items
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.memory_items;
begin
  perform app_hidden.require_member(for_writing => true);
  perform pg_advisory_xact_lock(
    hashtextextended(format('app_public.remember %s %s', app_hidden.current_workspace_id(), app_hidden.current_user_id()), 0)
  );
  select m.* into result
  from app_public.memory_items m
  where m.id = memory_id and m.workspace_id = app_hidden.current_workspace_id() and m.owner_id = app_hidden.current_user_id()
  for update;
  if result.id is null then
    raise exception 'There is no such memory.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION lock_memory(memory_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.lock_memory(memory_id uuid) IS 'The caller''s memory, locked together with all others of the same owner. Raises CQ101, CQ109, CQ204.';

--
-- Name: lock_workspace(boolean); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.lock_workspace(for_managing boolean DEFAULT true) RETURNS app_public.workspace_members
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  workspace app_public.workspaces;
  caller app_public.workspace_members;
begin
  perform app_hidden.require_member();
  if not app_hidden.has_scope('admin') then
    raise exception 'This API key may not do this.' using errcode = 'CQ110', hint = 'Make a key with the scope "admin", or sign in.';
  end if;
  select w.* into workspace from app_public.workspaces w where w.id = app_hidden.current_workspace_id() for no key update;
  select m.* into caller
  from app_public.workspace_members m
  where m.workspace_id = workspace.id and m.user_id = app_hidden.current_user_id();
  if caller.user_id is null then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, and name one in X-Workspace-Id.';
  end if;
  if for_managing and caller.role not in ('owner', 'admin') then
    raise exception 'Only owners and admins of the workspace may do this.' using errcode = 'CQ114', hint = 'Ask one of them.';
  end if;
  if workspace.is_personal then
    raise exception 'A personal workspace has one member.' using errcode = 'CQ113', hint = 'Make one to share: createWorkspace, then name it in X-Workspace-Id.';
  end if;
  return caller;
end
$$;

--
-- Name: FUNCTION lock_workspace(for_managing boolean); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.lock_workspace(for_managing boolean) IS 'The caller''s membership in the workspace of the request, which is locked against other changes of members. Raises CQ101, CQ107, CQ110, CQ113, CQ114.';

--
-- Name: log_event(text, uuid, uuid, text, uuid, jsonb, jsonb); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.log_event(action text, user_id uuid, workspace_id uuid DEFAULT NULL::uuid, entity_type text DEFAULT 'user'::text, entity_id uuid DEFAULT NULL::uuid, old_values jsonb DEFAULT NULL::jsonb, new_values jsonb DEFAULT NULL::jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into app_public.audit_logs (workspace_id, user_id, action, entity_type, entity_id, old_values, new_values, api_key_id, ip, request_id)
  values (
    log_event.workspace_id, log_event.user_id, log_event.action, log_event.entity_type,
    -- an event of an account is about the account
    coalesce(log_event.entity_id, case when log_event.entity_type = 'user' then log_event.user_id end),
    log_event.old_values, log_event.new_values,
    nullif(current_setting('colloquy.api_key_id', true), '')::uuid,
    nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.request_id', true), ''), 200)
  );
$$;

--
-- Name: FUNCTION log_event(action text, user_id uuid, workspace_id uuid, entity_type text, entity_id uuid, old_values jsonb, new_values jsonb); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.log_event(action text, user_id uuid, workspace_id uuid, entity_type text, entity_id uuid, old_values jsonb, new_values jsonb) IS 'Adds an entry to the audit log.';

--
-- Name: analytics_changes; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.analytics_changes (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    day date NOT NULL
);

ALTER TABLE ONLY app_hidden.analytics_changes FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE analytics_changes; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.analytics_changes IS 'Days of conversations whose messages or feedback changed since their figures were computed. Written by trigger, in the transaction of the change.';

--
-- Name: COLUMN analytics_changes.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.analytics_changes.workspace_id IS 'The tenant.';

--
-- Name: COLUMN analytics_changes.conversation_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.analytics_changes.conversation_id IS 'The conversation.';

--
-- Name: COLUMN analytics_changes.day; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.analytics_changes.day IS 'The UTC day of the message that changed, or whose feedback did.';

--
-- Name: mark_days(app_hidden.analytics_changes[]); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.mark_days(changes app_hidden.analytics_changes[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if changes is null then
    return;
  end if;
  perform
  from app_public.conversations c
  where c.id in (select m.conversation_id from unnest(changes) as m)
  order by c.id
  for no key update;
  insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
  select m.workspace_id, m.conversation_id, m.day
  from unnest(changes) as m
  -- it may be on its way out, with all that belongs to it
  join app_public.conversations c on c.workspace_id = m.workspace_id and c.id = m.conversation_id and c.storage_tier = 'hot'
  order by m.conversation_id, m.day
  on conflict on constraint analytics_changes_pkey do nothing;
end
$$;

--
-- Name: FUNCTION mark_days(changes app_hidden.analytics_changes[]); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.mark_days(changes app_hidden.analytics_changes[]) IS 'Notes that days of conversations have to be computed anew; locks the conversations.';

--
-- Name: mark_deleted_messages(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.mark_deleted_messages() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(o.workspace_id, o.conversation_id, (uuid_extract_timestamp(o.id) at time zone 'UTC')::date)::app_hidden.analytics_changes)
    from old_messages o
  ));
  return null;
end
$$;

--
-- Name: FUNCTION mark_deleted_messages(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.mark_deleted_messages() IS 'Trigger: notes the days of messages that went, unless they were packed away.';

--
-- Name: mark_feedback(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.mark_feedback() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(f.workspace_id, f.conversation_id, (uuid_extract_timestamp(f.message_id) at time zone 'UTC')::date)::app_hidden.analytics_changes)
    from changed_feedback f
  ));
  return null;
end
$$;

--
-- Name: FUNCTION mark_feedback(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.mark_feedback() IS 'Trigger: notes the days of the messages that feedback is about.';

--
-- Name: mark_new_messages(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.mark_new_messages() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into app_hidden.analytics_changes (workspace_id, conversation_id, day)
  select distinct n.workspace_id, n.conversation_id, (uuid_extract_timestamp(n.id) at time zone 'UTC')::date
  from new_messages n
  order by 2, 3
  on conflict on constraint analytics_changes_pkey do nothing;
  return null;
end
$$;

--
-- Name: FUNCTION mark_new_messages(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.mark_new_messages() IS 'Trigger: notes the days of new messages for the analytics.';

--
-- Name: mark_updated_messages(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.mark_updated_messages() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(n.workspace_id, n.conversation_id, (uuid_extract_timestamp(n.id) at time zone 'UTC')::date)::app_hidden.analytics_changes)
    from new_messages n
    join old_messages o on o.id = n.id
    where (
        o.role, o.status, o.replaces_id, o.author_id, o.relevance_score, o.processing_time_ms,
        o.prompt_tokens, o.completion_tokens, o.total_tokens, o.cost_usd
      ) is distinct from (
        n.role, n.status, n.replaces_id, n.author_id, n.relevance_score, n.processing_time_ms,
        n.prompt_tokens, n.completion_tokens, n.total_tokens, n.cost_usd
      )
  ));
  return null;
end
$$;

--
-- Name: FUNCTION mark_updated_messages(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.mark_updated_messages() IS 'Trigger: notes the days of messages whose figures changed.';

--
-- Name: message_of_key(uuid, text); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.message_of_key(conversation_id uuid, key text) RETURNS app_public.messages
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select m
  from app_hidden.message_idempotency_keys k
  join app_public.messages m on m.id = k.message_id
  where k.conversation_id = message_of_key.conversation_id and k.idempotency_key = message_of_key.key;
$$;

--
-- Name: FUNCTION message_of_key(conversation_id uuid, key text); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.message_of_key(conversation_id uuid, key text) IS 'The message that an idempotency key made in a conversation, or null.';

--
-- Name: message_path(uuid, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.message_path(conversation_id uuid, leaf_id uuid) RETURNS TABLE(id uuid)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with recursive explicit as (
    select m.id, m.parent_id, m.replaces_id, m.sequence_number
    from app_public.messages m
    where m.conversation_id = message_path.conversation_id and m.id = message_path.leaf_id
    union all
    select m.id, m.parent_id, m.replaces_id, m.sequence_number
    from explicit e
    join app_public.messages m on m.conversation_id = message_path.conversation_id and m.id = e.parent_id
  )
  select e.id from explicit e
  union all
  select m.id
  from explicit e
  join app_public.messages m on m.conversation_id = message_path.conversation_id and m.sequence_number < e.sequence_number
  where e.parent_id is null and e.replaces_id is null
    and m.parent_id is null and m.replaces_id is null and m.id >= message_path.conversation_id and m.id < message_path.leaf_id;
$$;

--
-- Name: FUNCTION message_path(conversation_id uuid, leaf_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.message_path(conversation_id uuid, leaf_id uuid) IS 'The messages of a conversation that lead to one, that one included, in no order.';

--
-- Name: next_message_id(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.next_message_id(after_id uuid) RETURNS uuid
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case when fresh.id > after_id then fresh.id else app_hidden.uuidv7_at(uuid_extract_timestamp(after_id) + interval '1 millisecond') end
  from (select uuidv7() as id) as fresh;
$$;

--
-- Name: FUNCTION next_message_id(after_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.next_message_id(after_id uuid) IS 'A UUID version 7, now or later, that is greater than the given one.';

--
-- Name: pack_conversation(app_public.conversations); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.pack_conversation(conversation app_public.conversations) RETURNS app_public.conversations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO'
    SET "IntervalStyle" TO 'postgres'
    SET "TimeZone" TO 'UTC'
    SET extra_float_digits TO '1'
    SET bytea_output TO 'hex'
    AS $_$
declare
  source regclass;
  columns text[];
  archived app_hidden.conversation_archives;
  piece app_hidden.conversation_archive_parts;
  rows_read integer;
  rebuilt bytea;
  packed_counts integer[] := '{}';
  deleted_counts integer[] := '{}';
  deleted integer;
  result app_public.conversations;
begin
  if conversation.storage_tier <> 'hot' then
    return conversation;
  end if;
  -- who reads it later restores it: the messages of a job that cuts them must be rows until then
  if conversation.indexed_sequence_number < conversation.last_sequence_number then
    raise exception 'Messages of this conversation are still being indexed.' using errcode = 'CQ261', hint = 'Try again when the worker has done them.';
  end if;

  -- the days that changed since the last run are counted while their messages are rows
  perform app_private.settle_conversation_analytics(array[conversation.id]);

  select array_agg(m.id order by m.id) into archived.message_ids
  from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  insert into app_hidden.conversation_archives (
    conversation_id, workspace_id, message_count, feedback_count, citation_count, message_ids, sha256
  )
  values (
    conversation.id, conversation.workspace_id, coalesce(cardinality(archived.message_ids), 0), 0, 0, coalesce(archived.message_ids, '{}'),
    sha256('')
  );

  foreach source in array array['app_public.messages', 'app_public.message_feedback', 'app_public.message_chunks']::regclass[] loop
    columns := app_private.packed_columns(source);
    execute format(
      'insert into app_hidden.conversation_archive_parts (
         workspace_id, conversation_id, packed, part, first_id, last_id, row_count, columns, sha256, document
       )
       select $1, $2, $3, p.part, p.first_id, p.last_id, p.row_count, $4, sha256(convert_to(p.document, ''UTF8'')), p.document
       from (
         select sized.part, (array_agg(sized.about order by sized.place))[1] as first_id,
           (array_agg(sized.about order by sized.place desc))[1] as last_id, count(*) as row_count,
           ''['' || string_agg(sized.line, E'',\n'' order by sized.place) || '']'' as document
         from (
           -- 128 KiB a part: a page is read without the rest
           select l.*, ((sum(octet_length(l.line)) over (order by l.place) - octet_length(l.line)) / 131072)::integer as part
           from (
             select %s as about, row_number() over (order by %s) as place, %s as line
             from %s as t where t.workspace_id = $1 and t.conversation_id = $2%s
           ) as l
         ) as sized
         group by sized.part
       ) as p',
      case when source = 'app_public.messages'::regclass then 't.id' else 't.message_id' end,
      app_private.packed_key(source), app_private.packed_line(source, columns), source,
      case when source = 'app_public.messages'::regclass then ' and t.id >= $2 and t.id <= $5' else '' end
    )
    using conversation.workspace_id, conversation.id, source, columns, conversation.last_message_id;

    rows_read := 0;
    for piece in
      select p.* from app_hidden.conversation_archive_parts p
      where p.conversation_id = conversation.id and p.packed = source
      order by p.part
    loop
      execute format(
        'select sha256(convert_to(''['' || string_agg(%s, E'',\n'' order by %s) || '']'', ''UTF8'')), $3 + count(*) from (%s) as t',
        app_private.packed_line(source, columns), app_private.packed_key(source), app_private.unpack_query(source, columns)
      )
      into rebuilt, rows_read
      using piece.document, conversation.owner_id, rows_read;
      if rebuilt is distinct from piece.sha256 then
        raise exception 'What was packed of % of conversation % is not what was read back.', source, conversation.id
          using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
      end if;
    end loop;
    packed_counts := packed_counts || rows_read;
  end loop;

  update app_hidden.conversation_archives a
  set feedback_count = packed_counts[2], citation_count = packed_counts[3], sha256 = app_private.archive_hash(conversation.id)
  where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'warm' where c.id = conversation.id returning c.* into result;

  delete from app_public.messages m
  where m.conversation_id = conversation.id and m.id >= conversation.id and m.id <= conversation.last_message_id;
  get diagnostics deleted = row_count;
  deleted_counts := deleted_counts || deleted;
  delete from app_public.message_feedback f where f.workspace_id = conversation.workspace_id and f.conversation_id = conversation.id;
  get diagnostics deleted = row_count;
  deleted_counts := deleted_counts || deleted;
  delete from app_public.message_chunks k where k.workspace_id = conversation.workspace_id and k.conversation_id = conversation.id;
  get diagnostics deleted = row_count;
  deleted_counts := deleted_counts || deleted;
  if packed_counts <> deleted_counts or packed_counts[1] <> conversation.message_count then
    raise exception 'Conversation % has % messages, % were packed, % would go (with feedback and citations: % and %).',
      conversation.id, conversation.message_count, packed_counts[1], deleted_counts[1], packed_counts, deleted_counts
      using errcode = 'CQ260', hint = 'Nothing was deleted. Report it as a bug.';
  end if;

  update app_public.chunks c set tier = 'cold' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'cold';
  return result;
end
$_$;

--
-- Name: FUNCTION pack_conversation(conversation app_public.conversations); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.pack_conversation(conversation app_public.conversations) IS 'Packs a locked conversation; one that is packed stays as it is. Raises CQ260 when what was packed is not what was there, CQ261 while it is being indexed.';

--
-- Name: packed_columns(regclass); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.packed_columns(packed regclass) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array_agg(a.attname::text order by a.attnum)
  from pg_attribute a
  where a.attrelid = packed and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
$$;

--
-- Name: FUNCTION packed_columns(packed regclass); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.packed_columns(packed regclass) IS 'The columns of a table that are stored, in order.';

--
-- Name: packed_conversation_of(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.packed_conversation_of(message_id uuid) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select a.conversation_id
  from app_hidden.conversation_archives a
  where a.message_ids @> array[packed_conversation_of.message_id] and a.workspace_id = app_hidden.current_workspace_id();
$$;

--
-- Name: FUNCTION packed_conversation_of(message_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.packed_conversation_of(message_id uuid) IS 'The conversation in which a message is packed, in the workspace of the request; null when there is none.';

--
-- Name: packed_key(regclass); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.packed_key(packed regclass) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select string_agg(format('t.%I', a.attname), ', ' order by k.place)
  from pg_constraint c
  cross join lateral unnest(c.conkey) with ordinality as k (attnum, place)
  join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
  where c.conrelid = packed and c.contype = 'p';
$$;

--
-- Name: FUNCTION packed_key(packed regclass); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.packed_key(packed regclass) IS 'The primary key of a table, as it stands in an order by.';

--
-- Name: packed_line(regclass, text[]); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.packed_line(packed regclass, columns text[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('json_object(%L::text[], array[%s])::text', columns, string_agg(format('t.%I::text', c.name), ', ' order by c.place))
  from unnest(columns) with ordinality as c (name, place);
$$;

--
-- Name: FUNCTION packed_line(packed regclass, columns text[]); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.packed_line(packed regclass, columns text[]) IS 'The expression that writes a row "t" of a table as one line of JSON, from its columns.';

--
-- Name: packed_message_path(app_public.conversations, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.packed_message_path(conversation app_public.conversations, leaf_id uuid) RETURNS SETOF app_public.messages
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with recursive messages as materialized (
    select m.* from app_private.packed_messages(conversation, null, null) as m where m.id <= leaf_id
  ),
  explicit as (
    select m.id, m.parent_id, m.replaces_id, m.sequence_number from messages m where m.id = leaf_id
    union all
    select m.id, m.parent_id, m.replaces_id, m.sequence_number from explicit e join messages m on m.id = e.parent_id
  )
  select m.* from explicit e join messages m on m.id = e.id
  union all
  select m.*
  from explicit e
  join messages m on m.sequence_number < e.sequence_number
  where e.parent_id is null and e.replaces_id is null and m.parent_id is null and m.replaces_id is null;
$$;

--
-- Name: FUNCTION packed_message_path(conversation app_public.conversations, leaf_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.packed_message_path(conversation app_public.conversations, leaf_id uuid) IS 'The packed messages of a conversation that lead to one, that one included, in no order. Raises CQ260.';

--
-- Name: packed_messages(app_public.conversations, uuid, integer); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.packed_messages(conversation app_public.conversations, before uuid, first integer) RETURNS SETOF app_public.messages
    LANGUAGE plpgsql STABLE ROWS 50 PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO'
    SET "IntervalStyle" TO 'postgres'
    SET "TimeZone" TO 'UTC'
    AS $_$
declare
  piece app_hidden.conversation_archive_parts;
  missing integer := first;
  read integer;
begin
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.messages'::regclass
      and p.first_id < coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    order by p.part desc
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t where t.id < $3 order by t.id desc limit $4', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id, coalesce(packed_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid), missing;
    get diagnostics read = row_count;
    missing := missing - read;
    exit when missing <= 0;
  end loop;
end
$_$;

--
-- Name: FUNCTION packed_messages(conversation app_public.conversations, before uuid, first integer); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.packed_messages(conversation app_public.conversations, before uuid, first integer) IS 'Packed messages of a conversation, newest first: at most "first" of those before the message "before"; all of them when "first" is null. Raises CQ260.';

--
-- Name: propagate_conversation_visibility(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.propagate_conversation_visibility() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update app_public.chunks c
  set visibility = new.visibility, owner_id = new.owner_id
  where c.workspace_id = new.workspace_id and c.conversation_id = new.id;
  if old.owner_id <> new.owner_id then
    update app_public.messages m
    set owner_id = new.owner_id
    where m.conversation_id = new.id and m.id >= new.id and m.id <= new.last_message_id;
  end if;
  return null;
end
$$;

--
-- Name: FUNCTION propagate_conversation_visibility(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.propagate_conversation_visibility() IS 'Trigger: hands owner and visibility of a conversation to its chunks, and the owner to its messages.';

--
-- Name: propagate_document_visibility(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.propagate_document_visibility() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update app_public.chunks c
  set visibility = new.visibility, owner_id = new.owner_id
  where c.workspace_id = new.workspace_id and c.document_id = new.id;
  return null;
end
$$;

--
-- Name: FUNCTION propagate_document_visibility(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.propagate_document_visibility() IS 'Trigger: hands owner and visibility of a document to its chunks.';

--
-- Name: readable_conversation(uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.readable_conversation(conversation_id uuid) RETURNS app_public.conversations
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select c
  from app_public.conversations c
  where c.id = readable_conversation.conversation_id
    and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace');
$$;

--
-- Name: FUNCTION readable_conversation(conversation_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.readable_conversation(conversation_id uuid) IS 'A conversation that the caller may read, or null.';

--
-- Name: embedding_versions; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.embedding_versions (
    id uuid DEFAULT uuidv7() NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    description text,
    provider text NOT NULL,
    model text NOT NULL,
    dimensions integer NOT NULL,
    distance text DEFAULT 'cosine'::text NOT NULL,
    chunking_strategy jsonb DEFAULT '{}'::jsonb NOT NULL,
    chunk_size integer NOT NULL,
    chunk_overlap integer NOT NULL,
    status app_public.embedding_version_status DEFAULT 'building'::app_public.embedding_version_status NOT NULL,
    created_by uuid,
    activated_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT embedding_versions_chunking CHECK ((((chunk_size >= 16) AND (chunk_size <= 8192)) AND ((chunk_overlap >= 0) AND (chunk_overlap <= (chunk_size / 2))))),
    CONSTRAINT embedding_versions_description_length CHECK ((char_length(description) <= 2000)),
    CONSTRAINT embedding_versions_dimensions_range CHECK (((dimensions >= 1) AND (dimensions <= 4000))),
    CONSTRAINT embedding_versions_distance_known CHECK ((distance = 'cosine'::text)),
    CONSTRAINT embedding_versions_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT embedding_versions_model_length CHECK (((char_length(model) >= 1) AND (char_length(model) <= 200))),
    CONSTRAINT embedding_versions_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT embedding_versions_provider_length CHECK (((char_length(provider) >= 1) AND (char_length(provider) <= 100)))
);

ALTER TABLE ONLY app_public.embedding_versions FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE embedding_versions; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.embedding_versions IS 'A model and a way of cutting text. Searches use the active one; another can be built beside it.';

--
-- Name: COLUMN embedding_versions.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN embedding_versions.number; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.number IS 'Short number; names its partitions.';

--
-- Name: COLUMN embedding_versions.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.name IS 'Name, unique.';

--
-- Name: COLUMN embedding_versions.description; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.description IS 'What it is for.';

--
-- Name: COLUMN embedding_versions.provider; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.provider IS 'Who computes the vectors: local, or an OpenAI-compatible service.';

--
-- Name: COLUMN embedding_versions.model; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.model IS 'Model of that provider.';

--
-- Name: COLUMN embedding_versions.dimensions; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.dimensions IS 'Length of its vectors.';

--
-- Name: COLUMN embedding_versions.distance; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.distance IS 'How vectors are compared.';

--
-- Name: COLUMN embedding_versions.chunking_strategy; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.chunking_strategy IS 'Further parameters of the chunking.';

--
-- Name: COLUMN embedding_versions.chunk_size; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.chunk_size IS 'Most tokens in a chunk.';

--
-- Name: COLUMN embedding_versions.chunk_overlap; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.chunk_overlap IS 'Tokens that neighbouring chunks share.';

--
-- Name: COLUMN embedding_versions.status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.status IS 'building, active (exactly one), retired or archived.';

--
-- Name: COLUMN embedding_versions.created_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.created_by IS 'Who made it.';

--
-- Name: COLUMN embedding_versions.activated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.activated_at IS 'When searches began to use it.';

--
-- Name: COLUMN embedding_versions.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embedding_versions.created_at IS 'When it was made; derived from the id.';

--
-- Name: recall_vector(app_public.embedding_versions, uuid, uuid, extensions.halfvec, integer); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.recall_vector(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, max_results integer) RETURNS TABLE(chunk_id uuid, score real)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $_$
begin
  -- always exact: memories have an index of their own among the chunks, and a workspace has thousands of them, not millions
  return query execute $query$
    select c.id, (1 - (e.embedding operator(extensions.<=>) $4))::real
    from app_public.chunks c
    join app_public.embeddings e on e.version_id = $1 and e.workspace_id = c.workspace_id and e.chunk_id = c.id
    where c.workspace_id = $2 and e.workspace_id = $2 and c.memory_item_id is not null
      and (c.owner_id = $3 or c.visibility = 'workspace')
    order by e.embedding operator(extensions.<=>) $4, c.id
    limit $5
  $query$ using version.id, workspace, caller, query_embedding, max_results;
end
$_$;

--
-- Name: FUNCTION recall_vector(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, max_results integer); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.recall_vector(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, max_results integer) IS 'Chunks of memories nearest to a vector, by comparing all of the workspace. Score: cosine similarity.';

--
-- Name: remove_tags_of_entities(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.remove_tags_of_entities() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  delete from app_public.entity_tags t
  using gone_entities g
  where t.entity_id = g.id and t.entity_type = tg_argv[0]::app_public.taggable_type;
  return null;
end
$$;

--
-- Name: FUNCTION remove_tags_of_entities(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.remove_tags_of_entities() IS 'Trigger: removes the tags of things that are gone.';

--
-- Name: require_batch(integer); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.require_batch(size integer) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if size is null or size not between 1 and 10000 then
    raise exception 'A batch has 1 to 10,000 rows, not %.', coalesce(size::text, 'null') using errcode = 'CQ200', hint = 'Leave it out for the default.';
  end if;
end
$$;

--
-- Name: FUNCTION require_batch(size integer); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.require_batch(size integer) IS 'Raises CQ200 for a size of a batch that cannot be.';

--
-- Name: require_days(date, date); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.require_days(INOUT from_day date, INOUT to_day date) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.require_member();
  if not exists (
    -- the claims alone are not enough: somebody may have been removed since the request began
    select from app_public.workspace_members me
    where me.workspace_id = app_hidden.current_workspace_id() and me.user_id = app_hidden.current_user_id()
  ) then
    raise exception 'There is no such workspace of yours.' using errcode = 'CQ204', hint = 'Check the workspace of the request.';
  end if;
  to_day := coalesce(to_day, (now() at time zone 'UTC')::date);
  if isfinite(to_day) then
    from_day := coalesce(from_day, to_day - 29);
  end if;
  if not isfinite(from_day) or not isfinite(to_day) or to_day < from_day or to_day - from_day > 1100 then
    raise exception 'The days from % to % are no range of at most three years.', from_day, to_day
      using errcode = 'CQ200', hint = 'Pass fromDay and toDay, both included, in UTC.';
  end if;
end
$$;

--
-- Name: FUNCTION require_days(INOUT from_day date, INOUT to_day date); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.require_days(INOUT from_day date, INOUT to_day date) IS 'The range of days that is meant. Raises CQ101, CQ110, CQ204 for somebody who left the workspace, CQ200 for what is no range.';

--
-- Name: require_development(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.require_development() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if app_hidden.setting('environment') <> 'development' then
    raise exception 'This is not a development database.' using errcode = 'CQ243',
      hint = 'Only where it is one: update app_private.settings set value = ''development'' where name = ''environment''.';
  end if;
end
$$;

--
-- Name: FUNCTION require_development(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.require_development() IS 'Raises CQ243 unless the setting "environment" says development.';

--
-- Name: require_manager(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.require_manager() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.require_member(for_writing => true);
  if not app_hidden.can_manage() then
    raise exception 'Only an owner or administrator of the workspace may do this.' using errcode = 'CQ114', hint = 'Ask one of them.';
  end if;
end
$$;

--
-- Name: FUNCTION require_manager(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.require_manager() IS 'Raises CQ101 when nobody is signed in, CQ109 for a viewer, CQ114 for anyone who does not manage the workspace.';

--
-- Name: require_other_owner(app_public.workspace_members); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.require_other_owner(leaving app_public.workspace_members) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if leaving.role = 'owner' and not exists (
    select from app_public.workspace_members m
    where m.workspace_id = leaving.workspace_id and m.role = 'owner' and m.user_id <> leaving.user_id
  ) then
    raise exception 'A workspace keeps at least one owner.' using errcode = 'CQ111', hint = 'Make somebody else an owner first: transferOwnership.';
  end if;
end
$$;

--
-- Name: FUNCTION require_other_owner(leaving app_public.workspace_members); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.require_other_owner(leaving app_public.workspace_members) IS 'Raises CQ111 when a member is the only owner.';

--
-- Name: require_quota(bigint, numeric, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.require_quota(tokens bigint DEFAULT NULL::bigint, cost_usd numeric DEFAULT NULL::numeric, for_user uuid DEFAULT app_hidden.current_user_id()) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  account record;
  starts timestamptz := app_private.budget_period_start('month', clock_timestamp());
  used record;
  held record;
begin
  select u.id, u.monthly_token_quota as token_quota, u.monthly_cost_quota_usd as cost_quota into account
  from app_public.users u
  where u.id = for_user and num_nonnulls(u.monthly_token_quota, u.monthly_cost_quota_usd) > 0
  for no key update;
  if account.id is null then
    return;
  end if;
  select
    coalesce(max(greatest(m.logged_tokens, m.settled_tokens)), 0) as tokens,
    coalesce(max(greatest(m.logged_cost_usd, m.settled_cost_usd)), 0) as cost_usd
  into used
  from app_private.user_usage_months m
  where m.user_id = account.id and m.period_start = starts;
  select coalesce(sum(r.tokens), 0) as tokens, coalesce(sum(r.cost_usd), 0) as cost_usd into held
  from app_public.usage_reservations r
  where r.user_id = account.id and r.settled_at is null and r.expires_at > clock_timestamp();

  if (case
    when require_quota.tokens is null
      then coalesce(used.tokens >= account.token_quota, false) or coalesce(used.cost_usd >= account.cost_quota, false)
    else coalesce(used.tokens + held.tokens + require_quota.tokens > account.token_quota, false)
      or coalesce(used.cost_usd + held.cost_usd + coalesce(require_quota.cost_usd, 0) > account.cost_quota, false)
  end) then
    raise exception 'Your quota for this month is spent.' using errcode = 'CQ221', hint = format(
      'It begins anew at %s. Ask for less, or ask an administrator for a larger one.',
      to_char((starts at time zone 'UTC') + interval '1 month', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    );
  end if;
end
$$;

--
-- Name: FUNCTION require_quota(tokens bigint, cost_usd numeric, for_user uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.require_quota(tokens bigint, cost_usd numeric, for_user uuid) IS 'Raises CQ221 when the monthly quota of a user, by default the caller''s, is spent, or has no room for what is asked.';

--
-- Name: require_rank(app_public.workspace_members, app_public.member_role); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.require_rank(caller app_public.workspace_members, concerned app_public.member_role) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if caller.role <> 'owner' and concerned in ('owner', 'admin') then
    raise exception 'Only an owner of the workspace may do this.' using errcode = 'CQ114', hint = 'An admin manages members and viewers.';
  end if;
end
$$;

--
-- Name: FUNCTION require_rank(caller app_public.workspace_members, concerned app_public.member_role); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.require_rank(caller app_public.workspace_members, concerned app_public.member_role) IS 'Raises CQ114 when an admin wants to change owners or admins.';

--
-- Name: require_readable(app_public.taggable_type, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.require_readable(entity_type app_public.taggable_type, entity_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
begin
  if not coalesce(case require_readable.entity_type
    when 'document' then exists (
      select from app_public.documents e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'repository' then exists (
      select from app_public.repositories e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'conversation' then exists (
      select from app_public.conversations e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
    when 'memory_item' then exists (
      select from app_public.memory_items e
      where e.workspace_id = workspace and e.id = require_readable.entity_id and (e.owner_id = caller or e.visibility = 'workspace')
    )
  end, false) then
    raise exception 'There is no such %.', coalesce(replace(require_readable.entity_type::text, '_', ' '), 'thing')
      using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
end
$$;

--
-- Name: FUNCTION require_readable(entity_type app_public.taggable_type, entity_id uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.require_readable(entity_type app_public.taggable_type, entity_id uuid) IS 'Raises CQ204 when the caller may not read a thing in the workspace of this request.';

--
-- Name: usage_reservations; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.usage_reservations (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    tokens bigint NOT NULL,
    cost_usd numeric(14,6) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    settled_tokens bigint,
    settled_cost_usd numeric(14,6),
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT usage_reservations_cost_usd_positive CHECK (((cost_usd >= (0)::numeric) AND (settled_cost_usd >= (0)::numeric))),
    CONSTRAINT usage_reservations_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT usage_reservations_settled CHECK ((num_nulls(settled_at, settled_tokens, settled_cost_usd) = ANY (ARRAY[0, 3]))),
    CONSTRAINT usage_reservations_tokens_positive CHECK (((tokens >= 0) AND (settled_tokens >= 0)))
);

ALTER TABLE ONLY app_public.usage_reservations FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE usage_reservations; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.usage_reservations IS 'What was set aside for work that is under way. Written by reserveUsage and settleUsage.';

--
-- Name: COLUMN usage_reservations.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN usage_reservations.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.workspace_id IS 'The tenant.';

--
-- Name: COLUMN usage_reservations.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.user_id IS 'Who does the work.';

--
-- Name: COLUMN usage_reservations.tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.tokens IS 'Tokens set aside.';

--
-- Name: COLUMN usage_reservations.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.cost_usd IS 'US dollars set aside.';

--
-- Name: COLUMN usage_reservations.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.expires_at IS 'When it counts no longer, should nobody settle it.';

--
-- Name: COLUMN usage_reservations.settled_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.settled_at IS 'When the work was done.';

--
-- Name: COLUMN usage_reservations.settled_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.settled_tokens IS 'Tokens that it took.';

--
-- Name: COLUMN usage_reservations.settled_cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.settled_cost_usd IS 'US dollars that it took.';

--
-- Name: COLUMN usage_reservations.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_reservations.created_at IS 'When it was made; derived from the id.';

--
-- Name: reserve_for(uuid, uuid, bigint, numeric); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.reserve_for(for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric) RETURNS app_public.usage_reservations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  budget app_public.usage_budgets;
  reservation app_public.usage_reservations;
  starts timestamptz;
  taken record;
begin
  perform app_private.require_quota(reserve_for.tokens, reserve_for.cost_usd, for_user);
  insert into app_public.usage_reservations (workspace_id, user_id, tokens, cost_usd, expires_at)
  values (for_workspace, for_user, reserve_for.tokens, reserve_for.cost_usd, clock_timestamp() + interval '1 hour')
  returning * into reservation;

  for budget in
    select b.*
    from app_public.usage_budgets b
    where b.workspace_id = reservation.workspace_id and (b.user_id is null or b.user_id = reservation.user_id)
    order by b.id
    for no key update
  loop
    starts := app_private.budget_period_start(budget.period, clock_timestamp());
    select coalesce(sum(t.tokens), 0) as tokens, coalesce(sum(t.cost_usd), 0) as cost_usd into taken
    from (
      select s.tokens, s.cost_usd from app_hidden.budget_spending s where s.budget_id = budget.id and s.period_start = starts
      union all
      select h.tokens, h.cost_usd
      from app_hidden.usage_holds h
      where h.budget_id = budget.id and h.period_start = starts and h.expires_at > clock_timestamp()
    ) as t;
    if taken.tokens + reservation.tokens > budget.token_limit or taken.cost_usd + reservation.cost_usd > budget.cost_limit_usd then
      raise exception 'The budget of this % for the % is spent.', budget.scope, budget.period using errcode = 'CQ220',
        hint = format(
          'It begins anew at %s. Ask for less, or ask an owner of the workspace for a larger one.',
          to_char((starts at time zone 'UTC') + ('1 ' || budget.period)::interval, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        );
    end if;
    insert into app_hidden.usage_holds (workspace_id, budget_id, reservation_id, period_start, tokens, cost_usd, expires_at)
    values (reservation.workspace_id, budget.id, reservation.id, starts, reservation.tokens, reservation.cost_usd, reservation.expires_at);
  end loop;
  return reservation;
end
$$;

--
-- Name: FUNCTION reserve_for(for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.reserve_for(for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric) IS 'Sets usage of a user aside. Errors: CQ220 the budget is spent, CQ221 the monthly quota is.';

--
-- Name: resting_time(app_public.retention_kind, uuid); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.resting_time(for_kind app_public.retention_kind, for_workspace uuid) RETURNS interval
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select make_interval(days => p.keep_days)
  from app_public.retention_policies p
  where p.kind = for_kind and (p.workspace_id = for_workspace or p.workspace_id is null)
  order by p.workspace_id nulls last
  limit 1;
$$;

--
-- Name: FUNCTION resting_time(for_kind app_public.retention_kind, for_workspace uuid); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.resting_time(for_kind app_public.retention_kind, for_workspace uuid) IS 'How long conversations of a workspace rest before they go to the next tier; null means that they never do.';

--
-- Name: search_text(uuid, uuid, text, app_public.source_type[], integer); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.search_text(workspace uuid, caller uuid, query text, kinds app_public.source_type[], max_results integer) RETURNS TABLE(chunk_id uuid, score real)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $_$
declare
  languages text[];
  queries tsquery[];
  any_query tsquery;
begin
  select array_agg(asked.language), array_agg(asked.query), string_agg(distinct format('(%s)', asked.query), ' | ')::tsquery
  into languages, queries, any_query
  from (
    -- without angle brackets, as in text_search_vector
    select c.cfgname::text as language, websearch_to_tsquery(c.oid, translate(search_text.query, '<>', '  ')) as query
    from pg_ts_config c
    where c.cfgnamespace = 'pg_catalog'::regnamespace
  ) as asked
  where numnode(asked.query) > 0;
  if any_query is null then
    return;
  end if;
  return query execute $query$
    select c.id, ts_rank_cd(c.text_search, asked.query, 1)
    from app_public.chunks c
    join unnest($6, $7) as asked (language, query) on asked.language = c.text_search_language
    where c.workspace_id = $1
      and c.text_search @@ $3
      and c.text_search @@ asked.query
      and (c.owner_id = $2 or c.visibility = 'workspace')
      and c.source_type = any ($4)
    order by 2 desc, c.id desc
    limit $5
  $query$ using workspace, caller, any_query, kinds, max_results, languages, queries;
end
$_$;

--
-- Name: FUNCTION search_text(workspace uuid, caller uuid, query text, kinds app_public.source_type[], max_results integer); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.search_text(workspace uuid, caller uuid, query text, kinds app_public.source_type[], max_results integer) IS 'Chunks that contain the words of a query, each asked in its own language. Score: ts_rank_cd, divided by the logarithm of the length.';

--
-- Name: search_vector_exact(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.search_vector_exact(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer) RETURNS TABLE(chunk_id uuid, score real)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $_$
begin
  -- without the cast to halfvec(n) the vector index does not fit, so this is a scan of the tenant's rows
  return query execute $query$
    select c.id, (1 - (e.embedding operator(extensions.<=>) $4))::real
    from app_public.embeddings e
    join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
    where e.version_id = $1 and e.workspace_id = $2 and c.workspace_id = $2
      and (c.owner_id = $3 or c.visibility = 'workspace')
      and c.source_type = any ($5)
    order by e.embedding operator(extensions.<=>) $4, c.id
    limit $6
  $query$ using version.id, workspace, caller, query_embedding, kinds, max_results;
end
$_$;

--
-- Name: FUNCTION search_vector_exact(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.search_vector_exact(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer) IS 'Nearest chunks by comparing all vectors of the workspace. Score: cosine similarity.';

--
-- Name: search_vector_index(app_public.embedding_versions, uuid, uuid, extensions.halfvec, app_public.source_type[], integer); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.search_vector_index(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer) RETURNS TABLE(chunk_id uuid, score real)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    SET "hnsw.iterative_scan" TO 'relaxed_order'
    SET "hnsw.ef_search" TO '200'
    SET "hnsw.max_scan_tuples" TO '20000'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $_$
begin
  perform set_config('hnsw.ef_search', greatest(app_hidden.setting('search_ef_search')::integer, max_results)::text, true);
  -- relaxed order is almost sorted, so what the index gives is sorted again
  return query execute format($query$
    with nearest as materialized (
      select c.id, e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s) as distance
      from app_public.embeddings e
      join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
      where e.version_id = $1 and e.workspace_id = $2 and c.workspace_id = $2
        and (c.owner_id = $3 or c.visibility = 'workspace')
        and c.source_type = any ($5)
      order by e.embedding::extensions.halfvec(%1$s) operator(extensions.<=>) $4::extensions.halfvec(%1$s)
      limit $6
    )
    select n.id, (1 - n.distance)::real from nearest n order by n.distance, n.id
  $query$, version.dimensions) using version.id, workspace, caller, query_embedding, kinds, max_results;
end
$_$;

--
-- Name: FUNCTION search_vector_index(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.search_vector_index(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer) IS 'Nearest chunks by the vector index, continued until enough rows pass the filter. Score: cosine similarity.';

--
-- Name: send_mail(text, text, text); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.send_mail(recipient text, subject text, body text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  insert into app_private.mail_outbox (recipient, subject, body)
  select send_mail.recipient, send_mail.subject, send_mail.body
  where send_mail.recipient is not null;
  perform app_hidden.enqueue('deliver-mail', '{}');
end
$$;

--
-- Name: FUNCTION send_mail(recipient text, subject text, body text); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.send_mail(recipient text, subject text, body text) IS 'Adds a mail to the outbox and wakes the job that delivers it.';

--
-- Name: settle_conversation_analytics(uuid[], date); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.settle_conversation_analytics(conversation_ids uuid[], since date DEFAULT NULL::date) RETURNS TABLE(days integer, changed integer, removed integer)
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with taken as (
    delete from app_hidden.analytics_changes p
    using app_public.conversations c
    where c.id = any (conversation_ids) and c.storage_tier = 'hot'
      and p.workspace_id = c.workspace_id and p.conversation_id = c.id and (since is null or p.day >= since)
    returning p.workspace_id, p.conversation_id, p.day, coalesce(
      c.rag_configuration_id, (select r.id from app_public.rag_configurations r where r.workspace_id = c.workspace_id and r.is_default)
    ) as rag_configuration_id
  ),
  bounds as materialized (
    select t.*, app_hidden.uuidv7_floor(t.day::timestamp at time zone 'UTC') as lower_id,
      app_hidden.uuidv7_floor((t.day + 1)::timestamp at time zone 'UTC') as upper_id
    from taken t
  ),
  figures as materialized (
    select b.workspace_id, b.conversation_id, b.day, b.rag_configuration_id, f.*, g.*
    from bounds b
    cross join lateral (
      select
        count(*)::integer as message_count,
        (count(*) filter (where m.role = 'user'))::integer as user_message_count,
        (count(*) filter (where m.role = 'assistant'))::integer as assistant_message_count,
        (count(*) filter (where m.role = 'system'))::integer as system_message_count,
        (count(*) filter (where m.role = 'tool'))::integer as tool_message_count,
        (count(*) filter (where m.role = 'user' and m.replaces_id is not null))::integer as edit_count,
        (count(*) filter (where m.role = 'assistant' and m.replaces_id is not null))::integer as regeneration_count,
        (count(*) filter (where m.status = 'failed'))::integer as failed_count,
        count(m.relevance_score)::integer as relevance_count,
        coalesce(sum(m.relevance_score::numeric), 0) as total_relevance_score,
        count(m.processing_time_ms)::integer as response_count,
        coalesce(sum(m.processing_time_ms), 0)::bigint as total_response_time_ms,
        percentile_disc(0.5) within group (order by m.processing_time_ms) as median_response_time_ms,
        percentile_disc(0.95) within group (order by m.processing_time_ms) as p95_response_time_ms,
        coalesce(sum(m.prompt_tokens), 0)::bigint as prompt_tokens,
        coalesce(sum(m.completion_tokens), 0)::bigint as completion_tokens,
        coalesce(sum(m.total_tokens), 0)::bigint as total_tokens,
        coalesce(sum(m.cost_usd), 0) as cost_usd,
        (mode() within group (order by extract(hour from uuid_extract_timestamp(m.id) at time zone 'UTC')))::smallint as peak_hour,
        min(uuid_extract_timestamp(m.id)) as first_message_at,
        max(uuid_extract_timestamp(m.id)) as last_message_at
      from app_public.messages m
      where m.conversation_id = b.conversation_id and m.id >= b.lower_id and m.id < b.upper_id
    ) as f
    cross join lateral (
      select
        (count(*) filter (where v.feedback_type = 'positive'))::integer as positive_feedback,
        (count(*) filter (where v.feedback_type = 'neutral'))::integer as neutral_feedback,
        (count(*) filter (where v.feedback_type = 'negative'))::integer as negative_feedback,
        coalesce(sum(coalesce((v.rating - 1) / 4.0, case v.feedback_type when 'positive' then 1 when 'neutral' then 0.5 else 0 end)), 0) as satisfaction_points
      from app_public.message_feedback v
      where v.workspace_id = b.workspace_id and v.conversation_id = b.conversation_id
        and v.message_id >= b.lower_id and v.message_id < b.upper_id
        -- feedback has no foreign key to its message
        and exists (
          select from app_public.messages m
          where m.conversation_id = b.conversation_id and m.id = v.message_id and m.id >= b.lower_id and m.id < b.upper_id
        )
    ) as g
  ),
  gone as (
    delete from app_public.conversation_analytics a
    using figures f
    where a.workspace_id = f.workspace_id and a.conversation_id = f.conversation_id and a.day = f.day and f.message_count = 0
    returning 1
  ),
  written as (
    insert into app_public.conversation_analytics as a (
      workspace_id, conversation_id, day, rag_configuration_id, message_count, user_message_count, assistant_message_count,
      system_message_count, tool_message_count, edit_count, regeneration_count, failed_count, relevance_count, total_relevance_score,
      response_count, total_response_time_ms, median_response_time_ms, p95_response_time_ms, prompt_tokens, completion_tokens,
      total_tokens, cost_usd, positive_feedback, neutral_feedback, negative_feedback, satisfaction_points, peak_hour,
      first_message_at, last_message_at
    )
    select
      f.workspace_id, f.conversation_id, f.day, f.rag_configuration_id, f.message_count, f.user_message_count, f.assistant_message_count,
      f.system_message_count, f.tool_message_count, f.edit_count, f.regeneration_count, f.failed_count, f.relevance_count, f.total_relevance_score,
      f.response_count, f.total_response_time_ms, f.median_response_time_ms, f.p95_response_time_ms, f.prompt_tokens, f.completion_tokens,
      f.total_tokens, f.cost_usd, f.positive_feedback, f.neutral_feedback, f.negative_feedback, f.satisfaction_points, f.peak_hour,
      f.first_message_at, f.last_message_at
    from figures f
    where f.message_count > 0
    on conflict on constraint conversation_analytics_pkey do update
    set
      -- late feedback does not hand an old day to the configuration of today
      rag_configuration_id = case
        when a.rag_configuration_id is not null and a.day < (now() at time zone 'UTC')::date - 1 then a.rag_configuration_id
        else excluded.rag_configuration_id
      end,
      message_count = excluded.message_count,
      user_message_count = excluded.user_message_count,
      assistant_message_count = excluded.assistant_message_count,
      system_message_count = excluded.system_message_count,
      tool_message_count = excluded.tool_message_count,
      edit_count = excluded.edit_count,
      regeneration_count = excluded.regeneration_count,
      failed_count = excluded.failed_count,
      relevance_count = excluded.relevance_count,
      total_relevance_score = excluded.total_relevance_score,
      response_count = excluded.response_count,
      total_response_time_ms = excluded.total_response_time_ms,
      median_response_time_ms = excluded.median_response_time_ms,
      p95_response_time_ms = excluded.p95_response_time_ms,
      prompt_tokens = excluded.prompt_tokens,
      completion_tokens = excluded.completion_tokens,
      total_tokens = excluded.total_tokens,
      cost_usd = excluded.cost_usd,
      positive_feedback = excluded.positive_feedback,
      neutral_feedback = excluded.neutral_feedback,
      negative_feedback = excluded.negative_feedback,
      satisfaction_points = excluded.satisfaction_points,
      peak_hour = excluded.peak_hour,
      first_message_at = excluded.first_message_at,
      last_message_at = excluded.last_message_at,
      computed_at = now()
    returning 1
  ),
  authors as (
    select b.workspace_id, b.conversation_id, b.day, m.author_id as user_id, count(*)::integer as message_count
    from bounds b
    join app_public.messages m on m.conversation_id = b.conversation_id and m.id >= b.lower_id and m.id < b.upper_id
    where m.author_id is not null
    group by b.workspace_id, b.conversation_id, b.day, m.author_id
  ),
  silent as (
    delete from app_hidden.user_activity a
    using bounds b
    where a.workspace_id = b.workspace_id and a.conversation_id = b.conversation_id and a.day = b.day
      and not exists (
        select from authors w
        where w.workspace_id = a.workspace_id and w.conversation_id = a.conversation_id and w.day = a.day and w.user_id = a.user_id
      )
  ),
  active as (
    insert into app_hidden.user_activity as a (workspace_id, conversation_id, day, user_id, message_count)
    select w.workspace_id, w.conversation_id, w.day, w.user_id, w.message_count from authors w
    on conflict on constraint user_activity_pkey do update set message_count = excluded.message_count
  )
  select (select count(*) from bounds)::integer, (select count(*) from written)::integer, (select count(*) from gone)::integer;
$$;

--
-- Name: FUNCTION settle_conversation_analytics(conversation_ids uuid[], since date); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.settle_conversation_analytics(conversation_ids uuid[], since date) IS 'Computes what changed of locked conversations that are not packed away: days taken, rows written, rows removed because no message is left.';

--
-- Name: settle_reservation(app_public.usage_reservations, bigint, numeric); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.settle_reservation(reservation app_public.usage_reservations, tokens bigint, cost_usd numeric) RETURNS app_public.usage_reservations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.usage_reservations;
begin
  if reservation.settled_at is not null then
    return reservation;
  end if;
  perform from app_public.usage_budgets b
  where b.workspace_id = reservation.workspace_id
    and b.id in (select h.budget_id from app_hidden.usage_holds h where h.workspace_id = reservation.workspace_id and h.reservation_id = reservation.id)
  order by b.id
  for no key update;

  with released as (
    delete from app_hidden.usage_holds h
    where h.workspace_id = reservation.workspace_id and h.reservation_id = reservation.id
    returning h.budget_id, h.period_start
  )
  insert into app_hidden.budget_spending as s (workspace_id, budget_id, period_start, tokens, cost_usd)
  select reservation.workspace_id, r.budget_id, r.period_start, settle_reservation.tokens, settle_reservation.cost_usd from released r
  on conflict on constraint budget_spending_pkey do update
  set tokens = s.tokens + excluded.tokens, cost_usd = s.cost_usd + excluded.cost_usd;

  insert into app_private.user_usage_months as s (user_id, period_start, settled_tokens, settled_cost_usd)
  values (
    reservation.user_id, app_private.budget_period_start('month', clock_timestamp()), settle_reservation.tokens, settle_reservation.cost_usd
  )
  on conflict on constraint user_usage_months_pkey do update
  set settled_tokens = s.settled_tokens + excluded.settled_tokens, settled_cost_usd = s.settled_cost_usd + excluded.settled_cost_usd;

  update app_public.usage_reservations r
  set settled_at = clock_timestamp(), settled_tokens = settle_reservation.tokens, settled_cost_usd = settle_reservation.cost_usd
  where r.id = reservation.id
  returning r.* into result;
  return result;
end
$$;

--
-- Name: FUNCTION settle_reservation(reservation app_public.usage_reservations, tokens bigint, cost_usd numeric); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.settle_reservation(reservation app_public.usage_reservations, tokens bigint, cost_usd numeric) IS 'Ends a reservation with what was really used.';

--
-- Name: total_new_usage(); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.total_new_usage() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  used record;
begin
  for used in
    select n.user_id, sum(n.total_tokens) as tokens, sum(n.cost_usd) as cost
    from new_usage n
    where n.user_id is not null
    group by n.user_id
    order by n.user_id
  loop
    update app_public.users u
    set total_tokens_used = u.total_tokens_used + used.tokens, total_cost_usd = u.total_cost_usd + used.cost
    where u.id = used.user_id;
  end loop;
  -- behind the locks of the users, so that two statements never wait for each other in a circle
  insert into app_private.user_usage_months as s (user_id, period_start, logged_tokens, logged_cost_usd)
  select n.user_id, app_private.budget_period_start('month', uuid_extract_timestamp(n.id)), sum(n.total_tokens), sum(n.cost_usd)
  from new_usage n
  where n.user_id is not null
  group by 1, 2
  order by 1, 2
  on conflict on constraint user_usage_months_pkey do update
  set logged_tokens = s.logged_tokens + excluded.logged_tokens, logged_cost_usd = s.logged_cost_usd + excluded.logged_cost_usd;
  return null;
end
$$;

--
-- Name: FUNCTION total_new_usage(); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.total_new_usage() IS 'Trigger: keeps total_tokens_used and total_cost_usd of users, and what they used per month.';

--
-- Name: unpack_conversation(app_public.conversations); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.unpack_conversation(conversation app_public.conversations) RETURNS app_public.conversations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO'
    SET "IntervalStyle" TO 'postgres'
    SET "TimeZone" TO 'UTC'
    SET extra_float_digits TO '1'
    SET bytea_output TO 'hex'
    AS $_$
declare
  archived app_hidden.conversation_archives;
  piece app_hidden.conversation_archive_parts;
  names text;
  added integer;
  messages integer := 0;
  feedback integer := 0;
  result app_public.conversations;
begin
  if conversation.storage_tier = 'hot' then
    return conversation;
  end if;
  archived := app_private.check_archive(conversation.id);

  -- the conversation is packed until the last row is back: the triggers that count look at that
  for piece in
    select p.* from app_hidden.conversation_archive_parts p where p.conversation_id = conversation.id order by p.packed::regclass::text, p.part
  loop
    select string_agg(quote_ident(c.name), ', ') into names from unnest(app_private.packed_columns(piece.packed)) as c (name);
    execute format('insert into %s (%s) select %2$s from (%s) as t', piece.packed, names, app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id;
    get diagnostics added = row_count;
    messages := messages + case when piece.packed = 'app_public.messages'::regclass then added else 0 end;
    feedback := feedback + case when piece.packed = 'app_public.message_feedback'::regclass then added else 0 end;
  end loop;
  if messages <> archived.message_count then
    raise exception 'The archive of conversation % has % messages, and % came back.', conversation.id, archived.message_count, messages
      using errcode = 'CQ260', hint = 'Nothing was changed. Report it as a bug.';
  end if;

  delete from app_hidden.conversation_archives a where a.conversation_id = conversation.id;
  update app_public.conversations c set storage_tier = 'hot' where c.id = conversation.id returning c.* into result;
  if feedback < archived.feedback_count then
    -- of people who are gone
    update app_public.conversations c
    set
      positive_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'positive'),
      negative_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'negative')
    where c.id = conversation.id
    returning c.* into result;
  end if;
  update app_public.chunks c set tier = 'hot' where c.workspace_id = conversation.workspace_id and c.conversation_id = conversation.id and c.tier <> 'hot';
  return result;
end
$_$;

--
-- Name: FUNCTION unpack_conversation(conversation app_public.conversations); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.unpack_conversation(conversation app_public.conversations) IS 'Restores a locked conversation and returns it as it is then. Raises CQ260 when its archive is damaged.';

--
-- Name: unpack_query(regclass, text[]); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.unpack_query(packed regclass, columns text[]) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  with attributes as (
    select a.attname::text as name, a.attnum, a.attgenerated <> '' as is_generated, format_type(a.atttypid, a.atttypmod) as type,
      pg_get_expr(d.adbin, d.adrelid) as expression, a.attname::text = any (columns) as is_packed
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = packed and a.attnum > 0 and not a.attisdropped
  ),
  parents as (
    select a.attname::text as name, k.confdeltype = 'c' as is_cascaded,
      format('exists (select from %s as p where p.%I = r.%I::%s)', k.confrelid::regclass, f.attname, a.attname, format_type(a.atttypid, a.atttypmod)) as still_there
    from pg_constraint k
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    join pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
    where k.conrelid = packed and k.contype = 'f' and cardinality(k.conkey) = 1 and k.confdeltype in ('c', 'n')
      and a.attname = any (columns) and a.attname <> 'owner_id'
  )
  select format(
    'select %s from (select %s from json_to_recordset($1::json) as r (%s) where $2::uuid is not null%s) as t',
    string_agg(case when a.is_generated then a.expression || ' as ' else 't.' end || quote_ident(a.name), ', ' order by a.attnum),
    string_agg(
      case
        when a.name = 'owner_id' then '$2'
        when not a.is_packed then format('(%s)::%s', coalesce(a.expression, 'null'), a.type)
        when exists (select from parents p where p.name = a.name and not p.is_cascaded)
          then format('case when %s then r.%I::%s end', (select p.still_there from parents p where p.name = a.name and not p.is_cascaded), a.name, a.type)
        else format('r.%I::%s', a.name, a.type)
      end || ' as ' || quote_ident(a.name),
      ', ' order by a.attnum
    ) filter (where not a.is_generated),
    (select string_agg(format('%I text', c.name), ', ') from unnest(columns) as c (name)),
    coalesce((select string_agg(' and ' || p.still_there, '') from parents p where p.is_cascaded), '')
  )
  from attributes a;
$_$;

--
-- Name: FUNCTION unpack_query(packed regclass, columns text[]); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.unpack_query(packed regclass, columns text[]) IS 'The query that reads rows of a table, whole and typed, from a document ($1) of a conversation of an owner ($2).';

--
-- Name: without_secrets(jsonb); Type: FUNCTION; Schema: app_private; Owner: -
--

CREATE FUNCTION app_private.without_secrets(row_values jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(jsonb_object_agg(v.key, v.value), '{}')
  from jsonb_each(row_values) as v
  where v.key !~* '(password|secret|token|hash)' and v.key not in ('created_at', 'updated_at', 'last_used_at');
$$;

--
-- Name: FUNCTION without_secrets(row_values jsonb); Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON FUNCTION app_private.without_secrets(row_values jsonb) IS 'A row as the audit log may keep it: without secrets and bookkeeping.';

--
-- Name: accept_invitation(text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.accept_invitation(token text) RETURNS app_public.workspace_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  me uuid := app_hidden.current_user_id();
  invitation app_public.workspace_invitations;
  result app_public.workspace_members;
begin
  perform app_hidden.require_session();
  update app_public.workspace_invitations i
  set accepted_at = clock_timestamp(), accepted_by = me
  from app_private.workspace_invitation_secrets s, app_public.users u
  where s.token_hash = sha256(convert_to(left(accept_invitation.token, 100), 'UTF8')) and i.id = s.invitation_id
    and u.id = me and u.email = i.email
    and i.accepted_at is null and i.expires_at > clock_timestamp()
  returning i.* into invitation;
  if invitation.id is null then
    raise exception 'This token is unknown, used or expired, or was sent to another address.' using errcode = 'CQ112',
      hint = 'Sign in with the address that the invitation was sent to, or ask for a new one.';
  end if;
  delete from app_private.workspace_invitation_secrets s where s.invitation_id = invitation.id;

  insert into app_public.workspace_members (workspace_id, user_id, role)
  values (invitation.workspace_id, me, invitation.role)
  on conflict do nothing
  returning * into result;
  if result.user_id is null then
    raise exception 'You are a member already.' using errcode = 'CQ115', hint = 'Name the workspace in X-Workspace-Id.';
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION accept_invitation(token text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.accept_invitation(token text) IS 'Joins a workspace by the token of an invitation that was sent to the caller''s address. Errors: CQ101 not signed in, CQ110 not with an API key, CQ112 token unknown, used, expired or another''s, CQ115 a member already.';

--
-- Name: repository_documents; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.repository_documents (
    workspace_id uuid NOT NULL,
    repository_id uuid NOT NULL,
    document_id uuid NOT NULL,
    file_path text NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT repository_documents_file_path_length CHECK (((char_length(file_path) >= 1) AND (char_length(file_path) <= 1000)))
);

ALTER TABLE ONLY app_public.repository_documents FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE repository_documents; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.repository_documents IS 'Which documents are in a repository, and where.';

--
-- Name: COLUMN repository_documents.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repository_documents.workspace_id IS 'The tenant.';

--
-- Name: COLUMN repository_documents.repository_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repository_documents.repository_id IS 'The repository.';

--
-- Name: COLUMN repository_documents.document_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repository_documents.document_id IS 'The document.';

--
-- Name: COLUMN repository_documents.file_path; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repository_documents.file_path IS 'Path within the repository.';

--
-- Name: COLUMN repository_documents.added_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repository_documents.added_at IS 'When it was put in.';

--
-- Name: add_document_to_repository(uuid, uuid, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.add_document_to_repository(repository_id uuid, document_id uuid, file_path text) RETURNS app_public.repository_documents
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  result app_public.repository_documents;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(file_path), 0) not between 1 and 1000 then
    raise exception 'filePath has 1 to 1,000 characters.' using errcode = 'CQ200', hint = 'Send the path within the repository.';
  end if;
  -- both are locked against removal, in this order everywhere
  perform from app_public.repositories r
  where r.workspace_id = workspace and r.id = add_document_to_repository.repository_id and r.owner_id = caller
  for key share;
  if not found then
    raise exception 'There is no such repository.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  perform from app_public.documents d
  where d.workspace_id = workspace and d.id = add_document_to_repository.document_id and (d.owner_id = caller or d.visibility = 'workspace')
  for key share;
  if not found then
    raise exception 'There is no such document.' using errcode = 'CQ204', hint = 'It may be somebody else''s, or in another workspace.';
  end if;
  begin
    insert into app_public.repository_documents as r (workspace_id, repository_id, document_id, file_path)
    values (workspace, add_document_to_repository.repository_id, add_document_to_repository.document_id, add_document_to_repository.file_path)
    on conflict (repository_id, document_id) do update set file_path = excluded.file_path
    returning r.* into result;
  exception when unique_violation then
    raise exception 'Another document of this repository has this path.' using errcode = 'CQ240', hint = 'Choose another path.';
  end;
  return result;
end
$$;

--
-- Name: FUNCTION add_document_to_repository(repository_id uuid, document_id uuid, file_path text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.add_document_to_repository(repository_id uuid, document_id uuid, file_path text) IS 'Puts a document into a repository of one''s own, or moves it within it. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable path, CQ204 no such repository or document, CQ240 the path is taken.';

--
-- Name: entity_tags; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.entity_tags (
    workspace_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    entity_type app_public.taggable_type NOT NULL,
    entity_id uuid NOT NULL,
    tagged_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY app_public.entity_tags FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE entity_tags; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.entity_tags IS 'Which things have a tag. Who may not read a thing does not see its tags. A trigger keeps what a foreign key cannot: the thing exists, in the same workspace.';

--
-- Name: COLUMN entity_tags.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.entity_tags.workspace_id IS 'The tenant.';

--
-- Name: COLUMN entity_tags.tag_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.entity_tags.tag_id IS 'The tag.';

--
-- Name: COLUMN entity_tags.entity_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.entity_tags.entity_type IS 'Kind of thing.';

--
-- Name: COLUMN entity_tags.entity_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.entity_tags.entity_id IS 'The thing.';

--
-- Name: COLUMN entity_tags.tagged_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.entity_tags.tagged_at IS 'Since when.';

--
-- Name: add_tag(text, app_public.taggable_type, uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.add_tag(name text, entity_type app_public.taggable_type, entity_id uuid) RETURNS app_public.entity_tags
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  tag uuid;
  result app_public.entity_tags;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(trim(add_tag.name)), 0) not between 1 and 100 then
    raise exception 'A tag has 1 to 100 characters.' using errcode = 'CQ200', hint = 'Choose a short name.';
  end if;
  perform app_private.require_readable(add_tag.entity_type, add_tag.entity_id);
  insert into app_public.tags as t (workspace_id, name) values (workspace, trim(add_tag.name)::citext)
  -- an update of nothing: it waits for the same tag made at the same time, and gives its id
  on conflict (workspace_id, name) do update set name = t.name
  returning t.id into tag;
  insert into app_public.entity_tags (workspace_id, tag_id, entity_type, entity_id)
  values (workspace, tag, add_tag.entity_type, add_tag.entity_id)
  on conflict do nothing;
  select t.* into result from app_public.entity_tags t
  where t.tag_id = tag and t.entity_type = add_tag.entity_type and t.entity_id = add_tag.entity_id;
  return result;
end
$$;

--
-- Name: FUNCTION add_tag(name text, entity_type app_public.taggable_type, entity_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.add_tag(name text, entity_type app_public.taggable_type, entity_id uuid) IS 'Gives a thing a tag, making the tag when it is new. Done twice, it changes nothing. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable name, CQ204 no such thing.';

--
-- Name: tool_calls; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.tool_calls (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    message_id uuid NOT NULL,
    turn integer DEFAULT 1 NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    arguments jsonb DEFAULT '{}'::jsonb NOT NULL,
    status app_public.tool_call_status DEFAULT 'requested'::app_public.tool_call_status NOT NULL,
    result jsonb,
    error text,
    duration_ms integer,
    decided_by uuid,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT tool_calls_arguments_length CHECK ((pg_column_size(arguments) <= 1048576)),
    CONSTRAINT tool_calls_duration_ms_positive CHECK ((duration_ms >= 0)),
    CONSTRAINT tool_calls_error_length CHECK ((char_length(error) <= 10000)),
    CONSTRAINT tool_calls_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT tool_calls_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT tool_calls_position_positive CHECK (("position" > 0)),
    CONSTRAINT tool_calls_result_length CHECK ((pg_column_size(result) <= 10485760)),
    CONSTRAINT tool_calls_turn_positive CHECK ((turn > 0))
);

ALTER TABLE ONLY app_public.tool_calls FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE tool_calls; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.tool_calls IS 'A call of a tool that an assistant''s message made. Written by requestToolCall, answerToolCall and recordTurn.';

--
-- Name: COLUMN tool_calls.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN tool_calls.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.workspace_id IS 'The tenant.';

--
-- Name: COLUMN tool_calls.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.conversation_id IS 'The conversation.';

--
-- Name: COLUMN tool_calls.message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.message_id IS 'The message that made it. No foreign key: messages are packed away later.';

--
-- Name: COLUMN tool_calls.turn; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.turn IS 'Which round of calls of the message it was in, from 1.';

--
-- Name: COLUMN tool_calls."position"; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls."position" IS 'Place in the round, from 1.';

--
-- Name: COLUMN tool_calls.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.name IS 'Name of the tool.';

--
-- Name: COLUMN tool_calls.arguments; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.arguments IS 'What the tool is called with.';

--
-- Name: COLUMN tool_calls.status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.status IS 'How far it is.';

--
-- Name: COLUMN tool_calls.result; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.result IS 'What the tool returned.';

--
-- Name: COLUMN tool_calls.error; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.error IS 'Why it was denied or failed.';

--
-- Name: COLUMN tool_calls.duration_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.duration_ms IS 'How long the tool worked, in milliseconds.';

--
-- Name: COLUMN tool_calls.decided_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.decided_by IS 'Who approved or denied it.';

--
-- Name: COLUMN tool_calls.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.updated_at IS 'Last change.';

--
-- Name: COLUMN tool_calls.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tool_calls.created_at IS 'When it was requested; derived from the id.';

--
-- Name: answer_tool_call(uuid, app_public.tool_call_status, jsonb, text, integer); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.answer_tool_call(tool_call_id uuid, status app_public.tool_call_status, result jsonb DEFAULT NULL::jsonb, error text DEFAULT NULL::text, duration_ms integer DEFAULT NULL::integer) RETURNS app_public.tool_calls
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  answered app_public.tool_calls;
begin
  perform app_private.lock_conversation((
    select t.conversation_id
    from app_public.tool_calls t
    where t.id = answer_tool_call.tool_call_id and t.workspace_id = app_hidden.current_workspace_id()
  ));
  update app_public.tool_calls t
  set
    status = answer_tool_call.status,
    result = coalesce(answer_tool_call.result, t.result),
    error = coalesce(answer_tool_call.error, t.error),
    duration_ms = coalesce(answer_tool_call.duration_ms, t.duration_ms),
    decided_by = case when answer_tool_call.status in ('approved', 'denied') then app_hidden.current_user_id() else t.decided_by end
  where t.id = answer_tool_call.tool_call_id and t.status <> answer_tool_call.status
  returning t.* into answered;
  if answered.id is null then
    -- the same answer again: nothing was written
    select t.* into answered from app_public.tool_calls t where t.id = answer_tool_call.tool_call_id;
  end if;
  return answered;
end
$$;

--
-- Name: FUNCTION answer_tool_call(tool_call_id uuid, status app_public.tool_call_status, result jsonb, error text, duration_ms integer); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.answer_tool_call(tool_call_id uuid, status app_public.tool_call_status, result jsonb, error text, duration_ms integer) IS 'Approves or denies a tool call, or reports how it went. Errors: CQ101, CQ109, CQ204 no such call, CQ210 it cannot become that now.';

--
-- Name: archive_conversation(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.archive_conversation(conversation_id uuid) RETURNS app_public.conversations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into conversation
  from app_public.conversations c
  where c.id = archive_conversation.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace' and app_hidden.can_manage())
  -- against everyone who writes something that belongs to it
  for update;
  if conversation.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Its owner archives it, or a manager of the workspace that it is shared with.';
  end if;
  conversation := app_private.pack_conversation(conversation);
  if not conversation.is_archived then
    update app_public.conversations c set is_archived = true where c.id = conversation.id returning c.* into conversation;
  end if;
  return conversation;
end
$$;

--
-- Name: FUNCTION archive_conversation(conversation_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.archive_conversation(conversation_id uuid) IS 'Puts a conversation away and packs its messages, feedback and citations; it remains readable and searchable, and the next message brings it back. Again changes nothing. Errors: CQ101, CQ109, CQ204 no such conversation, CQ260 it could not be packed, CQ261 still being indexed.';

--
-- Name: branch_conversation(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.branch_conversation(message_id uuid) RETURNS app_public.conversations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  source app_public.conversations;
  path_length integer;
  result app_public.conversations;
begin
  source := app_private.lock_conversation_of(branch_conversation.message_id);
  select count(*) into path_length from app_private.message_path(source.id, branch_conversation.message_id);
  insert into app_public.conversations (
    workspace_id, owner_id, title, channel, model_provider, model_name, temperature, max_tokens, system_prompt, rag_configuration_id,
    enable_document_chat, enable_image_generation, enable_web_search, max_messages, is_temporary, expires_at, metadata, branched_from_message_id
  )
  values (
    source.workspace_id, app_hidden.current_user_id(), source.title, source.channel, source.model_provider, source.model_name,
    source.temperature, source.max_tokens, source.system_prompt, source.rag_configuration_id, source.enable_document_chat,
    source.enable_image_generation, source.enable_web_search,
    -- what was copied does not use up the room for what comes now
    1000 + path_length, source.is_temporary, source.expires_at, source.metadata, branch_conversation.message_id
  )
  returning * into result;

  insert into app_public.messages (
    id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, status, content, parts, parts_format, attachments,
    provider, model, metadata
  )
  select
    uuidv7(), result.id, result.workspace_id, result.owner_id, copied.author_id, copied.number, copied.role, copied.status, copied.content,
    copied.parts, copied.parts_format, copied.attachments, copied.provider, copied.model,
    copied.metadata || jsonb_build_object('copiedFrom', copied.id)
  from (
    select m.*, row_number() over (order by m.sequence_number) as number
    from app_private.message_path(source.id, branch_conversation.message_id) as p
    join app_public.messages m on m.id = p.id
    order by m.sequence_number
  ) as copied;

  select c.* into result from app_public.conversations c where c.id = result.id;
  return result;
end
$$;

--
-- Name: FUNCTION branch_conversation(message_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.branch_conversation(message_id uuid) IS 'Starts a conversation of your own that continues after a message, with a copy of what leads to it. Errors: CQ101, CQ109, CQ204 no such message.';

--
-- Name: change_member_role(uuid, app_public.member_role); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.change_member_role(user_id uuid, role app_public.member_role) RETURNS app_public.workspace_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  caller app_public.workspace_members;
  target app_public.workspace_members;
  result app_public.workspace_members;
begin
  caller := app_private.lock_workspace();
  target := app_private.find_member(caller.workspace_id, change_member_role.user_id);
  perform app_private.require_rank(caller, target.role), app_private.require_rank(caller, change_member_role.role);
  if change_member_role.role is null then
    raise exception 'The role is missing.' using errcode = 'CQ200', hint = 'Name one of owner, admin, member, viewer.';
  end if;
  if change_member_role.role <> 'owner' then
    perform app_private.require_other_owner(target);
  end if;
  update app_public.workspace_members m
  set role = change_member_role.role
  where m.workspace_id = target.workspace_id and m.user_id = target.user_id
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION change_member_role(user_id uuid, role app_public.member_role); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.change_member_role(user_id uuid, role app_public.member_role) IS 'Gives a member of the workspace of the request another role. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ111 the last owner, CQ113 personal, CQ114 not allowed, CQ204 no such member.';

--
-- Name: change_password(text, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.change_password(old_password text, new_password text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  me uuid := app_hidden.current_user_id();
  account record;
begin
  perform app_hidden.require_session();
  select s.password_hash, s.locked_until into account from app_private.user_secrets s where s.user_id = me for update;
  if account.locked_until > clock_timestamp() then
    raise exception 'Too many failed attempts.' using errcode = 'CQ103',
      hint = format('Try again in %s seconds.', ceil(extract(epoch from account.locked_until - clock_timestamp())));
  end if;
  if old_password is null or octet_length(old_password) > 1000 or crypt(old_password, account.password_hash) <> account.password_hash then
    perform app_private.count_failed_attempt(me);
    return false;
  end if;

  update app_private.user_secrets s
  set
    password_hash = app_private.hash_password(new_password), failed_attempts = 0, locked_until = null,
    reset_token_hash = null, reset_expires_at = null
  where s.user_id = me;
  delete from app_private.user_sessions s where s.user_id = me and s.id is distinct from app_hidden.current_session_id();
  perform app_private.log_event('user.password_changed', me);
  return true;
end
$$;

--
-- Name: FUNCTION change_password(old_password text, new_password text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.change_password(old_password text, new_password text) IS 'Sets a new password and ends the other sessions. Errors: CQ101 not signed in, CQ102 the old password is wrong (in SQL: false), CQ103 locked for a while, CQ105 too short or too long, CQ110 not with an API key.';

--
-- Name: choose_branch(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.choose_branch(message_id uuid) RETURNS app_public.conversations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  current app_public.messages;
  child app_public.messages;
begin
  conversation := app_private.lock_conversation_of(choose_branch.message_id);
  select m.* into current from app_public.messages m where m.id = choose_branch.message_id;
  loop
    select c.* into child
    from (
      (
        select m.* from app_public.messages m
        where m.conversation_id = conversation.id and m.parent_id = current.id
        order by m.id desc
        limit 1
      )
      union all
      (
        -- from before there were branches: the message after it
        select m.* from app_public.messages m
        where current.parent_id is null and current.replaces_id is null
          and m.conversation_id = conversation.id and m.id > current.id and m.parent_id is null and m.replaces_id is null
        order by m.sequence_number
        limit 1
      )
    ) as c
    order by c.id desc
    limit 1;
    exit when child.id is null;
    current := child;
  end loop;
  update app_public.conversations c
  set preferred_leaf_id = current.id
  where c.id = conversation.id
  returning c.* into conversation;
  return conversation;
end
$$;

--
-- Name: FUNCTION choose_branch(message_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.choose_branch(message_id uuid) IS 'Chooses the branch that goes through a message, to show and to continue. Errors: CQ101, CQ109, CQ204 no such message.';

--
-- Name: message_chunks; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.message_chunks (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    message_id uuid NOT NULL,
    chunk_id uuid NOT NULL,
    embedding_version_id uuid,
    similarity_score real,
    rank integer NOT NULL,
    CONSTRAINT message_chunks_rank_positive CHECK ((rank > 0)),
    CONSTRAINT message_chunks_similarity_score_range CHECK (((similarity_score >= ('-1'::integer)::double precision) AND (similarity_score <= (1)::double precision)))
);

ALTER TABLE ONLY app_public.message_chunks FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE message_chunks; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.message_chunks IS 'Which chunks an answer used. Written by recordTurn only.';

--
-- Name: COLUMN message_chunks.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_chunks.workspace_id IS 'The tenant.';

--
-- Name: COLUMN message_chunks.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_chunks.conversation_id IS 'The conversation.';

--
-- Name: COLUMN message_chunks.message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_chunks.message_id IS 'The answer. No foreign key: messages are packed away later.';

--
-- Name: COLUMN message_chunks.chunk_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_chunks.chunk_id IS 'The chunk. No foreign key: a citation survives when its source is cut anew.';

--
-- Name: COLUMN message_chunks.embedding_version_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_chunks.embedding_version_id IS 'Embedding version that found it.';

--
-- Name: COLUMN message_chunks.similarity_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_chunks.similarity_score IS 'Cosine similarity to the question, -1 to 1.';

--
-- Name: COLUMN message_chunks.rank; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_chunks.rank IS 'Place among the chunks of the answer, from 1.';

--
-- Name: conversation_citations(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.conversation_citations(conversation_id uuid) RETURNS SETOF app_public.message_chunks
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations := app_private.readable_conversation(conversation_citations.conversation_id);
  piece app_hidden.conversation_archive_parts;
begin
  if conversation.storage_tier = 'hot' then
    return query
    select k.* from app_public.message_chunks k
    where k.workspace_id = conversation.workspace_id and k.conversation_id = conversation.id
    order by k.message_id, k.rank;
    return;
  end if;
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.message_chunks'::regclass
    order by p.part
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t order by t.message_id, t.rank', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id;
  end loop;
end
$$;

--
-- Name: FUNCTION conversation_citations(conversation_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.conversation_citations(conversation_id uuid) IS 'The chunks that the answers of a conversation used, whatever tier they are in. Nothing for a conversation that you may not read. Errors: CQ260 the archive is damaged.';

--
-- Name: message_feedback; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.message_feedback (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    message_id uuid NOT NULL,
    user_id uuid NOT NULL,
    feedback_type app_public.feedback_type NOT NULL,
    rating smallint,
    comment text,
    ip inet,
    user_agent text,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT message_feedback_comment_length CHECK ((char_length(comment) <= 10000)),
    CONSTRAINT message_feedback_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT message_feedback_rating_range CHECK (((rating >= 1) AND (rating <= 5))),
    CONSTRAINT message_feedback_user_agent_length CHECK ((char_length(user_agent) <= 1000))
);

ALTER TABLE ONLY app_public.message_feedback FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE message_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.message_feedback IS 'What a reader thinks of a message: one per reader and message. Written by giveFeedback and withdrawFeedback.';

--
-- Name: COLUMN message_feedback.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN message_feedback.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.workspace_id IS 'The tenant.';

--
-- Name: COLUMN message_feedback.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.conversation_id IS 'The conversation.';

--
-- Name: COLUMN message_feedback.message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.message_id IS 'The message. No foreign key: messages are packed away later.';

--
-- Name: COLUMN message_feedback.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.user_id IS 'Who gave it; nobody else sees it, but the counters of the conversation.';

--
-- Name: COLUMN message_feedback.feedback_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.feedback_type IS 'Thumbs up, neither, or thumbs down.';

--
-- Name: COLUMN message_feedback.rating; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.rating IS '1 to 5, optional.';

--
-- Name: COLUMN message_feedback.comment; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.comment IS 'In words, at most 10,000 characters.';

--
-- Name: COLUMN message_feedback.ip; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.ip IS 'Address it came from.';

--
-- Name: COLUMN message_feedback.user_agent; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.user_agent IS 'Client it came from.';

--
-- Name: COLUMN message_feedback.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.updated_at IS 'Last change.';

--
-- Name: COLUMN message_feedback.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.message_feedback.created_at IS 'When it was given first; derived from the id.';

--
-- Name: conversation_feedback(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.conversation_feedback(conversation_id uuid) RETURNS SETOF app_public.message_feedback
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO'
    SET "TimeZone" TO 'UTC'
    AS $_$
declare
  conversation app_public.conversations := app_private.readable_conversation(conversation_feedback.conversation_id);
  piece app_hidden.conversation_archive_parts;
begin
  if conversation.storage_tier = 'hot' then
    return query
    select f.* from app_public.message_feedback f
    where f.workspace_id = conversation.workspace_id and f.conversation_id = conversation.id and f.user_id = app_hidden.current_user_id()
    order by f.id;
    return;
  end if;
  for piece in
    select p.* from app_hidden.conversation_archive_parts p
    where p.conversation_id = conversation.id and p.packed = 'app_public.message_feedback'::regclass
    order by p.part
  loop
    perform app_private.check_part(piece);
    return query execute format('select * from (%s) as t where t.user_id = $3 order by t.id', app_private.unpack_query(piece.packed, piece.columns))
    using piece.document, conversation.owner_id, app_hidden.current_user_id();
  end loop;
end
$_$;

--
-- Name: FUNCTION conversation_feedback(conversation_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.conversation_feedback(conversation_id uuid) IS 'Your feedback on the messages of a conversation, whatever tier they are in. Nothing for a conversation that you may not read. Errors: CQ260 the archive is damaged.';

--
-- Name: conversation_messages(uuid, uuid, integer); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.conversation_messages(conversation_id uuid, before uuid DEFAULT NULL::uuid, first integer DEFAULT 50) RETURNS SETOF app_public.messages
    LANGUAGE plpgsql STABLE ROWS 50 PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $_$
declare
  newest uuid;
  tier app_public.storage_tier;
begin
  select c.last_message_id, c.storage_tier into newest, tier
  from app_public.conversations c
  where c.id = conversation_messages.conversation_id;
  if tier <> 'hot' then
    -- by text: a plan that a session keeps does not learn of a column that a migration adds
    return query execute 'select * from app_hidden.read_packed_messages($1, $2, $3)'
    using conversation_messages.conversation_id, conversation_messages.before, least(greatest(coalesce(conversation_messages.first, 50), 0), 1000);
    return;
  end if;
  return query
  select m.*
  from app_public.messages m
  where m.conversation_id = conversation_messages.conversation_id
    and m.id >= conversation_messages.conversation_id
    and m.id <= newest
    and m.id < coalesce(conversation_messages.before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  order by m.id desc
  limit least(greatest(coalesce(conversation_messages.first, 50), 0), 1000);
end
$_$;

--
-- Name: FUNCTION conversation_messages(conversation_id uuid, before uuid, first integer); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.conversation_messages(conversation_id uuid, before uuid, first integer) IS 'Messages of a conversation, newest first: at most "first" (50; at most 1,000) of those before the message "before". Nothing for a conversation that the caller may not read.';

--
-- Name: conversation_summary_stats(date, date); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.conversation_summary_stats(from_day date DEFAULT NULL::date, to_day date DEFAULT NULL::date) RETURNS SETOF app_public.conversation_summary
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  first_day date;
  last_day date;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(conversation_summary_stats.from_day, conversation_summary_stats.to_day) as d;
  return query
  select
    s.day, s.rag_configuration_id, s.conversation_count, s.message_count, round(s.message_count::numeric / s.conversation_count, 2),
    s.total_tokens, round(s.total_tokens::numeric / s.conversation_count, 2), s.cost_usd,
    round(s.total_relevance_score / nullif(s.relevance_count, 0), 4),
    round(s.total_response_time_ms::numeric / nullif(s.response_count, 0))::integer,
    s.positive_feedback, s.negative_feedback,
    round(s.positive_feedback::numeric / nullif(s.positive_feedback + s.negative_feedback, 0), 4),
    round(s.satisfaction_points / nullif(s.positive_feedback + s.neutral_feedback + s.negative_feedback, 0), 4)
  from app_private.conversation_summary_stats s
  where s.workspace_id = app_hidden.current_workspace_id()
    and s.day between first_day and last_day
  order by s.day desc, s.rag_configuration_id;
end
$$;

--
-- Name: FUNCTION conversation_summary_stats(from_day date, to_day date); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.conversation_summary_stats(from_day date, to_day date) IS 'What the conversations of the workspace add up to per UTC day and configuration, newest day first, both days included, the last 30 days without any; as of the last nightly run. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';

--
-- Name: create_api_key(text, text[], timestamp with time zone); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.create_api_key(name text, scopes text[] DEFAULT ARRAY['read'::text], expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS app_public.new_api_key
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  most constant integer := 100;
  me uuid := app_hidden.current_user_id();
  workspace uuid := app_hidden.current_workspace_id();
  wanted text[];
  created app_public.api_keys;
  new_prefix text := 'cqk_' || encode(gen_random_bytes(4), 'hex');
  result app_public.new_api_key;
begin
  perform app_hidden.require_session();
  if create_api_key.name is null or char_length(trim(create_api_key.name)) not between 1 and 100 then
    raise exception 'A key has a name of 1 to 100 characters.' using errcode = 'CQ200', hint = 'Say what it is for.';
  end if;
  if create_api_key.expires_at <= clock_timestamp() then
    raise exception 'expiresAt is in the past.' using errcode = 'CQ200', hint = 'Leave it out for a key that does not expire.';
  end if;
  if scopes is null or cardinality(scopes) not between 1 and 100 or not scopes <@ array['read', 'write', 'search', 'admin'] then
    raise exception 'These scopes cannot be used.' using errcode = 'CQ200', hint = 'Name some of read, write, search, admin.';
  end if;
  -- locked, so that the count is right; gone when somebody has just removed the caller
  perform from app_public.workspace_members m where m.workspace_id = workspace and m.user_id = me for no key update;
  if not found then
    raise exception 'You are not a member of this workspace.' using errcode = 'CQ107', hint = 'List your workspaces, and name one in X-Workspace-Id.';
  end if;
  if (select count(*) from app_public.api_keys k where k.workspace_id = workspace and k.owner_id = me and k.is_active) >= most then
    raise exception 'You have % keys in this workspace.', most using errcode = 'CQ118', hint = 'Revoke some.';
  end if;

  -- what may write or manage may read
  select array_agg(distinct s.scope order by s.scope) into wanted
  from unnest(scopes || case when scopes && array['write', 'admin'] then array['read'] else '{}'::text[] end) as s (scope);
  result.secret := new_prefix || '_' || encode(gen_random_bytes(32), 'hex');
  insert into app_public.api_keys (workspace_id, owner_id, name, prefix, scopes, expires_at)
  values (workspace, me, trim(create_api_key.name), new_prefix, wanted, create_api_key.expires_at)
  returning * into created;
  insert into app_private.api_key_secrets (api_key_id, token_hash) values (created.id, sha256(convert_to(result.secret, 'UTF8')));
  result.api_key_id := created.id;
  result.name := created.name;
  result.prefix := created.prefix;
  result.scopes := created.scopes;
  result.expires_at := created.expires_at;
  return result;
end
$$;

--
-- Name: FUNCTION create_api_key(name text, scopes text[], expires_at timestamp with time zone); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.create_api_key(name text, scopes text[], expires_at timestamp with time zone) IS 'Makes a key for the workspace of the request, and shows its secret this once. Scopes: read, write, search, admin. Errors: CQ101 not signed in, CQ110 not with an API key, CQ118 too many, CQ200 not acceptable.';

--
-- Name: documents; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.documents (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    visibility app_public.visibility DEFAULT 'private'::app_public.visibility NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    content_type text DEFAULT 'text'::text NOT NULL,
    code_language text,
    text_search_language app_public.text_search_language DEFAULT 'english'::text NOT NULL,
    source_url text,
    content_hash bytea GENERATED ALWAYS AS (app_hidden.text_hash(((((((title || '
'::text) || content_type) || '
'::text) || COALESCE(code_language, ''::text)) || '
'::text) || content))) STORED,
    chunked_hash bytea,
    is_archived boolean DEFAULT false NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    file_id uuid,
    CONSTRAINT documents_code_language_length CHECK ((char_length(code_language) <= 50)),
    CONSTRAINT documents_content_length CHECK ((octet_length(content) <= 20971520)),
    CONSTRAINT documents_content_type_known CHECK ((content_type = ANY (ARRAY['text'::text, 'markdown'::text, 'code'::text, 'html'::text, 'pdf'::text, 'docx'::text]))),
    CONSTRAINT documents_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT documents_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT documents_source_url_length CHECK (((char_length(source_url) >= 1) AND (char_length(source_url) <= 2048))),
    CONSTRAINT documents_title_length CHECK (((char_length(title) >= 1) AND (char_length(title) <= 500)))
);

ALTER TABLE ONLY app_public.documents FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE documents; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.documents IS 'A text to search: prose, markdown, code, or what was extracted from a file.';

--
-- Name: COLUMN documents.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN documents.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.workspace_id IS 'The tenant.';

--
-- Name: COLUMN documents.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.owner_id IS 'Who added it.';

--
-- Name: COLUMN documents.visibility; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.visibility IS 'private: only the owner reads it. workspace: every member.';

--
-- Name: COLUMN documents.title; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.title IS 'Title, 1 to 500 characters.';

--
-- Name: COLUMN documents.content; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.content IS 'Text, at most 20 MiB.';

--
-- Name: COLUMN documents.content_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.content_type IS 'text, markdown, code, html, pdf or docx: decides how it is cut into chunks.';

--
-- Name: COLUMN documents.code_language; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.code_language IS 'Programming language, when it is code.';

--
-- Name: COLUMN documents.text_search_language; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.text_search_language IS 'Text search configuration, for stemming.';

--
-- Name: COLUMN documents.source_url; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.source_url IS 'Where it came from; unique per owner, so that adding it again updates it.';

--
-- Name: COLUMN documents.content_hash; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.content_hash IS 'SHA-256 of what its chunks depend on. Tells nothing outside the workspace.';

--
-- Name: COLUMN documents.chunked_hash; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.chunked_hash IS 'content_hash at the time its chunks were made; different means work to do.';

--
-- Name: COLUMN documents.is_archived; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.is_archived IS 'Put away by its owner.';

--
-- Name: COLUMN documents.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.metadata IS 'Anything else, as an object of at most 64 KiB.';

--
-- Name: COLUMN documents.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.updated_at IS 'Last change by a person.';

--
-- Name: COLUMN documents.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.created_at IS 'When it was added; derived from the id.';

--
-- Name: COLUMN documents.file_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.documents.file_id IS 'File that the text was read from, if any.';

--
-- Name: create_document(text, text, text, text, text, app_public.text_search_language, app_public.visibility, jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.create_document(title text, content text, content_type text DEFAULT 'text'::text, source_url text DEFAULT NULL::text, code_language text DEFAULT NULL::text, text_search_language app_public.text_search_language DEFAULT 'english'::text, visibility app_public.visibility DEFAULT 'private'::app_public.visibility, metadata jsonb DEFAULT '{}'::jsonb) RETURNS app_public.documents
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  result app_public.documents;
begin
  perform app_hidden.require_member(for_writing => true);
  if octet_length(content) > 20971520 then
    raise exception 'A document has at most 20 MiB; this one has % MiB.', round(octet_length(content) / 1048576.0, 1)
      using errcode = 'CQ200', hint = 'Split it.';
  end if;
  insert into app_public.documents as d (
    workspace_id, owner_id, title, content, content_type, source_url, code_language, text_search_language, visibility, metadata
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), left(trim(title), 500), content, coalesce(content_type, 'text'), source_url,
    code_language, coalesce(text_search_language, 'english'), coalesce(visibility, 'private'), coalesce(metadata, '{}')
  )
  on conflict (workspace_id, owner_id, source_url) where source_url is not null do update
  set
    title = excluded.title, content = excluded.content, content_type = excluded.content_type, code_language = excluded.code_language,
    text_search_language = excluded.text_search_language, visibility = excluded.visibility, metadata = excluded.metadata
  where (d.title, d.content, d.content_type, d.code_language, d.text_search_language, d.visibility, d.metadata)
    is distinct from
    (excluded.title, excluded.content, excluded.content_type, excluded.code_language, excluded.text_search_language, excluded.visibility, excluded.metadata)
  returning d.* into result;

  if result.id is null then
    -- the same document again: nothing was written
    select d.* into result
    from app_public.documents d
    where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id()
      and d.source_url = create_document.source_url;
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION create_document(title text, content text, content_type text, source_url text, code_language text, text_search_language app_public.text_search_language, visibility app_public.visibility, metadata jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.create_document(title text, content text, content_type text, source_url text, code_language text, text_search_language app_public.text_search_language, visibility app_public.visibility, metadata jsonb) IS 'Adds a document and has it indexed. With a sourceUrl that the caller used before, updates that document instead; an equal one is left alone. Errors: CQ101 not signed in, CQ109 read-only, CQ200 too long or a value out of range.';

--
-- Name: rag_configurations; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.rag_configurations (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    created_by uuid,
    name text NOT NULL,
    description text,
    system_prompt text,
    model_provider text,
    model_name text,
    temperature numeric(3,2) DEFAULT 0.7 NOT NULL,
    max_tokens integer DEFAULT 2048 NOT NULL,
    chunks_to_retrieve integer DEFAULT 5 NOT NULL,
    similarity_threshold real DEFAULT 0 NOT NULL,
    retrieval_type app_public.search_mode DEFAULT 'hybrid'::app_public.search_mode NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT rag_configurations_chunks_to_retrieve_range CHECK (((chunks_to_retrieve >= 0) AND (chunks_to_retrieve <= 100))),
    CONSTRAINT rag_configurations_default_is_active CHECK ((is_active OR (NOT is_default))),
    CONSTRAINT rag_configurations_description_length CHECK ((char_length(description) <= 2000)),
    CONSTRAINT rag_configurations_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT rag_configurations_max_tokens_positive CHECK ((max_tokens > 0)),
    CONSTRAINT rag_configurations_model_name_length CHECK ((char_length(model_name) <= 200)),
    CONSTRAINT rag_configurations_model_provider_length CHECK ((char_length(model_provider) <= 100)),
    CONSTRAINT rag_configurations_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT rag_configurations_similarity_threshold_range CHECK (((similarity_threshold >= (0)::double precision) AND (similarity_threshold <= (1)::double precision))),
    CONSTRAINT rag_configurations_system_prompt_length CHECK ((char_length(system_prompt) <= 100000)),
    CONSTRAINT rag_configurations_temperature_range CHECK (((temperature >= (0)::numeric) AND (temperature <= (2)::numeric)))
);

ALTER TABLE ONLY app_public.rag_configurations FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE rag_configurations; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.rag_configurations IS 'How answers are made: prompt, model and retrieval. Every workspace has a default one; an edit keeps the old values in rag_configuration_versions.';

--
-- Name: COLUMN rag_configurations.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN rag_configurations.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.workspace_id IS 'The tenant.';

--
-- Name: COLUMN rag_configurations.created_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.created_by IS 'Who made it; null for the one that came with the workspace.';

--
-- Name: COLUMN rag_configurations.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.name IS 'Name, unique in the workspace.';

--
-- Name: COLUMN rag_configurations.description; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.description IS 'What it is for.';

--
-- Name: COLUMN rag_configurations.system_prompt; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.system_prompt IS 'System prompt of its answers.';

--
-- Name: COLUMN rag_configurations.model_provider; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.model_provider IS 'Provider of the chat model; null leaves it to the client.';

--
-- Name: COLUMN rag_configurations.model_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.model_name IS 'Name of the chat model; null leaves it to the client.';

--
-- Name: COLUMN rag_configurations.temperature; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.temperature IS 'Sampling temperature, 0 to 2.';

--
-- Name: COLUMN rag_configurations.max_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.max_tokens IS 'Most tokens of one answer.';

--
-- Name: COLUMN rag_configurations.chunks_to_retrieve; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.chunks_to_retrieve IS 'How many chunks an answer is given, 0 to 100.';

--
-- Name: COLUMN rag_configurations.similarity_threshold; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.similarity_threshold IS 'Least cosine similarity of a chunk that is used, 0 to 1.';

--
-- Name: COLUMN rag_configurations.retrieval_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.retrieval_type IS 'How chunks are found.';

--
-- Name: COLUMN rag_configurations.is_default; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.is_default IS 'Used by conversations that name none; one per workspace, changed by setDefaultRagConfiguration.';

--
-- Name: COLUMN rag_configurations.is_active; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.is_active IS 'Whether it is offered; the default one always is.';

--
-- Name: COLUMN rag_configurations.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.updated_at IS 'Last change by a person.';

--
-- Name: COLUMN rag_configurations.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configurations.created_at IS 'When it was made; derived from the id.';

--
-- Name: create_rag_configuration(text, text, text, text, text, numeric, integer, integer, real, app_public.search_mode); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.create_rag_configuration(name text, description text DEFAULT NULL::text, system_prompt text DEFAULT NULL::text, model_provider text DEFAULT NULL::text, model_name text DEFAULT NULL::text, temperature numeric DEFAULT 0.7, max_tokens integer DEFAULT 2048, chunks_to_retrieve integer DEFAULT 5, similarity_threshold real DEFAULT 0, retrieval_type app_public.search_mode DEFAULT 'hybrid'::app_public.search_mode) RETURNS app_public.rag_configurations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.rag_configurations;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.rag_configurations (
    workspace_id, created_by, name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
    similarity_threshold, retrieval_type
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), description, system_prompt, model_provider, model_name,
    coalesce(temperature, 0.7), coalesce(max_tokens, 2048), coalesce(chunks_to_retrieve, 5), coalesce(similarity_threshold, 0),
    coalesce(retrieval_type, 'hybrid')
  )
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION create_rag_configuration(name text, description text, system_prompt text, model_provider text, model_name text, temperature numeric, max_tokens integer, chunks_to_retrieve integer, similarity_threshold real, retrieval_type app_public.search_mode); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.create_rag_configuration(name text, description text, system_prompt text, model_provider text, model_name text, temperature numeric, max_tokens integer, chunks_to_retrieve integer, similarity_threshold real, retrieval_type app_public.search_mode) IS 'Makes a configuration in the current workspace. Errors: CQ101, CQ109, CQ200 a value out of range or the name taken, CQ403 not an owner or admin of the workspace.';

--
-- Name: repositories; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.repositories (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    visibility app_public.visibility DEFAULT 'private'::app_public.visibility NOT NULL,
    name text NOT NULL,
    description text,
    repo_url text,
    source_type app_public.repository_source_type NOT NULL,
    is_archived boolean DEFAULT false NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT repositories_description_length CHECK ((char_length(description) <= 2000)),
    CONSTRAINT repositories_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT repositories_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT repositories_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT repositories_repo_url_length CHECK (((char_length(repo_url) >= 1) AND (char_length(repo_url) <= 2048)))
);

ALTER TABLE ONLY app_public.repositories FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE repositories; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.repositories IS 'A named collection of documents that belong together: a code base, a folder.';

--
-- Name: COLUMN repositories.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN repositories.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.workspace_id IS 'The tenant.';

--
-- Name: COLUMN repositories.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.owner_id IS 'Who made it.';

--
-- Name: COLUMN repositories.visibility; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.visibility IS 'private: only the owner reads it. workspace: every member. Its documents have their own.';

--
-- Name: COLUMN repositories.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.name IS 'Name, unique per owner.';

--
-- Name: COLUMN repositories.description; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.description IS 'What it is.';

--
-- Name: COLUMN repositories.repo_url; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.repo_url IS 'Where it is kept.';

--
-- Name: COLUMN repositories.source_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.source_type IS 'Where its files come from.';

--
-- Name: COLUMN repositories.is_archived; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.is_archived IS 'Put away by its owner.';

--
-- Name: COLUMN repositories.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.metadata IS 'Anything else, as an object of at most 64 KiB.';

--
-- Name: COLUMN repositories.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.updated_at IS 'Last change by a person.';

--
-- Name: COLUMN repositories.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.repositories.created_at IS 'When it was made; derived from the id.';

--
-- Name: create_repository(text, app_public.repository_source_type, text, text, app_public.visibility, jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.create_repository(name text, source_type app_public.repository_source_type DEFAULT 'upload'::app_public.repository_source_type, description text DEFAULT NULL::text, repo_url text DEFAULT NULL::text, visibility app_public.visibility DEFAULT 'private'::app_public.visibility, metadata jsonb DEFAULT '{}'::jsonb) RETURNS app_public.repositories
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  result app_public.repositories;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.repositories (workspace_id, owner_id, name, source_type, description, repo_url, visibility, metadata)
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), coalesce(source_type, 'upload'), description, repo_url,
    coalesce(visibility, 'private'), coalesce(metadata, '{}')
  )
  on conflict (workspace_id, owner_id, name) do nothing
  returning * into result;
  if result.id is null then
    raise exception 'You have a repository of this name already.' using errcode = 'CQ240', hint = 'Choose another name.';
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION create_repository(name text, source_type app_public.repository_source_type, description text, repo_url text, visibility app_public.visibility, metadata jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.create_repository(name text, source_type app_public.repository_source_type, description text, repo_url text, visibility app_public.visibility, metadata jsonb) IS 'Makes a repository. Errors: CQ101 not signed in, CQ109 read-only, CQ200 a value out of range, CQ240 the name is taken.';

--
-- Name: system_prompt_templates; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.system_prompt_templates (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid,
    owner_id uuid,
    name text NOT NULL,
    category text,
    template text NOT NULL,
    variables jsonb DEFAULT '[]'::jsonb NOT NULL,
    is_public boolean DEFAULT false NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT system_prompt_templates_category_length CHECK (((char_length(category) >= 1) AND (char_length(category) <= 100))),
    CONSTRAINT system_prompt_templates_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT system_prompt_templates_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT system_prompt_templates_owner_of_workspace CHECK (((workspace_id IS NULL) = (owner_id IS NULL))),
    CONSTRAINT system_prompt_templates_template_length CHECK (((char_length(template) >= 1) AND (char_length(template) <= 100000))),
    CONSTRAINT system_prompt_templates_variables_array CHECK (((jsonb_typeof(variables) = 'array'::text) AND (pg_column_size(variables) <= 65536)))
);

ALTER TABLE ONLY app_public.system_prompt_templates FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE system_prompt_templates; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.system_prompt_templates IS 'A system prompt to begin with, with variables to fill in. Those without a workspace belong to the installation.';

--
-- Name: COLUMN system_prompt_templates.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN system_prompt_templates.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.workspace_id IS 'The tenant; null for one that everybody reads.';

--
-- Name: COLUMN system_prompt_templates.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.owner_id IS 'Who made it; null for one that everybody reads.';

--
-- Name: COLUMN system_prompt_templates.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.name IS 'Name, 1 to 255 characters.';

--
-- Name: COLUMN system_prompt_templates.category; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.category IS 'What it is listed under.';

--
-- Name: COLUMN system_prompt_templates.template; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.template IS 'Text; a variable is written {{name}}.';

--
-- Name: COLUMN system_prompt_templates.variables; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.variables IS 'The variables, as an array of {name, description, default}.';

--
-- Name: COLUMN system_prompt_templates.is_public; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.is_public IS 'Whether the other members of the workspace read it.';

--
-- Name: COLUMN system_prompt_templates.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.updated_at IS 'Last change by a person.';

--
-- Name: COLUMN system_prompt_templates.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.system_prompt_templates.created_at IS 'When it was made; derived from the id.';

--
-- Name: create_system_prompt_template(text, text, text, jsonb, boolean); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.create_system_prompt_template(name text, template text, category text DEFAULT NULL::text, variables jsonb DEFAULT '[]'::jsonb, is_public boolean DEFAULT false) RETURNS app_public.system_prompt_templates
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.system_prompt_templates;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.system_prompt_templates (workspace_id, owner_id, name, category, template, variables, is_public)
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), trim(name), nullif(trim(category), ''), template,
    coalesce(variables, '[]'), coalesce(is_public, false)
  )
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION create_system_prompt_template(name text, template text, category text, variables jsonb, is_public boolean); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.create_system_prompt_template(name text, template text, category text, variables jsonb, is_public boolean) IS 'Makes a template of a system prompt in the current workspace. Errors: CQ101, CQ109, CQ200 a value out of range.';

--
-- Name: workspaces; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.workspaces (
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    slug extensions.citext,
    is_personal boolean DEFAULT false NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT workspaces_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT workspaces_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT workspaces_settings_object CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT workspaces_slug_format CHECK (((slug)::text ~ '^[a-z0-9][a-z0-9-]{1,62}$'::text))
);

ALTER TABLE ONLY app_public.workspaces FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE workspaces; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.workspaces IS 'A tenant: a personal space or a team. Every row of content belongs to one.';

--
-- Name: COLUMN workspaces.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspaces.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN workspaces.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspaces.name IS 'Name shown to its members.';

--
-- Name: COLUMN workspaces.slug; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspaces.slug IS 'Short name for addresses, unique, optional.';

--
-- Name: COLUMN workspaces.is_personal; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspaces.is_personal IS 'The space every user gets at sign-up.';

--
-- Name: COLUMN workspaces.settings; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspaces.settings IS 'Settings of clients, as an object.';

--
-- Name: COLUMN workspaces.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspaces.updated_at IS 'Last change.';

--
-- Name: COLUMN workspaces.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspaces.created_at IS 'When it was made; derived from the id.';

--
-- Name: create_workspace(text, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.create_workspace(name text, slug text DEFAULT NULL::text) RETURNS app_public.workspaces
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  result app_public.workspaces;
begin
  perform app_hidden.require_session();
  begin
    insert into app_public.workspaces (name, slug)
    values (trim(create_workspace.name), nullif(lower(trim(create_workspace.slug)), ''))
    returning * into result;
  exception when unique_violation then
    raise exception 'This slug is taken.' using errcode = 'CQ116', hint = 'Choose another, or leave it out.';
  end;
  insert into app_public.workspace_members (workspace_id, user_id, role) values (result.id, app_hidden.current_user_id(), 'owner');
  return result;
end
$$;

--
-- Name: FUNCTION create_workspace(name text, slug text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.create_workspace(name text, slug text) IS 'Makes a workspace to share. Errors: CQ101 not signed in, CQ110 not with an API key, CQ116 the slug is taken, CQ200 name or slug not acceptable.';

--
-- Name: users; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.users (
    id uuid DEFAULT uuidv7() NOT NULL,
    email extensions.citext NOT NULL,
    is_email_verified boolean DEFAULT false NOT NULL,
    username extensions.citext,
    first_name text,
    last_name text,
    display_name text,
    avatar_url text,
    role app_public.user_role DEFAULT 'user'::app_public.user_role NOT NULL,
    preferred_model_provider text,
    preferred_model_name text,
    monthly_token_quota bigint,
    monthly_cost_quota_usd numeric(12,6),
    total_tokens_used bigint DEFAULT 0 NOT NULL,
    total_cost_usd numeric(14,6) DEFAULT 0 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    last_login_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT users_avatar_url_format CHECK (((char_length(avatar_url) <= 2048) AND (avatar_url ~ '^https?://'::text))),
    CONSTRAINT users_display_name_length CHECK ((char_length(display_name) <= 255)),
    CONSTRAINT users_email_format CHECK (((char_length((email)::text) <= 254) AND ((email)::text ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]{2,}$'::text))),
    CONSTRAINT users_first_name_length CHECK ((char_length(first_name) <= 255)),
    CONSTRAINT users_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT users_last_name_length CHECK ((char_length(last_name) <= 255)),
    CONSTRAINT users_monthly_cost_quota_positive CHECK ((monthly_cost_quota_usd >= (0)::numeric)),
    CONSTRAINT users_monthly_token_quota_positive CHECK ((monthly_token_quota >= 0)),
    CONSTRAINT users_preferred_model_name_length CHECK ((char_length(preferred_model_name) <= 200)),
    CONSTRAINT users_preferred_model_provider_length CHECK ((char_length(preferred_model_provider) <= 100)),
    CONSTRAINT users_username_format CHECK (((username)::text ~ '^[a-z0-9][a-z0-9_-]{1,38}$'::text))
);

ALTER TABLE ONLY app_public.users FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE users; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.users IS 'A person with an account. A user sees its own row only.';

--
-- Name: COLUMN users.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN users.email; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.email IS 'Sign-in name; upper and lower case do not matter.';

--
-- Name: COLUMN users.is_email_verified; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.is_email_verified IS 'Whether the person has proved to read this address.';

--
-- Name: COLUMN users.username; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.username IS 'Public handle, unique, optional.';

--
-- Name: COLUMN users.first_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.first_name IS 'Given name.';

--
-- Name: COLUMN users.last_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.last_name IS 'Family name.';

--
-- Name: COLUMN users.display_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.display_name IS 'Name shown to others.';

--
-- Name: COLUMN users.avatar_url; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.avatar_url IS 'Picture, as an http(s) address.';

--
-- Name: COLUMN users.role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.role IS 'Role in the whole installation; the role inside a workspace is in workspace_members.';

--
-- Name: COLUMN users.preferred_model_provider; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.preferred_model_provider IS 'Chat model provider to offer first.';

--
-- Name: COLUMN users.preferred_model_name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.preferred_model_name IS 'Chat model to offer first.';

--
-- Name: COLUMN users.monthly_token_quota; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.monthly_token_quota IS 'Tokens allowed per month; null means no limit.';

--
-- Name: COLUMN users.monthly_cost_quota_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.monthly_cost_quota_usd IS 'Cost allowed per month in US dollars; null means no limit.';

--
-- Name: COLUMN users.total_tokens_used; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.total_tokens_used IS 'Tokens used since the account exists.';

--
-- Name: COLUMN users.total_cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.total_cost_usd IS 'Cost in US dollars since the account exists.';

--
-- Name: COLUMN users.is_active; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.is_active IS 'A switched-off account cannot sign in, and its sessions stop working.';

--
-- Name: COLUMN users.last_login_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.last_login_at IS 'Last successful sign-in.';

--
-- Name: COLUMN users.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.updated_at IS 'Last change of the profile.';

--
-- Name: COLUMN users.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.users.created_at IS 'When the account was made; derived from the id.';

--
-- Name: current_user(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public."current_user"() RETURNS app_public.users
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select u from app_public.users u where u.id = app_hidden.current_user_id();
$$;

--
-- Name: FUNCTION "current_user"(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public."current_user"() IS 'The signed-in user, or null.';

--
-- Name: delete_workspace(text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.delete_workspace(name text) RETURNS app_public.workspaces
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  caller app_public.workspace_members;
  result app_public.workspaces;
begin
  perform app_hidden.require_session();
  perform app_private.lock_holds(app_hidden.current_workspace_id());
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, 'owner');
  if exists (select from app_public.legal_holds h where h.workspace_id = caller.workspace_id and h.released_at is null) then
    raise exception 'A legal hold keeps this workspace.' using errcode = 'CQ120', hint = 'Whoever placed it has to release it first: releaseLegalHold.';
  end if;
  select w.* into result from app_public.workspaces w where w.id = caller.workspace_id and w.name = delete_workspace.name for update;
  if result.id is null then
    raise exception 'This is not the name of the workspace.' using errcode = 'CQ200', hint = 'Pass the name exactly as it is, to confirm.';
  end if;

  -- the large tables first, in one statement each: the cascade would go row by row
  delete from app_public.embeddings e where e.workspace_id = result.id;
  delete from app_public.chunks c where c.workspace_id = result.id;
  delete from app_public.messages m where m.workspace_id = result.id;
  delete from app_public.conversations c where c.workspace_id = result.id;
  delete from app_public.workspaces w where w.id = result.id;
  -- one that its author can read: those of the workspace have no reader any more
  perform app_private.log_event(
    'user.workspace_deleted', caller.user_id, entity_type => 'workspace', entity_id => result.id,
    old_values => jsonb_build_object('name', result.name, 'slug', result.slug)
  );
  return result;
end
$$;

--
-- Name: FUNCTION delete_workspace(name text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.delete_workspace(name text) IS 'Deletes the workspace of the request with everything in it, for good; its name confirms. The audit log stays. Errors: CQ101 not signed in, CQ107 not a member, CQ110 not with an API key, CQ113 personal, CQ114 not an owner, CQ120 under a legal hold, CQ200 another name.';

--
-- Name: edit_message(uuid, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.edit_message(message_id uuid, content text) RETURNS app_public.messages
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  original app_public.messages;
  draft app_public.messages;
begin
  conversation := app_private.lock_conversation_of(edit_message.message_id);
  select m.* into original from app_public.messages m where m.id = edit_message.message_id;
  draft.parent_id := coalesce(original.parent_id, (
    -- from before there were branches: the message before it
    select m.id
    from app_private.message_path(conversation.id, original.id) as p
    join app_public.messages m on m.id = p.id
    where m.id <> original.id
    order by m.sequence_number desc
    limit 1
  ));
  draft.replaces_id := original.id;
  draft.role := original.role;
  draft.content := edit_message.content;
  draft.attachments := original.attachments;
  draft.metadata := original.metadata;
  return app_private.insert_message(conversation, draft);
end
$$;

--
-- Name: FUNCTION edit_message(message_id uuid, content text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.edit_message(message_id uuid, content text) IS 'Writes another version of a message as a branch beside it, and continues there. Errors: CQ101, CQ109, CQ200 too long, CQ204 no such message.';

--
-- Name: failed_embeddings(boolean); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.failed_embeddings(only_dead boolean DEFAULT false) RETURNS SETOF app_public.failed_embedding
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.require_member();
  return query
  select f.chunk_id, f.version_id, c.source_type, c.document_id, c.conversation_id, c.memory_item_id, f.attempts + f.interruptions, f.code,
    f.error, f.failed_at, case when f.is_dead then null else f.next_attempt_at end, f.is_dead
  from app_hidden.embedding_failures f
  join app_public.chunks c on c.workspace_id = f.workspace_id and c.id = f.chunk_id
  where f.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or (select app_hidden.can_manage()))
    and (f.is_dead or not coalesce(only_dead, false))
  order by f.failed_at desc, f.chunk_id
  limit 1000;
end
$$;

--
-- Name: FUNCTION failed_embeddings(only_dead boolean); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.failed_embeddings(only_dead boolean) IS 'Chunks that have no vector because of a failure, the latest 1,000: of the whole workspace for those who manage it, of oneself for others. With onlyDead, those that were given up. Error: CQ101 not signed in.';

--
-- Name: forget(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.forget(id uuid) RETURNS app_public.memory_items
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  item app_public.memory_items := app_private.lock_memory(forget.id);
  at timestamptz := greatest(clock_timestamp(), lower(item.validity) + interval '1 microsecond');
begin
  if item.forgotten_at is not null then
    return item;
  end if;
  insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change, old_values)
  values (item.workspace_id, item.owner_id, item.id, 'forgotten', jsonb_build_object('isCurrent', upper_inf(item.validity)));
  update app_public.memory_items m
  set forgotten_at = at, validity = case when upper_inf(m.validity) then tstzrange(lower(m.validity), at) else m.validity end, updated_at = at
  where m.id = item.id
  returning * into item;
  return item;
end
$$;

--
-- Name: FUNCTION forget(id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.forget(id uuid) IS 'Forgets a memory: it is found no more, until undoMemory brings it back. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such memory.';

--
-- Name: give_feedback(uuid, app_public.feedback_type, integer, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.give_feedback(message_id uuid, feedback_type app_public.feedback_type, rating integer DEFAULT NULL::integer, comment text DEFAULT NULL::text) RETURNS app_public.message_feedback
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  given app_public.message_feedback;
begin
  conversation := app_private.lock_conversation_of(give_feedback.message_id);
  insert into app_public.message_feedback as f (
    workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment, ip, user_agent
  )
  values (
    conversation.workspace_id, conversation.id, give_feedback.message_id, app_hidden.current_user_id(), give_feedback.feedback_type,
    give_feedback.rating, give_feedback.comment, nullif(current_setting('colloquy.client_ip', true), '')::inet,
    left(nullif(current_setting('colloquy.user_agent', true), ''), 1000)
  )
  on conflict on constraint message_feedback_message_id_user_id_key do update
  set
    feedback_type = excluded.feedback_type, rating = excluded.rating, comment = excluded.comment, ip = excluded.ip,
    user_agent = excluded.user_agent, updated_at = clock_timestamp()
  returning f.* into given;
  return given;
end
$$;

--
-- Name: FUNCTION give_feedback(message_id uuid, feedback_type app_public.feedback_type, rating integer, comment text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.give_feedback(message_id uuid, feedback_type app_public.feedback_type, rating integer, comment text) IS 'Says what you think of a message: positive, neutral or negative, a rating of 1 to 5, a comment. Again replaces it. Errors: CQ101, CQ109, CQ200 a value out of range, CQ204 no such message.';

--
-- Name: import_conversation(jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.import_conversation(payload jsonb) RETURNS app_public.import_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_nestloop TO 'off'
    AS $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  source text := payload ->> 'source';
  started timestamptz;
  shared_as app_public.visibility;
  conversation app_public.conversations;
  imported app_private.imported_message[];
  described jsonb;
  result app_public.import_result;
begin
  perform app_hidden.require_member(for_writing => true);
  if source is null or jsonb_typeof(payload -> 'messages') is distinct from 'array' or jsonb_array_length(payload -> 'messages') not between 1 and 100000 then
    raise exception 'The conversation to import needs "source" and 1 to 100,000 "messages".' using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;

  -- two imports of one conversation at once: the second waits, then finds everything there
  perform pg_advisory_xact_lock(hashtextextended(workspace::text || caller::text || source, 0));

  begin
    select array_agg(
      row(
        m.position, m.item ->> 'externalId', m.item ->> 'parentExternalId', (m.item ->> 'role')::app_public.message_role,
        m.item ->> 'content', written.at, m.item ->> 'model', coalesce(m.item -> 'metadata', '{}'),
        app_hidden.uuidv7_at(written.at, concat_ws('|', workspace, caller, source, m.item ->> 'externalId')),
        nullif(m.item -> 'attachments', 'null'), nullif(m.item -> 'toolCalls', 'null'), nullif(m.item -> 'feedback', 'null')
      )::app_private.imported_message
      order by m.position
    )
    into imported
    from jsonb_array_elements(payload -> 'messages') with ordinality as m (item, position)
    cross join lateral (select date_trunc('milliseconds', (m.item ->> 'createdAt')::timestamptz) as at) as written;
    started := least(
      date_trunc('milliseconds', (payload ->> 'createdAt')::timestamptz),
      (select min(m.written_at) from unnest(imported) as m) - interval '1 millisecond'
    );
    shared_as := coalesce(payload ->> 'visibility', 'private')::app_public.visibility;
  exception when invalid_text_representation or datetime_field_overflow or invalid_datetime_format then
    raise exception 'The conversation "%" has a role, a visibility or a time that cannot be read.', source using errcode = 'CQ200', hint = 'Roles are user, assistant, system and tool; times are in ISO 8601. See docs/import.md for the format.';
  end;
  if exists (
    select from unnest(imported) as m
    where m.external_id is null or char_length(m.external_id) > 190 or m.role is null or m.content is null or m.written_at is null
      or m.written_at < '1970-01-02T00:00:00Z' or m.written_at > clock_timestamp() + interval '5 minutes'
  ) or (select count(*) <> count(distinct m.external_id) from unnest(imported) as m) then
    raise exception 'The conversation "%" has a message without externalId (at most 190 characters), role, content or a time between 1970 and now, or one twice.', source
      using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  if exists (
    select from unnest(imported) as m
    where jsonb_typeof(m.attachments) <> 'array' or jsonb_typeof(m.tool_calls) <> 'array' or jsonb_typeof(m.feedback) <> 'object'
  ) then
    raise exception 'The conversation "%" has a message whose attachments or toolCalls are no array, or whose feedback is no object.', source
      using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  -- one aggregate, not exists(): expecting an early hit, the planner compared each with each
  if (
    select bool_or(p.id is null or p.id >= m.id)
    from unnest(imported) as m
    left join unnest(imported) as p on p.external_id = m.parent_external_id
    where m.parent_external_id is not null
  ) then
    raise exception 'The conversation "%" has a message whose parent is missing or not older than itself.', source
      using errcode = 'CQ200', hint = 'Give each child a later time than its parent, or leave parentExternalId out.';
  end if;

  -- Before the first write, since attaching a partition waits for the writers of conversations.
  perform app_private.ensure_months('messages', array(select distinct m.written_at from unnest(imported) as m));

  insert into app_public.conversations (id, workspace_id, owner_id, visibility, external_id, title, model_name, metadata, last_message_at, max_messages)
  values (
    app_hidden.uuidv7_at(started, concat_ws('|', workspace, caller, source)), workspace, caller, shared_as, source,
    nullif(left(trim(payload ->> 'title'), 500), ''), payload ->> 'model', coalesce(payload -> 'metadata', '{}'), started,
    -- history does not use up the room for what comes now
    1000 + cardinality(imported)
  )
  on conflict (workspace_id, owner_id, external_id) where external_id is not null do nothing;
  result.is_new := found;

  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = workspace and c.owner_id = caller and c.external_id = source
  for no key update;
  result.id := conversation.id;

  -- a message that was there keeps its id; a new one that claims to be older than the conversation comes right after it
  select array_agg(
    row(
      m.position, m.external_id, m.parent_external_id, m.role, m.content, m.written_at, m.model, m.metadata,
      coalesce(
        known.message_id,
        case when m.id > conversation.id then m.id
          else app_hidden.uuidv7_at(uuid_extract_timestamp(conversation.id) + interval '1 millisecond', concat_ws('|', conversation.id, m.external_id))
        end
      ),
      m.attachments, m.tool_calls, m.feedback
    )::app_private.imported_message
  )
  into imported
  from unnest(imported) as m
  left join app_hidden.message_idempotency_keys known
    on known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id;

  -- feedback, too, is packed with its message: what may be there already has to be seen
  if exists (
    select from unnest(imported) as m
    where m.feedback is not null or not exists (
      select from app_hidden.message_idempotency_keys known
      where known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id
    )
  ) then
    conversation := app_private.unpack_conversation(conversation);
  end if;
  result.files_added := app_private.import_attachments(conversation, imported, conversation.visibility);
  -- in one go: looking up 5,000 files one by one took 9 s
  select jsonb_object_agg(f.external_id, f.id) into described
  from app_public.files f
  where f.workspace_id = workspace and f.conversation_id = conversation.id and f.external_id is not null;

  with added as (
    insert into app_public.messages (
      id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, parent_id, content, model, metadata, idempotency_key,
      attachments
    )
    select
      m.id, conversation.id, workspace, caller, case when m.role = 'user' then caller end,
      conversation.last_sequence_number + row_number() over (order by m.id),
      m.role, case when p.id < m.id then p.id end, m.content, m.model, m.metadata, 'import:' || m.external_id,
      (
        select jsonb_agg(
          coalesce(a.item -> 'metadata', '{}')
          || jsonb_strip_nulls(jsonb_build_object(
            'file_id', described -> (source || '/' || (a.item ->> 'externalId')),
            'name', a.item -> 'name', 'mime_type', a.item -> 'mimeType', 'size', a.item -> 'size'
          ))
          order by a.place
        )
        from jsonb_array_elements(m.attachments) with ordinality as a (item, place)
      )
    from unnest(imported) as m
    left join unnest(imported) as p on p.external_id = m.parent_external_id
    where not exists (
      select from app_hidden.message_idempotency_keys known
      where known.conversation_id = conversation.id and known.idempotency_key = 'import:' || m.external_id
    )
    order by m.id
    returning id, idempotency_key
  ),
  remembered as (
    insert into app_hidden.message_idempotency_keys (workspace_id, conversation_id, idempotency_key, message_id)
    select workspace, conversation.id, a.idempotency_key, a.id from added a
    returning 1
  )
  select count(*) into result.added from remembered;
  result.unchanged := cardinality(imported) - result.added;
  result.tool_calls_added := app_private.import_tool_calls(conversation, imported);
  result.feedback_added := app_private.import_feedback(conversation, imported);
  return result;
end
$$;

--
-- Name: FUNCTION import_conversation(payload jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.import_conversation(payload jsonb) IS 'Imports a conversation with its tree of messages, their attachments, tool calls and feedback; again adds only what is new. Errors: CQ101, CQ109, CQ200 malformed.';

--
-- Name: import_documents(jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.import_documents(documents jsonb) RETURNS SETOF app_public.import_outcome
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  item jsonb;
  existing app_public.documents;
  result app_public.import_outcome;
begin
  perform app_hidden.require_member(for_writing => true);
  if jsonb_typeof(documents) is distinct from 'array' or jsonb_array_length(documents) > 1000 then
    raise exception 'The documents to import are an array of at most 1,000 objects.' using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  for item in select value from jsonb_array_elements(documents)
  loop
    result := null;
    result.source_url := item ->> 'sourceUrl';
    begin
      if result.source_url is null then
        raise exception 'sourceUrl is missing.' using errcode = 'CQ200';
      end if;
      select d.* into existing
      from app_public.documents d
      where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id()
        and d.source_url = result.source_url;
      if existing.id is null then
        select d.id into result.document_id
        from app_public.create_document(
          title => item ->> 'title',
          content => item ->> 'content',
          content_type => coalesce(item ->> 'contentType', 'text'),
          source_url => result.source_url,
          code_language => item ->> 'codeLanguage',
          text_search_language => coalesce(item ->> 'textSearchLanguage', 'english'),
          visibility => coalesce(item ->> 'visibility', 'private')::app_public.visibility,
          metadata => coalesce(item -> 'metadata', '{}')
        ) as d;
        result.outcome := 'added';
      else
        update app_public.documents d
        set title = left(trim(item ->> 'title'), 500), content = item ->> 'content',
          content_type = coalesce(item ->> 'contentType', 'text'), code_language = item ->> 'codeLanguage',
          metadata = coalesce(item -> 'metadata', d.metadata)
        where d.id = existing.id
          and (d.title, d.content, d.content_type, d.code_language)
            is distinct from
            (left(trim(item ->> 'title'), 500), item ->> 'content', coalesce(item ->> 'contentType', 'text'), item ->> 'codeLanguage');
        result.document_id := existing.id;
        result.outcome := case when found then 'updated' else 'unchanged' end;
      end if;
    exception
      when integrity_constraint_violation or data_exception or sqlstate 'CQ200' then
        result.document_id := null;
        result.outcome := 'refused';
        -- the words of PostgreSQL name tables and constraints
        result.reason := case when sqlstate = 'CQ200' then sqlerrm else 'A value is missing, too long, or of the wrong form.' end;
    end;
    return next result;
  end loop;
end
$$;

--
-- Name: FUNCTION import_documents(documents jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.import_documents(documents jsonb) IS 'Adds or updates documents by their sourceUrl, and says for each what was done. Errors: CQ101 not signed in, CQ109 read-only, CQ200 malformed.';

--
-- Name: import_events(jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.import_events(events jsonb) RETURNS SETOF app_public.event_import_outcome
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
begin
  perform app_hidden.require_member(for_writing => true);
  if jsonb_typeof(events) is distinct from 'array' or jsonb_array_length(events) > 1000 then
    raise exception 'The events to import are an array of at most 1,000 objects.' using errcode = 'CQ200', hint = 'See docs/import.md for the format.';
  end if;
  return query
  with item as materialized (
    select e.place, e.source, e.event_type, e.external_id, e.payload, e.metadata,
      case
        when coalesce(char_length(e.source), 0) not between 1 and 100 then 'source has 1 to 100 characters.'
        when coalesce(char_length(e.event_type), 0) not between 1 and 200 then 'eventType has 1 to 200 characters.'
        when coalesce(char_length(e.external_id), 0) not between 1 and 500 then 'externalId has 1 to 500 characters.'
        when e.payload is null or pg_column_size(e.payload) > 1048576 then 'An event has a payload of at most 1 MiB.'
        when jsonb_typeof(e.metadata) <> 'object' or pg_column_size(e.metadata) > 65536 then 'metadata is an object of at most 64 KiB.'
      end as reason
    from (
      select o.place, trim(o.item ->> 'source') as source, trim(o.item ->> 'eventType') as event_type, o.item ->> 'externalId' as external_id,
        o.item -> 'payload' as payload, coalesce(o.item -> 'metadata', '{}') as metadata
      from jsonb_array_elements(events) with ordinality as o (item, place)
    ) as e
  ),
  wanted as materialized (
    select distinct on (i.source, i.external_id) i.*, uuidv7() as id
    from item i
    where i.reason is null
    order by i.source, i.external_id, i.place
  ),
  known as (
    insert into app_hidden.raw_event_keys (workspace_id, source, external_id, raw_event_id)
    select workspace, w.source, w.external_id, w.id from wanted w order by w.source, w.external_id
    on conflict on constraint raw_event_keys_pkey do nothing
    returning raw_event_id
  ),
  stored as (
    insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, external_id, payload, metadata)
    select w.id, workspace, caller, w.source, w.event_type, w.external_id, w.payload, w.metadata
    from wanted w
    join known k on k.raw_event_id = w.id
    returning id
  )
  select i.external_id, s.id, case when i.reason is not null then 'refused' when s.id is null then 'unchanged' else 'added' end, i.reason
  from item i
  left join wanted w on w.place = i.place
  left join stored s on s.id = w.id
  order by i.place;
end
$$;

--
-- Name: FUNCTION import_events(events jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.import_events(events jsonb) IS 'Stores events of another system by their externalId, and says for each what was done. Errors: CQ101 not signed in, CQ109 read-only, CQ200 malformed.';

--
-- Name: indexing_lag(integer); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.indexing_lag(max_rows integer DEFAULT 100) RETURNS TABLE(workspace_id uuid, embedding_version_id uuid, version_name text, chunks bigint, embedded_chunks bigint, pending_chunks bigint, retrying_chunks bigint, dead_chunks bigint, paused text, oldest_pending_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if max_rows not between 1 and 10000 then
    raise exception 'maxRows is 1 to 10,000, not %.', max_rows using errcode = 'CQ200', hint = 'Ask for fewer rows.';
  end if;
  return query
  select behind.workspace_id, behind.version_id, behind.name, behind.chunks, behind.embedded,
    greatest(behind.chunks - behind.embedded - behind.retrying - behind.dead, 0), behind.retrying, behind.dead,
    (select min(r.code || ' ' || r.reason) from app_hidden.embedding_refusals r where r.version_id = behind.version_id and r.workspace_id = behind.workspace_id),
    oldest.created_at
  from (
    select k.workspace_id, v.id as version_id, v.name, sum(k.chunk_count)::bigint as chunks, coalesce(e.embedding_count, 0) as embedded,
      f.retrying, f.dead
    from app_public.embedding_versions v
    cross join app_hidden.chunk_counts k
    left join app_hidden.embedding_counts e on e.version_id = v.id and e.workspace_id = k.workspace_id
    cross join lateral (
      select count(*) filter (where not x.is_dead) as retrying, count(*) filter (where x.is_dead) as dead
      from app_hidden.embedding_failures x
      where x.version_id = v.id and x.workspace_id = k.workspace_id
    ) as f
    where v.status in ('building', 'active')
    group by k.workspace_id, v.id, v.name, e.embedding_count, f.retrying, f.dead
    having sum(k.chunk_count) > coalesce(e.embedding_count, 0)
  ) as behind
  left join lateral (
    select c.created_at
    from app_public.chunks c
    where c.workspace_id = behind.workspace_id
      and not exists (
        select from app_public.embeddings e where e.version_id = behind.version_id and e.workspace_id = c.workspace_id and e.chunk_id = c.id
      )
      and not exists (
        select from app_hidden.embedding_failures x
        where x.version_id = behind.version_id and x.workspace_id = c.workspace_id and x.chunk_id = c.id and x.is_dead
      )
    order by c.id
    limit 1
  ) as oldest on behind.chunks > behind.embedded + behind.dead
  order by oldest.created_at nulls last, behind.workspace_id
  limit coalesce(max_rows, 100);
end
$$;

--
-- Name: FUNCTION indexing_lag(max_rows integer); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.indexing_lag(max_rows integer) IS 'Workspaces whose chunks are not all embedded, per version that is active or building: how many are pending, tried again or given up, whether a budget holds them back, and since when the oldest waits. Error: CQ200 too many asked for.';

--
-- Name: indexing_progress(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.indexing_progress() RETURNS app_public.indexing_progress
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  result app_public.indexing_progress;
begin
  perform app_hidden.require_member();
  select count(*) into result.pending_documents
  from app_public.documents d where d.workspace_id = workspace and d.chunked_hash is distinct from d.content_hash;
  select count(*) into result.pending_conversations
  from app_public.conversations c where c.workspace_id = workspace and c.indexed_sequence_number < c.last_sequence_number;
  select count(*) into result.pending_memory_items
  from app_public.memory_items m where m.workspace_id = workspace and upper_inf(m.validity) and m.chunked_hash is distinct from m.content_hash;
  select coalesce(sum(k.chunk_count), 0) into result.chunks from app_hidden.chunk_counts k where k.workspace_id = workspace;
  select coalesce(sum(e.embedding_count), 0) into result.embedded_chunks
  from app_hidden.embedding_counts e
  join app_public.embedding_versions v on v.id = e.version_id and v.status = 'active'
  where e.workspace_id = workspace;
  select count(*) filter (where not f.is_dead), count(*) filter (where f.is_dead)
  into result.retrying_chunks, result.dead_chunks
  from app_hidden.embedding_failures f
  join app_public.embedding_versions v on v.id = f.version_id and v.status = 'active'
  where f.workspace_id = workspace;
  result.is_complete := result.pending_documents = 0 and result.pending_conversations = 0 and result.pending_memory_items = 0
    and result.embedded_chunks + result.dead_chunks >= result.chunks;
  if not result.is_complete then
    -- what this workspace is kept back by comes first; of a provider, only that it is
    select h.paused, h.resumes_at into result.paused, result.resumes_at
    from (
      select case r.code when 'CQ220' then 'budget' when 'CQ221' then 'quota' else 'switch' end as paused, r.retry_at as resumes_at, 1 as place
      from app_hidden.embedding_refusals r
      join app_public.embedding_versions v on v.id = r.version_id and v.status = 'active'
      where r.workspace_id = workspace
      union all
      select 'provider', p.paused_until, 2
      from app_hidden.provider_pauses p
      join app_public.embedding_versions v on v.provider = p.provider and v.status = 'active'
      where p.paused_until > statement_timestamp()
    ) as h
    order by h.place, h.resumes_at
    limit 1;
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION indexing_progress(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.indexing_progress() IS 'How much of this workspace is searchable by now, and what holds the rest back. Error: CQ101 not signed in.';

--
-- Name: raw_events; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.raw_events (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    source text NOT NULL,
    event_type text NOT NULL,
    external_id text,
    payload jsonb NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    processing_status app_public.processing_status DEFAULT 'pending'::app_public.processing_status NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    processed_at timestamp with time zone,
    ingested_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT raw_events_attempts_positive CHECK ((attempts >= 0)),
    CONSTRAINT raw_events_error_length CHECK ((char_length(error) <= 2000)),
    CONSTRAINT raw_events_event_type_length CHECK (((char_length(event_type) >= 1) AND (char_length(event_type) <= 200))),
    CONSTRAINT raw_events_external_id_length CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 500))),
    CONSTRAINT raw_events_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT raw_events_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT raw_events_payload_length CHECK ((pg_column_size(payload) <= 1048576)),
    CONSTRAINT raw_events_source_length CHECK (((char_length(source) >= 1) AND (char_length(source) <= 100)))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY app_public.raw_events FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE raw_events; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.raw_events IS 'An event of another system, as it came. Written through ingestEvent and importEvents only; it belongs to the whole workspace. Partitioned by month on its own time-ordered id.';

--
-- Name: COLUMN raw_events.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN raw_events.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.workspace_id IS 'The tenant.';

--
-- Name: COLUMN raw_events.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.owner_id IS 'Who brought it in.';

--
-- Name: COLUMN raw_events.source; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.source IS 'System it comes from: slack, jira, git.';

--
-- Name: COLUMN raw_events.event_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.event_type IS 'Kind of event, in the words of that system.';

--
-- Name: COLUMN raw_events.external_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.external_id IS 'Identifier in that system; an event that is delivered again is not stored twice.';

--
-- Name: COLUMN raw_events.payload; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.payload IS 'The event, at most 1 MiB.';

--
-- Name: COLUMN raw_events.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.metadata IS 'Anything else, as an object of at most 64 KiB.';

--
-- Name: COLUMN raw_events.processing_status; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.processing_status IS 'How far its processing is.';

--
-- Name: COLUMN raw_events.attempts; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.attempts IS 'How often processing was tried.';

--
-- Name: COLUMN raw_events.error; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.error IS 'Why the last try failed.';

--
-- Name: COLUMN raw_events.processed_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.processed_at IS 'When it was processed.';

--
-- Name: COLUMN raw_events.ingested_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.raw_events.ingested_at IS 'When it came in; derived from the id.';

--
-- Name: ingest_event(text, text, jsonb, text, jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.ingest_event(source text, event_type text, payload jsonb, external_id text DEFAULT NULL::text, metadata jsonb DEFAULT '{}'::jsonb) RETURNS app_public.raw_events
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  first_id uuid;
  result app_public.raw_events;
begin
  perform app_hidden.require_member(for_writing => true);
  if coalesce(char_length(trim(ingest_event.source)), 0) not between 1 and 100 then
    raise exception 'source has 1 to 100 characters.' using errcode = 'CQ200', hint = 'Name the system, like "slack".';
  end if;
  if coalesce(char_length(trim(ingest_event.event_type)), 0) not between 1 and 200 then
    raise exception 'eventType has 1 to 200 characters.' using errcode = 'CQ200', hint = 'Name the kind of event, like "message".';
  end if;
  if ingest_event.payload is null or pg_column_size(ingest_event.payload) > 1048576 then
    raise exception 'An event has a payload of at most 1 MiB.' using errcode = 'CQ200', hint = 'Store large content as a file.';
  end if;
  if char_length(ingest_event.external_id) not between 1 and 500 then
    raise exception 'externalId has 1 to 500 characters.' using errcode = 'CQ200', hint = 'Leave it out when the system has none.';
  end if;

  result.id := uuidv7();
  if ingest_event.external_id is not null then
    insert into app_hidden.raw_event_keys as k (workspace_id, source, external_id, raw_event_id)
    values (workspace, trim(ingest_event.source), ingest_event.external_id, result.id)
    on conflict do nothing;
    if not found then
      select k.raw_event_id into first_id
      from app_hidden.raw_event_keys k
      where k.workspace_id = workspace and k.source = trim(ingest_event.source) and k.external_id = ingest_event.external_id
      for update;
      select e.* into result from app_public.raw_events e where e.workspace_id = workspace and e.id = first_id;
      if result.id is not null then
        return result;
      end if;
      -- retention cleared it away since
      result.id := uuidv7();
      update app_hidden.raw_event_keys k
      set raw_event_id = result.id
      where k.workspace_id = workspace and k.source = trim(ingest_event.source) and k.external_id = ingest_event.external_id;
    end if;
  end if;
  insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, external_id, payload, metadata)
  values (
    result.id, workspace, app_hidden.current_user_id(), trim(ingest_event.source), trim(ingest_event.event_type), ingest_event.external_id,
    ingest_event.payload, coalesce(ingest_event.metadata, '{}')
  )
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION ingest_event(source text, event_type text, payload jsonb, external_id text, metadata jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.ingest_event(source text, event_type text, payload jsonb, external_id text, metadata jsonb) IS 'Stores an event of another system. One with an externalId that this workspace has from the same source already is not stored again; the first is returned. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument.';

--
-- Name: workspace_invitations; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.workspace_invitations (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    email extensions.citext NOT NULL,
    role app_public.member_role DEFAULT 'member'::app_public.member_role NOT NULL,
    invited_by uuid,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    accepted_by uuid,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT workspace_invitations_accepted CHECK (((accepted_by IS NULL) OR (accepted_at IS NOT NULL))),
    CONSTRAINT workspace_invitations_email_format CHECK (((char_length((email)::text) <= 254) AND ((email)::text ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]{2,}$'::text))),
    CONSTRAINT workspace_invitations_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT workspace_invitations_role_known CHECK ((role <> 'owner'::app_public.member_role))
);

ALTER TABLE ONLY app_public.workspace_invitations FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE workspace_invitations; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.workspace_invitations IS 'Who was asked to join a workspace. Seen by its owners and admins; the token goes to the address alone.';

--
-- Name: COLUMN workspace_invitations.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN workspace_invitations.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.workspace_id IS 'The workspace to join.';

--
-- Name: COLUMN workspace_invitations.email; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.email IS 'Address that the invitation was sent to; only its account may accept.';

--
-- Name: COLUMN workspace_invitations.role; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.role IS 'Role that acceptance gives; never owner.';

--
-- Name: COLUMN workspace_invitations.invited_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.invited_by IS 'Who invited; null when that account is gone.';

--
-- Name: COLUMN workspace_invitations.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.expires_at IS 'When it stops working.';

--
-- Name: COLUMN workspace_invitations.accepted_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.accepted_at IS 'When it was accepted; null while it is open.';

--
-- Name: COLUMN workspace_invitations.accepted_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.accepted_by IS 'Who accepted it.';

--
-- Name: COLUMN workspace_invitations.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.workspace_invitations.created_at IS 'When it was first sent; derived from the id.';

--
-- Name: invite_member(text, app_public.member_role); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.invite_member(email text, role app_public.member_role DEFAULT 'member'::app_public.member_role) RETURNS app_public.workspace_invitations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  most constant integer := 200;
  caller app_public.workspace_members;
  result app_public.workspace_invitations;
  token text := 'cqi_' || encode(gen_random_bytes(32), 'hex');
  address citext := trim(invite_member.email)::citext;
begin
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, invite_member.role);
  if invite_member.role is null or invite_member.role = 'owner' then
    raise exception 'Nobody is invited as an owner.' using errcode = 'CQ200', hint = 'Invite as an admin, then transferOwnership or changeMemberRole.';
  end if;
  if exists (
    select from app_public.workspace_members m
    join app_public.users u on u.id = m.user_id
    where m.workspace_id = caller.workspace_id and u.email = address
  ) then
    raise exception 'This person is a member already.' using errcode = 'CQ115', hint = 'Change the role with changeMemberRole.';
  end if;
  if (
    select count(*) from app_public.workspace_invitations i
    where i.workspace_id = caller.workspace_id and i.accepted_at is null and i.expires_at > now()
  ) >= most then
    raise exception 'There are % open invitations.', most using errcode = 'CQ118', hint = 'Revoke some.';
  end if;

  insert into app_public.workspace_invitations as i (workspace_id, email, role, invited_by, expires_at)
  values (
    caller.workspace_id, address, invite_member.role, caller.user_id,
    clock_timestamp() + make_interval(days => app_hidden.setting('invitation_days')::integer)
  )
  on conflict (workspace_id, email) where accepted_at is null
  do update set role = excluded.role, invited_by = excluded.invited_by, expires_at = excluded.expires_at
  returning i.* into result;
  -- the mail before this one stops working
  insert into app_private.workspace_invitation_secrets as s (invitation_id, token_hash)
  values (result.id, sha256(convert_to(token, 'UTF8')))
  on conflict (invitation_id) do update set token_hash = excluded.token_hash;

  perform app_private.send_mail(result.email::text, 'An invitation to Colloquy', format(
    E'You are invited to join the workspace "%s" as %s.\n\nToken: %s\n\nSign in or register with this address, then accept. It works for %s days.',
    (select w.name from app_public.workspaces w where w.id = caller.workspace_id), result.role, token, app_hidden.setting('invitation_days')
  ));
  return result;
end
$$;

--
-- Name: FUNCTION invite_member(email text, role app_public.member_role); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.invite_member(email text, role app_public.member_role) IS 'Invites an address to the workspace of the request, or again, by mail. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not allowed to give this role, CQ115 a member already, CQ118 too many, CQ200 not acceptable.';

--
-- Name: leave_workspace(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.leave_workspace() RETURNS app_public.workspace_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  caller app_public.workspace_members;
begin
  perform app_hidden.require_session();
  caller := app_private.lock_workspace(for_managing => false);
  perform app_private.require_other_owner(caller);
  delete from app_public.workspace_members m where m.workspace_id = caller.workspace_id and m.user_id = caller.user_id;
  return caller;
end
$$;

--
-- Name: FUNCTION leave_workspace(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.leave_workspace() IS 'Ends the caller''s membership in the workspace of the request. Errors: CQ101 not signed in, CQ110 not with an API key, CQ111 the last owner, CQ113 personal.';

--
-- Name: make_temporary(uuid, timestamp with time zone); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.make_temporary(conversation_id uuid, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS app_public.conversations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
begin
  conversation := app_private.lock_conversation(make_temporary.conversation_id);
  if conversation.owner_id <> app_hidden.current_user_id() then
    raise exception 'There is no such conversation of yours.' using errcode = 'CQ204', hint = 'Only its owner gives a conversation an end.';
  end if;
  if make_temporary.expires_at <= clock_timestamp() then
    raise exception 'The conversation would have ended already.' using errcode = 'CQ200', hint = 'Delete it, or choose a time to come.';
  end if;
  update app_public.conversations c
  set is_temporary = make_temporary.expires_at is not null, expires_at = make_temporary.expires_at
  where c.id = conversation.id
  returning c.* into conversation;
  return conversation;
end
$$;

--
-- Name: FUNCTION make_temporary(conversation_id uuid, expires_at timestamp with time zone); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.make_temporary(conversation_id uuid, expires_at timestamp with time zone) IS 'Has the content of a conversation of yours go at a time; without a time, keeps it. Errors: CQ101, CQ109, CQ200 a time gone by, CQ204 no such conversation of yours.';

--
-- Name: conversation_reads; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.conversation_reads (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    last_read_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY app_public.conversation_reads FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE conversation_reads; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.conversation_reads IS 'Up to when a member has read a conversation. Written by markRead.';

--
-- Name: COLUMN conversation_reads.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_reads.workspace_id IS 'The tenant.';

--
-- Name: COLUMN conversation_reads.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_reads.conversation_id IS 'The conversation.';

--
-- Name: COLUMN conversation_reads.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_reads.user_id IS 'The reader; nobody else sees it.';

--
-- Name: COLUMN conversation_reads.last_read_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_reads.last_read_at IS 'When it was read last.';

--
-- Name: mark_read(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.mark_read(conversation_id uuid) RETURNS app_public.conversation_reads
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  seen app_public.conversation_reads;
begin
  perform app_hidden.require_member();
  insert into app_public.conversation_reads as r (workspace_id, conversation_id, user_id, last_read_at)
  select c.workspace_id, c.id, app_hidden.current_user_id(), clock_timestamp()
  from app_public.conversations c
  where c.id = mark_read.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace')
  on conflict on constraint conversation_reads_pkey do update
  set last_read_at = greatest(r.last_read_at, excluded.last_read_at)
  returning r.* into seen;
  if seen.conversation_id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return seen;
end
$$;

--
-- Name: FUNCTION mark_read(conversation_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.mark_read(conversation_id uuid) IS 'Remembers that you have read a conversation until now. Errors: CQ101, CQ204 no such conversation.';

--
-- Name: my_sessions(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.my_sessions() RETURNS SETOF app_public.active_session
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.require_session();
  return query
  select s.id, s.created_at, s.last_active_at, s.expires_at, s.ip, s.user_agent, s.id is not distinct from app_hidden.current_session_id()
  from app_private.user_sessions s
  where s.user_id = app_hidden.current_user_id() and s.expires_at > now()
  order by s.id desc;
end
$$;

--
-- Name: FUNCTION my_sessions(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.my_sessions() IS 'Where the caller is signed in, newest first. Errors: CQ101 not signed in, CQ110 not with an API key.';

--
-- Name: performance_stats(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.performance_stats() RETURNS TABLE(relation text, partitions bigint, total_bytes bigint, live_rows bigint, dead_rows bigint, cache_hit_ratio numeric, index_hit_ratio numeric)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    format('%s.%s', n.nspname, c.relname),
    count(*) filter (where leaf.relid <> c.oid),
    sum(pg_total_relation_size(leaf.relid))::bigint,
    sum(s.n_live_tup)::bigint,
    sum(s.n_dead_tup)::bigint,
    round(sum(io.heap_blks_hit) / nullif(sum(io.heap_blks_hit + io.heap_blks_read), 0), 4),
    round(sum(io.idx_blks_hit) / nullif(sum(io.idx_blks_hit + io.idx_blks_read), 0), 4)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (
    select c.oid as relid where c.relkind = 'r'
    union all
    select t.relid::oid from pg_partition_tree(c.oid) as t where c.relkind = 'p' and t.isleaf
  ) as leaf
  left join pg_stat_all_tables s on s.relid = leaf.relid
  left join pg_statio_all_tables io on io.relid = leaf.relid
  where n.nspname in ('app_public', 'app_hidden', 'app_private', 'pgboss') and c.relkind in ('r', 'p') and not c.relispartition
  group by n.nspname, c.relname
  order by 3 desc, 1;
$$;

--
-- Name: FUNCTION performance_stats(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.performance_stats() IS 'Per table: partitions, size in bytes, live and dead rows, and the share of reads that memory answered.';

--
-- Name: legal_holds; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.legal_holds (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    kind app_public.retention_kind,
    reason text NOT NULL,
    placed_by uuid,
    released_by uuid,
    released_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT legal_holds_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT legal_holds_reason_length CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 2000))),
    CONSTRAINT legal_holds_released CHECK (((released_by IS NULL) OR (released_at IS NOT NULL)))
);

ALTER TABLE ONLY app_public.legal_holds FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE legal_holds; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.legal_holds IS 'What retention must not delete in a workspace, whatever a policy says. Only its owners and administrators see it.';

--
-- Name: COLUMN legal_holds.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.legal_holds.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN legal_holds.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.legal_holds.workspace_id IS 'The tenant.';

--
-- Name: COLUMN legal_holds.kind; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.legal_holds.kind IS 'What is held; null means everything.';

--
-- Name: COLUMN legal_holds.reason; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.legal_holds.reason IS 'Why.';

--
-- Name: COLUMN legal_holds.placed_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.legal_holds.placed_by IS 'Who placed it.';

--
-- Name: COLUMN legal_holds.released_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.legal_holds.released_by IS 'Who released it.';

--
-- Name: COLUMN legal_holds.released_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.legal_holds.released_at IS 'When it was released; it stays on record.';

--
-- Name: COLUMN legal_holds.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.legal_holds.created_at IS 'When it was placed; derived from the id.';

--
-- Name: place_legal_hold(text, app_public.retention_kind); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.place_legal_hold(reason text, kind app_public.retention_kind DEFAULT NULL::app_public.retention_kind) RETURNS app_public.legal_holds
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  if coalesce(char_length(trim(place_legal_hold.reason)), 0) not between 1 and 2000 then
    raise exception 'A hold has a reason of 1 to 2,000 characters.' using errcode = 'CQ200', hint = 'Say why.';
  end if;
  perform app_private.lock_holds(app_hidden.current_workspace_id(), for_placing => true);
  insert into app_public.legal_holds (workspace_id, kind, reason, placed_by)
  values (app_hidden.current_workspace_id(), place_legal_hold.kind, trim(place_legal_hold.reason), app_hidden.current_user_id())
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION place_legal_hold(reason text, kind app_public.retention_kind); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.place_legal_hold(reason text, kind app_public.retention_kind) IS 'Keeps retention from deleting anything of a kind, or anything at all, in this workspace. Errors: CQ101 not signed in, CQ109 read-only, CQ200 no reason, CQ114 not an owner or administrator of the workspace.';

--
-- Name: post_message(uuid, text, app_public.message_role, uuid, uuid, text, text, text, integer, integer, integer, numeric, integer, jsonb, jsonb, jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.post_message(conversation_id uuid, content text, role app_public.message_role DEFAULT 'user'::app_public.message_role, parent_id uuid DEFAULT NULL::uuid, id uuid DEFAULT NULL::uuid, idempotency_key text DEFAULT NULL::text, provider text DEFAULT NULL::text, model text DEFAULT NULL::text, prompt_tokens integer DEFAULT NULL::integer, completion_tokens integer DEFAULT NULL::integer, total_tokens integer DEFAULT NULL::integer, cost_usd numeric DEFAULT NULL::numeric, processing_time_ms integer DEFAULT NULL::integer, parts jsonb DEFAULT NULL::jsonb, attachments jsonb DEFAULT NULL::jsonb, metadata jsonb DEFAULT '{}'::jsonb) RETURNS app_public.messages
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  place app_public.conversations;
  draft app_public.messages;
  result app_public.messages;
begin
  conversation := app_private.lock_conversation(post_message.conversation_id);
  if post_message.parent_id is not null then
    select m.conversation_id into draft.conversation_id from app_public.messages m
    where m.id = post_message.parent_id and m.workspace_id = conversation.workspace_id;
  end if;

  -- to the end of the chain of full conversations; what was written before with this key is somewhere on the way
  loop
    if post_message.idempotency_key is not null then
      result := app_private.message_of_key(conversation.id, post_message.idempotency_key);
      if result.id is not null then
        return result;
      end if;
    end if;
    place := app_private.lock_continuation(conversation, 1, post_message.id);
    exit when place.id = conversation.id;
    conversation := place;
  end loop;

  draft.id := post_message.id;
  -- the parent of a continued conversation stays behind in the full one
  if draft.conversation_id is distinct from post_message.conversation_id or conversation.id = post_message.conversation_id then
    draft.parent_id := post_message.parent_id;
  end if;
  draft.role := post_message.role;
  draft.content := post_message.content;
  draft.idempotency_key := post_message.idempotency_key;
  draft.provider := post_message.provider;
  draft.model := post_message.model;
  draft.prompt_tokens := post_message.prompt_tokens;
  draft.completion_tokens := post_message.completion_tokens;
  draft.total_tokens := post_message.total_tokens;
  draft.cost_usd := post_message.cost_usd;
  draft.processing_time_ms := post_message.processing_time_ms;
  draft.parts := post_message.parts;
  draft.attachments := post_message.attachments;
  draft.metadata := post_message.metadata;
  return app_private.insert_message(conversation, draft, conversation.id <> post_message.conversation_id);
end
$$;

--
-- Name: FUNCTION post_message(conversation_id uuid, content text, role app_public.message_role, parent_id uuid, id uuid, idempotency_key text, provider text, model text, prompt_tokens integer, completion_tokens integer, total_tokens integer, cost_usd numeric, processing_time_ms integer, parts jsonb, attachments jsonb, metadata jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.post_message(conversation_id uuid, content text, role app_public.message_role, parent_id uuid, id uuid, idempotency_key text, provider text, model text, prompt_tokens integer, completion_tokens integer, total_tokens integer, cost_usd numeric, processing_time_ms integer, parts jsonb, attachments jsonb, metadata jsonb) IS 'Adds a message to a conversation; one that is full is archived, and the message is in its continuation. A retry with the same idempotencyKey returns the first message. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ204 no such conversation or parent.';

--
-- Name: processing_jobs(integer); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.processing_jobs(max_jobs integer DEFAULT 100) RETURNS TABLE(id uuid, type text, status text, input jsonb, output jsonb, attempts integer, created_at timestamp with time zone, started_at timestamp with time zone, completed_at timestamp with time zone, duration interval)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  if max_jobs not between 1 and 1000 then
    raise exception 'maxJobs is 1 to 1,000, not %.', max_jobs using errcode = 'CQ200', hint = 'Ask for fewer jobs.';
  end if;
  if to_regclass('pgboss.job') is null then
    return;
  end if;
  return query execute $query$
    select j.id, j.name::text, j.state::text, j.data::jsonb, j.output::jsonb, j.retry_count + (j.started_on is not null)::integer,
      j.created_on, j.started_on, j.completed_on, j.completed_on - j.started_on
    from pgboss.job j
    order by j.created_on desc, j.id
    limit $1
  $query$ using coalesce(max_jobs, 100);
end
$_$;

--
-- Name: FUNCTION processing_jobs(max_jobs integer); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.processing_jobs(max_jobs integer) IS 'The newest jobs of the queue, of every workspace, with what they did. Error: CQ200 too many asked for.';

--
-- Name: provider_states(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.provider_states() RETURNS TABLE(provider text, state text, reason text, paused_at timestamp with time zone, paused_until timestamp with time zone, requests_left double precision, tokens_left double precision, open_claims bigint, claimed_tokens bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select n.provider,
    case
      when p.paused_until > clock_timestamp() and p.kind = 'outage' then 'circuit open'
      when p.paused_until > clock_timestamp() and p.kind = 'misconfigured' then 'misconfigured'
      when p.paused_until > clock_timestamp() then 'paused'
      when p.kind = 'outage' then 'circuit half open'
      else 'open for requests'
    end,
    p.reason, p.paused_at, p.paused_until, r.requests, r.tokens, coalesce(k.open_claims, 0), coalesce(k.claimed_tokens, 0)
  from (
    select v.provider from app_public.embedding_versions v where v.status in ('building', 'active')
    union
    select q.provider from app_hidden.provider_pauses q
  ) as n
  left join app_hidden.provider_pauses p on p.provider = n.provider
  left join app_hidden.provider_rates r on r.provider = n.provider
  left join lateral (
    select count(*) as open_claims, sum(c.tokens)::bigint as claimed_tokens
    from app_hidden.embedding_claims c
    join app_public.embedding_versions v on v.id = c.version_id and v.provider = n.provider
    where c.abandoned_at is null
  ) as k on true
  order by n.provider;
$$;

--
-- Name: FUNCTION provider_states(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.provider_states() IS 'Per provider of embeddings: whether it is asked, paused or its circuit open, why and until when; what its rate limit had left when it was last asked; and requests under way.';

--
-- Name: read_shared_conversation(text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.read_shared_conversation(token text) RETURNS app_public.shared_conversation
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  share record;
  conversation app_public.conversations;
  result app_public.shared_conversation;
begin
  if token is null or token !~ '^cqh_[0-9a-f]{64}$' then
    return null;
  end if;
  select s.conversation_id, s.until_message_id, c.title, c.storage_tier into share
  from app_public.conversation_shares s
  join app_public.conversations c on c.workspace_id = s.workspace_id and c.id = s.conversation_id
  where s.token_hash = sha256(convert_to(token, 'UTF8'))
    and s.revoked_at is null
    and (s.expires_at is null or s.expires_at > clock_timestamp())
    and (c.expires_at is null or c.expires_at > clock_timestamp());
  if share.conversation_id is null then
    return null;
  end if;
  result.title := share.title;
  if share.storage_tier <> 'hot' then
    select c.* into conversation from app_public.conversations c where c.id = share.conversation_id;
    select coalesce(
      array_agg(row(m.role, m.content, m.model, uuid_extract_timestamp(m.id))::app_public.shared_message order by m.sequence_number), '{}'
    )
    into result.messages
    from app_private.packed_message_path(conversation, share.until_message_id) as m
    where m.role in ('user', 'assistant');
    return result;
  end if;
  select coalesce(
    array_agg(row(m.role, m.content, m.model, uuid_extract_timestamp(m.id))::app_public.shared_message order by m.sequence_number), '{}'
  )
  into result.messages
  from app_private.message_path(share.conversation_id, share.until_message_id) as p
  join app_public.messages m on m.id = p.id
  where m.role in ('user', 'assistant');
  return result;
end
$_$;

--
-- Name: FUNCTION read_shared_conversation(token text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.read_shared_conversation(token text) IS 'What a link to a conversation shows; no account is needed. Null when the token is unknown, expired or revoked.';

--
-- Name: recall(text, extensions.halfvec, integer); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.recall(query text, query_embedding extensions.halfvec DEFAULT NULL::extensions.halfvec, max_results integer DEFAULT 10) RETURNS app_public.recall_response
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  candidates integer;
  response app_public.recall_response;
begin
  perform app_hidden.require_member();
  query := coalesce(query, '');
  max_results := coalesce(max_results, 10);
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to recall.' using errcode = 'CQ200', hint = 'Pass some words as "query".';
  end if;
  candidates := greatest(4 * max_results, 40);
  if query_embedding is not null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
    if vector_dims(query_embedding) <> version.dimensions then
      raise exception 'The vector has % dimensions, the active embedding version "%" has %.', vector_dims(query_embedding), version.name, version.dimensions
        using errcode = 'CQ301', hint = 'Embed the query with the model of the active version, or leave queryEmbedding out.';
    end if;
  end if;

  select array_agg(row(found.*)::app_public.recalled_memory order by found.score desc, found.id desc) into response.memories
  from (
    select
      m.id, m.content, m.subject, m.importance, fits.vector_score, fits.text_score, aged.recency,
      -- 2 / 61: first in both legs
      (least(1, fits.relevance * 61 / 2) * (0.5 + 0.3 * m.importance + 0.2 * aged.recency))::real as score
    from (
      -- a memory of several pieces counts by its best one
      select best.memory_item_id, max(best.vector_score) as vector_score, max(best.text_score) as text_score, sum(best.relevance) as relevance
      from (
        select
          c.memory_item_id, legs.leg, max(legs.vector_score) as vector_score, max(legs.text_score) as text_score,
          max(1.0 / (60 + legs.rank)) as relevance
        from (
          select 'vector' as leg, v.chunk_id, v.score as vector_score, null::real as text_score, row_number() over (order by v.score desc, v.chunk_id) as rank
          from app_private.recall_vector(version, workspace, caller, query_embedding, candidates) as v
          where version.id is not null
          union all
          select 'text', x.chunk_id, null, x.score, row_number() over (order by x.score desc, x.chunk_id)
          from app_private.search_text(workspace, caller, query, array['memory']::app_public.source_type[], candidates) as x
        ) as legs
        join app_public.chunks c on c.workspace_id = workspace and c.id = legs.chunk_id
        group by c.memory_item_id, legs.leg
      ) as best
      group by best.memory_item_id
    ) as fits
    join app_public.memory_items m on m.workspace_id = workspace and m.id = fits.memory_item_id
    cross join lateral (
      select (0.5 ^ greatest(0, extract(epoch from now() - greatest(m.last_accessed_at, lower(m.validity))) / 2592000.0))::real as recency
    ) as aged
    where upper_inf(m.validity) and (m.expires_at is null or m.expires_at > now())
    order by score desc, m.id desc
    limit max_results
  ) as found;
  response.requested := max_results;
  response.embedding_version_id := version.id;
  response.memories := coalesce(response.memories, '{}');
  response.returned := cardinality(response.memories);
  return response;
end
$$;

--
-- Name: FUNCTION recall(query text, query_embedding extensions.halfvec, max_results integer); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.recall(query text, query_embedding extensions.halfvec, max_results integer) IS 'The memories that fit a question best, weighed by importance and recency. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

--
-- Name: generated_images; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.generated_images (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    message_id uuid,
    owner_id uuid NOT NULL,
    prompt text NOT NULL,
    provider text,
    model text,
    storage_path text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    format text NOT NULL,
    generation_time_ms integer,
    cost_usd numeric(12,6),
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT generated_images_cost_usd_positive CHECK ((cost_usd >= (0)::numeric)),
    CONSTRAINT generated_images_format_known CHECK ((format = ANY (ARRAY['png'::text, 'jpeg'::text, 'webp'::text, 'gif'::text, 'avif'::text]))),
    CONSTRAINT generated_images_generation_time_ms_positive CHECK ((generation_time_ms >= 0)),
    CONSTRAINT generated_images_height_range CHECK (((height >= 1) AND (height <= 65536))),
    CONSTRAINT generated_images_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT generated_images_model_length CHECK ((char_length(model) <= 200)),
    CONSTRAINT generated_images_prompt_length CHECK (((char_length(prompt) >= 1) AND (char_length(prompt) <= 32000))),
    CONSTRAINT generated_images_provider_length CHECK ((char_length(provider) <= 100)),
    CONSTRAINT generated_images_storage_path_format CHECK (((char_length(storage_path) <= 1024) AND (storage_path ~ '^[A-Za-z0-9_-][A-Za-z0-9_./-]*$'::text) AND (storage_path !~ '(^|/)[.]{1,2}(/|$)'::text))),
    CONSTRAINT generated_images_width_range CHECK (((width >= 1) AND (width <= 65536)))
);

ALTER TABLE ONLY app_public.generated_images FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE generated_images; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.generated_images IS 'An image that was generated in a conversation; its bytes are in the storage. Written by recordImage.';

--
-- Name: COLUMN generated_images.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN generated_images.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.workspace_id IS 'The tenant.';

--
-- Name: COLUMN generated_images.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.conversation_id IS 'The conversation.';

--
-- Name: COLUMN generated_images.message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.message_id IS 'The message that shows it. No foreign key: messages are packed away later.';

--
-- Name: COLUMN generated_images.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.owner_id IS 'Who had it generated.';

--
-- Name: COLUMN generated_images.prompt; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.prompt IS 'What was asked for.';

--
-- Name: COLUMN generated_images.provider; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.provider IS 'Provider of the model.';

--
-- Name: COLUMN generated_images.model; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.model IS 'Model that made it.';

--
-- Name: COLUMN generated_images.storage_path; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.storage_path IS 'Where its bytes are, relative to the storage.';

--
-- Name: COLUMN generated_images.width; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.width IS 'Width in pixels.';

--
-- Name: COLUMN generated_images.height; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.height IS 'Height in pixels.';

--
-- Name: COLUMN generated_images.format; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.format IS 'png, jpeg, webp, gif or avif.';

--
-- Name: COLUMN generated_images.generation_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.generation_time_ms IS 'How long it took, in milliseconds.';

--
-- Name: COLUMN generated_images.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.cost_usd IS 'Cost in US dollars.';

--
-- Name: COLUMN generated_images.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.generated_images.created_at IS 'When it was made; derived from the id.';

--
-- Name: record_image(uuid, text, text, integer, integer, text, uuid, text, text, integer, numeric); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.record_image(conversation_id uuid, prompt text, storage_path text, width integer, height integer, format text DEFAULT 'png'::text, message_id uuid DEFAULT NULL::uuid, provider text DEFAULT NULL::text, model text DEFAULT NULL::text, generation_time_ms integer DEFAULT NULL::integer, cost_usd numeric DEFAULT NULL::numeric) RETURNS app_public.generated_images
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  image app_public.generated_images;
begin
  conversation := app_private.lock_conversation(record_image.conversation_id);
  if record_image.message_id is not null and not exists (
    select from app_public.messages m where m.id = record_image.message_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such message in this conversation.' using errcode = 'CQ204', hint = 'messageId must be a message of the same conversation.';
  end if;
  insert into app_public.generated_images (
    workspace_id, conversation_id, message_id, owner_id, prompt, provider, model, storage_path, width, height, format, generation_time_ms, cost_usd
  )
  values (
    conversation.workspace_id, conversation.id, record_image.message_id, app_hidden.current_user_id(), record_image.prompt,
    record_image.provider, record_image.model, record_image.storage_path, record_image.width, record_image.height,
    coalesce(record_image.format, 'png'), record_image.generation_time_ms, record_image.cost_usd
  )
  returning * into image;
  if image.cost_usd > 0 then
    perform app_private.require_quota();
  end if;
  insert into app_public.usage_logs (workspace_id, user_id, conversation_id, message_id, action, provider, model, cost_usd)
  select image.workspace_id, image.owner_id, image.conversation_id, image.message_id, 'image', image.provider, image.model, image.cost_usd
  where image.cost_usd > 0;
  return image;
end
$$;

--
-- Name: FUNCTION record_image(conversation_id uuid, prompt text, storage_path text, width integer, height integer, format text, message_id uuid, provider text, model text, generation_time_ms integer, cost_usd numeric); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.record_image(conversation_id uuid, prompt text, storage_path text, width integer, height integer, format text, message_id uuid, provider text, model text, generation_time_ms integer, cost_usd numeric) IS 'Writes down an image that was generated in a conversation. Errors: CQ101, CQ109, CQ200 a value out of range, CQ204 no such conversation or message, CQ221 your monthly quota is spent.';

--
-- Name: record_turn(uuid, text, text, jsonb, jsonb, text, text, integer, integer, numeric, integer, real, uuid, text, jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.record_turn(conversation_id uuid, question text, answer text, chunks jsonb DEFAULT '[]'::jsonb, tool_calls jsonb DEFAULT '[]'::jsonb, provider text DEFAULT NULL::text, model text DEFAULT NULL::text, prompt_tokens integer DEFAULT NULL::integer, completion_tokens integer DEFAULT NULL::integer, cost_usd numeric DEFAULT NULL::numeric, latency_ms integer DEFAULT NULL::integer, relevance_score real DEFAULT NULL::real, parent_id uuid DEFAULT NULL::uuid, idempotency_key text DEFAULT NULL::text, metadata jsonb DEFAULT '{}'::jsonb) RETURNS SETOF app_public.messages
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  place app_public.conversations;
  draft app_public.messages;
  asked app_public.messages;
  answered app_public.messages;
  question_key text := 'turn:' || record_turn.idempotency_key || ':question';
  answer_key text := 'turn:' || record_turn.idempotency_key || ':answer';
  parent_place uuid;
begin
  conversation := app_private.lock_conversation(record_turn.conversation_id);
  if char_length(record_turn.idempotency_key) not between 1 and 180 then
    raise exception 'The idempotency key of a turn has 1 to 180 characters.' using errcode = 'CQ200', hint = 'A UUID will do.';
  end if;
  if record_turn.parent_id is not null then
    select m.conversation_id into parent_place from app_public.messages m
    where m.id = record_turn.parent_id and m.workspace_id = conversation.workspace_id;
  end if;

  loop
    if record_turn.idempotency_key is not null then
      asked := app_private.message_of_key(conversation.id, question_key);
      answered := app_private.message_of_key(conversation.id, answer_key);
      if asked.id is not null and answered.id is not null then
        return next asked;
        return next answered;
        return;
      end if;
    end if;
    place := app_private.lock_continuation(conversation, 2);
    exit when place.id = conversation.id;
    conversation := place;
  end loop;

  draft.role := 'user';
  draft.content := record_turn.question;
  if parent_place is distinct from record_turn.conversation_id or conversation.id = record_turn.conversation_id then
    draft.parent_id := record_turn.parent_id;
  end if;
  draft.idempotency_key := question_key;
  asked := app_private.insert_message(conversation, draft, conversation.id <> record_turn.conversation_id);

  -- the counters moved with the question
  select c.* into conversation from app_public.conversations c where c.id = asked.conversation_id;
  draft := null;
  draft.role := 'assistant';
  draft.content := record_turn.answer;
  draft.parent_id := case when asked.parent_id is not null then asked.id end;
  draft.idempotency_key := answer_key;
  draft.provider := record_turn.provider;
  draft.model := record_turn.model;
  draft.prompt_tokens := record_turn.prompt_tokens;
  draft.completion_tokens := record_turn.completion_tokens;
  draft.total_tokens := case
    when num_nonnulls(record_turn.prompt_tokens, record_turn.completion_tokens) > 0
      then coalesce(record_turn.prompt_tokens, 0) + coalesce(record_turn.completion_tokens, 0)
  end;
  draft.cost_usd := record_turn.cost_usd;
  draft.processing_time_ms := record_turn.latency_ms;
  draft.relevance_score := record_turn.relevance_score;
  draft.metadata := record_turn.metadata;
  answered := app_private.insert_message(conversation, draft);

  perform app_private.add_message_chunks(answered, record_turn.chunks);
  perform app_private.add_tool_calls(answered, record_turn.tool_calls);
  return next asked;
  return next answered;
end
$$;

--
-- Name: FUNCTION record_turn(conversation_id uuid, question text, answer text, chunks jsonb, tool_calls jsonb, provider text, model text, prompt_tokens integer, completion_tokens integer, cost_usd numeric, latency_ms integer, relevance_score real, parent_id uuid, idempotency_key text, metadata jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.record_turn(conversation_id uuid, question text, answer text, chunks jsonb, tool_calls jsonb, provider text, model text, prompt_tokens integer, completion_tokens integer, cost_usd numeric, latency_ms integer, relevance_score real, parent_id uuid, idempotency_key text, metadata jsonb) IS 'Stores a question with its answer, the chunks [{chunkId, similarityScore}] and tool calls [{name, arguments, result, status, durationMs}] of it, in one transaction; returns both messages. A retry with the same idempotencyKey returns the first ones. Errors: CQ101, CQ109, CQ200 unusable argument, CQ204 no such conversation, parent or chunk, CQ221 your monthly quota is spent.';

--
-- Name: redrive_embeddings(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.redrive_embeddings() RETURNS app_public.redriven_embeddings
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_private.require_manager();
  return app_hidden.redrive_embeddings(app_hidden.current_workspace_id());
end
$$;

--
-- Name: FUNCTION redrive_embeddings(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.redrive_embeddings() IS 'Has everything of this workspace that could not be embedded tried again at once. Errors: CQ101, CQ109, CQ110, CQ114 not an owner or administrator of the workspace.';

--
-- Name: register(text, text, text, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.register(email text, password text, username text DEFAULT NULL::text, display_name text DEFAULT NULL::text) RETURNS app_public.authentication
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  new_user_id uuid;
  violated text;
begin
  begin
    insert into app_public.users (email, username, display_name, last_login_at)
    values (trim(register.email), nullif(lower(trim(register.username)), ''), nullif(trim(register.display_name), ''), now())
    returning id into new_user_id;
  exception
    when unique_violation then
      get stacked diagnostics violated = constraint_name;
      if violated = 'users_username_key' then
        raise exception 'This user name is taken.' using errcode = 'CQ104', hint = 'Choose another user name.';
      end if;
      raise exception 'There is an account with this e-mail address.' using errcode = 'CQ104', hint = 'Sign in instead, or use another address.';
    when check_violation or not_null_violation then
      get stacked diagnostics violated = constraint_name;
      raise exception 'The % is not acceptable.', case
        when violated = 'users_username_format' then 'user name'
        when violated = 'users_display_name_length' then 'display name'
        else 'e-mail address'
      end using errcode = 'CQ200', hint = 'An address looks like name@example.org; a user name has 2 to 39 letters, digits, "-" or "_"; a display name at most 255 characters.';
  end;

  insert into app_private.user_secrets (user_id, password_hash)
  values (new_user_id, app_private.hash_password(register.password));

  perform app_private.create_personal_workspace(new_user_id);
  perform app_private.log_event('user.registered', new_user_id);
  return app_private.create_session(new_user_id);
end
$$;

--
-- Name: FUNCTION register(email text, password text, username text, display_name text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.register(email text, password text, username text, display_name text) IS 'Makes an account with a personal workspace and signs in. Errors: CQ104 taken, CQ105 password too short or too long, CQ200 malformed.';

--
-- Name: release_legal_hold(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.release_legal_hold(id uuid) RETURNS app_public.legal_holds
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  update app_public.legal_holds h
  set released_at = clock_timestamp(), released_by = app_hidden.current_user_id()
  where h.id = release_legal_hold.id and h.workspace_id = app_hidden.current_workspace_id() and h.released_at is null
  returning * into result;
  if result.id is null then
    raise exception 'There is no such hold.' using errcode = 'CQ204', hint = 'It may be released already.';
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION release_legal_hold(id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.release_legal_hold(id uuid) IS 'Releases a legal hold; it stays on record. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such hold, CQ114 not an owner or administrator of the workspace.';

--
-- Name: remember(text, text, real, app_public.memory_source_type, uuid, app_public.visibility, timestamp with time zone, jsonb, jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.remember(content text, subject text DEFAULT NULL::text, importance real DEFAULT 0.5, source_type app_public.memory_source_type DEFAULT 'manual'::app_public.memory_source_type, source_id uuid DEFAULT NULL::uuid, visibility app_public.visibility DEFAULT 'private'::app_public.visibility, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, provenance jsonb DEFAULT '{}'::jsonb, metadata jsonb DEFAULT '{}'::jsonb) RETURNS app_public.memory_items
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  workspace uuid := app_hidden.current_workspace_id();
  caller uuid := app_hidden.current_user_id();
  fact text := nullif(trim(remember.content), '');
  about text := nullif(trim(remember.subject), '');
  weight real := coalesce(remember.importance, 0.5);
  fact_hash bytea;
  existing app_public.memory_items;
  result app_public.memory_items;
  since timestamptz;
begin
  perform app_hidden.require_member(for_writing => true);
  if fact is null or char_length(fact) > 10000 then
    raise exception 'A memory has 1 to 10,000 characters; this one has %.', coalesce(char_length(fact), 0)
      using errcode = 'CQ200', hint = 'Put long texts into documents.';
  end if;
  if char_length(about) > 200 then
    raise exception 'A subject has at most 200 characters; this one has %.', char_length(about) using errcode = 'CQ200', hint = 'Name it shortly.';
  end if;
  if weight not between 0 and 1 then
    raise exception 'importance is 0 to 1, not %.', weight using errcode = 'CQ200', hint = 'Leave it out for 0.5.';
  end if;
  if remember.expires_at <= now() then
    raise exception 'expiresAt lies in the past.' using errcode = 'CQ200', hint = 'Leave it out for a memory that stays.';
  end if;
  if (coalesce(remember.source_type, 'manual') = 'manual') <> (remember.source_id is null) then
    raise exception 'A memory has a sourceId exactly when its sourceType is not MANUAL.' using errcode = 'CQ200', hint = 'Send both or none.';
  end if;
  if remember.source_id is not null and not (
    case remember.source_type
      when 'document' then exists (
        select from app_public.documents d
        where d.workspace_id = workspace and d.id = remember.source_id and (d.owner_id = caller or d.visibility = 'workspace')
      )
      when 'chat' then exists (
        select from app_public.conversations c
        where c.workspace_id = workspace and (c.owner_id = caller or c.visibility = 'workspace')
          and c.id in (
            remember.source_id,
            coalesce((select m.conversation_id from app_public.messages m where m.id = remember.source_id), app_private.packed_conversation_of(remember.source_id))
          )
      )
      else exists (select from app_public.raw_events e where e.workspace_id = workspace and e.id = remember.source_id)
    end
  ) then
    raise exception 'There is no such source.' using errcode = 'CQ204', hint = 'sourceId must be something that you may read in this workspace.';
  end if;

  -- one at a time per owner: two that come together see each other
  perform pg_advisory_xact_lock(hashtextextended(format('app_public.remember %s %s', workspace, caller), 0));
  fact_hash := app_hidden.text_hash(coalesce(app_hidden.normalized_text(about), '') || E'\n' || app_hidden.normalized_text(fact));

  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.content_hash = fact_hash and upper_inf(m.validity)
  for update;
  if existing.id is not null then
    if existing.source_id = remember.source_id then
      return existing;
    end if;
    insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change, old_values)
    values (workspace, caller, existing.id, 'merged', jsonb_build_object('importance', existing.importance, 'expiresAt', existing.expires_at));
    update app_public.memory_items m
    set importance = least(1, greatest(m.importance, weight) + 0.05),
      expires_at = case when remember.expires_at is null then null else greatest(m.expires_at, remember.expires_at) end,
      updated_at = clock_timestamp()
    where m.id = existing.id
    returning * into result;
    return result;
  end if;

  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.source_id = remember.source_id and m.content_hash = fact_hash
  order by m.id desc
  limit 1;
  if existing.id is not null then
    return existing;
  end if;

  since := clock_timestamp();
  select m.* into existing
  from app_public.memory_items m
  where m.workspace_id = workspace and m.owner_id = caller and m.subject_key = app_hidden.normalized_text(about)
    and m.forgotten_at is null and upper_inf(m.validity)
  for update;
  if existing.id is not null then
    since := greatest(since, lower(existing.validity) + interval '1 microsecond');
    update app_public.memory_items m
    set validity = tstzrange(lower(m.validity), since), updated_at = since
    where m.id = existing.id;
  end if;

  insert into app_public.memory_items (
    workspace_id, owner_id, visibility, subject, content, source_type, source_id, importance, expires_at, validity, provenance, metadata
  )
  values (
    workspace, caller, coalesce(remember.visibility, 'private'), about, fact, coalesce(remember.source_type, 'manual'), remember.source_id,
    weight, remember.expires_at, tstzrange(since, null), coalesce(remember.provenance, '{}'), coalesce(remember.metadata, '{}')
  )
  returning * into result;
  insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change)
  values (workspace, caller, result.id, 'remembered');
  if existing.id is not null then
    update app_public.memory_items m set superseded_by = result.id where m.id = existing.id;
    insert into app_public.memory_item_changes (workspace_id, owner_id, memory_item_id, change)
    values (workspace, caller, existing.id, 'superseded');
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION remember(content text, subject text, importance real, source_type app_public.memory_source_type, source_id uuid, visibility app_public.visibility, expires_at timestamp with time zone, provenance jsonb, metadata jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.remember(content text, subject text, importance real, source_type app_public.memory_source_type, source_id uuid, visibility app_public.visibility, expires_at timestamp with time zone, provenance jsonb, metadata jsonb) IS 'Remembers a fact. The same text again raises its importance; a new value for a subject takes the place of the one before. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ204 no such source.';

--
-- Name: remove_member(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.remove_member(user_id uuid) RETURNS app_public.workspace_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  caller app_public.workspace_members;
  target app_public.workspace_members;
begin
  caller := app_private.lock_workspace();
  target := app_private.find_member(caller.workspace_id, remove_member.user_id);
  perform app_private.require_rank(caller, target.role), app_private.require_other_owner(target);
  delete from app_public.workspace_members m where m.workspace_id = target.workspace_id and m.user_id = target.user_id;
  return target;
end
$$;

--
-- Name: FUNCTION remove_member(user_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.remove_member(user_id uuid) IS 'Ends a membership in the workspace of the request; keys of that member go with it, content stays. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ111 the last owner, CQ113 personal, CQ114 not allowed, CQ204 no such member.';

--
-- Name: remove_tag(text, app_public.taggable_type, uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid) RETURNS app_public.entity_tags
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  result app_public.entity_tags;
begin
  perform app_hidden.require_member(for_writing => true);
  perform app_private.require_readable(remove_tag.entity_type, remove_tag.entity_id);
  delete from app_public.entity_tags e
  using app_public.tags t
  where t.workspace_id = app_hidden.current_workspace_id() and t.name = trim(remove_tag.name)::citext
    and e.tag_id = t.id and e.entity_type = remove_tag.entity_type and e.entity_id = remove_tag.entity_id
  returning e.* into result;
  if result.tag_id is null then
    raise exception 'It has no such tag.' using errcode = 'CQ204', hint = 'Upper and lower case do not matter.';
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid) IS 'Takes a tag from a thing. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such thing or tag.';

--
-- Name: rename_workspace(text, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.rename_workspace(name text, slug text DEFAULT NULL::text) RETURNS app_public.workspaces
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  result app_public.workspaces;
begin
  perform app_private.lock_workspace();
  begin
    update app_public.workspaces w
    set name = trim(rename_workspace.name), slug = coalesce(nullif(lower(trim(rename_workspace.slug)), '')::citext, w.slug)
    where w.id = app_hidden.current_workspace_id()
    returning * into result;
  exception when unique_violation then
    raise exception 'This slug is taken.' using errcode = 'CQ116', hint = 'Choose another, or leave it out.';
  end;
  return result;
end
$$;

--
-- Name: FUNCTION rename_workspace(name text, slug text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.rename_workspace(name text, slug text) IS 'Renames the workspace of the request; without a slug it keeps its own. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not an owner or admin, CQ116 the slug is taken, CQ200 not acceptable.';

--
-- Name: request_email_verification(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.request_email_verification() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  token text := 'cqv_' || encode(gen_random_bytes(32), 'hex');
  validity interval := make_interval(hours => app_hidden.setting('verification_hours')::integer);
  pause interval := make_interval(secs => app_hidden.setting('mail_pause_seconds')::integer);
  me app_public.users;
begin
  perform app_hidden.require_session();
  select u.* into me from app_public.users u where u.id = app_hidden.current_user_id();
  if me.is_email_verified then
    return false;
  end if;
  update app_private.user_secrets s
  set verification_token_hash = sha256(convert_to(token, 'UTF8')), verification_expires_at = clock_timestamp() + validity
  where s.user_id = me.id
    and (s.verification_expires_at is null or s.verification_expires_at - validity + pause <= clock_timestamp());
  if found then
    perform app_private.send_mail(me.email::text, 'Your address at Colloquy', format(
      E'Please confirm that this is your address.\n\nToken: %s\n\nIt works once, for %s hours.',
      token, app_hidden.setting('verification_hours')
    ));
  end if;
  return true;
end
$$;

--
-- Name: FUNCTION request_email_verification(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.request_email_verification() IS 'Mails a token that verifies the address, at most one a minute. False when it is verified already. Errors: CQ101 not signed in, CQ110 not with an API key.';

--
-- Name: request_password_reset(text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.request_password_reset(email text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  token text := 'cqr_' || encode(gen_random_bytes(32), 'hex');
  validity interval := make_interval(mins => app_hidden.setting('reset_minutes')::integer);
  pause interval := make_interval(secs => app_hidden.setting('mail_pause_seconds')::integer);
  account uuid;
  recipient text;
begin
  select u.id into account
  from app_public.users u
  where u.email = left(trim(request_password_reset.email), 255)::citext and u.is_active;

  update app_private.user_secrets s
  set reset_token_hash = sha256(convert_to(token, 'UTF8')), reset_expires_at = clock_timestamp() + validity
  from app_public.users u
  where s.user_id = account and u.id = s.user_id
    -- a mailbox is not flooded by whoever knows its address
    and (s.reset_expires_at is null or s.reset_expires_at - validity + pause <= clock_timestamp())
  returning u.email into recipient;

  perform app_private.send_mail(recipient, 'A new password for Colloquy', format(
    E'Somebody, probably you, asked for a new password.\n\nToken: %s\n\nIt works once, for %s minutes. If it was not you, do nothing.',
    token, app_hidden.setting('reset_minutes')
  ));
  if recipient is not null then
    perform app_private.log_event('user.password_reset_requested', account);
  end if;
  return true;
end
$$;

--
-- Name: FUNCTION request_password_reset(email text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.request_password_reset(email text) IS 'Mails a token for a new password, if there is such an account. The answer is always true.';

--
-- Name: request_tool_call(uuid, text, jsonb, integer); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.request_tool_call(message_id uuid, name text, arguments jsonb DEFAULT '{}'::jsonb, turn integer DEFAULT 1) RETURNS app_public.tool_calls
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  result app_public.tool_calls;
begin
  conversation := app_private.lock_conversation_of(request_tool_call.message_id);
  if (select m.role from app_public.messages m where m.id = request_tool_call.message_id) <> 'assistant' then
    raise exception 'Only a message of an assistant calls tools.' using errcode = 'CQ200', hint = 'Pass the id of the answer.';
  end if;
  insert into app_public.tool_calls (workspace_id, conversation_id, message_id, turn, position, name, arguments)
  values (
    conversation.workspace_id, conversation.id, request_tool_call.message_id, coalesce(request_tool_call.turn, 1),
    1 + (
      select count(*) from app_public.tool_calls t
      where t.message_id = request_tool_call.message_id and t.turn = coalesce(request_tool_call.turn, 1)
    ),
    request_tool_call.name, coalesce(request_tool_call.arguments, '{}')
  )
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION request_tool_call(message_id uuid, name text, arguments jsonb, turn integer); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.request_tool_call(message_id uuid, name text, arguments jsonb, turn integer) IS 'Adds a tool call to an answer, to be approved or denied. Errors: CQ101, CQ109, CQ200 not an answer or a value out of range, CQ204 no such message.';

--
-- Name: reserve_usage(bigint, numeric); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.reserve_usage(tokens bigint, cost_usd numeric DEFAULT 0) RETURNS app_public.usage_reservations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.require_member(for_writing => true);
  if reserve_usage.tokens is null or reserve_usage.tokens not between 0 and 1000000000000
    or reserve_usage.cost_usd is null or reserve_usage.cost_usd not between 0 and 1000000
  then
    raise exception 'What is reserved is not negative.' using errcode = 'CQ200', hint = 'Pass tokens, and costUsd when it is known.';
  end if;
  return app_private.reserve_for(
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), reserve_usage.tokens, reserve_usage.cost_usd
  );
end
$$;

--
-- Name: FUNCTION reserve_usage(tokens bigint, cost_usd numeric); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.reserve_usage(tokens bigint, cost_usd numeric) IS 'Sets tokens and cost aside before work begins; settleUsage ends it. Errors: CQ101, CQ109, CQ200 a negative amount, CQ220 the budget is spent, CQ221 the caller''s monthly quota is.';

--
-- Name: reset_password(text, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.reset_password(token text, new_password text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  account uuid;
begin
  update app_private.user_secrets s
  set
    password_hash = app_private.hash_password(new_password), failed_attempts = 0, locked_until = null,
    reset_token_hash = null, reset_expires_at = null
  from app_public.users u
  where s.reset_token_hash = sha256(convert_to(left(token, 100), 'UTF8')) and s.reset_expires_at > clock_timestamp()
    and u.id = s.user_id and u.is_active
  returning s.user_id into account;
  if account is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestPasswordReset.';
  end if;
  -- who reads the mailbox has proved it
  update app_public.users u set is_email_verified = true where u.id = account and not u.is_email_verified;
  if found then
    -- whoever came by an identity provider before has not, and comes in no more
    delete from app_private.user_identities i where i.user_id = account;
  end if;
  delete from app_private.user_sessions s where s.user_id = account;
  perform app_private.log_event('user.password_reset', account);
  return true;
end
$$;

--
-- Name: FUNCTION reset_password(token text, new_password text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.reset_password(token text, new_password text) IS 'Sets a new password by a token from a mail, and ends all sessions. Errors: CQ105 too short or too long, CQ112 token unknown, used or expired.';

--
-- Name: restore_conversation(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.restore_conversation(conversation_id uuid) RETURNS app_public.conversations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  select c.* into conversation
  from app_public.conversations c
  where c.id = restore_conversation.conversation_id and c.workspace_id = app_hidden.current_workspace_id()
    and (c.owner_id = app_hidden.current_user_id() or c.visibility = 'workspace' and app_hidden.can_manage())
  for no key update;
  if conversation.id is null then
    raise exception 'There is no such conversation.' using errcode = 'CQ204', hint = 'Its owner restores it, or a manager of the workspace that it is shared with.';
  end if;
  conversation := app_private.unpack_conversation(conversation);
  -- one that is full stays put away: its continuation takes the messages
  if conversation.is_archived and not conversation.is_auto_archived then
    update app_public.conversations c set is_archived = false where c.id = conversation.id returning c.* into conversation;
  end if;
  return conversation;
end
$$;

--
-- Name: FUNCTION restore_conversation(conversation_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.restore_conversation(conversation_id uuid) IS 'Brings an archived conversation back, as it was. Again changes nothing. Errors: CQ101, CQ109, CQ204 no such conversation, CQ260 its archive is damaged.';

--
-- Name: api_keys; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.api_keys (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    scopes text[] NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT api_keys_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT api_keys_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT api_keys_prefix_format CHECK ((prefix ~ '^cqk_[0-9a-f]{8}$'::text)),
    CONSTRAINT api_keys_scopes_known CHECK ((((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 4)) AND (scopes <@ ARRAY['read'::text, 'write'::text, 'search'::text, 'admin'::text])))
);

ALTER TABLE ONLY app_public.api_keys FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE api_keys; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.api_keys IS 'Keys for programs. A key acts as its owner in one workspace, within its scopes. The secret itself is never stored.';

--
-- Name: COLUMN api_keys.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.id IS 'Time-ordered identifier (UUID version 7), not a secret.';

--
-- Name: COLUMN api_keys.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.workspace_id IS 'The workspace that the key works in, and no other.';

--
-- Name: COLUMN api_keys.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.owner_id IS 'The member that the key acts as.';

--
-- Name: COLUMN api_keys.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.name IS 'What it is for.';

--
-- Name: COLUMN api_keys.prefix; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.prefix IS 'First characters of the secret, to tell keys apart.';

--
-- Name: COLUMN api_keys.scopes; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.scopes IS 'read (search included), write (read included), search (nothing else), admin (members, invitations and audit log, for owners and admins; read included).';

--
-- Name: COLUMN api_keys.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.expires_at IS 'When it stops working; null means never.';

--
-- Name: COLUMN api_keys.last_used_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.last_used_at IS 'Last request, to the minute.';

--
-- Name: COLUMN api_keys.is_active; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.is_active IS 'A revoked key stays listed and does not work.';

--
-- Name: COLUMN api_keys.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.api_keys.created_at IS 'When it was made; derived from the id.';

--
-- Name: revoke_api_key(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.revoke_api_key(id uuid) RETURNS app_public.api_keys
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.api_keys;
begin
  perform app_hidden.require_session();
  update app_public.api_keys k
  set is_active = false
  where k.id = revoke_api_key.id and k.workspace_id = app_hidden.current_workspace_id()
    and (k.owner_id = app_hidden.current_user_id() or app_hidden.can_manage())
  returning * into result;
  if result.id is null then
    raise exception 'There is no such key.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  delete from app_private.api_key_secrets s where s.api_key_id = result.id;
  return result;
end
$$;

--
-- Name: FUNCTION revoke_api_key(id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.revoke_api_key(id uuid) IS 'Switches a key off for good; the next request with it is refused. Errors: CQ101 not signed in, CQ110 not with an API key, CQ204 no such key.';

--
-- Name: revoke_invitation(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.revoke_invitation(id uuid) RETURNS app_public.workspace_invitations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  caller app_public.workspace_members;
  result app_public.workspace_invitations;
begin
  caller := app_private.lock_workspace();
  delete from app_public.workspace_invitations i
  where i.id = revoke_invitation.id and i.workspace_id = caller.workspace_id and i.accepted_at is null
  returning * into result;
  if result.id is null then
    raise exception 'There is no such open invitation.' using errcode = 'CQ204', hint = 'Check the id and the workspace of the request.';
  end if;
  return result;
end
$$;

--
-- Name: FUNCTION revoke_invitation(id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.revoke_invitation(id uuid) IS 'Takes an open invitation back. Errors: CQ101 not signed in, CQ110 API key without "admin", CQ113 personal, CQ114 not an owner or admin, CQ204 no such open invitation.';

--
-- Name: revoke_other_sessions(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.revoke_other_sessions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  ended integer;
begin
  perform app_hidden.require_session();
  delete from app_private.user_sessions s
  where s.user_id = app_hidden.current_user_id() and s.id is distinct from app_hidden.current_session_id();
  get diagnostics ended = row_count;
  if ended > 0 then
    perform app_private.log_event('user.sessions_revoked', app_hidden.current_user_id(), new_values => jsonb_build_object('count', ended));
  end if;
  return ended;
end
$$;

--
-- Name: FUNCTION revoke_other_sessions(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.revoke_other_sessions() IS 'Ends every session of the caller but this one. Returns how many. Errors: CQ101 not signed in, CQ110 not with an API key.';

--
-- Name: revoke_session(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.revoke_session(id uuid) RETURNS app_public.active_session
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.active_session;
begin
  perform app_hidden.require_session();
  delete from app_private.user_sessions s
  where s.id = revoke_session.id and s.user_id = app_hidden.current_user_id()
  returning s.id, s.created_at, s.last_active_at, s.expires_at, s.ip, s.user_agent, s.id is not distinct from app_hidden.current_session_id()
  into result;
  if result.id is null then
    raise exception 'There is no such session.' using errcode = 'CQ204', hint = 'List your sessions with mySessions.';
  end if;
  perform app_private.log_event('user.session_revoked', app_hidden.current_user_id(), entity_type => 'session', entity_id => result.id);
  return result;
end
$$;

--
-- Name: FUNCTION revoke_session(id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.revoke_session(id uuid) IS 'Ends a session of the caller: its token stops working at once. Errors: CQ101 not signed in, CQ110 not with an API key, CQ204 no such session.';

--
-- Name: conversation_shares; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.conversation_shares (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    created_by uuid NOT NULL,
    token_hash bytea NOT NULL,
    until_message_id uuid NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT conversation_shares_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT conversation_shares_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY app_public.conversation_shares FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE conversation_shares; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.conversation_shares IS 'A link by which anybody reads a conversation up to one message. The token itself is never stored, only its SHA-256.';

--
-- Name: COLUMN conversation_shares.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.id IS 'Identifier of the link, not a secret.';

--
-- Name: COLUMN conversation_shares.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.workspace_id IS 'The tenant.';

--
-- Name: COLUMN conversation_shares.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.conversation_id IS 'The conversation.';

--
-- Name: COLUMN conversation_shares.created_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.created_by IS 'Who shared it.';

--
-- Name: COLUMN conversation_shares.token_hash; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.token_hash IS 'SHA-256 of a random 256-bit token.';

--
-- Name: COLUMN conversation_shares.until_message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.until_message_id IS 'Last message that is shown; nothing later, and no other branch.';

--
-- Name: COLUMN conversation_shares.expires_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.expires_at IS 'When the link stops working; null means never.';

--
-- Name: COLUMN conversation_shares.revoked_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.revoked_at IS 'When it was taken back.';

--
-- Name: COLUMN conversation_shares.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_shares.created_at IS 'When it was made; derived from the id.';

--
-- Name: revoke_share(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.revoke_share(share_id uuid) RETURNS app_public.conversation_shares
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  revoked app_public.conversation_shares;
begin
  perform app_hidden.require_member(for_writing => true);
  update app_public.conversation_shares s
  set revoked_at = coalesce(s.revoked_at, clock_timestamp())
  where s.id = revoke_share.share_id and s.workspace_id = app_hidden.current_workspace_id() and s.created_by = app_hidden.current_user_id()
  returning s.* into revoked;
  if revoked.id is null then
    raise exception 'There is no such link.' using errcode = 'CQ204', hint = 'List your links with conversationShares.';
  end if;
  return revoked;
end
$$;

--
-- Name: FUNCTION revoke_share(share_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.revoke_share(share_id uuid) IS 'Takes a link back. Errors: CQ101, CQ109, CQ204 no such link.';

--
-- Name: search(text, extensions.halfvec, app_public.source_type[], integer, real, app_public.search_mode); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.search(query text, query_embedding extensions.halfvec DEFAULT NULL::extensions.halfvec, kinds app_public.source_type[] DEFAULT NULL::app_public.source_type[], max_results integer DEFAULT 10, threshold real DEFAULT NULL::real, mode app_public.search_mode DEFAULT 'hybrid'::app_public.search_mode) RETURNS app_public.search_response
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  workspace uuid := app_hidden.searched_workspace_id();
  caller uuid := app_hidden.current_user_id();
  version app_public.embedding_versions;
  candidates integer;
  available bigint;
  vector_ids uuid[] := '{}';
  vector_scores real[] := '{}';
  text_ids uuid[] := '{}';
  text_scores real[] := '{}';
  response app_public.search_response;
begin
  -- an API key may search without the right to read anything else
  if workspace is null or caller is null or not app_hidden.has_scope('search') then
    perform app_hidden.require_member();
  end if;
  mode := coalesce(mode, 'hybrid');
  max_results := coalesce(max_results, 10);
  query := coalesce(query, '');
  kinds := coalesce(kinds, enum_range(null::app_public.source_type));
  if max_results not between 1 and 100 then
    raise exception 'maxResults is 1 to 100, not %.', max_results using errcode = 'CQ200', hint = 'Ask for fewer results.';
  end if;
  if char_length(query) > 10000 then
    raise exception 'A query has at most 10,000 characters; this one has %.', char_length(query) using errcode = 'CQ200', hint = 'Ask a shorter question.';
  end if;
  if threshold not between -1 and 1 then
    raise exception 'threshold is -1 to 1, not %.', threshold using errcode = 'CQ200', hint = 'Cosine similarity lies between -1 and 1.';
  end if;
  if trim(query) = '' and query_embedding is null then
    raise exception 'There is nothing to search for.' using errcode = 'CQ200', hint = 'Pass some words as "query".';
  end if;

  response.requested := max_results;
  response.path := 'none';
  response.scan_limit_hit := false;
  -- each leg hands more than was asked for to the fusion: what is second in both may be the best of all
  candidates := case mode when 'hybrid' then greatest(4 * max_results, 40) else max_results end;

  if mode <> 'text' and query_embedding is not null then
    select v.* into version from app_public.embedding_versions v where v.status = 'active';
    if version.id is not null then
      if vector_dims(query_embedding) <> version.dimensions then
        raise exception 'The vector has % dimensions, the active embedding version "%" has %.', vector_dims(query_embedding), version.name, version.dimensions
          using errcode = 'CQ301', hint = 'Embed the query with the model of the active version, or leave queryEmbedding out.';
      end if;
      response.embedding_version_id := version.id;
      select coalesce(sum(k.chunk_count), 0) into available
      from app_hidden.chunk_counts k where k.workspace_id = workspace and k.source_type = any (kinds);

      response.path := 'exact';
      if available > app_hidden.setting('search_exact_limit')::bigint then
        response.path := 'index';
        select coalesce(array_agg(s.chunk_id), '{}'), coalesce(array_agg(s.score), '{}') into vector_ids, vector_scores
        from app_private.search_vector_index(version, workspace, caller, query_embedding, kinds, candidates) as s;
        -- too few although there are more: the scan stopped at its limit, so nothing may be trusted to the index
        if cardinality(vector_ids) < candidates then
          response.path := 'index, then exact';
          response.scan_limit_hit := true;
        end if;
      end if;
      if response.path <> 'index' then
        select coalesce(array_agg(s.chunk_id), '{}'), coalesce(array_agg(s.score), '{}') into vector_ids, vector_scores
        from app_private.search_vector_exact(version, workspace, caller, query_embedding, kinds, candidates) as s;
      end if;
    end if;
  end if;

  if mode <> 'vector' and trim(query) <> '' then
    select coalesce(array_agg(s.chunk_id), '{}'), coalesce(array_agg(s.score), '{}') into text_ids, text_scores
    from app_private.search_text(workspace, caller, query, kinds, candidates) as s;
  end if;

  select array_agg(row(found.*)::app_public.search_result order by found.score desc, found.chunk_id desc) into response.results
  from (
    select
      fused.chunk_id, c.source_type, c.document_id, c.conversation_id, c.message_id,
      coalesce(d.title, t.title, i.subject) as title, c.heading,
      ts_headline(
        ('pg_catalog.' || c.text_search_language)::regconfig,
        replace(replace(replace(c.content, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
        websearch_to_tsquery(('pg_catalog.' || c.text_search_language)::regconfig, translate(query, '<>', '  ')),
        'StartSel=<mark>, StopSel=</mark>, MaxWords=40, MinWords=20, MaxFragments=1'
      ) as snippet,
      c.content, c.page_number, fused.vector_score, fused.text_score, fused.score, c.memory_item_id
    from (
      select
        legs.chunk_id, max(legs.vector_score) as vector_score, max(legs.text_score) as text_score,
        (case mode when 'hybrid' then sum(1.0 / (60 + legs.rank)) when 'vector' then max(legs.vector_score) else max(legs.text_score) end)::real as score
      from (
        select v.chunk_id, v.score as vector_score, null::real as text_score, v.rank
        from unnest(vector_ids, vector_scores) with ordinality as v (chunk_id, score, rank)
        where threshold is null or v.score >= threshold
        union all
        select x.chunk_id, null, x.score, x.rank
        from unnest(text_ids, text_scores) with ordinality as x (chunk_id, score, rank)
      ) as legs
      group by legs.chunk_id
      -- ties go to the newer chunk: ids are ordered by time
      order by score desc, legs.chunk_id desc
      limit max_results
    ) as fused
    join app_public.chunks c on c.workspace_id = workspace and c.id = fused.chunk_id
    left join app_public.documents d on d.workspace_id = workspace and d.id = c.document_id
    left join app_public.conversations t on t.workspace_id = workspace and t.id = c.conversation_id
    left join app_public.memory_items i on i.workspace_id = workspace and i.id = c.memory_item_id
    where i.expires_at is null or i.expires_at > now()
  ) as found;
  response.results := coalesce(response.results, '{}');
  response.returned := cardinality(response.results);
  return response;
end
$$;

--
-- Name: FUNCTION search(query text, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer, threshold real, mode app_public.search_mode); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.search(query text, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer, threshold real, mode app_public.search_mode) IS 'Finds chunks of documents, messages and memories by meaning and by words. The API computes the vector of "query" itself; kinds, maxResults (1 to 100), threshold (cosine similarity) and mode narrow the search. Errors: CQ101 not signed in, CQ200 unusable argument, CQ301 vector of another model.';

--
-- Name: set_default_rag_configuration(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.set_default_rag_configuration(rag_configuration_id uuid) RETURNS app_public.rag_configurations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.rag_configurations;
begin
  perform app_hidden.require_member(for_writing => true);
  -- one at a time in a workspace; the row of the workspace itself is what others wait for
  perform from app_public.workspaces w where w.id = app_hidden.current_workspace_id() for no key update;
  select r.* into result
  from app_public.rag_configurations r
  where r.id = set_default_rag_configuration.rag_configuration_id and r.workspace_id = app_hidden.current_workspace_id()
    and app_hidden.can_manage();
  if result.id is null then
    raise exception 'There is no such configuration, or it is not yours to change.' using errcode = 'CQ204', hint = 'An owner or admin of the workspace may.';
  end if;
  update app_public.rag_configurations r set is_default = false where r.workspace_id = result.workspace_id and r.is_default and r.id <> result.id;
  update app_public.rag_configurations r set is_default = true, is_active = true where r.id = result.id and not r.is_default;
  select r.* into result from app_public.rag_configurations r where r.id = result.id;
  return result;
end
$$;

--
-- Name: FUNCTION set_default_rag_configuration(rag_configuration_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.set_default_rag_configuration(rag_configuration_id uuid) IS 'Makes a configuration the default of the workspace. Errors: CQ101, CQ109, CQ204 no such configuration, or the caller is no owner or admin.';

--
-- Name: retention_policies; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.retention_policies (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid,
    kind app_public.retention_kind NOT NULL,
    keep_days integer,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT retention_policies_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT retention_policies_keep_days_range CHECK (((keep_days >= 1) AND (keep_days <= 36500)))
);

ALTER TABLE ONLY app_public.retention_policies FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE retention_policies; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.retention_policies IS 'How long things are kept. A legal hold comes first, then the workspace''s own policy, then the one for the whole system; without any, forever.';

--
-- Name: COLUMN retention_policies.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.retention_policies.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN retention_policies.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.retention_policies.workspace_id IS 'The tenant; null for the whole system.';

--
-- Name: COLUMN retention_policies.kind; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.retention_policies.kind IS 'What it is about.';

--
-- Name: COLUMN retention_policies.keep_days; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.retention_policies.keep_days IS 'Days to keep it; null means forever.';

--
-- Name: COLUMN retention_policies.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.retention_policies.updated_at IS 'Last change.';

--
-- Name: COLUMN retention_policies.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.retention_policies.created_at IS 'When it was made; derived from the id.';

--
-- Name: set_retention_policy(app_public.retention_kind, integer); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.set_retention_policy(kind app_public.retention_kind, keep_days integer) RETURNS app_public.retention_policies
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  result app_public.retention_policies;
begin
  perform app_private.require_manager();
  if set_retention_policy.kind is null or set_retention_policy.keep_days not between 1 and 36500 then
    raise exception 'keepDays is 1 to 36,500, or null for ever, and kind is needed.' using errcode = 'CQ200', hint = 'Send whole days.';
  end if;
  insert into app_public.retention_policies as p (workspace_id, kind, keep_days)
  values (app_hidden.current_workspace_id(), set_retention_policy.kind, set_retention_policy.keep_days)
  on conflict (workspace_id, kind) do update set keep_days = excluded.keep_days, updated_at = clock_timestamp()
  returning p.* into result;
  return result;
end
$$;

--
-- Name: FUNCTION set_retention_policy(kind app_public.retention_kind, keep_days integer); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.set_retention_policy(kind app_public.retention_kind, keep_days integer) IS 'Says how many days this workspace keeps a kind of thing; null means forever. It comes before the policy of the whole system, and after a legal hold. Errors: CQ101 not signed in, CQ109 read-only, CQ200 unusable argument, CQ114 not an owner or administrator of the workspace.';

--
-- Name: usage_budgets; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.usage_budgets (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    scope app_public.budget_scope NOT NULL,
    user_id uuid,
    period app_public.budget_period NOT NULL,
    token_limit bigint,
    cost_limit_usd numeric(14,6),
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT usage_budgets_cost_limit_usd_positive CHECK ((cost_limit_usd >= (0)::numeric)),
    CONSTRAINT usage_budgets_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT usage_budgets_scope_user CHECK (((scope = 'user'::app_public.budget_scope) = (user_id IS NOT NULL))),
    CONSTRAINT usage_budgets_some_limit CHECK ((num_nonnulls(token_limit, cost_limit_usd) > 0)),
    CONSTRAINT usage_budgets_token_limit_positive CHECK ((token_limit >= 0))
);

ALTER TABLE ONLY app_public.usage_budgets FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE usage_budgets; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.usage_budgets IS 'How much may be used per period, by one member or the whole workspace. Reserved before the work with reserveUsage, settled after it.';

--
-- Name: COLUMN usage_budgets.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN usage_budgets.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.workspace_id IS 'The tenant.';

--
-- Name: COLUMN usage_budgets.scope; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.scope IS 'Whom it holds for.';

--
-- Name: COLUMN usage_budgets.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.user_id IS 'The member; null for the whole workspace.';

--
-- Name: COLUMN usage_budgets.period; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.period IS 'When it begins anew, in UTC.';

--
-- Name: COLUMN usage_budgets.token_limit; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.token_limit IS 'Tokens per period; null means no limit.';

--
-- Name: COLUMN usage_budgets.cost_limit_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.cost_limit_usd IS 'US dollars per period; null means no limit.';

--
-- Name: COLUMN usage_budgets.updated_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.updated_at IS 'Last change by a person.';

--
-- Name: COLUMN usage_budgets.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_budgets.created_at IS 'When it was made; derived from the id.';

--
-- Name: set_usage_budget(app_public.budget_period, bigint, numeric, uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.set_usage_budget(period app_public.budget_period, token_limit bigint DEFAULT NULL::bigint, cost_limit_usd numeric DEFAULT NULL::numeric, user_id uuid DEFAULT NULL::uuid) RETURNS app_public.usage_budgets
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.usage_budgets;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.usage_budgets (workspace_id, scope, user_id, period, token_limit, cost_limit_usd)
  values (
    app_hidden.current_workspace_id(),
    case when set_usage_budget.user_id is null then 'workspace' else 'user' end::app_public.budget_scope,
    set_usage_budget.user_id, set_usage_budget.period, set_usage_budget.token_limit, set_usage_budget.cost_limit_usd
  )
  on conflict on constraint usage_budgets_workspace_id_user_id_period_key do update
  set token_limit = excluded.token_limit, cost_limit_usd = excluded.cost_limit_usd
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION set_usage_budget(period app_public.budget_period, token_limit bigint, cost_limit_usd numeric, user_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.set_usage_budget(period app_public.budget_period, token_limit bigint, cost_limit_usd numeric, user_id uuid) IS 'Sets how much may be used per day or month, by one member or, without userId, by the whole workspace. Errors: CQ101, CQ109, CQ200 no limit given, CQ204 no such member, CQ403 not an owner or admin of the workspace.';

--
-- Name: settle_usage(uuid, bigint, numeric); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric DEFAULT 0) RETURNS app_public.usage_reservations
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  reservation app_public.usage_reservations;
begin
  perform app_hidden.require_member(for_writing => true);
  if settle_usage.tokens is null or settle_usage.tokens not between 0 and 1000000000000
    or settle_usage.cost_usd is null or settle_usage.cost_usd not between 0 and 1000000
  then
    raise exception 'What was used is not negative.' using errcode = 'CQ200', hint = 'Pass tokens, and costUsd when it is known.';
  end if;
  select r.* into reservation
  from app_public.usage_reservations r
  where r.id = settle_usage.reservation_id and r.workspace_id = app_hidden.current_workspace_id() and r.user_id = app_hidden.current_user_id()
  for no key update;
  if reservation.id is null then
    raise exception 'There is no such reservation.' using errcode = 'CQ204', hint = 'Pass the id that reserveUsage returned.';
  end if;
  return app_private.settle_reservation(reservation, settle_usage.tokens, settle_usage.cost_usd);
end
$$;

--
-- Name: FUNCTION settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric) IS 'Ends a reservation with what was really used. Errors: CQ101, CQ109, CQ200 a negative amount, CQ204 no such reservation.';

--
-- Name: share_conversation(uuid, uuid, timestamp with time zone); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.share_conversation(conversation_id uuid, until_message_id uuid DEFAULT NULL::uuid, expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS app_public.conversation_share_link
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  conversation app_public.conversations;
  token text := 'cqh_' || encode(gen_random_bytes(32), 'hex');
  link app_public.conversation_share_link;
begin
  conversation := app_private.lock_conversation(share_conversation.conversation_id);
  link.until_message_id := coalesce(share_conversation.until_message_id, conversation.preferred_leaf_id, conversation.last_message_id);
  if conversation.owner_id <> app_hidden.current_user_id() or not exists (
    select from app_public.messages m where m.id = link.until_message_id and m.conversation_id = conversation.id
  ) then
    raise exception 'There is no such conversation or message of yours.' using errcode = 'CQ204',
      hint = 'Only its owner shares a conversation, up to one of its messages.';
  end if;
  if share_conversation.expires_at <= clock_timestamp() then
    raise exception 'The link would have expired already.' using errcode = 'CQ200', hint = 'Leave expiresAt out, or choose a time to come.';
  end if;
  insert into app_public.conversation_shares (workspace_id, conversation_id, created_by, token_hash, until_message_id, expires_at)
  values (
    conversation.workspace_id, conversation.id, app_hidden.current_user_id(), sha256(convert_to(token, 'UTF8')), link.until_message_id,
    share_conversation.expires_at
  )
  returning id into link.id;
  link.token := token;
  link.conversation_id := conversation.id;
  link.expires_at := share_conversation.expires_at;
  return link;
end
$$;

--
-- Name: FUNCTION share_conversation(conversation_id uuid, until_message_id uuid, expires_at timestamp with time zone); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.share_conversation(conversation_id uuid, until_message_id uuid, expires_at timestamp with time zone) IS 'Makes a link by which anybody reads a conversation of yours up to one message (the last one, unless you name another). The token is shown once. Errors: CQ101, CQ109, CQ200 expired already, CQ204 no such conversation or message of yours.';

--
-- Name: sign_in(text, text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.sign_in(email text, password text) RETURNS app_public.authentication
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'extensions', 'pg_temp'
    AS $$
declare
  account record;
  is_right boolean;
begin
  if email is null or password is null or octet_length(password) > 1000 or char_length(email) > 1000 then
    return null;
  end if;

  select u.id, u.is_active, s.password_hash, s.locked_until
  into account
  from app_public.users u
  join app_private.user_secrets s on s.user_id = u.id
  where u.email = trim(sign_in.email)::citext
  for update of s;

  if account.locked_until > clock_timestamp() then
    raise exception 'Too many failed attempts.' using errcode = 'CQ103',
      hint = format('Try again in %s seconds.', ceil(extract(epoch from account.locked_until - clock_timestamp())));
  end if;

  is_right := crypt(password, coalesce(account.password_hash, gen_salt('bf', app_hidden.setting('password_hash_cost')::integer)))
    = coalesce(account.password_hash, '');

  if account.id is null then
    return null;
  end if;

  if not is_right then
    perform app_private.count_failed_attempt(account.id);
    return null;
  end if;

  if not account.is_active then
    raise exception 'This account is switched off.' using errcode = 'CQ108', hint = 'Ask an administrator.';
  end if;

  update app_private.user_secrets set failed_attempts = 0, locked_until = null where user_id = account.id and (failed_attempts > 0 or locked_until is not null);
  update app_public.users set last_login_at = now() where id = account.id;
  perform app_private.log_event('user.signed_in', account.id);
  return app_private.create_session(account.id);
end
$$;

--
-- Name: FUNCTION sign_in(email text, password text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.sign_in(email text, password text) IS 'Signs in with e-mail address and password. Errors: CQ102 they do not match (in SQL: null), CQ103 locked for a while, CQ108 switched off.';

--
-- Name: sign_out(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.sign_out() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  ended boolean;
begin
  delete from app_private.user_sessions
  where id = app_hidden.current_session_id() and user_id = app_hidden.current_user_id();
  ended := found;
  if ended then
    perform app_private.log_event('user.signed_out', app_hidden.current_user_id());
  end if;
  return ended;
end
$$;

--
-- Name: FUNCTION sign_out(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.sign_out() IS 'Ends this session. True when there was one.';

--
-- Name: start_conversation(text, app_public.visibility, app_public.conversation_channel, text, text, numeric, integer, text, jsonb); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.start_conversation(title text DEFAULT NULL::text, visibility app_public.visibility DEFAULT 'private'::app_public.visibility, channel app_public.conversation_channel DEFAULT 'api'::app_public.conversation_channel, model_provider text DEFAULT NULL::text, model_name text DEFAULT NULL::text, temperature numeric DEFAULT NULL::numeric, max_tokens integer DEFAULT NULL::integer, system_prompt text DEFAULT NULL::text, metadata jsonb DEFAULT '{}'::jsonb) RETURNS app_public.conversations
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  result app_public.conversations;
begin
  perform app_hidden.require_member(for_writing => true);
  insert into app_public.conversations (
    workspace_id, owner_id, title, visibility, channel, model_provider, model_name, temperature, max_tokens, system_prompt, metadata
  )
  values (
    app_hidden.current_workspace_id(), app_hidden.current_user_id(), nullif(trim(title), ''), coalesce(visibility, 'private'),
    coalesce(channel, 'api'), model_provider, model_name, temperature, max_tokens, system_prompt, coalesce(metadata, '{}')
  )
  returning * into result;
  return result;
end
$$;

--
-- Name: FUNCTION start_conversation(title text, visibility app_public.visibility, channel app_public.conversation_channel, model_provider text, model_name text, temperature numeric, max_tokens integer, system_prompt text, metadata jsonb); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.start_conversation(title text, visibility app_public.visibility, channel app_public.conversation_channel, model_provider text, model_name text, temperature numeric, max_tokens integer, system_prompt text, metadata jsonb) IS 'Starts a conversation in the current workspace. Errors: CQ101 not signed in, CQ109 read-only, CQ200 a value out of range.';

--
-- Name: transfer_ownership(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.transfer_ownership(user_id uuid) RETURNS app_public.workspace_members
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  caller app_public.workspace_members;
  target app_public.workspace_members;
  result app_public.workspace_members;
begin
  perform app_hidden.require_session();
  caller := app_private.lock_workspace();
  perform app_private.require_rank(caller, 'owner');
  target := app_private.find_member(caller.workspace_id, transfer_ownership.user_id);
  if target.user_id = caller.user_id then
    return caller;
  end if;
  update app_public.workspace_members m
  set role = 'owner'
  where m.workspace_id = target.workspace_id and m.user_id = target.user_id
  returning * into result;
  update app_public.workspace_members m set role = 'admin' where m.workspace_id = caller.workspace_id and m.user_id = caller.user_id;
  return result;
end
$$;

--
-- Name: FUNCTION transfer_ownership(user_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.transfer_ownership(user_id uuid) IS 'Makes a member an owner of the workspace of the request, and the caller an admin. Errors: CQ101 not signed in, CQ110 not with an API key, CQ113 personal, CQ114 not an owner, CQ204 no such member.';

--
-- Name: undo_memory(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.undo_memory(id uuid) RETURNS app_public.memory_items
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  item app_public.memory_items := app_private.lock_memory(undo_memory.id);
  -- what is opened again, and what is closed for it
  reopened app_public.memory_items;
  closed app_public.memory_items;
  last_change app_public.memory_item_changes;
  at timestamptz := clock_timestamp();
begin
  select c.* into last_change
  from app_public.memory_item_changes c
  where c.workspace_id = item.workspace_id and c.memory_item_id = item.id and c.undone_at is null
  order by c.id desc
  limit 1;
  case last_change.change
    when 'merged' then
      update app_public.memory_items m
      set importance = (last_change.old_values ->> 'importance')::real, expires_at = (last_change.old_values ->> 'expiresAt')::timestamptz
      where m.id = item.id;
    when 'forgotten' then
      if (last_change.old_values ->> 'isCurrent')::boolean then
        reopened := item;
      end if;
    when 'superseded' then
      reopened := item;
      select m.* into closed from app_public.memory_items m where m.workspace_id = item.workspace_id and m.id = item.superseded_by for update;
    when 'remembered' then
      closed := item;
      select m.* into reopened from app_public.memory_items m where m.workspace_id = item.workspace_id and m.superseded_by = item.id for update;
    else
      raise exception 'There is nothing to undo.' using errcode = 'CQ241', hint = 'Every change of this memory is undone.';
  end case;

  begin
    if upper_inf(closed.validity) then
      update app_public.memory_items m
      set forgotten_at = at, validity = tstzrange(lower(m.validity), greatest(at, lower(m.validity) + interval '1 microsecond'))
      where m.id = closed.id;
    end if;
    update app_public.memory_items m
    set forgotten_at = null, superseded_by = null, validity = tstzrange(lower(m.validity), null)
    where m.id = reopened.id;
    if last_change.change = 'forgotten' and reopened.id is null then
      update app_public.memory_items m set forgotten_at = null where m.id = item.id;
    end if;
  exception when exclusion_violation or unique_violation then
    raise exception 'Another memory has taken its place since.' using errcode = 'CQ242', hint = 'Forget that one first.';
  end;
  update app_public.memory_item_changes c
  set undone_at = at
  where c.workspace_id = item.workspace_id and c.undone_at is null and (
    c.id = last_change.id
    or last_change.change in ('superseded', 'remembered') and (
      c.memory_item_id = closed.id and c.change = 'remembered' or c.memory_item_id = reopened.id and c.change = 'superseded'
    )
  );
  update app_public.memory_items m set updated_at = at where m.id = item.id returning * into item;
  return item;
end
$$;

--
-- Name: FUNCTION undo_memory(id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.undo_memory(id uuid) IS 'Undoes the last change of a memory: forgetting, merging, or that a new value took its place. Errors: CQ101 not signed in, CQ109 read-only, CQ204 no such memory, CQ241 nothing to undo, CQ242 another memory has taken its place.';

--
-- Name: use_memories(uuid[]); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.use_memories(ids uuid[]) RETURNS SETOF app_public.memory_items
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.require_member(for_writing => true);
  if cardinality(ids) > 100 then
    raise exception 'At most 100 memories at a time, not %.', cardinality(ids) using errcode = 'CQ200', hint = 'Call it again for the rest.';
  end if;
  return query
  with readable as (
    select m.id
    from app_public.memory_items m
    where m.workspace_id = app_hidden.current_workspace_id() and m.id = any (ids) and upper_inf(m.validity)
      and (m.owner_id = app_hidden.current_user_id() or m.visibility = 'workspace')
    order by m.id
    for no key update
  )
  update app_public.memory_items m
  set access_count = m.access_count + 1, last_accessed_at = clock_timestamp()
  from readable r
  where m.id = r.id
  returning m.*;
end
$$;

--
-- Name: FUNCTION use_memories(ids uuid[]); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.use_memories(ids uuid[]) IS 'Says which recalled memories an answer used, which keeps them recent. Returns them; what is not there or not readable is passed over. Errors: CQ101 not signed in, CQ109 read-only, CQ200 too many.';

--
-- Name: user_activity_summary(date, date); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.user_activity_summary(from_day date DEFAULT NULL::date, to_day date DEFAULT NULL::date) RETURNS SETOF app_public.member_activity
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  first_day date;
  last_day date;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(user_activity_summary.from_day, user_activity_summary.to_day) as d;
  return query
  with shown as (
    select m.workspace_id, m.user_id, m.role
    from app_public.workspace_members m
    where m.workspace_id = app_hidden.current_workspace_id()
      and (m.user_id = app_hidden.current_user_id() or (select app_hidden.can_manage()))
  ),
  written as (
    select a.user_id, count(distinct a.conversation_id) as conversations, sum(a.message_count)::bigint as messages,
      count(distinct a.day) as days, max(a.day) as last_day
    from app_hidden.user_activity a
    where a.workspace_id = app_hidden.current_workspace_id()
      and a.day between first_day and last_day
    group by a.user_id
  ),
  used as (
    select l.user_id, sum(l.total_tokens)::bigint as tokens, sum(l.cost_usd) as cost
    from app_public.usage_logs l
    where l.workspace_id = app_hidden.current_workspace_id()
      and l.id >= app_hidden.uuidv7_floor(first_day::timestamp at time zone 'UTC')
      and l.id < app_hidden.uuidv7_floor((last_day + 1)::timestamp at time zone 'UTC')
    group by l.user_id
  )
  select s.user_id, s.role, coalesce(w.conversations, 0), coalesce(w.messages, 0), coalesce(w.days, 0), w.last_day,
    coalesce(u.tokens, 0), coalesce(u.cost, 0)
  from shown s
  left join written w on w.user_id = s.user_id
  left join used u on u.user_id = s.user_id
  order by coalesce(w.messages, 0) desc, s.user_id
  limit 1000;
end
$$;

--
-- Name: FUNCTION user_activity_summary(from_day date, to_day date); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.user_activity_summary(from_day date, to_day date) IS 'What the members of the workspace did in a range of UTC days, the last 30 without any, the most active first, at most 1,000: of everybody for those who manage the workspace, of oneself for others. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';

--
-- Name: verify_email(text); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.verify_email(token text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  account uuid;
begin
  update app_private.user_secrets s
  set verification_token_hash = null, verification_expires_at = null
  where s.verification_token_hash = sha256(convert_to(left(token, 100), 'UTF8')) and s.verification_expires_at > clock_timestamp()
  returning s.user_id into account;
  if account is null then
    raise exception 'This token is unknown, used or expired.' using errcode = 'CQ112', hint = 'Ask for a new one with requestEmailVerification.';
  end if;
  update app_public.users u set is_email_verified = true where u.id = account;
  perform app_private.log_event('user.email_verified', account);
  return true;
end
$$;

--
-- Name: FUNCTION verify_email(token text); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.verify_email(token text) IS 'Verifies an address by a token from a mail. Error: CQ112 token unknown, used or expired.';

--
-- Name: withdraw_feedback(uuid); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.withdraw_feedback(message_id uuid) RETURNS app_public.message_feedback
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  withdrawn app_public.message_feedback;
begin
  perform app_private.lock_conversation_of(withdraw_feedback.message_id);
  delete from app_public.message_feedback f
  where f.message_id = withdraw_feedback.message_id and f.user_id = app_hidden.current_user_id()
  returning f.* into withdrawn;
  if withdrawn.id is null then
    raise exception 'There is no feedback of yours on this message.' using errcode = 'CQ204', hint = 'Nothing is left to do.';
  end if;
  return withdrawn;
end
$$;

--
-- Name: FUNCTION withdraw_feedback(message_id uuid); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.withdraw_feedback(message_id uuid) IS 'Takes your feedback on a message back. Errors: CQ101, CQ109, CQ204 no such message, or no feedback of yours.';

--
-- Name: workspace_dashboard(date, date); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.workspace_dashboard(from_day date DEFAULT NULL::date, to_day date DEFAULT NULL::date) RETURNS app_public.workspace_figures
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  first_day date;
  last_day date;
  result app_public.workspace_figures;
begin
  select d.from_day, d.to_day into first_day, last_day from app_private.require_days(workspace_dashboard.from_day, workspace_dashboard.to_day) as d;
  select
    count(distinct a.conversation_id), coalesce(sum(a.message_count), 0), coalesce(sum(a.assistant_message_count), 0),
    (
      select count(distinct u.user_id) from app_hidden.user_activity u
      where u.workspace_id = app_hidden.current_workspace_id()
        and u.day between first_day and last_day
    ),
    coalesce(sum(a.total_tokens), 0), coalesce(sum(a.cost_usd), 0),
    round(sum(a.total_relevance_score) / nullif(sum(a.relevance_count), 0), 4),
    round(sum(a.total_response_time_ms) / nullif(sum(a.response_count), 0)),
    coalesce(sum(a.positive_feedback), 0), coalesce(sum(a.negative_feedback), 0),
    round(sum(a.positive_feedback)::numeric / nullif(sum(a.positive_feedback) + sum(a.negative_feedback), 0), 4),
    round(sum(a.satisfaction_points) / nullif(sum(a.positive_feedback + a.neutral_feedback + a.negative_feedback), 0), 4),
    max(a.computed_at)
  into result
  from app_public.conversation_analytics a
  where a.workspace_id = app_hidden.current_workspace_id()
    and a.day between first_day and last_day;
  return result;
end
$$;

--
-- Name: FUNCTION workspace_dashboard(from_day date, to_day date); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.workspace_dashboard(from_day date, to_day date) IS 'The figures of the workspace over a range of UTC days, both included, the last 30 without any, as of the last run of the analytics. Errors: CQ101, CQ110, CQ200 no range of at most three years, CQ204 no such workspace of yours.';

--
-- Name: workspace_member_names(); Type: FUNCTION; Schema: app_public; Owner: -
--

CREATE FUNCTION app_public.workspace_member_names() RETURNS SETOF app_public.member_name
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform app_hidden.require_member();
  return query
  select u.id, u.username::text, u.display_name, u.avatar_url, m.role, m.joined_at
  from app_public.workspace_members m
  join app_public.users u on u.id = m.user_id
  where m.workspace_id = app_hidden.current_workspace_id()
    -- the claims alone are not enough: somebody may have been removed since the request began
    and exists (
      select from app_public.workspace_members me
      where me.workspace_id = app_hidden.current_workspace_id() and me.user_id = app_hidden.current_user_id()
    )
  order by m.role, m.joined_at, u.id
  limit 1000;
end
$$;

--
-- Name: FUNCTION workspace_member_names(); Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON FUNCTION app_public.workspace_member_names() IS 'The members of the workspace of the request by name, owners first, at most 1,000. Errors: CQ101 not signed in, CQ110 API key without "read".';

--
-- Name: budget_spending; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.budget_spending (
    workspace_id uuid NOT NULL,
    budget_id uuid NOT NULL,
    period_start timestamp with time zone NOT NULL,
    tokens bigint DEFAULT 0 NOT NULL,
    cost_usd numeric(14,6) DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY app_hidden.budget_spending FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE budget_spending; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.budget_spending IS 'What was settled against each budget in each period.';

--
-- Name: COLUMN budget_spending.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.budget_spending.workspace_id IS 'The tenant.';

--
-- Name: COLUMN budget_spending.budget_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.budget_spending.budget_id IS 'The budget.';

--
-- Name: COLUMN budget_spending.period_start; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.budget_spending.period_start IS 'First moment of the period.';

--
-- Name: COLUMN budget_spending.tokens; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.budget_spending.tokens IS 'Tokens settled.';

--
-- Name: COLUMN budget_spending.cost_usd; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.budget_spending.cost_usd IS 'US dollars settled.';

--
-- Name: chunk_counts; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.chunk_counts (
    workspace_id uuid NOT NULL,
    source_type app_public.source_type NOT NULL,
    chunk_count bigint NOT NULL,
    CONSTRAINT chunk_counts_positive CHECK ((chunk_count >= 0))
);

ALTER TABLE ONLY app_hidden.chunk_counts FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE chunk_counts; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.chunk_counts IS 'Chunks per workspace and kind, kept by trigger: decides between exact and index search without counting.';

--
-- Name: COLUMN chunk_counts.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.chunk_counts.workspace_id IS 'The tenant.';

--
-- Name: COLUMN chunk_counts.source_type; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.chunk_counts.source_type IS 'Kind of source.';

--
-- Name: COLUMN chunk_counts.chunk_count; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.chunk_counts.chunk_count IS 'How many.';

--
-- Name: embedding_claims; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_claims (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    version_id uuid NOT NULL,
    user_id uuid NOT NULL,
    reservation_id uuid,
    chunk_ids uuid[] NOT NULL,
    tokens bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    abandoned_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT embedding_claims_chunk_ids_length CHECK (((cardinality(chunk_ids) >= 1) AND (cardinality(chunk_ids) <= 10000))),
    CONSTRAINT embedding_claims_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT embedding_claims_tokens_positive CHECK ((tokens >= 0))
);

ALTER TABLE ONLY app_hidden.embedding_claims FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE embedding_claims; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.embedding_claims IS 'Passages that a worker has sent to a service that is paid, and what was set aside for them. A few rows: each goes with its answer. Its id becomes that of the entry in usage_logs, so that nothing is billed twice.';

--
-- Name: COLUMN embedding_claims.id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN embedding_claims.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.workspace_id IS 'The tenant.';

--
-- Name: COLUMN embedding_claims.version_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.version_id IS 'The embedding version.';

--
-- Name: COLUMN embedding_claims.user_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.user_id IS 'Owner of the passages, whose budget and quota they count for.';

--
-- Name: COLUMN embedding_claims.reservation_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.reservation_id IS 'What was set aside.';

--
-- Name: COLUMN embedding_claims.chunk_ids; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.chunk_ids IS 'The passages.';

--
-- Name: COLUMN embedding_claims.tokens; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.tokens IS 'Tokens, as estimated.';

--
-- Name: COLUMN embedding_claims.expires_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.expires_at IS 'When the worker is taken to be dead, unless it says otherwise before.';

--
-- Name: COLUMN embedding_claims.abandoned_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.abandoned_at IS 'When it was taken to be dead.';

--
-- Name: COLUMN embedding_claims.created_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_claims.created_at IS 'When it was made; derived from the id.';

--
-- Name: embedding_counts; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_counts (
    version_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    embedding_count bigint NOT NULL,
    CONSTRAINT embedding_counts_positive CHECK ((embedding_count >= 0))
);

ALTER TABLE ONLY app_hidden.embedding_counts FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE embedding_counts; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.embedding_counts IS 'Embeddings per version and workspace, kept by trigger: shows progress, and where the sweep must look.';

--
-- Name: COLUMN embedding_counts.version_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_counts.version_id IS 'The embedding version.';

--
-- Name: COLUMN embedding_counts.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_counts.workspace_id IS 'The tenant.';

--
-- Name: COLUMN embedding_counts.embedding_count; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_counts.embedding_count IS 'How many.';

--
-- Name: embedding_failures; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_failures (
    version_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    chunk_id uuid NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    interruptions integer DEFAULT 0 NOT NULL,
    code text NOT NULL,
    error text NOT NULL,
    failed_at timestamp with time zone DEFAULT now() NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    is_dead boolean DEFAULT false NOT NULL,
    CONSTRAINT embedding_failures_attempts_positive CHECK (((attempts >= 0) AND (interruptions >= 0) AND ((attempts + interruptions) > 0))),
    CONSTRAINT embedding_failures_code_length CHECK (((char_length(code) >= 1) AND (char_length(code) <= 50))),
    CONSTRAINT embedding_failures_error_length CHECK ((char_length(error) <= 1000))
);

ALTER TABLE ONLY app_hidden.embedding_failures FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE embedding_failures; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.embedding_failures IS 'Passages whose vector could not be had, with the reason and when they are tried again. Goes when the vector comes.';

--
-- Name: COLUMN embedding_failures.version_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.version_id IS 'The embedding version.';

--
-- Name: COLUMN embedding_failures.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.workspace_id IS 'The tenant.';

--
-- Name: COLUMN embedding_failures.chunk_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.chunk_id IS 'The passage.';

--
-- Name: COLUMN embedding_failures.attempts; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.attempts IS 'Times that it was refused for what it is.';

--
-- Name: COLUMN embedding_failures.interruptions; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.interruptions IS 'Times that nothing came back, or the worker ended: mostly not its fault.';

--
-- Name: COLUMN embedding_failures.code; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.code IS 'bad_input, bad_output, unavailable or interrupted.';

--
-- Name: COLUMN embedding_failures.error; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.error IS 'The reason, as the provider gave it the last time.';

--
-- Name: COLUMN embedding_failures.failed_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.failed_at IS 'When it failed last.';

--
-- Name: COLUMN embedding_failures.next_attempt_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.next_attempt_at IS 'Not tried before.';

--
-- Name: COLUMN embedding_failures.is_dead; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_failures.is_dead IS 'Given up: not tried again until somebody asks for it.';

--
-- Name: embedding_refusals; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_refusals (
    version_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    refused_at timestamp with time zone DEFAULT now() NOT NULL,
    retry_at timestamp with time zone NOT NULL,
    CONSTRAINT embedding_refusals_code_length CHECK ((char_length(code) = 5)),
    CONSTRAINT embedding_refusals_reason_length CHECK ((char_length(reason) <= 1000))
);

ALTER TABLE ONLY app_hidden.embedding_refusals FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE embedding_refusals; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.embedding_refusals IS 'Whose passages are held back because a budget or quota is spent or paid embedding is switched off. Goes when there is room again.';

--
-- Name: COLUMN embedding_refusals.version_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_refusals.version_id IS 'The embedding version.';

--
-- Name: COLUMN embedding_refusals.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_refusals.workspace_id IS 'The tenant.';

--
-- Name: COLUMN embedding_refusals.user_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_refusals.user_id IS 'Owner of the passages.';

--
-- Name: COLUMN embedding_refusals.code; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_refusals.code IS 'CQ220 the budget, CQ221 the quota, CQ370 the switch.';

--
-- Name: COLUMN embedding_refusals.reason; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_refusals.reason IS 'The same in words.';

--
-- Name: COLUMN embedding_refusals.refused_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_refusals.refused_at IS 'Since when.';

--
-- Name: COLUMN embedding_refusals.retry_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.embedding_refusals.retry_at IS 'When it is tried again.';

--
-- Name: message_idempotency_keys; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.message_idempotency_keys (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    message_id uuid NOT NULL,
    CONSTRAINT message_idempotency_keys_key_length CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 200)))
);

ALTER TABLE ONLY app_hidden.message_idempotency_keys FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE message_idempotency_keys; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.message_idempotency_keys IS 'Which message a retried write returns. Apart from messages, since a unique constraint there would have to contain the partition key.';

--
-- Name: COLUMN message_idempotency_keys.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.message_idempotency_keys.workspace_id IS 'The tenant.';

--
-- Name: COLUMN message_idempotency_keys.conversation_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.message_idempotency_keys.conversation_id IS 'The conversation.';

--
-- Name: COLUMN message_idempotency_keys.idempotency_key; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.message_idempotency_keys.idempotency_key IS 'The client''s key.';

--
-- Name: COLUMN message_idempotency_keys.message_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.message_idempotency_keys.message_id IS 'The message that the first write made.';

--
-- Name: provider_pauses; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.provider_pauses (
    provider text NOT NULL,
    kind app_hidden.provider_pause_kind NOT NULL,
    reason text NOT NULL,
    paused_at timestamp with time zone DEFAULT now() NOT NULL,
    paused_until timestamp with time zone NOT NULL,
    CONSTRAINT provider_pauses_provider_length CHECK (((char_length(provider) >= 1) AND (char_length(provider) <= 100))),
    CONSTRAINT provider_pauses_reason_length CHECK ((char_length(reason) <= 1000))
);

ALTER TABLE ONLY app_hidden.provider_pauses FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE provider_pauses; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.provider_pauses IS 'Providers that all workers leave alone for a while; the others go on.';

--
-- Name: COLUMN provider_pauses.provider; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_pauses.provider IS 'Name of the provider, as embedding versions have it.';

--
-- Name: COLUMN provider_pauses.kind; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_pauses.kind IS 'Why.';

--
-- Name: COLUMN provider_pauses.reason; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_pauses.reason IS 'What it said.';

--
-- Name: COLUMN provider_pauses.paused_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_pauses.paused_at IS 'Since when.';

--
-- Name: COLUMN provider_pauses.paused_until; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_pauses.paused_until IS 'Until when.';

--
-- Name: provider_rates; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.provider_rates (
    provider text NOT NULL,
    requests double precision NOT NULL,
    tokens double precision NOT NULL,
    refilled_at timestamp with time zone NOT NULL,
    CONSTRAINT provider_rates_provider_length CHECK (((char_length(provider) >= 1) AND (char_length(provider) <= 100)))
);

ALTER TABLE ONLY app_hidden.provider_rates FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE provider_rates; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.provider_rates IS 'How much each provider may be asked for at the moment by all workers together.';

--
-- Name: COLUMN provider_rates.provider; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_rates.provider IS 'Name of the provider.';

--
-- Name: COLUMN provider_rates.requests; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_rates.requests IS 'Requests that may begin at once.';

--
-- Name: COLUMN provider_rates.tokens; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_rates.tokens IS 'Tokens that may be sent at once; less than none after a large request.';

--
-- Name: COLUMN provider_rates.refilled_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.provider_rates.refilled_at IS 'When the two were computed.';

--
-- Name: raw_event_keys; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.raw_event_keys (
    workspace_id uuid NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL,
    raw_event_id uuid NOT NULL
);

ALTER TABLE ONLY app_hidden.raw_event_keys FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE raw_event_keys; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.raw_event_keys IS 'Which events were stored, over all months: a unique constraint of a partitioned table would need its partition key.';

--
-- Name: COLUMN raw_event_keys.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.raw_event_keys.workspace_id IS 'The tenant.';

--
-- Name: COLUMN raw_event_keys.source; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.raw_event_keys.source IS 'System the event comes from.';

--
-- Name: COLUMN raw_event_keys.external_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.raw_event_keys.external_id IS 'Identifier in that system.';

--
-- Name: COLUMN raw_event_keys.raw_event_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.raw_event_keys.raw_event_id IS 'The stored event. No foreign key: it may be gone.';

--
-- Name: usage_holds; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.usage_holds (
    workspace_id uuid NOT NULL,
    budget_id uuid NOT NULL,
    reservation_id uuid NOT NULL,
    period_start timestamp with time zone NOT NULL,
    tokens bigint NOT NULL,
    cost_usd numeric(14,6) NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY app_hidden.usage_holds FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE usage_holds; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.usage_holds IS 'What open reservations take of each budget. Goes when the reservation is settled.';

--
-- Name: COLUMN usage_holds.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.usage_holds.workspace_id IS 'The tenant.';

--
-- Name: COLUMN usage_holds.budget_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.usage_holds.budget_id IS 'The budget.';

--
-- Name: COLUMN usage_holds.reservation_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.usage_holds.reservation_id IS 'The reservation.';

--
-- Name: COLUMN usage_holds.period_start; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.usage_holds.period_start IS 'First moment of the period that it counts for.';

--
-- Name: COLUMN usage_holds.tokens; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.usage_holds.tokens IS 'Tokens.';

--
-- Name: COLUMN usage_holds.cost_usd; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.usage_holds.cost_usd IS 'US dollars.';

--
-- Name: COLUMN usage_holds.expires_at; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.usage_holds.expires_at IS 'When it counts no longer.';

--
-- Name: user_activity; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.user_activity (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    day date NOT NULL,
    user_id uuid NOT NULL,
    message_count integer NOT NULL,
    CONSTRAINT user_activity_message_count_positive CHECK ((message_count > 0))
);

ALTER TABLE ONLY app_hidden.user_activity FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE user_activity; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON TABLE app_hidden.user_activity IS 'How many messages a person wrote in a conversation on a UTC day. Computed with conversation_analytics, shown by user_activity_summary.';

--
-- Name: COLUMN user_activity.workspace_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.user_activity.workspace_id IS 'The tenant.';

--
-- Name: COLUMN user_activity.conversation_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.user_activity.conversation_id IS 'The conversation.';

--
-- Name: COLUMN user_activity.day; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.user_activity.day IS 'The UTC day.';

--
-- Name: COLUMN user_activity.user_id; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.user_activity.user_id IS 'Who wrote.';

--
-- Name: COLUMN user_activity.message_count; Type: COMMENT; Schema: app_hidden; Owner: -
--

COMMENT ON COLUMN app_hidden.user_activity.message_count IS 'Messages.';

--
-- Name: audit_logs; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.audit_logs (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid,
    user_id uuid,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id uuid,
    old_values jsonb,
    new_values jsonb,
    api_key_id uuid,
    ip inet,
    request_id text,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT audit_logs_action_format CHECK (((char_length(action) <= 100) AND (action ~ '^[a-z_]+[.][a-z_]+$'::text))),
    CONSTRAINT audit_logs_entity_type_length CHECK (((char_length(entity_type) >= 1) AND (char_length(entity_type) <= 100))),
    CONSTRAINT audit_logs_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT audit_logs_new_values_object CHECK ((jsonb_typeof(new_values) = 'object'::text)),
    CONSTRAINT audit_logs_old_values_object CHECK ((jsonb_typeof(old_values) = 'object'::text)),
    CONSTRAINT audit_logs_request_id_length CHECK (((char_length(request_id) >= 1) AND (char_length(request_id) <= 200)))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY app_public.audit_logs FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE audit_logs; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.audit_logs IS 'Who did what: changes of workspaces, members, invitations and keys, and events of accounts. Entries are added and never changed. Partitioned by month on its own time-ordered id.';

--
-- Name: COLUMN audit_logs.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN audit_logs.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.workspace_id IS 'The tenant; null for events of an account, which only that person reads.';

--
-- Name: COLUMN audit_logs.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.user_id IS 'Who did it, or whose account it is; null when nobody was signed in.';

--
-- Name: COLUMN audit_logs.action; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.action IS 'What happened, as thing.event: member.changed, user.signed_in.';

--
-- Name: COLUMN audit_logs.entity_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.entity_type IS 'Kind of thing it happened to.';

--
-- Name: COLUMN audit_logs.entity_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.entity_id IS 'The thing; the user for a member.';

--
-- Name: COLUMN audit_logs.old_values; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.old_values IS 'What it was before: the changed columns, or all of a removed row. Never a secret.';

--
-- Name: COLUMN audit_logs.new_values; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.new_values IS 'What it became: the changed columns, or all of a new row. Never a secret.';

--
-- Name: COLUMN audit_logs.api_key_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.api_key_id IS 'The API key that the request came with; null for a person who signed in.';

--
-- Name: COLUMN audit_logs.ip; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.ip IS 'Address of the request.';

--
-- Name: COLUMN audit_logs.request_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.request_id IS 'Request, as the log of the server has it.';

--
-- Name: COLUMN audit_logs.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.audit_logs.created_at IS 'When it happened; derived from the id.';

--
-- Name: chunks; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.chunks (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    source_type app_public.source_type NOT NULL,
    document_id uuid,
    conversation_id uuid,
    message_id uuid,
    owner_id uuid NOT NULL,
    visibility app_public.visibility NOT NULL,
    chunk_index integer NOT NULL,
    content text NOT NULL,
    heading text,
    page_number integer,
    start_offset integer NOT NULL,
    end_offset integer NOT NULL,
    token_count integer NOT NULL,
    content_hash bytea NOT NULL,
    importance_score real DEFAULT 0.5 NOT NULL,
    tier app_public.storage_tier DEFAULT 'hot'::app_public.storage_tier NOT NULL,
    access_count integer DEFAULT 0 NOT NULL,
    last_accessed_at timestamp with time zone,
    text_search_language app_public.text_search_language DEFAULT 'english'::text NOT NULL,
    text_search tsvector GENERATED ALWAYS AS (app_hidden.text_search_vector((text_search_language)::text, heading, content)) STORED,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    memory_item_id uuid,
    raw_event_id uuid,
    CONSTRAINT chunks_chunk_index_positive CHECK ((chunk_index >= 0)),
    CONSTRAINT chunks_content_hash_length CHECK ((octet_length(content_hash) = 32)),
    CONSTRAINT chunks_content_length CHECK (((char_length(content) >= 1) AND (char_length(content) <= 100000))),
    CONSTRAINT chunks_heading_length CHECK ((char_length(heading) <= 1000)),
    CONSTRAINT chunks_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT chunks_importance_score_range CHECK (((importance_score >= (0)::double precision) AND (importance_score <= (1)::double precision))),
    CONSTRAINT chunks_offsets CHECK (((start_offset >= 0) AND (end_offset > start_offset))),
    CONSTRAINT chunks_one_source CHECK (((num_nonnulls(document_id, message_id, memory_item_id, raw_event_id) = 1) AND ((conversation_id IS NOT NULL) = (message_id IS NOT NULL)) AND
CASE source_type
    WHEN 'document'::app_public.source_type THEN (document_id IS NOT NULL)
    WHEN 'message'::app_public.source_type THEN (message_id IS NOT NULL)
    WHEN 'memory'::app_public.source_type THEN (memory_item_id IS NOT NULL)
    WHEN 'event'::app_public.source_type THEN (raw_event_id IS NOT NULL)
    ELSE NULL::boolean
END)),
    CONSTRAINT chunks_token_count_positive CHECK ((token_count > 0))
)
PARTITION BY HASH (workspace_id);

ALTER TABLE ONLY app_public.chunks FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE chunks; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.chunks IS 'The one unit of retrieval: a piece of a document, message, memory or event. Written by the worker only; its text never changes, an edit replaces the piece.';

--
-- Name: COLUMN chunks.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN chunks.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.workspace_id IS 'The tenant, and the key of the hash partitions.';

--
-- Name: COLUMN chunks.source_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.source_type IS 'What it was cut from.';

--
-- Name: COLUMN chunks.document_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.document_id IS 'The document, when it is a piece of one.';

--
-- Name: COLUMN chunks.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.conversation_id IS 'The conversation of the message.';

--
-- Name: COLUMN chunks.message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.message_id IS 'The message, when it is a piece of one. No foreign key: the piece stays searchable when the message is packed away.';

--
-- Name: COLUMN chunks.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.owner_id IS 'Owner of the source.';

--
-- Name: COLUMN chunks.visibility; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.visibility IS 'Visibility of the source, kept equal by trigger.';

--
-- Name: COLUMN chunks.chunk_index; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.chunk_index IS 'Position in the source, from 0.';

--
-- Name: COLUMN chunks.content; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.content IS 'The text.';

--
-- Name: COLUMN chunks.heading; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.heading IS 'Title and headings above it.';

--
-- Name: COLUMN chunks.page_number; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.page_number IS 'Page, when the source has pages.';

--
-- Name: COLUMN chunks.start_offset; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.start_offset IS 'First character in the source, from 0.';

--
-- Name: COLUMN chunks.end_offset; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.end_offset IS 'Character after the last.';

--
-- Name: COLUMN chunks.token_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.token_count IS 'Tokens in content.';

--
-- Name: COLUMN chunks.content_hash; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.content_hash IS 'SHA-256 of heading and content: what is embedded.';

--
-- Name: COLUMN chunks.importance_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.importance_score IS 'Importance, 0 to 1.';

--
-- Name: COLUMN chunks.tier; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.tier IS 'hot and warm are always searched, cold on demand.';

--
-- Name: COLUMN chunks.access_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.access_count IS 'How often it was returned; counted in batches.';

--
-- Name: COLUMN chunks.last_accessed_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.last_accessed_at IS 'When it was last returned.';

--
-- Name: COLUMN chunks.text_search_language; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.text_search_language IS 'Text search configuration.';

--
-- Name: COLUMN chunks.text_search; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.text_search IS 'What text search looks at: heading weighs more than content.';

--
-- Name: COLUMN chunks.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.metadata IS 'Anything else, as an object.';

--
-- Name: COLUMN chunks.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.created_at IS 'When it was cut; derived from the id.';

--
-- Name: COLUMN chunks.memory_item_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.memory_item_id IS 'The memory, when it is a piece of one.';

--
-- Name: COLUMN chunks.raw_event_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.chunks.raw_event_id IS 'The event, when it is a piece of one. No foreign key: the piece stays when the event is cleared away.';

--
-- Name: embeddings; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.embeddings (
    version_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    chunk_id uuid NOT NULL,
    embedding extensions.halfvec NOT NULL
)
PARTITION BY LIST (version_id);

ALTER TABLE ONLY app_public.embeddings FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE embeddings; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.embeddings IS 'The vector of a chunk in one embedding version. Partitioned by version, then by hash of the workspace as chunks are.';

--
-- Name: COLUMN embeddings.version_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embeddings.version_id IS 'The embedding version.';

--
-- Name: COLUMN embeddings.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embeddings.workspace_id IS 'The tenant.';

--
-- Name: COLUMN embeddings.chunk_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embeddings.chunk_id IS 'The chunk.';

--
-- Name: COLUMN embeddings.embedding; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.embeddings.embedding IS 'Unit vector in half precision; its length is checked per version.';

--
-- Name: usage_logs; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.usage_logs (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id uuid,
    conversation_id uuid,
    message_id uuid,
    action text NOT NULL,
    provider text,
    model text,
    prompt_tokens integer,
    completion_tokens integer,
    total_tokens integer DEFAULT 0 NOT NULL,
    cost_usd numeric(12,6) DEFAULT 0 NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)) STORED,
    CONSTRAINT usage_logs_action_length CHECK (((char_length(action) >= 1) AND (char_length(action) <= 50))),
    CONSTRAINT usage_logs_cost_usd_positive CHECK ((cost_usd >= (0)::numeric)),
    CONSTRAINT usage_logs_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT usage_logs_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT usage_logs_model_length CHECK ((char_length(model) <= 200)),
    CONSTRAINT usage_logs_provider_length CHECK ((char_length(provider) <= 100)),
    CONSTRAINT usage_logs_tokens_positive CHECK (((prompt_tokens >= 0) AND (completion_tokens >= 0) AND (total_tokens >= 0)))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY app_public.usage_logs FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE usage_logs; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.usage_logs IS 'What was used, one row per paid action. Stays when the content goes. Partitioned by month on its own time-ordered id.';

--
-- Name: COLUMN usage_logs.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN usage_logs.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.workspace_id IS 'The tenant.';

--
-- Name: COLUMN usage_logs.user_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.user_id IS 'Who used it; null when the account is gone.';

--
-- Name: COLUMN usage_logs.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.conversation_id IS 'In which conversation; null when it is gone.';

--
-- Name: COLUMN usage_logs.message_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.message_id IS 'For which message.';

--
-- Name: COLUMN usage_logs.action; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.action IS 'What was done: message, image …';

--
-- Name: COLUMN usage_logs.provider; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.provider IS 'Provider of the model.';

--
-- Name: COLUMN usage_logs.model; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.model IS 'Model.';

--
-- Name: COLUMN usage_logs.prompt_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.prompt_tokens IS 'Tokens read.';

--
-- Name: COLUMN usage_logs.completion_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.completion_tokens IS 'Tokens written.';

--
-- Name: COLUMN usage_logs.total_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.total_tokens IS 'Tokens in all.';

--
-- Name: COLUMN usage_logs.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.cost_usd IS 'Cost in US dollars.';

--
-- Name: COLUMN usage_logs.metadata; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.metadata IS 'Anything else, as an object of at most 64 KiB.';

--
-- Name: COLUMN usage_logs.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.usage_logs.created_at IS 'When; derived from the id.';

--
-- Name: api_key_secrets; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.api_key_secrets (
    api_key_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    CONSTRAINT api_key_secrets_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY app_private.api_key_secrets FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE api_key_secrets; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TABLE app_private.api_key_secrets IS 'The hashes of API keys.';

--
-- Name: COLUMN api_key_secrets.api_key_id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.api_key_secrets.api_key_id IS 'The key.';

--
-- Name: COLUMN api_key_secrets.token_hash; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.api_key_secrets.token_hash IS 'SHA-256 of the whole secret.';

--
-- Name: conversation_analytics; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.conversation_analytics (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    day date NOT NULL,
    rag_configuration_id uuid,
    message_count integer NOT NULL,
    user_message_count integer NOT NULL,
    assistant_message_count integer NOT NULL,
    system_message_count integer NOT NULL,
    tool_message_count integer NOT NULL,
    edit_count integer NOT NULL,
    regeneration_count integer NOT NULL,
    failed_count integer NOT NULL,
    relevance_count integer NOT NULL,
    total_relevance_score numeric(16,6) NOT NULL,
    response_count integer NOT NULL,
    total_response_time_ms bigint NOT NULL,
    median_response_time_ms integer,
    p95_response_time_ms integer,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cost_usd numeric(20,6) NOT NULL,
    positive_feedback integer NOT NULL,
    neutral_feedback integer NOT NULL,
    negative_feedback integer NOT NULL,
    satisfaction_points numeric(12,2) NOT NULL,
    peak_hour smallint NOT NULL,
    first_message_at timestamp with time zone NOT NULL,
    last_message_at timestamp with time zone NOT NULL,
    computed_at timestamp with time zone DEFAULT now() NOT NULL,
    avg_relevance_score numeric GENERATED ALWAYS AS (round((total_relevance_score / (NULLIF(relevance_count, 0))::numeric), 4)),
    avg_response_time_ms integer GENERATED ALWAYS AS (round(((total_response_time_ms)::numeric / (NULLIF(response_count, 0))::numeric))),
    feedback_ratio numeric GENERATED ALWAYS AS (round(((positive_feedback)::numeric / (NULLIF((positive_feedback + negative_feedback), 0))::numeric), 4)),
    satisfaction_score numeric GENERATED ALWAYS AS (round((satisfaction_points / (NULLIF(((positive_feedback + neutral_feedback) + negative_feedback), 0))::numeric), 4)),
    duration_seconds integer GENERATED ALWAYS AS (floor(EXTRACT(epoch FROM (last_message_at - first_message_at)))),
    CONSTRAINT conversation_analytics_message_count_positive CHECK ((message_count > 0)),
    CONSTRAINT conversation_analytics_peak_hour_range CHECK (((peak_hour >= 0) AND (peak_hour <= 23))),
    CONSTRAINT conversation_analytics_times_in_order CHECK ((first_message_at <= last_message_at))
);

ALTER TABLE ONLY app_public.conversation_analytics FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE conversation_analytics; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.conversation_analytics IS 'Figures of a conversation on one UTC day on which it has messages. Computed by job, of what changed since; it stays as it is while the messages are packed away.';

--
-- Name: COLUMN conversation_analytics.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.workspace_id IS 'The tenant.';

--
-- Name: COLUMN conversation_analytics.conversation_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.conversation_id IS 'The conversation.';

--
-- Name: COLUMN conversation_analytics.day; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.day IS 'The UTC day of the messages. Feedback counts on the day of its message, however late it comes.';

--
-- Name: COLUMN conversation_analytics.rag_configuration_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.rag_configuration_id IS 'The configuration in use; what is two days old keeps the one it has.';

--
-- Name: COLUMN conversation_analytics.message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.message_count IS 'Messages, of all branches.';

--
-- Name: COLUMN conversation_analytics.user_message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.user_message_count IS 'Messages of people.';

--
-- Name: COLUMN conversation_analytics.assistant_message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.assistant_message_count IS 'Answers.';

--
-- Name: COLUMN conversation_analytics.system_message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.system_message_count IS 'Messages of the system.';

--
-- Name: COLUMN conversation_analytics.tool_message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.tool_message_count IS 'Messages of tools.';

--
-- Name: COLUMN conversation_analytics.edit_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.edit_count IS 'Messages of people that are edits of another one.';

--
-- Name: COLUMN conversation_analytics.regeneration_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.regeneration_count IS 'Answers that were made again.';

--
-- Name: COLUMN conversation_analytics.failed_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.failed_count IS 'Messages that failed.';

--
-- Name: COLUMN conversation_analytics.relevance_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.relevance_count IS 'Messages with a relevance score.';

--
-- Name: COLUMN conversation_analytics.total_relevance_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.total_relevance_score IS 'Sum of their relevance scores.';

--
-- Name: COLUMN conversation_analytics.response_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.response_count IS 'Messages with a response time.';

--
-- Name: COLUMN conversation_analytics.total_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.total_response_time_ms IS 'Sum of their response times in milliseconds.';

--
-- Name: COLUMN conversation_analytics.median_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.median_response_time_ms IS 'Half of the answers took at most this long.';

--
-- Name: COLUMN conversation_analytics.p95_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.p95_response_time_ms IS '95 % of the answers took at most this long.';

--
-- Name: COLUMN conversation_analytics.prompt_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.prompt_tokens IS 'Tokens read.';

--
-- Name: COLUMN conversation_analytics.completion_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.completion_tokens IS 'Tokens written.';

--
-- Name: COLUMN conversation_analytics.total_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.total_tokens IS 'Tokens in all.';

--
-- Name: COLUMN conversation_analytics.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.cost_usd IS 'Cost in US dollars.';

--
-- Name: COLUMN conversation_analytics.positive_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.positive_feedback IS 'Thumbs up.';

--
-- Name: COLUMN conversation_analytics.neutral_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.neutral_feedback IS 'Feedback that is neither.';

--
-- Name: COLUMN conversation_analytics.negative_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.negative_feedback IS 'Thumbs down.';

--
-- Name: COLUMN conversation_analytics.satisfaction_points; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.satisfaction_points IS 'Sum over the feedback of 0 to 1 each: the rating, or 1, 0.5 and 0 for thumbs up, neither and down.';

--
-- Name: COLUMN conversation_analytics.peak_hour; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.peak_hour IS 'UTC hour with the most messages, the first of several.';

--
-- Name: COLUMN conversation_analytics.first_message_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.first_message_at IS 'Time of the first message of the day.';

--
-- Name: COLUMN conversation_analytics.last_message_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.last_message_at IS 'Time of the last message of the day.';

--
-- Name: COLUMN conversation_analytics.computed_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.computed_at IS 'When these figures changed last.';

--
-- Name: COLUMN conversation_analytics.avg_relevance_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.avg_relevance_score IS 'Mean relevance score.';

--
-- Name: COLUMN conversation_analytics.avg_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.avg_response_time_ms IS 'Mean response time in milliseconds.';

--
-- Name: COLUMN conversation_analytics.feedback_ratio; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.feedback_ratio IS 'Share of thumbs up among the thumbs.';

--
-- Name: COLUMN conversation_analytics.satisfaction_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.satisfaction_score IS 'Mean satisfaction, 0 to 1.';

--
-- Name: COLUMN conversation_analytics.duration_seconds; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.conversation_analytics.duration_seconds IS 'Seconds from the first message of the day to the last.';

--
-- Name: conversation_summary_stats; Type: MATERIALIZED VIEW; Schema: app_private; Owner: -
--

CREATE MATERIALIZED VIEW app_private.conversation_summary_stats AS
 SELECT workspace_id,
    day,
    rag_configuration_id,
    (count(*))::integer AS conversation_count,
    sum(message_count) AS message_count,
    sum(assistant_message_count) AS assistant_message_count,
    (sum(total_tokens))::bigint AS total_tokens,
    sum(cost_usd) AS cost_usd,
    sum(relevance_count) AS relevance_count,
    sum(total_relevance_score) AS total_relevance_score,
    sum(response_count) AS response_count,
    (sum(total_response_time_ms))::bigint AS total_response_time_ms,
    sum(positive_feedback) AS positive_feedback,
    sum(neutral_feedback) AS neutral_feedback,
    sum(negative_feedback) AS negative_feedback,
    sum(satisfaction_points) AS satisfaction_points
   FROM app_public.conversation_analytics a
  GROUP BY workspace_id, day, rag_configuration_id
  WITH NO DATA;

--
-- Name: MATERIALIZED VIEW conversation_summary_stats; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON MATERIALIZED VIEW app_private.conversation_summary_stats IS 'What the conversations of a workspace add up to, per UTC day and configuration. Read through the function of the same name only.';

--
-- Name: COLUMN conversation_summary_stats.workspace_id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.workspace_id IS 'The tenant.';

--
-- Name: COLUMN conversation_summary_stats.day; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.day IS 'The UTC day.';

--
-- Name: COLUMN conversation_summary_stats.rag_configuration_id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.rag_configuration_id IS 'The configuration; null when it is gone.';

--
-- Name: COLUMN conversation_summary_stats.conversation_count; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.conversation_count IS 'Conversations with messages.';

--
-- Name: COLUMN conversation_summary_stats.message_count; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.message_count IS 'Messages.';

--
-- Name: COLUMN conversation_summary_stats.assistant_message_count; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.assistant_message_count IS 'Answers.';

--
-- Name: COLUMN conversation_summary_stats.total_tokens; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.total_tokens IS 'Tokens.';

--
-- Name: COLUMN conversation_summary_stats.cost_usd; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.cost_usd IS 'Cost in US dollars.';

--
-- Name: COLUMN conversation_summary_stats.relevance_count; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.relevance_count IS 'Messages with a relevance score.';

--
-- Name: COLUMN conversation_summary_stats.total_relevance_score; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.total_relevance_score IS 'Sum of their relevance scores.';

--
-- Name: COLUMN conversation_summary_stats.response_count; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.response_count IS 'Messages with a response time.';

--
-- Name: COLUMN conversation_summary_stats.total_response_time_ms; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.total_response_time_ms IS 'Sum of their response times in milliseconds.';

--
-- Name: COLUMN conversation_summary_stats.positive_feedback; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.positive_feedback IS 'Thumbs up.';

--
-- Name: COLUMN conversation_summary_stats.neutral_feedback; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.neutral_feedback IS 'Feedback that is neither.';

--
-- Name: COLUMN conversation_summary_stats.negative_feedback; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.negative_feedback IS 'Thumbs down.';

--
-- Name: COLUMN conversation_summary_stats.satisfaction_points; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.conversation_summary_stats.satisfaction_points IS 'Sum of the satisfaction of each feedback, 0 to 1.';

--
-- Name: mail_outbox; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.mail_outbox (
    id uuid DEFAULT uuidv7() NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    last_error text,
    sent_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT mail_outbox_attempts_positive CHECK ((attempts >= 0)),
    CONSTRAINT mail_outbox_body_length CHECK (((char_length(body) >= 1) AND (char_length(body) <= 10000))),
    CONSTRAINT mail_outbox_body_until_sent CHECK (((body IS NULL) = (sent_at IS NOT NULL))),
    CONSTRAINT mail_outbox_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT mail_outbox_last_error_length CHECK ((char_length(last_error) <= 1000)),
    CONSTRAINT mail_outbox_recipient_length CHECK (((char_length(recipient) >= 3) AND (char_length(recipient) <= 254))),
    CONSTRAINT mail_outbox_subject_format CHECK ((((char_length(subject) >= 1) AND (char_length(subject) <= 500)) AND (subject !~ '[\r\n]'::text)))
);

ALTER TABLE ONLY app_private.mail_outbox FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE mail_outbox; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TABLE app_private.mail_outbox IS 'Mail to deliver. It holds tokens in clear, so the text goes when it is sent.';

--
-- Name: COLUMN mail_outbox.id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN mail_outbox.recipient; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.recipient IS 'Address.';

--
-- Name: COLUMN mail_outbox.subject; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.subject IS 'Subject, one line.';

--
-- Name: COLUMN mail_outbox.body; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.body IS 'Plain text; null once it is sent.';

--
-- Name: COLUMN mail_outbox.attempts; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.attempts IS 'Times that delivery began.';

--
-- Name: COLUMN mail_outbox.next_attempt_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.next_attempt_at IS 'Not tried before this time.';

--
-- Name: COLUMN mail_outbox.last_error; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.last_error IS 'Why the last attempt failed.';

--
-- Name: COLUMN mail_outbox.sent_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.sent_at IS 'When it was handed over.';

--
-- Name: COLUMN mail_outbox.created_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.mail_outbox.created_at IS 'When it was written; derived from the id.';

--
-- Name: settings; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.settings (
    name text NOT NULL,
    value text NOT NULL,
    unit text NOT NULL,
    description text NOT NULL,
    CONSTRAINT settings_value_length CHECK (((char_length(value) >= 1) AND (char_length(value) <= 1000)))
);

ALTER TABLE ONLY app_private.settings FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE settings; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TABLE app_private.settings IS 'Settings that rules in the database read. Change a value with update; the next transaction sees it.';

--
-- Name: COLUMN settings.name; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.settings.name IS 'Name, as docs/configuration.md lists it.';

--
-- Name: COLUMN settings.value; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.settings.value IS 'Value as text; the reader casts it.';

--
-- Name: COLUMN settings.unit; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.settings.unit IS 'Unit of the value.';

--
-- Name: COLUMN settings.description; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.settings.description IS 'What the value decides.';

--
-- Name: user_secrets; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.user_secrets (
    user_id uuid NOT NULL,
    password_hash text NOT NULL,
    failed_attempts integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    verification_token_hash bytea,
    verification_expires_at timestamp with time zone,
    reset_token_hash bytea,
    reset_expires_at timestamp with time zone,
    CONSTRAINT user_secrets_failed_attempts_positive CHECK ((failed_attempts >= 0))
);

ALTER TABLE ONLY app_private.user_secrets FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE user_secrets; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TABLE app_private.user_secrets IS 'What must never be shown: the password hash, failed attempts, and hashes of tokens sent by mail.';

--
-- Name: COLUMN user_secrets.user_id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_secrets.user_id IS 'Whose secrets these are.';

--
-- Name: COLUMN user_secrets.password_hash; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_secrets.password_hash IS 'bcrypt, by pgcrypto.';

--
-- Name: COLUMN user_secrets.failed_attempts; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_secrets.failed_attempts IS 'Failed sign-ins since the last success.';

--
-- Name: COLUMN user_secrets.locked_until; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_secrets.locked_until IS 'No sign-in is tried before this time.';

--
-- Name: COLUMN user_secrets.verification_token_hash; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_secrets.verification_token_hash IS 'SHA-256 of the token that verifies the e-mail address.';

--
-- Name: COLUMN user_secrets.verification_expires_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_secrets.verification_expires_at IS 'When that token stops working.';

--
-- Name: COLUMN user_secrets.reset_token_hash; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_secrets.reset_token_hash IS 'SHA-256 of the token that allows a new password.';

--
-- Name: COLUMN user_secrets.reset_expires_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_secrets.reset_expires_at IS 'When that token stops working.';

--
-- Name: user_sessions; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.user_sessions (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_active_at timestamp with time zone DEFAULT now() NOT NULL,
    ip inet,
    user_agent text,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT user_sessions_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT user_sessions_token_hash_length CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT user_sessions_user_agent_length CHECK ((char_length(user_agent) <= 1000))
);

ALTER TABLE ONLY app_private.user_sessions FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE user_sessions; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TABLE app_private.user_sessions IS 'Signed-in sessions. The token itself is never stored, only its SHA-256.';

--
-- Name: COLUMN user_sessions.id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_sessions.id IS 'Identifier of the session, not a secret.';

--
-- Name: COLUMN user_sessions.user_id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_sessions.user_id IS 'Who is signed in.';

--
-- Name: COLUMN user_sessions.token_hash; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_sessions.token_hash IS 'SHA-256 of a random 256-bit token.';

--
-- Name: COLUMN user_sessions.expires_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_sessions.expires_at IS 'When the token stops working.';

--
-- Name: COLUMN user_sessions.last_active_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_sessions.last_active_at IS 'Last request, to the minute.';

--
-- Name: COLUMN user_sessions.ip; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_sessions.ip IS 'Address of the sign-in.';

--
-- Name: COLUMN user_sessions.user_agent; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_sessions.user_agent IS 'Client of the sign-in.';

--
-- Name: COLUMN user_sessions.created_at; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_sessions.created_at IS 'When the sign-in happened; derived from the id.';

--
-- Name: user_usage_months; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.user_usage_months (
    user_id uuid NOT NULL,
    period_start timestamp with time zone NOT NULL,
    logged_tokens bigint DEFAULT 0 NOT NULL,
    logged_cost_usd numeric(14,6) DEFAULT 0 NOT NULL,
    settled_tokens bigint DEFAULT 0 NOT NULL,
    settled_cost_usd numeric(14,6) DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY app_private.user_usage_months FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE user_usage_months; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TABLE app_private.user_usage_months IS 'What each user used per month, in all workspaces, for the monthly quotas of users. Kept by trigger and by settle_usage.';

--
-- Name: COLUMN user_usage_months.user_id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_usage_months.user_id IS 'The user.';

--
-- Name: COLUMN user_usage_months.period_start; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_usage_months.period_start IS 'First moment of the month, in UTC.';

--
-- Name: COLUMN user_usage_months.logged_tokens; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_usage_months.logged_tokens IS 'Tokens of that month in usage_logs.';

--
-- Name: COLUMN user_usage_months.logged_cost_usd; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_usage_months.logged_cost_usd IS 'Cost of that month in usage_logs, in US dollars.';

--
-- Name: COLUMN user_usage_months.settled_tokens; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_usage_months.settled_tokens IS 'Tokens of reservations that were settled in that month.';

--
-- Name: COLUMN user_usage_months.settled_cost_usd; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.user_usage_months.settled_cost_usd IS 'Cost of reservations that were settled in that month, in US dollars.';

--
-- Name: workspace_invitation_secrets; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.workspace_invitation_secrets (
    invitation_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    CONSTRAINT workspace_invitation_secrets_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY app_private.workspace_invitation_secrets FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE workspace_invitation_secrets; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON TABLE app_private.workspace_invitation_secrets IS 'The hashes of the tokens of open invitations.';

--
-- Name: COLUMN workspace_invitation_secrets.invitation_id; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.workspace_invitation_secrets.invitation_id IS 'The invitation.';

--
-- Name: COLUMN workspace_invitation_secrets.token_hash; Type: COMMENT; Schema: app_private; Owner: -
--

COMMENT ON COLUMN app_private.workspace_invitation_secrets.token_hash IS 'SHA-256 of a random 256-bit token.';

--
-- Name: embedding_versions_number_seq; Type: SEQUENCE; Schema: app_public; Owner: -
--

ALTER TABLE app_public.embedding_versions ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME app_public.embedding_versions_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

--
-- Name: file_type_configs; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.file_type_configs (
    mime_type text NOT NULL,
    extensions text[] NOT NULL,
    extractor text NOT NULL,
    max_bytes bigint NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    CONSTRAINT file_type_configs_extensions_length CHECK (((cardinality(extensions) >= 1) AND (cardinality(extensions) <= 50))),
    CONSTRAINT file_type_configs_extractor_known CHECK ((extractor = ANY (ARRAY['text'::text, 'markdown'::text, 'code'::text, 'html'::text, 'pdf'::text, 'docx'::text]))),
    CONSTRAINT file_type_configs_max_bytes_positive CHECK ((max_bytes > 0)),
    CONSTRAINT file_type_configs_mime_type_format CHECK (((char_length(mime_type) <= 200) AND (mime_type ~ '^[a-z0-9.+-]+/[a-z0-9.+-]+$'::text)))
);

ALTER TABLE ONLY app_public.file_type_configs FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE file_type_configs; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.file_type_configs IS 'Which types of file can be stored, and how their text is read.';

--
-- Name: COLUMN file_type_configs.mime_type; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.file_type_configs.mime_type IS 'Media type, in lower case.';

--
-- Name: COLUMN file_type_configs.extensions; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.file_type_configs.extensions IS 'Endings of file names, without the dot.';

--
-- Name: COLUMN file_type_configs.extractor; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.file_type_configs.extractor IS 'How the text is read: text, markdown, code, html, pdf or docx.';

--
-- Name: COLUMN file_type_configs.max_bytes; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.file_type_configs.max_bytes IS 'Largest file of this type.';

--
-- Name: COLUMN file_type_configs.is_enabled; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.file_type_configs.is_enabled IS 'Whether new files of this type are accepted.';

--
-- Name: memory_item_changes; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.memory_item_changes (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    memory_item_id uuid NOT NULL,
    change app_public.memory_change NOT NULL,
    old_values jsonb DEFAULT '{}'::jsonb NOT NULL,
    undone_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT memory_item_changes_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT memory_item_changes_old_values_object CHECK ((jsonb_typeof(old_values) = 'object'::text))
);

ALTER TABLE ONLY app_public.memory_item_changes FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE memory_item_changes; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.memory_item_changes IS 'What happened to a memory, so that it can be undone. Only its owner sees it.';

--
-- Name: COLUMN memory_item_changes.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_item_changes.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN memory_item_changes.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_item_changes.workspace_id IS 'The tenant.';

--
-- Name: COLUMN memory_item_changes.owner_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_item_changes.owner_id IS 'Whose memory it is.';

--
-- Name: COLUMN memory_item_changes.memory_item_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_item_changes.memory_item_id IS 'The memory.';

--
-- Name: COLUMN memory_item_changes.change; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_item_changes.change IS 'What happened.';

--
-- Name: COLUMN memory_item_changes.old_values; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_item_changes.old_values IS 'What the change overwrote, as an object.';

--
-- Name: COLUMN memory_item_changes.undone_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_item_changes.undone_at IS 'When it was undone.';

--
-- Name: COLUMN memory_item_changes.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.memory_item_changes.created_at IS 'When it happened; derived from the id.';

--
-- Name: rag_configuration_performance; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.rag_configuration_performance (
    workspace_id uuid NOT NULL,
    rag_configuration_id uuid NOT NULL,
    period app_public.analytics_period NOT NULL,
    period_start date NOT NULL,
    conversation_count integer NOT NULL,
    message_count bigint NOT NULL,
    assistant_message_count bigint NOT NULL,
    total_usage_time_seconds bigint NOT NULL,
    relevance_count bigint NOT NULL,
    total_relevance_score numeric(20,6) NOT NULL,
    response_count bigint NOT NULL,
    total_response_time_ms bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cost_usd numeric(20,6) NOT NULL,
    positive_feedback bigint NOT NULL,
    neutral_feedback bigint NOT NULL,
    negative_feedback bigint NOT NULL,
    satisfaction_points numeric(16,2) NOT NULL,
    computed_at timestamp with time zone DEFAULT now() NOT NULL,
    period_end date GENERATED ALWAYS AS ((((period_start +
CASE period
    WHEN 'day'::app_public.analytics_period THEN '1 day'::interval
    ELSE '1 mon'::interval
END))::date - 1)) STORED,
    avg_relevance_score numeric GENERATED ALWAYS AS (round((total_relevance_score / (NULLIF(relevance_count, 0))::numeric), 4)),
    avg_response_time_ms integer GENERATED ALWAYS AS (round(((total_response_time_ms)::numeric / (NULLIF(response_count, 0))::numeric))),
    avg_tokens_per_response bigint GENERATED ALWAYS AS (round(((total_tokens)::numeric / (NULLIF(assistant_message_count, 0))::numeric))),
    feedback_ratio numeric GENERATED ALWAYS AS (round(((positive_feedback)::numeric / (NULLIF((positive_feedback + negative_feedback), 0))::numeric), 4)),
    satisfaction_score numeric GENERATED ALWAYS AS (round((satisfaction_points / (NULLIF(((positive_feedback + neutral_feedback) + negative_feedback), 0))::numeric), 4)),
    CONSTRAINT rag_configuration_performance_month_begins CHECK (((period = 'day'::app_public.analytics_period) OR (EXTRACT(day FROM period_start) = (1)::numeric)))
);

ALTER TABLE ONLY app_public.rag_configuration_performance FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE rag_configuration_performance; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.rag_configuration_performance IS 'What the conversations of a configuration add up to, per UTC day and month. Computed by job from conversation_analytics.';

--
-- Name: COLUMN rag_configuration_performance.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.workspace_id IS 'The tenant.';

--
-- Name: COLUMN rag_configuration_performance.rag_configuration_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.rag_configuration_id IS 'The configuration.';

--
-- Name: COLUMN rag_configuration_performance.period; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.period IS 'day or month.';

--
-- Name: COLUMN rag_configuration_performance.period_start; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.period_start IS 'First day of the period.';

--
-- Name: COLUMN rag_configuration_performance.conversation_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.conversation_count IS 'Different conversations with messages in the period.';

--
-- Name: COLUMN rag_configuration_performance.message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.message_count IS 'Messages.';

--
-- Name: COLUMN rag_configuration_performance.assistant_message_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.assistant_message_count IS 'Answers.';

--
-- Name: COLUMN rag_configuration_performance.total_usage_time_seconds; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.total_usage_time_seconds IS 'Sum, over conversations and days, of the seconds from the first message to the last.';

--
-- Name: COLUMN rag_configuration_performance.relevance_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.relevance_count IS 'Messages with a relevance score.';

--
-- Name: COLUMN rag_configuration_performance.total_relevance_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.total_relevance_score IS 'Sum of their relevance scores.';

--
-- Name: COLUMN rag_configuration_performance.response_count; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.response_count IS 'Messages with a response time.';

--
-- Name: COLUMN rag_configuration_performance.total_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.total_response_time_ms IS 'Sum of their response times in milliseconds.';

--
-- Name: COLUMN rag_configuration_performance.total_tokens; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.total_tokens IS 'Tokens.';

--
-- Name: COLUMN rag_configuration_performance.cost_usd; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.cost_usd IS 'Cost in US dollars.';

--
-- Name: COLUMN rag_configuration_performance.positive_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.positive_feedback IS 'Thumbs up.';

--
-- Name: COLUMN rag_configuration_performance.neutral_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.neutral_feedback IS 'Feedback that is neither.';

--
-- Name: COLUMN rag_configuration_performance.negative_feedback; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.negative_feedback IS 'Thumbs down.';

--
-- Name: COLUMN rag_configuration_performance.satisfaction_points; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.satisfaction_points IS 'Sum of the satisfaction of each feedback, 0 to 1.';

--
-- Name: COLUMN rag_configuration_performance.computed_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.computed_at IS 'When these figures changed last.';

--
-- Name: COLUMN rag_configuration_performance.period_end; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.period_end IS 'Last day of the period.';

--
-- Name: COLUMN rag_configuration_performance.avg_relevance_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.avg_relevance_score IS 'Mean relevance score.';

--
-- Name: COLUMN rag_configuration_performance.avg_response_time_ms; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.avg_response_time_ms IS 'Mean response time in milliseconds.';

--
-- Name: COLUMN rag_configuration_performance.avg_tokens_per_response; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.avg_tokens_per_response IS 'Tokens per answer.';

--
-- Name: COLUMN rag_configuration_performance.feedback_ratio; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.feedback_ratio IS 'Share of thumbs up among the thumbs.';

--
-- Name: COLUMN rag_configuration_performance.satisfaction_score; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_performance.satisfaction_score IS 'Mean satisfaction, 0 to 1.';

--
-- Name: rag_configuration_versions; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.rag_configuration_versions (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    rag_configuration_id uuid NOT NULL,
    old_values jsonb NOT NULL,
    replaced_by uuid,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT rag_configuration_versions_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT rag_configuration_versions_old_values_object CHECK ((jsonb_typeof(old_values) = 'object'::text))
);

ALTER TABLE ONLY app_public.rag_configuration_versions FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE rag_configuration_versions; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.rag_configuration_versions IS 'What a configuration was before each edit. Written by trigger only.';

--
-- Name: COLUMN rag_configuration_versions.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_versions.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN rag_configuration_versions.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_versions.workspace_id IS 'The tenant.';

--
-- Name: COLUMN rag_configuration_versions.rag_configuration_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_versions.rag_configuration_id IS 'The configuration.';

--
-- Name: COLUMN rag_configuration_versions.old_values; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_versions.old_values IS 'Its columns before the edit.';

--
-- Name: COLUMN rag_configuration_versions.replaced_by; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_versions.replaced_by IS 'Who edited it.';

--
-- Name: COLUMN rag_configuration_versions.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.rag_configuration_versions.created_at IS 'When it was edited; derived from the id.';

--
-- Name: tags; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.tags (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    name extensions.citext NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT tags_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT tags_name_length CHECK (((char_length((name)::text) >= 1) AND (char_length((name)::text) <= 100)))
);

ALTER TABLE ONLY app_public.tags FORCE ROW LEVEL SECURITY;

--
-- Name: TABLE tags; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON TABLE app_public.tags IS 'A label of a workspace. Every member sees its name.';

--
-- Name: COLUMN tags.id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tags.id IS 'Time-ordered identifier (UUID version 7).';

--
-- Name: COLUMN tags.workspace_id; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tags.workspace_id IS 'The tenant.';

--
-- Name: COLUMN tags.name; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tags.name IS 'Name, unique in the workspace; upper and lower case do not matter.';

--
-- Name: COLUMN tags.created_at; Type: COMMENT; Schema: app_public; Owner: -
--

COMMENT ON COLUMN app_public.tags.created_at IS 'When it was first used; derived from the id.';

--
-- Name: analytics_changes analytics_changes_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.analytics_changes
    ADD CONSTRAINT analytics_changes_pkey PRIMARY KEY (workspace_id, conversation_id, day);

--
-- Name: budget_spending budget_spending_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.budget_spending
    ADD CONSTRAINT budget_spending_pkey PRIMARY KEY (budget_id, period_start);

--
-- Name: chunk_counts chunk_counts_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.chunk_counts
    ADD CONSTRAINT chunk_counts_pkey PRIMARY KEY (workspace_id, source_type);

--
-- Name: conversation_archive_parts conversation_archive_parts_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.conversation_archive_parts
    ADD CONSTRAINT conversation_archive_parts_pkey PRIMARY KEY (conversation_id, packed, part);

--
-- Name: conversation_archives conversation_archives_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.conversation_archives
    ADD CONSTRAINT conversation_archives_pkey PRIMARY KEY (conversation_id);

--
-- Name: conversation_archives conversation_archives_workspace_id_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.conversation_archives
    ADD CONSTRAINT conversation_archives_workspace_id_key UNIQUE (workspace_id, conversation_id);

--
-- Name: embedding_claims embedding_claims_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_claims
    ADD CONSTRAINT embedding_claims_pkey PRIMARY KEY (id);

--
-- Name: embedding_counts embedding_counts_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_counts
    ADD CONSTRAINT embedding_counts_pkey PRIMARY KEY (version_id, workspace_id);

--
-- Name: embedding_failures embedding_failures_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_failures
    ADD CONSTRAINT embedding_failures_pkey PRIMARY KEY (version_id, workspace_id, chunk_id);

--
-- Name: embedding_refusals embedding_refusals_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_refusals
    ADD CONSTRAINT embedding_refusals_pkey PRIMARY KEY (version_id, workspace_id, user_id);

--
-- Name: message_idempotency_keys message_idempotency_keys_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.message_idempotency_keys
    ADD CONSTRAINT message_idempotency_keys_pkey PRIMARY KEY (conversation_id, idempotency_key);

--
-- Name: provider_pauses provider_pauses_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.provider_pauses
    ADD CONSTRAINT provider_pauses_pkey PRIMARY KEY (provider);

--
-- Name: provider_rates provider_rates_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.provider_rates
    ADD CONSTRAINT provider_rates_pkey PRIMARY KEY (provider);

--
-- Name: raw_event_keys raw_event_keys_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.raw_event_keys
    ADD CONSTRAINT raw_event_keys_pkey PRIMARY KEY (workspace_id, source, external_id);

--
-- Name: usage_holds usage_holds_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.usage_holds
    ADD CONSTRAINT usage_holds_pkey PRIMARY KEY (budget_id, period_start, reservation_id);

--
-- Name: user_activity user_activity_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.user_activity
    ADD CONSTRAINT user_activity_pkey PRIMARY KEY (workspace_id, conversation_id, day, user_id);

--
-- Name: api_key_secrets api_key_secrets_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.api_key_secrets
    ADD CONSTRAINT api_key_secrets_pkey PRIMARY KEY (api_key_id);

--
-- Name: api_key_secrets api_key_secrets_token_hash_key; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.api_key_secrets
    ADD CONSTRAINT api_key_secrets_token_hash_key UNIQUE (token_hash);

--
-- Name: mail_outbox mail_outbox_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.mail_outbox
    ADD CONSTRAINT mail_outbox_pkey PRIMARY KEY (id);

--
-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);

--
-- Name: user_identities user_identities_issuer_subject_key; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_identities
    ADD CONSTRAINT user_identities_issuer_subject_key UNIQUE (issuer, subject);

--
-- Name: user_identities user_identities_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_identities
    ADD CONSTRAINT user_identities_pkey PRIMARY KEY (id);

--
-- Name: user_secrets user_secrets_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_secrets
    ADD CONSTRAINT user_secrets_pkey PRIMARY KEY (user_id);

--
-- Name: user_sessions user_sessions_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_sessions
    ADD CONSTRAINT user_sessions_pkey PRIMARY KEY (id);

--
-- Name: user_sessions user_sessions_token_hash_key; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_sessions
    ADD CONSTRAINT user_sessions_token_hash_key UNIQUE (token_hash);

--
-- Name: user_usage_months user_usage_months_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_usage_months
    ADD CONSTRAINT user_usage_months_pkey PRIMARY KEY (user_id, period_start);

--
-- Name: workspace_invitation_secrets workspace_invitation_secrets_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.workspace_invitation_secrets
    ADD CONSTRAINT workspace_invitation_secrets_pkey PRIMARY KEY (invitation_id);

--
-- Name: workspace_invitation_secrets workspace_invitation_secrets_token_hash_key; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.workspace_invitation_secrets
    ADD CONSTRAINT workspace_invitation_secrets_token_hash_key UNIQUE (token_hash);

--
-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

--
-- Name: api_keys api_keys_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.api_keys
    ADD CONSTRAINT api_keys_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: audit_logs audit_logs_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id);

--
-- Name: chunks chunks_document_id_chunk_index_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.chunks
    ADD CONSTRAINT chunks_document_id_chunk_index_key UNIQUE (workspace_id, document_id, chunk_index) DEFERRABLE;

--
-- Name: chunks chunks_message_id_chunk_index_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.chunks
    ADD CONSTRAINT chunks_message_id_chunk_index_key UNIQUE (workspace_id, message_id, chunk_index);

--
-- Name: chunks chunks_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.chunks
    ADD CONSTRAINT chunks_pkey PRIMARY KEY (workspace_id, id);

--
-- Name: conversation_analytics conversation_analytics_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_analytics
    ADD CONSTRAINT conversation_analytics_pkey PRIMARY KEY (workspace_id, conversation_id, day);

--
-- Name: conversation_reads conversation_reads_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_reads
    ADD CONSTRAINT conversation_reads_pkey PRIMARY KEY (conversation_id, user_id);

--
-- Name: conversation_shares conversation_shares_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_shares
    ADD CONSTRAINT conversation_shares_pkey PRIMARY KEY (id);

--
-- Name: conversation_shares conversation_shares_token_hash_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_shares
    ADD CONSTRAINT conversation_shares_token_hash_key UNIQUE (token_hash);

--
-- Name: conversations conversations_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);

--
-- Name: conversations conversations_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversations
    ADD CONSTRAINT conversations_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: documents documents_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (id);

--
-- Name: documents documents_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.documents
    ADD CONSTRAINT documents_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: embedding_versions embedding_versions_name_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.embedding_versions
    ADD CONSTRAINT embedding_versions_name_key UNIQUE (name);

--
-- Name: embedding_versions embedding_versions_number_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.embedding_versions
    ADD CONSTRAINT embedding_versions_number_key UNIQUE (number);

--
-- Name: embedding_versions embedding_versions_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.embedding_versions
    ADD CONSTRAINT embedding_versions_pkey PRIMARY KEY (id);

--
-- Name: embeddings embeddings_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.embeddings
    ADD CONSTRAINT embeddings_pkey PRIMARY KEY (version_id, workspace_id, chunk_id);

--
-- Name: entity_tags entity_tags_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.entity_tags
    ADD CONSTRAINT entity_tags_pkey PRIMARY KEY (tag_id, entity_type, entity_id);

--
-- Name: file_type_configs file_type_configs_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.file_type_configs
    ADD CONSTRAINT file_type_configs_pkey PRIMARY KEY (mime_type);

--
-- Name: files files_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (id);

--
-- Name: files files_sha256_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.files
    ADD CONSTRAINT files_sha256_key UNIQUE (workspace_id, sha256, owner_id);

--
-- Name: files files_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.files
    ADD CONSTRAINT files_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: generated_images generated_images_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.generated_images
    ADD CONSTRAINT generated_images_pkey PRIMARY KEY (id);

--
-- Name: legal_holds legal_holds_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.legal_holds
    ADD CONSTRAINT legal_holds_pkey PRIMARY KEY (id);

--
-- Name: memory_item_changes memory_item_changes_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_item_changes
    ADD CONSTRAINT memory_item_changes_pkey PRIMARY KEY (id);

--
-- Name: memory_items memory_items_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_items
    ADD CONSTRAINT memory_items_pkey PRIMARY KEY (id);

--
-- Name: memory_items memory_items_subject_excl; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_items
    ADD CONSTRAINT memory_items_subject_excl EXCLUDE USING gist (workspace_id WITH =, owner_id WITH =, subject_key WITH =, validity WITH &&) WHERE (((subject_key IS NOT NULL) AND (forgotten_at IS NULL)));

--
-- Name: memory_items memory_items_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_items
    ADD CONSTRAINT memory_items_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: message_chunks message_chunks_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.message_chunks
    ADD CONSTRAINT message_chunks_pkey PRIMARY KEY (message_id, chunk_id);

--
-- Name: message_feedback message_feedback_message_id_user_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.message_feedback
    ADD CONSTRAINT message_feedback_message_id_user_id_key UNIQUE (message_id, user_id);

--
-- Name: message_feedback message_feedback_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.message_feedback
    ADD CONSTRAINT message_feedback_pkey PRIMARY KEY (id);

--
-- Name: messages messages_conversation_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.messages
    ADD CONSTRAINT messages_conversation_id_id_key UNIQUE (conversation_id, id);

--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);

--
-- Name: rag_configuration_performance rag_configuration_performance_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configuration_performance
    ADD CONSTRAINT rag_configuration_performance_pkey PRIMARY KEY (workspace_id, rag_configuration_id, period, period_start);

--
-- Name: rag_configuration_versions rag_configuration_versions_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configuration_versions
    ADD CONSTRAINT rag_configuration_versions_pkey PRIMARY KEY (id);

--
-- Name: rag_configurations rag_configurations_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configurations
    ADD CONSTRAINT rag_configurations_pkey PRIMARY KEY (id);

--
-- Name: rag_configurations rag_configurations_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configurations
    ADD CONSTRAINT rag_configurations_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: rag_configurations rag_configurations_workspace_id_name_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configurations
    ADD CONSTRAINT rag_configurations_workspace_id_name_key UNIQUE (workspace_id, name);

--
-- Name: raw_events raw_events_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.raw_events
    ADD CONSTRAINT raw_events_pkey PRIMARY KEY (id);

--
-- Name: repositories repositories_name_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repositories
    ADD CONSTRAINT repositories_name_key UNIQUE (workspace_id, owner_id, name);

--
-- Name: repositories repositories_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repositories
    ADD CONSTRAINT repositories_pkey PRIMARY KEY (id);

--
-- Name: repositories repositories_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repositories
    ADD CONSTRAINT repositories_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: repository_documents repository_documents_file_path_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repository_documents
    ADD CONSTRAINT repository_documents_file_path_key UNIQUE (workspace_id, repository_id, file_path);

--
-- Name: repository_documents repository_documents_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repository_documents
    ADD CONSTRAINT repository_documents_pkey PRIMARY KEY (repository_id, document_id);

--
-- Name: retention_policies retention_policies_kind_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.retention_policies
    ADD CONSTRAINT retention_policies_kind_key UNIQUE NULLS NOT DISTINCT (workspace_id, kind);

--
-- Name: retention_policies retention_policies_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.retention_policies
    ADD CONSTRAINT retention_policies_pkey PRIMARY KEY (id);

--
-- Name: system_prompt_templates system_prompt_templates_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.system_prompt_templates
    ADD CONSTRAINT system_prompt_templates_pkey PRIMARY KEY (id);

--
-- Name: tags tags_name_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.tags
    ADD CONSTRAINT tags_name_key UNIQUE (workspace_id, name);

--
-- Name: tags tags_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (id);

--
-- Name: tags tags_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.tags
    ADD CONSTRAINT tags_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: tool_calls tool_calls_message_id_turn_position_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.tool_calls
    ADD CONSTRAINT tool_calls_message_id_turn_position_key UNIQUE (message_id, turn, "position");

--
-- Name: tool_calls tool_calls_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.tool_calls
    ADD CONSTRAINT tool_calls_pkey PRIMARY KEY (id);

--
-- Name: usage_budgets usage_budgets_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_budgets
    ADD CONSTRAINT usage_budgets_pkey PRIMARY KEY (id);

--
-- Name: usage_budgets usage_budgets_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_budgets
    ADD CONSTRAINT usage_budgets_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: usage_budgets usage_budgets_workspace_id_user_id_period_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_budgets
    ADD CONSTRAINT usage_budgets_workspace_id_user_id_period_key UNIQUE NULLS NOT DISTINCT (workspace_id, user_id, period);

--
-- Name: usage_logs usage_logs_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_logs
    ADD CONSTRAINT usage_logs_pkey PRIMARY KEY (id);

--
-- Name: usage_reservations usage_reservations_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_reservations
    ADD CONSTRAINT usage_reservations_pkey PRIMARY KEY (id);

--
-- Name: usage_reservations usage_reservations_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_reservations
    ADD CONSTRAINT usage_reservations_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: users users_email_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

--
-- Name: users users_username_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.users
    ADD CONSTRAINT users_username_key UNIQUE (username);

--
-- Name: workspace_invitations workspace_invitations_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_invitations
    ADD CONSTRAINT workspace_invitations_pkey PRIMARY KEY (id);

--
-- Name: workspace_invitations workspace_invitations_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_invitations
    ADD CONSTRAINT workspace_invitations_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: workspace_members workspace_members_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_members
    ADD CONSTRAINT workspace_members_pkey PRIMARY KEY (workspace_id, user_id);

--
-- Name: workspaces workspaces_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspaces
    ADD CONSTRAINT workspaces_pkey PRIMARY KEY (id);

--
-- Name: workspaces workspaces_slug_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspaces
    ADD CONSTRAINT workspaces_slug_key UNIQUE (slug);

--
-- Name: budget_spending_budget_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX budget_spending_budget_id_idx ON app_hidden.budget_spending USING btree (workspace_id, budget_id);

--
-- Name: conversation_archive_parts_workspace_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX conversation_archive_parts_workspace_id_idx ON app_hidden.conversation_archive_parts USING btree (workspace_id, conversation_id);

--
-- Name: conversation_archives_message_ids_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX conversation_archives_message_ids_idx ON app_hidden.conversation_archives USING gin (message_ids);

--
-- Name: embedding_claims_reservation_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_claims_reservation_id_idx ON app_hidden.embedding_claims USING btree (workspace_id, reservation_id);

--
-- Name: embedding_claims_user_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_claims_user_id_idx ON app_hidden.embedding_claims USING btree (user_id);

--
-- Name: embedding_claims_version_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_claims_version_id_idx ON app_hidden.embedding_claims USING btree (version_id);

--
-- Name: embedding_claims_workspace_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_claims_workspace_id_idx ON app_hidden.embedding_claims USING btree (workspace_id, version_id);

--
-- Name: embedding_counts_workspace_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_counts_workspace_id_idx ON app_hidden.embedding_counts USING btree (workspace_id);

--
-- Name: embedding_failures_chunk_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_failures_chunk_id_idx ON app_hidden.embedding_failures USING btree (workspace_id, chunk_id);

--
-- Name: embedding_refusals_user_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_refusals_user_id_idx ON app_hidden.embedding_refusals USING btree (user_id);

--
-- Name: embedding_refusals_workspace_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_refusals_workspace_id_idx ON app_hidden.embedding_refusals USING btree (workspace_id);

--
-- Name: message_idempotency_keys_conversation_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX message_idempotency_keys_conversation_id_idx ON app_hidden.message_idempotency_keys USING btree (workspace_id, conversation_id);

--
-- Name: usage_holds_budget_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX usage_holds_budget_id_idx ON app_hidden.usage_holds USING btree (workspace_id, budget_id);

--
-- Name: usage_holds_reservation_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX usage_holds_reservation_id_idx ON app_hidden.usage_holds USING btree (workspace_id, reservation_id);

--
-- Name: user_activity_day_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX user_activity_day_idx ON app_hidden.user_activity USING btree (workspace_id, day DESC);

--
-- Name: user_activity_user_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX user_activity_user_id_idx ON app_hidden.user_activity USING btree (user_id);

--
-- Name: conversation_summary_stats_key; Type: INDEX; Schema: app_private; Owner: -
--

CREATE UNIQUE INDEX conversation_summary_stats_key ON app_private.conversation_summary_stats USING btree (workspace_id, day, rag_configuration_id) NULLS NOT DISTINCT;

--
-- Name: mail_outbox_next_attempt_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_outbox_next_attempt_at_idx ON app_private.mail_outbox USING btree (next_attempt_at, id) WHERE (sent_at IS NULL);

--
-- Name: mail_outbox_sent_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_outbox_sent_at_idx ON app_private.mail_outbox USING btree (sent_at) WHERE (sent_at IS NOT NULL);

--
-- Name: user_identities_user_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX user_identities_user_id_idx ON app_private.user_identities USING btree (user_id);

--
-- Name: user_secrets_reset_token_hash_key; Type: INDEX; Schema: app_private; Owner: -
--

CREATE UNIQUE INDEX user_secrets_reset_token_hash_key ON app_private.user_secrets USING btree (reset_token_hash) WHERE (reset_token_hash IS NOT NULL);

--
-- Name: user_secrets_tokens_expire_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX user_secrets_tokens_expire_idx ON app_private.user_secrets USING btree (LEAST(verification_expires_at, reset_expires_at)) WHERE ((verification_expires_at IS NOT NULL) OR (reset_expires_at IS NOT NULL));

--
-- Name: user_secrets_verification_token_hash_key; Type: INDEX; Schema: app_private; Owner: -
--

CREATE UNIQUE INDEX user_secrets_verification_token_hash_key ON app_private.user_secrets USING btree (verification_token_hash) WHERE (verification_token_hash IS NOT NULL);

--
-- Name: user_sessions_expires_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX user_sessions_expires_at_idx ON app_private.user_sessions USING btree (expires_at);

--
-- Name: user_sessions_user_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX user_sessions_user_id_idx ON app_private.user_sessions USING btree (user_id);

--
-- Name: api_keys_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX api_keys_owner_id_idx ON app_public.api_keys USING btree (workspace_id, owner_id);

--
-- Name: audit_logs_user_id_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX audit_logs_user_id_id_idx ON ONLY app_public.audit_logs USING btree (user_id, id) WHERE (user_id IS NOT NULL);

--
-- Name: audit_logs_workspace_id_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX audit_logs_workspace_id_id_idx ON ONLY app_public.audit_logs USING btree (workspace_id, id) WHERE (workspace_id IS NOT NULL);

--
-- Name: chunks_content_hash_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX chunks_content_hash_idx ON ONLY app_public.chunks USING btree (workspace_id, content_hash);

--
-- Name: chunks_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX chunks_conversation_id_idx ON ONLY app_public.chunks USING btree (workspace_id, conversation_id) WHERE (conversation_id IS NOT NULL);

--
-- Name: chunks_memory_item_id_key; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX chunks_memory_item_id_key ON ONLY app_public.chunks USING btree (workspace_id, memory_item_id, chunk_index) WHERE (memory_item_id IS NOT NULL);

--
-- Name: chunks_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX chunks_owner_id_idx ON ONLY app_public.chunks USING btree (owner_id);

--
-- Name: chunks_raw_event_id_key; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX chunks_raw_event_id_key ON ONLY app_public.chunks USING btree (workspace_id, raw_event_id, chunk_index) WHERE (raw_event_id IS NOT NULL);

--
-- Name: chunks_text_search_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX chunks_text_search_idx ON ONLY app_public.chunks USING gin (workspace_id, text_search);

--
-- Name: conversation_analytics_day_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversation_analytics_day_idx ON app_public.conversation_analytics USING btree (workspace_id, day DESC);

--
-- Name: conversation_analytics_rag_configuration_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversation_analytics_rag_configuration_id_idx ON app_public.conversation_analytics USING btree (workspace_id, rag_configuration_id, day DESC);

--
-- Name: conversation_reads_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversation_reads_conversation_id_idx ON app_public.conversation_reads USING btree (workspace_id, conversation_id);

--
-- Name: conversation_reads_user_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversation_reads_user_id_idx ON app_public.conversation_reads USING btree (user_id);

--
-- Name: conversation_shares_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversation_shares_conversation_id_idx ON app_public.conversation_shares USING btree (workspace_id, conversation_id);

--
-- Name: conversation_shares_created_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversation_shares_created_by_idx ON app_public.conversation_shares USING btree (created_by);

--
-- Name: conversations_continued_from_id_key; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX conversations_continued_from_id_key ON app_public.conversations USING btree (workspace_id, continued_from_id) WHERE (continued_from_id IS NOT NULL);

--
-- Name: conversations_expires_at_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_expires_at_idx ON app_public.conversations USING btree (expires_at) WHERE is_temporary;

--
-- Name: conversations_external_id_key; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX conversations_external_id_key ON app_public.conversations USING btree (workspace_id, owner_id, external_id) WHERE (external_id IS NOT NULL);

--
-- Name: conversations_owner_id_last_message_at_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_owner_id_last_message_at_idx ON app_public.conversations USING btree (owner_id, last_message_at DESC, id DESC);

--
-- Name: conversations_rag_configuration_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_rag_configuration_id_idx ON app_public.conversations USING btree (workspace_id, rag_configuration_id) WHERE (rag_configuration_id IS NOT NULL);

--
-- Name: conversations_shared_last_message_at_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_shared_last_message_at_idx ON app_public.conversations USING btree (workspace_id, last_message_at DESC, id DESC) WHERE (visibility = 'workspace'::app_public.visibility);

--
-- Name: conversations_unindexed_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_unindexed_idx ON app_public.conversations USING btree (id) WHERE (indexed_sequence_number < last_sequence_number);

--
-- Name: documents_file_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX documents_file_id_idx ON app_public.documents USING btree (workspace_id, file_id) WHERE (file_id IS NOT NULL);

--
-- Name: documents_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX documents_owner_id_idx ON app_public.documents USING btree (owner_id, id DESC);

--
-- Name: documents_source_url_key; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX documents_source_url_key ON app_public.documents USING btree (workspace_id, owner_id, source_url) WHERE (source_url IS NOT NULL);

--
-- Name: documents_unchunked_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX documents_unchunked_idx ON app_public.documents USING btree (id) WHERE (chunked_hash IS DISTINCT FROM content_hash);

--
-- Name: documents_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX documents_workspace_id_idx ON app_public.documents USING btree (workspace_id, id DESC);

--
-- Name: embedding_versions_created_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX embedding_versions_created_by_idx ON app_public.embedding_versions USING btree (created_by);

--
-- Name: embedding_versions_one_active; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX embedding_versions_one_active ON app_public.embedding_versions USING btree (status) WHERE (status = 'active'::app_public.embedding_version_status);

--
-- Name: embeddings_chunk_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX embeddings_chunk_id_idx ON ONLY app_public.embeddings USING btree (workspace_id, chunk_id);

--
-- Name: entity_tags_entity_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX entity_tags_entity_id_idx ON app_public.entity_tags USING btree (entity_id, entity_type);

--
-- Name: entity_tags_tag_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX entity_tags_tag_id_idx ON app_public.entity_tags USING btree (workspace_id, tag_id);

--
-- Name: files_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX files_conversation_id_idx ON app_public.files USING btree (workspace_id, conversation_id) WHERE (conversation_id IS NOT NULL);

--
-- Name: files_external_id_key; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX files_external_id_key ON app_public.files USING btree (workspace_id, owner_id, external_id) WHERE (external_id IS NOT NULL);

--
-- Name: files_mime_type_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX files_mime_type_idx ON app_public.files USING btree (mime_type);

--
-- Name: files_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX files_owner_id_idx ON app_public.files USING btree (owner_id, id DESC);

--
-- Name: files_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX files_workspace_id_idx ON app_public.files USING btree (workspace_id, id DESC);

--
-- Name: generated_images_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX generated_images_conversation_id_idx ON app_public.generated_images USING btree (workspace_id, conversation_id, id DESC);

--
-- Name: generated_images_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX generated_images_owner_id_idx ON app_public.generated_images USING btree (owner_id);

--
-- Name: legal_holds_placed_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_placed_by_idx ON app_public.legal_holds USING btree (placed_by);

--
-- Name: legal_holds_released_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_released_by_idx ON app_public.legal_holds USING btree (released_by);

--
-- Name: legal_holds_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_workspace_id_idx ON app_public.legal_holds USING btree (workspace_id);

--
-- Name: memory_item_changes_memory_item_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX memory_item_changes_memory_item_id_idx ON app_public.memory_item_changes USING btree (workspace_id, memory_item_id, id DESC);

--
-- Name: memory_item_changes_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX memory_item_changes_owner_id_idx ON app_public.memory_item_changes USING btree (owner_id);

--
-- Name: memory_items_content_hash_key; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX memory_items_content_hash_key ON app_public.memory_items USING btree (workspace_id, owner_id, content_hash) WHERE upper_inf(validity);

--
-- Name: memory_items_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX memory_items_owner_id_idx ON app_public.memory_items USING btree (owner_id, id DESC);

--
-- Name: memory_items_source_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX memory_items_source_id_idx ON app_public.memory_items USING btree (workspace_id, source_id) WHERE (source_id IS NOT NULL);

--
-- Name: memory_items_superseded_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX memory_items_superseded_by_idx ON app_public.memory_items USING btree (workspace_id, superseded_by) WHERE (superseded_by IS NOT NULL);

--
-- Name: memory_items_unchunked_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX memory_items_unchunked_idx ON app_public.memory_items USING btree (id) WHERE ((chunked_hash IS DISTINCT FROM content_hash) AND upper_inf(validity));

--
-- Name: memory_items_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX memory_items_workspace_id_idx ON app_public.memory_items USING btree (workspace_id, id DESC);

--
-- Name: message_chunks_chunk_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX message_chunks_chunk_id_idx ON app_public.message_chunks USING btree (workspace_id, chunk_id);

--
-- Name: message_chunks_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX message_chunks_conversation_id_idx ON app_public.message_chunks USING btree (workspace_id, conversation_id);

--
-- Name: message_feedback_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX message_feedback_conversation_id_idx ON app_public.message_feedback USING btree (workspace_id, conversation_id);

--
-- Name: message_feedback_user_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX message_feedback_user_id_idx ON app_public.message_feedback USING btree (user_id);

--
-- Name: messages_author_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX messages_author_id_idx ON ONLY app_public.messages USING btree (author_id) WHERE (author_id IS NOT NULL);

--
-- Name: messages_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX messages_owner_id_idx ON ONLY app_public.messages USING btree (owner_id);

--
-- Name: messages_parent_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX messages_parent_id_idx ON ONLY app_public.messages USING btree (conversation_id, parent_id) WHERE (parent_id IS NOT NULL);

--
-- Name: messages_workspace_id_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX messages_workspace_id_conversation_id_idx ON ONLY app_public.messages USING btree (workspace_id, conversation_id);

--
-- Name: rag_configuration_performance_period_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX rag_configuration_performance_period_idx ON app_public.rag_configuration_performance USING btree (workspace_id, period, period_start DESC);

--
-- Name: rag_configuration_versions_rag_configuration_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX rag_configuration_versions_rag_configuration_id_idx ON app_public.rag_configuration_versions USING btree (workspace_id, rag_configuration_id, id DESC);

--
-- Name: rag_configuration_versions_replaced_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX rag_configuration_versions_replaced_by_idx ON app_public.rag_configuration_versions USING btree (replaced_by) WHERE (replaced_by IS NOT NULL);

--
-- Name: rag_configurations_created_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX rag_configurations_created_by_idx ON app_public.rag_configurations USING btree (created_by) WHERE (created_by IS NOT NULL);

--
-- Name: rag_configurations_one_default; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX rag_configurations_one_default ON app_public.rag_configurations USING btree (workspace_id) WHERE is_default;

--
-- Name: raw_events_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX raw_events_owner_id_idx ON ONLY app_public.raw_events USING btree (owner_id);

--
-- Name: raw_events_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX raw_events_workspace_id_idx ON ONLY app_public.raw_events USING btree (workspace_id, id DESC);

--
-- Name: repositories_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX repositories_owner_id_idx ON app_public.repositories USING btree (owner_id);

--
-- Name: repository_documents_document_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX repository_documents_document_id_idx ON app_public.repository_documents USING btree (workspace_id, document_id);

--
-- Name: system_prompt_templates_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX system_prompt_templates_owner_id_idx ON app_public.system_prompt_templates USING btree (owner_id) WHERE (owner_id IS NOT NULL);

--
-- Name: system_prompt_templates_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX system_prompt_templates_workspace_id_idx ON app_public.system_prompt_templates USING btree (workspace_id, category, name);

--
-- Name: tool_calls_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX tool_calls_conversation_id_idx ON app_public.tool_calls USING btree (workspace_id, conversation_id, id);

--
-- Name: tool_calls_decided_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX tool_calls_decided_by_idx ON app_public.tool_calls USING btree (decided_by) WHERE (decided_by IS NOT NULL);

--
-- Name: usage_logs_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX usage_logs_conversation_id_idx ON ONLY app_public.usage_logs USING btree (workspace_id, conversation_id) WHERE (conversation_id IS NOT NULL);

--
-- Name: usage_logs_user_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX usage_logs_user_id_idx ON ONLY app_public.usage_logs USING btree (user_id, id DESC) WHERE (user_id IS NOT NULL);

--
-- Name: usage_logs_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX usage_logs_workspace_id_idx ON ONLY app_public.usage_logs USING btree (workspace_id, id DESC);

--
-- Name: usage_reservations_open_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX usage_reservations_open_idx ON app_public.usage_reservations USING btree (user_id, expires_at) WHERE (settled_at IS NULL);

--
-- Name: usage_reservations_user_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX usage_reservations_user_id_idx ON app_public.usage_reservations USING btree (user_id);

--
-- Name: workspace_invitations_accepted_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_invitations_accepted_by_idx ON app_public.workspace_invitations USING btree (accepted_by) WHERE (accepted_by IS NOT NULL);

--
-- Name: workspace_invitations_ended_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_invitations_ended_idx ON app_public.workspace_invitations USING btree (COALESCE(accepted_at, expires_at));

--
-- Name: workspace_invitations_invited_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_invitations_invited_by_idx ON app_public.workspace_invitations USING btree (invited_by) WHERE (invited_by IS NOT NULL);

--
-- Name: workspace_invitations_open_key; Type: INDEX; Schema: app_public; Owner: -
--

CREATE UNIQUE INDEX workspace_invitations_open_key ON app_public.workspace_invitations USING btree (workspace_id, email) WHERE (accepted_at IS NULL);

--
-- Name: workspace_members_user_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_members_user_id_idx ON app_public.workspace_members USING btree (user_id);

--
-- Name: api_keys api_keys_50_audit; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER api_keys_50_audit AFTER INSERT OR DELETE OR UPDATE OF owner_id, name, scopes, expires_at, is_active ON app_public.api_keys FOR EACH ROW EXECUTE FUNCTION app_hidden.audit_row('api_key', 'id', 'workspace_id');

--
-- Name: audit_logs audit_logs_00_append_only; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER audit_logs_00_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON app_public.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION app_hidden.refuse_change();

--
-- Name: chunks chunks_10_count_delete; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER chunks_10_count_delete AFTER DELETE ON app_public.chunks REFERENCING OLD TABLE AS changed_chunks FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_chunks();

--
-- Name: chunks chunks_10_count_insert; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER chunks_10_count_insert AFTER INSERT ON app_public.chunks REFERENCING NEW TABLE AS changed_chunks FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_chunks();

--
-- Name: chunks chunks_10_count_truncate; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER chunks_10_count_truncate AFTER TRUNCATE ON app_public.chunks FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_chunks();

--
-- Name: conversations conversations_20_propagate_visibility; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER conversations_20_propagate_visibility AFTER UPDATE OF visibility, owner_id ON app_public.conversations FOR EACH ROW WHEN (((old.visibility <> new.visibility) OR (old.owner_id <> new.owner_id))) EXECUTE FUNCTION app_private.propagate_conversation_visibility();

--
-- Name: conversations conversations_30_untag; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER conversations_30_untag AFTER DELETE ON app_public.conversations REFERENCING OLD TABLE AS gone_entities FOR EACH STATEMENT EXECUTE FUNCTION app_private.remove_tags_of_entities('conversation');

--
-- Name: conversations conversations_90_set_updated_at; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER conversations_90_set_updated_at BEFORE UPDATE OF title, visibility, is_archived, pinned_at, model_provider, model_name, temperature, max_tokens, system_prompt, metadata, enable_document_chat, enable_image_generation, enable_web_search ON app_public.conversations FOR EACH ROW EXECUTE FUNCTION app_hidden.set_updated_at();

--
-- Name: documents documents_10_enqueue_insert; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER documents_10_enqueue_insert AFTER INSERT ON app_public.documents REFERENCING NEW TABLE AS new_documents FOR EACH STATEMENT EXECUTE FUNCTION app_private.enqueue_changed_documents();

--
-- Name: documents documents_10_enqueue_update; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER documents_10_enqueue_update AFTER UPDATE ON app_public.documents REFERENCING NEW TABLE AS new_documents FOR EACH STATEMENT EXECUTE FUNCTION app_private.enqueue_changed_documents();

--
-- Name: documents documents_20_propagate_visibility; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER documents_20_propagate_visibility AFTER UPDATE OF visibility, owner_id ON app_public.documents FOR EACH ROW WHEN (((old.visibility <> new.visibility) OR (old.owner_id <> new.owner_id))) EXECUTE FUNCTION app_private.propagate_document_visibility();

--
-- Name: documents documents_30_untag; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER documents_30_untag AFTER DELETE ON app_public.documents REFERENCING OLD TABLE AS gone_entities FOR EACH STATEMENT EXECUTE FUNCTION app_private.remove_tags_of_entities('document');

--
-- Name: documents documents_90_set_updated_at; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER documents_90_set_updated_at BEFORE UPDATE OF title, content, content_type, code_language, text_search_language, visibility, source_url, is_archived, metadata ON app_public.documents FOR EACH ROW EXECUTE FUNCTION app_hidden.set_updated_at();

--
-- Name: embeddings embeddings_10_count_delete; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER embeddings_10_count_delete AFTER DELETE ON app_public.embeddings REFERENCING OLD TABLE AS changed_embeddings FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_embeddings();

--
-- Name: embeddings embeddings_10_count_insert; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER embeddings_10_count_insert AFTER INSERT ON app_public.embeddings REFERENCING NEW TABLE AS changed_embeddings FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_embeddings();

--
-- Name: embeddings embeddings_10_count_truncate; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER embeddings_10_count_truncate AFTER TRUNCATE ON app_public.embeddings FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_embeddings();

--
-- Name: embeddings embeddings_20_clear_failures; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER embeddings_20_clear_failures AFTER INSERT ON app_public.embeddings REFERENCING NEW TABLE AS changed_embeddings FOR EACH STATEMENT EXECUTE FUNCTION app_private.clear_embedding_failures();

--
-- Name: entity_tags entity_tags_10_check; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER entity_tags_10_check BEFORE INSERT OR UPDATE ON app_public.entity_tags FOR EACH ROW EXECUTE FUNCTION app_private.check_tagged_entity();

--
-- Name: memory_items memory_items_10_close; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER memory_items_10_close BEFORE UPDATE OF validity ON app_public.memory_items FOR EACH ROW WHEN ((upper_inf(old.validity) AND (NOT upper_inf(new.validity)))) EXECUTE FUNCTION app_private.drop_chunks_of_closed_memory();

--
-- Name: memory_items memory_items_20_enqueue_insert; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER memory_items_20_enqueue_insert AFTER INSERT ON app_public.memory_items REFERENCING NEW TABLE AS new_memories FOR EACH STATEMENT EXECUTE FUNCTION app_private.enqueue_changed_memories();

--
-- Name: memory_items memory_items_20_enqueue_update; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER memory_items_20_enqueue_update AFTER UPDATE ON app_public.memory_items REFERENCING NEW TABLE AS new_memories FOR EACH STATEMENT EXECUTE FUNCTION app_private.enqueue_changed_memories();

--
-- Name: memory_items memory_items_30_untag; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER memory_items_30_untag AFTER DELETE ON app_public.memory_items REFERENCING OLD TABLE AS gone_entities FOR EACH STATEMENT EXECUTE FUNCTION app_private.remove_tags_of_entities('memory_item');

--
-- Name: message_feedback message_feedback_10_count_deleted; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER message_feedback_10_count_deleted AFTER DELETE ON app_public.message_feedback REFERENCING OLD TABLE AS old_feedback FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_message_feedback();

--
-- Name: message_feedback message_feedback_10_count_inserted; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER message_feedback_10_count_inserted AFTER INSERT ON app_public.message_feedback REFERENCING NEW TABLE AS new_feedback FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_message_feedback();

--
-- Name: message_feedback message_feedback_10_count_updated; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER message_feedback_10_count_updated AFTER UPDATE ON app_public.message_feedback REFERENCING OLD TABLE AS old_feedback NEW TABLE AS new_feedback FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_message_feedback();

--
-- Name: message_feedback message_feedback_20_mark_deleted; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER message_feedback_20_mark_deleted AFTER DELETE ON app_public.message_feedback REFERENCING OLD TABLE AS changed_feedback FOR EACH STATEMENT EXECUTE FUNCTION app_private.mark_feedback();

--
-- Name: message_feedback message_feedback_20_mark_inserted; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER message_feedback_20_mark_inserted AFTER INSERT ON app_public.message_feedback REFERENCING NEW TABLE AS changed_feedback FOR EACH STATEMENT EXECUTE FUNCTION app_private.mark_feedback();

--
-- Name: message_feedback message_feedback_20_mark_updated; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER message_feedback_20_mark_updated AFTER UPDATE ON app_public.message_feedback REFERENCING NEW TABLE AS changed_feedback FOR EACH STATEMENT EXECUTE FUNCTION app_private.mark_feedback();

--
-- Name: messages messages_10_count; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER messages_10_count AFTER INSERT ON app_public.messages REFERENCING NEW TABLE AS new_messages FOR EACH STATEMENT EXECUTE FUNCTION app_private.count_new_messages();

--
-- Name: messages messages_20_mark_deleted; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER messages_20_mark_deleted AFTER DELETE ON app_public.messages REFERENCING OLD TABLE AS old_messages FOR EACH STATEMENT EXECUTE FUNCTION app_private.mark_deleted_messages();

--
-- Name: messages messages_20_mark_inserted; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER messages_20_mark_inserted AFTER INSERT ON app_public.messages REFERENCING NEW TABLE AS new_messages FOR EACH STATEMENT EXECUTE FUNCTION app_private.mark_new_messages();

--
-- Name: messages messages_20_mark_updated; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER messages_20_mark_updated AFTER UPDATE ON app_public.messages REFERENCING OLD TABLE AS old_messages NEW TABLE AS new_messages FOR EACH STATEMENT EXECUTE FUNCTION app_private.mark_updated_messages();

--
-- Name: rag_configurations rag_configurations_10_keep_version; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER rag_configurations_10_keep_version AFTER UPDATE ON app_public.rag_configurations REFERENCING OLD TABLE AS old_configurations NEW TABLE AS new_configurations FOR EACH STATEMENT EXECUTE FUNCTION app_private.keep_rag_configuration_versions();

--
-- Name: rag_configurations rag_configurations_90_set_updated_at; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER rag_configurations_90_set_updated_at BEFORE UPDATE OF name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve, similarity_threshold, retrieval_type, is_active, is_default ON app_public.rag_configurations FOR EACH ROW EXECUTE FUNCTION app_hidden.set_updated_at();

--
-- Name: repositories repositories_30_untag; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER repositories_30_untag AFTER DELETE ON app_public.repositories REFERENCING OLD TABLE AS gone_entities FOR EACH STATEMENT EXECUTE FUNCTION app_private.remove_tags_of_entities('repository');

--
-- Name: repositories repositories_90_set_updated_at; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER repositories_90_set_updated_at BEFORE UPDATE OF name, description, repo_url, visibility, is_archived, metadata ON app_public.repositories FOR EACH ROW EXECUTE FUNCTION app_hidden.set_updated_at();

--
-- Name: system_prompt_templates system_prompt_templates_90_set_updated_at; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER system_prompt_templates_90_set_updated_at BEFORE UPDATE OF name, category, template, variables, is_public ON app_public.system_prompt_templates FOR EACH ROW EXECUTE FUNCTION app_hidden.set_updated_at();

--
-- Name: tool_calls tool_calls_10_transition; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER tool_calls_10_transition BEFORE UPDATE OF status, message_id, name, arguments ON app_public.tool_calls FOR EACH ROW EXECUTE FUNCTION app_private.check_tool_call_transition();

--
-- Name: usage_budgets usage_budgets_90_set_updated_at; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER usage_budgets_90_set_updated_at BEFORE UPDATE OF token_limit, cost_limit_usd ON app_public.usage_budgets FOR EACH ROW EXECUTE FUNCTION app_hidden.set_updated_at();

--
-- Name: usage_logs usage_logs_10_totals; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER usage_logs_10_totals AFTER INSERT ON app_public.usage_logs REFERENCING NEW TABLE AS new_usage FOR EACH STATEMENT EXECUTE FUNCTION app_private.total_new_usage();

--
-- Name: users users_90_set_updated_at; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER users_90_set_updated_at BEFORE UPDATE OF email, username, first_name, last_name, display_name, avatar_url, role, preferred_model_provider, preferred_model_name, is_active ON app_public.users FOR EACH ROW EXECUTE FUNCTION app_hidden.set_updated_at();

--
-- Name: workspace_invitations workspace_invitations_50_audit; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER workspace_invitations_50_audit AFTER INSERT OR DELETE OR UPDATE ON app_public.workspace_invitations FOR EACH ROW EXECUTE FUNCTION app_hidden.audit_row('invitation', 'id', 'workspace_id');

--
-- Name: workspace_members workspace_members_50_audit; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER workspace_members_50_audit AFTER INSERT OR DELETE OR UPDATE ON app_public.workspace_members FOR EACH ROW EXECUTE FUNCTION app_hidden.audit_row('member', 'user_id', 'workspace_id');

--
-- Name: workspace_members workspace_members_80_keep_an_owner; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE CONSTRAINT TRIGGER workspace_members_80_keep_an_owner AFTER DELETE OR UPDATE OF role, workspace_id, user_id ON app_public.workspace_members DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.role = 'owner'::app_public.member_role)) EXECUTE FUNCTION app_hidden.keep_an_owner();

--
-- Name: workspaces workspaces_10_default_configuration; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER workspaces_10_default_configuration AFTER INSERT ON app_public.workspaces REFERENCING NEW TABLE AS new_workspaces FOR EACH STATEMENT EXECUTE FUNCTION app_private.add_default_rag_configurations();

--
-- Name: workspaces workspaces_50_audit; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER workspaces_50_audit AFTER INSERT OR DELETE OR UPDATE OF name, slug, settings, is_personal ON app_public.workspaces FOR EACH ROW EXECUTE FUNCTION app_hidden.audit_row('workspace', 'id', 'id');

--
-- Name: workspaces workspaces_90_set_updated_at; Type: TRIGGER; Schema: app_public; Owner: -
--

CREATE TRIGGER workspaces_90_set_updated_at BEFORE UPDATE OF name, slug, settings ON app_public.workspaces FOR EACH ROW EXECUTE FUNCTION app_hidden.set_updated_at();

--
-- Name: analytics_changes analytics_changes_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.analytics_changes
    ADD CONSTRAINT analytics_changes_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: budget_spending budget_spending_budget_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.budget_spending
    ADD CONSTRAINT budget_spending_budget_id_fkey FOREIGN KEY (workspace_id, budget_id) REFERENCES app_public.usage_budgets(workspace_id, id) ON DELETE CASCADE;

--
-- Name: chunk_counts chunk_counts_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.chunk_counts
    ADD CONSTRAINT chunk_counts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: conversation_archive_parts conversation_archive_parts_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.conversation_archive_parts
    ADD CONSTRAINT conversation_archive_parts_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_hidden.conversation_archives(workspace_id, conversation_id) ON DELETE CASCADE;

--
-- Name: conversation_archives conversation_archives_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.conversation_archives
    ADD CONSTRAINT conversation_archives_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: embedding_claims embedding_claims_reservation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_claims
    ADD CONSTRAINT embedding_claims_reservation_id_fkey FOREIGN KEY (workspace_id, reservation_id) REFERENCES app_public.usage_reservations(workspace_id, id) ON DELETE SET NULL (reservation_id);

--
-- Name: embedding_claims embedding_claims_user_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_claims
    ADD CONSTRAINT embedding_claims_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: embedding_claims embedding_claims_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_claims
    ADD CONSTRAINT embedding_claims_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: embedding_claims embedding_claims_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_claims
    ADD CONSTRAINT embedding_claims_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: embedding_counts embedding_counts_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_counts
    ADD CONSTRAINT embedding_counts_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: embedding_counts embedding_counts_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_counts
    ADD CONSTRAINT embedding_counts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: embedding_failures embedding_failures_chunk_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_failures
    ADD CONSTRAINT embedding_failures_chunk_id_fkey FOREIGN KEY (workspace_id, chunk_id) REFERENCES app_public.chunks(workspace_id, id) ON DELETE CASCADE;

--
-- Name: embedding_failures embedding_failures_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_failures
    ADD CONSTRAINT embedding_failures_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: embedding_refusals embedding_refusals_user_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_refusals
    ADD CONSTRAINT embedding_refusals_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: embedding_refusals embedding_refusals_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_refusals
    ADD CONSTRAINT embedding_refusals_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: embedding_refusals embedding_refusals_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_refusals
    ADD CONSTRAINT embedding_refusals_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: message_idempotency_keys message_idempotency_keys_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.message_idempotency_keys
    ADD CONSTRAINT message_idempotency_keys_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: raw_event_keys raw_event_keys_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.raw_event_keys
    ADD CONSTRAINT raw_event_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: usage_holds usage_holds_budget_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.usage_holds
    ADD CONSTRAINT usage_holds_budget_id_fkey FOREIGN KEY (workspace_id, budget_id) REFERENCES app_public.usage_budgets(workspace_id, id) ON DELETE CASCADE;

--
-- Name: usage_holds usage_holds_reservation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.usage_holds
    ADD CONSTRAINT usage_holds_reservation_id_fkey FOREIGN KEY (workspace_id, reservation_id) REFERENCES app_public.usage_reservations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: user_activity user_activity_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.user_activity
    ADD CONSTRAINT user_activity_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: user_activity user_activity_user_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.user_activity
    ADD CONSTRAINT user_activity_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: api_key_secrets api_key_secrets_api_key_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.api_key_secrets
    ADD CONSTRAINT api_key_secrets_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES app_public.api_keys(id) ON DELETE CASCADE;

--
-- Name: user_identities user_identities_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_identities
    ADD CONSTRAINT user_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: user_secrets user_secrets_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_secrets
    ADD CONSTRAINT user_secrets_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: user_sessions user_sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_sessions
    ADD CONSTRAINT user_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: user_usage_months user_usage_months_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.user_usage_months
    ADD CONSTRAINT user_usage_months_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: workspace_invitation_secrets workspace_invitation_secrets_invitation_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.workspace_invitation_secrets
    ADD CONSTRAINT workspace_invitation_secrets_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES app_public.workspace_invitations(id) ON DELETE CASCADE;

--
-- Name: api_keys api_keys_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.api_keys
    ADD CONSTRAINT api_keys_owner_id_fkey FOREIGN KEY (workspace_id, owner_id) REFERENCES app_public.workspace_members(workspace_id, user_id) ON DELETE CASCADE;

--
-- Name: chunks chunks_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.chunks
    ADD CONSTRAINT chunks_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: chunks chunks_document_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.chunks
    ADD CONSTRAINT chunks_document_id_fkey FOREIGN KEY (workspace_id, document_id) REFERENCES app_public.documents(workspace_id, id) ON DELETE CASCADE;

--
-- Name: chunks chunks_memory_item_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.chunks
    ADD CONSTRAINT chunks_memory_item_id_fkey FOREIGN KEY (workspace_id, memory_item_id) REFERENCES app_public.memory_items(workspace_id, id) ON DELETE CASCADE;

--
-- Name: chunks chunks_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.chunks
    ADD CONSTRAINT chunks_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: chunks chunks_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.chunks
    ADD CONSTRAINT chunks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: conversation_analytics conversation_analytics_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_analytics
    ADD CONSTRAINT conversation_analytics_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: conversation_analytics conversation_analytics_rag_configuration_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_analytics
    ADD CONSTRAINT conversation_analytics_rag_configuration_id_fkey FOREIGN KEY (workspace_id, rag_configuration_id) REFERENCES app_public.rag_configurations(workspace_id, id) ON DELETE SET NULL (rag_configuration_id);

--
-- Name: conversation_reads conversation_reads_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_reads
    ADD CONSTRAINT conversation_reads_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: conversation_reads conversation_reads_user_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_reads
    ADD CONSTRAINT conversation_reads_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: conversation_shares conversation_shares_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_shares
    ADD CONSTRAINT conversation_shares_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: conversation_shares conversation_shares_created_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_shares
    ADD CONSTRAINT conversation_shares_created_by_fkey FOREIGN KEY (created_by) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: conversations conversations_continued_from_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversations
    ADD CONSTRAINT conversations_continued_from_id_fkey FOREIGN KEY (workspace_id, continued_from_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE SET NULL (continued_from_id);

--
-- Name: conversations conversations_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversations
    ADD CONSTRAINT conversations_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: conversations conversations_rag_configuration_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversations
    ADD CONSTRAINT conversations_rag_configuration_id_fkey FOREIGN KEY (workspace_id, rag_configuration_id) REFERENCES app_public.rag_configurations(workspace_id, id) ON DELETE SET NULL (rag_configuration_id);

--
-- Name: conversations conversations_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversations
    ADD CONSTRAINT conversations_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: documents documents_file_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.documents
    ADD CONSTRAINT documents_file_id_fkey FOREIGN KEY (workspace_id, file_id) REFERENCES app_public.files(workspace_id, id) ON DELETE SET NULL (file_id);

--
-- Name: documents documents_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.documents
    ADD CONSTRAINT documents_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: documents documents_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.documents
    ADD CONSTRAINT documents_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: embedding_versions embedding_versions_created_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.embedding_versions
    ADD CONSTRAINT embedding_versions_created_by_fkey FOREIGN KEY (created_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: embeddings embeddings_chunk_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.embeddings
    ADD CONSTRAINT embeddings_chunk_id_fkey FOREIGN KEY (workspace_id, chunk_id) REFERENCES app_public.chunks(workspace_id, id) ON DELETE CASCADE;

--
-- Name: embeddings embeddings_version_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.embeddings
    ADD CONSTRAINT embeddings_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id);

--
-- Name: entity_tags entity_tags_tag_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.entity_tags
    ADD CONSTRAINT entity_tags_tag_id_fkey FOREIGN KEY (workspace_id, tag_id) REFERENCES app_public.tags(workspace_id, id) ON DELETE CASCADE;

--
-- Name: files files_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.files
    ADD CONSTRAINT files_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE SET NULL (conversation_id);

--
-- Name: files files_mime_type_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.files
    ADD CONSTRAINT files_mime_type_fkey FOREIGN KEY (mime_type) REFERENCES app_public.file_type_configs(mime_type);

--
-- Name: files files_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.files
    ADD CONSTRAINT files_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: files files_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.files
    ADD CONSTRAINT files_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: generated_images generated_images_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.generated_images
    ADD CONSTRAINT generated_images_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: generated_images generated_images_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.generated_images
    ADD CONSTRAINT generated_images_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: legal_holds legal_holds_placed_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.legal_holds
    ADD CONSTRAINT legal_holds_placed_by_fkey FOREIGN KEY (placed_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: legal_holds legal_holds_released_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.legal_holds
    ADD CONSTRAINT legal_holds_released_by_fkey FOREIGN KEY (released_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: legal_holds legal_holds_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.legal_holds
    ADD CONSTRAINT legal_holds_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: memory_item_changes memory_item_changes_memory_item_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_item_changes
    ADD CONSTRAINT memory_item_changes_memory_item_id_fkey FOREIGN KEY (workspace_id, memory_item_id) REFERENCES app_public.memory_items(workspace_id, id) ON DELETE CASCADE;

--
-- Name: memory_item_changes memory_item_changes_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_item_changes
    ADD CONSTRAINT memory_item_changes_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: memory_items memory_items_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_items
    ADD CONSTRAINT memory_items_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: memory_items memory_items_superseded_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_items
    ADD CONSTRAINT memory_items_superseded_by_fkey FOREIGN KEY (workspace_id, superseded_by) REFERENCES app_public.memory_items(workspace_id, id) ON DELETE SET NULL (superseded_by);

--
-- Name: memory_items memory_items_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.memory_items
    ADD CONSTRAINT memory_items_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: message_chunks message_chunks_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.message_chunks
    ADD CONSTRAINT message_chunks_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: message_feedback message_feedback_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.message_feedback
    ADD CONSTRAINT message_feedback_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: message_feedback message_feedback_user_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.message_feedback
    ADD CONSTRAINT message_feedback_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: messages messages_author_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.messages
    ADD CONSTRAINT messages_author_id_fkey FOREIGN KEY (author_id) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: messages messages_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.messages
    ADD CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: messages messages_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.messages
    ADD CONSTRAINT messages_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: messages messages_parent_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.messages
    ADD CONSTRAINT messages_parent_id_fkey FOREIGN KEY (conversation_id, parent_id) REFERENCES app_public.messages(conversation_id, id) DEFERRABLE;

--
-- Name: rag_configuration_performance rag_configuration_performance_rag_configuration_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configuration_performance
    ADD CONSTRAINT rag_configuration_performance_rag_configuration_id_fkey FOREIGN KEY (workspace_id, rag_configuration_id) REFERENCES app_public.rag_configurations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: rag_configuration_versions rag_configuration_versions_rag_configuration_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configuration_versions
    ADD CONSTRAINT rag_configuration_versions_rag_configuration_id_fkey FOREIGN KEY (workspace_id, rag_configuration_id) REFERENCES app_public.rag_configurations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: rag_configuration_versions rag_configuration_versions_replaced_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configuration_versions
    ADD CONSTRAINT rag_configuration_versions_replaced_by_fkey FOREIGN KEY (replaced_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: rag_configurations rag_configurations_created_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configurations
    ADD CONSTRAINT rag_configurations_created_by_fkey FOREIGN KEY (created_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: rag_configurations rag_configurations_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.rag_configurations
    ADD CONSTRAINT rag_configurations_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: raw_events raw_events_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.raw_events
    ADD CONSTRAINT raw_events_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: raw_events raw_events_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.raw_events
    ADD CONSTRAINT raw_events_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: repositories repositories_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repositories
    ADD CONSTRAINT repositories_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: repositories repositories_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repositories
    ADD CONSTRAINT repositories_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: repository_documents repository_documents_document_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repository_documents
    ADD CONSTRAINT repository_documents_document_id_fkey FOREIGN KEY (workspace_id, document_id) REFERENCES app_public.documents(workspace_id, id) ON DELETE CASCADE;

--
-- Name: repository_documents repository_documents_repository_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.repository_documents
    ADD CONSTRAINT repository_documents_repository_id_fkey FOREIGN KEY (workspace_id, repository_id) REFERENCES app_public.repositories(workspace_id, id) ON DELETE CASCADE;

--
-- Name: retention_policies retention_policies_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.retention_policies
    ADD CONSTRAINT retention_policies_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: system_prompt_templates system_prompt_templates_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.system_prompt_templates
    ADD CONSTRAINT system_prompt_templates_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: system_prompt_templates system_prompt_templates_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.system_prompt_templates
    ADD CONSTRAINT system_prompt_templates_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: tags tags_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.tags
    ADD CONSTRAINT tags_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: tool_calls tool_calls_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.tool_calls
    ADD CONSTRAINT tool_calls_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: tool_calls tool_calls_decided_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.tool_calls
    ADD CONSTRAINT tool_calls_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: usage_budgets usage_budgets_user_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_budgets
    ADD CONSTRAINT usage_budgets_user_id_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES app_public.workspace_members(workspace_id, user_id) ON DELETE CASCADE;

--
-- Name: usage_budgets usage_budgets_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_budgets
    ADD CONSTRAINT usage_budgets_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: usage_logs usage_logs_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.usage_logs
    ADD CONSTRAINT usage_logs_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE SET NULL (conversation_id);

--
-- Name: usage_logs usage_logs_user_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.usage_logs
    ADD CONSTRAINT usage_logs_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: usage_logs usage_logs_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE app_public.usage_logs
    ADD CONSTRAINT usage_logs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: usage_reservations usage_reservations_user_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_reservations
    ADD CONSTRAINT usage_reservations_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: usage_reservations usage_reservations_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.usage_reservations
    ADD CONSTRAINT usage_reservations_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: workspace_invitations workspace_invitations_accepted_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_invitations
    ADD CONSTRAINT workspace_invitations_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: workspace_invitations workspace_invitations_invited_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_invitations
    ADD CONSTRAINT workspace_invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: workspace_invitations workspace_invitations_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_invitations
    ADD CONSTRAINT workspace_invitations_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: workspace_members workspace_members_user_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_members
    ADD CONSTRAINT workspace_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: workspace_members workspace_members_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_members
    ADD CONSTRAINT workspace_members_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: analytics_changes all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.analytics_changes TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: budget_spending all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.budget_spending TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: chunk_counts all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.chunk_counts TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversation_archive_parts all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.conversation_archive_parts TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversation_archives all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.conversation_archives TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_claims all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_claims TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_counts all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_counts TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_failures all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_failures TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_refusals all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_refusals TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: message_idempotency_keys all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.message_idempotency_keys TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: provider_pauses all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.provider_pauses TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: provider_rates all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.provider_rates TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: raw_event_keys all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.raw_event_keys TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: usage_holds all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.usage_holds TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: user_activity all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.user_activity TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: analytics_changes; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.analytics_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: budget_spending; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.budget_spending ENABLE ROW LEVEL SECURITY;

--
-- Name: chunk_counts; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.chunk_counts ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_archive_parts; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.conversation_archive_parts ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_archives; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.conversation_archives ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_claims; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_claims ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_counts; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_counts ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_failures; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_failures ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_refusals; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_refusals ENABLE ROW LEVEL SECURITY;

--
-- Name: message_idempotency_keys; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.message_idempotency_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: provider_pauses; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.provider_pauses ENABLE ROW LEVEL SECURITY;

--
-- Name: provider_rates; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.provider_rates ENABLE ROW LEVEL SECURITY;

--
-- Name: raw_event_keys; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.raw_event_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: usage_holds; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.usage_holds ENABLE ROW LEVEL SECURITY;

--
-- Name: user_activity; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.user_activity ENABLE ROW LEVEL SECURITY;

--
-- Name: api_key_secrets all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.api_key_secrets TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: mail_outbox all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.mail_outbox TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: settings all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.settings TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: user_identities all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.user_identities TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: user_secrets all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.user_secrets TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: user_sessions all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.user_sessions TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: user_usage_months all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.user_usage_months TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspace_invitation_secrets all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.workspace_invitation_secrets TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: api_key_secrets; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.api_key_secrets ENABLE ROW LEVEL SECURITY;

--
-- Name: mail_outbox; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.mail_outbox ENABLE ROW LEVEL SECURITY;

--
-- Name: settings; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.settings ENABLE ROW LEVEL SECURITY;

--
-- Name: user_identities; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.user_identities ENABLE ROW LEVEL SECURITY;

--
-- Name: user_secrets; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.user_secrets ENABLE ROW LEVEL SECURITY;

--
-- Name: user_sessions; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.user_sessions ENABLE ROW LEVEL SECURITY;

--
-- Name: user_usage_months; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.user_usage_months ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_invitation_secrets; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.workspace_invitation_secrets ENABLE ROW LEVEL SECURITY;

--
-- Name: api_keys all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.api_keys TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: audit_logs all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.audit_logs TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: chunks all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.chunks TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversation_analytics all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.conversation_analytics TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversation_reads all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.conversation_reads TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversation_shares all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.conversation_shares TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversations all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.conversations TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: documents all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.documents TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_versions all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.embedding_versions TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embeddings all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.embeddings TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: entity_tags all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.entity_tags TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: file_type_configs all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.file_type_configs TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: files all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.files TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: generated_images all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.generated_images TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: legal_holds all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.legal_holds TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: memory_item_changes all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.memory_item_changes TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: memory_items all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.memory_items TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: message_chunks all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.message_chunks TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: message_feedback all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.message_feedback TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: messages all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.messages TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: rag_configuration_performance all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.rag_configuration_performance TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: rag_configuration_versions all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.rag_configuration_versions TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: rag_configurations all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.rag_configurations TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: raw_events all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.raw_events TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: repositories all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.repositories TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: repository_documents all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.repository_documents TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: retention_policies all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.retention_policies TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: system_prompt_templates all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.system_prompt_templates TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: tags all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.tags TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: tool_calls all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.tool_calls TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: usage_budgets all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.usage_budgets TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: usage_logs all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.usage_logs TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: usage_reservations all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.usage_reservations TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: users all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.users TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspace_invitations all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.workspace_invitations TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspace_members all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.workspace_members TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspaces all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.workspaces TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: api_keys; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.api_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: audit_logs; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.audit_logs ENABLE ROW LEVEL SECURITY;

--
-- Name: chunks; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.chunks ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_analytics; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.conversation_analytics ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_reads; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.conversation_reads ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_shares; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.conversation_shares ENABLE ROW LEVEL SECURITY;

--
-- Name: conversations; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.conversations ENABLE ROW LEVEL SECURITY;

--
-- Name: rag_configurations delete_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY delete_manager ON app_public.rag_configurations FOR DELETE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage) AND (NOT is_default)));

--
-- Name: usage_budgets delete_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY delete_manager ON app_public.usage_budgets FOR DELETE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: conversations delete_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY delete_own ON app_public.conversations FOR DELETE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: documents delete_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY delete_own ON app_public.documents FOR DELETE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: repositories delete_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY delete_own ON app_public.repositories FOR DELETE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: system_prompt_templates delete_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY delete_own ON app_public.system_prompt_templates FOR DELETE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: documents; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.documents ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_versions; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.embedding_versions ENABLE ROW LEVEL SECURITY;

--
-- Name: embeddings; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.embeddings ENABLE ROW LEVEL SECURITY;

--
-- Name: entity_tags; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.entity_tags ENABLE ROW LEVEL SECURITY;

--
-- Name: file_type_configs; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.file_type_configs ENABLE ROW LEVEL SECURITY;

--
-- Name: files; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.files ENABLE ROW LEVEL SECURITY;

--
-- Name: generated_images; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.generated_images ENABLE ROW LEVEL SECURITY;

--
-- Name: rag_configurations insert_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY insert_manager ON app_public.rag_configurations FOR INSERT TO colloquy_user, colloquy_admin WITH CHECK (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (created_by = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: usage_budgets insert_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY insert_manager ON app_public.usage_budgets FOR INSERT TO colloquy_user, colloquy_admin WITH CHECK (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: conversations insert_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY insert_member ON app_public.conversations FOR INSERT TO colloquy_user, colloquy_admin WITH CHECK (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: documents insert_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY insert_member ON app_public.documents FOR INSERT TO colloquy_user, colloquy_admin WITH CHECK (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: repositories insert_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY insert_member ON app_public.repositories FOR INSERT TO colloquy_user, colloquy_admin WITH CHECK (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: system_prompt_templates insert_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY insert_member ON app_public.system_prompt_templates FOR INSERT TO colloquy_user, colloquy_admin WITH CHECK (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: legal_holds; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.legal_holds ENABLE ROW LEVEL SECURITY;

--
-- Name: memory_item_changes; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.memory_item_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: memory_items; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.memory_items ENABLE ROW LEVEL SECURITY;

--
-- Name: message_chunks; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.message_chunks ENABLE ROW LEVEL SECURITY;

--
-- Name: message_feedback; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.message_feedback ENABLE ROW LEVEL SECURITY;

--
-- Name: messages; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.messages ENABLE ROW LEVEL SECURITY;

--
-- Name: rag_configuration_performance; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.rag_configuration_performance ENABLE ROW LEVEL SECURITY;

--
-- Name: rag_configuration_versions; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.rag_configuration_versions ENABLE ROW LEVEL SECURITY;

--
-- Name: rag_configurations; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.rag_configurations ENABLE ROW LEVEL SECURITY;

--
-- Name: raw_events; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.raw_events ENABLE ROW LEVEL SECURITY;

--
-- Name: repositories; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.repositories ENABLE ROW LEVEL SECURITY;

--
-- Name: repository_documents; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.repository_documents ENABLE ROW LEVEL SECURITY;

--
-- Name: retention_policies; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.retention_policies ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_versions select_authenticator; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_authenticator ON app_public.embedding_versions FOR SELECT TO colloquy_authenticator USING ((status = 'active'::app_public.embedding_version_status));

--
-- Name: audit_logs select_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_manager ON app_public.audit_logs FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: legal_holds select_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_manager ON app_public.legal_holds FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: workspace_invitations select_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_manager ON app_public.workspace_invitations FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: api_keys select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.api_keys FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR ( SELECT app_hidden.can_manage() AS can_manage))));

--
-- Name: chunks select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.chunks FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR (visibility = 'workspace'::app_public.visibility))));

--
-- Name: conversation_analytics select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.conversation_analytics FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT true
   FROM app_public.conversations c
  WHERE (c.id = conversation_analytics.conversation_id))));

--
-- Name: conversations select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.conversations FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR (visibility = 'workspace'::app_public.visibility))));

--
-- Name: documents select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.documents FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR (visibility = 'workspace'::app_public.visibility))));

--
-- Name: embeddings select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.embeddings FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (EXISTS ( SELECT
   FROM app_public.chunks c
  WHERE ((c.workspace_id = embeddings.workspace_id) AND (c.id = embeddings.chunk_id))))));

--
-- Name: entity_tags select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.entity_tags FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND
CASE entity_type
    WHEN 'document'::app_public.taggable_type THEN (EXISTS ( SELECT
       FROM app_public.documents e
      WHERE (e.id = entity_tags.entity_id)))
    WHEN 'repository'::app_public.taggable_type THEN (EXISTS ( SELECT
       FROM app_public.repositories e
      WHERE (e.id = entity_tags.entity_id)))
    WHEN 'conversation'::app_public.taggable_type THEN (EXISTS ( SELECT
       FROM app_public.conversations e
      WHERE (e.id = entity_tags.entity_id)))
    WHEN 'memory_item'::app_public.taggable_type THEN (EXISTS ( SELECT
       FROM app_public.memory_items e
      WHERE (e.id = entity_tags.entity_id)))
    ELSE NULL::boolean
END));

--
-- Name: files select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.files FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR (visibility = 'workspace'::app_public.visibility))));

--
-- Name: generated_images select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.generated_images FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT c.id
   FROM app_public.conversations c
  WHERE (c.id = generated_images.conversation_id)) IS NOT NULL)));

--
-- Name: memory_items select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.memory_items FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR (visibility = 'workspace'::app_public.visibility))));

--
-- Name: message_chunks select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.message_chunks FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT c.id
   FROM app_public.conversations c
  WHERE (c.id = message_chunks.conversation_id)) IS NOT NULL)));

--
-- Name: messages select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.messages FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR (( SELECT c.visibility
   FROM app_public.conversations c
  WHERE (c.id = messages.conversation_id)) = 'workspace'::app_public.visibility))));

--
-- Name: rag_configuration_performance select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.rag_configuration_performance FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL)));

--
-- Name: rag_configuration_versions select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.rag_configuration_versions FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL)));

--
-- Name: rag_configurations select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.rag_configurations FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL)));

--
-- Name: raw_events select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.raw_events FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL)));

--
-- Name: repositories select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.repositories FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR (visibility = 'workspace'::app_public.visibility))));

--
-- Name: repository_documents select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.repository_documents FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (EXISTS ( SELECT
   FROM app_public.repositories r
  WHERE (r.id = repository_documents.repository_id))) AND (EXISTS ( SELECT
   FROM app_public.documents d
  WHERE (d.id = repository_documents.document_id)))));

--
-- Name: retention_policies select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.retention_policies FOR SELECT TO colloquy_user, colloquy_admin USING (((( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL) AND ((workspace_id IS NULL) OR (workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)))));

--
-- Name: system_prompt_templates select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.system_prompt_templates FOR SELECT TO colloquy_user, colloquy_admin USING (((( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL) AND ((workspace_id IS NULL) OR ((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR is_public)))));

--
-- Name: tags select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.tags FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL)));

--
-- Name: tool_calls select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.tool_calls FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT c.id
   FROM app_public.conversations c
  WHERE (c.id = tool_calls.conversation_id)) IS NOT NULL)));

--
-- Name: usage_budgets select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.usage_budgets FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL)));

--
-- Name: workspace_members select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.workspace_members FOR SELECT TO colloquy_user, colloquy_admin USING ((workspace_id = ANY (( SELECT app_hidden.current_user_workspace_ids() AS current_user_workspace_ids)::uuid[])));

--
-- Name: workspaces select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.workspaces FOR SELECT TO colloquy_user, colloquy_admin USING ((id = ANY (( SELECT app_hidden.current_user_workspace_ids() AS current_user_workspace_ids)::uuid[])));

--
-- Name: conversation_reads select_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_own ON app_public.conversation_reads FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (user_id = ( SELECT app_hidden.current_user_id() AS current_user_id))));

--
-- Name: conversation_shares select_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_own ON app_public.conversation_shares FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (created_by = ( SELECT app_hidden.current_user_id() AS current_user_id))));

--
-- Name: memory_item_changes select_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_own ON app_public.memory_item_changes FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id))));

--
-- Name: message_feedback select_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_own ON app_public.message_feedback FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (user_id = ( SELECT app_hidden.current_user_id() AS current_user_id))));

--
-- Name: usage_logs select_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_own ON app_public.usage_logs FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (user_id = ( SELECT app_hidden.current_user_id() AS current_user_id))));

--
-- Name: usage_reservations select_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_own ON app_public.usage_reservations FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (user_id = ( SELECT app_hidden.current_user_id() AS current_user_id))));

--
-- Name: audit_logs select_self; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_self ON app_public.audit_logs FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id IS NULL) AND (user_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND (NOT ( SELECT app_hidden.is_api_key() AS is_api_key))));

--
-- Name: users select_self; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_self ON app_public.users FOR SELECT TO colloquy_user, colloquy_admin USING ((id = ( SELECT app_hidden.current_user_id() AS current_user_id)));

--
-- Name: embedding_versions select_user; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_user ON app_public.embedding_versions FOR SELECT TO colloquy_user, colloquy_admin USING ((( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL));

--
-- Name: file_type_configs select_user; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_user ON app_public.file_type_configs FOR SELECT TO colloquy_user, colloquy_admin USING ((( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL));

--
-- Name: conversations select_worker; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_worker ON app_public.conversations FOR SELECT TO colloquy_worker USING (true);

--
-- Name: documents select_worker; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_worker ON app_public.documents FOR SELECT TO colloquy_worker USING (true);

--
-- Name: embedding_versions select_worker; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_worker ON app_public.embedding_versions FOR SELECT TO colloquy_worker USING (true);

--
-- Name: files select_worker; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_worker ON app_public.files FOR SELECT TO colloquy_worker USING (true);

--
-- Name: memory_items select_worker; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_worker ON app_public.memory_items FOR SELECT TO colloquy_worker USING (true);

--
-- Name: messages select_worker; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_worker ON app_public.messages FOR SELECT TO colloquy_worker USING (true);

--
-- Name: system_prompt_templates; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.system_prompt_templates ENABLE ROW LEVEL SECURITY;

--
-- Name: tags; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.tags ENABLE ROW LEVEL SECURITY;

--
-- Name: tool_calls; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.tool_calls ENABLE ROW LEVEL SECURITY;

--
-- Name: rag_configurations update_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY update_manager ON app_public.rag_configurations FOR UPDATE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: usage_budgets update_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY update_manager ON app_public.usage_budgets FOR UPDATE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: conversations update_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY update_own ON app_public.conversations FOR UPDATE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: documents update_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY update_own ON app_public.documents FOR UPDATE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: repositories update_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY update_own ON app_public.repositories FOR UPDATE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: system_prompt_templates update_own; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY update_own ON app_public.system_prompt_templates FOR UPDATE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: users update_self; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY update_self ON app_public.users FOR UPDATE TO colloquy_user, colloquy_admin USING (((id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND (NOT ( SELECT app_hidden.is_api_key() AS is_api_key))));

--
-- Name: usage_budgets; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.usage_budgets ENABLE ROW LEVEL SECURITY;

--
-- Name: usage_logs; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.usage_logs ENABLE ROW LEVEL SECURITY;

--
-- Name: usage_reservations; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.usage_reservations ENABLE ROW LEVEL SECURITY;

--
-- Name: users; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.users ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_invitations; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.workspace_invitations ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_members; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.workspace_members ENABLE ROW LEVEL SECURITY;

--
-- Name: workspaces; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.workspaces ENABLE ROW LEVEL SECURITY;

--
-- Name: SCHEMA app_hidden; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA app_hidden TO colloquy_authenticator;
GRANT USAGE ON SCHEMA app_hidden TO colloquy_visitor;
GRANT USAGE ON SCHEMA app_hidden TO colloquy_user;
GRANT USAGE ON SCHEMA app_hidden TO colloquy_admin;
GRANT USAGE ON SCHEMA app_hidden TO colloquy_worker;

--
-- Name: SCHEMA app_public; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA app_public TO colloquy_visitor;
GRANT USAGE ON SCHEMA app_public TO colloquy_user;
GRANT USAGE ON SCHEMA app_public TO colloquy_admin;
GRANT USAGE ON SCHEMA app_public TO colloquy_worker;
GRANT USAGE ON SCHEMA app_public TO colloquy_monitor;
GRANT USAGE ON SCHEMA app_public TO colloquy_authenticator;

--
-- Name: SCHEMA extensions; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA extensions TO PUBLIC;

--
-- Name: FUNCTION abandon_embedding_claims(max_claims integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.abandon_embedding_claims(max_claims integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.abandon_embedding_claims(max_claims integer) TO colloquy_worker;

--
-- Name: FUNCTION add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.add_message_chunks(for_workspace uuid, for_conversation uuid, through_sequence_number integer, new_chunks jsonb) TO colloquy_worker;

--
-- Name: FUNCTION archive_old_conversations(idle_for interval, min_messages integer, max_conversations integer, after_id uuid, time_budget interval); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.archive_old_conversations(idle_for interval, min_messages integer, max_conversations integer, after_id uuid, time_budget interval) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.archive_old_conversations(idle_for interval, min_messages integer, max_conversations integer, after_id uuid, time_budget interval) TO colloquy_worker;

--
-- Name: FUNCTION archive_old_messages(older_than interval, max_conversations integer, after_id uuid, time_budget interval); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.archive_old_messages(older_than interval, max_conversations integer, after_id uuid, time_budget interval) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.archive_old_messages(older_than interval, max_conversations integer, after_id uuid, time_budget interval) TO colloquy_worker;

--
-- Name: FUNCTION audit_row(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.audit_row() FROM PUBLIC;

--
-- Name: FUNCTION authenticate(token text, workspace_id uuid); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.authenticate(token text, workspace_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.authenticate(token text, workspace_id uuid) TO colloquy_authenticator;

--
-- Name: FUNCTION authenticate_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone, workspace_id uuid, client_ip inet, request_id text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.authenticate_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone, workspace_id uuid, client_ip inet, request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.authenticate_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone, workspace_id uuid, client_ip inet, request_id text) TO colloquy_authenticator;

--
-- Name: FUNCTION has_scope(wanted text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.has_scope(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.has_scope(wanted text) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.has_scope(wanted text) TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.has_scope(wanted text) TO colloquy_admin;
GRANT ALL ON FUNCTION app_hidden.has_scope(wanted text) TO colloquy_worker;
GRANT ALL ON FUNCTION app_hidden.has_scope(wanted text) TO colloquy_authenticator;

--
-- Name: FUNCTION can_manage(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.can_manage() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.can_manage() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.can_manage() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.can_manage() TO colloquy_admin;
GRANT ALL ON FUNCTION app_hidden.can_manage() TO colloquy_worker;
GRANT ALL ON FUNCTION app_hidden.can_manage() TO colloquy_authenticator;

--
-- Name: FUNCTION can_write(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.can_write() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.can_write() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.can_write() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.can_write() TO colloquy_admin;
GRANT ALL ON FUNCTION app_hidden.can_write() TO colloquy_worker;
GRANT ALL ON FUNCTION app_hidden.can_write() TO colloquy_authenticator;

--
-- Name: FUNCTION chunk_heat(last_used timestamp with time zone, access_count integer, importance real, at timestamp with time zone); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.chunk_heat(last_used timestamp with time zone, access_count integer, importance real, at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION chunks_to_embed(for_version uuid, for_workspace uuid, for_source_type app_public.source_type, for_source uuid, max_chunks integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.chunks_to_embed(for_version uuid, for_workspace uuid, for_source_type app_public.source_type, for_source uuid, max_chunks integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.chunks_to_embed(for_version uuid, for_workspace uuid, for_source_type app_public.source_type, for_source uuid, max_chunks integer) TO colloquy_worker;

--
-- Name: FUNCTION claim_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], token_counts integer[], price_per_million numeric); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.claim_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], token_counts integer[], price_per_million numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.claim_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], token_counts integer[], price_per_million numeric) TO colloquy_worker;

--
-- Name: FUNCTION cleanup_orphaned_files(older_than interval, max_files integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.cleanup_orphaned_files(older_than interval, max_files integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.cleanup_orphaned_files(older_than interval, max_files integer) TO colloquy_worker;

--
-- Name: FUNCTION clear_expired_tokens(max_rows integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.clear_expired_tokens(max_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.clear_expired_tokens(max_rows integer) TO colloquy_worker;

--
-- Name: FUNCTION compress_old_conversations(idle_for interval, max_conversations integer, after_id uuid, time_budget interval); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.compress_old_conversations(idle_for interval, max_conversations integer, after_id uuid, time_budget interval) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.compress_old_conversations(idle_for interval, max_conversations integer, after_id uuid, time_budget interval) TO colloquy_worker;

--
-- Name: FUNCTION compute_configuration_performance(since date); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.compute_configuration_performance(since date) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.compute_configuration_performance(since date) TO colloquy_worker;

--
-- Name: FUNCTION compute_conversation_analytics(max_conversations integer, since date); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.compute_conversation_analytics(max_conversations integer, since date) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.compute_conversation_analytics(max_conversations integer, since date) TO colloquy_worker;

--
-- Name: FUNCTION count_embedding_failures(for_version uuid, for_workspace uuid, chunk_ids uuid[], codes text[], errors text[]); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.count_embedding_failures(for_version uuid, for_workspace uuid, chunk_ids uuid[], codes text[], errors text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.count_embedding_failures(for_version uuid, for_workspace uuid, chunk_ids uuid[], codes text[], errors text[]) TO colloquy_worker;

--
-- Name: FUNCTION current_session_id(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.current_session_id() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.current_session_id() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.current_session_id() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.current_session_id() TO colloquy_admin;
GRANT ALL ON FUNCTION app_hidden.current_session_id() TO colloquy_worker;
GRANT ALL ON FUNCTION app_hidden.current_session_id() TO colloquy_authenticator;

--
-- Name: FUNCTION current_user_id(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.current_user_id() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.current_user_id() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.current_user_id() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.current_user_id() TO colloquy_admin;
GRANT ALL ON FUNCTION app_hidden.current_user_id() TO colloquy_worker;
GRANT ALL ON FUNCTION app_hidden.current_user_id() TO colloquy_authenticator;

--
-- Name: FUNCTION current_user_workspace_ids(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.current_user_workspace_ids() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.current_user_workspace_ids() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.current_user_workspace_ids() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.current_user_workspace_ids() TO colloquy_admin;

--
-- Name: FUNCTION current_workspace_id(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.current_workspace_id() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.current_workspace_id() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.current_workspace_id() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.current_workspace_id() TO colloquy_admin;
GRANT ALL ON FUNCTION app_hidden.current_workspace_id() TO colloquy_worker;
GRANT ALL ON FUNCTION app_hidden.current_workspace_id() TO colloquy_authenticator;

--
-- Name: FUNCTION dead_embeddings(for_workspace uuid, with_waiting boolean); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.dead_embeddings(for_workspace uuid, with_waiting boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.dead_embeddings(for_workspace uuid, with_waiting boolean) TO colloquy_worker;

--
-- Name: FUNCTION delete_ended_invitations(max_rows integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.delete_ended_invitations(max_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.delete_ended_invitations(max_rows integer) TO colloquy_worker;

--
-- Name: FUNCTION delete_expired_conversations(max_conversations integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.delete_expired_conversations(max_conversations integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.delete_expired_conversations(max_conversations integer) TO colloquy_worker;

--
-- Name: FUNCTION delete_expired_sessions(max_rows integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.delete_expired_sessions(max_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.delete_expired_sessions(max_rows integer) TO colloquy_worker;

--
-- Name: FUNCTION delete_sent_mail(max_rows integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.delete_sent_mail(max_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.delete_sent_mail(max_rows integer) TO colloquy_worker;

--
-- Name: FUNCTION effective_retention(for_kind app_public.retention_kind, for_workspace uuid); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.effective_retention(for_kind app_public.retention_kind, for_workspace uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.effective_retention(for_kind app_public.retention_kind, for_workspace uuid) TO colloquy_worker;

--
-- Name: FUNCTION enqueue(queue_name text, payload jsonb, singleton_key text, group_id text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.enqueue(queue_name text, payload jsonb, singleton_key text, group_id text) FROM PUBLIC;

--
-- Name: FUNCTION ensure_partitions(months_ahead integer, max_partitions integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.ensure_partitions(months_ahead integer, max_partitions integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.ensure_partitions(months_ahead integer, max_partitions integer) TO colloquy_worker;

--
-- Name: FUNCTION find_unindexed(max_sources integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.find_unindexed(max_sources integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.find_unindexed(max_sources integer) TO colloquy_worker;

--
-- Name: FUNCTION is_api_key(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.is_api_key() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.is_api_key() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.is_api_key() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.is_api_key() TO colloquy_admin;
GRANT ALL ON FUNCTION app_hidden.is_api_key() TO colloquy_worker;
GRANT ALL ON FUNCTION app_hidden.is_api_key() TO colloquy_authenticator;

--
-- Name: FUNCTION keep_an_owner(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.keep_an_owner() FROM PUBLIC;

--
-- Name: FUNCTION normalized_text(content text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.normalized_text(content text) FROM PUBLIC;

--
-- Name: FUNCTION pause_provider(for_provider text, seconds double precision, reason text, kind app_hidden.provider_pause_kind); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.pause_provider(for_provider text, seconds double precision, reason text, kind app_hidden.provider_pause_kind) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.pause_provider(for_provider text, seconds double precision, reason text, kind app_hidden.provider_pause_kind) TO colloquy_worker;

--
-- Name: FUNCTION provider_pause(for_provider text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.provider_pause(for_provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.provider_pause(for_provider text) TO colloquy_worker;

--
-- Name: TABLE messages; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.messages TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.messages TO colloquy_user;
GRANT SELECT ON TABLE app_public.messages TO colloquy_admin;
GRANT SELECT ON TABLE app_public.messages TO colloquy_worker;

--
-- Name: FUNCTION read_packed_messages(conversation_id uuid, before uuid, first integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.read_packed_messages(conversation_id uuid, before uuid, first integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.read_packed_messages(conversation_id uuid, before uuid, first integer) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.read_packed_messages(conversation_id uuid, before uuid, first integer) TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.read_packed_messages(conversation_id uuid, before uuid, first integer) TO colloquy_admin;

--
-- Name: FUNCTION recheck_conversation_analytics(since date); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.recheck_conversation_analytics(since date) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.recheck_conversation_analytics(since date) TO colloquy_worker;

--
-- Name: FUNCTION redrive_embeddings(for_workspace uuid, max_chunks integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.redrive_embeddings(for_workspace uuid, max_chunks integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.redrive_embeddings(for_workspace uuid, max_chunks integer) TO colloquy_worker;

--
-- Name: FUNCTION refresh_summary_stats(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.refresh_summary_stats() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.refresh_summary_stats() TO colloquy_worker;

--
-- Name: FUNCTION refuse_change(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.refuse_change() FROM PUBLIC;

--
-- Name: TABLE files; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.files TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.files TO colloquy_user;
GRANT SELECT ON TABLE app_public.files TO colloquy_admin;
GRANT SELECT ON TABLE app_public.files TO colloquy_worker;

--
-- Name: FUNCTION register_file(original_name text, mime_type text, byte_size bigint, sha256 bytea, conversation_id uuid, visibility app_public.visibility, metadata jsonb); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.register_file(original_name text, mime_type text, byte_size bigint, sha256 bytea, conversation_id uuid, visibility app_public.visibility, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.register_file(original_name text, mime_type text, byte_size bigint, sha256 bytea, conversation_id uuid, visibility app_public.visibility, metadata jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.register_file(original_name text, mime_type text, byte_size bigint, sha256 bytea, conversation_id uuid, visibility app_public.visibility, metadata jsonb) TO colloquy_admin;

--
-- Name: FUNCTION renew_embedding_claim(claim_id uuid); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.renew_embedding_claim(claim_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.renew_embedding_claim(claim_id uuid) TO colloquy_worker;

--
-- Name: FUNCTION replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.replace_document_chunks(for_workspace uuid, for_document uuid, of_hash bytea, new_chunks jsonb) TO colloquy_worker;

--
-- Name: FUNCTION replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.replace_memory_chunks(for_workspace uuid, for_memory uuid, of_hash bytea, new_chunks jsonb) TO colloquy_worker;

--
-- Name: FUNCTION require_member(for_writing boolean); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.require_member(for_writing boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.require_member(for_writing boolean) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.require_member(for_writing boolean) TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.require_member(for_writing boolean) TO colloquy_admin;

--
-- Name: FUNCTION require_session(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.require_session() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.require_session() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.require_session() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.require_session() TO colloquy_admin;

--
-- Name: FUNCTION resume_provider(for_provider text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.resume_provider(for_provider text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.resume_provider(for_provider text) TO colloquy_worker;

--
-- Name: FUNCTION reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[]); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.reuse_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[]) TO colloquy_worker;

--
-- Name: FUNCTION searched_workspace_id(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.searched_workspace_id() FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.searched_workspace_id() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_hidden.searched_workspace_id() TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.searched_workspace_id() TO colloquy_admin;
GRANT ALL ON FUNCTION app_hidden.searched_workspace_id() TO colloquy_worker;
GRANT ALL ON FUNCTION app_hidden.searched_workspace_id() TO colloquy_authenticator;

--
-- Name: FUNCTION set_file_status(for_workspace uuid, for_file uuid, new_status app_public.processing_status, new_error text, new_extracted_length integer, new_chunk_count integer, from_document uuid); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.set_file_status(for_workspace uuid, for_file uuid, new_status app_public.processing_status, new_error text, new_extracted_length integer, new_chunk_count integer, from_document uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.set_file_status(for_workspace uuid, for_file uuid, new_status app_public.processing_status, new_error text, new_extracted_length integer, new_chunk_count integer, from_document uuid) TO colloquy_worker;

--
-- Name: FUNCTION set_updated_at(); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.set_updated_at() FROM PUBLIC;

--
-- Name: FUNCTION setting(setting_name text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.setting(setting_name text) FROM PUBLIC;

--
-- Name: FUNCTION settle_embedding_claim(claim_id uuid, chunk_ids uuid[], vectors text[], tokens bigint, cost_usd numeric); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.settle_embedding_claim(claim_id uuid, chunk_ids uuid[], vectors text[], tokens bigint, cost_usd numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.settle_embedding_claim(claim_id uuid, chunk_ids uuid[], vectors text[], tokens bigint, cost_usd numeric) TO colloquy_worker;

--
-- Name: FUNCTION settle_mail(mail_id uuid, error text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.settle_mail(mail_id uuid, error text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.settle_mail(mail_id uuid, error text) TO colloquy_worker;

--
-- Name: FUNCTION store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[]); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.store_embeddings(for_version uuid, for_workspace uuid, chunk_ids uuid[], vectors text[]) TO colloquy_worker;

--
-- Name: FUNCTION take_mail(max_mails integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.take_mail(max_mails integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.take_mail(max_mails integer) TO colloquy_worker;

--
-- Name: FUNCTION take_provider_rate(for_provider text, requests_per_minute double precision, tokens_per_minute double precision, wanted_tokens double precision); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.take_provider_rate(for_provider text, requests_per_minute double precision, tokens_per_minute double precision, wanted_tokens double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.take_provider_rate(for_provider text, requests_per_minute double precision, tokens_per_minute double precision, wanted_tokens double precision) TO colloquy_worker;

--
-- Name: FUNCTION text_hash(content text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.text_hash(content text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.text_hash(content text) TO colloquy_user;
GRANT ALL ON FUNCTION app_hidden.text_hash(content text) TO colloquy_admin;

--
-- Name: FUNCTION text_search_vector(language text, heading text, content text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.text_search_vector(language text, heading text, content text) FROM PUBLIC;

--
-- Name: FUNCTION tier_chunks(max_chunks integer); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.tier_chunks(max_chunks integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_hidden.tier_chunks(max_chunks integer) TO colloquy_worker;

--
-- Name: FUNCTION uuidv7_at(at timestamp with time zone, seed text); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.uuidv7_at(at timestamp with time zone, seed text) FROM PUBLIC;

--
-- Name: FUNCTION uuidv7_floor(at timestamp with time zone); Type: ACL; Schema: app_hidden; Owner: -
--

REVOKE ALL ON FUNCTION app_hidden.uuidv7_floor(at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION add_default_rag_configurations(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.add_default_rag_configurations() FROM PUBLIC;

--
-- Name: FUNCTION add_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.add_identity(issuer text, subject text, email text, is_email_verified boolean, display_name text, signed_in_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION add_message_chunks(message app_public.messages, chunks jsonb); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.add_message_chunks(message app_public.messages, chunks jsonb) FROM PUBLIC;

--
-- Name: FUNCTION add_tool_calls(message app_public.messages, calls jsonb); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.add_tool_calls(message app_public.messages, calls jsonb) FROM PUBLIC;

--
-- Name: FUNCTION archive_hash(conversation_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.archive_hash(conversation_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION budget_period_start(period app_public.budget_period, at timestamp with time zone); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.budget_period_start(period app_public.budget_period, at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION check_archive(conversation_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.check_archive(conversation_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION check_part(piece app_hidden.conversation_archive_parts); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.check_part(piece app_hidden.conversation_archive_parts) FROM PUBLIC;

--
-- Name: FUNCTION check_tagged_entity(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.check_tagged_entity() FROM PUBLIC;

--
-- Name: FUNCTION check_tool_call_transition(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.check_tool_call_transition() FROM PUBLIC;

--
-- Name: TABLE workspace_members; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.workspace_members TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.workspace_members TO colloquy_user;
GRANT SELECT ON TABLE app_public.workspace_members TO colloquy_admin;

--
-- Name: FUNCTION choose_workspace(for_user uuid, wanted uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.choose_workspace(for_user uuid, wanted uuid) FROM PUBLIC;

--
-- Name: FUNCTION cleanup_test_data(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.cleanup_test_data() FROM PUBLIC;

--
-- Name: FUNCTION clear_embedding_failures(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.clear_embedding_failures() FROM PUBLIC;

--
-- Name: FUNCTION count_chunks(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.count_chunks() FROM PUBLIC;

--
-- Name: FUNCTION count_embeddings(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.count_embeddings() FROM PUBLIC;

--
-- Name: FUNCTION count_failed_attempt(for_user uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.count_failed_attempt(for_user uuid) FROM PUBLIC;

--
-- Name: FUNCTION count_message_feedback(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.count_message_feedback() FROM PUBLIC;

--
-- Name: FUNCTION count_new_messages(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.count_new_messages() FROM PUBLIC;

--
-- Name: FUNCTION create_embedding_index(for_version uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.create_embedding_index(for_version uuid) FROM PUBLIC;

--
-- Name: FUNCTION create_embedding_partitions(for_version uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.create_embedding_partitions(for_version uuid) FROM PUBLIC;

--
-- Name: FUNCTION create_month_partition(parent_name text, month date); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.create_month_partition(parent_name text, month date) FROM PUBLIC;

--
-- Name: FUNCTION create_personal_workspace(for_user uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.create_personal_workspace(for_user uuid) FROM PUBLIC;

--
-- Name: FUNCTION create_session(for_user uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.create_session(for_user uuid) FROM PUBLIC;

--
-- Name: FUNCTION drop_chunks_of_closed_memory(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.drop_chunks_of_closed_memory() FROM PUBLIC;

--
-- Name: FUNCTION embedding_waits(for_version uuid, for_workspace uuid, for_chunk uuid, for_owner uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.embedding_waits(for_version uuid, for_workspace uuid, for_chunk uuid, for_owner uuid) FROM PUBLIC;

--
-- Name: FUNCTION enqueue_changed_documents(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.enqueue_changed_documents() FROM PUBLIC;

--
-- Name: FUNCTION enqueue_changed_memories(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.enqueue_changed_memories() FROM PUBLIC;

--
-- Name: FUNCTION ensure_months(parent_name text, times timestamp with time zone[]); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.ensure_months(parent_name text, times timestamp with time zone[]) FROM PUBLIC;

--
-- Name: FUNCTION find_member(of_workspace uuid, wanted uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.find_member(of_workspace uuid, wanted uuid) FROM PUBLIC;

--
-- Name: FUNCTION generate_sample_data(email text); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.generate_sample_data(email text) FROM PUBLIC;

--
-- Name: FUNCTION hash_password(password text); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.hash_password(password text) FROM PUBLIC;

--
-- Name: TABLE conversations; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.conversations TO colloquy_visitor;
GRANT SELECT,DELETE ON TABLE app_public.conversations TO colloquy_user;
GRANT SELECT,DELETE ON TABLE app_public.conversations TO colloquy_admin;
GRANT SELECT ON TABLE app_public.conversations TO colloquy_worker;

--
-- Name: COLUMN conversations.workspace_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(workspace_id) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(workspace_id) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.owner_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(owner_id) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(owner_id) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.visibility; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(visibility),UPDATE(visibility) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(visibility),UPDATE(visibility) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.title; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(title),UPDATE(title) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(title),UPDATE(title) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.channel; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(channel) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(channel) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.model_provider; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(model_provider),UPDATE(model_provider) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(model_provider),UPDATE(model_provider) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.model_name; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(model_name),UPDATE(model_name) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(model_name),UPDATE(model_name) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.temperature; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(temperature),UPDATE(temperature) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(temperature),UPDATE(temperature) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.max_tokens; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(max_tokens),UPDATE(max_tokens) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(max_tokens),UPDATE(max_tokens) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.system_prompt; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(system_prompt),UPDATE(system_prompt) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(system_prompt),UPDATE(system_prompt) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.enable_document_chat; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(enable_document_chat) ON TABLE app_public.conversations TO colloquy_user;
GRANT UPDATE(enable_document_chat) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.enable_image_generation; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(enable_image_generation) ON TABLE app_public.conversations TO colloquy_user;
GRANT UPDATE(enable_image_generation) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.enable_web_search; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(enable_web_search) ON TABLE app_public.conversations TO colloquy_user;
GRANT UPDATE(enable_web_search) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.is_archived; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(is_archived) ON TABLE app_public.conversations TO colloquy_user;
GRANT UPDATE(is_archived) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.pinned_at; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(pinned_at) ON TABLE app_public.conversations TO colloquy_user;
GRANT UPDATE(pinned_at) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.metadata; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(metadata),UPDATE(metadata) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(metadata),UPDATE(metadata) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: COLUMN conversations.rag_configuration_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(rag_configuration_id),UPDATE(rag_configuration_id) ON TABLE app_public.conversations TO colloquy_user;
GRANT INSERT(rag_configuration_id),UPDATE(rag_configuration_id) ON TABLE app_public.conversations TO colloquy_admin;

--
-- Name: FUNCTION import_attachments(conversation app_public.conversations, messages app_private.imported_message[], shared_as app_public.visibility); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.import_attachments(conversation app_public.conversations, messages app_private.imported_message[], shared_as app_public.visibility) FROM PUBLIC;

--
-- Name: FUNCTION import_feedback(conversation app_public.conversations, messages app_private.imported_message[]); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.import_feedback(conversation app_public.conversations, messages app_private.imported_message[]) FROM PUBLIC;

--
-- Name: FUNCTION import_tool_calls(conversation app_public.conversations, messages app_private.imported_message[]); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.import_tool_calls(conversation app_public.conversations, messages app_private.imported_message[]) FROM PUBLIC;

--
-- Name: FUNCTION insert_message(conversation app_public.conversations, draft app_public.messages, is_continued boolean); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.insert_message(conversation app_public.conversations, draft app_public.messages, is_continued boolean) FROM PUBLIC;

--
-- Name: FUNCTION is_coming_back(conversation_id uuid, last_number integer); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.is_coming_back(conversation_id uuid, last_number integer) FROM PUBLIC;

--
-- Name: FUNCTION is_held(for_workspace uuid, for_kind app_public.retention_kind); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.is_held(for_workspace uuid, for_kind app_public.retention_kind) FROM PUBLIC;

--
-- Name: FUNCTION keep_rag_configuration_versions(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.keep_rag_configuration_versions() FROM PUBLIC;

--
-- Name: FUNCTION lock_continuation(conversation app_public.conversations, needed integer, first_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.lock_continuation(conversation app_public.conversations, needed integer, first_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION lock_conversation(wanted_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.lock_conversation(wanted_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION lock_conversation_of(message_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.lock_conversation_of(message_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION lock_holds(for_workspace uuid, for_placing boolean); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.lock_holds(for_workspace uuid, for_placing boolean) FROM PUBLIC;

--
-- Name: TABLE memory_items; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.memory_items TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.memory_items TO colloquy_user;
GRANT SELECT ON TABLE app_public.memory_items TO colloquy_admin;
GRANT SELECT ON TABLE app_public.memory_items TO colloquy_worker;

--
-- Name: FUNCTION lock_memory(memory_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.lock_memory(memory_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION lock_workspace(for_managing boolean); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.lock_workspace(for_managing boolean) FROM PUBLIC;

--
-- Name: FUNCTION log_event(action text, user_id uuid, workspace_id uuid, entity_type text, entity_id uuid, old_values jsonb, new_values jsonb); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.log_event(action text, user_id uuid, workspace_id uuid, entity_type text, entity_id uuid, old_values jsonb, new_values jsonb) FROM PUBLIC;

--
-- Name: FUNCTION mark_days(changes app_hidden.analytics_changes[]); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.mark_days(changes app_hidden.analytics_changes[]) FROM PUBLIC;

--
-- Name: FUNCTION mark_deleted_messages(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.mark_deleted_messages() FROM PUBLIC;

--
-- Name: FUNCTION mark_feedback(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.mark_feedback() FROM PUBLIC;

--
-- Name: FUNCTION mark_new_messages(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.mark_new_messages() FROM PUBLIC;

--
-- Name: FUNCTION mark_updated_messages(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.mark_updated_messages() FROM PUBLIC;

--
-- Name: FUNCTION message_of_key(conversation_id uuid, key text); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.message_of_key(conversation_id uuid, key text) FROM PUBLIC;

--
-- Name: FUNCTION message_path(conversation_id uuid, leaf_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.message_path(conversation_id uuid, leaf_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION next_message_id(after_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.next_message_id(after_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION pack_conversation(conversation app_public.conversations); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.pack_conversation(conversation app_public.conversations) FROM PUBLIC;

--
-- Name: FUNCTION packed_columns(packed regclass); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.packed_columns(packed regclass) FROM PUBLIC;

--
-- Name: FUNCTION packed_conversation_of(message_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.packed_conversation_of(message_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION packed_key(packed regclass); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.packed_key(packed regclass) FROM PUBLIC;

--
-- Name: FUNCTION packed_line(packed regclass, columns text[]); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.packed_line(packed regclass, columns text[]) FROM PUBLIC;

--
-- Name: FUNCTION packed_message_path(conversation app_public.conversations, leaf_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.packed_message_path(conversation app_public.conversations, leaf_id uuid) FROM PUBLIC;

--
-- Name: FUNCTION packed_messages(conversation app_public.conversations, before uuid, first integer); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.packed_messages(conversation app_public.conversations, before uuid, first integer) FROM PUBLIC;

--
-- Name: FUNCTION propagate_conversation_visibility(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.propagate_conversation_visibility() FROM PUBLIC;

--
-- Name: FUNCTION propagate_document_visibility(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.propagate_document_visibility() FROM PUBLIC;

--
-- Name: FUNCTION readable_conversation(conversation_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.readable_conversation(conversation_id uuid) FROM PUBLIC;

--
-- Name: TABLE embedding_versions; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.embedding_versions TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.embedding_versions TO colloquy_user;
GRANT SELECT ON TABLE app_public.embedding_versions TO colloquy_admin;
GRANT SELECT ON TABLE app_public.embedding_versions TO colloquy_worker;
GRANT SELECT ON TABLE app_public.embedding_versions TO colloquy_authenticator;

--
-- Name: FUNCTION recall_vector(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, max_results integer); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.recall_vector(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, max_results integer) FROM PUBLIC;

--
-- Name: FUNCTION remove_tags_of_entities(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.remove_tags_of_entities() FROM PUBLIC;

--
-- Name: FUNCTION require_batch(size integer); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.require_batch(size integer) FROM PUBLIC;

--
-- Name: FUNCTION require_days(INOUT from_day date, INOUT to_day date); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.require_days(INOUT from_day date, INOUT to_day date) FROM PUBLIC;

--
-- Name: FUNCTION require_development(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.require_development() FROM PUBLIC;

--
-- Name: FUNCTION require_manager(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.require_manager() FROM PUBLIC;

--
-- Name: FUNCTION require_other_owner(leaving app_public.workspace_members); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.require_other_owner(leaving app_public.workspace_members) FROM PUBLIC;

--
-- Name: FUNCTION require_quota(tokens bigint, cost_usd numeric, for_user uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.require_quota(tokens bigint, cost_usd numeric, for_user uuid) FROM PUBLIC;

--
-- Name: FUNCTION require_rank(caller app_public.workspace_members, concerned app_public.member_role); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.require_rank(caller app_public.workspace_members, concerned app_public.member_role) FROM PUBLIC;

--
-- Name: FUNCTION require_readable(entity_type app_public.taggable_type, entity_id uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.require_readable(entity_type app_public.taggable_type, entity_id uuid) FROM PUBLIC;

--
-- Name: TABLE usage_reservations; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.usage_reservations TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.usage_reservations TO colloquy_user;
GRANT SELECT ON TABLE app_public.usage_reservations TO colloquy_admin;

--
-- Name: FUNCTION reserve_for(for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.reserve_for(for_workspace uuid, for_user uuid, tokens bigint, cost_usd numeric) FROM PUBLIC;

--
-- Name: FUNCTION resting_time(for_kind app_public.retention_kind, for_workspace uuid); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.resting_time(for_kind app_public.retention_kind, for_workspace uuid) FROM PUBLIC;

--
-- Name: FUNCTION search_text(workspace uuid, caller uuid, query text, kinds app_public.source_type[], max_results integer); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.search_text(workspace uuid, caller uuid, query text, kinds app_public.source_type[], max_results integer) FROM PUBLIC;

--
-- Name: FUNCTION search_vector_exact(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.search_vector_exact(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer) FROM PUBLIC;

--
-- Name: FUNCTION search_vector_index(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.search_vector_index(version app_public.embedding_versions, workspace uuid, caller uuid, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer) FROM PUBLIC;

--
-- Name: FUNCTION send_mail(recipient text, subject text, body text); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.send_mail(recipient text, subject text, body text) FROM PUBLIC;

--
-- Name: FUNCTION settle_conversation_analytics(conversation_ids uuid[], since date); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.settle_conversation_analytics(conversation_ids uuid[], since date) FROM PUBLIC;

--
-- Name: FUNCTION settle_reservation(reservation app_public.usage_reservations, tokens bigint, cost_usd numeric); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.settle_reservation(reservation app_public.usage_reservations, tokens bigint, cost_usd numeric) FROM PUBLIC;

--
-- Name: FUNCTION total_new_usage(); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.total_new_usage() FROM PUBLIC;

--
-- Name: FUNCTION unpack_conversation(conversation app_public.conversations); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.unpack_conversation(conversation app_public.conversations) FROM PUBLIC;

--
-- Name: FUNCTION unpack_query(packed regclass, columns text[]); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.unpack_query(packed regclass, columns text[]) FROM PUBLIC;

--
-- Name: FUNCTION without_secrets(row_values jsonb); Type: ACL; Schema: app_private; Owner: -
--

REVOKE ALL ON FUNCTION app_private.without_secrets(row_values jsonb) FROM PUBLIC;

--
-- Name: FUNCTION accept_invitation(token text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.accept_invitation(token text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.accept_invitation(token text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.accept_invitation(token text) TO colloquy_admin;

--
-- Name: TABLE repository_documents; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.repository_documents TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.repository_documents TO colloquy_user;
GRANT SELECT ON TABLE app_public.repository_documents TO colloquy_admin;

--
-- Name: FUNCTION add_document_to_repository(repository_id uuid, document_id uuid, file_path text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.add_document_to_repository(repository_id uuid, document_id uuid, file_path text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.add_document_to_repository(repository_id uuid, document_id uuid, file_path text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.add_document_to_repository(repository_id uuid, document_id uuid, file_path text) TO colloquy_admin;

--
-- Name: TABLE entity_tags; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.entity_tags TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.entity_tags TO colloquy_user;
GRANT SELECT ON TABLE app_public.entity_tags TO colloquy_admin;

--
-- Name: FUNCTION add_tag(name text, entity_type app_public.taggable_type, entity_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.add_tag(name text, entity_type app_public.taggable_type, entity_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.add_tag(name text, entity_type app_public.taggable_type, entity_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.add_tag(name text, entity_type app_public.taggable_type, entity_id uuid) TO colloquy_admin;

--
-- Name: TABLE tool_calls; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.tool_calls TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.tool_calls TO colloquy_user;
GRANT SELECT ON TABLE app_public.tool_calls TO colloquy_admin;

--
-- Name: FUNCTION answer_tool_call(tool_call_id uuid, status app_public.tool_call_status, result jsonb, error text, duration_ms integer); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.answer_tool_call(tool_call_id uuid, status app_public.tool_call_status, result jsonb, error text, duration_ms integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.answer_tool_call(tool_call_id uuid, status app_public.tool_call_status, result jsonb, error text, duration_ms integer) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.answer_tool_call(tool_call_id uuid, status app_public.tool_call_status, result jsonb, error text, duration_ms integer) TO colloquy_admin;

--
-- Name: FUNCTION archive_conversation(conversation_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.archive_conversation(conversation_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.archive_conversation(conversation_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.archive_conversation(conversation_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION branch_conversation(message_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.branch_conversation(message_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.branch_conversation(message_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.branch_conversation(message_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION change_member_role(user_id uuid, role app_public.member_role); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.change_member_role(user_id uuid, role app_public.member_role) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.change_member_role(user_id uuid, role app_public.member_role) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.change_member_role(user_id uuid, role app_public.member_role) TO colloquy_admin;

--
-- Name: FUNCTION change_password(old_password text, new_password text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.change_password(old_password text, new_password text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.change_password(old_password text, new_password text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.change_password(old_password text, new_password text) TO colloquy_admin;

--
-- Name: FUNCTION choose_branch(message_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.choose_branch(message_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.choose_branch(message_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.choose_branch(message_id uuid) TO colloquy_admin;

--
-- Name: TABLE message_chunks; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.message_chunks TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.message_chunks TO colloquy_user;
GRANT SELECT ON TABLE app_public.message_chunks TO colloquy_admin;

--
-- Name: FUNCTION conversation_citations(conversation_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.conversation_citations(conversation_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.conversation_citations(conversation_id uuid) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.conversation_citations(conversation_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.conversation_citations(conversation_id uuid) TO colloquy_admin;

--
-- Name: COLUMN message_feedback.id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(id) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(id) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(id) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.workspace_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(workspace_id) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(workspace_id) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(workspace_id) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.conversation_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(conversation_id) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(conversation_id) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(conversation_id) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.message_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(message_id) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(message_id) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(message_id) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.user_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(user_id) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(user_id) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(user_id) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.feedback_type; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(feedback_type) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(feedback_type) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(feedback_type) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.rating; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(rating) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(rating) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(rating) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.comment; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(comment) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(comment) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(comment) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.updated_at; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(updated_at) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(updated_at) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(updated_at) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: COLUMN message_feedback.created_at; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(created_at) ON TABLE app_public.message_feedback TO colloquy_visitor;
GRANT SELECT(created_at) ON TABLE app_public.message_feedback TO colloquy_user;
GRANT SELECT(created_at) ON TABLE app_public.message_feedback TO colloquy_admin;

--
-- Name: FUNCTION conversation_feedback(conversation_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.conversation_feedback(conversation_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.conversation_feedback(conversation_id uuid) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.conversation_feedback(conversation_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.conversation_feedback(conversation_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION conversation_messages(conversation_id uuid, before uuid, first integer); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.conversation_messages(conversation_id uuid, before uuid, first integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.conversation_messages(conversation_id uuid, before uuid, first integer) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.conversation_messages(conversation_id uuid, before uuid, first integer) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.conversation_messages(conversation_id uuid, before uuid, first integer) TO colloquy_admin;

--
-- Name: FUNCTION conversation_summary_stats(from_day date, to_day date); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.conversation_summary_stats(from_day date, to_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.conversation_summary_stats(from_day date, to_day date) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.conversation_summary_stats(from_day date, to_day date) TO colloquy_admin;

--
-- Name: FUNCTION create_api_key(name text, scopes text[], expires_at timestamp with time zone); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.create_api_key(name text, scopes text[], expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.create_api_key(name text, scopes text[], expires_at timestamp with time zone) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.create_api_key(name text, scopes text[], expires_at timestamp with time zone) TO colloquy_admin;

--
-- Name: TABLE documents; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.documents TO colloquy_visitor;
GRANT SELECT,DELETE ON TABLE app_public.documents TO colloquy_user;
GRANT SELECT,DELETE ON TABLE app_public.documents TO colloquy_admin;
GRANT SELECT ON TABLE app_public.documents TO colloquy_worker;

--
-- Name: COLUMN documents.workspace_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(workspace_id) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(workspace_id) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.owner_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(owner_id) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(owner_id) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.visibility; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(visibility),UPDATE(visibility) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(visibility),UPDATE(visibility) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.title; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(title),UPDATE(title) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(title),UPDATE(title) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.content; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(content),UPDATE(content) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(content),UPDATE(content) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.content_type; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(content_type),UPDATE(content_type) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(content_type),UPDATE(content_type) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.code_language; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(code_language),UPDATE(code_language) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(code_language),UPDATE(code_language) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.text_search_language; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(text_search_language),UPDATE(text_search_language) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(text_search_language),UPDATE(text_search_language) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.source_url; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(source_url),UPDATE(source_url) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(source_url),UPDATE(source_url) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.is_archived; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(is_archived) ON TABLE app_public.documents TO colloquy_user;
GRANT UPDATE(is_archived) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: COLUMN documents.metadata; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(metadata),UPDATE(metadata) ON TABLE app_public.documents TO colloquy_user;
GRANT INSERT(metadata),UPDATE(metadata) ON TABLE app_public.documents TO colloquy_admin;

--
-- Name: FUNCTION create_document(title text, content text, content_type text, source_url text, code_language text, text_search_language app_public.text_search_language, visibility app_public.visibility, metadata jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.create_document(title text, content text, content_type text, source_url text, code_language text, text_search_language app_public.text_search_language, visibility app_public.visibility, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.create_document(title text, content text, content_type text, source_url text, code_language text, text_search_language app_public.text_search_language, visibility app_public.visibility, metadata jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.create_document(title text, content text, content_type text, source_url text, code_language text, text_search_language app_public.text_search_language, visibility app_public.visibility, metadata jsonb) TO colloquy_admin;

--
-- Name: TABLE rag_configurations; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.rag_configurations TO colloquy_visitor;
GRANT SELECT,DELETE ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT SELECT,DELETE ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.workspace_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(workspace_id) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(workspace_id) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.created_by; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(created_by) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(created_by) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.name; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(name),UPDATE(name) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.description; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(description),UPDATE(description) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.system_prompt; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(system_prompt),UPDATE(system_prompt) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(system_prompt),UPDATE(system_prompt) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.model_provider; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(model_provider),UPDATE(model_provider) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(model_provider),UPDATE(model_provider) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.model_name; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(model_name),UPDATE(model_name) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(model_name),UPDATE(model_name) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.temperature; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(temperature),UPDATE(temperature) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(temperature),UPDATE(temperature) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.max_tokens; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(max_tokens),UPDATE(max_tokens) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(max_tokens),UPDATE(max_tokens) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.chunks_to_retrieve; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(chunks_to_retrieve),UPDATE(chunks_to_retrieve) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(chunks_to_retrieve),UPDATE(chunks_to_retrieve) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.similarity_threshold; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(similarity_threshold),UPDATE(similarity_threshold) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(similarity_threshold),UPDATE(similarity_threshold) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.retrieval_type; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(retrieval_type),UPDATE(retrieval_type) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT INSERT(retrieval_type),UPDATE(retrieval_type) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: COLUMN rag_configurations.is_active; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(is_active) ON TABLE app_public.rag_configurations TO colloquy_user;
GRANT UPDATE(is_active) ON TABLE app_public.rag_configurations TO colloquy_admin;

--
-- Name: FUNCTION create_rag_configuration(name text, description text, system_prompt text, model_provider text, model_name text, temperature numeric, max_tokens integer, chunks_to_retrieve integer, similarity_threshold real, retrieval_type app_public.search_mode); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.create_rag_configuration(name text, description text, system_prompt text, model_provider text, model_name text, temperature numeric, max_tokens integer, chunks_to_retrieve integer, similarity_threshold real, retrieval_type app_public.search_mode) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.create_rag_configuration(name text, description text, system_prompt text, model_provider text, model_name text, temperature numeric, max_tokens integer, chunks_to_retrieve integer, similarity_threshold real, retrieval_type app_public.search_mode) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.create_rag_configuration(name text, description text, system_prompt text, model_provider text, model_name text, temperature numeric, max_tokens integer, chunks_to_retrieve integer, similarity_threshold real, retrieval_type app_public.search_mode) TO colloquy_admin;

--
-- Name: TABLE repositories; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.repositories TO colloquy_visitor;
GRANT SELECT,DELETE ON TABLE app_public.repositories TO colloquy_user;
GRANT SELECT,DELETE ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.workspace_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(workspace_id) ON TABLE app_public.repositories TO colloquy_user;
GRANT INSERT(workspace_id) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.owner_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(owner_id) ON TABLE app_public.repositories TO colloquy_user;
GRANT INSERT(owner_id) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.visibility; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(visibility),UPDATE(visibility) ON TABLE app_public.repositories TO colloquy_user;
GRANT INSERT(visibility),UPDATE(visibility) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.name; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE app_public.repositories TO colloquy_user;
GRANT INSERT(name),UPDATE(name) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.description; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(description),UPDATE(description) ON TABLE app_public.repositories TO colloquy_user;
GRANT INSERT(description),UPDATE(description) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.repo_url; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(repo_url),UPDATE(repo_url) ON TABLE app_public.repositories TO colloquy_user;
GRANT INSERT(repo_url),UPDATE(repo_url) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.source_type; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(source_type) ON TABLE app_public.repositories TO colloquy_user;
GRANT INSERT(source_type) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.is_archived; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(is_archived) ON TABLE app_public.repositories TO colloquy_user;
GRANT UPDATE(is_archived) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: COLUMN repositories.metadata; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(metadata),UPDATE(metadata) ON TABLE app_public.repositories TO colloquy_user;
GRANT INSERT(metadata),UPDATE(metadata) ON TABLE app_public.repositories TO colloquy_admin;

--
-- Name: FUNCTION create_repository(name text, source_type app_public.repository_source_type, description text, repo_url text, visibility app_public.visibility, metadata jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.create_repository(name text, source_type app_public.repository_source_type, description text, repo_url text, visibility app_public.visibility, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.create_repository(name text, source_type app_public.repository_source_type, description text, repo_url text, visibility app_public.visibility, metadata jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.create_repository(name text, source_type app_public.repository_source_type, description text, repo_url text, visibility app_public.visibility, metadata jsonb) TO colloquy_admin;

--
-- Name: TABLE system_prompt_templates; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.system_prompt_templates TO colloquy_visitor;
GRANT SELECT,DELETE ON TABLE app_public.system_prompt_templates TO colloquy_user;
GRANT SELECT,DELETE ON TABLE app_public.system_prompt_templates TO colloquy_admin;

--
-- Name: COLUMN system_prompt_templates.workspace_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(workspace_id) ON TABLE app_public.system_prompt_templates TO colloquy_user;
GRANT INSERT(workspace_id) ON TABLE app_public.system_prompt_templates TO colloquy_admin;

--
-- Name: COLUMN system_prompt_templates.owner_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(owner_id) ON TABLE app_public.system_prompt_templates TO colloquy_user;
GRANT INSERT(owner_id) ON TABLE app_public.system_prompt_templates TO colloquy_admin;

--
-- Name: COLUMN system_prompt_templates.name; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(name),UPDATE(name) ON TABLE app_public.system_prompt_templates TO colloquy_user;
GRANT INSERT(name),UPDATE(name) ON TABLE app_public.system_prompt_templates TO colloquy_admin;

--
-- Name: COLUMN system_prompt_templates.category; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(category),UPDATE(category) ON TABLE app_public.system_prompt_templates TO colloquy_user;
GRANT INSERT(category),UPDATE(category) ON TABLE app_public.system_prompt_templates TO colloquy_admin;

--
-- Name: COLUMN system_prompt_templates.template; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(template),UPDATE(template) ON TABLE app_public.system_prompt_templates TO colloquy_user;
GRANT INSERT(template),UPDATE(template) ON TABLE app_public.system_prompt_templates TO colloquy_admin;

--
-- Name: COLUMN system_prompt_templates.variables; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(variables),UPDATE(variables) ON TABLE app_public.system_prompt_templates TO colloquy_user;
GRANT INSERT(variables),UPDATE(variables) ON TABLE app_public.system_prompt_templates TO colloquy_admin;

--
-- Name: COLUMN system_prompt_templates.is_public; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(is_public),UPDATE(is_public) ON TABLE app_public.system_prompt_templates TO colloquy_user;
GRANT INSERT(is_public),UPDATE(is_public) ON TABLE app_public.system_prompt_templates TO colloquy_admin;

--
-- Name: FUNCTION create_system_prompt_template(name text, template text, category text, variables jsonb, is_public boolean); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.create_system_prompt_template(name text, template text, category text, variables jsonb, is_public boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.create_system_prompt_template(name text, template text, category text, variables jsonb, is_public boolean) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.create_system_prompt_template(name text, template text, category text, variables jsonb, is_public boolean) TO colloquy_admin;

--
-- Name: TABLE workspaces; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.workspaces TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.workspaces TO colloquy_user;
GRANT SELECT ON TABLE app_public.workspaces TO colloquy_admin;

--
-- Name: FUNCTION create_workspace(name text, slug text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.create_workspace(name text, slug text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.create_workspace(name text, slug text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.create_workspace(name text, slug text) TO colloquy_admin;

--
-- Name: TABLE users; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.users TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.users TO colloquy_user;
GRANT SELECT ON TABLE app_public.users TO colloquy_admin;

--
-- Name: COLUMN users.username; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(username) ON TABLE app_public.users TO colloquy_user;
GRANT UPDATE(username) ON TABLE app_public.users TO colloquy_admin;

--
-- Name: COLUMN users.first_name; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(first_name) ON TABLE app_public.users TO colloquy_user;
GRANT UPDATE(first_name) ON TABLE app_public.users TO colloquy_admin;

--
-- Name: COLUMN users.last_name; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(last_name) ON TABLE app_public.users TO colloquy_user;
GRANT UPDATE(last_name) ON TABLE app_public.users TO colloquy_admin;

--
-- Name: COLUMN users.display_name; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(display_name) ON TABLE app_public.users TO colloquy_user;
GRANT UPDATE(display_name) ON TABLE app_public.users TO colloquy_admin;

--
-- Name: COLUMN users.avatar_url; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(avatar_url) ON TABLE app_public.users TO colloquy_user;
GRANT UPDATE(avatar_url) ON TABLE app_public.users TO colloquy_admin;

--
-- Name: COLUMN users.preferred_model_provider; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(preferred_model_provider) ON TABLE app_public.users TO colloquy_user;
GRANT UPDATE(preferred_model_provider) ON TABLE app_public.users TO colloquy_admin;

--
-- Name: COLUMN users.preferred_model_name; Type: ACL; Schema: app_public; Owner: -
--

GRANT UPDATE(preferred_model_name) ON TABLE app_public.users TO colloquy_user;
GRANT UPDATE(preferred_model_name) ON TABLE app_public.users TO colloquy_admin;

--
-- Name: FUNCTION "current_user"(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public."current_user"() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public."current_user"() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public."current_user"() TO colloquy_user;
GRANT ALL ON FUNCTION app_public."current_user"() TO colloquy_admin;

--
-- Name: FUNCTION delete_workspace(name text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.delete_workspace(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.delete_workspace(name text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.delete_workspace(name text) TO colloquy_admin;

--
-- Name: FUNCTION edit_message(message_id uuid, content text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.edit_message(message_id uuid, content text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.edit_message(message_id uuid, content text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.edit_message(message_id uuid, content text) TO colloquy_admin;

--
-- Name: FUNCTION failed_embeddings(only_dead boolean); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.failed_embeddings(only_dead boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.failed_embeddings(only_dead boolean) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.failed_embeddings(only_dead boolean) TO colloquy_admin;

--
-- Name: FUNCTION forget(id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.forget(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.forget(id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.forget(id uuid) TO colloquy_admin;

--
-- Name: FUNCTION give_feedback(message_id uuid, feedback_type app_public.feedback_type, rating integer, comment text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.give_feedback(message_id uuid, feedback_type app_public.feedback_type, rating integer, comment text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.give_feedback(message_id uuid, feedback_type app_public.feedback_type, rating integer, comment text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.give_feedback(message_id uuid, feedback_type app_public.feedback_type, rating integer, comment text) TO colloquy_admin;

--
-- Name: FUNCTION import_conversation(payload jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.import_conversation(payload jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.import_conversation(payload jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.import_conversation(payload jsonb) TO colloquy_admin;

--
-- Name: FUNCTION import_documents(documents jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.import_documents(documents jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.import_documents(documents jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.import_documents(documents jsonb) TO colloquy_admin;

--
-- Name: FUNCTION import_events(events jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.import_events(events jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.import_events(events jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.import_events(events jsonb) TO colloquy_admin;

--
-- Name: FUNCTION indexing_lag(max_rows integer); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.indexing_lag(max_rows integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.indexing_lag(max_rows integer) TO colloquy_admin;
GRANT ALL ON FUNCTION app_public.indexing_lag(max_rows integer) TO colloquy_worker;
GRANT ALL ON FUNCTION app_public.indexing_lag(max_rows integer) TO colloquy_monitor;

--
-- Name: FUNCTION indexing_progress(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.indexing_progress() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.indexing_progress() TO colloquy_user;
GRANT ALL ON FUNCTION app_public.indexing_progress() TO colloquy_admin;

--
-- Name: TABLE raw_events; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.raw_events TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.raw_events TO colloquy_user;
GRANT SELECT ON TABLE app_public.raw_events TO colloquy_admin;

--
-- Name: FUNCTION ingest_event(source text, event_type text, payload jsonb, external_id text, metadata jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.ingest_event(source text, event_type text, payload jsonb, external_id text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.ingest_event(source text, event_type text, payload jsonb, external_id text, metadata jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.ingest_event(source text, event_type text, payload jsonb, external_id text, metadata jsonb) TO colloquy_admin;

--
-- Name: TABLE workspace_invitations; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.workspace_invitations TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.workspace_invitations TO colloquy_user;
GRANT SELECT ON TABLE app_public.workspace_invitations TO colloquy_admin;

--
-- Name: FUNCTION invite_member(email text, role app_public.member_role); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.invite_member(email text, role app_public.member_role) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.invite_member(email text, role app_public.member_role) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.invite_member(email text, role app_public.member_role) TO colloquy_admin;

--
-- Name: FUNCTION leave_workspace(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.leave_workspace() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.leave_workspace() TO colloquy_user;
GRANT ALL ON FUNCTION app_public.leave_workspace() TO colloquy_admin;

--
-- Name: FUNCTION make_temporary(conversation_id uuid, expires_at timestamp with time zone); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.make_temporary(conversation_id uuid, expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.make_temporary(conversation_id uuid, expires_at timestamp with time zone) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.make_temporary(conversation_id uuid, expires_at timestamp with time zone) TO colloquy_admin;

--
-- Name: TABLE conversation_reads; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.conversation_reads TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.conversation_reads TO colloquy_user;
GRANT SELECT ON TABLE app_public.conversation_reads TO colloquy_admin;

--
-- Name: FUNCTION mark_read(conversation_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.mark_read(conversation_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.mark_read(conversation_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.mark_read(conversation_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION my_sessions(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.my_sessions() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.my_sessions() TO colloquy_user;
GRANT ALL ON FUNCTION app_public.my_sessions() TO colloquy_admin;

--
-- Name: FUNCTION performance_stats(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.performance_stats() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.performance_stats() TO colloquy_admin;
GRANT ALL ON FUNCTION app_public.performance_stats() TO colloquy_monitor;

--
-- Name: TABLE legal_holds; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.legal_holds TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.legal_holds TO colloquy_user;
GRANT SELECT ON TABLE app_public.legal_holds TO colloquy_admin;

--
-- Name: FUNCTION place_legal_hold(reason text, kind app_public.retention_kind); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.place_legal_hold(reason text, kind app_public.retention_kind) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.place_legal_hold(reason text, kind app_public.retention_kind) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.place_legal_hold(reason text, kind app_public.retention_kind) TO colloquy_admin;

--
-- Name: FUNCTION post_message(conversation_id uuid, content text, role app_public.message_role, parent_id uuid, id uuid, idempotency_key text, provider text, model text, prompt_tokens integer, completion_tokens integer, total_tokens integer, cost_usd numeric, processing_time_ms integer, parts jsonb, attachments jsonb, metadata jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.post_message(conversation_id uuid, content text, role app_public.message_role, parent_id uuid, id uuid, idempotency_key text, provider text, model text, prompt_tokens integer, completion_tokens integer, total_tokens integer, cost_usd numeric, processing_time_ms integer, parts jsonb, attachments jsonb, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.post_message(conversation_id uuid, content text, role app_public.message_role, parent_id uuid, id uuid, idempotency_key text, provider text, model text, prompt_tokens integer, completion_tokens integer, total_tokens integer, cost_usd numeric, processing_time_ms integer, parts jsonb, attachments jsonb, metadata jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.post_message(conversation_id uuid, content text, role app_public.message_role, parent_id uuid, id uuid, idempotency_key text, provider text, model text, prompt_tokens integer, completion_tokens integer, total_tokens integer, cost_usd numeric, processing_time_ms integer, parts jsonb, attachments jsonb, metadata jsonb) TO colloquy_admin;

--
-- Name: FUNCTION processing_jobs(max_jobs integer); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.processing_jobs(max_jobs integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.processing_jobs(max_jobs integer) TO colloquy_admin;
GRANT ALL ON FUNCTION app_public.processing_jobs(max_jobs integer) TO colloquy_worker;
GRANT ALL ON FUNCTION app_public.processing_jobs(max_jobs integer) TO colloquy_monitor;

--
-- Name: FUNCTION provider_states(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.provider_states() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.provider_states() TO colloquy_admin;
GRANT ALL ON FUNCTION app_public.provider_states() TO colloquy_worker;
GRANT ALL ON FUNCTION app_public.provider_states() TO colloquy_monitor;

--
-- Name: FUNCTION read_shared_conversation(token text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.read_shared_conversation(token text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.read_shared_conversation(token text) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.read_shared_conversation(token text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.read_shared_conversation(token text) TO colloquy_admin;

--
-- Name: FUNCTION recall(query text, query_embedding extensions.halfvec, max_results integer); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.recall(query text, query_embedding extensions.halfvec, max_results integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.recall(query text, query_embedding extensions.halfvec, max_results integer) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.recall(query text, query_embedding extensions.halfvec, max_results integer) TO colloquy_admin;

--
-- Name: TABLE generated_images; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.generated_images TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.generated_images TO colloquy_user;
GRANT SELECT ON TABLE app_public.generated_images TO colloquy_admin;

--
-- Name: FUNCTION record_image(conversation_id uuid, prompt text, storage_path text, width integer, height integer, format text, message_id uuid, provider text, model text, generation_time_ms integer, cost_usd numeric); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.record_image(conversation_id uuid, prompt text, storage_path text, width integer, height integer, format text, message_id uuid, provider text, model text, generation_time_ms integer, cost_usd numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.record_image(conversation_id uuid, prompt text, storage_path text, width integer, height integer, format text, message_id uuid, provider text, model text, generation_time_ms integer, cost_usd numeric) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.record_image(conversation_id uuid, prompt text, storage_path text, width integer, height integer, format text, message_id uuid, provider text, model text, generation_time_ms integer, cost_usd numeric) TO colloquy_admin;

--
-- Name: FUNCTION record_turn(conversation_id uuid, question text, answer text, chunks jsonb, tool_calls jsonb, provider text, model text, prompt_tokens integer, completion_tokens integer, cost_usd numeric, latency_ms integer, relevance_score real, parent_id uuid, idempotency_key text, metadata jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.record_turn(conversation_id uuid, question text, answer text, chunks jsonb, tool_calls jsonb, provider text, model text, prompt_tokens integer, completion_tokens integer, cost_usd numeric, latency_ms integer, relevance_score real, parent_id uuid, idempotency_key text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.record_turn(conversation_id uuid, question text, answer text, chunks jsonb, tool_calls jsonb, provider text, model text, prompt_tokens integer, completion_tokens integer, cost_usd numeric, latency_ms integer, relevance_score real, parent_id uuid, idempotency_key text, metadata jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.record_turn(conversation_id uuid, question text, answer text, chunks jsonb, tool_calls jsonb, provider text, model text, prompt_tokens integer, completion_tokens integer, cost_usd numeric, latency_ms integer, relevance_score real, parent_id uuid, idempotency_key text, metadata jsonb) TO colloquy_admin;

--
-- Name: FUNCTION redrive_embeddings(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.redrive_embeddings() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.redrive_embeddings() TO colloquy_user;
GRANT ALL ON FUNCTION app_public.redrive_embeddings() TO colloquy_admin;

--
-- Name: FUNCTION register(email text, password text, username text, display_name text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.register(email text, password text, username text, display_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.register(email text, password text, username text, display_name text) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.register(email text, password text, username text, display_name text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.register(email text, password text, username text, display_name text) TO colloquy_admin;

--
-- Name: FUNCTION release_legal_hold(id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.release_legal_hold(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.release_legal_hold(id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.release_legal_hold(id uuid) TO colloquy_admin;

--
-- Name: FUNCTION remember(content text, subject text, importance real, source_type app_public.memory_source_type, source_id uuid, visibility app_public.visibility, expires_at timestamp with time zone, provenance jsonb, metadata jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.remember(content text, subject text, importance real, source_type app_public.memory_source_type, source_id uuid, visibility app_public.visibility, expires_at timestamp with time zone, provenance jsonb, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.remember(content text, subject text, importance real, source_type app_public.memory_source_type, source_id uuid, visibility app_public.visibility, expires_at timestamp with time zone, provenance jsonb, metadata jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.remember(content text, subject text, importance real, source_type app_public.memory_source_type, source_id uuid, visibility app_public.visibility, expires_at timestamp with time zone, provenance jsonb, metadata jsonb) TO colloquy_admin;

--
-- Name: FUNCTION remove_member(user_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.remove_member(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.remove_member(user_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.remove_member(user_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.remove_tag(name text, entity_type app_public.taggable_type, entity_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION rename_workspace(name text, slug text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.rename_workspace(name text, slug text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.rename_workspace(name text, slug text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.rename_workspace(name text, slug text) TO colloquy_admin;

--
-- Name: FUNCTION request_email_verification(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.request_email_verification() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.request_email_verification() TO colloquy_user;
GRANT ALL ON FUNCTION app_public.request_email_verification() TO colloquy_admin;

--
-- Name: FUNCTION request_password_reset(email text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.request_password_reset(email text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.request_password_reset(email text) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.request_password_reset(email text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.request_password_reset(email text) TO colloquy_admin;

--
-- Name: FUNCTION request_tool_call(message_id uuid, name text, arguments jsonb, turn integer); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.request_tool_call(message_id uuid, name text, arguments jsonb, turn integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.request_tool_call(message_id uuid, name text, arguments jsonb, turn integer) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.request_tool_call(message_id uuid, name text, arguments jsonb, turn integer) TO colloquy_admin;

--
-- Name: FUNCTION reserve_usage(tokens bigint, cost_usd numeric); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.reserve_usage(tokens bigint, cost_usd numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.reserve_usage(tokens bigint, cost_usd numeric) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.reserve_usage(tokens bigint, cost_usd numeric) TO colloquy_admin;

--
-- Name: FUNCTION reset_password(token text, new_password text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.reset_password(token text, new_password text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.reset_password(token text, new_password text) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.reset_password(token text, new_password text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.reset_password(token text, new_password text) TO colloquy_admin;

--
-- Name: FUNCTION restore_conversation(conversation_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.restore_conversation(conversation_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.restore_conversation(conversation_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.restore_conversation(conversation_id uuid) TO colloquy_admin;

--
-- Name: TABLE api_keys; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.api_keys TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.api_keys TO colloquy_user;
GRANT SELECT ON TABLE app_public.api_keys TO colloquy_admin;

--
-- Name: FUNCTION revoke_api_key(id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.revoke_api_key(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.revoke_api_key(id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.revoke_api_key(id uuid) TO colloquy_admin;

--
-- Name: FUNCTION revoke_invitation(id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.revoke_invitation(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.revoke_invitation(id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.revoke_invitation(id uuid) TO colloquy_admin;

--
-- Name: FUNCTION revoke_other_sessions(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.revoke_other_sessions() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.revoke_other_sessions() TO colloquy_user;
GRANT ALL ON FUNCTION app_public.revoke_other_sessions() TO colloquy_admin;

--
-- Name: FUNCTION revoke_session(id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.revoke_session(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.revoke_session(id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.revoke_session(id uuid) TO colloquy_admin;

--
-- Name: COLUMN conversation_shares.id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(id) ON TABLE app_public.conversation_shares TO colloquy_visitor;
GRANT SELECT(id) ON TABLE app_public.conversation_shares TO colloquy_user;
GRANT SELECT(id) ON TABLE app_public.conversation_shares TO colloquy_admin;

--
-- Name: COLUMN conversation_shares.workspace_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(workspace_id) ON TABLE app_public.conversation_shares TO colloquy_visitor;
GRANT SELECT(workspace_id) ON TABLE app_public.conversation_shares TO colloquy_user;
GRANT SELECT(workspace_id) ON TABLE app_public.conversation_shares TO colloquy_admin;

--
-- Name: COLUMN conversation_shares.conversation_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(conversation_id) ON TABLE app_public.conversation_shares TO colloquy_visitor;
GRANT SELECT(conversation_id) ON TABLE app_public.conversation_shares TO colloquy_user;
GRANT SELECT(conversation_id) ON TABLE app_public.conversation_shares TO colloquy_admin;

--
-- Name: COLUMN conversation_shares.created_by; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(created_by) ON TABLE app_public.conversation_shares TO colloquy_visitor;
GRANT SELECT(created_by) ON TABLE app_public.conversation_shares TO colloquy_user;
GRANT SELECT(created_by) ON TABLE app_public.conversation_shares TO colloquy_admin;

--
-- Name: COLUMN conversation_shares.until_message_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(until_message_id) ON TABLE app_public.conversation_shares TO colloquy_visitor;
GRANT SELECT(until_message_id) ON TABLE app_public.conversation_shares TO colloquy_user;
GRANT SELECT(until_message_id) ON TABLE app_public.conversation_shares TO colloquy_admin;

--
-- Name: COLUMN conversation_shares.expires_at; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(expires_at) ON TABLE app_public.conversation_shares TO colloquy_visitor;
GRANT SELECT(expires_at) ON TABLE app_public.conversation_shares TO colloquy_user;
GRANT SELECT(expires_at) ON TABLE app_public.conversation_shares TO colloquy_admin;

--
-- Name: COLUMN conversation_shares.revoked_at; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(revoked_at) ON TABLE app_public.conversation_shares TO colloquy_visitor;
GRANT SELECT(revoked_at) ON TABLE app_public.conversation_shares TO colloquy_user;
GRANT SELECT(revoked_at) ON TABLE app_public.conversation_shares TO colloquy_admin;

--
-- Name: COLUMN conversation_shares.created_at; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT(created_at) ON TABLE app_public.conversation_shares TO colloquy_visitor;
GRANT SELECT(created_at) ON TABLE app_public.conversation_shares TO colloquy_user;
GRANT SELECT(created_at) ON TABLE app_public.conversation_shares TO colloquy_admin;

--
-- Name: FUNCTION revoke_share(share_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.revoke_share(share_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.revoke_share(share_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.revoke_share(share_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION search(query text, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer, threshold real, mode app_public.search_mode); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.search(query text, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer, threshold real, mode app_public.search_mode) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.search(query text, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer, threshold real, mode app_public.search_mode) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.search(query text, query_embedding extensions.halfvec, kinds app_public.source_type[], max_results integer, threshold real, mode app_public.search_mode) TO colloquy_admin;

--
-- Name: FUNCTION set_default_rag_configuration(rag_configuration_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.set_default_rag_configuration(rag_configuration_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.set_default_rag_configuration(rag_configuration_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.set_default_rag_configuration(rag_configuration_id uuid) TO colloquy_admin;

--
-- Name: TABLE retention_policies; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.retention_policies TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.retention_policies TO colloquy_user;
GRANT SELECT ON TABLE app_public.retention_policies TO colloquy_admin;

--
-- Name: FUNCTION set_retention_policy(kind app_public.retention_kind, keep_days integer); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.set_retention_policy(kind app_public.retention_kind, keep_days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.set_retention_policy(kind app_public.retention_kind, keep_days integer) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.set_retention_policy(kind app_public.retention_kind, keep_days integer) TO colloquy_admin;

--
-- Name: TABLE usage_budgets; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.usage_budgets TO colloquy_visitor;
GRANT SELECT,DELETE ON TABLE app_public.usage_budgets TO colloquy_user;
GRANT SELECT,DELETE ON TABLE app_public.usage_budgets TO colloquy_admin;

--
-- Name: COLUMN usage_budgets.workspace_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(workspace_id) ON TABLE app_public.usage_budgets TO colloquy_user;
GRANT INSERT(workspace_id) ON TABLE app_public.usage_budgets TO colloquy_admin;

--
-- Name: COLUMN usage_budgets.scope; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(scope) ON TABLE app_public.usage_budgets TO colloquy_user;
GRANT INSERT(scope) ON TABLE app_public.usage_budgets TO colloquy_admin;

--
-- Name: COLUMN usage_budgets.user_id; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(user_id) ON TABLE app_public.usage_budgets TO colloquy_user;
GRANT INSERT(user_id) ON TABLE app_public.usage_budgets TO colloquy_admin;

--
-- Name: COLUMN usage_budgets.period; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(period) ON TABLE app_public.usage_budgets TO colloquy_user;
GRANT INSERT(period) ON TABLE app_public.usage_budgets TO colloquy_admin;

--
-- Name: COLUMN usage_budgets.token_limit; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(token_limit),UPDATE(token_limit) ON TABLE app_public.usage_budgets TO colloquy_user;
GRANT INSERT(token_limit),UPDATE(token_limit) ON TABLE app_public.usage_budgets TO colloquy_admin;

--
-- Name: COLUMN usage_budgets.cost_limit_usd; Type: ACL; Schema: app_public; Owner: -
--

GRANT INSERT(cost_limit_usd),UPDATE(cost_limit_usd) ON TABLE app_public.usage_budgets TO colloquy_user;
GRANT INSERT(cost_limit_usd),UPDATE(cost_limit_usd) ON TABLE app_public.usage_budgets TO colloquy_admin;

--
-- Name: FUNCTION set_usage_budget(period app_public.budget_period, token_limit bigint, cost_limit_usd numeric, user_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.set_usage_budget(period app_public.budget_period, token_limit bigint, cost_limit_usd numeric, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.set_usage_budget(period app_public.budget_period, token_limit bigint, cost_limit_usd numeric, user_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.set_usage_budget(period app_public.budget_period, token_limit bigint, cost_limit_usd numeric, user_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.settle_usage(reservation_id uuid, tokens bigint, cost_usd numeric) TO colloquy_admin;

--
-- Name: FUNCTION share_conversation(conversation_id uuid, until_message_id uuid, expires_at timestamp with time zone); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.share_conversation(conversation_id uuid, until_message_id uuid, expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.share_conversation(conversation_id uuid, until_message_id uuid, expires_at timestamp with time zone) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.share_conversation(conversation_id uuid, until_message_id uuid, expires_at timestamp with time zone) TO colloquy_admin;

--
-- Name: FUNCTION sign_in(email text, password text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.sign_in(email text, password text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.sign_in(email text, password text) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.sign_in(email text, password text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.sign_in(email text, password text) TO colloquy_admin;

--
-- Name: FUNCTION sign_out(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.sign_out() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.sign_out() TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.sign_out() TO colloquy_user;
GRANT ALL ON FUNCTION app_public.sign_out() TO colloquy_admin;

--
-- Name: FUNCTION start_conversation(title text, visibility app_public.visibility, channel app_public.conversation_channel, model_provider text, model_name text, temperature numeric, max_tokens integer, system_prompt text, metadata jsonb); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.start_conversation(title text, visibility app_public.visibility, channel app_public.conversation_channel, model_provider text, model_name text, temperature numeric, max_tokens integer, system_prompt text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.start_conversation(title text, visibility app_public.visibility, channel app_public.conversation_channel, model_provider text, model_name text, temperature numeric, max_tokens integer, system_prompt text, metadata jsonb) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.start_conversation(title text, visibility app_public.visibility, channel app_public.conversation_channel, model_provider text, model_name text, temperature numeric, max_tokens integer, system_prompt text, metadata jsonb) TO colloquy_admin;

--
-- Name: FUNCTION transfer_ownership(user_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.transfer_ownership(user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.transfer_ownership(user_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.transfer_ownership(user_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION undo_memory(id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.undo_memory(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.undo_memory(id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.undo_memory(id uuid) TO colloquy_admin;

--
-- Name: FUNCTION use_memories(ids uuid[]); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.use_memories(ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.use_memories(ids uuid[]) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.use_memories(ids uuid[]) TO colloquy_admin;

--
-- Name: FUNCTION user_activity_summary(from_day date, to_day date); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.user_activity_summary(from_day date, to_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.user_activity_summary(from_day date, to_day date) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.user_activity_summary(from_day date, to_day date) TO colloquy_admin;

--
-- Name: FUNCTION verify_email(token text); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.verify_email(token text) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.verify_email(token text) TO colloquy_visitor;
GRANT ALL ON FUNCTION app_public.verify_email(token text) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.verify_email(token text) TO colloquy_admin;

--
-- Name: FUNCTION withdraw_feedback(message_id uuid); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.withdraw_feedback(message_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.withdraw_feedback(message_id uuid) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.withdraw_feedback(message_id uuid) TO colloquy_admin;

--
-- Name: FUNCTION workspace_dashboard(from_day date, to_day date); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.workspace_dashboard(from_day date, to_day date) FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.workspace_dashboard(from_day date, to_day date) TO colloquy_user;
GRANT ALL ON FUNCTION app_public.workspace_dashboard(from_day date, to_day date) TO colloquy_admin;

--
-- Name: FUNCTION workspace_member_names(); Type: ACL; Schema: app_public; Owner: -
--

REVOKE ALL ON FUNCTION app_public.workspace_member_names() FROM PUBLIC;
GRANT ALL ON FUNCTION app_public.workspace_member_names() TO colloquy_user;
GRANT ALL ON FUNCTION app_public.workspace_member_names() TO colloquy_admin;

--
-- Name: TABLE audit_logs; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.audit_logs TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.audit_logs TO colloquy_user;
GRANT SELECT ON TABLE app_public.audit_logs TO colloquy_admin;

--
-- Name: TABLE chunks; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.chunks TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.chunks TO colloquy_user;
GRANT SELECT ON TABLE app_public.chunks TO colloquy_admin;

--
-- Name: TABLE embeddings; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.embeddings TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.embeddings TO colloquy_user;
GRANT SELECT ON TABLE app_public.embeddings TO colloquy_admin;

--
-- Name: TABLE usage_logs; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.usage_logs TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.usage_logs TO colloquy_user;
GRANT SELECT ON TABLE app_public.usage_logs TO colloquy_admin;

--
-- Name: TABLE conversation_analytics; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.conversation_analytics TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.conversation_analytics TO colloquy_user;
GRANT SELECT ON TABLE app_public.conversation_analytics TO colloquy_admin;

--
-- Name: TABLE file_type_configs; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.file_type_configs TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.file_type_configs TO colloquy_user;
GRANT SELECT ON TABLE app_public.file_type_configs TO colloquy_admin;

--
-- Name: TABLE memory_item_changes; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.memory_item_changes TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.memory_item_changes TO colloquy_user;
GRANT SELECT ON TABLE app_public.memory_item_changes TO colloquy_admin;

--
-- Name: TABLE rag_configuration_performance; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.rag_configuration_performance TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.rag_configuration_performance TO colloquy_user;
GRANT SELECT ON TABLE app_public.rag_configuration_performance TO colloquy_admin;

--
-- Name: TABLE rag_configuration_versions; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.rag_configuration_versions TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.rag_configuration_versions TO colloquy_user;
GRANT SELECT ON TABLE app_public.rag_configuration_versions TO colloquy_admin;

--
-- Name: TABLE tags; Type: ACL; Schema: app_public; Owner: -
--

GRANT SELECT ON TABLE app_public.tags TO colloquy_visitor;
GRANT SELECT ON TABLE app_public.tags TO colloquy_user;
GRANT SELECT ON TABLE app_public.tags TO colloquy_admin;

--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE colloquy_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;

--
-- PostgreSQL database dump complete
--

\unrestrict colloquy

