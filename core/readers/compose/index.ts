import { basename, dirname, resolve } from "node:path";
import type { ProjectDescription } from "../../description/project";
import { ComposeError } from "./errors";
import { type Environment, isFile, Loader } from "./load";
import { describeProject, type Locate, type LocateDefinition } from "./project";
import { listed, say } from "../../description/say";

export { ComposeError } from "./errors";

/** Where compose files are read, and with which variables. */
export interface ComposeContext {
  /** Folder that file names start at. */
  folder: string;
  environment: Record<string, string | undefined>;
  /**
   * A variable of a service that is only named stays a name where the shell has its value, or nobody has: whoever
   * applies what is printed has a shell as well. @default false
   */
  namesStay?: boolean;
}

export interface ComposeOptions {
  /**
   * Compose files; later ones change earlier ones. Relative paths start at the context's folder.
   * @default COMPOSE_FILE, else compose.yaml, compose.yml, docker-compose.yml or docker-compose.yaml there or in
   * a folder above, with its `.override` file
   */
  files?: string[];
  /** @default COMPOSE_PROJECT_NAME, else `name:` in the files, else the name of the project directory */
  projectName?: string;
  /** Where relative paths in the files start. @default the folder of the first file */
  projectDirectory?: string;
  /** Profiles that are switched on; `*` means all. @default COMPOSE_PROFILES */
  profiles?: string[];
  /** Files with variables. Relative paths start at the context's folder. @default `.env` in the project directory */
  envFiles?: string[];
}

/** A project as compose files describe it. */
export interface ComposeProjectSource extends ProjectDescription {
  /** Absolute paths of the files that were asked for, or found. */
  files: string[];
  /** Absolute path that relative paths in the files start at. */
  workingDir: string;
  /** Keys of services that are switched off by their profiles. */
  disabled: string[];
  /** Variables as the files see them: the context's, and those of `.env`. */
  environment: Record<string, string>;
  /** Says a refusal of a service's field by its place in the files; not enumerable, since it is no part of the data. */
  readonly locate: Locate;
  /** The same of a network or a volume. */
  readonly locateDefinition: LocateDefinition;
}

const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
];

/** The name made to fit: lower case letters, digits, '-' and '_', beginning with a letter or digit. */
const normalize = (name: string): string =>
  (name.toLowerCase().match(/[a-z0-9_-]/g) ?? []).join("").replace(/^[_-]+/, "");

/** Looks for the standard names in the folder and above it. */
function findFiles(loader: Loader, folder: string): string[] {
  for (let at = folder; ; at = dirname(at)) {
    const found = NAMES.map((name) => resolve(at, name)).filter(isFile);
    const [main, ...others] = found;
    if (main) {
      if (others.length)
        loader.notice({
          level: "warning",
          at: loader.name(main),
          text: say`is used, and not ${listed(others.map((file) => loader.name(file)))} beside it`,
        });
      const [override] = OVERRIDES.map((name) => resolve(at, name)).filter(isFile);
      return override ? [main, override] : [main];
    }
    if (dirname(at) === at) break;
  }
  throw new ComposeError(
    { file: folder },
    "",
    say`has none of ${listed(NAMES)}, nor has a folder above it`,
    say`create one, or name a file`,
  );
}

function projectName(given: string | undefined, declared: string, folder: string, file: string): string {
  if (given !== undefined && given !== "") {
    if (normalize(given) !== given)
      throw new ComposeError(
        { file },
        "name",
        say`${JSON.stringify(given)} is not a project name`,
        say`use lower case letters, digits, '-' and '_', beginning with a letter or digit`,
      );
    return given;
  }
  const name = normalize(declared) || normalize(basename(folder));
  if (name === "")
    throw new ComposeError(
      { file },
      "name",
      say`the folder's name ${JSON.stringify(basename(folder))} gives no project name`,
      say`set name`,
    );
  return name;
}

function flag(text: string | undefined): boolean {
  return /^(?:1|t|true)$/i.test(text ?? "");
}

