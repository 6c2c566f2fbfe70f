-- What is packed can be read: each document has its hash or is in the file of its conversation, each archive has all of its documents,
-- and every conversation that is not hot has an archive and every other has none. Whether the bytes of files are there, restores and
-- the job store-cold find out.
with hashed as (
  select
    a.conversation_id,
    bool_and(
      case
        when p.document is null then exists (select from app_hidden.conversation_files f where f.conversation_id = a.conversation_id and f.recalled_at is null)
        else sha256(convert_to(p.document, 'UTF8')) = p.sha256
      end
    ) as are_parts_whole,
    sha256(coalesce(string_agg(p.sha256, '' order by p.packed::text, p.part), '')) = a.sha256 as is_whole,
    coalesce(sum(p.row_count) filter (where p.packed = 'app_public.messages'::regclass), 0) = a.message_count as is_complete
  from app_hidden.conversation_archives a
  left join app_hidden.conversation_archive_parts p on p.conversation_id = a.conversation_id
  group by a.conversation_id, a.sha256, a.message_count
)
select
  'archives_whole' as name,
  'error' as severity,
  format('conversation %s', c.id) as subject,
  case
    when h.conversation_id is null then format('It is %s, and has no archive.', c.storage_tier)
    when c.storage_tier = 'hot' then 'It is hot, and has an archive.'
    when not h.are_parts_whole then 'A document of its archive has another hash, or is neither here nor in a file.'
    when not h.is_whole then 'A document of its archive is missing, or another.'
    else 'Its archive has another number of messages than its documents.'
  end as detail,
  'Restore to another moment, or bring the conversation back from another set.' as remedy,
  'docs/operations/restore.md#archives_whole' as runbook
from app_public.conversations c
left join hashed h on h.conversation_id = c.id
where (h.conversation_id is null) <> (c.storage_tier = 'hot') or not (h.are_parts_whole and h.is_whole and h.is_complete)
order by subject
limit 100;
