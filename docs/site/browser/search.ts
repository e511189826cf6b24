import MiniSearch from "minisearch";
import type { Language } from "../words";

/** What can be found: a part of a page. */
export interface Section {
  /** Path of the page in the site, with the anchor. */
  url: string;
  page: string;
  heading: string;
  text: string;
  /** Who can read it; a page without a translation is for both. */
  languages: Language[];
  /** How near the beginning of the answers it belongs: 1, or less. */
  weight: number;
}

export interface Found extends Section {
  /** Words of the page that were found. */
  terms: string[];
}

const WORD = /[\p{Script=Han}]+|[\p{L}\p{N}_]+(?:[.-][\p{L}\p{N}_]+)*/gu;
const HAN = /^\p{Script=Han}/u;

/** Chinese has no spaces between its words: each two characters that stand together are one, and so is each alone. */
const pairs = (run: string) => [...run].slice(1).map((character, index) => [...run][index]! + character);

/** A name in pieces: `from-run` is found as from and run, `BridgeNetwork` as bridge and network. */
const pieces = (word: string) => {
  const all = word.split(/[._-]+|(?<=[a-z0-9])(?=[A-Z])/).filter(Boolean);
  return all.length > 1 ? [...all, all.join("")] : [];
};

// Latin letters and Chinese ones may stand together: "docker命令".
const words = (text: string) =>
  (text.normalize("NFKC").match(WORD) ?? []).flatMap((word) => word.match(/\p{Script=Han}+|[^\p{Script=Han}]+/gu)!);

/** The words of a text as they are kept. */
export const termsOf = (text: string): string[] =>
  words(text).flatMap((word) =>
    HAN.test(word) ? [...word, ...pairs(word)] : [word, ...pieces(word)].map((piece) => piece.toLowerCase()),
  );

/** What a question has beside what it is about. */
const FILLERS = new Set("a an and are can do does for how i in is it my of or the to what where which with".split(" "));

/** The words that somebody looks for. */
export function termsOfQuery(text: string): string[] {
  const all = words(text).flatMap((word) =>
    HAN.test(word) ? (word.length > 1 ? pairs(word) : [word]) : [word.toLowerCase()],
  );
  const some = all.filter((word) => !FILLERS.has(word));
  return some.length ? some : all;
}

const fileOf = ({ url }: Section) => /([^/#]*)\.html/.exec(url)![1]!;

export class Search {
  // The name of the file says in every language what the page is about.
  private readonly index = new MiniSearch<Section & { id: number; file: string }>({
    fields: ["page", "file", "heading", "text"],
    tokenize: termsOf,
    processTerm: (term) => term,
  });

  constructor(private readonly sections: Section[]) {
    this.index.addAll(sections.map((section, id) => ({ ...section, id, file: fileOf(section) })));
  }

  /** What fits, best first: all of the words, or else as many as there are. */
  find(query: string, limit = 12): Found[] {
    const options = {
      tokenize: termsOfQuery,
      boost: { page: 6, file: 6, heading: 4 },
      prefix: (term: string) => !HAN.test(term),
      fuzzy: (term: string) => (!HAN.test(term) && term.length > 4 ? 0.2 : false),
      boostDocument: (id: number) => this.sections[id]!.weight,
    };
    const all = this.index.search(query, { ...options, combineWith: "AND" });
    const results = all.length ? all : this.index.search(query, options);
    return results.slice(0, limit).map(({ id, terms }) => ({ ...this.sections[id]!, terms }));
  }
}

/** A piece of the text around the first word that was found, in runs that say whether they were found. */
export function excerpt(text: string, terms: string[], length = 150): { text: string; found: boolean }[] {
  const lower = text.toLowerCase();
  const found = new Array<boolean>(text.length).fill(false);
  // Pairs of Chinese characters overlap.
  for (const term of terms)
    for (let at = lower.indexOf(term); at >= 0; at = lower.indexOf(term, at + 1))
      found.fill(true, at, at + term.length);
  const first = Math.max(0, found.indexOf(true));
  const start =
    first < length / 2 ? 0 : Math.max(text.lastIndexOf(" ", first - length / 3) + 1, first - Math.floor(length / 2));
  const end = Math.min(text.length, start + length);
  const runs: { text: string; found: boolean }[] = [];
  if (start > 0) runs.push({ text: "… ", found: false });
  for (let at = start; at < end; ) {
    let next = at + 1;
    while (next < end && found[next] === found[at]) next++;
    runs.push({ text: text.slice(at, next), found: found[at]! });
    at = next;
  }
  if (end < text.length) runs.push({ text: " …", found: false });
  return runs;
}
