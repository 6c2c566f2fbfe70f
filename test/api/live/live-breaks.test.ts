import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverDatabase } from '../../../lib/database.ts';
import { LONG } from '../../support/limits.ts';
import { type OwnServer, openOwnServer } from '../../support/own-server.ts';
import { until } from '../../support/users.ts';
import { describeWithBinaries } from '../../tools/postgres/support.ts';
import { type Account, register, startTestApi, type TestApi } from '../support.ts';
import { condition, overWebSocket, type Subscription, wsClient } from './support.ts';

const messages = (conversationId: string, after?: string): Subscription => ({
  query: `subscription ($id: UUID!, $after: String) {
    messageChanged(conversationId: $id, after: $after) { cursor changes { text } } }`,
  variables: { id: conversationId, ...(after === undefined ? {} : { after }) },
});

type Event = { cursor: string; changes: { text: string }[] };
const texts = (events: Event[]): string[] => events.flatMap(({ changes }) => changes.map(({ text }) => text));

/** Goes on by itself from the last cursor, as an application does, on whichever of the servers answers. */
function persistent(urls: () => string, token: string, conversation: string) {
  const events: Event[] = [];
  const closed: number[] = [];
  let isOver = false;
  void (async () => {
    while (!isOver) {
      const told = overWebSocket(urls(), token, messages(conversation, events.at(-1)?.cursor));
      const { length } = told.events;
      await condition(() => {
        events.push(...told.events.splice(length));
        return told.closed.length > 0 || told.codes.length > 0 || isOver;
      }).catch(() => {});
      closed.push(...told.closed);
      told.end();
      if (!isOver) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return { events, closed, end: () => (isOver = true) };
}

await describeWithBinaries('subscriptions when something breaks', (binaries) => {
  let server: OwnServer;
  let one: TestApi;
  let two: TestApi;
  let ada: Account;

  beforeAll(async () => {
    server = await openOwnServer(binaries);
    const open = () => startTestApi({ database: serverDatabase(server.url), live: { rightsClock: 2_000 } });
    [one, two] = await Promise.all([open(), open()]);
    ada = await register(one, 'ada@example.org');
  }, LONG);
  afterAll(async () => {
    await one?.close();
    await two?.close();
    await server?.stop();
  });

  const start = async (): Promise<string> => {
    const { data } = await one.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      ada,
    );
    return data.startConversation.conversation.id;
  };
  const post = async (api: TestApi, conversation: string, content: string): Promise<boolean> => {
    const { data } = await api.ask(
      `mutation ($c: UUID!, $t: String!) { postMessage(input: { conversationId: $c, content: $t, idempotencyKey: $t }) { message { id } } }`,
      { c: conversation, t: content },
      ada,
    );
    return data?.postMessage != null;
  };

  it('goes on after a restart of PostgreSQL, also with what was said while nobody heard it', async () => {
    const conversation = await start();
    const told = overWebSocket(one.api.url, ada.token, messages(conversation));
    await told.has(1);
    await post(two, conversation, 'before');
    await condition(() => texts(told.events).includes('before'));
    await server.restart('fast');
    await until(() => post(two, conversation, 'after'));
    await condition(() => texts(told.events).includes('after'));
    await server.restart('kill');
    await until(() => post(two, conversation, 'after a kill'));
    await condition(() => texts(told.events).includes('after a kill'));
    // it is the same subscription, and each was told once
    expect(texts(told.events)).toEqual(['before', 'after', 'after a kill']);
    expect([told.codes, told.closed]).toEqual([[], []]);
    told.end();
  });

  it('misses nothing that is committed by who began before it was watched', async () => {
    const conversation = await start();
    const writer = await one.database.pool('owner').connect();
    await writer.query('begin');
    await writer.query(
      `select set_config('colloquy.user_id', $1, true), set_config('colloquy.workspace_id', $2, true), set_config('colloquy.member_role', 'owner', true)`,
      [ada.userId, ada.workspaceId],
    );
    await writer.query(`select app_public.post_message($1, 'late')`, [conversation]);
    const told = overWebSocket(one.api.url, ada.token, messages(conversation));
    await told.has(1);
    expect(texts(told.events)).toEqual([]);
    await writer.query('commit');
    writer.release();
    await condition(() => texts(told.events).includes('late'));
    told.end();
  });

  it('is told by one process what another did, and goes on there when its own stops', async () => {
    const conversation = await start();
    let url = one.api.url;
    const client = persistent(() => url, ada.token, conversation);
    await condition(() => client.events.length > 0);
    await post(two, conversation, 'by the other');
    await condition(() => texts(client.events).includes('by the other'));
    url = two.api.url;
    const stopped = one.api.close();
    await condition(() => client.closed.length > 0);
    expect(client.closed).toEqual([1001]);
    await stopped;
    await post(two, conversation, 'meanwhile');
    await condition(() => texts(client.events).includes('meanwhile'));
    expect(texts(client.events)).toEqual(['by the other', 'meanwhile']);
    client.end();
    // nobody comes in where nobody is let out
    const late = wsClient(one.api.url, {});
    await new Promise<void>((resolve) => late.on('closed', () => resolve()));
    await late.dispose();
  });
});
