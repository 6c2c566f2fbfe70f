-- A conversation whose documents are all in the database again needs its file no more. The job that removes bytes does the rest. A file that
-- alone has documents never goes.
create or replace function app_hidden.release_conversation_file(of_conversation uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform from app_public.conversations c where c.id = of_conversation for no key update;
  delete from app_hidden.conversation_files f
  where f.conversation_id = of_conversation
    and not exists (select from app_hidden.conversation_archive_parts p where p.conversation_id = of_conversation and p.document is null);
  return found;
end
$$;
comment on function app_hidden.release_conversation_file(uuid) is 'Lets go of the file of a conversation whose documents are all in the database again. Whether there was one to let go of.';
grant execute on function app_hidden.release_conversation_file(uuid) to colloquy_worker;
