import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  authenticate,
  code,
  emailOf,
  endScene,
  newcomer,
  request,
  setScene,
  visit,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { PASSWORD } from '../../support/users.ts';

describeReal('sessions', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('are listed, and end one by one or all but this', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    const others: string[] = [];
    for (let n = 0; n < 3; n++)
      others.push((await visit('select token from app_public.sign_in($1, $2)', email, PASSWORD))[0].token);
    const sessions = () =>
      request(ann.token, 'select id, is_current from app_public.my_sessions() order by id');
    const listed = await sessions();
    expect(listed.map((row) => row.is_current)).toEqual([true, false, false, false]);
    const revoke = (id: string) => request(ann.token, 'select id from app_public.revoke_session($1)', id);
    expect(await revoke(listed[1].id)).toEqual([{ id: listed[1].id }]);
    expect(await authenticate(others[0]!)).toBeUndefined();
    expect(await code(revoke(listed[1].id))).toBe('CQ204');
    expect(await request(ann.token, 'select app_public.revoke_other_sessions() as ended')).toEqual([
      { ended: 2 },
    ]);
    expect(await authenticate(others[2]!)).toBeUndefined();
    expect(await sessions()).toEqual([listed[0]]);
  });
});
