import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeReal } from '../support/server.ts';
import {
  type Account,
  codeOf,
  PASSWORD,
  poolOfOne,
  register,
  startTestApi,
  type TestApi,
} from './support.ts';

const ME = '{ currentUser { id email } }';
const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) { authentication { token userId workspaceId expiresAt } }
}`;

describeReal('authentication', () => {
  let api: TestApi;
  let ada: Account;

  beforeAll(async () => {
    api = await startTestApi();
    ada = await register(api, 'ada@example.org');
  });
  afterAll(() => api?.close());

  it('registers, signs in with other capitals, and knows the caller', async () => {
    const reply = await api.ask(SIGN_IN, { email: 'ADA@Example.org', password: PASSWORD });
    const { token, userId, workspaceId } = reply.data.signIn.authentication;
    expect({ userId, workspaceId }).toEqual({ userId: ada.userId, workspaceId: ada.workspaceId });
    const me = await api.ask(ME, {}, { token });
    expect(me.data.currentUser).toEqual({ id: ada.userId, email: 'ada@example.org' });
  });

  it('ends a session with signOut, and no other one', async () => {
    const { token } = (await api.ask(SIGN_IN, { email: 'ada@example.org', password: PASSWORD })).data.signIn
      .authentication;
    expect(
      (await api.ask('mutation { signOut(input: {}) { signedOut } }', {}, { token })).data.signOut.signedOut,
    ).toBe(true);
    const gone = await api.ask(ME, {}, { token });
    expect([gone.status, codeOf(gone)]).toEqual([401, 'CQ106']);
    expect((await api.ask(ME, {}, { token: ada.token })).data.currentUser.id).toBe(ada.userId);
  });

  it('says CQ104 for an address that is taken, CQ105 for a short password, CQ200 for no address', async () => {
    const query =
      'mutation ($e: String!, $p: String!) { register(input: { email: $e, password: $p }) { authentication { token } } }';
    expect(codeOf(await api.ask(query, { e: 'ada@example.org', p: PASSWORD }))).toBe('CQ104');
    expect(codeOf(await api.ask(query, { e: 'new@example.org', p: 'short' }))).toBe('CQ105');
    expect(codeOf(await api.ask(query, { e: 'nothing', p: PASSWORD }))).toBe('CQ200');
  });

  it.each(['authentication { token }', 'clientMutationId'])(
    'answers a wrong password with CQ102 and counts it, whatever is selected: %s',
    async (selection) => {
      const email = `wrong${selection.length}@example.org`;
      const { userId } = await register(api, email);
      const query = `mutation ($e: String!, $p: String!) { signIn(input: { email: $e, password: $p }) { ${selection} } }`;
      const reply = await api.ask(query, { e: email, p: 'wrong password' });
      expect(codeOf(reply)).toBe('CQ102');
      expect(reply.errors[0]?.message).toBe('E-mail address or password is wrong.');
      expect(reply.data).toEqual({ signIn: null });
      const { rows } = await api.database
        .pool('admin')
        .query(
          `select count(*)::int as n from app_public.audit_logs where user_id = $1 and action = 'user.sign_in_failed'`,
          [userId],
        );
      expect(rows).toEqual([{ n: 1 }]);
    },
  );

  it('answers an unknown address as a wrong password', async () => {
    const unknown = await api.ask(SIGN_IN, { email: 'nobody@example.org', password: 'wrong password' });
    const wrong = await api.ask(SIGN_IN, { email: 'ada@example.org', password: 'wrong password' });
    expect(unknown.errors).toEqual(wrong.errors);
  });

  it('locks an account after five failures (CQ103), the right password included', async () => {
    await register(api, 'locked@example.org');
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(
        codeOf(await api.ask(SIGN_IN, { email: 'locked@example.org', password: `wrong ${attempt}` })),
      ).toBe('CQ102');
    }
    const reply = await api.ask(SIGN_IN, { email: 'locked@example.org', password: PASSWORD });
    expect(codeOf(reply)).toBe('CQ103');
    expect(reply.errors[0]?.extensions.hint).toMatch(/^Try again in \d+ seconds\.$/);
  });

  it('takes a request without a token for a visitor, who sees nothing and may do nothing', async () => {
    const reply = await api.ask(
      '{ currentUser { id } users { nodes { id } } conversations { nodes { id } } }',
    );
    expect(reply.data).toEqual({ currentUser: null, users: { nodes: [] }, conversations: { nodes: [] } });
    expect(codeOf(await api.ask('mutation { startConversation(input: {}) { conversation { id } } }'))).toBe(
      'CQ101',
    );
  });

  const bad = [
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer nope',
    `Bearer cqs_${'0'.repeat(64)}`,
    `Bearer cqs_${'g'.repeat(64)}`,
    `Bearer ${'x'.repeat(4000)}`,
    "Bearer ' or true --",
    'Bearer a, Bearer b',
    '\u00ff\u00fe',
  ];
  it.each(bad)('refuses the header Authorization: %s', async (authorization) => {
    const reply = await api.ask(ME, {}, { headers: { authorization } });
    expect([reply.status, codeOf(reply)]).toEqual([401, 'CQ106']);
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(reply.data).toBeUndefined();
  });

  it('refuses a token that has expired, and one of an account that is switched off', async () => {
    const admin = api.database.pool('admin');
    const expired = await register(api, 'expired@example.org');
    await admin.query('update app_private.user_sessions set expires_at = now() where user_id = $1', [
      expired.userId,
    ]);
    expect(codeOf(await api.ask(ME, {}, { token: expired.token }))).toBe('CQ106');
    const off = await register(api, 'off@example.org');
    await admin.query('update app_public.users set is_active = false where id = $1', [off.userId]);
    expect((await api.ask(ME, {}, { token: off.token })).status).toBe(401);
    expect(codeOf(await api.ask(SIGN_IN, { email: 'off@example.org', password: PASSWORD }))).toBe('CQ108');
  });

  it('lets a member choose its workspace, and nobody else', async () => {
    const other = await register(api, 'other@example.org');
    const choose = (workspace: string, token?: string) =>
      api.ask('{ conversations { nodes { id } } }', {}, { token, headers: { 'x-workspace-id': workspace } });
    expect((await choose(ada.workspaceId, ada.token)).status).toBe(200);
    const foreign = await choose(ada.workspaceId, other.token);
    expect([foreign.status, codeOf(foreign)]).toEqual([403, 'CQ107']);
    for (const malformed of ['nope', '', "' or true", `${ada.workspaceId}0`]) {
      const reply = await choose(malformed, ada.token);
      expect([reply.status, codeOf(reply)]).toEqual([400, 'CQ200']);
    }
    expect((await choose(ada.workspaceId)).data.conversations.nodes).toEqual([]);
  });

  it('takes an API key within its scopes, until it is revoked', async () => {
    const eve = await register(api, 'eve@example.org');
    const made = await api.ask(
      'mutation { createApiKey(input: { name: "robot", scopes: [READ] }) { newApiKey { apiKeyId secret prefix scopes } } }',
      {},
      { token: eve.token },
    );
    const { secret: token, apiKeyId, scopes } = made.data.createApiKey.newApiKey;
    expect(scopes).toEqual(['READ']);
    expect((await api.ask(ME, {}, { token })).data.currentUser.id).toBe(eve.userId);
    const start = 'mutation { startConversation(input: {}) { conversation { id } } }';
    expect(codeOf(await api.ask(start, {}, { token }))).toBe('CQ110');
    const update = `mutation { updateUser(input: { id: "${eve.userId}", patch: { displayName: "x" } }) { clientMutationId } }`;
    expect(codeOf(await api.ask(update, {}, { token }))).toBe('CQ204');
    const foreign = await api.ask(ME, {}, { token, headers: { 'x-workspace-id': ada.workspaceId } });
    expect([foreign.status, codeOf(foreign)]).toEqual([403, 'CQ107']);
    const revoke = `mutation { revokeApiKey(input: { id: "${apiKeyId}" }) { apiKey { isActive } } }`;
    expect((await api.ask(revoke, {}, { token: eve.token })).data.revokeApiKey.apiKey.isActive).toBe(false);
    const refused = await api.ask(ME, {}, { token });
    expect([refused.status, codeOf(refused)]).toEqual([401, 'CQ106']);
    // the audit log has the request that did it
    const { rows } = await api.database
      .pool('admin')
      .query(
        `select host(ip) as ip, request_id is not null as has_request from app_public.audit_logs where workspace_id = $1 and action = 'api_key.changed'`,
        [eve.workspaceId],
      );
    expect(rows).toEqual([{ ip: '127.0.0.1', has_request: true }]);
  });

  it('writes into the audit log which key a request came with', async () => {
    const lead = await register(api, 'lead@example.org');
    const made = await api.ask(
      'mutation { createWorkspace(input: { name: "Team" }) { workspace { id } } }',
      {},
      { token: lead.token },
    );
    const headers = { 'x-workspace-id': made.data.createWorkspace.workspace.id };
    const key = await api.ask(
      'mutation { createApiKey(input: { name: "robot", scopes: [ADMIN] }) { newApiKey { apiKeyId secret } } }',
      {},
      { token: lead.token, headers },
    );
    const { apiKeyId, secret } = key.data.createApiKey.newApiKey;
    const invite = (email: string, token: string) =>
      api.ask(
        'mutation ($e: String!) { inviteMember(input: { email: $e, role: VIEWER }) { clientMutationId } }',
        { e: email },
        { token, headers },
      );
    expect((await invite('one@example.org', secret)).errors).toEqual([]);
    expect((await invite('two@example.org', lead.token)).errors).toEqual([]);
    const seen = await api.ask(
      '{ auditLogs { nodes { action apiKeyId newValues } } }',
      {},
      { token: lead.token, headers },
    );
    const invited = seen.data.auditLogs.nodes.filter(
      (node: { action: string }) => node.action === 'invitation.created',
    );
    expect(
      invited.map((node: { apiKeyId: string; newValues: { email: string } }) => [
        node.newValues.email,
        node.apiKeyId,
      ]),
    ).toEqual([
      ['one@example.org', apiKeyId],
      ['two@example.org', null],
    ]);
  });

  it('answers a wrong old password with CQ102 and counts it', async () => {
    const eve = await register(api, 'eve2@example.org');
    const change = (old: string) =>
      api.ask(
        'mutation ($o: String!) { changePassword(input: { oldPassword: $o, newPassword: "a new password" }) { changed } }',
        { o: old },
        { token: eve.token },
      );
    const wrong = await change('not the password');
    expect([codeOf(wrong), wrong.data]).toEqual(['CQ102', { changePassword: null }]);
    const { rows } = await api.database
      .pool('admin')
      .query(
        `select count(*)::int as n from app_public.audit_logs where user_id = $1 and action = 'user.sign_in_failed'`,
        [eve.userId],
      );
    expect(rows).toEqual([{ n: 1 }]);
    expect((await change(PASSWORD)).data.changePassword.changed).toBe(true);
    expect((await api.ask(ME, {}, { token: eve.token })).data.currentUser.id).toBe(eve.userId);
  });

  it('remembers where a session came from: the address of the socket, not of a header', async () => {
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'user-agent': 'tester/1',
    };
    const reply = await api.ask(SIGN_IN, { email: 'ada@example.org', password: PASSWORD }, { headers });
    expect(codeOf(reply)).toBeUndefined();
    const { rows } = await api.database
      .pool('admin')
      .query(`select distinct host(ip) as ip from app_private.user_sessions where user_agent = 'tester/1'`);
    expect(rows).toEqual([{ ip: '127.0.0.1' }]);
  });

  it('runs every statement in a transaction of the caller, and leaves nothing on the connection', async () => {
    const pool = poolOfOne(api.database);
    const statements: string[] = [];
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown;
      client.query = ((...args: [{ text?: string } | string]) => {
        statements.push(typeof args[0] === 'string' ? args[0] : (args[0].text ?? ''));
        return query(...args);
      }) as typeof client.query;
    });
    const one = await startTestApi({ database: api.database, pool });
    try {
      statements.length = 0;
      expect((await one.ask(ME, {}, { token: ada.token })).data.currentUser.id).toBe(ada.userId);
      const spoken = statements.filter((text) => !text.startsWith('set jit'));
      expect(spoken[0]).toContain('app_hidden.authenticate');
      expect(spoken[1]).toBe('begin');
      expect(spoken[2]).toContain('set_config');
      expect(spoken.at(-1)).toBe('commit');
      const leftover = await pool.query(
        `select current_user as role, current_setting('colloquy.user_id', true) as user_id,
          current_setting('colloquy.workspace_id', true) as workspace_id, current_setting('statement_timeout') as timeout`,
      );
      expect(leftover.rows).toEqual([
        { role: 'colloquy_authenticator', user_id: '', workspace_id: '', timeout: '0' },
      ]);
      expect((await one.ask(ME)).data.currentUser).toBeNull();
      // an error in the middle leaves nothing either
      await one.ask(
        'mutation { startConversation(input: { temperature: "9" }) { conversation { id } } }',
        {},
        { token: ada.token },
      );
      expect((await one.ask(ME)).data.currentUser).toBeNull();
      const both = await Promise.all([
        one.ask(ME, {}, { token: ada.token }),
        one.ask(ME),
        one.ask(ME, {}, { token: ada.token }),
      ]);
      expect(both.map((reply) => reply.data.currentUser?.id)).toEqual([ada.userId, undefined, ada.userId]);
    } finally {
      await one.api.close();
      await pool.end();
    }
  });
});
