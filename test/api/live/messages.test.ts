import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { type Account, register, startTestApi, type TestApi } from '../support.ts';
import { overStream, overWebSocket, type Subscription, type Told } from './support.ts';

const WAYS = [
  ['a websocket', overWebSocket],
  ['a stream of events', overStream],
] as const;

const FIELDS = 'cursor changes { messageId sequenceNumber status offset text message { content model } }';
const messages = (conversationId: string, from: object = {}): Subscription => ({
  query: `subscription ($conversationId: UUID!, $after: String, $afterMessageId: UUID) {
    messageChanged(conversationId: $conversationId, after: $after, afterMessageId: $afterMessageId) { ${FIELDS} } }`,
  variables: { conversationId, ...from },
});

/** What a client shows that has all these events. */
export function shown(events: Told['events'], before = new Map<string, string>()): string[] {
  for (const { changes } of events) {
    for (const { messageId, offset, text } of changes)
      before.set(messageId, (before.get(messageId) ?? '').slice(0, offset) + text);
  }
  return [...before.values()];
}

describeReal('messages as they come', () => {
  let api: TestApi;
  let ada: Account;
  let bob: Account;
  const open: Told[] = [];

  beforeAll(async () => {
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
    bob = await register(api, 'bob@example.org');
  });
  afterEach(() => {
    for (const told of open.splice(0)) told.end();
  });
  afterAll(() => api?.close());

  const ask = async (query: string, variables: object = {}, { token } = ada) => {
    const { data, errors } = await api.ask(query, variables, { token });
    expect(errors).toEqual([]);
    return Object.values(data)[0] as Record<string, { id: string }>;
  };
  const start = async (): Promise<string> =>
    (await ask('mutation { startConversation(input: {}) { conversation { id } } }')).conversation!.id;
  const post = async (conversation: string, content: string): Promise<string> =>
    (
      await ask(
        'mutation ($c: UUID!, $t: String!) { postMessage(input: { conversationId: $c, content: $t }) { message { id } } }',
        { c: conversation, t: content },
      )
    ).message!.id;
  const startAnswer = async (conversation: string): Promise<string> => {
    const { messages: all } = (await ask(
      'mutation ($c: UUID!) { startAnswer(input: { conversationId: $c, model: "m" }) { messages { id } } }',
      { c: conversation },
    )) as unknown as { messages: { id: string }[] };
    return all[0]!.id;
  };
  const append = (id: string, text: string, at: number) =>
    ask(
      'mutation ($id: UUID!, $text: String!, $at: Int!) { appendToMessage(input: { messageId: $id, text: $text, at: $at }) { length } }',
      { id, text, at },
    );
  const finish = (id: string, more: object = {}) =>
    ask('mutation ($input: FinishMessageInput!) { finishMessage(input: $input) { message { id } } }', {
      input: { messageId: id, ...more },
    });

  describe.each(WAYS)('over %s', (_, over) => {
    const follow = (conversation: string, from: object = {}, { token } = ada): Told => {
      const told = over(api.api.url, token, messages(conversation, from));
      open.push(told);
      return told;
    };

    it('tells new ones, and how an answer goes on and ends', async () => {
      const conversation = await start();
      const told = follow(conversation);
      const [first] = await told.has(1);
      expect(first).toEqual({ cursor: expect.any(String), changes: [] });
      const question = await post(conversation, 'Why 🫖?');
      const [, second] = await told.has(2);
      expect(second.changes).toEqual([
        {
          messageId: question,
          sequenceNumber: 1,
          status: 'COMPLETE',
          offset: 0,
          text: 'Why 🫖?',
          message: { content: 'Why 🫖?', model: null },
        },
      ]);
      const answer = await startAnswer(conversation);
      await told.finds(({ changes }) => changes[0]?.messageId === answer);
      await append(answer, 'Tea 🫖 ', 0);
      await told.finds(({ changes }) => changes[0]?.text === 'Tea 🫖 ');
      await append(answer, 'is malty.', 6);
      const last = await told.finds(({ changes }) => changes[0]?.text === 'is malty.');
      expect(last.changes[0]).toMatchObject({
        offset: 7,
        status: 'STREAMING',
        message: { content: 'Tea 🫖 is malty.' },
      });
      await finish(answer);
      await told.finds(({ changes }) => changes[0]?.status === 'COMPLETE' && changes[0].messageId === answer);
      expect(shown(told.events)).toEqual(['Why 🫖?', 'Tea 🫖 is malty.']);
      const failing = await startAnswer(conversation);
      await append(failing, 'Half', 0);
      await finish(failing, { status: 'FAILED', content: 'Nothing' });
      await told.finds(({ changes }) => changes[0]?.status === 'FAILED');
      expect(shown(told.events)[2]).toBe('Nothing');
    });

    it('tells what was missed in a break, once, from where it was', async () => {
      const conversation = await start();
      const read = await post(conversation, 'one');
      await post(conversation, 'two');
      const answer = await startAnswer(conversation);
      await append(answer, 'Tea 🫖', 0);
      const before = follow(conversation, { afterMessageId: read });
      await before.has(1);
      expect(shown(before.events)).toEqual(['two', 'Tea 🫖']);
      before.end();
      await append(answer, ' is malty', 5);
      await post(conversation, 'three');
      const { cursor } = before.events.at(-1);
      const after = follow(conversation, { after: cursor });
      await after.has(1);
      expect(after.events[0].changes.map((change: { text: string }) => change.text)).toEqual([
        ' is malty',
        'three',
      ]);
      await finish(answer);
      await after.finds(
        ({ changes }) => changes[0]?.status === 'COMPLETE' && changes[0].messageId === answer,
      );
      // the older cursor still tells the whole way
      const late = follow(conversation, { after: cursor });
      await late.has(1);
      const known = new Map([
        ['x', 'two'],
        [answer, 'Tea 🫖'],
      ]);
      expect(shown(late.events, known)).toEqual(['two', 'Tea 🫖 is malty', 'three']);
      // nothing of what was told is told again
      const again = follow(conversation, { after: late.events[0].cursor });
      await again.has(1);
      expect(again.events[0].changes).toEqual([]);
    });

    it('tells nobody else, and nothing of what there is not', async () => {
      const conversation = await start();
      const foreign = follow(conversation, {}, bob);
      const mistaken = follow(conversation, { after: 'x' });
      await Promise.all([foreign.ended(), mistaken.ended()]);
      expect([foreign.codes, mistaken.codes]).toEqual([['CQ204'], ['CQ805']]);
      expect([foreign.events, mistaken.events]).toEqual([[], []]);
    });
  });
});
