import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { log } from '../../lib/log.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';
import { deliverDue, startReceiver } from '../support/webhook-receiver.ts';

const page = readFileSync(join(projectFolder, 'docs/webhooks.md'), 'utf8');
const block = (language: string) => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)![1]!;

describeReal('the page about webhooks', () => {
  let api: TestApi;
  let ann: Account;

  beforeAll(async () => {
    log.level = 'silent';
    api = await startTestApi();
    ann = await register(api, 'ann@example.org');
  });
  afterAll(() => api?.close());

  const ask = async (query: string) => {
    const reply = await api.ask(query, {}, { token: ann.token });
    expect(reply.errors).toEqual([]);
    return reply.data;
  };
  const deliver = () =>
    deliverDue(api.database, ann.workspaceId, { webhooks: { networks: ['127.0.0.1/32'] } });

  it('has a receiver that works', async () => {
    // a port that was free a moment ago
    const probe = await startReceiver();
    const { port } = new URL(probe.url);
    await probe.close();
    const { createWebhook } = await ask(
      block('graphql').replace('https://receiver.example/colloquy', `http://127.0.0.1:${port}/`),
    );
    const receiver = spawn(process.execPath, ['--input-type=module', '--eval', block('js')], {
      cwd: projectFolder,
      env: { ...process.env, PORT: port, WEBHOOK_SECRET: createWebhook.newWebhook.secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let said = '';
      receiver.stdout.on('data', (data) => {
        said += data;
      });
      await until(
        () =>
          new Promise((resolve) => {
            const socket = connect(Number(port), '127.0.0.1', () => resolve(true)).on('error', () =>
              resolve(false),
            );
            socket.on('connect', () => socket.destroy());
          }),
      );
      await ask(
        'mutation { createDocument(input: { title: "t", content: "c", visibility: WORKSPACE }) { clientMutationId } }',
      );
      expect(await deliver()).toMatchObject({ delivered: 1, failed: 0 });
      await until(async () => said.includes('document.created'));
      // with another secret it is refused
      await ask(
        `mutation { rotateWebhookSecret(input: { webhookId: "${createWebhook.newWebhook.webhookId}" }) { clientMutationId } }`,
      );
      await api.database.pool('owner').query('update app_private.webhook_secrets set previous_until = now()');
      await ask(
        `mutation { testWebhook(input: { webhookId: "${createWebhook.newWebhook.webhookId}" }) { clientMutationId } }`,
      );
      expect(await deliver()).toMatchObject({ delivered: 0, failed: 1 });
      const { webhook } = await ask(
        `{ webhook(id: "${createWebhook.newWebhook.webhookId}") { deliveries(orderBy: [ID_ASC]) { nodes { kind status attempts lastStatus lastError } } } }`,
      );
      expect(webhook.deliveries.nodes).toEqual([
        { kind: 'DOCUMENT_CREATED', status: 'DELIVERED', attempts: 1, lastStatus: 204, lastError: null },
        {
          kind: 'WEBHOOK_TEST',
          status: 'WAITING',
          attempts: 1,
          lastStatus: 401,
          lastError: 'It answered 401.',
        },
      ]);
    } finally {
      receiver.kill('SIGKILL');
    }
  });

  it('lists what is told, and nothing else', async () => {
    const listed = [...page.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) => {
      let subject = '';
      return [...cell!.matchAll(/`([a-z]*)\.([a-z]+)`/g)].map(([, first, second]) => {
        subject = first || subject;
        return `${subject}.${second}`;
      });
    });
    const { rows } = await api.database.pool('owner').query('select app_private.webhook_kinds() as kinds');
    expect(listed.sort()).toEqual([...rows[0].kinds, 'webhook.test'].sort());
  });
});
