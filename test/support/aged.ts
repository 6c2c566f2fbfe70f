import type { Database } from '../../lib/database.ts';
import type { Kind } from '../../operations/retention/kinds.ts';
import type { TestUser } from './users.ts';

/** $1 workspace, $2 owner, $3 a word that tells them apart, :at the time. One statement each, of rows as they are after so long. */
const ROWS: Record<Exclude<Kind, 'conversation_analytics'>, string> = {
  raw_events: `insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, payload, processing_status, processed_at)
    values (app_hidden.uuidv7_at(:at), $1, $2, 'zoo', 'birth', jsonb_build_object('of', $3::text), 'completed', :at) returning id`,
  imported_events: `insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, payload, metadata, processing_status, processed_at)
    values (app_hidden.uuidv7_at(:at), $1, $2, 'zoo', 'birth', jsonb_build_object('of', $3::text), '{"importer": "slack"}', 'completed', :at) returning id`,
  usage_logs: `insert into app_public.usage_logs (id, workspace_id, user_id, action, total_tokens, cost_usd, model)
    values (app_hidden.uuidv7_at(:at), $1, $2, 'chat', 7, 0.5, $3) returning id`,
  files: `insert into app_public.files (id, workspace_id, owner_id, original_name, mime_type, byte_size, sha256, processing_status, updated_at)
    values (app_hidden.uuidv7_at(:at), $1, $2, $3, 'text/plain', 1000, sha256(convert_to($3 || (:at)::text, 'UTF8')), 'completed', :at) returning id`,
  documents: `insert into app_public.documents (id, workspace_id, owner_id, title, content, updated_at)
    values (app_hidden.uuidv7_at(:at), $1, $2, $3, 'zebra ' || $3, :at) returning id`,
  memory_items: `insert into app_public.memory_items (id, workspace_id, owner_id, content, validity, forgotten_at)
    values (app_hidden.uuidv7_at(:at - interval '1 hour'), $1, $2, $3 || (:at)::text,
      tstzrange(:at - interval '1 hour', :at), :at) returning id`,
  conversations: `with talk as (
      insert into app_public.conversations (id, workspace_id, owner_id, title, last_message_at, updated_at)
      values (app_hidden.uuidv7_at(:at - interval '1 hour'), $1, $2, $3, :at, :at) returning id
    ), messages as (
      insert into app_public.messages (id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, content)
      select app_hidden.uuidv7_at(:at - n * interval '1 minute'), t.id, $1, $2, $2, 3 - n, 'user', 'zebra ' || n
      from talk t cross join generate_series(1, 2) as n
    )
    select id from talk`,
  audit_logs: `insert into app_public.audit_logs (id, workspace_id, user_id, action, entity_type, new_values)
    values (app_hidden.uuidv7_at(:at), $1, $2, 'test.happened', 'test', jsonb_build_object('of', $3::text)) returning id`,
};

export const CONTENT_KINDS = Object.keys(ROWS) as (keyof typeof ROWS)[];

/** Adds a row of a kind as if it had happened so long ago, in a user's workspace. @param at  an expression of SQL */
export async function addAged(
  database: Database,
  user: Pick<TestUser, 'id'> & { workspaceId: string | null },
  kind: keyof typeof ROWS,
  at: string,
  word = kind as string,
): Promise<string> {
  const sql = ROWS[kind].replaceAll(':at', `(${at})::timestamptz`);
  const { rows } = await database.pool('owner').query(sql, [user.workspaceId, user.id, word]);
  return rows[0].id;
}
