/** A line of a chart; points from left to right or the other way. */
interface Line {
  name: string;
  points: [x: number, y: number][];
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 56;
const BOTTOM = 44;
const TOP = 40;
const RIGHT = 90;
const COLORS = ['#2563eb', '#dc2626', '#059669', '#7c3aed'];

const asMarkup = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Steps of 1, 2 or 5 times a power of ten, up to a maximum. */
function ticks(maximum: number): number[] {
  const power = 10 ** Math.floor(Math.log10(maximum / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => maximum / one <= 6)!;
  return Array.from({ length: Math.floor(maximum / step) + 1 }, (_, index) => index * step);
}

/** A chart as SVG, readable on light and dark pages. */
export function lineChart(chart: { title: string; x: string; y: string; lines: Line[] }): string {
  const all = chart.lines.flatMap((line) => line.points);
  const most = [Math.max(...all.map(([x]) => x)), Math.max(...all.map(([, y]) => y)) * 1.05] as const;
  const across = (x: number) => LEFT + (x / most[0]) * (WIDTH - LEFT - RIGHT);
  const up = (y: number) => HEIGHT - BOTTOM - (y / most[1]) * (HEIGHT - BOTTOM - TOP);
  const text = (x: number, y: number, content: string, more = '') =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${asMarkup(content)}</text>`;
  const parts = [
    text(LEFT, 22, chart.title, 'font-size="15" font-weight="bold"'),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, chart.x, 'text-anchor="middle"'),
    text(8, TOP - 6, chart.y),
    ...ticks(most[0]).flatMap((x) => [
      `<line x1="${across(x).toFixed(1)}" x2="${across(x).toFixed(1)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#e5e7eb"/>`,
      text(across(x), HEIGHT - BOTTOM + 16, x.toLocaleString('en'), 'text-anchor="middle"'),
    ]),
    ...ticks(most[1]).flatMap((y) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up(y).toFixed(1)}" y2="${up(y).toFixed(1)}" stroke="#e5e7eb"/>`,
      text(LEFT - 6, up(y) + 4, String(Number(y.toPrecision(3))), 'text-anchor="end"'),
    ]),
    ...chart.lines.flatMap((line, index) => {
      const color = COLORS[index % COLORS.length]!;
      const sorted = [...line.points].sort(([a], [b]) => a - b);
      const last = sorted.at(-1)!;
      return [
        `<polyline fill="none" stroke="${color}" stroke-width="2" points="${sorted.map(([x, y]) => `${across(x).toFixed(1)},${up(y).toFixed(1)}`).join(' ')}"/>`,
        ...sorted.map(
          ([x, y]) => `<circle cx="${across(x).toFixed(1)}" cy="${up(y).toFixed(1)}" r="3" fill="${color}"/>`,
        ),
        text(across(last[0]) + 8, up(last[1]) + 4, line.name, `fill="${color}"`),
      ];
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#111827">\n<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>\n${parts.join('\n')}\n</svg>\n`;
}
