import type { ReadOptions } from '../../import/options.ts';
import type { Summary } from '../../import/summary.ts';
import type { Visibility } from '../../import/writing/payloads.ts';
import type { ProgressStream } from '../../lib/progress.ts';
import type { AccountOptions } from '../shared/credentials.ts';

/** The flags, as they are given. */
export interface CommandOptions extends AccountOptions {
  dryRun?: boolean;
  wait?: boolean;
  /** Absent: of what is known to come from the very same place. */
  prune?: boolean;
  visibility: Visibility;
  sharePrivate?: boolean;
  name?: string;
  maxBytes?: number;
  workspace?: string;
  data: string;
  json?: boolean;
  verbose?: boolean;
}

/** One run of the command. */
export interface Run {
  paths: string[];
  options: CommandOptions;
  read: ReadOptions;
  summary: Summary;
  stream: ProgressStream;
  signal: AbortSignal;
}
