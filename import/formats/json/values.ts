import type { Cleaned } from '../../../lib/storable.ts';

/** Narrowing for JSON of a format that nobody guarantees. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string that is not blank, or null. */
export function asString(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** A short one, for metadata; a long one is something else than was expected. */
export function shortString(value: unknown): string | null {
  const text = asString(value);
  return text !== null && text.length <= 200 ? text : null;
}

/** A size in bytes, or null. */
export function asSize(value: unknown): number | null {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : null;
}

/** At most so many characters, and no half of one. */
export function clipped(text: string, characters: number): string {
  return text.length <= characters
    ? text
    : text
        .slice(0, characters)
        .toWellFormed()
        .replace(/\ufffd$/, '');
}

/** The properties that say something: not null, not blank, not an empty list. */
export function present(values: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) =>
        value !== null &&
        value !== undefined &&
        value !== '' &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** For metadata: how much of an item could not be stored as it was. */
export function countCleaned({ nul, halves }: Cleaned): number | null {
  return nul + halves || null;
}
