import { type Html, html } from './html.ts';

export interface Bar {
  name: string;
  value: number;
  /** Behind the value. */
  note?: string | undefined;
}

/** Bars from the left, one below the other, each with its name, value and note. */
export function barChart(title: string, bars: Bar[], format: (value: number) => string): Html {
  const most = Math.max(...bars.map((bar) => bar.value), 1);
  if (bars.length === 0)
    return html`<figure><figcaption>${title}</figcaption><p class="empty">None.</p></figure>`;
  return html`<figure><figcaption>${title}</figcaption><table class="bars">${bars.map(
    ({ name, value, note }) => html`<tr><th scope="row">${name}</th>
<td><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="s1" width="${Math.max(
      (100 * value) / most,
      value > 0 ? 0.5 : 0,
    ).toFixed(2)}" height="8" rx="1"/></svg></td>
<td class="number">${format(value)}</td><td class="note">${note}</td></tr>`,
  )}</table></figure>`;
}
