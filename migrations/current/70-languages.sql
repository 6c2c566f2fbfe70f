-- The language of a passage is recognised from its text when it is cut.

alter table app_public.chunks add column if not exists is_language_recognized boolean not null default false;
comment on column app_public.workspaces.text_search_language is
  'The language of texts that name none and do not tell it themselves: messages, memories, events, and documents added without one. Of what is indexed from then on; simple for everything.';
comment on column app_public.documents.text_search_language is
  'Text search configuration of passages whose own language cannot be recognised; simple is that of all.';
comment on column app_public.chunks.is_language_recognized is 'Whether the text itself told the language; else it was declared for the document or the workspace.';

do $$
begin
  if not exists (
    select from pg_catalog.pg_attribute a where a.attrelid = 'app_private.wanted_chunk'::regclass and a.attname = 'language' and not a.attisdropped
  ) then
    alter type app_private.wanted_chunk add attribute language text;
  end if;
end
$$;
comment on column app_private.wanted_chunk.language is 'The language that was recognised in it, where it counts.';

-- what was recognised is counted apart: the correction of languages leaves it alone, and must not look for it again and again
alter table app_hidden.chunk_counts add column if not exists is_language_recognized boolean not null default false;
comment on column app_hidden.chunk_counts.is_language_recognized is 'Whether their texts told the language; else it was declared.';
alter table app_hidden.chunk_counts drop constraint if exists chunk_counts_pkey;
-- serves: the counts of a workspace, and their upkeep by key
create unique index if not exists chunk_counts_new_pkey
  on app_hidden.chunk_counts (workspace_id, source_type, text_search_language, is_language_recognized);
alter table app_hidden.chunk_counts add constraint chunk_counts_pkey primary key using index chunk_counts_new_pkey;

drop function if exists app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric);

--!include embeddings/recognized_language.sql
--!include members/set_workspace_language.sql
--!include knowledge/create_document.sql
--!include embeddings/counts.sql
--!include embeddings/correct_chunk_languages.sql
--!include embeddings/pipeline.sql
--!include ingest/process_events.sql
