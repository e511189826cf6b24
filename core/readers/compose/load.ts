import { readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { parseDotEnv } from "../../description/environment";
import { ArgumentError } from "../../description/errors";
import type { Notice } from "../../description/project";
import { isSaid } from "../../description/say";
import { substitute, TemplateError } from "../../description/template";
import { canonical } from "./canonical";
import { ComposeError, refuse } from "./errors";
import { interpolate } from "./interpolate";
import { drop, enforceUnicity, merge } from "./merge";
import { absolute, isRemote, resolvePaths } from "./paths";
import { validate } from "./schema";
import {
  child,
  entries,
  inPlaceOf,
  isList,
  isMapping,
  isText,
  items,
  mapTree,
  type Node,
  type Path,
  pathTable,
  withKey,
} from "./tree";
import { type Document, readYaml } from "./yaml";
import { listed, say } from "../../description/say";

export type Environment = Record<string, string>;

/** What belongs to one file and is needed while it is put together with others. */
interface Scope {
  /** Absolute. */
  file: string;
  /** Where relative paths start. */
  folder: string;
  environment: Environment;
  dropped: string[][];
}

/** Services of a file, for those that extend them. */
interface Library {
  services: Node;
  scope: Scope;
}

const MAX_INCLUDES = 50;

/** Reads compose files into one canonical tree. */
export class Loader {
  readonly notices: Notice[] = [];
  private readonly said = new Set<string>();
  private readonly read = new Map<string, Document[]>();
  private readonly libraries = new Map<string, Library>();

  /** @param folder what file names in messages are relative to */
  constructor(private readonly folder: string) {}

  notice = (notice: Notice): void => {
    // An unset variable is said once, as is what a file says that is read again for `extends`.
    const key = isSaid(notice.text, "the variable {0} is not set, so it becomes empty")
      ? notice.text
      : `${notice.at} ${notice.text}`;
    if (this.said.has(key)) return;
    this.said.add(key);
    this.notices.push(notice);
  };

  /** How messages name a file. */
  name(file: string): string {
    const short = relative(this.folder, file);
    return short === "" || short.startsWith("..") ? file : short;
  }

  /** Takes the place of a file that is not on disk. */
  give(file: string, text: string): void {
    this.read.set(file, readYaml(text, this.name(file)));
  }

  /** @param wanted the node that names the file, for the message */
  documents(file: string, wanted?: { node: Node; path: Path }): Document[] {
    const known = this.read.get(file);
    if (known) return known;
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const problem = wanted ? say`cannot read ${file} (${code})` : say`cannot read the file (${code})`;
      const remedy = say`create it, or name another file`;
      throw wanted
        ? refuse(wanted.node, wanted.path, problem, remedy)
        : new ComposeError({ file: this.name(file) }, "", problem, remedy);
    }
    const documents = readYaml(text, this.name(file));
    this.read.set(file, documents);
    return documents;
  }

  /** Variables of environment files; what `outer` has wins inside of them. */
  readDotEnv(files: string[], outer: Environment): Environment {
    const result: Environment = {};
    for (const file of files) {
      let text: string;
      try {
        text = readFileSync(file, "utf8");
      } catch (error) {
        const problem = say`cannot read the file (${(error as NodeJS.ErrnoException).code})`;
        throw new ComposeError({ file: this.name(file) }, "", problem, say`create it, or do not name it`);
      }
      const unset = (name: string) =>
        this.notice({
          level: "warning",
          at: this.name(file),
          text: say`the variable ${name} is not set, so it becomes empty`,
        });
      try {
        Object.assign(result, parseDotEnv(text, this.name(file), outer, unset, result));
      } catch (error) {
        if (!(error instanceof ArgumentError)) throw error;
        const line = Number(/: line (\d+)/.exec(error.argument)?.[1] ?? 1);
        throw new ComposeError({ file: this.name(file), line, column: 1 }, "", error.problem, error.remedy);
      }
    }
    return result;
  }

  /** Whether a variable that is only named keeps no value. */
  staysName = (_name: string, _environment: Environment): boolean => false;

  /** Several files as one, each over the one before. */
  model(files: string[], folder: string, environment: Environment, including: string[] = []): Node | undefined {
    let root: Node | undefined;
    for (const file of files) {
      for (const document of this.documents(file)) {
        const scope: Scope = { file, folder, environment, dropped: document.dropped };
        root = this.add(root, document, scope, including);
      }
    }
    return root && this.inherit(resolvePaths(mapTree(root, BUILD, withContext), folder), environment);
  }

  private add(base: Node | undefined, document: Document, scope: Scope, including: string[]): Node {
    const filled = this.fill(document.root, scope.environment);
    const whole = this.include(filled, scope, [...including, scope.file]);
    const extended = this.extendAll(whole, scope);
    let root = enforceUnicity(base ? merge(drop(base, document.dropped), extended) : extended);
    const version = child(root, "version");
    validate(root);
    if (version) {
      this.notice({ level: "note", at: "version", text: say`is obsolete and has no effect; remove it` });
      root = withKey(root, "version", undefined);
    }
    return enforceUnicity(canonical(root, this.notice));
  }

  private fill(root: Node, environment: Environment): Node {
    return interpolate(root, { lookup: (name) => environment[name], notice: this.notice });
  }

  /** A name alone in a list takes its value from the environment of its own file. */
  private inherit(root: Node, environment: Environment): Node {
    return mapTree(root, ENVIRONMENT_LIST, (node) => {
      if (!isText(node) || node.value.includes("=") || this.staysName(node.value, environment)) return node;
      const value = Object.hasOwn(environment, node.value) ? environment[node.value] : undefined;
      return value === undefined ? node : inPlaceOf(node, `${node.value}=${value}`);
    });
  }

  private include(root: Node, scope: Scope, chain: string[]): Node {
    const list = child(root, "include");
    if (!list) return root;
    if (list.value !== null && !isList(list))
      throw refuse(list, ["include"], say`must be a list`, say`write a list, each item behind a "-"`);
    let result = withKey(root, "include", undefined);
    for (const [index, item] of items(list).entries()) {
      const imported = this.included(item, ["include", index], scope, chain);
      for (const section of ["services", "volumes", "networks", "secrets", "configs", "models"]) {
        const from = child(imported, section);
        if (!isMapping(from)) continue;
        const into = child(result, section);
        if (into && into.value !== null && !isMapping(into))
          throw refuse(into, [section], say`must be a mapping`, say`write key: value`);
        const map = new Map(isMapping(into) ? into.value : []);
        for (const [key, value] of from.value) {
          const own = map.get(key);
          const at: string[] = [section, key];
          map.set(key, own ? merge(dropBelow(value, at, scope.dropped), own, at) : value);
        }
        result = withKey(result, section, inPlaceOf(into ?? from, map));
      }
    }
    return result;
  }

  private included(item: Node, path: Path, scope: Scope, chain: string[]): Node | undefined {
    const known = ["path", "project_directory", "env_file"];
    const slip = entries(item).find(([key]) => !known.includes(key) && !key.startsWith("x-"));
    if (slip) throw refuse(slip[1], [...path, slip[0]], say`is not a field of an include`, say`use ${listed(known)}`);
    const texts = (node: Node | undefined, at: Path): { text: string; node: Node; path: Path }[] => {
      if (!node || node.value === null) return [];
      return (isList(node) ? [...node.value] : [node]).map((part, index) => {
        const where = isList(node) ? [...at, index] : at;
        if (!isText(part) || part.value === "") throw refuse(part, where, say`is not a path`, say`name a file`);
        return { text: part.value, node: part, path: where };
      });
    };
    const paths = isMapping(item) ? texts(item.value.get("path"), [...path, "path"]) : texts(item, path);
    const [main] = paths;
    if (!main) throw refuse(item, path, say`names no file`, say`give it a path`);
    const files = paths.map(({ text, node, path: at }) => {
      if (isRemote(text))
        throw refuse(
          node,
          at,
          say`${text} is not on this machine, and berth fetches nothing`,
          say`copy the file and name the copy`,
        );
      return { file: absolute(text, scope.folder), node, path: at };
    });
    const first = files[0]!.file;
    if (chain.includes(first) || chain.length > MAX_INCLUDES) {
      const names = [...chain.slice(Math.max(0, chain.indexOf(first))), first].map((file) => this.name(file));
      throw refuse(
        main.node,
        main.path,
        say`goes round in a circle: ${names.slice(0, 8).join(say` includes `)}`,
        say`take one include out`,
      );
    }
    const [directory] = texts(child(item, "project_directory"), [...path, "project_directory"]);
    const folder = directory ? absolute(directory.text, scope.folder) : dirname(first);
    const named = texts(child(item, "env_file"), [...path, "env_file"]);
    const envFiles = named
      .filter(({ text }) => text !== "/dev/null")
      .map(({ text, node, path: at }) => {
        const file = absolute(text, scope.folder);
        if (!isFile(file)) throw refuse(node, at, say`cannot read ${file}`, say`create it, or name another file`);
        return file;
      });
    const standard = resolve(folder, ".env");
    if (named.length === 0 && isFile(standard)) envFiles.push(standard);
    const environment = { ...this.readDotEnv(envFiles, scope.environment), ...scope.environment };
    for (const { file, node, path: at } of files) this.documents(file, { node, path: at });
    return this.model(
      files.map(({ file }) => file),
      folder,
      environment,
      chain,
    );
  }

  private extendAll(root: Node, scope: Scope): Node {
    const services = child(root, "services");
    if (!isMapping(services)) return root;
    if (![...services.value.values()].some((service) => child(service, "extends"))) return root;
    const done = new Map<string, Node>();
    const map = new Map(services.value);
    for (const name of services.value.keys())
      map.set(name, this.extend(name, services, scope, [], done, ["services", name]));
    return withKey(root, "services", inPlaceOf(services, map));
  }

  private extend(
    name: string,
    services: Node,
    scope: Scope,
    chain: string[],
    done: Map<string, Node>,
    path: Path,
  ): Node {
    const key = `${scope.file}\0${name}`;
    const known = done.get(key);
    if (known) return known;
    const service = child(services, name)!;
    const extending = child(service, "extends");
    if (!extending) return service;
    const at = [...path, "extends"];
    if (chain.includes(key)) {
      const names = [...chain.slice(chain.indexOf(key)), key].map((part) => part.split("\0")[1]);
      throw refuse(
        extending,
        at,
        say`goes round in a circle: ${names.join(say` extends `)}`,
        say`take one extends out`,
      );
    }
    const short = isText(extending) ? extending : child(extending, "service");
    if (!isText(short)) throw refuse(extending, [...at, "service"], say`is missing`, say`name the service to extend`);
    const reference = short.value;
    const fileNode = child(extending, "file");
    let library: Library = { services, scope };
    if (isText(fileNode)) {
      if (isRemote(fileNode.value))
        throw refuse(
          fileNode,
          [...at, "file"],
          say`${fileNode.value} is not on this machine, and berth fetches nothing`,
          say`copy the file and name the copy`,
        );
      library = this.library(absolute(fileNode.value, scope.folder), scope.environment, {
        node: fileNode,
        path: [...at, "file"],
      });
    }
    const target = child(library.services, reference);
    if (!target)
      throw refuse(
        short,
        isText(extending) ? at : [...at, "service"],
        say`there is no service ${reference} in ${this.name(library.scope.file)}`,
        say`name one of its services`,
      );
    const base = this.extend(reference, library.services, library.scope, [...chain, key], done, [
      "services",
      reference,
    ]);
    let result = service;
    if (isMapping(base)) {
      const own = dropBelow(base, ["services", name], scope.dropped);
      result = merge(withKey(own, "extends", undefined), withKey(service, "extends", undefined), ["services", name]);
    }
    result = { ...withKey(result, "extends", undefined), keyAt: service.keyAt, source: service.source, at: service.at };
    done.set(key, result);
    return result;
  }

  /** The services of a file that others extend: canonical, with absolute paths, and their own `extends` still there. */
  private library(file: string, environment: Environment, wanted: { node: Node; path: Path }): Library {
    const key = `${file}\0${JSON.stringify(environment)}`;
    const known = this.libraries.get(key);
    if (known) return known;
    let root: Node | undefined;
    let dropped: string[][] = [];
    for (const document of this.documents(file, wanted)) {
      const filled = this.fill(document.root, environment);
      checkServices(filled);
      const merged = enforceUnicity(root ? merge(drop(root, document.dropped), filled) : filled);
      root = enforceUnicity(canonical(merged, this.notice));
      dropped = document.dropped;
    }
    const services = root && child(resolvePaths(root, dirname(file)), "services");
    if (!isMapping(services))
      throw refuse(
        wanted.node,
        wanted.path,
        say`${this.name(file)} has no services`,
        say`name a file with the service`,
      );
    const library = { services, scope: { file, folder: dirname(file), environment, dropped } };
    this.libraries.set(key, library);
    return library;
  }

  /** The project's name as the files give it, before it is made to fit. */
  declaredName(files: string[], environment: Environment): string {
    let found: Node | undefined;
    for (const file of files)
      for (const { root } of this.documents(file)) {
        const name = child(root, "name");
        if (isText(name) && name.value !== "") found = name;
      }
    if (!isText(found)) return "";
    try {
      return substitute(found.value, (name) => environment[name]);
    } catch (error) {
      if (error instanceof TemplateError) throw refuse(found, ["name"], error.problem, error.remedy);
      throw error;
    }
  }
}

/** Where a build names no context it is the folder of its own file, which an include may change. */
const withContext = (build: Node): Node =>
  isMapping(build) && !build.value.has("context") ? withKey(build, "context", inPlaceOf(build, ".")) : build;
const BUILD = pathTable({ "services.*.build": true });
const ENVIRONMENT_LIST = pathTable({ "services.*.environment.[]": true });

function dropBelow(node: Node, path: string[], dropped: string[][]): Node {
  const own = dropped.filter(
    (other) => other.length > path.length && path.every((part, index) => part === other[index]),
  );
  return drop(
    node,
    own.map((other) => other.slice(path.length)),
  );
}

/** A library is not checked as a whole, since the merged services are; but its lists and mappings must be such. */
function checkServices(root: Node): void {
  const services = child(root, "services");
  if (services && !isMapping(services))
    throw refuse(services, ["services"], say`must be a mapping`, say`write key: value`);
  for (const [name, service] of entries(services))
    if (service.value !== null && !isMapping(service))
      throw refuse(service, ["services", name], say`must be a mapping`, say`write key: value`);
}

/** Whether a file is there; one in a folder that nobody may look into, or of an impossible name, is not. */
export function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
