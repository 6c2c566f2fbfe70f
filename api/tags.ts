import { jsonPgSmartTags } from 'postgraphile/utils';

type Tags = Record<string, string | string[]>;
const behavior = (...behaviors: string[]): { tags: Tags } => ({ tags: { behavior: behaviors.join(' ') } });
/** A foreign key: what it is called from the row that has it, and from the row it points to. */
const relation = (fieldName: string, foreignFieldName?: string): { tags: Tags } => ({
  tags: foreignFieldName
    ? { fieldName, foreignFieldName }
    : { fieldName, behavior: '-manyRelation:resource:connection -manyRelation:resource:list' },
});
/** A unique constraint that is no way to look a row up, or to change it. */
const noLookup = behavior('-single', '-update', '-delete', '-select');
/** A column that GraphQL does not know. */
const hidden = behavior('-*');
/** A column that tells something and sorts nothing. */
const computed = behavior('-insert', '-update', '-filterBy', '-orderBy');
/** A column without an index of its own, by which a caller may look through what is theirs. */
const filterable = behavior('+filterBy');
/** The same, where an index of another kind would make it look sortable. */
const filterableOnly = behavior('+filterBy', '-orderBy');
/** A column of a partitioned table without an index: no filter may scan for it. */
const unindexed = behavior('-filterBy', '-orderBy');

/**
 * What GraphQL shows of the tables beyond what their grants say: names of relations, and what is left out. Writing is
 * by function wherever a row has rules that CRUD cannot keep.
 */
