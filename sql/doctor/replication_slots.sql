-- only: server
-- Replication slots that are lost, or that keep write-ahead log for somebody who does not come for it: the disk fills until the server stops.
with limits as (
  select
    1024 ^ 3 as most_bytes, -- 64 segments
    interval '1 hour' as idle_after -- a standby that restarts is back within minutes
)
select
  'replication_slots' as name,
  case when s.wal_status in ('lost', 'unreserved') then 'error' else 'warning' end as severity,
  format('slot %I', s.slot_name) as subject,
  case when s.wal_status = 'lost' then format('Its log is gone (%s): who used it must be made anew.', coalesce(s.invalidation_reason, 'max_slot_wal_keep_size'))
    else format(
      'It keeps %s of log%s%s.', pg_catalog.pg_size_pretty(s.bytes),
      case when s.active then ''
        else ' and is not used' || coalesce(' since ' || to_char(s.inactive_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '')
      end,
      case when s.wal_status = 'unreserved' then ', and is about to lose it' else '' end
    )
  end as detail,
  format('select pg_catalog.pg_drop_replication_slot(%L);', s.slot_name) as remedy,
  'docs/doctor.md#replication_slots' as runbook
from limits
cross join lateral (
  select
    r.*,
    pg_catalog.pg_wal_lsn_diff(
      case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_receive_lsn() else pg_catalog.pg_current_wal_lsn() end, r.restart_lsn
    )::bigint as bytes
  from pg_catalog.pg_replication_slots r
  where not r.temporary and not r.synced
) as s
where s.wal_status in ('lost', 'unreserved')
  or s.bytes >= limits.most_bytes
  or not s.active and s.restart_lsn is not null and coalesce(s.inactive_since, '-infinity') <= now() - limits.idle_after
order by subject;
