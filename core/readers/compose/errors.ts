import { ArgumentError } from "../../description/errors";
import { formatPath, type Node, type Path, place } from "./tree";

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

/** A refusal of what stands at a node. */
export function refuse(node: Node, path: Path | string, problem: string, remedy: string): ComposeError {
  return new ComposeError(place(node), typeof path === "string" ? path : formatPath(path), problem, remedy);
}
