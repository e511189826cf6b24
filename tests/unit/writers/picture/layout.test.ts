import { type Label, type Layout, layoutOf, type Rect } from "../../../../core/writers/picture/layout";
import { fitted, widthOf, wrapped } from "../../../../core/writers/picture/text";
import { FIFTY, fifty } from "./fifty";

let layout: Layout;
beforeAll(async () => {
  layout = await layoutOf(fifty());
}, 60_000);

const apart = (a: Rect, b: Rect, gap: number) =>
  a.x + a.width + gap <= b.x ||
  b.x + b.width + gap <= a.x ||
  a.y + a.height + gap <= b.y ||
  b.y + b.height + gap <= a.y;
const pairs = <T>(all: T[]) => all.flatMap((a, index) => all.slice(index + 1).map((b): [T, T] => [a, b]));
const boxesOf = ({ cards, stores, ports }: Layout): Rect[] => [...cards, ...stores, ...ports];
const holds = (outer: Rect, inner: Rect) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
const rectOf = ({ x, y, text, font }: Label): Rect => ({ x, y: y - 12, width: widthOf(text, font), height: 15 });

test("there are fifty services, and many lines", () => {
  expect(layout.cards).toHaveLength(50);
  expect(layout.edges.length).toBeGreaterThan(100);
  expect(layout.ports.length).toBeGreaterThan(8);
});

test("nothing overlaps: cards, stores and ports keep a distance, boxes of networks as well", () => {
  const near = pairs(boxesOf(layout)).filter(([a, b]) => !apart(a, b, 10));
  expect(near).toEqual([]);
  expect(pairs(layout.boxes).filter(([a, b]) => !apart(a, b, 10))).toEqual([]);
});

test("a card stands in the box of its network and in no other one; stores and ports in none", () => {
  for (const box of layout.boxes) {
    for (const place of layout.cards) {
      if (place.card.box === box.box.id) expect(holds(box, place)).toBe(true);
      else expect(apart(box, place, 6)).toBe(true);
    }
    for (const place of [...layout.stores, ...layout.ports]) expect(apart(box, place, 6)).toBe(true);
  }
});

test("lines are level or upright, and go through no card, store or port", () => {
  for (const { points, from, to } of layout.edges)
    for (const [index, end] of points.slice(1).entries()) {
      const start = points[index]!;
      expect(Math.min(Math.abs(start.x - end.x), Math.abs(start.y - end.y))).toBeLessThan(0.6);
      const line: Rect = {
        x: Math.min(start.x, end.x) + 0.5,
        y: Math.min(start.y, end.y) + 0.5,
        width: Math.abs(end.x - start.x) - 1,
        height: Math.abs(end.y - start.y) - 1,
      };
      const crossed = boxesOf(layout).filter(
        (rect) => !apart(rect, { ...line, width: Math.max(0, line.width), height: Math.max(0, line.height) }, 0),
      );
      expect([from, to, crossed]).toEqual([from, to, []]);
    }
});

test("labels fit into what they stand in, Chinese ones too, and none stands on another", () => {
  for (const place of layout.cards) {
    const labels = [place.name, place.subtitle, ...place.rows.map(({ label }) => label)];
    for (const label of labels) expect(holds(place, rectOf(label))).toBe(true);
    for (const chip of place.chips) {
      expect(holds(place, chip)).toBe(true);
      expect(holds(chip, rectOf(chip.label))).toBe(true);
    }
    const all = [...labels.map(rectOf), ...place.chips];
    expect(pairs(all).filter(([a, b]) => !apart(a, b, 0))).toEqual([]);
  }
  for (const place of layout.stores) expect(holds(place, rectOf(place.label))).toBe(true);
  for (const place of layout.ports) for (const label of place.labels) expect(holds(place, rectOf(label))).toBe(true);
  for (const place of layout.boxes)
    for (const { name, detail } of place.labels) {
      expect(holds(place, rectOf(name))).toBe(true);
      if (detail) expect(holds(place, rectOf(detail)) && apart(rectOf(name), rectOf(detail), 4)).toBe(true);
    }
  for (const { lines } of layout.warnings) for (const line of lines) expect(holds(layout, rectOf(line))).toBe(true);
  expect(layout.warnings[0]!.lines.length).toBeGreaterThan(3);
});

test("no line runs through the name of a network", () => {
  for (const { labels } of layout.boxes)
    for (const label of labels.flatMap(({ name, detail }) => (detail ? [name, detail] : [name])))
      for (const { points } of layout.edges)
        for (const [index, end] of points.slice(1).entries()) {
          const start = points[index]!;
          const line = { x: Math.min(start.x, end.x), y: Math.min(start.y, end.y) };
          const size = { width: Math.abs(end.x - start.x), height: Math.abs(end.y - start.y) };
          expect(apart(rectOf(label), { ...line, ...size }, 0)).toBe(true);
        }
});

test("what is short on the picture is said in full", () => {
  const long = layout.cards.find(({ card }) => card.name.startsWith("s11-"))!;
  expect(long.name.text).toContain("…");
  expect(long.name.full).toBe(long.card.name);
  // The end of an image says more than its registry.
  expect(long.subtitle.text).toMatch(/^….*:1\.11$/);
  expect(layout.cards.find(({ card }) => card.name === "s1")!.subtitle.text).toBe("…/team/department/s1:1.1");
});

test("many mounts, ports and needs end in one line that still leads to all of them", () => {
  const many = layout.cards.find(({ card }) => card.mounts.length === 10)!;
  expect(
    many.rows
      .filter(({ kind }) => kind === "mount")
      .map(({ label }) => label.text)
      .at(-1),
  ).toBe("4 more mounts");
  expect(layout.edges.filter(({ from, kind }) => from === many.card.id && kind === "mount")).toHaveLength(10);
  const ports = layout.ports.find(({ card }) => card.ports.length === 12)!;
  expect(ports.labels.map(({ text }) => text).at(-1)).toBe("6 more");
});

test("the same again gives the same places", async () => {
  expect(FIFTY).toContain("s49");
  expect(await layoutOf(fifty())).toEqual(layout);
}, 60_000);

test("an empty picture has a size", async () => {
  const empty = await layoutOf({ name: "nothing", boxes: [], cards: [], stores: [], warnings: [] });
  for (const size of [empty.x, empty.y, empty.width, empty.height]) expect(Number.isFinite(size)).toBe(true);
});

test("texts are shortened in their middle, by the width of their letters", () => {
  expect(widthOf("WWW", "title")).toBeGreaterThan(2 * widthOf("iii", "title"));
  expect(widthOf("数据卷", "mono")).toBeCloseTo(3 * 11.5);
  const short = fitted("/var/lib/docker/volumes/data/_data", 120, "mono");
  expect(short).toMatch(/^\/var.*….*_data$/);
  expect(widthOf(short, "mono")).toBeLessThanOrEqual(120);
  expect(fitted("web", 120, "mono")).toBe("web");
  for (const line of wrapped("一个很长的警告".repeat(20), 200, "label"))
    expect(widthOf(line, "label")).toBeLessThanOrEqual(200);
  expect(wrapped("one two three", 60, "label").join(" ")).toBe("one two three");
});
