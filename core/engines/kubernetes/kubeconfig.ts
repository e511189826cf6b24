import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { say } from "../../description/say";

/** A cluster, and how to log in there. */
export interface ClusterAccess {
  context: string;
  /** Address of the API server. */
  server: string;
  ca?: Buffer;
  /** Name on the server's certificate, where it differs from the address. */
  serverName?: string;
  insecure: boolean;
  cert?: Buffer;
  key?: Buffer;
  /** Value of the Authorization header. */
  authorization?: string;
  /** The program that logs in, where it is not done with what stands above. */
  exec?: ExecLogin;
  /** A proxy leads there, or a kind of login that is gone from Kubernetes: berth itself does neither. */
  indirect: boolean;
}

/** A program that gives a credential (`users[].user.exec`). */
export interface ExecLogin {
  apiVersion: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Where a relative command starts. */
  folder: string;
}

/** A kubeconfig that says less than it must; one sentence with a remedy. */
export class KubeconfigError extends Error {}

type Entry = Record<string, unknown>;

/** The settings of the Kubernetes provider that say which cluster is meant. */
export interface ClusterChoice {
  /** Path or text (`kubernetes:kubeconfig`). @default the files in KUBECONFIG, else ~/.kube/config */
  kubeconfig?: string;
  /** @default the kubeconfig's current one */
  context?: string;
  /** @default that of the context */
  cluster?: string;
}

/** Reads entries of one kind; the first file that has a name wins, as in kubectl. */
function collect(files: { folder: string; config: Entry }[], kind: string, inner: string): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const { folder, config } of files)
    for (const item of (config[kind] ?? []) as Entry[]) {
      const name = String(item.name);
      if (!found.has(name)) found.set(name, { ...((item[inner] ?? {}) as Entry), folder });
    }
  return found;
}

function readFiles(
  choice: ClusterChoice,
  env: NodeJS.ProcessEnv,
): { where: string; files: { folder: string; config: Entry }[] } {
  const read = (text: string, where: string, folder: string) => {
    let config: unknown;
    try {
      config = parse(text);
    } catch (error) {
      throw new KubeconfigError(say`${where} is not YAML (${(error as Error).message.split("\n")[0]})`);
    }
    if (config === null || typeof config !== "object" || Array.isArray(config))
      throw new KubeconfigError(say`${where} is not a kubeconfig`);
    return { folder, config: config as Entry };
  };
  const { kubeconfig } = choice;
  if (kubeconfig !== undefined && (kubeconfig.includes("\n") || kubeconfig.trimStart().startsWith("{")))
    return { where: "kubernetes:kubeconfig", files: [read(kubeconfig, "kubernetes:kubeconfig", process.cwd())] };
  const home = join(homedir(), ".kube", "config");
  const paths = (kubeconfig ?? env.KUBECONFIG ?? home)
    .split(delimiter)
    .filter(Boolean)
    .map((path) => resolve(path.replace(/^~(?=\/|$)/, homedir())));
  const there = paths.filter((path) => existsSync(path));
  if (there.length === 0) throw new KubeconfigError(say`there is no kubeconfig at ${paths.join(", ")}`);
  return {
    where: there.join(", "),
    files: there.map((path) => read(readFileSync(path, "utf8"), path, dirname(path))),
  };
}

/**
 * Finds the cluster that the Kubernetes provider will use, and how to log in there.
 *
 * @throws KubeconfigError where none is named
 */
export function clusterAccess(choice: ClusterChoice, env: NodeJS.ProcessEnv): ClusterAccess {
  const { where, files } = readFiles(choice, env);
  const contexts = collect(files, "contexts", "context");
  const name =
    choice.context ?? files.map(({ config }) => config["current-context"]).find((current) => Boolean(current));
  if (name === undefined)
    throw new KubeconfigError(
      say`${where} names no current context${contexts.size ? say`; it has ${[...contexts.keys()].join(", ")}` : ""}`,
    );
  const context = contexts.get(String(name));
  if (!context)
    throw new KubeconfigError(
      say`"${name}" is not a context of ${where}; it has ${[...contexts.keys()].join(", ") || "none"}`,
    );
  const clusterName = choice.cluster ?? String(context.cluster);
  const cluster = collect(files, "clusters", "cluster").get(clusterName);
  if (!cluster || typeof cluster.server !== "string")
    throw new KubeconfigError(say`the cluster "${clusterName}" of the context "${name}" is not in ${where}`);
  const user = collect(files, "users", "user").get(String(context.user)) ?? {};

  const data = (entry: Entry, field: string): Buffer | undefined => {
    const inline = entry[`${field}-data`];
    if (typeof inline === "string") return Buffer.from(inline, "base64");
    const path = entry[field];
    if (typeof path !== "string") return undefined;
    const full = resolve(String(entry.folder), path);
    if (!existsSync(full)) throw new KubeconfigError(say`${where} names the file ${full}, which is not there`);
    return readFileSync(full);
  };
  const token =
    typeof user.token === "string"
      ? user.token
      : data({ ...user, token: user.tokenFile }, "token")
          ?.toString()
          .trim();
  const basic =
    typeof user.username === "string" && typeof user.password === "string"
      ? `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`
      : undefined;
  return {
    context: String(name),
    server: cluster.server,
    ca: data(cluster, "certificate-authority"),
    serverName: cluster["tls-server-name"] as string | undefined,
    insecure: cluster["insecure-skip-tls-verify"] === true,
    cert: data(user, "client-certificate"),
    key: data(user, "client-key"),
    authorization: token ? `Bearer ${token}` : basic,
    exec: execLogin(user, where),
    indirect: Boolean(user["auth-provider"] || cluster["proxy-url"]),
  };
}

function execLogin(user: Entry, where: string): ExecLogin | undefined {
  if (!user.exec) return undefined;
  const { apiVersion, command, args, env } = user.exec as Entry;
  if (typeof command !== "string" || command === "")
    throw new KubeconfigError(say`${where} names no command in users[].user.exec`);
  const pairs = ((env ?? []) as { name: string; value: string }[]).map(({ name, value }) => [name, value]);
  return {
    apiVersion: String(apiVersion),
    command,
    args: ((args ?? []) as unknown[]).map(String),
    env: Object.fromEntries(pairs) as Record<string, string>,
    folder: String(user.folder),
  };
}
