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
-- Name: app_private; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA app_private;

--
-- Name: app_public; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA app_public;

--
-- Name: extensions; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA extensions;

--
-- Name: btree_gin; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA extensions;

--
-- Name: btree_gist; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA extensions;

--
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA extensions;

--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA extensions;

--
-- Name: pgcrypto; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;

--
-- Name: vector; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA extensions;

--
-- Name: storage_tier; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.storage_tier AS ENUM (
    'hot',
    'warm',
    'cold'
);

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
-- Name: provider_pause_kind; Type: TYPE; Schema: app_hidden; Owner: -
--

CREATE TYPE app_hidden.provider_pause_kind AS ENUM (
    'asked',
    'misconfigured',
    'outage'
);

--
-- Name: analytics_day; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.analytics_day AS (
	workspace_id uuid,
	conversation_id uuid,
	day date,
	rag_configuration_id uuid,
	lower_id uuid,
	upper_id uuid
);

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
-- Name: fusion_question; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.fusion_question AS (
	workspace_id uuid,
	user_id uuid,
	question text,
	embedding extensions.halfvec,
	asked_at timestamp with time zone,
	kinds app_public.source_type[],
	cited uuid[],
	is_endorsed boolean
);

--
-- Name: happening; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.happening AS (
	workspace_id uuid,
	kind text,
	facts jsonb
);

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
-- Name: search_filters; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_filters AS (
	document_id uuid,
	conversation_id uuid,
	repository_id uuid,
	tag_ids uuid[],
	tags text[],
	content_types text[],
	code_languages text[],
	text_search_languages text[],
	created_after timestamp with time zone,
	created_before timestamp with time zone,
	metadata jsonb,
	include_archived boolean
);

--
-- Name: recall_query; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.recall_query AS (
	workspace_id uuid,
	user_id uuid,
	kinds app_public.source_type[],
	filters app_public.search_filters,
	embedding extensions.halfvec
);

--
-- Name: search_scope; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.search_scope AS (
	workspace_id uuid,
	caller uuid,
	kinds app_public.source_type[],
	filters app_public.search_filters,
	sources uuid[],
	available bigint,
	everything bigint,
	has_memories boolean,
	has_archived boolean
);

--
-- Name: recall_truth; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.recall_truth AS (
	query app_private.recall_query,
	scope app_private.search_scope,
	nearest uuid[],
	milliseconds double precision,
	share double precision,
	is_short boolean,
	is_by_index boolean
);

--
-- Name: search_hit; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.search_hit AS (
	chunk_id uuid,
	place bigint,
	score real,
	importance real
);

--
-- Name: search_question; Type: TYPE; Schema: app_private; Owner: -
--

CREATE TYPE app_private.search_question AS (
	words tsquery[],
	lexemes text[],
	required tsquery,
	excluded tsquery,
	any_word tsquery,
	grams text
);

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
	kept_id uuid,
	language text
);

--
-- Name: account_erasure; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.account_erasure AS (
	id uuid,
	reason text,
	subject_key text,
	subject_hash text,
	requested_at timestamp with time zone,
	finished_at timestamp with time zone,
	held_by text,
	counts jsonb,
	number bigint,
	previous_hash text,
	hash text,
	erase_after timestamp with time zone
);

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
	is_current boolean,
	client text
);

--
-- Name: agent_checkpoint_write; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.agent_checkpoint_write AS (
	task_id text,
	task_path text,
	write_index integer,
	channel text,
	type text,
	content bytea
);

--
-- Name: agent_checkpoint; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.agent_checkpoint AS (
	thread_id text,
	namespace text,
	checkpoint_id text,
	parent_id text,
	type text,
	content bytea,
	metadata jsonb,
	writes app_public.agent_checkpoint_write[]
);

--
-- Name: analytics_period; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.analytics_period AS ENUM (
    'day',
    'month'
);

--
-- Name: explained_chunk; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.explained_chunk AS (
	chunk_id uuid,
	rank integer,
	similarity_score real,
	text_score real,
	score real,
	embedding_version_id uuid,
	is_available boolean,
	source_type app_public.source_type,
	title text,
	content text,
	heading text,
	page_number integer,
	start_offset integer,
	end_offset integer,
	document_id uuid,
	document_hash bytea,
	conversation_id uuid,
	message_id uuid,
	memory_item_id uuid,
	raw_event_id uuid,
	made_at timestamp with time zone,
	is_current boolean
);

--
-- Name: answer_explanation; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.answer_explanation AS (
	message_id uuid,
	question_id uuid,
	question text,
	retrieval jsonb,
	chunks app_public.explained_chunk[]
);

--
-- Name: authentication; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.authentication AS (
	token text,
	expires_at timestamp with time zone,
	user_id uuid,
	workspace_id uuid,
	challenge text
);

--
-- Name: budget_period; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.budget_period AS ENUM (
    'day',
    'month'
);

--
-- Name: budget_scope; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.budget_scope AS ENUM (
    'user',
    'workspace'
);

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
-- Name: data_export; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.data_export AS (
	path text,
	media_type text,
	conversation_count bigint,
	document_count bigint,
	file_count bigint,
	file_bytes numeric
);

--
-- Name: retention_kind; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.retention_kind AS ENUM (
    'conversations',
    'documents',
    'files',
    'memory_items',
    'raw_events',
    'imported_events',
    'usage_logs',
    'audit_logs',
    'conversation_analytics',
    'hot_conversations',
    'warm_conversations'
);

--
-- Name: effective_retention; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.effective_retention AS (
	kind app_public.retention_kind,
	keep_days integer,
	decided_by text
);

--
-- Name: embedding_difference; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.embedding_difference AS (
	chunk_id uuid,
	workspace_id uuid,
	overlap real,
	only_a uuid[],
	only_b uuid[]
);

--
-- Name: embedding_comparison; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.embedding_comparison AS (
	version_a uuid,
	version_b uuid,
	k integer,
	queries integer,
	overlap real,
	identical integer,
	differences app_public.embedding_difference[]
);

--
-- Name: embedding_estimate; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.embedding_estimate AS (
	chunks bigint,
	tokens bigint,
	cost_usd numeric,
	table_bytes bigint,
	index_bytes bigint,
	disk_bytes bigint,
	tokens_per_second numeric,
	seconds bigint
);

--
-- Name: evaluation_source; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.evaluation_source AS ENUM (
    'answers',
    'passages'
);

--
-- Name: evaluation_verdict; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.evaluation_verdict AS ENUM (
    'better',
    'alike',
    'worse',
    'unjudged'
);

--
-- Name: embedding_evaluation; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.embedding_evaluation AS (
	version_id uuid,
	baseline_id uuid,
	verdict app_public.evaluation_verdict,
	source app_public.evaluation_source,
	k integer,
	questions integer,
	recall real,
	baseline_recall real,
	recall_difference_low real,
	recall_difference_high real,
	mrr real,
	baseline_mrr real,
	mrr_difference_low real,
	mrr_difference_high real,
	evaluated_at timestamp with time zone
);

--
-- Name: embedding_failure; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.embedding_failure AS (
	happened_at timestamp with time zone,
	workspace_id uuid,
	message text
);

--
-- Name: embedding_lag; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.embedding_lag AS (
	workspace_id uuid,
	chunks bigint,
	embedded_chunks bigint,
	missing_chunks bigint
);

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
-- Name: embedding_version_progress; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.embedding_version_progress AS (
	version_id uuid,
	name text,
	status app_public.embedding_version_status,
	chunks bigint,
	embedded_chunks bigint,
	missing_chunks bigint,
	workspaces_behind bigint,
	lag app_public.embedding_lag[],
	chunks_per_second numeric,
	seconds_left bigint,
	index_partitions integer,
	index_partitions_built integer,
	index_blocks_done bigint,
	index_blocks_total bigint,
	is_indexed boolean,
	is_complete boolean,
	failures app_public.embedding_failure[],
	retrying_chunks bigint,
	dead_chunks bigint,
	paused text,
	resumes_at timestamp with time zone,
	tokens_used bigint,
	cost_usd numeric
);

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
-- Name: event_replay; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.event_replay AS (
	events integer,
	last_id uuid,
	waiting bigint
);

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
	is_dead boolean,
	raw_event_id uuid
);

--
-- Name: feedback_type; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.feedback_type AS ENUM (
    'positive',
    'neutral',
    'negative'
);

--
-- Name: hold_scope; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.hold_scope AS ENUM (
    'workspace',
    'conversation',
    'document',
    'person'
);

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
-- Name: indexing_progress; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.indexing_progress AS (
	pending_documents bigint,
	pending_conversations bigint,
	chunks bigint,
	embedded_chunks bigint,
	is_complete boolean,
	pending_memory_items bigint,
	pending_files bigint,
	pending_events bigint,
	retrying_chunks bigint,
	dead_chunks bigint,
	dead_sources bigint,
	paused text,
	resumes_at timestamp with time zone,
	pending_sources bigint,
	pending_chunks bigint,
	sources_per_minute numeric,
	vectors_per_minute numeric,
	words_seconds_left integer,
	vectors_seconds_left integer
);

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
-- Name: memory_change; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.memory_change AS ENUM (
    'remembered',
    'merged',
    'superseded',
    'forgotten'
);

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
-- Name: message_status; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.message_status AS ENUM (
    'complete',
    'streaming',
    'failed'
);

--
-- Name: message_to_save; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.message_to_save AS (
	client_id text,
	role app_public.message_role,
	content text,
	parts jsonb,
	attachments jsonb,
	metadata jsonb,
	provider text,
	model text,
	prompt_tokens integer,
	completion_tokens integer,
	cost_usd numeric(12,6)
);

--
-- Name: my_invitation; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.my_invitation AS (
	id uuid,
	workspace_name text,
	role app_public.member_role,
	invited_by text,
	created_at timestamp with time zone,
	expires_at timestamp with time zone
);

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
-- Name: new_webhook; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.new_webhook AS (
	webhook_id uuid,
	url text,
	kinds text[],
	secret text
);

--
-- Name: passkey; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.passkey AS (
	id uuid,
	name text,
	created_at timestamp with time zone,
	last_used_at timestamp with time zone,
	needs_password boolean
);

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
-- Name: recall_source; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.recall_source AS ENUM (
    'sample',
    'stored'
);

--
-- Name: search_size_class; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_size_class AS ENUM (
    'tiny',
    'small',
    'middle',
    'big',
    'giant'
);

--
-- Name: recall_figure; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.recall_figure AS (
	version_id uuid,
	version_name text,
	size_class app_public.search_size_class,
	source app_public.recall_source,
	measured_at timestamp with time zone,
	recall real,
	meets_objective boolean,
	queries integer,
	index_queries integer,
	filtered_queries integer,
	filtered_recall real,
	short_returns integer,
	scan_limit_hits integer,
	exact_p50_ms real,
	exact_p95_ms real,
	index_p50_ms real,
	index_p95_ms real,
	ef_search integer,
	ef_search_in_force integer,
	suggested_ef_search integer,
	suggested_recall real,
	suggested_exact_limit bigint
);

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
-- Name: recall_response; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.recall_response AS (
	requested integer,
	returned integer,
	embedding_version_id uuid,
	memories app_public.recalled_memory[]
);

--
-- Name: redriven_embeddings; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.redriven_embeddings AS (
	chunks bigint,
	sources bigint,
	texts bigint
);

--
-- Name: replayed_chunk; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.replayed_chunk AS (
	chunk_id uuid,
	cited_rank integer,
	rank integer,
	title text,
	score real
);

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
-- Name: retention_preview; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.retention_preview AS (
	kind app_public.retention_kind,
	keep_days integer,
	decided_by text,
	due_before timestamp with time zone,
	row_count bigint,
	bytes bigint,
	oldest_at timestamp with time zone,
	partitions integer
);

--
-- Name: retrieval_replay; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.retrieval_replay AS (
	message_id uuid,
	embedding_version_id uuid,
	path text,
	has_vector boolean,
	overlap real,
	chunks app_public.replayed_chunk[]
);

--
-- Name: search_count; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_count AS (
	version_id uuid,
	size_class app_public.search_size_class,
	path text,
	searches bigint,
	short_returns bigint,
	lost_returns bigint,
	scan_limit_hits bigint
);

--
-- Name: search_leg_state; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_leg_state AS ENUM (
    'used',
    'left_out'
);

--
-- Name: search_mode; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_mode AS ENUM (
    'hybrid',
    'vector',
    'text'
);

--
-- Name: search_leg; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_leg AS (
	leg app_public.search_mode,
	state app_public.search_leg_state,
	reason text,
	hits integer,
	best_score real,
	weight real
);

--
-- Name: vector_weight_point; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.vector_weight_point AS (
	weight real,
	ndcg real,
	gain real,
	gain_error real
);

--
-- Name: vector_weight_figure; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.vector_weight_figure AS (
	version_id uuid,
	version_name text,
	vector_weight real,
	is_fixed boolean,
	measured_at timestamp with time zone,
	questions integer,
	endorsed_questions integer,
	measured_weight real,
	suggested_weight real,
	was_applied boolean,
	points app_public.vector_weight_point[]
);

--
-- Name: search_quality; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_quality AS (
	objective real,
	recall app_public.recall_figure[],
	searches app_public.search_count[],
	vector_weights app_public.vector_weight_figure[]
);

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
	memory_item_id uuid,
	raw_event_id uuid
);

--
-- Name: search_response; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.search_response AS (
	requested integer,
	returned integer,
	path text,
	scan_limit_hit boolean,
	embedding_version_id uuid,
	results app_public.search_result[],
	legs app_public.search_leg[]
);

--
-- Name: second_factor_secret; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.second_factor_secret AS (
	secret text,
	uri text
);

--
-- Name: second_factor_state; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.second_factor_state AS (
	is_active boolean,
	confirmed_at timestamp with time zone,
	recovery_codes_left integer,
	is_required boolean
);

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
-- Name: shared_conversation; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.shared_conversation AS (
	title text,
	messages app_public.shared_message[]
);

--
-- Name: storage_usage; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.storage_usage AS (
	bytes bigint,
	row_count bigint,
	byte_limit bigint,
	row_limit bigint
);

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
-- Name: text_search_language; Type: DOMAIN; Schema: app_public; Owner: -
--

CREATE DOMAIN app_public.text_search_language AS text
	CONSTRAINT text_search_language_known CHECK ((VALUE = ANY (ARRAY['simple'::text, 'arabic'::text, 'armenian'::text, 'basque'::text, 'catalan'::text, 'danish'::text, 'dutch'::text, 'english'::text, 'estonian'::text, 'finnish'::text, 'french'::text, 'german'::text, 'greek'::text, 'hindi'::text, 'hungarian'::text, 'indonesian'::text, 'irish'::text, 'italian'::text, 'lithuanian'::text, 'nepali'::text, 'norwegian'::text, 'portuguese'::text, 'romanian'::text, 'russian'::text, 'serbian'::text, 'spanish'::text, 'swedish'::text, 'tamil'::text, 'turkish'::text, 'yiddish'::text])));

--
-- Name: title_match; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.title_match AS (
	source_type app_public.source_type,
	document_id uuid,
	conversation_id uuid,
	title text,
	similarity real
);

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
-- Name: user_role; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.user_role AS ENUM (
    'user',
    'moderator',
    'admin'
);

--
-- Name: visibility; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.visibility AS ENUM (
    'private',
    'workspace'
);

--
-- Name: webhook_delivery_status; Type: TYPE; Schema: app_public; Owner: -
--

