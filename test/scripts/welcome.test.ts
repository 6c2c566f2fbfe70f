import { expect, it } from 'vitest';
import { welcome } from '../../scripts/start/welcome.ts';

const given = {
  url: 'http://localhost:5678',
  hasGraphiql: true,
  account: { email: 'you@example.org', password: 'the-password', token: `cqs_${'0'.repeat(64)}` },
  accountFile: "/it's/first-account.json",
  tokenFile: "/it's/first-account.token",
  isNew: true,
  isTerminal: true,
  psql: 'psql "$DATABASE_URL"',
};

it('shows a password once, and a token on a terminal only; elsewhere it names their files', () => {
  const first = welcome(given);
  expect(first).toContain('password the-password');
  expect(first).toContain(`/#token=${given.account.token}`);
  for (const later of [welcome({ ...given, isNew: false }), welcome({ ...given, isTerminal: false })])
    expect(later).not.toContain('the-password');
  const file = welcome({ ...given, isTerminal: false });
  expect(file).not.toContain(given.account.token);
  expect(file).toContain(`password in ${given.accountFile}`);
  expect(file).toContain(`Token        in ${given.tokenFile}`);
  // the calls read it, whatever the folder is called
  expect(file.match(/\$\(cat '\/it'\\''s\/first-account\.token'\)/g)).toHaveLength(3);
});
