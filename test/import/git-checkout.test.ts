import { expect, test } from 'vitest';
import { fileAddress, webAddress } from '../../import/files/git-checkout.ts';

test('remotes become web addresses', () => {
  expect(webAddress('git@github.com:a/b.git')).toBe('https://github.com/a/b');
  expect(webAddress('ssh://git@host.org:2222/a/b.git')).toBe('https://host.org/a/b');
  expect(webAddress('https://t0ken@host.org:8443/a/b')).toBe('https://host.org:8443/a/b');
  expect(webAddress('../elsewhere')).toBeNull();
  expect(webAddress('/srv/git/a.git')).toBeNull();
  expect(webAddress('C:\\repos\\a')).toBeNull();
  expect(webAddress('file:///srv/a')).toBeNull();
  expect(fileAddress('https://gitlab.com/a/b', 'x/y.md')).toBe('https://gitlab.com/a/b/-/blob/HEAD/x/y.md');
});
