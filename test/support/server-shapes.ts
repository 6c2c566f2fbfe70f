export interface FakeRequest {
  path: string;
  authorization: string | undefined;
  model: string;
  /** The texts of an embedding request, the messages of a chat. */
  texts: string[];
  body: Record<string, unknown>;
}

/** How a server that speaks OpenAI's protocol differs from others: what it refuses, in which words, and what it leaves out. */
export interface ServerShape {
  refuse(
    request: FakeRequest,
  ): { status: number; body: unknown; headers?: Record<string, string> } | undefined;
  /** What it says it has counted. */
  usage(tokens: number): object;
  /** Length of the vectors, where a request may name it. */
  dimensions?(request: FakeRequest): number | undefined;
}

const counted = (tokens: number): object => ({ usage: { prompt_tokens: tokens, total_tokens: tokens } });

export const PLAIN: ServerShape = { refuse: () => undefined, usage: counted };

/** About what these servers count: their own tokens are shorter than words. */
const tokensOf = (text: string): number => Math.ceil(text.split(/\s+/).length * 1.3);

const isAsked = ({ path }: FakeRequest): boolean => path === '/v1/embeddings';
const notFound = { status: 404, body: { error: { message: 'Not Found', type: 'not_found' } } };

/** OpenAI: wants its key, takes 2,048 texts of 8,192 tokens, and cuts vectors when asked to. */
export const openAi = (key: string): ServerShape => ({
  refuse(request) {
    if (!isAsked(request)) return notFound;
    if (request.authorization !== `Bearer ${key}`) {
      return {
        status: 401,
        body: {
          error: {
            message: `Incorrect API key provided: ${request.authorization?.slice(7)}.`,
            type: 'invalid_request_error',
            code: 'invalid_api_key',
          },
        },
      };
    }
    if (!/^text-embedding-3-(small|large)$/.test(request.model)) {
      return {
        status: 404,
        body: {
          error: {
            message: `The model \`${request.model}\` does not exist or you do not have access to it.`,
            type: 'invalid_request_error',
            code: 'model_not_found',
          },
        },
      };
    }
    const long = request.texts.some((text) => tokensOf(text) > 8192);
    if (request.texts.length > 2048 || long || request.texts.includes('')) {
      return {
        status: 400,
        body: {
          error: {
            message: long
              ? "This model's maximum context length is 8192 tokens, however you requested more."
              : "'$.input' is invalid.",
            type: 'invalid_request_error',
          },
        },
      };
    }
    return undefined;
  },
  usage: counted,
  dimensions: ({ body }) => Number(body.dimensions ?? 1536),
});

/** Ollama: models with tags, `:latest` when there is none; no usage; no key; cuts off what is too long. */
export const ollama = (...models: string[]): ServerShape => ({
  refuse(request) {
    if (!isAsked(request)) return { status: 404, body: '404 page not found' };
    if (request.body.encoding_format === 'base64')
      return {
        status: 400,
        body: { error: { message: 'invalid encoding_format', type: 'invalid_request_error' } },
      };
    const name = request.model.includes(':') ? request.model : `${request.model}:latest`;
    if (models.includes(name)) return undefined;
    return {
      status: 404,
      body: {
        error: {
          message: `model "${request.model}" not found, try pulling it first`,
          type: 'api_error',
          param: null,
          code: null,
        },
      },
    };
  },
  usage: () => ({}),
});

/** vLLM: the whole name of its one model, 400 for texts that are too long and for dimensions that it cannot cut to. */
export const vllm = (model: string, most: number, { matryoshka = false } = {}): ServerShape => ({
  refuse(request) {
    if (!isAsked(request)) return { status: 404, body: { detail: 'Not Found' } };
    const error = (code: number, type: string, message: string) => ({
      status: code,
      body: { object: 'error', message, type, param: null, code },
    });
    if (request.model !== model)
      return error(404, 'NotFoundError', `The model \`${request.model}\` does not exist.`);
    if ('dimensions' in request.body && !matryoshka) {
      return error(
        400,
        'BadRequestError',
        `Model "${model}" does not support matryoshka representation, changing output dimensions will lead to poor results.`,
      );
    }
    const long = request.texts.map(tokensOf).find((tokens) => tokens > most);
    if (long === undefined) return undefined;
    return error(
      400,
      'BadRequestError',
      `This model's maximum context length is ${most} tokens. However, you requested ${long} tokens in the input for embedding generation. Please reduce the length of the input.`,
    );
  },
  usage: counted,
});

/** LM Studio: says it has counted nothing, and loads no model whose name it does not know. */
export const lmStudio = (model: string): ServerShape => ({
  refuse(request) {
    if (!isAsked(request)) {
      return { status: 200, body: { error: `Unexpected endpoint or method. (POST ${request.path})` } };
    }
    if (request.model === model) return undefined;
    return {
      status: 404,
      body: {
        error: {
          message: `Model "${request.model}" not found. Please specify a valid model.`,
          type: 'invalid_request_error',
          code: 'model_not_found',
        },
      },
    };
  },
  usage: () => ({ usage: { prompt_tokens: 0, total_tokens: 0 } }),
});

/** llama.cpp: any name of a model, 500 for a text that is longer than its batch, 501 without --embeddings. */
export const llamaCpp = (most: number, { embeddings = true } = {}): ServerShape => ({
  refuse(request) {
    const error = (code: number, type: string, message: string) => ({
      status: code,
      body: { error: { code, message, type } },
    });
    if (!isAsked(request)) return error(404, 'not_found_error', 'File Not Found');
    if (!embeddings)
      return error(
        501,
        'not_supported_error',
        'This server does not support embeddings. Start it with `--embeddings`',
      );
    const long = request.texts.map(tokensOf).find((tokens) => tokens > most);
    if (long === undefined) return undefined;
    return error(
      500,
      'server_error',
      `input (${long} tokens) is too large to process. increase the physical batch size (current batch size: ${most})`,
    );
  },
  usage: counted,
});

/** text-embeddings-inference: 32 texts in a request, 413 for one that is too long, 429 when it is overloaded. */
export const tei = (most: number): ServerShape => ({
  refuse(request) {
    if (!isAsked(request)) return { status: 404, body: '' };
    const error = (status: number, type: string, message: string) => ({
      status,
      body: { error: { message, type, code: status }, message, type },
    });
    if (request.texts.length > 32)
      return error(422, 'validation', `batch size ${request.texts.length} > maximum allowed batch size 32`);
    const long = request.texts.map(tokensOf).find((tokens) => tokens > most);
    if (long === undefined) return undefined;
    return error(
      413,
      'validation',
      `Input validation error: \`inputs\` must have less than ${most} tokens. Given: ${long}`,
    );
  },
  usage: counted,
});
