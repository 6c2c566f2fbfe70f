-- What a database from before 0.1.0 moves, whose last migration was 000015-functions.sql: run once, in one transaction, when it has the
-- tables and the functions of 0.1.0 (lib/migrations/earlier.ts). Later databases have nothing of this.


-- of what is indexed already
insert into app_hidden.workspace_words (workspace_id, word)
select c.workspace_id, l.word
from app_public.chunks c
cross join lateral unnest(tsvector_to_array(c.text_search)) as l (word)
where l.word ~ '^[^\d\s[:punct:]]{4,40}$'
group by 1, 2
on conflict on constraint workspace_words_pkey do nothing;

-- Feedback and citations that are packed become rows again, one document of 128 KiB at a time. An archive that is damaged keeps
-- what it has: whoever repairs it gets that back when the conversation is restored.
create or replace function app_private.move_packed_rows()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO'
set intervalstyle = 'postgres'
set timezone = 'UTC'
as $$
declare
  archived record;
  piece app_hidden.conversation_archive_parts;
  names text;
begin
  for archived in
    select a.conversation_id, c.owner_id
    from app_hidden.conversation_archives a
    join app_public.conversations c on c.id = a.conversation_id
    where exists (
      select from app_hidden.conversation_archive_parts p where p.conversation_id = a.conversation_id and p.packed <> 'app_public.messages'::regclass
    )
    order by a.conversation_id
  loop
    begin
      perform app_private.check_archive(archived.conversation_id);
    exception when sqlstate 'CQ260' then
      raise warning '%', sqlerrm;
      continue;
    end;
    for piece in
      select p.* from app_hidden.conversation_archive_parts p
      where p.conversation_id = archived.conversation_id and p.packed <> 'app_public.messages'::regclass
      order by p.packed::regclass::text, p.part
    loop
      select string_agg(quote_ident(c.name), ', ') into names from unnest(app_private.packed_columns(piece.packed)) as c (name);
      execute format('insert into %s (%s) select %2$s from (%s) as t', piece.packed, names, app_private.unpack_query(piece.packed, piece.columns))
      using piece.document, archived.owner_id;
      delete from app_hidden.conversation_archive_parts p
      where p.conversation_id = piece.conversation_id and p.packed = piece.packed and p.part = piece.part;
    end loop;
    update app_hidden.conversation_archives a
    set sha256 = app_private.archive_hash(a.conversation_id)
    where a.conversation_id = archived.conversation_id;
    -- it was counted when it was given, and people may be gone
    update app_public.conversations c
    set
      positive_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'positive'),
      negative_feedback = (select count(*) from app_public.message_feedback f where f.workspace_id = c.workspace_id and f.conversation_id = c.id and f.feedback_type = 'negative')
    where c.id = archived.conversation_id;
  end loop;
end
$$;
select app_private.move_packed_rows();
drop function app_private.move_packed_rows();

-- What was cited before passages were kept, as far as it is still there: as it is now, a thousand chunks at a time.
do $$
declare
  workspace uuid := '00000000-0000-0000-0000-000000000000';
  chunk uuid := '00000000-0000-0000-0000-000000000000';
  wanted uuid[];
  next_workspace uuid;
begin
  loop
    select x.workspace_id into next_workspace
    from app_public.message_chunks x
    where (x.workspace_id, x.chunk_id) > (workspace, chunk)
    order by x.workspace_id, x.chunk_id
    limit 1;
    exit when next_workspace is null;
    if next_workspace <> workspace then
      workspace := next_workspace;
      chunk := '00000000-0000-0000-0000-000000000000';
    end if;
    wanted := array(
      select distinct x.chunk_id from app_public.message_chunks x
      where x.workspace_id = workspace and x.chunk_id > chunk
      order by x.chunk_id
      limit 1000
    );
    perform app_private.keep_passages(workspace, wanted);
    chunk := wanted[cardinality(wanted)];
  end loop;
end
$$;

-- Only where nothing is cut yet: all vectors of a version are made of passages of one kind. Passages of 200 tokens without overlap cost a
-- fifth fewer tokens than those of 100 with 15, are half as many, and find as well (docs/search-performance.md).
update app_public.embedding_versions v
set chunk_size = 200, chunk_overlap = 0
where v.name = 'local-1' and v.chunk_size = 100 and v.chunk_overlap = 15 and not exists (select from app_public.chunks);

drop table app_hidden.unfinished_upgrade;
