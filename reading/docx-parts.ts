import { Parser } from 'htmlparser2';

/** Runs of a part that nobody is shown, and what the reader of DOCX does not know: made into plain runs before it reads them. */

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]!);
const isOn = (value: string | undefined) => !/^(?:0|false|off)$/i.test(value ?? '');
const localName = (name: string) => name.slice(name.indexOf(':') + 1);

/** Ids of the styles that hide what has them. */
export function hiddenStyles(styles: string): Set<string> {
  const hidden = new Set<string>();
  let id = '';
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === 'w:style') id = attributes['w:styleId'] ?? '';
        else if (/^w:(?:vanish|webHidden)$/.test(name) && isOn(attributes['w:val'])) hidden.add(id);
      },
    },
    { xmlMode: true },
  );
  parser.end(styles);
  return hidden;
}

/** Text of an equation, in a line: `(a+b)/2`, `x^2`, `√(x)`. */
class Equation {
  private readonly open: { name: string; parts: string[] }[] = [{ name: '', parts: [] }];

  begin(name: string): void {
    this.open.push({ name, parts: [] });
  }

  text(text: string): void {
    this.open.at(-1)!.parts.push(text);
  }

  end(): void {
    const { name, parts } = this.open.pop()!;
    const grouped = (part: string) => (/^[\p{L}\p{N}.]*$/u.test(part) ? part : `(${part})`);
    const [first = '', second = '', third = ''] = parts;
    const written: Record<string, () => string> = {
      f: () => `${grouped(first)}/${grouped(second)}`,
      sSup: () => `${grouped(first)}^${grouped(second)}`,
      sSub: () => `${grouped(first)}_${grouped(second)}`,
      sSubSup: () => `${grouped(first)}_${grouped(second)}^${grouped(third)}`,
      rad: () =>
        parts.length > 1 && first !== ''
          ? `${grouped(first)}√${grouped(second)}`
          : `√${grouped(parts.at(-1) ?? '')}`,
      d: () => `(${parts.join(', ')})`,
      mr: () => `${parts.join(', ')}; `,
    };
    this.open.at(-1)!.parts.push(written[name]?.() ?? parts.join(''));
  }

  toString(): string {
    return this.open[0]!.parts.join('').replace(/\s+/g, ' ').trim();
  }
}

/**
 * The same part with hidden runs left out, and with fields, equations and comments as text where they stand.
 * @param comments their texts by their ids; those that were used are taken out
 */
export function plainRuns(xml: string, hidden: ReadonlySet<string>, comments: Map<string, string>): string {
  const out: string[] = [];
  /** Where the runs that are open began, and whether they are shown. */
  const runs: { at: number; isHidden: boolean }[] = [];
  const above: string[] = [];
  let equation: Equation | null = null;
  let depth = 0;
  const run = (text: string) => {
    if (text !== '') out.push(`<w:r><w:t xml:space="preserve">${escaped(text)}</w:t></w:r>`);
  };
  const parser = new Parser(
    {
      onprocessinginstruction(_, data) {
        out.push(`<${data}>`);
      },
      onopentag(name, attributes) {
        above.push(name);
        if (equation !== null) {
          depth += 1;
          equation.begin(localName(name));
          if (name === 'm:chr' && attributes['m:val']) equation.text(attributes['m:val']);
          return;
        }
        if (name === 'm:oMath') {
          equation = new Equation();
          depth = 0;
          return;
        }
        if (name === 'w:fldSimple' || name === 'm:oMathPara') return;
        if (name === 'w:r') runs.push({ at: out.length, isHidden: false });
        const isOfRun = above.at(-2) === 'w:rPr' && above.at(-3) === 'w:r';
        const current = runs.at(-1);
        if (isOfRun && current !== undefined) {
          if (/^w:(?:vanish|webHidden)$/.test(name)) current.isHidden = isOn(attributes['w:val']);
          else if (name === 'w:rStyle' && hidden.has(attributes['w:val'] ?? '')) current.isHidden = true;
        }
        const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
        out.push(`<${name}${written.join('')}>`);
        if (name === 'w:commentReference') {
          const id = attributes['w:id'] ?? '';
          const text = comments.get(id);
          comments.delete(id);
          if (text)
            out.push(
              `</w:commentReference><w:t xml:space="preserve"> [${escaped(text)}]</w:t><w:commentReference>`,
            );
        }
      },
      ontext(text) {
        if (equation === null) out.push(escaped(text));
        else if (above.at(-1) === 'm:t' || above.at(-1) === 'w:t') equation.text(text);
      },
      onclosetag(name) {
        above.pop();
        if (equation !== null && (name !== 'm:oMath' || depth > 0)) {
          depth -= 1;
          equation.end();
          return;
        }
        if (equation !== null) {
          run(equation.toString());
          equation = null;
          return;
        }
        if (name === 'w:fldSimple' || name === 'm:oMathPara') return;
        out.push(`</${name}>`);
        if (name !== 'w:r') return;
        const ended = runs.pop();
        if (ended?.isHidden) out.length = ended.at;
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(xml);
  return out.join('');
}

/** The paragraphs of a header, a footer or a comment, one line each. */
export function linesOf(xml: string): string[] {
  const lines: string[] = [];
  let line = '';
  let isText = false;
  /** Instructions of fields, and what was deleted, are no text. */
  const parser = new Parser(
    {
      onopentag(name) {
        if (name === 'w:t' || name === 'm:t') isText = true;
        else if (name === 'w:tab' || name === 'w:br') line += ' ';
      },
      ontext(text) {
        if (isText) line += text;
      },
      onclosetag(name) {
        if (name === 'w:t' || name === 'm:t') isText = false;
        else if (name === 'w:p') {
          if (line.trim() !== '') lines.push(line.replace(/\s+/g, ' ').trim());
          line = '';
        }
      },
    },
    { xmlMode: true },
  );
  parser.end(xml);
  return lines;
}

/** What readers wrote beside the text, with their names, by the ids of the comments. */
export function commentsOf(xml: string): Map<string, string> {
  const comments = new Map<string, string>();
  for (const [, attributes = '', body = ''] of xml.matchAll(
    /<w:comment\s([^>]{0,2000})>(.*?)<\/w:comment>/gs,
  )) {
    const id = /w:id="([^"]{1,50})"/.exec(attributes)?.[1] ?? `${comments.size}`;
    const author = /w:author="([^"]{1,200})"/.exec(attributes)?.[1];
    const text = linesOf(body).join(' ');
    if (text !== '') comments.set(id, `Comment${author ? ` by ${unescaped(author)}` : ''}: ${text}`);
  }
  return comments;
}

function unescaped(text: string): string {
  let plain = '';
  const parser = new Parser({ ontext: (piece) => (plain += piece) }, { xmlMode: true });
  parser.end(text);
  return plain;
}
