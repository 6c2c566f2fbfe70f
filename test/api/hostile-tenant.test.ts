import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Attack } from '../support/hostile/attack.ts';
import { attacks } from '../support/hostile/attacks.ts';
import { judge, openStage, type Stage } from '../support/hostile/stage.ts';
import { LONG, sized } from '../support/limits.ts';
import { describeReal } from '../support/server.ts';

/** Milliseconds of each window, and how many pairs of them, one after the other. */
const WINDOW = sized(1_000, 5_000);
const PAIRS = sized(1, 3);

/** What every run tries; `npm run test:long` tries all. */
const ALWAYS = [
  'imports of ten years, again and again',
  'fifty visitors with twenty signIn in each request',
  'fragments that double thirty-nine times',
  'filters of 30,000 branches',
  'eight searches of 10,000 characters at once',
  'twenty searches in each request',
  'a hundred writers into one conversation',
  'megabytes stored each second',
  'questions for readiness without end',
  'a filter that goes back and forth',
  'four hundred bodies that stay half open',
];
const tried = attacks.filter(({ name }) => inject('long') || ALWAYS.includes(name));

describeReal('the worst that one can do beside others at their usual work', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, LONG);
  afterAll(() => stage?.close(), LONG);

  it('tries what it says', () => expect(tried.length).toBeGreaterThanOrEqual(ALWAYS.length));

  it.each(tried)('$name: nobody else feels it', { timeout: LONG }, async (attack) => {
    const { felt, failures, tally, words } = await judge(stage, attack, WINDOW, PAIRS);
    expect(failures).toEqual([]);
    expect(felt, words).toBeLessThan(1);
    const told = Object.keys(tally);
    if (attack.told.length > 0) expect(told.filter((code) => attack.told.includes(code))).not.toEqual([]);
    expect(told).not.toContain('CQ500');
  });
});

/** Proof that these would be felt, so that the silence above means something. Long, since each needs a server of its own. */
describe.runIf(inject('long'))('without what holds it', () => {
  const held = attacks.filter((attack): attack is Attack & { without: Record<string, string> } =>
    Boolean(attack.without),
  );

  it.each(held)('$name: everybody feels it', { timeout: LONG }, async (attack) => {
    const stage = await openStage({ env: attack.without });
    try {
      const { felt, failures, words } = await judge(stage, attack, 3_000, 3);
      expect(felt > 1 || failures.length > 0, words).toBe(true);
    } finally {
      await stage.close();
    }
  });
});
