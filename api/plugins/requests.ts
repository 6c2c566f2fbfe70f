import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import { type JSONValue, type PromiseOrDirect, SafeError } from 'postgraphile/grafast';
import type { GrafservBody } from 'postgraphile/grafserv';
import type {} from 'postgraphile/grafserv/node';
import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
} from 'postgraphile/graphql';
import { mayBeHeld } from '../../lib/connections/pool.ts';
import { countErrors } from '../../lib/metrics.ts';
import { asParty, type Party } from '../../lib/party.ts';
import { cleanJson, cleanText } from '../../lib/storable.ts';
import { isTracing, traced, traceSettings } from '../../lib/tracing.ts';
import { AuthenticationError, authenticate, type Settings, VISITOR } from '../authentication.ts';
import { holdConnection, knownParty, outside, rememberParty, throughDoor } from '../door-turns.ts';
import {
  ApiError,
  BUSY_CODES,
  isUnavailable,
  maskError,
  publicError,
  RETRY_AFTER,
  type RequestInfo,
} from '../errors.ts';
import { type Checked, documentChecker } from '../graphql-documents.ts';
import { requestIds } from '../http/request-ids.ts';
import type { VerifyIdentity } from '../identity-provider.ts';
import { hasMoreValues } from '../limits/body.ts';
import { addressOf, callerOf, type Limiter, partyOf, RateLimited, type Subjects } from '../limits/limiter.ts';
import { checkCost } from '../limits/operations.ts';
import { type Costs, isCredential, operationCosts } from '../limits/rates.ts';
import { MAX_BODY_VALUES, MAX_EVENT_COST, MAX_VARIABLE_DEPTH, REQUEST_TIMEOUT } from '../limits/values.ts';
import { loopTurn } from '../loop-turns.ts';
import { type Asked, askedFor } from '../metrics.ts';
import { openDeadline, type RequestWork } from '../request-work.ts';
import type { Position } from '../standby-reads.ts';
import { type DocumentBody, type TrustedDocuments, trustedDocument } from '../trusted-documents.ts';

declare global {
  namespace Grafast {
    interface RequestContext {
      /** Settings of the request's transactions, from its token. */
      settings?: Settings;
      /** Of an operation that this server asks itself, in answer to a request of another kind. */
      own?: OwnOperation;
      /** Opens subscriptions, of a request that may. */
      live?: object;
    }
  }
}

/** An operation of the server's own, for a caller that it has authenticated and whose request it has counted. */
export interface OwnOperation {
  settings: Settings;
  /** How far the primary was when the caller was authenticated. */
  position?: Position | undefined;
  /** Ends it, beside its deadline and the going of its client. */
  signal: AbortSignal;
}

export interface CurrentRequest extends RequestInfo {
  work: RequestWork;
  /** Whether it is a subscription: what it reads has connections of its own. */
  isSubscription?: boolean;
  /** How far the primary was when the request came, as long as a standby may read for it. */
  position?: Position;
  /** Whether the data of its answer are only sent, so that they may be made as text. */
  isSentOnly?: boolean;
  /** Takes the points of an operation. */
  take?(costs: Costs): Promise<void>;
  /** Says for the metrics what is asked. */
  asked?(what: Asked): void;
  /** The limit that was used up. */
  refusal?: RateLimited;
}

const requests = new AsyncLocalStorage<CurrentRequest>();

/** The request that is being answered. */
export function currentRequest(): CurrentRequest | undefined {
  return requests.getStore();
}

/** Does what a request asks for, as that request. */
export function asRequest<T>(request: CurrentRequest, work: () => T): T {
  return requests.run(request, work);
}

type Answer = { status: number; headers: Record<string, string>; json: Record<string, unknown> };
type JsonError = { message: string; extensions?: Record<string, unknown> };

function refusal(error: unknown, request: RequestInfo): Answer {
  const status =
    error instanceof AuthenticationError || error instanceof RateLimited ? error.status : undefined;
  const { message, ...extensions } = publicError(error, request);
  const answered = status ?? (extensions.code === 'CQ408' || isUnavailable(extensions.code) ? 503 : 500);
  return {
    status: answered,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(answered === 503 ? { 'retry-after': String(RETRY_AFTER) } : {}),
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="colloquy", error="invalid_token"' } : {}),
    },
    json: { errors: [{ message, extensions }] },
  };
}

