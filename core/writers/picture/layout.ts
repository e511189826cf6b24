import { say } from "../../description/say";
import ELK, { type ElkExtendedEdge, type ElkNode, type ElkPort, type LayoutOptions } from "elkjs/lib/elk.bundled.js";
import type { Box, Card, Chip, Picture, Shared, Store } from "./picture";
import { type Font, fitted, SIZE, widthOf, wrapped } from "./text";

export interface Point {
  x: number;
  y: number;
}

export interface Rect extends Point {
  width: number;
  height: number;
}

/** A text with the place of its baseline's left end, short enough for where it stands. */
export interface Label extends Point {
  text: string;
  font: Font;
  /** What it says in full, where it was shortened. */
  full?: string;
}

/** A line of a card below its head; a line of the picture may begin at its end. */
export interface Row {
  kind: "secret" | "mount" | "wait" | "more";
  label: Label;
  /** Middle of the line. */
  y: number;
  readOnly?: boolean;
  shares?: Shared;
}

export interface PlacedChip extends Rect {
  chip: Chip;
  label: Label;
}

export interface PlacedCard extends Rect {
  card: Card;
  name: Label;
  subtitle: Label;
  chips: PlacedChip[];
  rows: Row[];
  /** Where the hairline is that parts head and rows. */
  rule?: number;
  /** Numbers of the warnings that are about it. */
  warnings: number[];
}

export interface PlacedStore extends Rect {
  store: Store;
  label: Label;
}

/** The published ports of one card. */
export interface PlacedPorts extends Rect {
  card: Card;
  labels: Label[];
}

export interface PlacedBox extends Rect {
  box: Box;
  labels: { name: Label; detail?: Label }[];
}

/** A line of level and upright pieces, which runs beside cards and never through them. */
export interface Edge {
  kind: "port" | "mount" | "wait";
  from: string;
  to: string;
  points: Point[];
  /** Said where somebody points at it. */
  text: string;
}

export interface Layout extends Rect {
  title: Label;
  cards: PlacedCard[];
  stores: PlacedStore[];
  ports: PlacedPorts[];
  boxes: PlacedBox[];
  edges: Edge[];
  /** The strip that everything from outside comes through. */
  outside?: Rect;
  warnings: { number: number; lines: Label[]; y: number }[];
}

const MARGIN = 28;
const PAD = 14;
// Even, so that lines from the middle of rows stand on whole pixels.
const ROW = 20;
const CHIP = 20;
const MOST_ROWS = 7;
const BOX_PAD = 16;
const LABEL_LINE = 20;
const STORE_HEIGHT = 34;
const ICON = 20;
const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, Math.ceil(value)));

function label(text: string, x: number, y: number, width: number, font: Font, shorter = text): Label {
  const short = fitted(shorter, width, font);
  return { text: short, x, y, font, full: short === text ? undefined : text };
}

/** Baseline of a text in the middle of a line. */
const baseline = (middle: number, font: Font) => middle + SIZE[font] * 0.35;

/** The first ones, and how many more there are. */
function few<T>(items: T[], most: number): { shown: T[]; more: number } {
  const shown = items.length > most ? items.slice(0, most - 1) : items;
  return { shown, more: items.length - shown.length };
}

const chipWidth = ({ text, kind }: Chip) => widthOf(text, "label") + (kind === "gpu" || kind === "network" ? 34 : 18);

/** An image without its registry and folders, one by one, where they are too long. */
function imageText(image: string, width: number): string {
  let short = image;
  while (widthOf(short, "mono") > width && short.replace(/^…/, "").includes("/", 1))
    short = `…${short.replace(/^…?\/?[^/]+/, "")}`;
  return short;
}

interface Line {
  kind: Row["kind"];
  text: string;
  readOnly?: boolean;
  shares?: Shared;
  /** The end of the lines that begin there. */
  to: { id: string; text: string }[];
}

const mounted = (store: string, path: string, readOnly: boolean) =>
  readOnly ? say`${store} at ${path}, read-only` : say`${store} at ${path}`;

const MORE: Record<Row["kind"], (count: number) => string> = {
  secret: (count) => say`${count} more secrets`,
  mount: (count) => say`${count} more mounts`,
  wait: (count) => say`${count} more needs`,
  more: (count) => say`${count} more`,
};

function linesOf(card: Card, storeName: (id: string) => string): Line[] {
  const groups: [Row["kind"], Line[]][] = [
    ["secret", card.secrets.map((text) => ({ kind: "secret", text, to: [] }))],
    ["wait", card.waits.map(({ on, text, shares }) => ({ kind: "wait", text, shares, to: [{ id: on, text }] }))],
    [
      "mount",
      card.mounts.map(({ path, readOnly, store }) => ({
        kind: "mount",
        text: path,
        readOnly,
        to: [{ id: store, text: mounted(storeName(store), path, readOnly) }],
      })),
    ],
  ];
  return groups.flatMap(([kind, lines]) => {
    const { shown, more } = few(lines, MOST_ROWS);
    if (!more) return shown;
    const rest = lines.slice(shown.length).flatMap(({ to }) => to);
    return [...shown, { kind: rest.length ? kind : "more", text: MORE[kind](more), to: rest }];
  });
}

