-- Recall by day, of each embedding version and size of workspaces.
select to_char(h.day, 'YYYY-MM-DD') as day, format('%s, %s', h.version_name, h.size_class) as series, h.recall::float8 as recall, h.objective::float8 as objective
from app_hidden.recall_history(days => 90) as h
order by 2, 1;
