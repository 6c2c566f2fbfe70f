import type { PoolClient } from 'pg';
import type { Settings } from '../../authentication.ts';
import type { Feed, Found, Hints } from '../follower.ts';

interface Event {
  reload: boolean;
  ids: string[];
  removedIds: string[];
}

/** The list of conversations that somebody sees: which of them changed, came and went. */
export function conversationsFeed(settings: Settings): Feed<Event> {
  const [workspace, user] = [settings['colloquy.workspace_id']!, settings['colloquy.user_id']!];

  async function read(client: PoolClient, { ids, isAnything }: Hints): Promise<Found<Event>> {
    await client.query('select app_hidden.require_member()');
    if (isAnything) return { event: { reload: true, ids: [], removedIds: [] } };
    const { rows } = await client.query<{ id: string }>(
      'select c.id from app_public.conversations c where c.id = any ($1::uuid[])',
      [[...ids]],
    );
    const seen = new Set(rows.map(({ id }) => id));
    return { event: { reload: false, ids: [...seen], removedIds: [...ids].filter((id) => !seen.has(id)) } };
  }

  return {
    field: 'conversationsChanged',
    topics: [`workspace ${workspace}`, `member ${user} ${workspace}`],
    ids: [workspace, user],
    read,
  };
}
