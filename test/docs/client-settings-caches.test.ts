import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import * as apollo from '@apollo/client';
import * as apolloUtilities from '@apollo/client/utilities';
import * as urql from '@urql/core';
import * as graphcache from '@urql/exchange-graphcache';
import * as graphcacheExtras from '@urql/exchange-graphcache/extras';
import { buildSchema, introspectionFromSchema } from 'postgraphile/graphql';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { readSchemaText } from '../support/schema.ts';
import { describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';

const page = readFileSync(join(projectFolder, 'docs/api.md'), 'utf8');

/** What a block of the page makes, with what its imports give. */
function made<Value>(block: string, imported: Record<string, unknown>, more = ''): Value {
  const [, source] = new RegExp(`\`\`\`ts ${block}\\n(.*?)\`\`\``, 's').exec(page)!;
  const code = stripTypeScriptTypes(source!)
    .replace(/^import .*$/gm, '')
    .replace(/(cacheExchange\(\{)/, `$1${more}`);
  return new Function(...Object.keys(imported), `${code}\nreturn cache;`)(
    ...Object.values(imported),
  ) as Value;
}

const CONVERSATIONS = `query ($after: Cursor) {
  conversations(first: 2, after: $after) { edges { node { id title } } pageInfo { hasNextPage endCursor } }
}`;
const MESSAGES = `query ($id: UUID!, $before: Cursor) {
  conversation(id: $id) {
    id
    messages(last: 2, before: $before) { edges { node { id content } } pageInfo { hasPreviousPage startCursor } }
  }
}`;
const RENAME = `mutation ($id: UUID!, $title: String!) {
  updateConversation(input: { id: $id, patch: { title: $title } }) { conversation { id title } }
}`;
/** Types without an id, within each other. */
const FOUND = `{
  search(query: "tea", mode: TEXT) { path legs { leg reason } results { chunkId title document { id title } } }
  recall(query: "tea", maxResults: 2) { memories { content memoryItem { id } } }
}`;

interface Edge {
  node: { id: string; title?: string; content?: string };
}
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it asked for
type Any = any;
const titles = (data: Any): string[] => data.conversations.edges.map(({ node }: Edge) => node.title);
const contents = (data: Any): string[] =>
  data.conversation.messages.edges.map(({ node }: Edge) => node.content);

describeReal('caches of clients, set as the page says', () => {
  let api: TestApi;
  let ada: Account;
  const ids: string[] = [];
  let requests = 0;
  const fetchCounted: typeof fetch = (input, init) => {
    requests += 1;
    return fetch(input, init);
  };

  beforeAll(async () => {
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
  });
  afterAll(() => api?.close());
  beforeEach(async () => {
    for (const id of ids.splice(0)) {
      await api.ask(
        'mutation ($id: UUID!) { deleteConversation(input: { id: $id }) { clientMutationId } }',
        { id },
        ada,
      );
    }
    for (const title of ['one', 'two', 'three', 'four', 'five']) {
      const { data } = await api.ask(
        'mutation ($title: String) { startConversation(input: { title: $title }) { conversation { id } } }',
        { title },
        ada,
      );
      ids.push(data.startConversation.conversation.id);
    }
    for (const content of ['a', 'b', 'c', 'd', 'e']) {
      const { errors } = await api.ask(
        'mutation ($id: UUID!, $content: String!) { postMessage(input: { conversationId: $id, content: $content }) { message { id } } }',
        { id: ids[0], content },
        ada,
      );
      expect(errors).toEqual([]);
    }
  });
  const headers = () => ({ authorization: `Bearer ${ada.token}` });
  const warnings: unknown[][] = [];
  beforeEach(() => {
    for (const way of ['warn', 'error'] as const)
      vi.spyOn(console, way).mockImplementation((...said) => void warnings.push(said));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    expect(warnings.splice(0)).toEqual([]);
  });

  it('Apollo puts two pages together, and shows what a mutation changed', async () => {
    const { ApolloClient, HttpLink, gql, InMemoryCache } = apollo;
    const { relayStylePagination } = apolloUtilities;
    const client = new ApolloClient({
      cache: made<apollo.InMemoryCache>('apollo', { InMemoryCache, relayStylePagination }),
      link: new HttpLink({ uri: `${api.api.url}/graphql`, headers: headers(), fetch: fetchCounted }),
    });
    let list: Any;
    const watched = client.watchQuery({ query: gql(CONVERSATIONS) });
    const watching = watched.subscribe(({ data }) => {
      list = data;
    });
    await until(async () => list?.conversations !== undefined);
    expect(titles(list)).toEqual(['one', 'two']);
    await watched.fetchMore({ variables: { after: list.conversations.pageInfo.endCursor } });
    await until(async () => titles(list).length === 4);
    expect(titles(list)).toEqual(['one', 'two', 'three', 'four']);
    expect(list.conversations.pageInfo.hasNextPage).toBe(true);

    const asked = requests;
    await client.mutate({ mutation: gql(RENAME), variables: { id: ids[2], title: 'Assam' } });
    await until(async () => titles(list)[2] === 'Assam');
    expect(titles(list)).toEqual(['one', 'two', 'Assam', 'four']);
    expect(requests - asked).toBe(1);

    const variables = { id: ids[0] };
    const talk = client.watchQuery<Any>({ query: gql(MESSAGES), variables });
    let messages: Any;
    const reading = talk.subscribe(({ data }) => {
      messages = data;
    });
    await until(async () => messages?.conversation !== undefined);
    const { startCursor } = messages.conversation.messages.pageInfo;
    await talk.fetchMore({ variables: { ...variables, before: startCursor } });
    await until(async () => contents(messages).length === 4);
    expect(contents(messages)).toEqual(['b', 'c', 'd', 'e']);
    expect((await client.query<Any>({ query: gql(FOUND) })).data.search.path).toBe('NONE');
    watching.unsubscribe();
    reading.unsubscribe();
    client.stop();
  });

  it.each(['', 'with the schema'])(
    'graphcache does the same, and knows every type %s',
    async (withSchema) => {
      const { cacheExchange } = graphcache;
      const { relayPagination } = graphcacheExtras;
      const schema = introspectionFromSchema(buildSchema(readSchemaText()));
      const cache = made<urql.Exchange>(
        'graphcache',
        { cacheExchange, relayPagination, schema },
        withSchema ? 'schema,' : '',
      );
      const client = urql.createClient({
        url: `${api.api.url}/graphql`,
        exchanges: [cache, urql.fetchExchange],
        fetchOptions: () => ({ headers: headers() }),
        fetch: fetchCounted,
        preferGetMethod: false,
      });
      let list: Any;
      const follow = (query: string, variables: object, told: (data: Any) => void) =>
        client.query<Any>(query, variables).subscribe(({ data, error }) => {
          expect(error).toBeUndefined();
          told(data);
        });
      const first = await client.query<Any>(CONVERSATIONS, {}).toPromise();
      expect(first.error).toBeUndefined();
      expect(titles(first.data)).toEqual(['one', 'two']);
      const watching = follow(
        CONVERSATIONS,
        { after: first.data.conversations.pageInfo.endCursor },
        (data) => {
          list = data;
        },
      );
      // with the schema, what is there already comes first
      await until(async () => list !== undefined && titles(list).length === 4);
      expect(titles(list)).toEqual(['one', 'two', 'three', 'four']);

      const asked = requests;
      expect(
        (await client.mutation(RENAME, { id: ids[2], title: 'Assam' }).toPromise()).error,
      ).toBeUndefined();
      await until(async () => titles(list)[2] === 'Assam');
      expect(requests - asked).toBe(1);

      const last = await client.query<Any>(MESSAGES, { id: ids[0] }).toPromise();
      expect(contents(last.data)).toEqual(['d', 'e']);
      const { startCursor } = last.data.conversation.messages.pageInfo;
      let both: Any;
      const reading = follow(MESSAGES, { id: ids[0], before: startCursor }, (data) => {
        both = data;
      });
      await until(async () => both !== undefined && contents(both).length === 4);
      expect(contents(both)).toEqual(['b', 'c', 'd', 'e']);
      expect((await client.query<Any>(FOUND, {}).toPromise()).data.search.path).toBe('NONE');
      watching.unsubscribe();
      reading.unsubscribe();
    },
  );
});
