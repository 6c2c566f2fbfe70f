import { InvalidArgumentError } from 'commander';
import { isUuid } from '../../lib/uuid.ts';

export function toId(text: string): string {
  if (isUuid(text)) return text.toLowerCase();
  throw new InvalidArgumentError('Write its id, a UUID.');
}

export const toIds = (text: string, earlier: string[] = []): string[] => [...earlier, toId(text)];

export function toWhole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number.');
}

export function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw new InvalidArgumentError('Write a number, 1 to 64.');
  return count;
}

export function toMebibytes(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1_048_576)
    throw new InvalidArgumentError('Write a number of mebibytes.');
  return count;
}

export function toServerUrl(text: string): string {
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('Write it as postgres://LOGIN:PASSWORD@HOST:PORT/DATABASE.');
}
