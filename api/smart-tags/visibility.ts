import { attribute, BEHAVIORS, constraint, type } from './rules.ts';

/** The tables of which GraphQL can do more, or less, than read single rows and lists. Grants bound it in any case. */
const TABLES = {
  users: '-insert -delete',
  conversations: '-insert',
  rag_configurations: '-insert',
  system_prompt_templates: '-insert',
  usage_budgets: '-insert',
  documents: '-insert',
  repositories: '-insert',
  // a list of all messages would touch every month: they are reached through their conversation
  messages: '-insert -update -delete -query:resource:connection -query:resource:list',
  // reached through the chunk: a list of everybody's vectors serves nobody
  embeddings: '-insert -update -delete -query:resource:connection -query:resource:list',
};

type Columns = Partial<Record<keyof typeof BEHAVIORS, string[]>>;

const COLUMNS: Record<string, Columns> = {
  conversations: {
    computed: ['avg_response_time_ms'],
    hidden: ['last_sequence_number', 'indexed_sequence_number', 'last_message_hour'],
    // lists in its order are read by the index of the hour
    scanned: ['last_message_at'],
    filterableOnly: ['title'],
    filterable: ['channel', 'external_id', 'visibility', 'is_archived', 'pinned_at'],
  },
  messages: {
    hidden: ['parts_format', 'embedding_version_id', 'idempotency_key'],
    scanned: ['workspace_id'],
  },
  system_prompt_templates: { filterable: ['category', 'name'] },
  // in the error CQ140, where clients that know none look
  authentication: { hidden: ['challenge'] },
  conversation_reads: { hidden: ['read_sequence_number'] },
  conversation_shares: { hidden: ['token_hash'] },
  message_feedback: { hidden: ['ip', 'user_agent'] },
  message_chunks: { hidden: ['passage_id'] },
  conversation_analytics: { filterable: ['rag_configuration_id'] },
  documents: {
    computed: ['content_hash'],
    hidden: ['chunked_hash'],
    filterableOnly: ['title'],
    filterable: ['source_url', 'content_type', 'visibility', 'is_archived'],
  },
  chunks: {
    hidden: ['content_hash', 'text_search'],
    unindexed: ['chunk_index'],
    scanned: ['context_far', 'context_near', 'is_language_recognized', 'lead_in'],
  },
  files: {
    computed: ['is_stored'],
    hidden: ['sha256', 'storage_path'],
    filterable: [
      'external_id',
      'original_name',
      'processing_status',
      'error_code',
      'source_url',
      'visibility',
    ],
  },
  repositories: { filterable: ['name', 'visibility'] },
  memory_items: {
    hidden: ['subject_key', 'content_hash', 'chunked_hash'],
    filterable: ['subject', 'visibility', 'source_type'],
  },
  webhook_deliveries: { filterable: ['kind', 'status'] },
  raw_events: { hidden: ['knowledge_hash'], unindexed: ['source'] },
};

/** Primary keys that nothing is looked up by. */
const NO_LOOKUPS = ['conversation_analytics', 'rag_configuration_performance', 'entity_tags'];

/** The exceptions from the defaults. */
export const visibilityRules = [
  ...Object.entries(TABLES).map(([name, behavior]) => type(name, { behavior })),
  ...Object.entries(COLUMNS).flatMap(([table, columns]) =>
    Object.entries(columns).flatMap(([kind, names]) =>
      names.map((name) => attribute(`${table}.${name}`, { behavior: BEHAVIORS[kind as keyof Columns] })),
    ),
  ),
  attribute('embedding_versions.chunking_strategy', { deprecated: 'Ask for chunkingMethod.' }),
  ...NO_LOOKUPS.map((table) => constraint(`${table}.${table}_pkey`, { behavior: BEHAVIORS.noLookup })),
];
