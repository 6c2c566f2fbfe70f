import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../../support/server.ts';
import type { TestUser } from '../../support/users.ts';
import { ann, as, call, endScene, first, second, setScene, start } from './dialogue.ts';

describeReal('a conversation', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('can be given an end by its owner', async () => {
    const id = await start(first, 'workspace');
    const end = (user: TestUser, at: string | null) =>
      as(
        user,
        'select is_temporary, expires_at is null as forever from app_public.make_temporary($1, $2)',
        id,
        at,
      );
    expect(await end(first, '2999-01-01')).toEqual([{ is_temporary: true, forever: false }]);
    expect(await end(first, null)).toEqual([{ is_temporary: false, forever: true }]);
    await expect(end(first, '2020-01-01')).rejects.toMatchObject({ code: 'CQ200' });
    await expect(end(second, '2999-01-01')).rejects.toMatchObject({ code: 'CQ204' });
  });

  it('is read by each member for itself', async () => {
    const id = await start(first, 'workspace');
    await Promise.all(Array.from({ length: 8 }, () => as(second, 'select app_public.mark_read($1)', id)));
    expect(
      await as(second, 'select user_id from app_public.conversation_reads where conversation_id = $1', id),
    ).toEqual([{ user_id: second.id }]);
    expect(
      await as(first, 'select from app_public.conversation_reads where conversation_id = $1', id),
    ).toEqual([]);
  });

  it('has images, whose paths stay inside the storage', async () => {
    const id = await start();
    const record = (path: string) =>
      call(`select * from app_public.record_image($1, 'a zebra', $2, 512, 512, cost_usd => 0.04)`, id, path);
    const [image] = await record('images/zebra-1.png');
    expect(image).toMatchObject({ owner_id: ann.id, format: 'png' });
    expect(await call(`select action from app_public.usage_logs where conversation_id = $1`, id)).toEqual([
      { action: 'image' },
    ]);
    for (const path of ['/etc/passwd', '../x.png', 'a/../../x.png', 'a\nb', '']) {
      await expect(record(path), path).rejects.toMatchObject({ code: '23514' });
    }
  });
});