CREATE TYPE app_public.webhook_delivery_status AS ENUM (
    'waiting',
    'delivered',
    'dead'
);

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
    source_url text,
    storage_path text GENERATED ALWAYS AS (app_private.content_path(workspace_id, sha256)) STORED,
    processing_status app_public.processing_status DEFAULT 'pending'::app_public.processing_status NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    retry_at timestamp with time zone,
    error text,
    error_code text,
    extracted_length integer,
    chunk_count integer,
    conversation_id uuid,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    is_stored boolean GENERATED ALWAYS AS ((sha256 IS NOT NULL)) NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT files_attempts_positive CHECK ((attempts >= 0)),
    CONSTRAINT files_byte_size_positive CHECK ((byte_size >= 0)),
    CONSTRAINT files_chunk_count_positive CHECK ((chunk_count >= 0)),
    CONSTRAINT files_error_code_format CHECK ((error_code ~ '^CQ[0-9]{3}$'::text)),
    CONSTRAINT files_error_length CHECK ((char_length(error) <= 2000)),
    CONSTRAINT files_error_of_failure CHECK ((num_nonnulls(error, error_code) =
CASE
    WHEN (processing_status = 'failed'::app_public.processing_status) THEN 2
    ELSE 0
END)),
    CONSTRAINT files_external_id_length CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 1500))),
    CONSTRAINT files_extracted_length_positive CHECK ((extracted_length >= 0)),
    CONSTRAINT files_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT files_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT files_original_name_length CHECK (((char_length(original_name) >= 1) AND (char_length(original_name) <= 255))),
    CONSTRAINT files_sha256_length CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT files_source_url_format CHECK ((source_url !~* '[[:cntrl:]]|^ |^(javascript|vbscript|data|blob|filesystem|view-source|about|intent|ms-[a-z-]+):'::text)),
    CONSTRAINT files_source_url_length CHECK (((char_length(source_url) >= 1) AND (char_length(source_url) <= 2048))),
    CONSTRAINT files_stored_or_described CHECK (
CASE
    WHEN (sha256 IS NULL) THEN ((external_id IS NOT NULL) AND (processing_status = 'completed'::app_public.processing_status))
    ELSE (num_nulls(mime_type, byte_size) = 0)
END)
);

ALTER TABLE ONLY app_public.files FORCE ROW LEVEL SECURITY;

--
-- Name: cited_passages; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.cited_passages (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    chunk_id uuid NOT NULL,
    document_hash bytea,
    source_type app_public.source_type NOT NULL,
    document_id uuid,
    conversation_id uuid,
    message_id uuid,
    memory_item_id uuid,
    raw_event_id uuid,
    owner_id uuid NOT NULL,
    visibility app_public.visibility NOT NULL,
    title text,
    heading text,
    content text NOT NULL,
    page_number integer,
    start_offset integer NOT NULL,
    end_offset integer NOT NULL,
    CONSTRAINT cited_passages_document_hash_length CHECK ((octet_length(document_hash) = 32)),
    CONSTRAINT cited_passages_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT cited_passages_offsets CHECK (((start_offset >= 0) AND (end_offset > start_offset))),
    CONSTRAINT cited_passages_one_source CHECK (
CASE source_type
    WHEN 'document'::app_public.source_type THEN ((document_id IS NOT NULL) AND (num_nonnulls(conversation_id, message_id, memory_item_id, raw_event_id) = 0))
    WHEN 'message'::app_public.source_type THEN ((num_nonnulls(conversation_id, message_id) = 2) AND (num_nonnulls(document_id, memory_item_id, raw_event_id) = 0))
    WHEN 'memory'::app_public.source_type THEN ((memory_item_id IS NOT NULL) AND (num_nonnulls(document_id, conversation_id, message_id, raw_event_id) = 0))
    WHEN 'event'::app_public.source_type THEN ((raw_event_id IS NOT NULL) AND (num_nonnulls(document_id, conversation_id, message_id, memory_item_id) = 0))
    ELSE false
END)
);

ALTER TABLE ONLY app_hidden.cited_passages FORCE ROW LEVEL SECURITY;

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
    text_score real,
    score real,
    rank integer NOT NULL,
    passage_id uuid,
    CONSTRAINT message_chunks_rank_positive CHECK ((rank > 0)),
    CONSTRAINT message_chunks_scores_range CHECK ((((similarity_score >= ('-1'::integer)::double precision) AND (similarity_score <= (1)::double precision)) AND (abs(text_score) < 'Infinity'::real) AND (abs(score) < 'Infinity'::real)))
);

ALTER TABLE ONLY app_public.message_chunks FORCE ROW LEVEL SECURITY;

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
    indexed_leaf_id uuid,
    last_message_hour timestamp with time zone GENERATED ALWAYS AS (date_bin('01:00:00'::interval, last_message_at, '2000-01-01 00:00:00+00'::timestamp with time zone)) STORED NOT NULL,
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
)
WITH (fillfactor='85');

ALTER TABLE ONLY app_public.conversations FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT messages_cost_positive CHECK (((cost_usd >= (0)::numeric) AND (cost_usd < 'NaN'::numeric))),
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
    retired_at timestamp with time zone,
    search_ef_search integer,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    vector_weight real DEFAULT 0.4 NOT NULL,
    query_prefix text DEFAULT ''::text NOT NULL,
    passage_prefix text DEFAULT ''::text NOT NULL,
    native_dimensions integer,
    vector_weight_is_fixed boolean DEFAULT false NOT NULL,
    CONSTRAINT embedding_versions_chunking CHECK ((((chunk_size >= 16) AND (chunk_size <= 8192)) AND ((chunk_overlap >= 0) AND (chunk_overlap <= (chunk_size / 2))))),
    CONSTRAINT embedding_versions_chunking_method CHECK (((chunking_strategy = '{}'::jsonb) OR (chunking_strategy = ANY (ARRAY['{"method": "structure"}'::jsonb, '{"method": "sentence"}'::jsonb, '{"method": "fixed"}'::jsonb])))),
    CONSTRAINT embedding_versions_description_length CHECK ((char_length(description) <= 2000)),
    CONSTRAINT embedding_versions_dimensions_range CHECK (((dimensions >= 1) AND (dimensions <= 4000))),
    CONSTRAINT embedding_versions_distance_known CHECK ((distance = 'cosine'::text)),
    CONSTRAINT embedding_versions_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT embedding_versions_model_length CHECK (((char_length(model) >= 1) AND (char_length(model) <= 200))),
    CONSTRAINT embedding_versions_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT embedding_versions_native_dimensions_range CHECK (((native_dimensions > dimensions) AND (native_dimensions <= 16000))),
    CONSTRAINT embedding_versions_prefixes_length CHECK (((char_length(query_prefix) <= 1000) AND (char_length(passage_prefix) <= 1000))),
    CONSTRAINT embedding_versions_provider_length CHECK (((char_length(provider) >= 1) AND (char_length(provider) <= 100))),
    CONSTRAINT embedding_versions_search_ef_search_range CHECK (((search_ef_search >= 1) AND (search_ef_search <= 1000))),
    CONSTRAINT embedding_versions_vector_weight_range CHECK (((vector_weight >= (0)::double precision) AND (vector_weight <= (1)::double precision)))
);

ALTER TABLE ONLY app_public.embedding_versions FORCE ROW LEVEL SECURITY;

--
-- Name: recall_measurements; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.recall_measurements (
    id uuid DEFAULT uuidv7() NOT NULL,
    version_id uuid NOT NULL,
    size_class app_public.search_size_class NOT NULL,
    source app_public.recall_source NOT NULL,
    k integer NOT NULL,
    queries integer NOT NULL,
    index_queries integer NOT NULL,
    filtered_queries integer DEFAULT 0 NOT NULL,
    recall real NOT NULL,
    filtered_recall real,
    objective real NOT NULL,
    short_returns integer NOT NULL,
    scan_limit_hits integer NOT NULL,
    exact_p50_ms real NOT NULL,
    exact_p95_ms real NOT NULL,
    index_p50_ms real,
    index_p95_ms real,
    ef_search integer NOT NULL,
    suggested_ef_search integer,
    suggested_recall real,
    suggested_exact_limit bigint,
    measured_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT recall_measurements_counts CHECK (((k > 0) AND (queries > 0) AND ((index_queries >= 0) AND (index_queries <= queries)) AND ((filtered_queries >= 0) AND (filtered_queries <= queries)) AND ((filtered_recall IS NULL) = (filtered_queries = 0)) AND ((short_returns >= 0) AND (short_returns <= queries)) AND ((scan_limit_hits >= 0) AND (scan_limit_hits <= index_queries)))),
    CONSTRAINT recall_measurements_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT recall_measurements_shares CHECK ((((recall >= (0)::double precision) AND (recall <= (1)::double precision)) AND ((filtered_recall >= (0)::double precision) AND (filtered_recall <= (1)::double precision)) AND ((objective >= (0)::double precision) AND (objective <= (1)::double precision)) AND ((suggested_recall >= (0)::double precision) AND (suggested_recall <= (1)::double precision))))
);

ALTER TABLE ONLY app_hidden.recall_measurements FORCE ROW LEVEL SECURITY;

--
-- Name: fusion_measurements; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.fusion_measurements (
    id uuid DEFAULT uuidv7() NOT NULL,
    version_id uuid NOT NULL,
    questions integer NOT NULL,
    endorsed_questions integer NOT NULL,
    vector_weight real NOT NULL,
    points jsonb NOT NULL,
    suggested_weight real,
    was_applied boolean NOT NULL,
    measured_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT fusion_measurements_applied CHECK (((NOT was_applied) OR (suggested_weight IS NOT NULL))),
    CONSTRAINT fusion_measurements_counts CHECK (((questions > 0) AND ((endorsed_questions >= 0) AND (endorsed_questions <= questions)))),
    CONSTRAINT fusion_measurements_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT fusion_measurements_points_array CHECK ((jsonb_typeof(points) = 'array'::text)),
    CONSTRAINT fusion_measurements_shares CHECK ((((vector_weight >= (0)::double precision) AND (vector_weight <= (1)::double precision)) AND ((suggested_weight >= (0)::double precision) AND (suggested_weight <= (1)::double precision))))
);

ALTER TABLE ONLY app_hidden.fusion_measurements FORCE ROW LEVEL SECURITY;

--
-- Name: maintenance_runs; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.maintenance_runs (
    id uuid DEFAULT uuidv7() NOT NULL,
    task text NOT NULL,
    outcome text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    error text,
    CONSTRAINT maintenance_runs_details_size CHECK ((pg_column_size(details) <= 100000)),
    CONSTRAINT maintenance_runs_error_length CHECK ((char_length(error) <= 4000)),
    CONSTRAINT maintenance_runs_in_order CHECK ((finished_at >= started_at)),
    CONSTRAINT maintenance_runs_outcome_known CHECK ((outcome = ANY (ARRAY['succeeded'::text, 'failed'::text, 'stopped'::text, 'skipped'::text]))),
    CONSTRAINT maintenance_runs_task_length CHECK (((char_length(task) >= 1) AND (char_length(task) <= 100)))
);

ALTER TABLE ONLY app_hidden.maintenance_runs FORCE ROW LEVEL SECURITY;

--
-- Name: conversation_files; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.conversation_files (
    conversation_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    storage_path text NOT NULL,
    byte_size bigint NOT NULL,
    document_bytes bigint NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL,
    recalled_at timestamp with time zone,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    hashed_at timestamp with time zone DEFAULT now() NOT NULL,
    problem text,
    CONSTRAINT conversation_files_byte_size_positive CHECK ((byte_size > 0)),
    CONSTRAINT conversation_files_document_bytes_positive CHECK ((document_bytes >= 0)),
    CONSTRAINT conversation_files_problem_known CHECK ((problem = ANY (ARRAY['missing'::text, 'damaged'::text]))),
    CONSTRAINT conversation_files_storage_path_length CHECK (((char_length(storage_path) >= 1) AND (char_length(storage_path) <= 200)))
);

ALTER TABLE ONLY app_hidden.conversation_files FORCE ROW LEVEL SECURITY;

--
-- Name: discarded_contents; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.discarded_contents (
    workspace_id uuid NOT NULL,
    storage_path text NOT NULL,
    discarded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT discarded_contents_storage_path_length CHECK (((char_length(storage_path) >= 1) AND (char_length(storage_path) <= 200)))
);

ALTER TABLE ONLY app_hidden.discarded_contents FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT users_monthly_cost_quota_positive CHECK (((monthly_cost_quota_usd >= (0)::numeric) AND (monthly_cost_quota_usd < 'NaN'::numeric))),
    CONSTRAINT users_monthly_token_quota_positive CHECK ((monthly_token_quota >= 0)),
    CONSTRAINT users_preferred_model_name_length CHECK ((char_length(preferred_model_name) <= 200)),
    CONSTRAINT users_preferred_model_provider_length CHECK ((char_length(preferred_model_provider) <= 100)),
    CONSTRAINT users_username_format CHECK (((username)::text ~ '^[a-z0-9][a-z0-9_-]{1,38}$'::text))
);

ALTER TABLE ONLY app_public.users FORCE ROW LEVEL SECURITY;

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
    not_before timestamp with time zone,
    CONSTRAINT user_identities_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT user_identities_issuer_length CHECK (((char_length(issuer) >= 1) AND (char_length(issuer) <= 2000))),
    CONSTRAINT user_identities_subject_length CHECK (((char_length(subject) >= 1) AND (char_length(subject) <= 255)))
);

ALTER TABLE ONLY app_private.user_identities FORCE ROW LEVEL SECURITY;

--
-- Name: account_requests; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.account_requests (
    id uuid DEFAULT uuidv7() NOT NULL,
    kind text NOT NULL,
    email extensions.citext NOT NULL,
    password_hash text,
    username extensions.citext,
    display_name text,
    ip inet,
    request_id text,
    CONSTRAINT account_requests_display_name_length CHECK ((char_length(display_name) <= 255)),
    CONSTRAINT account_requests_email_format CHECK (((char_length((email)::text) <= 254) AND ((email)::text ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]{2,}$'::text))),
    CONSTRAINT account_requests_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT account_requests_kind_known CHECK ((kind = ANY (ARRAY['reset'::text, 'registration'::text]))),
    CONSTRAINT account_requests_password_hash CHECK (((kind = 'registration'::text) = (password_hash IS NOT NULL))),
    CONSTRAINT account_requests_request_id_length CHECK ((char_length(request_id) <= 200)),
    CONSTRAINT account_requests_username_format CHECK (((username)::text ~ '^[a-z0-9][a-z0-9_-]{1,38}$'::text))
);

ALTER TABLE ONLY app_private.account_requests FORCE ROW LEVEL SECURITY;

--
-- Name: pending_erasures; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.pending_erasures (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    reason text NOT NULL,
    subject jsonb NOT NULL,
    subject_key bytea NOT NULL,
    subject_hash bytea NOT NULL,
    audit_salt bytea NOT NULL,
    whole_workspaces uuid[] NOT NULL,
    workspaces uuid[] NOT NULL,
    step text DEFAULT 'archives'::text NOT NULL,
    progress jsonb DEFAULT '{}'::jsonb NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    held_by text,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    erase_after timestamp with time zone,
    seen_due_at timestamp with time zone,
    may_return boolean DEFAULT true NOT NULL,
    CONSTRAINT pending_erasures_counts_object CHECK (((jsonb_typeof(counts) = 'object'::text) AND (jsonb_typeof(progress) = 'object'::text))),
    CONSTRAINT pending_erasures_hash_length CHECK (((octet_length(subject_hash) = 32) AND (octet_length(subject_key) = 32) AND (octet_length(audit_salt) = 32))),
    CONSTRAINT pending_erasures_held_by_length CHECK ((char_length(held_by) <= 4000)),
    CONSTRAINT pending_erasures_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT pending_erasures_reason_length CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 200))),
    CONSTRAINT pending_erasures_step_length CHECK (((char_length(step) >= 1) AND (char_length(step) <= 50))),
    CONSTRAINT pending_erasures_subject_object CHECK ((jsonb_typeof(subject) = 'object'::text))
);

ALTER TABLE ONLY app_hidden.pending_erasures FORCE ROW LEVEL SECURITY;

--
-- Name: conversation_archives; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.conversation_archives (
    conversation_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    format smallint DEFAULT 1 NOT NULL,
    message_count integer NOT NULL,
    message_ids uuid[] NOT NULL,
    sha256 bytea NOT NULL,
    packed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT conversation_archives_format_known CHECK ((format = 1)),
    CONSTRAINT conversation_archives_message_count_positive CHECK ((message_count >= 0)),
    CONSTRAINT conversation_archives_message_ids_count CHECK ((cardinality(message_ids) = message_count)),
    CONSTRAINT conversation_archives_sha256_length CHECK ((octet_length(sha256) = 32))
);

