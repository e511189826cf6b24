import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type ComposeOptions,
  type ComposeProjectSource,
  loadCompose,
  parseCompose,
} from "../../../../core/readers/compose";
import { refusal } from "../../refusal";

export const folder = mkdtempSync(join(tmpdir(), "berth-compose-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Environment = Record<string, string | undefined>;

/** Reads one text, as `compose.yaml` of a project named demo. */
export function parse(text: string, environment: Environment = {}, options: ComposeOptions = {}): ComposeProjectSource {
  return parseCompose(text, { projectName: "demo", ...options, name: "compose.yaml" }, { folder, environment });
}

/** The services of `text`, which is what stands below `services:`. */
export const services = (text: string, environment: Environment = {}) =>
  parse(`services:\n${text.replace(/^(?=.)/gm, "  ")}`, environment).services;

/** The one service `a` with these lines, besides its image. */
export const service = (lines: string, rest = "", environment: Environment = {}) =>
  parse(`services:\n  a:\n    image: nginx\n${lines.replace(/^(?=.)/gm, "    ")}\n${rest}`, environment).services.a!;

/** What the notices of a file say, with their places. */
export const notices = (text: string, environment: Environment = {}) =>
  parse(text, environment).notices.map(({ level, at, text: said }) => `${level} ${at}: ${said}`);

/** The refusal of a file. */
export const refused = (text: string, environment: Environment = {}) => refusal(() => parse(text, environment));

/** The refusal of a service `a` with these lines, which begin in line 4, column 5. */
export const refusedService = (lines: string, rest = "") => refusal(() => service(lines, rest));

let count = 0;

/** Writes files into a folder of their own and reads those that `options` names, or the standard ones. */
export function load(
  files: Record<string, string>,
  options: ComposeOptions = {},
  environment: Environment = {},
): ComposeProjectSource & { root: string } {
  const root = join(folder, `p${count++}`);
  mkdirSync(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return { ...loadCompose(options, { folder: root, environment }), root };
}
