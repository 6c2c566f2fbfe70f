import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLong, LONG } from '../support/limits.ts';
import { describeReal } from '../support/server.ts';
import { codeOf, register, startTestApi, type TestApi } from './support.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const AUTHENTICATOR = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

// a browser: test/api/passkeys.test.ts stands for it in every run
describe.runIf(isLong())('in a browser', () => {
  describeReal('passkeys', () => {
    let page: Page;
    let browser: Browser;
    let devices: CDPSession;
    let site: Server;
    let api: TestApi;

    beforeAll(async () => {
      const executablePath = BROWSERS.find((path) => existsSync(path));
      if (!executablePath) throw new Error('There is no browser: apt-get install chromium');
      site = createServer((_, response) => {
        response.setHeader('content-type', 'text/html').end('<title>page</title>');
      });
      await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
      const publicUrl = `http://localhost:${(site.address() as AddressInfo).port}`;
      api = await startTestApi({ publicUrl });
      // loaded where it is used: every run reads this file
      const { chromium } = await import('playwright-core');
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
      page = await browser.newPage();
      await page.goto(publicUrl);
      devices = await page.context().newCDPSession(page);
      await devices.send('WebAuthn.enable');
      await devices.send('WebAuthn.addVirtualAuthenticator', { options: AUTHENTICATOR });
    }, LONG);
    afterAll(async () => {
      await browser?.close();
      await api?.close();
      site?.close();
    });

    const optionsOf = async (field: string, token?: string): Promise<object> =>
      (await api.ask(`mutation { ${field}(input: {}) { options } }`, {}, { token })).data[field].options;
    /** Does in the page what docs/accounts.md shows. */
    const asked = (what: 'create' | 'get', options: object): Promise<object> => {
      const parse = what === 'create' ? 'parseCreationOptionsFromJSON' : 'parseRequestOptionsFromJSON';
      return page.evaluate(
        `navigator.credentials.${what}({ publicKey: PublicKeyCredential.${parse}(${JSON.stringify(options)}) }).then((made) => made.toJSON())`,
      );
    };

    it('are made, and sign in, as the page of the documentation shows', { timeout: LONG }, async () => {
      const { token, userId } = await register(api, 'ada@example.org');
      const made = await asked('create', await optionsOf('addPasskey', token));
      const confirmed = await api.ask(
        'mutation ($passkey: JSON!) { confirmPasskey(input: { passkey: $passkey }) { recoveryCodes } }',
        { passkey: made },
        { token },
      );
      expect(confirmed.errors).toEqual([]);
      expect(confirmed.data.confirmPasskey.recoveryCodes).toHaveLength(10);
      const signIn = async () =>
        api.ask(
          'mutation ($passkey: JSON!) { signInWithPasskey(input: { passkey: $passkey }) { authentication { userId } } }',
          { passkey: await asked('get', await optionsOf('challengePasskey')) },
        );
      for (let n = 0; n < 2; n++)
        expect((await signIn()).data.signInWithPasskey.authentication.userId).toBe(userId);
      // the browser makes no second one on the same device
      await expect(asked('create', await optionsOf('addPasskey', token))).rejects.toThrow(/InvalidState/);
      await api.database.pool('owner').query('delete from app_private.passkeys');
      expect(codeOf(await signIn())).toBe('CQ148');
    });
  });
});