/** Pixels that a line takes beside its text: the icon, and the mark for read-only. */
const beside = ({ kind, readOnly }: Line) => (kind === "secret" || kind === "wait" ? ICON : 0) + (readOnly ? 28 : 0);
const fontOf = ({ kind }: { kind: Row["kind"] }): Font => (kind === "mount" || kind === "secret" ? "mono" : "label");

interface Shape {
  card: Card;
  lines: Line[];
  chips: Chip[][];
  height: number;
}

/** Chips as they fall into lines of that width. */
function chipLines(chips: Chip[], width: number): Chip[][] {
  const lines: Chip[][] = [];
  let left = 0;
  for (const chip of chips) {
    const needed = Math.min(width, chipWidth(chip));
    if (!lines.length || needed > left) {
      lines.push([]);
      left = width;
    }
    lines.at(-1)!.push(chip);
    left -= needed + 6;
  }
  return lines;
}

function shapeOf(card: Card, width: number, storeName: (id: string) => string): Shape {
  const lines = linesOf(card, storeName);
  const chips = chipLines(card.chips, width - 2 * PAD);
  const head = PAD + 40 + chips.length * (CHIP + 6);
  return { card, lines, chips, height: head + (lines.length ? 8 + lines.length * ROW + 9 : 8) };
}

function placeCard({ card, lines, chips }: Shape, rect: Rect, warnings: number[]): PlacedCard {
  const { x, y, width } = rect;
  const room = width - 2 * PAD;
  let at = y + PAD;
  const name = label(card.name, x + PAD, at + 13, room - (warnings.length ? 22 : 0), "title");
  const subtitle = label(card.subtitle, x + PAD, at + 31, room, "mono", imageText(card.subtitle, room));
  at += 42;
  const placed = chips.flatMap((line) => {
    let left = x + PAD;
    const row = line.map((chip): PlacedChip => {
      const wide = Math.min(room, chipWidth(chip));
      const icon = chip.kind === "gpu" || chip.kind === "network" ? 24 : 9;
      const text = label(chip.text, left + icon, baseline(at + CHIP / 2, "label"), wide - icon - 8, "label");
      const result = { chip, x: left, y: at, width: wide, height: CHIP, label: text };
      left += wide + 6;
      return result;
    });
    at += CHIP + 6;
    return row;
  });
  const rule = lines.length ? at + 2 : undefined;
  at += 8;
  const rows = lines.map((line): Row => {
    const font = fontOf(line);
    const icon = line.kind === "secret" || line.kind === "wait" ? ICON : 0;
    const middle = at + ROW / 2;
    at += ROW;
    const text = label(line.text, x + PAD + icon, baseline(middle, font), room - beside(line), font);
    return { kind: line.kind, label: text, y: middle, readOnly: line.readOnly, shares: line.shares };
  });
  return { ...rect, card, name, subtitle, chips: placed, rows, rule, warnings };
}

/** Middle of a line of a card, from its top. */
const rowAt = ({ lines, height }: Shape, index: number) => height - 9 - (lines.length - index - 0.5) * ROW;

/** Boxes do not take these from the picture around them. */
const SPACING: LayoutOptions = {
  "elk.spacing.nodeNode": "26",
  "elk.spacing.edgeNode": "16",
  "elk.spacing.edgeEdge": "10",
  "elk.layered.spacing.nodeNodeBetweenLayers": "56",
  "elk.layered.spacing.edgeNodeBetweenLayers": "20",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "9",
};

const OPTIONS: LayoutOptions = {
  ...SPACING,
  "elk.algorithm": "layered",
  "elk.padding": "[top=0,left=0,bottom=0,right=0]",
  "elk.direction": "RIGHT",
  // One drawing for what is in boxes and around them.
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  // What was declared first stands first, where that costs no crossing.
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
};

/** A place on the edge of a node, where lines begin or end. */
const port = (id: string, side: "WEST" | "EAST", x: number, y: number): ElkPort => ({
  id,
  x,
  y,
  layoutOptions: { "elk.port.side": side },
});

const node = (id: string, width: number, height: number, ports: ElkPort[], options: LayoutOptions = {}): ElkNode => ({
  id,
  width,
  height,
  ports,
  layoutOptions: { "elk.portConstraints": "FIXED_POS", ...options },
});

