import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Notice, ProjectDescription } from "../core/description/project";
import { say } from "../core/description/say";
import type { Printed, PrintOptions } from "../core/writers/printed";
import { HOME, placeOfProject } from "./project";
import { HIDDEN } from "./marks";
import { UsageError } from "./usageError";

/** The forms in which a project can be printed. */
export const FORMS = ["typescript", "compose", "run", "kubernetes"] as const;
export type Form = (typeof FORMS)[number];

/** The forms of what runs already: a program of TypeScript is where it comes from. */
export const EXPORT_FORMS = ["compose", "run", "kubernetes"] as const satisfies readonly Form[];

/** Checks the word behind `--to`. */
export function formOf(given: string | undefined, standard: Form | undefined, known: readonly Form[] = FORMS): Form {
  const form = known.find((candidate) => candidate === given) ?? (given === undefined ? standard : undefined);
  if (form) return form;
  throw new UsageError(
    say`--to: ${given === undefined ? say`is missing` : say`"${given}" is not a form`}; use ${known.join(", ")}`,
  );
}

/** Said of a secret that a form has not made a variable of. */
export const IN_PLACE = say`has a secret, and ${HIDDEN} is in its place`;

/** How each form is printed; loaded when it is asked for. */
const PRINTERS: Record<
  Form,
  (project: ProjectDescription, options: PrintOptions & { swarm?: boolean }) => Promise<Printed>
> = {
  typescript: async (project, options) => {
    const { folder, own, file } = placeOfProject();
    const { toTypescript } = await import("../core/writers/typescript");
    // Only a checkout has a folder for programs: any other one is a project of its own.
    const taken = (name: string) => existsSync(join(HOME, "stacks", `${name}.ts`));
    const shownFrom = file ? folder : options.folder;
    return toTypescript(project, { ...options, shownFrom, package: own || !file, taken });
  },
  compose: async (project, options) => (await import("../core/writers/compose")).toCompose(project, options),
  run: async (project, options) => {
    const { lines, notices } = (await import("../core/writers/run")).toRun(project, options);
    return { text: `${lines.join("\n")}\n`, notices };
  },
  kubernetes: async (project, options) => (await import("../core/writers/kubernetes")).toKubernetes(project, options),
};

/** A remark as one line; `before` stands in front of its place. */
export function noticeLine({ level, at, text }: Notice, before = ""): string {
  const line = say`${before + at}: ${text}`;
  return level === "warning" ? say`warning: ${line}` : say`note: ${line}`;
}

/** Says on standard error what there is to say about a text; `before` stands in front of each place. */
export function showNotices(notices: Notice[], before = ""): void {
  for (const notice of notices) console.error(noticeLine(notice, before));
}

/**
 * Shows what was understood on standard output, and what there is to say about it on standard error.
 *
 * @param swarm its services are services of a Swarm
 */
export async function show(
  project: ProjectDescription,
  form: Form,
  folder: string,
  secretNames?: ReadonlyMap<string, ReadonlySet<string>>,
  checked = true,
  swarm = false,
): Promise<void> {
  const printed = await PRINTERS[form](project, { folder, secretNames, swarm });
  const found = checked ? (await import("../core/description/warnings")).warnings(project, folder) : [];
  // The exporter says of a secret what to do with it; that it was in clear need not be said twice.
  const own = found.filter(({ inClear }) => !inClear);
  // For a cluster the printer says itself what becomes of them.
  const read = project.notices.filter(
    ({ swarm, text }) => (form !== "kubernetes" || !swarm) && (text !== IN_PLACE || printed.text.includes(HIDDEN)),
  );
  showNotices([...read, ...own, ...printed.notices]);
  process.stdout.write(printed.text);
}
