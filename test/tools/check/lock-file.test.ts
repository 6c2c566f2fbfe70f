import { describe, expect, it } from 'vitest';
import { completeLockFile, type LockFile, lintLockFile } from '../../../tools/check/lock-file.ts';

const lock: LockFile = {
  packages: {
    '': {},
    'node_modules/@t/linux-x64-gnu': { version: '1.2.3', optional: true },
    'node_modules/tool': {
      version: '1.2.3',
      dev: true,
      optionalDependencies: {
        '@t/linux-x64-gnu': '1.2.3',
        '@t/linux-arm64-musl': '1.2.3',
        '@t/darwin-arm64': '1.2.3',
        '@t/linux-arm-gnueabihf': '1.2.3',
      },
    },
    'node_modules/outer/node_modules/inner': { optionalDependencies: { beside: '1.0.0', above: '1.0.0' } },
    'node_modules/outer/node_modules/beside': {},
    'node_modules/above': {},
  },
};

describe('lock file lint', () => {
  it('names the optional packages that are left out', () => {
    expect(lintLockFile(lock).map(({ message }) => message.split(' ')[0])).toEqual([
      '@t/linux-arm64-musl',
      '@t/darwin-arm64',
      '@t/linux-arm-gnueabihf',
    ]);
  });

  it('adds them, with platform and place, and leaves the rest alone', () => {
    const complete = completeLockFile(lock);
    expect(lintLockFile(complete)).toEqual([]);
    expect(complete.packages).toMatchObject(lock.packages);
    expect(complete.packages['node_modules/@t/linux-arm64-musl']).toEqual({
      version: '1.2.3',
      cpu: ['arm64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    });
    expect(complete.packages['node_modules/@t/linux-arm-gnueabihf']).toMatchObject({
      cpu: ['arm'],
      libc: ['glibc'],
    });
    expect(complete.packages['node_modules/@t/darwin-arm64']).not.toHaveProperty('libc');
  });

  it('does not guess at a range or an unknown platform', () => {
    const odd: LockFile = {
      packages: { 'node_modules/a': { optionalDependencies: { b: '1.0.0', 'c-linux-x64': '^1.0.0' } } },
    };
    expect(completeLockFile(odd).packages).toEqual(odd.packages);
    expect(lintLockFile(odd)).toHaveLength(2);
  });
});
