import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(__dirname, "../..");

const FORBIDDEN = [
  ["core/description/a.ts", "core/mapping/b.ts"],
  ["core/mapping/a.ts", "core/engines/docker/b.ts"],
  ["core/readers/compose/a.ts", "core/engines/docker/b.ts"],
  ["core/readers/dockerRun/a.ts", "core/readers/compose/b.ts"],
  ["core/writers/a.ts", "core/engines/dockerApi/b.ts"],
  ["core/engines/docker/a.ts", "core/engines/swarm/b.ts"],
  ["core/engines/kubernetes/a.ts", "core/engines/dockerApi/b.ts"],
  ["core/host/a.ts", "core/engines/docker/b.ts"],
  ["core/engines/docker/c.ts", "components/b.ts"],
  ["components/a.ts", "stacks/b.ts"],
  ["stacks/a.ts", "cli/b.ts"],
  ["components/circle.ts", "components/back.ts"],
] as const;

const ALLOWED = [
  ["cli/c.ts", "stacks/b.ts"],
  ["stacks/c.ts", "components/b.ts"],
  ["components/c.ts", "core/engines/swarm/b.ts"],
  ["core/engines/swarm/c.ts", "core/engines/dockerApi/b.ts"],
  ["core/writers/c.ts", "core/mapping/b.ts"],
] as const;

const up = (file: string) => "../".repeat(file.split("/").length - 1);
const importOf = (from: string, to: string) => `import { b } from "${up(from)}${to.replace(/\.ts$/, "")}";\n`;

test("lint refuses an import against the direction, and a circle, and nothing else", () => {
  const house = mkdtempSync(join(tmpdir(), "berth-house-"));
  try {
    const place = (file: string, text: string) => {
      mkdirSync(dirname(join(house, file)), { recursive: true });
      writeFileSync(join(house, file), text);
    };
    for (const [, to] of [...FORBIDDEN, ...ALLOWED]) place(to, "export const b = 1;\n");
    for (const [from, to] of [...FORBIDDEN, ...ALLOWED]) place(from, `${importOf(from, to)}export const a = b;\n`);
    place("components/back.ts", `import { a } from "./circle";\nexport const b = a;\n`);
    place("tsconfig.json", "{}");
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        join(ROOT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs"),
        ...["cli", "stacks", "components", "core", "--config", join(ROOT, ".dependency-cruiser.cjs")],
        ...["--output-type", "json"],
      ],
      { cwd: house, encoding: "utf8" },
    );
    // With this kind of output the exit code says nothing.
    expect(status).toBe(0);
    const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; to: string }[] } };
    // A circle is told from wherever it is entered.
    const circle = (file: string) => file.replace("components/back.ts", "components/circle.ts");
    const found = new Set(
      summary.violations.map(({ from, to }) =>
        circle(from) === circle(to) ? "components/circle.ts -> components/back.ts" : `${from} -> ${to}`,
      ),
    );
    expect([...found].sort()).toEqual(FORBIDDEN.map(([from, to]) => `${from} -> ${to}`).sort());
  } finally {
    rmSync(house, { recursive: true, force: true });
  }
});

test("each component stands in a file of its own name, and the index exports it", () => {
  const index: Record<string, unknown> = require("../../components");
  const classes = Object.entries(index).filter(([, value]) => /^class /.test(String(value)));
  expect(classes.length).toBeGreaterThan(25);
  const files = readdirSync(join(ROOT, "components")).filter((file) => file.endsWith(".ts") && file !== "index.ts");
  const named = files.map((file) => `${file[0]!.toUpperCase()}${file.slice(1, -3)}`);
  // Two ways of one thing: what saves images, and what loads them.
  const others = ["LoadedImages"];
  expect(classes.map(([name]) => name).sort()).toEqual(
    [...named.filter((name) => name !== "Program"), ...others].sort(),
  );
});
