-- What a process has locked of tables and indexes so that others wait: the locks of reading and of writing rows are left out.
select l.relation::text as oid, l.mode
from pg_catalog.pg_locks l
where l.pid = $1 and l.locktype = 'relation' and l.granted
  and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
  and l.mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');
