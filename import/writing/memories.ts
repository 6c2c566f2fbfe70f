import type { MemoryItem } from '../items.ts';
import type { Outcome } from '../tally.ts';
import type { Visibility } from './payloads.ts';
import type { Transactions } from './transactions.ts';

/** What is known of its subject, and whether its owner forgot just this. */
const KNOWN = `select
    coalesce(bool_or(m.content = $2 and (upper_inf(m.validity) or m.forgotten_at is not null)), false) as is_known,
    coalesce(bool_or(upper_inf(m.validity)), false) as has_other,
    (array_agg(m.id) filter (where upper_inf(m.validity)))[1] as id
  from app_public.memory_items m
  where m.workspace_id = app_hidden.current_workspace_id() and m.owner_id = app_hidden.current_user_id()
    and m.metadata ->> 'source' = $1`;
const REMEMBER = `select id from app_public.remember(
  content => $1, subject => $2, visibility => $3::app_public.visibility, provenance => $4::jsonb, metadata => $5::jsonb)`;

/** Remembers what another assistant remembered. What was forgotten here does not come back with the next export. */
export async function writeMemory(
  item: MemoryItem,
  session: Transactions,
  visibility: Visibility,
): Promise<{ id: string | null; outcome: Outcome }> {
  return session.transaction(async (client) => {
    const { is_known, has_other, id } = (await client.query(KNOWN, [item.source, item.content.trim()]))
      .rows[0];
    if (is_known) return { id, outcome: 'unchanged' };
    const { rows } = await client.query(REMEMBER, [
      item.content,
      item.subject,
      visibility,
      JSON.stringify({ importer: item.metadata.importer }),
      JSON.stringify({ ...item.metadata, source: item.source }),
    ]);
    return { id: rows[0].id, outcome: has_other ? 'updated' : 'imported' };
  });
}
