import { describe, expect, it } from 'vitest';
import { allowedAddresses } from '../../webhooks/addresses.ts';

const PUBLIC = '93.184.215.14';

describe('addresses of webhooks', () => {
  const look = (url: string, networks: string[] = [], leads: string[] = [PUBLIC]) =>
    allowedAddresses(new URL(url), networks, async () => leads).then(
      (addresses) => addresses,
      (error) => error.name as string,
    );

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.100.100.200/',
    'https://169.254.169.254/latest/meta-data',
    'https://168.63.129.16/',
    'https://192.0.0.192/',
    'https://0.0.0.0/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
  ])('%s is refused', async (url) => {
    expect(await look(url)).toBe('ForbiddenAddress');
  });

  it('are looked at where the name leads, all of them', async () => {
    expect(await look('https://receiver.example/')).toEqual([PUBLIC]);
    expect(
      await look('https://receiver.example/', [], ['2606:2800:21f:cb07:6820:80da:af6b:8b2c']),
    ).toHaveLength(1);
    expect(await look('https://receiver.example/', [], ['127.0.0.1'])).toBe('ForbiddenAddress');
    expect(await look('https://receiver.example/', [], [PUBLIC, '10.0.0.1'])).toBe('ForbiddenAddress');
    expect(await look('https://receiver.example/', [], ['::ffff:169.254.169.254'])).toBe('ForbiddenAddress');
  });

  it('are https, at port 443 or from 1024 on', async () => {
    expect(await look('http://receiver.example/')).toBe('ForbiddenAddress');
    expect(await look('http://127.0.0.1:8080/')).toBe('ForbiddenAddress');
    expect(await look('https://receiver.example:8443/')).toEqual([PUBLIC]);
    for (const port of [22, 25, 80, 587])
      expect(await look(`https://receiver.example:${port}/`)).toBe('ForbiddenAddress');
  });

  it('may be in networks that the operator allows, http only to this machine', async () => {
    expect(await look('https://intranet.example:444/', ['10.0.0.0/8'], ['10.1.2.3'])).toEqual(['10.1.2.3']);
    expect(await look('https://intranet.example/', ['10.0.0.0/8'], ['192.168.0.1'])).toBe('ForbiddenAddress');
    expect(await look('http://intranet.example/', ['10.0.0.0/8'], ['10.1.2.3'])).toBe('ForbiddenAddress');
    expect(await look('http://127.0.0.1:80/', ['127.0.0.1/32'])).toEqual(['127.0.0.1']);
    expect(await look('http://[::1]:80/', ['127.0.0.0/8'])).toBe('ForbiddenAddress');
  });
});
