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
const LEAST_BAR = 6;
const FRAME_MS = 100;

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

export function formatSeconds(time: number): string {
  const seconds = Math.round(time);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
}

/**
 * A row of a terminal, written over the one before: a bar for a share of 0 to 1, shorter where the text needs the room, the text, and as much of
 * what may be cut as fits. A terminal that does not know its width, as within `script`, says 0 columns.
 */
export function barRow(share: number, text: string, { columns }: ProgressStream, rest = ''): string {
  const room = Math.max(20, (columns || 80) - 1);
  const width = Math.min(BAR_WIDTH, Math.max(LEAST_BAR, room - text.length - 1));
  return `\r\u001b[2K${`${bar(share, width)} ${text}${rest}`.slice(0, room).toWellFormed()}`;
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

  const shareDone = (): number => (total <= 0 ? 1 : Math.min(1, done / total));
  const state = (): string => {
    const share = shareDone();
    const seconds = (now() - started) / 1000;
    const left =
      share > 0.01 && share < 1 && seconds > 2
        ? `, ${formatSeconds((seconds / share) * (1 - share))} left`
        : '';
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    return `${percent}  ${formatBytes(done)} of ${formatBytes(Math.max(total, done))}, ${items} items${left}`;
  };
  const draw = () => {
    shown = now();
    if (stream.isTTY) stream.write(barRow(shareDone(), state(), stream, label && `  ${label}`));
    else stream.write(`${state().trim()}\n`);
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
      else stream.write(`${state().trim()}\n`);
    },
  };
}
