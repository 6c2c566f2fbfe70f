import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { addressKey, clientAddress, isHttps, readOrigin } from '../../api/client-address.ts';
import { readProxies } from '../../lib/proxies.ts';
import { describeReal } from '../support/server.ts';
import { register, startTestApi } from './support.ts';

function from(remoteAddress: string | undefined, headers: Record<string, string> = {}): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

const addressOf = (remote: string | undefined, forwarded: string, proxies: string): string =>
  readOrigin(from(remote, { 'x-forwarded-for': forwarded }), readProxies(proxies)).address;

it.each([
  // [the other end of the socket, X-Forwarded-For, trusted proxies, the client]
  ['203.0.113.9', '198.51.100.1', '', '203.0.113.9'],
  ['127.0.0.1', '198.51.100.1', '', '127.0.0.1'],
  ['203.0.113.9', '198.51.100.1', 'loopback, private', '203.0.113.9'],
  ['127.0.0.1', '198.51.100.1', 'loopback', '198.51.100.1'],
  ['::1', '198.51.100.1', 'loopback', '198.51.100.1'],
  ['::ffff:127.0.0.1', '198.51.100.1', 'loopback', '198.51.100.1'],
  ['::ffff:10.0.0.7', '198.51.100.1', '10.0.0.0/8', '198.51.100.1'],
  ['10.0.0.7', '2001:db8::5', '10.0.0.7', '2001:db8::5'],
  ['172.18.0.3', '198.51.100.1, 10.1.1.1', 'private', '198.51.100.1'],
  ['fd00::3', '198.51.100.1', 'private', '198.51.100.1'],
  // what the client wrote itself stands further left
  ['127.0.0.1', '192.0.2.66, 198.51.100.1', 'loopback', '198.51.100.1'],
  ['127.0.0.1', '127.0.0.1, 198.51.100.1', 'loopback', '198.51.100.1'],
  ['127.0.0.1', '192.0.2.66, 198.51.100.1, 10.0.0.2', 'loopback, 10.0.0.2', '198.51.100.1'],
  ['127.0.0.1', '192.0.2.66, 198.51.100.1, 10.0.0.3', 'loopback, 10.0.0.2', '10.0.0.3'],
  // with a port, as some proxies write it
  ['127.0.0.1', '198.51.100.1:4711', 'loopback', '198.51.100.1'],
  ['127.0.0.1', '[2001:db8::5]:4711', 'loopback', '2001:db8::5'],
  // no address
  ['127.0.0.1', '', 'loopback', '127.0.0.1'],
  ['127.0.0.1', '198.51.100.1, unknown', 'loopback', '127.0.0.1'],
  ['127.0.0.1', "198.51.100.1, '; drop table", 'loopback', '127.0.0.1'],
  ['127.0.0.1', '127.1', 'loopback', '127.0.0.1'],
  ['fe80::1%eth0', '', '', 'fe80::1'],
  [undefined, '198.51.100.1', 'loopback', ''],
])('takes %s with "%s" and the proxies "%s" for %s', (remote, forwarded, proxies, expected) => {
  expect(addressOf(remote, forwarded, proxies)).toBe(expected);
});

it('believes only a trusted proxy that the client came by https', () => {
  const https = { 'x-forwarded-proto': 'https' };
  const ask = (remote: string, headers: Record<string, string>) => {
    const request = from(remote, headers);
    readOrigin(request, readProxies('loopback'));
    return isHttps(request);
  };
  expect(ask('127.0.0.1', https)).toBe(true);
  expect(ask('127.0.0.1', { 'x-forwarded-proto': 'https, http' })).toBe(false);
  expect(ask('127.0.0.1', {})).toBe(false);
  expect(ask('203.0.113.9', https)).toBe(false);
});

it('looks once, as the server was told to', () => {
  const request = from('127.0.0.1', { 'x-forwarded-for': '198.51.100.1' });
  readOrigin(request, readProxies('loopback'));
  expect(clientAddress(request)).toBe('198.51.100.1');
  expect(clientAddress(from('127.0.0.1', { 'x-forwarded-for': '198.51.100.1' }))).toBe('127.0.0.1');
});

it('counts IPv6 by the network that one customer has', () => {
  expect(addressKey('198.51.100.1')).toBe('198.51.100.1');
  expect(addressKey('::ffff:198.51.100.1')).toBe('198.51.100.1');
  expect(addressKey('2001:db8:1:2:aaaa::1')).toBe('2001:db8:1:2::/64');
  expect(addressKey('2001:db8:1:2:bbbb:cccc:dddd:2')).toBe(addressKey('2001:db8:1:2:aaaa::1'));
  expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
  expect(addressKey('')).toBe('');
});

it.each(['10.0.0.0/33', 'localhost', '10.0.0', 'everybody', '10.0.0.1;'])('refuses the proxy %s', (entry) => {
  expect(() => readProxies(entry)).toThrow(entry);
});

describeReal('the address of a client', () => {
  it('is in the audit log as the trusted proxy says it, and only then', async () => {
    const direct = await startTestApi();
    const behind = await startTestApi({
      database: direct.database,
      trustedProxies: readProxies('loopback'),
    });
    const headers = { 'x-forwarded-for': '192.0.2.66, 198.51.100.1' };
    const signIn = `mutation ($email: String!) {
      signIn(input: { email: $email, password: "wrong horse battery" }) { clientMutationId }
    }`;
    const { userId } = await register(direct, 'address@example.org');
    for (const api of [direct, behind]) await api.ask(signIn, { email: 'address@example.org' }, { headers });
    const { rows } = await direct.database
      .pool('admin')
      .query(
        `select host(ip) as ip from app_public.audit_logs where action = 'user.sign_in_failed' and entity_id = $1 order by id`,
        [userId],
      );
    expect(rows.map((row) => row.ip)).toEqual(['127.0.0.1', '198.51.100.1']);
    await behind.api.close();
    await direct.close();
  });
});
