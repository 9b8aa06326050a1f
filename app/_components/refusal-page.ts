/**
 * The page for a request that proxy.ts refuses before Next renders anything: our looks in one text.
 *
 * Not standardized; design §4 "error page". A page of Next cannot have the status 401, so this one stands by
 * itself: no script, no built style sheet, no font to load. Its colors are the tokens of ../globals.css
 * (asserted by refusal-page.test.ts), and the drawing is that of failure-page.tsx.
 *
 * Invariant: nothing of the request is in the text, except a theme that is one of two words.
 *
 * @module
 */

type Refusal = {
  readonly language: string;
  /** `light` or `dark` as the visitor chose; anything else follows the system. */
  readonly theme: string | undefined;
  /** Of the Content-Security-Policy of this answer. */
  readonly nonce: string;
  readonly title: string;
  readonly text: string;
  readonly code: string;
  /** The word of the link to the first page. */
  readonly startPage: string;
};

export function refusalPage(refusal: Refusal): string {
  const { language, theme, nonce, title, text, code, startPage } = refusal;
  const chosen = theme === 'light' || theme === 'dark' ? ` data-theme="${theme}"` : '';
  return `<!doctype html>
<html lang="${language}"${chosen}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · rootless42</title>
<link rel="icon" href="/icon.svg">
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<div class="cable" aria-hidden="true"><i class="end"></i><i class="lit"></i>${CROSS}<i class="dots"></i><i class="end far"></i></div>
<h1>${title}</h1>
<p class="text">${text}</p>
<p class="code">${code}</p>
<a href="/">${startPage}</a>
</main>
</body>
</html>
`;
}

const CROSS =
  '<svg width="24" height="24" viewBox="0 0 24 24" fill="none"><path d="M5 5l14 14M19 5L5 19" stroke-linecap="round" stroke-width="4"/></svg>';

const STYLE = `
:root {
  color-scheme: light dark;
  --bg: light-dark(#f6f7f6, #0c0f11);
  --control: light-dark(#768287, #6a7880);
  --text: light-dark(#12171a, #e9edef);
  --text-2: light-dark(#465157, #abb6bc);
  --text-3: light-dark(#5c676d, #8c989f);
  --accent: light-dark(#ffd21f, #ffd43a);
  --accent-hover: light-dark(#ffc400, #ffe07a);
  --accent-edge: light-dark(#8a6b00, #ffd43a);
  --on-accent: light-dark(#12171a, #12171a);
  --bad: light-dark(#b2221e, #ff857d);
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
*, *::before { box-sizing: border-box; margin: 0; }
body { background: var(--bg); color: var(--text); font-family: Geist, "PingFang SC", "Microsoft YaHei", sans-serif; }
main { max-width: 1280px; margin: 0 auto; padding: 72px 16px; }
h1 { margin-top: 32px; font-size: 2rem; line-height: 2.375rem; font-weight: 600; letter-spacing: -0.03em; }
.text { max-width: 640px; margin-top: 12px; font-size: 1.125rem; line-height: 1.75rem; color: var(--text-2); }
.code { margin-top: 12px; font-family: ui-monospace, monospace; font-size: 0.8125rem; line-height: 1.125rem; color: var(--text-3); }
.cable { display: flex; align-items: center; }
.cable svg { margin: 0 12px; flex: none; stroke: var(--bad); }
.end { width: 16px; height: 16px; flex: none; border: 2px solid var(--accent-edge); border-radius: 50%; background: var(--accent); }
.far { border-color: var(--control); background: none; }
.lit { height: 5px; flex: 1; border: solid var(--accent-edge); border-width: 1px 0; background: var(--accent); }
.dots { height: 5px; flex: 1; background: radial-gradient(circle, var(--control) 1px, transparent 1.3px) 0 center / 6px 6px repeat-x; }
a { display: inline-flex; align-items: center; min-height: 48px; margin-top: 32px; padding: 0 20px; border: 1px solid var(--accent-edge);
  border-radius: 6px; background: var(--accent); color: var(--on-accent); font-weight: 600; text-decoration: none; }
a:hover { background: var(--accent-hover); }
a:focus-visible { outline: 2px solid var(--text); outline-offset: 2px; }
@media (min-width: 768px) { main { padding: 72px 32px; } a { min-height: 44px; } }
@media (min-width: 1280px) { main { padding: 72px; } }
`;
