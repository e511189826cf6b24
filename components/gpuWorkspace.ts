import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { ArgumentError } from "../core/description/errors";
import { type GpuChoice, parseGpuChoice } from "../core/description/gpus";
import { isWithin } from "../core/description/isWithin";
import { hostPath } from "../core/description/mounts";
import { parseName } from "../core/description/names";
import { checkPort } from "../core/description/ports";
import { GpuContainer, type GpuContainerArgs } from "./gpuContainer";
import { both, say } from "../core/description/say";
import { reporter } from "../core/pulumi/componentErrors";
import type { Endpoint } from "./service";
import { SshGpuContainer } from "./sshGpuContainer";

/** One person on the server. */
export interface GpuPerson
  extends Pick<GpuContainerArgs, "image" | "command" | "cpus" | "memLimit" | "sharedMemory" | "service"> {
  /** Name of the person, and of the container. */
  name: string;
  /** By index, UUID or MIG device, e.g. `[0, 1]`, or `"none"`; `"all"` and counts only with `shareGpus`. */
  gpus: GpuChoice;
  /** Others may have the same GPUs; each of them has to say so. @default false */
  shareGpus?: boolean;
  /** Host port of the person's ssh server (with `authorizedKeys`), else of `targetPort`. @default none */
  port?: number;
  /** Port in the container. @default 22 */
  targetPort?: number;
  /** Public keys that may log in with ssh: texts, or paths of `*.pub` files. @default no ssh server */
  authorizedKeys?: string[];
  /** Folder of the host that is the person's own; it is mounted on `workspace`. */
  folder: string;
}

/** Arguments of {@link GpuWorkspace}. */
export interface GpuWorkspaceArgs {
  /** One container for each, with GPUs that nobody else has. */
  people: (Omit<GpuPerson, "image"> & Partial<Pick<GpuPerson, "image">>)[];
  /** For whoever has no image of their own. */
  image?: pulumi.Input<string>;
  /** Where each person's folder is mounted. @default "/workspace" */
  workspace?: string;
  /** Folders that everybody reads, e.g. `"/data:/data"`. */
  shared?: string[];
  /** See the host's processes, so that `nvidia-smi` names who uses what (`--pid=host`). @default false */
  hostPid?: boolean;
  /** The way of engines without device requests, as `GpuContainer` has it. */
  runtime?: "nvidia";
  /** Comes back after a reboot. @default "unless-stopped" */
  restart?: "no" | "always" | "unless-stopped";
}

/**
 * Several people on one GPU server, each with a container, GPUs, a port, a folder and limits of their own. What two of
 * them would have at once is refused at preview with both names. Adding or changing one touches no other container.
 * Documented setup E6: isolation by `NVIDIA_VISIBLE_DEVICES`, `--pid=host`.
 *
 * @example
 * new GpuWorkspace("lab", {
 *   image: "pytorch/pytorch",
 *   people: [
 *     { name: "ada", gpus: [0], port: 6001, folder: "/home/ada", authorizedKeys: ["ada.pub"] },
 *     { name: "lin", gpus: [1], port: 6002, folder: "/home/lin", authorizedKeys: ["lin.pub"], memLimit: "64g" },
 *   ],
 * });
 *
 * @throws pulumi.ResourceError with both names where people overlap
 */
export class GpuWorkspace extends pulumi.ComponentResource {
  /** By the person's name. */
  readonly containers: Record<string, GpuContainer> = {};
  /** Published ports, by the person's name. */
  readonly endpoints: pulumi.Output<Record<string, Endpoint[]>>;

  constructor(name: string, args: GpuWorkspaceArgs, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("GpuWorkspace", name, args);
    const type = "berth:services:GpuWorkspace";
    const report = reporter(type, name);
    report(() => checkPeople(args));
    super(type, name, { people: args.people.map((person) => person.name) }, opts);
    for (const [index, person] of args.people.entries())
      this.containers[person.name] = reporter(
        type,
        `${name}", people[${index}] "${person.name}`,
      )(() => this.make(person, args));
    this.endpoints = pulumi.all(
      Object.fromEntries(Object.entries(this.containers).map(([who, container]) => [who, container.endpoints])),
    ) as unknown as pulumi.Output<Record<string, Endpoint[]>>;
    this.registerOutputs({});
  }

  private make(person: GpuWorkspaceArgs["people"][number], args: GpuWorkspaceArgs): GpuContainer {
    const { workspace = "/workspace", shared = [], hostPid, runtime, restart = "unless-stopped" } = args;
    const { name, folder, port, targetPort = 22, authorizedKeys, shareGpus: _, service, ...own } = person;
    const common = {
      ...own,
      image: person.image ?? args.image!,
      containerName: name,
      runtime,
      workingDir: workspace,
      service: { restart, ...(hostPid ? { pid: "host" } : {}), ...service },
    };
    const mounts = [
      `${folder}:${workspace}`,
      ...shared.map((mount) => (mount.split(":").length < 3 ? `${mount}:ro` : mount)),
    ];
    if (authorizedKeys)
      return new SshGpuContainer(name, { ...common, volumes: mounts, port, authorizedKeys }, { parent: this });
    return new GpuContainer(
      name,
      {
        ...common,
        // A container without a program of its own stays for `docker exec`.
        command: person.command ?? ["sleep", "infinity"],
        volumes: mounts,
        ports: port === undefined ? undefined : [{ target: targetPort, published: port }],
      },
      { parent: this },
    );
  }
}

