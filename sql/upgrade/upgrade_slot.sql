-- Replication slots at a major upgrade: logical ones are taken along when their subscriber has everything, physical ones are lost.
select
  'upgrade_slot' as name,
  'warning' as severity,
  s.slot_name as subject,
  case
    when s.slot_type = 'physical' then 'pg_upgrade does not take physical slots along: standbys are made anew, or by rsync.'
    when s.invalidation_reason is not null then format('It is invalid (%s), and pg_upgrade refuses it.', s.invalidation_reason)
    else 'Its subscriber must have received everything, else pg_upgrade refuses it.'
  end as detail,
  case
    when s.slot_type = 'physical' then 'Plan the standbys: npm run ops -- replica.'
    when s.invalidation_reason is not null then format('select pg_drop_replication_slot(%L);', s.slot_name)
    else 'Stop writing, wait until confirmed_flush_lsn is the end, then upgrade.'
  end as remedy,
  'docs/operations/changes.md#upgrade_slot' as runbook
from pg_catalog.pg_replication_slots s
where not s.temporary
order by s.slot_name;
