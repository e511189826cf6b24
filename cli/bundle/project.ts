import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { parse } from "yaml";
import { say } from "../../core/description/say";
import type { PlannedResource } from "../plan";
import type { SourceFile } from "./tarball";

/** The checkout as it goes into a bundle. */
export interface Project {
  files: SourceFile[];
  /** Files that git does not know, which stay behind. */
  untracked: string[];
  commit?: string;
  changed?: boolean;
}

function git(root: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  if (error) throw new Error(say`git is not on PATH; a bundle takes the files that git knows`);
  if (status !== 0)
    throw new Error(
      say`${root} is no checkout that git can read (${stderr.trim().split("\n")[0]}); a bundle takes the files that git knows`,
    );
  return stdout;
}

const names = (output: string) => output.split("\0").filter((name) => name !== "");

/** A file of this machine under its name in the bundle. */
export function sourceFile(path: string, file: string): SourceFile {
  const stats = lstatSync(file);
  if (!stats.isFile())
    throw new Error(
      say`${file} is ${stats.isSymbolicLink() ? say`a symbolic link` : say`no file`}, and a bundle holds files only; put the file itself there`,
    );
  return { path, executable: (stats.mode & 0o111) !== 0, content: { file } };
}

/** What git knows, as it lies in the working tree. */
export function readProject(root: string): Project {
  const tracked = names(git(root, "ls-files", "-z")).filter((name) => existsSync(join(root, name)));
  const changed = git(root, "status", "--porcelain", "--untracked-files=no") !== "";
  return {
    files: tracked.map((name) => sourceFile(`project/${name}`, join(root, name))),
    untracked: names(git(root, "ls-files", "-z", "--others", "--exclude-standard")),
    commit: git(root, "rev-parse", "HEAD").trim(),
    changed,
  };
}

/** A stack's settings as they go into a bundle. */
export interface Settings {
  file: SourceFile;
  /** Whether some of them are encrypted. */
  secrets: boolean;
  /** Where the key is kept, if not behind a passphrase. */
  provider?: string;
}

/** A stack's settings; undefined where it has no file. */
export function readStackSettings(root: string, stack: string): Settings | undefined {
  const name = `Pulumi.${stack}.yaml`;
  const file = join(root, name);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const { config, secretsprovider: provider } = (parse(text) ?? {}) as { config?: unknown; secretsprovider?: string };
  const hasSecret = (value: unknown): boolean =>
    typeof value === "object" && value !== null && ("secure" in value || Object.values(value).some(hasSecret));
  const secrets = hasSecret(config);
  // Without secrets the salt only makes the other machine ask for this one's passphrase.
  const content = secrets ? text : text.replace(/^encryptionsalt:.*\n?/m, "");
  return { file: { path: `project/${name}`, executable: false, content: Buffer.from(content) }, secrets, provider };
}

interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
  peer?: boolean;
}

/**
 * What the project needs of node_modules: what package-lock.json says that `npm ci --omit=dev` would install, as it is
 * installed here.
 *
 * @throws Error where something is missing, or is there in another version
 */
export function readNodeModules(root: string): SourceFile[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  const files: SourceFile[] = [];
  for (const [place, locked] of Object.entries(lock.packages)) {
    if (place === "" || locked.dev) continue;
    const folder = join(root, place);
    const description = join(folder, "package.json");
    if (!existsSync(description)) {
      if (locked.optional || locked.devOptional || locked.peer) continue;
      throw new Error(say`${place} is not installed; run \`npm install\``);
    }
    const { version } = JSON.parse(readFileSync(description, "utf8")) as { version?: string };
    if (version !== locked.version)
      throw new Error(say`${place} has the version ${version}, and not ${locked.version}; run \`npm install\``);
    for (const path of filesBelow(folder)) files.push(sourceFile(`project/${place}/${path}`, join(folder, path)));
  }
  return files;
}

/** Every file below a folder, without the packages that lie in a package: those have places of their own. */
export function filesBelow(folder: string, inside = ""): string[] {
  return readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    const path = join(inside, entry.name);
    if (!entry.isDirectory()) return [path];
    return inside === "" && entry.name === "node_modules" ? [] : filesBelow(folder, path);
  });
}

/** What can be a path in a stack's settings. */
export function pathsIn(values: Record<string, string>): string[] {
  const texts = (value: unknown): string[] => {
    if (typeof value === "string") return [value];
    return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
  };
  return Object.values(values)
    .flatMap((value) => {
      try {
        return texts(JSON.parse(value));
      } catch {
        return [value];
      }
    })
    .filter((text) => text.includes("/") || /\.\w+$/.test(text));
}

/** Folders and files of the host that containers of a planned stack see. */
export const mountedPaths = (resources: PlannedResource[]): string[] =>
  resources.flatMap(({ type, inputs }) => {
    if (type !== "docker:index/container:Container") return [];
    const volumes = (inputs.volumes ?? []) as { hostPath?: string }[];
    const mounts = (inputs.mounts ?? []) as { type?: string; source?: string }[];
    return [
      ...volumes.map(({ hostPath }) => hostPath),
      ...mounts.map(({ type: kind, source }) => kind === "bind" && source),
    ].filter((path): path is string => typeof path === "string" && isAbsolute(path));
  });

/** Whether there is something to carry at a path; sockets and devices are the machine's own. */
function isFilled(path: string): boolean {
  // Settings hold long texts too, which cannot be paths.
  if (!existsSync(path)) return false;
  const stats = statSync(path);
  try {
    return stats.isFile() || (stats.isDirectory() && readdirSync(path).length > 0);
  } catch {
    // It may not be looked into.
    return true;
  }
}

/** Files and filled folders of this machine that a bundle does not carry. */
export function filesLeftOut(root: string, paths: string[], carried: SourceFile[]): string[] {
  const known = carried.map(({ path }) => path);
  const isCarried = (path: string) => {
    const inside = relative(root, path);
    if (inside === "") return true;
    if (inside.startsWith("..") || isAbsolute(inside)) return false;
    return known.some((file) => file === `project/${inside}` || file.startsWith(`project/${inside}/`));
  };
  return [...new Set(paths)].filter((text) => {
    const path = resolve(root, text);
    return isFilled(path) && !isCarried(path);
  });
}
