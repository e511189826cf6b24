import { isSaid } from "../../description/say";
import { ArgumentError } from "../../description/errors";
import { lookAlike } from "../../description/lookAlikes";
import { formatPath, isText, type Node, type Path, place, position } from "./tree";
import { say } from "../../description/say";

/** Where in a file; a file as a whole has no line. */
export interface FilePlace {
  file: string;
  line?: number;
  column?: number;
}

/**
 * A compose file that cannot be used. The message begins with the place and the path:
 * `docker-compose.yml:12:5: services.web.ports[0]: ...`.
 */
export class ComposeError extends ArgumentError implements FilePlace {
  /** As the user named it. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** In the file, `services.web.ports[0]`; empty for the file as a whole. */
  readonly path: string;

  constructor(where: FilePlace, path: string, problem: string, remedy: string) {
    const at = [where.file, where.line, where.column].filter((part) => part !== undefined).join(":");
    super(path ? `${at}: ${path}` : at, problem, remedy);
    this.name = "ComposeError";
    this.file = where.file;
    this.line = where.line;
    this.column = where.column;
    this.path = path;
  }
}

/** What a row is told that YAML takes for a part of the one above it. */
const AFTER_ODD_BLANK = [
  say`must be a mapping`,
  "must be a {0}, and is {1}",
  say`is not a field that Compose knows here`,
];

/** A refusal of what stands at a node; of a character that is not the one it looks like, where there is one. */
export function refuse(node: Node, path: Path | string, problem: string, remedy: string): ComposeError {
  const { source } = node;
  const shown = typeof path === "string" ? path : formatPath(path);
  const unlike =
    lookAlike(isText(node) ? node.value : "") ?? lookAlike(String(typeof path === "string" ? path : path.at(-1)));
  if (unlike) return new ComposeError(place(node), shown, unlike.problem, unlike.remedy);
  if (source.oddRow !== undefined && AFTER_ODD_BLANK.some((template) => isSaid(problem, template)))
    return new ComposeError(
      { file: source.name, ...position(source, source.oddRow) },
      "",
      say`the row begins with a blank that is none to YAML`,
      say`write plain blanks in front of it`,
    );
  // Whatever is wrong with a text that lacks a part, the part comes first.
  const variables = [...new Set(node.unset)].join(", ");
  const cure = variables ? say`set ${variables} in the environment or in .env: what is not set is empty here` : remedy;
  return new ComposeError(place(node), shown, problem, cure);
}
