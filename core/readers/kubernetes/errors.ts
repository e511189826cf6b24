import { ArgumentError } from "../../description/errors";

/** A manifest that cannot be used. The message begins with the place: `app.yaml:12: Deployment web: spec.replicas: ...`. */
export class ManifestError extends ArgumentError {
  /**
   * @param line from 1; a file as a whole has none
   * @param path in the file, with the object in front; may be empty
   */
  constructor(
    readonly file: string,
    readonly line: number | undefined,
    path: string,
    problem: string,
    remedy: string,
  ) {
    const place = [file, line].filter((part) => part !== undefined).join(":");
    super(path ? `${place}: ${path}` : place, problem, remedy);
    this.name = "ManifestError";
  }
}
