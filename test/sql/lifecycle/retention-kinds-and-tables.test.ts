import { afterAll, beforeAll, expect, it } from 'vitest';
import { jobs, queues } from '../../../jobs/registry.ts';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { KINDS, type Kind } from '../../../operations/retention/kinds.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

/** What keeps a table from growing with time alone. A table that is not here fails: say what bounds it when you add one. */
type Bound =
  /** Its rows go when this kind's time comes: by app_private.delete_due, or with what that deletes. */
  | { kind: Kind }
  /** A job removes what is over. */
  | { job: string }
  /** It goes with rows of this table, by a foreign key that cascades; and has no more of them than people make. */
  | { with: string }
  /** It has as many rows as people or operators make, or as there are things of another sort; time alone adds none. */
  | { because: string };

const conversation: Bound = { with: 'app_public.conversations' };
const workspace: Bound = { with: 'app_public.workspaces' };
const user: Bound = { with: 'app_public.users' };
const version: Bound = { with: 'app_public.embedding_versions' };
const expired: Bound = { job: 'remove-expired' };

const BOUNDS: Record<string, Bound> = {
  'app_hidden.agent_checkpoint_writes': expired,
  'app_hidden.agent_checkpoints': expired,
  'app_hidden.analytics_changes': conversation,
  'app_hidden.applied_functions': { because: 'one row a file of functions/' },
  'app_hidden.budget_spending': expired,
  'app_hidden.chunk_counts': workspace,
  'app_hidden.cited_passages': expired,
  'app_hidden.conversation_archive_parts': conversation,
  'app_hidden.conversation_archives': conversation,
  'app_hidden.conversation_files': conversation,
  'app_hidden.cutting_failures': workspace,
  'app_hidden.unindexed_conversations': workspace,
  'app_hidden.database_days': { job: 'measure-sizes' },
  'app_hidden.discarded_contents': { job: 'cleanup-files' },
  'app_hidden.embedding_backlog': { because: 'one row a chunk that waits' },
  'app_hidden.embedding_claims': { because: 'what workers have in hand' },
  'app_hidden.embedding_counts': workspace,
  'app_hidden.embedding_evaluations': version,
  'app_hidden.embedding_failures': { with: 'app_public.chunks' },
  'app_hidden.embedding_rates': { job: 'archive-embedding-versions' },
  'app_hidden.embedding_refusals': workspace,
  'app_hidden.embedding_spending': expired,
  'app_hidden.fusion_measurements': expired,
  'app_hidden.indexing_rates': { job: 'sweep-unindexed' },
  'app_hidden.maintenance_runs': expired,
  'app_hidden.message_idempotency_keys': conversation,
  'app_hidden.open_runs': { because: 'one row a job that runs' },
  'app_hidden.passage_checks': expired,
  'app_hidden.paused_jobs': { because: 'one row a queue' },
  'app_hidden.provider_pauses': { because: 'one row a provider' },
  'app_hidden.provider_rates': { because: 'one row a provider' },
  'app_hidden.rate_limits': expired,
  'app_hidden.raw_event_keys': workspace,
  'app_hidden.recall_measurements': expired,
  'app_hidden.relation_sizes': { job: 'measure-sizes' },
  'app_hidden.search_samples': expired,
  'app_hidden.search_statistics': expired,
  'app_hidden.streaming_messages': conversation,
  'app_hidden.streaming_parts': { with: 'app_hidden.streaming_messages' },
  'app_hidden.usage_holds': { kind: 'usage_logs' },
  'app_hidden.user_activity': { kind: 'conversation_analytics' },
  'app_hidden.word_samples': workspace,
  'app_hidden.workspace_words': { job: 'forget-words' },
  'app_private.account_notices': expired,
  'app_private.account_requests': { job: 'deliver-mail' },
  'app_private.api_key_secrets': { with: 'app_public.api_keys' },
  'app_private.common_passwords': { because: 'a fixed list' },
  'app_private.database_identity': { because: 'one row' },
  'app_private.mail_outbox': expired,
  'app_private.mail_tokens': expired,
  'app_private.passkey_challenges': expired,
  'app_private.passkeys': user,
  'app_private.provider_logouts': expired,
  'app_private.recovery_codes': user,
  'app_private.second_factors': user,
  'app_private.settings': { because: 'a fixed list' },
  'app_private.sign_in_challenges': expired,
  'app_private.sign_in_failures': expired,
  'app_private.sign_in_places': expired,
  'app_private.user_identities': user,
  'app_private.user_secrets': user,
  'app_private.user_sessions': expired,
  'app_private.user_usage_months': expired,
  'app_private.webhook_secrets': { with: 'app_public.webhooks' },
  'app_private.workspace_invitation_secrets': { with: 'app_public.workspace_invitations' },
  'app_private.workspace_quotas': workspace,
  'app_private.workspace_storage': workspace,
  'app_public.api_keys': { with: 'app_public.workspace_members' },
  'app_public.audit_logs': { kind: 'audit_logs' },
  'app_public.chunks': { because: 'passages of what there is' },
  'app_public.conversation_analytics': { kind: 'conversation_analytics' },
  'app_public.conversation_reads': conversation,
  'app_public.conversation_shares': conversation,
  'app_public.conversations': { kind: 'conversations' },
  'app_public.documents': { kind: 'documents' },
  'app_public.embedding_versions': { because: 'what administrators make' },
  'app_public.embeddings': { with: 'app_public.chunks' },
  'app_public.entity_tags': { with: 'app_public.tags' },
  'app_public.file_type_configs': { because: 'a fixed list' },
  'app_public.files': { kind: 'files' },
  'app_public.generated_images': conversation,
  'app_public.legal_holds': workspace,
  'app_public.memory_item_changes': { with: 'app_public.memory_items' },
  'app_public.memory_items': { kind: 'memory_items' },
  'app_public.message_chunks': conversation,
  'app_public.message_feedback': conversation,
  'app_public.messages': conversation,
  'app_public.rag_configuration_performance': { kind: 'conversation_analytics' },
  'app_public.rag_configuration_versions': { with: 'app_public.rag_configurations' },
  'app_public.rag_configurations': workspace,
  'app_public.raw_events': { kind: 'raw_events' },
  'app_public.repositories': workspace,
  'app_public.repository_documents': { with: 'app_public.repositories' },
  'app_public.retention_policies': workspace,
  'app_public.system_prompt_templates': workspace,
  'app_public.tags': workspace,
  'app_public.tool_calls': conversation,
  'app_public.usage_budgets': workspace,
  'app_public.usage_logs': { kind: 'usage_logs' },
  'app_public.usage_reservations': { kind: 'usage_logs' },
  'app_public.users': { because: 'people' },
  'app_public.webhook_deliveries': expired,
  'app_public.workspace_exports': expired,
  'app_public.webhooks': workspace,
  'app_public.workspace_invitations': expired,
  'app_public.workspace_members': workspace,
  'app_public.workspaces': { because: 'what people make' },
  'app_hidden.erasures': { because: 'one row a person who was erased: a certificate, which is kept' },
  'app_hidden.pending_erasures': { job: 'erase-account' },
  'app_hidden.tier_passes': workspace,
};

