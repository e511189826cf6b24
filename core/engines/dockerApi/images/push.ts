import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, show } from "../../../description/errors";
import { type ImageReference, parseImage } from "../../../description/names";
import { say } from "../../../description/say";
import { EngineError } from "../connection/client";
import {
  askHelper,
  dockerConfigFile,
  type FoundLogin,
  findLogin,
  HUB_HOST,
  type UserAndPassword,
} from "./pushCredentials";
import type { Session } from "../session";
import { suffixes } from "../../../pulumi/hookNames";

/** A login for a registry; what `docker login` keeps in a config file or a credential helper; or none. */
export type Credentials =
  | { username: pulumi.Input<string>; password: pulumi.Input<string> }
  | {
      /** Path of the config file. @default config.json in DOCKER_CONFIG or ~/.docker */
      configFile: string;
    }
  | "none";

export interface RegistryOptions {
  /**
   * Who pushes. A password becomes a secret of the state; of a config file only its path is kept.
   * @default what `docker login` has left for the registry; nobody where it left nothing
   */
  credentials?: Credentials;
  /**
   * The registry speaks plain HTTP. The engine needs it among its `insecure-registries`.
   * @default true on this machine: `localhost`, 127.0.0.1
   */
  insecure?: boolean;
  /**
   * Take a certificate that cannot be verified. The engine needs the registry among its `insecure-registries`.
   * @default false
   */
  insecureSkipVerify?: boolean;
  /** Leave the image in the registry when the stack goes, or when another takes its place. @default true */
  keepRemotely?: boolean;
}

/** A checked wish to push. */
export interface Push {
  reference: string;
  parsed: ImageReference;
  options: RegistryOptions;
  /** Where a config file has the login. */
  configFile?: string;
}

/** Host of a reference's registry, as people know it. */
export const registryOf = ({ registry }: ImageReference): string => registry || HUB_HOST;

/**
 * Checks where an image is to go, and whose login is used.
 *
 * @throws ArgumentError where a push cannot succeed
 */
export function preparePush(reference: string, options: RegistryOptions): Push {
  if (typeof reference !== "string")
    throw new ArgumentError(
      "name",
      say`${show(reference)} is no image reference`,
      say`name a registry, a path and a tag`,
    );
  const parsed = parseImage(reference, "name");
  if (parsed.digest !== undefined)
    throw new ArgumentError("name", say`${reference} names a digest, which the registry computes`, say`name a tag`);
  const { credentials } = options;
  if (options.insecure && options.insecureSkipVerify)
    throw new ArgumentError("insecureSkipVerify", say`plain HTTP (insecure) has no certificate`, say`set one of them`);
  if (options.insecure && parsed.registry === "")
    throw new ArgumentError("insecure", say`Docker Hub has TLS`, say`remove it, or name a registry`);
  const push = { reference, parsed, options };
  if (credentials === "none") return push;
  if (credentials !== undefined && "username" in credentials) {
    for (const field of ["username", "password"] as const)
      if (credentials[field] === "" || credentials[field] === undefined)
        throw new ArgumentError(`credentials.${field}`, say`is empty`, say`give the registry's user and password`);
    return push;
  }
  if (credentials !== undefined && !credentials.configFile)
    throw new ArgumentError("credentials.configFile", say`names no file`, say`give it, or { username, password }`);
  const configFile = credentials?.configFile ?? dockerConfigFile(process.env);
  if (findLogin(configFile, parsed.registry, process.env)) return { ...push, configFile };
  if (credentials !== undefined)
    throw new ArgumentError(
      "credentials.configFile",
      say`${configFile} has no login for ${registryOf(parsed)}`,
      say`run \`docker login ${parsed.registry}\`, or give credentials: { username, password }`,
    );
  return push;
}

/** Docker itself tries plain HTTP there. */
const isLoopback = (registry: string) => /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(registry);

/** The registry's address with its protocol, which the provider asks for digests. */
const addressOf = ({ parsed, options }: Push) =>
  `${(options.insecure ?? (!options.insecureSkipVerify && isLoopback(parsed.registry))) ? "http" : "https"}://${registryOf(parsed)}`;

export interface PushResource {
  /** Logical name. */
  name: string;
  /** Pushes again where they change. */
  triggers: pulumi.Input<Record<string, pulumi.Input<string>>>;
  parent?: pulumi.Resource;
  dependsOn?: pulumi.Resource[];
}

