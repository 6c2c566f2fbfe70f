import { expect, it } from 'vitest';
import { EVENTS } from '../../../tools/bench/chaos/events.ts';
import { runChaos } from '../../../tools/bench/chaos/run.ts';
import { describeChaos, SCALES } from '../../../tools/bench/chaos.ts';
import { isLong, LONG } from '../../support/limits.ts';
import { describeReal } from '../../support/server.ts';

describeReal('restarts, crashes, a failover and a failing network, each once under load', () => {
  // in every run, each by itself: scripts/start-restarts, scripts/ops/replica and docs/pooler
  it.runIf(isLong())(
    'lose and double no write that was acknowledged, end no process, and are over at once',
    {
      timeout: LONG,
    },
    async () => {
      const report = await runChaos({
        ...SCALES.short,
        clients: 6,
        interval: 5,
        seconds: 1,
        events: EVENTS,
        leastEvents: EVENTS.length,
      });
      expect(report.violations, describeChaos(report)).toEqual([]);
      expect(new Set(report.events.map((event) => event.name))).toEqual(
        new Set(EVENTS.map((event) => event.name)),
      );
      expect(report.acknowledged).toBeGreaterThan(0);
    },
  );
});