interface Widths {
  card: number;
  store: number;
  port: number;
}

/** One width for each kind: what stands in a column is aligned. */
function widthsOf({ cards, stores }: Picture, storeName: (id: string) => string): Widths {
  const widest = (widths: number[]) => Math.max(0, ...widths);
  const lines = cards.flatMap((card) => [
    widthOf(card.name, "title") + 22,
    widthOf(card.subtitle, "mono"),
    ...card.chips.map(chipWidth),
    ...linesOf(card, storeName).map((line) => widthOf(line.text, fontOf(line)) + beside(line)),
  ]);
  return {
    card: clamp(widest(lines) + 2 * PAD + 2, 184, 272),
    store: clamp(widest(stores.map(({ name }) => widthOf(name, "mono"))) + 2 * PAD + ICON, 100, 272),
    port: clamp(widest(cards.flatMap(({ ports }) => ports.map((one) => widthOf(portText(one), "mono")))) + 24, 76, 240),
  };
}

const portText = ({ outside, inside }: Card["ports"][number]) => `${outside} → ${inside}`;

function portLines({ ports }: Card): string[] {
  const { shown, more } = few(ports, MOST_ROWS);
  return [...shown.map(portText), ...(more ? [MORE.more(more)] : [])];
}

const boxHead = ({ labels }: Box) => 22 + labels.length * LABEL_LINE;

interface Connection {
  edge: ElkExtendedEdge;
  kind: Edge["kind"];
  from: string;
  to: string;
  text: string;
}

/** Where everything stands. The same picture always gives the same places. */
export async function layoutOf(picture: Picture): Promise<Layout> {
  const storeNames = new Map(picture.stores.map(({ id, name }) => [id, name]));
  const storeName = (id: string) => storeNames.get(id)!;
  const widths = widthsOf(picture, storeName);
  const shapes = new Map(picture.cards.map((card) => [card.id, shapeOf(card, widths.card, storeName)]));

  const cardNode = (card: Card): ElkNode => {
    const shape = shapes.get(card.id)!;
    const starts = shape.lines.map((_, index) => port(`${card.id}.${index}`, "EAST", widths.card, rowAt(shape, index)));
    return node(card.id, widths.card, shape.height, [
      port(`${card.id}.port`, "WEST", 0, PAD + 9),
      port(`${card.id}.wait`, "WEST", 0, PAD + 27),
      ...starts,
    ]);
  };
  const edges = picture.cards.flatMap((card): Connection[] => {
    const lines: Connection[] = shapes.get(card.id)!.lines.flatMap(({ kind: of, to }, index) =>
      to.map(({ id, text }, nth) => {
        const kind = of === "wait" ? "wait" : "mount";
        const edge = { id: `${card.id}.${index}.${nth}`, sources: [`${card.id}.${index}`], targets: [`${id}.${kind}`] };
        return { edge, kind, from: card.id, to: id, text: say`${card.name}: ${text}` };
      }),
    );
    if (!card.ports.length) return lines;
    const from = `p${card.id}`;
    const edge = { id: from, sources: [`${from}.out`], targets: [`${card.id}.port`] };
    return [{ edge, kind: "port", from, to: card.id, text: card.ports.map(portText).join(", ") }, ...lines];
  });
  const published = picture.cards.filter(({ ports }) => ports.length);
  const graph: ElkNode = {
    id: "picture",
    layoutOptions: OPTIONS,
    children: [
      ...published.map((card) => {
        const height = portLines(card).length * ROW + 10;
        const out = [port(`p${card.id}.out`, "EAST", widths.port, height / 2)];
        return node(`p${card.id}`, widths.port, height, out, {
          "elk.layered.layering.layerConstraint": "FIRST_SEPARATE",
        });
      }),
      ...picture.boxes.map((box): ElkNode => {
        const inside = picture.cards.filter((card) => card.box === box.id);
        if (!inside.length) return node(box.id, widths.card, boxHead(box) - 4, []);
        const padding = `[top=${boxHead(box)},left=${BOX_PAD},bottom=${BOX_PAD},right=${BOX_PAD}]`;
        return { id: box.id, children: inside.map(cardNode), layoutOptions: { ...SPACING, "elk.padding": padding } };
      }),
      ...picture.cards.filter(({ box }) => box === undefined).map(cardNode),
      ...picture.stores.map(({ id }) =>
        node(id, widths.store, STORE_HEIGHT, [port(`${id}.mount`, "WEST", 0, STORE_HEIGHT / 2)], {
          "elk.spacing.individual": "elk.spacing.nodeNode:14",
        }),
      ),
    ],
    edges: edges.map(({ edge }) => edge),
  };
  const { children = [], edges: routed = [] } = await new ELK().layout(graph);
  const rects = new Map<string, Rect>();
  const keep = ({ id, x = 0, y = 0, width = 0, height = 0, children: inside = [] }: ElkNode) => {
    rects.set(id, { x, y, width, height });
    inside.forEach(keep);
  };
  children.forEach(keep);
  const routes = new Map(routed.map(({ id, sections = [] }) => [id, sections[0]!]));
  const placedEdges = edges.map(({ edge, ...rest }): Edge => {
    const { startPoint, bendPoints = [], endPoint } = routes.get(edge.id)!;
    return { ...rest, points: [startPoint, ...bendPoints, endPoint].map(({ x, y }) => ({ x, y })) };
  });
  return assemble(picture, shapes, (id) => rects.get(id)!, placedEdges);
}

