import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AppendToMessageDocument,
  type Client,
  ConversationsChangedDocument,
  createClient,
  FinishMessageDocument,
  followMessages,
  register,
  SignOutDocument,
  StartAnswerDocument,
  StartConversationDocument,
  signIn,
  subscribe,
} from '../../client/index.ts';
import { condition } from '../api/live/support.ts';
import { PASSWORD, startTestApi, type TestApi } from '../api/support.ts';
import { describeReal } from '../support/server.ts';
import { openRelay, type Relay, refusal } from './support.ts';

describe('a subscription of the client', () => {
  it('is read however the stream is cut into pieces, and is an error when it was never there', async () => {
    const event =
      'event: next\r\ndata: {"data":{"said":"Grüße\u2028"}}\r\n\r\n: \r\n\r\nevent: complete\ndata:\n\n';
    let tries = 0;
    const server = createServer(async (_, response) => {
      tries += 1;
      // nothing at all is said to the third one
      if (tries === 3) return;
      if (tries === 2) return void response.writeHead(503, { 'retry-after': '0' }).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const bytes = Buffer.from(event);
      // the first one is broken off in the middle of what it says next
      const end = tries === 1 ? bytes.indexOf('event: complete') : bytes.length;
      for (let at = 0; at < end; at += 1) {
        await new Promise((resolve) => response.write(bytes.subarray(at, at + 1), resolve));
      }
      response.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asked: unknown[] = [];
    const client = createClient({
      url,
      fetch: (input, init) => {
        asked.push(JSON.parse(String(init?.body)).variables);
        return fetch(input, init);
      },
    });
    const said: string[] = [];
    const document = 'subscription' as Parameters<typeof subscribe<{ said: string }, { from: string }>>[1];
    for await (const event of subscribe(
      client,
      document,
      { from: '' },
      { silence: 5, resume: ({ said }) => ({ from: said }) },
    )) {
      said.push(event.said);
    }
    expect(said).toEqual(['Grüße\u2028', 'Grüße\u2028']);
    expect(asked).toEqual([{ from: '' }, ...Array(3).fill({ from: 'Grüße\u2028' })]);
    await new Promise((resolve) => server.close(resolve));
    const nowhere = createClient({ url, retries: 1 });
    expect(await refusal(Array.fromAsync(subscribe(nowhere, document, { from: '' })))).toMatchObject({
      code: 'CQ503',
    });
  });
});

describeReal('subscriptions of the client', () => {
  let api: TestApi;
  let relay: Relay;
  let client: Client;
  let token: string;
  let conversation: string;

  beforeAll(async () => {
    api = await startTestApi();
    relay = await openRelay(api.api.url);
    token = (
      await register(createClient({ url: api.api.url }), { email: 'ada@example.org', password: PASSWORD })
    ).token;
    client = createClient({ url: api.api.url, token });
    conversation = (await client.request(StartConversationDocument, {})).startConversation!.conversation!.id;
  });
  afterAll(async () => {
    await relay?.close();
    await api?.close();
  });

  const begin = async () => {
    const { startAnswer } = await client.request(StartAnswerDocument, {
      input: { conversationId: conversation },
    });
    const messageId = startAnswer!.messages!.at(-1)!.id;
    let at = 0;
    return {
      messageId,
      async write(text: string) {
        const { appendToMessage } = await client.request(AppendToMessageDocument, { messageId, text, at });
        at = appendToMessage!.length!;
      },
    };
  };

  it('goes on with a text where it was when the connection was lost, said or unsaid', async () => {
    const { messageId, write } = await begin();
    let text = '';
    let status = '';
    let pieces = 0;
    const follower = (async () => {
      const far = createClient({ url: relay.url, token });
      for await (const { changes } of followMessages(far, { conversation }, { silence: 5 })) {
        pieces += 1;
        for (const change of changes) {
          // nothing twice, and nothing missing
          expect(change.offset).toBe(text.length);
          text += change.text;
          status = change.status;
        }
        if (status === 'COMPLETE') return;
      }
    })();
    let whole = '';
    for (let step = 0; step < 12; step += 1) {
      if (step === 11) {
        // the last one is missed without a word
        await condition(() => text === whole);
        relay.hold();
      }
      const piece = `${step} 🫖 ${'word '.repeat(step)}`;
      await write(piece);
      whole += piece;
      // before the next one is there, so that half of them is written while nobody listens
      if (step % 4 === 1) await condition(() => text === whole);
      if (step % 4 === 2) relay.cut();
    }
    await client.request(FinishMessageDocument, { input: { messageId } });
    await follower;
    expect([text, status]).toEqual([whole, 'COMPLETE']);
    expect(pieces).toBeGreaterThan(3);
    // its connection is given back
    await condition(() => relay.size() === 0);
  });

  it('ends when it is told to, and leaves nothing open', async () => {
    const far = createClient({ url: relay.url, token });
    const end = new AbortController();
    const follower = followMessages(far, { conversation }, { signal: end.signal });
    await follower.next();
    end.abort(new Error('enough'));
    await expect(follower.next()).rejects.toThrow('enough');
    await condition(() => relay.size() === 0);
    expect(
      await Array.fromAsync(subscribe(far, ConversationsChangedDocument, {}, { signal: end.signal })).catch(
        (e) => e.message,
      ),
    ).toBe('enough');
    for await (const { conversationsChanged } of subscribe(far, ConversationsChangedDocument, {})) {
      expect(conversationsChanged).toMatchObject({ reload: true });
      break;
    }
    await condition(() => relay.size() === 0);
  });

  it('is refused to others, and ends with the session', async () => {
    const bob = await register(createClient({ url: api.api.url }), {
      email: 'bob@example.org',
      password: PASSWORD,
    });
    const codes = async (who: string | undefined, variables: object = {}) => {
      const stranger = createClient({ url: api.api.url, token: who, retries: 0 });
      return (await refusal(Array.fromAsync(followMessages(stranger, { conversation, ...variables })))).code;
    };
    expect(await codes(bob.token)).toBe('CQ204');
    expect(await codes(undefined)).toBe('CQ101');
    expect(await codes('cqs_wrong')).toBe('CQ106');
    expect(await codes(token, { after: 'nothing' })).toBe('CQ805');
    const { session } = await signIn(createClient({ url: api.api.url }), {
      email: 'ada@example.org',
      password: PASSWORD,
    });
    const leaving = createClient({ url: api.api.url, token: session!.token });
    const events = followMessages(leaving, { conversation });
    await events.next();
    await leaving.request(SignOutDocument);
    expect((await refusal(events.next())).code).toMatch(/^CQ(?:800|106)$/);
  });
});
