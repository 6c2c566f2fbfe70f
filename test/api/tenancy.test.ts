import { readFile } from 'node:fs/promises';
import {
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'postgraphile/graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LONG, sized } from '../support/limits.ts';
import { readSchema } from '../support/schema.ts';
import { describeReal } from '../support/server.ts';
import { computeAnalytics, indexAll } from '../support/tenants.ts';
import {
  type Account,
  type AskOptions,
  axis,
  codeOf,
  indexDocument,
  register,
  startTestApi,
  type TestApi,
} from './support.ts';

const MARKER = 'quokka7f3a';

/** A field of each kind that its owner may change, where it is not the title. */
const CHANGED: Record<string, string> = {
  User: 'displayName',
  Repository: 'name',
  RagConfiguration: 'name',
  SystemPromptTemplate: 'name',
  UsageBudget: 'tokenLimit',
};

/** For administrators of the installation: A is none. */
const ADMINISTRATORS_ONLY = new Set([
  'accountErasures',
  'allAccounts',
  'compareEmbeddingVersions',
  'embeddingVersionEvaluation',
  'embeddingVersionProgress',
  'estimateEmbeddingVersion',
  'installationAuditLogs',
  'installationUsage',
  'searchQuality',
]);
/** What shows an administrator of the installation that there is an account or a workspace, and whose: no content of any. */
const TELLS_OF_ACCOUNTS = /\b(?:allAccounts|installationAuditLogs|installationUsage)\b/;

const OPERATOR = 'an administrator of the installation';

/** What an argument is called, and what of A's it could name. */
type Ids = Record<string, Record<string, string | number[]>>;

/** A field with the arguments that aim it at A's rows, selecting everything one step around. */
function selection(schema: GraphQLSchema, type: GraphQLObjectType, depth: number): string {
  const parts: string[] = [];
  for (const field of Object.values(type.getFields())) {
    const named = getNamedType(field.type);
    if (isLeafType(named)) {
      if (field.args.every((arg) => !isNonNullType(arg.type))) parts.push(field.name);
    } else if (isObjectType(named) && depth > 0 && field.args.every((arg) => !isNonNullType(arg.type))) {
      // small pages within pages: a server limits what one operation may return
      const page = field.args.some((arg) => arg.name === 'first') ? '(first: 3)' : '';
      parts.push(`${field.name}${page} { ${selection(schema, named, depth - 1)} }`);
    }
  }
  return parts.join(' ') || '__typename';
}

/** Values for the required arguments, by what they are called; undefined when one cannot be guessed. */
function argumentsOf(field: GraphQLField<unknown, unknown>, ids: Ids): string | undefined {
  const type = getNamedType(field.type).name;
  const values: string[] = [];
  for (const arg of field.args) {
    if (!isNonNullType(arg.type)) continue;
    const value = ids[type]?.[arg.name] ?? ids['*']?.[arg.name];
    if (value === undefined) return undefined;
    values.push(`${arg.name}: ${JSON.stringify(value)}`);
  }
  return values.length > 0 ? `(${values.join(', ')})` : '';
}

describeReal('tenants', () => {
  let api: TestApi;
  let schema: GraphQLSchema;
  let ada: Account;
  let bob: Account;
  let ids: Ids;
  let shareToken: string;
  /** Everything of A's that must not be in anybody else's response. */
  let secrets: string[];
  /** Everybody who shares no workspace with A, by name, and how each comes to the server. */
  let strangers: [string, AskOptions][];
  let tried = 0;
  const leaks: string[] = [];

  const read = async (query: string, token?: string) => (await api.ask(query, {}, { token })).data;

  beforeAll(async () => {
    api = await startTestApi({ embedQuery: async () => new Float32Array(axis(7)) });
    schema = readSchema();
    ada = await register(api, 'ada@example.org', MARKER);
    bob = await register(api, 'bob@example.org');
    const { data } = await api.ask(
      `mutation { startConversation(input: { title: "${MARKER}", systemPrompt: "${MARKER}", metadata: { x: "${MARKER}" } }) { conversation { id } } }`,
      {},
      { token: ada.token },
    );
    const conversationId: string = data.startConversation.conversation.id;
    const posted = await api.ask(
      `mutation ($c: UUID!) {
        a: postMessage(input: { conversationId: $c, content: "${MARKER} one" }) { message { id } }
        b: postMessage(input: { conversationId: $c, content: "${MARKER} two", role: ASSISTANT }) { message { id } }
      }`,
      { c: conversationId },
      { token: ada.token },
    );
    const messageId: string = posted.data.a.message.id;
    const { documentId, chunkId } = await indexDocument(api, ada, {
      title: MARKER,
      content: `${MARKER} is a small animal`,
      vector: axis(7),
    });
    await indexDocument(api, bob, { title: 'Bob', content: 'a large animal', vector: axis(8) });
    const memory = await api.ask(
      `mutation ($d: UUID!) {
        remember(input: { content: "${MARKER} is small", subject: "${MARKER}", sourceType: DOCUMENT, sourceId: $d }) { memoryItem { id nodeId changes { nodes { id nodeId } } } }
        ingestEvent(input: { source: "zoo", eventType: "birth", payload: { of: "${MARKER}" }, externalId: "1" }) { rawEvent { id nodeId } }
        createRepository(input: { name: "${MARKER}" }) { repository { id nodeId } }
        addTag(input: { name: "${MARKER}", entityType: DOCUMENT, entityId: $d }) { entityTag { nodeId tag { id nodeId } } }
        setRetentionPolicy(input: { kind: FILES, keepDays: 7 }) { retentionPolicy { id nodeId } }
        placeLegalHold(input: { reason: "${MARKER}" }) { legalHold { id nodeId } }
      }`,
      { d: documentId },
      { token: ada.token },
    );
    expect(memory.errors).toEqual([]);
    const known = memory.data;
    const made = await api.ask(
      `mutation { createWebhook(input: { url: "https://receiver.example/${MARKER}", kinds: [BUDGET_EXCEEDED], description: "${MARKER}" }) { newWebhook { webhookId } } }`,
      {},
      { token: ada.token },
    );
    expect(made.errors).toEqual([]);
    const { webhookId } = made.data.createWebhook.newWebhook;
    const exported = await api.ask(
      'mutation { exportWorkspace(input: {}) { workspaceExport { id } } }',
      {},
      { token: ada.token },
    );
    expect(exported.errors).toEqual([]);
    const delivered = await api.ask(
      'mutation ($id: UUID!) { testWebhook(input: { webhookId: $id }) { clientMutationId } }',
      { id: webhookId },
      { token: ada.token },
    );
    expect(delivered.errors).toEqual([]);
    await indexAll(api.database, axis(7));
    const added = await api.ask(
      `mutation ($r: UUID!, $d: UUID!) { addDocumentToRepository(input: { repositoryId: $r, documentId: $d, filePath: "${MARKER}.txt" }) { repositoryDocument { nodeId } } }`,
      { r: known.createRepository.repository.id, d: documentId },
      { token: ada.token },
    );
    const admin = api.database.pool('admin');
    const file = (
      await admin.query(
        `insert into app_public.files (workspace_id, owner_id, original_name, mime_type, byte_size, sha256) values ($1, $2, $3, 'text/plain', 1, sha256('a')) returning id`,
        [ada.workspaceId, ada.userId, MARKER],
      )
    ).rows[0];
    await admin.query('update app_public.workspaces set name = $1::text, slug = $1::text where id = $2', [
      MARKER,
      ada.workspaceId,
    ]);
    await admin.query('update app_public.users set username = $1::text where id = $2', [MARKER, ada.userId]);
    const version = (
      await admin.query(`select id, name from app_public.embedding_versions where status = 'active'`)
    ).rows[0];

    await admin.query(
      `insert into app_public.workspace_invitations (workspace_id, email, expires_at) values ($1, $2, now() + interval '1 day')`,
      [ada.workspaceId, `${MARKER}@example.org`],
    );
    await api.ask(
      'mutation ($n: String!) { createApiKey(input: { name: $n }) { clientMutationId } }',
      { n: MARKER },
      { token: ada.token },
    );
    const first = async (field: string) =>
      (await read(`{ ${field} { nodes { id nodeId } } }`, ada.token))[field].nodes[0];
    // one of everything that a turn and a workspace can have
    const said = await api.ask(
      `mutation ($c: UUID!, $m: UUID!, $chunks: [CitationInput!], $calls: [CalledToolInput!]) {
        recordTurn(input: { conversationId: $c, question: "${MARKER}?", answer: "${MARKER}!", chunks: $chunks, toolCalls: $calls, promptTokens: 1, completionTokens: 1 }) { messages { id } }
        giveFeedback(input: { messageId: $m, feedbackType: POSITIVE, comment: "${MARKER}" }) { messageFeedback { id } }
        markRead(input: { conversationId: $c }) { conversationRead { conversationId } }
        shareConversation(input: { conversationId: $c }) { conversationShareLink { id token } }
        recordImage(input: { conversationId: $c, prompt: "${MARKER}", storagePath: "a.png", width: 1, height: 1 }) { generatedImage { id } }
        setUsageBudget(input: { period: MONTH, tokenLimit: "1000" }) { usageBudget { id } }
        reserveUsage(input: { tokens: "10" }) { usageReservation { id } }
        createSystemPromptTemplate(input: { name: "${MARKER}", template: "${MARKER}" }) { systemPromptTemplate { id } }
        createRagConfiguration(input: { name: "${MARKER}" }) { ragConfiguration { id } }
      }`,
      {
        c: conversationId,
        m: messageId,
        chunks: [{ chunkId, similarityScore: 0.5 }],
        calls: [{ name: MARKER, arguments: { x: MARKER } }],
      },
      { token: ada.token },
    );
    expect(said.errors).toEqual([]);
    const configurationId = said.data.createRagConfiguration.ragConfiguration.id;
    const renamed = await api.ask(
      `mutation { updateRagConfiguration(input: { id: "${configurationId}", patch: { description: "${MARKER}" } }) { ragConfiguration { id } } }`,
      {},
      { token: ada.token },
    );
    expect(renamed.errors).toEqual([]);
    /** The only one that A has of a kind. */
    const only = async (field: string): Promise<{ id: string; nodeId: string }> =>
      (await read(`{ ${field} { nodes { id nodeId } } }`, ada.token))[field].nodes[0];
    await computeAnalytics(api.database);
    const bare = async (field: string): Promise<{ nodeId: string }> =>
      (await read(`{ ${field} { nodes { nodeId } } }`, ada.token))[field].nodes[0];
    shareToken = said.data.shareConversation.conversationShareLink.token;
    const answerId = said.data.recordTurn.messages[1].id;

    const node = async (field: string, args: string) =>
      (await read(`{ ${field}(${args}) { nodeId } }`, ada.token))[field].nodeId as string;
    const chunkArgs = `id: "${chunkId}", workspaceId: "${ada.workspaceId}"`;
    const embedding = { chunkId, versionId: version.id, workspaceId: ada.workspaceId };
    ids = {
      '*': {
        query: MARKER,
        embedding: axis(7),
        workspaceId: ada.workspaceId,
        userId: ada.userId,
        conversationId,
        messageId: answerId,
        versionId: version.id,
        versionA: version.id,
        // no version: what administrators compare names passages by their ids
        versionB: conversationId,
        token: 'cqh_none',
      },
      User: { id: ada.userId, nodeId: await node('user', `id: "${ada.userId}"`) },
      Workspace: {
        id: ada.workspaceId,
        slug: MARKER,
        nodeId: await node('workspace', `id: "${ada.workspaceId}"`),
      },
      WorkspaceMember: {
        nodeId: await node('workspaceMember', `userId: "${ada.userId}", workspaceId: "${ada.workspaceId}"`),
      },
      Conversation: { id: conversationId, nodeId: await node('conversation', `id: "${conversationId}"`) },
      Message: { id: messageId, nodeId: await node('message', `id: "${messageId}"`) },
      Document: { id: documentId, nodeId: await node('document', `id: "${documentId}"`) },
      Chunk: { id: chunkId, nodeId: await node('chunk', chunkArgs) },
      Embedding: {
        ...embedding,
        nodeId: await node(
          'embedding',
          Object.entries(embedding)
            .map(([k, v]) => `${k}: "${v}"`)
            .join(', '),
        ),
      },
      EmbeddingVersion: {
        id: version.id,
        name: version.name,
        nodeId: await node('embeddingVersion', `id: "${version.id}"`),
      },
      WorkspaceInvitation: await first('workspaceInvitations'),
      ApiKey: await first('apiKeys'),
      AuditLog: await first('auditLogs'),
      MemoryItem: known.remember.memoryItem,
      MemoryItemChange: known.remember.memoryItem.changes.nodes[0],
      RawEvent: known.ingestEvent.rawEvent,
      Repository: known.createRepository.repository,
      RepositoryDocument: {
        repositoryId: known.createRepository.repository.id,
        documentId,
        ...added.data.addDocumentToRepository.repositoryDocument,
      },
      Tag: known.addTag.entityTag.tag,
      EntityTag: { nodeId: known.addTag.entityTag.nodeId },
      RetentionPolicy: known.setRetentionPolicy.retentionPolicy,
      LegalHold: known.placeLegalHold.legalHold,
      File: { id: file.id, nodeId: await node('file', `id: "${file.id}"`) },
      FileTypeConfig: {
        mimeType: 'text/plain',
        nodeId: await node('fileTypeConfig', `mimeType: "text/plain"`),
      },
      RagConfiguration: {
        id: configurationId,
        nodeId: await node('ragConfiguration', `id: "${configurationId}"`),
      },
      RagConfigurationVersion: await only('ragConfigurationVersions'),
      SystemPromptTemplate: {
        id: said.data.createSystemPromptTemplate.systemPromptTemplate.id,
        nodeId: await node(
          'systemPromptTemplate',
          `id: "${said.data.createSystemPromptTemplate.systemPromptTemplate.id}"`,
        ),
      },
      ConversationRead: {
        conversationId,
        userId: ada.userId,
        nodeId: await node(
          'conversationRead',
          `conversationId: "${conversationId}", userId: "${ada.userId}"`,
        ),
      },
      MessageChunk: {
        chunkId,
        messageId: answerId,
        nodeId: await node('messageChunk', `chunkId: "${chunkId}", messageId: "${answerId}"`),
      },
      ToolCall: await only('toolCalls'),
      ConversationShare: await only('conversationShares'),
      MessageFeedback: await only('messageFeedbacks'),
      GeneratedImage: await only('generatedImages'),
      UsageLog: await only('usageLogs'),
      UsageBudget: await only('usageBudgets'),
      UsageReservation: await only('usageReservations'),
      Webhook: { ...(await only('webhooks')), webhookId },
      WebhookDelivery: await only('webhookDeliveries'),
      WorkspaceExport: await only('workspaceExports'),
      ConversationAnalytic: await bare('conversationAnalytics'),
      RagConfigurationPerformance: await bare('ragConfigurationPerformances'),
      Node: { nodeId: await node('conversation', `id: "${conversationId}"`) },
    };
    secrets = [
      MARKER,
      ada.userId,
      ada.workspaceId,
      conversationId,
      messageId,
      documentId,
      chunkId,
      'ada@example.org',
      ...[
        'MemoryItem',
        'MemoryItemChange',
        'RawEvent',
        'Repository',
        'Tag',
        'RetentionPolicy',
        'LegalHold',
        'File',
      ].map((type) => ids[type]!.id as string),
    ];

    ofAccount.push(ada.userId, ada.workspaceId, 'ada@example.org', MARKER);
    const guest = await register(api, 'guest@example.org');
    const operator = await register(api, 'operator@example.org');
    await admin.query(`update app_public.users set role = 'admin' where id = $1`, [operator.userId]);
    const { rows: teams } = await admin.query(
      `insert into app_public.workspaces (name) select 'Team ' || n from generate_series(1, 2) as n returning id`,
    );
    await admin.query(
      `insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $3, 'viewer'), ($2, $3, 'admin')`,
      [teams[0].id, teams[1].id, guest.userId],
    );
    const key = await api.ask(
      'mutation { createApiKey(input: { name: "search", scopes: [SEARCH] }) { newApiKey { secret } } }',
      {},
      { token: bob.token },
    );
    expect(key.errors).toEqual([]);
    strangers = [
      ['a user', { token: bob.token }],
      ['a visitor', {}],
      ['a viewer elsewhere', { token: guest.token, headers: { 'x-workspace-id': teams[0].id } }],
      ['an admin elsewhere', { token: guest.token, headers: { 'x-workspace-id': teams[1].id } }],
      [OPERATOR, { token: operator.token }],
      ['an API key that only searches', { token: key.data.createApiKey.newApiKey.secret }],
    ];
  });
  afterAll(() => api?.close());

  /** Of A, what an administrator may know: id, address and names of the account, and the id of its workspace. */
  const ofAccount: string[] = [];

  /** Asks as strangers, and notes what of A came back. */
  async function askAll(operation: string, query: string, attempts = 1, asking = strangers): Promise<void> {
    for (const [who, options] of asking) {
      const reply = await api.ask(query, {}, options);
      tried += attempts;
      const isTold = who === OPERATOR && TELLS_OF_ACCOUNTS.test(query);
      const found = [
        ...leaked(reply.data).filter((secret) => !isTold || !ofAccount.includes(secret)),
        ...reply.errors.map(({ message }) => message).filter((text) => text.includes(MARKER)),
      ];
      if (found.length > 0 || reply.status >= 500 || codeOf(reply) === 'CQ500')
        leaks.push(`${operation} as ${who}: ${found} ${codeOf(reply) ?? ''} ${query.slice(0, 200)}`);
    }
  }

  const leaked = (value: unknown) => {
    const text = JSON.stringify(value ?? null);
    return secrets.filter((secret) => text.includes(secret));
  };

  it('shows nothing of A to a visitor or to B, by any query field, with A’s own ids', {
    timeout: LONG,
  }, async () => {
    let fields = 0;
    const shown: string[] = [];
    for (const field of Object.values(schema.getQueryType()!.getFields())) {
      const type = getNamedType(field.type);
      const args = argumentsOf(field, ids);
      expect(args, `this test has to learn an argument of Query.${field.name}`).toBeDefined();
      const inner =
        field.name === 'node'
          ? '{ nodeId ... on Conversation { title messages { nodes { content } } } }'
          : isObjectType(type)
            ? `{ ${selection(schema, type, sized(2, 3))} }`
            : '';
      const query = `{ ${field.name}${args} ${inner} }`;
      const [mine, theirs, nobody] = [
        await api.ask(query, {}, { token: ada.token }),
        await api.ask(query, {}, { token: bob.token }),
        await api.ask(query),
      ];
      if (ADMINISTRATORS_ONLY.has(field.name)) {
        for (const reply of [mine, theirs]) expect(codeOf(reply), query).toBe('CQ403');
        expect(codeOf(nobody), query).toBe('CQ101');
        tried += 1;
        continue;
      }
      expect(mine.errors, query).toEqual([]);
      if (leaked(mine.data).length > 0) shown.push(field.name);
      expect(leaked(theirs.data), `Query.${field.name} as B`).toEqual([]);
      expect(leaked(nobody.data), `Query.${field.name} as a visitor`).toEqual([]);
      for (const error of [...theirs.errors, ...nobody.errors]) expect(error.message).not.toContain(MARKER);
      for (const reply of [theirs, nobody]) {
        expect(reply.status, query).toBeLessThan(500);
        expect(codeOf(reply), query).not.toBe('CQ500');
      }
      fields += 1;
      tried += 2;
    }
    expect(fields).toBeGreaterThan(20);
    // the same queries do show A its own rows: they are aimed well
    expect(shown).toEqual(
      expect.arrayContaining([
        'user',
        'users',
        'workspace',
        'conversation',
        'conversations',
        'message',
        'document',
        'documents',
        'chunk',
        'chunks',
        'embedding',
        'node',
        'apiKeys',
        'auditLogs',
        'workspaceInvitations',
        'workspaceMemberNames',
        'search',
        'searchDocuments',
        'searchMemories',
        'searchSimilarChunks',
        'searchSimilarMessages',
        'recall',
        'memoryItem',
        'memoryItems',
        'rawEvents',
        'repository',
        'repositoryDocuments',
        'tags',
        'file',
        'legalHolds',
        'currentUser',
        'ragConfiguration',
        'ragConfigurationVersions',
        'systemPromptTemplate',
        'conversationRead',
        'toolCall',
        'conversationShare',
        'messageFeedback',
        'messageChunk',
        'generatedImage',
        'usageLogs',
        'usageBudget',
        'usageReservation',
        'conversationAnalytics',
        'ragConfigurationPerformances',
        'userActivitySummary',
      ]),
    );
  });

  it('shows by a link what was shared, to anybody, and no ids', async () => {
    const query = (token: string) =>
      `{ readSharedConversation(token: "${token}") { title messages { role content model writtenAt } } }`;
    const { readSharedConversation: shared } = await read(query(shareToken));
    expect(shared.title).toBe(MARKER);
    expect(shared.messages.map((message: { content: string }) => message.content)).toEqual([
      `${MARKER} one`,
      `${MARKER} two`,
      `${MARKER}?`,
      `${MARKER}!`,
    ]);
    expect(leaked(shared)).toEqual([MARKER]);
    expect((await read(query(`cqh_${'0'.repeat(64)}`), bob.token)).readSharedConversation).toBeNull();
  });

  it('shows nothing by node id of any type', async () => {
    for (const [type, { nodeId }] of Object.entries(ids)) {
      if (!nodeId || type === 'EmbeddingVersion' || type === 'FileTypeConfig') continue;
      for (const token of [bob.token, undefined]) {
        expect(
          (await read(`{ node(nodeId: "${nodeId}") { nodeId __typename } }`, token)).node,
          type,
        ).toBeNull();
      }
    }
  });

  it('shows and counts nothing by filters and orders', async () => {
    for (const token of [bob.token, undefined]) {
      const data = await read(
        `{
          conversations(filter: { title: { includes: "${MARKER}" } }) { totalCount nodes { id } }
          byId: conversations(filter: { id: { equalTo: "${ids.Conversation?.id}" } }) { totalCount nodes { id } }
          byWorkspace: conversations(filter: { workspaceId: { equalTo: "${ada.workspaceId}" } }) { totalCount }
          byOwner: documents(filter: { ownerId: { equalTo: "${ada.userId}" } }, orderBy: [OWNER_ID_DESC]) { totalCount nodes { id } }
          documents(filter: { not: { title: { equalTo: "nothing" } } }) { nodes { title } }
          chunks(filter: { documentId: { equalTo: "${ids.Document?.id}" } }) { totalCount nodes { content } }
          users(filter: { username: { startsWith: "quokka" } }) { totalCount }
          workspaceMembers(filter: { userId: { equalTo: "${ada.userId}" } }) { totalCount }
        }`,
        token,
      );
      expect(leaked(data)).toEqual([]);
      for (const name of [
        'conversations',
        'byId',
        'byWorkspace',
        'byOwner',
        'chunks',
        'users',
        'workspaceMembers',
      ]) {
        expect(data[name].totalCount, name).toBe(0);
      }
    }
  });

  it('shows nothing by any field to any stranger, with A’s own ids', { timeout: LONG }, async () => {
    // a user and a visitor were asked for more above
    const others = strangers.slice(2);
    expect(strangers.slice(0, 2).map(([who]) => who)).toEqual(['a user', 'a visitor']);
    for (const field of Object.values(schema.getQueryType()!.getFields())) {
      const type = getNamedType(field.type);
      const inner =
        field.name === 'node' ? '{ nodeId }' : isObjectType(type) ? `{ ${selection(schema, type, 1)} }` : '';
      const asking = field.name === 'node' ? strangers : others;
      await askAll('field', `{ ${field.name}${argumentsOf(field, ids)} ${inner} }`, 1, asking);
    }
    for (const [type, { nodeId }] of Object.entries(ids))
      if (nodeId && type !== 'EmbeddingVersion' && type !== 'FileTypeConfig')
        await askAll(
          'node',
          `{ node(nodeId: "${nodeId}") { ... on ${type} { __typename ${type === 'Node' ? '' : 'nodeId'} } } }`,
        );
    expect(leaks).toEqual([]);
  });

  it('shows and counts nothing by any filter or order', { timeout: LONG }, async () => {
    const texts = new Set(['String', 'CiText', 'ID']);
    for (const field of Object.values(schema.getQueryType()!.getFields())) {
      const filter = field.args.find((arg) => arg.name === 'filter');
      const order = field.args.find((arg) => arg.name === 'orderBy');
      if (!filter || !order) continue;
      const filters = getNamedType(filter.type) as GraphQLInputObjectType;
      const parts: string[] = [];
      for (const column of Object.values(filters.getFields())) {
        const operators = getNamedType(column.type);
        if (!isInputObjectType(operators) || ['and', 'or', 'not'].includes(column.name)) continue;
        const equal = operators.getFields().equalTo;
        if (!equal) continue;
        const scalar = getNamedType(equal.type).name;
        const known = [ada.userId, ada.workspaceId, ...Object.values(ids).map((one) => one.id)].filter(
          Boolean,
        );
        if (scalar === 'UUID') parts.push(`{ ${column.name}: { in: ${JSON.stringify(known)} } }`);
        else if (texts.has(scalar)) parts.push(`{ ${column.name}: { equalTo: "${MARKER}" } }`);
        else parts.push(`{ ${column.name}: { isNull: false } }`);
      }
      const orders = (getNamedType(order.type) as GraphQLEnumType).getValues().map((value) => value.name);
      const row = getNamedType(
        (getNamedType(field.type) as GraphQLObjectType).getFields().nodes!.type,
      ) as GraphQLObjectType;
      const told = Object.keys(row.getFields()).filter((name) =>
        /^(id|\w+Id|title|name|content)$/.test(name),
      );
      const shown = `nodes { ${told.join(' ') || '__typename'} }`;
      // ten at a time: a server limits what one operation may ask
      for (const all of [
        parts.map((part) => `${field.name}(first: 3, filter: ${part}) { totalCount ${shown} }`),
        orders.map((name) => `${field.name}(first: 3, orderBy: [${name}]) { ${shown} }`),
      ]) {
        for (let at = 0; at < all.length; at += 10) {
          const some = all.slice(at, at + 10);
          await askAll(
            'filter or order',
            `{ ${some.map((text, index) => `_${index}: ${text}`).join(' ')} }`,
            some.length,
          );
        }
      }
    }
    expect(leaks).toEqual([]);
  });

  it('takes an expired session and a revoked key for nothing with the next request', async () => {
    const admin = api.database.pool('admin');
    const user = await register(api, 'brief@example.org');
    const made = await api.ask(
      'mutation { createApiKey(input: { name: "brief" }) { newApiKey { secret apiKeyId } } }',
      {},
      { token: user.token },
    );
    const { secret: key, apiKeyId } = made.data.createApiKey.newApiKey;
    const ask = (token: string) => api.ask('{ conversations { totalCount } }', {}, { token });
    expect([(await ask(key)).status, (await ask(user.token)).status]).toEqual([200, 200]);
    await api.ask(
      'mutation ($id: UUID!) { revokeApiKey(input: { id: $id }) { clientMutationId } }',
      { id: apiKeyId },
      { token: user.token },
    );
    const revoked = await ask(key);
    expect([revoked.status, codeOf(revoked)]).toEqual([401, 'CQ106']);
    await admin.query(
      `update app_private.user_sessions set expires_at = now() - interval '1 second' where user_id = $1`,
      [user.userId],
    );
    const expired = await ask(user.token);
    expect([expired.status, codeOf(expired)]).toEqual([401, 'CQ106']);
    // whatever is asked, of whomever
    for (const field of Object.values(schema.getQueryType()!.getFields())) {
      for (const token of [key, user.token]) {
        const reply = await api.ask(
          `{ ${field.name}${argumentsOf(field, ids)} ${isLeafType(getNamedType(field.type)) ? '' : '{ __typename }'} }`,
          {},
          { token },
        );
        tried += 1;
        expect([reply.status, reply.data], field.name).toEqual([401, undefined]);
      }
    }
  });

  it('lets nobody in by the header that chooses a workspace', async () => {
    for (const [who, options] of strangers.filter(([, { token }]) => token)) {
      const reply = await api.ask(
        '{ conversations { totalCount } }',
        {},
        {
          ...options,
          headers: { 'x-workspace-id': ada.workspaceId },
        },
      );
      tried += 1;
      expect([reply.status, codeOf(reply)], who).toEqual([403, 'CQ107']);
    }
  });

  it('has no subscription that a stranger did not try, and one function that notifies', async () => {
    // who adds a subscription adds the attack: a stranger subscribes, A writes, nothing comes
    expect(Object.keys(schema.getSubscriptionType()!.getFields()).sort()).toEqual([
      'conversationsChanged',
      'fileProgress',
      'indexingProgressChanged',
      'jobsChanged',
      'messageChanged',
    ]);
    const attacks = await readFile(new URL('live/live-rights.test.ts', import.meta.url), 'utf8');
    for (const name of Object.keys(schema.getSubscriptionType()!.getFields()))
      expect(attacks).toContain(name);
    // what notifies sends ids alone: functions/live/tell.sql
    const { rows } = await api.database.pool('admin').query(
      `select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname in ('app_public', 'app_hidden', 'app_private') and p.prosrc ~* '(pg_notify|\\mnotify\\M +[a-z_"])'`,
    );
    expect(rows.map(({ name }) => name)).toEqual(['tell']);
  });

  it('finds nothing of A by search, in any mode', async () => {
    for (const mode of ['HYBRID', 'VECTOR', 'TEXT']) {
      const query = `{ search(query: "animal", mode: ${mode}, maxResults: 100) { returned results { chunkId content document { title } } } }`;
      expect(leaked(await read(query, ada.token))).toContain(MARKER);
      const found = await read(query, bob.token);
      expect(leaked(found)).toEqual([]);
      expect(found.search.returned).toBe(1);
      expect(codeOf(await api.ask(query))).toBe('CQ101');
    }
  });

  it('changes nothing of A by any mutation, with A’s own ids', async () => {
    const admin = api.database.pool('admin');
    const everything = async () => {
      const state: Record<string, string> = {};
      for (const table of [
        'users',
        'workspaces',
        'workspace_members',
        'conversations',
        'messages',
        'documents',
        'chunks',
        'embeddings',
        'workspace_invitations',
        'api_keys',
        'audit_logs',
        'memory_items',
        'memory_item_changes',
        'raw_events',
        'repositories',
        'repository_documents',
        'tags',
        'entity_tags',
        'files',
        'retention_policies',
        'legal_holds',
        'rag_configurations',
        'rag_configuration_versions',
        'system_prompt_templates',
        'conversation_reads',
        'tool_calls',
        'conversation_shares',
        'message_feedback',
        'message_chunks',
        'generated_images',
        'usage_logs',
        'usage_budgets',
        'usage_reservations',
        'conversation_analytics',
        'rag_configuration_performance',
      ]) {
        const key = table === 'users' ? 'id' : table === 'workspaces' ? 'id' : 'workspace_id';
        const owner = table === 'users' ? ada.userId : ada.workspaceId;
        const { rows } = await admin.query(
          `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash from app_public.${table} t where ${key} = $1`,
          [owner],
        );
        state[table] = rows[0].hash;
      }
      return state;
    };
    const before = await everything();
    let fields = 0;
    for (const field of Object.values(schema.getMutationType()!.getFields())) {
      const match = /^(update|delete)([A-Z][A-Za-z]+?)(ByNodeId)?$/.exec(field.name);
      // that one takes no id but a name: it aims at the workspace of the request
      // nor do these take their id by that name: see below, and test/sql/attacks
      const others = [
        'deleteAgentThread',
        'deleteWorkspace',
        'deleteFile',
        'deleteMyAccount',
        'deleteWebhook',
        'updateWebhook',
      ];
      if (!match || others.includes(field.name)) continue;
      const own = ids[match[2]!];
      expect(own, `this test has to learn ids of ${match[2]}`).toBeDefined();
      const key = match[3] ? `nodeId: "${own?.nodeId}"` : `id: "${own?.id}"`;
      const patch = match[1] === 'update' ? `, patch: { ${CHANGED[match[2]!] ?? 'title'}: "1" }` : '';
      const query = `mutation { ${field.name}(input: { ${key}${patch} }) { clientMutationId } }`;
      for (const token of [bob.token, undefined]) {
        const reply = await api.ask(query, {}, { token });
        // by node id a row that cannot be seen is null, without an error
        if (!match[3] || reply.errors.length > 0)
          expect(codeOf(reply), query).toMatch(token ? /CQ204/ : /CQ101|CQ204/);
        expect(leaked(reply.data)).toEqual([]);
      }
      fields += 1;
      tried += 2;
    }
    expect(fields).toBe(26);
    for (const [token, code] of [
      [bob.token, 'CQ113'],
      [undefined, 'CQ101'],
    ] as const) {
      const remove = 'mutation { deleteWorkspace(input: { name: "Personal" }) { workspace { id } } }';
      expect(codeOf(await api.ask(remove, {}, { token }))).toBe(code);
    }
    for (const name of ['deleteWebhook', 'updateWebhook', 'testWebhook', 'rotateWebhookSecret']) {
      for (const token of [bob.token, undefined]) {
        const query = `mutation { ${name}(input: { webhookId: "${ids.Webhook?.id}" }) { clientMutationId } }`;
        expect(codeOf(await api.ask(query, {}, { token })), query).toMatch(token ? /CQ204/ : /CQ101/);
      }
    }
    for (const name of ['deleteFile', 'retryFile']) {
      for (const token of [bob.token, undefined]) {
        const query = `mutation { ${name}(input: { fileId: "${ids.File?.id}" }) { file { id } } }`;
        expect(codeOf(await api.ask(query, {}, { token })), query).toBe(token ? 'CQ204' : 'CQ101');
      }
    }
    const post = (args: string) => `mutation { postMessage(input: { ${args} }) { message { id } } }`;
    for (const token of [bob.token, undefined]) {
      const code = token ? 'CQ204' : 'CQ101';
      expect(
        codeOf(await api.ask(post(`conversationId: "${ids.Conversation?.id}", content: "x"`), {}, { token })),
      ).toBe(code);
    }
    expect(await everything()).toEqual(before);
  });

  it('ends a workspace by its owner and its name, and every request in it', async () => {
    const made = await api.ask(
      'mutation { createWorkspace(input: { name: "Short-lived" }) { workspace { id } } }',
      {},
      { token: bob.token },
    );
    const { id } = made.data.createWorkspace.workspace;
    const remove = (name: string, workspace: string) =>
      api.ask(
        'mutation ($name: String!) { deleteWorkspace(input: { name: $name }) { workspace { id name members { totalCount } } } }',
        { name },
        { token: bob.token, headers: { 'x-workspace-id': workspace } },
      );
    expect(codeOf(await remove('short-lived', id))).toBe('CQ200');
    const foreign = await remove('Personal', ada.workspaceId);
    expect([foreign.status, codeOf(foreign)]).toEqual([403, 'CQ107']);
    const gone = await remove('Short-lived', id);
    expect(gone.errors).toEqual([]);
    expect(gone.data.deleteWorkspace.workspace).toEqual({
      id,
      name: 'Short-lived',
      members: { totalCount: 0 },
    });
    expect(codeOf(await remove('Short-lived', id))).toBe('CQ107');
    const log = await api.ask(
      '{ auditLogs(last: 1) { nodes { action entityId } } }',
      {},
      { token: bob.token, headers: { 'x-workspace-id': bob.workspaceId } },
    );
    expect(log.data.auditLogs.nodes).toEqual([{ action: 'user.workspace_deleted', entityId: id }]);
  });

  it('lets no message hang below one of another conversation', async () => {
    const { data } = await api.ask(
      'mutation { startConversation(input: {}) { conversation { id } } }',
      {},
      { token: bob.token },
    );
    const reply = await api.ask(
      `mutation { postMessage(input: { conversationId: "${data.startConversation.conversation.id}", content: "x", parentId: "${ids.Message?.id}" }) { message { parent { content } } } }`,
      {},
      { token: bob.token },
    );
    expect(codeOf(reply)).toBe('CQ204');
  });

  it('was tried', () => {
    process.stdout.write(
      `tenancy: ${tried} attempts in GraphQL by ${strangers.length + 2} actors on ${Object.keys(schema.getQueryType()!.getFields()).length} fields: ${leaks.length} leaked\n`,
    );
    expect(tried).toBeGreaterThan(2000);
    expect(leaks).toEqual([]);
  });

  it('offers no creation but by function, and hides what is bookkeeping', async () => {
    const mutations = Object.keys(schema.getMutationType()!.getFields()).sort();
    expect(mutations.filter((name) => /^(create|delete|update)/.test(name))).toEqual([
      'createApiKey',
      'createDocument',
      'createEmbeddingVersion',
      'createRagConfiguration',
      'createRepository',
      'createSystemPromptTemplate',
      'createWebhook',
      'createWorkspace',
      'deleteAgentThread',
      'deleteConversation',
      'deleteConversationByNodeId',
      'deleteDocument',
      'deleteDocumentByNodeId',
      'deleteFile',
      'deleteMyAccount',
      'deleteRagConfiguration',
      'deleteRagConfigurationByNodeId',
      'deleteRepository',
      'deleteRepositoryByNodeId',
      'deleteSystemPromptTemplate',
      'deleteSystemPromptTemplateByNodeId',
      'deleteUsageBudget',
      'deleteUsageBudgetByNodeId',
      'deleteWebhook',
      'deleteWorkspace',
      'updateConversation',
      'updateConversationByNodeId',
      'updateDocument',
      'updateDocumentByNodeId',
      'updateRagConfiguration',
      'updateRagConfigurationByNodeId',
      'updateRepository',
      'updateRepositoryByNodeId',
      'updateSystemPromptTemplate',
      'updateSystemPromptTemplateByNodeId',
      'updateUsageBudget',
      'updateUsageBudgetByNodeId',
      'updateUser',
      'updateUserByNodeId',
      'updateWebhook',
    ]);
    const fields = (name: string) => Object.keys((schema.getType(name) as GraphQLObjectType).getFields());
    expect(fields('Document')).not.toContain('chunkedHash');
    expect(fields('Conversation')).not.toContain('indexedSequenceNumber');
    expect(fields('Conversation')).toEqual(
      expect.arrayContaining(['messageCount', 'totalTokensUsed', 'avgResponseTimeMs', 'createdAt']),
    );
    expect(fields('Chunk')).not.toContain('textSearch');
    expect(fields('ConversationShare')).not.toContain('tokenHash');
    for (const hidden of ['ip', 'userAgent']) expect(fields('MessageFeedback')).not.toContain(hidden);
    for (const name of ['ConversationPatch', 'DocumentPatch', 'RepositoryPatch', 'UserPatch']) {
      expect(
        fields(name).filter((field) =>
          /createdAt|updatedAt|Hash|ownerId|workspaceId|^id$|role|Count|total|avg/.test(field),
        ),
      ).toEqual([]);
    }
  });
});
