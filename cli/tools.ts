import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ENGINE_SETTINGS, type EngineAddress, engineAddress } from "../core/engines/dockerApi/connection/address";
import { checkBesides, EngineClient } from "../core/engines/dockerApi/connection/client";
import type { EngineName } from "../core/engines/engineName";
import { onPath } from "../core/host/findExecutable";
import { ArgumentError } from "../core/description/errors";
import { HIDDEN } from "./marks";
import { say, withoutStop } from "../core/description/say";

export { onPath };

/** Resource hooks and inputs of components came earlier; before this CLI a replacement trigger also fired for nothing. */
export const REQUIRED_PULUMI = "3.226";

/** Where the CLI gets plugins from. */
export const PLUGIN_HOST = "https://get.pulumi.com/";

/** Something that a real preview needs and this machine lacks. */
export interface Missing {
  what: string;
  how: string;
}

/** A cluster that does not answer. */
export interface MissingCluster extends Missing {
  /** The same as a sentence about the cluster. */
  silent: string;
}

/** Runs a program quietly; undefined where it fails or takes too long. */
export function ask(program: string, args: string[], timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    let output = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), timeout);
    child.stdout.on("data", (chunk) => (output += chunk));
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? output.trim() : undefined);
    });
  });
}

async function missingCli(): Promise<Missing | undefined> {
  const install = { what: say`the Pulumi CLI`, how: say`install it: https://www.pulumi.com/docs/install/` };
  if (!onPath("pulumi")) return install;
  const version = /v?(\d+)\.(\d+)/.exec((await ask("pulumi", ["version"], 3000)) ?? "");
  if (!version) return install;
  const [major, minor] = REQUIRED_PULUMI.split(".").map(Number) as [number, number];
  const old = Number(version[1]) < major || (Number(version[1]) === major && Number(version[2]) < minor);
  return old
    ? {
        what: say`Pulumi ${REQUIRED_PULUMI} or newer (found ${version[0]})`,
        how: say`update it: https://www.pulumi.com/docs/install/`,
      }
    : undefined;
}

/** Where a program's resources are; "host" for what sets up a machine. */
export type Place = EngineName | "host";

/** Plugins that berth's resources need. */
export type Plugin = "docker" | "kubernetes" | "command";

/** Whether the CLI passes over plugins on PATH. */
const ignoresPath = () => /^(1|true)$/i.test(process.env.PULUMI_IGNORE_AMBIENT_PLUGINS ?? "");

/** The CLI's own folder of a user. */
export const pulumiHome = (): string => process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");

/** Where the CLI installs a provider's plugin. */
export const pluginFolder = (name: string, version: string): string =>
  join(pulumiHome(), "plugins", `resource-${name}-v${version}`);

/** Whether the CLI finds a provider's plugin here, in its cache or on PATH. */
export const hasPlugin = (name: string, version: string): boolean =>
  existsSync(pluginFolder(name, version)) || (!ignoresPath() && onPath(`pulumi-resource-${name}`) !== undefined);

async function missingPlugin(name: string, version: string): Promise<Missing | undefined> {
  if (hasPlugin(name, version)) return undefined;
  try {
    // The CLI downloads it by itself, but waits for long where the host does not answer.
    const { reach } = await import("../core/engines/dockerApi/registry/reach");
    await reach(new URL(PLUGIN_HOST), 2500);
    return undefined;
  } catch {
    return {
      what: say`the plugin ${name} ${version}, and its download host does not answer`,
      how: say`run \`pulumi plugin install resource ${name} ${version}\` where there is a network`,
    };
  }
}

/** Milliseconds in which an engine has to answer: through ssh that takes a login first. */
const enginePatience = ({ host }: EngineAddress) => (host.startsWith("ssh:") ? 15_000 : 2_000);

async function missingEngine(settings: Record<string, string | undefined>): Promise<Missing | undefined> {
  const own = ENGINE_SETTINGS.map((key) => [key, settings[`docker:${key}`]]);
  // Only the CLI can decrypt them; the preview will say what is wrong.
  if (own.some(([, value]) => value === HIDDEN)) return undefined;
  let address: EngineAddress | undefined;
  let client: EngineClient | undefined;
  try {
    address = engineAddress(Object.fromEntries(own) as Record<string, string>, process.env);
    if (!EngineClient.supports(address)) return undefined;
    await checkBesides(address);
    client = new EngineClient(address);
    await client.raw("GET", "/_ping", undefined, enginePatience(address));
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (address === undefined || error instanceof ArgumentError)
      return { what: say`a Docker engine`, how: withoutStop(message) };
    if (address.host.startsWith("unix:"))
      return { what: say`a Docker engine at ${address.host}`, how: say`start Docker, or set DOCKER_HOST` };
    return { what: say`a Docker engine at ${address.host}`, how: message };
  } finally {
    client?.close();
  }
}

/** What lacks of a cluster: undefined where it answers, or where only the provider can reach it. */
export async function missingCluster(
  settings: Record<string, string | undefined>,
): Promise<MissingCluster | undefined> {
  const { clusterAccess, KubeconfigError } = await import("../core/engines/kubernetes/kubeconfig");
  const { ClusterClient } = await import("../core/engines/kubernetes/client");
  const how = say`start it, or name one with KUBECONFIG`;
  const [kubeconfig, context, cluster] = ["kubeconfig", "context", "cluster"].map(
    (key) => settings[`kubernetes:${key}`],
  );
  try {
    const access = clusterAccess({ kubeconfig, context, cluster }, process.env);
    if (access.indirect || access.exec) return undefined;
    const client = new ClusterClient(access);
    try {
      await client.get("/version", 2000);
      return undefined;
    } catch {
      const { server } = access;
      return { what: say`a Kubernetes cluster at ${server}`, silent: say`none answers at ${server}`, how };
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof KubeconfigError)) throw error;
    const { message } = error;
    return { what: say`a Kubernetes cluster (${message})`, silent: say`none answers (${message})`, how };
  }
}

/**
 * What a real preview lacks here. All questions are asked at once and each has its own limit.
 *
 * @param places where the stack's resources are
 * @param plugins version of each plugin
 * @param settings of the stack
 */
export async function findMissing(
  places: Place[],
  plugins: Record<Plugin, string>,
  settings: Record<string, string | undefined>,
): Promise<Missing[]> {
  const cluster = places.includes("kubernetes");
  const docker = places.some((place) => place === "docker" || place === "swarm");
  const answers = await Promise.all([
    missingCli(),
    docker && missingPlugin("docker", plugins.docker),
    docker && missingEngine(settings),
    cluster && missingPlugin("kubernetes", plugins.kubernetes),
    cluster && missingCluster(settings),
    places.includes("host") && missingPlugin("command", plugins.command),
  ]);
  return answers.filter((answer): answer is Missing => Boolean(answer));
}
