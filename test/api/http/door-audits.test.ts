import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import { startTestApi, type TestApi } from '../support.ts';

describeReal('GraphQL over HTTP', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ introspection: true });
  });
  afterAll(() => api?.close());

  it('is as the audits of graphql-http want it, without a warning', async () => {
    const audits = serverAudits({ url: `${api.api.url}/graphql` });
    expect(audits.length).toBeGreaterThanOrEqual(61);
    const results = [];
    for (const audit of audits) results.push(await audit.fn());
    expect(
      results
        .filter(({ status }) => status !== 'ok')
        .map((result) => `${result.id} ${result.name}: ${'reason' in result ? result.reason : ''}`),
    ).toEqual([]);
  });
});
