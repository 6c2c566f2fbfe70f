-- only: server
-- Sessions that come from another machine without TLS: their passwords are hashed, what they read and write is not.
with limits as (
  select
    array['127.0.0.0/8', '::1/128', '::ffff:127.0.0.0/104']::inet[] as this_machine -- what no network sees
)
select
  'connections_unencrypted' as name,
  'warning' as severity,
  format('login %I from %s', a.usename, pg_catalog.host(a.client_addr)) as subject,
  format('%s sessions go over the network without TLS.', count(*)) as detail,
  'Switch ssl on at the server, add sslmode=verify-full to the connection string, and write hostssl instead of host in pg_hba.conf.' as remedy,
  'docs/doctor.md#connections_unencrypted' as runbook
from limits
cross join pg_catalog.pg_stat_activity a
join pg_catalog.pg_stat_ssl s on s.pid = a.pid
where not s.ssl
  and a.client_addr is not null
  and not a.client_addr <<= any (limits.this_machine)
group by a.usename, a.client_addr
order by subject;
