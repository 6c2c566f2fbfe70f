-- Citations keep their evidence: the passage as it was when an answer cited it, whatever becomes of its source. And feedback and
-- citations of a packed conversation stay rows: they are found by themselves, as tool calls are.

create table if not exists app_hidden.cited_passages (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  chunk_id uuid not null,
  document_hash bytea,
  source_type app_public.source_type not null,
  document_id uuid,
  conversation_id uuid,
  message_id uuid,
  memory_item_id uuid,
  raw_event_id uuid,
  owner_id uuid not null,
  visibility app_public.visibility not null,
  title text,
  heading text,
  content text not null,
  page_number integer,
  start_offset integer not null,
  end_offset integer not null,
  constraint cited_passages_pkey primary key (id),
  constraint cited_passages_chunk_id_document_hash_key unique nulls not distinct (workspace_id, chunk_id, document_hash),
  constraint cited_passages_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint cited_passages_owner_id_fkey foreign key (owner_id) references app_public.users (id) on delete cascade,
  constraint cited_passages_conversation_id_fkey foreign key (workspace_id, conversation_id)
    references app_public.conversations (workspace_id, id) on delete cascade,
  constraint cited_passages_memory_item_id_fkey foreign key (workspace_id, memory_item_id)
    references app_public.memory_items (workspace_id, id) on delete cascade,
  constraint cited_passages_id_version check (uuid_extract_version(id) = 7),
  constraint cited_passages_document_hash_length check (octet_length(document_hash) = 32),
  constraint cited_passages_one_source check (
    case source_type
      when 'document' then document_id is not null and num_nonnulls(conversation_id, message_id, memory_item_id, raw_event_id) = 0
      when 'message' then num_nonnulls(conversation_id, message_id) = 2 and num_nonnulls(document_id, memory_item_id, raw_event_id) = 0
      when 'memory' then memory_item_id is not null and num_nonnulls(document_id, conversation_id, message_id, raw_event_id) = 0
      when 'event' then raw_event_id is not null and num_nonnulls(document_id, conversation_id, message_id, memory_item_id) = 0
      else false
    end
  ),
  constraint cited_passages_offsets check (start_offset >= 0 and end_offset > start_offset)
);
alter table app_hidden.cited_passages enable row level security;
alter table app_hidden.cited_passages force row level security;
-- serves: what was cited of a document, when its visibility changes, and when it is erased
create index if not exists cited_passages_document_id_idx on app_hidden.cited_passages (document_id) where document_id is not null;
-- serves: the foreign key from conversations
create index if not exists cited_passages_conversation_id_idx on app_hidden.cited_passages (workspace_id, conversation_id) where conversation_id is not null;
-- serves: what was cited of a message, when it is erased
create index if not exists cited_passages_message_id_idx on app_hidden.cited_passages (message_id) where message_id is not null;
-- serves: the foreign key from memory_items
create index if not exists cited_passages_memory_item_id_idx on app_hidden.cited_passages (workspace_id, memory_item_id) where memory_item_id is not null;
-- serves: what was cited of an event, when it goes
create index if not exists cited_passages_raw_event_id_idx on app_hidden.cited_passages (raw_event_id) where raw_event_id is not null;
-- serves: the foreign key from users
create index if not exists cited_passages_owner_id_idx on app_hidden.cited_passages (owner_id);
comment on table app_hidden.cited_passages is 'Passages as they were when answers cited them: once per chunk and version of its document, however many answers did. Never changed but in who may read it.';
comment on column app_hidden.cited_passages.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.cited_passages.workspace_id is 'The tenant.';
comment on column app_hidden.cited_passages.chunk_id is 'The chunk. No foreign key: it may be gone.';
comment on column app_hidden.cited_passages.document_hash is 'Version of the document that it was cut from: its content_hash then. Null for what has no versions.';
comment on column app_hidden.cited_passages.source_type is 'What it was cut from.';
comment on column app_hidden.cited_passages.document_id is 'The document. No foreign key: what was cited outlives it, until it is erased.';
comment on column app_hidden.cited_passages.conversation_id is 'The conversation of the message that it is a piece of. Goes with it.';
comment on column app_hidden.cited_passages.message_id is 'The message that it is a piece of. No foreign key: it may be packed away.';
comment on column app_hidden.cited_passages.memory_item_id is 'The memory. Goes with it.';
comment on column app_hidden.cited_passages.raw_event_id is 'The event. Goes with it, by trigger.';
comment on column app_hidden.cited_passages.owner_id is 'Owner of the source.';
comment on column app_hidden.cited_passages.visibility is 'Visibility of the source, kept equal by trigger as long as there is one.';
comment on column app_hidden.cited_passages.title is 'Title of the source then.';
comment on column app_hidden.cited_passages.heading is 'Title and headings above it.';
comment on column app_hidden.cited_passages.content is 'The text.';
comment on column app_hidden.cited_passages.page_number is 'Page then, when the source had pages.';
comment on column app_hidden.cited_passages.start_offset is 'First character in that version of the source, from 0.';
comment on column app_hidden.cited_passages.end_offset is 'Character after the last.';

