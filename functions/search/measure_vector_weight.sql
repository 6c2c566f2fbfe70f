-- Measures how much the vectors of a version should count beside words, by what answers cited. Each question is asked once by meaning
-- and once by words, as whoever asked it, and what both find is put in order with each weight. A version that searches use moves by a
-- step a night, and only where the gain is clear; one that is being built has no weight of its own yet and takes the best. Everything
-- in one transaction: a run that is killed leaves nothing. One run at a time; its time is bounded, and what it has asked until then
-- counts. It must never return or keep the id of a tenant.
create or replace function app_hidden.measure_vector_weight(for_version uuid, seconds double precision default null)
returns setof app_hidden.fusion_measurements
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
as $$
declare
  -- a smaller gain is not worth another order of everybody's results
  least_gain constant double precision := 0.01;
  step constant real := 0.1;
  -- one that pleased somebody counts as two
  endorsed_count constant double precision := 2;
  least_questions integer := app_hidden.setting('search_vector_weight_minimum')::integer;
  deadline timestamptz := clock_timestamp() + make_interval(secs => coalesce(seconds, app_hidden.setting('search_vector_weight_seconds')::double precision));
  version app_public.embedding_versions;
  question app_private.fusion_question;
  earlier app_public.search_filters;
  by_meaning app_public.search_response;
  by_words app_public.search_response;
  weights real[];
  ndcgs double precision[];
  figures double precision[] := array[]::double precision[];
  counts double precision[] := array[]::double precision[];
  result app_hidden.fusion_measurements;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.measure_vector_weight')) then
    return;
  end if;
  select v.* into version from app_public.embedding_versions v where v.id = for_version and v.status <> 'archived';
  if version.id is null then
    raise exception 'There is no such embedding version, or it is archived.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
  end if;
  -- the first is the one in force; with vectors alone, no word would count
  weights := array[version.vector_weight] || array(
    select (g / 10.0)::real from generate_series(0, 9) as g where (g / 10.0)::real <> version.vector_weight order by g
  );
  result.id := uuidv7();
  result.version_id := version.id;
  result.vector_weight := version.vector_weight;
  result.questions := 0;
  result.endorsed_questions := 0;
  result.was_applied := false;

  for question in select q.* from app_private.fusion_questions(version.id, app_hidden.setting('search_vector_weight_questions')::integer) as q loop
    exit when result.questions > 0 and clock_timestamp() > deadline;
    perform set_config('colloquy.user_id', question.user_id::text, true), set_config('colloquy.workspace_id', question.workspace_id::text, true),
      set_config('colloquy.scopes', '', true);
    earlier := null;
    earlier.created_before := question.asked_at;
    by_meaning := app_public.search(
      query => '', query_embedding => question.embedding, kinds => question.kinds, max_results => 50, mode => 'vector', filters => earlier,
      embedding_version_id => version.id
    );
    by_words := app_public.search(query => question.question, kinds => question.kinds, max_results => 50, mode => 'text', filters => earlier);
    ndcgs := app_private.fused_ndcg(
      version.id, question.workspace_id, question.embedding, by_meaning.results || by_words.results, question.cited, weights
    );
    -- what neither leg finds says nothing of the weight
    continue when ndcgs is null;
    result.questions := result.questions + 1;
    result.endorsed_questions := result.endorsed_questions + question.is_endorsed::integer;
    figures := figures || ndcgs;
    counts := counts || case when question.is_endorsed then endorsed_count else 1 end;
  end loop;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true);
  if result.questions = 0 then
    return;
  end if;

  -- each weight beside the one in force, question by question: their difference has less noise than they have
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
  into result.points
  from means m
  join errors e on e.number = m.number;

  if result.questions >= least_questions then
    select case when version.status = 'building' then best.weight else (
      -- towards the best, but never through what is worse
      select p.weight
      from jsonb_populate_recordset(null::app_public.vector_weight_point, result.points) as p
      where abs(p.weight - version.vector_weight) < step + 0.001 and p.gain >= 0 and (p.weight > version.vector_weight) = (best.weight > version.vector_weight)
      order by abs(p.weight - best.weight)
      limit 1
    ) end
    into result.suggested_weight
    from (
      select p.*
      from jsonb_populate_recordset(null::app_public.vector_weight_point, result.points) as p
      order by p.ndcg desc, abs(p.weight - version.vector_weight)
      limit 1
    ) as best
    -- not by chance: two standard errors
    where best.gain >= least_gain and best.gain > 2 * best.gain_error;
  end if;

  if result.suggested_weight is not null and app_hidden.setting('search_vector_weight_auto') = 'on'
    -- one step a night, however often somebody measures
    and (version.status = 'building' or not exists (
      select
      from app_hidden.fusion_measurements m
      where m.version_id = version.id and m.was_applied and m.id > app_hidden.uuidv7_floor(clock_timestamp() - interval '20 hours')
    ))
  then
    update app_public.embedding_versions v
    set vector_weight = result.suggested_weight
    -- what an administrator has set meanwhile stays
    where v.id = version.id and not v.vector_weight_is_fixed and v.vector_weight = version.vector_weight;
    result.was_applied := found;
  end if;
  insert into app_hidden.fusion_measurements (id, version_id, questions, endorsed_questions, vector_weight, points, suggested_weight, was_applied)
  values (
    result.id, result.version_id, result.questions, result.endorsed_questions, result.vector_weight, result.points, result.suggested_weight, result.was_applied
  )
  returning * into result;
  return next result;
end
$$;
comment on function app_hidden.measure_vector_weight(uuid, double precision) is
  'Measures by citations how much the vectors of a version should count, writes it down, and puts it in force if the settings say so and no administrator has fixed it. No row: another run is at work, or there is nothing to ask. Error: CQ204 no such version.';
grant execute on function app_hidden.measure_vector_weight(uuid, double precision) to colloquy_worker;
