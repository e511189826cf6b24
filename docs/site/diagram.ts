import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";
import { escaped, path } from "../../core/writers/picture/svg";
import { SIZE, widthOf, wrapped } from "../../core/writers/picture/text";

/** What the pages have of mermaid: boxes with a name and a text, boxes in boxes, arrows. */
interface Box {
  id: string;
  name: string;
  lines: string[];
  inside: Box[];
}

const LINE = 17;
const PADDING = 14;
/** Pixels that a text may be wide. */
const WIDEST = 190;

const NODE = /^([\w-]+)(?:\s*\["?([^"\]]*)"?\])?$/;

/** `<b>name</b><br>text`, or a text alone. */
function words(label: string): Pick<Box, "name" | "lines"> {
  const [, name, text] = /^<b>(.*?)<\/b>(?:<br>(.*))?$/.exec(label) ?? [undefined, label, ""];
  return { name: name!, lines: wrapped((text ?? "").replaceAll("<br>", " "), WIDEST, "label") };
}

/** Reads a flowchart. What it does not know is an error: a diagram that lacks something is no diagram. */
function read(text: string): { boxes: Box[]; edges: [from: string, to: string][]; down: boolean } {
  const [first, ...rows] = text.split("\n").map((row) => row.trim());
  const direction = /^flowchart (TD|TB|LR)$/.exec(first!)?.[1];
  if (!direction) throw new Error(`docs/site/diagram.ts draws flowchart TD and LR, not: ${first}`);
  const top: Box = { id: "", name: "", lines: [], inside: [] };
  const open = [top];
  const known = new Map<string, Box>();
  const edges: [string, string][] = [];
  const box = (source: string): Box => {
    const [, id, label] = NODE.exec(source.trim()) ?? [];
    if (!id) throw new Error(`docs/site/diagram.ts cannot draw: ${source}`);
    let found = known.get(id);
    if (!found) {
      found = { id, ...words(label ?? id), inside: [] };
      known.set(id, found);
      open.at(-1)!.inside.push(found);
    } else if (label) Object.assign(found, words(label));
    return found;
  };
  for (const row of rows) {
    if (row === "" || row.startsWith("%%")) continue;
    if (row === "end") open.pop();
    else if (row.startsWith("subgraph ")) open.push(box(row.slice("subgraph ".length)));
    else {
      const chain = row.split(/\s*-->\s*/).map(box);
      for (const [index, to] of chain.slice(1).entries()) edges.push([chain[index]!.id, to.id]);
    }
  }
  return { boxes: top.inside, edges, down: direction !== "LR" };
}

function node(box: Box): ElkNode {
  if (box.inside.length)
    return {
      id: box.id,
      children: box.inside.map(node),
      layoutOptions: { "elk.padding": `[top=40,left=18,bottom=18,right=18]` },
    };
  const width = Math.max(widthOf(box.name, "title"), ...box.lines.map((line) => widthOf(line, "label")));
  return { id: box.id, width: width + 2 * PADDING, height: 2 * PADDING + LINE * (1 + box.lines.length) - 6 };
}

/** A flowchart of mermaid as SVG, drawn as the pictures of the setups are. */
export async function diagram(text: string): Promise<string> {
  const { boxes, edges, down } = read(text);
  const graph: ElkNode = {
    id: "diagram",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": down ? "DOWN" : "RIGHT",
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.padding": "[top=2,left=2,bottom=2,right=2]",
      "elk.spacing.nodeNode": "22",
      "elk.layered.spacing.nodeNodeBetweenLayers": "44",
      "elk.json.shapeCoords": "ROOT",
      "elk.json.edgeCoords": "ROOT",
    },
    children: boxes.map(node),
    edges: edges.map(([from, to], index): ElkExtendedEdge => ({ id: `e${index}`, sources: [from], targets: [to] })),
  };
  const laid = await new ELK().layout(graph);
  const drawn = (box: Box, places: ElkNode[]): string => {
    const { x = 0, y = 0, width = 0, height = 0, children = [] } = places.find(({ id }) => id === box.id)!;
    const line = (words: string, row: number, kind: string) =>
      `<text class="${kind}" x="${x + PADDING}" y="${y + PADDING + SIZE.label + row * LINE}">${escaped(words)}</text>`;
    return [
      `<rect class="${box.inside.length ? "box" : "card"}" x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/>`,
      line(box.name, 0, "title"),
      ...box.lines.map((words, index) => line(words, index + 1, "q")),
      ...box.inside.map((inner) => drawn(inner, children)),
    ].join("");
  };
  const arrows = (laid.edges ?? []).flatMap(({ sections = [] }) =>
    sections.map(({ startPoint, bendPoints = [], endPoint }) => {
      const [before, end] = [bendPoints.at(-1) ?? startPoint, endPoint];
      const angle = (Math.atan2(end.y - before.y, end.x - before.x) * 180) / Math.PI;
      return `<path class="e plain" d="${path([startPoint, ...bendPoints, endPoint])}"/><path class="h wait" transform="translate(${end.x} ${end.y}) rotate(${angle})" d="M0 0l-7 -3.6v7.2z"/>`;
    }),
  );
  const { width = 0, height = 0 } = laid;
  return `<svg class="berth" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">${boxes.map((box) => drawn(box, laid.children!)).join("")}${arrows.join("")}</svg>`;
}
