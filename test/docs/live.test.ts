import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { overStream } from '../api/live/support.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';

const page = readFileSync(join(projectFolder, 'docs/live.md'), 'utf8');
const block = (language: string) => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)![1]!;

describeReal('the page about subscriptions', () => {
  let api: TestApi;
  let ann: Account;
  let conversation: string;

  beforeAll(async () => {
    api = await startTestApi();
    ann = await register(api, 'ann@example.org');
    const { data } = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      ann,
    );
    conversation = data.startConversation.conversation.id;
  });
  afterAll(() => api?.close());

  const post = (content: string) =>
    api.ask(
      'mutation ($c: UUID!, $t: String!) { postMessage(input: { conversationId: $c, content: $t }) { message { id } } }',
      { c: conversation, t: content },
      ann,
    );

  it.each(['js', 'sh'])('has a client that works, in %s', async (language) => {
    const [command, args] =
      language === 'js'
        ? [process.execPath, ['--input-type=module', '-e', block('js')]]
        : ['bash', ['-c', block('sh')]];
    const client = spawn(command, args, {
      cwd: projectFolder,
      env: {
        ...process.env,
        COLLOQUY_URL: api.api.url,
        COLLOQUY_TOKEN: ann.token,
        CONVERSATION: conversation,
      },
    });
    let output = '';
    for (const stream of [client.stdout, client.stderr]) stream.on('data', (data) => (output += data));
    // what is posted before it listens is not told
    await until(async () => {
      await post(`Hello ${language}`);
      return output.includes(language === 'js' ? 'Hello js' : conversation);
    });
    expect(output).toContain(language === 'js' ? 'COMPLETE Hello js' : 'event: next');
    client.kill();
  });

  it('has a list that is told', async () => {
    const told = overStream(api.api.url, ann.token, { query: block('graphql') });
    await told.has(1);
    await post('Hello');
    await told.finds(({ conversations }) => conversations[0]?.id === conversation);
    told.end();
  });
});
