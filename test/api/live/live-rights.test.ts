import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { describeReal } from '../../support/server.ts';
import { type Account, codeOf, register, startTestApi, type TestApi } from '../support.ts';
import { condition, overStream, overWebSocket, type Subscription, type Told, wsClient } from './support.ts';

const WAYS = [
  ['a websocket', overWebSocket],
  ['a stream of events', overStream],
] as const;

const LIST: Subscription = {
  query:
    'subscription { conversationsChanged { reload removedIds conversations { id title messageCount visibility } } }',
};
const messages = (conversationId: string): Subscription => ({
  query: `subscription ($id: UUID!) { messageChanged(conversationId: $id) { cursor changes { text } } }`,
  variables: { id: conversationId },
});

describeReal('what a subscriber may see', () => {
  let api: TestApi;
  let ada: Account;
  let bob: Account;
  const open: Told[] = [];

  beforeAll(async () => {
    api = await startTestApi({
      live: { limits: new Map([['account', 4]]), rightsClock: 1_000 },
      corsOrigins: ['https://chat.example'],
      limits: { store: 'memory' },
    });
    ada = await register(api, 'ada@example.org');
    bob = await register(api, 'bob@example.org');
  });
  afterEach(() => {
    for (const told of open.splice(0)) told.end();
  });
  afterAll(() => api?.close());

  const owner = (sql: string, values: unknown[] = []) => api.database.pool('owner').query(sql, values);
  const ask = async (query: string, variables: object = {}, { token } = ada, workspace?: string) => {
    const { data, errors } = await api.ask(query, variables, {
      token,
      ...(workspace ? { headers: { 'x-workspace-id': workspace } } : {}),
    });
    expect(errors).toEqual([]);
    // biome-ignore lint/suspicious/noExplicitAny: whatever shape was asked for
    return Object.values(data)[0] as any;
  };
  const start = async (input: object = {}, account = ada, workspace?: string): Promise<string> =>
    (
      await ask(
        'mutation ($input: StartConversationInput!) { startConversation(input: $input) { conversation { id } } }',
        { input },
        account,
        workspace,
      )
    ).conversation.id;
  const post = (conversation: string, content: string, account = ada, workspace?: string) =>
    ask(
      'mutation ($c: UUID!, $t: String!) { postMessage(input: { conversationId: $c, content: $t }) { message { id } } }',
      { c: conversation, t: content },
      account,
      workspace,
    );
  const key = async (scopes: string[]): Promise<string> =>
    (
      await ask(
        'mutation ($scopes: [ApiKeyScope]) { createApiKey(input: { name: "k", scopes: $scopes }) { newApiKey { secret } } }',
        {
          scopes: scopes.map((scope) => scope.toUpperCase()),
        },
      )
    ).newApiKey.secret;

  it.each(WAYS)('keeps a list in step, over %s', async (_, over) => {
    const told = over(api.api.url, ada.token, LIST);
    const strangers = over(api.api.url, bob.token, LIST);
    open.push(told, strangers);
    expect(await told.has(1)).toEqual([{ reload: true, removedIds: [], conversations: [] }]);
    await strangers.has(1);
    const id = await start({ title: 'Tea' });
    await told.finds(({ conversations }) => conversations[0]?.id === id);
    await post(id, 'Hello');
    await told.finds(({ conversations }) => conversations[0]?.messageCount === 1);
    await ask(
      'mutation ($id: UUID!) { updateConversation(input: { id: $id, patch: { title: "Malt" } }) { clientMutationId } }',
      { id },
    );
    await told.finds(({ conversations }) => conversations[0]?.title === 'Malt');
    await ask('mutation ($id: UUID!) { deleteConversation(input: { id: $id }) { clientMutationId } }', {
      id,
    });
    await told.finds(({ removedIds }) => removedIds[0] === id);
    // the others saw nothing of it
    const theirs = await start({}, bob);
    await strangers.finds(({ conversations }) => conversations[0]?.id === theirs);
    expect(
      strangers.events
        .slice(1)
        .flatMap(({ conversations, removedIds }) => [
          ...conversations.map((c: { id: string }) => c.id),
          ...removedIds,
        ]),
    ).toEqual([theirs]);
  });

  it('tells members of what is shared with their workspace, as long as it is', async () => {
    const { id: workspace } = (
      await ask('mutation { createWorkspace(input: { name: "Team" }) { workspace { id } } }')
    ).workspace;
    await owner(
      `insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'member')`,
      [workspace, bob.userId],
    );
    const inTeam = (account: Account, { query, variables }: Subscription): Told => {
      const client = wsClient(api.api.url, {
        Authorization: `Bearer ${account.token}`,
        'X-Workspace-Id': workspace,
      });
      const told = { events: [] as Told['events'], codes: [] as string[], closed: [] as number[] };
      client.on('closed', (event) => told.closed.push((event as { code: number }).code));
      client.subscribe(
        { query, variables: variables ?? {} },
        {
          next: ({ data }) => told.events.push(Object.values(data!)[0]),
          error: (errors) =>
            Array.isArray(errors) && told.codes.push(...errors.map((one) => one.extensions.code)),
          complete: () => {},
        },
      );
      return { ...told, end: () => void client.dispose() } as unknown as Told;
    };
    const id = await start({ visibility: 'WORKSPACE', title: 'Shared' }, ada, workspace);
    const list = inTeam(bob, LIST);
    const talk = inTeam(bob, messages(id));
    open.push(list, talk);
    await condition(() => list.events.length > 0 && talk.events.length > 0);
    await post(id, 'Hello all', ada, workspace);
    await condition(() => talk.events.some(({ changes }) => changes[0]?.text === 'Hello all'));
    // a private one of the same workspace is not told, neither when it comes nor when it goes
    const secret = await start({ title: 'Secret' }, ada, workspace);
    await ask(
      'mutation ($id: UUID!) { deleteConversation(input: { id: $id }) { clientMutationId } }',
      { id: secret },
      ada,
      workspace,
    );
    const set = (visibility: string) =>
      ask(
        `mutation ($id: UUID!) { updateConversation(input: { id: $id, patch: { visibility: ${visibility} } }) { clientMutationId } }`,
        { id },
        ada,
        workspace,
      );
    await set('PRIVATE');
    await condition(() => list.events.some(({ removedIds }) => removedIds.includes(id)));
    await condition(() => talk.codes.includes('CQ204'));
    expect(JSON.stringify(list.events)).not.toContain(secret);
    await set('WORKSPACE');
    const again = inTeam(bob, messages(id));
    open.push(again);
    await condition(() => again.events.length > 0);
    await ask(
      'mutation ($user: UUID!) { removeMember(input: { userId: $user }) { clientMutationId } }',
      { user: bob.userId },
      ada,
      workspace,
    );
    await post(id, 'Without Bob', ada, workspace);
    await condition(() => again.closed.length > 0);
    expect([again.codes, again.closed]).toEqual([['CQ800'], [4401]]);
    expect(JSON.stringify(again.events)).not.toContain('Without Bob');
  });

  describe.each(WAYS)('over %s', (_, over) => {
    it('ends with the session, the key, or the account', async () => {
      const id = await start();
      const { authentication } = await ask(
        'mutation { signIn(input: { email: "ada@example.org", password: "correct horse battery" }) { authentication { token } } }',
      );
      const reading = await key(['read']);
      const bySession = over(api.api.url, authentication.token, messages(id));
      const byKey = over(api.api.url, reading, messages(id));
      open.push(bySession, byKey);
      await Promise.all([bySession.has(1), byKey.has(1)]);
      await ask('mutation { signOut(input: {}) { signedOut } }', {}, { ...ada, token: authentication.token });
      await bySession.ended();
      await owner(`update app_public.api_keys set is_active = false where prefix = $1`, [
        reading.slice(0, 12),
      ]);
      await byKey.ended();
      await post(id, 'Nobody hears it');
      for (const told of [bySession, byKey]) {
        expect(told.codes).toEqual(['CQ800']);
        expect(JSON.stringify(told.events)).not.toContain('Nobody');
      }
      // a key that expires is told by nobody
      const brief = await key(['read']);
      const byBrief = over(api.api.url, brief, messages(id));
      open.push(byBrief);
      await byBrief.has(1);
      await owner(`alter table app_public.api_keys disable trigger api_keys_70_tell_rights_changed`);
      await owner(`update app_public.api_keys set expires_at = now() where prefix = $1`, [
        brief.slice(0, 12),
      ]);
      await owner(`alter table app_public.api_keys enable trigger api_keys_70_tell_rights_changed`);
      await byBrief.ended();
      expect(byBrief.codes).toEqual(['CQ800']);
    });

    it('asks for what reading asks, and for a token', async () => {
      const id = await start();
      const searching = await key(['search']);
      const told = over(api.api.url, searching, messages(id));
      const list = over(api.api.url, searching, LIST);
      const jobs = over(api.api.url, ada.token, { query: 'subscription { jobsChanged { jobs { id } } }' });
      open.push(told, list, jobs);
      await Promise.all([told.ended(), list.ended(), jobs.ended()]);
      expect([told.codes, list.codes, jobs.codes]).toEqual([['CQ110'], ['CQ110'], ['CQ403']]);
      const nobody = over(api.api.url, 'cqs_0', LIST);
      open.push(nobody);
      await nobody.ended();
      expect(nobody.events).toEqual([]);
    });

    it('has a limit', async () => {
      const told = Array.from({ length: 5 }, () => over(api.api.url, bob.token, LIST));
      open.push(...told);
      await condition(() => told.every(({ events, codes }) => events.length + codes.length > 0));
      expect(told.flatMap(({ codes }) => codes)).toEqual(['CQ803']);
    });

    it('takes subscriptions alone, one field at a time, that are not too broad', async () => {
      for (const query of [
        '{ currentUser { id } }',
        'subscription { a: conversationsChanged { reload } b: conversationsChanged { reload } }',
        'subscription { nothing }',
        'subscription { conversationsChanged { conversations { messages(first: 1000) { nodes { replies(first: 10) { nodes { id } } } } } } }',
      ]) {
        const told = over(api.api.url, bob.token, { query });
        open.push(told);
        await told.ended();
        expect([query, told.codes]).toEqual([query, ['CQ400']]);
      }
    });
  });

  it('shows its jobs to an administrator of the installation', async () => {
    await owner(`update app_public.users set role = 'admin' where id = $1`, [bob.userId]);
    const told = overWebSocket(api.api.url, bob.token, {
      query: 'subscription { jobsChanged { jobs { id queue state attempts createdAt } } }',
    });
    open.push(told);
    await told.finds(({ jobs }) => jobs.some(({ queue }: { queue: string }) => queue === 'index-source'));
    await owner(`update app_public.users set role = 'user' where id = $1`, [bob.userId]);
    await condition(() => told.closed.length > 0);
    expect([told.codes, told.closed]).toEqual([['CQ800'], [4403]]);
  });

  it('answers a subscription that is posted, and one that there is not, with what is wrong', async () => {
    for (const query of ['subscription { x }', 'subscription { conversationsChanged { reload } }']) {
      const reply = await api.ask(query, {}, { token: ada.token });
      expect([codeOf(reply), reply.data ?? null]).toEqual(['CQ400', null]);
    }
    const refused = await fetch(`${api.api.url}/graphql`, {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify(LIST),
    });
    const { errors } = (await refused.json()) as { errors: { extensions: { code: string } }[] };
    expect([refused.status, errors[0]?.extensions.code]).toEqual([401, 'CQ101']);
  });

  it('lets pages of chosen origins in, and no token by the address', async () => {
    const connect = (origin: string | undefined, query = '') =>
      new Promise((resolve) => {
        const socket = new WebSocket(
          `${api.api.url.replace('http', 'ws')}/graphql${query}`,
          'graphql-transport-ws',
          origin ? { origin } : {},
        );
        socket.on('open', () => {
          socket.send(JSON.stringify({ type: 'connection_init' }));
        });
        socket.on('unexpected-response', (_, response) => resolve(response.statusCode));
        socket.on('message', () => resolve('taken'));
        socket.on('close', (code) => resolve(code));
      });
    expect(await connect('https://evil.example')).toBe(403);
    expect(await connect('https://chat.example')).toBe(4401);
    expect(await connect(api.api.url)).toBe(4401);
    expect(await connect(undefined, `?token=${ada.token}&authorization=Bearer%20${ada.token}`)).toBe(4401);
  });

  it('shows how far a file is, and its workspace', async () => {
    const { rows } = await owner(
      `insert into app_public.files (workspace_id, owner_id, original_name, mime_type, byte_size, sha256)
       values ($1, $2, 'tea.txt', 'text/plain', 3, sha256('tea')) returning id`,
      [ada.workspaceId, ada.userId],
    );
    const subscription = {
      query: 'subscription ($id: UUID!) { fileProgress(fileId: $id) { stage chunks file { originalName } } }',
      variables: { id: rows[0].id },
    };
    const told = overStream(api.api.url, ada.token, subscription);
    const foreign = overStream(api.api.url, bob.token, subscription);
    const workspace = overWebSocket(api.api.url, ada.token, {
      query: 'subscription { indexingProgressChanged { isComplete pendingFiles } }',
    });
    open.push(told, foreign, workspace);
    await foreign.ended();
    expect(foreign.codes).toEqual(['CQ204']);
    expect(await told.has(1)).toEqual([{ stage: 'UPLOADED', chunks: 0, file: { originalName: 'tea.txt' } }]);
    await workspace.finds(({ pendingFiles }) => pendingFiles === 1);
    const set = (status: string) =>
      owner('update app_public.files set processing_status = $2 where id = $1', [rows[0].id, status]);
    await set('processing');
    await told.finds(({ stage }) => stage === 'READING');
    await set('completed');
    await told.ended();
    expect(told.isComplete).toBe(true);
    expect(told.events.at(-1).stage).toBe('EMBEDDED');
    await workspace.finds(({ pendingFiles }) => pendingFiles === 0);
  });
});
