import fc from 'fast-check';
import {
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'postgraphile/graphql';

/** What an actor knows: ids of its own and of strangers, by what they are of. */
export interface Known {
  own: Record<string, string[]>;
  foreign: Record<string, string[]>;
  nodeIds: string[];
}

type Any = fc.Arbitrary<unknown>;

/** What each id argument is of, where its name says so. */
const KIND: Record<string, string> = {
  parentId: 'message',
  untilMessageId: 'message',
  messageId: 'message',
  entityId: 'document',
  sourceId: 'document',
  ids: 'memory',
};

/** Arguments without which a function says only that they are missing. */
const ESSENTIAL =
  /^(id|ids|content|name|title|template|question|answer|source|eventType|payload|documents|kind|keepDays|period|tokens|token|email|.*[pP]assword|status|feedbackType|prompt|storagePath|width|height|reason|role|entityType|filePath|(?!parent|source|untilMessage).*Id)$/;

const word = fc.constantFrom('zebra', 'A name', 'x', 'Grüße 🦓', 'en', 'a/b.txt');
const loneSurrogate = String.fromCharCode(0xd800);

/** Texts that stores and parsers have stumbled over. */
const oddText: Any = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    loneSurrogate,
    `x${loneSurrogate}y`,
    '\u202e\u200b\ufeff',
    `'; drop table users; --`,
    '%s%_\\',
    '{}',
    'null',
    'NaN',
    'Infinity',
    '-infinity',
    '../../etc/passwd',
    '-1',
    'a@b',
    '1e400',
    '[1,2]',
    '<b>&amp;',
    '\r\n\t',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.integer({ min: 200, max: 20_000 }).map((length) => 'x'.repeat(length)),
);
/** A million characters: rarely, for it takes its time. */
const hugeText = fc.constant('é'.repeat(500_000));

const oddId = fc.oneof(
  fc.uuid({ version: 4 }),
  fc.uuid({ version: 7 }),
  fc.constantFrom(
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
    '01890000-0000-7000-8000-000000000000',
    'not-a-uuid',
    '',
    '\u0000',
  ),
);
const deep = (levels: number): unknown => (levels === 0 ? 'end' : { a: [deep(levels - 1)] });
const oddJson: Any = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    null,
    [],
    {},
    'text',
    7,
    -1e308,
    true,
    [null],
    [[]],
    deep(20),
    { '\u0000': '\u0000' },
    { [loneSurrogate]: loneSurrogate },
    { a: 'x'.repeat(100_000) },
    Array.from({ length: 2000 }, (_, i) => i),
  ),
);
const oddNumber: Any = fc.oneof(
  fc.constantFrom(0, -1, 1, 0.5, 2, 100, 101, 2_147_483_647, -2_147_483_648, 2_147_483_648, 1e308, -1e308),
  fc.constantFrom('NaN', '', 'one', null, true, [1]),
);
/** Numbers that travel as texts. */
const oddBig = fc.constantFrom(
  ...[
    '0',
    '-1',
    '1.5',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e1000',
    '9223372036854775807',
    '9223372036854775808',
  ],
  ...['-9223372036854775808', '9'.repeat(200), `0.${'1'.repeat(200)}`, '', 'x', '1e-200', '0x10', '٣'],
);
const oddTime = fc.oneof(
  fc.constantFrom('infinity', '-infinity', '', 'now', 'tomorrow', '2024-02-30T00:00:00Z', '24:00', 'epoch'),
  fc.constantFrom('0001-01-01T00:00:00Z', '294276-12-31T00:00:00Z', '4714-01-01T00:00:00Z BC', '99999-01-01'),
  fc.constantFrom('9999-12-31T23:59:59.999999Z', '1969-12-31T23:59:59Z', '2024-01-01T00:00:00+99:99'),
);
const soon = fc
  .integer({ min: 1, max: 80 })
  .map((days) => new Date(Date.now() + days * 86_400_000).toISOString());

const either = (plausible: Any, odd: Any, weight = 3): Any =>
  fc.oneof({ weight, arbitrary: plausible }, { weight: 1, arbitrary: odd });

const text = either(word, oddText);
const number = either(fc.integer({ min: 0, max: 5 }), oddNumber);

/** Bodies that some functions take as JSON: of the right shape, with a wrong value here and there. */
function bodies(id: (kind: string) => Any): Record<string, Any> {
  const some = (shape: Record<string, Any>) => fc.record(shape, { requiredKeys: [] });
  const time = either(soon, oddTime);
  const message = some({
    externalId: text,
    parentExternalId: text,
    role: either(fc.constantFrom('user', 'assistant', 'system', 'tool'), oddText),
    content: text,
    createdAt: time,
    model: text,
    metadata: oddJson,
  });
  const list = (item: Any) => either(fc.array(item, { maxLength: 3 }), oddJson, 6);
  return {
    payload: either(
      some({ source: text, externalId: text, title: text, createdAt: time, messages: list(message) }),
      oddJson,
    ),
    parts: list(some({ type: text, text })),
    attachments: list(some({ fileId: id('file'), name: text })),
  };
}

