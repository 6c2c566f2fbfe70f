import { barRow } from '../../lib/progress.ts';

export interface StepProgress {
  /** What is done, and how much of it. */
  step(name: string, share: number): void;
  end(): void;
}

const LINE_EVERY = 10_000;

/** A bar with the name of the step on a terminal; elsewhere a line for each step that takes its time. */
export function stepProgress(stream: NodeJS.WriteStream = process.stderr): StepProgress {
  let shown = 0;
  let last = '';
  return {
    step(name, share) {
      const now = Date.now();
      const percent = `${Math.floor(share * 100)} %`.padStart(5);
      if (stream.isTTY) {
        if (now - shown < 100 && name === last) return;
        stream.write(barRow(share, percent, stream, `  ${name}`));
      } else {
        if (now - shown < LINE_EVERY && shown !== 0) return;
        stream.write(`${name}: ${percent.trim()}\n`);
      }
      shown = now;
      last = name;
    },
    end() {
      if (stream.isTTY && shown > 0) stream.write('\r\u001b[2K');
    },
  };
}
