-- The last runs of backups, their checks, and drills.
select r.task, r.outcome, r.started_at as "startedAt", r.finished_at as "finishedAt", r.details, r.error
from (
  select m.*, row_number() over (partition by m.task order by m.started_at desc) as place
  from app_hidden.maintenance_runs m
  where m.task like 'backup%' or m.task like 'restore%'
) as r
where r.place <= 10
order by r.started_at desc;
