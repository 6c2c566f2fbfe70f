import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import { asRole } from '../support/users.ts';
import { accounts } from './attacks/accounts.ts';
import { administration } from './attacks/administration.ts';
import { agents } from './attacks/agents.ts';
import { claims } from './attacks/claims.ts';
import { conversations } from './attacks/conversations.ts';
import { dialogue } from './attacks/dialogue.ts';
import { knowledge } from './attacks/knowledge.ts';
import { leaving } from './attacks/leaving.ts';
import { members } from './attacks/members.ts';
import { memory } from './attacks/memory.ts';
import { operations } from './attacks/operations.ts';
import { passkeys } from './attacks/passkeys.ts';
import { queue } from './attacks/queue.ts';
import { retrieval } from './attacks/retrieval.ts';
import { call, database, endScene, fails, of, setScene, tenants } from './attacks/scene.ts';
import { secondFactor } from './attacks/second-factor.ts';
import { versions } from './attacks/versions.ts';
import { webhooks } from './attacks/webhooks.ts';

/** One attack per function that a request role may call; a new function fails the suite until it has one. */
const attacks = {
  ...accounts,
  ...secondFactor,
  ...passkeys,
  ...members,
  ...knowledge,
  ...memory,
  ...operations,
  ...conversations,
  ...dialogue,
  ...claims,
  ...versions,
  ...retrieval,
  ...queue,
  ...administration,
  ...webhooks,
  ...leaving,
  ...agents,
};

describeReal('the functions of a tenant', () => {
  beforeAll(setScene);
  afterAll(endScene);

  it('has an attack for every function that a request may call', async () => {
    const { rows } = await database.pool('owner').query(`
      select distinct format('%s.%s', n.nspname, p.proname) as name
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      cross join unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) as role
      where n.nspname in ('app_public', 'app_hidden', 'app_private', 'pgboss')
        and has_function_privilege(role, p.oid, 'execute') and has_schema_privilege(role, n.oid, 'usage')
      order by name`);
    expect(rows.map((row) => row.name)).toEqual(Object.keys(attacks).sort());
  });

  it.each(Object.keys(attacks))('%s gives nothing away', async (name) => attacks[name]!());

  it('refuses every other function to every request role', async () => {
    const { rows } = await database.pool('owner').query(`
      select p.oid::regprocedure::text as signature, role,
        format('select %I.%I(%s)', n.nspname, p.proname, (
          select string_agg(format('null::%s', format_type(t, null)), ', ' order by o) from unnest(p.proargtypes) with ordinality as x (t, o)
        )) as sql
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      cross join unnest(array['colloquy_visitor', 'colloquy_user', 'colloquy_admin']) as role
      where n.nspname in ('app_hidden', 'app_private', 'pgboss') and p.prokind = 'f'
        -- a strict immutable one of null is null before anybody asks who is calling
        and not (p.proisstrict and p.provolatile = 'i')
        and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
        and not (has_function_privilege(role, p.oid, 'execute') and has_schema_privilege(role, n.oid, 'usage'))`);
    expect(rows.length).toBeGreaterThan(50);
    for (const { sql, role } of rows) {
      expect(
        await fails(
          asRole(database, role, { userId: tenants.ann.id, workspaceId: tenants.ann.workspaceId }, (client) =>
            client.query(sql),
          ),
        ),
        `${sql} as ${role}`,
      ).toMatchObject({ code: '42501' });
    }
  });

  it('tells nothing by the collision of message ids', async () => {
    const { ann, bob } = tenants;
    const { rows: own } = await call(ann, 'select id from app_public.start_conversation()');
    const post = (id: string) =>
      call(ann, `select id from app_public.post_message($1, 'x', id => $2)`, own[0].id, id);
    const { rows: byBob } = await call(
      bob,
      `select id from app_public.post_message($1, 'taken')`,
      of(bob).conversation,
    );
    const { rows: byAnn } = await call(ann, `select id from app_public.post_message($1, 'taken')`, own[0].id);
    const [strangers, mine] = [await fails(post(byBob[0].id)), await fails(post(byAnn[0].id))];
    expect(strangers.code).toBe('CQ200');
    expect(strangers.message.replace(byBob[0].id, 'X')).toBe(mine.message.replace(byAnn[0].id, 'X'));
    expect(strangers.message).not.toMatch(/constraint|key|duplicate|messages_/);
  });
});
