"""How the HTML report looks: quiet, narrow enough to read, light and dark."""

CSS = """
:root {
  --text: #1c1917; --soft: #57534e; --page: #fafaf9; --card: #ffffff; --edge: #e7e5e4; --code: #f5f5f4;
  --good: #15803d; --bad: #b91c1c; --good-page: #f0fdf4; --bad-page: #fef2f2; --link: #1d4ed8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e7e5e4; --soft: #a8a29e; --page: #171514; --card: #211f1d; --edge: #3b3734; --code: #2b2826;
    --good: #4ade80; --bad: #f87171; --good-page: #14251a; --bad-page: #2b1715; --link: #93c5fd;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
main { max-width: 54rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
header {
  padding: 1.1rem 1.4rem; border: 1px solid var(--edge); border-left: 6px solid var(--soft);
  border-radius: 10px; background: var(--card);
}
header.good { border-left-color: var(--good); background: var(--good-page); }
header.bad { border-left-color: var(--bad); background: var(--bad-page); }
header p { margin: .35rem 0 0; color: var(--soft); }
h1 { margin: 0; font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere; }
h2 { margin: 2.4rem 0 .7rem; font-size: 1.1rem; }
p { overflow-wrap: anywhere; }
a { color: var(--link); }
code, pre { font: .88em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
code { padding: .1em .35em; border-radius: 4px; background: var(--code); overflow-wrap: anywhere; }
pre {
  margin: .7rem 0; padding: .9rem 1.1rem; border: 1px solid var(--edge); border-radius: 8px;
  background: var(--code); white-space: pre-wrap; overflow-wrap: anywhere;
}
pre code { padding: 0; background: none; font-size: 1em; }
.scroll { overflow-x: auto; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); }
table { width: 100%; border-collapse: collapse; font-size: .94rem; }
th, td { padding: .5rem .85rem; text-align: left; vertical-align: top; border-top: 1px solid var(--edge); }
thead th, table:not(:has(thead)) tr:first-child td { border-top: 0; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; white-space: nowrap; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child { white-space: nowrap; }
span.good { color: var(--good); font-weight: 600; }
span.bad { color: var(--bad); font-weight: 600; }
span.neutral { color: var(--soft); }
figure {
  margin: 0 0 1rem; padding: .5rem; border: 1px solid var(--edge); border-radius: 8px; background: #ffffff;
}
img { display: block; max-width: 100%; max-height: 26rem; height: auto; margin: 0 auto; }
details { margin: .9rem 0; }
summary { cursor: pointer; color: var(--soft); padding: .25rem 0; }
@media (max-width: 40rem) { main { padding: 1rem .75rem 3rem; } th, td { padding: .45rem .6rem; } }
@media print { body { background: #ffffff; } main { max-width: none; } }
"""
