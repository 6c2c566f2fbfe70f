-- How well searches find, by the latest measurement.
select 'colloquy_search_recall' as metric, jsonb_build_object('version', f.version_name, 'size', f.size_class) as labels, f.recall::float8 as value
from app_hidden.measured_recall() as f
where f.recall is not null
union all
select 'colloquy_search_recall_objective', '{}', app_hidden.setting('search_recall_objective')::float8;
