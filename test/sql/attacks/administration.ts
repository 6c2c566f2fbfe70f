import { type Attacks, administratorsOnly, NOWHERE } from './scene.ts';

/** Attacks on the functions of those who administer the installation. */
export const administration: Attacks = Object.fromEntries(
  [
    'all_accounts()',
    `end_account_sessions('${NOWHERE}')`,
    'installation_audit_logs()',
    'installation_usage()',
    `invite_account('mallory@example.org')`,
    `reset_account_password('${NOWHERE}')`,
    `remove_second_factor_of('${NOWHERE}')`,
    `set_account_active('${NOWHERE}', true)`,
    `set_account_quota('${NOWHERE}', 1)`,
    `set_workspace_quota('${NOWHERE}', 1)`,
    `set_account_role('${NOWHERE}', 'admin')`,
  ].map((sql) => [`app_public.${sql.split('(')[0]}`, () => administratorsOnly(`select app_public.${sql}`)]),
);
