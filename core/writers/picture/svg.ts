import { say } from "../../description/say";
import { type Edge, type Label, type Layout, layoutOf, type PlacedBox, type PlacedCard, type Point } from "./layout";
import type { Picture } from "./picture";
import { SIZE } from "./text";

export const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[character]!);

export const SANS =
  'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif';
export const MONO =
  'ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Noto Sans Mono CJK SC",monospace';

/** Colours in light and dark; each says one thing. */
const COLOURS: Record<string, [light: string, dark: string]> = {
  page: ["#ffffff", "#0f1419"],
  card: ["#ffffff", "#1a2129"],
  line: ["#d5dbe3", "#364150"],
  text: ["#1b2430", "#e6ebf1"],
  quiet: ["#5b6776", "#9aa7b6"],
  box: ["#f5f7fa", "#141a21"],
  chip: ["#eef1f5", "#28323d"],
  port: ["#1f6feb", "#6cb0ff"],
  portfill: ["#eaf2fe", "#132a47"],
  store: ["#0f7b6c", "#4fc9b4"],
  storefill: ["#e8f6f3", "#10302c"],
  gpu: ["#7b3fc4", "#c39bff"],
  gpufill: ["#f3ecfc", "#2d2144"],
  wait: ["#7a8696", "#8794a5"],
  warn: ["#b45309", "#f5b454"],
  warnfill: ["#fef3dd", "#3a2a10"],
};

/** The colours as variables, in light (0) or dark (1). */
export const variables = (index: 0 | 1) =>
  Object.entries(COLOURS)
    .map(([name, colours]) => `--${name}:${colours[index]}`)
    .join(";");

/** The colours as variables, dark ones where somebody likes them dark. */
export const COLOURS_STYLE = `:root{${variables(0)};color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${variables(1)}}}`;

/** How the parts of a picture are drawn, whatever the colours are. */
export const PARTS_STYLE = `
.berth text{fill:var(--text);font:400 ${SIZE.label}px ${SANS}}
.berth .title{font-weight:600;font-size:${SIZE.title}px}
.berth .mono{font:400 ${SIZE.mono}px ${MONO}}
.berth .q{fill:var(--quiet)}
.berth .page{fill:var(--page)}
.berth .card,.berth .behind{fill:var(--card);stroke:var(--line)}
.berth .rule{stroke:var(--line)}
.berth .box{fill:var(--box);stroke:var(--line)}
.berth .chip{fill:var(--chip)}
.berth .chip.gpu{fill:var(--gpufill)}
.berth .gpu text,.berth text.gpu{fill:var(--gpu)}
.berth .ports,.berth .out{fill:var(--portfill)}
.berth text.port{fill:var(--port)}
.berth .store{fill:var(--storefill)}
.berth text.store{fill:var(--store)}
.berth .i{fill:none;stroke:var(--quiet);stroke-width:1.3;stroke-linecap:round;stroke-linejoin:round}
.berth .i.port{stroke:var(--port)}
.berth .i.store{stroke:var(--store)}
.berth .i.gpu{stroke:var(--gpu)}
.berth .e{fill:none;stroke-width:1.5}
.berth .e.port{stroke:var(--port)}
.berth .e.mount{stroke:var(--store)}
.berth .e.wait{stroke:var(--wait);stroke-dasharray:1 4.5;stroke-linecap:round;stroke-width:1.8}
.berth .h.port{fill:var(--port)}
.berth .h.mount{fill:var(--store)}
.berth .h.wait{fill:var(--wait)}
.berth .mark{fill:var(--warnfill)}
.berth text.mark{fill:var(--warn);font-weight:600;font-size:10.5px;text-anchor:middle}
`.trim();

const STYLE = `${COLOURS_STYLE}
${PARTS_STYLE}`;

const n = (value: number) => String(Math.round(value * 10) / 10);

