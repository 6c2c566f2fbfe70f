import { z } from 'zod';
import { env } from '../lib/env.ts';
import { recordSizes } from '../operations/doctor/record-sizes.ts';
import type { JobDefinition } from './job.ts';
import { DAILY } from './queue-options.ts';

/** Takes down every day how large the database and its parts are, so that growth is measured. */
export const measureSizes: JobDefinition<object> = {
  queue: {
    name: 'measure-sizes',
    policy: 'exclusive',
    ...DAILY,
    schedules: { daily: { cron: '20 5 * * *' } },
  },
  payload: z.object({}),
  batchSize: 1,
  handle: ({ pool }) => recordSizes(pool, env.DATA_DIR),
};
