-- What a new version will take, before anything is spent. Reads chunks once for their tokens, writes nothing.
--
-- Bytes on disk, from the layouts of PostgreSQL 18 (storage-page-layout, storage-toast) and pgvector 0.8 (src/halfvec.h,
-- src/hnsw.h); test/sql/embedding-versions.test.ts holds them against real tables and builds.
-- A vector has 8 + 2 * dimensions bytes. A row has a line pointer of 4, a header of 24 and three uuids of 48, and the vector
-- itself up to 1,952 bytes; a longer one goes into the TOAST table in pieces of 1,996 bytes, each with 40 bytes of
-- header and line pointer and 32 of index, four to a page, and leaves a pointer of 18. Each row has an entry of 60 bytes in the
-- primary key and one of 44 in the index of the foreign key; B-trees are about 70 % full after random inserts.
-- The HNSW index (m = 16): per row an element of 76 bytes and the vector, and a neighbour list of 8 + 6 * 16 * (2 + level)
-- bytes, level averaging 1 / 15; each with a line pointer of 4, aligned to 8. What does not fit a page goes to the next.
create or replace function app_private.embedding_bytes(dimensions integer, row_count bigint, out table_bytes bigint, out index_bytes bigint)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  page constant numeric := 8192;
  usable constant numeric := 8168;
  vector numeric := 8 + 2 * dimensions;
  element numeric := ceil((76 + vector) / 8) * 8 + 4;
  neighbours constant numeric := ceil((8 + 6 * 16 * (2 + 1.0 / 15)) / 8) * 8 + 4;
  row_bytes numeric;
  toast_bytes numeric := 0;
  pages numeric;
begin
  if vector <= 1952 then
    row_bytes := 4 + ceil((24 + 48 + vector) / 8) * 8;
  else
    row_bytes := 4 + 96;
    toast_bytes := ceil(vector / 1996) * (least(vector / ceil(vector / 1996), 1996) + 40) * usable / (usable - 40) + ceil(vector / 1996) * 32 / 0.7;
  end if;
  table_bytes := ceil(row_count * (page / floor(usable / row_bytes) + toast_bytes + (60 + 44) / 0.7));
  if element + neighbours <= usable then
    pages := 1 / floor(usable / (element + neighbours));
  else
    -- a page for the element; neighbour lists go together
    pages := 1 + 1 / floor(usable / neighbours);
  end if;
  index_bytes := ceil(row_count * pages * page);
end
$$;
comment on function app_private.embedding_bytes(integer, bigint) is 'Bytes that so many vectors of so many dimensions take, as rows and in their index.';

create or replace function app_public.estimate_embedding_version(
  version_id uuid default null, dimensions integer default null, price_per_million_tokens numeric default 0
)
returns app_public.embedding_estimate
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  version app_public.embedding_versions;
  result app_public.embedding_estimate;
begin
  perform app_private.require_administrator();
  if version_id is not null then
    select v.* into version from app_public.embedding_versions v where v.id = version_id;
    if version.id is null then
      raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
    end if;
    dimensions := version.dimensions;
  end if;
  if dimensions is null or dimensions not between 1 and 4000 then
    raise exception 'A version has 1 to 4000 dimensions, not %.', dimensions using errcode = 'CQ200', hint = 'Name a version or its dimensions.';
  end if;
  price_per_million_tokens := coalesce(price_per_million_tokens, 0);
  if price_per_million_tokens not between 0 and 1000000 then
    raise exception 'A price is 0 to 1,000,000, not %.', price_per_million_tokens using errcode = 'CQ200', hint = 'Give US dollars per million tokens.';
  end if;

  select count(*), coalesce(sum(c.token_count), 0) into result.chunks, result.tokens from app_public.chunks c;
  result.cost_usd := round(result.tokens * price_per_million_tokens / 1000000, 6);
  select b.table_bytes, b.index_bytes into result.table_bytes, result.index_bytes
  from app_private.embedding_bytes(dimensions, result.chunks) as b;
  result.disk_bytes := result.table_bytes + result.index_bytes;
  -- minutes in which something was done: pauses say nothing about speed
  select sum(r.tokens) / (60.0 * count(distinct r.minute)) into result.tokens_per_second
  from app_hidden.embedding_rates r
  join app_public.embedding_versions v on v.id = r.version_id
  where r.minute > now() - interval '30 days'
  group by (v.provider, v.model) is not distinct from (version.provider, version.model)
  order by (v.provider, v.model) is not distinct from (version.provider, version.model) desc
  limit 1;
  result.tokens_per_second := round(coalesce(nullif(result.tokens_per_second, 0), app_hidden.setting('embedding_tokens_per_second')::numeric), 1);
  result.seconds := ceil(result.tokens / greatest(result.tokens_per_second, 0.1));
  return result;
end
$$;
comment on function app_public.estimate_embedding_version(uuid, integer, numeric) is
  'What a version, or one of so many dimensions, will take: chunks, tokens, cost, disk and time. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ204 no such version.';
grant execute on function app_public.estimate_embedding_version(uuid, integer, numeric) to colloquy_admin;