/** Drawn on a square of 14 pixels. */
const ICONS = {
  globe:
    "M7 1.2a5.8 5.8 0 1 0 0 11.6a5.8 5.8 0 1 0 0-11.6M1.2 7h11.6M7 1.2c-3.4 3.3-3.4 8.3 0 11.6c3.4-3.3 3.4-8.3 0-11.6",
  lock: "M3.2 6.4h7.6v5.8H3.2zM4.8 6.4V4.4a2.2 2.2 0 0 1 4.4 0v2M7 8.7v1.4",
  wait: "M7 1.8a5.2 5.2 0 1 0 0 10.4a5.2 5.2 0 1 0 0-10.4M7 4v3.2l2 1.3",
  volume: "M2.2 3.4c0-2.4 9.6-2.4 9.6 0v7.2c0 2.4-9.6 2.4-9.6 0zM2.2 3.4c0 2.4 9.6 2.4 9.6 0",
  path: "M1.6 3.4c0-.6.3-.9.9-.9h2.7l1.4 1.5h4.9c.6 0 .9.3.9.9v5.7c0 .6-.3.9-.9.9h-9c-.6 0-.9-.3-.9-.9z",
  gpu: "M3.6 3.6h6.8v6.8H3.6zM5.7 5.7h2.6v2.6H5.7zM5.4 3.4V1.5M8.6 3.4V1.5M5.4 12.5v-1.9M8.6 12.5v-1.9M3.4 5.4H1.5M3.4 8.6H1.5M12.5 5.4h-1.9M12.5 8.6h-1.9",
  network: "M5.3 1.6h3.4v3.4H5.3zM1.4 9h3.4v3.4H1.4zM9.2 9h3.4v3.4H9.2zM7 5v2M3.1 9V7h7.8v2",
  namespace: "M4.2 1.8H1.8v2.4M9.8 1.8h2.4v2.4M4.2 12.2H1.8V9.8M9.8 12.2h2.4V9.8",
  machine: "M1.8 2.4h10.4v3.8H1.8zM1.8 7.8h10.4v3.8H1.8zM4 4.3h.1M4 9.7h.1",
};
type Icon = keyof typeof ICONS;

const icon = (name: Icon, x: number, middle: number, kind = "") =>
  `<path class="${kind ? `i ${kind}` : "i"}" transform="translate(${n(x)} ${n(middle - 7)})" d="${ICONS[name]}"/>`;

function text({ text: words, x, y, font, full }: Label, kind = ""): string {
  const names = [font === "label" ? "" : font, kind].filter(Boolean).join(" ");
  const title = full === undefined ? "" : `<title>${escaped(full)}</title>`;
  return `<text${names ? ` class="${names}"` : ""} x="${n(x)}" y="${n(y)}">${escaped(words)}${title}</text>`;
}

const rect = (
  kind: string,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  radius: number,
) => `<rect class="${kind}" x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${radius}"/>`;

/** The pieces of a line, with round corners. */
export function path(points: Point[]): string {
  let d = `M${n(points[0]!.x)} ${n(points[0]!.y)}`;
  for (const [index, corner] of points.slice(1, -1).entries()) {
    const before = points[index]!;
    const after = points[index + 2]!;
    const towards = (other: Point): Point => {
      const length = Math.hypot(other.x - corner.x, other.y - corner.y);
      const share = length && Math.min(8, length / 2) / length;
      return { x: corner.x + (other.x - corner.x) * share, y: corner.y + (other.y - corner.y) * share };
    };
    const start = towards(before);
    const end = towards(after);
    d += `L${n(start.x)} ${n(start.y)}Q${n(corner.x)} ${n(corner.y)} ${n(end.x)} ${n(end.y)}`;
  }
  const { x, y } = points.at(-1)!;
  return `${d}L${n(x)} ${n(y)}`;
}

function edge({ kind, from, to, points, text: words }: Edge): string {
  const end = points.at(-1)!;
  const tip = `M${n(end.x - 1)} ${n(end.y)}l-7 -3.6v7.2z`;
  const line = path([...points.slice(0, -1), { x: end.x - 7, y: end.y }]);
  return `<g class="edge" data-from="${from}" data-to="${to}"><title>${escaped(words)}</title><path class="e ${kind}" d="${line}"/><path class="h ${kind}" d="${tip}"/></g>`;
}

