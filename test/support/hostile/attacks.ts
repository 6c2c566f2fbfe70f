import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { pdfBomb } from '../files.ts';
import type { Attack, Attacker } from './attack.ts';
import { halfOpenBodies, idleConnections, slowDownloads, upgrades } from './connections.ts';

const PASSWORD = 'correct horse battery';
const SIGN_IN = `signIn(input: { email: "nobody@example.org", password: "${PASSWORD}" }) { clientMutationId }`;
const START = 'mutation { startConversation(input: {}) { conversation { id } } }';
const POST =
  'mutation ($id: UUID!, $text: String!) { postMessage(input: { conversationId: $id, content: $text }) { message { id } } }';
const SEARCH = 'query ($text: String!) { search(query: $text) { results { content } } }';
const CREATE =
  'mutation ($title: String!, $text: String!) { createDocument(input: { title: $title, content: $text }) { document { id } } }';
const FILTER = 'query ($filter: DocumentFilter) { documents(filter: $filter) { totalCount } }';

/** As many as may be asked for in one go, and more. */
const aliases = (count: number, field: string): string =>
  Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ');

/** Fragments, each of which is the next one twice. */
function doubling(times: number): string {
  const steps = Array.from(
    { length: times },
    (_, n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`,
  );
  return `{ ...f0 } ${steps.join(' ')} fragment f${times} on Query { __typename }`;
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const raw = (body: string) => ({ body, headers: { 'content-type': 'application/json' } });

/** A message a month, over ten years. */
const tenYears = (name: string, year: number) => ({
  source: name,
  title: name,
  messages: Array.from({ length: 120 }, (_, month) => ({
    externalId: `m${month}`,
    role: 'user',
    content: 'x',
    createdAt: new Date(Date.UTC(year, month, 15)).toISOString(),
  })),
});

const documentOf = (characters: number) => async (attacker: Attacker) =>
  attacker.ask(CREATE, { title: 'a'.repeat(200), text: 'a'.repeat(characters) }, attacker.token);

/** What tenants and strangers are known to try. Each is by one account, or by none. */
export const attacks: readonly Attack[] = [
  {
    name: 'imports of ten years, again and again',
    times: 3,
    act: (one) =>
      one.ask(
        'mutation ($p: JSON!) { importConversation(input: { payload: $p }) { importResult { added } } }',
        { p: tenYears(`history ${one.address} ${Math.random()}`, 1990 + (one.next() % 20)) },
        one.token,
      ),
    told: ['200'],
  },
  {
    name: 'fifty visitors with twenty signIn in each request',
    times: 50,
    spread: true,
    act: (one) => one.ask(`mutation { ${aliases(20, SIGN_IN)} }`),
    told: ['CQ423'],
  },
  {
    name: 'fifty visitors who sign in, each from an address of its own',
    times: 50,
    spread: true,
    act: (one) => one.ask(`mutation { ${SIGN_IN} }`),
    told: ['CQ102', 'CQ438'],
  },
  {
    name: 'one visitor who guesses passwords',
    times: 20,
    act: (one) =>
      one.ask(
        `mutation { signIn(input: { email: "ada@example.org", password: "guess ${one.next()}" }) { clientMutationId } }`,
      ),
    told: ['CQ430'],
  },
  {
    name: 'accounts made by the dozen',
    times: 20,
    act: (one) =>
      one.ask(
        `mutation { register(input: { email: "${randomBytes(8).toString('hex')}@example.org", password: "${PASSWORD}" }) { authentication { userId } } }`,
      ),
    told: ['200', 'CQ431'],
  },
  {
    name: 'fragments that double thirty-nine times',
    times: 8,
    act: (one) => one.ask(doubling(39)),
    told: ['CQ400'],
  },
  {
    name: 'filters of 30,000 branches',
    times: 4,
    act: (one) =>
      one.ask(
        FILTER,
        {
          filter: {
            or: Array.from({ length: 30_000 }, (_, n) => ({ title: { likeInsensitive: `%${n}%` } })),
          },
        },
        one.token,
      ),
    told: ['CQ425'],
  },
  {
    name: 'lists of a million values',
    times: 4,
    act: (one) =>
      one.send({
        ...raw(
          JSON.stringify({ query: FILTER, variables: { filter: { title: { in: Array(1e6).fill('') } } } }),
        ),
        token: one.token,
      }),
    told: ['CQ425'],
  },
  {
    name: 'variables nested a million deep',
    times: 4,
    act: (one) =>
      one.send({ ...raw(`{"query":"{ __typename }","variables":{"x":${nested(1e6)}}}`), token: one.token }),
    told: ['CQ400', 'CQ425'],
  },
  {
    name: 'eight searches of 10,000 characters at once',
    times: 8,
    act: (one) =>
      one.ask(
        SEARCH,
        { text: `${'a long question about tea '.repeat(380)}${one.address}${one.next()}` },
        one.token,
      ),
    told: ['200'],
    others: 'meaning',
    without: { RATE_LIMITS: 'off', EMBEDDING_QUERY_TURNS: '100', EMBEDDING_QUERY_TOKENS: '8192' },
  },
  {
    name: 'twenty searches in each request',
    times: 8,
    act: (one) =>
      one.ask(
        `{ ${aliases(20, `search(query: "tea ${one.next()}") { results { content } }`)} }`,
        {},
        one.token,
      ),
    told: ['CQ426'],
  },
  {
    name: 'as many searches as a request may have',
    times: 8,
    act: (one) =>
      one.ask(
        `{ ${aliases(5, `search(query: "tea ${one.next()}") { results { content } }`)} }`,
        {},
        one.token,
      ),
    told: ['200'],
    others: 'meaning',
  },
  {
    name: 'searches for what looks like a pattern',
    times: 8,
    prepare: documentOf(200_000),
    act: (one) =>
      one.ask(
        'query ($text: String!) { search(query: $text, mode: TEXT) { results { content } } }',
        { text: `${'(a+)+ | !(b & *) <-> "'.repeat(450)}${one.next()}` },
        one.token,
      ),
    told: ['200'],
  },
  {
    name: 'a filter that goes back and forth',
    times: 30,
    async prepare(one) {
      const document = documentOf(10);
      for (let n = 0; n < 20; n += 1) await document(one);
    },
    act: (one) =>
      one.ask(
        FILTER,
        {
          filter: {
            or: Array.from({ length: 80 }, () => ({ title: { like: `${'%a'.repeat(80)}%b${one.next()}` } })),
          },
        },
        one.token,
      ),
    told: ['200', 'CQ408', 'CQ438', 'CQ440'],
  },
  {
    name: 'a hundred counts in each request',
    times: 20,
    prepare: documentOf(1_000),
    act: (one) => one.ask(`{ ${aliases(20, 'documents { totalCount }')} }`, {}, one.token),
    told: ['200'],
  },
  {
    name: 'a thousand counts in each request',
    times: 8,
    act: (one) => one.ask(`{ ${aliases(1_000, 'documents { totalCount }')} }`, {}, one.token),
    told: ['CQ400'],
  },
  {
    name: 'a hundred writers into one conversation',
    times: 100,
    async prepare(one) {
      // what it may ask for is used up by the time before, for a minute at most
      for (;;) {
        const { data } = await one.ask(START, {}, one.token);
        if (data?.startConversation) return data.startConversation.conversation.id;
        await delay(500);
      }
    },
    act: (one, id) => one.ask(POST, { id, text: 'x'.repeat(20_000) }, one.token),
    told: ['200'],
  },
  {
    name: 'megabytes stored each second',
    times: 4,
    act: (one) => one.ask(CREATE, { title: `mine ${one.next()}`, text: 'word '.repeat(100_000) }, one.token),
    told: ['200'],
  },
  {
    name: 'uploads, megabytes each',
    times: 4,
    act: (one) =>
      one.send({
        path: `/files?name=${one.next()}.txt`,
        token: one.token,
        headers: { 'content-type': 'text/plain' },
        body: Buffer.concat([Buffer.from(`${one.address} ${Math.random()}`), Buffer.alloc(2e6, 'word ')]),
      }),
    told: ['201'],
  },
  {
    name: 'files of kilobytes that unfold to gigabytes',
    times: 4,
    prepare: () => pdfBomb(1536),
    act: (one, bomb) =>
      one.send({
        path: `/files?name=${one.next()}.pdf`,
        token: one.token,
        headers: { 'content-type': 'application/pdf' },
        // each its own file: the same bytes are one
        body: Buffer.concat([bomb as Buffer, Buffer.from(`% ${one.address} ${Math.random()}\n`)]),
      }),
    told: ['201'],
    worked: true,
  },
  {
    name: 'mails to one stranger',
    times: 10,
    act: (one) =>
      one.ask(
        `mutation { ${aliases(20, 'inviteMember(input: { email: "victim@example.org", role: MEMBER }) { clientMutationId }')} }`,
        {},
        one.token,
      ),
    told: ['CQ433', 'CQ105', 'CQ113', 'CQ114', 'CQ115', 'CQ116', 'CQ251'],
  },
  {
    name: 'questions for readiness without end',
    times: 64,
    act: (one) => one.send({ method: 'GET', path: '/readyz' }),
    told: ['200'],
  },
  {
    name: 'requests of a visitor without end',
    times: 64,
    act: (one) => one.ask('{ currentUser { id } }'),
    told: ['200'],
  },
  {
    name: 'questions for pages that there are not',
    times: 64,
    act: (one) => one.send({ method: 'GET', path: `/wp-admin/${one.next()}` }),
    told: ['CQ404'],
  },
  {
    name: 'tokens that are guessed',
    times: 50,
    act: (one) => one.ask('{ currentUser { id } }', {}, randomBytes(32).toString('base64url')),
    told: ['CQ106'],
  },
  {
    name: 'requests whose client goes away',
    times: 30,
    act: (one) =>
      one.send({
        body: {
          query: `{ ${aliases(5, `search(query: "tea ${one.next()}", mode: TEXT) { results { content } }`)} }`,
        },
        token: one.token,
        leaveAfter: 5,
      }),
    told: ['ECONNRESET'],
  },
  {
    name: 'cursors of 100,000 characters',
    times: 8,
    act: (one) =>
      one.ask(
        'query ($after: Cursor) { documents(after: $after) { nodes { id } } }',
        { after: Buffer.from(JSON.stringify(['primary_key_asc', 'x'.repeat(75_000)])).toString('base64') },
        one.token,
      ),
    told: ['200', 'CQ200', 'CQ400', 'CQ201'],
  },
  {
    name: 'ranges of a file without end',
    times: 30,
    prepare: upload,
    act: (one, id) =>
      one.send({
        method: 'GET',
        path: `/files/${id}`,
        token: one.token,
        headers: { range: `bytes=${Array.from({ length: 200 }, (_, n) => `${n}-`).join(',')}` },
      }),
    told: ['200', '206', 'CQ416'],
  },
  slowDownloads(upload),
  halfOpenBodies,
  idleConnections,
  upgrades,
];

/** A file to be asked for, of 500 kB. */
async function upload(one: Attacker): Promise<string> {
  const { data } = await one.send({
    path: '/files?name=large.txt',
    token: one.token,
    headers: { 'content-type': 'text/plain' },
    body: Buffer.alloc(500_000, 'word '),
  });
  return data.file.id;
}
