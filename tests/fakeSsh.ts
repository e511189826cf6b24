import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a connection leads, or how it fails. */
type Plan = { path: string } | { host: string; port: number } | { says: string; code: number } | "silence";

/** Writes down its arguments and then does what plan.json says. */
const SCRIPT = `#!${process.execPath}
const { appendFileSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const folder = join(__dirname, "..");
appendFileSync(join(folder, "calls"), JSON.stringify(process.argv.slice(2)) + "\\n");
let plan = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8"));
const words = process.argv.slice(2);
const [, host, port] = /^(.*):(\\d+)$/.exec(words[words.indexOf("-W") + 1] ?? "") ?? [];
const command = words.at(-1);
// A connection that it forwards, or another command than that of the docker client, both on this machine.
if (words.includes("-W")) plan = { host, port: Number(port) };
else if (plan.path !== undefined && command.startsWith("df "))
  process.exit(require("node:child_process").spawnSync("/bin/sh", ["-c", command], { stdio: "inherit" }).status);
if (plan.says !== undefined) {
  process.stderr.write(plan.says);
  process.exitCode = plan.code;
} else if (plan === "silence") {
  process.stdin.on("end", () => process.exit()).resume();
} else {
  const engine = require("node:net").connect({ ...plan, allowHalfOpen: true });
  process.stdin.pipe(engine);
  engine.pipe(process.stdout);
  engine.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  engine.on("end", () => process.exit());
}
`;

/**
 * An `ssh` for PATH that connects its streams to an engine of this machine, as `docker system dial-stdio` does, or with -W
 * to any host and port.
 */
export class FakeSsh {
  private readonly folder = mkdtempSync(join(tmpdir(), "berth ssh-"));
  /** For PATH. */
  readonly bin = join(this.folder, "bin");

  constructor() {
    mkdirSync(this.bin);
    writeFileSync(join(this.bin, "ssh"), SCRIPT);
    chmodSync(join(this.bin, "ssh"), 0o755);
  }

  /** Says what the next connections do. */
  plan(plan: Plan): this {
    writeFileSync(join(this.folder, "plan.json"), JSON.stringify(plan));
    return this;
  }

  /** Leads to the engine at an address of this machine: `unix://...` or `tcp://...`. */
  leadTo(address: string): this {
    const { protocol, hostname, port } = new URL(address);
    return this.plan(
      protocol === "unix:" ? { path: address.replace(/^unix:(\/\/)?/, "") } : { host: hostname, port: Number(port) },
    );
  }

  /** Arguments of every connection so far, which it forgets. */
  takeCalls(): string[][] {
    const file = join(this.folder, "calls");
    if (!existsSync(file)) return [];
    const calls = readFileSync(file, "utf8").trim().split("\n");
    rmSync(file);
    return calls.map((line) => JSON.parse(line) as string[]);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