function card(
  { card: { id, name: called, chips: words, subtitle: image }, ...place }: PlacedCard,
  live: boolean,
): string {
  const { x, y, width, height, name, subtitle, chips, rows, rule, warnings } = place;
  const several = words.some(({ kind }) => kind === "replicas");
  const parts = [
    ...(several ? [rect("behind", { x: x + 5, y: y + 5, width, height }, 10)] : []),
    rect("card", place, 10),
    text(name),
    text(subtitle, "q"),
    ...chips.map((chip) => {
      const { kind } = chip.chip;
      const middle = chip.y + chip.height / 2;
      const drawn =
        kind === "gpu" || kind === "network" ? icon(kind, chip.x + 7, middle, kind === "gpu" ? kind : "") : "";
      return rect(`chip ${kind}`, chip, 10) + drawn + text(chip.label, kind === "gpu" ? kind : "");
    }),
    ...(rule === undefined ? [] : [`<path class="rule" d="M${n(x + 14)} ${n(rule)}H${n(x + width - 14)}"/>`]),
    ...rows.map(({ kind, label, y: middle, readOnly, shares }) => {
      const sign =
        kind === "secret"
          ? icon("lock", x + 14, middle)
          : kind === "wait"
            ? icon(shares ?? "wait", x + 14, middle)
            : "";
      const only = readOnly
        ? `<text class="q" text-anchor="end" x="${n(x + width - 14)}" y="${n(label.y)}">ro<title>${say`read-only`}</title></text>`
        : "";
      return sign + text(label, kind === "mount" ? "" : "q") + only;
    }),
    ...(warnings.length ? [mark(x + width - 22, y + 22, String(warnings[0]))] : []),
  ];
  const button = live ? ` tabindex="0" role="button" aria-label="${escaped(`${called}, ${image}`)}"` : "";
  return `<g id="${id}" class="service"${button}>${parts.join("")}</g>`;
}

const mark = (x: number, middle: number, words: string) =>
  `<circle class="mark" cx="${n(x)}" cy="${n(middle)}" r="8.5"/><text class="mark" x="${n(x)}" y="${n(middle + 3.8)}">${words}</text>`;

function box({ box: { kind }, labels, ...place }: PlacedBox): string {
  const names = labels.map(
    ({ name, detail }) => icon(kind, place.x + 16, name.y - 4) + text(name) + (detail ? text(detail, "q") : ""),
  );
  return `<g>${rect("box", place, 14)}${names.join("")}</g>`;
}

function outside({ outside: strip, ports }: Layout): string {
  if (!strip) return "";
  const { x, y, width, height } = strip;
  const right = x + width;
  const lines = ports.map(
    (port) =>
      `<path class="e port" d="M${n(right)} ${n(port.y + port.height / 2)}H${n(port.x - 7)}"/>` +
      `<path class="h port" d="M${n(port.x - 1)} ${n(port.y + port.height / 2)}l-7 -3.6v7.2z"/>`,
  );
  const middle = y + height / 2;
  const centre = x + width / 2;
  return `<g>${rect("out", strip, 10)}${icon("globe", centre - 7, middle - 28, "port")}<text class="port" text-anchor="middle" transform="translate(${n(centre + 4)} ${n(middle + 10)}) rotate(-90)">${say`outside`}</text>${lines.join("")}</g>`;
}

/**
 * A layout as SVG.
 *
 * @param live for a page, where services can be clicked
 */
export function drawn(layout: Layout, name: string, live = false): string {
  const { x, y, width, height, title, boxes, edges, cards, stores, ports, warnings } = layout;
  const parts = [
    rect("page", layout, 0),
    text(title),
    ...boxes.map(box),
    outside(layout),
    ...edges.map(edge),
    ...ports.map(
      (place) => `<g>${rect("ports", place, 10)}${place.labels.map((label) => text(label, "port")).join("")}</g>`,
    ),
    ...stores.map(
      (place) =>
        `<g>${rect("store", place, 10)}${icon(place.store.kind === "path" ? "path" : "volume", place.x + 12, place.y + place.height / 2, "store")}${text(place.label, "store")}</g>`,
    ),
    ...cards.map((place) => card(place, live)),
    ...warnings.map(
      ({ number, lines, y: middle }) =>
        `<g>${mark(layout.x + 37, middle, String(number))}${lines.map((line) => text(line, "q")).join("")}</g>`,
    ),
  ];
  return `<svg class="berth" xmlns="http://www.w3.org/2000/svg" viewBox="${n(x)} ${n(y)} ${n(width)} ${n(height)}" width="${n(width)}" height="${n(height)}" ${live ? "" : 'role="img" '}aria-label="${escaped(name)}">
<style>${STYLE}</style>
${parts.filter(Boolean).join("\n")}
</svg>
`;
}

/** A picture as one SVG file. It has its own style, for light and dark, and needs no other file. */
export const toSvg = async (picture: Picture): Promise<string> => drawn(await layoutOf(picture), picture.name);
