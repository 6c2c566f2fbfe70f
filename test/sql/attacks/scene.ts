import type pg from 'pg';
import { expect } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { createTestDatabase } from '../../support/server.ts';
import {
  addContent,
  addDialogue,
  type Content,
  computeAnalytics,
  createTenants,
  type Dialogue,
  indexAll,
  type Tenants,
} from '../../support/tenants.ts';
import { asRole, asUser, asVisitor, type TestUser } from '../../support/users.ts';

/** One attack per function that a request role may call, by schema and name. */
export type Attacks = Record<string, () => Promise<void>>;

/** What nobody has. */
export const NOWHERE = '01890000-0000-7000-8000-000000000000';

/** Of this test file, once `setScene` has run. */
export let database: Database;
export let tenants: Tenants;
const content = new Map<TestUser, Content>();
const dialogue = new Map<TestUser, Dialogue>();

/** A database with two strangers and a workspace of three, who all have one of each kind. */
export async function setScene(): Promise<void> {
  database = serverDatabase((await createTestDatabase()).url);
  tenants = await createTenants(database);
  for (const name of ['ann', 'bob', 'owner', 'member'] as const) {
    content.set(tenants[name], await addContent(database, tenants[name], name));
  }
  await indexAll(database);
  for (const name of ['ann', 'bob', 'owner', 'member'] as const) {
    dialogue.set(tenants[name], await addDialogue(database, tenants[name], name));
  }
  await indexAll(database);
  await computeAnalytics(database);
}

export async function endScene(): Promise<void> {
  await database?.close();
}

export const of = (user: TestUser): Content => content.get(user)!;
export const said = (user: TestUser): Dialogue => dialogue.get(user)!;
export const ids = (user: TestUser): string[] => Object.values(of(user)).flat();

/** What an attempt was refused with. */
export async function fails(work: Promise<unknown>): Promise<{ code: string | undefined; message: string }> {
  try {
    await work;
  } catch (error) {
    return { code: errorCode(error), message: (error as Error).message };
  }
  throw new Error('It was allowed.');
}

export function call(user: TestUser, sql: string, ...values: unknown[]): Promise<pg.QueryResult> {
  return asUser(database, user, (client) => client.query(sql, values));
}

/** The token of the last mail to an address. */
export async function lastToken(recipient: string): Promise<string> {
  const { rows } = await database
    .pool('owner')
    .query(
      `select coalesce(data ->> 'token', substring(body from 'Token: (\\S+)')) as token from app_private.mail_outbox where recipient = $1 order by id desc limit 1`,
      [recipient],
    );
  return rows[0].token;
}

/** Refused to users and visitors, whatever they are in their workspace. */
export async function onlyOperators(sql: string): Promise<void> {
  for (const user of Object.values(tenants))
    expect(await fails(call(user, sql))).toMatchObject({ code: '42501' });
  expect(await fails(asVisitor(database, (client) => client.query(sql)))).toMatchObject({
    code: '42501',
  });
  await asRole(database, 'colloquy_admin', {}, (client) => client.query(sql));
}

/** For administrators of the installation: not for owners of a workspace, and not for the role without the person. */
export async function administratorsOnly(sql: string): Promise<void> {
  const { ann, owner } = tenants;
  for (const user of [ann, owner]) expect(await fails(call(user, sql))).toMatchObject({ code: '42501' });
  expect(await fails(asVisitor(database, (client) => client.query(sql)))).toMatchObject({
    code: '42501',
  });
  const claims = { userId: owner.id, workspaceId: owner.workspaceId, memberRole: 'owner' };
  for (const [given, code] of [
    [{}, 'CQ101'],
    [claims, 'CQ121'],
    [{ ...claims, scopes: 'read,write,admin' }, 'CQ121'],
  ] as const)
    expect(
      await fails(asRole(database, 'colloquy_admin', given, (client) => client.query(sql))),
    ).toMatchObject({ code });
}

/** A function of one memory, called for somebody else's: as if it were not there, and unchanged. */
export async function strangersMemory(name: string, ...attempts: [TestUser, string][]): Promise<void> {
  const state = async () =>
    (
      await database
        .pool('owner')
        .query('select md5(string_agg(m::text, $1 order by id)) from app_public.memory_items m', ['|'])
    ).rows;
  const before = await state();
  const missing = await fails(call(tenants.ann, `select app_public.${name}($1)`, NOWHERE));
  expect(missing).toMatchObject({ code: 'CQ204' });
  for (const [user, id] of attempts)
    expect(await fails(call(user, `select app_public.${name}($1)`, id))).toEqual(missing);
  expect(await state()).toEqual(before);
  await nobody(`select app_public.${name}('${attempts[0]![1]}')`);
}

/** By an id of somebody else it says what it says of one that does not exist, and viewers and visitors are refused. */
export async function guarded(sql: string, id: (user: TestUser) => string, isWrite = true): Promise<void> {
  const { ann, bob, owner, member, viewer } = tenants;
  const missing = await fails(call(ann, sql, NOWHERE));
  expect(missing.code).toBe('CQ204');
  expect(await fails(call(ann, sql, id(bob)))).toEqual(missing);
  expect(await fails(call(member, sql, id(owner)))).toEqual(missing);
  expect(await fails(call(viewer, sql, id(owner)))).toMatchObject({ code: isWrite ? 'CQ109' : 'CQ204' });
  await nobody(sql.replace('$1', `'${id(bob)}'`));
}

/** Nobody is signed in: a visitor may not call it, and a role of users without claims is told to sign in. */
export async function nobody(sql: string): Promise<void> {
  expect(['42501', 'CQ101']).toContain(
    (await fails(asVisitor(database, (client) => client.query(sql)))).code,
  );
  expect(await fails(asRole(database, 'colloquy_user', {}, (client) => client.query(sql)))).toMatchObject({
    code: 'CQ101',
  });
  expect(
    await fails(
      asRole(database, 'colloquy_user', { userId: tenants.ann.id, memberRole: 'owner' }, (client) =>
        client.query(sql),
      ),
    ),
  ).toMatchObject({ code: 'CQ101' });
}
