/**
 * What an item loses on its way in, or what of an export becomes no item at all although nothing is wrong with it. Each kind has a line
 * with its count at the end of the command: nothing is left out in silence. A file or an item that is passed over as a
 * whole is skipped instead (skipped.ts). A format adds its kinds here, and to docs/import.md.
 */
export const leftOutKinds = {
  empty_messages: 'messages in which there is nothing to read',
  doubled_messages: 'messages that the export has twice',
  data: 'pictures and other data within a text, and code without blanks',
  missing_parents:
    'links to messages that the export does not have: what followed them hangs on the message before',
  unread_parts:
    'parts of messages that are of no known kind and have no text of their own: the kind in brackets stands for them',
  written_changes: 'changes of a document written in a conversation that do not fit its text',
} as const;

export type LeftOutKind = keyof typeof leftOutKinds;

/** How many of each kind one item lost. */
export type LeftOut = Partial<Record<LeftOutKind, number>>;

/** Counts what belongs to no item. `where` is what a person would look for. */
export type CountLeftOut = (kind: LeftOutKind, count?: number, where?: string) => void;
