-- What the archive of a person has, by the names of its files: everything that belongs to the person, that it said about things of
-- others, and that was written down about it. Never a secret: hidden are hashes, tokens, vectors, and who did something for others. Of
-- conversations of others the person's own messages are in it, and nothing else (export_messages).
create or replace function app_private.export_parts()
returns table (part text, source text, key text, predicate text, hidden text[])
language sql
immutable
rows 30
set search_path = pg_catalog, pg_temp
as $$
  values
    ('account', 'app_public.users', 'id', 't.id = $1', '{}'::text[]),
    ('sessions', 'app_private.user_sessions', 'id', 't.user_id = $1', array['token_hash']),
    ('identities', 'app_private.user_identities', 'id', 't.user_id = $1', '{}'::text[]),
    ('passkeys', 'app_private.passkeys', 'id', 't.user_id = $1', array['credential_id', 'public_key']),
    ('sign_in_places', 'app_private.sign_in_places', null::text, 't.user_id = $1', '{}'::text[]),
    ('api_keys', 'app_public.api_keys', 'id', 't.owner_id = $1', '{}'::text[]),
    ('memberships', 'app_public.workspace_members', 'workspace_id', 't.user_id = $1', '{}'::text[]),
    ('workspaces', 'app_public.workspaces', 'id', 'exists (select from app_public.workspace_members m where m.workspace_id = t.id and m.user_id = $1)', '{}'::text[]),
    ('notices', 'app_private.account_notices', 'id', 't.user_id = $1', '{}'::text[]),
    ('mails', 'app_private.mail_outbox', 'id', 'lower(t.recipient) = (select lower(u.email::text) from app_public.users u where u.id = $1)', array['data', 'subject', 'body', 'last_error', 'sender_id']),
    ('invitations', 'app_public.workspace_invitations', 'id', 't.email = (select u.email from app_public.users u where u.id = $1)', array['invited_by', 'api_key_id']),
    ('audit_log', 'app_public.audit_logs', 'id', 't.user_id = $1', '{}'::text[]),
    ('usage', 'app_public.usage_logs', 'id', 't.user_id = $1', '{}'::text[]),
    ('usage_months', 'app_private.user_usage_months', null::text, 't.user_id = $1', '{}'::text[]),
    ('conversations', 'app_public.conversations', 'id', 't.owner_id = $1', '{}'::text[]),
    ('feedback', 'app_public.message_feedback', 'id', 't.user_id = $1', '{}'::text[]),
    ('citations', 'app_public.message_chunks', null::text, 'exists (select from app_public.conversations c where c.id = t.conversation_id and c.owner_id = $1)', '{}'::text[]),
    ('tool_calls', 'app_public.tool_calls', 'id', 'exists (select from app_public.conversations c where c.id = t.conversation_id and c.owner_id = $1)', array['decided_by']),
    ('images', 'app_public.generated_images', 'id', 't.owner_id = $1', '{}'::text[]),
    ('links', 'app_public.conversation_shares', 'id', 't.created_by = $1', array['token_hash']),
    ('readings', 'app_public.conversation_reads', 'conversation_id', 't.user_id = $1', '{}'::text[]),
    ('documents', 'app_public.documents', 'id', 't.owner_id = $1', array['content_hash', 'chunked_hash']),
    ('repositories', 'app_public.repositories', 'id', 't.owner_id = $1', '{}'::text[]),
    ('repository_documents', 'app_public.repository_documents', null::text, 'exists (select from app_public.repositories r where r.id = t.repository_id and r.owner_id = $1)', '{}'::text[]),
    ('files', 'app_public.files', 'id', 't.owner_id = $1', '{}'::text[]),
    ('memories', 'app_public.memory_items', 'id', 't.owner_id = $1', array['content_hash', 'chunked_hash']),
    ('memory_changes', 'app_public.memory_item_changes', 'id', 't.owner_id = $1', '{}'::text[]),
    ('events', 'app_public.raw_events', 'id', 't.owner_id = $1', array['knowledge_hash']),
    ('agent_checkpoints', 'app_hidden.agent_checkpoints', 'id', 't.owner_id = $1', '{}'::text[]),
    ('agent_checkpoint_writes', 'app_hidden.agent_checkpoint_writes', 'id', 't.owner_id = $1', '{}'::text[]),
    ('prompt_templates', 'app_public.system_prompt_templates', 'id', 't.owner_id = $1', '{}'::text[]),
    ('searches', 'app_hidden.search_samples', 'id', 't.user_id = $1', array['embedding']);
$$;
comment on function app_private.export_parts() is 'The parts of the archive of a person: a table, the column that it is read along, which rows, and what is left out of them.';
