import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { localStorage } from '../../lib/storage.ts';
import { runErasures } from '../../operations/erasure/run.ts';
import {
  type Account,
  codeOf,
  PASSWORD,
  type Reply,
  register,
  startTestApi,
  type TestApi,
} from '../api/support.ts';
import { makePasskey, usePasskey } from '../support/authenticator.ts';
import {
  AUDIENCE,
  ISSUER,
  type Key,
  makeKey,
  now,
  type Provider,
  sign,
  startProvider,
} from '../support/identity-provider.ts';
import { describeReal } from '../support/server.ts';

type Verdict = 'stays' | 'rests' | 'ends';

/** The table of docs/authority.md: by what happens, what becomes of each thing. */
function readTable(): { things: string[]; events: Map<string, Record<string, Verdict>> } {
  const page = readFileSync(join(projectFolder, 'docs/authority.md'), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const [, ...things] = rows[0]!;
  const events = new Map(
    rows
      .slice(2)
      .map(([event, ...cells]) => [
        event!,
        Object.fromEntries(cells.map((cell, index) => [things[index]!, cell as Verdict])),
      ]),
  );
  return { things, events };
}

const { things, events } = readTable();

/** A workspace whose admin has made one of each, and what tells whether each is still good. */
interface World {
  owner: Account;
  member: { userId: string; email: string; session: string };
  workspace: string;
  /** What the member made everything with: its session, or a key. */
  token: string;
  apiKeyId: string;
  /** What navigator.credentials.get() answers. */
  passkey(): Promise<object>;
  probes: Record<string, () => Promise<boolean>>;
}

/** How each thing happens, with a way back where there is one. */
interface Event {
  by?: 'key' | 'identity';
  happens(world: World): Promise<unknown>;
  isUndone?(world: World): Promise<unknown>;
}

describeReal('what outlives whom', () => {
  let api: TestApi;
  let provider: Provider;
  let key: Key;
  let administrator: Account;
  let root: string;
  let worlds = 0;
  let tried = 0;

  beforeAll(async () => {
    key = await makeKey('first');
    provider = await startProvider([key.jwk]);
    root = await mkdtemp(join(tmpdir(), 'colloquy-authority-'));
    api = await startTestApi({
      storage: localStorage(root),
      publicUrl: 'https://colloquy.example.org',
      identityProvider: {
        issuer: ISSUER,
        audience: AUDIENCE,
        jwksUrl: provider.url,
        algorithms: ['ES256'],
      },
    });
    administrator = await register(api, 'administrator@example.org');
    await sql(`update app_public.users set role = 'admin' where id = $1`, administrator.userId);
  });
  afterAll(async () => {
    await api?.close();
    await provider?.close();
    await rm(root, { recursive: true, force: true });
  });

  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;
  const ask = (query: string, token?: string, workspace?: string): Promise<Reply> =>
    api.ask(query, {}, { token, headers: workspace ? { 'x-workspace-id': workspace } : {} });
  /** A mutation that has to succeed. */
  async function mutate(call: string, token?: string, workspace?: string) {
    const reply = await ask(`mutation { ${call} }`, token, workspace);
    expect(reply.errors, call).toEqual([]);
    return Object.values(reply.data)[0] as Record<string, Record<string, string>>;
  }
  const mailed = async (address: string): Promise<string> => {
    await api.database.pool('worker').query('select app_hidden.answer_account_requests()');
    return (
      await sql(
        `select data ->> 'token' as token from app_private.mail_outbox where recipient = $1 order by id desc limit 1`,
        address,
      )
    )[0].token;
  };
  const put = (world: { workspace: string }, user: string) =>
    sql(
      `insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'admin')`,
      world.workspace,
      user,
    );

  async function makeWorld(by: Event['by']): Promise<World> {
    worlds += 1;
    const number = worlds;
    const email = `member${number}@example.org`;
    const owner = await register(api, `owner${worlds}@example.org`);
    const created = await mutate(
      'createWorkspace(input: { name: "Team" }) { workspace { id } }',
      owner.token,
    );
    const workspace = created.workspace!.id!;
    let session: string;
    let userId: string;
    if (by === 'identity') {
      session = await sign(key, { sub: `member${worlds}`, email, iat: now() - 10 });
      userId = (await ask('{ currentUser { id } }', session)).data.currentUser.id;
    } else {
      ({ token: session, userId } = await register(api, email));
    }
    await put({ workspace }, userId);
    // who comes by an identity provider may have a session of its own, too
    const own =
      by === 'identity'
        ? (await sql('select token from app_private.create_session($1)', userId))[0].token
        : session;
    const { options } = (await mutate('addPasskey(input: {}) { options }', own)) as never;
    const { passkey, answer } = makePasskey(options);
    const confirm =
      'mutation ($passkey: JSON!) { confirmPasskey(input: { passkey: $passkey }) { recoveryCodes } }';
    expect((await api.ask(confirm, { passkey: answer }, { token: own })).errors).toEqual([]);
    const usedPasskey = async () =>
      usePasskey(passkey, (await mutate('challengePasskey(input: {}) { options }')).options as never);
    const made = await mutate(
      'createApiKey(input: { name: "k", scopes: [WRITE, SHARE, ADMIN] }) { newApiKey { apiKeyId secret } }',
      session,
      workspace,
    );
    const { apiKeyId, secret } = made.newApiKey as { apiKeyId: string; secret: string };
    const token = by === 'key' ? secret : session;
    const member = (call: string) => mutate(call, token, workspace);

    const conversation = (
      await member('startConversation(input: { title: "private" }) { conversation { id } }')
    ).conversation!.id!;
    await member(
      `postMessage(input: { conversationId: "${conversation}", content: "the secret" }) { message { id } }`,
    );
    const link = (
      await member(
        `shareConversation(input: { conversationId: "${conversation}" }) { conversationShareLink { token } }`,
      )
    ).conversationShareLink!.token!;
    const document = async (title: string) =>
      (await member(`createDocument(input: { title: "${title}", content: "${title}" }) { document { id } }`))
        .document!.id!;
    const [uncut, cut] = [await document('uncut'), await document('cut')];
    const worker = api.database.pool('worker');
    await worker.query(
      `select app_hidden.replace_document_chunks($1::uuid, $2::uuid, (select d.content_hash from app_public.documents d where d.id = $2::uuid), $3::jsonb)`,
      [
        workspace,
        cut,
        JSON.stringify([
          { chunk_index: 0, content: 'cut', heading: 'cut', start_offset: 0, end_offset: 3, token_count: 1 },
        ]),
      ],
    );
    await member(
      'remember(input: { content: "shared knowledge", visibility: WORKSPACE }) { memoryItem { id } }',
    );
    const upload = await fetch(`${api.api.url}/files?name=a.txt&visibility=workspace`, {
      method: 'POST',
      body: `text ${number}`,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'text/plain',
        'x-workspace-id': workspace,
      },
    });
    const { file } = (await upload.json()) as { file: { id: string } };
    await mutate(
      'setUsageBudget(input: { period: MONTH, tokenLimit: "1000" }) { usageBudget { id } }',
      owner.token,
      workspace,
    );
    await member('reserveUsage(input: { tokens: "900" }) { usageReservation { id } }');
    // never with a key
    await mutate(
      'createWebhook(input: { url: "https://receiver.example/", kinds: [DOCUMENT_CREATED] }) { newWebhook { secret } }',
      session,
      workspace,
    );
    const guest = `guest${worlds}@example.org`;
    const guestToken = (await register(api, guest)).token;
    await member(`inviteMember(input: { email: "${guest}" }) { workspaceInvitation { id } }`);
    const invitation = await mailed(guest);
    await mutate(`requestPasswordReset(input: { email: "${email}" }) { accepted }`);
    const reset = await mailed(email);

    const found = async (text: string, id: string) =>
      (await worker.query(text)).rows.some((row) => row.id === id);
    const rowIn = async (table: string, id: string) =>
      (await sql(`select from app_public.${table} where id = $1`, id)).length === 1;
    return {
      owner,
      member: { userId, email, session },
      workspace,
      token,
      apiKeyId,
      passkey: usedPasskey,
      probes: {
        link: async () => {
          const reply = await ask(`{ readSharedConversation(token: "${link}") { messages { content } } }`);
          expect(reply.errors).toEqual([]);
          return reply.data.readSharedConversation?.messages?.[0]?.content === 'the secret';
        },
        'API key': async () => (await ask('{ currentUser { id } }', secret)).status === 200,
        passkey: async () => {
          const call =
            'mutation ($passkey: JSON!) { signInWithPasskey(input: { passkey: $passkey }) { clientMutationId } }';
          return (await api.ask(call, { passkey: await usedPasskey() })).errors.length === 0;
        },
        session: async () => (await ask('{ currentUser { id } }', session)).status === 200,
        job: () => found('select source_id as id from app_hidden.find_unindexed(10000)', uncut),
        'embedding request': () =>
          found('select id from app_hidden.find_unembedded_workspaces() as id', workspace),
        file: async () => {
          const response = await fetch(`${api.api.url}/files/${file.id}`, {
            headers: { authorization: `Bearer ${owner.token}`, 'x-workspace-id': workspace },
          });
          return (await response.text()) === `text ${number}`;
        },
        'shared memory': async () => {
          const reply = await ask('{ memoryItems { nodes { content } } }', owner.token, workspace);
          return reply.data?.memoryItems.nodes[0]?.content === 'shared knowledge';
        },
        'private conversation': async () => {
          // nobody inherits it
          const reply = await ask(`{ conversation(id: "${conversation}") { id } }`, owner.token, workspace);
          expect(reply.data?.conversation ?? null).toBeNull();
          return rowIn('conversations', conversation);
        },
        reservation: async () => {
          const call = 'mutation { reserveUsage(input: { tokens: "200" }) { clientMutationId } }';
          return codeOf(await ask(call, owner.token, workspace)) === 'CQ220';
        },
        webhook: async () => {
          const told = async () =>
            (
              await sql(
                'select count(*)::int as n from app_public.webhook_deliveries where workspace_id = $1',
                workspace,
              )
            )[0].n;
          const before = await told();
          await ask(
            'mutation { createDocument(input: { title: "t", content: "c", visibility: WORKSPACE }) { document { id } } }',
            owner.token,
            workspace,
          );
          return (await told()) > before;
        },
        // these two work once
        'invitation sent': async () => {
          const call = `mutation { acceptInvitation(input: { token: "${invitation}" }) { clientMutationId } }`;
          return (await ask(call, guestToken)).errors.length === 0;
        },
        'reset mail': async () => {
          const call = `mutation { resetPassword(input: { token: "${reset}", newPassword: "another password" }) { changed } }`;
          return (await ask(call)).errors.length === 0;
        },
      },
    };
  }

  const role = (world: World, to: string) =>
    mutate(
      `changeMemberRole(input: { userId: "${world.member.userId}", role: ${to} }) { clientMutationId }`,
      world.owner.token,
      world.workspace,
    );
  const active = (world: World, is: boolean) =>
    sql('update app_public.users set is_active = $2 where id = $1', world.member.userId, is);
  const expire = (world: World, at: string | null) =>
    sql('update app_public.api_keys set expires_at = $2 where id = $1', world.apiKeyId, at);
  const EVENTS: Record<string, Event> = {
    'member removed': {
      happens: ({ owner, workspace, member }) =>
        mutate(
          `removeMember(input: { userId: "${member.userId}" }) { clientMutationId }`,
          owner.token,
          workspace,
        ),
      isUndone: (world) => put(world, world.member.userId),
    },
    'member left': {
      happens: ({ member, workspace }) =>
        mutate('leaveWorkspace(input: {}) { clientMutationId }', member.session, workspace),
      isUndone: (world) => put(world, world.member.userId),
    },
    'became a viewer': {
      happens: (world) => role(world, 'VIEWER'),
      isUndone: (world) => role(world, 'ADMIN'),
    },
    'account switched off': {
      happens: (world) => active(world, false),
      isUndone: (world) => active(world, true),
    },
    'key revoked': {
      by: 'key',
      happens: ({ apiKeyId, owner, workspace }) =>
        mutate(`revokeApiKey(input: { id: "${apiKeyId}" }) { clientMutationId }`, owner.token, workspace),
    },
    'key expired': {
      by: 'key',
      happens: (world) => expire(world, '2020-01-01'),
      isUndone: (world) => expire(world, null),
    },
    'signed out': {
      happens: ({ member }) => mutate('signOut(input: {}) { signedOut }', member.session),
    },
    'password reset by mail': {
      happens: async ({ probes }) => expect(await probes['reset mail']!()).toBe(true),
      // whoever has the new password vouches for the passkey
      isUndone: async ({ member, passkey }) => {
        const signIn = `mutation { signIn(input: { email: "${member.email}", password: "another password" }) { clientMutationId } }`;
        const { challenge } = (await ask(signIn)).errors[0]!.extensions as unknown as { challenge: string };
        const confirm = `mutation ($passkey: JSON!) {
          confirmSignIn(input: { challenge: "${challenge}", passkey: $passkey }) { clientMutationId }
        }`;
        expect((await api.ask(confirm, { passkey: await passkey() })).errors).toEqual([]);
      },
    },
    'password changed': {
      happens: ({ member }) =>
        mutate(
          `changePassword(input: { oldPassword: "${PASSWORD}", newPassword: "a changed password" }) { changed }`,
          member.session,
        ),
    },
    'identity ended': {
      by: 'identity',
      happens: ({ member }) =>
        mutate(`endIdentity(input: { userId: "${member.userId}" }) { ended }`, administrator.token),
    },
    'workspace deleted': {
      happens: ({ owner, workspace }) =>
        mutate('deleteWorkspace(input: { name: "Team" }) { clientMutationId }', owner.token, workspace),
    },
    'account leaves': {
      happens: ({ member }) =>
        mutate(
          `deleteMyAccount(input: { email: "${member.email}" }) { accountErasure { id } }`,
          member.session,
        ),
    },
    'account erased': {
      happens: async ({ member }) => {
        await sql(`update app_private.settings set value = '0' where name = 'account_grace_days'`);
        await mutate(
          `deleteMyAccount(input: { email: "${member.email}" }) { accountErasure { id } }`,
          member.session,
        );
        const run = await runErasures(api.database.pool('worker'), { storage: localStorage(root) });
        expect(run).toMatchObject({ finished: 1, contents: 1 });
      },
    },
  };
  const ONCE = ['invitation sent', 'reset mail'];

  it('is decided for every event and thing', () => {
    expect([...events.keys()].sort()).toEqual(Object.keys(EVENTS).sort());
    expect(things).toHaveLength(13);
    for (const [event, cells] of events)
      for (const thing of things)
        expect(['stays', 'rests', 'ends'], `${event}: ${thing}`).toContain(cells[thing]);
  });

  describe('is as the page says', () => {
    it.each([...events])('%s', async (event, cells) => {
      const { by, happens, isUndone } = EVENTS[event]!;
      const world = await makeWorld(by);
      expect(Object.keys(world.probes).sort()).toEqual([...things].sort());
      const good: Record<string, boolean> = {};
      for (const thing of things) if (!ONCE.includes(thing)) good[thing] = await world.probes[thing]!();
      expect(good).toEqual(Object.fromEntries(Object.keys(good).map((thing) => [thing, true])));

      await happens(world);
      const now: Record<string, boolean> = {};
      const expected: Record<string, boolean> = {};
      for (const thing of things) {
        // what works once is tried where it shall fail, and at the end where it shall not
        if (ONCE.includes(thing) && cells[thing] === 'stays') continue;
        now[thing] = await world.probes[thing]!();
        expected[thing] = cells[thing] === 'stays';
        tried += 1;
      }
      expect(now).toEqual(expected);

      await isUndone?.(world);
      const later: Record<string, boolean> = {};
      const expectedLater: Record<string, boolean> = {};
      for (const thing of things) {
        if (cells[thing] === 'rests') expect(isUndone, `${event} has no way back: ${thing}`).toBeDefined();
        later[thing] = await world.probes[thing]!();
        expectedLater[thing] = cells[thing] !== 'ends';
        tried += 1;
      }
      expect(later).toEqual(expectedLater);
    });

    it('in numbers', () => {
      process.stdout.write(
        `authority: ${events.size} events by ${things.length} things, ${tried} looks, each as docs/authority.md says\n`,
      );
      expect(tried).toBeGreaterThan(events.size * things.length);
    });
  });
});
