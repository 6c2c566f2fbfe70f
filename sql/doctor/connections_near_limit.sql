-- only: server
-- Connections that are nearly used up, of the server or of a login with a limit of its own: the next one is refused, an
-- operator's too.
with limits as (
  select
    0.8 as warning_share, -- a second server or worker that starts takes the rest
    0.95 as error_share -- requests fail in the next moment
),
used as (
  select
    format('max_connections of the server') as subject, count(*) as connections,
    pg_catalog.current_setting('max_connections')::integer - pg_catalog.current_setting('superuser_reserved_connections')::integer
    - pg_catalog.current_setting('reserved_connections')::integer as most,
    'Find who holds them, lower the pools or put a pooler before the server: '
    'select usename, application_name, state, count(*) from pg_stat_activity group by 1, 2, 3 order by 4 desc;' as remedy
  from pg_catalog.pg_stat_activity a
  where a.backend_type = 'client backend'
  union all
  select
    format('connection limit of %I', r.rolname), count(a.pid), r.rolconnlimit,
    format('alter role %I connection limit %s;', r.rolname, greatest(r.rolconnlimit * 2, 10))
  from pg_catalog.pg_roles r
  left join pg_catalog.pg_stat_activity a on a.usesysid = r.oid and a.backend_type = 'client backend'
  where r.rolconnlimit > 0 and r.rolname like 'colloquy\_%'
  group by r.rolname, r.rolconnlimit
)
select
  'connections_near_limit' as name,
  case when u.connections >= limits.error_share * u.most then 'error' else 'warning' end as severity,
  u.subject,
  format('%s of %s connections are in use.', u.connections, u.most) as detail,
  u.remedy,
  'docs/doctor.md#connections_near_limit' as runbook
from limits
cross join used u
where u.connections >= limits.warning_share * u.most
order by u.subject;
