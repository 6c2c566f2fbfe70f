import { z } from 'zod';
import { linkTo } from '../links.ts';
import { tool } from '../tool.ts';
import { id, link, time, upper, visibility } from './fields.ts';

const REMEMBER = `mutation McpRemember($input: RememberInput!) {
  remember(input: $input) { memoryItem { id subject importance expiresAt } }
}`;

export const remember = tool({
  name: 'remember',
  title: 'Remember a fact',
  description:
    'Stores a fact for later sessions, where recall and search find it once it is indexed, a moment later. One short, self-contained sentence each; long texts are documents. The same text again raises its importance; a new fact about the same subject takes the place of the one before. Example: {"subject": "preferred language", "content": "Ada prefers answers in German."}',
  need: 'write',
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  quotes: false,
  input: z.strictObject({
    content: z.string().min(1).max(10_000).describe('The fact, such as "Ada prefers answers in German.".'),
    subject: z
      .string()
      .max(200)
      .optional()
      .describe('What it is about, such as "preferred language": a subject has one current fact.'),
    importance: z.number().min(0).max(1).optional().describe('0 to 1; weighs in recall. Default: 0.5.'),
    visibility: visibility.optional(),
    expiresAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Until when it holds, such as "2030-01-31T00:00:00Z". Default: it stays.'),
  }),
  output: z.object({
    memoryId: id('the memory, for forget'),
    citation: link,
    subject: z.string().nullable(),
    importance: z.number(),
    expiresAt: time,
  }),
  async run(given, { ask }) {
    const input = { ...given, visibility: upper(given.visibility) };
    const { id: memoryId, ...item } = (await ask(REMEMBER, { input })).remember.memoryItem;
    return { answer: { memoryId, citation: linkTo('memories', memoryId), ...item } };
  },
});

const FORGET = `mutation McpForget($id: UUID!) { forget(input: { id: $id }) { memoryItem { id forgottenAt } } }`;

export const forget = tool({
  name: 'forget',
  title: 'Forget a memory',
  description:
    'Forgets a memory of yours: it is found no more. Its id comes from recall, search or remember. Example: {"memoryId": "01890000-0000-7000-8000-000000000000"}',
  need: 'write',
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
  quotes: false,
  input: z.strictObject({ memoryId: id('the memory') }),
  output: z.object({ memoryId: id('the memory'), forgottenAt: time }),
  async run({ memoryId }, { ask }) {
    const { memoryItem } = (await ask(FORGET, { id: memoryId })).forget;
    return { answer: { memoryId: memoryItem.id, forgottenAt: memoryItem.forgottenAt } };
  },
});
