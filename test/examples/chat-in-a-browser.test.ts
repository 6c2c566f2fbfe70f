import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startChat } from '../../examples/chat/server.ts';
import { PASSWORD } from '../api/support.ts';
import { isLong, LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { type StartedServer, startServer } from '../support/started.ts';
import { gatedModel } from './support.ts';

/** Debian's, and what others call it. */
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
/** A folder for pictures of the page, where one is wanted. */
const { CHAT_PICTURES } = process.env;

const TEAS =
  '# Teas\n\nAssam is strong and malty. Sencha is green, <img src="/x" onerror="stolen = 1"> and grassy.\n';

// minutes, and a browser: test/examples/chat.test.ts stands for it in every run
if (isLong())
  describeReal('the example chat, in a browser', () => {
    vi.setConfig({ testTimeout: LONG });
    const dataDir = mkdtempSync(join(tmpdir(), 'colloquy-chat-'));
    const gate = gatedModel();
    const troubles: string[] = [];
    let started: StartedServer;
    let chat: Awaited<ReturnType<typeof startChat>>;
    let browser: Browser;
    let first: Page;
    let second: Page;
    let home: BrowserContext;

    beforeAll(async () => {
      const executablePath = BROWSERS.find((path) => existsSync(path));
      if (!executablePath) throw new Error('There is no browser: apt-get install chromium');
      started = await startServer((await createTestDatabase()).url, dataDir);
      chat = await startChat({ api: started.url, model: gate.model });
      // loaded where it is used: every run reads this file
      const { chromium } = await import('playwright-core');
      browser = await chromium.launch({ executablePath, args: FLAGS.split(' ') });
      home = await newContext();
      first = await newPage(home);
      second = await newPage(await newContext());
    }, LONG);
    afterAll(async () => {
      await browser?.close();
      await chat?.close();
      started?.child.kill();
      await started?.exit;
      rmSync(dataDir, { recursive: true, force: true });
    });

    const newContext = () => browser.newContext({ viewport: { width: 1200, height: 760 } });
    async function newPage(context: BrowserContext, path = '/'): Promise<Page> {
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      page.on('pageerror', ({ message }) => troubles.push(message));
      page.on('console', (message) => {
        if (/Content Security Policy|TrustedHTML/.test(message.text())) troubles.push(message.text());
      });
      await page.goto(`${chat.url}${path}`);
      return page;
    }
    const picture = async (page: Page, name: string) => {
      if (CHAT_PICTURES) await page.screenshot({ path: join(CHAT_PICTURES, `${name}.png`) });
    };
    const texts = (page: Page) => page.locator('#messages p').allTextContents();
    /** Waits until the last message of a page is this. */
    const says = (page: Page, text: string) => expect.poll(async () => (await texts(page)).at(-1)).toBe(text);
    const ask = async (page: Page, text: string) => {
      await page.fill('[name=question]', text);
      await page.click('[name=send]');
    };
    /** Waits until so many messages are shown, of which the last is a whole answer. */
    const written = (page: Page, count: number) =>
      page.locator(`#messages > :nth-child(${count}):last-child.ASSISTANT.COMPLETE`).waitFor();
    const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).last();

    it('lets a person in, and keeps no token where scripts find it', async () => {
      await first.fill('[name=email]', 'ada@example.org');
      await first.fill('[name=password]', PASSWORD);
      await picture(first, '1-door');
      await first.click('[name=register]');
      await first.locator('#who', { hasText: 'ada@example.org' }).waitFor();
      await second.fill('[name=email]', 'ada@example.org');
      await second.fill('[name=password]', 'another one');
      await second.click('[name=enter]');
      await second.locator('#trouble:not([hidden])').waitFor();
      await second.fill('[name=password]', PASSWORD);
      await second.click('[name=enter]');
      await second.locator('#who', { hasText: 'ada@example.org' }).waitFor();
      const found = await first.evaluate('[document.cookie, localStorage.length, sessionStorage.length]');
      expect(found).toEqual(['', 0, 0]);
    });

    it('uploads a file, and says when it can be asked about', async () => {
      await first.setInputFiles('[name=file]', {
        name: 'teas.md',
        mimeType: 'text/markdown',
        buffer: Buffer.from(TEAS),
      });
      await first.locator('#files li[data-stage=EMBEDDED]').waitFor();
    });

    it('shows an answer as it comes in both browsers, and goes on after a reload', async () => {
      gate.close();
      await ask(first, 'Which tea is malty?');
      await second.locator('#list button', { hasText: 'Which tea is malty?' }).click();
      for (const text of ['As ', 'As it ']) {
        await gate.word();
        await Promise.all([says(first, text), says(second, text)]);
      }
      await picture(second, '2-streaming');
      await first.reload();
      await says(first, 'As it ');
      await gate.word();
      await Promise.all([says(first, 'As it is '), says(second, 'As it is ')]);
      gate.open();
      const whole = 'As it is written: Assam is strong and malty. 1';
      await Promise.all([says(first, whole), says(second, whole), written(first, 2), written(second, 2)]);
      expect(await first.locator('.message.USER a').textContent()).toBe('teas.md');
    });

    it('opens what an answer cites, and shows words as words', async () => {
      await first.locator('.citation').click();
      const passage = first.locator('#passage p', { hasText: 'Assam is strong and malty.' });
      await passage.waitFor();
      await picture(first, '3-citation');
      await ask(first, 'And which is green and grassy?');
      await written(first, 4);
      expect((await texts(first)).at(-1)).toContain('<img src="/x" onerror="stolen = 1">');
      expect(await first.evaluate(`[document.images.length, typeof stolen]`)).toEqual([0, 'undefined']);
    });

    it('answers again, takes another question in the place of one, and goes back', async () => {
      await button(first, 'Answer again').click();
      await says(
        first,
        'What I can find: Sencha is green, <img src="/x" onerror="stolen = 1"> and grassy. 1',
      );
      await written(first, 4);
      const last = first.locator('.message:last-child');
      await last.getByText('2 of 2').waitFor();
      await last.getByTitle('Version before').click();
      await last.getByText('1 of 2').waitFor();
      expect((await texts(first)).at(-1)).toMatch(/^In other words/);

      await first.getByRole('button', { name: 'Edit' }).first().click();
      await ask(first, 'Which tea is strong?');
      await first.locator('.message.USER', { hasText: '2 of 2' }).waitFor();
      await written(first, 2);
      expect(await texts(first)).toEqual([
        'Which tea is strong?',
        'As it is written: Assam is strong and malty. 1',
      ]);
      await picture(first, '4-versions');
      await first.locator('.message.USER').getByTitle('Version before').click();
      await expect.poll(async () => (await texts(first)).length).toBe(4);

      const before = first.url();
      await button(first, 'Go on elsewhere').click();
      await first.waitForURL((url) => url.href !== before);
      await expect.poll(async () => (await texts(first)).length).toBe(4);
    });

    it('keeps what somebody thinks of an answer', async () => {
      const good = button(first, 'Good');
      await good.click();
      await first.locator('.message:last-child [aria-pressed=true]', { hasText: 'Good' }).waitFor();
      await first.reload();
      await first.locator('.message:last-child [aria-pressed=true]', { hasText: 'Good' }).waitFor();
    });

    it('stops an answer, with what there is of it', async () => {
      gate.close();
      await ask(first, 'Which tea is malty?');
      await gate.word();
      await expect.poll(async () => (await texts(first)).at(-1)).toMatch(/^\w+ $/);
      await first.click('[name=stop]');
      await written(first, 6);
      expect((await texts(first)).at(-1)).toMatch(/^\w+ $/);
      gate.open();
    });

    it('shares a conversation with a link, until it is taken back', async () => {
      await first.click('#share');
      await first.locator('#link:not([hidden])').waitFor();
      const link = await first.locator('#link a').getAttribute('href');
      const visitor = await newPage(await newContext(), new URL(link!).pathname + new URL(link!).hash);
      await visitor.locator('.message', { hasText: 'Assam is strong and malty.' }).waitFor();
      await picture(visitor, '5-shared');
      await first.click('#link button');
      await first.locator('#link').waitFor({ state: 'hidden' });
      await visitor.reload();
      await visitor.locator('#trouble:not([hidden])').waitFor();
      expect(await visitor.locator('.message').count()).toBe(0);
    });

    it('signs out in all tabs of a browser, and in no other one', async () => {
      const tab = await newPage(home);
      await tab.locator('#who', { hasText: 'ada@example.org' }).waitFor();
      await first.click('#leave');
      await first.locator('#door:not([hidden])').waitFor();
      await tab.locator('#door:not([hidden])').waitFor();
      expect(await home.cookies()).toEqual([]);
      await second.reload();
      await second.locator('#who', { hasText: 'ada@example.org' }).waitFor();
      await picture(second, '6-second');
    });

    it('runs nothing that the policy of the page forbids', () => {
      expect(troubles).toEqual([]);
    });
  });
else it.skip('runs with npm run test:long');
