import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../../tools/check/problem.ts';
import { formatOutcome, runSteps } from '../../../tools/check/run-steps.ts';
import type { Step } from '../../../tools/check/steps.ts';

const root = join(import.meta.dirname, '../../..');

function step(name: string, run: Step['run']): Step {
  return { name, about: name, run };
}

describe('running the steps', () => {
  it('runs a few at once, all of them, and keeps their order', async () => {
    let running = 0;
    let most = 0;
    const steps = ['a', 'b', 'c', 'd'].map((name) =>
      step(name, async () => {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
        return { ok: name !== 'b', output: `${name} speaks` };
      }),
    );
    const done: string[] = [];
    const outcomes = await runSteps(steps, {
      root,
      fix: false,
      atOnce: 2,
      onDone: ({ name }) => done.push(name),
    });
    expect(outcomes.map(({ name, ok }) => [name, ok])).toEqual([
      ['a', true],
      ['b', false],
      ['c', true],
      ['d', true],
    ]);
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect(most).toBe(2);
  });

  it('takes an error for a failed step and goes on', async () => {
    const steps = [
      step('broken', () => Promise.reject(new Error('no such thing'))),
      step('sound', () => Promise.resolve({ ok: true, output: '' })),
    ];
    const outcomes = await runSteps(steps, { root, fix: false, atOnce: 1, onDone: () => undefined });
    expect(outcomes[0]).toMatchObject({ ok: false, output: expect.stringContaining('no such thing') });
    expect(outcomes[1]).toMatchObject({ ok: true });
  });

  it('prints the output of failed steps only', () => {
    const outcome = { name: 'types', output: 'one\n\ntwo', milliseconds: 1240 };
    expect(formatOutcome({ ...outcome, ok: true })).toBe('✓ types (1.2 s)');
    expect(formatOutcome({ ...outcome, ok: false })).toBe('✗ types (1.2 s)\n    one\n\n    two');
  });

  it('says a shared hint once', () => {
    expect(
      formatProblems([
        { file: 'a', line: 3, message: 'bad', hint: 'mend' },
        { file: 'b', message: 'bad', hint: 'mend' },
        { file: 'c', message: 'odd' },
      ]),
    ).toBe('a:3: bad\nb: bad\n  → mend\nc: odd');
  });
});

describe('npm run check', () => {
  const check = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(root, 'tools/check.ts'), ...args]).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('explains itself', async () => {
    const { code, stdout } = await check('--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/--fix[\s\S]*--only[\s\S]*dead-code[\s\S]*Exit codes/);
  });

  it('refuses a step or an option that it does not know', async () => {
    expect(await check('--only', 'nonsense')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The steps are types'),
    });
    expect(await check('--nonsense')).toMatchObject({ code: 2 });
  });

  it('runs one step', async () => {
    const { code, stdout } = await check('--only', 'order');
    expect(stdout).toMatch(/^✓ order \(\d+\.\d s\)\n$/);
    expect(code).toBe(0);
  });
});
