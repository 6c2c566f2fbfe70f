-- The first version of a database that holds no passage yet: whatever model the settings name takes the place of the one that
-- came with the migrations, at once and for nothing, since there is nothing to fill, to index or to compare. Once anything was cut
-- it refuses: then a version is made beside the active one, filled and activated. All in one transaction, so that nothing is
-- half made.
create or replace function app_private.make_first_version(
  name text,
  provider text,
  model text,
  dimensions integer,
  query_prefix text default null,
  passage_prefix text default null,
  native_dimensions integer default null,
  chunk_size integer default null,
  chunk_overlap integer default null,
  chunking_method text default null
)
returns app_public.embedding_versions
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s'
as $$
declare
  former app_public.embedding_versions;
  free_name text := left(make_first_version.name, 90);
  made app_public.embedding_versions;
begin
  perform app_private.lock_embedding_versions();
  select v.* into former from app_public.embedding_versions v where v.status = 'active';
  -- another process that starts at the same time has just made it
  if (former.provider, former.model, former.dimensions, former.native_dimensions, former.query_prefix, former.passage_prefix) is not distinct from (
    make_first_version.provider, make_first_version.model, make_first_version.dimensions, make_first_version.native_dimensions,
    coalesce(make_first_version.query_prefix, ''), coalesce(make_first_version.passage_prefix, '')
  ) then
    return former;
  end if;
  -- nobody cuts anything until this is done
  lock table app_public.chunks in share mode;
  if exists (select from app_public.chunks) then
    raise exception 'There are passages already.' using errcode = 'CQ318', hint = 'npm run embeddings -- switch makes, fills and activates the version of another model.';
  end if;
  for n in 2 .. 1000 loop
    exit when not exists (select from app_public.embedding_versions v where v.name = free_name);
    free_name := left(make_first_version.name, 90) || '-' || n;
  end loop;
  made := app_public.create_embedding_version(
    name => free_name, provider => make_first_version.provider, model => make_first_version.model, dimensions => make_first_version.dimensions,
    query_prefix => make_first_version.query_prefix, passage_prefix => make_first_version.passage_prefix,
    native_dimensions => make_first_version.native_dimensions, chunk_size => make_first_version.chunk_size,
    chunk_overlap => make_first_version.chunk_overlap, chunking_method => make_first_version.chunking_method
  );
  perform app_private.create_embedding_index(made.id);
  made := app_public.activate_embedding_version(made.id);
  -- else every text would get its vectors too, to go back to
  if former.id is not null then
    perform app_private.archive_version(former.id);
  end if;
  return made;
end
$$;
comment on function app_private.make_first_version(text, text, text, integer, text, text, integer, integer, integer, text) is
  'Makes and activates the version of a model in a database without passages, and archives the former one. For the owner, at migration and start. Raises CQ318 when there are passages.';

-- Deliberately not granted: the owner's login calls it.
