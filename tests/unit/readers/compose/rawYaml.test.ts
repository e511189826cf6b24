import { parseAllDocuments } from "yaml";
import { contentsOf, quickDocuments, type RawNode } from "../../../../core/readers/compose/rawYaml";

/** What the thorough parser makes of a text; undefined where it finds something wrong. */
function thorough(text: string): (RawNode | undefined)[] | undefined {
  const documents = parseAllDocuments(text, {
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    strict: false,
    logLevel: "silent",
  });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length)) return undefined;
  return documents.map((document) => contentsOf(document as never));
}
const isEmpty = ({ kind, plain, text, tag, anchor }: RawNode) =>
  kind === "scalar" && plain && text === "" && tag === undefined && anchor === undefined;

/** Without places, which matter in messages only. Nothing written and an empty plain text are one. */
const meaning = (node: RawNode | undefined): unknown =>
  node &&
  !isEmpty(node) && {
    kind: node.kind,
    tag: node.tag,
    anchor: node.anchor,
    text: node.text,
    plain: node.plain,
    items: node.items.map((item) => meaning(item) || undefined),
    entries: node.entries.map(([key, value]) => [meaning(key) || undefined, meaning(value) || undefined]),
  };

const TEXTS = [
  "a: 1\nb: [x, 'y', \"z\\n\"]\nc: {d: e, 'f': g}\n",
  "services:\n  web:\n    image: nginx # the site\n    command:\n      - -c\n      - a: b\n    ports:\n    - 80:80\n",
  "x-base: &base\n  restart: always\nservices:\n  a:\n    <<: *base\n    image: a\n  b:\n    <<: [*base, *base]\n",
  "a: |\n  one\n   two\nb: >-\n  folded\n  text\nc: |+\n  kept\n\nd: >2\n    four\n",
  "a: !reset null\nb: !override [1]\nc: !!str 5\nd: &n !!int 7\ne: *n\n",
  "a:\nb:\n  - \n  - c\n'd':\n\"e\" :\n? f\n: g\n",
  "plain: text over\n  two rows\nquoted: \"one\n  two\"\nsingle: 'it''s'\n",
  "---\na: 1\n---\nb: 2\n...\n",
  "# only a note\na: http://x:80/#frag\nb: a#b\nc: 22:22\nd: ~\ne: -1\n",
  "deep: {a: [{b: [1, {c: d}]}], e: {}}\nempty: []\n",
  "windows: line\r\nends: |\r\n  two\r\n  rows\r\n",
];

test.each(TEXTS)("both parsers read the same, at the same places: %j", (text) => {
  const quick = quickDocuments(text);
  expect(quick).toBeDefined();
  const expected = thorough(text)!;
  expect(quick!.map(meaning)).toEqual(expected.map(meaning));
  const places = (node: RawNode | undefined): unknown[] =>
    node ? [node.at, ...node.items.flatMap(places), ...node.entries.flatMap(([k, v]) => [places(k), places(v)])] : [];
  // An item of which nothing is written has no place of its own.
  if (!text.includes("- \n")) expect(quick!.map(places)).toEqual(expected.map(places));
});

test.each([
  ["", "nothing"],
  ["# a note\n", "a note alone"],
  ["- a\n", "a list"],
  ["text\n", "a text"],
  ["a: [1\n", "a bracket without end"],
  ["a: 'b\n", "a quote without end"],
  ["a:\n\t- b\n", "a tab"],
  ["\uFEFFa: 1\n", "a byte order mark"],
  ["%TAG ! tag:x,2000:\n---\na: !b c\n", "a directive"],
  ["a: &x b: c\n", "a mapping on the row of its anchor"],
  ["a: 1\n---\n- b\n", "a second document that is a list"],
])("%j is left to the thorough parser: %s", (text) => {
  expect(quickDocuments(text)).toBeUndefined();
});

test("mutated texts: what the quick parser takes, it reads as the thorough one does", () => {
  let seed = 20261121;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % below;
  };
  const PIECES = [
    "\n",
    " ",
    "  ",
    ":",
    ": ",
    "- ",
    "#",
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "'",
    '"',
    "[",
    "]",
    "{",
    "}",
    ",",
    "?",
    "\t",
    "-",
    "a",
    "0",
  ];
  let taken = 0;
  for (let round = 0; round < 4000; round++) {
    let text = TEXTS[random(TEXTS.length)]!;
    for (let change = 0; change <= random(3); change++) {
      const at = random(text.length);
      text = text.slice(0, at) + PIECES[random(PIECES.length)]! + text.slice(at + random(3));
    }
    const quick = quickDocuments(text);
    const expected = thorough(text);
    if (!quick || !expected) continue;
    taken++;
    expect({ text, read: quick.map(meaning) }).toEqual({ text, read: expected.map(meaning) });
  }
  expect(taken).toBeGreaterThan(500);
});
