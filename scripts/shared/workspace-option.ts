import { InvalidArgumentError } from 'commander';
import { isUuid } from '../../lib/uuid.ts';

/** The workspace of an option. */
export function toWorkspace(text: string): string {
  if (!isUuid(text)) throw new InvalidArgumentError('A workspace is named by its id, a UUID.');
  return text;
}
