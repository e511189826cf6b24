import { split } from "shlex";
import { parseCompose } from "../../../../core/readers/compose";
import { inRows, toHtml } from "../../../../core/writers/picture/html";
import { toMermaid } from "../../../../core/writers/picture/mermaid";
import { pictureOfProject } from "../../../../core/writers/picture/ofProject";
import type { Picture } from "../../../../core/writers/picture/picture";
import { toSvg } from "../../../../core/writers/picture/svg";
import { fifty } from "./fifty";

const SHOP = `
name: shop
services:
  web:
    image: nginx:1.27
    ports: ["8080:80"]
    networks: [front]
    depends_on: {db: {condition: service_healthy}}
    volumes: ["./<html> & more:/html:ro"]
    deploy: {replicas: 2, resources: {reservations: {devices: [{capabilities: [gpu], device_ids: ["1"]}]}}}
  db:
    image: redis:7
    environment: {DB_PASSWORD: hunter2}
    networks: [front]
    volumes: [data:/data]
networks: {front: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}
volumes: {data: {}}
`;

function shop(): Picture {
  const project = parseCompose(SHOP, { name: "compose.yaml" }, { folder: "/srv", environment: {} });
  const picture = pictureOfProject(project, { folder: "/srv" });
  return { ...picture, warnings: [{ text: 'db: says "no" & <ends>', card: picture.cards[1]!.id }] };
}

test("mermaid", () => {
  expect(toMermaid(shop())).toBe(`---
title: "shop"
---
flowchart LR
  outside(("outside"))
  subgraph n1 ["shop_front 10.0.0.0/24"]
    c1["web<br>nginx:1.27<br>× 2<br>GPU 1"]
    c2["db<br>redis:7<br>🔒 DB_PASSWORD<br>⚠ 1"]
  end
  v1[/"./#lt;html#gt; & more"/]
  v2[("shop_data")]
  outside -->|"8080 → 80"| c1
  c1 -->|"/html ro"| v1
  c1 -.->|"db is healthy"| c2
  c2 -->|"/data"| v2
  %% ⚠ 1: db: says "no" & <ends>
`);
});

/** Checks that elements are closed in order, and returns how often each one is there. */
function elements(xml: string): Record<string, number> {
  const open: string[] = [];
  const count: Record<string, number> = {};
  const rest = xml.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>/g,
    (_, end: string, name: string, _a, empty) => {
      if (end) expect(open.pop()).toBe(name);
      else {
        count[name] = (count[name] ?? 0) + 1;
        if (!empty) open.push(name);
      }
      return "";
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot);)/);
  return count;
}

/** Laid out once: fifty services take their time. */
const big = { svg: "", html: "" };
beforeAll(async () => {
  big.svg = await toSvg(fifty());
  big.html = await toHtml(fifty());
}, 60_000);

test("SVG is well-formed, with a style for light and dark, and needs nothing from elsewhere", async () => {
  for (const [svg, services] of [
    [await toSvg(shop()), 2],
    [big.svg, 50],
  ] as const) {
    const count = elements(svg);
    expect([count.svg, count.style, count.script, count.image]).toEqual([1, 1, undefined, undefined]);
    expect(svg.match(/class="service"/g)).toHaveLength(services);
    expect(svg).toContain("@media (prefers-color-scheme:dark)");
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|url\(|@import|@font-face|href/);
  }
});

test("each kind of thing is drawn", async () => {
  const svg = await toSvg(shop());
  for (const words of ["shop_front", "10.0.0.0/24", "8080 → 80", "× 2", "GPU 1", "DB_PASSWORD", "db is healthy"])
    expect(svg).toContain(`>${words}<`);
  expect(svg).toContain(">./&lt;html&gt; &amp; more<");
  expect(svg).toContain(">outside</text>");
  expect(svg).toContain(">ro<");
  expect(svg).toContain(">db: says &quot;no&quot; &amp; &lt;ends&gt;<");
  const kinds = [...svg.matchAll(/class="edge" data-from="(\w+)" data-to="(\w+)".*?class="e (\w+)"/g)].map((m) =>
    m.slice(1),
  );
  expect(kinds.sort()).toEqual([
    ["c1", "c2", "wait"],
    ["c1", "v1", "mount"],
    ["c2", "v2", "mount"],
    ["pc1", "c1", "port"],
  ]);
});

test("the same input gives the same bytes", async () => {
  expect(await toSvg(fifty())).toBe(big.svg);
  expect(await toHtml(shop())).toBe(await toHtml(shop()));
}, 60_000);

test("a page has the line and the description of each service, and its only script is its own", async () => {
  const html = await toHtml(shop());
  expect(html.match(/<section data-of="c\d+" hidden>/g)).toHaveLength(2);
  expect(html).toContain('<g id="c1" class="service" tabindex="0" role="button" aria-label="web, nginx:1.27">');
  expect(html).toContain("-e DB_PASSWORD");
  expect(html).toContain("    DB_PASSWORD: ${DB_PASSWORD:?set it}\n");
  expect(html.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|url\(|@import|<link|src=/);
  expect(html.match(/<script/g)).toHaveLength(1);
});

test("a secret is in no form", async () => {
  const small = [await toSvg(shop()), await toHtml(shop()), toMermaid(shop())];
  for (const text of [...small, big.svg, big.html, toMermaid(fifty())]) expect(text).not.toMatch(/hunter[23]/);
});

test("a long line has a flag on each row, and means the same", () => {
  const line = `docker run -d --name web --health-cmd 'curl -so /dev/null "$U" -x '"'"' -y '"'"'' -e A='b -c' nginx:1.27 sleep -1`;
  expect(inRows(line).split("\n").length).toBeGreaterThan(4);
  expect(split(inRows(line).replaceAll("\\\n", ""))).toEqual(split(line));
  expect(inRows(line)).toContain(`--health-cmd 'curl -so /dev/null "$U" -x '"'"' -y '"'"''`);
  expect(inRows("docker run -d --name web nginx")).toBe("docker run -d --name web nginx");
});
