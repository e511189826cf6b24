import { say } from "../../description/say";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ManifestError } from "./errors";

/** A text of manifests, by the name that somebody gave. */
export interface ManifestText {
  file: string;
  text: string;
}

const MANIFEST = /\.(?:ya?ml|json)$/i;

function inFolder(folder: string): string[] {
  const names = readdirSync(folder).sort();
  const has = (pattern: RegExp) => names.find((name) => pattern.test(name));
  const refuse = (problem: string, remedy: string) => new ManifestError(folder, undefined, "", problem, remedy);
  if (has(/^kustomization\.ya?ml$|^Kustomization$/))
    throw refuse(say`is a Kustomization`, say`run \`kubectl kustomize ${folder}\`, and give berth what it prints`);
  if (has(/^Chart\.ya?ml$/))
    throw refuse(say`is a chart of Helm`, say`run \`helm template ${folder}\`, and give berth what it prints`);
  const found = names.filter((name) => MANIFEST.test(name) && statSync(join(folder, name)).isFile());
  if (found.length === 0)
    throw refuse(say`has no file that ends in .yaml, .yml or .json`, say`name the files themselves`);
  return found.map((name) => join(folder, name));
}

/**
 * Reads files and folders as `kubectl apply -f` does: of a folder what ends in .yaml, .yml or .json, without the
 * folders in it. - is standard input.
 *
 * @throws ManifestError for what cannot be read
 */
export function readManifestFiles(names: string[], { input = true } = {}): ManifestText[] {
  return names.flatMap((name): ManifestText[] => {
    if (name === "-" && input) return [{ file: "-", text: readFileSync(0, "utf8") }];
    if (!existsSync(name))
      throw new ManifestError(
        name,
        undefined,
        "",
        say`there is no such file or folder`,
        say`name manifests of this machine`,
      );
    const files = statSync(name).isDirectory() ? inFolder(name) : [name];
    return files.map((file) => {
      try {
        return { file, text: readFileSync(file, "utf8") };
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        throw new ManifestError(
          file,
          undefined,
          "",
          say`cannot be read (${code})`,
          say`name a manifest of this machine`,
        );
      }
    });
  });
}