/** Pushes an image of the engine. Its `id` is the digest that was pushed; a refresh finds what is there now. */
export function pushImage(
  session: Session,
  push: Push,
  { name, triggers, parent, dependsOn }: PushResource,
): docker.RegistryImage {
  const { credentials, insecureSkipVerify, keepRemotely = true } = push.options;
  const address = addressOf(push);
  const given = credentials !== undefined && credentials !== "none" && "username" in credentials;
  const login = given ? { username: credentials.username, password: pulumi.secret(credentials.password) } : {};
  const own = ownState(session);
  // A config file's tokens are short-lived and would be a change each time: the provider reads them itself.
  const provider = push.configFile === undefined ? undefined : own.provider(address, push.configFile);
  if (push.configFile !== undefined) own.configFiles.set(registryOf(push.parsed), push.configFile);
  return new docker.RegistryImage(
    name,
    {
      name: push.reference,
      keepRemotely,
      insecureSkipVerify,
      triggers,
      // Also for a registry without logins: the provider refuses to push without any.
      authConfig: provider ? undefined : { address, ...login },
    },
    session.shared({
      parent,
      dependsOn,
      ...(provider ? { provider } : {}),
      hooks: own.checkLogin && { beforeCreate: [own.checkLogin], beforeUpdate: [own.checkLogin] },
    }),
  );
}

class Registries {
  /** By registry. */
  readonly configFiles = new Map<string, string>();
  readonly checkLogin?: pulumi.ResourceHook;
  private readonly providers = new Map<string, docker.Provider>();

  constructor(
    private readonly session: Session,
    suffix: string,
  ) {
    if (session.hooks)
      this.checkLogin = new pulumi.ResourceHook(`berth-check-login${suffix}`, ({ newInputs }) =>
        checkLogin(session, newInputs as PushInputs, this.configFiles),
      );
  }

  /** A provider that reads a config file; only the file's path is in its state. */
  provider(address: string, configFile: string): docker.Provider {
    const key = `${address} ${configFile}`;
    const known = this.providers.get(key);
    if (known) return known;
    const provider = new docker.Provider(`registry-${address.replace(/^https?:\/\//, "")}`, {
      ...this.session.providerSettings(),
      registryAuth: [{ address, configFile }],
    });
    this.providers.set(key, provider);
    return provider;
  }
}

const states = new WeakMap<Session, Registries>();
const nextSuffix = suffixes();

function ownState(session: Session): Registries {
  const known = states.get(session);
  if (known) return known;
  const state = new Registries(session, nextSuffix());
  states.set(session, state);
  return state;
}

/** A RegistryImage's inputs as its hook gets them: secrets are Outputs. */
interface PushInputs {
  name: string;
  authConfig?: pulumi.Input<Partial<Record<"username" | "password", pulumi.Input<string>>>>;
}

/**
 * Lets the engine log in, over its own network and with its own certificates, as `docker login` does: a push that
 * fails says neither which registry nor why.
 */
async function checkLogin(session: Session, inputs: PushInputs, configFiles: Map<string, string>): Promise<void> {
  if (!session.client) return;
  const parsed = parseImage(inputs.name, "name");
  const registry = registryOf(parsed);
  const login = await loginOf(inputs, parsed, configFiles);
  try {
    const serveraddress = parsed.registry || "https://index.docker.io/v1/";
    await session.client.request("POST", "/auth", { ...login, serveraddress }, 120_000);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const words = login?.password ? error.message.replaceAll(login.password, "[secret]") : error.message;
    throw new Error(sentence(registry, words.trim(), login?.username));
  }
}

async function loginOf(
  { authConfig }: PushInputs,
  parsed: ImageReference,
  configFiles: Map<string, string>,
): Promise<Partial<UserAndPassword> | undefined> {
  if (authConfig !== undefined)
    return new Promise((resolve) => void pulumi.output(authConfig).apply((plain) => resolve(plain)));
  const configFile = configFiles.get(registryOf(parsed));
  const found: FoundLogin | undefined = configFile ? findLogin(configFile, parsed.registry, process.env) : undefined;
  return found?.in === "helper" ? askHelper(found.helper, parsed.registry) : found?.login;
}

function sentence(registry: string, words: string, username: string | undefined): string {
  if (/HTTP response to HTTPS client|x509:|certificate/.test(words))
    return say`insecure: the engine does not trust ${registry} (${words}); add it to "insecure-registries" of the engine, or give the engine its certificate.`;
  if (/\b40[13]\b|unauthorized|denied|no basic auth|incorrect username/i.test(words))
    return username
      ? say`credentials: ${registry} refuses the user ${username} (${words}); check user and password.`
      : say`credentials: ${registry} wants a login, and there is none (${words}); give credentials, or run \`docker login ${registry}\`.`;
  return say`name: the engine reaches no registry at ${registry} (${words}); start it, or correct the name.`;
}
