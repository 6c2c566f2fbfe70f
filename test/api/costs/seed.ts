import type { Pool } from 'pg';
import type { Account } from '../support.ts';

export interface Size {
  /** Messages of the long conversations. */
  messages: number;
  /** Documents, conversations, memories, events: of each. */
  others: number;
}

export interface Filled {
  /** A long conversation. */
  conversation: string;
  /** Another one, to be packed. */
  packed: string;
  file: string;
}

const STATEMENTS = `
insert into app_public.users (email) select 'cost' || n || '@example.org' from generate_series(1, :strangers) as n;
insert into app_public.workspaces (name) select u.email::text from app_public.users u where u.email::text like 'cost%';
insert into app_public.workspace_members (workspace_id, user_id, role)
select w.id, u.id, 'owner' from app_public.workspaces w join app_public.users u on u.email::text = w.name where w.name like 'cost%';
insert into costs_filled (workspace_id, user_id, messages, others)
select m.workspace_id, m.user_id, 20, 30 from app_public.workspace_members m join app_public.workspaces w on w.id = m.workspace_id
where w.name like 'cost%';

insert into app_public.documents (workspace_id, owner_id, title, content)
select f.workspace_id, f.user_id, 'Tea ' || n, 'Tea number ' || n || ' is strong in the morning.'
from costs_filled f cross join lateral generate_series(1, f.others) as n;

insert into app_public.memory_items (workspace_id, owner_id, content, validity)
select f.workspace_id, f.user_id, 'Tea ' || n || ' is strong', tstzrange(now(), null)
from costs_filled f cross join lateral generate_series(1, f.others) as n;

insert into app_public.raw_events (workspace_id, owner_id, source, event_type, payload, processing_status)
select f.workspace_id, f.user_id, 'kitchen', 'tea', jsonb_build_object('text', 'strong tea ' || n), 'completed'
from costs_filled f cross join lateral generate_series(1, f.others) as n;

insert into app_public.conversations (id, workspace_id, owner_id, title, max_messages)
select app_hidden.uuidv7_at(now() - interval '2 days' + n * interval '1 second'), f.workspace_id, f.user_id, 'Talk ' || n, 100000
from costs_filled f cross join lateral generate_series(1, f.others) as n;

-- two that are long, and five messages in each other one
insert into app_public.messages (id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, content, parent_id)
select m.id, m.conversation_id, m.workspace_id, m.user_id, m.user_id, m.n, 'user', 'Strong tea in the morning, said ' || m.n || ' times.',
  lag(m.id) over (partition by m.conversation_id order by m.n)
from (
  select f.workspace_id, f.user_id, c.id as conversation_id, n, app_hidden.uuidv7_at(c.created_at + n * interval '2 milliseconds') as id
  from costs_filled f
  join app_public.conversations c on c.workspace_id = f.workspace_id
  cross join lateral generate_series(1, case when c.title in ('Talk 1', 'Talk 2') then f.messages else 5 end) as n
) as m;

insert into app_public.chunks (
  workspace_id, source_type, document_id, conversation_id, message_id, memory_item_id, raw_event_id, owner_id, visibility,
  chunk_index, content, start_offset, end_offset, token_count, content_hash
)
select s.workspace_id, s.type::app_public.source_type, s.document_id, s.conversation_id, s.message_id, s.memory_item_id, s.raw_event_id, s.owner_id,
  s.visibility::app_public.visibility, 0, s.content, 0, char_length(s.content), 9, sha256(convert_to(s.content || s.type, 'UTF8'))
from (
  select 'document' as type, d.workspace_id, d.owner_id, d.id as document_id, null::uuid as conversation_id, null::uuid as message_id,
    null::uuid as memory_item_id, null::uuid as raw_event_id, 'private' as visibility, d.content
  from app_public.documents d
  union all
  select 'memory', m.workspace_id, m.owner_id, null, null, null, m.id, null, 'private', m.content from app_public.memory_items m
  union all
  select 'event', e.workspace_id, e.owner_id, null, null, null, null, e.id, 'workspace', 'strong tea of ' || e.id from app_public.raw_events e
  union all
  select 'message', m.workspace_id, m.owner_id, null, m.conversation_id, m.id, null, null, 'private', m.content from app_public.messages m
  where m.sequence_number in (3, 5)
) as s
join costs_filled f on f.workspace_id = s.workspace_id;

-- the nearest are the same everywhere: two documents, two messages, a memory
insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
select v.id, c.workspace_id, c.id, ('[1' || repeat(',0', v.dimensions - 1) || ']')::extensions.halfvec
from (
  select k.*, row_number() over (partition by k.workspace_id, k.source_type order by k.id) as place
  from app_public.chunks k join costs_filled f on f.workspace_id = k.workspace_id
) as c
cross join app_public.embedding_versions v
where v.status = 'active' and c.place <= case c.source_type when 'memory' then 1 when 'event' then 0 else 2 end;

-- people write at all hours
update app_public.conversations
set indexed_sequence_number = last_sequence_number,
  last_message_at = last_message_at - (extract(epoch from last_message_at)::bigint % 86400) * interval '1 minute';
update app_public.documents set chunked_hash = content_hash;
update app_public.memory_items set chunked_hash = content_hash;

insert into app_public.files (workspace_id, owner_id, original_name, mime_type, byte_size, sha256)
select f.workspace_id, f.user_id, 'tea.txt', 'text/plain', 3, sha256('tea') from costs_filled f;
`;

/**
 * Fills workspaces of these sizes, and those of so many strangers beside them, in SQL and as the owner of the tables.
 * Alone in its database, so that the planner knows of tenants as it would elsewhere.
 */
export async function fill(
  owner: Pool,
  accounts: readonly (Account & Size)[],
  strangers: number,
): Promise<Filled[]> {
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query(
      'create temporary table costs_filled (workspace_id uuid, user_id uuid, messages integer, others integer) on commit drop',
    );
    for (const { workspaceId, userId, messages, others } of accounts) {
      await client.query('insert into costs_filled values ($1, $2, $3, $4)', [
        workspaceId,
        userId,
        messages,
        others,
      ]);
    }
    await client.query(STATEMENTS.replace(':strangers', String(strangers)));
    await client.query('commit');
  } finally {
    client.release();
  }
  await owner.query('vacuum analyze');
  const filled: Filled[] = [];
  for (const { workspaceId } of accounts) {
    const { rows } = await owner.query<Filled>(
      `select (select id from app_public.conversations where workspace_id = $1 and title = 'Talk 1') as conversation,
         (select id from app_public.conversations where workspace_id = $1 and title = 'Talk 2') as packed,
         (select id from app_public.files where workspace_id = $1) as file`,
      [workspaceId],
    );
    filled.push(rows[0]!);
  }
  return filled;
}
