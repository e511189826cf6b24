import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { parseAddress } from "../core/description/addresses";
import { ArgumentError, show } from "../core/description/errors";
import { parseTarget } from "../core/description/mounts";
import { jupyterHash } from "../core/description/passwords";
import { say } from "../core/description/say";
import type { FileDescription, Inputs } from "../core/description/types";
import { GpuContainer, type GpuContainerArgs } from "./gpuContainer";
import { answersWithPython } from "../core/description/healthchecks";
import { plainList } from "../core/pulumi/plainList";
import { type Report, reporter } from "../core/pulumi/componentErrors";
import { secretText } from "../core/pulumi/secretText";
import { readTls, type TlsFiles } from "../core/pulumi/tlsFiles";
import { withVariables } from "../core/pulumi/variables";

/** Arguments of {@link JupyterServer}. */
export interface JupyterServerArgs extends Omit<GpuContainerArgs, "image" | "command"> {
  /**
   * Any image with Jupyter in it, for example `"jupyter/base-notebook"` of Docker Hub (no longer updated), or one of
   * your own where quay.io is slow to reach.
   * @default "quay.io/jupyter/base-notebook", Jupyter's own: Lab, Notebook and Python
   */
  image?: pulumi.Input<string>;
  /** `"lab"` for JupyterLab, `"notebook"` for the Notebook alone. @default "lab" */
  interface?: "lab" | "notebook";
  /**
   * Password for the login page; kept secret, and known to the container by its hash alone. The hash is a quick one
   * (salted SHA-512, the best that every version of Jupyter reads), so a short password is not safe with it.
   */
  password?: pulumi.Input<string>;
  /** A token in its place, for `?token=...` and API clients; kept secret. */
  token?: pulumi.Input<string>;
  /** Host port, or `"none"`. @default 8888 */
  port?: pulumi.Input<number> | "none";
  /** Address inside the container to listen on; `"*"` is all (`--ip`). @default "0.0.0.0" */
  ip?: string;
  /** Run although the user is root, where the image's is (`--allow-root`). @default true */
  allowRoot?: boolean;
  /** Volume name, or a folder of the host, with the notebooks; the image's user must be able to write there. @default a volume `<name>-work` */
  data?: string;
  /** Where it is mounted. @default "/home/jovyan/work", the folder of Jupyter's own images */
  dataTarget?: string;
  /** Folder that the file browser shows, and no more than that (`--notebook-dir`). @default `dataTarget` */
  notebookDir?: string;
  /** Serve HTTPS. A renewed certificate makes the container anew. @default HTTP */
  tls?: TlsFiles;
  /** @default "none" */
  gpus?: GpuContainerArgs["gpus"];
}

const TYPE = "berth:services:JupyterServer";
const PORT = 8888;
const FOLDER = "/etc/berth-jupyter";
const CERTIFICATE = `${FOLDER}/certificate.pem`;
const KEY = `${FOLDER}/key.pem`;

/**
 * A Jupyter server, Lab or Notebook, behind a password. Documented setup E5; the note writes the hash by hand into
 * `jupyter_notebook_config.py`.
 *
 * The password is a secret: in the state it is encrypted, and the container has its hash, in a file. Its salt comes of
 * the password, the stack and the name by HMAC, so that a program that has not changed shows no change. There is no
 * token beside the password, and the login page cannot set another one.
 *
 * @example
 * // jupyter lab --notebook-dir=/ --ip='*' --port=8888 --allow-root --no-browser
 * const lab = new JupyterServer("lab", {
 *   password: config.requireSecret("password"),
 *   notebookDir: "/",
 *   data: "/export/anna",
 * });
 * export const address = lab.address; // http://localhost:8888
 *
 * @throws pulumi.ResourceError naming the argument; for an empty password, and for none
 */
export class JupyterServer extends GpuContainer {
  /** Address of the login page on the engine's host, without password or token; undefined where nothing is published. */
  readonly address: pulumi.Output<string | undefined>;

  constructor(name: string, args: JupyterServerArgs, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("JupyterServer", name, args, ["command"]);
    const names = {
      ...(args.service?.ports ? {} : { "ports[0]": "port" }),
      ...(args.service?.volumes ? {} : { "volumes[0].target": "dataTarget", "volumes[0]": "data" }),
    };
    const report = reporter(TYPE, name, names);
    super(
      name,
      report(() => describe(name, args, report)),
      opts,
      TYPE,
      names,
    );
    this.address = this.url(PORT, args.tls === undefined ? "http" : "https");
  }
}

