import { attribute } from './rules.ts';

/** A column of a view or of a composite type that is never null: PostgreSQL knows it of tables alone. */
const NEVER_NULL: Record<string, string[]> = {
  account_erasure: ['id', 'reason', 'requested_at'],
  active_session: ['id', 'created_at', 'last_active_at', 'expires_at', 'is_current'],
  agent_checkpoint: ['thread_id', 'namespace', 'checkpoint_id', 'type', 'content', 'metadata', 'writes'],
  answer_explanation: ['message_id', 'chunks'],
  conversation_share_link: ['id', 'token', 'conversation_id'],
  data_export: ['path', 'media_type', 'conversation_count', 'document_count', 'file_count', 'file_bytes'],
  embedding_comparison: ['version_a', 'version_b', 'k', 'queries', 'identical', 'differences'],
  embedding_difference: ['chunk_id', 'workspace_id', 'overlap', 'only_a', 'only_b'],
  embedding_lag: ['workspace_id', 'chunks', 'embedded_chunks', 'missing_chunks'],
  event_import_outcome: ['outcome'],
  import_outcome: ['outcome'],
  import_result: ['id', 'is_new', 'added', 'unchanged', 'files_added', 'tool_calls_added', 'feedback_added'],
  my_invitation: ['id', 'workspace_name', 'role', 'created_at', 'expires_at'],
  new_api_key: ['secret', 'api_key_id', 'name', 'prefix', 'scopes'],
  new_webhook: ['webhook_id', 'url', 'kinds', 'secret'],
  passkey: ['id', 'name', 'created_at', 'needs_password'],
  recall_response: ['requested', 'returned', 'memories'],
  recalled_memory: ['memory_item_id', 'content', 'importance', 'recency', 'score'],
  search_leg: ['leg', 'state'],
  search_response: ['requested', 'returned', 'path', 'scan_limit_hit', 'results', 'legs'],
  search_result: ['chunk_id', 'source_type', 'snippet', 'content', 'score'],
  second_factor_secret: ['secret', 'uri'],
  second_factor_state: ['is_active', 'recovery_codes_left', 'is_required'],
  shared_conversation: ['messages'],
  shared_message: ['role', 'content', 'written_at'],
  storage_usage: ['bytes', 'row_count'],
  title_match: ['source_type', 'title', 'similarity'],
};

/**
 * The same of what SQL may leave null, and no client sees then: where a second factor is needed there is no token, which is an error. Of a row with
 * a column that is never null and is, PostGraphile would believe that there is none.
 */
export const NEVER_SHOWN_NULL: Record<string, readonly string[]> = {
  Authentication: ['token', 'expiresAt', 'userId', 'workspaceId'],
};

export const nullabilityRules = Object.entries(NEVER_NULL).flatMap(([table, columns]) =>
  columns.map((column) => attribute(`${table}.${column}`, { notNull: true })),
);
