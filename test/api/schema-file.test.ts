import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'postgraphile/graphql';
import { beforeAll, expect, it } from 'vitest';
import { serverDatabase } from '../../lib/database.ts';
import { readSchema } from '../support/schema.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

describeReal('the schema', () => {
  const schema = readSchema();
  let database: ReturnType<typeof serverDatabase>;
  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    return () => database.close();
  });

  const inputOf = (name: string) => {
    const type = schema.getType(name);
    if (!isInputObjectType(type)) throw new Error(`${name} is no input`);
    return type.getFields();
  };
  const fieldsOf = (name: string) => {
    const type = schema.getType(name);
    if (!isObjectType(type)) throw new Error(`${name} is no type`);
    return type.getFields();
  };

  it('describes every type, field, argument, input field and enum value', () => {
    const silent: string[] = [];
    const look = (name: string, { description }: { description?: string | null | undefined }) => {
      if (!description?.trim()) silent.push(name);
    };
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__')) continue;
      look(type.name, type);
      if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
      if (!isInputObjectType(type) && !isObjectType(type) && !isInterfaceType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
        for (const argument of 'args' in field ? field.args : [])
          look(`${type.name}.${field.name}(${argument.name})`, argument);
      }
    }
    // how to describe them: api/README.md
    expect(silent).toEqual([]);
  });

  it('needs every argument of a function that has no default, and no other', async () => {
    const { rows } = await database.pool('owner').query<{ name: string; needed: string[]; others: string[] }>(
      `select p.proname as name,
         array(select a.name from unnest(p.proargnames[1:p.pronargs]) with ordinality as a (name, place)
           where a.place <= p.pronargs - p.pronargdefaults) as needed,
         array(select a.name from unnest(p.proargnames[1:p.pronargs]) with ordinality as a (name, place)
           where a.place > p.pronargs - p.pronargdefaults) as others
       from pg_proc p
       where p.pronamespace = 'app_public'::regnamespace and p.provolatile = 'v' and p.prorettype <> 'trigger'::regtype`,
    );
    const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    let seen = 0;
    for (const { name, needed, others } of rows) {
      const field = schema.getMutationType()!.getFields()[camelCase(name)];
      if (!field) continue;
      const input = inputOf(`${camelCase(name).replace(/^./, (letter) => letter.toUpperCase())}Input`);
      for (const one of needed)
        expect(isNonNullType(input[camelCase(one)]!.type), `${name}.${one}`).toBe(true);
      for (const one of others)
        expect(isNonNullType(input[camelCase(one)]!.type), `${name}.${one}`).toBe(false);
      seen += 1;
    }
    expect(seen).toBeGreaterThan(80);
  });

  it('says of what functions return which of it is never null', () => {
    const types = (name: string) =>
      Object.fromEntries(Object.values(fieldsOf(name)).map((field) => [field.name, String(field.type)]));
    expect(types('SearchResponse')).toMatchObject({
      results: '[SearchResult!]!',
      legs: '[SearchLeg!]!',
      returned: 'Int!',
    });
    expect(types('SearchResult')).toMatchObject({
      chunkId: 'UUID!',
      content: 'String!',
      score: 'Float!',
      sourceType: 'SourceType!',
      vectorScore: 'Float',
    });
    expect(types('Authentication')).toMatchObject({ token: 'String!', userId: 'UUID!' });
  });

  it('has types for what is JSON in SQL and has a form of ours', () => {
    const { chunks, toolCalls, metadata } = inputOf('RecordTurnInput');
    expect([chunks, toolCalls, metadata].map((field) => String(field!.type))).toEqual([
      '[CitationInput!]',
      '[CalledToolInput!]',
      'JSON',
    ]);
    expect(String(inputOf('CalledToolInput').status!.type)).toBe('ToolCallStatus');
  });
});