ALTER TABLE ONLY app_hidden.conversation_archives FORCE ROW LEVEL SECURITY;

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
    document text,
    stored_bytes integer,
    CONSTRAINT conversation_archive_parts_document_somewhere CHECK ((num_nonnulls(document, stored_bytes) = 1)),
    CONSTRAINT conversation_archive_parts_row_count_positive CHECK ((row_count > 0)),
    CONSTRAINT conversation_archive_parts_sha256_length CHECK ((octet_length(sha256) = 32))
);
ALTER TABLE ONLY app_hidden.conversation_archive_parts ALTER COLUMN document SET COMPRESSION lz4;

ALTER TABLE ONLY app_hidden.conversation_archive_parts FORCE ROW LEVEL SECURITY;

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
-- Name: webhooks; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.webhooks (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    responsible_id uuid,
    url text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    kinds text[] NOT NULL,
    include_content boolean DEFAULT false NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    disabled_reason text,
    failures integer DEFAULT 0 NOT NULL,
    failing_since timestamp with time zone,
    last_error text,
    last_delivered_at timestamp with time zone,
    paused_until timestamp with time zone,
    limited_until timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT webhooks_description_length CHECK ((char_length(description) <= 500)),
    CONSTRAINT webhooks_failures_positive CHECK ((failures >= 0)),
    CONSTRAINT webhooks_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT webhooks_kinds_length CHECK (((cardinality(kinds) >= 1) AND (cardinality(kinds) <= 50))),
    CONSTRAINT webhooks_url_form CHECK (((url ~ '^https?://[^/?#@\s]+'::text) AND (char_length(url) <= 2000)))
);

ALTER TABLE ONLY app_public.webhooks FORCE ROW LEVEL SECURITY;

--
-- Name: erasures; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.erasures (
    number bigint NOT NULL,
    id uuid NOT NULL,
    reason text NOT NULL,
    subject_key bytea NOT NULL,
    subject_hash bytea NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    counts jsonb NOT NULL,
    previous_hash bytea,
    hash bytea NOT NULL,
    CONSTRAINT erasures_counts_object CHECK ((jsonb_typeof(counts) = 'object'::text)),
    CONSTRAINT erasures_first CHECK (((number = 1) = (previous_hash IS NULL))),
    CONSTRAINT erasures_hash_length CHECK (((octet_length(hash) = 32) AND (octet_length(subject_hash) = 32) AND (octet_length(subject_key) = 32) AND (octet_length(previous_hash) = 32))),
    CONSTRAINT erasures_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT erasures_number_positive CHECK ((number > 0)),
    CONSTRAINT erasures_reason_length CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 200)))
);

ALTER TABLE ONLY app_hidden.erasures FORCE ROW LEVEL SECURITY;

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
    text_search tsvector GENERATED ALWAYS AS (app_hidden.text_search_vector((text_search_language)::text, heading, content, context_near, context_far)) STORED,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    memory_item_id uuid,
    raw_event_id uuid,
    context_near text,
    context_far text,
    lead_in text,
    is_language_recognized boolean DEFAULT false NOT NULL,
    occurred_at timestamp with time zone,
    CONSTRAINT chunks_chunk_index_positive CHECK ((chunk_index >= 0)),
    CONSTRAINT chunks_content_hash_length CHECK ((octet_length(content_hash) = 32)),
    CONSTRAINT chunks_content_length CHECK (((char_length(content) >= 1) AND (char_length(content) <= 100000))),
    CONSTRAINT chunks_context_length CHECK (((char_length(context_near) <= 2000) AND (char_length(context_far) <= 2000))),
    CONSTRAINT chunks_heading_length CHECK ((char_length(heading) <= 1000)),
    CONSTRAINT chunks_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT chunks_importance_score_range CHECK (((importance_score >= (0)::double precision) AND (importance_score <= (1)::double precision))),
    CONSTRAINT chunks_lead_in_length CHECK ((char_length(lead_in) <= 1000)),
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
-- Name: embedding_evaluations; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_evaluations (
    version_id uuid NOT NULL,
    baseline_id uuid NOT NULL,
    source app_public.evaluation_source NOT NULL,
    k integer NOT NULL,
    questions integer NOT NULL,
    recall real,
    baseline_recall real,
    recall_difference_low real,
    recall_difference_high real,
    mrr real,
    baseline_mrr real,
    mrr_difference_low real,
    mrr_difference_high real,
    evaluated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT embedding_evaluations_positive CHECK (((k > 0) AND (questions >= 0))),
    CONSTRAINT embedding_evaluations_shares CHECK ((((recall >= (0)::double precision) AND (recall <= (1)::double precision)) AND ((baseline_recall >= (0)::double precision) AND (baseline_recall <= (1)::double precision)) AND ((mrr >= (0)::double precision) AND (mrr <= (1)::double precision)) AND ((baseline_mrr >= (0)::double precision) AND (baseline_mrr <= (1)::double precision))))
);

ALTER TABLE ONLY app_hidden.embedding_evaluations FORCE ROW LEVEL SECURITY;

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
    retry_at timestamp with time zone,
    error text,
    processed_at timestamp with time zone,
    knowledge_hash bytea,
    ingested_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    replay_requested_at timestamp with time zone,
    visibility app_public.visibility DEFAULT 'workspace'::app_public.visibility NOT NULL,
    is_imported boolean GENERATED ALWAYS AS ((metadata ? 'importer'::text)),
    CONSTRAINT raw_events_attempts_positive CHECK ((attempts >= 0)),
    CONSTRAINT raw_events_error_length CHECK ((char_length(error) <= 2000)),
    CONSTRAINT raw_events_event_type_length CHECK (((char_length(event_type) >= 1) AND (char_length(event_type) <= 200))),
    CONSTRAINT raw_events_external_id_length CHECK (((char_length(external_id) >= 1) AND (char_length(external_id) <= 500))),
    CONSTRAINT raw_events_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT raw_events_knowledge_hash_length CHECK ((octet_length(knowledge_hash) = 32)),
    CONSTRAINT raw_events_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT raw_events_payload_length CHECK ((pg_column_size(payload) <= 1048576)),
    CONSTRAINT raw_events_source_length CHECK (((char_length(source) >= 1) AND (char_length(source) <= 100)))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY app_public.raw_events FORCE ROW LEVEL SECURITY;

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
    api_key_id uuid,
    mailed_at timestamp with time zone,
    CONSTRAINT workspace_invitations_accepted CHECK (((accepted_by IS NULL) OR (accepted_at IS NOT NULL))),
    CONSTRAINT workspace_invitations_email_format CHECK (((char_length((email)::text) <= 254) AND ((email)::text ~ '^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]{2,}$'::text))),
    CONSTRAINT workspace_invitations_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT workspace_invitations_role_known CHECK ((role <> 'owner'::app_public.member_role))
);

ALTER TABLE ONLY app_public.workspace_invitations FORCE ROW LEVEL SECURITY;

--
-- Name: cutting_failures; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.cutting_failures (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    document_id uuid,
    conversation_id uuid,
    sequence_number integer,
    memory_item_id uuid,
    content_hash bytea,
    attempts integer NOT NULL,
    code text NOT NULL,
    error text NOT NULL,
    failed_at timestamp with time zone DEFAULT now() NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    is_dead boolean DEFAULT false NOT NULL,
    CONSTRAINT cutting_failures_attempts_positive CHECK ((attempts > 0)),
    CONSTRAINT cutting_failures_code_length CHECK (((char_length(code) >= 1) AND (char_length(code) <= 50))),
    CONSTRAINT cutting_failures_content_hash_length CHECK ((octet_length(content_hash) = 32)),
    CONSTRAINT cutting_failures_error_length CHECK ((char_length(error) <= 1000)),
    CONSTRAINT cutting_failures_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT cutting_failures_message CHECK (((conversation_id IS NULL) = (sequence_number IS NULL))),
    CONSTRAINT cutting_failures_one_source CHECK ((num_nonnulls(document_id, conversation_id, memory_item_id) = 1)),
    CONSTRAINT cutting_failures_text CHECK (((conversation_id IS NULL) = (content_hash IS NOT NULL)))
);

ALTER TABLE ONLY app_hidden.cutting_failures FORCE ROW LEVEL SECURITY;

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
    scope app_public.hold_scope DEFAULT 'workspace'::app_public.hold_scope NOT NULL,
    conversation_id uuid,
    document_id uuid,
    user_id uuid,
    CONSTRAINT legal_holds_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT legal_holds_reason_length CHECK (((char_length(reason) >= 1) AND (char_length(reason) <= 2000))),
    CONSTRAINT legal_holds_released CHECK (((released_by IS NULL) OR (released_at IS NOT NULL))),
    CONSTRAINT legal_holds_target CHECK ((((conversation_id IS NULL) OR (scope = 'conversation'::app_public.hold_scope)) AND ((document_id IS NULL) OR (scope = 'document'::app_public.hold_scope)) AND ((user_id IS NULL) OR (scope = 'person'::app_public.hold_scope)) AND ((released_at IS NOT NULL) OR (scope = 'workspace'::app_public.hold_scope) OR (num_nonnulls(conversation_id, document_id, user_id) = 1))))
);

ALTER TABLE ONLY app_public.legal_holds FORCE ROW LEVEL SECURITY;

--
-- Name: streaming_messages; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.streaming_messages (
    message_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    sequence_number integer NOT NULL,
    writer_id uuid,
    length integer DEFAULT 0 NOT NULL,
    written_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT streaming_messages_length_range CHECK (((length >= 0) AND (length <= 1000000))),
    CONSTRAINT streaming_messages_sequence_number_positive CHECK ((sequence_number > 0))
);

ALTER TABLE ONLY app_hidden.streaming_messages FORCE ROW LEVEL SECURITY;

--
-- Name: analytics_changes; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.analytics_changes (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    day date NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY app_hidden.analytics_changes FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT usage_reservations_cost_usd_positive CHECK (((cost_usd >= (0)::numeric) AND (cost_usd < 'NaN'::numeric) AND (settled_cost_usd >= (0)::numeric) AND (settled_cost_usd < 'NaN'::numeric))),
    CONSTRAINT usage_reservations_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT usage_reservations_settled CHECK ((num_nulls(settled_at, settled_tokens, settled_cost_usd) = ANY (ARRAY[0, 3]))),
    CONSTRAINT usage_reservations_tokens_positive CHECK (((tokens >= 0) AND (settled_tokens >= 0)))
);

