--! Previous: sha1:762759b1766f4ec41b1ab0c740d92ec00ad0d45f
--! Hash: sha1:1aa0ad48640c148d14420c688d4a62409ad9ed9a
--! Message: legal holds

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 15-legal-holds.sql
-- Legal holds on one conversation, one document or one person, besides those on a workspace.
drop function if exists app_public.place_legal_hold(text, app_public.retention_kind);
drop function if exists app_private.is_held(uuid, app_public.retention_kind);

do $types$
begin
  if to_regtype('app_public.hold_scope') is null then
    create type app_public.hold_scope as enum ('workspace', 'conversation', 'document', 'person');
  end if;
end
$types$;
comment on type app_public.hold_scope is 'How much of a workspace a legal hold keeps.';

alter table app_public.legal_holds add column if not exists scope app_public.hold_scope not null default 'workspace';
alter table app_public.legal_holds add column if not exists conversation_id uuid;
alter table app_public.legal_holds add column if not exists document_id uuid;
alter table app_public.legal_holds add column if not exists user_id uuid;
comment on column app_public.legal_holds.scope is 'Whether it keeps things of the whole workspace, or of one conversation, document or person only.';
comment on column app_public.legal_holds.conversation_id is 'The conversation that it keeps, with everything in it; null after it was released and the conversation is gone.';
comment on column app_public.legal_holds.document_id is 'The document that it keeps; null after it was released and the document is gone.';
comment on column app_public.legal_holds.user_id is 'The person whose things it keeps; null after it was released and the account is gone.';
comment on column app_public.legal_holds.kind is 'What it keeps; null keeps everything that its scope has.';

-- the record of a hold outlives what it was about; while it holds, its target cannot go
alter table app_public.legal_holds drop constraint if exists legal_holds_conversation_id_fkey;
alter table app_public.legal_holds add constraint legal_holds_conversation_id_fkey foreign key (workspace_id, conversation_id)
  references app_public.conversations (workspace_id, id) on delete set null (conversation_id);
alter table app_public.legal_holds drop constraint if exists legal_holds_document_id_fkey;
alter table app_public.legal_holds add constraint legal_holds_document_id_fkey foreign key (workspace_id, document_id)
  references app_public.documents (workspace_id, id) on delete set null (document_id);
alter table app_public.legal_holds drop constraint if exists legal_holds_user_id_fkey;
alter table app_public.legal_holds add constraint legal_holds_user_id_fkey foreign key (user_id) references app_public.users (id) on delete set null;
alter table app_public.legal_holds drop constraint if exists legal_holds_target;
alter table app_public.legal_holds add constraint legal_holds_target check (
  (conversation_id is null or scope = 'conversation') and (document_id is null or scope = 'document') and (user_id is null or scope = 'person')
  and (released_at is not null or scope = 'workspace' or num_nonnulls(conversation_id, document_id, user_id) = 1)
);

-- serves: the foreign key from conversations, the holds on one, and the cascade from workspaces
create index if not exists legal_holds_conversation_id_idx on app_public.legal_holds (workspace_id, conversation_id);
-- what it served is served by the one above; the table is small
-- squawk-ignore require-concurrent-index-deletion
drop index if exists app_public.legal_holds_workspace_id_idx;
-- serves: the foreign key from documents, and the holds on one
create index if not exists legal_holds_document_id_idx on app_public.legal_holds (workspace_id, document_id);
-- serves: the foreign key from users, and the holds on one
create index if not exists legal_holds_user_id_idx on app_public.legal_holds (user_id);
-- serves: is_held and the triggers that keep: the holds of a workspace that are not released
create index if not exists legal_holds_active_idx on app_public.legal_holds (workspace_id) where released_at is null;
