import type { JobContext } from '../job.ts';

/**
 * Runs work under a claim that lapses after some seconds, and renews the claim three times within them. A renewal that fails is
 * logged; the next one may still be in time.
 */
export async function whileRenewing<T>(
  { log }: Pick<JobContext, 'log'>,
  { seconds, renew }: { seconds: number; renew: () => Promise<unknown> },
  work: () => Promise<T>,
): Promise<T> {
  const timer = setInterval(
    () => void renew().catch((error) => log.warn({ err: error }, 'a claim on passages could not be renewed')),
    (seconds * 1000) / 3,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
