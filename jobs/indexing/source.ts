import { z } from 'zod';

/** Longest heading that a chunk may have. */
const LONGEST_HEADING = 1000;

export const source = z.object({
  workspaceId: z.uuid(),
  sourceType: z.enum(['document', 'message', 'memory', 'event']),
  /** The document, the conversation of the messages, the memory, or the event. */
  sourceId: z.uuid(),
});
export type Source = z.infer<typeof source>;

/** The version whose passages are cut. */
export interface Version {
  id: string;
  provider: string;
  model: string;
  dimensions: number;
  chunk_size: number;
  chunk_overlap: number;
}

export function heading(...parts: (string | null | undefined)[]): string | null {
  const text = parts.filter(Boolean).join(' › ');
  return text === '' ? null : [...text].slice(0, LONGEST_HEADING).join('');
}
