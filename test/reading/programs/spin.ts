import { boundedTask } from '../../../lib/bounded-task.ts';

/** Never comes to an end. */
await boundedTask(async () => {
  for (;;);
});
