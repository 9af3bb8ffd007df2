"""How the HTML report looks: quiet, narrow enough to read, light and dark."""

CSS = """
:root {
  --text: #1c1917; --soft: #57534e; --page: #fafaf9; --card: #ffffff; --edge: #e7e5e4; --code: #f5f5f4;
  --good: #15803d; --bad: #b91c1c; --good-page: #f0fdf4; --bad-page: #fef2f2; --link: #1d4ed8;
  --mark: #a8a29e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e7e5e4; --soft: #a8a29e; --page: #171514; --card: #1f1d1b; --edge: #383431; --code: #2b2826;
    --good: #4ade80; --bad: #f87171; --good-page: #14251a; --bad-page: #2b1715; --link: #93c5fd;
    --mark: #78716c;
  }
  /* Our own plots are dark on white: turned round, with their colours kept. */
  figure.plot img { filter: invert(.89) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.5rem 3rem; }
header {
  position: relative; padding: 1.3rem 1.6rem 1.3rem 4.6rem; border: 1px solid var(--edge);
  border-radius: 14px; background: var(--card);
}
header::before {
  content: "–"; position: absolute; left: 1.5rem; top: 1.35rem; width: 2rem; height: 2rem;
  border-radius: 50%; background: var(--mark); color: var(--card); font-weight: 700; line-height: 2rem;
  text-align: center;
}
header.good { background: var(--good-page); border-color: transparent; }
header.good::before { content: "✓"; background: var(--good); }
header.bad { background: var(--bad-page); border-color: transparent; }
header.bad::before { content: "✕"; background: var(--bad); }
header p { margin: .4rem 0 0; color: var(--soft); }
header code { background: none; padding: 0; color: var(--text); }
h1 { margin: 0; font-size: 1.4rem; line-height: 1.35; letter-spacing: -.01em; overflow-wrap: anywhere; }
section { margin-top: 2.6rem; }
h2 { margin: 0 0 .8rem; font-size: 1.1rem; letter-spacing: -.005em; overflow-wrap: anywhere; }
.own h3, .own h4, .own h5, .own h6 { margin: 1.2rem 0 .5rem; font-size: 1rem; }
p { overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .15em; }
code, pre { font: .875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
code { padding: .1em .35em; border-radius: 5px; background: var(--code); overflow-wrap: anywhere; }
pre {
  margin: .8rem 0; padding: .9rem 1.1rem; border: 1px solid var(--edge); border-radius: 10px;
  background: var(--code); white-space: pre-wrap; overflow-wrap: anywhere;
  max-height: 22rem; overflow-y: auto;
}
pre code { padding: 0; background: none; font-size: 1em; }
.scroll {
  overflow-x: auto; border: 1px solid var(--edge); border-radius: 10px; background: var(--card);
}
table { width: 100%; border-collapse: collapse; font-size: .94rem; }
th, td {
  padding: .55rem .9rem; text-align: left; vertical-align: baseline; border-top: 1px solid var(--edge);
}
thead th, table:not(:has(thead)) tr:first-child td { border-top: 0; }
th { color: var(--soft); font-weight: 600; font-size: .82rem; white-space: nowrap; }
td:first-child { white-space: nowrap; }
tbody tr:hover { background: color-mix(in srgb, var(--code) 60%, transparent); }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
span.good, span.bad {
  margin: 0 -.6em; padding: .12em .6em; border-radius: 999px;
  font-size: .86em; font-weight: 600; white-space: nowrap;
}
span.good { color: var(--good); background: var(--good-page); }
span.bad { color: var(--bad); background: var(--bad-page); }
span.neutral { color: var(--soft); }
figure, .own p > img {
  margin: 0 0 1rem; padding: .75rem; border: 1px solid var(--edge); border-radius: 10px; background: #ffffff;
}
.scroll + figure { margin-top: 1rem; }
@media (prefers-color-scheme: dark) { figure.plot { background: #1c1c1c; } }
img { display: block; max-width: 100%; max-height: 26rem; height: auto; margin: 0 auto; }
details { margin: 1rem 0 0; }
summary { cursor: pointer; color: var(--soft); padding: .25rem 0; border-radius: 6px; }
summary:hover { color: var(--text); }
details[open] > summary { margin-bottom: .6rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) {
  main { padding: 1rem .75rem 2rem; }
  header { padding: 3.6rem 1.1rem 1.1rem; }
  header::before { left: 1.1rem; top: 1rem; }
  th, td { padding: .5rem .65rem; }
  table:has(th:nth-child(3)) { min-width: 36rem; }
  table:has(th:nth-child(6)) { min-width: 48rem; }
}
@media print {
  body { background: #ffffff; }
  main { max-width: none; padding: 0; }
  section { break-inside: avoid-page; }
}
"""
