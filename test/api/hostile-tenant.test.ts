import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Attack } from '../support/hostile/attack.ts';
import { attacks } from '../support/hostile/attacks.ts';
import { judge, openEmbeddedStage, openStage, type Stage } from '../support/hostile/stage.ts';
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
const tried = attacks.filter(({ name, worked }) => !worked && (inject('long') || ALWAYS.includes(name)));

/** What is refused before it reaches the one session that an embedded database has for all, and what that session takes turns with. */
const EMBEDDED = [
  'fragments that double thirty-nine times',
  'twenty searches in each request',
  'filters of 30,000 branches',
  'lists of a million values',
  'variables nested a million deep',
  'a thousand counts in each request',
  'fifty visitors with twenty signIn in each request',
  'one visitor who guesses passwords',
  'questions for pages that there are not',
  'tokens that are guessed',
  'four hundred bodies that stay half open',
  'upgrades to what is not spoken here',
];
const triedEmbedded = attacks.filter(({ name }) => EMBEDDED.includes(name));

describeReal('the worst that one can do beside others at their usual work', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  }, LONG);
  afterAll(() => stage?.close(), LONG);

  it('tries what it says', () => expect(tried.length).toBeGreaterThanOrEqual(ALWAYS.length));

  it.each(tried)('$name: nobody else feels it', { timeout: LONG }, (attack) => nobodyFeels(stage, attack));
});

async function nobodyFeels(stage: Stage, attack: Attack): Promise<void> {
  const { felt, failures, tally, words } = await judge(stage, attack, WINDOW, PAIRS);
  expect(failures).toEqual([]);
  expect(felt, words).toBeLessThan(1);
  const told = Object.keys(tally);
  if (attack.told.length > 0)
    expect(
      told.filter((code) => attack.told.includes(code)),
      JSON.stringify(tally),
    ).not.toEqual([]);
  expect(told).not.toContain('CQ500');
}

/** Long, since the worker beside it has a model of its own to load; ingest.test.ts has what becomes of such files in every run. */
describeReal('the worst that one can have the worker read', () => {
  it.runIf(inject('long')).each(attacks.filter(({ worked }) => worked))(
    '$name: nobody else feels it',
    { timeout: LONG },
    async (attack) => {
      const stage = await openStage({ args: [] });
      try {
        await nobodyFeels(stage, attack);
      } finally {
        await stage.close();
      }
    },
  );
});

/** Long, since the one session is slow to start, and its neighbours to measure. */
describe.runIf(inject('long'))('the worst that one can do on the embedded database', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openEmbeddedStage(triedEmbedded.map(({ name }) => name));
  }, LONG);
  afterAll(() => stage?.close(), LONG);

  it.each(triedEmbedded)('$name: nobody else feels it', { timeout: LONG }, (attack) =>
    nobodyFeels(stage, attack),
  );
});

/** Proof that these would be felt, so that the silence above means something. Long, since each needs a server of its own. */
describe.runIf(inject('long'))('without what holds it', () => {
  const held = attacks.filter((attack): attack is Attack & { without: Record<string, string> } =>
    Boolean(attack.without),
  );

  it.each(held)('$name: everybody feels it', { timeout: LONG }, async (attack) => {
    const stage = await openStage({ env: attack.without });
    try {
      // One pair: what is felt is felt for a while, and the next quiet window would not be one.
      const { felt, failures, words } = await judge(stage, attack, 3_000, 1, 1);
      expect(felt > 1 || failures.length > 0, words).toBe(true);
    } finally {
      await stage.close();
    }
  });
});
