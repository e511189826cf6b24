import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar";

const ROOT = join(__dirname, "..");

/** Runs a program and fails, with what it wrote, where that fails. */
export function must(program: string, args: string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** The package as `npm run package` writes it, in a folder of its own. */
export class PackedPackage {
  readonly folder = mkdtempSync(join(tmpdir(), "berth-package-"));
  readonly file: string;

  constructor() {
    must(process.execPath, [join(ROOT, "package/build.js")], ROOT);
    const [{ filename }] = JSON.parse(
      must("npm", ["pack", "--json", "--silent", "--pack-destination", this.folder], ROOT).replace(/^[^[{]*/, ""),
    ) as [{ filename: string }];
    this.file = join(this.folder, filename);
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
