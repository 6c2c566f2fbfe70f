import type { SerializedError } from 'vitest';
import { parseCLI, type Reporter, startVitest, type TestModule, type TestSuite } from 'vitest/node';
import { print } from '../lib/cli.ts';

/** What `npm test` runs: vitest once, with its own options passed through; the last line counts the whole run. */

const count = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];
let ended = false;
let reason: string | undefined;

/** Files and suites that failed outside of any test: a syntax error, a hook. Each counts as one failure. */
function brokenSuites(suite: TestModule | TestSuite): number {
  let broken = suite.errors().length > 0 ? 1 : 0;
  for (const child of suite.children.suites()) broken += brokenSuites(child);
  return broken;
}

const counter: Reporter = {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>) {
    ended = true;
    for (const module of modules) {
      const { postgres } = module.project.getProvidedContext();
      if (postgres && 'reason' in postgres) reason = postgres.reason;
      let passed = 0;
      let idle = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') count.failed += 1;
        else idle += 1;
      }
      count.passed += passed;
      count.skipped += idle;
      count.failed += brokenSuites(module);
      if (idle > 0) skipped.push(`  ${module.relativeModuleId}: ${idle}${passed === 0 ? ' (all)' : ''}`);
    }
    count.failed += unhandled.length;
  },
};

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const reporters = options.reporters ?? options.reporter ?? ['default'];
try {
  const vitest = await startVitest(filter, {
    ...options,
    watch: false,
    run: true,
    passWithNoTests: false,
    reporters: [...(Array.isArray(reporters) ? reporters : [reporters]), counter] as never,
  });
  await vitest.close();
} catch (error) {
  print(error instanceof Error ? (error.stack ?? error.message) : String(error));
  count.failed += 1;
}

if (skipped.length > 0) print(`Skipped:\n${skipped.join('\n')}`);
if (reason) print(`No real PostgreSQL 18: ${reason}`);
if (count.passed + count.failed === 0) print(ended ? 'No test ran.' : 'The run did not come to its tests.');
const bad = count.failed > 0 || count.passed === 0 || !ended;
print(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
// Whatever a dependency has set: this run's own count decides.
process.exitCode = bad ? 1 : process.exitCode || 0;
