import { type Form, Rows } from './rows.ts';

/** The columns that are written, of each table in the order that foreign keys ask for. */
const COLUMNS = {
  users: 'id email is_email_verified display_name',
  workspaces: 'id name is_personal text_search_language settings',
  workspace_members: 'workspace_id user_id role joined_at',
  documents: 'id workspace_id owner_id visibility title content text_search_language metadata',
  chunks:
    'id workspace_id source_type document_id owner_id visibility chunk_index content heading start_offset end_offset token_count content_hash text_search_language',
  memory_items: 'id workspace_id owner_id content importance validity metadata',
  raw_events: 'id workspace_id owner_id source event_type external_id payload metadata',
  conversations:
    'id workspace_id owner_id visibility title channel model_provider model_name temperature enable_document_chat enable_web_search is_archived pinned_at preferred_leaf_id indexed_leaf_id max_messages metadata last_message_at updated_at',
  messages:
    'id conversation_id workspace_id owner_id author_id sequence_number role parent_id replaces_id content parts attachments provider model prompt_tokens completion_tokens total_tokens cost_usd processing_time_ms relevance_score embedding_version_id metadata',
  tool_calls:
    'id workspace_id conversation_id message_id position name arguments status result error duration_ms updated_at',
  message_feedback:
    'id workspace_id conversation_id message_id user_id feedback_type rating comment updated_at',
  message_chunks:
    'workspace_id conversation_id message_id chunk_id passage_id embedding_version_id similarity_score score rank',
  usage_logs:
    'id workspace_id user_id conversation_id message_id action provider model prompt_tokens completion_tokens total_tokens cost_usd',
} as const;

export type TableName = keyof typeof COLUMNS;
export type Tables = Record<TableName, Rows>;

export function makeTables(form: Form): Tables {
  const entries = Object.entries(COLUMNS).map(([name, columns]) => [
    name,
    new Rows(`app_public.${name}`, columns.split(' '), form),
  ]);
  return Object.fromEntries(entries) as Tables;
}
