import { procedure } from './rules.ts';

/** What the one value is called that a function returns. */
const RESULTS = {
  append_to_message: 'length',
  delete_agent_thread: 'deleted',
  prune_agent_thread: 'deleted',
  put_agent_checkpoint: 'checkpointId',
  put_agent_checkpoint_writes: 'stored',
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
  add_passkey: 'options',
  challenge_passkey: 'options',
  confirm_passkey: 'recoveryCodes',
  remove_passkey: 'removed',
  redeliver_webhooks: 'deliveries',
};

/** What these say, and other single values that a mutation gives. */
export const RESULT_DESCRIPTIONS: Record<string, string> = {
  length: 'Characters of the text that is stored: where the next piece begins.',
  deleted: 'How many states of the agent went.',
  checkpointId: 'The id of the state.',
  stored: 'How many of the writes are new.',
  signedOut: 'Whether a session ended: false when there was none.',
  changed: 'True: it was changed.',
  accepted: 'True, whether there is such an account or not.',
  requested: 'True: a mail is on its way.',
  verified: 'True: the address is verified.',
  ended: 'How many sessions ended.',
  declined: 'True: the invitation is declined.',
  token: 'What acceptInvitation and register take. It is shown once.',
  set: 'True: it holds from now on.',
  secondFactor: 'What the authenticator app is given. It is shown once.',
  recoveryCodes: 'Ten codes, each of which signs in once. They are shown once.',
  removed: 'True: it is removed.',
  options: 'What the browser is given: as JSON, with bytes in base64url.',
  proved: 'True: for some minutes what needs a recent proof can be done.',
  deliveries: 'How many deliveries are made again.',
  result: 'How many events are processed again.',
  authentication:
    'The token, and whose it is. Null where the address has to be proved first: a mail brings the token for verifyEmail.',
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
