import type { SerializedError } from 'vitest';
import type { Plugin } from 'vitest/config';
import type { Reporter, TestModule, TestSuite } from 'vitest/node';
import { print } from '../../lib/cli.ts';

/** Files and suites that failed outside of any test: a syntax error, a hook. Each counts as one failure. */
function brokenSuites(suite: TestModule | TestSuite): number {
  let broken = suite.errors().length > 0 ? 1 : 0;
  for (const child of suite.children.suites()) broken += brokenSuites(child);
  return broken;
}

/** Ends a run with the line that CI counts by: N passed, N failed, N skipped. A run without tests has failed. */
class Counter implements Reporter {
  passed = 0;
  failed = 0;
  skipped = 0;
  idle: string[] = [];
  reason: string | undefined;
  ended = false;

  constructor() {
    // at the very end, after what other reporters and the global teardown have to say
    process.once('exit', () => this.print());
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    this.ended = true;
    this.failed += unhandled.length;
    for (const module of modules) {
      const { postgres } = module.project.getProvidedContext();
      if (postgres && 'reason' in postgres) this.reason = postgres.reason;
      const states = [...module.children.allTests()].map((test) => test.result().state);
      const passed = states.filter((state) => state === 'passed').length;
      const failed = states.filter((state) => state === 'failed').length;
      const idle = states.length - passed - failed;
      this.passed += passed;
      this.failed += failed + brokenSuites(module);
      this.skipped += idle;
      if (idle > 0)
        this.idle.push(`  ${module.relativeModuleId}: ${idle}${passed + failed === 0 ? ' (all)' : ''}`);
    }
  }

  print(): void {
    if (this.idle.length > 0) print(`Skipped:\n${this.idle.join('\n')}`);
    if (this.reason) print(`No real PostgreSQL 18: ${this.reason}`);
    if (this.passed + this.failed === 0) {
      print(this.ended ? 'No test ran: that counts as one failure.' : 'The run did not come to its tests.');
      this.failed = 1;
    }
    print(`${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`);
    if (this.failed > 0) process.exitCode = 1;
  }
}

/** Counts a run beside the reporters that its caller chose. A watch has no end, and so no count. */
export function countRun(): Plugin {
  return {
    name: 'colloquy:count',
    configureVitest({ vitest }) {
      if (!vitest.config.watch) vitest.config.reporters.push(new Counter());
    },
  };
}
