import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { registerUser, type TestUser } from '../support/users.ts';
import { startTestApi, type TestApi } from './support.ts';

const LIST = `query ($first: Int, $after: Cursor, $orderBy: [ConversationOrderBy!]) {
  conversations(first: $first, after: $after, orderBy: $orderBy) {
    nodes { id lastMessageAt unreadCount } pageInfo { hasNextPage endCursor }
  }
}`;
const NEWEST = ['LAST_MESSAGE_AT_DESC'];

interface Conversation {
  id: string;
  lastMessageAt: string;
  unreadCount: number;
}

describeReal('the list of conversations, newest first', () => {
  let api: TestApi;
  let ann: TestUser;
  let bob: TestUser;

  async function list(
    user: TestUser,
    variables: object,
  ): Promise<{ nodes: Conversation[]; pageInfo: { hasNextPage: boolean; endCursor: string } }> {
    const { data, errors } = await api.ask(LIST, variables, user);
    expect(errors).toEqual([]);
    return data.conversations;
  }

  /** All pages of this size, one after the other. */
  async function pages(user: TestUser, first: number, orderBy: string[]): Promise<string[]> {
    const ids: string[] = [];
    for (let after: string | undefined; ; ) {
      const { nodes, pageInfo } = await list(user, { first, after, orderBy });
      ids.push(...nodes.map(({ id }) => id));
      if (!pageInfo.hasNextPage) return ids;
      after = pageInfo.endCursor;
    }
  }

  beforeAll(async () => {
    api = await startTestApi();
    ann = await registerUser(api.database, 'ann@example.org');
    bob = await registerUser(api.database, 'bob@example.org');
    const owner = api.database.pool('owner');
    await owner.query(
      `insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'member')`,
      [ann.workspaceId, bob.id],
    );
    // of both, private and shared, several at one time and within one hour
    await owner.query(
      `insert into app_public.conversations (id, workspace_id, owner_id, visibility, title, last_message_at)
       select app_hidden.uuidv7_at(now() - interval '9 days' + n * interval '1 second'), $1, case when n % 3 = 0 then $3::uuid else $2::uuid end,
         case when n % 2 = 0 then 'workspace' else 'private' end::app_public.visibility, 'Talk ' || n,
         date_trunc('hour', now()) - (n / 4) * interval '25 minutes'
       from generate_series(1, 60) as n`,
      [ann.workspaceId, ann.id, bob.id],
    );
  });
  afterAll(() => api?.close());

  it('comes page by page, as sorting all of it would have it, and has nothing that is private to others', async () => {
    const { rows } = await api.database.pool('owner').query<{ id: string }>(
      `select c.id from app_public.conversations c where c.workspace_id = $1 and (c.owner_id = $2 or c.visibility = 'workspace')
       order by c.last_message_at desc, c.id desc`,
      [ann.workspaceId, ann.id],
    );
    const sorted = rows.map(({ id }) => id);
    expect(sorted.length).toBe(50);
    for (const first of [7, 50, 100]) {
      expect(await pages(ann, first, [...NEWEST, 'PRIMARY_KEY_DESC'])).toEqual(sorted);
    }
    // without a second order, equal times are in the order of ids
    expect((await pages(ann, 7, NEWEST)).sort()).toEqual([...sorted].sort());
    const other = await list(bob, { first: 100, orderBy: NEWEST });
    expect(other.nodes).toEqual([]);
    const { data } = await api.ask(
      LIST,
      { first: 100, orderBy: NEWEST },
      { ...bob, headers: { 'x-workspace-id': ann.workspaceId } },
    );
    expect(data.conversations.nodes).toHaveLength(20 + 20);
  });

  it('refuses what is no cursor of its order', async () => {
    const after = Buffer.from('["nonsense", "yesterday", "1"]').toString('base64');
    const { errors } = await api.ask(LIST, { first: 5, after, orderBy: NEWEST }, ann);
    expect(errors).toHaveLength(1);
  });

  it('says how many messages were added since each was read', async () => {
    const ask = async (text: string, variables: object = {}) => {
      const { data, errors } = await api.ask(text, variables, ann);
      expect(errors).toEqual([]);
      return data;
    };
    const { startConversation } = await ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
    );
    const { id } = startConversation.conversation;
    const post = () =>
      ask(
        'mutation ($id: UUID!) { postMessage(input: { conversationId: $id, content: "Tea?" }) { message { id } } }',
        { id },
      );
    const unread = async () => (await list(ann, { first: 1, orderBy: NEWEST })).nodes[0];
    await post();
    await post();
    expect(await unread()).toMatchObject({ id, unreadCount: 2 });
    await ask('mutation ($id: UUID!) { markRead(input: { conversationId: $id }) { clientMutationId } }', {
      id,
    });
    expect(await unread()).toMatchObject({ id, unreadCount: 0 });
    await post();
    expect(await unread()).toMatchObject({ id, unreadCount: 1 });
  });

  it('and every other request take one connection, once', async () => {
    const pool = api.database.pool('authenticator', 'requests');
    let taken = 0;
    const count = () => {
      taken += 1;
    };
    pool.on('acquire', count);
    await list(ann, { first: 1, orderBy: NEWEST });
    expect(taken).toBe(1);
    const { errors } = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      ann,
    );
    expect([errors, taken]).toEqual([[], 2]);
    const refused = await api.ask('{ conversations { nodes { nothing } } }', {}, ann);
    expect(refused.status).toBe(400);
    pool.off('acquire', count);
    expect(pool.idleCount).toBe(pool.totalCount);
  });
});
