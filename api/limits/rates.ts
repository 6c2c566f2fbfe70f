import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isInterfaceType,
  isObjectType,
  type OperationDefinitionNode,
} from 'postgraphile/graphql';
import type { RateChange } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { selectionSummer } from './fragments.ts';

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
    fields: [
      'signIn',
      'confirmSignIn',
      'proveIdentity',
      'addSecondFactor',
      'confirmSecondFactor',
      'removeSecondFactor',
      'challengePasskey',
      'signInWithPasskey',
      'addPasskey',
      'confirmPasskey',
      'removePasskey',
      'changePassword',
      'requestEmailChange',
    ],
    rates: { address: perMinute(60), account: perMinute(20) },
  },
  register: {
    code: 'CQ431',
    what: 'registrations',
    fields: ['register', 'inviteAccount'],
    rates: { address: perHour(100) },
  },
  reset: {
    code: 'CQ432',
    what: 'requests for a reset or a verification',
    fields: [
      'requestPasswordReset',
      'resetPassword',
      'requestEmailVerification',
      'verifyEmail',
      'confirmEmailChange',
    ],
    rates: { address: perHour(100), account: perHour(30) },
  },
  mail: {
    code: 'CQ433',
    what: 'invitations',
    fields: ['inviteMember', 'resetAccountPassword'],
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
      'replayRetrieval',
      'compareEmbeddingVersions',
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
const CREDENTIALS = ['sign_in', 'register', 'reset'] as const satisfies LimitName[];

/** The points that an operation takes, by limit. */
export type Costs = ReadonlyMap<LimitName, number>;

/** How often an operation checks, makes or sends a password or a token. */
export const credentialsOf = (costs: Costs): number =>
  CREDENTIALS.reduce((sum, name) => sum + (costs.get(name) ?? 0), 0);

export const isCredential = (costs: Costs): boolean => credentialsOf(costs) > 0;

/** Fields that check, make or send a password or a token: slow by design, and what is tried in masses. */
export const CREDENTIAL_FIELDS: ReadonlySet<string> = new Set(
  CREDENTIALS.flatMap((name) => [...LIMITS[name].fields]),
);
/** Fields that compare vectors or rank words over everything that the caller may read. */
export const SEARCH_FIELDS: ReadonlySet<string> = new Set(LIMITS.searches.fields);

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

const NOTHING: Costs = new Map();

function add(costs: Costs, others: Costs): Costs {
  if (costs.size === 0 || others.size === 0) return costs.size === 0 ? others : costs;
  const sum = new Map(costs);
  for (const [name, points] of others) sum.set(name, (sum.get(name) ?? 0) + points);
  return sum;
}

const known = new WeakMap<OperationDefinitionNode, Costs>();

/**
 * The points that an operation takes of each limit: one per root field, wherever it stands. The answer of a mutation leads to
 * Query again, and a fragment counts at each place where it is used.
 */
export function operationCosts(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): Costs {
  const operation = getOperationAST(document, operationName);
  if (!operation) return NOTHING; // execution says so
  const costs = known.get(operation) ?? costsOf(schema, document, operation);
  known.set(operation, costs);
  return costs;
}

function costsOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): Costs {
  const sumOf = selectionSummer(document, NOTHING, add, (field, parent, below): Costs => {
    const type = schema.getType(parent);
    const name = field.name.value;
    const limit = parent === 'Query' || parent === 'Mutation' ? limitOf(parent, name) : undefined;
    const own: Costs = limit ? new Map([[limit, 1]]) : NOTHING;
    const definition = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (!definition || !field.selectionSet) return own;
    return add(own, below(field.selectionSet, getNamedType(definition.type).name));
  });
  return sumOf(operation.selectionSet, schema.getRootType(operation.operation)?.name ?? '');
}
