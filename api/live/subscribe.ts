import { randomUUID } from 'node:crypto';
import { hookArgs } from 'postgraphile/grafast';
import type { GrafservBase } from 'postgraphile/grafserv';
import { type ExecutionResult, type GraphQLError, getOperationAST } from 'postgraphile/graphql';
import { asParty } from '../../lib/party.ts';
import type { Settings } from '../authentication.ts';
import { ApiError, maskError } from '../errors.ts';
import type { Limiter } from '../limits/limiter.ts';
import { REQUEST_TIMEOUT } from '../limits/values.ts';
import { asRequest, type CurrentRequest, prepareBody } from '../plugins/requests.ts';
import { type Deadline, openDeadline } from '../request-work.ts';
import type { TrustedDocuments } from '../trusted-documents.ts';
import { conversationsFeed } from './feeds/conversations.ts';
import { messagesFeed } from './feeds/messages.ts';
import { fileFeed, indexingFeed, jobsFeed } from './feeds/progress.ts';
import type { Feed, Follower } from './follower.ts';
import type { Connection, Hub } from './hub.ts';
import type { Topic } from './plugin.ts';

export interface Subscribing {
  serv: GrafservBase;
  hub: Hub;
  limiter: Limiter;
  trustedDocuments?: TrustedDocuments | undefined;
  /** Milliseconds that the work for an event may take. */
  timeout?: number | undefined;
}

/** What a client sends. */
export interface Body {
  query?: unknown;
  operationName?: unknown;
  variables?: unknown;
  extensions?: unknown;
  id?: unknown;
  documentId?: unknown;
}

function feedOf(topic: Topic, settings: Settings): Feed {
  switch (topic.field) {
    case 'messageChanged':
      return messagesFeed(topic.conversationId!.toLowerCase(), topic);
    case 'conversationsChanged':
      return conversationsFeed(settings);
    case 'fileProgress':
      return fileFeed(topic.fileId!.toLowerCase());
    case 'indexingProgressChanged':
      return indexingFeed(settings);
    default:
      return jobsFeed();
  }
}

const refusal = (message: string, hint?: string) => new ApiError('CQ400', message, hint);

/** One operation of a client, from its words to what is told. */
class Operation {
  readonly #with: Subscribing;
  readonly #connection: Connection;
  readonly #info: CurrentRequest;
  #deadline: Deadline;
  #follower: Follower | undefined;

  constructor(subscribing: Subscribing, connection: Connection) {
    this.#with = subscribing;
    this.#connection = connection;
    this.#deadline = this.#newDeadline();
    this.#info = {
      id: randomUUID(),
      isVisitor: false,
      isQuery: true,
      isSubscription: true,
      workspaceId: connection.caller.subjects.workspace,
      work: this.#deadline.work,
    };
  }

  #newDeadline(): Deadline {
    return openDeadline(undefined, this.#with.timeout ?? REQUEST_TIMEOUT);
  }

  /** Everything that is worked on from now on has so long. */
  #begin(): void {
    this.#deadline.close();
    this.#deadline = this.#newDeadline();
    this.#info.work = this.#deadline.work;
  }

  mask(error: unknown): GraphQLError {
    return maskError(error as GraphQLError, this.#info);
  }

  async #results(given: Body): Promise<AsyncIterableIterator<ExecutionResult>> {
    const { serv, hub, limiter, trustedDocuments } = this.#with;
    const { caller } = this.#connection;
    await limiter.take('requests', caller.subjects, undefined);
    this.#info.take = async (costs) => {
      for (const [limit, points] of costs) await limiter.take(limit, caller.subjects, undefined, points);
    };
    const body = { ...given, variableValues: given.variables };
    prepareBody(body, trustedDocuments);
    const { query, operationName, variableValues = {} } = body;
    if (typeof query !== 'string') throw refusal('query must be a string');
    if (operationName != null && typeof operationName !== 'string')
      throw refusal('operationName, if given, must be a string');
    if (variableValues !== null && (typeof variableValues !== 'object' || Array.isArray(variableValues)))
      throw refusal('Invalid variables; expected an object');
    // its own copy: what is read at the same time is read in the transaction of its settings
    const settings = { ...caller.settings, 'colloquy.request_id': this.#info.id };
    const live = {
      subscribe: async (topic: Topic) => {
        this.#follower = await hub.open(this.#connection, feedOf(topic, settings), () => this.#begin());
        return this.#follower;
      },
    };
    const requestContext = { settings, live } as unknown as Grafast.RequestContext;
    const config = await serv.getExecutionConfig(requestContext);
    const { document, errors } = config.parseAndValidate(query);
    if (errors) throw errors[0];
    if (getOperationAST(document, operationName)?.operation !== 'subscription') {
      throw refusal('Only subscriptions come this way.', 'Send queries and mutations by POST to /graphql.');
    }
    const args = {
      schema: config.schema,
      document,
      rootValue: null,
      contextValue: config.contextValue,
      variableValues: variableValues as Record<string, unknown> | null,
      operationName,
      resolvedPreset: config.resolvedPreset,
      requestContext,
      middleware: serv.grafastMiddleware,
    } as Grafast.ExecutionArgs;
    await hookArgs(args);
    const result = await config.subscribe(args);
    if (Symbol.asyncIterator in (result as object)) return result as AsyncIterableIterator<ExecutionResult>;
    throw (result as ExecutionResult).errors?.[0] ?? new Error('A subscription told nothing.');
  }

  async *tell(body: Body): AsyncGenerator<ExecutionResult, void, void> {
    const within = <T>(work: () => T): T =>
      asParty({ name: this.#connection.caller.party }, () => asRequest(this.#info, work));
    let results: AsyncIterableIterator<ExecutionResult> | undefined;
    try {
      results = await within(() => this.#results(body));
      for await (const result of results) {
        this.#follower?.worked();
        this.#deadline.close();
        // an event that is nothing but an error was not told: its cursor is not there
        if (result.errors && !result.data) throw result.errors[0];
        yield result.errors ? { ...result, errors: result.errors.map((error) => this.mask(error)) } : result;
        this.#follower?.taken();
      }
      if (this.#follower?.error) throw this.#follower.error;
    } catch (error) {
      throw this.mask(error);
    } finally {
      this.#deadline.close();
      this.#follower?.end();
      void results?.return?.();
    }
  }
}

/**
 * Subscribes.
 * @returns what is told, one after the other: the next thing is read when the one before was taken
 * @throws GraphQLError as it is shown to the client
 */
export function subscribe(
  subscribing: Subscribing,
  connection: Connection,
  body: Body,
): AsyncGenerator<ExecutionResult, void, void> {
  return new Operation(subscribing, connection).tell(body);
}
