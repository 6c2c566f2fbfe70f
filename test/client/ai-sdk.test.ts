import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  isStepCount,
  lastAssistantMessageIsCompleteWithToolCalls,
  readUIMessageStream,
  streamText,
  tool,
  toUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
} from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type Answer,
  ColloquyChatTransport,
  loadChat,
  resumeAnswer,
  saveChat,
  startAnswer,
  stopAnswer,
} from '../../client/ai-sdk.ts';
import { chunksOf } from '../../client/ai-sdk-parts.ts';
import {
  type Client,
  createClient,
  PostMessageDocument,
  StartConversationDocument,
  shownMessages,
} from '../../client/index.ts';
import { condition } from '../api/live/support.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { describeReal } from '../support/server.ts';
import { json, Page, scriptedModel } from './ai-sdk-support.ts';
import { openRelay, type Relay, refusal } from './support.ts';

/** An assistant's message with a part of every type and state. */
const everything: UIMessage = {
  id: 'msg-everything',
  role: 'assistant',
  metadata: { model: 'some-model', nested: { tokens: [1, 2.5, null] } },
  parts: [
    { type: 'step-start' },
    {
      type: 'reasoning',
      id: 'r1',
      text: 'Malt, then.',
      state: 'done',
      providerMetadata: { p: { signature: 's' } },
    },
    {
      type: 'tool-stock',
      toolCallId: 'c1',
      state: 'output-available',
      input: { tea: 'Assam' },
      output: { grams: 250 },
      title: 'Stock',
    },
    {
      type: 'tool-order',
      toolCallId: 'c2',
      state: 'output-error',
      input: { grams: 0 },
      errorText: 'Too little.',
    },
    {
      type: 'dynamic-tool',
      toolName: 'mcp',
      toolCallId: 'c3',
      state: 'input-available',
      input: { a: 1 },
      callProviderMetadata: { p: { x: 1 } },
    },
    { type: 'tool-order', toolCallId: 'c4', state: 'approval-requested', input: {}, approval: { id: 'a4' } },
    {
      type: 'tool-order',
      toolCallId: 'c5',
      state: 'approval-responded',
      input: {},
      approval: { id: 'a5', approved: true, reason: 'fine' },
    },
    {
      type: 'tool-order',
      toolCallId: 'c6',
      state: 'output-denied',
      input: {},
      approval: { id: 'a6', approved: false },
    },
    {
      type: 'tool-order',
      toolCallId: 'c7',
      state: 'input-streaming',
      input: { grams: 1 },
      rawInput: '{"grams":1',
    },
    { type: 'text', text: 'Assam.\n\n"Grüße" 🫖', state: 'done' },
    { type: 'source-url', sourceId: 's1', url: 'https://example.org/tea', title: 'Tea' },
    {
      type: 'source-document',
      sourceId: 's2',
      mediaType: 'application/pdf',
      title: 'Teas',
      filename: 'teas.pdf',
    },
    { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,iVBORw0KGgo=' },
    { type: 'data-chart', id: 'd1', data: { points: [[0, 1]] } },
    { type: 'step-start' },
    { type: 'text', text: 'More?', state: 'done', providerMetadata: { p: { y: true } } },
  ] as UIMessage['parts'],
};

describe('the parts of a message', () => {
  it('become what they were when they are streamed', async () => {
    const stream = new ReadableStream<UIMessageChunk>({
      start(controller) {
        controller.enqueue({ type: 'start', messageId: everything.id, messageMetadata: everything.metadata });
        for (const chunk of chunksOf(everything.parts)) controller.enqueue(chunk);
        controller.close();
      },
    });
    const states = await Array.fromAsync(readUIMessageStream({ stream, terminateOnError: true }));
    expect(json(states.at(-1))).toEqual(json(everything));
  });
});

describeReal('the Vercel AI SDK', () => {
  let api: TestApi;
  let relay: Relay;
  let ada: Account;
  let client: Client;
  let bob: Client;
  let server: Server;
  let url: string;
  const { model, calls } = scriptedModel();
  const answers: Answer<UIMessage>[] = [];

  /** The endpoints of an application, as the page of the documentation has them. */
  async function answer(request: Request): Promise<Response> {
    const [, id = ''] = /\/api\/chat\/([^/]+)\/stream/.exec(request.url) ?? [];
    if (request.method === 'GET') {
      const stream = await resumeAnswer(client, id);
      return stream ? createUIMessageStreamResponse({ stream }) : new Response(null, { status: 204 });
    }
    const { id: chatId, messages } = (await request.json()) as { id: string; messages: UIMessage[] };
    const begun = await startAnswer(client, { chatId, messages, model: 'scripted' });
    answers.push(begun);
    const result = streamText({
      model,
      messages: await convertToModelMessages(messages),
      abortSignal: begun.signal,
      stopWhen: isStepCount(2),
      tools: {
        stock: tool({ inputSchema: z.object({ tea: z.string() }), execute: async () => ({ grams: 250 }) }),
        ask: tool({ inputSchema: z.object({}) }),
      },
      onError: () => {},
    });
    const stream = toUIMessageStream({
      stream: result.stream,
      messageMetadata: ({ part }) => (part.type === 'finish' ? { via: 'sdk' } : undefined),
    });
    return createUIMessageStreamResponse({ stream: begun.store(stream, { usage: result.usage }) });
  }

  beforeAll(async () => {
    api = await startTestApi();
    relay = await openRelay(api.api.url);
    ada = await register(api, 'ada@example.org');
    client = createClient({ url: api.api.url, token: ada.token });
    bob = createClient({ url: api.api.url, token: (await register(api, 'bob@example.org')).token });
    server = createServer(async (incoming, outgoing) => {
      const body = incoming.method === 'POST' ? Buffer.concat(await Array.fromAsync(incoming)) : null;
      const response = await answer(
        new Request(`http://app${incoming.url}`, { method: incoming.method!, body }),
      );
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      if (!response.body) return void outgoing.end();
      const reader = response.body.getReader();
      outgoing.on('close', () => void reader.cancel().catch(() => undefined));
      for (let part = await reader.read(); !part.done; part = await reader.read()) outgoing.write(part.value);
      outgoing.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/chat`;
  });
  afterAll(async () => {
    server?.closeAllConnections();
    server?.close();
    await relay?.close();
    await api?.close();
  });

  const newChat = async () =>
    (await client.request(StartConversationDocument, {})).startConversation!.conversation!.id;
  const pageOf = (id: string, messages?: UIMessage[]) =>
    new Page(id, new DefaultChatTransport({ api: url }), messages);
  const called = async (count: number) => {
    await condition(() => calls.length >= count);
    return calls[count - 1]!;
  };
  const stored = (conversation: string) => shownMessages(client, conversation);
  const versions = async (conversation: string) => {
    const { rows } = await api.database
      .pool('owner')
      .query('select count(*)::int as n from app_public.messages where conversation_id = $1', [conversation]);
    return rows[0].n;
  };

  it('gets back what it saved, to the last part, and what others wrote', async () => {
    const chatId = await newChat();
    const question: UIMessage = {
      id: 'msg-1',
      role: 'user',
      parts: [
        { type: 'text', text: 'Which tea?' },
        { type: 'file', mediaType: 'image/png', filename: 'a.png', url: 'https://example.org/a.png' },
      ],
    };
    const messages = [
      { id: 's', role: 'system' as const, parts: [{ type: 'text' as const, text: 'Be brief.' }] },
      question,
      everything,
    ];
    await saveChat(client, { chatId, messages });
    expect(await loadChat(client, chatId)).toEqual(json(messages));
    await saveChat(client, { chatId, messages: await loadChat(client, chatId) });
    expect(await versions(chatId)).toBe(3);
    expect((await stored(chatId))[2]!.content).toBe('Assam.\n\n"Grüße" 🫖\n\nMore?');

    await client.request(PostMessageDocument, {
      conversation: chatId,
      role: 'TOOL',
      content: '{"grams":250}',
    });
    const loaded = await loadChat(client, chatId);
    expect(loaded[3]).toMatchObject({
      role: 'assistant',
      parts: [{ type: 'data-colloquy-tool', data: { content: '{"grams":250}' } }],
    });
    await saveChat(client, { chatId, messages: loaded });
    expect(await versions(chatId)).toBe(4);
    expect((await stored(chatId))[3]!.role).toBe('TOOL');

    expect(await loadChat(bob, chatId)).toEqual([]);
    expect(await resumeAnswer(bob, chatId)).toBeNull();
    expect((await refusal(saveChat(bob, { chatId, messages }))).code).toBe('CQ204');
    expect((await refusal(startAnswer(bob, { chatId, messages: [question] }))).code).toBe('CQ204');
  });

  it('shows an answer to another page, also when it was broken off, and when the first one is gone', async () => {
    const chatId = await newChat();
    const page = pageOf(chatId);
    const sent = page.sendMessage({ text: 'Which tea?' });
    const first = await called(1);
    first.say(
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'Malt.' },
      { type: 'reasoning-end', id: 'r' },
    );
    first.say({ type: 'text-start', id: 't' });
    first.text('I ');
    first.text('look \ud83e');
    first.text('\uded6 ');
    await condition(() => page.text === 'I look 🫖 ');

    const second = pageOf(chatId, await loadChat(client, chatId));
    const resumed = second.resumeStream();
    const direct = new Page(
      chatId,
      new ColloquyChatTransport(createClient({ url: relay.url, token: ada.token })),
    );
    const directly = direct.resumeStream();
    await condition(() => second.text === 'I look 🫖 ' && direct.text === 'I look 🫖 ');
    expect(await resumeAnswer(bob, chatId)).toBeNull();
    // the page that asked is closed, and the network of another one is broken
    void page.stop();
    relay.cut();
    first.say({ type: 'text-end', id: 't' });
    first.callTool('c', 'stock', { tea: 'Assam' });
    const then = await called(2);
    then.say({ type: 'text-start', id: 't' });
    then.text('There is Assam.');
    await condition(() => second.text.endsWith('There is Assam.') && direct.text.endsWith('There is Assam.'));
    then.end();
    await Promise.all([sent, resumed, directly, answers.at(-1)!.done]);
    const loaded = await loadChat(client, chatId);
    expect(loaded[1]!.parts.map(({ type }) => type)).toEqual([
      'step-start',
      'reasoning',
      'text',
      'tool-stock',
      'step-start',
      'text',
    ]);
    expect(loaded[1]).toMatchObject({ id: answers.at(-1)!.id, metadata: { via: 'sdk' } });
    expect(json(second.messages)).toEqual(loaded);
    expect(json(direct.messages)).toEqual([loaded[1]]);
    const [, answer] = await stored(chatId);
    expect(answer).toMatchObject({
      status: 'COMPLETE',
      model: 'scripted',
      content: 'I look 🫖 \n\nThere is Assam.',
    });
    expect(await resumeAnswer(client, chatId)).toBeNull();
  });

  /** Asks, and has the model say a text. */
  async function say(page: Page, question: string, text: string): Promise<void> {
    const count = calls.length;
    const sent = page.sendMessage({ text: question });
    const call = await called(count + 1);
    call.say({ type: 'text-start', id: 't' });
    call.text(text);
    call.end();
    await sent;
  }

  it('keeps the answer that was regenerated, and the question that was edited, on branches', async () => {
    const chatId = await newChat();
    const page = pageOf(chatId);
    await say(page, 'Which tea?', 'Assam.');
    await say(page, 'And then?', 'Ceylon.');
    expect(await versions(chatId)).toBe(4);
    const before = await loadChat(client, chatId);
    expect(before).toEqual(json(page.messages));

    const regenerated = page.regenerate();
    const call = await called(calls.length + 1);
    call.say({ type: 'text-start', id: 't' });
    call.text('Darjeeling.');
    call.end();
    await regenerated;
    const after = await loadChat(client, chatId);
    expect(after).toEqual(json(page.messages));
    expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
    expect(page.text).toBe('Darjeeling.');
    const { rows } = await api.database.pool('owner').query(
      `select m.content, r.content as instead_of from app_public.messages m join app_public.messages r on r.id = m.replaces_id
       where m.conversation_id = $1`,
      [chatId],
    );
    expect(rows).toEqual([{ content: 'Darjeeling.', instead_of: 'Ceylon.' }]);

    const edited = page.sendMessage({ text: 'And in the evening?', messageId: page.messages[2]!.id });
    const other = await called(calls.length + 1);
    other.say({ type: 'text-start', id: 't' });
    other.text('Rooibos.');
    other.end();
    await edited;
    expect(await loadChat(client, chatId)).toEqual(json(page.messages));
    expect(page.messages).toHaveLength(4);
    expect(await versions(chatId)).toBe(7);
  });

  it('is stopped by a button, from elsewhere, with its text so far', async () => {
    const chatId = await newChat();
    expect(await stopAnswer(client, chatId)).toBe(false);
    const page = pageOf(chatId);
    const sent = page.sendMessage({ text: 'Which tea?' });
    const call = await called(calls.length + 1);
    call.say({ type: 'text-start', id: 't' });
    call.text('Assam, ');
    await condition(() => page.text === 'Assam, ');
    expect(await stopAnswer(bob, chatId)).toBe(false);
    const resumed = pageOf(chatId);
    const seen = resumed.resumeStream();
    await condition(() => resumed.text === 'Assam, ');
    expect(await stopAnswer(client, chatId)).toBe(true);
    call.text('Ceylon, ');
    await condition(() => call.isAborted);
    await Promise.all([sent, seen, answers.at(-1)!.done]);
    expect((await stored(chatId))[1]).toMatchObject({ status: 'COMPLETE', content: 'Assam, ' });
    expect(resumed.text).toBe('Assam, ');
  });

  it('is stored as failed when the model fails, and says so to who resumed it', async () => {
    const chatId = await newChat();
    const page = pageOf(chatId);
    const sent = page.sendMessage({ text: 'Which tea?' });
    const call = await called(calls.length + 1);
    call.say({ type: 'text-start', id: 't' });
    call.text('Ass');
    await condition(() => page.text === 'Ass');
    const resumed = pageOf(chatId);
    const seen = resumed.resumeStream();
    await condition(() => resumed.text === 'Ass');
    call.fail();
    await Promise.all([sent, seen, answers.at(-1)!.done]);
    expect([page.status, resumed.status]).toEqual(['error', 'error']);
    expect((await stored(chatId))[1]).toMatchObject({ status: 'FAILED', content: 'Ass' });
  });

  it('goes on with an answer after a tool of the page, and does not store it when it may not', async () => {
    const chatId = await newChat();
    const page = pageOf(chatId);
    const sent = page.sendMessage({ text: 'Which tea?' });
    (await called(calls.length + 1)).callTool('q', 'ask', {});
    await sent;
    await page.addToolOutput({ tool: 'ask' as never, toolCallId: 'q', output: 'a strong one' as never });
    expect(lastAssistantMessageIsCompleteWithToolCalls({ messages: page.messages })).toBe(true);
    const more = page.sendMessage();
    const call = await called(calls.length + 1);
    call.say({ type: 'text-start', id: 't' });
    call.text('Assam.');
    call.end();
    await more;
    expect(page.messages).toHaveLength(2);
    expect(await loadChat(client, chatId)).toEqual(json(page.messages));
    expect((await stored(chatId))[1]!.content).toBe('Assam.');

    const last = page.sendMessage({ text: 'And then?' });
    const ended = await called(calls.length + 1);
    await api.ask('mutation { signOut(input: {}) { signedOut } }', {}, ada);
    ended.say({ type: 'text-start', id: 't' });
    ended.text('Ceylon.');
    await condition(() => ended.isAborted);
    await last;
    expect((await refusal(answers.at(-1)!.done)).code).toBe('CQ106');
  });
});
