import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { say } from "../core/description/say";

/** Folder of berth itself: its checkout, or the installed package, which is compiled into dist/. */
export const HOME = [join(__dirname, ".."), join(__dirname, "../..")].find((folder) =>
  existsSync(join(folder, "package.json")),
)!;

/** Version of berth itself. */
export const version = (): string =>
  (JSON.parse(readFileSync(join(HOME, "package.json"), "utf8")) as { version: string }).version;

/** What a command is about. */
export interface CliProject {
  folder: string;
  name: string;
  /** Somebody's own program; else the documented stacks. */
  own: boolean;
  /** Its Pulumi.yaml; undefined where berth is installed as a package and the current folder has no project. */
  settings?: { name: string; runtime?: string | { name?: string }; main?: string; backend?: { url?: string } };
}

/** The Pulumi.yaml of a folder, or of the nearest one above it. */
function projectFile(folder: string): string | undefined {
  const found = ["Pulumi.yaml", "Pulumi.yml"].map((name) => join(folder, name)).find((file) => existsSync(file));
  return found || dirname(folder) === folder ? found : projectFile(dirname(folder));
}

/** Where the project of the current folder is, as the Pulumi CLI finds it; elsewhere the documented stacks. */
export function placeOfProject(): { folder: string; own: boolean; file?: string } {
  const here = projectFile(process.cwd());
  const folder = here ? dirname(here) : HOME;
  const file = here ?? join(HOME, "Pulumi.yaml");
  return { folder, own: folder !== HOME, file: existsSync(file) ? file : undefined };
}

export async function currentProject(): Promise<CliProject> {
  const { folder, own, file } = placeOfProject();
  if (!file) return { folder, name: "berth", own };
  const settings = await readSettings(file);
  return { folder, name: settings.name, own, settings };
}

/** What a Pulumi.yaml says. */
export async function readSettings(file: string): Promise<CliProject["settings"] & object> {
  const { parse } = await import("yaml");
  return parse(readFileSync(file, "utf8")) as CliProject["settings"] & object;
}

/**
 * The project, for a command of the Pulumi CLI.
 *
 * @throws Error where there is none
 */
export async function applicableProject(): Promise<CliProject> {
  const project = await currentProject();
  if (project.settings) return project;
  throw new Error(say`there is no Pulumi project in ${process.cwd()} or above it; \`berth init\` makes one`);
}
