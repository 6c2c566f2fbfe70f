import type { Fault } from './fault.ts';

const WORKSPACE = '01890000-0000-7000-8000-00000000c001';
const USER = '01890000-0000-7000-8000-00000000c002';
const DOCUMENT = '01890000-0000-7000-8000-00000000c003';

/** A workspace with a document that waits, and an event of a time. */
const PEOPLE = [
  `insert into app_public.workspaces (id, name) values ('${WORKSPACE}', 'planted')`,
  `insert into app_public.users (id, email, username) values ('${USER}', 'planted@example.org', 'planted')`,
];
const event = (at: string): string =>
  `insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, payload)
   values (app_hidden.uuidv7_floor(${at}), '${WORKSPACE}', '${USER}', 'planted', 'planted', '{}')`;
const NO_EVENTS = ['delete from app_public.raw_events'];

/** A job that waits or that has ended. */
const job = (queue: string, state: string, at: string): string =>
  `insert into pgboss.job (name, state, policy, created_on, start_after, completed_on)
   values ('${queue}', '${state}', 'standard', ${at}, ${at}, case when '${state}' in ('completed', 'failed') then ${at} end)`;
const NO_JOBS = ['delete from pgboss.job'];

const run = (task: string, outcome: string, at: string, details = '{}'): string =>
  `insert into app_hidden.maintenance_runs (task, outcome, started_at, finished_at, details) values ('${task}', '${outcome}', ${at}, ${at}, '${details}')`;
const record = (task: string, details = '{}'): string =>
  `select app_hidden.record_run('${task}', now(), 'succeeded', '${details}')`;
const FULL_INSTEAD = run('backup', 'succeeded', 'clock_timestamp()', '{"fullBecause": "summaries are off"}');
const NO_RUNS = ['delete from app_hidden.maintenance_runs'];

/** The schedules of a database without a worker come due a day from now, however long ago it was made, and however slow the machine is. */
export const NOT_DUE = `update pgboss.schedule set created_on = now() + interval '1 day'`;

const ago = (time: string): string => `now() - interval '${time}'`;

