-- Whose failure a row of cutting_failures is: each kind of source is named in columns of its own.
create or replace function app_private.is_failure_of(
  failure app_hidden.cutting_failures, source_type app_public.source_type, source_id uuid, sequence_number integer
)
returns boolean
language sql
immutable
as $$
  select case source_type
    when 'document' then (failure).document_id = source_id
    when 'memory' then (failure).memory_item_id = source_id
    when 'message' then (failure).conversation_id = source_id and (failure).sequence_number = is_failure_of.sequence_number
  end;
$$;
comment on function app_private.is_failure_of(app_hidden.cutting_failures, app_public.source_type, uuid, integer) is
  'Whether a failure is that of a document, a memory, or a message of a conversation.';
