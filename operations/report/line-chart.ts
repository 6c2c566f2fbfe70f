import { type Html, html } from './html.ts';

export interface Series {
  name: string;
  /** By day, as YYYY-MM-DD. Null: not known. */
  points: { day: string; value: number | null }[];
  /** Of the colours of the page; 5 is that of errors. */
  colour: 1 | 2 | 3 | 4 | 5;
  isDashed?: boolean;
}

export interface LineChart {
  title: string;
  series: Series[];
  format: (value: number) => string;
  /** The least value that the axis shows. Default: 0. */
  from?: number;
  /** The greatest value that the axis shows, at least. */
  to?: number;
  /** What the axis counts in: 1024 for bytes. Default: 1000. */
  base?: 1024;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 200, 64, 14, 10, 22];
const DAY = 86_400_000;

/** About four round numbers from one value to another. */
function ticks(from: number, to: number, base = 1000): number[] {
  const unit = base ** Math.floor(Math.log(to - from) / Math.log(base));
  const rough = (to - from) / 4 / unit;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough)!;
  const found: number[] = [];
  for (let at = Math.ceil(from / step - 1e-9) * step; at <= to + step * 1e-9; at += step) found.push(at + 0);
  return found;
}

/** Lines over days, with a legend when there are several, and each value as a tooltip. */
export function lineChart({ title, series, format, from = 0, to, base }: LineChart): Html {
  const known = series.map((one) => ({ ...one, points: one.points.filter((point) => point.value !== null) }));
  const all = known.flatMap((one) => one.points);
  const days = [...new Set(all.map((point) => point.day))].sort();
  if (days.length < 2) {
    return html`<figure><figcaption>${title}</figcaption><p class="empty">Not enough days are on record yet.</p></figure>`;
  }
  const [first, last] = [Date.parse(days[0]!), Date.parse(days.at(-1)!)];
  const values = all.map((point) => point.value!);
  const low = Math.min(from, ...values);
  const high = Math.max(to ?? Number.NEGATIVE_INFINITY, ...values);
  const top = high > low ? high : low + 1;
  const x = (day: string): string =>
    (LEFT + ((Date.parse(day) - first) / (last - first)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string =>
    (HEIGHT - BOTTOM - ((value - low) / (top - low)) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const middle = new Date(first + Math.round((last - first) / DAY / 2) * DAY).toISOString().slice(0, 10);
  return html`<figure><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${ticks(low, top, base).map(
  (tick) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/>
<text class="axis" x="${LEFT - 6}" y="${y(tick)}" dy="4" text-anchor="end">${format(tick)}</text>`,
)}
${[...new Set([days[0]!, middle, days.at(-1)!])].map(
  (day, at, some) =>
    html`<text class="axis" x="${x(day)}" y="${HEIGHT - 6}" text-anchor="${
      at === 0 ? 'start' : at === some.length - 1 ? 'end' : 'middle'
    }">${day}</text>`,
)}
${known.map(
  ({
    name,
    points,
    colour,
    isDashed,
  }) => html`<polyline class="line s${colour}${isDashed ? ' dashed' : ''}" points="${points
    .map((point) => `${x(point.day)},${y(point.value!)}`)
    .join(' ')}"/>
${points.map(
  (point) =>
    html`<circle class="dot s${colour}" cx="${x(point.day)}" cy="${y(point.value!)}" r="${
      points.length > 60 ? 1.5 : 2.5
    }"><title>${name}, ${point.day}: ${format(point.value!)}</title></circle>`,
)}`,
)}
</svg>${
    series.length > 1 &&
    html`<p class="legend">${known.map(
      ({ name, colour, points }) =>
        html`<span><i class="s${colour}"></i>${name}${points.length > 0 && ` ${format(points.at(-1)!.value!)}`}</span>`,
    )}</p>`
  }</figure>`;
}
