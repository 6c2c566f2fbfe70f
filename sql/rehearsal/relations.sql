-- Every table and index of the application, with the file that holds it: another file afterwards means that it was written anew.
select
  c.oid::text as oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind::text as kind, pg_catalog.pg_relation_filenode(c.oid)::text as file,
  pg_catalog.pg_relation_size(c.oid)::float8 as bytes, m.amname::text as method, x.indrelid::text as "tableOid"
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_index x on x.indexrelid = c.oid
where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss') and c.relkind in ('r', 'p', 'm', 'i', 'I');
