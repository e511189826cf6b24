import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { extract } from "tar";

const ROOT = join(__dirname, "..");

/** Runs a program and fails, with what it wrote, where that fails. */
export function must(program: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** The types of a project are right, those of the SDKs with them. */
export function expectRightTypes(folder: string): void {
  const tsc = join(folder, "node_modules/typescript/bin/tsc");
  expect(must(process.execPath, [tsc, "--strict", "--skipLibCheck", "false"], folder)).toBe("");
}

/** So many tests of a project pass, and no other is there. */
export function expectPassingTests(folder: string, count: number): void {
  const jest = join(folder, "node_modules/jest/bin/jest.js");
  const { stderr } = spawnSync(process.execPath, [jest], { cwd: folder, encoding: "utf8" });
  expect(stderr).toMatch(new RegExp(`Tests: +${count} passed, ${count} total`));
}

/** Of everything that a package may be made of: what lies in the checkout, but for what is made there and the tests. */
function digestOfSources(): string {
  const hash = createHash("sha256");
  const add = (folder: string) => {
    const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = join(folder, entry.name);
      if (/^(node_modules|dist|tests|\..*|.*\.tgz)$/.test(name)) continue;
      if (entry.isDirectory()) add(name);
      else if (entry.isFile()) hash.update(`${name}\0`).update(readFileSync(join(ROOT, name)));
    }
  };
  add("");
  return hash.digest("hex").slice(0, 16);
}

/** Takes a lock of this process; one of a process that has ended holds nobody up. */
function taken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    try {
      process.kill(Number(readFileSync(lock, "utf8")) || process.pid, 0);
    } catch {
      rmSync(lock, { force: true });
    }
    return false;
  }
}

/** The package as `npm run package` writes it, in a folder of its own. The same sources are packed once for all tests. */
export class PackedPackage {
  readonly folder = mkdtempSync(join(tmpdir(), "berth-package-"));
  readonly file = join(this.folder, "pulumi-berth.tgz");

  constructor() {
    const kept = join(ROOT, "node_modules/.cache/berth", `package-${digestOfSources()}.tgz`);
    mkdirSync(dirname(kept), { recursive: true });
    if (!existsSync(kept)) {
      // All build in the checkout's own dist/, so one waits for the other.
      const lock = join(dirname(kept), "building");
      while (!taken(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      try {
        if (!existsSync(kept)) this.pack(kept);
      } finally {
        rmSync(lock);
      }
    }
    copyFileSync(kept, this.file);
  }

  private pack(target: string): void {
    must(process.execPath, [join(ROOT, "package/build.js")], ROOT);
    const packed = must("npm", ["pack", "--json", "--silent", "--pack-destination", this.folder], ROOT);
    const [{ filename }] = JSON.parse(packed.replace(/^[^[{]*/, "")) as [{ filename: string }];
    copyFileSync(join(this.folder, filename), `${target}.new`);
    renameSync(`${target}.new`, target);
  }

  get size(): number {
    return statSync(this.file).size;
  }

  /** Puts it into a project as npm does, beside all that this checkout has installed. */
  install(project: string): void {
    const modules = join(project, "node_modules");
    mkdirSync(join(modules, "pulumi-berth"), { recursive: true });
    for (const name of readdirSync(join(ROOT, "node_modules")))
      if (!name.startsWith(".cache")) symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
    extract({ file: this.file, cwd: join(modules, "pulumi-berth"), strip: 1, sync: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
