import type { Failure } from '../../import/tally.ts';
import type { Brought } from '../../import/writing/database-writer.ts';
import type { Session } from '../shared/session.ts';

/** How far everything is that one import brought. */
export interface BroughtState {
  items: number;
  /** Of them, those not found by their words yet. */
  waiting: number;
  /** Share of what there is to read that is found by its words, 0 to 1. */
  words: number;
  /** Passages of what is cut, and how many of those have their vector. */
  passages: number;
  withVector: number;
  /** Passages when all is cut: exact then, before that as what is cut lets expect; null while nothing is. */
  expected: number | null;
  failures: Failure[];
  isComplete: boolean;
}

/** What app_hidden.import_progress takes at a time. */
const MOST_IDS = 5000;

interface Row {
  id: string;
  waits: boolean;
  done: number;
  code: string | null;
  reason: string | null;
  passages: number;
  without_vector: number;
}

interface Tracked extends Brought {
  row: Row | null;
}

const slices = <T>(list: T[], most: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / most) }, (_, n) => list.slice(n * most, (n + 1) * most));

/** Everything that an import brought, until it is searchable. What is done is not asked after again. */
export class BroughtItems {
  readonly #open = new Map<string, Tracked>();
  readonly #failures: Failure[] = [];
  #items = 0;
  #size = 0;
  #settled = { size: 0, passages: 0 };

  add(brought: Brought): void {
    const key = `${brought.kind}:${brought.id}`;
    if (this.#open.has(key)) return;
    this.#open.set(key, { ...brought, row: null });
    this.#items++;
    this.#size += brought.size;
  }

  /** Of the files among them. */
  fileIds(): Set<string> {
    return new Set([...this.#open.values()].filter(({ kind }) => kind === 'file').map(({ id }) => id));
  }

  async look(session: Session): Promise<BroughtState> {
    const kinds = Map.groupBy(this.#open.values(), ({ kind }) => kind);
    for (const [kind, open] of kinds) {
      for (const part of slices(open, MOST_IDS)) {
        const { rows } = await session.transaction((client) =>
          client.query<Row>('select * from app_hidden.import_progress(kind => $1, ids => $2::uuid[])', [
            kind,
            part.map(({ id }) => id),
          ]),
        );
        const found = new Map(rows.map((row) => [row.id, row]));
        for (const item of part) this.#note(item, found.get(item.id));
      }
    }
    return this.#state();
  }

  #note(item: Tracked, row: Row | undefined): void {
    item.row = row ?? null;
    // what is gone meanwhile is not waited for
    if (row && (row.waits || row.without_vector > 0)) return;
    this.#open.delete(`${item.kind}:${item.id}`);
    this.#settled.size += item.size;
    if (!row) return;
    this.#settled.passages += row.passages;
    if (row.reason !== null) this.#failures.push({ source: item.source, code: row.code, reason: row.reason });
  }

  #state(): BroughtState {
    let { size, passages } = this.#settled;
    let [withVector, waiting] = [passages, 0];
    for (const { row, size: whole } of this.#open.values()) {
      if (!row || row.waits) waiting++;
      size += whole * (row?.done ?? 0);
      passages += row?.passages ?? 0;
      withVector += row ? row.passages - row.without_vector : 0;
    }
    const words = this.#size === 0 ? 1 : size / this.#size;
    return {
      items: this.#items,
      waiting,
      words,
      passages,
      withVector,
      expected: waiting === 0 ? passages : passages === 0 ? null : Math.round(passages / words),
      failures: this.#failures,
      isComplete: this.#open.size === 0,
    };
  }
}