/** An error about the body of a request. What grafserv does not know as safe, it replaces by words of its own. */
function unusableBody(code: string, message: string, hint: string): SafeError {
  return new SafeError(message, { statusCode: 400, code, hint });
}

/** Whether an answer has nothing but that the server is busy. */
function isBusy(json: unknown): boolean {
  const { data, errors } = (json ?? {}) as { data?: object | null; errors?: JsonError[] };
  const isEmpty = Object.values(data ?? {}).every((value) => value === null);
  return isEmpty && (errors ?? []).some((error) => BUSY_CODES.has(error.extensions?.code));
}

/** The kind of an operation, and its root field where it has one only: of a document that is valid, so a field of the schema. */
function rootField(document: DocumentNode, operationName: string | null | undefined): Asked {
  const operation = getOperationAST(document, operationName);
  if (!operation) return { kind: 'other', operation: 'other' };
  const [field, ...more] = operation.selectionSet.selections;
  const isOne = field?.kind === Kind.FIELD && more.length === 0;
  return {
    kind: operation.operation,
    operation: isOne ? field.name.value : 'several',
  };
}

const answer = ({ status, headers, json }: Answer) => ({
  type: 'json' as const,
  statusCode: status,
  headers,
  json: json as JSONValue,
});

/** Executes an operation so that its data are made as the text that is sent. What goes with errors, somebody looks at. */
async function executeAsText(
  execute: (args: ExecutionArgs) => PromiseOrDirect<object>,
  args: ExecutionArgs,
): Promise<object> {
  const result: { data?: unknown; errors?: unknown } = await execute(
    Object.assign(args, { outputDataAsString: true }),
  );
  return result.errors !== undefined && typeof result.data === 'string'
    ? { ...result, data: JSON.parse(result.data) }
    : result;
}

/** An answer whose data are text already. */
function asText(json: unknown): Buffer | undefined {
  const { data } = (json ?? {}) as { data?: unknown };
  return typeof data === 'string' ? Buffer.from(`{"data":${data}}`) : undefined;
}

/** Counts the errors of an answer, and hands it on. */
function counted<T>(result: T): T {
  const { json } = (result ?? {}) as { json?: { errors?: unknown } };
  if (Array.isArray(json?.errors)) countErrors(json.errors as JsonError[]);
  return result;
}

function cleanVariables(variables: unknown): unknown {
  try {
    return cleanJson(variables, { maxDepth: MAX_VARIABLE_DEPTH });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `Variables are nested deeper than ${MAX_VARIABLE_DEPTH} levels.`;
    throw unusableBody('CQ400', message, 'Send less in each request.');
  }
}

/**
 * Makes the body of a request what may be executed: a trusted document, where there are such, and texts that can be stored.
 * @throws SafeError CQ400, CQ422
 */
export function prepareBody(
  body: DocumentBody & { query?: unknown; variableValues?: unknown },
  trusted: TrustedDocuments | undefined,
): void {
  if (trusted) {
    const document = trustedDocument(trusted, body);
    if (document === undefined) {
      const hint = 'Send the id of a document that was built into the client, or its exact text.';
      throw unusableBody('CQ422', 'This document is not one of the trusted documents.', hint);
    }
    body.query = document;
  }
  if (typeof body.query === 'string') body.query = cleanText(body.query);
  if (body.variableValues) body.variableValues = cleanVariables(body.variableValues);
}

type Operation = Pick<ExecutionArgs, 'schema' | 'document' | 'operationName' | 'variableValues'>;

/**
 * Counts what an operation asks for, before anything of it is done.
 * @throws ApiError for an operation that asks for too much, or is of a kind that does not come this way
 */
