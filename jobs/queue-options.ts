/** Of a sweep: the next one is the retry. */
export const EVERY_MINUTE = {
  policy: 'short',
  retryLimit: 0,
  expireInSeconds: 300,
  deleteAfterSeconds: 3600,
  schedules: { 'every-minute': { cron: '* * * * *' } },
} as const;

/** Of a job that runs once a day and whose outcome is worth a look for a month. */
export const DAILY = {
  retryLimit: 3,
  retryDelay: 60,
  retryBackoff: true,
  expireInSeconds: 3600,
  deleteAfterSeconds: 30 * 86_400,
} as const;

/** Of maintenance that may take hours, of which one runs at a time and none waits. */
export const WEEKLY = {
  policy: 'exclusive',
  retryLimit: 3,
  retryDelay: 300,
  retryBackoff: true,
  expireInSeconds: 82_800,
  deleteAfterSeconds: 60 * 86_400,
} as const;

/** Of a job that removes what is no longer needed: one runs and one waits. */
export const CLEANUP = {
  policy: 'stately',
  retryLimit: 2,
  retryDelay: 60,
  deleteAfterSeconds: 7 * 86_400,
} as const;
