import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { say } from "../core/description/say";
import type { Picture } from "../core/writers/picture/picture";
import { UsageError } from "./usageError";

/** The forms of a picture. */
export const PICTURE_FORMS = ["svg", "html", "mermaid"] as const;
type Form = (typeof PICTURE_FORMS)[number];

/** How each form is written; loaded when it is asked for. */
const WRITERS: Record<Form, (picture: Picture) => Promise<string>> = {
  svg: async (picture) => (await import("../core/writers/picture/svg")).toSvg(picture),
  html: async (picture) => (await import("../core/writers/picture/html")).toHtml(picture),
  mermaid: async (picture) => (await import("../core/writers/picture/mermaid")).toMermaid(picture),
};

/** The form that is asked for, or that the name of the output says. */
function formOf({ to, output = "" }: { to?: string; output?: string }): Form {
  const said = to ?? /\.(svg|html|mermaid)$/.exec(output)?.[1] ?? (/\.mmd$/.test(output) ? "mermaid" : "svg");
  const form = PICTURE_FORMS.find((candidate) => candidate === said);
  if (form) return form;
  throw new UsageError(say`--to: "${said}" is not a form; use ${PICTURE_FORMS.join(", ")}`);
}

/** `berth picture`: a stack, a compose file or docker run lines, drawn from the plan. */
export async function picture(source: string, given: { to?: string; output?: string }): Promise<number> {
  const form = formOf(given);
  // A plan changes to its project's folder.
  const output = given.output && resolve(given.output);
  const { isFile, pictureOfFile, pictureOfPlan } = await import("./pictureOf");
  const drawn = isFile(source) ? pictureOfFile(source) : await ofStack(source, pictureOfPlan);
  const text = await WRITERS[form](drawn);
  if (output) writeFileSync(output, text);
  else process.stdout.write(text);
  return 0;
}

async function ofStack(stack: string, draw: typeof import("./pictureOf").pictureOfPlan): Promise<Picture> {
  const { planOf } = await import("./planOf");
  const { currentProject } = await import("./project");
  const { folder } = await currentProject();
  return draw(await planOf(stack), folder);
}
