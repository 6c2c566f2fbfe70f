-- What a row of a table that legal holds cover belongs to, as expressions over the row r: its kinds, and the conversations, documents and
-- persons by which a narrower hold finds it. A table that is not here is not covered: see docs/legal-holds.md for why.
-- "unless": how a row may go although it is held, since nothing is lost: packing and unpacking a conversation. It asks what is stored,
-- so that no setting and no role opens it. %rows% stands for the relation of the rows.
create or replace function app_private.hold_scope(of_table regclass)
returns table (kinds text, conversations text, documents text, persons text, unless text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    s.kinds, coalesce(s.conversations, '''{}'''), coalesce(s.documents, '''{}'''), coalesce(s.persons, '''{}'''), coalesce(s.unless, 'false')
  from (
    select * from app_private.conversation_hold_scopes()
    union all
    values
      ('app_hidden.cited_passages',
        'array[case r.source_type when ''document'' then ''documents'' when ''message'' then ''conversations'' when ''memory'' then ''memory_items'' else ''raw_events'' end,'
        ' case r.source_type when ''event'' then ''imported_events'' end, case when cardinality(app_private.citing_conversations(r.workspace_id, r.id, r.chunk_id)) > 0 then ''conversations'' end]',
        'r.conversation_id || app_private.citing_conversations(r.workspace_id, r.id, r.chunk_id)', 'array[r.document_id]',
        'r.owner_id || array(select app_private.owner_of_conversation(x) from unnest(app_private.citing_conversations(r.workspace_id, r.id, r.chunk_id)) as x)',
        null),
      ('app_public.documents', '''{documents}''', null, 'array[r.id]', 'array[r.owner_id]', null),
      ('app_public.repositories', '''{documents}''', null, null, 'array[r.owner_id]', null),
      ('app_public.repository_documents', '''{documents}''', null, 'array[r.document_id]',
        'array(select d.owner_id from app_public.documents d where d.id = r.document_id)', null),
      ('app_public.files', 'case when r.conversation_id is null then ''{files}'' else ''{files,conversations}'' end', 'array[r.conversation_id]', null,
        'array[r.owner_id]', null),
      ('app_public.memory_items', '''{memory_items}''', null, null, 'array[r.owner_id]', null),
      ('app_public.memory_item_changes', '''{memory_items}''', null, null, 'array[r.owner_id]', null),
      -- what an agent said and was asked is a conversation of its owner
      ('app_hidden.agent_checkpoints', '''{conversations}''', null, null, 'array[r.owner_id]', null),
      ('app_hidden.agent_checkpoint_writes', '''{conversations}''', null, null, 'array[r.owner_id]', null),
      ('app_public.raw_events', '''{raw_events,imported_events}''', null, null, 'array[r.owner_id]', null),
      ('app_public.usage_logs', '''{usage_logs}''', 'array[r.conversation_id]', null, 'array[r.user_id]', null),
      ('app_public.conversation_analytics', '''{conversation_analytics}''', 'array[r.conversation_id]', null,
        'array[app_private.owner_of_conversation(r.conversation_id)]', null),
      ('app_public.entity_tags',
        'array[case r.entity_type when ''conversation'' then ''conversations'' when ''memory_item'' then ''memory_items'' else ''documents'' end]',
        'array[case when r.entity_type = ''conversation'' then r.entity_id end]', 'array[case when r.entity_type = ''document'' then r.entity_id end]',
        'array[case r.entity_type when ''conversation'' then app_private.owner_of_conversation(r.entity_id)'
        ' when ''memory_item'' then (select m.owner_id from app_public.memory_items m where m.id = r.entity_id)'
        ' when ''document'' then (select d.owner_id from app_public.documents d where d.id = r.entity_id)'
        ' else (select e.owner_id from app_public.repositories e where e.id = r.entity_id) end]', null),
      -- of no kind: a hold on everything in the workspace keeps them
      ('app_public.tags', '''{}''', null, null, null, null)
  ) as s (name, kinds, conversations, documents, persons, unless)
  where s.name::regclass = of_table;
$$;
comment on function app_private.hold_scope(regclass) is
  'Expressions over a row r: its kinds, conversations, documents and persons as legal holds name them, and how it may go although it is held. No row for a table that holds do not cover.';
-- Deliberately not granted: the triggers that keep call it.
