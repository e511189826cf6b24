import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../../host/findExecutable";
import { ArgumentError, show } from "../../../description/errors";

/** Docker's own name of Docker Hub in its config file. */
const HUB = "https://index.docker.io/v1/";
/** Host that `docker push` talks to where a name has no registry. */
export const HUB_HOST = "registry-1.docker.io";

export interface UserAndPassword {
  username: string;
  password: string;
}

interface ConfigFile {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  credHelpers?: Record<string, string>;
  credsStore?: string;
}

/** The file that `docker login` writes: in DOCKER_CONFIG, or ~/.docker. */
export const dockerConfigFile = (env: NodeJS.ProcessEnv): string =>
  join(env.DOCKER_CONFIG || join(homedir(), ".docker"), "config.json");

/** Where a docker config file has a registry's login. */
export type FoundLogin = { in: "file"; login: UserAndPassword } | { in: "helper"; helper: string };

/**
 * Looks up a registry's login in a docker config file, in Docker's order: its own credential helper, the store of all
 * credentials, the file itself. No helper is run.
 *
 * @returns undefined where the file has none, or is not there
 * @throws ArgumentError for what the Docker provider cannot use
 */
export function findLogin(path: string, registry: string, env: NodeJS.ProcessEnv): FoundLogin | undefined {
  const argument = "credentials.configFile";
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new ArgumentError(argument, `cannot read ${path} (${code})`, "name a file that Docker wrote");
  }
  const config = parse(text, path, argument);
  const host = registry || HUB_HOST;
  const helper = config.credHelpers?.[registry || HUB] ?? config.credsStore;
  const entry = Object.entries(config.auths ?? {}).find(([key]) =>
    registry ? hostOf(key) === registry : [HUB, HUB_HOST, "index.docker.io", "docker.io"].includes(key),
  )?.[1];
  if (helper) {
    // Where Docker Hub's login is in a helper, Docker asks for it under a name that the provider does not use.
    if (!registry)
      throw new ArgumentError(
        argument,
        `the login for Docker Hub is with the credential helper ${helper}, which the Docker provider does not ask for it`,
        "give credentials: { username, password }",
      );
    const program = `docker-credential-${helper}`;
    if (!onPath(program, env))
      throw new ArgumentError(
        argument,
        `${path} has the login for ${host} with ${program}, which is not on PATH`,
        "install it, or give credentials: { username, password }",
      );
    return { in: "helper", helper };
  }
  if (entry === undefined) return undefined;
  if (entry.identitytoken)
    throw new ArgumentError(
      argument,
      `${path} has an identity token for ${host}, which the Docker provider cannot use`,
      "give credentials: { username, password }",
    );
  const decoded = entry.auth ? Buffer.from(entry.auth, "base64").toString("utf8") : "";
  const [username = "", password = ""] = decoded ? decoded.split(/:(.*)/s) : [entry.username, entry.password];
  return username ? { in: "file", login: { username, password: password.replace(/\0+$/, "") } } : undefined;
}

function parse(text: string, path: string, argument: string): ConfigFile {
  try {
    const config = JSON.parse(text) as unknown;
    if (config !== null && typeof config === "object" && !Array.isArray(config)) return config as ConfigFile;
  } catch {
    // Said below: the parser's own words may quote a password.
  }
  throw new ArgumentError(argument, `${path} is not a config file of Docker`, "write it with `docker login`");
}

/** `https://registry.example/v1/` is the login of registry.example. */
const hostOf = (key: string): string => key.replace(/^https?:\/\//, "").split("/")[0]!;

/**
 * Asks a credential helper, as Docker does: `docker-credential-NAME get` with the registry on its input.
 *
 * @returns undefined where it has none
 */
export function askHelper(helper: string, registry: string): Promise<UserAndPassword | undefined> {
  const program = `docker-credential-${helper}`;
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["get"], { env: process.env, stdio: ["pipe", "pipe", "ignore"], timeout: 60_000 });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    // It may end without reading.
    child.stdin.on("error", () => {});
    child.stdin.end(registry);
    child.on("error", (error) => reject(new Error(`${program} cannot be run (${error.message})`)));
    child.on("close", (code) => {
      if (code !== 0) {
        if (/credentials not found/i.test(output)) return resolve(undefined);
        return reject(new Error(`${program} ended with ${code} when asked for ${registry}`));
      }
      try {
        const { Username, Secret } = JSON.parse(output) as { Username: string; Secret: string };
        resolve({ username: Username, password: Secret });
      } catch {
        reject(new Error(`${program} did not answer with a login for ${show(registry)}`));
      }
    });
  });
}
