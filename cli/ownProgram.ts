import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import type { CliProject } from "./project";
import { say } from "../core/description/say";

type Program = () => Promise<Record<string, unknown>>;

/** Not compiled to `require`, which takes no ES modules before Node.js 22.12. */
const importModule = new Function("file", "return import(file)") as (file: string) => Promise<object>;

interface PackageFile {
  type?: string;
  main?: string;
  exports?: string | { "."?: string | Record<string, string> };
}

function packageOf(folder: string): PackageFile {
  const file = join(folder, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PackageFile) : {};
}

/** The file that the language host of Pulumi would run: that of Pulumi.yaml, else of package.json, else index. */
export function entryOf({ folder, settings }: CliProject): string {
  const { exports, main } = packageOf(folder);
  const root = typeof exports === "object" ? exports["."] : exports;
  const exported = typeof root === "object" ? (root.default ?? root.require ?? root.import) : root;
  const named = join(folder, settings?.main ?? exported ?? main ?? ".");
  const candidates = [
    named,
    `${named}.ts`,
    `${named}.js`,
    ...["ts", "js", "mjs"].map((ext) => join(named, `index.${ext}`)),
  ];
  const found = candidates.find((file) => existsSync(file) && statSync(file).isFile());
  if (found) return found;
  throw new Error(say`${named}: there is no program; name it with \`main\` in Pulumi.yaml`);
}

/** Settings that are not there yet: a plan shows what `up` would make once they are. */
function standInForSettings(): void {
  const { prototype } = pulumi.Config;
  const { require: plain, requireSecret: secret } = prototype;
  const missing = (config: pulumi.Config, key: string, flag = "") => {
    if (config.get(key) !== undefined) return false;
    void pulumi.log.warn(
      say`${config.name}:${key} is not set; \`up\` will want it: \`pulumi config set ${flag}${key}\``,
    );
    return true;
  };
  const read = { plain, secret } as Record<"plain" | "secret", (this: pulumi.Config, ...args: unknown[]) => unknown>;
  prototype.require = function (this: pulumi.Config, key: string, ...rest: unknown[]) {
    return missing(this, key) ? `[${key}]` : read.plain.call(this, key, ...rest);
  } as typeof plain;
  prototype.requireSecret = function (this: pulumi.Config, key: string, ...rest: unknown[]) {
    return missing(this, key, "--secret ") ? pulumi.secret(`[${key}]`) : read.secret.call(this, key, ...rest);
  } as typeof secret;
}

/**
 * The program of somebody's own project, as a function that declares its resources. TypeScript is compiled when it is
 * loaded, without a check of types.
 *
 * @throws Error where it is in a language that does not run in this process
 */
export function ownProgram(project: CliProject): Program {
  const { runtime } = project.settings!;
  const language = typeof runtime === "object" ? runtime.name : runtime;
  if (language !== "nodejs")
    throw new Error(
      say`berth plans programs in TypeScript and JavaScript, and ${project.name} is one in ${language}; use \`pulumi preview\``,
    );
  const entry = entryOf(project);
  return async () => {
    standInForSettings();
    const module = packageOf(project.folder).type === "module";
    if (!module) require("../core/loadTypescript");
    const loaded = module ? await importModule(pathToFileURL(entry).href) : (require(entry) as object);
    const exported = "default" in loaded && Object.keys(loaded).length === 1 ? loaded.default : loaded;
    return (typeof exported === "function" ? await exported() : exported) as Record<string, unknown>;
  };
}
