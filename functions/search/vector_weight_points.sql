-- Each weight beside the one in force, question by question: their difference has less noise than they have.
create or replace function app_private.vector_weight_points(weights real[], figures double precision[], counts double precision[])
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  with asked as (
    select (f.place - 1) / cardinality(weights) + 1 as question, (f.place - 1) % cardinality(weights) + 1 as number, f.ndcg
    from unnest(figures) with ordinality as f (ndcg, place)
  ),
  compared as (
    select a.number, a.ndcg, a.ndcg - first_value(a.ndcg) over (partition by a.question order by a.number) as gain, counts[a.question] as count
    from asked a
  ),
  means as (
    select c.number, sum(c.count * c.ndcg) / sum(c.count) as ndcg, sum(c.count * c.gain) / sum(c.count) as gain
    from compared c
    group by c.number
  ),
  errors as (
    select c.number, sqrt(sum((c.count * (c.gain - m.gain)) ^ 2) * count(*) / greatest(count(*) - 1, 1)) / sum(c.count) as error
    from compared c
    join means m on m.number = c.number
    group by c.number
  )
  select jsonb_agg(
    jsonb_build_object('weight', weights[m.number], 'ndcg', m.ndcg::real, 'gain', m.gain::real, 'gain_error', e.error::real) order by weights[m.number]
  )
  from means m
  join errors e on e.number = m.number;
$$;
comment on function app_private.vector_weight_points(real[], double precision[], double precision[]) is
  'Of each weight (the first is the one in force): its nDCG, how much more that is than of the one in force, and the standard error of that. figures: the nDCG of each question in turn, for all weights; counts: as how many each question counts.';
