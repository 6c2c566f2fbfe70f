import { expect, it } from 'vitest';
import { EVENTS } from '../../../tools/bench/chaos/events.ts';
import { runChaos } from '../../../tools/bench/chaos/run.ts';
import { describeChaos, SCALES } from '../../../tools/bench/chaos.ts';
import { LONG, sized } from '../../support/limits.ts';
import { describeReal } from '../../support/server.ts';

/** In every run what test/scripts/start-restarts.test.ts does not do; all of them under `npm run test:long`. */
const OF_A_SHORT_RUN = ['failover to the standby', 'restart of PgBouncer'];

describeReal('restarts, crashes, a failover and a failing network, each once under load', () => {
  it('lose and double no write that was acknowledged, end no process, and are over at once', {
    timeout: LONG,
  }, async () => {
    const events = EVENTS.filter(({ name }) => sized(0, 1) === 1 || OF_A_SHORT_RUN.includes(name));
    expect(events.length).toBeGreaterThanOrEqual(OF_A_SHORT_RUN.length);
    const report = await runChaos({
      ...SCALES.short,
      clients: 6,
      interval: 5,
      seconds: 1,
      events,
      leastEvents: events.length,
    });
    expect(report.violations, describeChaos(report)).toEqual([]);
    expect(new Set(report.events.map((event) => event.name))).toEqual(
      new Set(events.map((event) => event.name)),
    );
    expect(report.acknowledged).toBeGreaterThan(0);
  });
});
