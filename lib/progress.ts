/** Where progress is written: stderr of the command, or a list in a test. */
export interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface Progress {
  /** Adds bytes dealt with; `label` is what is being worked on. */
  add(bytes: number, label?: string): void;
  /** Adds to the number of items shown. */
  item(): void;
  /** Removes the bar, or writes the last line. */
  end(): void;
}

export interface ProgressOptions {
  total: number;
  stream: ProgressStream;
  /** Milliseconds; a test gives its own clock. */
  now?: () => number;
  /** How often a line is written when nobody watches. */
  lineSeconds?: number;
}

const BAR_WIDTH = 24;
const FRAME_MS = 100;

/** As much of a line as a terminal shows in one row. One that does not know its width, as within `script`, says 0. */
export const fitting = (line: string, { columns }: ProgressStream): string =>
  line.slice(0, Math.max(20, (columns || 80) - 1)).toWellFormed();

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A bar for a share of 0 to 1. */
export function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
}

/** A bar on a terminal; elsewhere a line every few seconds, so that a log shows that it is alive. */
export function createProgress({
  total,
  stream,
  now = Date.now,
  lineSeconds = 10,
}: ProgressOptions): Progress {
  const started = now();
  const interval = stream.isTTY ? FRAME_MS : lineSeconds * 1000;
  let done = 0;
  let items = 0;
  let label = '';
  let shown = started;

  const state = (): string => {
    const share = total <= 0 ? 1 : Math.min(1, done / total);
    const seconds = (now() - started) / 1000;
    const left =
      share > 0.01 && share < 1 && seconds > 2
        ? `, ${formatSeconds((seconds / share) * (1 - share))} left`
        : '';
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    const text = `${percent}  ${formatBytes(done)} of ${formatBytes(Math.max(total, done))}, ${items} items${left}`;
    if (!stream.isTTY) return text.trim();
    return `${bar(share)}${text}`;
  };
  const draw = () => {
    shown = now();
    if (!stream.isTTY) {
      stream.write(`${state()}\n`);
      return;
    }
    const line = label === '' ? state() : `${state()}  ${label}`;
    stream.write(`\r\u001b[2K${fitting(line, stream)}`);
  };
  const tick = () => {
    if (now() - shown >= interval) draw();
  };

  return {
    add(bytes, what) {
      done += bytes;
      // A file's name may hold anything: nothing of it may move the cursor.
      if (what !== undefined) label = what.replace(/\p{Cc}/gu, ' ');
      tick();
    },
    item() {
      items++;
      tick();
    },
    end() {
      if (stream.isTTY) stream.write('\r\u001b[2K');
      else stream.write(`${state()}\n`);
    },
  };
}
