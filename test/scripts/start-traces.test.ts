import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { openTraceReceiver } from '../support/trace-receiver.ts';

const ADDRESS = 'ann-of-traces@example.org';
const PASSWORD = 'correct horse of traces';
const TEXT = 'Words that a trace never tells.';
const OURS = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describeReal('npm start with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'colloquy-traces-'));
  let receiver: Awaited<ReturnType<typeof openTraceReceiver>>;
  let child: ReturnType<typeof spawn>;
  let exit: Promise<unknown[]>;
  let url: string;
  let output = '';

  beforeAll(async () => {
    receiver = await openTraceReceiver();
    child = spawn(process.execPath, ['scripts/start.ts', '--port', '0', '--data', dataDir, '--no-examples'], {
      cwd: projectFolder,
      env: {
        ...process.env,
        DATABASE_URL: (await createTestDatabase()).url,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'info',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    exit = once(child, 'close');
    url = await new Promise((resolve, reject) => {
      const look = (data: Buffer) => {
        output += data;
        const found = /"url":"(http:[^"]+)"[^\n]*"The API listens"/.exec(output)?.[1];
        if (found) resolve(found);
      };
      child.stdout!.on('data', look);
      child.stderr!.on('data', look);
      exit.then(() => reject(new Error(output)));
    });
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await exit;
    receiver?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function ask(query: string, variables: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it asked for
    return (await response.json()) as any;
  }

  it('sends a trace from the request to its job, and nothing of what was said in it', async () => {
    const registered = await ask(
      `mutation ($email: String!, $password: String!) {
        register(input: { email: $email, password: $password }) { authentication { token } }
      }`,
      { email: ADDRESS, password: PASSWORD },
    );
    const { token } = registered.data.register.authentication;
    const made = await ask(
      `mutation ($title: String!, $content: String!) {
        createDocument(input: { title: $title, content: $content }) { document { id } }
      }`,
      { title: 'A title of traces', content: TEXT },
      { authorization: `Bearer ${token}`, traceparent: OURS },
    );
    expect(made.errors).toBeUndefined();
    await fetch(`${url}/healthz`);
    const ofTrace = () => receiver.spans.filter(({ traceId }) => traceId === OURS.split('-')[1]);
    await expect
      .poll(() => ofTrace().map(({ name }) => name), { timeout: 60_000 })
      .toEqual(expect.arrayContaining(['POST /graphql', 'mutation createDocument', 'job index-source']));
    const named = (name: string) => ofTrace().find((span) => span.name === name)!;
    const request = named('POST /graphql');
    expect(request.parent).toBe(OURS.split('-')[2]);
    expect(named('mutation createDocument').parent).toBe(request.id);
    expect(named('job index-source').parent).toBe(request.id);
    const statements = ofTrace().filter(({ name }) => /^(select|insert|update) app_\w+\.\w+$/.test(name));
    const parents = new Set(statements.map(({ parent }) => parent));
    expect(parents).toContain(named('mutation createDocument').id);
    expect(parents).toContain(named('job index-source').id);

    child.kill('SIGTERM');
    expect((await exit)[0]).toBe(0);
    expect([...receiver.paths]).toEqual(['/v1/traces application/x-protobuf']);
    expect(receiver.text()).toContain('colloquy');
    for (const secret of [
      ADDRESS,
      'ann-of-traces',
      PASSWORD,
      token,
      token.slice(4, 20),
      TEXT,
      'Words that',
      'A title of',
      'Bearer',
      'healthz',
    ])
      expect(receiver.text()).not.toContain(secret);
  });
});