ALTER TABLE ONLY app_public.usage_reservations FORCE ROW LEVEL SECURITY;

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
    content_hash bytea GENERATED ALWAYS AS (app_hidden.text_hash(((((((((title || '
'::text) || content_type) || '
'::text) || COALESCE(code_language, ''::text)) || '
'::text) || (text_search_language)::text) || '
'::text) || content))) STORED,
    chunked_hash bytea,
    is_archived boolean DEFAULT false NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    file_id uuid,
    gone_at timestamp with time zone,
    CONSTRAINT documents_code_language_length CHECK ((char_length(code_language) <= 50)),
    CONSTRAINT documents_content_length CHECK ((octet_length(content) <= 20971520)),
    CONSTRAINT documents_content_type_known CHECK ((content_type = ANY (ARRAY['text'::text, 'markdown'::text, 'code'::text, 'html'::text, 'pdf'::text, 'docx'::text]))),
    CONSTRAINT documents_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT documents_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT documents_source_url_format CHECK ((source_url !~* '[[:cntrl:]]|^ |^(javascript|vbscript|data|blob|filesystem|view-source|about|intent|ms-[a-z-]+):'::text)),
    CONSTRAINT documents_source_url_length CHECK (((char_length(source_url) >= 1) AND (char_length(source_url) <= 2048))),
    CONSTRAINT documents_title_length CHECK (((char_length(title) >= 1) AND (char_length(title) <= 500)))
);

ALTER TABLE ONLY app_public.documents FORCE ROW LEVEL SECURITY;

--
-- Name: passkey_challenges; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.passkey_challenges (
    challenge_hash bytea NOT NULL,
    session_id uuid,
    credential_id bytea,
    public_key bytea,
    counter bigint,
    transports text[],
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT passkey_challenges_challenge_hash_length CHECK ((octet_length(challenge_hash) = 32)),
    CONSTRAINT passkey_challenges_credential_id_length CHECK (((octet_length(credential_id) >= 1) AND (octet_length(credential_id) <= 1023))),
    CONSTRAINT passkey_challenges_public_key_length CHECK (((octet_length(public_key) >= 1) AND (octet_length(public_key) <= 4096))),
    CONSTRAINT passkey_challenges_signed CHECK ((((credential_id IS NULL) = (counter IS NULL)) AND ((credential_id IS NOT NULL) OR (public_key IS NULL)))),
    CONSTRAINT passkey_challenges_transports_length CHECK (((cardinality(transports) <= 10) AND (octet_length(array_to_string(transports, ''::text, ''::text)) <= 200)))
);

ALTER TABLE ONLY app_private.passkey_challenges FORCE ROW LEVEL SECURITY;

--
-- Name: passkeys; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.passkeys (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    counter bigint NOT NULL,
    transports text[] NOT NULL,
    name text NOT NULL,
    needs_password boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT passkeys_counter_range CHECK (((counter >= 0) AND (counter <= '4294967295'::bigint))),
    CONSTRAINT passkeys_credential_id_length CHECK (((octet_length(credential_id) >= 1) AND (octet_length(credential_id) <= 1023))),
    CONSTRAINT passkeys_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT passkeys_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT passkeys_public_key_length CHECK (((octet_length(public_key) >= 1) AND (octet_length(public_key) <= 4096))),
    CONSTRAINT passkeys_transports_length CHECK (((cardinality(transports) <= 10) AND (octet_length(array_to_string(transports, ''::text, ''::text)) <= 200)))
);

ALTER TABLE ONLY app_private.passkeys FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT repositories_repo_url_format CHECK (((repo_url ~* '^(https?|ssh|git)://[^[:cntrl:]]+$'::text) OR (repo_url ~* '^[a-z0-9._-]+@[a-z0-9.-]+:[^[:cntrl:]]+$'::text))),
    CONSTRAINT repositories_repo_url_length CHECK (((char_length(repo_url) >= 1) AND (char_length(repo_url) <= 2048)))
);

ALTER TABLE ONLY app_public.repositories FORCE ROW LEVEL SECURITY;

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
-- Name: workspaces; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.workspaces (
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    slug extensions.citext,
    is_personal boolean DEFAULT false NOT NULL,
    text_search_language app_public.text_search_language DEFAULT 'english'::text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    allows_public_links boolean DEFAULT true NOT NULL,
    longest_link_days integer,
    longest_api_key_days integer,
    frozen_at timestamp with time zone,
    CONSTRAINT workspaces_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT workspaces_longest_days CHECK ((((COALESCE(longest_link_days, 1) >= 1) AND (COALESCE(longest_link_days, 1) <= 3650)) AND ((COALESCE(longest_api_key_days, 1) >= 1) AND (COALESCE(longest_api_key_days, 1) <= 3650)))),
    CONSTRAINT workspaces_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT workspaces_settings_object CHECK ((jsonb_typeof(settings) = 'object'::text)),
    CONSTRAINT workspaces_slug_format CHECK (((slug)::text ~ '^[a-z0-9][a-z0-9-]{1,62}$'::text))
);

ALTER TABLE ONLY app_public.workspaces FORCE ROW LEVEL SECURITY;

--
-- Name: workspace_exports; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.workspace_exports (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    requested_by uuid NOT NULL,
    status app_public.processing_status DEFAULT 'pending'::app_public.processing_status NOT NULL,
    row_count bigint DEFAULT 0 NOT NULL,
    file_id uuid,
    missing_file_count integer DEFAULT 0 NOT NULL,
    error text,
    error_code text,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone,
    requested_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT workspace_exports_ended CHECK (((status = 'completed'::app_public.processing_status) = (expires_at IS NOT NULL))),
    CONSTRAINT workspace_exports_error_code_format CHECK ((error_code ~ '^CQ[0-9]{3}$'::text)),
    CONSTRAINT workspace_exports_error_length CHECK ((char_length(error) <= 2000)),
    CONSTRAINT workspace_exports_error_of_failure CHECK ((((status = 'failed'::app_public.processing_status) = (error IS NOT NULL)) AND ((error IS NULL) = (error_code IS NULL)))),
    CONSTRAINT workspace_exports_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT workspace_exports_row_count_positive CHECK (((row_count >= 0) AND (missing_file_count >= 0)))
);

ALTER TABLE ONLY app_public.workspace_exports FORCE ROW LEVEL SECURITY;

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
    client_request_id text,
    CONSTRAINT audit_logs_action_format CHECK (((char_length(action) <= 100) AND (action ~ '^[a-z_]+[.][a-z_]+$'::text))),
    CONSTRAINT audit_logs_client_request_id_length CHECK (((char_length(client_request_id) >= 1) AND (char_length(client_request_id) <= 200))),
    CONSTRAINT audit_logs_entity_type_length CHECK (((char_length(entity_type) >= 1) AND (char_length(entity_type) <= 100))),
    CONSTRAINT audit_logs_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT audit_logs_new_values_object CHECK ((jsonb_typeof(new_values) = 'object'::text)),
    CONSTRAINT audit_logs_old_values_object CHECK ((jsonb_typeof(old_values) = 'object'::text)),
    CONSTRAINT audit_logs_request_id_length CHECK (((char_length(request_id) >= 1) AND (char_length(request_id) <= 200)))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY app_public.audit_logs FORCE ROW LEVEL SECURITY;

--
-- Name: conversation_reads; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.conversation_reads (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    last_read_at timestamp with time zone DEFAULT now() NOT NULL,
    read_sequence_number integer DEFAULT 0 NOT NULL
);

ALTER TABLE ONLY app_public.conversation_reads FORCE ROW LEVEL SECURITY;

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
    file_id uuid,
    CONSTRAINT generated_images_cost_usd_positive CHECK (((cost_usd >= (0)::numeric) AND (cost_usd < 'NaN'::numeric))),
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
    CONSTRAINT api_keys_scopes_known CHECK ((((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 6)) AND (scopes <@ ARRAY['read'::text, 'write'::text, 'search'::text, 'share'::text, 'meter'::text, 'admin'::text])))
);

ALTER TABLE ONLY app_public.api_keys FORCE ROW LEVEL SECURITY;

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
    api_key_id uuid,
    read_count bigint DEFAULT 0 NOT NULL,
    last_read_at timestamp with time zone,
    CONSTRAINT conversation_shares_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT conversation_shares_read_count_range CHECK ((read_count >= 0)),
    CONSTRAINT conversation_shares_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY app_public.conversation_shares FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT usage_budgets_cost_limit_usd_positive CHECK (((cost_limit_usd >= (0)::numeric) AND (cost_limit_usd < 'NaN'::numeric))),
    CONSTRAINT usage_budgets_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT usage_budgets_scope_user CHECK (((scope = 'user'::app_public.budget_scope) = (user_id IS NOT NULL))),
    CONSTRAINT usage_budgets_some_limit CHECK ((num_nonnulls(token_limit, cost_limit_usd) > 0)),
    CONSTRAINT usage_budgets_token_limit_positive CHECK ((token_limit >= 0))
);

ALTER TABLE ONLY app_public.usage_budgets FORCE ROW LEVEL SECURITY;

--
-- Name: webhook_deliveries; Type: TABLE; Schema: app_public; Owner: -
--

CREATE TABLE app_public.webhook_deliveries (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    kind text NOT NULL,
    facts jsonb NOT NULL,
    status app_public.webhook_delivery_status DEFAULT 'waiting'::app_public.webhook_delivery_status NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    give_up_at timestamp with time zone NOT NULL,
    last_status integer,
    last_error text,
    ended_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT webhook_deliveries_attempts_positive CHECK ((attempts >= 0)),
    CONSTRAINT webhook_deliveries_ended CHECK (((status = 'waiting'::app_public.webhook_delivery_status) = (ended_at IS NULL))),
    CONSTRAINT webhook_deliveries_id_version CHECK ((uuid_extract_version(id) = 7))
);

ALTER TABLE ONLY app_public.webhook_deliveries FORCE ROW LEVEL SECURITY;

--
-- Name: agent_checkpoint_writes; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.agent_checkpoint_writes (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    thread_id text NOT NULL COLLATE pg_catalog."C",
    namespace text NOT NULL COLLATE pg_catalog."C",
    checkpoint_id text NOT NULL COLLATE pg_catalog."C",
    task_id text NOT NULL COLLATE pg_catalog."C",
    task_path text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    write_index integer NOT NULL,
    channel text NOT NULL,
    type text NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT agent_checkpoint_writes_channel_length CHECK (((char_length(channel) >= 1) AND (char_length(channel) <= 500))),
    CONSTRAINT agent_checkpoint_writes_checkpoint_id_length CHECK (((char_length(checkpoint_id) >= 1) AND (char_length(checkpoint_id) <= 200))),
    CONSTRAINT agent_checkpoint_writes_content_length CHECK ((octet_length(content) <= 3000000)),
    CONSTRAINT agent_checkpoint_writes_namespace_length CHECK ((char_length(namespace) <= 500)),
    CONSTRAINT agent_checkpoint_writes_task_id_length CHECK (((char_length(task_id) >= 1) AND (char_length(task_id) <= 200))),
    CONSTRAINT agent_checkpoint_writes_task_path_length CHECK ((char_length(task_path) <= 2000)),
    CONSTRAINT agent_checkpoint_writes_thread_id_length CHECK (((char_length(thread_id) >= 1) AND (char_length(thread_id) <= 200))),
    CONSTRAINT agent_checkpoint_writes_type_length CHECK (((char_length(type) >= 1) AND (char_length(type) <= 50)))
);

ALTER TABLE ONLY app_hidden.agent_checkpoint_writes FORCE ROW LEVEL SECURITY;

--
-- Name: agent_checkpoints; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.agent_checkpoints (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    thread_id text NOT NULL COLLATE pg_catalog."C",
    namespace text NOT NULL COLLATE pg_catalog."C",
    checkpoint_id text NOT NULL COLLATE pg_catalog."C",
    parent_id text COLLATE pg_catalog."C",
    type text NOT NULL,
    content bytea NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT agent_checkpoints_checkpoint_id_length CHECK (((char_length(checkpoint_id) >= 1) AND (char_length(checkpoint_id) <= 200))),
    CONSTRAINT agent_checkpoints_content_length CHECK ((octet_length(content) <= 3000000)),
    CONSTRAINT agent_checkpoints_metadata_object CHECK ((jsonb_typeof(metadata) = 'object'::text)),
    CONSTRAINT agent_checkpoints_namespace_length CHECK ((char_length(namespace) <= 500)),
    CONSTRAINT agent_checkpoints_parent_id_length CHECK (((char_length(parent_id) >= 1) AND (char_length(parent_id) <= 200))),
    CONSTRAINT agent_checkpoints_thread_id_length CHECK (((char_length(thread_id) >= 1) AND (char_length(thread_id) <= 200))),
    CONSTRAINT agent_checkpoints_type_length CHECK (((char_length(type) >= 1) AND (char_length(type) <= 50)))
);

ALTER TABLE ONLY app_hidden.agent_checkpoints FORCE ROW LEVEL SECURITY;

--
-- Name: applied_functions; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.applied_functions (
    id bigint NOT NULL,
    path text NOT NULL,
    hash text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT applied_functions_hash_format CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT applied_functions_path_length CHECK (((char_length(path) >= 1) AND (char_length(path) <= 200)))
);

ALTER TABLE ONLY app_hidden.applied_functions FORCE ROW LEVEL SECURITY;

--
-- Name: applied_functions_id_seq; Type: SEQUENCE; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.applied_functions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME app_hidden.applied_functions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
-- Name: chunk_counts; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.chunk_counts (
    workspace_id uuid NOT NULL,
    source_type app_public.source_type NOT NULL,
    text_search_language app_public.text_search_language NOT NULL,
    chunk_count bigint NOT NULL,
    is_language_recognized boolean DEFAULT false NOT NULL,
    CONSTRAINT chunk_counts_positive CHECK ((chunk_count >= 0))
);

ALTER TABLE ONLY app_hidden.chunk_counts FORCE ROW LEVEL SECURITY;

--
-- Name: database_days; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.database_days (
    day date NOT NULL,
    measured_at timestamp with time zone NOT NULL,
    database_bytes bigint NOT NULL,
    files_bytes bigint NOT NULL,
    disk_bytes bigint,
    disk_free_bytes bigint,
    blocks_hit bigint NOT NULL,
    blocks_read bigint NOT NULL,
    commits bigint NOT NULL,
    rollbacks bigint NOT NULL,
    deadlocks bigint NOT NULL,
    temp_bytes bigint NOT NULL,
    wal_bytes numeric NOT NULL,
    counted_since timestamp with time zone,
    CONSTRAINT database_days_database_bytes_positive CHECK ((database_bytes >= 0)),
    CONSTRAINT database_days_disk_bytes_positive CHECK ((disk_bytes > 0)),
    CONSTRAINT database_days_disk_free_bytes_positive CHECK ((disk_free_bytes >= 0)),
    CONSTRAINT database_days_files_bytes_positive CHECK ((files_bytes >= 0))
);

ALTER TABLE ONLY app_hidden.database_days FORCE ROW LEVEL SECURITY;

--
-- Name: embedding_backlog; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_backlog (
    workspace_id uuid NOT NULL,
    chunk_id uuid NOT NULL,
    asked integer DEFAULT 0 NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    taken_until timestamp with time zone,
    CONSTRAINT embedding_backlog_asked_positive CHECK ((asked >= 0))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000');

ALTER TABLE ONLY app_hidden.embedding_backlog FORCE ROW LEVEL SECURITY;

--
-- Name: embedding_claims; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_claims (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    version_id uuid NOT NULL,
    user_id uuid,
    reservation_id uuid,
    chunk_ids uuid[] NOT NULL,
    tokens bigint NOT NULL,
    cost_usd numeric(14,6) DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    abandoned_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT embedding_claims_chunk_ids_length CHECK (((cardinality(chunk_ids) >= 1) AND (cardinality(chunk_ids) <= 10000))),
    CONSTRAINT embedding_claims_cost_usd_positive CHECK (((cost_usd >= (0)::numeric) AND (cost_usd < 'NaN'::numeric))),
    CONSTRAINT embedding_claims_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT embedding_claims_tokens_positive CHECK ((tokens >= 0))
);

ALTER TABLE ONLY app_hidden.embedding_claims FORCE ROW LEVEL SECURITY;

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
-- Name: embedding_rates; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_rates (
    version_id uuid NOT NULL,
    minute timestamp with time zone NOT NULL,
    chunks bigint NOT NULL,
    tokens bigint NOT NULL,
    CONSTRAINT embedding_rates_positive CHECK (((chunks >= 0) AND (tokens >= 0)))
);

ALTER TABLE ONLY app_hidden.embedding_rates FORCE ROW LEVEL SECURITY;

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
-- Name: embedding_spending; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.embedding_spending (
    version_id uuid NOT NULL,
    period_start timestamp with time zone NOT NULL,
    tokens bigint NOT NULL,
    cost_usd numeric(14,6) NOT NULL,
    CONSTRAINT embedding_spending_positive CHECK (((tokens >= 0) AND (cost_usd >= (0)::numeric) AND (cost_usd < 'NaN'::numeric)))
);

ALTER TABLE ONLY app_hidden.embedding_spending FORCE ROW LEVEL SECURITY;

--
-- Name: indexing_rates; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.indexing_rates (
    workspace_id uuid NOT NULL,
    minute timestamp with time zone NOT NULL,
    began_at timestamp with time zone NOT NULL,
    sources integer DEFAULT 0 NOT NULL,
    vectors integer DEFAULT 0 NOT NULL,
    CONSTRAINT indexing_rates_positive CHECK (((sources >= 0) AND (vectors >= 0)))
);

ALTER TABLE ONLY app_hidden.indexing_rates FORCE ROW LEVEL SECURITY;

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
-- Name: open_runs; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.open_runs (
    job_id uuid NOT NULL,
    task text NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT open_runs_task_length CHECK (((char_length(task) >= 1) AND (char_length(task) <= 100)))
);

ALTER TABLE ONLY app_hidden.open_runs FORCE ROW LEVEL SECURITY;

--
-- Name: passage_checks; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.passage_checks (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    passage_id uuid NOT NULL,
    CONSTRAINT passage_checks_id_version CHECK ((uuid_extract_version(id) = 7))
);

ALTER TABLE ONLY app_hidden.passage_checks FORCE ROW LEVEL SECURITY;

--
-- Name: paused_jobs; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.paused_jobs (
    queue text NOT NULL,
    schedules jsonb DEFAULT '[]'::jsonb NOT NULL,
    paused_at timestamp with time zone DEFAULT now() NOT NULL,
    paused_by text NOT NULL,
    reason text,
    CONSTRAINT paused_jobs_queue_length CHECK (((char_length(queue) >= 1) AND (char_length(queue) <= 200))),
    CONSTRAINT paused_jobs_reason_length CHECK ((char_length(reason) <= 1000))
);

ALTER TABLE ONLY app_hidden.paused_jobs FORCE ROW LEVEL SECURITY;

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
-- Name: rate_limits; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE UNLOGGED TABLE app_hidden.rate_limits (
    key text NOT NULL,
    points integer NOT NULL,
    expire bigint,
    CONSTRAINT rate_limits_key_length CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255)))
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE ONLY app_hidden.rate_limits FORCE ROW LEVEL SECURITY;

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
-- Name: relation_sizes; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.relation_sizes (
    day date NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    bytes bigint NOT NULL,
    row_estimate bigint,
    CONSTRAINT relation_sizes_bytes_positive CHECK ((bytes >= 0)),
    CONSTRAINT relation_sizes_kind_known CHECK ((kind = ANY (ARRAY['table'::text, 'partition'::text, 'index'::text]))),
    CONSTRAINT relation_sizes_name_length CHECK ((char_length(name) <= 300)),
    CONSTRAINT relation_sizes_row_estimate_positive CHECK ((row_estimate >= 0))
);

ALTER TABLE ONLY app_hidden.relation_sizes FORCE ROW LEVEL SECURITY;

--
-- Name: search_samples; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.search_samples (
    id uuid DEFAULT uuidv7() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    version_id uuid NOT NULL,
    kinds app_public.source_type[],
    filters jsonb,
    embedding extensions.halfvec NOT NULL,
    query text,
    CONSTRAINT search_samples_filters_object CHECK (((jsonb_typeof(filters) = 'object'::text) AND (filters <> '{}'::jsonb))),
    CONSTRAINT search_samples_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT search_samples_kinds_length CHECK (((cardinality(kinds) >= 1) AND (cardinality(kinds) <= 10))),
    CONSTRAINT search_samples_query_length CHECK ((char_length(query) <= 10000))
);

ALTER TABLE ONLY app_hidden.search_samples FORCE ROW LEVEL SECURITY;

--
-- Name: search_statistics; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.search_statistics (
    id uuid DEFAULT uuidv7() NOT NULL,
    day date NOT NULL,
    version_id uuid,
    size_class app_public.search_size_class NOT NULL,
    path text NOT NULL,
    searches bigint NOT NULL,
    short_returns bigint NOT NULL,
    lost_returns bigint NOT NULL,
    scan_limit_hits bigint NOT NULL,
    CONSTRAINT search_statistics_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT search_statistics_path_length CHECK (((char_length(path) >= 1) AND (char_length(path) <= 50))),
    CONSTRAINT search_statistics_positive CHECK (((searches > 0) AND ((short_returns >= 0) AND (short_returns <= searches)) AND ((lost_returns >= 0) AND (lost_returns <= short_returns)) AND ((scan_limit_hits >= 0) AND (scan_limit_hits <= searches))))
);

ALTER TABLE ONLY app_hidden.search_statistics FORCE ROW LEVEL SECURITY;

--
-- Name: streaming_parts; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.streaming_parts (
    message_id uuid NOT NULL,
    start_offset integer NOT NULL,
    workspace_id uuid NOT NULL,
    content text NOT NULL,
    CONSTRAINT streaming_parts_content_length CHECK (((char_length(content) >= 1) AND (char_length(content) <= 1000000))),
    CONSTRAINT streaming_parts_start_offset_not_negative CHECK ((start_offset >= 0))
);

ALTER TABLE ONLY app_hidden.streaming_parts FORCE ROW LEVEL SECURITY;

--
-- Name: tier_passes; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.tier_passes (
    workspace_id uuid NOT NULL,
    after_id uuid,
    looked_at timestamp with time zone,
    ended_at timestamp with time zone
);

ALTER TABLE ONLY app_hidden.tier_passes FORCE ROW LEVEL SECURITY;

--
-- Name: unindexed_conversations; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.unindexed_conversations (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL
);

ALTER TABLE ONLY app_hidden.unindexed_conversations FORCE ROW LEVEL SECURITY;

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
-- Name: word_samples; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.word_samples (
    workspace_id uuid NOT NULL,
    chunk_count bigint NOT NULL,
    sampled_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT word_samples_positive CHECK ((chunk_count > 0))
);

ALTER TABLE ONLY app_hidden.word_samples FORCE ROW LEVEL SECURITY;

--
-- Name: workspace_words; Type: TABLE; Schema: app_hidden; Owner: -
--

CREATE TABLE app_hidden.workspace_words (
    workspace_id uuid NOT NULL,
    word text NOT NULL,
    share real DEFAULT 0 NOT NULL,
    CONSTRAINT workspace_words_share_range CHECK (((share >= (0)::double precision) AND (share <= (1)::double precision)))
);

ALTER TABLE ONLY app_hidden.workspace_words FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT usage_logs_cost_usd_positive CHECK (((cost_usd >= (0)::numeric) AND (cost_usd < 'NaN'::numeric))),
    CONSTRAINT usage_logs_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT usage_logs_metadata_object CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (pg_column_size(metadata) <= 65536))),
    CONSTRAINT usage_logs_model_length CHECK ((char_length(model) <= 200)),
    CONSTRAINT usage_logs_provider_length CHECK ((char_length(provider) <= 100)),
    CONSTRAINT usage_logs_tokens_positive CHECK (((prompt_tokens >= 0) AND (completion_tokens >= 0) AND (total_tokens >= 0)))
)
PARTITION BY RANGE (id);

ALTER TABLE ONLY app_public.usage_logs FORCE ROW LEVEL SECURITY;

--
-- Name: account_notices; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.account_notices (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    CONSTRAINT account_notices_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT account_notices_kind_length CHECK (((char_length(kind) >= 1) AND (char_length(kind) <= 50)))
);

ALTER TABLE ONLY app_private.account_notices FORCE ROW LEVEL SECURITY;

--
-- Name: api_key_secrets; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.api_key_secrets (
    api_key_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    identity_id uuid,
    CONSTRAINT api_key_secrets_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY app_private.api_key_secrets FORCE ROW LEVEL SECURITY;

--
-- Name: common_passwords; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.common_passwords (
    password text NOT NULL,
    CONSTRAINT common_passwords_lower_case CHECK (((password = lower(password)) AND ((char_length(password) >= 4) AND (char_length(password) <= 72))))
);

ALTER TABLE ONLY app_private.common_passwords FORCE ROW LEVEL SECURITY;

--
-- Name: conversation_summary_stats; Type: MATERIALIZED VIEW; Schema: app_private; Owner: -
--

CREATE MATERIALIZED VIEW app_private.conversation_summary_stats AS
 SELECT workspace_id,
    day,
    rag_configuration_id,
    conversation_count,
    message_count,
    assistant_message_count,
    total_tokens,
    cost_usd,
    relevance_count,
    total_relevance_score,
    response_count,
    total_response_time_ms,
    positive_feedback,
    neutral_feedback,
    negative_feedback,
    satisfaction_points,
    computed_at
   FROM app_private.summary_days() s(workspace_id, day, rag_configuration_id, conversation_count, message_count, assistant_message_count, total_tokens, cost_usd, relevance_count, total_relevance_score, response_count, total_response_time_ms, positive_feedback, neutral_feedback, negative_feedback, satisfaction_points, computed_at)
  WITH NO DATA;

--
-- Name: database_identity; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.database_identity (
    is_only boolean DEFAULT true NOT NULL,
    system_identifier bigint,
    database_oid oid,
    database_name text,
    timeline integer,
    environment text,
    adopted_at timestamp with time zone DEFAULT now() NOT NULL,
    adopted_as text NOT NULL,
    CONSTRAINT database_identity_adopted_as_known CHECK ((adopted_as = ANY (ARRAY['first'::text, 'command'::text, 'promotion'::text]))),
    CONSTRAINT database_identity_environment_format CHECK ((environment ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$'::text)),
    CONSTRAINT database_identity_one_row CHECK (is_only)
);

ALTER TABLE ONLY app_private.database_identity FORCE ROW LEVEL SECURITY;

--
-- Name: mail_outbox; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.mail_outbox (
    id uuid DEFAULT uuidv7() NOT NULL,
    recipient text NOT NULL,
    subject text,
    body text,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    last_error text,
    sent_at timestamp with time zone,
    created_at timestamp with time zone GENERATED ALWAYS AS (uuid_extract_timestamp(id)),
    kind text DEFAULT 'notice'::text NOT NULL,
    data jsonb,
    not_before timestamp with time zone DEFAULT now() NOT NULL,
    valid_until timestamp with time zone,
    failed_at timestamp with time zone,
    sender_id uuid,
    workspace_id uuid,
    mailbox text GENERATED ALWAYS AS (lower(regexp_replace(recipient, '\+[^@]*@'::text, '@'::text))) STORED,
    CONSTRAINT mail_outbox_attempts_positive CHECK ((attempts >= 0)),
    CONSTRAINT mail_outbox_body_length CHECK (((char_length(body) >= 1) AND (char_length(body) <= 10000))),
    CONSTRAINT mail_outbox_content_until_settled CHECK ((((body IS NOT NULL) OR (data IS NOT NULL)) = ((sent_at IS NULL) AND (failed_at IS NULL)))),
    CONSTRAINT mail_outbox_data_object CHECK (((jsonb_typeof(data) = 'object'::text) AND (octet_length((data)::text) <= 10000))),
    CONSTRAINT mail_outbox_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT mail_outbox_kind_format CHECK ((kind ~ '^[a-z_]{1,50}$'::text)),
    CONSTRAINT mail_outbox_last_error_length CHECK ((char_length(last_error) <= 1000)),
    CONSTRAINT mail_outbox_recipient_length CHECK (((char_length(recipient) >= 3) AND (char_length(recipient) <= 254))),
    CONSTRAINT mail_outbox_settled_once CHECK (((sent_at IS NULL) OR (failed_at IS NULL))),
    CONSTRAINT mail_outbox_subject_format CHECK ((((char_length(subject) >= 1) AND (char_length(subject) <= 500)) AND (subject !~ '[\r\n]'::text)))
);

ALTER TABLE ONLY app_private.mail_outbox FORCE ROW LEVEL SECURITY;

--
-- Name: mail_tokens; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.mail_tokens (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    email extensions.citext NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT mail_tokens_kind_known CHECK ((kind = ANY (ARRAY['reset'::text, 'verification'::text, 'address'::text]))),
    CONSTRAINT mail_tokens_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY app_private.mail_tokens FORCE ROW LEVEL SECURITY;

--
-- Name: provider_logouts; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.provider_logouts (
    token_hash bytea NOT NULL,
    session_hash bytea,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT provider_logouts_session_hash_length CHECK ((octet_length(session_hash) = 32)),
    CONSTRAINT provider_logouts_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY app_private.provider_logouts FORCE ROW LEVEL SECURITY;

--
-- Name: recovery_codes; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.recovery_codes (
    user_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    CONSTRAINT recovery_codes_code_hash_length CHECK ((octet_length(code_hash) = 32))
);

ALTER TABLE ONLY app_private.recovery_codes FORCE ROW LEVEL SECURITY;

--
-- Name: second_factors; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.second_factors (
    user_id uuid NOT NULL,
    secret bytea NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT second_factors_last_step_positive CHECK ((last_step >= 0)),
    CONSTRAINT second_factors_secret_length CHECK ((octet_length(secret) = 20))
);

ALTER TABLE ONLY app_private.second_factors FORCE ROW LEVEL SECURITY;

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
-- Name: sign_in_challenges; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.sign_in_challenges (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_challenges_attempts_range CHECK (((attempts >= 0) AND (attempts <= 5))),
    CONSTRAINT sign_in_challenges_token_hash_length CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY app_private.sign_in_challenges FORCE ROW LEVEL SECURITY;

--
-- Name: sign_in_failures; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.sign_in_failures (
    counter text NOT NULL,
    failures double precision NOT NULL,
    failed_at timestamp with time zone NOT NULL,
    CONSTRAINT sign_in_failures_counter_format CHECK ((counter ~ '^(account|client|known|network|session):[0-9a-f]{64}$'::text)),
    CONSTRAINT sign_in_failures_failures_positive CHECK (((failures >= (0)::double precision) AND (failures < 'NaN'::double precision)))
);

ALTER TABLE ONLY app_private.sign_in_failures FORCE ROW LEVEL SECURITY;

--
-- Name: sign_in_places; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.sign_in_places (
    user_id uuid NOT NULL,
    network cidr NOT NULL,
    client text NOT NULL,
    first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sign_in_places_client_length CHECK (((char_length(client) >= 1) AND (char_length(client) <= 100)))
);

ALTER TABLE ONLY app_private.sign_in_places FORCE ROW LEVEL SECURITY;

--
-- Name: user_secrets; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.user_secrets (
    user_id uuid NOT NULL,
    password_hash text NOT NULL
);

ALTER TABLE ONLY app_private.user_secrets FORCE ROW LEVEL SECURITY;

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
    proved_at timestamp with time zone DEFAULT now(),
    CONSTRAINT user_sessions_id_version CHECK ((uuid_extract_version(id) = 7)),
    CONSTRAINT user_sessions_token_hash_length CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT user_sessions_user_agent_length CHECK ((char_length(user_agent) <= 1000))
);

ALTER TABLE ONLY app_private.user_sessions FORCE ROW LEVEL SECURITY;

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
-- Name: webhook_secrets; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.webhook_secrets (
    webhook_id uuid NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_until timestamp with time zone,
    CONSTRAINT webhook_secrets_previous CHECK ((((octet_length(previous_secret) = 32) AND (previous_until IS NOT NULL)) OR (num_nulls(previous_secret, previous_until) = 2))),
    CONSTRAINT webhook_secrets_secret_length CHECK ((octet_length(secret) = 32))
);

ALTER TABLE ONLY app_private.webhook_secrets FORCE ROW LEVEL SECURITY;

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
-- Name: workspace_quotas; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.workspace_quotas (
    workspace_id uuid NOT NULL,
    storage_bytes bigint,
    row_limit bigint,
    CONSTRAINT workspace_quotas_row_limit_positive CHECK ((row_limit >= 0)),
    CONSTRAINT workspace_quotas_storage_bytes_positive CHECK ((storage_bytes >= 0))
);

ALTER TABLE ONLY app_private.workspace_quotas FORCE ROW LEVEL SECURITY;

--
-- Name: workspace_storage; Type: TABLE; Schema: app_private; Owner: -
--

CREATE TABLE app_private.workspace_storage (
    workspace_id uuid NOT NULL,
    slot smallint NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    row_count bigint DEFAULT 0 NOT NULL,
    CONSTRAINT workspace_storage_slot_range CHECK (((slot >= 0) AND (slot <= 15)))
)
WITH (fillfactor='50');

ALTER TABLE ONLY app_private.workspace_storage FORCE ROW LEVEL SECURITY;

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
    CONSTRAINT file_type_configs_extractor_known CHECK ((extractor = ANY (ARRAY['text'::text, 'markdown'::text, 'code'::text, 'html'::text, 'notebook'::text, 'pdf'::text, 'docx'::text, 'pptx'::text, 'xlsx'::text, 'odt'::text, 'ods'::text, 'odp'::text, 'epub'::text, 'rtf'::text, 'eml'::text, 'mbox'::text, 'mhtml'::text, 'none'::text]))),
    CONSTRAINT file_type_configs_max_bytes_positive CHECK ((max_bytes > 0)),
    CONSTRAINT file_type_configs_mime_type_format CHECK (((char_length(mime_type) <= 200) AND (mime_type ~ '^[a-z0-9.+-]+/[a-z0-9.+-]+$'::text)))
);

ALTER TABLE ONLY app_public.file_type_configs FORCE ROW LEVEL SECURITY;

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
-- Name: agent_checkpoint_writes agent_checkpoint_writes_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.agent_checkpoint_writes
    ADD CONSTRAINT agent_checkpoint_writes_pkey PRIMARY KEY (id);

--
-- Name: agent_checkpoint_writes agent_checkpoint_writes_place_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.agent_checkpoint_writes
    ADD CONSTRAINT agent_checkpoint_writes_place_key UNIQUE (workspace_id, owner_id, thread_id, namespace, checkpoint_id, task_id, write_index);

--
-- Name: agent_checkpoints agent_checkpoints_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.agent_checkpoints
    ADD CONSTRAINT agent_checkpoints_pkey PRIMARY KEY (id);

--
-- Name: agent_checkpoints agent_checkpoints_place_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.agent_checkpoints
    ADD CONSTRAINT agent_checkpoints_place_key UNIQUE (workspace_id, owner_id, thread_id, namespace, checkpoint_id);

--
-- Name: analytics_changes analytics_changes_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.analytics_changes
    ADD CONSTRAINT analytics_changes_pkey PRIMARY KEY (workspace_id, conversation_id, day);

--
-- Name: applied_functions applied_functions_path_hash_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.applied_functions
    ADD CONSTRAINT applied_functions_path_hash_key UNIQUE (path, hash);

--
-- Name: applied_functions applied_functions_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.applied_functions
    ADD CONSTRAINT applied_functions_pkey PRIMARY KEY (id);

--
-- Name: budget_spending budget_spending_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.budget_spending
    ADD CONSTRAINT budget_spending_pkey PRIMARY KEY (budget_id, period_start);

--
-- Name: chunk_counts chunk_counts_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.chunk_counts
    ADD CONSTRAINT chunk_counts_pkey PRIMARY KEY (workspace_id, source_type, text_search_language, is_language_recognized);

--
-- Name: cited_passages cited_passages_chunk_id_document_hash_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cited_passages
    ADD CONSTRAINT cited_passages_chunk_id_document_hash_key UNIQUE NULLS NOT DISTINCT (workspace_id, chunk_id, document_hash);

--
-- Name: cited_passages cited_passages_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cited_passages
    ADD CONSTRAINT cited_passages_pkey PRIMARY KEY (id);

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
-- Name: conversation_files conversation_files_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.conversation_files
    ADD CONSTRAINT conversation_files_pkey PRIMARY KEY (conversation_id);

--
-- Name: cutting_failures cutting_failures_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cutting_failures
    ADD CONSTRAINT cutting_failures_pkey PRIMARY KEY (id);

--
-- Name: cutting_failures cutting_failures_source_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cutting_failures
    ADD CONSTRAINT cutting_failures_source_key UNIQUE NULLS NOT DISTINCT (workspace_id, document_id, conversation_id, sequence_number, memory_item_id);

--
-- Name: database_days database_days_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.database_days
    ADD CONSTRAINT database_days_pkey PRIMARY KEY (day);

--
-- Name: discarded_contents discarded_contents_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.discarded_contents
    ADD CONSTRAINT discarded_contents_pkey PRIMARY KEY (workspace_id, storage_path);

--
-- Name: embedding_backlog embedding_backlog_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_backlog
    ADD CONSTRAINT embedding_backlog_pkey PRIMARY KEY (workspace_id, chunk_id);

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
-- Name: embedding_evaluations embedding_evaluations_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_evaluations
    ADD CONSTRAINT embedding_evaluations_pkey PRIMARY KEY (version_id, baseline_id);

--
-- Name: embedding_failures embedding_failures_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_failures
    ADD CONSTRAINT embedding_failures_pkey PRIMARY KEY (version_id, workspace_id, chunk_id);

--
-- Name: embedding_rates embedding_rates_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_rates
    ADD CONSTRAINT embedding_rates_pkey PRIMARY KEY (version_id, minute);

--
-- Name: embedding_refusals embedding_refusals_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_refusals
    ADD CONSTRAINT embedding_refusals_pkey PRIMARY KEY (version_id, workspace_id, user_id);

--
-- Name: embedding_spending embedding_spending_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_spending
    ADD CONSTRAINT embedding_spending_pkey PRIMARY KEY (version_id, period_start);

--
-- Name: erasures erasures_id_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.erasures
    ADD CONSTRAINT erasures_id_key UNIQUE (id);

--
-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (number);

--
-- Name: fusion_measurements fusion_measurements_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.fusion_measurements
    ADD CONSTRAINT fusion_measurements_pkey PRIMARY KEY (id);

--
-- Name: indexing_rates indexing_rates_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.indexing_rates
    ADD CONSTRAINT indexing_rates_pkey PRIMARY KEY (workspace_id, minute);

--
-- Name: maintenance_runs maintenance_runs_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.maintenance_runs
    ADD CONSTRAINT maintenance_runs_pkey PRIMARY KEY (id);

--
-- Name: message_idempotency_keys message_idempotency_keys_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.message_idempotency_keys
    ADD CONSTRAINT message_idempotency_keys_pkey PRIMARY KEY (conversation_id, idempotency_key);

--
-- Name: open_runs open_runs_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.open_runs
    ADD CONSTRAINT open_runs_pkey PRIMARY KEY (job_id);

--
-- Name: passage_checks passage_checks_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.passage_checks
    ADD CONSTRAINT passage_checks_pkey PRIMARY KEY (id);

--
-- Name: paused_jobs paused_jobs_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.paused_jobs
    ADD CONSTRAINT paused_jobs_pkey PRIMARY KEY (queue);

--
-- Name: pending_erasures pending_erasures_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.pending_erasures
    ADD CONSTRAINT pending_erasures_pkey PRIMARY KEY (id);

--
-- Name: pending_erasures pending_erasures_user_id_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.pending_erasures
    ADD CONSTRAINT pending_erasures_user_id_key UNIQUE (user_id);

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
-- Name: rate_limits rate_limits_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (key);

--
-- Name: raw_event_keys raw_event_keys_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.raw_event_keys
    ADD CONSTRAINT raw_event_keys_pkey PRIMARY KEY (workspace_id, source, external_id);

--
-- Name: recall_measurements recall_measurements_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.recall_measurements
    ADD CONSTRAINT recall_measurements_pkey PRIMARY KEY (id);

--
-- Name: relation_sizes relation_sizes_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.relation_sizes
    ADD CONSTRAINT relation_sizes_pkey PRIMARY KEY (name, kind, day);

--
-- Name: search_samples search_samples_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.search_samples
    ADD CONSTRAINT search_samples_pkey PRIMARY KEY (id);

--
-- Name: search_statistics search_statistics_day_version_id_size_class_path_key; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.search_statistics
    ADD CONSTRAINT search_statistics_day_version_id_size_class_path_key UNIQUE NULLS NOT DISTINCT (day, version_id, size_class, path);

--
-- Name: search_statistics search_statistics_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.search_statistics
    ADD CONSTRAINT search_statistics_pkey PRIMARY KEY (id);

--
-- Name: streaming_messages streaming_messages_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.streaming_messages
    ADD CONSTRAINT streaming_messages_pkey PRIMARY KEY (message_id);

--
-- Name: streaming_parts streaming_parts_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.streaming_parts
    ADD CONSTRAINT streaming_parts_pkey PRIMARY KEY (message_id, start_offset);

--
-- Name: tier_passes tier_passes_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.tier_passes
    ADD CONSTRAINT tier_passes_pkey PRIMARY KEY (workspace_id);

--
-- Name: unindexed_conversations unindexed_conversations_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.unindexed_conversations
    ADD CONSTRAINT unindexed_conversations_pkey PRIMARY KEY (workspace_id, conversation_id);

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
-- Name: word_samples word_samples_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.word_samples
    ADD CONSTRAINT word_samples_pkey PRIMARY KEY (workspace_id);

--
-- Name: workspace_words workspace_words_pkey; Type: CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.workspace_words
    ADD CONSTRAINT workspace_words_pkey PRIMARY KEY (workspace_id, word);

--
-- Name: account_notices account_notices_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.account_notices
    ADD CONSTRAINT account_notices_pkey PRIMARY KEY (id);

--
-- Name: account_requests account_requests_kind_email_key; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.account_requests
    ADD CONSTRAINT account_requests_kind_email_key UNIQUE (kind, email);

--
-- Name: account_requests account_requests_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.account_requests
    ADD CONSTRAINT account_requests_pkey PRIMARY KEY (id);

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
-- Name: common_passwords common_passwords_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.common_passwords
    ADD CONSTRAINT common_passwords_pkey PRIMARY KEY (password);

--
-- Name: database_identity database_identity_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.database_identity
    ADD CONSTRAINT database_identity_pkey PRIMARY KEY (is_only);

--
-- Name: mail_outbox mail_outbox_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.mail_outbox
    ADD CONSTRAINT mail_outbox_pkey PRIMARY KEY (id);

--
-- Name: mail_tokens mail_tokens_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.mail_tokens
    ADD CONSTRAINT mail_tokens_pkey PRIMARY KEY (token_hash);

--
-- Name: passkey_challenges passkey_challenges_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.passkey_challenges
    ADD CONSTRAINT passkey_challenges_pkey PRIMARY KEY (challenge_hash);

--
-- Name: passkeys passkeys_credential_id_key; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.passkeys
    ADD CONSTRAINT passkeys_credential_id_key UNIQUE (credential_id);

--
-- Name: passkeys passkeys_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.passkeys
    ADD CONSTRAINT passkeys_pkey PRIMARY KEY (id);

--
-- Name: provider_logouts provider_logouts_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.provider_logouts
    ADD CONSTRAINT provider_logouts_pkey PRIMARY KEY (token_hash);

--
-- Name: recovery_codes recovery_codes_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash);

--
-- Name: second_factors second_factors_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.second_factors
    ADD CONSTRAINT second_factors_pkey PRIMARY KEY (user_id);

--
-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);

--
-- Name: sign_in_challenges sign_in_challenges_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.sign_in_challenges
    ADD CONSTRAINT sign_in_challenges_pkey PRIMARY KEY (token_hash);

--
-- Name: sign_in_failures sign_in_failures_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.sign_in_failures
    ADD CONSTRAINT sign_in_failures_pkey PRIMARY KEY (counter);

--
-- Name: sign_in_places sign_in_places_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.sign_in_places
    ADD CONSTRAINT sign_in_places_pkey PRIMARY KEY (user_id, network, client);

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
-- Name: webhook_secrets webhook_secrets_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.webhook_secrets
    ADD CONSTRAINT webhook_secrets_pkey PRIMARY KEY (webhook_id);

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
-- Name: workspace_quotas workspace_quotas_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.workspace_quotas
    ADD CONSTRAINT workspace_quotas_pkey PRIMARY KEY (workspace_id);

--
-- Name: workspace_storage workspace_storage_pkey; Type: CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.workspace_storage
    ADD CONSTRAINT workspace_storage_pkey PRIMARY KEY (workspace_id, slot);

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
-- Name: webhook_deliveries webhook_deliveries_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);

--
-- Name: webhooks webhooks_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);

--
-- Name: webhooks webhooks_workspace_id_id_key; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.webhooks
    ADD CONSTRAINT webhooks_workspace_id_id_key UNIQUE (workspace_id, id);

--
-- Name: workspace_exports workspace_exports_pkey; Type: CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_exports
    ADD CONSTRAINT workspace_exports_pkey PRIMARY KEY (id);

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
-- Name: agent_checkpoint_writes_owner_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX agent_checkpoint_writes_owner_id_idx ON app_hidden.agent_checkpoint_writes USING btree (owner_id);

--
-- Name: agent_checkpoints_owner_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX agent_checkpoints_owner_id_idx ON app_hidden.agent_checkpoints USING btree (owner_id);

--
-- Name: budget_spending_budget_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX budget_spending_budget_id_idx ON app_hidden.budget_spending USING btree (workspace_id, budget_id);

--
-- Name: cited_passages_conversation_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cited_passages_conversation_id_idx ON app_hidden.cited_passages USING btree (workspace_id, conversation_id) WHERE (conversation_id IS NOT NULL);

--
-- Name: cited_passages_document_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cited_passages_document_id_idx ON app_hidden.cited_passages USING btree (document_id) WHERE (document_id IS NOT NULL);

--
-- Name: cited_passages_memory_item_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cited_passages_memory_item_id_idx ON app_hidden.cited_passages USING btree (workspace_id, memory_item_id) WHERE (memory_item_id IS NOT NULL);

--
-- Name: cited_passages_message_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cited_passages_message_id_idx ON app_hidden.cited_passages USING btree (message_id) WHERE (message_id IS NOT NULL);

--
-- Name: cited_passages_owner_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cited_passages_owner_id_idx ON app_hidden.cited_passages USING btree (owner_id);

--
-- Name: cited_passages_raw_event_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cited_passages_raw_event_id_idx ON app_hidden.cited_passages USING btree (raw_event_id) WHERE (raw_event_id IS NOT NULL);

--
-- Name: conversation_archive_parts_workspace_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX conversation_archive_parts_workspace_id_idx ON app_hidden.conversation_archive_parts USING btree (workspace_id, conversation_id);

--
-- Name: conversation_archives_message_ids_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX conversation_archives_message_ids_idx ON app_hidden.conversation_archives USING gin (message_ids);

--
-- Name: conversation_files_hashed_at_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX conversation_files_hashed_at_idx ON app_hidden.conversation_files USING btree (hashed_at);

--
-- Name: conversation_files_storage_path_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX conversation_files_storage_path_idx ON app_hidden.conversation_files USING btree (storage_path);

--
-- Name: conversation_files_workspace_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX conversation_files_workspace_id_idx ON app_hidden.conversation_files USING btree (workspace_id, conversation_id);

--
-- Name: cutting_failures_conversation_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cutting_failures_conversation_id_idx ON app_hidden.cutting_failures USING btree (workspace_id, conversation_id) WHERE (conversation_id IS NOT NULL);

--
-- Name: cutting_failures_document_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cutting_failures_document_id_idx ON app_hidden.cutting_failures USING btree (workspace_id, document_id) WHERE (document_id IS NOT NULL);

--
-- Name: cutting_failures_memory_item_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX cutting_failures_memory_item_id_idx ON app_hidden.cutting_failures USING btree (workspace_id, memory_item_id) WHERE (memory_item_id IS NOT NULL);

--
-- Name: discarded_contents_discarded_at_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX discarded_contents_discarded_at_idx ON app_hidden.discarded_contents USING btree (discarded_at);

--
-- Name: embedding_backlog_order_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_backlog_order_idx ON app_hidden.embedding_backlog USING btree (workspace_id, asked DESC, priority DESC, chunk_id DESC);

--
-- Name: embedding_backlog_taken_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_backlog_taken_idx ON app_hidden.embedding_backlog USING btree (workspace_id, taken_until) WHERE (taken_until IS NOT NULL);

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
-- Name: embedding_evaluations_baseline_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX embedding_evaluations_baseline_id_idx ON app_hidden.embedding_evaluations USING btree (baseline_id);

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
-- Name: fusion_measurements_version_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX fusion_measurements_version_id_idx ON app_hidden.fusion_measurements USING btree (version_id, id DESC);

--
-- Name: indexing_rates_minute_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX indexing_rates_minute_idx ON app_hidden.indexing_rates USING btree (minute);

--
-- Name: maintenance_runs_started_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX maintenance_runs_started_idx ON app_hidden.maintenance_runs USING btree (started_at);

--
-- Name: maintenance_runs_task_started_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX maintenance_runs_task_started_idx ON app_hidden.maintenance_runs USING btree (task, started_at DESC);

--
-- Name: message_idempotency_keys_conversation_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX message_idempotency_keys_conversation_id_idx ON app_hidden.message_idempotency_keys USING btree (workspace_id, conversation_id);

--
-- Name: passage_checks_workspace_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX passage_checks_workspace_id_idx ON app_hidden.passage_checks USING btree (workspace_id);

--
-- Name: rate_limits_expire_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX rate_limits_expire_idx ON app_hidden.rate_limits USING btree (expire);

--
-- Name: recall_measurements_version_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX recall_measurements_version_id_idx ON app_hidden.recall_measurements USING btree (version_id, size_class, id DESC);

--
-- Name: relation_sizes_day_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX relation_sizes_day_idx ON app_hidden.relation_sizes USING btree (day);

--
-- Name: search_samples_version_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX search_samples_version_id_idx ON app_hidden.search_samples USING btree (version_id, id);

--
-- Name: search_samples_workspace_id_user_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX search_samples_workspace_id_user_id_idx ON app_hidden.search_samples USING btree (workspace_id, user_id);

--
-- Name: search_statistics_version_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX search_statistics_version_id_idx ON app_hidden.search_statistics USING btree (version_id);

--
-- Name: streaming_messages_conversation_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX streaming_messages_conversation_id_idx ON app_hidden.streaming_messages USING btree (workspace_id, conversation_id);

--
-- Name: streaming_messages_writer_id_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX streaming_messages_writer_id_idx ON app_hidden.streaming_messages USING btree (writer_id) WHERE (writer_id IS NOT NULL);

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
-- Name: user_activity_workspace_user_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX user_activity_workspace_user_idx ON app_hidden.user_activity USING btree (workspace_id, user_id, day);

--
-- Name: workspace_words_word_idx; Type: INDEX; Schema: app_hidden; Owner: -
--

CREATE INDEX workspace_words_word_idx ON app_hidden.workspace_words USING gin (workspace_id, word extensions.gin_trgm_ops) WITH (gin_pending_list_limit='256');

--
-- Name: account_notices_user_id_kind_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX account_notices_user_id_kind_idx ON app_private.account_notices USING btree (user_id, kind, id);

--
-- Name: api_key_secrets_identity_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX api_key_secrets_identity_id_idx ON app_private.api_key_secrets USING btree (identity_id) WHERE (identity_id IS NOT NULL);

--
-- Name: conversation_summary_stats_key; Type: INDEX; Schema: app_private; Owner: -
--

CREATE UNIQUE INDEX conversation_summary_stats_key ON app_private.conversation_summary_stats USING btree (workspace_id, day, rag_configuration_id) NULLS NOT DISTINCT;

--
-- Name: mail_outbox_failed_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_outbox_failed_at_idx ON app_private.mail_outbox USING btree (failed_at) WHERE (failed_at IS NOT NULL);

--
-- Name: mail_outbox_mailbox_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_outbox_mailbox_idx ON app_private.mail_outbox USING btree (mailbox, not_before);

--
-- Name: mail_outbox_next_attempt_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_outbox_next_attempt_at_idx ON app_private.mail_outbox USING btree (next_attempt_at, id) WHERE ((sent_at IS NULL) AND (failed_at IS NULL));

--
-- Name: mail_outbox_sender_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_outbox_sender_id_idx ON app_private.mail_outbox USING btree (sender_id, not_before) WHERE (sender_id IS NOT NULL);

--
-- Name: mail_outbox_sent_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_outbox_sent_at_idx ON app_private.mail_outbox USING btree (sent_at) WHERE (sent_at IS NOT NULL);

--
-- Name: mail_outbox_workspace_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_outbox_workspace_id_idx ON app_private.mail_outbox USING btree (workspace_id, not_before) WHERE (workspace_id IS NOT NULL);

--
-- Name: mail_tokens_expires_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_tokens_expires_at_idx ON app_private.mail_tokens USING btree (expires_at);

--
-- Name: mail_tokens_user_id_kind_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX mail_tokens_user_id_kind_idx ON app_private.mail_tokens USING btree (user_id, kind, created_at);

--
-- Name: passkey_challenges_expires_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX passkey_challenges_expires_at_idx ON app_private.passkey_challenges USING btree (expires_at);

--
-- Name: passkey_challenges_session_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX passkey_challenges_session_id_idx ON app_private.passkey_challenges USING btree (session_id);

--
-- Name: passkeys_user_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX passkeys_user_id_idx ON app_private.passkeys USING btree (user_id);

--
-- Name: provider_logouts_expires_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX provider_logouts_expires_at_idx ON app_private.provider_logouts USING btree (expires_at);

--
-- Name: provider_logouts_session_hash_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX provider_logouts_session_hash_idx ON app_private.provider_logouts USING btree (session_hash) WHERE (session_hash IS NOT NULL);

--
-- Name: sign_in_challenges_expires_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX sign_in_challenges_expires_at_idx ON app_private.sign_in_challenges USING btree (expires_at);

--
-- Name: sign_in_challenges_user_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX sign_in_challenges_user_id_idx ON app_private.sign_in_challenges USING btree (user_id);

--
-- Name: sign_in_failures_failed_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX sign_in_failures_failed_at_idx ON app_private.sign_in_failures USING btree (failed_at);

--
-- Name: sign_in_places_last_seen_at_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX sign_in_places_last_seen_at_idx ON app_private.sign_in_places USING btree (last_seen_at);

--
-- Name: user_identities_user_id_idx; Type: INDEX; Schema: app_private; Owner: -
--

CREATE INDEX user_identities_user_id_idx ON app_private.user_identities USING btree (user_id);

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
-- Name: chunks_context_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX chunks_context_idx ON ONLY app_public.chunks USING btree (id) WHERE ((source_type = 'message'::app_public.source_type) AND (context_near IS NULL));

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
-- Name: chunks_source_type_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX chunks_source_type_idx ON ONLY app_public.chunks USING btree (workspace_id, source_type, id);

--
-- Name: chunks_text_search_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX chunks_text_search_idx ON ONLY app_public.chunks USING gin (workspace_id, text_search) WITH (gin_pending_list_limit='256');

--
-- Name: conversation_analytics_day_conversation_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversation_analytics_day_conversation_idx ON app_public.conversation_analytics USING btree (workspace_id, day DESC, conversation_id);

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
-- Name: conversation_shares_api_key_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversation_shares_api_key_id_idx ON app_public.conversation_shares USING btree (workspace_id, api_key_id) WHERE (api_key_id IS NOT NULL);

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
-- Name: conversations_owner_id_last_message_hour_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_owner_id_last_message_hour_idx ON app_public.conversations USING btree (owner_id, workspace_id, last_message_hour DESC);

--
-- Name: conversations_rag_configuration_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_rag_configuration_id_idx ON app_public.conversations USING btree (workspace_id, rag_configuration_id) WHERE (rag_configuration_id IS NOT NULL);

--
-- Name: conversations_shared_last_message_hour_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_shared_last_message_hour_idx ON app_public.conversations USING btree (workspace_id, last_message_hour DESC) WHERE (visibility = 'workspace'::app_public.visibility);

--
-- Name: conversations_title_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX conversations_title_idx ON app_public.conversations USING gin (workspace_id, title extensions.gin_trgm_ops);

--
-- Name: documents_archived_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX documents_archived_idx ON app_public.documents USING btree (workspace_id, id) WHERE is_archived;

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
-- Name: documents_title_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX documents_title_idx ON app_public.documents USING gin (workspace_id, title extensions.gin_trgm_ops);

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
-- Name: files_unread_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX files_unread_idx ON app_public.files USING btree (workspace_id, id) WHERE (processing_status = ANY (ARRAY['pending'::app_public.processing_status, 'processing'::app_public.processing_status]));

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
-- Name: legal_holds_active_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_active_idx ON app_public.legal_holds USING btree (workspace_id) WHERE (released_at IS NULL);

--
-- Name: legal_holds_conversation_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_conversation_id_idx ON app_public.legal_holds USING btree (workspace_id, conversation_id);

--
-- Name: legal_holds_document_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_document_id_idx ON app_public.legal_holds USING btree (workspace_id, document_id);

--
-- Name: legal_holds_placed_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_placed_by_idx ON app_public.legal_holds USING btree (placed_by);

--
-- Name: legal_holds_released_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_released_by_idx ON app_public.legal_holds USING btree (released_by);

--
-- Name: legal_holds_user_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX legal_holds_user_id_idx ON app_public.legal_holds USING btree (user_id);

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
-- Name: memory_items_ending_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX memory_items_ending_idx ON app_public.memory_items USING btree (workspace_id, id) WHERE ((NOT upper_inf(validity)) OR (expires_at IS NOT NULL));

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
-- Name: raw_events_came_in_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX raw_events_came_in_idx ON ONLY app_public.raw_events USING btree (workspace_id, id) WHERE (NOT (metadata ? 'importer'::text));

--
-- Name: raw_events_knowledge_hash_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX raw_events_knowledge_hash_idx ON ONLY app_public.raw_events USING btree (workspace_id, knowledge_hash) WHERE (knowledge_hash IS NOT NULL);

--
-- Name: raw_events_owner_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX raw_events_owner_id_idx ON ONLY app_public.raw_events USING btree (owner_id);

--
-- Name: raw_events_unprocessed_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX raw_events_unprocessed_idx ON ONLY app_public.raw_events USING btree (workspace_id, source, id) WHERE (processing_status = ANY (ARRAY['pending'::app_public.processing_status, 'processing'::app_public.processing_status]));

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
-- Name: webhook_deliveries_waiting_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX webhook_deliveries_waiting_idx ON app_public.webhook_deliveries USING btree (webhook_id, next_attempt_at) WHERE (status = 'waiting'::app_public.webhook_delivery_status);

--
-- Name: webhook_deliveries_webhook_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX webhook_deliveries_webhook_id_idx ON app_public.webhook_deliveries USING btree (workspace_id, webhook_id, id DESC);

--
-- Name: webhook_deliveries_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX webhook_deliveries_workspace_id_idx ON app_public.webhook_deliveries USING btree (workspace_id, id);

--
-- Name: webhooks_responsible_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX webhooks_responsible_id_idx ON app_public.webhooks USING btree (responsible_id);

--
-- Name: workspace_exports_expires_at_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_exports_expires_at_idx ON app_public.workspace_exports USING btree (expires_at) WHERE (file_id IS NOT NULL);

--
-- Name: workspace_exports_file_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_exports_file_id_idx ON app_public.workspace_exports USING btree (workspace_id, file_id) WHERE (file_id IS NOT NULL);

--
-- Name: workspace_exports_requested_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_exports_requested_by_idx ON app_public.workspace_exports USING btree (requested_by);

--
-- Name: workspace_exports_workspace_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_exports_workspace_id_idx ON app_public.workspace_exports USING btree (workspace_id, id DESC);

--
-- Name: workspace_invitations_accepted_by_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_invitations_accepted_by_idx ON app_public.workspace_invitations USING btree (accepted_by) WHERE (accepted_by IS NOT NULL);

--
-- Name: workspace_invitations_api_key_id_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_invitations_api_key_id_idx ON app_public.workspace_invitations USING btree (workspace_id, api_key_id) WHERE (api_key_id IS NOT NULL);

--
-- Name: workspace_invitations_email_idx; Type: INDEX; Schema: app_public; Owner: -
--

CREATE INDEX workspace_invitations_email_idx ON app_public.workspace_invitations USING btree (email) WHERE (accepted_at IS NULL);

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
-- Name: agent_checkpoint_writes agent_checkpoint_writes_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.agent_checkpoint_writes
    ADD CONSTRAINT agent_checkpoint_writes_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: agent_checkpoint_writes agent_checkpoint_writes_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.agent_checkpoint_writes
    ADD CONSTRAINT agent_checkpoint_writes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: agent_checkpoints agent_checkpoints_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.agent_checkpoints
    ADD CONSTRAINT agent_checkpoints_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: agent_checkpoints agent_checkpoints_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.agent_checkpoints
    ADD CONSTRAINT agent_checkpoints_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

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
-- Name: cited_passages cited_passages_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cited_passages
    ADD CONSTRAINT cited_passages_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: cited_passages cited_passages_memory_item_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cited_passages
    ADD CONSTRAINT cited_passages_memory_item_id_fkey FOREIGN KEY (workspace_id, memory_item_id) REFERENCES app_public.memory_items(workspace_id, id) ON DELETE CASCADE;

--
-- Name: cited_passages cited_passages_owner_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cited_passages
    ADD CONSTRAINT cited_passages_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: cited_passages cited_passages_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cited_passages
    ADD CONSTRAINT cited_passages_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

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
-- Name: conversation_files conversation_files_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.conversation_files
    ADD CONSTRAINT conversation_files_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_hidden.conversation_archives(workspace_id, conversation_id) ON DELETE CASCADE;

--
-- Name: cutting_failures cutting_failures_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cutting_failures
    ADD CONSTRAINT cutting_failures_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: cutting_failures cutting_failures_document_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cutting_failures
    ADD CONSTRAINT cutting_failures_document_id_fkey FOREIGN KEY (workspace_id, document_id) REFERENCES app_public.documents(workspace_id, id) ON DELETE CASCADE;

--
-- Name: cutting_failures cutting_failures_memory_item_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cutting_failures
    ADD CONSTRAINT cutting_failures_memory_item_id_fkey FOREIGN KEY (workspace_id, memory_item_id) REFERENCES app_public.memory_items(workspace_id, id) ON DELETE CASCADE;

--
-- Name: cutting_failures cutting_failures_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.cutting_failures
    ADD CONSTRAINT cutting_failures_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

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
-- Name: embedding_evaluations embedding_evaluations_baseline_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_evaluations
    ADD CONSTRAINT embedding_evaluations_baseline_id_fkey FOREIGN KEY (baseline_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: embedding_evaluations embedding_evaluations_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_evaluations
    ADD CONSTRAINT embedding_evaluations_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

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
-- Name: embedding_rates embedding_rates_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_rates
    ADD CONSTRAINT embedding_rates_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

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
-- Name: embedding_spending embedding_spending_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.embedding_spending
    ADD CONSTRAINT embedding_spending_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: fusion_measurements fusion_measurements_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.fusion_measurements
    ADD CONSTRAINT fusion_measurements_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: indexing_rates indexing_rates_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.indexing_rates
    ADD CONSTRAINT indexing_rates_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: message_idempotency_keys message_idempotency_keys_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.message_idempotency_keys
    ADD CONSTRAINT message_idempotency_keys_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: passage_checks passage_checks_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.passage_checks
    ADD CONSTRAINT passage_checks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: raw_event_keys raw_event_keys_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.raw_event_keys
    ADD CONSTRAINT raw_event_keys_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: recall_measurements recall_measurements_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.recall_measurements
    ADD CONSTRAINT recall_measurements_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: search_samples search_samples_user_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.search_samples
    ADD CONSTRAINT search_samples_user_id_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES app_public.workspace_members(workspace_id, user_id) ON DELETE CASCADE;

--
-- Name: search_samples search_samples_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.search_samples
    ADD CONSTRAINT search_samples_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: search_statistics search_statistics_version_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.search_statistics
    ADD CONSTRAINT search_statistics_version_id_fkey FOREIGN KEY (version_id) REFERENCES app_public.embedding_versions(id) ON DELETE CASCADE;

--
-- Name: streaming_messages streaming_messages_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.streaming_messages
    ADD CONSTRAINT streaming_messages_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

--
-- Name: streaming_messages streaming_messages_writer_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.streaming_messages
    ADD CONSTRAINT streaming_messages_writer_id_fkey FOREIGN KEY (writer_id) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: streaming_parts streaming_parts_message_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.streaming_parts
    ADD CONSTRAINT streaming_parts_message_id_fkey FOREIGN KEY (message_id) REFERENCES app_hidden.streaming_messages(message_id) ON DELETE CASCADE;

--
-- Name: tier_passes tier_passes_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.tier_passes
    ADD CONSTRAINT tier_passes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: unindexed_conversations unindexed_conversations_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.unindexed_conversations
    ADD CONSTRAINT unindexed_conversations_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE CASCADE;

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
-- Name: word_samples word_samples_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.word_samples
    ADD CONSTRAINT word_samples_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: workspace_words workspace_words_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_hidden; Owner: -
--

ALTER TABLE ONLY app_hidden.workspace_words
    ADD CONSTRAINT workspace_words_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: account_notices account_notices_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.account_notices
    ADD CONSTRAINT account_notices_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: api_key_secrets api_key_secrets_api_key_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.api_key_secrets
    ADD CONSTRAINT api_key_secrets_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES app_public.api_keys(id) ON DELETE CASCADE;

--
-- Name: api_key_secrets api_key_secrets_identity_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.api_key_secrets
    ADD CONSTRAINT api_key_secrets_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES app_private.user_identities(id) ON DELETE CASCADE;

--
-- Name: mail_tokens mail_tokens_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.mail_tokens
    ADD CONSTRAINT mail_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: passkey_challenges passkey_challenges_session_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.passkey_challenges
    ADD CONSTRAINT passkey_challenges_session_id_fkey FOREIGN KEY (session_id) REFERENCES app_private.user_sessions(id) ON DELETE CASCADE;

--
-- Name: passkeys passkeys_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.passkeys
    ADD CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: recovery_codes recovery_codes_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: second_factors second_factors_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.second_factors
    ADD CONSTRAINT second_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: sign_in_challenges sign_in_challenges_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.sign_in_challenges
    ADD CONSTRAINT sign_in_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: sign_in_places sign_in_places_user_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.sign_in_places
    ADD CONSTRAINT sign_in_places_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE CASCADE;

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
-- Name: webhook_secrets webhook_secrets_webhook_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.webhook_secrets
    ADD CONSTRAINT webhook_secrets_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES app_public.webhooks(id) ON DELETE CASCADE;

--
-- Name: workspace_invitation_secrets workspace_invitation_secrets_invitation_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.workspace_invitation_secrets
    ADD CONSTRAINT workspace_invitation_secrets_invitation_id_fkey FOREIGN KEY (invitation_id) REFERENCES app_public.workspace_invitations(id) ON DELETE CASCADE;

--
-- Name: workspace_quotas workspace_quotas_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.workspace_quotas
    ADD CONSTRAINT workspace_quotas_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: workspace_storage workspace_storage_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_private; Owner: -
--

ALTER TABLE ONLY app_private.workspace_storage
    ADD CONSTRAINT workspace_storage_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

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
-- Name: conversation_shares conversation_shares_api_key_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.conversation_shares
    ADD CONSTRAINT conversation_shares_api_key_id_fkey FOREIGN KEY (workspace_id, api_key_id) REFERENCES app_public.api_keys(workspace_id, id) ON DELETE SET NULL (api_key_id);

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
    ADD CONSTRAINT documents_file_id_fkey FOREIGN KEY (workspace_id, file_id) REFERENCES app_public.files(workspace_id, id) ON DELETE CASCADE;

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
-- Name: legal_holds legal_holds_conversation_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.legal_holds
    ADD CONSTRAINT legal_holds_conversation_id_fkey FOREIGN KEY (workspace_id, conversation_id) REFERENCES app_public.conversations(workspace_id, id) ON DELETE SET NULL (conversation_id);

--
-- Name: legal_holds legal_holds_document_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.legal_holds
    ADD CONSTRAINT legal_holds_document_id_fkey FOREIGN KEY (workspace_id, document_id) REFERENCES app_public.documents(workspace_id, id) ON DELETE SET NULL (document_id);

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
-- Name: legal_holds legal_holds_user_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.legal_holds
    ADD CONSTRAINT legal_holds_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_public.users(id) ON DELETE SET NULL;

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
-- Name: webhook_deliveries webhook_deliveries_webhook_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_webhook_id_fkey FOREIGN KEY (workspace_id, webhook_id) REFERENCES app_public.webhooks(workspace_id, id) ON DELETE CASCADE;

--
-- Name: webhooks webhooks_responsible_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.webhooks
    ADD CONSTRAINT webhooks_responsible_id_fkey FOREIGN KEY (responsible_id) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: webhooks webhooks_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.webhooks
    ADD CONSTRAINT webhooks_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: workspace_exports workspace_exports_file_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_exports
    ADD CONSTRAINT workspace_exports_file_id_fkey FOREIGN KEY (workspace_id, file_id) REFERENCES app_public.files(workspace_id, id) ON DELETE SET NULL (file_id);

--
-- Name: workspace_exports workspace_exports_requested_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_exports
    ADD CONSTRAINT workspace_exports_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES app_public.users(id) ON DELETE CASCADE;

--
-- Name: workspace_exports workspace_exports_workspace_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_exports
    ADD CONSTRAINT workspace_exports_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES app_public.workspaces(id) ON DELETE CASCADE;

--
-- Name: workspace_invitations workspace_invitations_accepted_by_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_invitations
    ADD CONSTRAINT workspace_invitations_accepted_by_fkey FOREIGN KEY (accepted_by) REFERENCES app_public.users(id) ON DELETE SET NULL;

--
-- Name: workspace_invitations workspace_invitations_api_key_id_fkey; Type: FK CONSTRAINT; Schema: app_public; Owner: -
--

ALTER TABLE ONLY app_public.workspace_invitations
    ADD CONSTRAINT workspace_invitations_api_key_id_fkey FOREIGN KEY (workspace_id, api_key_id) REFERENCES app_public.api_keys(workspace_id, id) ON DELETE SET NULL (api_key_id);

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
-- Name: agent_checkpoint_writes; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.agent_checkpoint_writes ENABLE ROW LEVEL SECURITY;

--
-- Name: agent_checkpoints; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.agent_checkpoints ENABLE ROW LEVEL SECURITY;

--
-- Name: rate_limits all_authenticator; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_authenticator ON app_hidden.rate_limits TO colloquy_authenticator USING (true) WITH CHECK (true);

--
-- Name: agent_checkpoint_writes all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.agent_checkpoint_writes TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: agent_checkpoints all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.agent_checkpoints TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: analytics_changes all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.analytics_changes TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: applied_functions all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.applied_functions TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: budget_spending all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.budget_spending TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: chunk_counts all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.chunk_counts TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: cited_passages all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.cited_passages TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversation_archive_parts all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.conversation_archive_parts TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversation_archives all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.conversation_archives TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: conversation_files all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.conversation_files TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: cutting_failures all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.cutting_failures TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: database_days all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.database_days TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: discarded_contents all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.discarded_contents TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_backlog all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_backlog TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_claims all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_claims TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_counts all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_counts TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_evaluations all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_evaluations TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_failures all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_failures TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_rates all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_rates TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_refusals all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_refusals TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: embedding_spending all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.embedding_spending TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: erasures all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.erasures TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: fusion_measurements all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.fusion_measurements TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: indexing_rates all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.indexing_rates TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: maintenance_runs all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.maintenance_runs TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: message_idempotency_keys all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.message_idempotency_keys TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: open_runs all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.open_runs TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: passage_checks all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.passage_checks TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: paused_jobs all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.paused_jobs TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: pending_erasures all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.pending_erasures TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: provider_pauses all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.provider_pauses TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: provider_rates all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.provider_rates TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: rate_limits all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.rate_limits TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: raw_event_keys all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.raw_event_keys TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: recall_measurements all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.recall_measurements TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: relation_sizes all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.relation_sizes TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: search_samples all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.search_samples TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: search_statistics all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.search_statistics TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: streaming_messages all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.streaming_messages TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: streaming_parts all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.streaming_parts TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: tier_passes all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.tier_passes TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: unindexed_conversations all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.unindexed_conversations TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: usage_holds all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.usage_holds TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: user_activity all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.user_activity TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: word_samples all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.word_samples TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspace_words all_owner; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY all_owner ON app_hidden.workspace_words TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: analytics_changes; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.analytics_changes ENABLE ROW LEVEL SECURITY;

--
-- Name: applied_functions; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.applied_functions ENABLE ROW LEVEL SECURITY;

--
-- Name: budget_spending; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.budget_spending ENABLE ROW LEVEL SECURITY;

--
-- Name: chunk_counts; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.chunk_counts ENABLE ROW LEVEL SECURITY;

--
-- Name: cited_passages; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.cited_passages ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_archive_parts; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.conversation_archive_parts ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_archives; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.conversation_archives ENABLE ROW LEVEL SECURITY;

--
-- Name: conversation_files; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.conversation_files ENABLE ROW LEVEL SECURITY;

--
-- Name: cutting_failures; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.cutting_failures ENABLE ROW LEVEL SECURITY;

--
-- Name: database_days; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.database_days ENABLE ROW LEVEL SECURITY;

--
-- Name: discarded_contents; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.discarded_contents ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_backlog; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_backlog ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_claims; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_claims ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_counts; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_counts ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_evaluations; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_evaluations ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_failures; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_failures ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_rates; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_rates ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_refusals; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_refusals ENABLE ROW LEVEL SECURITY;

--
-- Name: embedding_spending; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.embedding_spending ENABLE ROW LEVEL SECURITY;

--
-- Name: erasures; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.erasures ENABLE ROW LEVEL SECURITY;

--
-- Name: fusion_measurements; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.fusion_measurements ENABLE ROW LEVEL SECURITY;

--
-- Name: indexing_rates; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.indexing_rates ENABLE ROW LEVEL SECURITY;

--
-- Name: maintenance_runs; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.maintenance_runs ENABLE ROW LEVEL SECURITY;

--
-- Name: message_idempotency_keys; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.message_idempotency_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: open_runs; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.open_runs ENABLE ROW LEVEL SECURITY;

--
-- Name: passage_checks; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.passage_checks ENABLE ROW LEVEL SECURITY;

--
-- Name: paused_jobs; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.paused_jobs ENABLE ROW LEVEL SECURITY;

--
-- Name: pending_erasures; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.pending_erasures ENABLE ROW LEVEL SECURITY;

--
-- Name: provider_pauses; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.provider_pauses ENABLE ROW LEVEL SECURITY;

--
-- Name: provider_rates; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.provider_rates ENABLE ROW LEVEL SECURITY;

--
-- Name: rate_limits; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.rate_limits ENABLE ROW LEVEL SECURITY;

--
-- Name: raw_event_keys; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.raw_event_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: recall_measurements; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.recall_measurements ENABLE ROW LEVEL SECURITY;

--
-- Name: relation_sizes; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.relation_sizes ENABLE ROW LEVEL SECURITY;

--
-- Name: search_samples; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.search_samples ENABLE ROW LEVEL SECURITY;

--
-- Name: search_statistics; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.search_statistics ENABLE ROW LEVEL SECURITY;

--
-- Name: database_days select_monitor; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY select_monitor ON app_hidden.database_days FOR SELECT TO colloquy_monitor USING (true);

--
-- Name: relation_sizes select_monitor; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY select_monitor ON app_hidden.relation_sizes FOR SELECT TO colloquy_monitor USING (true);

--
-- Name: maintenance_runs select_operators; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY select_operators ON app_hidden.maintenance_runs FOR SELECT TO colloquy_worker, colloquy_monitor USING (true);

--
-- Name: paused_jobs select_operators; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY select_operators ON app_hidden.paused_jobs FOR SELECT TO colloquy_worker, colloquy_monitor USING (true);

--
-- Name: applied_functions select_program; Type: POLICY; Schema: app_hidden; Owner: -
--

CREATE POLICY select_program ON app_hidden.applied_functions FOR SELECT TO colloquy_authenticator, colloquy_worker, colloquy_monitor USING (true);

--
-- Name: streaming_messages; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.streaming_messages ENABLE ROW LEVEL SECURITY;

--
-- Name: streaming_parts; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.streaming_parts ENABLE ROW LEVEL SECURITY;

--
-- Name: tier_passes; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.tier_passes ENABLE ROW LEVEL SECURITY;

--
-- Name: unindexed_conversations; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.unindexed_conversations ENABLE ROW LEVEL SECURITY;

--
-- Name: usage_holds; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.usage_holds ENABLE ROW LEVEL SECURITY;

--
-- Name: user_activity; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.user_activity ENABLE ROW LEVEL SECURITY;

--
-- Name: word_samples; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.word_samples ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_words; Type: ROW SECURITY; Schema: app_hidden; Owner: -
--

ALTER TABLE app_hidden.workspace_words ENABLE ROW LEVEL SECURITY;

--
-- Name: account_notices; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.account_notices ENABLE ROW LEVEL SECURITY;

--
-- Name: account_requests; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.account_requests ENABLE ROW LEVEL SECURITY;

--
-- Name: account_notices all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.account_notices TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: account_requests all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.account_requests TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: api_key_secrets all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.api_key_secrets TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: common_passwords all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.common_passwords TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: database_identity all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.database_identity TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: mail_outbox all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.mail_outbox TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: mail_tokens all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.mail_tokens TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: passkey_challenges all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.passkey_challenges TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: passkeys all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.passkeys TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: provider_logouts all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.provider_logouts TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: recovery_codes all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.recovery_codes TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: second_factors all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.second_factors TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: settings all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.settings TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: sign_in_challenges all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.sign_in_challenges TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: sign_in_failures all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.sign_in_failures TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: sign_in_places all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.sign_in_places TO colloquy_owner USING (true) WITH CHECK (true);

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
-- Name: webhook_secrets all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.webhook_secrets TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspace_invitation_secrets all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.workspace_invitation_secrets TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspace_quotas all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.workspace_quotas TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspace_storage all_owner; Type: POLICY; Schema: app_private; Owner: -
--

CREATE POLICY all_owner ON app_private.workspace_storage TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: api_key_secrets; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.api_key_secrets ENABLE ROW LEVEL SECURITY;

--
-- Name: common_passwords; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.common_passwords ENABLE ROW LEVEL SECURITY;

--
-- Name: database_identity; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.database_identity ENABLE ROW LEVEL SECURITY;

--
-- Name: mail_outbox; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.mail_outbox ENABLE ROW LEVEL SECURITY;

--
-- Name: mail_tokens; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.mail_tokens ENABLE ROW LEVEL SECURITY;

--
-- Name: passkey_challenges; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.passkey_challenges ENABLE ROW LEVEL SECURITY;

--
-- Name: passkeys; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.passkeys ENABLE ROW LEVEL SECURITY;

--
-- Name: provider_logouts; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.provider_logouts ENABLE ROW LEVEL SECURITY;

--
-- Name: recovery_codes; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.recovery_codes ENABLE ROW LEVEL SECURITY;

--
-- Name: second_factors; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.second_factors ENABLE ROW LEVEL SECURITY;

--
-- Name: settings; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.settings ENABLE ROW LEVEL SECURITY;

--
-- Name: sign_in_challenges; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.sign_in_challenges ENABLE ROW LEVEL SECURITY;

--
-- Name: sign_in_failures; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.sign_in_failures ENABLE ROW LEVEL SECURITY;

--
-- Name: sign_in_places; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.sign_in_places ENABLE ROW LEVEL SECURITY;

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
-- Name: webhook_secrets; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.webhook_secrets ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_invitation_secrets; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.workspace_invitation_secrets ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_quotas; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.workspace_quotas ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_storage; Type: ROW SECURITY; Schema: app_private; Owner: -
--

ALTER TABLE app_private.workspace_storage ENABLE ROW LEVEL SECURITY;

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
-- Name: webhook_deliveries all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.webhook_deliveries TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: webhooks all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.webhooks TO colloquy_owner USING (true) WITH CHECK (true);

--
-- Name: workspace_exports all_owner; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY all_owner ON app_public.workspace_exports TO colloquy_owner USING (true) WITH CHECK (true);

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

CREATE POLICY delete_manager ON app_public.rag_configurations FOR DELETE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage) AND ( SELECT app_hidden.can_write() AS can_write) AND (NOT is_default)));

