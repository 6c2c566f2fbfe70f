import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ColloquyError, describeError } from '../../lib/errors.ts';
import { log } from '../../lib/log.ts';
import { hideSecrets, rememberSecrets } from '../../lib/secrets.ts';

const PASSWORD = 'p@ss/w%rd "one"';
const KEY = 'sk-0123456789';

describe('secrets', () => {
  it('that the settings hold are hidden, however they are written', () => {
    rememberSecrets([
      `postgres://login:${encodeURIComponent(PASSWORD)}@host/database`,
      KEY,
      undefined,
      '',
      'abc',
    ]);
    for (const spelling of [
      PASSWORD,
      encodeURIComponent(PASSWORD),
      JSON.stringify({ value: PASSWORD }),
      Buffer.from(PASSWORD).toString('base64'),
      `key=${KEY};`,
    ]) {
      const shown = hideSecrets(`before ${spelling} after`);
      expect(shown).toMatch(/^before .*\[hidden\].* after$/);
      for (const part of ['p@ss', 'p%40ss', '0123456789']) expect(shown).not.toContain(part);
    }
    // no word of a text is one
    expect(hideSecrets('abc login host')).toBe('abc login host');
  });

  it.each([
    [`Bearer cqs_${'0'.repeat(64)}`, 'Bearer [hidden]'],
    [`token cqr_${'a1'.repeat(32)}.`, 'token [hidden].'],
    ['Authorization: Basic dXNlcjpwYXNzd29yZA==', 'Authorization: Basic [hidden]'],
    ['smtp://robot:topsecret@mail.example:587/x', 'smtp://robot:[hidden]@mail.example:587/x'],
    ['host=a password=topsecret user=b', 'host=a password=[hidden] user=b'],
    ['/page?token=abcdef&x=1', '/page?token=[hidden]&x=1'],
    ['http://localhost:5678/a@b and it is 12:30', 'http://localhost:5678/a@b and it is 12:30'],
  ])('by their looks: %s', (text, expected) => {
    expect(hideSecrets(text)).toBe(expected);
  });

  it('take a time that grows with the length of a text', () => {
    const started = performance.now();
    hideSecrets('a'.repeat(2_000_000));
    hideSecrets('://'.repeat(300_000));
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('stand in no description of an error', () => {
    const error = new ColloquyError('CQ012', `cannot reach postgres://a:topsecret@host/x`, {
      hint: `try ${KEY}`,
    });
    expect(describeError(error)).toBe('cannot reach postgres://a:[hidden]@host/x (CQ012)\n  → try [hidden]');
    expect(describeError(`Bearer ${'x'.repeat(20)}`)).toBe('Bearer [hidden]');
  });

  it('stand in no line of the log, in a field, an error or its cause', () => {
    let text = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        text += chunk;
        done();
      },
    });
    // what lib/log.ts makes, with another end
    const options = (log as unknown as Record<symbol, unknown>)[pino.symbols.serializersSym];
    expect(options).toBeDefined();
    const own = pino({ hooks: { streamWrite: hideSecrets } }, stream);
    own.error(
      { err: new Error('failed', { cause: new Error(`at x://a:topsecret@h`) }), key: KEY },
      `Bearer ${'y'.repeat(30)}`,
    );
    expect(text).toContain('failed');
    for (const secret of ['topsecret', KEY, 'yyyy']) expect(text).not.toContain(secret);
  });
});
