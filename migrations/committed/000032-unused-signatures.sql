--! Previous: sha1:2e7a44c2497c35034bf3407ab8abf837e851b469
--! Hash: sha1:1f95b037e7e48fb5c75c8d1b50245a15774a1f25
--! Message: unused signatures

--! split: 1-current.sql
-- Parameters that nobody gave, and a trigger function of which there was another one; functions/ makes the triggers anew.
drop trigger if exists conversation_files_20_discard_delete on app_hidden.conversation_files;
drop trigger if exists conversation_files_20_discard_truncate on app_hidden.conversation_files;
drop function if exists app_private.discard_conversation_files();
drop function if exists app_private.is_held(uuid, app_public.retention_kind, uuid, uuid, uuid);
drop function if exists app_private.require_unheld_partition(regclass, regclass);
drop function if exists app_hidden.reapply_erasures(boolean);
drop function if exists app_private.erase_from_summary(app_hidden.pending_erasures);
