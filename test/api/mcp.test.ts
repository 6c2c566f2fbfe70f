import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { type Account, register, startTestApi, type TestApi } from './support.ts';

describeReal('MCP over HTTP', () => {
  let api: TestApi;
  let ada: Account;
  beforeAll(async () => {
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
  });
  afterAll(() => api?.close());

  it('x', async () => {
    for (const mode of ['legacy', 'auto'] as const) {
      const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode } } as never);
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`${api.api.url}/mcp`), {
          requestInit: { headers: { authorization: `Bearer ${ada.token}` } },
        }),
      );
      console.log(mode, client.getServerVersion(), client.getNegotiatedProtocolVersion?.());
      const { tools } = await client.listTools();
      console.log(
        tools.map(({ name }) => name),
        JSON.stringify(tools[1], null, 1),
      );
      console.log(
        JSON.stringify(await client.callTool({ name: 'remember', arguments: { content: 'Ada likes tea.' } })),
      );
      console.log(JSON.stringify(await client.callTool({ name: 'recall', arguments: { query: 'tea' } })));
      console.log(
        JSON.stringify(await client.callTool({ name: 'search', arguments: { query: 'tea', bogus: 1 } })),
      );
      console.log(JSON.stringify(await client.listResources()), JSON.stringify(await client.listPrompts()));
      await client.close();
    }
  });
});
