import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { connectionVariables } from '../../operations/connection-variables.ts';
import { findProgram, runProgram } from '../../operations/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'colloquy-programs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that is a few lines of shell. */
function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('programs of PostgreSQL', () => {
  it('are told by their version, and what to install where there is none', async () => {
    await expect(findProgram('pg_basebackup', 170_004)).rejects.toMatchObject({
      code: 'CQ604',
      message: expect.stringContaining('no pg_basebackup of PostgreSQL 17'),
      hint: expect.stringContaining('postgresql-client-17'),
    });
    await expect(findProgram('pg_verifybackup', 170_004)).rejects.toMatchObject({
      hint: expect.stringContaining('postgresql-17'),
    });
  });

  it('get a connection by their environment, none of ours, and hand on their progress', async () => {
    const path = program('says', 'printf "10%%\\r20%%\\rdone\\n" >&2; echo "$0 $@"; env');
    const lines: string[] = [];
    const { stdout } = await runProgram(path, ['--x'], {
      url: 'postgres://someone:pass%20word@db.example:5433/thing?sslmode=no-verify&options=-c%20role%3Dx',
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(['10%', '20%', 'done']);
    const [called, ...variables] = stdout.trim().split('\n');
    expect(called).toBe(`${path} --x`);
    expect(variables.filter((line) => /^(PG|LC_|HOME|DATABASE)/.test(line)).sort()).toEqual(
      ['LC_ALL=C', 'PGDATABASE=thing', 'PGHOST=db.example', 'PGOPTIONS=-c role=x', 'PGPASSWORD=pass word']
        .concat(['PGPORT=5433', 'PGSSLMODE=require', 'PGUSER=someone'])
        .sort(),
    );
    expect(connectionVariables('postgres:///x?host=/run/postgresql')).toEqual({
      PGHOST: '/run/postgresql',
      PGDATABASE: 'x',
    });
  });

  it('are quoted when they fail, keep little of what they say, and end with the signal', async () => {
    const failing = program('fails', 'echo "no such thing" >&2; exit 3');
    await expect(runProgram(failing, [])).rejects.toMatchObject({
      code: 'CQ605',
      message: 'fails ended by exit code 3: no such thing',
    });
    await expect(runProgram(join(folder, 'absent'), [])).rejects.toMatchObject({ code: 'CQ605' });
    const endless = program('endless', 'echo begun >&2; exec sleep 600');
    const controller = new AbortController();
    const reason = new Error('stopped');
    await expect(
      runProgram(endless, [], { signal: controller.signal, onLine: () => controller.abort(reason) }),
    ).rejects.toBe(reason);
  });
});
