-- Rows that only workers, the API server or time itself would leave behind: what came of work that failed, was paid for,
-- measured or put off. Run as the owner after fill.ts, whose people and passages they belong to.
with active as (
  select v.id from app_public.embedding_versions v where v.status = 'active'
),

behind as (
  select v.id from app_public.embedding_versions v where v.status = 'building'
),

passage as (
  select c.* from app_public.chunks c where c.source_type = 'document' order by c.id limit 1
),

evaluations as (
  insert into app_hidden.embedding_evaluations (version_id, baseline_id, source, k, questions, recall, baseline_recall, mrr, baseline_mrr)
  select behind.id, active.id, 'passages', 10, 50, 0.9, 0.8, 0.7, 0.6 from active, behind
),

failures as (
  insert into app_hidden.embedding_failures (version_id, workspace_id, chunk_id, attempts, code, error, next_attempt_at)
  select behind.id, passage.workspace_id, passage.id, 2, 'bad_input', 'The provider refused it.', now() from behind, passage
),

refusals as (
  insert into app_hidden.embedding_refusals (version_id, workspace_id, user_id, code, reason, retry_at)
  select behind.id, passage.workspace_id, passage.owner_id, 'CQ370', 'Paid embedding is off.', now() from behind, passage
),

rates as (
  insert into app_hidden.embedding_rates (version_id, minute, chunks, tokens)
  select behind.id, date_trunc('minute', now()), 40, 4000 from behind
),

spending as (
  insert into app_hidden.embedding_spending (version_id, period_start, tokens, cost_usd)
  select behind.id, date_trunc('month', now()), 4000, 0.08 from behind
),

indexing as (
  insert into app_hidden.indexing_rates (workspace_id, minute, began_at, sources, vectors)
  select passage.workspace_id, date_trunc('minute', now()), now(), 3, 12 from passage
),

fusion as (
  insert into app_hidden.fusion_measurements (version_id, questions, endorsed_questions, vector_weight, points, suggested_weight, was_applied)
  select active.id, 60, 10, 0.5, '[{"weight": 0.5, "mrr": 0.6}, {"weight": 0.7, "mrr": 0.8}]', 0.7, false from active
),

recall as (
  insert into app_hidden.recall_measurements (
    version_id, size_class, source, k, queries, index_queries, recall, objective, short_returns, scan_limit_hits, exact_p50_ms, exact_p95_ms,
    index_p50_ms, index_p95_ms, ef_search
  )
  select active.id, 'giant', 'stored', 10, 50, 50, 0.99, 0.98, 0, 0, 9, 12, 1, 2, 200 from active
),

words as (
  insert into app_hidden.word_samples (workspace_id, chunk_count)
  select passage.workspace_id, 900 from passage
),

checks as (
  insert into app_hidden.passage_checks (workspace_id, passage_id)
  select p.workspace_id, p.id from app_hidden.cited_passages p order by p.id limit 1
)

insert into app_hidden.budget_spending (workspace_id, budget_id, period_start, tokens, cost_usd)
select b.workspace_id, b.id, date_trunc('month', now()), 7, 0.01
from app_public.usage_budgets b
on conflict do nothing;

-- somebody who was erased, and somebody who is being
insert into app_hidden.erasures (number, id, reason, subject_key, subject_hash, requested_at, finished_at, counts, hash)
select 1, uuidv7(), 'own wish', sha256('key'), sha256('subject'), now(), now(), '{"messages": 1}', sha256('certificate');
insert into app_hidden.pending_erasures (user_id, reason, subject, subject_key, subject_hash, audit_salt, whole_workspaces, workspaces, held_by)
select uuidv7(), 'own wish', '{"email": "left@example.org", "names": []}', sha256('key'), sha256('other'), sha256('salt'), '{}', '{}', 'Team: a reason';

select app_hidden.record_sizes();
select app_hidden.record_run('doctor', now(), 'succeeded', '{"errors": 0, "warnings": 0}');
