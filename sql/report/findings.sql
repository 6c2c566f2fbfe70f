-- How many findings the daily runs of the doctor counted.
select distinct on (day)
  to_char(r.started_at at time zone 'UTC', 'YYYY-MM-DD') as day, (r.details ->> 'errors')::float8 as errors, (r.details ->> 'warnings')::float8 as warnings
from app_hidden.maintenance_runs r
where r.task = 'doctor' and r.outcome = 'succeeded' and r.started_at > now() - interval '400 days'
order by day, r.started_at desc;
