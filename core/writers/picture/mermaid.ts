import { say } from "../../description/say";
import type { Picture } from "./picture";

/** What mermaid reads as it stands between quotes. */
const quoted = (text: string) =>
  `"${text.replaceAll("#", "#35;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;")}"`;

/** A picture as a flowchart of mermaid, which GitHub and many editors draw. */
export function toMermaid({ name, boxes, cards, stores, warnings }: Picture): string {
  const node = (card: Picture["cards"][number]) => {
    const lines = [
      card.name,
      card.subtitle,
      ...card.chips.map(({ text }) => text),
      ...card.secrets.map((secret) => `🔒 ${secret}`),
    ];
    const marks = warnings.flatMap((warning, index) => (warning.card === card.id ? [`⚠ ${index + 1}`] : []));
    return `${card.id}[${[...lines, ...marks]
      .map((line) => quoted(line).slice(1, -1))
      .join("<br>")
      .replace(/^|$/g, '"')}]`;
  };
  const lines = [`---`, `title: ${JSON.stringify(name)}`, `---`, `flowchart LR`];
  if (cards.some(({ ports }) => ports.length)) lines.push(`  outside((${quoted(say`outside`)}))`);
  for (const { id, labels } of boxes) {
    const words = labels.map(({ name: of, detail }) => (detail ? `${of} ${detail}` : of)).join("<br>");
    lines.push(`  subgraph ${id} [${quoted(words).replaceAll("#lt;br#gt;", "<br>")}]`);
    for (const card of cards) if (card.box === id) lines.push(`    ${node(card)}`);
    lines.push("  end");
  }
  for (const card of cards) if (!card.box) lines.push(`  ${node(card)}`);
  for (const { id, kind, name: of } of stores)
    lines.push(kind === "path" ? `  ${id}[/${quoted(of)}/]` : `  ${id}[(${quoted(of)})]`);
  for (const { id, ports, mounts, waits } of cards) {
    for (const { outside, inside } of ports) lines.push(`  outside -->|${quoted(`${outside} → ${inside}`)}| ${id}`);
    for (const { path, readOnly, store } of mounts)
      lines.push(`  ${id} -->|${quoted(`${path}${readOnly ? " ro" : ""}`)}| ${store}`);
    for (const { on, text } of waits) lines.push(`  ${id} -.->|${quoted(text)}| ${on}`);
  }
  for (const [index, { text }] of warnings.entries()) lines.push(`  %% ⚠ ${index + 1}: ${text.replace(/\s+/g, " ")}`);
  return `${lines.join("\n")}\n`;
}
