/** How models write their reasoning into the answer itself, at its beginning. */
const THINKING = [
  /^\s*<(think|thinking|reason|reasoning|thought)>([\s\S]*?)<\/\1>\s*/i,
  /^\s*(:::)thinking\n([\s\S]*?)\n:::\s*/,
  /^\s*(<\|begin_of_thought\|>)([\s\S]*?)<\|end_of_thought\|>\s*/,
];

/** What the model thought at the beginning of a text, and what it said then. */
export function splitThinking(text: string): { thinking: string[]; text: string } {
  const thinking: string[] = [];
  let rest = text;
  for (;;) {
    const found = THINKING.map((pattern) => pattern.exec(rest)).find((match) => match !== null);
    if (!found) return { thinking, text: rest };
    const thought = found[2]?.trim() ?? '';
    if (thought !== '') thinking.push(thought);
    rest = rest.slice(found[0].length);
  }
}
