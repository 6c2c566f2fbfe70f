import { compile, type DomNode, type FormatCallback, type HtmlToTextOptions } from 'html-to-text';

/** Longer addresses are data, or of no use to anybody who reads. */
const LONGEST_TARGET = 500;

/** Where a link leads, when that is another place and says something. */
function targetOf({ attribs }: DomNode): string | null {
  const href = attribs?.href?.trim().replace(/^mailto:/i, '') ?? '';
  const isPlace = href !== '' && !/^(?:#|javascript:|data:|blob:|about:)/i.test(href);
  return isPlace && href.length <= LONGEST_TARGET ? href : null;
}

function targetsIn(element: DomNode): string[] {
  const inside = (element.children ?? []).flatMap(targetsIn);
  const own = element.name === 'a' ? targetOf(element) : null;
  return own === null ? inside : [own, ...inside];
}

/** Headings as `#` lines, so that what splits markdown by headings can split this. Targets of links in it follow below. */
const heading: FormatCallback = (element, walk, builder, options) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addInline(`${'#'.repeat(Number(element.name?.slice(1)) || 1)} `);
  walk(element.children, builder);
  builder.closeBlock({ trailingLineBreaks: options.trailingLineBreaks ?? 2 });
  const targets = targetsIn(element);
  if (targets.length === 0) return;
  builder.openBlock({ leadingLineBreaks: 1 });
  builder.addInline(targets.map((target) => `(${target})`).join(' '));
  builder.closeBlock({ trailingLineBreaks: 2 });
};

function isInHeading(element: DomNode): boolean {
  for (let above = element.parent; above; above = above.parent)
    if (/^h[1-6]$/.test(above.name ?? '')) return true;
  return false;
}

/** `the tide table (https://example.org/tides)` */
const link: FormatCallback = (element, walk, builder) => {
  let text = '';
  builder.pushWordTransform((word) => {
    text += word;
    return word;
  });
  walk(element.children, builder);
  builder.popWordTransform();
  const label = element.attribs?.['aria-label'] ?? element.attribs?.title ?? '';
  const shown = text === '' ? label : '';
  if (shown !== '') builder.addInline(shown);
  const target = targetOf(element);
  if (target === null || isInHeading(element) || target.replace(/\s/g, '') === text.replace(/\s/g, ''))
    return;
  if (text !== '' || shown !== '' || targetsPicture(element)) builder.addInline(` (${target})`);
};

function targetsPicture(element: DomNode): boolean {
  return (element.children ?? []).some(
    (child) => (child.name === 'img' && child.attribs?.alt) || targetsPicture(child),
  );
}

/** A picture is its description. */
const picture: FormatCallback = (element, _, builder) => {
  const words = (element.attribs?.alt ?? element.attribs?.['aria-label'] ?? '').trim();
  if (words !== '') builder.addInline(` [image: ${words}] `);
};

/** Code between fences, so that its comments are no headings. */
const code: FormatCallback = (element, walk, builder) => {
  const classes = `${element.attribs?.class ?? ''} ${element.children?.find(({ name }) => name === 'code')?.attribs?.class ?? ''}`;
  const language = /\b(?:language|lang|highlight-source)-([\w+#-]{1,30})/.exec(classes)?.[1] ?? '';
  builder.openBlock({ isPre: true, leadingLineBreaks: 2 });
  builder.addLiteral(`\`\`\`${language}\n`);
  walk(element.children, builder);
  builder.addLiteral('\n```');
  builder.closeBlock({ trailingLineBreaks: 2 });
};

const skip = (selector: string) => ({ selector, format: 'skip' });
const block = (selector: string) => ({ selector, format: 'block' });
/** Beyond those that the library knows. */
const BLOCKS =
  'address caption center dd details dialog dir dl dt fieldset figcaption figure hgroup legend menu optgroup option search summary textarea video audio body';
const options: HtmlToTextOptions = {
  wordwrap: false,
  formatters: { heading, link, picture, code },
  // Below this, text is left out: the library recurses.
  limits: { maxDepth: 256, ellipsis: '…', maxInputLength: 2 ** 30 },
  selectors: [
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, format: 'heading' })),
    ...['head', 'script', 'style', 'noscript', 'template', 'svg', 'nav', 'iframe'].map(skip),
    ...BLOCKS.split(' ').map(block),
    { selector: 'a', format: 'link' },
    { selector: 'img', format: 'picture' },
    { selector: 'pre', format: 'code' },
    { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } },
  ],
};

const toText = compile(options);
const inline = compile({
  wordwrap: false,
  selectors: [{ selector: 'a', options: { ignoreHref: true } }, skip('img')],
});

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

/** What is never shown: it is most of many pages, and its words would be counted as tags. */
function withoutScripts(html: string): string {
  const begin = /<!--|<(script|style)\b/gi;
  const kept: string[] = [];
  let from = 0;
  for (let found = begin.exec(html); found !== null; found = begin.exec(html)) {
    kept.push(html.slice(from, found.index));
    const end =
      found[1] === undefined
        ? /-->/g
        : found[1].toLowerCase() === 'script'
          ? /<\/script[^>]{0,100}>/gi
          : /<\/style[^>]{0,100}>/gi;
    end.lastIndex = begin.lastIndex;
    // one that never ends takes the rest with it, as in browsers
    from = end.exec(html) === null ? html.length : end.lastIndex;
    begin.lastIndex = from;
  }
  return kept.join('') + html.slice(from);
}

/** Elements that pages made up themselves, as blocks: else what stands in two of them would be one word. */
const CUSTOM = /<(\/?)[a-z][a-z0-9]{0,40}-[a-z0-9-]{0,60}/gi;

/**
 * The readable text of a page, and its title (`<title>`, else the first `<h1>`), if it has one. Null when the page
 * is nested too deep to be one.
 */
export function readHtml(page: string): { text: string; title: string | null } | null {
  const html = withoutScripts(page).replace(CUSTOM, '<$1div');
  if (isTooDeep(html)) return null;
  const found = titleTag.exec(html) ?? firstHeading.exec(html);
  const title = found?.[1] ? inline(found[1]).replace(/\s+/g, ' ').trim() : '';
  return { text: toText(html).trim(), title: title === '' ? null : title };
}
