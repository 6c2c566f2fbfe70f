/** What does not come back from a backup into a database that lives, by table, with the reason. */
const STAYING_AWAY: Record<string, string> = {
  'app_public.api_keys': 'a key that was revoked would work again',
  'app_public.conversation_shares': 'a link that was taken back would work again',
  'app_public.workspace_invitations': 'an invitation that was withdrawn would work again',
  'app_public.users': 'an account that is gone stays gone: its owner may have asked for that',
  'app_public.usage_logs':
    'entries stay when a conversation is deleted, and come back with a workspace alone',
  'app_public.audit_logs': 'the log of what happened is not deleted, and nothing is added to its past',
  'app_public.usage_reservations': 'work that was going on then is not going on now',
  'app_public.embedding_versions': 'versions are made and archived by their own commands',
  'app_hidden.usage_holds': 'work that was going on then is not going on now',
  'app_hidden.embedding_claims': 'work that was going on then is not going on now',
  'app_hidden.search_samples': 'searches are kept for a while only',
  'app_hidden.chunk_counts': 'counted by triggers',
  'app_hidden.embedding_counts': 'counted by triggers',
  'app_hidden.embedding_backlog': 'counted by triggers',
  'app_hidden.workspace_words': 'counted by triggers',
  'app_hidden.analytics_changes': 'noted by triggers',
  'app_hidden.unindexed_conversations': 'noted by triggers',
  'app_hidden.discarded_contents': 'noted by triggers',
  'app_hidden.word_samples': 'measured anew',
  'app_hidden.indexing_rates': 'measured anew',
  'app_hidden.passage_checks': 'work that was going on then is not going on now',
  'app_hidden.erasures': 'certificates come with the list of erasures',
  'app_hidden.pending_erasures': 'who is erased is said by this database',
  'app_public.workspace_exports': 'its archive had its time',
  'app_hidden.maintenance_runs': 'what maintenance did to this database',
};

/** The schema of secrets, mail and settings holds one table that does: what an administrator allowed a workspace. */
const PRIVATE = 'app_private.';
const OF_PRIVATE = new Set(['app_private.workspace_quotas']);

/**
 * What goes with a workspace that is deleted, and comes back with it, not otherwise. What its members used in all stays counted in
 * between, so that it is not counted again: the rows come in as nobody's, and are given their owner afterwards.
 */
export const WITH_WORKSPACE: ReadonlyMap<string, Record<string, string>> = new Map([
  ['app_public.usage_logs', { user_id: 'null' }],
]);

/** Why the rows of a table stay in the backup; undefined when they may come back. */
export function reasonToStay(table: string): string | undefined {
  if (table.startsWith(PRIVATE) && !OF_PRIVATE.has(table))
    return 'it holds secrets, mail, settings or counters';
  return STAYING_AWAY[table];
}

/** For the tests: each of them is a table. */
export const namedToStay = (): string[] => [...Object.keys(STAYING_AWAY), ...OF_PRIVATE];
