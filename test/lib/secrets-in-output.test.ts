import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { copyEmbedded } from '../support/embedded.ts';
import { type FakeOpenAi, startFakeOpenAi } from '../support/fake-openai.ts';
import { type FakeSmtp, startFakeSmtp } from '../support/fake-smtp.ts';
import { LONG, sized } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';

const DATABASE_PASSWORD = 'd4tabase/p@ss%word';
const EMBEDDING_KEY = 'sk-embedding-key-0123456789';
const USER_PASSWORD = 'correct horse/battery+staple';
const NEW_PASSWORD = 'another horse/battery+staple';

/** All ways in which a secret could be read from a text. */
function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    encodeURI(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ];
}

describeReal('what a start and a command write', () => {
  /** All secrets that were used, by what they are. */
  const secrets = new Map<string, string>([
    ['the password of the database', DATABASE_PASSWORD],
    ['the key of the embedding service', EMBEDDING_KEY],
    ['a password of a user', USER_PASSWORD],
    ['a new password of a user', NEW_PASSWORD],
  ]);
  const login = `secrets_${process.pid}_${Date.now()}`;
  const folders: string[] = [];
  const running = new Set<ChildProcess>();
  let smtp: FakeSmtp;
  let model: FakeOpenAi;
  let admin: pg.Client;
  let url: string;

  beforeAll(async () => {
    smtp = await startFakeSmtp();
    model = await startFakeOpenAi({ dimensions: 8 });
    // it says what it was sent
    model.judge = ({ texts, authorization }) =>
      texts.some((text) => text.includes('Some text'))
        ? { status: 401, body: { error: { message: `wrong key: ${authorization}` } } }
        : undefined;
    secrets.set('the password of the mail server', smtp.password);
    const database = await createTestDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(`create role ${login} superuser login password '${DATABASE_PASSWORD}'`);
    const own = new URL(database.url);
    own.username = login;
    own.password = encodeURIComponent(DATABASE_PASSWORD);
    url = own.href;
  });
  afterAll(async () => {
    for (const child of running) child.kill('SIGKILL');
    await admin?.query(`reassign owned by ${login} to current_user`);
    await admin?.query(`drop owned by ${login}`);
    await admin?.query(`drop role ${login}`);
    await admin?.end();
    await smtp?.close();
    await model?.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), 'colloquy-secrets-'));
    folders.push(made);
    return made;
  };

  function launch(dataDir: string, script: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, [join(projectFolder, script), ...args], {
      cwd: projectFolder,
      env: {
        ...process.env,
        DATABASE_URL: url,
        DATA_DIR: dataDir,
        NODE_ENV: 'production',
        LOG_LEVEL: 'trace',
        LOG_FORMAT: 'json',
        MAIL_URL: `smtp://robot:${encodeURIComponent(smtp.password)}@127.0.0.1:${smtp.port}`,
        MAIL_FROM: 'robot@example.org',
        EMBEDDING_PROVIDER: 'openai-compatible',
        EMBEDDING_BASE_URL: model.url,
        EMBEDDING_API_KEY: EMBEDDING_KEY,
        EMBEDDING_MODEL: 'm',
        EMBEDDING_DIMENSIONS: '8',
        COLLOQUY_PASSWORD: USER_PASSWORD,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    const exit = new Promise<number | null>((resolve) =>
      child.once('close', (code) => {
        running.delete(child);
        resolve(code);
      }),
    );
    return { child, exit, stdout: () => stdout, stderr: () => stderr };
  }
  type Started = ReturnType<typeof launch>;

  async function printed(started: Started, pattern: RegExp): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    await until(async () => {
      if (started.child.exitCode !== null)
        throw new Error(`It ended:\n${started.stdout()}${started.stderr()}`);
      found = pattern.exec(started.stdout());
      return found !== null;
    });
    return found!;
  }

  /** Ends it, and looks for each secret in all that it wrote, on the terminal and in files that others may read. */
  async function expectNone(started: Started, dataDir: string, { isJson = true } = {}): Promise<void> {
    started.child.kill('SIGTERM');
    await started.exit;
    const texts = new Map([
      ['standard output', started.stdout()],
      ['standard error', started.stderr()],
    ]);
    for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
      const path = join(dataDir, name);
      const { mode } = statSync(path);
      // the database of the embedded one is in a folder for its owner only
      if (name.startsWith('postgres') || name.startsWith('socket') || !statSync(path).isFile()) continue;
      if (mode & 0o077) texts.set(name, readFileSync(path, 'latin1'));
    }
    for (const [where, text] of texts)
      for (const [what, secret] of secrets)
        for (const spelling of spellings(secret))
          expect(text.includes(spelling), `${what} in ${where}:\n${lineOf(text, spelling)}`).toBe(false);
    if (!isJson) return;
    for (const line of started.stdout().split('\n'))
      if (line !== '') expect(() => JSON.parse(line), line).not.toThrow();
  }
  const lineOf = (text: string, part: string) => text.split('\n').find((line) => line.includes(part));

  /** Does what uses secrets, and fails in every way that a client can. */
  async function use(base: string, name: string, mailedTo: () => Promise<string | undefined>): Promise<void> {
    const ask = async (query: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${base}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      // biome-ignore lint/suspicious/noExplicitAny: whatever was asked for
      return ((await response.json()) as any).data;
    };
    const quoted = (text: string) => JSON.stringify(text);
    const email = `${name}@example.org`;
    const registered = await ask(
      `mutation { register(input: { email: ${quoted(email)}, password: ${quoted(USER_PASSWORD)} }) { authentication { token } } }`,
    );
    const { token } = registered.register.authentication;
    secrets.set(`the token of ${name}`, token);
    const own = { authorization: `Bearer ${token}` };
    const key = await ask(
      'mutation { createApiKey(input: { name: "robot" }) { newApiKey { secret } } }',
      own,
    );
    const { secret } = key.createApiKey.newApiKey;
    secrets.set(`the key of ${name}`, secret);
    await ask(`mutation { requestPasswordReset(input: { email: ${quoted(email)} }) { accepted } }`);
    const mailed = await mailedTo();
    if (mailed) {
      secrets.set(`the token in the mail to ${name}`, mailed);
      await ask(
        `mutation { resetPassword(input: { token: ${quoted(mailed)}, newPassword: "short" }) { changed } }`,
      );
    }
    await ask(
      'mutation { createDocument(input: { title: "a", content: "Some text to embed." }) { document { id } } }',
      own,
    );
    await ask('{ search(query: "text", mode: VECTOR) { results { content } } }', own);
    for (const authorization of [
      `Bearer ${secret}`,
      `Bearer cqs_${'0'.repeat(64)}`,
      `Basic ${secret}`,
      token,
    ])
      await ask('{ currentUser { email } }', { authorization });
    await ask('{ currentUser { email } }', {
      ...own,
      'x-workspace-id': '01890000-0000-7000-8000-000000000000',
    });
    await ask(
      `mutation { signIn(input: { email: ${quoted(email)}, password: ${quoted(NEW_PASSWORD)} }) { authentication { token } } }`,
    );
    await ask(
      `mutation { changePassword(input: { oldPassword: ${quoted(NEW_PASSWORD)}, newPassword: ${quoted(USER_PASSWORD)} }) { changed } }`,
      own,
    );
    await ask(`{ nonsense(password: ${quoted(USER_PASSWORD)}) }`, own);
    await ask(`mutation { signIn(input: { email: `, own);
    await fetch(`${base}/files?name=a.txt`, {
      method: 'POST',
      headers: { ...own, 'content-type': 'text/plain' },
      body: 'text',
    });
    await fetch(`${base}/files/none?token=${token}`, { headers: own });
    await fetch(`${base}/nowhere?token=${token}`, { headers: { ...own, cookie: `session=${token}` } });
  }

  /** The token of the last mail that the fake server was given for an address. */
  const mailedBySmtp = (name: string) => async () => {
    let token: string | undefined;
    await until(async () => {
      const mail = smtp.delivered.findLast(({ to }) => to.includes(`${name}@example.org`));
      // quoted-printable breaks long lines
      token = mail && /cqr_[0-9a-f]{64}/.exec(mail.source.replaceAll('=\r\n', ''))?.[0];
      return token !== undefined;
    });
    return token;
  };

  it('holds no secret: a server in production, in one process', { timeout: LONG }, async () => {
    const dataDir = folder();
    const started = launch(dataDir, 'scripts/start.ts', ['--port', '0', '--no-examples', '--first-account']);
    const [, base] = await printed(started, /"url":"(http[^"]+)"/);
    secrets.set(
      'the password of the first account',
      JSON.parse(readFileSync(join(dataDir, 'first-account.json'), 'utf8')).password,
    );
    expect(statSync(join(dataDir, 'first-account.json')).mode & 0o777).toBe(0o600);
    await use(base!, 'ann', mailedBySmtp('ann'));
    await printed(started, /answered 401/);
    await expectNone(started, dataDir);
  });

  it('holds no secret: API and worker apart', { timeout: LONG }, async () => {
    const dataDir = folder();
    const api = launch(dataDir, 'scripts/start.ts', ['--api-only', '--port', '0']);
    const worker = launch(dataDir, 'scripts/start.ts', ['--worker-only'], { LOG_FORMAT: 'pretty' });
    const [, base] = await printed(api, /"url":"(http[^"]+)"/);
    await use(base!, 'bob', mailedBySmtp('bob'));
    await expectNone(api, dataDir);
    await expectNone(worker, dataDir, { isJson: false });
  });

  it('holds no secret: commands, and commands that fail', { timeout: LONG }, async () => {
    const unreachable = `postgres://${login}:${encodeURIComponent(DATABASE_PASSWORD)}@127.0.0.1:1/nowhere`;
    const stranger = new URL(url);
    stranger.username = 'no_such_login';
    const malformed = `postgres://${login}:${DATABASE_PASSWORD}@127.0.0.1:1/nowhere`;
    const dataDir = folder();
    const commands: [string, string[]][] = [
      ['scripts/start.ts', ['--api-only', '--port', '0']],
      ['scripts/start.ts', ['--worker-only']],
      ['scripts/migrate.ts', ['--status']],
      ['scripts/import.ts', ['README.md', '--email', 'ann@example.org', '--password', NEW_PASSWORD]],
      ['scripts/embeddings.ts', ['status']],
      ['scripts/queue.ts', ['status']],
    ];
    // in every run each of them once, and each address twice
    const some = (n: number) => commands.filter((_, index) => sized(index % 3 === n ? 1 : 0, 1) === 1);
    for (const [n, DATABASE_URL] of [unreachable, stranger.href, malformed].entries()) {
      const all = some(n).map(([script, args]) => launch(dataDir, script, args, { DATABASE_URL }));
      for (const started of all) {
        expect(await started.exit).not.toBe(0);
        await expectNone(started, dataDir, { isJson: false });
      }
    }
    for (const started of commands.slice(2).map(([script, args]) => launch(dataDir, script, args))) {
      await started.exit;
      await expectNone(started, dataDir, { isJson: false });
    }
    const wrong = launch(dataDir, 'scripts/start.ts', [], {
      MAIL_URL: `https://a:${smtp.password}@b.example`,
      PORT: 'x',
    });
    expect(await wrong.exit).toBe(2);
    await expectNone(wrong, dataDir, { isJson: false });
  });

  it('holds no secret: the embedded database, read by a person in a file', { timeout: LONG }, async () => {
    const dataDir = folder();
    await copyEmbedded(dataDir);
    const started = launch(dataDir, 'scripts/start.ts', ['--port', '0', '--no-examples'], {
      DATABASE_URL: '',
      NODE_ENV: 'development',
      LOG_FORMAT: 'pretty',
      MAIL_URL: '',
    });
    const [, base] = await printed(started, /GraphQL +(http\S+)\/graphql/);
    for (const name of ['first-account.json', 'first-account.token']) {
      const path = join(dataDir, name);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const text = readFileSync(path, 'utf8');
      secrets.set(name, name.endsWith('.json') ? JSON.parse(text).password : text.trim());
      expect(started.stdout()).toContain(path);
    }
    await use(base!, 'cleo', async () => {
      const mail = join(dataDir, 'mail');
      let found: [string, string] | undefined;
      // one of several: the sign-in that this was is told by mail, too
      await until(async () => {
        for (const name of existsSync(mail) ? readdirSync(mail) : []) {
          const text = readFileSync(join(mail, name), 'utf8').replaceAll('=\r\n', '');
          const token = /cqr_[0-9a-f]{64}/.exec(text)?.[0];
          if (name.endsWith('.eml') && token) found = [name, token];
        }
        return found !== undefined;
      });
      expect(statSync(join(mail, found![0])).mode & 0o777).toBe(0o600);
      expect(statSync(mail).mode & 0o777).toBe(0o700);
      return found![1];
    });
    await expectNone(started, dataDir, { isJson: false });
  });
});
