import { posix } from "node:path";
import { escaped } from "../../core/writers/picture/svg";
import type { Heading } from "./markdown";
import type { Language } from "./words";
import { WORDS } from "./words";

/** A link of the menu, already as seen from the page. */
export interface MenuEntry {
  href: string;
  label: string;
  current: boolean;
  /** In a Chinese menu: a page that is not there in Chinese. */
  english: boolean;
}

export interface Frame {
  /** Path of the page in the site. */
  output: string;
  language: Language;
  title: string;
  description: string;
  /** The content as HTML. */
  html: string;
  headings: Heading[];
  menu: { label: string; entries: MenuEntry[] }[];
  home: { href: string; current: boolean };
  /** The same page in the other language, or the first page there. */
  other: { href: string; missing: boolean };
  /** The pages before and behind it in the menu. */
  previous?: MenuEntry;
  next?: MenuEntry;
  kind: "start" | "page" | "source";
}

const icon = (path: string) => `<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
const ICONS = {
  search: icon("M8.5 3a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M12.5 12.5L17 17"),
  menu: icon("M3 5.5h14M3 10h14M3 14.5h14"),
  theme: icon("M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14M10 3v14M10 6.5h5.9M10 10h7M10 13.5h5.9"),
};
/** A container at its berth. */
const LOGO = `<svg class="logo" viewBox="0 0 28 28" aria-hidden="true"><rect class="a" x="4" y="10.5" width="9" height="7" rx="1.5"/><rect class="b" x="15" y="10.5" width="9" height="7" rx="1.5"/><rect class="c" x="9.5" y="2" width="9" height="7" rx="1.5"/><path d="M2 21.5c2 0 2 1.6 4 1.6s2-1.6 4-1.6s2 1.6 4 1.6s2-1.6 4-1.6s2 1.6 4 1.6s2-1.6 4-1.6"/></svg>`;

/** A whole page. It asks for nothing but files of the site, by relative paths, so it can be opened from the disk. */
export function framed(frame: Frame): string {
  const { output, language, title, html, headings, menu, home, other, previous, next, kind } = frame;
  const words = WORDS[language];
  const top = "../".repeat(output.split("/").length - 1);
  const link = ({ href, label, current, english }: MenuEntry) =>
    `<li><a href="${escaped(href)}"${current ? ' aria-current="page"' : ""}>${escaped(label)}${english && words.inEnglish ? ` <small>${words.inEnglish}</small>` : ""}</a></li>`;
  const outline = headings.filter(({ level }) => level === 2 || level === 3);
  const turn = (entry: MenuEntry | undefined, label: string, rel: string) =>
    entry
      ? `<a class="${rel}" rel="${rel}" href="${escaped(entry.href)}"><small>${label}</small>${escaped(entry.label)}</a>`
      : "";
  const current = (is: boolean) => (is ? ' aria-current="page"' : "");
  return `<!doctype html>
<html lang="${words.lang}" data-root="${top}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(kind === "start" ? title : `${title} · berth`)}</title>
<meta name="description" content="${escaped(frame.description)}">
<link rel="icon" href="${top}assets/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="${top}assets/style.css">
<script>try{const theme=localStorage.getItem("theme");if(theme)document.documentElement.dataset.theme=theme}catch{}</script>
<script src="${top}assets/page.js" defer></script>
</head>
<body class="${kind}">
<header>
<button type="button" id="menu" aria-label="${words.menu}" aria-expanded="false">${ICONS.menu}</button>
<a class="home" href="${escaped(home.href)}">${LOGO}berth</a>
<button type="button" id="search">${ICONS.search}<span>${words.search}</span><kbd>/</kbd></button>
<a class="language" href="${escaped(other.href)}" lang="${WORDS[language === "en" ? "zh" : "en"].lang}" hreflang="${WORDS[language === "en" ? "zh" : "en"].lang}"${other.missing ? ` title="${words.otherMissing}"` : ""}>${words.other}</a>
<button type="button" id="theme" aria-label="${words.theme}" title="${words.theme}">${ICONS.theme}</button>
</header>
<div class="columns">
<nav class="pages" aria-label="${words.menu}">
<ul><li><a href="${escaped(home.href)}"${current(home.current)}>${words.start}</a></li></ul>
${menu.map(({ label, entries }) => `<h2>${escaped(label)}</h2>\n<ul>\n${entries.map(link).join("\n")}\n</ul>`).join("\n")}
</nav>
<main>
<article>
${html}</article>
${previous || next ? `<nav class="turn">${turn(previous, words.previous, "prev")}${turn(next, words.next, "next")}</nav>` : ""}
</main>
${
  kind === "page" && outline.length > 1
    ? `<nav class="outline" aria-label="${words.outline}"><h2>${words.outline}</h2><ul>
${outline.map(({ level, anchor, label }) => `<li class="l${level}"><a href="#${anchor}">${label}</a></li>`).join("\n")}
</ul></nav>`
    : ""
}
</div>
<dialog class="search" aria-label="${words.search}"><input type="search" aria-label="${words.search}" placeholder="${words.search}" autocomplete="off" spellcheck="false"><ul></ul></dialog>
</body>
</html>
`;
}

/** The sign of the site as a file of its own, for the browser's tab. */
export const logo = (style: string): string =>
  LOGO.replace(" aria-hidden", ' xmlns="http://www.w3.org/2000/svg" aria-hidden').replace(
    ">",
    `><style>${style}</style>`,
  );

/** The way from one page of the site to another. */
export function relative(from: string, to: string): string {
  const [path, anchor] = to.split("#") as [string, string | undefined];
  const way = path === from && anchor !== undefined ? "" : posix.relative(posix.dirname(from), path);
  return anchor === undefined ? way : `${way}#${anchor}`;
}
