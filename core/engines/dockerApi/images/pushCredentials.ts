import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { say } from "../../../description/say";
import { onPath } from "../../../host/findExecutable";
import { ArgumentError, show } from "../../../description/errors";

/** Docker's own name of Docker Hub in its config file. */
const HUB = "https://index.docker.io/v1/";
/** Host that `docker push` talks to where a name has no registry. */
export const HUB_HOST = "registry-1.docker.io";

/** What the engine's API takes as a login, in the words of its header `X-Registry-Auth`. */
export type RegistryLogin = (UserAndPassword | { identitytoken: string }) & { serveraddress: string };

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
  const host = registry || HUB_HOST;
  const { helper, entry } = lookUp(path, registry, argument);
  if (helper) {
    // Where Docker Hub's login is in a helper, Docker asks for it under a name that the provider does not use.
    if (!registry)
      throw new ArgumentError(
        argument,
        say`the login for Docker Hub is with the credential helper ${helper}, which the Docker provider does not ask for it`,
        say`give credentials: { username, password }`,
      );
    const program = `docker-credential-${helper}`;
    if (!onPath(program, env))
      throw new ArgumentError(
        argument,
        say`${path} has the login for ${host} with ${program}, which is not on PATH`,
        say`install it, or give credentials: { username, password }`,
      );
    return { in: "helper", helper };
  }
  if (entry?.identitytoken)
    throw new ArgumentError(
      argument,
      say`${path} has an identity token for ${host}, which the Docker provider cannot use`,
      say`give credentials: { username, password }`,
    );
  const login = entry && userOf(entry);
  return login && { in: "file", login };
}

type Entry = NonNullable<ConfigFile["auths"]>[string];

/** What a config file says about a registry: the helper to ask, else what stands in it. */
function lookUp(path: string, registry: string, argument: string): { helper?: string; entry?: Entry } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw new ArgumentError(argument, say`cannot read ${path} (${code})`, say`name a file that Docker wrote`);
  }
  const config = parse(text, path, argument);
  const helper = config.credHelpers?.[registry || HUB] ?? config.credsStore;
  const entry = Object.entries(config.auths ?? {}).find(([key]) =>
    registry ? hostOf(key) === registry : [HUB, HUB_HOST, "index.docker.io", "docker.io"].includes(key),
  )?.[1];
  return { helper, entry };
}

function userOf(entry: Entry): UserAndPassword | undefined {
  const decoded = entry.auth ? Buffer.from(entry.auth, "base64").toString("utf8") : "";
  const [username = "", password = ""] = decoded ? decoded.split(/:(.*)/s) : [entry.username, entry.password];
  return username ? { username, password: password.replace(/\0+$/, "") } : undefined;
}

/**
 * The login that `docker pull` sends along: what `docker login` has left, with helpers and tokens, which the engine
 * takes even where the provider does not. Without a usable one the engine asks as nobody, and says what it is told.
 */
export async function loginFor(registry: string, env: NodeJS.ProcessEnv): Promise<RegistryLogin | undefined> {
  const serveraddress = registry || HUB;
  try {
    const { helper, entry } = lookUp(dockerConfigFile(env), registry, "");
    const found = helper ? await askHelper(helper, serveraddress) : entry && userOf(entry);
    const identitytoken = found?.username === "<token>" ? found.password : helper ? undefined : entry?.identitytoken;
    return identitytoken ? { identitytoken, serveraddress } : found && { ...found, serveraddress };
  } catch {
    return undefined;
  }
}

function parse(text: string, path: string, argument: string): ConfigFile {
  try {
    const config = JSON.parse(text) as unknown;
    if (config !== null && typeof config === "object" && !Array.isArray(config)) return config as ConfigFile;
  } catch {
    // Said below: the parser's own words may quote a password.
  }
  throw new ArgumentError(argument, say`${path} is not a config file of Docker`, say`write it with \`docker login\``);
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
    child.on("error", (error) => reject(new Error(say`${program} cannot be run (${error.message})`)));
    child.on("close", (code) => {
      if (code !== 0) {
        if (/credentials not found/i.test(output)) return resolve(undefined);
        return reject(new Error(say`${program} ended with ${code} when asked for ${registry}`));
      }
      try {
        const { Username, Secret } = JSON.parse(output) as { Username: string; Secret: string };
        resolve({ username: Username, password: Secret });
      } catch {
        reject(new Error(say`${program} did not answer with a login for ${show(registry)}`));
      }
    });
  });
}