describeReal('every table', () => {
  let database: Database;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
  });
  afterAll(() => database?.close());

  it('is bounded by something that there is', async () => {
    const { rows: tables } = await database.pool('owner').query<{ name: string; parents: string[] }>(`
      with recursive cascades as (
        select k.conrelid, k.confrelid from pg_constraint k where k.contype = 'f' and k.confdeltype = 'c' and k.conparentid = 0
      ),
      ways as (
        select c.conrelid, c.confrelid from cascades c
        union
        select w.conrelid, c.confrelid from ways w join cascades c on c.conrelid = w.confrelid
      )
      select c.oid::regclass::text as name, array(select w.confrelid::regclass::text from ways w where w.conrelid = c.oid) as parents
      from pg_class c
      where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace::regnamespace::text in ('app_public', 'app_hidden', 'app_private')
      order by 1`);
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(BOUNDS).sort());
    const names = jobs.map(({ queue }) => queue.name);
    for (const { name, parents } of tables) {
      const bound = BOUNDS[name]!;
      if ('kind' in bound) expect(KINDS, name).toContain(bound.kind);
      else if ('job' in bound) expect(names, name).toContain(bound.job);
      else if ('with' in bound) expect(parents, name).toContain(bound.with);
    }
    const { rows } = await database
      .pool('owner')
      .query(
        `select app_private.retention_kinds()::text[] as kinds, enum_range(null::app_public.retention_kind)::text[] as all`,
      );
    expect(rows[0].kinds).toEqual([...KINDS]);
    expect(rows[0].all.filter((kind: string) => !KINDS.includes(kind as Kind))).toEqual([
      'hot_conversations',
      'warm_conversations',
    ]);
  });

  it('of the queue forgets jobs: what waits in two weeks, what is done in two months at most', async () => {
    const { rows } = await database
      .pool('owner')
      .query<{ name: string; waits: number; kept: number }>(
        `select name, retention_seconds / 86400.0 as waits, deletion_seconds / 86400.0 as kept from pgboss.queue order by name`,
      );
    expect(rows.map(({ name }) => name)).toEqual(queues.map(({ name }) => name).sort());
    for (const { name, waits, kept } of rows) {
      expect(Number(waits), name).toBeLessThanOrEqual(14);
      expect(Number(kept), name).toBeGreaterThan(0);
      // only scheduled ones, of which there are a handful a day, are kept for longer than a day
      const isScheduled = queues.some((queue) => queue.name === name && queue.schedules);
      expect(Number(kept), name).toBeLessThanOrEqual(isScheduled ? 60 : 7);
    }
  });
});
