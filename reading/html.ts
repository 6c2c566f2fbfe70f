import { compile, type FormatCallback, type HtmlToTextOptions } from 'html-to-text';

/** Headings as `#` lines, so that what splits markdown by headings can split this. */
const heading: FormatCallback = (element, walk, builder, options) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addInline(`${'#'.repeat(Number(element.name?.slice(1)) || 1)} `);
  walk(element.children, builder);
  builder.closeBlock({ trailingLineBreaks: options.trailingLineBreaks ?? 2 });
};

const skip = (selector: string) => ({ selector, format: 'skip' });
const options: HtmlToTextOptions = {
  wordwrap: false,
  formatters: { heading },
  // Below this, text is left out: the library recurses.
  limits: { maxDepth: 256, ellipsis: '…', maxInputLength: 2 ** 30 },
  selectors: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, format: 'heading' })),
    ...['head', 'script', 'style', 'noscript', 'template', 'svg', 'nav', 'iframe'].map(skip),
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } },
  ],
};

const toText = compile(options);
const inline = compile({ wordwrap: false });

// Bounded, so that a page of unclosed tags costs no more than any other.
const titleTag = /<title\b[^>]{0,500}>([^<]{1,1000})<\/title/i;
const firstHeading = /<h1\b[^>]{0,500}>(.{1,1000}?)<\/h1/is;

const OPEN_ENDED = new Set(
  'area base br col dd dt embed hr img input li link meta option p source td th tr track wbr'.split(' '),
);
/** Far deeper than any page a person wrote. The libraries take quadratic time for nesting, so it is looked at first. */
const MAX_DEPTH = 1000;

function isTooDeep(html: string): boolean {
  let depth = 0;
  for (const [, closing, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    if (OPEN_ENDED.has(name?.toLowerCase() ?? '')) continue;
    depth = Math.max(0, depth + (closing ? -1 : 1));
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/**
 * The readable text of a page, and its title (`<title>`, else the first `<h1>`), if it has one. Null when the page
 * is nested too deep to be one.
 */
export function readHtml(html: string): { text: string; title: string | null } | null {
  if (isTooDeep(html)) return null;
  const found = titleTag.exec(html) ?? firstHeading.exec(html);
  const title = found?.[1] ? inline(found[1]).replace(/\s+/g, ' ').trim() : '';
  return { text: toText(html).trim(), title: title === '' ? null : title };
}
