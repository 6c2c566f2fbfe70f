import { print } from '../../lib/cli.ts';
import { env } from '../../lib/env.ts';
import { log } from '../../lib/log.ts';

/** What a start says is wanted whatever LOG_LEVEL is, but for silent. */
const announcements = log.child({}, { level: env.LOG_LEVEL === 'silent' ? 'silent' : 'info' });

/** Whether the output is for programs: then everything on it is a line of JSON. */
export const isJson = env.LOG_FORMAT === 'json';

/** Says how the start goes on, in the form of the log. */
export function announce(text: string, fields: object = {}): void {
  if (isJson) announcements.info(fields, text);
  else print(text);
}
