import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { registerUser, type TestUser } from '../support/users.ts';
import {
  activeVersion,
  addChunks,
  buildIndex,
  fillVersion,
  registerAdministrator,
} from '../support/versions.ts';
import { codeOf, startTestApi, type TestApi } from './support.ts';

const CREATE = `mutation ($name: String!, $native: Int, $size: Int, $method: ChunkingMethod) {
  createEmbeddingVersion(input: {
    name: $name, provider: "test", model: "next", dimensions: 64, nativeDimensions: $native, queryPrefix: "query: ", passagePrefix: "passage: ",
    chunkSize: $size, chunkOverlap: 0, chunkingMethod: $method
  }) { embeddingVersion { id status queryPrefix passagePrefix nativeDimensions chunkSize chunkOverlap chunkingMethod } }
}`;
const ACTIVATE = `mutation ($id: UUID!, $accept: Boolean) {
  activateEmbeddingVersion(input: { versionId: $id, accept: $accept }) { embeddingVersion { id status } }
}`;
const EVALUATION = `query ($id: UUID!) { embeddingVersionEvaluation(versionId: $id) { verdict questions recall } }`;

describeReal('embedding versions over GraphQL', () => {
  let api: TestApi;
  let ann: TestUser;

  beforeAll(async () => {
    api = await startTestApi();
    await registerAdministrator(api.database, 'admin@example.org');
    ann = await registerUser(api.database, 'ann@example.org');
    await addChunks(api.database, ann, 12, 'Ships');
    await fillVersion(api.database, await activeVersion(api.database));
  });
  afterAll(() => api?.close());

  it('say what their model wants and how they cut, and are not activated unseen', async () => {
    const { token } = await signIn('admin@example.org');
    const made = await api.ask(
      CREATE,
      { name: 'next', native: 256, size: 200, method: 'SENTENCE' },
      { token },
    );
    expect(made.errors).toEqual([]);
    const { id, ...version } = made.data.createEmbeddingVersion.embeddingVersion;
    expect(version).toEqual({
      status: 'BUILDING',
      queryPrefix: 'query: ',
      passagePrefix: 'passage: ',
      nativeDimensions: 256,
      chunkSize: 200,
      chunkOverlap: 0,
      chunkingMethod: 'SENTENCE',
    });
    for (const wrong of [{ native: 64 }, { native: 20000 }, { size: 8 }, { size: 9000 }])
      expect(codeOf(await api.ask(CREATE, { name: 'odd', ...wrong }, { token })), JSON.stringify(wrong)).toBe(
        'CQ200',
      );

    expect(codeOf(await api.ask(CREATE, { name: 'odd', method: 'BY_FEELING' }, { token }))).toBe('CQ400');

    await fillVersion(api.database, id);
    await buildIndex(api.database, id);
    const evaluation = await api.ask(EVALUATION, { id }, { token });
    expect(evaluation.data.embeddingVersionEvaluation).toEqual({
      verdict: 'UNJUDGED',
      questions: 0,
      recall: null,
    });
    const refused = await api.ask(ACTIVATE, { id }, { token });
    expect(codeOf(refused)).toBe('CQ309');
    expect(refused.errors[0]?.extensions.hint).toContain('accept');

    // a user of a workspace decides nothing of this, whatever they accept
    for (const [query, variables] of [
      [CREATE, { name: 'mine' }],
      [ACTIVATE, { id, accept: true }],
      [EVALUATION, { id }],
    ] as const) {
      expect(codeOf(await api.ask(query, variables, { token: ann.token }))).toBe('CQ403');
      expect(codeOf(await api.ask(query, variables))).toMatch(/^CQ(101|403)$/);
    }
    expect(await activeVersion(api.database)).not.toBe(id);
    const accepted = await api.ask(ACTIVATE, { id, accept: true }, { token });
    expect(accepted.data.activateEmbeddingVersion.embeddingVersion).toEqual({ id, status: 'ACTIVE' });
  });

  const signIn = async (email: string) => {
    const reply = await api.ask(
      `mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { authentication { token } } }`,
      { email, password: 'correct horse battery' },
    );
    return reply.data.signIn.authentication as { token: string };
  };
});
