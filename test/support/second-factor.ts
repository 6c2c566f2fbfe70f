/** An authenticator app of another make: it reads the URI as a phone does, and computes the codes itself. */
import { Secret, TOTP, URI } from 'otpauth';
import type { Database } from '../../lib/database.ts';
import { asUser, type TestUser } from './users.ts';

export type App = TOTP;

/** Sets an app up by the URI of its QR code. */
export function appOf(uri: string): App {
  const app = URI.parse(uri);
  if (!(app instanceof TOTP)) throw new Error(`${uri} is not for codes by time`);
  return app;
}

/** What the app shows, so many steps of 30 seconds from now. */
export const codeAt = (app: App, steps = 0): string =>
  app.generate({ timestamp: Date.now() + steps * 30_000 });

/** A code that the app shows at no time around now. */
export function wrongCode(app: App): string {
  const near = new Set([-3, -2, -1, 0, 1, 2, 3].map((steps) => codeAt(app, steps)));
  return ['000000', '111111', '222222', '333333', '444444', '555555', '666666', '777777'].find(
    (code) => !near.has(code),
  )!;
}

/** What RFC 6238 tests with, as an app. */
export const rfcApp = (digits: number): App =>
  new TOTP({ secret: Secret.fromUTF8('12345678901234567890'), digits });

/** Lets time pass for the codes of all accounts: one that was used is long ago. */
export const forgetSteps = (database: Database) =>
  database.pool('owner').query('update app_private.second_factors set last_step = null');

/** Does it again when a step of 30 seconds ended in between: the code was of one step before. */
export async function inOneStep<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    const step = () => Math.floor(Date.now() / 30_000);
    const began = step();
    const result = await work();
    if (step() === began) return result;
  }
}

/** Adds a second factor to an account, with its recovery codes. */
export async function protect(
  database: Database,
  user: TestUser,
): Promise<{ app: App; recoveryCodes: string[] }> {
  const ask = async (sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows[0];
  const app = appOf((await ask('select uri from app_public.add_second_factor()')).uri);
  const { codes } = await ask('select app_public.confirm_second_factor($1) as codes', codeAt(app));
  await forgetSteps(database);
  return { app, recoveryCodes: codes };
}
