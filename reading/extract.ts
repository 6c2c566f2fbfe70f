import PQueue from 'p-queue';
import { z } from 'zod';
import { type Bounds, ProcessEnded, runBounded } from '../lib/bounded-process.ts';
import { ColloquyError } from '../lib/errors.ts';
import { cleanText } from '../lib/storable.ts';
import { type Extraction, type ExtractionRequest, limits, requireText, unreadable } from './extraction.ts';
import { frame, unframe } from './frames.ts';

export interface FileExtractor {
  /**
   * Reads text from a file, in a process of its own that ends with it: whatever is in the file, it takes no more memory, time and
   * output than is allowed, and this process goes on.
   * @throws ColloquyError CQ320 to CQ327 with a reason that its owner understands, or the signal's reason
   */
  extract(request: ExtractionRequest, signal?: AbortSignal): Promise<Extraction>;
  close(): Promise<void>;
}

export interface ExtractOptions {
  /** Milliseconds that one file may take. Default: two minutes. */
  timeout?: number;
  /** Mebibytes that reading one file may take, Node's own included. Default: 512. */
  memory?: number;
  /** Files at the same time; others wait. Default: READERS. */
  processes?: number;
  /** The program that reads. Default: ./extract-process.ts. */
  program?: URL;
}

/** Files that one process reads at the same time. */
export const READERS = 2;

/** Bytes of an answer: the longest text in UTF-8, and what is said about it. */
const LONGEST_ANSWER = limits.text * 3 + 4 * 1024 * 1024;

const said = z.string().max(1000).nullable();
/** What comes from the process is no more to be trusted than the file. */
const reply = z.union([
  z.object({
    refused: z.object({
      code: z.string().regex(/^CQ32[0-7]$/),
      message: z.string().max(1000),
      hint: z.string().max(1000),
    }),
  }),
  z.object({
    read: z.object({
      contentType: z.enum(['text', 'markdown', 'code']),
      codeLanguage: said,
      title: said,
      language: said,
      encoding: said,
      pages: z.array(z.object({ number: z.int(), start: z.int(), end: z.int() })).max(limits.pages),
      warnings: z
        .array(
          z.object({
            kind: z.enum([
              'other_encoding',
              'invalid_utf8',
              'nul_removed',
              'surrogates_replaced',
              'pages_without_text',
              'left_out',
            ]),
            message: z.string().max(1000),
          }),
        )
        .max(100),
    }),
  }),
]);

function translate(error: unknown, { timeout, memory }: Bounds): unknown {
  if (!(error instanceof ProcessEnded)) return error;
  if (error.by === 'time')
    return unreadable('CQ325', `The file could not be read within ${timeout / 1000} seconds`, error);
  if (error.by === 'output') return unreadable('CQ323', 'What was read from the file is too long', error);
  if (error.by === 'memory')
    return unreadable('CQ327', `Reading the file failed: it takes more than ${memory} MiB of memory`, error);
  return unreadable('CQ327', 'Reading the file failed: what reads it was ended', error);
}

export function openExtractor({
  timeout = 120_000,
  memory = 512,
  processes = READERS,
  program = new URL('./extract-process.ts', import.meta.url),
}: ExtractOptions = {}): FileExtractor {
  const bounds = { timeout, memory, output: LONGEST_ANSWER };
  const queue = new PQueue({ concurrency: processes });
  let closing = new AbortController();

  async function extract({ bytes, ...about }: ExtractionRequest, signal: AbortSignal): Promise<Extraction> {
    let answer: ReturnType<typeof unframe>;
    let parsed: z.infer<typeof reply>;
    try {
      answer = unframe(await runBounded(program, frame(about, bytes), bounds, signal));
      parsed = reply.parse(answer.about);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof z.ZodError || error instanceof SyntaxError || error instanceof RangeError)
        throw unreadable(
          'CQ327',
          'Reading the file failed: its reader gave no answer that can be used',
          error,
        );
      throw translate(error, bounds);
    }
    if ('refused' in parsed) {
      const { code, message, hint } = parsed.refused;
      throw new ColloquyError(code, message, { hint });
    }
    const text = cleanText(answer.bytes.toString('utf8'));
    requireText(text);
    return { ...parsed.read, text };
  }

  return {
    async extract(request, signal) {
      const both = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      both.throwIfAborted();
      return await queue.add(() => extract(request, both), { signal: both });
    },
    async close() {
      closing.abort(unreadable('CQ327', 'Reading the file failed: it was ended'));
      closing = new AbortController();
      await queue.onIdle();
    },
  };
}
