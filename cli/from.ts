import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Printed, PrintOptions } from "../core/writers/printed";
import type { ProjectDescription } from "../core/description/project";

const ROOT = join(__dirname, "..");

/** The forms in which a project can be printed. */
export const FORMS = ["typescript", "compose", "run", "kubernetes"] as const;
export type Form = (typeof FORMS)[number];

/** A command line that is not understood; the usage is shown below the sentence. */
export class UsageError extends Error {}

/** Checks the word behind `--to`. */
export function formOf(given: string | undefined, standard: Form | undefined, known: readonly Form[] = FORMS): Form {
  const form = known.find((candidate) => candidate === given) ?? (given === undefined ? standard : undefined);
  if (form) return form;
  throw new UsageError(
    `--to: ${given === undefined ? "is missing" : `"${given}" is not a form`}; use ${known.join(", ")}`,
  );
}

type Options = NonNullable<Parameters<typeof parseArgs>[0]>["options"];

/** Reads options; a word that is not known is refused. */
export function readArguments<T extends NonNullable<Options>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const [sentence = ""] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(sentence.replace(/\.$/, ""));
  }
}

/** How each form is printed; loaded when it is asked for. */
const PRINTERS: Record<Form, (project: ProjectDescription, options: PrintOptions) => Promise<Printed>> = {
  typescript: async (project, options) =>
    (await import("../core/writers/typescript")).toTypescript(project, { ...options, shownFrom: ROOT }),
  compose: async (project, options) => (await import("../core/writers/compose")).toCompose(project, options),
  run: async (project, options) => {
    const { lines, notices } = (await import("../core/writers/run")).toRun(project, options);
    return { text: `${lines.join("\n")}\n`, notices };
  },
  kubernetes: async (project, options) => (await import("../core/writers/kubernetes")).toKubernetes(project, options),
};

/** Shows what was understood on standard output, and what there is to say about it on standard error. */
export async function show(
  project: ProjectDescription,
  form: Form,
  folder: string,
  secretNames?: ReadonlyMap<string, ReadonlySet<string>>,
  checked = true,
): Promise<void> {
  const printed = await PRINTERS[form](project, { folder, secretNames });
  const found = checked ? (await import("../core/description/warnings")).warnings(project, folder) : [];
  // The exporter says of a secret what to do with it; that it was in clear need not be said twice.
  const own = found.filter(
    ({ at, text }) => !(at.includes(".environment.") && text.startsWith("is a secret in clear")),
  );
  for (const { level, at, text } of [...project.notices, ...own, ...printed.notices])
    process.stderr.write(`${level}: ${at}: ${text}\n`);
  process.stdout.write(printed.text);
}

/** `berth from-run`: `docker run` lines as arguments, or on standard input. */
export async function fromRun(args: string[]): Promise<number> {
  // A line that was pasted without quotes has been taken apart by the shell already.
  const start = args.findIndex((word) => /^(sudo|docker|podman|nvidia-docker)$/.test(word));
  const { values, positionals } = readArguments(start < 0 ? args : args.slice(0, start), {
    to: { type: "string" },
    "project-name": { type: "string" },
  });
  const form = formOf(values.to, "typescript");
  const { quote } = await import("shlex");
  const lines =
    start < 0
      ? positionals
      : [
          ...positionals,
          args
            .slice(start)
            .map((word) => quote(word))
            .join(" "),
        ];
  if (lines.length === 0)
    throw new UsageError("from-run: give a docker run line in quotes, or - to read standard input");
  const read = lines.map((line) => (line === "-" ? readFileSync(0, "utf8") : line));
  const { parseDockerLines } = await import("../core/readers/dockerRun");
  const folder = process.cwd();
  const context = { environment: process.env, folder, home: homedir() };
  const project = parseDockerLines(read, values["project-name"] ?? "setup", context);
  const keys = Object.keys(project.services);
  if (values["project-name"] === undefined && keys.length === 1) project.name = keys[0]!;
  await show(project, form, folder);
  return 0;
}

/** `berth from-compose`: one compose file, or several of which later ones change earlier ones. */
export async function fromCompose(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    to: { type: "string" },
    profile: { type: "string", multiple: true },
    "project-name": { type: "string" },
    "project-directory": { type: "string" },
    "env-file": { type: "string", multiple: true },
  });
  const form = formOf(values.to, "typescript");
  const { loadCompose } = await import("../core/readers/compose");
  const folder = process.cwd();
  const project = loadCompose(
    {
      files: positionals.length ? positionals : undefined,
      projectName: values["project-name"],
      projectDirectory: values["project-directory"],
      profiles: values.profile,
      envFiles: values["env-file"],
    },
    { folder, environment: process.env },
  );
  await show(project, form, form === "compose" ? project.workingDir : folder);
  return 0;
}
