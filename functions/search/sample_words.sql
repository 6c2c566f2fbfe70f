-- How common the words of a workspace are is measured on a sample of its own passages (chunks_20_note_words says what for).
create or replace function app_hidden.sample_words(max_workspaces integer default 10)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  -- below it all that a question finds is ranked within milliseconds
  large constant bigint := 8000;
  sample_size constant bigint := 4000;
  found record;
  sampled integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('colloquy.sample_words')) then
    return 0;
  end if;
  for found in
    select t.workspace_id, t.chunks
    from (select k.workspace_id, sum(k.chunk_count)::bigint as chunks from app_hidden.chunk_counts k group by 1) as t
    left join app_hidden.word_samples s on s.workspace_id = t.workspace_id
    where t.chunks >= large and (s.workspace_id is null or t.chunks not between s.chunk_count * 0.8 and s.chunk_count * 1.25)
    order by s.sampled_at nulls first
    limit max_workspaces
  loop
    with passages as materialized (
      select c.text_search
      from (
        -- by the key alone; hash: spread over all that was ever imported
        select p.id from app_public.chunks p
        where p.workspace_id = found.workspace_id and hashtextextended(p.id::text, 0) % greatest(found.chunks / sample_size, 1) = 0
        offset 0
      ) as p
      cross join lateral (
        select k.text_search from app_public.chunks k where k.workspace_id = found.workspace_id and k.id = p.id offset 0
      ) as c
    ),
    counted as materialized (
      select l.word, count(*) / (select count(*) from passages)::real as share
      from passages p
      cross join lateral unnest(tsvector_to_array(p.text_search)) as l (word)
      where octet_length(l.word) <= 500
      group by l.word
      -- what is rarer than that is not seen often enough to be told from what is not
      having count(*) >= 3
    ),
    forgotten as (
      update app_hidden.workspace_words w
      set share = 0
      where w.workspace_id = found.workspace_id and w.share > 0 and not exists (select from counted c where c.word = w.word)
    )
    insert into app_hidden.workspace_words as w (workspace_id, word, share)
    select found.workspace_id, c.word, c.share from counted c order by c.word
    on conflict on constraint workspace_words_pkey do update set share = excluded.share where w.share is distinct from excluded.share;
    insert into app_hidden.word_samples as s (workspace_id, chunk_count, sampled_at)
    values (found.workspace_id, found.chunks, now())
    on conflict on constraint word_samples_pkey do update set chunk_count = excluded.chunk_count, sampled_at = excluded.sampled_at;
    sampled := sampled + 1;
  end loop;
  delete from app_hidden.word_samples s
  where not exists (
    select from app_hidden.chunk_counts k where k.workspace_id = s.workspace_id group by k.workspace_id having sum(k.chunk_count) >= large / 2
  );
  return sampled;
end
$$;
comment on function app_hidden.sample_words(integer) is
  'Measures how common the words of large workspaces are, of those first whose size has changed by a fifth since. Returns of how many workspaces.';
grant execute on function app_hidden.sample_words(integer) to colloquy_worker;
