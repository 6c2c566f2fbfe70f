import { z } from 'zod';

/** What several tools take and give, with the words that describe it. */
export const id = (of: string) => z.guid().describe(`The id of ${of}, a UUID.`);
export const link = z
  .string()
  .describe('Its address, which resources/read opens: cite it when you use what it holds.');
export const time = z.string().nullable();
export const visibility = z
  .enum(['private', 'workspace'])
  .describe('private: only you. workspace: every member of the workspace.');
export const offset = z
  .int()
  .min(0)
  .default(0)
  .describe('The character to begin at, from 0: the nextOffset of the answer before.');
export const length = z.int().min(1).max(50_000).default(20_000).describe('Characters at most.');

/** A piece of a text. */
export const piece = {
  content: z.string(),
  offset: z.int().min(0),
  length: z.int().min(0),
  totalLength: z.int().min(0),
  nextOffset: z.int().min(0).nullable().describe('Where the next piece begins; null at the end.'),
};

/** A value of an enum of the API, as tools spell it, and back. */
export const lower = <Word extends string>(word: string): Word => word.toLowerCase() as Word;
export const upper = (word: string | undefined): string | undefined => word?.toUpperCase();
