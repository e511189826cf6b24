// What a page does in the browser. Without it, everything can be read all the same.
import { WORDS } from "../words";
import { excerpt, Search, type Section } from "./search";

const root = document.documentElement;
const words = root.lang === "en" ? WORDS.en : WORDS.zh;
const language = root.lang === "en" ? "en" : "zh";
const top = root.dataset.root!;
const one = <T extends HTMLElement>(selector: string) => document.querySelector<T>(selector)!;

// Light or dark: as the machine has it, until somebody says otherwise.
one("#theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // A browser may keep nothing for files: then it is for this page alone.
  }
});

// The menu is beside the page, and on a phone behind a button.
one("#menu").addEventListener("click", () => {
  const open = document.body.classList.toggle("menu");
  one("#menu").setAttribute("aria-expanded", String(open));
});
const here = document.querySelector<HTMLElement>("nav.pages [aria-current]");
if (here) here.closest("nav")!.scrollTop = here.offsetTop - innerHeight / 2;

if (navigator.clipboard)
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.parentElement!.querySelector("code")!.textContent!);
      button.textContent = words.copied;
      setTimeout(() => (button.textContent = words.copy), 1500);
    });
  }

// Where one is on the page.
const links = new Map(
  [...document.querySelectorAll<HTMLAnchorElement>("nav.outline a")].map((link) => [
    decodeURIComponent(link.hash.slice(1)),
    link,
  ]),
);
const headings = [...links.keys()].flatMap((id) => document.getElementById(id) ?? []);
const mark = () => {
  const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 120).at(-1);
  for (const [id, link] of links) link.classList.toggle("here", id === passed?.id);
};
if (headings.length) {
  addEventListener("scroll", mark, { passive: true });
  mark();
}

// The search. Its texts are a script, since a page from the disk may load nothing else.
const dialog = one<HTMLDialogElement>("dialog.search");
const input = one<HTMLInputElement>("dialog.search input");
const list = one<HTMLUListElement>("dialog.search ul");
let search: Search | undefined;

declare global {
  interface Window {
    berthSections?: Section[];
  }
}

function load(): void {
  if (search || document.querySelector("script.sections")) return;
  const script = document.createElement("script");
  script.className = "sections";
  script.src = `${top}assets/sections.js`;
  script.addEventListener("load", () => {
    search = new Search(window.berthSections!.filter(({ languages }) => languages.includes(language)));
    show();
  });
  document.head.append(script);
}

function runs(text: string, terms: string[], length?: number): Node[] {
  return excerpt(text, terms, length).map(({ text: words, found }) => {
    if (!found) return document.createTextNode(words);
    const marked = document.createElement("mark");
    marked.textContent = words;
    return marked;
  });
}

function show(): void {
  const query = input.value.trim();
  const found = search && query ? search.find(query) : [];
  const rows = found.map(({ url, page, heading, text, terms }, index) => {
    const row = document.createElement("li");
    const link = document.createElement("a");
    link.href = top + url;
    const title = document.createElement("strong");
    title.append(...runs(heading === page ? page : `${page} › ${heading}`, terms, 200));
    const piece = document.createElement("span");
    piece.append(...runs(text, terms));
    link.append(title, piece);
    link.classList.toggle("on", index === 0);
    row.append(link);
    return row;
  });
  if (query && rows.length === 0) {
    const row = document.createElement("li");
    row.textContent = search ? words.nothing : words.loading;
    rows.push(row);
  }
  list.replaceChildren(...rows);
}

function open(): void {
  load();
  if (!dialog.open) dialog.showModal();
  input.select();
}

one("#search").addEventListener("click", open);
input.addEventListener("input", show);
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || (event.target as Element).closest("a")) dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  const all = [...list.querySelectorAll("a")];
  const at = all.findIndex((link) => link.classList.contains("on"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && all.length) {
    event.preventDefault();
    const next = all[(at + step + all.length) % all.length]!;
    all[at]?.classList.remove("on");
    next.classList.add("on");
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && !event.isComposing && all[at]) {
    event.preventDefault();
    all[at].click();
  }
});
document.addEventListener("keydown", (event) => {
  const typing = (event.target as Element).closest("input, textarea");
  if ((event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
    event.preventDefault();
    open();
  }
});
const asked = new URLSearchParams(location.search).get("search");
if (asked) {
  input.value = asked;
  open();
}
