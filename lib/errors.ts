import { hideSecrets } from './secrets.ts';

/**
 * An error whose message is meant for the person at the keyboard: what went wrong, the value that was bad,
 * and the next command. `code` is stable and listed in docs/error-codes.md.
 */
export class ColloquyError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  /**
   * @param code   five characters, as an SQLSTATE (docs/error-codes.md)
   * @param message  what happened, with the bad value quoted
   * @param options.hint  what to do next
   * @param options.cause the error underneath
   */
  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ColloquyError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The SQLSTATE (or Node error code) of any thrown value, or undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}

/** One or two lines for a terminal: the message, the code, and the hint when there is one. Never a stack, never a secret. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return hideSecrets(String(error));
  const code = errorCode(error);
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  const lines = [code ? `${error.message} (${code})` : error.message];
  if (hint) lines.push(`  → ${hint}`);
  return hideSecrets(lines.join('\n'));
}

/** An error in one line, for those who read no code beside the message: the message, the code, and the hint when there is one. */
export const errorInOneLine = ({
  message,
  code,
  hint,
}: {
  message: string;
  code: string;
  hint?: string | undefined;
}): string => `${message} (${code})${hint ? ` ${hint}` : ''}`;
