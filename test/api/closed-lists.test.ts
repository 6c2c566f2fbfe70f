import {
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isObjectType,
} from 'postgraphile/graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLOSED_LISTS } from '../../api/plugins/catalogue/closed-lists.ts';
import { readSchema } from '../support/schema.ts';
import { describeReal } from '../support/server.ts';
import {
  type Account,
  axis,
  codeOf,
  indexDocument,
  register,
  startTestApi,
  type TestApi,
} from './support.ts';

/** What closes each list in the database: a check, or a function. */
const CLOSED_BY: Record<string, string> = {
  ApiKeyScope: 'api_keys_scopes_known',
  ChunkingMethod: 'embedding_versions_chunking_method',
  ContentType: 'documents_content_type_known',
  FileExtractor: 'file_type_configs_extractor_known',
  ImageFormat: 'generated_images_format_known',
  TextSearchLanguage: 'text_search_language_known',
  VectorDistance: 'embedding_versions_distance_known',
};

/** Where the enums are in the schema, filters left out. */
const PLACES: Record<string, string[]> = {
  ApiKeyScope: ['ApiKey.scopes', 'CreateApiKeyInput.scopes', 'NewApiKey.scopes'],
  ChunkingMethod: ['CreateEmbeddingVersionInput.chunkingMethod', 'EmbeddingVersion.chunkingMethod'],
  ContentType: [
    'CreateDocumentInput.contentType',
    'Document.contentType',
    'DocumentPatch.contentType',
    'ImportedDocumentInput.contentType',
    'SearchFilterInput.contentTypes',
  ],
  FileExtractor: ['FileTypeConfig.extractor'],
  ImageFormat: ['GeneratedImage.format', 'RecordImageInput.format'],
  ImportStatus: ['EventImportOutcome.outcome', 'ImportOutcome.outcome'],
  IndexingHold: ['IndexingProgress.paused', 'IndexingState.paused'],
  JobState: ['InstallationJob.state'],
  RetentionSource: ['RetentionPreview.decidedBy'],
  SearchLegReason: ['SearchLeg.reason'],
  SearchPath: ['RetrievalReplay.path', 'SearchCount.path', 'SearchResponse.path'],
  TextSearchLanguage: [
    'Chunk.textSearchLanguage',
    'CreateDocumentInput.textSearchLanguage',
    'Document.textSearchLanguage',
    'DocumentPatch.textSearchLanguage',
    'ImportedDocumentInput.textSearchLanguage',
    'SearchFilterInput.textSearchLanguages',
    'SetWorkspaceLanguageInput.textSearchLanguage',
    'Workspace.textSearchLanguage',
  ],
  VectorDistance: ['EmbeddingVersion.distance'],
  WebhookKind: [
    'CreateWebhookInput.kinds',
    'NewWebhook.kinds',
    'UpdateWebhookInput.kinds',
    'Webhook.kinds',
    'WebhookDelivery.kind',
  ],
};

const texts = (definition: string): string[] =>
  [...definition.matchAll(/'([^']+)'::text/g)].map(([, text]) => text!);

