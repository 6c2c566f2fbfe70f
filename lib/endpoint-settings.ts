import { z } from 'zod';

/** How to reach a service that speaks OpenAI's protocol, and how hard it may be worked. */
export const endpointFields = {
  baseUrl: z.url({ protocol: /^https?$/, error: 'must begin with http:// or https://' }),
  apiKey: z.string().default(''),
  /** Texts in one request. */
  batchSize: z.coerce.number().int().min(1).max(2048).default(64),
  /** Tokens of all texts in one request. */
  batchTokens: z.coerce.number().int().min(16).max(10_000_000).default(250_000),
  /** Tokens of one text; what is longer is shortened. */
  maxTokens: z.coerce.number().int().min(16).max(1_000_000).default(8191),
  /** US dollars per million tokens. */
  price: z.coerce.number().min(0).max(100_000).default(0),
  /** Requests at the same time. */
  concurrency: z.coerce.number().int().min(1).max(1000).default(4),
  /** Of all workers together. */
  requestsPerMinute: z.coerce.number().int().min(1).max(1_000_000).optional(),
  tokensPerMinute: z.coerce.number().int().min(1).max(1_000_000_000).optional(),
  timeoutSeconds: z.coerce.number().min(1).max(3600).default(60),
};

/** An endpoint among EMBEDDING_ENDPOINTS. */
export const endpointSettings = z.strictObject({
  ...endpointFields,
  /** Whether requests name the dimensions. Default: for models that are known to take them. */
  sendDimensions: z.boolean().optional(),
});

export type EndpointSettings = z.infer<typeof endpointSettings>;

/** The service that reranks what a search found. */
export const rerankFields = {
  /** The address that is asked, with its path. */
  url: z
    .url({ protocol: /^https?$/, error: 'must begin with http:// or https://' })
    .refine((value) => !URL.canParse(value) || new URL(value).password === '', {
      error: 'must hold no password: a key belongs into RERANK_API_KEY',
    }),
  /** Milliseconds that a search waits for it. */
  timeout: z.coerce.number().int().min(1).max(60_000).default(2000),
  /** How it is asked; auto: as Cohere when a model is named, else as TEI. */
  shape: z.enum(['auto', 'cohere', 'tei']).default('auto'),
};

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'a name is made of small letters, digits and hyphens')
  .refine((value) => !['local', 'transformers', 'openai-compatible', 'none', 'extractive'].includes(value), {
    error: 'that name is taken',
  });

/** Endpoints by name, written as JSON. */
export const endpoints = z
  .string()
  .default('')
  .transform((value, context) => {
    if (value.trim() === '') return {};
    try {
      return JSON.parse(value) as unknown;
    } catch {
      // the reason would quote what was written, and a key may stand there
      context.addIssue({ code: 'custom', message: 'must be a JSON object' });
      return z.NEVER;
    }
  })
  .pipe(z.record(name, endpointSettings));
