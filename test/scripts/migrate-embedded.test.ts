import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { migrate } from './migrate-command.ts';

const scratch = mkdtempSync(join(tmpdir(), 'colloquy-migrate-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('npm run migrate, on the embedded database', () => {
  it('looks without making one; makes it; changes nothing again; resets it only when marked', {
    timeout: 180_000,
  }, async () => {
    const data = join(scratch, 'data');
    const none = await migrate({ data }, '--status');
    expect(none).toMatchObject({ code: 1, stdout: expect.stringContaining('does not exist yet') });
    expect(existsSync(data)).toBe(false);

    expect(await migrate({ data }, '--json')).toMatchObject({ code: 0 });
    writeFileSync(join(data, 'upload.txt'), 'stays');
    const again = await migrate({ data });
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Already up to date.') });
    expect(again.stdout).toContain(`the embedded database in ${data}, because DATABASE_URL is not set`);

    const status = await migrate({ data }, '--status', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ upToDate: true, drift: [] });
    expect(await migrate({ data }, 'reset', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(CQ041)'),
    });
    expect(await migrate({ data }, '--development')).toMatchObject({ code: 0 });
    const reset = await migrate({ data }, 'reset', '--yes');
    expect(reset).toMatchObject({ code: 0, stdout: expect.stringContaining('Made anew') });
    expect(readFileSync(join(data, 'upload.txt'), 'utf8')).toBe('stays');
  });
});
