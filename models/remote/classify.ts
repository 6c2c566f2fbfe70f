import { APICallError } from 'ai';
import { ProviderError } from '../error.ts';
import { kindOf, REMEDIES, retryAfterOf } from './statuses.ts';

/** Longest piece of what a provider said that is repeated. */
const LONGEST_SAYING = 300;

/** What the provider said, without the key, in one line of bounded length. */
function saying(error: APICallError, secrets: readonly string[]): string {
  let text = error.message;
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '[hidden]');
  // some services repeat a part of the key that they refuse
  text = text
    .replace(/\b(sk|pk|key|hf|gsk)[-_][\w*.-]{4,}/gi, '[hidden]')
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > LONGEST_SAYING ? `${text.slice(0, LONGEST_SAYING).toWellFormed()}…` : text;
}

/** What servers say of a text that is longer than they read, whatever status they give it: llama.cpp calls it its own error. */
const TOO_LONG = /too large to process|maximum context length|exceeds? .{0,40}context/i;

/** The code that OpenAI and those who imitate it put beside a message. */
function codeOf(error: APICallError): string {
  const inner = (error.data as { error?: { code?: unknown; type?: unknown } } | undefined)?.error;
  return `${String(inner?.code ?? '')} ${String(inner?.type ?? '')}`;
}

/** Whether the connection broke while the answer was on its way. */
function isBroken(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if ('code' in cause && /^(UND_ERR_|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/.test(String(cause.code))) {
      return true;
    }
    if (cause instanceof TypeError && /terminated|fetch failed/.test(cause.message)) return true;
  }
  return false;
}

/**
 * Puts what the AI SDK threw into the terms of this project. Neither the request nor its headers go along: the first
 * holds what users wrote, the second the key.
 */
export function classify(error: unknown, name: string, secrets: readonly string[]): unknown {
  if (!APICallError.isInstance(error)) {
    if (isBroken(error)) return new ProviderError('unavailable', `"${name}" cannot be reached`);
    return error;
  }
  const { statusCode: status } = error;
  const said = saying(error, secrets);
  const retryAfter = retryAfterOf(error.responseHeaders);
  if (status === undefined || isBroken(error)) {
    return new ProviderError('unavailable', `The connection to "${name}" failed: ${said}`);
  }
  const answer = `"${name}" answered ${status}: ${said}`;
  if (status < 300) return new ProviderError('bad_output', `"${name}" sent what cannot be read: ${said}`);
  const kind = kindOf(status);
  if (kind === 'misconfigured') {
    return new ProviderError(
      kind,
      `${answer} (${REMEDIES[status] ?? 'check its base URL and its settings'})`,
    );
  }
  if (kind === 'rate_limited' && /insufficient_quota|billing/.test(codeOf(error))) {
    return new ProviderError('misconfigured', `${answer} (its account has no credit left)`);
  }
  if (status === 501) return new ProviderError('misconfigured', answer);
  if (kind !== 'rate_limited' && TOO_LONG.test(said)) {
    return new ProviderError('bad_input', answer);
  }
  return new ProviderError(kind, answer, kind === 'bad_input' ? {} : { retryAfter });
}
