import { boundedTask } from '../../../lib/bounded-task.ts';
import { frame } from '../../../reading/frames.ts';

/** Answers with what no reader says. */
await boundedTask(async () =>
  frame({ refused: { code: 'CQ101', message: 'signed out', hint: 'x' } }, Buffer.alloc(0)),
);
