import { expect, it } from 'vitest';
import { impairmentOf, isConnectionLost } from '../../../lib/connections/failures.ts';

const withCode = (code: string, more = {}) => Object.assign(new Error('words'), { code, ...more });

it.each([
  withCode('57P01'),
  withCode('57P02'),
  withCode('57P03'),
  withCode('25P03'),
  withCode('08006'),
  withCode('08P01'),
  withCode('ECONNREFUSED'),
  withCode('ECONNRESET'),
  withCode('ETIMEDOUT'),
  withCode('ENOENT', { syscall: 'connect' }),
  new Error('Connection terminated unexpectedly'),
  new Error('Connection terminated due to connection timeout'),
  new Error('Client has encountered a connection error and is not queryable'),
  new Error('Query read timeout'),
  // as pg-boss emits it
  { message: 'the database system is starting up (Queue: q, Worker: w)', code: '57P03' },
  new Error('the job could not go on', { cause: withCode('57P01') }),
])('knows a lost connection: %s', (error) => {
  expect(isConnectionLost(error)).toBe(true);
  expect(impairmentOf(error)).toBeUndefined();
});

it.each([
  withCode('57014'),
  withCode('40001'),
  withCode('CQ503'),
  withCode('ENOENT'),
  new Error('words'),
  'text',
])('takes nothing else for one: %s', (error) => {
  expect(isConnectionLost(error)).toBe(false);
  expect(impairmentOf(error)).toBeUndefined();
});

it.each([
  ['25006', 'read-only'],
  ['53100', 'disk full'],
  ['53200', 'out of memory'],
  ['53300', 'too many connections'],
  ['58030', 'I/O error'],
])('knows what %s says of a server', (code, impairment) => {
  expect(impairmentOf(withCode(code))).toBe(impairment);
  expect(isConnectionLost(withCode(code))).toBe(false);
});

it('knows a pool whose connections are all in use', () => {
  expect(impairmentOf(new Error('timeout exceeded when trying to connect'))).toBe('too many connections');
});
