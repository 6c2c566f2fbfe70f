import { afterAll, beforeAll, expect, it } from 'vitest';
import { endScene, one, setScene } from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';

describeReal('the kind of a client', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0',
      'Firefox on Windows',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 (KHTML, like Gecko) Chrome/139 Safari/537 Edg/139',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537 (KHTML, like Gecko) Chrome/139 Safari/537',
      'Chrome on Linux',
    ],
    ['Mozilla/5.0 (Linux; Android 16) AppleWebKit/537 Chrome/139 Mobile Safari/537', 'Chrome on Android'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) AppleWebKit/605 Version/18.6 Safari/605',
      'Safari on macOS',
    ],
    ['curl/8.5.0', 'curl'],
    ['node', 'node'],
    ['python-requests/2.32', 'python-requests'],
    ['http://evil.example', 'http'],
    ['<script>', 'an unknown client'],
    ['', 'an unknown client'],
    [null, 'an unknown client'],
  ])('%s is %s', async (agent, label) => {
    expect(await one('select app_private.client_label($1) as label', agent)).toEqual({ label });
  });
});
