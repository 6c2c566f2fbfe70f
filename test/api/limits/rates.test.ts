import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { buildSchema, type GraphQLObjectType, parse } from 'postgraphile/graphql';
import { describe, expect, it } from 'vitest';
import { changedRates, isCredential, LIMITS, limitOf, operationCosts } from '../../../api/limits/rates.ts';
import { readEnv } from '../../../lib/env.ts';
import { projectFolder } from '../../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';

const schema = buildSchema(readFileSync(join(projectFolder, 'schema.graphql'), 'utf8'));
const fields = (type: 'Query' | 'Mutation') =>
  Object.keys((schema.getType(type) as GraphQLObjectType).getFields());
const costs = (document: string, name?: string) =>
  Object.fromEntries(operationCosts(schema, parse(document), name));

describe('the table of limits', () => {
  it('names fields that there are, each once', () => {
    const listed = Object.values(LIMITS).flatMap((limit) => [...limit.fields]);
    expect(new Set(listed).size).toBe(listed.length);
    const known = new Set([...fields('Query'), ...fields('Mutation')]);
    expect(listed.filter((field) => !known.has(field))).toEqual([]);
  });

  it('has a code for each, and every mutation in one', () => {
    const codes = Object.values(LIMITS).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(fields('Mutation').filter((field) => !limitOf('Mutation', field))).toEqual([]);
    expect(limitOf('Query', 'currentUser')).toBeUndefined();
  });

  it('has every field that searches for a text or a vector', () => {
    const searching = fields('Query').filter((name) => {
      const { args } = schema.getQueryType()!.getFields()[name]!;
      return args.some((arg) => ['query', 'embedding', 'queryEmbedding'].includes(arg.name));
    });
    expect(searching.length).toBeGreaterThan(4);
    for (const name of searching) expect(limitOf('Query', name), name).toBe('searches');
  });

  it('has every mutation that imports', () => {
    const importing = fields('Mutation').filter((name) => name.startsWith('import'));
    expect(importing.length).toBeGreaterThan(2);
    for (const name of importing) expect(limitOf('Mutation', name), name).toBe('imports');
  });
});

describeReal('the functions behind mutations', () => {
  it('that send mail, or hash or check a password, have limits of their own', async () => {
    const client = new pg.Client({ connectionString: (await createTestDatabase()).url });
    await client.connect();
    try {
      const { rows } = await client.query<{ schema: string; name: string; body: string }>(
        `select n.nspname as schema, p.proname as name, pg_get_functiondef(p.oid) as body
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname in ('app_public', 'app_hidden', 'app_private') and p.prokind = 'f'`,
      );
      /** Names of the functions that call one of these, or one that does. */
      const callersOf = (roots: string[], apart: string[] = []): string[] => {
        const found = new Set(roots);
        for (let before = 0; before !== found.size; ) {
          before = found.size;
          const calls = new RegExp(`\\b(?:${[...found].join('|')})\\(`);
          for (const { schema: place, name, body } of rows) {
            if (apart.includes(name)) continue;
            const inner = body.replace(/^create or replace function .*?\)\n/is, '').replace(/--.*$/gm, '');
            if (calls.test(inner) && !(place === 'app_public' && found.has(name))) found.add(name);
          }
        }
        return rows
          .filter((row) => row.schema === 'app_public' && found.has(row.name))
          .map((row) => row.name);
      };
      const fieldOf = (name: string) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
      const mutations = new Set(fields('Mutation'));
      const limitsOf = (names: string[]) =>
        Object.fromEntries(
          names
            .map(fieldOf)
            .filter((field) => mutations.has(field))
            .map((field) => [field, limitOf('Mutation', field)]),
        );
      const senders = rows.filter(({ body }) =>
        /insert into app_private\.(?:mail_outbox|account_requests)/.test(body),
      );
      // a notice goes to the person who acts, a few of a kind in an hour
      const mailing = limitsOf(
        callersOf(
          senders.map(({ name }) => name),
          ['send_notice'],
        ),
      );
      expect(Object.keys(mailing)).toEqual(
        expect.arrayContaining(['requestPasswordReset', 'inviteMember', 'requestEmailVerification']),
      );
      const hashing = limitsOf(callersOf(['crypt', 'hash_password']));
      expect(Object.keys(hashing)).toEqual(
        expect.arrayContaining(['signIn', 'register', 'resetPassword', 'changePassword']),
      );
      for (const [field, limit] of Object.entries({ ...mailing, ...hashing })) {
        expect(['sign_in', 'register', 'reset', 'mail'], field).toContain(limit);
      }
      // what takes a hash's time has connections of its own
      for (const [field, limit] of Object.entries(hashing)) {
        expect(isCredential(new Map([[limit!, 1]])), field).toBe(true);
      }
    } finally {
      await client.end();
    }
  });
});

describe('the points of an operation', () => {
  it('are one for each root field, aliases counted', () => {
    expect(costs('{ currentUser { id } }')).toEqual({});
    expect(costs('{ a: search(query: "x") { returned } b: recall(query: "x") { returned } }')).toEqual({
      searches: 2,
    });
    expect(
      costs(`mutation {
        a: signIn(input: { email: "a", password: "b" }) { clientMutationId }
        b: signIn(input: { email: "a", password: "b" }) { clientMutationId }
        markRead(input: { conversationId: "x" }) { clientMutationId }
      }`),
    ).toEqual({ sign_in: 2, writes: 1 });
  });

  it('count what the answer of a mutation leads to, and a fragment at each place', () => {
    expect(
      costs(`mutation { markRead(input: { conversationId: "x" }) { query { ...F ... on Query { a: search(query: "y") { returned } } ...F } } }
        fragment F on Query { ...G ...G }
        fragment G on Query { search(query: "x") { returned } }`),
    ).toEqual({ writes: 1, searches: 5 });
  });

  it('are counted quickly where fragments double many times', () => {
    const doubling = Array.from(
      { length: 60 },
      (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`,
    );
    const document = `{ ...F0 } ${doubling.join(' ')} fragment F60 on Query { search(query: "x") { returned } }`;
    expect(costs(document)).toEqual({ searches: 2 ** 60 });
  });

  it('are those of the operation that is named', () => {
    const document = `query a { currentUser { id } } query b { search(query: "x") { returned } }`;
    expect(costs(document, 'a')).toEqual({});
    expect(costs(document, 'b')).toEqual({ searches: 1 });
  });
});

describe('RATE_LIMIT_RATES', () => {
  const read = (value: string) => readEnv({ RATE_LIMIT_RATES: value }).RATE_LIMIT_RATES;

  it('changes, adds and lifts limits', () => {
    const rates = changedRates(read('searches.account=5/10, register.address=off  searches.address=7/1'));
    expect(rates.searches).toMatchObject({
      account: { points: 5, seconds: 10 },
      address: { points: 7, seconds: 1 },
      key: LIMITS.searches.rates.key,
    });
    expect(rates.register).toEqual({});
    expect(changedRates(new Map()).register).toEqual(LIMITS.register.rates);
  });

  it.each([
    'searches',
    'searches.account=5',
    'searches.account=0/5',
    'searches.account=5/0',
    'searches.account=-1/5',
  ])('says what is wrong with %s', (value) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({ code: 'CQ001', message: expect.stringContaining(value) }),
    );
  });

  it.each(['serches.account=5/5', 'searches.person=5/5', 'toString.account=off'])(
    'says that there is no limit named in %s',
    (value) => {
      expect(() => changedRates(read(value))).toThrow(expect.objectContaining({ code: 'CQ001' }));
    },
  );
});
