import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
import { register, startTestApi, type TestApi } from './support.ts';

describeReal('MCP over several instances, for people of an identity provider', () => {
  let one: TestApi;
  let two: TestApi;
  let provider: Provider;
  let key: Key;
  let stranger: Key;
  const clients: Client[] = [];

  beforeAll(async () => {
    [key, stranger] = await Promise.all([makeKey('first'), makeKey('first')]);
    provider = await startProvider([key.jwk]);
    const identityProvider = {
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUrl: provider.url,
      algorithms: ['ES256'],
    };
    one = await startTestApi({ identityProvider });
    two = await startTestApi({ identityProvider, database: one.database });
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await two?.api.close();
    await one?.close();
    await provider?.close();
  });

  interface Agent {
    client: Client;
    /** What each message was sent to, and with which session. */
    sent: { to: string; session: string | null }[];
  }

  /** A session whose messages go where `route` says, as behind a load balancer. */
  async function connect(
    token: string,
    mode: 'auto' | 'legacy',
    route: (number: number) => TestApi,
  ): Promise<Agent> {
    const client = new Client({ name: 'agent', version: '1' }, { versionNegotiation: { mode } });
    const sent: Agent['sent'] = [];
    clients.push(client);
    const elsewhere = (address: string | URL, init?: RequestInit) => {
      const to = new URL(route(sent.length).api.url);
      sent.push({ to: to.port, session: new Headers(init?.headers).get('mcp-session-id') });
      const url = new URL(address);
      url.port = to.port;
      return fetch(url, init);
    };
    const headers = { authorization: `Bearer ${token}` };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${one.api.url}/mcp`), {
        requestInit: { headers },
        fetch: elsewhere,
      }),
    );
    return { client, sent };
  }
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape the tool has
  async function call({ client }: Pick<Agent, 'client'>, name: string, given: object = {}): Promise<any> {
    const result = await client.callTool({ name, arguments: { ...given } });
    const { code } = (result._meta?.['colloquy/error'] ?? {}) as { code?: string };
    return result.isError ? { code, text: JSON.stringify(result.content) } : result.structuredContent;
  }
  const token = (sub: string, claims: object = {}) => sign(key, { sub, email_verified: true, ...claims });

  it('knows who a token of the provider is for, from the first message on, and whose it is not', async () => {
    const agent = await connect(await token('ada'), 'auto', () => one);
    const { conversationId } = await call(agent, 'start_conversation', { title: 'Tides' });
    // another token of the same person
    const again = await connect(await token('ada', { iat: now() - 1 }), 'legacy', () => one);
    expect((await call(again, 'list_conversations')).conversations).toMatchObject([{ conversationId }]);
    const bob = await connect(await token('bob'), 'auto', () => one);
    expect((await call(bob, 'list_conversations')).conversations).toEqual([]);
    expect(await call(bob, 'read_conversation', { conversationId })).toMatchObject({ code: 'CQ204' });
    for (const bad of [
      await token('ada', { exp: now() - 60, iat: now() - 120 }),
      await token('ada', { aud: 'another' }),
      await sign(stranger, { sub: 'ada' }),
    ])
      await expect(connect(bad, 'legacy', () => one)).rejects.toThrow('CQ106');
  });

  it('ends with the sign-out of the person, at every instance', async () => {
    const iat = now() - 5;
    const given = await token('carol', { iat });
    const agent = await connect(given, 'legacy', () => two);
    await call(agent, 'list_conversations');
    const reply = await one.ask('mutation { signOut(input: {}) { signedOut } }', {}, { token: given });
    expect(reply.errors).toEqual([]);
    await expect(agent.client.listTools()).rejects.toThrow('CQ106');
  });

  it.each(['legacy', 'auto'] as const)(
    'goes on at the other instance, message by message: %s',
    async (mode) => {
      const both = [one, two];
      const agent = await connect(await token(`dora-${mode}`), mode, (number) => both[number % 2]!);
      const { conversationId } = await call(agent, 'start_conversation', { title: 'Ferries' });
      for (const content of ['one', 'two', 'three', 'four'])
        await call(agent, 'post_message', { conversationId, content });
      const read = await call(agent, 'read_conversation', { conversationId });
      expect(read.messages.map(({ content }: { content: string }) => content)).toEqual([
        'one',
        'two',
        'three',
        'four',
      ]);
      expect((await agent.client.listTools()).tools.length).toBeGreaterThan(5);
      expect(new Set(agent.sent.map(({ to }) => to)).size).toBe(2);
      const sessions = new Set(agent.sent.map(({ session }) => session).filter(Boolean));
      // the one that the first instance gave is what the second is sent
      expect(sessions.size).toBe(mode === 'legacy' ? 1 : 0);
    },
  );

  it('gives the agent the code and the hint of a quota that is used up', async () => {
    const eve = await register(one, 'eve@example.org');
    const agent = await connect(eve.token, 'auto', () => two);
    const { conversationId } = await call(agent, 'start_conversation', {});
    await one.database
      .pool('owner')
      .query('insert into app_private.workspace_quotas (workspace_id, row_limit) values ($1, 1)', [
        eve.workspaceId,
      ]);
    const given = { conversationId, content: 'x' };
    await call(agent, 'post_message', given);
    const refused = await call(agent, 'post_message', given);
    expect(refused.code).toBe('CQ223');
    expect(refused.text).toMatch(/CQ223.*\w/);
    expect(await call(agent, 'remember', { content: 'The ferry leaves at nine.' })).toMatchObject({
      code: 'CQ223',
    });
    // what only reads goes on
    expect((await call(agent, 'read_conversation', { conversationId })).messages).toHaveLength(1);
  });

  it('goes on when the instance that it began at has gone', async () => {
    const third = await startTestApi({ database: one.database });
    const frank = await register(one, 'frank@example.org');
    let place = third;
    const agent = await connect(frank.token, 'legacy', () => place);
    const { conversationId } = await call(agent, 'start_conversation', { title: 'Moons' });
    await third.api.close();
    place = two;
    expect(await call(agent, 'read_conversation', { conversationId })).toMatchObject({ title: 'Moons' });
  });
});