/** What goes wrong with what is stored, and with the jobs that look after it. */
export const CONTENT: Fault[] = [
  {
    check: 'sources_unindexed',
    is: 'a document that waits for long',
    make: [
      ...PEOPLE,
      `insert into app_public.documents (id, workspace_id, owner_id, title, content, updated_at)
       values ('${DOCUMENT}', '${WORKSPACE}', '${USER}', 'planted', 'planted', ${ago('2 hours')})`,
    ],
    subject: `workspace ${WORKSPACE}, documents`,
    severity: 'warning',
    detail: /^1 wait, the oldest since /,
    mend: [`update app_public.documents set chunked_hash = content_hash`],
  },
  {
    check: 'embedding_version_stalled',
    is: 'a version that does not come on',
    make: [
      `insert into app_public.chunks (workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset, token_count, content_hash)
       values ('${WORKSPACE}', 'document', '${DOCUMENT}', '${USER}', 'private', 0, 'planted', 0, 7, 1, sha256('planted'))`,
      `insert into app_public.embedding_versions (id, name, provider, model, dimensions, chunk_size, chunk_overlap)
       values (app_hidden.uuidv7_floor(${ago('2 days')}), 'planted', 'local', 'planted', 8, 100, 0)`,
    ],
    subject: 'embedding version planted',
    severity: 'warning',
    detail: /^0 of 1 passages have a vector; the last ones came never\.$/,
    mend: [`delete from app_public.embedding_versions where name = 'planted'`],
  },
  {
    check: 'erasures',
    is: 'a certificate that was changed',
    make: [
      `insert into app_hidden.erasures (number, id, reason, subject_key, subject_hash, requested_at, finished_at, counts, hash)
       values (1, uuidv7(), 'planted', sha256(''), sha256('a'), now(), now(), '{}', sha256('another'))`,
    ],
    subject: 'certificate 1',
    severity: 'error',
    detail: /^its hash is not that of what it says$/,
    mend: [
      'alter table app_hidden.erasures disable trigger erasures_00_append_only',
      'delete from app_hidden.erasures',
      'alter table app_hidden.erasures enable trigger erasures_00_append_only',
    ],
  },
  {
    check: 'vector_index_missing',
    is: 'an index of vectors that is not whole',
    limits: { least_vectors: '0' },
    make: [
      `update pg_index set indisvalid = false where indexrelid = 'app_partitions.embeddings_1_hnsw'::regclass`,
    ],
    subject: 'embedding version local-1',
    severity: 'error',
    mend: [
      `update pg_index set indisvalid = true where indexrelid = 'app_partitions.embeddings_1_hnsw'::regclass`,
    ],
  },
  {
    check: 'materialized_view_stale',
    is: 'a materialized view that a restore left empty',
    make: ['refresh materialized view app_private.conversation_summary_stats with no data'],
    subject: 'app_private.conversation_summary_stats',
    severity: 'error',
  },
  {
    check: 'queue_lag',
    is: 'a job that nobody does',
    make: [job('deliver-mail', 'created', ago('1 hour'))],
    subject: 'queue deliver-mail',
    severity: 'warning',
    detail: /^1 jobs wait/,
    mend: NO_JOBS,
  },
  {
    check: 'jobs_failed',
    is: 'a job that failed, and none that did better since',
    make: [job('refresh-analytics', 'failed', ago('1 hour'))],
    subject: 'queue refresh-analytics',
    severity: 'warning',
    mend: [job('refresh-analytics', 'completed', ago('1 minute'))],
    after: NO_JOBS,
  },
  {
    check: 'jobs_late',
    is: 'schedules of each minute without a worker',
    make: [`update pgboss.schedule set created_on = ${ago('3 days')}`],
    subject: 'worker',
    severity: 'error',
    mend: [job('sweep-unindexed', 'completed', 'now()')],
  },
  {
    check: 'jobs_late',
    is: 'a daily job that was not done for days',
    make: [],
    subject: 'job tier-chunks',
    severity: 'warning',
    detail: /^Its schedule is "20 2 \* \* \*"; it was completed last never\.$/,
    mend: [record('tier-chunks')],
    after: [...NO_JOBS, ...NO_RUNS, NOT_DUE],
  },
  {
    check: 'partition_strays',
    is: 'a row of a time without a partition',
    make: [event(`'2040-01-01'`)],
    subject: 'app_public.raw_events',
    severity: 'info',
    after: NO_EVENTS,
  },
  {
    check: 'events_unprocessed',
    is: 'an event that waits for long',
    make: [event(ago('2 hours'))],
    subject: `workspace ${WORKSPACE}`,
    severity: 'warning',
    mend: [`update app_public.raw_events set processing_status = 'completed'`],
    after: NO_EVENTS,
  },
  {
    check: 'retention_overdue',
    is: 'an event that is older than its policy',
    make: [event(ago('200 days')), `update app_public.raw_events set processing_status = 'completed'`],
    subject: 'raw_events',
    severity: 'warning',
    detail: /^They are kept for 90 days/,
    mend: NO_EVENTS,
  },
  {
    check: 'legal_holds_old',
    is: 'a legal hold that is older than a year',
    make: [
      `insert into app_public.legal_holds (id, workspace_id, reason) values (app_hidden.uuidv7_floor(${ago('400 days')}), '${WORKSPACE}', 'planted')`,
    ],
    subject: `workspace ${WORKSPACE}`,
    severity: 'info',
    detail: /^1 in force, the oldest since /,
    mend: ['update app_public.legal_holds set released_at = now()'],
    after: ['delete from app_public.legal_holds'],
  },
  {
    check: 'quotas_near_end',
    is: 'a workspace that is nearly full',
    make: [
      `insert into app_private.workspace_quotas (workspace_id, storage_bytes) values ('${WORKSPACE}', 7)`,
    ],
    subject: `workspace ${WORKSPACE}: bytes`,
    severity: 'warning',
    mend: [`update app_private.workspace_quotas set storage_bytes = 700`],
    after: ['delete from app_private.workspace_quotas'],
  },
  {
    check: 'quotas_near_end',
    is: 'a user whose month is used up',
    make: [
      `update app_public.users set monthly_token_quota = 100`,
      `insert into app_private.user_usage_months (user_id, period_start, logged_tokens) values ('${USER}', date_trunc('month', now(), 'UTC'), 95)`,
    ],
    subject: `user ${USER}: tokens of the month`,
    severity: 'info',
    detail: /^95 of 100 are used\.$/,
    mend: [`update app_public.users set monthly_token_quota = 1000`],
  },
  {
    check: 'mail_stuck',
    is: 'mail that nobody delivers',
    make: [
      `insert into app_private.mail_outbox (recipient, subject, body, next_attempt_at) values ('planted@example.org', 'planted', 'planted', ${ago('20 minutes')})`,
    ],
    subject: 'outbox',
    severity: 'warning',
    mend: [`select app_hidden.settle_mail(id, 'refused', true) from app_private.mail_outbox`],
  },
  {
    check: 'webhooks_failing',
    is: 'a webhook that nobody answers',
    make: [
      `insert into app_public.workspace_members (workspace_id, user_id, role) values ('${WORKSPACE}', '${USER}', 'owner')`,
      `insert into app_public.webhooks (id, workspace_id, responsible_id, url, kinds, failures, failing_since)
       values ('${DOCUMENT}', '${WORKSPACE}', '${USER}', 'https://planted.example/', '{*}', 3, ${ago('7 hours')})`,
    ],
    subject: `webhook ${DOCUMENT}`,
    severity: 'warning',
    detail: / 3 times in a row; 0 deliveries wait\.$/,
    mend: ['delete from app_public.webhooks'],
  },
  {
    check: 'mail_refused',
    is: 'mail that others refuse',
    limits: { least: '1' },
    make: [],
    subject: 'outbox',
    severity: 'warning',
    detail: /^1 of 1 mails of 24 hours were given up, 0 of them/,
    mend: ['delete from app_private.mail_outbox'],
  },
  {
    check: 'expiry_behind',
    is: 'a session that should be gone',
    make: [
      `insert into app_private.user_sessions (user_id, token_hash, expires_at) values ('${USER}', sha256('planted'), ${ago('2 days')})`,
    ],
    subject: 'sessions',
    severity: 'warning',
    mend: ['select app_hidden.delete_expired_sessions()'],
  },
  {
    check: 'backup_missing',
    is: 'an installation without a backup',
    limits: { quiet_for: `interval '-1 minute'` },
    make: [],
    subject: 'backup',
    severity: 'warning',
    detail: /^There has never been one\.$/,
    mend: [record('backup')],
    after: NO_RUNS,
  },
  {
    check: 'backup_missing',
    is: 'a backup that is days old',
    make: [run('backup', 'succeeded', ago('4 days')), run('backup', 'failed', ago('1 day'))],
    subject: 'backup',
    severity: 'error',
    detail: /^The last one that succeeded ended at .* The last one failed at /,
    mend: [record('backup')],
  },
  {
    check: 'backup_full_instead',
    is: 'backups that are full for the same reason each time',
    make: [FULL_INSTEAD, FULL_INSTEAD],
    subject: 'backup',
    severity: 'warning',
    detail: /and the one before, was taken full.*: summaries are off$/,
    mend: [record('backup', '{"fullBecause": null}')],
  },
  {
    check: 'backup_full_instead',
    is: 'a backup that is full after a failover',
    make: [FULL_INSTEAD],
    subject: 'backup',
    severity: 'info',
    mend: [record('backup', '{"fullBecause": null}')],
  },
  {
    check: 'backup_unverified',
    is: 'backups that were never read back',
    limits: { warning_after: `interval '3 days'` },
    make: [],
    subject: 'backup',
    severity: 'warning',
    detail: /verified: none\.$/,
    mend: [record('backup-verify')],
  },
  {
    check: 'backup_unverified',
    is: 'a backup that could not be read back',
    make: [run('backup-verify', 'succeeded', 'clock_timestamp()', '{"findings": 1}')],
    subject: 'backup',
    severity: 'error',
    mend: [record('backup-verify')],
  },
  {
    check: 'restore_drill_missing',
    is: 'backups that were never restored',
    limits: { warning_after: `interval '3 days'` },
    make: [],
    subject: 'restore drill',
    severity: 'warning',
    detail: /^No backup was ever restored\.$/,
    mend: [record('restore-drill', '{"rpoSeconds": 12, "rtoSeconds": 60}')],
  },
  {
    check: 'restore_drill_missing',
    is: 'a drill that would have lost too much',
    make: [record('restore-drill', '{"rpoSeconds": 7200, "rtoSeconds": 60}')],
    subject: 'restore drill',
    severity: 'warning',
    detail: /lost 7200 s of commits \(RPO\), and taken 60 s \(RTO\)\.$/,
    mend: [record('restore-drill', '{"rpoSeconds": 12, "rtoSeconds": 60}')],
    after: NO_RUNS,
  },
  {
    check: 'cold_files',
    is: 'a conversation whose file is gone',
    make: [
      ...PEOPLE.map((sql) => `${sql} on conflict do nothing`),
      `insert into app_public.conversations (id, workspace_id, owner_id) values ('${DOCUMENT}', '${WORKSPACE}', '${USER}')`,
      `insert into app_hidden.conversation_archives (conversation_id, workspace_id, message_count, message_ids, sha256)
       values ('${DOCUMENT}', '${WORKSPACE}', 0, '{}', sha256(''))`,
      `insert into app_hidden.conversation_files (conversation_id, workspace_id, storage_path, byte_size, document_bytes, recalled_at, problem)
       values ('${DOCUMENT}', '${WORKSPACE}', 'planted', 1, 1, now(), 'missing')`,
    ],
    subject: 'conversations in the storage of files',
    severity: 'error',
    detail: /^1 missing, 0 damaged: /,
    mend: ['update app_hidden.conversation_files set problem = null'],
  },
  {
    check: 'cold_files',
    is: 'files that nobody looks for',
    make: [`update app_hidden.conversation_files set checked_at = ${ago('4 days')}`],
    subject: 'conversations in the storage of files',
    severity: 'warning',
    detail: /^Last looked for /,
    mend: ['update app_hidden.conversation_files set checked_at = now()'],
    after: [
      `delete from app_public.conversations where id = '${DOCUMENT}'`,
      'delete from app_hidden.discarded_contents',
    ],
  },
];
