-- After the passages are there. The bench vacuums both tables then, so that what is pending in their indexes of words is merged.
insert into bench.passages (chunk_id, workspace_id, content, words)
select c.id, c.workspace_id, c.content, to_tsvector('pg_catalog.english', c.heading || ' ' || c.content) from app_public.chunks c;
create index on bench.passages using gin (workspace_id, words);
