/** What the model reads of one text: the 129th token and all after it change nothing (measured). */
export const WINDOW_TOKENS = 128;

/**
 * Of a text longer than this many windows (about 6,500 characters of English) the rest is not read. A chunk is
 * far shorter; the limit is there so that no single text can occupy the worker for minutes.
 */
export const MAX_WINDOWS = 16;

/** The model's tokenizer is quadratic in the length of its input, so it is shown one short piece at a time. */
const PIECE_CHARACTERS = 64;

export interface Window {
  text: string;
  tokens: number;
}

/**
 * Splits a text into windows of nearly equal length that the model reads in full. White space is made
 * single spaces: line breaks and tabs are not in its vocabulary.
 * @param encode the model's tokenizer, which puts one boundary mark before what it is given
 */
export function toWindows(text: string, encode: (piece: string) => number[]): Window[] {
  const pieces: Window[] = [];
  let total = 0;
  const enough = WINDOW_TOKENS * MAX_WINDOWS;
  for (const [word] of text.matchAll(/\S+/g)) {
    for (let from = 0; from < word.length && total <= enough; from += PIECE_CHARACTERS) {
      const piece = word.slice(from, from + PIECE_CHARACTERS);
      const tokens = encode(piece).length;
      pieces.push({ text: from === 0 ? ` ${piece}` : piece, tokens });
      total += tokens;
    }
    if (total > enough) break;
  }
  const share = total / Math.ceil(total / WINDOW_TOKENS);
  const windows: Window[] = [];
  let current: Window = { text: '', tokens: 0 };
  let seen = 0;
  for (const piece of pieces) {
    const full = current.tokens + piece.tokens > WINDOW_TOKENS || seen >= share * (windows.length + 1);
    if (full && current.tokens > 0) {
      windows.push(current);
      current = { text: '', tokens: 0 };
    }
    current.text += piece.text;
    current.tokens += piece.tokens;
    seen += piece.tokens;
  }
  windows.push(current);
  return windows.slice(0, MAX_WINDOWS).map((window) => ({ ...window, text: window.text.trim() }));
}
