import { describe, expect, it } from 'vitest';
import { readEnv } from '../../lib/env.ts';
import { mailSettings } from '../../lib/mail-settings.ts';
import type { OutboxMail } from '../../mail/mailer.ts';
import { plainName, render } from '../../mail/templates.ts';

const TOKEN = `cqr_${'0'.repeat(64)}`;
const outbox = (values: Partial<OutboxMail>): OutboxMail => ({
  id: '01890000-0000-7000-8000-000000000001',
  kind: 'notice',
  recipient: 'ann@example.org',
  subject: null,
  body: null,
  data: null,
  ...values,
});
const words = (env: NodeJS.ProcessEnv = {}) => ({ product: 'Tea', links: mailSettings(readEnv(env)).links });

describe('the words of mails', () => {
  it('have the token alone where nothing says where the pages of the client are', () => {
    const { text, subject } = render(
      outbox({ kind: 'password_reset', data: { token: TOKEN, minutes: 60 } }),
      words(),
    );
    expect(subject).toBe('A new password for Tea');
    expect(text).toContain(`Token: ${TOKEN}\n`);
    expect(text).toContain('60 minutes');
    expect(text).not.toContain('http');
  });

  it.each([
    ['password_reset', 'https://app.example/reset#token='],
    ['verification', 'https://app.example/me/verify?t='],
    ['invitation', 'https://other.example/join#'],
    ['new_address', 'https://app.example/address#token='],
  ])('link to the page of %s', (kind, expected) => {
    const { text, html } = render(
      outbox({ kind, data: { token: TOKEN, minutes: 60, hours: 48, days: 7, role: 'member' } }),
      words({
        PUBLIC_URL: 'https://app.example/',
        MAIL_LINK_VERIFY: '/me/verify?t={token}',
        MAIL_LINK_INVITATION: 'https://other.example/join#{token}',
      }),
    );
    expect(text).toContain(`\n${expected}${TOKEN}\n`);
    expect(html).toContain(`<a href="${expected}${TOKEN}">`);
    expect(text).not.toMatch(/undefined|null/);
  });

  it("hold a stranger's names as one short line, and never anything to click", () => {
    expect(plainName('  Tea\r\n\tHouse ')).toBe('Tea House');
    expect(plainName('Größe 茶 👩‍👩')).toBe('Größe 茶 👩👩');
    expect(plainName('\u202eevil\u0000\u200b')).toBe('evil');
    expect(plainName('x'.repeat(300))).toBe(`${'x'.repeat(60)}…`);
    for (const name of [
      'Your account is locked. Visit http://evil.example/login',
      'evil.example',
      'evil。example',
      'evil．example',
      'e\u200bvil.exa\u200bmple',
      'www evil',
      'mail me@evil',
      'javascript://x',
      '192.168.0.1',
      '\n\t ',
      '',
      null,
      7,
    ])
      expect(plainName(name), String(name)).toBeUndefined();
    const invited = (data: object) =>
      render(
        outbox({ kind: 'invitation', data: { token: TOKEN, role: 'member', days: 7, ...data } }),
        words(),
      );
    expect(invited({ workspace: 'Tea "House"', inviter: 'Ann' }).text).toContain(
      `"Ann" invites you to join the workspace "Tea 'House'" as member.`,
    );
    expect(invited({ workspace: 'go to evil.example', inviter: 'evil.example' }).text).toContain(
      'You are invited to join a workspace as member.',
    );
    expect(invited({ role: 'boss of evil.example' }).text).not.toContain('evil');
    const { html } = invited({ workspace: '<img src=x onerror=alert(1)>', inviter: '</p><script>' });
    expect(html).not.toMatch(/<img|<script/);
    expect(html).toContain('&#60;img');
  });

  it('say to who has an account that somebody registers, with nothing to click and nothing of the stranger', () => {
    const { subject, text, html } = render(
      outbox({ kind: 'already_registered', data: {} }),
      words({ PUBLIC_URL: 'https://app.example' }),
    );
    expect(subject).toBe('Your account at Tea');
    expect(text).toContain('which has an account already');
    expect(`${text} ${html}`).not.toMatch(/undefined|null|token|href/i);
  });

  it('of a notice are its own', () => {
    const { subject, text, html } = render(
      outbox({ subject: 'A key was made', body: 'One & two\nthree' }),
      words(),
    );
    expect([subject, text]).toEqual(['A key was made', 'One & two\nthree\n']);
    expect(html).toContain('<p>One &#38; two<br>three</p>');
  });
});

describe('the settings of mail', () => {
  const refused = (env: NodeJS.ProcessEnv): string => {
    try {
      readEnv(env);
    } catch (error) {
      return (error as Error).message;
    }
    return 'accepted';
  };

  it('are complete, or name what is missing', () => {
    const secret = 's'.repeat(16);
    expect(refused({ MAIL_URL: 'smtp://mail.example', MAIL_FROM: 'Tea <a@b.example>' })).toBe('accepted');
    expect(refused({ MAIL_URL: 'smtp://mail.example' })).toMatch(/MAIL_FROM: is missing/);
    expect(refused({ MAIL_URL: 'https://hook.example' })).toMatch(/MAIL_WEBHOOK_SECRET: is missing/);
    expect(refused({ MAIL_URL: 'https://hook.example', MAIL_WEBHOOK_SECRET: secret })).toBe('accepted');
    expect(refused({ MAIL_LINK_RESET: '/x#{token}' })).toMatch(/PUBLIC_URL: is missing/);
    for (const url of [
      'http://hook.example',
      'ftp://x.example',
      'mail.example',
      'smtp://',
      'smtp://h?starttls=maybe',
    ])
      expect(refused({ MAIL_URL: url, MAIL_FROM: 'a@b.example', MAIL_WEBHOOK_SECRET: secret }), url).toMatch(
        /MAIL_URL: /,
      );
    expect(refused({ MAIL_URL: 'https://u:secret-word@h.example', MAIL_WEBHOOK_SECRET: secret })).toMatch(
      /must hold no password/,
    );
    expect(refused({ MAIL_URL: 'https://u:secret-word@h.example' })).not.toContain('secret-word');
    for (const from of ['Tea', 'a@b.example\r\nBcc: c@d.example', 'A <a@b.example>, c@d.example'])
      expect(refused({ MAIL_FROM: from }), from).toMatch(/MAIL_FROM: /);
    for (const link of ['/reset', 'javascript:alert(1)#{token}', '/{token}/{token}'])
      expect(refused({ MAIL_LINK_RESET: link, PUBLIC_URL: 'https://a.example' }), link).toMatch(
        /MAIL_LINK_RESET: /,
      );
  });
});