async function admit(operation: Operation, kind: 'execute' | 'subscribe'): Promise<void> {
  const request = currentRequest();
  const { schema, document, operationName, variableValues } = operation;
  const asked = getOperationAST(document, operationName)?.operation;
  if (kind === 'execute' && asked === 'subscription') {
    const hint =
      'Open a websocket (graphql-ws), or send Accept: text/event-stream. docs/live.md has examples.';
    throw new ApiError('CQ400', 'A subscription has no single answer.', hint);
  }
  const costs = operationCosts(schema, document, operationName);
  const cost = checkCost(schema, document, operationName, variableValues, costs);
  if (kind === 'subscribe' && cost > MAX_EVENT_COST) {
    const hint = 'Ask for less within each event, and for the rest by a query.';
    throw new ApiError(
      'CQ400',
      `An event of a subscription may have at most ${MAX_EVENT_COST} objects.`,
      hint,
    );
  }
  if (request) {
    request.isQuery = asked === 'query' || asked === 'subscription';
    request.isCredential = isCredential(costs);
    request.asked?.(rootField(document, operationName));
  }
  await request?.take?.(costs);
}

/** Bounds what parsing a body and cleaning its variables costs everybody else, before either begins, and lets parties take turns. */
function bounded(getBody: () => PromiseOrDirect<GrafservBody>, party: Party): () => Promise<GrafservBody> {
  return async () => {
    const body = await getBody();
    await loopTurn(party.name, currentRequest()?.isVisitor ?? true);
    if (body.type === 'buffer' && hasMoreValues(body.buffer, MAX_BODY_VALUES)) {
      const message = `Variables have at most ${MAX_BODY_VALUES} values, those within lists and objects counted.`;
      throw unusableBody('CQ425', message, 'Send them in several requests.');
    }
    return body;
  };
}

/** Reads a body to its end. What is wrong with it is told when it is asked for. */
async function received(
  getBody: () => PromiseOrDirect<GrafservBody>,
  { method }: IncomingMessage,
): Promise<() => Promise<GrafservBody>> {
  if (method !== 'POST') return async () => getBody();
  const [read] = await Promise.allSettled([getBody()]);
  return async () => {
    if (read.status === 'rejected') throw read.reason;
    return read.value;
  };
}

/** Errors of the HTTP layer itself (no JSON, no such method, too large) get their code here: CQ and the status. */
function completeErrors(json: unknown, status: number): void {
  if (typeof json !== 'object' || json === null || !('errors' in json) || !Array.isArray(json.errors)) return;
  for (const error of json.errors as JsonError[]) {
    const { statusCode: _, ...extensions } = error.extensions ?? {};
    error.extensions =
      typeof extensions.code === 'string'
        ? extensions
        : { ...extensions, code: `CQ${Math.max(status, 400)}` };
  }
}

/** The newer name of the same JSON is for those who ask for it: not all libraries know it. */
function namedType({ headers }: IncomingMessage): Record<string, string> {
  return headers.accept?.includes('graphql-response+json')
    ? {}
    : { 'content-type': 'application/json; charset=utf-8' };
}

/**
 * What happens to a request before and after GraphQL, under any server that runs this preset: authentication, cleaning
 * of texts, limits, and a code on every error.
 */
