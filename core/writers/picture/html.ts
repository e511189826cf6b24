import { language, say } from "../../description/say";
import { layoutOf } from "./layout";
import type { Card, Picture } from "./picture";
import { COLOURS_STYLE, drawn, escaped, MONO, SANS } from "./svg";

const STYLE = `
${COLOURS_STYLE}
*{box-sizing:border-box}
body{margin:0;height:100vh;display:flex;background:var(--page);color:var(--text);font:14px/1.5 ${SANS}}
main{flex:1;overflow:auto;min-width:0}
main>svg{display:block;margin:0 auto}
aside{width:min(440px,42vw);overflow:auto;padding:28px;border-left:1px solid var(--line);background:var(--box)}
h1{font-size:16px;margin:0 0 2px}
h2{font-size:12px;font-weight:600;margin:24px 0 6px;color:var(--quiet)}
p{margin:0;color:var(--quiet)}
p.image{font:12px/1.5 ${MONO};overflow-wrap:anywhere}
pre{margin:0 0 8px;padding:12px 14px;border:1px solid var(--line);border-radius:10px;background:var(--card);font:12px/1.6 ${MONO};white-space:pre-wrap;overflow-wrap:anywhere}
.service{cursor:pointer;outline:none}
.service:hover .card,.service:focus .card,.service.on .card{stroke:var(--port);stroke-width:2}
.edge{transition:opacity .15s}
.picked .edge:not(.on){opacity:.12}
@media(max-width:760px){body{display:block;height:auto}aside{width:auto;border-left:0;border-top:1px solid var(--line)}}
`.trim();

// Focus is what picks a service: a click gives it, and the Tab key does.
const SCRIPT = `
const picture = document.querySelector("svg.berth");
const pick = (service) => {
  for (const section of document.querySelectorAll("aside section"))
    section.hidden = section.dataset.of !== (service ? service.id : "");
  for (const other of picture.querySelectorAll(".service")) other.classList.toggle("on", other === service);
  for (const edge of picture.querySelectorAll(".edge"))
    edge.classList.toggle("on", !!service && [edge.dataset.from, edge.dataset.to].includes(service.id));
  picture.classList.toggle("picked", !!service);
};
for (const service of picture.querySelectorAll(".service")) service.addEventListener("focus", () => pick(service));
document.querySelector("main").addEventListener("click", (event) => {
  const service = event.target.closest(".service");
  if (service) service.focus();
  else pick(undefined);
});
document.addEventListener("keydown", (event) => event.key === "Escape" && pick(undefined));
`.trim();

/** A long line with a flag on each row, as one pastes it. */
export function inRows(line: string): string {
  if (line.length <= 56) return line;
  let quote = "";
  let rows = "";
  for (const [index, character] of [...line].entries()) {
    if (character === quote) quote = "";
    else if (!quote && /['"]/.test(character)) quote = character;
    rows += !quote && character === " " && line[index + 1] === "-" && index > 10 ? " \\\n  " : character;
  }
  return rows;
}

function section({ id, name, subtitle, run, description }: Card): string {
  const lines = run.map((line) => `<pre>${escaped(inRows(line))}</pre>`).join("");
  return `<section data-of="${id}" hidden>
<h1>${escaped(name)}</h1><p class="image">${escaped(subtitle)}</p>
${lines && `<h2>${say`The same by hand`}</h2>${lines}`}
<h2>${say`Description`}</h2><pre>${escaped(description)}</pre>
</section>`;
}

/** A picture as one page: who clicks a service, or comes to it with the Tab key, sees what it is. */
export async function toHtml(picture: Picture): Promise<string> {
  const svg = drawn(await layoutOf(picture), picture.name, true);
  const { length } = picture.cards;
  const hint =
    length === 1
      ? say`1 service. Click it to see the line that makes it.`
      : say`${length} services. Click one to see the line that makes it.`;
  return `<!doctype html>
<html lang="${language()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(picture.name)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<main>
${svg}</main>
<aside aria-live="polite">
<section data-of=""><h1>${escaped(picture.name)}</h1><p>${hint}</p></section>
${picture.cards.map(section).join("\n")}
</aside>
<script>
${SCRIPT}
</script>
</body>
</html>
`;
}
