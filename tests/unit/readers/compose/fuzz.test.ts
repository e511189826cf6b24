import { ArgumentError } from "../../../../core/description/errors";
import { cpuTime } from "../../cpuTime";
import { parse } from "./compose";

const SEEDS = [
  `name: shop
x-base: &base
  image: nginx:\${TAG:-1.27}
  labels: &labels {a.b: "1", c: 2}
services:
  web:
    <<: *base
    command: ["nginx", "-g", "daemon off;"]
    environment:
      - A=1
      - HOME
    ports: ["8080:80", {target: 443, published: "8443"}]
    volumes:
      - data:/data:ro
      - ./conf:/etc/app
      - {type: tmpfs, target: /tmp, tmpfs: {size: 1m}}
    networks: {front: {aliases: [www], priority: 3}, back: }
    depends_on:
      db: {condition: service_healthy}
    healthcheck: {test: curl localhost, interval: 10s, retries: 3}
    deploy:
      replicas: 2
      resources: {limits: {cpus: "0.5", memory: 64m}}
  db:
    image: postgres
    networks: [back]
    environment: {POSTGRES_PASSWORD: "\${PW:?set it}"}
    secrets: [pw]
networks: {front: , back: {driver: bridge, ipam: {config: [{subnet: 10.0.0.0/24}]}}}
volumes: {data: }
secrets: {pw: {environment: PW}}
`,
  `services:
  a: {extends: b, ports: !override ["1:1"], ulimits: {nofile: {soft: 1, hard: 2}}}
  b:
    build: {context: ., args: [A=1], tags: [x]}
    profiles: [p]
    ipc: service:c
    links: ["c:d"]
    volumes_from: [c:ro]
    devices: ["/dev/fuse:/dev/fuse:rwm"]
    extra_hosts: {h: 1.2.3.4}
    logging: {driver: json-file, options: {max-size: 1m}}
  c: {image: c, restart: "on-failure:3", mem_limit: 1g, cpus: 1, sysctls: [a=b], tmpfs: /run, configs: [{source: k, mode: 0440}]}
---
services: {a: {environment: !reset , labels: {z: }}}
configs: {k: {content: "hi $$x"}}
`,
];

const WORDS = [
  "&a",
  "*a",
  "*base",
  "<<:",
  "!reset",
  "!override",
  "!!binary",
  "!x",
  "${",
  "}",
  "${A:?x}",
  "$$",
  "[",
  "]",
  "{",
  "}",
  "- ",
  "? ",
  ": ",
  "|",
  ">",
  "\t",
  "\n",
  "  ",
  "---\n",
  "...\n",
  "#",
  '"',
  "'",
  "null",
  "~",
  "yes",
  "0644",
  "1e999",
  "-1",
  "99999999999999999999",
  ".inf",
  "2020-01-01",
  "__proto__: x",
  "constructor",
  "%",
  "@",
  "\u0000",
  "\uFEFF",
  "include: [compose.yaml]",
  "extends: a",
  "extends: {file: compose.yaml, service: a}",
  "\uD800",
  "é",
  "service:a",
  "..",
  "/",
];

/** Numbers that are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function mutate(text: string, next: () => number): string {
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)]!;
  let result = text;
  for (let count = 1 + Math.floor(next() * 3); count > 0; count--) {
    const at = Math.floor(next() * result.length);
    const lines = result.split("\n");
    const line = Math.floor(next() * lines.length);
    const kind = next();
    if (kind < 0.35) result = result.slice(0, at) + pick(WORDS) + result.slice(at);
    else if (kind < 0.5) result = result.slice(0, at) + result.slice(at + 1 + Math.floor(next() * 6));
    else if (kind < 0.65) lines.splice(line, 1);
    else if (kind < 0.75) lines.splice(line, 0, pick(lines));
    else if (kind < 0.85) lines[line] = `${" ".repeat(Math.floor(next() * 8))}${lines[line]!.trim()}`;
    else lines[line] = lines[line]!.replace(/:.*$/, `: ${pick(WORDS)}`);
    if (kind >= 0.5) result = lines.join("\n");
  }
  return result;
}

test("5000 damaged files end with a description or a sentence that says where and why", () => {
  const next = random(20240607);
  let fine = 0;
  let slowest = 0;
  for (let run = 0; run < 5000; run++) {
    const text = mutate(SEEDS[run % SEEDS.length]!, next);
    const before = cpuTime();
    try {
      parse(text, { PW: "x", COMPOSE_PROFILES: "*" });
      fine++;
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw new Error(`${JSON.stringify(text)}\n${(error as Error).stack}`);
      // A file as a whole has no line; every other place has both.
      expect(error.message).toMatch(/^compose\.yaml(:\d+:\d+)?: [\s\S]+; [\s\S]+\.$/);
      expect(error.message).not.toMatch(/undefined variable|\[object|NaN is|Map\(/);
    }
    slowest = Math.max(slowest, cpuTime() - before);
  }
  expect(slowest).toBeLessThan(500);
  // A fuzz that refuses everything would test one branch only.
  expect(fine).toBeGreaterThan(300);
  expect(fine).toBeLessThan(4500);
}, 60_000);

test.each([
  [
    "laughs",
    `a: &a [x, x, x, x, x, x, x, x, x]\n${[..."bcdefghij"].map((key, index) => `${key}: &${key} [${`*${"abcdefghi"[index]},`.repeat(9)}]`).join("\n")}\n`,
  ],
  ["brackets", `a: ${"[".repeat(100_000)}`],
  ["braces", `a: ${"{a: ".repeat(50_000)}`],
  ["dashes", `a:\n  ${"- ".repeat(20_000)}x`],
  ["questions", "? ".repeat(20_000)],
  ["depth", Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ["circle", "a: &a\n  b: *a\n"],
  ["dollars", `services: {a: {image: "${"${A:-".repeat(5000)}"}}`],
  ["templates", `services: {a: {image: "${"${A:-}".repeat(20_000)}"}}`],
  ["merges", `x: &x {a: b}\nservices:\n  a:\n    image: x\n    labels:\n      <<: [${"*x,".repeat(20_000)}]\n`],
  ["long", `services: {a: {image: x, command: "${"x ".repeat(300_000)}"}}`],
  ["huge", "#".repeat(5 * 2 ** 20)],
])("%s are bounded", (_, text) => {
  const before = cpuTime();
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError);
  }
  expect(cpuTime() - before).toBeLessThan(2000);
});