describeReal('lists that are closed', () => {
  let api: TestApi;
  let ada: Account;

  beforeAll(async () => {
    api = await startTestApi({ embedQuery: async () => new Float32Array(axis(0)) });
    ada = await register(api, 'ada@example.org');
  });
  afterAll(() => api?.close());

  const ask = async (query: string, variables: object = {}) => {
    const reply = await api.ask(query, variables, ada);
    expect(reply.errors, query).toEqual([]);
    return reply.data;
  };
  const sql = async (text: string, values: unknown[] = []) =>
    (await api.database.pool('owner').query(text, values)).rows;

  it('have in GraphQL what the database takes, and there is none that GraphQL does not have', async () => {
    const checks = await sql(
      `select conname as name, pg_get_constraintdef(oid) as text from pg_constraint
       where contype = 'c' and connamespace = 'app_public'::regnamespace and conparentid = 0
         and pg_get_constraintdef(oid) ~ $$('[^']+'::text, '|= '[a-z]+'::text[)]|"method": )$$
         and pg_get_constraintdef(oid) !~ 'jsonb_typeof'`,
    );
    expect(checks.map(({ name }) => name).sort()).toEqual(Object.values(CLOSED_BY).sort());
    for (const [list, name] of Object.entries(CLOSED_BY)) {
      const { text } = checks.find((check) => check.name === name)!;
      const found =
        list === 'ChunkingMethod'
          ? [...text.matchAll(/"method": "(\w+)"/g)].map(([, one]) => one)
          : texts(text);
      expect(Object.keys(CLOSED_LISTS[list]!.values).sort(), list).toEqual(found.sort());
    }
    const [{ kinds }] = await sql('select app_private.webhook_kinds() as kinds');
    expect(Object.keys(CLOSED_LISTS.WebhookKind!.values).sort()).toEqual(
      [...kinds, '*', 'webhook.test'].sort(),
    );
  });

  it('are enums wherever they are given or taken', async () => {
    const schema = readSchema();
    const found: Record<string, string[]> = {};
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) && !isInputObjectType(type)) continue;
      if (type.name.endsWith('Filter')) continue;
      for (const field of Object.values(type.getFields())) {
        const { name } = getNamedType(field.type as GraphQLOutputType);
        if (PLACES[name]) found[name] = [...(found[name] ?? []), `${type.name}.${field.name}`];
      }
    }
    for (const places of Object.values(found)) places.sort();
    expect(found).toEqual(PLACES);
    for (const name of Object.keys(PLACES)) expect(isEnumType(schema.getType(name)), name).toBe(true);
  });

  it('take what they give, and store the text that they stored', async () => {
    const content = '# Teas';
    const { documentId } = await indexDocument(api, ada, { title: 'Teas', content, vector: axis(0) });
    const changed = await ask(
      `mutation ($id: UUID!) { updateDocument(input: { id: $id, patch: { contentType: MARKDOWN, textSearchLanguage: GERMAN } }) {
        document { contentType textSearchLanguage } } }`,
      { id: documentId },
    );
    expect(changed.updateDocument.document).toEqual({
      contentType: 'MARKDOWN',
      textSearchLanguage: 'GERMAN',
    });
    expect(await sql('select content_type, text_search_language from app_public.documents')).toEqual([
      { content_type: 'markdown', text_search_language: 'german' },
    ]);
    const listed = `query ($filter: DocumentFilter) { documents(filter: $filter) { nodes { id } } }`;
    const ids = async (filter: object) => (await ask(listed, { filter })).documents.nodes.length;
    expect(await ids({ contentType: { equalTo: 'MARKDOWN' } })).toBe(1);
    expect(await ids({ contentType: { in: ['MARKDOWN', 'CODE'] } })).toBe(1);
    expect(await ids({ contentType: { notIn: ['MARKDOWN'] } })).toBe(0);
    const searched = `query ($filters: SearchFilterInput) { search(query: "tea", filters: $filters) { path returned legs { reason } } }`;
    const search = async (filters: object) => (await ask(searched, { filters })).search;
    expect(await search({ contentTypes: ['MARKDOWN'] })).toMatchObject({ path: 'EXACT', returned: 1 });
    expect(await search({ contentTypes: ['CODE', 'PDF'] })).toMatchObject({ returned: 0 });
    expect((await ask('{ search(query: "tea", mode: TEXT) { path legs { leg reason } } }')).search).toEqual({
      path: 'NONE',
      legs: [
        { leg: 'VECTOR', reason: 'MODE' },
        { leg: 'TEXT', reason: null },
      ],
    });

    const imported = await ask(
      `mutation ($documents: [ImportedDocumentInput!]!) { importDocuments(input: { documents: $documents }) { importOutcomes { outcome } } }`,
      {
        documents: [
          {
            sourceUrl: 'file:a.py',
            title: 'a.py',
            content: 'x = 1',
            contentType: 'CODE',
            textSearchLanguage: 'SIMPLE',
          },
          { sourceUrl: 'file:b', title: '', content: 'x' },
        ],
      },
    );
    expect(imported.importDocuments.importOutcomes).toEqual([{ outcome: 'ADDED' }, { outcome: 'REFUSED' }]);
    expect(await ids({ contentType: { equalTo: 'CODE' } })).toBe(1);

    const { createApiKey } = await ask(
      'mutation { createApiKey(input: { name: "bot", scopes: [WRITE, SHARE] }) { newApiKey { scopes } } }',
    );
    expect(createApiKey.newApiKey.scopes.sort()).toEqual(['READ', 'SHARE', 'WRITE']);
    expect(
      (await ask('{ fileTypeConfigs(first: 1000) { nodes { extractor } } }')).fileTypeConfigs.nodes,
    ).toContainEqual({
      extractor: 'NOTEBOOK',
    });
    expect(
      (await ask('{ embeddingVersions { nodes { distance chunkingMethod } } }')).embeddingVersions.nodes,
    ).toEqual([{ distance: 'COSINE', chunkingMethod: 'STRUCTURE' }]);
  });

  it('take all kinds of a webhook by a name of its own, and no kind that is for tests alone', async () => {
    const create = (kinds: string[]) =>
      api.ask(
        `mutation ($kinds: [WebhookKind]!) { createWebhook(input: { url: "https://receiver.example/", kinds: $kinds }) { newWebhook { kinds } } }`,
        { kinds },
        ada,
      );
    expect((await create(['ALL'])).data.createWebhook.newWebhook).toEqual({ kinds: ['ALL'] });
    expect((await create(['MESSAGE_CREATED', 'BUDGET_WARNING'])).data.createWebhook.newWebhook.kinds).toEqual(
      ['BUDGET_WARNING', 'MESSAGE_CREATED'],
    );
    expect(codeOf(await create(['WEBHOOK_TEST']))).toBe('CQ742');
    expect(await sql('select kinds from app_public.webhooks order by id')).toEqual([
      { kinds: ['*'] },
      { kinds: ['budget.warning', 'message.created'] },
    ]);
  });

  it.each([
    [
      'a text',
      '{ createDocument(input: { title: "a", content: "x", contentType: "markdown" }) { clientMutationId } }',
    ],
    [
      'another value',
      '{ createDocument(input: { title: "a", content: "x", contentType: EXE }) { clientMutationId } }',
    ],
    [
      'a variable of text',
      '($type: String!) { createDocument(input: { title: "a", content: "x", contentType: $type }) { clientMutationId } }',
    ],
  ])('do not take %s', async (_what, mutation) => {
    const reply = await api.ask(`mutation ${mutation}`, { type: 'MARKDOWN' }, ada);
    expect([codeOf(reply), reply.errors[0]?.message]).toEqual([
      'CQ400',
      expect.stringContaining('ContentType'),
    ]);
  });
});
