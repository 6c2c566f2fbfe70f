import { constraint, type } from './rules.ts';

type Names = [field: string, backwardField?: string];

/**
 * The foreign keys, by table and column: what the relation is called from the row that has the key, and from the row
 * that it points to. Without a second name there is no way back.
 */
const RELATIONS: Record<string, Record<string, Names>> = {
  workspace_members: { workspace_id: ['workspace', 'members'], user_id: ['user', 'memberships'] },
  workspace_invitations: {
    workspace_id: ['workspace', 'invitations'],
    invited_by: ['inviter'],
    accepted_by: ['acceptor'],
    api_key_id: ['apiKey'],
  },
  api_keys: { owner_id: ['member', 'apiKeys'] },
  conversations: {
    workspace_id: ['workspace', 'conversations'],
    owner_id: ['owner', 'conversations'],
    continued_from_id: ['continuedFrom', 'continuations'],
    rag_configuration_id: ['ragConfiguration', 'conversations'],
  },
  messages: {
    conversation_id: ['conversation', 'messages'],
    parent_id: ['parent', 'replies'],
    owner_id: ['owner'],
    author_id: ['author'],
  },
  rag_configurations: { workspace_id: ['workspace', 'ragConfigurations'], created_by: ['creator'] },
  rag_configuration_versions: {
    rag_configuration_id: ['ragConfiguration', 'versions'],
    replaced_by: ['replacer'],
  },
  system_prompt_templates: { workspace_id: ['workspace', 'systemPromptTemplates'], owner_id: ['owner'] },
  conversation_reads: { conversation_id: ['conversation', 'reads'], user_id: ['user'] },
  tool_calls: { conversation_id: ['conversation', 'toolCalls'], decided_by: ['decider'] },
  conversation_shares: {
    conversation_id: ['conversation', 'shares'],
    created_by: ['creator'],
    api_key_id: ['apiKey'],
  },
  message_feedback: { conversation_id: ['conversation', 'feedback'], user_id: ['user'] },
  message_chunks: { conversation_id: ['conversation', 'citations'] },
  generated_images: { conversation_id: ['conversation', 'images'], owner_id: ['owner'] },
  usage_logs: { workspace_id: ['workspace'], user_id: ['user'], conversation_id: ['conversation', 'usage'] },
  usage_budgets: { workspace_id: ['workspace', 'usageBudgets'], user_id: ['member', 'usageBudgets'] },
  usage_reservations: { workspace_id: ['workspace'], user_id: ['user'] },
  conversation_analytics: {
    conversation_id: ['conversation', 'analytics'],
    rag_configuration_id: ['ragConfiguration'],
  },
  rag_configuration_performance: { rag_configuration_id: ['ragConfiguration', 'performance'] },
  documents: {
    workspace_id: ['workspace', 'documents'],
    owner_id: ['owner', 'documents'],
    file_id: ['file', 'documents'],
  },
  chunks: {
    workspace_id: ['workspace'],
    owner_id: ['owner'],
    document_id: ['document', 'chunks'],
    conversation_id: ['conversation', 'chunks'],
    memory_item_id: ['memoryItem', 'chunks'],
  },
  embedding_versions: { created_by: ['creator'] },
  embeddings: { version_id: ['version'], chunk_id: ['chunk', 'embeddings'] },
  files: {
    workspace_id: ['workspace', 'files'],
    owner_id: ['owner', 'files'],
    mime_type: ['fileTypeConfig'],
    conversation_id: ['conversation', 'files'],
  },
  repositories: { workspace_id: ['workspace', 'repositories'], owner_id: ['owner', 'repositories'] },
  repository_documents: {
    repository_id: ['repository', 'repositoryDocuments'],
    document_id: ['document', 'repositoryDocuments'],
  },
  memory_items: {
    workspace_id: ['workspace', 'memoryItems'],
    owner_id: ['owner', 'memoryItems'],
    superseded_by: ['successor', 'predecessors'],
  },
  memory_item_changes: { memory_item_id: ['memoryItem', 'changes'], owner_id: ['owner'] },
  raw_events: { workspace_id: ['workspace', 'rawEvents'], owner_id: ['owner'] },
  tags: { workspace_id: ['workspace', 'tags'] },
  entity_tags: { tag_id: ['tag', 'entityTags'] },
  retention_policies: { workspace_id: ['workspace', 'retentionPolicies'] },
  webhooks: { workspace_id: ['workspace', 'webhooks'], responsible_id: ['responsible'] },
  workspace_exports: { workspace_id: ['workspace'], requested_by: ['requester'], file_id: ['file'] },
  webhook_deliveries: { webhook_id: ['webhook', 'deliveries'] },
  legal_holds: {
    workspace_id: ['workspace', 'legalHolds'],
    placed_by: ['placer'],
    released_by: ['releaser'],
    conversation_id: ['conversation'],
    document_id: ['document'],
    user_id: ['person'],
  },
};

const NO_WAY_BACK = '-manyRelation:resource:connection -manyRelation:resource:list';

/** What belongs to a message, and stays a row when that is packed: no foreign key says so. */
const OF_MESSAGES = {
  tool_calls: 'toolCalls',
  message_chunks: 'citations',
  message_feedback: 'feedback',
  generated_images: 'images',
};

/** Names the relations of the schema. */
export const relationRules = [
  ...Object.entries(OF_MESSAGES).map(([table, name]) =>
    type(table, {
      foreignKey: `(message_id) references app_public.messages (id)|@fieldName message|@foreignFieldName ${name}`,
    }),
  ),
  ...Object.entries(RELATIONS).flatMap(([table, columns]) =>
    Object.entries(columns).map(([column, [fieldName, foreignFieldName]]) =>
      constraint(
        `${table}.${table}_${column}_fkey`,
        foreignFieldName ? { fieldName, foreignFieldName } : { fieldName, behavior: NO_WAY_BACK },
      ),
    ),
  ),
];
