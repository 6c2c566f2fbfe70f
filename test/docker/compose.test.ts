import { describe, expect, it } from 'vitest';
import { settingNames } from '../../lib/env.ts';
import { environmentOf, readCompose } from './compose.ts';

describe('compose.yaml', () => {
  const { services, 'x-not-passed': notPassed } = readCompose();
  const own = Object.entries(services).filter(([, service]) => service.image === 'colloquy');
  /** Each service has its own login; the others' passwords are none of its business. */
  const LOGINS = [
    'DATABASE_URL',
    'OWNER_DATABASE_URL',
    'AUTHENTICATOR_DATABASE_URL',
    'WORKER_DATABASE_URL',
    'READ_DATABASE_URL',
    'LISTEN_DATABASE_URL',
  ];

  it('has the services that a test runs', () => {
    expect(own.map(([name]) => name)).toEqual(['logins', 'migrate', 'api', 'worker']);
  });

  it.each(own)('passes %s every setting, or says why not', (_, service) => {
    const passed = Object.keys(service.environment).filter((name) => !LOGINS.includes(name));
    expect([...passed, ...Object.keys(notPassed), ...LOGINS].sort()).toEqual([...settingNames].sort());
    for (const reason of Object.values(notPassed)) expect(reason).toMatch(/\w{3}/);
  });

  it('says of no setting that it is not passed when it is', () => {
    for (const [, service] of own)
      expect(Object.keys(service.environment).filter((name) => name in notPassed)).toEqual([]);
  });

  it('gives each service its own login and no other, where they are set', () => {
    const variables = {
      DATABASE_URL: 'postgres://admin@db/x',
      OWNER_DATABASE_URL: 'postgres://owner@db/x',
      AUTHENTICATOR_DATABASE_URL: 'postgres://authenticator@db/x',
      WORKER_DATABASE_URL: 'postgres://worker@db/x',
    };
    const of = (name: string) =>
      Object.values(environmentOf(readCompose(variables).services[name]!, variables)).sort();
    expect(of('logins')).toEqual(Object.values(variables).sort());
    expect(of('migrate')).toEqual([variables.DATABASE_URL, variables.OWNER_DATABASE_URL]);
    expect(of('api')).toEqual([variables.AUTHENTICATOR_DATABASE_URL]);
    expect(of('worker')).toEqual([variables.WORKER_DATABASE_URL]);
  });

  it('leaves absent what is not set, needs nothing, and gives the administrator’s login to what runs and ends alone', () => {
    const admin = { DATABASE_URL: 'postgres://postgres:colloquy@postgres:5432/colloquy' };
    const environments = own.map(([name, service]) => [name, environmentOf(service, {})]);
    expect(Object.fromEntries(environments)).toEqual({ logins: admin, migrate: admin, api: {}, worker: {} });
  });

  it('gives each service the file of its own login, where it reads it', () => {
    const file = (role: string) => `/logins/${role}/login.env`;
    const roles = { migrate: 'owner', api: 'authenticator', worker: 'worker' } as const;
    for (const [name, role] of Object.entries(roles)) {
      const { command, volumes, healthcheck } = services[name]!;
      const logins = volumes!.filter((volume) => volume.includes('/logins'));
      expect(logins, name).toEqual([`login-${role}:/logins/${role}:ro`]);
      const check = healthcheck?.test ?? [];
      for (const one of [command!, check].filter((words) => words.join(' ').includes('worker')))
        expect(one.join(' ')).toContain(file(role));
      expect(command).toContain(`--env-file-if-exists=${file(role)}`);
    }
    expect(services.logins!.volumes).toEqual(
      Object.values(roles).map((role) => `login-${role}:/logins/${role}`),
    );
  });

  it('looks after the health of what goes on running', () => {
    expect(services.postgres!.healthcheck?.test).toBeDefined();
    expect(services.worker!.healthcheck?.test).toBeDefined();
    // the image's own
    expect(services.api!.healthcheck).toBeUndefined();
    for (const name of ['logins', 'migrate']) expect(services[name]!.healthcheck).toEqual({ disable: true });
  });
});
