import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { ArgumentError, show } from "../core/description/errors";
import { scryptHash } from "../core/description/passwords";
import { say } from "../core/description/say";
import type { FileDescription, Inputs } from "../core/description/types";
import { GpuContainer, type GpuContainerArgs } from "./gpuContainer";
import { answersWithPython } from "../core/description/healthchecks";
import { plainList } from "../core/pulumi/plainList";
import { type Report, reporter } from "../core/pulumi/componentErrors";
import { secretText } from "../core/pulumi/secretText";
import { readTls, type TlsFiles } from "../core/pulumi/tlsFiles";

/** Arguments of {@link JupyterHub}. */
export interface JupyterHubArgs extends Omit<GpuContainerArgs, "command"> {
  /**
   * An image with JupyterHub, its proxy and JupyterLab. `quay.io/jupyterhub/jupyterhub` lacks the last; a Dockerfile of
   * two lines adds it: `FROM quay.io/jupyterhub/jupyterhub`, `RUN pip install jupyterlab`.
   */
  image: pulumi.Input<string>;
  /** Who may log in, with the password of each; kept secret, and known to the container by a scrypt hash alone. */
  users: Record<string, pulumi.Input<string>>;
  /** Those of `users` who administer the hub. @default nobody */
  admins?: string[];
  /** Let admins into the servers of others, as the note has it (`admin_access`). @default false */
  adminAccess?: boolean;
  /** Host port, or `"none"`. @default 443 */
  port?: pulumi.Input<number> | "none";
  /** Passwords travel over it: `"none"` only behind a proxy that does TLS. A renewed certificate makes the container anew. */
  tls: TlsFiles | "none";
  /** Folder that a user's server begins with (`notebook_dir`). @default "~", the user's home */
  notebookDir?: string;
  /** Volume name, or a folder of the host, with the users' homes. @default a volume `<name>-home` */
  homes?: string;
  /** @default "none" */
  gpus?: GpuContainerArgs["gpus"];
}

const TYPE = "berth:services:JupyterHub";
const FOLDER = "/etc/berth-hub";
const CONFIG = join(__dirname, "../core/containerFiles/jupyterHub/jupyterhub_config.py");

/**
 * JupyterHub: each user logs in with a password and gets a Jupyter server of one's own. Documented setup E5.
 *
 * The note makes Linux users by hand, whose passwords PAM asks for. Here they are part of the program: each is made at
 * the start, with a home that outlives the container and a number that stays, and the hub knows the scrypt hash of the
 * password, in a file that only root reads. Whoever is taken out of `users` is out at once, and a changed password ends
 * all sessions.
 *
 * All users share this one container, its memory and its GPUs. For people that are to be kept apart, give each a
 * container.
 *
 * @example
 * new JupyterHub("hub", {
 *   image: "registry.example/team/jupyterhub:5",
 *   users: { kevin: config.requireSecret("kevin"), stu01: config.requireSecret("stu01") },
 *   admins: ["kevin"],
 *   tls: { certificate: "hub.pem", key: "hub-key.pem" },
 * });
 *
 * @throws pulumi.ResourceError naming the argument
 */
export class JupyterHub extends GpuContainer {
  /** Address of the login page on the engine's host; undefined where nothing is published. */
  readonly address: pulumi.Output<string | undefined>;

  constructor(name: string, args: JupyterHubArgs, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("JupyterHub", name, args, ["command"]);
    const names = {
      ...(args.service?.ports ? {} : { "ports[0]": "port" }),
      ...(args.service?.volumes ? {} : { "volumes[0]": "homes" }),
    };
    const report = reporter(TYPE, name, names);
    super(
      name,
      report(() => describe(name, args, report)),
      opts,
      TYPE,
      names,
    );
    this.address = args.tls === "none" ? this.url(8000) : this.url(443, "https");
  }
}

