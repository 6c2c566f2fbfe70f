import { fieldOf, readFrontMatter } from './front-matter.ts';

const TITLE_LENGTH = 200;

/** A title as one short line. */
export function clipTitle(title: string): string {
  const line = title.replace(/\s+/g, ' ').trim();
  return line.length <= TITLE_LENGTH
    ? line
    : `${line
        .slice(0, TITLE_LENGTH - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;
}

const EMPTY_TITLES = [
  // what programs write when nobody gave a title, in the languages in which they do
  /^(?:untitled|unnamed|unbenannt|ohne titel|sans titre|sans nom|sin t[ií]tulo|senza titolo|senza nome|sem t[ií]tulo|naamloos|без названия|無題|无标题|無標題|제목 없음)[\s_.-]*\(?\d*\)?(?:\.\w{1,5})?$/iu,
  /^(?:microsoft )?(?:word|power ?point|excel|office)(?: (?:document|presentation|-? ?dokument|template|workbook))?$/i,
  /^(?:powerpoint|keynote)[ -](?:presentation|präsentation|présentation|presentación)$/i,
  /^(?:document|dokument|documento|book|mappe|presentation|präsentation|présentation|slide|folie|layout|page|scan|scanned document|image|template|title|titel|new document|文档|文書)\s?\d*$/iu,
  // the name of a file, as a printer driver was told it
  /^(?:microsoft (?:word|powerpoint|excel|publisher|visio|outlook) ?[-–]|print(?:ing)?:? )/i,
  /^[^\s].{0,200}\.(?:docx?|docm|dotx?|pptx?|xlsx?|odt|ods|odp|rtf|indd|qxd|qxp|tex|dvi|ps|eps|pages|pub|wpd|cdr|ai|txt|html?|pdf|tiff?|jpe?g|png|p65|pmd|fm)$/i,
  /^(?:about:blank|https?:\/\/\S+|file:\/\/\S+|[a-z]:\\.*|\/[^\s]+\/[^\s]+)$/i,
  /^[^\p{L}\p{N}]*$/u,
];

/** Whether a title that a program put into a file says less than the file's own name. */
export function namesNothing(title: string): boolean {
  const line = title.replace(/\s+/g, ' ').trim();
  return EMPTY_TITLES.some((pattern) => pattern.test(line));
}

/** The `title` of the front matter (YAML or TOML), else the first heading outside of a code block. */
export function markdownTitle(text: string): string | null {
  const front = readFrontMatter(text);
  const named = front && fieldOf(front, 'title');
  if (named) return clipTitle(named);
  let fence: string | null = null;
  let previous = '';
  for (const full of text.slice(front?.end ?? 0).split('\n', 2000)) {
    const line = full.slice(0, 1000);
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null;
    } else if (mark) {
      fence = mark;
    } else {
      const heading = /^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$/s.exec(line)?.[1];
      if (heading) return clipTitle(heading);
      if (/^ {0,3}=+[ \t]*$/.test(line) && previous.trim() !== '') return clipTitle(previous);
    }
    previous = line;
  }
  return null;
}
