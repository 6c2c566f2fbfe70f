import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'postgraphile/graphql';
import type { RateChange } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';

/** So many points in a window of so many seconds, which begins with the first of them. */
export interface Rate {
  points: number;
  seconds: number;
}

/** What is counted for itself: where a request comes from, whose it is, with which token, and in which workspace. */
export const SUBJECTS = ['address', 'token', 'account', 'key', 'workspace'] as const;
export type Subject = (typeof SUBJECTS)[number];

interface Limit {
  code: string;
  /** For messages: "Too many searches". */
  what: string;
  /** Root fields that take a point each. */
  fields: readonly string[];
  rates: Partial<Record<Subject, Rate>>;
}

const perMinute = (points: number): Rate => ({ points, seconds: 60 });
const perHour = (points: number): Rate => ({ points, seconds: 3_600 });
const perDay = (points: number): Rate => ({ points, seconds: 86_400 });

/**
 * The limits. A root field takes a point of the one that lists it; a mutation that none lists, of `writes`. The figures are such
 * that an honest busy client never meets them (docs/limits.md has the reasons); RATE_LIMIT_RATES changes them.
 */
export const LIMITS = {
  requests: {
    code: 'CQ429',
    what: 'requests',
    fields: [],
    rates: { address: perMinute(12_000), token: perMinute(3_000) },
  },
  sign_in: {
    code: 'CQ430',
    what: 'attempts to sign in',
    fields: ['signIn', 'changePassword'],
    rates: { address: perMinute(60), account: perMinute(20) },
  },
  register: {
    code: 'CQ431',
    what: 'registrations',
    fields: ['register'],
    rates: { address: perHour(100) },
  },
  reset: {
    code: 'CQ432',
    what: 'requests for a reset or a verification',
    fields: ['requestPasswordReset', 'resetPassword', 'requestEmailVerification', 'verifyEmail'],
    rates: { address: perHour(100), account: perHour(30) },
  },
  mail: {
    code: 'CQ433',
    what: 'invitations',
    fields: ['inviteMember'],
    rates: { account: perHour(200), workspace: perDay(1_000) },
  },
  writes: {
    code: 'CQ434',
    what: 'changes',
    fields: [],
    rates: { account: perMinute(1_500), key: perMinute(3_000), workspace: perMinute(6_000) },
  },
  searches: {
    code: 'CQ435',
    what: 'searches',
    fields: [
      'search',
      'searchDocuments',
      'searchMemories',
      'searchSimilarChunks',
      'searchSimilarMessages',
      'searchTitles',
      'recall',
    ],
    rates: { account: perMinute(600), key: perMinute(1_200), workspace: perMinute(3_000) },
  },
  uploads: {
    code: 'CQ436',
    what: 'uploads',
    fields: [],
    rates: { account: perMinute(600), key: perMinute(600), workspace: perMinute(1_200) },
  },
  imports: {
    code: 'CQ437',
    what: 'imports',
    fields: ['importConversation', 'importDocuments', 'importEvents'],
    rates: { account: perMinute(300), key: perMinute(300), workspace: perMinute(600) },
  },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;

/** Limits of what checks or hashes passwords, or sends their tokens: such operations have connections of their own. */
const CREDENTIALS: ReadonlySet<LimitName> = new Set(['sign_in', 'register', 'reset']);

export const isCredential = (costs: ReadonlyMap<LimitName, number>): boolean =>
  [...costs.keys()].some((name) => CREDENTIALS.has(name));

const limitOfField = new Map<string, LimitName>(
  Object.entries(LIMITS).flatMap(([name, { fields }]) =>
    fields.map((field): [string, LimitName] => [field, name as LimitName]),
  ),
);

/** The limit that a root field takes a point of, if any. */
export function limitOf(parent: 'Query' | 'Mutation', field: string): LimitName | undefined {
  return limitOfField.get(field) ?? (parent === 'Mutation' ? 'writes' : undefined);
}

/**
 * The rates of all limits, with the changes of the settings.
 * @throws ColloquyError CQ001 for a change of a limit that there is not
 */
export function changedRates(
  changes: ReadonlyMap<string, RateChange>,
): Record<LimitName, Partial<Record<Subject, Rate>>> {
  const rates = Object.fromEntries(
    Object.entries(LIMITS).map(([name, limit]) => [name, { ...limit.rates }]),
  ) as Record<LimitName, Partial<Record<Subject, Rate>>>;
  for (const [name, rate] of changes) {
    const [limit, subject] = name.split('.') as [LimitName, Subject];
    if (!Object.hasOwn(LIMITS, limit) || !SUBJECTS.includes(subject)) {
      throw new ColloquyError('CQ001', `The environment is not usable: RATE_LIMIT_RATES names ${name}`, {
        hint: `It must be one of ${Object.keys(LIMITS).join(', ')}, a dot, and one of ${SUBJECTS.join(', ')}: docs/limits.md.`,
      });
    }
    if (rate) rates[limit][subject] = rate;
    else delete rates[limit][subject];
  }
  return rates;
}

type Costs = Map<LimitName, number>;

function add(costs: Costs, others: ReadonlyMap<LimitName, number>): void {
  for (const [name, points] of others) costs.set(name, (costs.get(name) ?? 0) + points);
}

/**
 * The points that an operation takes of each limit: one per root field, wherever it stands. The answer of a mutation leads to
 * Query again, and a fragment counts at each place where it is used.
 */
export function operationCosts(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): ReadonlyMap<LimitName, number> {
  const operation = getOperationAST(document, operationName);
  if (!operation) return new Map(); // execution says so
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  // each fragment is walked once, however often it is used
  const known = new Map<string, Costs>();

  function walk(set: SelectionSetNode, parent: GraphQLNamedType | undefined): Costs {
    const costs: Costs = new Map();
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        if (!fragment) continue;
        const inner =
          known.get(name) ?? walk(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
        known.set(name, inner);
        add(costs, inner);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value;
        add(costs, walk(selection.selectionSet, on === undefined ? parent : schema.getType(on)));
      } else if (isObjectType(parent) || isInterfaceType(parent)) {
        const field = parent.getFields()[selection.name.value];
        const limit =
          field &&
          (parent.name === 'Query' || parent.name === 'Mutation') &&
          limitOf(parent.name, field.name);
        if (limit) add(costs, new Map([[limit, 1]]));
        if (field && selection.selectionSet)
          add(costs, walk(selection.selectionSet, getNamedType(field.type)));
      }
    }
    return costs;
  }

  return walk(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
}
