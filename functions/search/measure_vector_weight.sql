-- Measures how much the vectors of a version should count beside words, by what answers cited (ndcg_by_weight), and puts that in
-- force when the settings let it (suggested_vector_weight, apply_vector_weight). Everything in one transaction: a run that is killed
-- leaves nothing. One run at a time; its time is bounded, and what it has asked until then counts. It must never return or keep the id
-- of a tenant.
create or replace function app_hidden.measure_vector_weight(for_version uuid, seconds double precision default null)
returns setof app_hidden.fusion_measurements
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
set lock_timeout = '2s'
as $$
declare
  -- one that pleased somebody counts as two
  endorsed_count constant double precision := 2;
  deadline timestamptz := clock_timestamp() + make_interval(secs => coalesce(seconds, app_hidden.setting('search_vector_weight_seconds')::double precision));
  version app_public.embedding_versions;
  question app_private.fusion_question;
  weights real[];
  ndcgs double precision[];
  figures double precision[] := array[]::double precision[];
  counts double precision[] := array[]::double precision[];
  result app_hidden.fusion_measurements;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.measure_vector_weight')) then
    return;
  end if;
  version := app_private.measured_version(for_version);
  -- the first is the one in force; with vectors alone, no word would count
  weights := array[version.vector_weight] || array(
    select (g / 10.0)::real from generate_series(0, 9) as g where (g / 10.0)::real <> version.vector_weight order by g
  );
  result.id := uuidv7();
  result.endorsed_questions := 0;
  for question in select q.* from app_private.fusion_questions(version.id, app_hidden.setting('search_vector_weight_questions')::integer) as q loop
    exit when cardinality(counts) > 0 and clock_timestamp() > deadline;
    ndcgs := app_private.ndcg_by_weight(version.id, question, weights);
    -- what neither leg finds says nothing of the weight
    continue when ndcgs is null;
    result.endorsed_questions := result.endorsed_questions + question.is_endorsed::integer;
    figures := figures || ndcgs;
    counts := counts || case when question.is_endorsed then endorsed_count else 1 end;
  end loop;
  perform app_private.act_as(null, null);
  result.questions := cardinality(counts);
  if result.questions = 0 then
    return;
  end if;

  result.points := app_private.vector_weight_points(weights, figures, counts);
  if result.questions >= app_hidden.setting('search_vector_weight_minimum')::integer then
    result.suggested_weight := app_private.suggested_vector_weight(version, result.points);
  end if;
  result.was_applied := app_private.apply_vector_weight(version, result.suggested_weight);
  insert into app_hidden.fusion_measurements (id, version_id, questions, endorsed_questions, vector_weight, points, suggested_weight, was_applied)
  values (
    result.id, version.id, result.questions, result.endorsed_questions, version.vector_weight, result.points, result.suggested_weight, result.was_applied
  )
  returning * into result;
  return next result;
end
$$;
comment on function app_hidden.measure_vector_weight(uuid, double precision) is
  'Measures by citations how much the vectors of a version should count, writes it down, and puts it in force if the settings say so and no administrator has fixed it. No row: another run is at work, or there is nothing to ask. Error: CQ204 no such version.';
grant execute on function app_hidden.measure_vector_weight(uuid, double precision) to colloquy_worker;
