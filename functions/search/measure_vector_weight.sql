-- Measures how much the vectors of a version should count beside words, by what answers cited. Each question is asked once by meaning
-- and once by words, as whoever asked it, and what both find is put in order with each weight. A version that searches use moves by a
-- step a night, and only where the gain is clear; one that is being built has no weight of its own yet and takes the best. Everything
-- in one transaction: a run that is killed leaves nothing. One run at a time; its time is bounded, and what it has asked until then
-- counts. It must never return or keep the id of a tenant.

-- The order of sources that app_public.search gives to what its legs found: a source stands where its best similarity and its best words
-- put it. test/sql/fusion.test.ts compares the two.
create or replace function app_private.fused_ndcg(
  in_version uuid, workspace uuid, query_embedding extensions.halfvec, hits app_public.search_result[], cited uuid[], weights real[]
)
returns double precision[]
language sql
stable
set search_path = pg_catalog, extensions, pg_temp
as $$
  with passages as (
    select h.chunk_id, coalesce(h.document_id, h.message_id, h.memory_item_id, h.raw_event_id) as source, max(h.vector_score) as vector_score, max(h.text_score) as text_score
    from unnest(hits) as h
    group by 1, 2
  ),
  sources as materialized (
    select
      p.source, coalesce(max(p.text_score), 0) as by_words,
      max(greatest(coalesce(p.vector_score, (
        select (1 - (e.embedding operator(extensions.<=>) query_embedding))::real
        from app_public.embeddings e
        where e.version_id = in_version and e.workspace_id = fused_ndcg.workspace and e.chunk_id = p.chunk_id
      )), 0)) as by_meaning
    from passages p
    group by p.source
  ),
  ranked as (
    select w.number, s.source, row_number() over (partition by w.number order by w.weight * s.by_meaning + (1 - w.weight) * s.by_words desc, s.source desc) as place
    from unnest(weights) with ordinality as w (weight, number)
    cross join sources s
  )
  select array_agg(g.gained / g.ideal order by g.number)
  from (
    select
      r.number, coalesce(sum(1 / ln(r.place + 1)) filter (where r.place <= 10 and r.source = any (cited)), 0)::float8 as gained,
      (select sum(1 / ln(i + 1)) from generate_series(1, least(10, cardinality(cited))) as i)::float8 as ideal
    from ranked r
    group by r.number
  ) as g
  where exists (select from sources s where s.source = any (cited));
$$;
comment on function app_private.fused_ndcg(uuid, uuid, extensions.halfvec, app_public.search_result[], uuid[], real[]) is
  'nDCG@10 of the cited sources among what both legs of a search found, for each weight of the vectors; null when none of them was found.';

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
