import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  answerRequests,
  authenticate,
  code,
  emailOf,
  endScene,
  lastToken,
  newcomer,
  request,
  setScene,
  visit,
} from '../../support/accounts.ts';
import { describeReal } from '../../support/server.ts';
import { PASSWORD } from '../../support/users.ts';

describeReal('passwords', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const signIn = async (email: string, password: string) =>
    (await visit('select token from app_public.sign_in($1, $2)', email, password))[0]?.token;

  it('are changed with the old one, which ends the other sessions and not this one', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    const other = await signIn(email, PASSWORD);
    const change = (old: string, fresh: string) =>
      request(ann.token, 'select app_public.change_password($1, $2) as changed', old, fresh);
    expect(await change('not the password', 'a new password')).toEqual([{ changed: false }]);
    expect(await code(change(PASSWORD, 'short'))).toBe('CQ105');
    expect(await authenticate(other)).toBeDefined();
    expect(await change(PASSWORD, 'a new password')).toEqual([{ changed: true }]);
    expect(await authenticate(other)).toBeUndefined();
    expect(await authenticate(ann.token)).toBeDefined();
    expect(await signIn(email, PASSWORD)).toBeNull();
    expect(await signIn(email, 'a new password')).toMatch(/^cqs_/);
  });

  it('are guessed in one session without locking the door, nor another session', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    const other = await signIn(email, PASSWORD);
    const guess = (token: string) =>
      code(request(token, `select app_public.change_password('a guess', 'a new password')`));
    for (let attempt = 1; attempt <= 5; attempt++) expect(await guess(ann.token)).toBe('allowed');
    expect(await guess(ann.token)).toBe('CQ103');
    expect(await guess(other)).toBe('allowed');
    expect(await signIn(email, PASSWORD)).toMatch(/^cqs_/);
  });

  it('are refused when they are common or made of the own name, and kept as they were', async () => {
    const ann = await newcomer();
    const change = (fresh: string) =>
      code(request(ann.token, 'select app_public.change_password($1, $2)', PASSWORD, fresh));
    expect(await change('password')).toBe('CQ130');
    expect(await change(await emailOf(ann))).toBe('CQ130');
    expect(await signIn(await emailOf(ann), PASSWORD)).toMatch(/^cqs_/);
  });

  it('that changed end the tokens of mails for another one', async () => {
    const ann = await newcomer();
    const email = await emailOf(ann);
    await visit('select app_public.request_password_reset($1)', email);
    await answerRequests();
    const token = await lastToken(email);
    await request(ann.token, 'select app_public.change_password($1, $2)', PASSWORD, 'a new password');
    expect(await code(visit(`select app_public.reset_password($1, 'another password')`, token))).toBe(
      'CQ112',
    );
  });
});
