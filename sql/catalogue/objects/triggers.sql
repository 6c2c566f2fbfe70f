-- Triggers and rules, and whether they fire.
select
  'trigger' as kind,
  format('%I.%I: %I', n.nspname, c.relname, t.tgname) as name,
  concat_ws(
    E'\n',
    pg_catalog.pg_get_triggerdef(t.oid),
    case t.tgenabled when 'D' then 'disabled' when 'R' then 'fires on replicas only' when 'A' then 'fires always' end
  ) as definition
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname like 'app\_%' and n.nspname <> 'app_partitions' and not t.tgisinternal
union all
select
  'rule',
  format('%I.%I: %I', n.nspname, c.relname, r.rulename),
  concat_ws(E'\n', pg_catalog.pg_get_ruledef(r.oid), case when r.ev_enabled <> 'O' then 'disabled' end)
from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname like 'app\_%' and r.rulename <> '_RETURN';
