import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { type Account, codeOf, register, startTestApi, type TestApi } from './support.ts';

describeReal('an answer that comes in pieces, through the API', () => {
  let api: TestApi;
  let ada: Account;
  let conversation: string;

  beforeAll(async () => {
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
    const { data } = await ask('mutation { startConversation(input: {}) { conversation { id } } }');
    conversation = data.startConversation.conversation.id;
  });
  afterAll(() => api?.close());

  const ask = (query: string, variables: object = {}, token = ada.token) =>
    api.ask(query, variables, { token });
  const APPEND = `mutation ($id: UUID!, $text: String!, $at: Int!) {
    appendToMessage(input: { messageId: $id, text: $text, at: $at }) { length } }`;
  const read = async (id: string) => {
    const { data, errors } = await ask(
      `query ($id: UUID!, $conversation: UUID!) {
        message(id: $id) { status content }
        conversation(id: $conversation) { messages(last: 1) { nodes { status content } } }
      }`,
      { id, conversation },
    );
    expect(errors).toEqual([]);
    expect(data.conversation.messages.nodes).toEqual([data.message]);
    return data.message;
  };

  it('is shown as far as it is written, to a page and to a look at it alone', async () => {
    const { data, errors } = await ask(
      `mutation ($conversation: UUID!) {
        startAnswer(input: { conversationId: $conversation, question: "Why?", model: "m", idempotencyKey: "k" }) { messages { id role status content } }
      }`,
      { conversation },
    );
    expect(errors).toEqual([]);
    const { messages } = data.startAnswer;
    expect(messages).toMatchObject([
      { role: 'USER', status: 'COMPLETE', content: 'Why?' },
      { role: 'ASSISTANT', status: 'STREAMING', content: '' },
    ]);
    const id = messages[1].id;
    const first = await ask(APPEND, { id, text: 'Because ', at: 0 });
    expect(first.data.appendToMessage).toEqual({ length: 8 });
    expect((await ask(APPEND, { id, text: 'Because ', at: 0 })).data.appendToMessage.length).toBe(8);
    expect(await read(id)).toEqual({ status: 'STREAMING', content: 'Because ' });
    const gap = await ask(APPEND, { id, text: 'x', at: 9 });
    expect(codeOf(gap)).toBe('CQ811');
    expect(gap.errors[0]!.extensions.hint).toContain('8');
    const other = await register(api, 'bob@example.org');
    expect(codeOf(await ask(APPEND, { id, text: 'x', at: 8 }, other.token))).toBe('CQ204');
    await ask(APPEND, { id, text: 'so.', at: 8 });
    const FINISH = `mutation ($id: UUID!, $status: MessageStatus) {
      finishMessage(input: { messageId: $id, status: $status, completionTokens: 3 }) { message { status content totalTokens } } }`;
    for (const status of [undefined, 'COMPLETE'])
      expect((await ask(FINISH, { id, status })).data.finishMessage.message).toEqual({
        status: 'COMPLETE',
        content: 'Because so.',
        totalTokens: 3,
      });
    expect(await read(id)).toEqual({ status: 'COMPLETE', content: 'Because so.' });
    expect(codeOf(await ask(FINISH, { id, status: 'FAILED' }))).toBe('CQ812');
    expect(codeOf(await ask(APPEND, { id, text: 'x', at: 11 }))).toBe('CQ812');
  });
});