/** Values for the arguments of a field, by their type and name: mostly what it asks for, sometimes anything. */
export function values(known: Known): {
  of(type: GraphQLInputType, name: string, subject: string): Any;
  filter(type: GraphQLInputType, depth?: number): Any;
} {
  const any = (ids: Record<string, string[]>): string[] => Object.values(ids).flat();
  const id = (kind: string): Any =>
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...(known.own[kind] ?? any(known.own))) },
      { weight: 2, arbitrary: fc.constantFrom(...(known.foreign[kind] ?? any(known.foreign))) },
      { weight: 1, arbitrary: fc.constantFrom(...any(known.own), ...any(known.foreign)) },
      { weight: 1, arbitrary: oddId },
    );
  const json = bodies(id);

  function scalar(type: string, name: string, subject: string): Any {
    switch (type) {
      case 'UUID':
        return id(KIND[name] ?? (/^(.+)Id$/.exec(name)?.[1] || subject));
      case 'ID':
        return either(fc.constantFrom(...known.nodeIds), oddText);
      case 'Int':
      case 'Float':
        return number;
      case 'BigInt':
        return either(fc.constantFrom('1', '10', '1000'), oddBig);
      case 'BigFloat':
        return either(fc.constantFrom('0', '0.01', '1'), oddBig);
      case 'Boolean':
        return either(fc.boolean(), oddJson, 8);
      case 'Datetime':
        return either(soon, oddTime);
      case 'JSON':
        return json[name] ?? either(fc.constant({ a: 1 }), oddJson);
      case 'Vector':
        return either(fc.constant(Array.from({ length: 512 }, () => 0.1)), oddJson);
      case 'Cursor':
        return fc.oneof(
          oddText,
          oddJson.map((value) => Buffer.from(JSON.stringify(value)).toString('base64')),
        );
    }
    if (name === 'email') return either(fc.emailAddress(), oddText);
    if (/password/i.test(name)) return either(fc.constant('correct horse battery'), oddText);
    return fc.oneof(
      { weight: 60, arbitrary: word },
      { weight: 25, arbitrary: oddText },
      { weight: 1, arbitrary: hugeText },
    );
  }

  function of(type: GraphQLInputType, name: string, subject: string): Any {
    if (isNonNullType(type)) return of(type.ofType, name, subject);
    if (isListType(type)) {
      const item = of(type.ofType, name, subject);
      return either(fc.array(item, { maxLength: 4 }), fc.oneof(item, oddJson), 6);
    }
    const named = getNamedType(type);
    if (isEnumType(named))
      return either(fc.constantFrom(...named.getValues().map((value) => value.name)), oddText, 8);
    if (isInputObjectType(named)) {
      const fields = Object.values(named.getFields()).filter((field) => field.name !== 'clientMutationId');
      const shape = Object.fromEntries(
        fields.map((field) => [field.name, of(field.type, field.name, subject)]),
      );
      const all = Object.keys(shape);
      const needed = fields.filter((field) => isNonNullType(field.type)).map((field) => field.name);
      const essential = all.filter((key) => needed.includes(key) || ESSENTIAL.test(key));
      const optional = all.filter((key) => !essential.includes(key));
      return fc.oneof(
        { weight: 2, arbitrary: fc.record(shape, { requiredKeys: needed }) },
        // a single bad value decides: the rest is left out
        {
          weight: 3,
          arbitrary: fc
            .subarray(optional, { maxLength: Math.min(2, optional.length) })
            .chain((keys) =>
              fc.record(Object.fromEntries([...essential, ...keys].map((key) => [key, shape[key]!]))),
            ),
        },
      );
    }
    return scalar(named.name, name, subject);
  }

  /** A filter with one condition: some field, some operator, some value. */
  function filter(type: GraphQLInputType, depth = 2): Any {
    const named = getNullableType(type);
    if (isListType(named)) return fc.array(filter(named.ofType, depth - 1), { maxLength: 2 });
    if (!isInputObjectType(named)) return of(named, '', '');
    const fields = Object.values(named.getFields()).filter(
      (field) => depth > 0 || !isInputObjectType(getNamedType(field.type)),
    );
    if (fields.length === 0) return fc.constant({});
    return fc
      .constantFrom(...fields)
      .chain((field) =>
        (isInputObjectType(getNamedType(field.type))
          ? filter(field.type, depth - 1)
          : of(field.type, field.name, '')
        ).chain((value) =>
          fc
            .constantFrom(value, value, value, value, value, value, null, {})
            .map((used) => ({ [field.name]: used })),
        ),
      );
  }
  return { of, filter };
}
