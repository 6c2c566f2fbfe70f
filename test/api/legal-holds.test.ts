import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Covered, coveredTables, keptRows, losses } from '../sql/lifecycle/holds/catalogue.ts';
import { FREE_MUTATIONS } from '../sql/lifecycle/holds/decisions.ts';
import { describeReal } from '../support/server.ts';
import {
  addContent,
  addDialogue,
  type Content,
  createWorkspace,
  type Dialogue,
  indexAll,
  join as joinWorkspace,
} from '../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../support/users.ts';
import { codeOf, startTestApi, type TestApi } from './support.ts';

interface Scene extends Content, Dialogue {
  user: TestUser;
  name: string;
}
type Input = (scene: Scene) => object;

/** As PostGraphile writes the id of a node. */
const node = (type: string, id: string): string => Buffer.from(JSON.stringify([type, id])).toString('base64');

/** Every mutation that would delete or change what is kept. In this order, beside the hold, each finds what it needs. */
const REFUSED: Record<string, Input> = {
  updateConversation: ({ conversation }) => ({ id: conversation, patch: { title: 'other' } }),
  updateConversationByNodeId: ({ conversation }) => ({
    nodeId: node('Conversation', conversation),
    patch: { title: 'another' },
  }),
  updateDocument: ({ document }) => ({ id: document, patch: { content: 'other' } }),
  updateDocumentByNodeId: ({ document }) => ({
    nodeId: node('Document', document),
    patch: { title: 'other' },
  }),
  updateRepository: ({ repository }) => ({ id: repository, patch: { name: 'other' } }),
  updateRepositoryByNodeId: ({ repository }) => ({
    nodeId: node('Repository', repository),
    patch: { name: 'another' },
  }),
  addDocumentToRepository: ({ repository, document }) => ({
    repositoryId: repository,
    documentId: document,
    filePath: 'elsewhere',
  }),
  removeTag: ({ document, name }) => ({ name: `tag of ${name}`, entityType: 'DOCUMENT', entityId: document }),
  giveFeedback: ({ answer }) => ({ messageId: answer, feedbackType: 'NEGATIVE' }),
  withdrawFeedback: ({ answer }) => ({ messageId: answer }),
  putAgentCheckpoint: () => ({ threadId: 'thread', checkpointId: '1', type: 'json', content: 'Mg==' }),
  pruneAgentThread: () => ({ threadId: 'thread' }),
  deleteAgentThread: () => ({ threadId: 'thread' }),
  deleteFile: ({ file }) => ({ fileId: file }),
  deleteRepository: ({ repository }) => ({ id: repository }),
  deleteRepositoryByNodeId: ({ repository }) => ({ nodeId: node('Repository', repository) }),
  deleteDocument: ({ document }) => ({ id: document }),
  deleteDocumentByNodeId: ({ sharedDocument }) => ({ nodeId: node('Document', sharedDocument) }),
  deleteConversation: ({ conversation }) => ({ id: conversation }),
  deleteConversationByNodeId: ({ sharedConversation }) => ({
    nodeId: node('Conversation', sharedConversation),
  }),
  deleteWorkspace: () => ({ name: 'Company' }),
};

describeReal('the API under a legal hold', () => {
  let api: TestApi;
  let covered: Covered[];
  let held: Scene;
  let free: Scene;
  /** With every mutation by its name. */
  const fields = buildSchema(readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8'))
    .getMutationType()!
    .getFields();

  const mutate = (name: string, input: object, { user }: Scene) =>
    api.ask(
      `mutation ($input: ${fields[name]!.args[0]!.type}) { ${name}(input: $input) { clientMutationId } }`,
      { input },
      { token: user.token, headers: { 'x-workspace-id': user.workspaceId } },
    );

  beforeAll(async () => {
    api = await startTestApi();
    const { database } = api;
    const scenes: Scene[] = [];
    for (const name of ['held', 'free']) {
      const user = await joinWorkspace(
        database,
        await registerUser(database, `${name}@example.org`),
        await createWorkspace(database, 'Company'),
        'owner',
      );
      const content = await addContent(database, user, name);
      await indexAll(database);
      await asUser(database, user, (client) =>
        client.query(
          `select app_public.put_agent_checkpoint('thread', id, 'json', '1') from unnest(array['1', '2']) as id`,
        ),
      );
      scenes.push({ ...content, ...(await addDialogue(database, user, name)), user, name });
    }
    [held, free] = scenes as [Scene, Scene];
    const placed = await api.database
      .pool('owner')
      .query('update app_public.legal_holds set released_at = now() where released_at is null');
    expect(placed.rowCount).toBe(2);
    covered = await coveredTables(database);
  });
  afterAll(() => api?.close());

  it('has decided about every mutation', () => {
    const decided = [
      ...Object.values(FREE_MUTATIONS).flatMap((names) => names.split(/\s+/)),
      ...Object.keys(REFUSED),
      'importDocuments',
    ];
    expect(Object.keys(fields).sort()).toEqual(decided.sort());
  });

  it('refuses each that would delete or change, with the reason for who manages, and does it for a neighbour', async () => {
    const placed = await mutate('placeLegalHold', { reason: 'a secret case' }, held);
    expect(placed.errors).toEqual([]);
    const { rows } = await api.database
      .pool('owner')
      .query('select id from app_public.legal_holds where released_at is null');
    const before = await keptRows(api.database, covered, held.user.workspaceId);
    for (const [name, input] of Object.entries(REFUSED)) {
      const reply = await mutate(name, input(held), held);
      expect(codeOf(reply), `${name}: ${reply.text}`).toBe('CQ120');
      expect(reply.text, name).toContain('a secret case');
      // which is for operators
      expect(reply.text, name).not.toContain(rows[0].id);
    }
    expect(losses(before, await keptRows(api.database, covered, held.user.workspaceId))).toEqual([]);
    for (const [name, input] of Object.entries(REFUSED)) {
      // what the one by its id has removed, or with the document
      if (name === 'deleteRepositoryByNodeId') continue;
      const reply = await mutate(name, input(free), free);
      expect(reply.errors, name).toEqual([]);
    }
    // of one conversation; and the end of it
    const hold = `query { legalHolds { nodes { id scope reason conversation { id } person { id } releasedAt } } }`;
    const ask = (query: string) =>
      api.ask(query, {}, { token: held.user.token, headers: { 'x-workspace-id': held.user.workspaceId } });
    expect((await mutate('releaseLegalHold', { id: rows[0].id }, held)).errors).toEqual([]);
    expect(
      (await mutate('placeLegalHold', { reason: 'one', conversationId: held.conversation }, held)).errors,
    ).toEqual([]);
    const active = (await ask(hold)).data.legalHolds.nodes.filter(
      (one: { releasedAt: string | null }) => !one.releasedAt,
    );
    expect(active).toMatchObject([
      { scope: 'CONVERSATION', reason: 'one', conversation: { id: held.conversation }, person: null },
    ]);
    expect(codeOf(await mutate('deleteConversation', { id: held.conversation }, held))).toBe('CQ120');
    expect((await mutate('deleteConversation', { id: held.sharedConversation }, held)).errors).toEqual([]);
  });
});
