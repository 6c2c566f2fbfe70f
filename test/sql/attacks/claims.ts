import { expect } from 'vitest';
import { asVisitor } from '../../support/users.ts';
import { type Attacks, call, database, nobody, tenants } from './scene.ts';

/** Attacks on the functions of the claims that policies and functions ask. */
export const claims: Attacks = {
  'app_hidden.can_manage': async () => {},
  'app_hidden.can_read': async () => {},
  // these say who is calling, and nothing else
  'app_hidden.has_scope': async () => {},
  'app_hidden.is_api_key': async () => {},
  'app_hidden.require_session': async () => {
    await nobody('select app_hidden.require_session()');
  },
  'app_hidden.searched_workspace_id': async () => {},
  'app_hidden.can_write': async () => {},
  'app_hidden.current_session_id': async () => {},
  'app_hidden.current_user_id': async () => {},
  'app_hidden.current_user_workspace_ids': async () => {
    const { rows } = await call(tenants.ann, 'select app_hidden.current_user_workspace_ids() as ids');
    expect(rows).toEqual([{ ids: [tenants.ann.workspaceId] }]);
    const visitor = await asVisitor(database, (client) =>
      client.query('select app_hidden.current_user_workspace_ids() as ids'),
    );
    expect(visitor.rows).toEqual([{ ids: [] }]);
  },
  'app_hidden.current_workspace_id': async () => {},
  'app_hidden.require_member': async () => {
    await nobody('select app_hidden.require_member()');
  },
  'app_hidden.text_hash': async () => {},
};
