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
      'update app_private.mail_tokens set expires_at = clock_timestamp() where user_id = $1',
      [ann.id],
    );
    expect(await code(verify())).toBe('CQ112');
    await owner().query(
      `update app_private.mail_tokens set expires_at = clock_timestamp() + interval '1 hour' where user_id = $1`,
      [ann.id],
    );
    expect(await code(verify())).toBe('allowed');
    expect(await code(verify())).toBe('CQ112');
    expect(await ask()).toEqual([{ requested: false }]);
  });

  it('that were asked for again keep the mail before, and one token ends the others', async () => {
    const ann = await newcomer();
    const ask = () => call(ann, 'select app_public.request_email_verification()');
    await ask();
    const first = await lastToken(await emailOf(ann));
    await ask();
    expect(await lastToken(await emailOf(ann))).toBe(first);
    await owner().query(
      `update app_private.mail_outbox set not_before = not_before - interval '2 minutes' where recipient = $1`,
      [await emailOf(ann)],
    );
    await ask();
    const second = await lastToken(await emailOf(ann));
    expect(second).not.toBe(first);
    const verify = (token: string) => code(visit('select app_public.verify_email($1)', token));
    expect(await verify(first)).toBe('allowed');
    expect(await verify(second)).toBe('CQ112');
  });

  it('are not verified by the mail to another address', async () => {
    const ann = await newcomer();
    await call(ann, 'select app_public.request_email_verification()');
    const token = await lastToken(await emailOf(ann));
    await owner().query('update app_public.users set email = $2 where id = $1', [
      ann.id,
      `new-${await emailOf(ann)}`,
    ]);
    expect(await code(visit('select app_public.verify_email($1)', token))).toBe('CQ112');
  });
});
