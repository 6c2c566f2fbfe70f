import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, followMessages, StartConversationDocument } from '../../client/index.ts';
import { startChat } from '../../examples/chat/server.ts';
import { condition } from '../api/live/support.ts';
import { axis, indexDocument, PASSWORD, startTestApi, type TestApi } from '../api/support.ts';
import { describeReal } from '../support/server.ts';
import { gatedModel } from './support.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it asked for
const body = (response: Response): Promise<any> => response.json();

describeReal('the server of the example chat', () => {
  const gate = gatedModel();
  let api: TestApi;
  let chat: { url: string; close(): Promise<void> };
  let ada: Browser;

  /** What a browser is to the server: a cookie, and requests of a page. */
  class Browser {
    cookie = '';
    setCookie = '';
    async send(path: string, body?: unknown, init: RequestInit = {}): Promise<Response> {
      const response = await fetch(`${chat.url}${path}`, {
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
        ...init,
        headers: { 'content-type': 'application/json', cookie: this.cookie, ...init.headers },
      });
      const set = response.headers.get('set-cookie');
      if (set) {
        this.setCookie = set;
        this.cookie = set.split(';', 1)[0]!;
      }
      return response;
    }
    /** The client package in the page. */
    get client() {
      return createClient({
        url: `${chat.url}/api`,
        retries: 0,
        fetch: (url, init = {}) => {
          const headers = new Headers(init.headers);
          headers.set('cookie', this.cookie);
          return fetch(url, { ...init, headers });
        },
      });
    }
    async query(query: string, variables: object = {}) {
      const response = await this.send('/api/graphql', { query, variables });
      return (await body(response)).data;
    }
    async begin(): Promise<string> {
      const { startConversation } = await this.client.request(StartConversationDocument, { title: 'Tea' });
      return startConversation!.conversation!.id;
    }
    async messages(id: string) {
      const query = `query ($id: UUID!) { conversation(id: $id) { messages { nodes {
        id clientId parentId replacesId status role content citations { nodes { rank } }
      } } } }`;
      return (await this.query(query, { id })).conversation?.messages.nodes;
    }
  }
  const login = { email: 'ada@example.org', password: PASSWORD };
  const said = (text: string) => [{ type: 'text', text }];

  beforeAll(async () => {
    api = await startTestApi({ embedQuery: async () => new Float32Array(axis(3)) });
    chat = await startChat({ api: api.api.url, model: gate.model });
    ada = new Browser();
    const { userId } = await body(await ada.send('/session', { ...login, isNew: true }));
    const token = ada.cookie.split('=')[1]!;
    const { data } = await api.ask('{ workspaces { nodes { id } } }', {}, { token });
    const account = { token, userId, workspaceId: data.workspaces.nodes[0].id };
    await indexDocument(api, account, {
      title: 'Teas',
      content: 'Assam is strong and malty.',
      vector: axis(3),
    });
  });
  afterAll(async () => {
    await chat?.close();
    await api?.close();
  });

  it('keeps the token in a cookie that no script sees, and answers no other site', async () => {
    expect(ada.setCookie).toMatch(
      /^colloquy_chat=cqs_\w+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d{6,}$/,
    );
    const https = new Browser();
    const again = await https.send('/session', login, { headers: { 'x-forwarded-proto': 'https' } });
    expect(https.setCookie).toMatch(/; Secure$/);
    expect(await again.text()).not.toContain('cqs_');

    const elsewhere = { headers: { 'sec-fetch-site': 'cross-site' } };
    for (const path of ['/session', '/chat', '/api/graphql', '/api/files?name=a.md'])
      expect((await ada.send(path, login, elsewhere)).status, path).toBe(403);
    const form = { headers: { 'content-type': 'text/plain' } };
    expect((await ada.send('/session', login, form)).status).toBe(400);
    const wrong = await ada.send('/session', { ...login, password: 'another one' });
    expect([wrong.status, (await body(wrong)).code]).toEqual([400, 'CQ102']);

    const page = await ada.send('/');
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    expect(await page.text()).not.toMatch(/<script>|\son\w+=|\sstyle=/);
  });

  it('serves the page and hands on what is for the API, and nothing else', async () => {
    for (const path of ['/chat.js', '/client/index.ts', '/shared.html', '/chat.css'])
      expect((await ada.send(path)).status, path).toBe(200);
    for (const path of ['/server.ts', '/client/package.json', '/..%2fserver.ts', '/api/my-data', '/api/mcp'])
      expect((await ada.send(path)).status, path).toBe(404);
    const visitor = new Browser();
    expect(await visitor.query('{ currentUser { email } }')).toEqual({ currentUser: null });
    expect(await ada.query('{ currentUser { email } }')).toEqual({ currentUser: { email: login.email } });
    const refused = await visitor.send('/chat', { id: crypto.randomUUID(), parts: said('And?') });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect((await body(refused)).code).toMatch(/^CQ/);
  });

  it('answers with citations, which all browsers of the person see come, also when the one that asked is gone', async () => {
    const id = await ada.begin();
    const second = new Browser();
    await second.send('/session', login);
    const { client } = second;
    let last = '';
    const seen = (async () => {
      let text = '';
      for await (const { changes } of followMessages(client, { conversation: id }))
        for (const { offset, text: piece, status, sequenceNumber } of changes) {
          if (sequenceNumber !== 2) continue;
          text = text.slice(0, offset) + piece;
          last = `${status}: ${text}`;
          if (status === 'COMPLETE') return;
        }
    })();
    const leaving = new AbortController();
    gate.close();
    const { headers } = await ada.send(
      '/chat',
      { id, parts: said('Which tea is malty?') },
      { signal: leaving.signal },
    );
    expect(headers.get('content-type')).toContain('text/event-stream');
    for (const text of ['As ', 'As it ']) {
      await gate.word();
      await condition(
        () => last === `STREAMING: ${text}`,
        () => last,
      );
    }
    leaving.abort();
    gate.open();
    await seen;
    expect(last).toBe('COMPLETE: As it is written: Assam is strong and malty. [1]');
    expect(await ada.messages(id)).toMatchObject([
      { role: 'USER', content: 'Which tea is malty?' },
      { role: 'ASSISTANT', status: 'COMPLETE', citations: { nodes: [{ rank: 1 }] } },
    ]);

    const eve = new Browser();
    await eve.send('/session', { email: 'eve@example.org', password: PASSWORD, isNew: true });
    expect(await eve.messages(id)).toBeUndefined();
    expect((await eve.send('/chat', { id, parts: said('And?') })).status).toBe(400);
    expect(await ada.messages(id)).toHaveLength(2);
  });

  it('answers again, and another question in the place of one, beside what was there', async () => {
    const id = await ada.begin();
    const ask = async (asked: object) => (await ada.send('/chat', { id, ...asked })).text();
    await ask({ parts: said('Which tea is malty?') });
    const [question, answer] = await ada.messages(id);
    await ask({ messageId: answer.clientId ?? answer.id });
    await ask({ parts: said('Which tea is strong?'), messageId: question.clientId ?? question.id });
    const all = await ada.messages(id);
    expect(all).toHaveLength(5);
    expect(all[2]).toMatchObject({ role: 'ASSISTANT', parentId: question.id, replacesId: answer.id });
    expect(all[3]).toMatchObject({ replacesId: question.id, content: 'Which tea is strong?' });
    const address = [{ type: 'file', mediaType: 'image/png', url: `${api.api.url}/healthz` }];
    for (const parts of [address, 'text', [null], [{ type: 'text' }]])
      expect((await ada.send('/chat', { id, parts })).status).toBe(400);
    const none = await ada.send('/chat', { id, messageId: 'of-no-message' });
    expect(none.status).toBe(400);
    expect(await body(none)).toEqual({ message: 'The conversation has no such message.' });
  });

  it('ends a session here and in the database', async () => {
    const third = new Browser();
    await third.send('/session', login);
    const { cookie } = third;
    expect((await third.send('/session', undefined, { method: 'DELETE' })).status).toBe(204);
    expect(third.setCookie).toMatch(/^colloquy_chat=; .*Max-Age=0$/);
    third.cookie = cookie;
    expect((await third.send('/api/graphql', { query: '{ currentUser { id } }' })).status).toBe(401);
    // what is no good any more is taken from the browser
    expect(third.cookie).toBe('colloquy_chat=');
    expect(await third.query('{ currentUser { id } }')).toEqual({ currentUser: null });
  });
});