export function requestsPlugin(options: {
  pool: Pool;
  limiter: Limiter;
  introspection: boolean;
  /** Milliseconds that a request may take. */
  timeout?: number | undefined;
  /** The only documents that are executed. Absent: all that are valid. */
  trustedDocuments?: TrustedDocuments | undefined;
  verifyIdentity?: VerifyIdentity | undefined;
  /** Whether authentication is to say how far the primary is. */
  wantsPosition?: boolean | undefined;
}): GraphileConfig.Plugin {
  const checkers = new WeakMap<GraphQLSchema, ReturnType<typeof documentChecker>>();

  /** Counts a request for who sent it, and has its operation counted when that is known. */
  async function count(
    info: CurrentRequest,
    request: IncomingMessage,
    response: ServerResponse | undefined,
    caller: Subjects,
    own: OwnOperation | undefined,
  ): Promise<void> {
    const { limiter } = options;
    const subjects = { ...addressOf(request), ...caller };
    info.workspaceId = caller.workspace;
    info.take = async (costs) => {
      for (const [limit, points] of costs) await limiter.take(limit, subjects, response, points);
    };
    if (own) return;
    info.asked = (what) => askedFor(request, what);
    await limiter.take('requests', caller, response);
  }

  function checkerOf(schema: GraphQLSchema): (query: string) => Checked {
    let checker = checkers.get(schema);
    if (!checker) {
      checker = documentChecker(schema, options);
      checkers.set(schema, checker);
    }
    return (query) => checker(query, currentRequest()?.workspaceId);
  }

  return {
    name: 'RequestsPlugin',
    version: '1.0.0',
    grafserv: {
      middleware: {
        setPreset(next, event) {
          const original = event.getExecutionConfig;
          event.getExecutionConfig = async function (context) {
            const config = await original.call(this, context);
            return {
              ...config,
              parseAndValidate: checkerOf(config.schema) as typeof config.parseAndValidate,
              async execute(args) {
                const request = currentRequest();
                try {
                  await admit(args, 'execute');
                } catch (error) {
                  if (request && error instanceof RateLimited) request.refusal = error;
                  return { errors: [maskError(error as GraphQLError, request)] };
                }
                const work = (): PromiseOrDirect<object> =>
                  request?.isSentOnly ? executeAsText(config.execute, args) : config.execute(args);
                // hashing has connections and a queue of its own, and nobody waits for it at the door
                const execute = () => (request?.isCredential ? outside(async () => work()) : work());
                if (!isTracing()) return execute();
                const { kind, operation } = rootField(args.document, args.operationName);
                const attributes = { 'graphql.operation.type': kind, 'graphql.operation.field': operation };
                return traced({ name: `${kind} ${operation}`, attributes }, execute);
              },
              async subscribe(args) {
                await admit(args, 'subscribe');
                return config.subscribe(args);
              },
            };
          };
          return next();
        },
        async processRequest(next, event) {
          const digest = event.requestDigest;
          const request = digest.requestContext.node?.req as IncomingMessage | undefined;
          if (!request || digest.path !== '/graphql') return next();
          const response = digest.requestContext.node?.res as ServerResponse | undefined;
          const { own } = digest.requestContext;
          const deadline = openDeadline(response, options.timeout ?? REQUEST_TIMEOUT, own?.signal);
          const info: CurrentRequest = { id: requestIds(request).id, isVisitor: true, work: deadline.work };
          const party: Party = { name: knownParty(request) ?? partyOf(request) };
          const respond = async (getBody: () => Promise<GrafservBody>) => {
            if (own?.position) info.position = own.position;
            const settings =
              own?.settings ??
              (await authenticate(options.pool, request, {
                verifyIdentity: options.verifyIdentity,
                hold: mayBeHeld(options.pool) ? holdConnection : undefined,
                ...(options.wantsPosition ? { onPosition: (position) => (info.position = position) } : {}),
              }));
            digest.requestContext.settings = isTracing() ? { ...settings, ...traceSettings() } : settings;
            info.isVisitor = settings.role === VISITOR;
            party.name = partyOf(request, settings);
            if (!info.isVisitor) rememberParty(request, party.name);
            await count(info, request, response, callerOf(settings), own);
            digest.preferJSON = true;
            digest.getBody = bounded(getBody, party);
            info.isSentOnly = own === undefined;
            const result = await next();
            if (info.refusal) throw info.refusal;
            if (result?.type !== 'json') return result;
            const buffer = asText(result.json);
            if (buffer) {
              const headers = {
                ...result.headers,
                ...namedType(request),
                'content-length': String(buffer.length),
              };
              return { type: 'buffer' as const, statusCode: result.statusCode, headers, buffer };
            }
            completeErrors(result.json, result.statusCode);
            const headers = { ...result.headers, ...namedType(request) };
            if (!isBusy(result.json)) return { ...result, headers };
            return {
              ...result,
              statusCode: 503,
              headers: { ...headers, 'retry-after': String(RETRY_AFTER) },
            };
          };
          // who sends slowly has no place meanwhile
          const admitted = async () => {
            const getBody = await received(digest.getBody.bind(digest), request);
            return throughDoor(request, () => respond(getBody));
          };
          const run = async () => {
            try {
              return counted(await deadline.orEnd(admitted()));
            } catch (error) {
              return counted(answer(refusal(error, info)));
            } finally {
              deadline.close();
              // the rest of a body that nobody reads must not be taken for the next request
              if (!request.complete && response && !response.headersSent)
                response.setHeader('connection', 'close');
            }
          };
          return asParty(party, () => requests.run(info, run));
        },
        processGraphQLRequestBody(next, { body, request }) {
          prepareBody(body, request?.requestContext.own ? undefined : options.trustedDocuments);
          return next();
        },
      },
    },
  };
}
