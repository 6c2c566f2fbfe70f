import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mail, Transport } from '../../mail/mailer.ts';
import { openSmtp } from '../../mail/smtp.ts';
import { type FakeSmtp, startFakeSmtp } from '../support/fake-smtp.ts';

const FROM = { name: 'Tea\r\nBcc: victim@example.org "House" Ürün', address: 'robot@tea.example' };

const mail = (values: Partial<Mail> = {}): Mail => ({
  id: '01890000-0000-7000-8000-000000000001',
  kind: 'notice',
  recipient: 'ann@example.org',
  subject: 'Hello',
  text: 'Text\n',
  html: '<p>Text</p>',
  ...values,
});

describe('mail by SMTP', () => {
  let fake: FakeSmtp;
  const open: Transport[] = [];
  const transport = (url: string, options = {}) => {
    const opened = openSmtp(url, FROM, options);
    open.push(opened);
    return opened;
  };
  const failure = (work: Promise<void>) =>
    work.then(
      () => undefined,
      ({ failure, message }) => ({ failure, message }),
    );
  const url = (password = fake.password) =>
    `smtp://robot:${encodeURIComponent(password)}@127.0.0.1:${fake.port}`;

  beforeEach(async () => {
    fake = await startFakeSmtp();
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
    await fake.close();
  });

  it('arrives, with the Message-ID of the outbox, also twice', async () => {
    const { send } = transport(url());
    await send(mail());
    await send(mail());
    expect(fake.delivered).toHaveLength(2);
    const [first, second] = fake.delivered;
    expect(first).toMatchObject({ from: 'robot@tea.example', to: ['ann@example.org'], user: 'robot' });
    const id = (source: string) => /^Message-ID: (.*)$/im.exec(source)![1];
    expect(id(first!.source)).toBe('<01890000-0000-7000-8000-000000000001@tea.example>');
    expect(id(second!.source)).toBe(id(first!.source));
    expect(first!.source).toMatch(/^Auto-Submitted: auto-generated$/m);
    expect(first!.source).toContain('multipart/alternative');
  });

  it('takes no header from a name, a subject or an address', async () => {
    const { send } = transport(url());
    await send(mail({ subject: 'Hi\r\nBcc: victim@example.org\r\n\r\nBody' }));
    const { source, to } = fake.delivered[0]!;
    expect(to).toEqual(['ann@example.org']);
    const head = source.split('\r\n\r\n')[0]!;
    expect(head).not.toMatch(/^Bcc:/im);
    expect(head.match(/^(From|To|Subject):/gim)).toHaveLength(3);
    for (const recipient of [
      'ann@example.org\r\nRCPT TO:<victim@example.org>',
      'ann@example.org, victim@example.org',
      'Ann <ann@example.org>',
      'nobody',
    ]) {
      expect(await failure(send(mail({ recipient }))), recipient).toMatchObject({ failure: 'refused' });
    }
    expect(fake.delivered).toHaveLength(1);
  });

  it('carries names of all scripts, and a long address', async () => {
    const { send } = transport(url());
    const recipient = `${'a'.repeat(64)}@${'b.'.repeat(88)}exampl.org`;
    expect(recipient).toHaveLength(251);
    await send(mail({ recipient, subject: 'Привет, 世界 👋' }));
    expect(fake.delivered[0]!.to).toEqual([recipient]);
    expect(fake.delivered[0]!.source).toMatch(/^Subject: =\?UTF-8\?/m);
    // no SMTP server takes one of 300
    expect(await failure(send(mail({ recipient: `${'a'.repeat(49)}${recipient}` })))).toMatchObject({
      failure: 'refused',
    });
    await send(mail({ recipient: 'ann@bücher.example' }));
    expect(fake.delivered[1]!.to[0]).toMatch(/^ann@(xn--bcher-kva|bücher)\.example$/);
  });

  it('tells a refusal for good from one for a while, and both from a server that cannot be used', async () => {
    const { send } = transport(url());
    fake.faults.set('bounce@example.org', { at: 'rcpt', code: 550, message: 'no such mailbox' });
    fake.faults.set('grey@example.org', { at: 'rcpt', code: 451, message: 'greylisted, come back' });
    fake.faults.set('spam@example.org', { at: 'data', code: 554, message: 'looks like spam' });
    fake.faults.set('full@example.org', { at: 'data', code: 452, message: 'mailbox is full' });
    const of = (name: string) => failure(send(mail({ recipient: `${name}@example.org` })));
    expect(await of('bounce')).toEqual({
      failure: 'refused',
      message: expect.stringMatching(/550.*no such mailbox/),
    });
    expect(await of('grey')).toEqual({
      failure: 'deferred',
      message: expect.stringMatching(/451.*greylisted/),
    });
    expect(await of('spam')).toEqual({ failure: 'refused', message: expect.stringContaining('spam') });
    expect(await of('full')).toEqual({ failure: 'deferred', message: expect.stringContaining('full') });
    await send(mail());
    expect(fake.delivered).toHaveLength(1);
  });

  it('says that the password is wrong, and not what it is', async () => {
    const wrong = 'not/the p@ssword';
    const result = await failure(transport(url(wrong)).send(mail({ text: `Token: ${'x'.repeat(40)}` })));
    expect(result).toMatchObject({ failure: 'unavailable', message: expect.stringContaining('535') });
    for (const secret of [wrong, encodeURIComponent(wrong), Buffer.from(wrong).toString('base64'), 'xxxx'])
      expect(result!.message).not.toContain(secret);
  });

  it('waits for no server that refuses connections, or accepts them and hangs', async () => {
    const { port } = fake;
    await fake.close();
    expect(await failure(transport(`smtp://127.0.0.1:${port}`).send(mail()))).toMatchObject({
      failure: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(port, '127.0.0.1');
    const hung = await failure(transport(`smtp://127.0.0.1:${port}`, { connect: 100 }).send(mail()));
    expect(hung).toMatchObject({ failure: 'unavailable' });
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
    fake = await startFakeSmtp();
    fake.faults.set('ann@example.org', 'hang');
    expect(await failure(transport(url(), { whole: 300 }).send(mail()))).toMatchObject({
      failure: 'unavailable',
      message: expect.stringContaining('took longer'),
    });
  });

  it('goes encrypted to a host that proves who it is, or not at all', async () => {
    const smtps = await startFakeSmtp({ secure: true });
    const upgradable = await startFakeSmtp({ hideSTARTTLS: false });
    try {
      // a certificate of nobody in particular
      for (const address of [
        `smtps://127.0.0.1:${smtps.port}`,
        `smtp://127.0.0.1:${upgradable.port}?starttls=required`,
      ]) {
        expect(await failure(transport(address).send(mail())), address).toMatchObject({
          failure: 'unavailable',
          message: expect.stringMatching(/certificate/i),
        });
      }
      // offers no encryption at all
      expect(await failure(transport(`${url()}?starttls=required`).send(mail()))).toMatchObject({
        failure: 'unavailable',
      });
      expect([smtps, upgradable, fake].flatMap(({ delivered }) => delivered)).toEqual([]);
      await transport(`${url()}?starttls=never`).send(mail());
      expect(fake.delivered).toHaveLength(1);
    } finally {
      await smtps.close();
      await upgradable.close();
    }
  });
});
