import { createHash, randomBytes } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { KeptFile, Service, Swarm } from "./swarm";

/** A container: what `GET /containers/<id>/json` says, and the arguments that the provider was given. */
export interface Container {
  Id: string;
  Name: string;
  Image: string;
  /** What that name stood for when it was made. */
  ImageID?: string;
  Args: Record<string, unknown>;
  Config: { Labels: Record<string, string>; Healthcheck?: { Test: string[] } };
  HostConfig: {
    NetworkMode?: string;
    PidMode?: string;
    RestartPolicy?: { Name: string };
    AutoRemove?: boolean;
    NanoCpus?: number;
    CpuPeriod?: number;
    CpuQuota?: number;
  };
  State: {
    Status: string;
    Running: boolean;
    Restarting: boolean;
    ExitCode: number;
    Health?: { Status: string };
    /** Only of a container that was started anew; berth does not wait for the others to settle. */
    StartedAt?: string;
  };
  RestartCount: number;
  /** Seconds since 1970. */
  Created?: number;
  Mounts?: { Type: string; Name?: string; Source?: string; Destination: string }[];
  /** Files that were written inside it. */
  Changes?: { Path: string; Kind: number }[];
  NetworkSettings: {
    Ports: Record<string, { HostIp: string; HostPort: string }[]>;
    Networks: Record<string, Endpoint>;
  };
}

export interface Endpoint {
  NetworkID: string;
  Aliases: string[] | null;
  IPAMConfig: { IPv4Address?: string; IPv6Address?: string } | null;
}

export interface Network {
  Id: string;
  Name: string;
  Driver: string;
  Labels: Record<string, string>;
  Internal?: boolean;
  EnableIPv6?: boolean;
  Options?: Record<string, string>;
  IPAM: { Config: AddressBlock[] };
}

export interface AddressBlock {
  Subnet?: string;
  Gateway?: string;
  IPRange?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

export interface Volume {
  Name: string;
  Driver: string;
  Options: Record<string, string>;
  Labels: Record<string, string>;
}

export interface Image {
  Id: string;
  Name: string;
  /** What it was built from; none where it was pulled. */
  Build?: Record<string, unknown>;
}

interface Kinds {
  services: Service;
  secrets: KeptFile;
  configs: KeptFile;
  swarm: Swarm;
  containers: Container;
  networks: Network;
  volumes: Volume;
  images: Image;
}

export const newId = () => randomBytes(32).toString("hex");
export const digest = (text: string) => createHash("sha256").update(text).digest("hex");

/** Docker's name of an image: `nginx` is `nginx:latest`. */
export const withTag = (name: string) => (/[:@][^/]*$/.test(name) ? name : `${name}:latest`);

/** Docker's own networks; they cannot be made or removed. */
const BUILT_IN: Network[] = ["bridge", "host", "none"].map((Name) => ({
  Id: digest(Name),
  Name,
  Driver: Name === "none" ? "null" : Name,
  Labels: {},
  IPAM: { Config: [] },
}));

/**
 * What is "on the engine": one JSON file per object in a folder. The provider's double, the engine's double
 * and the tests all read and write it, each in its own process.
 *
 * Beside them lie `journal`, a line per change that the provider made, and `hold-<kind>` while a test wants
 * the provider to hang after it has made an object of that kind; a name in that file holds no other.
 */
export class Store {
  constructor(readonly folder: string) {
    for (const kind of ["containers", "networks", "volumes", "images", "services", "secrets", "configs", "swarm"])
      mkdirSync(join(folder, kind), { recursive: true });
  }

  list<K extends keyof Kinds>(kind: K): Kinds[K][] {
    const files = readdirSync(join(this.folder, kind)).filter((file) => file.endsWith(".json"));
    const made = files.sort().flatMap((file) => {
      try {
        return [JSON.parse(readFileSync(join(this.folder, kind, file), "utf8")) as Kinds[K]];
      } catch {
        // Removed since the folder was read.
        return [];
      }
    });
    return kind === "networks" ? [...(BUILT_IN as Kinds[K][]), ...made] : made;
  }

  /** Finds an object by its name or id, as Docker does. */
  find<K extends keyof Kinds>(kind: K, key: string): Kinds[K] | undefined {
    return this.list(kind).find((object) => {
      const { Id, Name } = object as { Id?: string; Name: string };
      return Id === key || Name.replace(/^\//, "") === key.replace(/^\//, "");
    });
  }

  /** Finds an image by its id or name: `nginx` is `nginx:latest`. A digest is the id. */
  image(name: string): Image | undefined {
    const [, digest] = name.split("@");
    return this.list("images").find(({ Id, Name }) => Id === (digest ?? name) || withTag(Name) === withTag(name));
  }

  put<K extends keyof Kinds>(kind: K, object: Kinds[K]): void {
    const file = this.file(kind, object);
    writeFileSync(`${file}.part`, JSON.stringify(object, undefined, 1));
    // Never half a file for a reader in another process.
    renameSync(`${file}.part`, file);
  }

  remove<K extends keyof Kinds>(kind: K, object: Kinds[K]): void {
    rmSync(this.file(kind, object), { force: true });
  }

  /** Notes a change. */
  note(line: string): void {
    appendFileSync(join(this.folder, "journal"), `${line}\n`);
  }

  /** The changes so far, oldest first; they are forgotten with this. */
  takeJournal(): string[] {
    const file = join(this.folder, "journal");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").trim().split("\n");
    rmSync(file);
    return lines;
  }

  hold(kind: keyof Kinds, on: boolean, name = ""): void {
    if (on) writeFileSync(join(this.folder, `hold-${kind}`), name);
    else rmSync(join(this.folder, `hold-${kind}`), { force: true });
  }

  isHeld(kind: keyof Kinds, name: string): boolean {
    const file = join(this.folder, `hold-${kind}`);
    return existsSync(file) && ["", name].includes(readFileSync(file, "utf8"));
  }

  private file<K extends keyof Kinds>(kind: K, object: Kinds[K]): string {
    const { Id, Name } = object as { Id?: string; Name: string };
    return join(this.folder, kind, `${encodeURIComponent(kind === "images" ? Name : (Id ?? Name))}.json`);
  }
}
