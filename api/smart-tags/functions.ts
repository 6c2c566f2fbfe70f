import { procedure } from './rules.ts';

/** What the one value is called that a function returns. */
const RESULTS = {
  append_to_message: 'length',
  sign_out: 'signedOut',
  change_password: 'changed',
  request_password_reset: 'accepted',
  reset_password: 'changed',
  request_email_verification: 'requested',
  verify_email: 'verified',
  request_email_change: 'requested',
  confirm_email_change: 'changed',
  revoke_other_sessions: 'ended',
  decline_invitation: 'declined',
  hand_over_invitation: 'token',
  end_identity: 'ended',
  end_account_sessions: 'ended',
  reset_account_password: 'accepted',
  set_workspace_quota: 'set',
  add_second_factor: 'secondFactor',
  confirm_second_factor: 'recoveryCodes',
  make_recovery_codes: 'recoveryCodes',
  remove_second_factor: 'removed',
  remove_second_factor_of: 'removed',
  prove_identity: 'proved',
  redeliver_webhooks: 'deliveries',
};

/** Functions that a plugin wraps: plugins/search.ts embeds the query first. */
const WRAPPED = [
  'recall',
  'search',
  'search_documents',
  'search_memories',
  'search_similar_chunks',
  'search_similar_messages',
];

const HIDDEN = [
  // for dashboards in SQL: no user may call them
  'performance_stats',
  'processing_jobs',
  'provider_states',
  'indexing_lag',
  // the connection Conversation.messages: plugins/messages.ts
  'conversation_messages',
];

export const functionRules = [
  ...Object.entries(RESULTS).map(([name, resultFieldName]) => procedure(name, { resultFieldName })),
  ...WRAPPED.map((name) => procedure(name, { behavior: '-queryField' })),
  // no index knows it
  procedure('messages_client_id', { behavior: '-filterBy -orderBy' }),
  ...HIDDEN.map((name) => procedure(name, { behavior: '-*' })),
];
