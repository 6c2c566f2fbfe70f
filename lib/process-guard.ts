import { workerData } from 'node:worker_threads';

const { bytes, parent } = workerData as { bytes: number; parent: number };

/** Milliseconds between two looks: what is unpacked grows by some ten mebibytes in that time. */
const INTERVAL = 20;

setInterval(() => {
  // as V8 ends a process without memory
  if (process.memoryUsage.rss() > bytes) process.kill(process.pid, 'SIGABRT');
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, INTERVAL);
