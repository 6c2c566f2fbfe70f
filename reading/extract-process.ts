import { boundedTask } from '../lib/bounded-task.ts';
import { ColloquyError } from '../lib/errors.ts';
import type { ExtractionRequest } from './extraction.ts';
import { frame, unframe } from './frames.ts';
import { read } from './read.ts';

/** The process in which a file is read. extract.ts is the other end. */
await boundedTask(async (input) => {
  const { about, bytes } = unframe(input);
  try {
    const { text, ...rest } = await read({ ...(about as Omit<ExtractionRequest, 'bytes'>), bytes });
    return frame({ read: rest }, Buffer.from(text));
  } catch (error) {
    if (!(error instanceof ColloquyError)) throw error;
    const { code, message, hint } = error;
    return frame({ refused: { code, message, hint } }, Buffer.alloc(0));
  }
});