function describe(name: string, args: JupyterServerArgs, report: Report): GpuContainerArgs {
  const {
    image = "quay.io/jupyter/base-notebook",
    interface: face = "lab",
    password,
    token,
    port = PORT,
    ip = "0.0.0.0",
    allowRoot = true,
    data = `${name}-work`,
    dataTarget = "/home/jovyan/work",
    notebookDir = dataTarget,
    tls,
    gpus = "none",
    sharedMemory = gpus === "none" ? "engine" : undefined,
    volumes,
    ports,
    environment,
    service = {},
    ...rest
  } = args;
  checkPlain({ ...args, interface: face, allowRoot, ip, data, dataTarget, notebookDir });

  const files =
    tls === undefined ? undefined : readTls(tls, "tls", (text) => void pulumi.log.warn(say`${name}: ${text}`));
  // Whoever runs Jupyter has to read it; its user is the image's.
  const secrets = [
    ...loginFiles(loginOf(name, args, report), files !== undefined),
    ...(files ? [{ source: "jupyter-key", target: KEY, content: files.key }] : []),
  ];
  const configs = files ? [{ source: "jupyter-certificate", target: CERTIFICATE, content: files.certificate }] : [];
  const scheme = files ? "https" : "http";
  const own = port === "none" ? [] : [{ target: PORT, published: port }];
  const { secrets: moreSecrets, configs: moreConfigs, environment: moreVariables, ...others } = service;
  const allConfigs = [...configs, ...plainList(moreConfigs, "service.configs")];
  const allPorts = [...own, ...plainList(ports, "ports")] as (typeof own)[number][];
  return {
    ...rest,
    image,
    gpus,
    ...(sharedMemory === undefined ? {} : { sharedMemory }),
    command: [
      "jupyter",
      face,
      `--ip=${ip}`,
      `--port=${PORT}`,
      "--no-browser",
      ...(allowRoot ? ["--allow-root"] : []),
      `--notebook-dir=${notebookDir}`,
    ],
    // Before the folders of the user and of the image.
    environment: withVariables(
      withVariables({ JUPYTER_CONFIG_PATH: FOLDER }, environment) as Record<string, pulumi.Input<string>>,
      moreVariables,
    ),
    ports: allPorts.length ? allPorts : undefined,
    volumes: [{ source: data, target: dataTarget, ...typeOf(data) }, ...plainList(volumes, "volumes")],
    service: {
      healthcheck: answersWithPython(`${scheme}://${addressOf(ip)}:${PORT}/api`),
      waitTimeout: "5m",
      ...others,
      secrets: [...secrets, ...plainList(moreSecrets, "service.secrets")],
      ...(allConfigs.length ? { configs: allConfigs } : {}),
    },
  };
}

/** What is wrong about the arguments that are known at once. */
function checkPlain(args: JupyterServerArgs & { data: string; dataTarget: string; notebookDir: string }): void {
  const { interface: face, allowRoot, ip, data, dataTarget, notebookDir } = args;
  if (face !== "lab" && face !== "notebook")
    throw new ArgumentError("interface", say`${show(face)} is not known`, say`use lab or notebook`);
  if (typeof allowRoot !== "boolean")
    throw new ArgumentError("allowRoot", say`${show(allowRoot)} is not true or false`, say`use true or false`);
  if (typeof ip !== "string")
    throw new ArgumentError("ip", say`${show(ip)} is not an address`, say`use "0.0.0.0" or "*"`);
  if (ip !== "*") parseAddress(ip, "ip");
  if (typeof data !== "string" || data === "" || data.includes(":"))
    throw new ArgumentError(
      "data",
      say`${show(data)} is no folder or volume`,
      say`give its place in the container as dataTarget`,
    );
  checkFolder(dataTarget, "dataTarget");
  parseTarget(dataTarget, "dataTarget");
  checkFolder(notebookDir, "notebookDir");
  for (const field of ["entrypoint", "command"] as const)
    if ((args as object as Record<string, unknown>)[field] !== undefined)
      throw new ArgumentError(field, say`is Jupyter itself here`, say`remove it, or set service.${field}`);
}

/** What Jupyter reads about its login: the one is for jupyter_server, the other for a notebook of before version 7. */
function loginFiles(login: pulumi.Output<{ hash: string; key: string }>, tls: boolean): Inputs<FileDescription>[] {
  const settings = { ...(tls && { certfile: CERTIFICATE, keyfile: KEY }), allow_password_change: false };
  const server = login.apply(({ hash, key }) =>
    JSON.stringify({
      ServerApp: { ...settings, password: hash, token: key },
      IdentityProvider: { token: key },
      PasswordIdentityProvider: { hashed_password: hash, allow_password_change: false, password_required: hash !== "" },
    }),
  );
  const classic = login.apply(({ hash, key }) =>
    JSON.stringify({ NotebookApp: { ...settings, password: hash, token: key } }),
  );
  return [
    { source: "jupyter-server", target: `${FOLDER}/jupyter_server_config.json`, content: server },
    { source: "jupyter-notebook", target: `${FOLDER}/jupyter_notebook_config.json`, content: classic },
  ];
}

/** Where the server can be asked from inside its container. */
function addressOf(ip: string): string {
  if (ip === "*" || ip === "0.0.0.0" || ip === "::") return "127.0.0.1";
  return ip.includes(":") ? `[${ip}]` : ip;
}

const typeOf = (source: string) => (/^[./~]/.test(source) ? { type: "bind" as const } : {});

function checkFolder(path: unknown, argument: string): void {
  if (typeof path !== "string" || !path.startsWith("/"))
    throw new ArgumentError(argument, say`${show(path)} is not an absolute path`, say`begin the container path with /`);
}

/** The password's hash, or the token. */
function loginOf(
  name: string,
  { password, token }: JupyterServerArgs,
  report: Report,
): pulumi.Output<{ hash: string; key: string }> {
  if (password !== undefined && token !== undefined)
    throw new ArgumentError("token", say`is given together with password`, say`give one of them`);
  if (token !== undefined)
    return secretText(token, "token", report, (plain) => {
      if (!/^[\w.~-]{16,}$/.test(plain))
        throw new ArgumentError(
          "token",
          say`is shorter than 16 characters, or holds some that an address cannot`,
          say`use letters, digits, '.', '_', '~' and '-', for example of \`openssl rand -hex 24\``,
        );
      return plain;
    }).apply((key) => ({ hash: "", key }));
  const place = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
  return secretText(password, "password", report, (plain) => jupyterHash(plain, place)).apply((hash) => ({
    hash,
    key: "",
  }));
}
