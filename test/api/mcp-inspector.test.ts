import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { isLong, LONG } from '../support/limits.ts';
import { describeReal } from '../support/server.ts';
import { type Account, register, startTestApi, type TestApi } from './support.ts';

const run = promisify(execFile);
const describeLong = isLong() ? describeReal : describe.skip;

describeLong('the official inspector of MCP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-mcp-inspector-'));
  let api: TestApi;
  let ada: Account;

  beforeAll(async () => {
    // 111 MB: installed where it is used
    writeFileSync(join(folder, 'package.json'), '{"private": true}');
    const inspector = '@modelcontextprotocol/inspector@2.12.0';
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', inspector], { cwd: folder });
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
  }, LONG);
  afterAll(async () => {
    await api?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Where it finds the server; of the process, settings as clients have them. */
  const ways: Record<string, () => string[]> = {
    '/mcp': () => [
      `${api.api.url}/mcp`,
      '--transport',
      'http',
      '--header',
      `Authorization: Bearer ${ada.token}`,
    ],
    'npm run mcp': () => {
      const args = [join(projectFolder, 'scripts/mcp.ts'), '--url', api.api.url];
      const server = { command: process.execPath, args, env: { COLLOQUY_TOKEN: ada.token } };
      const file = join(folder, 'servers.json');
      writeFileSync(file, JSON.stringify({ mcpServers: { colloquy: server } }));
      return ['--config', file, '--server', 'colloquy'];
    },
  };

  it.each(Object.entries(ways))(
    'finds nothing to say of %s, and calls its tools',
    { timeout: LONG },
    async (_name, way) => {
      const ask = async (method: string, ...more: string[]) => {
        const program = join(folder, 'node_modules/.bin/mcp-inspector');
        const env = { ...process.env, HOME: folder };
        const { stdout } = await run(
          process.execPath,
          [program, '--cli', ...way(), '--method', method, ...more],
          { env },
        );
        return JSON.parse(stdout);
      };
      const { tools } = await ask('tools/list', '--strict');
      expect(tools.map(({ name }: { name: string }) => name)).toContain('search');
      const call = (name: string, ...given: string[]) =>
        ask('tools/call', '--tool-name', name, ...given.flatMap((one) => ['--tool-arg', one]));
      const { structuredContent } = await call('start_conversation', 'title=Tides');
      expect((await call('list_conversations')).structuredContent.conversations[0]).toMatchObject({
        conversationId: structuredContent.conversationId,
        title: 'Tides',
      });
      await expect(call('read_document', 'documentId=00000000-0000-7000-8000-000000000000')).rejects.toThrow(
        "'read_document' returned isError:true",
      );
      expect((await ask('prompts/list')).prompts.length).toBeGreaterThan(0);
      expect((await ask('resources/list')).resources.length).toBeGreaterThan(0);
    },
  );
});
