import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

describeReal('a worker with METRICS_PORT', () => {
  it('serves its metrics and those of the database, says that it lives, and nothing else', async () => {
    const child = spawn(process.execPath, ['scripts/start.ts', '--worker-only'], {
      cwd: projectFolder,
      env: {
        ...process.env,
        DATABASE_URL: (await createTestDatabase()).url,
        METRICS_PORT: '0',
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'info',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exit = once(child, 'close');
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    const url = () => /"url":"(http:[^"]+)","msg":"The metrics are served"/.exec(output)?.[1];
    try {
      await expect
        .poll(() => url() ?? (child.exitCode !== null ? output : undefined), { timeout: 60_000 })
        .toMatch(/^http:\/\/127\.0\.0\.1:/);
      const text = await (await fetch(`${url()}/metrics`)).text();
      expect(text).toMatch(/^colloquy_database_bytes \d+/m);
      expect(text).toMatch(/^colloquy_queue_oldest_due_seconds\{queue="index-source"\} /m);
      expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
      // ensure-partitions and others run at every start
      await expect
        .poll(async () => (await fetch(`${url()}/metrics`)).text(), { timeout: 60_000 })
        .toMatch(/^colloquy_jobs_total\{queue="[\w-]+",outcome="(succeeded|skipped)"\} \d/m);
      expect((await fetch(`${url()}/healthz`)).status).toBe(200);
      for (const path of ['/graphql', '/readyz', '/'])
        expect((await fetch(`${url()}${path}`)).status).toBe(404);
    } finally {
      child.kill('SIGTERM');
    }
    expect((await exit)[0]).toBe(0);
  });
});
