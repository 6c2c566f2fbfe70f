-- Bytes on disk, from the layouts of PostgreSQL 18 (storage-page-layout, storage-toast) and pgvector 0.8 (src/halfvec.h,
-- src/hnsw.h); test/sql/embeddings/embedding-versions.test.ts holds them against real tables and builds.
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
