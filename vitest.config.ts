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
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    // The source runs in the tests as it runs in production: by Node itself.
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
