import { crowd, leaveWork, type Met, runAll, settle, watchWaits } from './beside-maintenance.ts';
import { type Bench, compare, percentile, type Scale } from './harness.ts';

const SIZES: Record<Scale, { people: number; months: number; messages: number; chunks: number }> = {
  small: { people: 4, months: 24, messages: 240, chunks: 5_000 },
  medium: { people: 40, months: 60, messages: 950, chunks: 25_000 },
  large: { people: 200, months: 120, messages: 950, chunks: 100_000 },
};
/** Seconds of reading and writing without maintenance. */
const QUIET = 20;
/** What the hostile one imports: so many months, from so many years on. */
const HOSTILE: Record<Scale, { months: number; years: number }> = {
  small: { months: 24, years: 1 },
  medium: { months: 120, years: 1 },
  large: { months: 120, years: 20 },
};
/** Milliseconds that nobody may wait for a lock. */
const MOST_WAIT = 1000;

export const maintenance: Bench = {
  about:
    'pages and posts while every job of maintenance runs, against the same without, both beside a hostile importer',
  async run(database, scale, say) {
    const size = SIZES[scale];
    say(
      `Leaving ${size.people} tenants with ${size.messages} old messages and ${size.chunks} passages each …`,
    );
    const hostile = await settle(database, 'hostile@example.org');
    const people = [];
    for (let n = 0; n < size.people; n += 1) people.push(await settle(database, `user${n}@example.org`));
    await leaveWork(database, people, size);
    const p95 = (met: Met) => ({ page: percentile(met.pages, 0.95), post: percentile(met.posts, 0.95) });

    const end = Date.now() + QUIET * 1000;
    const quiet = await crowd(database, people, hostile, () => Date.now() > end, HOSTILE[scale]);
    say(
      `Without maintenance: ${quiet.pages.length} pages, ${quiet.posts.length} posts, ${quiet.imports} imports`,
    );
    let isOver = false;
    const reading = crowd(database, people, hostile, () => isOver, HOSTILE[scale]);
    const watching = watchWaits(database, () => isOver);
    const took: Record<string, number> = {};
    const done = await runAll(database, (name, milliseconds, status) => {
      took[name] = milliseconds;
      say(`${name}: ${(milliseconds / 1000).toFixed(1)} s, ${status}`);
    }).finally(() => {
      isOver = true;
    });
    const [beside, waits] = await Promise.all([reading, watching]);
    const failures = [...quiet.failures, ...beside.failures];
    const ratio = (name: 'page' | 'post') =>
      compare(`${name}, p95`, [{ ours: p95(beside)[name], anchor: p95(quiet)[name] }], {
        unit: 'ms',
        anchorName: 'without maintenance',
        goal: { most: 2 },
      });
    return {
      shape: {
        tenants: size.people,
        'old messages': size.people * size.messages,
        passages: size.people * size.chunks,
        pages: beside.pages.length,
        posts: beside.posts.length,
        imports: beside.imports,
      },
      ratios: [
        ratio('page'),
        ratio('post'),
        compare('longest wait for a lock of a table', [{ ours: waits.longest, anchor: MOST_WAIT }], {
          unit: 'ms',
          anchorName: 'one second',
          goal: { most: 1 },
        }),
        compare('requests that failed', [{ ours: failures.length, anchor: 1 }], {
          unit: 'requests',
          anchorName: 'none may',
          goal: { most: 0 },
        }),
      ],
      notes: [
        `Seconds of each job: ${Object.entries(took)
          .map(([name, time]) => `${name} ${(time / 1000).toFixed(1)}`)
          .join(', ')}.`,
        ...(waits.statement ? [`The longest wait was for: ${waits.statement}`] : []),
        ...[...new Set(failures)].slice(0, 5),
        ...Object.entries(done)
          .filter(([, status]) => status !== 'completed')
          .map(([name, status]) => `${name} did not complete: ${status}`),
      ],
    };
  },
};