export const TagsPlugin = jsonPgSmartTags(
  {
    version: 1,
    config: {
      class: {
        'app_public.users': {
          ...behavior('-insert', '-delete'),
          attribute: { created_at: computed },
          constraint: { users_email_key: noLookup, users_username_key: noLookup },
        },
        'app_public.workspaces': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
        },
        'app_public.workspace_members': {
          ...behavior('-insert', '-update', '-delete'),
          constraint: {
            workspace_members_workspace_id_fkey: relation('workspace', 'members'),
            workspace_members_user_id_fkey: relation('user', 'memberships'),
          },
        },
        'app_public.workspace_invitations': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            workspace_invitations_workspace_id_id_key: noLookup,
            workspace_invitations_workspace_id_fkey: relation('workspace', 'invitations'),
            workspace_invitations_invited_by_fkey: relation('inviter'),
            workspace_invitations_accepted_by_fkey: relation('acceptor'),
          },
        },
        'app_public.api_keys': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed, prefix: unindexed, scopes: unindexed },
          constraint: {
            api_keys_workspace_id_id_key: noLookup,
            api_keys_owner_id_fkey: relation('member', 'apiKeys'),
          },
        },
        'app_public.active_session': {
          attribute: Object.fromEntries(
            ['id', 'created_at', 'last_active_at', 'expires_at', 'ip', 'user_agent', 'is_current'].map(
              (column) => [column, unindexed],
            ),
          ),
        },
        'app_public.member_name': {
          attribute: Object.fromEntries(
            ['user_id', 'username', 'display_name', 'avatar_url', 'role', 'joined_at'].map((column) => [
              column,
              unindexed,
            ]),
          ),
        },
        'app_public.title_match': {
          attribute: Object.fromEntries(
            ['source_type', 'document_id', 'conversation_id', 'title', 'similarity'].map((column) => [
              column,
              unindexed,
            ]),
          ),
        },
        'app_public.audit_logs': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: {
            created_at: computed,
            ...Object.fromEntries(
              [
                'action',
                'entity_type',
                'entity_id',
                'old_values',
                'new_values',
                'api_key_id',
                'ip',
                'request_id',
              ].map((column) => [column, unindexed]),
            ),
          },
        },
        'app_public.conversations': {
          ...behavior('-insert'),
          attribute: {
            created_at: computed,
            avg_response_time_ms: computed,
            last_sequence_number: hidden,
            indexed_sequence_number: hidden,
            title: filterableOnly,
            channel: filterable,
            external_id: filterable,
            visibility: filterable,
            is_archived: filterable,
            pinned_at: filterable,
            branched_from_message_id: behavior('-filterBy', '-orderBy'),
            preferred_leaf_id: behavior('-filterBy', '-orderBy'),
          },
          constraint: {
            conversations_workspace_id_id_key: noLookup,
            conversations_workspace_id_fkey: relation('workspace', 'conversations'),
            conversations_owner_id_fkey: relation('owner', 'conversations'),
            conversations_continued_from_id_fkey: relation('continuedFrom', 'continuations'),
            conversations_rag_configuration_id_fkey: relation('ragConfiguration', 'conversations'),
          },
        },
        'app_public.messages': {
          // No list of all messages: it would touch every month. They are reached through their conversation.
          ...behavior('-insert', '-update', '-delete', '-query:resource:connection', '-query:resource:list'),
          attribute: {
            created_at: computed,
            parts_format: hidden,
            embedding_version_id: hidden,
            idempotency_key: hidden,
            ...Object.fromEntries(
              [
                'sequence_number',
                'role',
                'status',
                'content',
                'parts',
                'attachments',
                'provider',
                'model',
                'prompt_tokens',
                'completion_tokens',
                'total_tokens',
                'cost_usd',
                'processing_time_ms',
                'relevance_score',
                'metadata',
                'replaces_id',
              ].map((column) => [column, unindexed]),
            ),
          },
          constraint: {
            messages_conversation_id_id_key: noLookup,
            messages_conversation_id_fkey: relation('conversation', 'messages'),
            messages_parent_id_fkey: relation('parent', 'replies'),
            messages_owner_id_fkey: relation('owner'),
            messages_author_id_fkey: relation('author'),
          },
        },
        'app_public.rag_configurations': {
          ...behavior('-insert'),
          attribute: { created_at: computed },
          constraint: {
            rag_configurations_workspace_id_id_key: noLookup,
            rag_configurations_workspace_id_name_key: noLookup,
            rag_configurations_workspace_id_fkey: relation('workspace', 'ragConfigurations'),
            rag_configurations_created_by_fkey: relation('creator'),
          },
        },
        'app_public.rag_configuration_versions': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            rag_configuration_versions_rag_configuration_id_fkey: relation('ragConfiguration', 'versions'),
            rag_configuration_versions_replaced_by_fkey: relation('replacer'),
          },
        },
        'app_public.system_prompt_templates': {
          ...behavior('-insert'),
          attribute: { created_at: computed, category: filterable, name: filterable },
          constraint: {
            system_prompt_templates_workspace_id_fkey: relation('workspace', 'systemPromptTemplates'),
            system_prompt_templates_owner_id_fkey: relation('owner'),
          },
        },
        'app_public.conversation_reads': {
          ...behavior('-insert', '-update', '-delete'),
          constraint: {
            conversation_reads_conversation_id_fkey: relation('conversation', 'reads'),
            conversation_reads_user_id_fkey: relation('user'),
          },
        },
        'app_public.tool_calls': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            tool_calls_message_id_turn_position_key: noLookup,
            tool_calls_conversation_id_fkey: relation('conversation', 'toolCalls'),
            tool_calls_decided_by_fkey: relation('decider'),
          },
        },
        'app_public.conversation_shares': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed, token_hash: hidden },
          constraint: {
            conversation_shares_token_hash_key: noLookup,
            conversation_shares_conversation_id_fkey: relation('conversation', 'shares'),
            conversation_shares_created_by_fkey: relation('creator'),
          },
        },
        'app_public.message_feedback': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed, ip: hidden, user_agent: hidden },
          constraint: {
            message_feedback_message_id_user_id_key: noLookup,
            message_feedback_conversation_id_fkey: relation('conversation', 'feedback'),
            message_feedback_user_id_fkey: relation('user'),
          },
        },
        'app_public.message_chunks': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { passage_id: hidden },
          constraint: {
            message_chunks_conversation_id_fkey: relation('conversation', 'citations'),
          },
        },
        'app_public.generated_images': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            generated_images_conversation_id_fkey: relation('conversation', 'images'),
            generated_images_owner_id_fkey: relation('owner'),
          },
        },
        'app_public.usage_logs': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: {
            created_at: computed,
            ...Object.fromEntries(
              [
                'message_id',
                'action',
                'provider',
                'model',
                'prompt_tokens',
                'completion_tokens',
                'total_tokens',
                'cost_usd',
                'metadata',
              ].map((column) => [column, unindexed]),
            ),
          },
          constraint: {
            usage_logs_workspace_id_fkey: relation('workspace'),
            usage_logs_user_id_fkey: relation('user'),
            usage_logs_conversation_id_fkey: relation('conversation', 'usage'),
          },
        },
        'app_public.usage_budgets': {
          ...behavior('-insert'),
          attribute: { created_at: computed },
          constraint: {
            usage_budgets_workspace_id_id_key: noLookup,
            usage_budgets_workspace_id_user_id_period_key: noLookup,
            usage_budgets_workspace_id_fkey: relation('workspace', 'usageBudgets'),
            usage_budgets_user_id_fkey: relation('member', 'usageBudgets'),
          },
        },
        'app_public.usage_reservations': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            usage_reservations_workspace_id_id_key: noLookup,
            usage_reservations_workspace_id_fkey: relation('workspace'),
            usage_reservations_user_id_fkey: relation('user'),
          },
        },
        'app_public.conversation_analytics': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: {
            rag_configuration_id: filterable,
            ...Object.fromEntries(
              [
                'system_message_count',
                'tool_message_count',
                'edit_count',
                'regeneration_count',
                'failed_count',
                'relevance_count',
                'total_relevance_score',
                'response_count',
                'total_response_time_ms',
                'median_response_time_ms',
                'p95_response_time_ms',
                'satisfaction_points',
                'peak_hour',
                'avg_relevance_score',
                'avg_response_time_ms',
                'feedback_ratio',
                'satisfaction_score',
                'duration_seconds',
              ].map((column) => [column, unindexed]),
            ),
          },
          constraint: {
            conversation_analytics_pkey: noLookup,
            conversation_analytics_conversation_id_fkey: relation('conversation', 'analytics'),
            conversation_analytics_rag_configuration_id_fkey: relation('ragConfiguration'),
          },
        },
        'app_public.rag_configuration_performance': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: Object.fromEntries(
            [
              'relevance_count',
              'total_relevance_score',
              'response_count',
              'total_response_time_ms',
              'satisfaction_points',
              'avg_relevance_score',
              'avg_response_time_ms',
              'avg_tokens_per_response',
              'feedback_ratio',
              'satisfaction_score',
              'period_end',
            ].map((column) => [column, unindexed]),
          ),
          constraint: {
            rag_configuration_performance_pkey: noLookup,
            rag_configuration_performance_rag_configuration_id_fkey: relation(
              'ragConfiguration',
              'performance',
            ),
          },
        },
        'app_public.conversation_summary': {
          attribute: Object.fromEntries(
            [
              'day',
              'rag_configuration_id',
              'conversation_count',
              'message_count',
              'avg_messages_per_conversation',
              'total_tokens',
              'avg_tokens_per_conversation',
              'cost_usd',
              'avg_relevance_score',
              'avg_response_time_ms',
              'positive_feedback',
              'negative_feedback',
              'feedback_ratio',
              'satisfaction_score',
            ].map((column) => [column, unindexed]),
          ),
        },
        'app_public.failed_embedding': {
          attribute: Object.fromEntries(
            [
              'chunk_id',
              'embedding_version_id',
              'source_type',
              'document_id',
              'conversation_id',
              'memory_item_id',
              'raw_event_id',
              'attempts',
              'code',
              'error',
              'failed_at',
              'next_attempt_at',
              'is_dead',
            ].map((column) => [column, unindexed]),
          ),
        },
        'app_public.member_activity': {
          attribute: Object.fromEntries(
            [
              'user_id',
              'member_role',
              'conversation_count',
              'message_count',
              'active_days',
              'last_active_day',
              'total_tokens',
              'cost_usd',
            ].map((column) => [column, unindexed]),
          ),
        },
        'app_public.documents': {
          ...behavior('-insert'),
          attribute: {
            created_at: computed,
            content_hash: computed,
            chunked_hash: hidden,
            title: filterableOnly,
            source_url: filterable,
            content_type: filterable,
            visibility: filterable,
            is_archived: filterable,
          },
          constraint: {
            documents_workspace_id_id_key: noLookup,
            documents_workspace_id_fkey: relation('workspace', 'documents'),
            documents_owner_id_fkey: relation('owner', 'documents'),
            documents_file_id_fkey: relation('file', 'documents'),
          },
        },
        'app_public.chunks': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: {
            created_at: computed,
            content_hash: hidden,
            text_search: hidden,
            ...Object.fromEntries(
              [
                'visibility',
                'chunk_index',
                'content',
                'heading',
                'page_number',
                'start_offset',
                'end_offset',
                'token_count',
                'importance_score',
                'tier',
                'access_count',
                'last_accessed_at',
                'text_search_language',
                'metadata',
              ].map((column) => [column, unindexed]),
            ),
          },
          constraint: {
            chunks_document_id_chunk_index_key: noLookup,
            chunks_message_id_chunk_index_key: noLookup,
            chunks_workspace_id_fkey: relation('workspace'),
            chunks_owner_id_fkey: relation('owner'),
            chunks_document_id_fkey: relation('document', 'chunks'),
            chunks_conversation_id_fkey: relation('conversation', 'chunks'),
            chunks_memory_item_id_fkey: relation('memoryItem', 'chunks'),
          },
        },
        'app_public.embedding_versions': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed, search_ef_search: unindexed },
          constraint: {
            embedding_versions_number_key: noLookup,
            embedding_versions_created_by_fkey: relation('creator'),
          },
        },
        'app_public.embeddings': {
          // Reached through the chunk: a list of everybody's vectors serves nobody.
          ...behavior('-insert', '-update', '-delete', '-query:resource:connection', '-query:resource:list'),
          attribute: { embedding: unindexed },
          constraint: {
            embeddings_version_id_fkey: relation('version'),
            embeddings_chunk_id_fkey: relation('chunk', 'embeddings'),
          },
        },
        'app_public.file_type_configs': {
          ...behavior('-insert', '-update', '-delete'),
        },
        'app_public.files': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: {
            created_at: computed,
            sha256: hidden,
            storage_path: hidden,
            is_stored: computed,
            external_id: filterable,
            original_name: filterable,
            processing_status: filterable,
            error_code: filterable,
            source_url: filterable,
            attempts: unindexed,
            retry_at: unindexed,
            visibility: filterable,
          },
          constraint: {
            files_workspace_id_id_key: noLookup,
            files_sha256_key: noLookup,
            files_workspace_id_fkey: relation('workspace', 'files'),
            files_owner_id_fkey: relation('owner', 'files'),
            files_mime_type_fkey: relation('fileTypeConfig'),
            files_conversation_id_fkey: relation('conversation', 'files'),
          },
        },
        'app_public.repositories': {
          ...behavior('-insert'),
          attribute: { created_at: computed, name: filterable, visibility: filterable },
          constraint: {
            repositories_workspace_id_id_key: noLookup,
            repositories_name_key: noLookup,
            repositories_workspace_id_fkey: relation('workspace', 'repositories'),
            repositories_owner_id_fkey: relation('owner', 'repositories'),
          },
        },
        'app_public.repository_documents': {
          ...behavior('-insert', '-update', '-delete'),
          constraint: {
            repository_documents_file_path_key: noLookup,
            repository_documents_repository_id_fkey: relation('repository', 'repositoryDocuments'),
            repository_documents_document_id_fkey: relation('document', 'repositoryDocuments'),
          },
        },
        'app_public.memory_items': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: {
            created_at: computed,
            subject_key: hidden,
            content_hash: hidden,
            chunked_hash: hidden,
            subject: filterable,
            visibility: filterable,
            source_type: filterable,
          },
          constraint: {
            memory_items_workspace_id_id_key: noLookup,
            memory_items_workspace_id_fkey: relation('workspace', 'memoryItems'),
            memory_items_owner_id_fkey: relation('owner', 'memoryItems'),
            memory_items_superseded_by_fkey: relation('successor', 'predecessors'),
          },
        },
        'app_public.memory_item_changes': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            memory_item_changes_memory_item_id_fkey: relation('memoryItem', 'changes'),
            memory_item_changes_owner_id_fkey: relation('owner'),
          },
        },
        'app_public.raw_events': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: {
            ingested_at: computed,
            knowledge_hash: hidden,
            ...Object.fromEntries(
              [
                'source',
                'event_type',
                'external_id',
                'payload',
                'metadata',
                'processing_status',
                'attempts',
                'error',
                'retry_at',
                'processed_at',
              ].map((column) => [column, unindexed]),
            ),
          },
          constraint: {
            raw_events_workspace_id_fkey: relation('workspace', 'rawEvents'),
            raw_events_owner_id_fkey: relation('owner'),
          },
        },
        'app_public.tags': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            tags_workspace_id_id_key: noLookup,
            tags_name_key: noLookup,
            tags_workspace_id_fkey: relation('workspace', 'tags'),
          },
        },
        'app_public.entity_tags': {
          ...behavior('-insert', '-update', '-delete'),
          constraint: { entity_tags_pkey: noLookup, entity_tags_tag_id_fkey: relation('tag', 'entityTags') },
        },
        'app_public.retention_policies': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            retention_policies_kind_key: noLookup,
            retention_policies_workspace_id_fkey: relation('workspace', 'retentionPolicies'),
          },
        },
        'app_public.legal_holds': {
          ...behavior('-insert', '-update', '-delete'),
          attribute: { created_at: computed },
          constraint: {
            legal_holds_workspace_id_fkey: relation('workspace', 'legalHolds'),
            legal_holds_placed_by_fkey: relation('placer'),
            legal_holds_released_by_fkey: relation('releaser'),
          },
        },
      },
      procedure: {
        'app_public.sign_out': { tags: { resultFieldName: 'signedOut' } },
        'app_public.change_password': { tags: { resultFieldName: 'changed' } },
        'app_public.request_password_reset': { tags: { resultFieldName: 'accepted' } },
        'app_public.reset_password': { tags: { resultFieldName: 'changed' } },
        'app_public.request_email_verification': { tags: { resultFieldName: 'requested' } },
        'app_public.verify_email': { tags: { resultFieldName: 'verified' } },
        'app_public.revoke_other_sessions': { tags: { resultFieldName: 'ended' } },
        // Wrapped, with the embedding of the query: api/plugins/search.ts.
        'app_public.recall': behavior('-queryField'),
        'app_public.search': behavior('-queryField'),
        'app_public.search_documents': behavior('-queryField'),
        'app_public.search_memories': behavior('-queryField'),
        'app_public.search_similar_chunks': behavior('-queryField'),
        'app_public.search_similar_messages': behavior('-queryField'),
        // For dashboards in SQL: no user may call them.
        'app_public.performance_stats': behavior('-*'),
        'app_public.processing_jobs': behavior('-*'),
        'app_public.provider_states': behavior('-*'),
        'app_public.indexing_lag': behavior('-*'),
        // In GraphQL this is the connection Conversation.messages: api/plugins/messages.ts.
        'app_public.conversation_messages': behavior('-*'),
      },
    },
  },
  null,
  { name: 'ColloquyTagsPlugin' },
);