/** Refuses what two people would have at once. */
export function checkPeople({ people, image }: Pick<GpuWorkspaceArgs, "people" | "image">): void {
  if (!Array.isArray(people) || people.length === 0)
    throw new ArgumentError(
      "people",
      say`names nobody`,
      say`list them, e.g. [{ name: "ada", gpus: [0], folder: "/home/ada" }]`,
    );
  const byName = new Map<string, number>();
  const byPort = new Map<number, string>();
  const byFolder = new Map<string, string>();
  const claims: Claim[] = [];
  for (const [index, person] of people.entries()) {
    const at = `people[${index}]`;
    const who = parseName(person.name, `${at}.name`);
    if (byName.has(who))
      throw new ArgumentError(
        `${at}.name`,
        say`${who} is the name of people[${byName.get(who)}] too`,
        say`give each their own`,
      );
    byName.set(who, index);
    if (person.image === undefined && image === undefined)
      throw new ArgumentError(`${at}.image`, say`${who} has no image`, say`set it, or image for everybody`);
    if (person.port !== undefined) {
      checkPort(person.port, `${at}.port`);
      const other = byPort.get(person.port);
      if (other !== undefined)
        throw new ArgumentError(
          `${at}.port`,
          say`${who} and ${other} both have the port ${person.port}`,
          say`choose another one`,
        );
      byPort.set(person.port, who);
    }
    checkFolder(person.folder, `${at}.folder`, who, byFolder);
    checkGpus(person, at, claims);
  }
}

/** A folder inside another person's folder is that person's, too. */
function checkFolder(folder: string, at: string, who: string, taken: Map<string, string>): void {
  if (typeof folder !== "string" || folder === "")
    throw new ArgumentError(at, say`is missing`, say`name the folder of the host that is ${who}'s`);
  const path = hostPath(folder, process.cwd());
  for (const [other, owner] of taken)
    if (isWithin(other, path) || isWithin(path, other))
      throw new ArgumentError(
        at,
        say`${who} and ${owner} both have ${path === other ? path : say`${path} and ${other}`}`,
        say`give each their own folder`,
      );
  taken.set(path, who);
}

/** Who has what. */
interface Claim {
  who: string;
  shared: boolean;
  /** Index or UUID in capitals; undefined for all or some that the engine picks. */
  gpu?: string;
  /** A part of it, where it is split. */
  part?: string;
}

const isUuid = (gpu: string) => /^(GPU|MIG)-/.test(gpu);

function checkGpus(
  { name: who, gpus, shareGpus: shared = false }: Pick<GpuPerson, "name" | "gpus" | "shareGpus">,
  at: string,
  claims: Claim[],
): void {
  const choice = parseGpuChoice(gpus, `${at}.gpus`);
  if (choice === "none") return;
  if (!Array.isArray(choice) && !shared)
    throw new ArgumentError(
      `${at}.gpus`,
      say`${choice === "all" ? say`all GPUs` : say`a number of GPUs`} may be those that others have`,
      say`name them, e.g. [0], or set shareGpus: true`,
    );
  const own: Claim[] = Array.isArray(choice)
    ? choice.map((id) => {
        const [gpu, part] = id.toUpperCase().split(":");
        return { who, shared, gpu, part };
      })
    : [{ who, shared }];
  for (const claim of own)
    for (const other of claims) {
      if (claim.shared && other.shared) continue;
      const refuse = (problem: string, remedy: string) => {
        const silent = [claim, other].filter((each) => !each.shared).map((each) => each.who);
        throw new ArgumentError(`${at}.gpus`, problem, say`${remedy}, or set shareGpus: true for ${both(silent)}`);
      };
      if (claim.gpu === undefined || other.gpu === undefined)
        refuse(say`${who} and ${other.who} may both have the same GPUs`, say`name those of each`);
      else if (isUuid(claim.gpu) !== isUuid(other.gpu))
        refuse(
          say`${who} names GPUs by ${isUuid(claim.gpu) ? "UUID" : "index"} and ${other.who} by ${isUuid(other.gpu) ? "UUID" : "index"}, so that nobody can tell whether they are the same`,
          say`name them in one way`,
        );
      // Part 1 of GPU 0 is not part 2 of it, but GPU 0 is both.
      else if (claim.gpu === other.gpu && (!claim.part || !other.part || claim.part === other.part))
        refuse(
          say`${who} and ${other.who} both have the GPU ${[claim.gpu, claim.part].filter(Boolean).join(":")}`,
          say`give each their own`,
        );
    }
  claims.push(...own);
}
