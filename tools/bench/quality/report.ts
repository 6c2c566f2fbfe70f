import type { DialogueReport } from './dialogues.ts';
import { MEASURES, type SetReport } from './documents.ts';
import type { Estimate } from './metrics.ts';

const figure = (value: number): string => value.toFixed(3).replace(/^(-?)0\./, '$1.');

const withInterval = ({ value, low, high }: Estimate): string =>
  `${figure(value)} [${figure(low)}, ${figure(high)}]`;

const signed = ({ value, low, high }: Estimate): string => {
  const sign = (one: number) => (one >= 0 ? '+' : '') + figure(one);
  return `${sign(value)} [${sign(low)}, ${sign(high)}]`;
};

/** Below only when the whole interval is. */
export const isBelow = ({ high }: Estimate): boolean => high < 0;

const count = (value: number): string => value.toLocaleString('en');

const failures = (figures: { name: string; failed: number; reason?: string }[]): string[] =>
  figures
    .filter(({ failed }) => failed > 0)
    .map(({ name, failed, reason }) => `${name} did not answer ${failed} questions: ${reason}\n`);

export function setMarkdown(report: SetReport): string {
  return [
    `### ${report.name}`,
    '',
    `${count(report.documents)} documents · ${count(report.passages)} passages · ${count(report.questions)} questions · text search ${report.language}`,
    '',
    `| ranked by | ${MEASURES.join(' | ')} | no result |`,
    `| --- |${' --- |'.repeat(MEASURES.length + 1)}`,
    ...report.figures.map(
      (one) =>
        `| ${one.name} | ${MEASURES.map((measure) => withInterval(one.measures[measure])).join(' | ')} | ${one.zeroResults} |`,
    ),
    '',
    ...failures(report.figures),
    '| difference of nDCG@10, paired | | |',
    '| --- | --- | --- |',
    ...report.differences.map(
      ({ name, estimate }) =>
        `| ${name} | ${signed(estimate)} | ${isBelow(estimate) ? 'BELOW' : estimate.low > 0 ? 'above' : 'level'} |`,
    ),
    '',
    ...(report.typos
      ? [
          '| with one typo in the longest word | share of nDCG@10 kept |',
          '| --- | --- |',
          ...report.typos.map(({ name, estimate }) => `| ${name} | ${withInterval(estimate)} |`),
          '',
        ]
      : []),
  ].join('\n');
}

export function dialoguesMarkdown(report: DialogueReport): string {
  return [
    '### Conversations',
    '',
    `${count(report.dialogues)} dialogues · ${count(report.turns)} turns · ${count(report.questions)} questions`,
    '',
    '| share of the turns with the answer among the first | 5 | 10 | 20 | no result |',
    '| --- | --- | --- | --- | --- |',
    ...report.figures.map(
      ({ name, shares, zeroResults }) =>
        `| ${name} | ${withInterval(shares['@5'])} | ${withInterval(shares['@10'])} | ${withInterval(shares['@20'])} | ${zeroResults} |`,
    ),
    '',
    ...failures(report.figures),
  ].join('\n');
}
