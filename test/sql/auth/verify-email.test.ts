import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  call,
  code,
  emailOf,
  endScene,
  lastToken,
  newcomer,
  owner,
  setScene,
  visit,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';

describeReal('addresses', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('are verified once, by the token of the mail', async () => {
    const ann = await newcomer();
    const ask = () => call(ann, 'select app_public.request_email_verification() as requested');
    expect(await ask()).toEqual([{ requested: true }]);
    const token = await lastToken(await emailOf(ann));
    const verify = () => visit('select app_public.verify_email($1)', token);
    await owner().query(
      'update app_private.user_secrets set verification_expires_at = clock_timestamp() where user_id = $1',
      [ann.id],
    );
    expect(await code(verify())).toBe('CQ112');
    await owner().query(
      `update app_private.user_secrets set verification_expires_at = clock_timestamp() + interval '1 hour' where user_id = $1`,
      [ann.id],
    );
    expect(await code(verify())).toBe('allowed');
    expect(await code(verify())).toBe('CQ112');
    expect(await ask()).toEqual([{ requested: false }]);
  });
});
