"""The page's style sheet and its few lines of script, kept inside it so that it stays one file."""

CSS = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c1e21; --soft: #5b6470; --line: #dfe3e8; --panel: #f5f7f9; --accent: #1d5fd1;
  --warn: #8a5300; --warn-panel: #fff6e5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121417; --ink: #e8eaed; --soft: #a2abb6; --line: #31373f; --panel: #1b1f24; --accent: #8ab4ff;
    --warn: #f2c069; --warn-panel: #2a2215;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink); line-height: 1.55;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: clamp(1.6rem, 5vw, 2.3rem); line-height: 1.2; margin: 0 0 .75rem; text-wrap: balance; }
h2 { font-size: 1.3rem; margin: 3.25rem 0 .5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.75rem 0 .25rem; }
p { margin: .5rem 0; max-width: 46rem; }
.lead { font-size: 1.12rem; }
.soft, figcaption, dt { color: var(--soft); font-size: .9rem; }
.missing { border: 1px dashed var(--line); border-radius: .5rem; padding: .6rem .9rem; color: var(--soft); }
code {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .88em; overflow-wrap: anywhere;
}
a { color: var(--accent); }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; }
.tiles > div { background: var(--panel); border-radius: .6rem; padding: .8rem 1rem; overflow-wrap: anywhere; }
.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tiles dd small { font-size: .95rem; font-weight: 500; }
.tiles dd + dd { font-size: .82rem; font-weight: 400; color: var(--soft); white-space: normal; line-height: 1.35; }

figure { margin: 0; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; margin: 1.25rem 0 1.75rem; }
.pair img, .strip img { display: block; width: 100%; height: auto; border-radius: .4rem; }
.compare {
  display: block; width: 100%; padding: 0; border: 0; background: none; border-radius: .4rem; cursor: pointer;
  -webkit-touch-callout: none; user-select: none; touch-action: pan-y;
}
.compare:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.compare img { pointer-events: none; }
.strip { margin: 1rem 0; }
.strip > div { overflow-x: auto; }
.strip img { min-width: 34rem; }

.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .55rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--soft); }
th:first-child, td:first-child, .text { text-align: left; }
td:first-child { font-weight: 550; }
tbody tr.best td { background: var(--panel); }

.wide td:first-child { min-width: 8.5rem; }
.prose td:last-child { white-space: normal; min-width: 18rem; }
.plot svg { display: block; width: 100%; height: auto; max-width: 40rem; margin: 1rem 0 .5rem; }
ul.warnings {
  list-style: none; margin: 1rem 0; padding: .75rem 1rem; border-radius: .5rem; background: var(--warn-panel);
  color: var(--warn); font-size: .92rem; max-width: 60rem;
}
ul.warnings li + li { margin-top: .45rem; }
pre { background: var(--panel); border-radius: .5rem; padding: .75rem 1rem; overflow-x: auto; font-size: .85rem;
  line-height: 1.45; }
details { margin: .6rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }

@media (max-width: 38rem) {
  main { padding: 1.25rem 1rem 3rem; }
  .pair { grid-template-columns: 1fr; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tiles dd { font-size: 1.3rem; }
  th, td { padding: .4rem .5rem; }
  td:first-child { min-width: 8.5rem; white-space: normal; overflow-wrap: break-word; }
}
@media print { .compare { cursor: auto; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
"""

SCRIPT = """
for (const button of document.querySelectorAll('.compare')) {
  const picture = button.querySelector('img');
  const label = button.parentElement.querySelector('.showing');
  const rendered = picture.src, input = document.getElementById(button.dataset.input).src;
  const show = held => {
    picture.src = held ? input : rendered;
    button.setAttribute('aria-pressed', held);
    label.textContent = held ? 'Input' : 'Rendered';
  };
  const isKey = event => event.key === ' ' || event.key === 'Enter';
  button.addEventListener('pointerenter', event => { if (event.pointerType === 'mouse') show(true); });
  button.addEventListener('pointerdown', () => show(true));
  button.addEventListener('pointerup', event => { if (event.pointerType !== 'mouse') show(false); });
  for (const end of ['pointerleave', 'pointercancel', 'blur']) button.addEventListener(end, () => show(false));
  button.addEventListener('keydown', event => { if (isKey(event)) { event.preventDefault(); show(true); } });
  button.addEventListener('keyup', event => { if (isKey(event)) show(false); });
  button.addEventListener('contextmenu', event => event.preventDefault());
}
"""
