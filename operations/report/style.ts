import { Html } from './html.ts';

/** The page in light and dark, on screens of any width and on paper. */
export const STYLE: Html = new Html(`
:root { color-scheme: light dark; --page: #f7f8fa; --card: #fff; --text: #1c2230; --soft: #5c6577; --line: #dfe3ea;
  --s1: #2b6cb0; --s2: #b7791f; --s3: #2f855a; --s4: #805ad5; --error: #c53030; --warning: #975a16; --info: #2b6cb0; --good: #2f855a; }
@media (prefers-color-scheme: dark) { :root { --page: #12151c; --card: #1b202a; --text: #e4e8ef; --soft: #9aa4b5; --line: #2e3543;
  --s1: #63a4e8; --s2: #e0a94c; --s3: #5fc28b; --s4: #b197ec; --error: #fc8181; --warning: #ecc265; --info: #90cdf4; --good: #68d391; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 24px 20px 60px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 18px; margin: 36px 0 12px; }
p { margin: 4px 0; } .soft, .note, .axis, figcaption { color: var(--soft); }
a { color: inherit; } nav { margin: 10px 0 0; color: var(--soft); } nav a { margin-right: 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(160px, 1fr)); gap: 10px; margin: 18px 0 0; }
.tile, figure, .finding, .card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.tile { padding: 10px 14px; } .tile b { display: block; font-size: 21px; font-variant-numeric: tabular-nums; }
.tile.error b { color: var(--error); } .tile.warning b { color: var(--warning); } .tile.good b { color: var(--good); }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 14px; }
figure { margin: 0; padding: 12px 14px; min-width: 0; } figcaption { font-weight: 600; margin-bottom: 6px; }
figure > svg { display: block; width: 100%; height: auto; }
.empty { color: var(--soft); padding: 14px 0; }
.grid { stroke: var(--line); stroke-width: 1; } text.axis { fill: var(--soft); font-size: 11px; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .dashed { stroke-dasharray: 5 4; }
.line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2); } .line.s3 { stroke: var(--s3); } .line.s4 { stroke: var(--s4); } .line.s5 { stroke: var(--error); }
circle.s1, rect.s1 { fill: var(--s1); } circle.s2 { fill: var(--s2); } circle.s3 { fill: var(--s3); } circle.s4 { fill: var(--s4); } circle.s5 { fill: var(--error); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; } .legend i { display: inline-block; width: 12px; height: 3px;
  margin-right: 6px; vertical-align: middle; }
i.s1 { background: var(--s1); } i.s2 { background: var(--s2); } i.s3 { background: var(--s3); } i.s4 { background: var(--s4); } i.s5 { background: var(--error); }
table { border-collapse: collapse; width: 100%; font-size: 14px; } th { text-align: left; font-weight: 600; }
th, td { padding: 5px 10px 5px 0; vertical-align: top; border-bottom: 1px solid var(--line); } tr:last-child > * { border-bottom: 0; }
.card { padding: 6px 14px; overflow-x: auto; } .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bars th { font-weight: 400; font-size: 13px; width: 52%; overflow-wrap: anywhere; } .bars td:nth-child(2) { width: 24%; } .bars svg { width: 100%; height: 12px; display: block; margin-top: 5px; }
.bars th, .bars td { border: 0; padding: 2px 8px 2px 0; } .note { font-size: 13px; white-space: nowrap; }
.finding { padding: 10px 14px; margin: 0 0 8px; border-left: 4px solid var(--info); overflow-wrap: anywhere; }
.finding.error { border-left-color: var(--error); } .finding.warning { border-left-color: var(--warning); }
.finding h3 { font-size: 15px; margin: 0; } .finding .severity { font-size: 12px; text-transform: uppercase; letter-spacing: .04em; }
.error > .severity, td.error { color: var(--error); } .warning > .severity, td.warning { color: var(--warning); } .info > .severity { color: var(--info); }
code { font: 13px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
summary { cursor: pointer; padding: 8px 0; }
@media print { body { max-width: none; background: none; } figure, .finding, tr { break-inside: avoid; } nav { display: none; } }
`);
