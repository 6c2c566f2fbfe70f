import { errorOf, unreachable } from './errors.ts';
import { patiently } from './patience.ts';

/** The text of an operation with the types of what it takes and gives, as generated.ts has them. */
export type Document<Result, Variables> = string & {
  /** Never there: it carries the types. */
  readonly __apiType: (variables: Variables) => Result;
};

/** A text as a document of these types. */
export const documentOf = <Result, Variables = Record<string, unknown>>(
  text: string,
): Document<Result, Variables> => text as Document<Result, Variables>;

export interface ClientOptions {
  /** Where the API is, as `https://chat.example.org`: without `/graphql`. */
  url: string;
  /** A session's token or an API key. Who signs in keeps it: a function is asked for every request. */
  token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** The workspace to work in, where it is not the personal one. */
  workspaceId?: string | undefined;
  /** How often what may be sent again is, when the server is busy or away. */
  retries?: number | undefined;
  /** Seconds that a retry waits at most; an answer that says to wait longer is an error at once. */
  longestWait?: number | undefined;
  fetch?: typeof fetch | undefined;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /**
   * Whether it may be sent again when it is not known what became of it. Queries may, and mutations with an idempotencyKey; say so for
   * others that change nothing the second time.
   */
  isRepeatable?: boolean | undefined;
}

export interface Client {
  readonly url: string;
  request<Result, Variables>(
    document: Document<Result, Variables>,
    variables?: NoInfer<Variables>,
    options?: RequestOptions,
  ): Promise<Result>;
  /** A request to another path of the API with the same token and workspace. Errors are thrown; it is sent again only if that is said. */
  fetch(path: string, init?: RequestInit, options?: Pick<RequestOptions, 'isRepeatable'>): Promise<Response>;
}

const hasKey = (variables: unknown): boolean => {
  if (typeof variables !== 'object' || variables === null) return false;
  const { idempotencyKey, input } = variables as { idempotencyKey?: unknown; input?: unknown };
  return typeof idempotencyKey === 'string' || (input !== undefined && hasKey(input));
};

/** Whether a document only reads. Fragments may stand before its operation. */
const isQuery = (text: string): boolean => !/(?:^|[\s}])(?:mutation|subscription)\b[^{]*\{/.test(text);

/** What an answer says, or the error that it stands for. */
async function resultOf<Result>(response: Response): Promise<Result> {
  const text = await response.text();
  let body: { data?: Result; errors?: { message: string; extensions?: Record<string, string> }[] } = {};
  try {
    body = JSON.parse(text);
  } catch {
    // a proxy's page: the status says what it is
  }
  if (body.errors?.length || body.data === undefined) throw errorOf(response, body.errors?.[0]);
  return body.data;
}

/** A client of one Colloquy. It keeps no token and no cache, and has no connection to close. */
export function createClient(options: ClientOptions): Client {
  const url = options.url.replace(/\/+$/, '');
  const { retries = 3, longestWait = 20 } = options;
  const send = options.fetch ?? globalThis.fetch;

  async function ask(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const token = typeof options.token === 'function' ? await options.token() : options.token;
    if (token) headers.set('authorization', `Bearer ${token}`);
    if (options.workspaceId) headers.set('x-workspace-id', options.workspaceId);
    try {
      return await send(`${url}${path}`, { ...init, headers });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw unreachable(error);
    }
  }

  return {
    url,
    fetch(path, init = {}, { isRepeatable: mayRepeat = false } = {}) {
      return patiently({ retries, longestWait, mayRepeat, signal: init.signal }, async () => {
        const response = await ask(path, init);
        if (response.ok) return response;
        await resultOf(response);
        throw errorOf(response, undefined);
      });
    },
    request<Result>(
      query: string,
      variables?: unknown,
      { signal, isRepeatable }: RequestOptions = {},
    ): Promise<Result> {
      const mayRepeat = isRepeatable ?? (isQuery(query) || hasKey(variables));
      return patiently({ retries, longestWait, mayRepeat, signal }, async () => {
        const response = await ask('/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ query, variables }),
          ...(signal ? { signal } : {}),
        });
        return await resultOf(response);
      });
    },
  };
}