function assemble(picture: Picture, shapes: Map<string, Shape>, rectOf: (id: string) => Rect, edges: Edge[]): Layout {
  const numbers = new Map<string, number[]>();
  for (const [index, { card }] of picture.warnings.entries())
    if (card) numbers.set(card, [...(numbers.get(card) ?? []), index + 1]);
  const cards = picture.cards.map((card) =>
    placeCard(shapes.get(card.id)!, rectOf(card.id), numbers.get(card.id) ?? []),
  );
  const stores = picture.stores.map((store): PlacedStore => {
    const rect = rectOf(store.id);
    const middle = baseline(rect.y + STORE_HEIGHT / 2, "mono");
    return {
      ...rect,
      store,
      label: label(store.name, rect.x + PAD + ICON, middle, rect.width - 2 * PAD - ICON, "mono"),
    };
  });
  const ports = picture.cards
    .filter((card) => card.ports.length)
    .map((card): PlacedPorts => {
      const rect = rectOf(`p${card.id}`);
      const labels = portLines(card).map((text, index) =>
        label(text, rect.x + 12, baseline(rect.y + 5 + (index + 0.5) * ROW, "mono"), rect.width - 22, "mono"),
      );
      return { ...rect, card, labels };
    });
  const boxes = picture.boxes.map((box): PlacedBox => {
    const rect = rectOf(box.id);
    return { ...rect, box, labels: labelsOf(box, rect) };
  });
  const outside = stripOf(ports);
  const everything: Rect[] = [...cards, ...stores, ...ports, ...boxes, ...(outside ? [outside] : [])];
  if (!everything.length) everything.push({ x: 0, y: 0, width: 0, height: 0 });
  const levels = edges.flatMap(({ points }) => points.map(({ y }) => y));
  const top = Math.min(...everything.map(({ y }) => y), ...levels);
  const left = Math.min(...everything.map(({ x }) => x));
  const right = Math.max(...everything.map(({ x, width }) => x + width));
  const bottom = Math.max(...everything.map(({ y, height }) => y + height), ...levels);
  const title = label(picture.name, left, top - 22, Math.max(300, right - left), "title");
  const width = Math.max(right - left, widthOf(title.text, "title"), picture.warnings.length ? 520 : 0);
  let below = bottom + 30;
  const warnings = picture.warnings.map(({ text }, index) => {
    const lines = wrapped(text, Math.min(width - 30, 900), "label");
    const y = below;
    below += lines.length * 17 + 9;
    return {
      number: index + 1,
      y: y + 8,
      lines: lines.map((line, nth): Label => ({ text: line, x: left + 26, y: y + 12 + nth * 17, font: "label" })),
    };
  });
  const end = warnings.length ? below - 9 : bottom;
  return {
    x: left - MARGIN,
    y: top - 36 - MARGIN,
    width: width + 2 * MARGIN,
    height: end - top + 36 + 2 * MARGIN,
    title,
    cards,
    stores,
    ports,
    boxes,
    edges,
    outside,
    warnings,
  };
}

/** Beside all published ports, and long enough for its word. */
function stripOf(ports: PlacedPorts[]): Rect | undefined {
  if (!ports.length) return undefined;
  const top = Math.min(...ports.map(({ y }) => y));
  const bottom = Math.max(...ports.map(({ y, height }) => y + height));
  const height = Math.max(92, bottom - top);
  const x = Math.min(...ports.map((place) => place.x)) - 72;
  return { x, y: (top + bottom - height) / 2, width: 26, height };
}

function labelsOf(box: Box, { x, y, width }: Rect): PlacedBox["labels"] {
  return box.labels.map(({ name, detail }, index) => {
    const at = y + 24 + index * LABEL_LINE;
    const room = width - 2 * BOX_PAD - ICON;
    const shown = label(name, x + BOX_PAD + ICON, at, detail ? Math.max(60, room * 0.62) : room, "label");
    const used = widthOf(shown.text, "label") + 10;
    return {
      name: shown,
      detail: detail === undefined ? undefined : label(detail, shown.x + used, at, room - used, "mono"),
    };
  });
}
