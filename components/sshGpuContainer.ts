import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { say } from "../core/description/say";
import { buildForNodes, buildImage } from "../core/engines/dockerApi/images/build";
import { providerOf, sessionFor } from "../core/engines/dockerApi/session";
import { chosenEngine } from "../core/engines/engine";
import { isLate, lift } from "../core/pulumi/outputs";
import { digest } from "../core/description/digest";
import { ArgumentError, show } from "../core/description/errors";
import { parseImage } from "../core/description/names";
import type { BuildDescription } from "../core/description/project";
import { readPublicKeys } from "../core/description/sshKeys";
import type { FileDescription, HealthcheckDescription, Inputs, ServiceArgs } from "../core/description/types";
import { GpuContainer, type GpuContainerArgs } from "./gpuContainer";
import { plainList } from "../core/pulumi/plainList";
import { type Report, reporter } from "../core/pulumi/componentErrors";
import { readOnly } from "./trainingContainer";

/** Arguments of {@link SshGpuContainer}. */
export interface SshGpuContainerArgs extends Omit<GpuContainerArgs, "command"> {
  /**
   * Who may log in: public keys (`"ssh-ed25519 AAAA... name"`) or paths of `*.pub` files, which start at the project
   * folder, or with `~`. Adding or removing one makes the container anew.
   */
  authorizedKeys: pulumi.Input<string>[];
  /** Host port of the SSH server. @default 6000 */
  port?: pulumi.Input<number>;
  /** The user that logs in; the image has to have it. @default "root" */
  user?: string;
  /** Folders with data, each as `"/host/folder:/folder"`; they are mounted read-only unless `:rw` is said. */
  data?: string[];
  /**
   * Build an image with an SSH server on top of `image`, with the package manager that it has. Fields of the build
   * (`network`, `args` with a proxy, ...) stand for true.
   * @default false: the image has one
   */
  installServer?: boolean | Pick<BuildDescription, "network" | "args" | "extraHosts" | "pull" | "noCache">;
}

const FOLDER = join(__dirname, "../core/containerFiles/sshServer");
const CONFIG = "/etc/berth-ssh";
const HOST_KEYS = "/var/lib/berth-ssh";
const TYPE = "berth:services:SshGpuContainer";

/** That the server answers. ssh-keyscan comes with most servers; an image without it has bash. */
const ANSWERS: HealthcheckDescription = {
  test: "ssh-keyscan -T 3 127.0.0.1 2>/dev/null | grep -q . || bash -c '</dev/tcp/127.0.0.1/22'",
  interval: "10s",
  timeout: "5s",
  startPeriod: "30s",
  retries: 3,
};

/**
 * A container with GPUs that people log in to over SSH. Documented setup E2; the note starts `bash` and leaves the
 * server, its password and its keys to whoever comes first.
 *
 * - Public keys are the only way in: no passwords, no keyboard-interactive, no empty passwords.
 * - The server's host keys are made at the first start and kept in a volume, `<name>-ssh`, so that clients know it
 *   again after a replacement.
 * - Sessions have the variables of the container: those of the image (`PATH`, `LD_LIBRARY_PATH`, `CUDA_*`), of the
 *   NVIDIA runtime and of `environment`.
 * - The container ends at once, with one line, where the image has no SSH server; see `installServer`.
 *
 * @example
 * // E2: docker run -ti --gpus all -p 6000:22 --name N -v server_dir:container_dir:ro -w container_dir image bash
 * const box = new SshGpuContainer("anna", {
 *   image: "pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime",
 *   installServer: true,
 *   authorizedKeys: ["~/.ssh/id_ed25519.pub"],
 *   data: ["/export/imagenet:/data"],
 *   workingDir: "/data",
 * });
 * export const login = box.login; // ssh -p 6000 root@localhost
 *
 * @throws pulumi.ResourceError naming the argument; for a private key, before it goes anywhere
 */
export class SshGpuContainer extends GpuContainer {
  /** How to log in from the engine's host: `ssh -p 6000 root@localhost`. */
  readonly login: pulumi.Output<string>;

  constructor(name: string, args: SshGpuContainerArgs, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("SshGpuContainer", name, args, ["command"]);
    const names = argumentNames(args);
    const report = reporter(TYPE, name, names);
    super(
      name,
      report(() => describe(name, args, opts, report)),
      opts,
      TYPE,
      names,
    );
    const { user = "root" } = args;
    this.login = this.url(22, "ssh").apply((url) => {
      const [, host = "localhost", port = "22"] = /^ssh:\/\/(.*):(\d+)$/.exec(url ?? "") ?? [];
      return `ssh -p ${port} ${user}@${host}`;
    });
  }
}

/** What the description calls otherwise; the first volume is that of the host keys. */
function argumentNames({ data, service }: SshGpuContainerArgs): Record<string, string> {
  const given: unknown = service?.volumes ?? data;
  const from = service?.volumes ? "service.volumes" : "data";
  return {
    ...(service?.ports ? {} : { "ports[0]": "port" }),
    ...(Array.isArray(given)
      ? Object.fromEntries(given.map((_, index) => [`volumes[${index + 1}]`, `${from}[${index}]`]))
      : {}),
  };
}

