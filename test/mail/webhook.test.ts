import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mail } from '../../mail/mailer.ts';
import { openWebhook, signatureOf } from '../../mail/webhook.ts';

const SECRET = 'a secret of the webhook';
const mail: Mail = {
  id: '01890000-0000-7000-8000-000000000001',
  kind: 'invitation',
  recipient: 'ann@example.org',
  subject: 'Hello',
  text: 'Token: abc',
  html: '<p>Token: abc</p>',
};

describe('mail by a webhook', () => {
  let server: Server;
  let url: string;
  let answer: { status: number; headers?: Record<string, string> } | 'hang';
  let requests: { url: string; headers: IncomingHttpHeaders; body: string }[];

  beforeEach(async () => {
    requests = [];
    answer = { status: 202 };
    server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      requests.push({ url: request.url!, headers: request.headers, body });
      if (answer !== 'hang') response.writeHead(answer.status, answer.headers).end('thanks');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const failure = (timeout?: number) =>
    openWebhook(`${url}/mail`, SECRET, timeout)
      .send(mail)
      .then(
        () => undefined,
        (error) => error,
      );

  it('is a signed POST that can be told from its repetition', async () => {
    expect(await failure()).toBeUndefined();
    const [{ headers, body, url: path }] = requests as [(typeof requests)[0]];
    expect(path).toBe('/mail');
    expect(JSON.parse(body)).toEqual(mail);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': mail.id });
    const signature = String(headers['x-colloquy-signature']);
    const seconds = Number(/^t=(\d+),/.exec(signature)![1]);
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(600);
    expect(signature).toBe(signatureOf(SECRET, seconds, body));
    expect(signature).not.toBe(signatureOf('another secret of it', seconds, body));
    expect(signature).not.toBe(signatureOf(SECRET, seconds, `${body} `));
  });

  it.each([
    [400, 'refused'],
    [422, 'refused'],
    [409, 'deferred'],
    [401, 'unavailable'],
    [404, 'unavailable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
  ])('that answers %i is %s', async (status, expected) => {
    answer = { status };
    expect(await failure()).toMatchObject({
      failure: expected,
      message: expect.stringContaining(`${status}`),
    });
  });

  it('goes to no other address than the one that was set', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      answer = { status, headers: { location: `${url}/elsewhere` } };
      expect(await failure()).toMatchObject({ failure: 'unavailable' });
    }
    expect(new Set(requests.map((request) => request.url))).toEqual(new Set(['/mail']));
  });

  it('is not waited for when it hangs or is not there', async () => {
    answer = 'hang';
    expect(await failure(100)).toMatchObject({ failure: 'unavailable' });
    server.closeAllConnections();
    server.close();
    const error = await failure();
    expect(error).toMatchObject({ failure: 'unavailable', message: expect.stringContaining('ECONNREFUSED') });
    expect(error.message).not.toContain('abc');
  });
});
