/** Text as code in a markdown table, whatever it holds. */
export function code(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim().replaceAll('|', '\\|');
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}

/** Text in a markdown table. */
export const cell = (text: string | null): string =>
  (text ?? '').replace(/\s+/g, ' ').trim().replaceAll('|', '\\|');

/** A markdown table, or nothing when it has no rows. */
export function table(heads: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Headed parts with an empty line between them; parts without content are left out. */
export function sections(parts: [heading: string, content: string][]): string {
  return parts
    .filter(([, content]) => content !== '')
    .map(([heading, content]) => `${heading}\n\n${content}`)
    .join('\n\n');
}
