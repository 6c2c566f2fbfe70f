/** Numbers that look random and are the same at every run. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** 32 bits. */
  bits(): number;
  /** From 0 up to, not including, a limit. */
  below(limit: number): number;
  /** True in so many of 1 cases. */
  chance(share: number): boolean;
  normal(): number;
  /** The median times a factor that varies by a spread: lengths and times are so. */
  logNormal(median: number, spread: number): number;
  pick<T>(list: readonly T[]): T;
}

/** The finalizer of MurmurHash3: neighbouring numbers become numbers that have nothing in common. */
function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** The generator sfc32, begun from a seed and the number of what it is for: each thing has its own, whatever was made before it. */
export function randomOf(seed: number, thing: number, kind = 0): Random {
  let a = mixed(seed);
  let b = mixed(thing + 0x9e3779b9);
  let c = mixed(kind ^ 0x51ed270b);
  let counter = 1;
  const bits = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) bits();
  const next = (): number => bits() / 2 ** 32;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    bits,
    below: (limit) => Math.floor(next() * limit),
    chance: (share) => next() < share,
    normal,
    logNormal: (median, spread) => median * Math.exp(spread * normal()),
    pick: (list) => list[Math.floor(next() * list.length)]!,
  };
}

/** Places of a list by Zipf's law, the k-th as frequent as 1 / (k + shift), in a table from which drawing is one look. */
export function zipfPlaces(size: number, shift: number): Uint32Array {
  const places = new Uint32Array(65_536);
  let sum = 0;
  for (let place = 0; place < size; place++) sum += 1 / (place + 1 + shift);
  let reached = 0;
  let place = 0;
  for (let slot = 0; slot < places.length; slot++) {
    const wanted = ((slot + 0.5) / places.length) * sum;
    while (place < size - 1 && reached + 1 / (place + 1 + shift) < wanted) {
      reached += 1 / (place + 1 + shift);
      place += 1;
    }
    places[slot] = place;
  }
  return places;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const hex16 = (value: number): string => HEX[(value >>> 8) & 255]! + HEX[value & 255]!;
const hex32 = (value: number): string => hex16(value >>> 16) + hex16(value);

/** A UUID of version 7 of a time in milliseconds (RFC 9562, 5.7). */
export function uuidAt(milliseconds: number, random: Random): string {
  const high = Math.floor(milliseconds / 65_536);
  const first = random.bits();
  const second = random.bits();
  return `${hex32(high)}-${hex16(milliseconds % 65_536)}-7${hex16(first).slice(1)}-${hex16(0x8000 | ((first >>> 16) & 0x3fff))}-${hex16(second)}${hex32(random.bits())}`;
}