--
-- Name: usage_budgets delete_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY delete_manager ON app_public.usage_budgets FOR DELETE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage) AND ( SELECT app_hidden.can_write() AS can_write)));

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

CREATE POLICY insert_manager ON app_public.rag_configurations FOR INSERT TO colloquy_user, colloquy_admin WITH CHECK (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (created_by = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_manage() AS can_manage) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: usage_budgets insert_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY insert_manager ON app_public.usage_budgets FOR INSERT TO colloquy_user, colloquy_admin WITH CHECK (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage) AND ( SELECT app_hidden.can_write() AS can_write)));

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
-- Name: webhook_deliveries select_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_manager ON app_public.webhook_deliveries FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: webhooks select_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_manager ON app_public.webhooks FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL) AND ( SELECT app_hidden.can_manage() AS can_manage)));

--
-- Name: workspace_exports select_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_manager ON app_public.workspace_exports FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL) AND ( SELECT app_hidden.can_manage() AS can_manage)));

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
-- Name: conversation_shares select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.conversation_shares FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((created_by = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR ( SELECT app_hidden.can_manage() AS can_manage))));

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

CREATE POLICY select_member ON app_public.raw_events FOR SELECT TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND (( SELECT app_hidden.current_user_id() AS current_user_id) IS NOT NULL) AND ((visibility = 'workspace'::app_public.visibility) OR (owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)))));

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

