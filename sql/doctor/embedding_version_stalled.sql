-- Embedding versions that are being built and do not come on: each is kept and paid for, and no search uses it.
with limits as (
  select
    interval '1 day' as warning_after -- without a vector, although some are missing
)
select
  'embedding_version_stalled' as name,
  'warning' as severity,
  format('embedding version %s', v.name) as subject,
  format(
    '%s of %s passages have a vector; the last ones came %s.%s', v.vectors, v.chunks,
    coalesce(to_char(v.last_vectors_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'never'),
    case when v.is_held_back then ' A budget holds it back.' else '' end
  ) as detail,
  'npm run embeddings -- status says what holds it back; what is not wanted any more is archived: npm run embeddings -- archive NAME' as remedy,
  'docs/doctor.md#embedding_version_stalled' as runbook
from limits
cross join app_hidden.embedding_version_states() v
where v.status = 'building'
  and v.vectors + v.given_up < v.chunks
  and coalesce(v.last_vectors_at, v.made_at) <= now() - limits.warning_after
order by subject;
