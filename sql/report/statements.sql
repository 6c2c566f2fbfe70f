-- The statements that the server spent most time on. Quoted texts are left out: those of a statement that was not normalized may be a
-- tenant's.
-- extension: pg_stat_statements
select
  left(
    regexp_replace(
      regexp_replace(regexp_replace(s.query, '\$(\w*)\$.*?\$\1\$', '$…$', 'g'), '''(?:[^'']|'''')*''', '''…''', 'g'), '\s+', ' ', 'g'
    ),
    400
  ) as statement,
  r.rolname as role, s.calls::float8 as calls, s.total_exec_time as "totalMs", s.mean_exec_time as "meanMs", s.max_exec_time as "maxMs", s.rows::float8 as rows,
  s.shared_blks_hit / nullif(s.shared_blks_hit + s.shared_blks_read, 0)::float8 as "hitRatio"
from pg_stat_statements s
left join pg_catalog.pg_roles r on r.oid = s.userid
where s.dbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
order by s.total_exec_time desc
limit 15;