function load(
  loader: Loader,
  options: ComposeOptions,
  context: ComposeContext,
  given?: string[],
): ComposeProjectSource {
  const base = resolve(context.folder);
  const outer = Object.fromEntries(
    Object.entries(context.environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const standardEnv = (folder: string): string[] => {
    const file = resolve(folder, ".env");
    return !flag(outer.COMPOSE_DISABLE_ENV_FILE) && isFile(file) ? [file] : [];
  };
  const envFiles = options.envFiles?.map((file) => resolve(base, file));
  let environment: Environment = outer;
  const addEnvironment = (files: string[]) => {
    environment = { ...loader.readDotEnv(files, environment), ...environment };
  };
  // What says which files are read can stand in .env itself.
  const home = options.projectDirectory === undefined ? base : resolve(base, options.projectDirectory);
  if (!options.files?.length) addEnvironment(envFiles ?? standardEnv(home));
  let files: string[];
  if (given) files = given;
  else if (options.files?.length) files = options.files.map((file) => resolve(base, file));
  else if (environment.COMPOSE_FILE)
    files = environment.COMPOSE_FILE.split(environment.COMPOSE_PATH_SEPARATOR || ":").map((file) =>
      resolve(base, file),
    );
  else files = findFiles(loader, base);
  const folder = options.projectDirectory === undefined ? dirname(files[0]!) : home;
  addEnvironment(envFiles ?? standardEnv(folder));
  const first = loader.name(files[0]!);
  const name = projectName(
    options.projectName ?? (environment.COMPOSE_PROJECT_NAME || undefined),
    loader.declaredName(files, environment),
    folder,
    first,
  );
  environment = { ...environment, COMPOSE_PROJECT_NAME: name };
  if (context.namesStay) loader.staysName = (variable, known) => known[variable] === outer[variable];
  const root = loader.model(files, folder, environment);
  if (!root) throw new ComposeError({ file: first }, "", say`is empty`, say`begin with "services:"`);
  const profiles = options.profiles ?? (environment.COMPOSE_PROFILES ?? "").split(",").map((part) => part.trim());
  const { locate, locateDefinition, ...project } = describeProject(
    root,
    { name, folder, environment, profiles, staysName: (variable) => loader.staysName(variable, environment) },
    loader.notice,
  );
  const source = { ...project, notices: loader.notices, files, workingDir: folder, environment };
  return Object.defineProperties(source, {
    locate: { value: locate },
    locateDefinition: { value: locateDefinition },
  }) as ComposeProjectSource;
}

/**
 * Reads compose files as `docker compose` does.
 *
 * @throws ComposeError with file, line, column and path for what is wrong, and for what cannot be done
 * @example
 * loadCompose({ files: ["compose.yaml"] }, { folder: process.cwd(), environment: process.env }).services.web.image
 */
export function loadCompose(options: ComposeOptions, context: ComposeContext): ComposeProjectSource {
  return load(new Loader(resolve(context.folder)), options, context);
}

/**
 * Reads the text of one compose file, for what comes on standard input; `name` is how messages call it. Other files
 * that it names are read from the context's folder.
 *
 * @throws ComposeError as loadCompose does
 */
export function parseCompose(
  text: string,
  options: Omit<ComposeOptions, "files"> & { name: string },
  context: ComposeContext,
): ComposeProjectSource {
  return parseComposeFiles([{ name: options.name, text }], options, context);
}

/**
 * The same of several files: later ones change earlier ones, as with `docker compose -f A -f B`.
 *
 * @param given each by its name, with what stands in it
 * @throws ComposeError as loadCompose does
 */
export function parseComposeFiles(
  given: { name: string; text: string }[],
  options: Omit<ComposeOptions, "files">,
  context: ComposeContext,
): ComposeProjectSource {
  const loader = new Loader(resolve(context.folder));
  const files = given.map(({ name, text }) => {
    const file = resolve(context.folder, name);
    loader.give(file, text);
    return file;
  });
  return load(loader, options, context, files);
}
