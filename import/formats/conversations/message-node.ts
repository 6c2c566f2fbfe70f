import type { JsonObject } from '../json/values.ts';

/** A message of an export, where it hangs. */
export interface MessageNode {
  id: string;
  parent: string | null;
  children: MessageNode[];
  message: JsonObject | null;
  /** The parent that the export names and does not have; the node hangs on the message before it. */
  missingParent: string | null;
}