CREATE POLICY select_member ON app_public.retention_policies FOR SELECT TO colloquy_user, colloquy_admin USING ((( SELECT app_hidden.can_read() AS can_read) AND ((workspace_id IS NULL) OR (workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)))));

--
-- Name: system_prompt_templates select_member; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_member ON app_public.system_prompt_templates FOR SELECT TO colloquy_user, colloquy_admin USING ((( SELECT app_hidden.can_read() AS can_read) AND ((workspace_id IS NULL) OR ((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ((owner_id = ( SELECT app_hidden.current_user_id() AS current_user_id)) OR is_public)))));

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

CREATE POLICY select_self ON app_public.users FOR SELECT TO colloquy_user, colloquy_admin USING (((id = ( SELECT app_hidden.current_user_id() AS current_user_id)) AND ( SELECT app_hidden.can_read() AS can_read)));

--
-- Name: embedding_versions select_user; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_user ON app_public.embedding_versions FOR SELECT TO colloquy_user, colloquy_admin USING (( SELECT app_hidden.can_read() AS can_read));

--
-- Name: file_type_configs select_user; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY select_user ON app_public.file_type_configs FOR SELECT TO colloquy_user, colloquy_admin USING (( SELECT app_hidden.can_read() AS can_read));

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

CREATE POLICY update_manager ON app_public.rag_configurations FOR UPDATE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage) AND ( SELECT app_hidden.can_write() AS can_write)));

--
-- Name: usage_budgets update_manager; Type: POLICY; Schema: app_public; Owner: -
--

CREATE POLICY update_manager ON app_public.usage_budgets FOR UPDATE TO colloquy_user, colloquy_admin USING (((workspace_id = ( SELECT app_hidden.current_workspace_id() AS current_workspace_id)) AND ( SELECT app_hidden.can_manage() AS can_manage) AND ( SELECT app_hidden.can_write() AS can_write)));

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
-- Name: webhook_deliveries; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.webhook_deliveries ENABLE ROW LEVEL SECURITY;

--
-- Name: webhooks; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.webhooks ENABLE ROW LEVEL SECURITY;

--
-- Name: workspace_exports; Type: ROW SECURITY; Schema: app_public; Owner: -
--

ALTER TABLE app_public.workspace_exports ENABLE ROW LEVEL SECURITY;

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

