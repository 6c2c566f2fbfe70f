-- Takes the text of what was cited, where keeping evidence ends: when a document is erased, messages are, or a person. The citations
-- stay, and say that their passage is not available. Called by whoever erases; deliberately granted to nobody.
create or replace function app_private.erase_cited_passages(of_document uuid default null, of_messages uuid[] default null, of_user uuid default null)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  gone bigint;
  total bigint := 0;
begin
  if of_document is not null then
    delete from app_hidden.cited_passages p where p.document_id = of_document;
    get diagnostics total = row_count;
  end if;
  if of_messages is not null then
    delete from app_hidden.cited_passages p where p.message_id = any (of_messages);
    get diagnostics gone = row_count;
    total := total + gone;
  end if;
  if of_user is not null then
    -- what was theirs, and what they said in conversations of others
    delete from app_hidden.cited_passages p
    where p.owner_id = of_user
      or p.message_id is not null and exists (select from app_public.messages m where m.id = p.message_id and m.author_id = of_user);
    get diagnostics gone = row_count;
    total := total + gone;
  end if;
  return total;
end
$$;
comment on function app_private.erase_cited_passages(uuid, uuid[], uuid) is
  'Removes what answers cited of a document, of messages, and of a user: what the user owned, or wrote in conversations that are not packed. Returns how many passages.';
