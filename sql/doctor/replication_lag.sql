-- only: server
-- Standbys and subscribers that are behind, or that a connection exists of and no stream. Readers see the past there, and what has not
-- arrived is lost in a failover.
with limits as (
  select
    interval '30 seconds' as warning_after, -- a standby on a healthy network is milliseconds behind
    256 * 1024 * 1024 as most_bytes, -- 16 segments
    interval '10 minutes' as error_after -- of no use as a refuge
)
select
  'replication_lag' as name,
  case when r.replay_lag >= limits.error_after then 'error' else 'warning' end as severity,
  format('%s at %s', coalesce(nullif(r.application_name, ''), 'standby'), coalesce(pg_catalog.host(r.client_addr), 'this machine')) as subject,
  format(
    'It is %s, %s and %s behind.', r.state, pg_catalog.pg_size_pretty(r.bytes), coalesce(date_trunc('second', r.replay_lag)::text, 'an unknown time')
  ) as detail,
  'See whether the standby is busy (a query that holds replay up, a slow disk) or the network is slow: npm run ops -- replica status' as remedy,
  'docs/doctor.md#replication_lag' as runbook
from limits
cross join lateral (
  select
    s.*,
    pg_catalog.pg_wal_lsn_diff(
      case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_receive_lsn() else pg_catalog.pg_current_wal_lsn() end,
      coalesce(s.replay_lsn, s.sent_lsn)
    )::bigint as bytes
  from pg_catalog.pg_stat_replication s
  -- a running base backup is no standby
  where s.state <> 'backup'
) as r
where r.replay_lag >= limits.warning_after or r.bytes >= limits.most_bytes or r.state not in ('streaming', 'catchup')
order by subject;
