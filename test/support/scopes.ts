/** What a caller needs, of whom a member is an owner of the workspace and an administrator of the installation. */
export type Need =
  /** Nothing: a visitor may, too. */
  | 'nothing'
  /** A session: no API key, whatever its scopes. */
  | 'session'
  | 'write'
  | 'share'
  /** Reporting usage: `write` within what was reserved, or `meter`. */
  | 'write or meter'
  /** Ending links: one's own with `share`, everybody's with `admin`. */
  | 'share or admin'
  /** Members, invitations and the name of a workspace. */
  | 'admin'
  /** What everybody's work depends on: configuration, budgets, retention, rules, and the whole installation. */
  | 'admin and write';

/** The one table of rules: what each mutation needs. A new mutation fails the suite until it stands here. */
export const MUTATIONS: Record<Need, string[]> = {
  nothing: [
    'challengePasskey',
    'confirmSignIn',
    'register',
    'requestPasswordReset',
    'resetPassword',
    'signIn',
    'signInWithPasskey',
    'signOut',
    'verifyEmail',
  ],
  session: [
    'acceptInvitation',
    'acceptMyInvitation',
    'addPasskey',
    // but for the challenge of a sign-in
    'addSecondFactor',
    'changePassword',
    'confirmEmailChange',
    'confirmPasskey',
    'confirmSecondFactor',
    'createApiKey',
    'createWebhook',
    'createWorkspace',
    'declineInvitation',
    'deleteMyAccount',
    'deleteWorkspace',
    'endAccountSessions',
    'eraseUser',
    'exportMyData',
    'exportWorkspace',
    'handOverInvitation',
    'inviteAccount',
    'leaveWorkspace',
    'makeRecoveryCodes',
    'proveIdentity',
    'removePasskey',
    'removeSecondFactor',
    'removeSecondFactorOf',
    'renamePasskey',
    'requestEmailChange',
    'requestEmailVerification',
    'resetAccountPassword',
    'revokeApiKey',
    'revokeOtherSessions',
    'revokeSession',
    'rotateWebhookSecret',
    'setAccountActive',
    'setAccountQuota',
    'setAccountRole',
    'setWorkspaceQuota',
    'transferOwnership',
    'updateUser',
    'updateWebhook',
  ],
  write: [
    'addDocumentToRepository',
    'addTag',
    'answerToolCall',
    'appendToMessage',
    'archiveConversation',
    'branchConversation',
    'chooseBranch',
    'createDocument',
    'createRepository',
    'createSystemPromptTemplate',
    'deleteAgentThread',
    'deleteConversation',
    'deleteDocument',
    'deleteFile',
    'deleteRepository',
    'deleteSystemPromptTemplate',
    'editMessage',
    'finishMessage',
    'forget',
    'giveFeedback',
    'importConversation',
    'importDocuments',
    'importEvents',
    'ingestEvent',
    'makeTemporary',
    'markRead',
    'postMessage',
    'pruneAgentThread',
    'putAgentCheckpoint',
    'putAgentCheckpointWrites',
    'recordImage',
    'recordTurn',
    'regenerateAnswer',
    'remember',
    'removeTag',
    'requestToolCall',
    'restoreConversation',
    'retryFile',
    'saveMessages',
    'startAnswer',
    'startConversation',
    'undoMemory',
    'updateConversation',
    'updateDocument',
    'updateRepository',
    'updateSystemPromptTemplate',
    'useMemories',
    'withdrawFeedback',
  ],
  share: ['shareConversation'],
  'write or meter': ['reserveUsage', 'settleUsage'],
  'share or admin': ['revokeShare'],
  admin: ['changeMemberRole', 'inviteMember', 'removeMember', 'renameWorkspace', 'revokeInvitation'],
  'admin and write': [
    'activateEmbeddingVersion',
    'archiveEmbeddingVersion',
    'createEmbeddingVersion',
    'createRagConfiguration',
    'deleteRagConfiguration',
    'deleteUsageBudget',
    'deleteWebhook',
    'endIdentity',
    'placeLegalHold',
    'redeliverWebhooks',
    'redriveEmbeddings',
    'releaseLegalHold',
    'replayEvents',
    'retryEvents',
    'setDefaultRagConfiguration',
    'setRetentionPolicy',
    'setUsageBudget',
    'setVectorWeight',
    'setWorkspaceLanguage',
    'setWorkspaceRules',
    'testWebhook',
    'updateRagConfiguration',
    'updateUsageBudget',
  ],
};

/** What each table needs that a request may change directly. */
export const TABLES: Record<string, Need> = {
  conversations: 'write',
  documents: 'write',
  rag_configurations: 'admin and write',
  repositories: 'write',
  system_prompt_templates: 'write',
  usage_budgets: 'admin and write',
  users: 'session',
};

export const SCOPES = ['read', 'write', 'search', 'share', 'meter', 'admin'] as const;

/** Who calls: a visitor, a session, or a key with its scopes. */
export type Caller = 'visitor' | 'session' | readonly string[];

/** Each scope, each two of them, nobody and a session. */
export const CALLERS: Caller[] = [
  'visitor',
  'session',
  ...SCOPES.map((scope) => [scope]),
  ...SCOPES.flatMap((one, index) => SCOPES.slice(index + 1).map((other) => [one, other])),
];

/** Whether a caller may do what needs something. A key without "read" is in no workspace. */
export function may(caller: Caller, need: Need): boolean {
  if (need === 'nothing') return true;
  if (caller === 'visitor') return false;
  if (caller === 'session') return true;
  const has = (scope: string): boolean => caller.includes(scope);
  if (!has('read')) return false;
  switch (need) {
    case 'session':
      return false;
    case 'write or meter':
      return has('write') || has('meter');
    case 'share or admin':
      return has('share') || has('admin');
    case 'admin and write':
      return has('admin') && has('write');
    default:
      return has(need);
  }
}