function describe(name: string, args: JupyterHubArgs, report: Report): GpuContainerArgs {
  const {
    users,
    admins = [],
    adminAccess = false,
    port = 443,
    tls,
    notebookDir = "~",
    homes = `${name}-home`,
    gpus = "none",
    sharedMemory = gpus === "none" ? "engine" : undefined,
    volumes,
    ports,
    service = {},
    ...rest
  } = args;
  checkPlain({ ...args, adminAccess, notebookDir, homes });
  const passwords = usersFile(name, users, report);
  checkAdmins(admins, users);

  const files = tls === "none" ? undefined : readTls(tls, "tls", (text) => void pulumi.log.warn(say`${name}: ${text}`));
  const inner = files ? 443 : 8000;
  const scheme = files ? "https" : "http";
  const settings = {
    bindUrl: `${scheme}://:${inner}/`,
    tls: files !== undefined,
    admins,
    adminAccess,
    notebookDir,
  };
  const configs: Inputs<FileDescription>[] = [
    { source: "jupyterhub_config", target: `${FOLDER}/jupyterhub_config.py`, content: readFileSync(CONFIG, "utf8") },
    { source: "settings", target: `${FOLDER}/settings.json`, content: JSON.stringify(settings) },
    ...(files ? [{ source: "certificate", target: `${FOLDER}/certificate.pem`, content: files.certificate }] : []),
  ];
  const secrets: Inputs<FileDescription>[] = [
    { source: "users", target: `${FOLDER}/users.json`, content: passwords, mode: 0o400 },
    ...(files ? [{ source: "key", target: `${FOLDER}/key.pem`, content: files.key, mode: 0o400 }] : []),
  ];
  const state = `${name}-hub:/srv/berth-hub`;
  const own = port === "none" ? [] : [{ target: inner, published: port }];
  const allPorts = [...own, ...plainList(ports, "ports")] as typeof own;
  const { secrets: moreSecrets, configs: moreConfigs, ...others } = service;
  return {
    ...rest,
    gpus,
    ...(sharedMemory === undefined ? {} : { sharedMemory }),
    command: ["jupyterhub", "-f", `${FOLDER}/jupyterhub_config.py`],
    ports: allPorts.length ? allPorts : undefined,
    volumes: [`${homes}:/home`, state, ...plainList(volumes, "volumes")],
    service: {
      // It starts the servers of its users as these users.
      user: "root",
      healthcheck: answersWithPython(`${scheme}://127.0.0.1:${inner}/hub/health`),
      waitTimeout: "5m",
      ...others,
      ...(others.volumes === undefined ? {} : { volumes: [state, ...plainList(others.volumes, "service.volumes")] }),
      configs: [...configs, ...plainList(moreConfigs, "service.configs")],
      secrets: [...secrets, ...plainList(moreSecrets, "service.secrets")],
    },
  };
}

/** What is wrong about the arguments that are known at once. */
function checkPlain(args: JupyterHubArgs): void {
  const { tls, adminAccess, notebookDir, homes } = args;
  if (tls === undefined)
    throw new ArgumentError(
      "tls",
      say`is missing, and passwords would travel in clear`,
      say`give { certificate: "...", key: "..." }, or "none" behind a proxy that does TLS`,
    );
  if (typeof adminAccess !== "boolean")
    throw new ArgumentError("adminAccess", say`${show(adminAccess)} is not true or false`, say`use true or false`);
  if (typeof notebookDir !== "string" || !/^[~/]/.test(notebookDir))
    throw new ArgumentError(
      "notebookDir",
      say`${show(notebookDir)} is not a folder of the container`,
      say`use "~" or "/path"`,
    );
  if (typeof homes !== "string" || homes === "" || homes.includes(":"))
    throw new ArgumentError("homes", say`${show(homes)} is no folder or volume`, say`name one; it is mounted on /home`);
  for (const field of ["entrypoint", "command"] as const)
    if ((args as object as Record<string, unknown>)[field] !== undefined)
      throw new ArgumentError(field, say`is JupyterHub itself here`, say`remove it, or set service.${field}`);
}

function checkAdmins(admins: string[], users: JupyterHubArgs["users"]): void {
  if (!Array.isArray(admins)) throw new ArgumentError("admins", say`${show(admins)} is not a list`, say`use ["kevin"]`);
  for (const [index, admin] of admins.entries())
    if (!Object.hasOwn(users, admin))
      throw new ArgumentError(
        `admins[${index}]`,
        say`${show(admin)} is none of users`,
        say`give this user a password there`,
      );
}

/** Who is there, with the hash of each password. */
function usersFile(name: string, users: JupyterHubArgs["users"], report: Report): pulumi.Output<string> {
  const how = say`give each a password: { kevin: config.requireSecret(...) }`;
  if (users === null || typeof users !== "object" || Array.isArray(users) || pulumi.Output.isInstance(users))
    throw new ArgumentError("users", say`is not a map of users that is known already`, how);
  if (Object.keys(users).length === 0) throw new ArgumentError("users", say`is empty, so nobody could log in`, how);
  const hashes = Object.entries(users).map(([user, password]) => {
    if (!/^[a-z][a-z0-9_-]{0,31}$/.test(user) || user === "root")
      throw new ArgumentError(
        `users.${user}`,
        say`is not a name for a user of its own`,
        say`use up to 32 small letters, digits, '_' and '-', beginning with a letter, and not root`,
      );
    const place = `${pulumi.getProject()}/${pulumi.getStack()}/${name}/${user}`;
    return secretText(password, `users.${user}`, report, (plain) => scryptHash(plain, place)).apply(
      (hash) => [user, hash] as const,
    );
  });
  return pulumi.secret(pulumi.all(hashes).apply((entries) => JSON.stringify(Object.fromEntries(entries))));
}