create table if not exists app_hidden.passage_checks (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  passage_id uuid not null,
  constraint passage_checks_pkey primary key (id),
  constraint passage_checks_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint passage_checks_id_version check (uuid_extract_version(id) = 7)
);
alter table app_hidden.passage_checks enable row level security;
alter table app_hidden.passage_checks force row level security;
-- serves: what is to be looked at in one workspace, and the foreign key from workspaces
create index if not exists passage_checks_workspace_id_idx on app_hidden.passage_checks (workspace_id);
comment on table app_hidden.passage_checks is 'Cited passages that lost a citation: a job removes those that nothing cites any more. Only added to, so that nobody waits for anybody.';
comment on column app_hidden.passage_checks.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.passage_checks.workspace_id is 'The tenant.';
comment on column app_hidden.passage_checks.passage_id is 'The passage. No foreign key: it may be gone.';

alter table app_public.message_chunks add column if not exists passage_id uuid;
comment on column app_public.message_chunks.passage_id is 'What was cited, as it was: of app_hidden.cited_passages. Null for a citation from before there were any. No foreign key: what was erased leaves its citation.';
comment on column app_public.message_chunks.chunk_id is 'The chunk. No foreign key: a citation survives when its source is cut anew.';

do $$
declare
  added record;
begin
  for added in
    select *
    from (
      values
        ('heading', 'text', 'Title and headings above it, when it is available.'),
        ('page_number', 'integer', 'Page that it stood on, when its source had pages.'),
        ('start_offset', 'integer', 'Its first character in the version of the source that was cited, from 0.'),
        ('end_offset', 'integer', 'The character after its last.'),
        ('document_id', 'uuid', 'The document that it is a piece of; it may be gone.'),
        ('document_hash', 'bytea', 'The version of the document that was cited: its contentHash then.'),
        ('conversation_id', 'uuid', 'The conversation that it is a piece of.'),
        ('message_id', 'uuid', 'The message that it is a piece of.'),
        ('memory_item_id', 'uuid', 'The memory that it is.'),
        ('raw_event_id', 'uuid', 'The event that it says.'),
        ('made_at', 'timestamptz', 'When the passage was made.'),
        ('is_current', 'boolean', 'Whether its source still has it: false when that was edited or removed since. Null when it is not available.')
    ) as a (name, type, comment)
  loop
    if not exists (
      select from pg_attribute t
      where t.attrelid = 'app_public.explained_chunk'::regclass and t.attname = added.name and not t.attisdropped
    ) then
      execute format('alter type app_public.explained_chunk add attribute %I %s', added.name, added.type);
    end if;
    execute format('comment on column app_public.explained_chunk.%I is %L', added.name, added.comment);
  end loop;
end
$$;
comment on column app_public.explained_chunk.is_available is 'Whether it can be read, as it was when it was cited: not when it is not for the reader, or was erased.';

--!include policies/cited_passages.sql
--!include policies/passage_checks.sql
--!include conversations/keep_passages.sql
--!include conversations/add_message_chunks.sql
--!include lifecycle/packed_rows.sql
--!include lifecycle/pack_conversation.sql
--!include lifecycle/unpack_conversation.sql
--!include lifecycle/packed_messages.sql
--!include lifecycle/archive_conversation.sql
--!include conversations/conversation_feedback.sql
--!include conversations/conversation_citations.sql
--!include conversations/citations_of.sql
--!include conversations/find_message.sql
--!include conversations/message_feedback_10_count.sql
--!include lifecycle/erase_cited_passages.sql
--!include lifecycle/delete_uncited_passages.sql
--!include knowledge/propagate_visibility.sql
--!include ingest/raw_events_20_forget.sql
--!include search/explain_answer.sql
drop function if exists app_private.packed_key(regclass);

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

alter table app_hidden.conversation_archives drop constraint if exists conversation_archives_counts_positive;
alter table app_hidden.conversation_archives drop constraint if exists conversation_archives_message_count_positive;
-- squawk-ignore ban-drop-column
alter table app_hidden.conversation_archives drop column if exists feedback_count;
-- squawk-ignore ban-drop-column
alter table app_hidden.conversation_archives drop column if exists citation_count;
alter table app_hidden.conversation_archives add constraint conversation_archives_message_count_positive check (message_count >= 0);

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
