import { readFileSync } from "node:fs";
import { say } from "../core/description/say";
import { type ComposeOptions, loadCompose, parseCompose } from "../core/readers/compose";
import { formOf, show } from "./show";
import { UsageError } from "./usageError";

export interface FromComposeOptions {
  to?: string;
  profile?: string[];
  projectName?: string;
  projectDirectory?: string;
  envFile?: string[];
}

/** `berth from-compose`: one compose file, or several of which later ones change earlier ones; - is standard input. */
export async function fromCompose(files: string[], given: FromComposeOptions): Promise<number> {
  const form = formOf(given.to, "typescript");
  const folder = process.cwd();
  const context = { folder, environment: process.env, namesStay: true };
  const options: ComposeOptions = {
    projectName: given.projectName,
    projectDirectory: given.projectDirectory,
    profiles: given.profile,
    envFiles: given.envFile,
  };
  const piped = files.includes("-");
  if (piped && files.length > 1)
    throw new UsageError(say`-: standard input is one file and stands alone; write it to a file to have several`);
  const project = piped
    ? parseCompose(readFileSync(0, "utf8"), { ...options, name: "-" }, context)
    : loadCompose({ ...options, files: files.length ? files : undefined }, context);
  await show(project, form, form === "compose" ? project.workingDir : folder);
  return 0;
}
