import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { countRun } from './test/support/count.ts';
import { LongFirst } from './test/support/order.ts';
import { sharingForks } from './test/support/sharing.ts';

// Half of what a process takes to start is the compiling of its modules. The processes of test files, and the servers
// and workers that they start, share what was compiled.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

export default defineConfig(({ mode }) => ({
  plugins: [countRun()],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    provide: { long: mode === 'long' },
    setupFiles: ['test/support/setup.ts'],
    // The files of some rooms take turns in one process; each of the others has its own.
    pool: sharingForks,
    isolate: false,
    // One more than there are cores, since a file waits for its database and its processes a quarter of its time.
    maxWorkers: Math.min(availableParallelism() + 1, 4),
    sequence: { sequencer: LongFirst },
    // What hangs ends here and says where. What is long by nature has a limit of its own: test/support/limits.ts.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 45_000 } },
    // Under --watch: what no import shows. The databases are made with it, and the files run again.
    forceRerunTriggers: ['**/{package.json,vitest.config.ts}', '**/{functions,migrations,sql}/**/*.sql'],
    // The source runs in the tests as it runs in production: by Node itself.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
}));
