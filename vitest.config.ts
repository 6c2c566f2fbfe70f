import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Nothing is bundled or served: Vite only drives the run.
  server: { watch: null },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // One process per file: what a file opens and forgets ends with it.
    pool: 'forks',
    maxWorkers: 2,
    // Only what hangs ends here: how long something takes on a busy machine says nothing about whether it works.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 120_000 } },
    // The source runs in the tests as it runs in production: by Node itself.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