function describe(
  name: string,
  args: SshGpuContainerArgs,
  opts: pulumi.ComponentResourceOptions,
  report: Report,
): GpuContainerArgs {
  const {
    authorizedKeys,
    port = 6000,
    user = "root",
    data = [],
    installServer = false,
    volumes,
    ports,
    service = {},
    ...rest
  } = args;
  const folder = rest.workingDir ?? "";
  if (typeof user !== "string" || !/^[a-z_][a-z0-9_-]{0,31}$/.test(user))
    throw new ArgumentError(
      "user",
      say`${show(user)} is not the name of a user`,
      say`use for example "root" or "anna"`,
    );
  if (!Array.isArray(data))
    throw new ArgumentError("data", say`${show(data)} is not a list`, say`use ["/host/folder:/folder"]`);
  for (const field of ["entrypoint", "command"] as const)
    if (service[field] !== undefined || (args as ServiceArgs)[field] !== undefined)
      throw new ArgumentError(
        service[field] === undefined ? field : `service.${field}`,
        say`the SSH server is what this container runs`,
        say`remove it, and start programs over SSH; or use GpuContainer`,
      );
  if (service.networkMode === "host")
    throw new ArgumentError(
      "service.networkMode",
      say`on the host's network port 22 is the host's own SSH server`,
      say`remove it, and set port`,
    );
  const keys = authorizedKeysFile(authorizedKeys, report);
  const file = (source: string): string => readFileSync(join(FOLDER, source), "utf8");
  const configs: Inputs<FileDescription>[] = [
    { source: "start.sh", target: `${CONFIG}/start.sh`, content: file("start.sh"), mode: 0o555 },
    { source: "sshd_config", target: `${CONFIG}/sshd_config`, content: file("sshd_config"), mode: 0o444 },
    { source: "authorized_keys", target: `${CONFIG}/authorized_keys`, content: keys, mode: 0o444 },
  ];
  const own = { target: 22, published: port };
  const hostKeys = `${name}-ssh:${HOST_KEYS}`;
  const described: GpuContainerArgs = {
    ...rest,
    ports: [own, ...plainList(ports, "ports")] as GpuContainerArgs["ports"],
    volumes: [
      hostKeys,
      ...data.map((mount, index) => readOnly(mount, `data[${index}]`)),
      ...plainList(volumes, "volumes"),
    ],
    service: {
      entrypoint: ["/bin/sh", `${CONFIG}/start.sh`, user, folder] as Inputs<string[]>,
      // sshd drops to the user that logs in by itself.
      user: "root",
      healthcheck: ANSWERS,
      ...service,
      // Files and folders of the server are no arguments, so nothing wins over them.
      ...(service.volumes === undefined
        ? {}
        : { volumes: [hostKeys, ...plainList(service.volumes, "service.volumes")] }),
      configs: [...configs, ...plainList(service.configs, "service.configs")],
    },
  };
  // Last, when nothing else is wrong.
  return installServer === false ? described : { ...described, image: withServer(args, installServer, opts) };
}

function authorizedKeysFile(given: pulumi.Input<string>[], report: Report): pulumi.Input<string> {
  const how = say`give public keys, or paths such as "~/.ssh/id_ed25519.pub"`;
  if (!Array.isArray(given)) throw new ArgumentError("authorizedKeys", say`is not a list`, how);
  if (given.length === 0) throw new ArgumentError("authorizedKeys", say`is empty, so nobody could log in`, how);
  const read = (key: string, index: number) => readPublicKeys(key, `authorizedKeys[${index}]`, process.cwd());
  // What is known is checked at once, so that nothing has been made when it is wrong.
  const known = given.map((key, index) => (isLate(key) ? key : read(key as string, index)));
  return lift(known, (plain) =>
    report(() => {
      const seen = new Set<string>();
      const lines = plain.flatMap((item, index) => {
        const keys = Array.isArray(item) ? item : read(item as string, index);
        for (const line of keys) {
          const key = line.split(" ", 2).join(" ");
          if (seen.has(key))
            throw new ArgumentError(`authorizedKeys[${index}]`, say`is there already`, say`give each key once`);
          seen.add(key);
        }
        return keys;
      });
      return `${lines.join("\n")}\n`;
    }),
  );
}

/** Builds the image with the server, once for each image beneath. */
function withServer(
  { image, engine = chosenEngine(), service = {} }: SshGpuContainerArgs,
  how: NonNullable<SshGpuContainerArgs["installServer"]>,
  opts: pulumi.ComponentResourceOptions,
): pulumi.Input<string> {
  const base = service.image ?? image;
  if (service.image !== undefined)
    throw new ArgumentError("service.image", say`is given together with installServer`, say`give it as image`);
  if (typeof base !== "string" || isLate(service.platform))
    throw new ArgumentError(
      "installServer",
      say`needs an image that is known already`,
      say`give the image as plain text`,
    );
  const { repository } = parseImage(base, "image");
  const platform = service.platform as string | undefined;
  const tag = digest({ base, platform }).slice(0, 12);
  const built = `${repository.split("/").at(-1)}-ssh:${tag}`;
  const options = how === true ? {} : how;
  const build: BuildDescription = {
    ...(options as object),
    context: join(FOLDER, "image"),
    args: { ...(how === true || how === false ? {} : how.args), BASE: base },
  };
  const session = sessionFor(providerOf(opts));
  if (engine === "docker") {
    buildImage(session, built, build, { argument: "installServer.", keep: true, platform });
    return built;
  }
  return buildForNodes(session, built, build, { argument: "installServer.", platform, engine }).name;
}
