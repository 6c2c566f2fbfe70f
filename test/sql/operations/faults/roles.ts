import type { Fault } from './fault.ts';

/** What goes wrong with roles and rights of the database. */
export const ROLES: Fault[] = [
  {
    check: 'role_attributes',
    is: 'a role that may make others',
    make: ['alter role colloquy_worker createrole'],
    subject: 'role colloquy_worker',
    severity: 'error',
    detail: /CREATEROLE/,
  },
  {
    check: 'role_attributes',
    is: 'a role that was made a member of one that may write everything',
    make: ['grant pg_write_all_data to colloquy_monitor'],
    subject: 'role colloquy_monitor',
    severity: 'error',
  },
  {
    check: 'database_access',
    is: 'a database that every role may enter',
    make: [
      `do $$ begin execute format('grant connect on database %I to public', current_database()); end $$`,
    ],
    subject: /^database /,
    severity: 'warning',
  },
  {
    check: 'database_access',
    is: 'a schema in which every role may create',
    make: ['grant create on schema public to public'],
    subject: 'schema public',
    severity: 'error',
  },
  {
    check: 'database_access',
    is: 'a database that belongs to who serves requests',
    make: [
      `do $$ begin execute format('alter database %I owner to colloquy_worker', current_database()); end $$`,
    ],
    subject: /^database /,
    severity: 'error',
    after: [`do $$ begin execute format('alter database %I owner to postgres', current_database()); end $$`],
  },
  {
    check: 'login_timeouts',
    is: 'a login whose transactions may stay open',
    make: [],
    subject: 'role colloquy_authenticator',
    severity: 'info',
    after: ['alter role colloquy_authenticator reset idle_in_transaction_session_timeout'],
  },
];
