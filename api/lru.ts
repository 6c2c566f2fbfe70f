/** A map of at most `size` entries, each for at most `age` milliseconds; the one unused for longest goes first. */
export class Lru<T> {
  readonly #size: number;
  readonly #age: number;
  readonly #entries = new Map<string, { value: T; until: number }>();

  constructor(size: number, age = Number.POSITIVE_INFINITY) {
    this.#size = size;
    this.#age = age;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.until <= Date.now()) return undefined;
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: Date.now() + this.#age });
    if (this.#entries.size > this.#size) this.#entries.delete(this.#entries.keys().next().value!);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
