import type { Database } from '../../lib/database.ts';
import { loadSampleData } from '../../operations/sample-data/load.ts';
import type { SampleSize } from '../../operations/sample-data/plan.ts';
import type { Scale } from './harness.ts';

/** How much chat data the benches have that need a lot of it. */
export const CHAT: Record<Scale, { messages: number; conversations: number }> = {
  small: { messages: 100_000, conversations: 1_000 },
  medium: { messages: 1_000_000, conversations: 10_000 },
  large: { messages: 10_000_000, conversations: 100_000 },
};

/** Writes chat data of two years, without the work of the night that follows it. */
export async function loadChat(
  database: Database,
  size: Pick<SampleSize, 'messages' | 'conversations' | 'workspaces'> & Partial<SampleSize>,
  say: (text: string) => void,
): Promise<void> {
  const step = Math.max(100_000, size.messages / 10);
  let next = step;
  const { rows, seconds } = await loadSampleData(
    database,
    {
      years: 2,
      documents: Math.ceil(size.messages / 100),
      memories: 0,
      events: 0,
      seed: 1,
      until: Math.floor(Date.now() / 3_600_000) * 3_600_000,
      ...size,
    },
    {
      analytics: false,
      onProgress: (done, total) => {
        if (done < next) return;
        next += step;
        say(`${done.toLocaleString('en')} of ${total.toLocaleString('en')} messages …`);
      },
    },
  );
  say(
    `${Math.round((rows.messages ?? 0) / seconds).toLocaleString('en')} messages a second, with what belongs to them.`,
  );
}
