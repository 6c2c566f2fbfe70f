import { boundedTask } from '../../../lib/bounded-task.ts';

/** Answers with far more than a text can be. */
await boundedTask(async () => new Array(200).fill(Buffer.alloc(1 << 20)));
