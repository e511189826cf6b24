import { ArgumentError, checkFields, show } from "./errors";
import { hostPath, type Mount, parseTarget } from "./mounts";
import { parseInteger } from "./quantities";
import type { FileDescription } from "./types";
import { say } from "./say";

/** A secret or config with everything resolved: either a file of the host or the text itself. */
export interface FileSpec {
  source: string;
  /** Absolute path in the container. */
  target: string;
  /** Absolute path of the host. */
  file?: string;
  content?: string;
  uid?: string;
  gid?: string;
  mode: number;
}

interface Context {
  projectFolder: string;
  outer: Record<string, string | undefined>;
}

/** Reads `secrets` or `configs`; `folder` is where a target that is only a name lies. */
export function parseFiles(
  files: FileDescription[],
  argument: string,
  folder: "/run/secrets" | "/",
  { projectFolder, outer }: Context,
): FileSpec[] {
  const targets = new Set<string>();
  return files.map((value, index) => {
    const at = `${argument}[${index}]`;
    const known = ["source", "target", "file", "content", "environment", "uid", "gid", "mode"];
    checkFields(value, known, at, say`a file`);
    const { source, target = source, file, content, environment, uid, gid, mode = 0o444 } = value;
    if (typeof source !== "string" || source === "")
      throw new ArgumentError(`${at}.source`, say`${show(source)} is not a name`, say`name the file`);
    const given = [file, content, environment].filter((origin) => origin !== undefined);
    if (given.length !== 1)
      throw new ArgumentError(at, say`needs exactly one origin`, say`give one of file, content and environment`);
    const text = environment === undefined ? content : outer[environment];
    if (environment !== undefined && text === undefined)
      throw new ArgumentError(
        `${at}.environment`,
        say`the variable ${environment} is not set`,
        say`set it where Pulumi runs, or name another one`,
      );
    const path = parseTarget(target!.startsWith("/") ? target! : `${folder.replace(/\/$/, "")}/${target}`, at);
    if (targets.has(path))
      throw new ArgumentError(`${at}.target`, say`${path} is given twice`, say`give each file its own path`);
    targets.add(path);
    return {
      source,
      target: path,
      file: file === undefined ? undefined : hostPath(file, projectFolder),
      content: text,
      uid,
      gid,
      mode: parseInteger(mode, `${at}.mode`, 0, 0o7777),
    };
  });
}

/** Files of the host are bound, as Compose does it; the others have to be written into the container. */
export function fileMounts(files: FileSpec[]): Mount[] {
  return files
    .filter(({ file }) => file !== undefined)
    .map(({ file, target }) => ({
      type: "bind",
      source: file,
      target,
      readOnly: true,
      createHostPath: false,
      nocopy: false,
    }));
}
