import { type Stats, statSync } from "node:fs";
import type { Container, PersistentVolumeClaimSpec, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { ArgumentError, show } from "../../description/errors";
import type { Mount } from "../../description/mounts";
import { parseBytes } from "../../description/quantities";
import { listed, say } from "../../description/say";
import type { ServiceSpec } from "../../description/service";
import { asLabelName, bytesQuantity, subdomainName } from "./checks";
import type { ClaimOptions, KubernetesOptions } from "../../description/kubernetesOptions";
import { bytesAsQuantity, compact, verbatim } from "./values";

/** A volume of the description as the cluster keeps it. */
export interface Claim {
  /** Name of the PersistentVolumeClaim. */
  name: string;
  /** The volume's name in the description; of an anonymous one, where it is mounted. */
  source: string;
  /** Argument that it comes from. */
  argument: string;
  /** Undefined where the claim is there already. */
  spec?: PersistentVolumeClaimSpec;
}

/** What a pod mounts, and what it needs for that. */
export interface Volumes {
  volumes: Volume[];
  mounts: VolumeMount[];
  claims: Claim[];
  /** Copies what the image has into volumes that are empty. */
  initContainers: Pick<Container, "name" | "command" | "volumeMounts" | "securityContext">[];
  /** Two pods must not run at once, as they would write to the same files. */
  exclusive: boolean;
  warnings: string[];
}

/** Where the data lies in a claim: the root of a fresh disk has a folder lost+found, which databases refuse. */
const DATA = "data";
const MODES = ["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod", "ReadOnlyMany"];

/**
 * Docker fills an empty volume from the image. Pairs of folder and source; a new folder appears only when it is
 * complete, so that a copy that was cut short begins anew.
 */
const FILL = `set -e
while [ $# -gt 0 ]; do
  folder=$1 source=$2
  shift 2
  case "$(ls -A "$folder" 2>/dev/null)" in
    "" | lost+found) ;;
    *) continue ;;
  esac
  if [ -d "$folder" ]; then
    [ ! -d "$source" ] || cp -a "$source/." "$folder"
  else
    rm -rf "$folder.new"
    mkdir "$folder.new"
    [ ! -d "$source" ] || cp -a "$source/." "$folder.new"
    mv "$folder.new" "$folder"
  fi
done`;

function claimFor(mount: Mount, service: string, argument: string, options: KubernetesOptions): Claim {
  const source = mount.source ?? mount.target;
  const name = asLabelName(mount.source ?? `${service}${mount.target}`);
  if (name === "")
    throw new ArgumentError(argument, say`${show(source)} has no letter or digit`, say`choose another name`);
  const at = `kubernetes.volumes.${source}`;
  const given: ClaimOptions = options.volumes?.[source] ?? {};
  const { size = "10Gi", storageClassName, accessMode = "ReadWriteOnce", existing = false } = given;
  if (!MODES.includes(accessMode))
    throw new ArgumentError(`${at}.accessMode`, say`${show(accessMode)} is not known`, say`use ${MODES.join(", ")}`);
  if (accessMode === "ReadOnlyMany" && !mount.readOnly)
    throw new ArgumentError(
      argument,
      say`the claim ${name} is ReadOnlyMany, and this mount writes`,
      say`mount it read-only`,
    );
  if (existing) {
    for (const field of ["size", "storageClassName"] as const)
      if (given[field] !== undefined)
        throw new ArgumentError(`${at}.${field}`, say`belongs to the claim, which is there already`, say`remove it`);
    return { name, source, argument };
  }
  bytesQuantity(size, `${at}.size`);
  return {
    name,
    source,
    argument,
    spec: compact({
      accessModes: [accessMode],
      resources: { requests: { storage: size } },
      storageClassName:
        storageClassName === undefined ? undefined : subdomainName(storageClassName, `${at}.storageClassName`),
    }),
  };
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // The path need not be there, or be readable: it is one of the nodes.
    return undefined;
  }
}

/**
 * What the node has to have at a path, so that a missing one fails with a clear sentence. Only a path that this
 * machine has too tells its kind; of others the node makes a folder.
 */
function hostPathType({ source, createHostPath }: Mount): string | undefined {
  const found = statOf(source!);
  if (found?.isFile()) return "File";
  if (found?.isSocket()) return "Socket";
  if (createHostPath) return "DirectoryOrCreate";
  return found?.isDirectory() ? "Directory" : undefined;
}

const PROPAGATION: Record<string, string | undefined> = {
  private: "None",
  rprivate: "None",
  rslave: "HostToContainer",
  rshared: "Bidirectional",
};

function propagationOf({ propagation }: Mount, argument: string): string | undefined {
  if (propagation === undefined) return undefined;
  const mode = PROPAGATION[propagation];
  if (mode === undefined)
    throw new ArgumentError(
      argument,
      say`Kubernetes propagates mounts with all that is below them, and knows no ${propagation}`,
      say`use ${show(`r${propagation}`)}`,
    );
  return mode;
}

function memory(name: string, bytes: number | undefined): Volume {
  return {
    name,
    emptyDir: compact({ medium: "Memory", sizeLimit: bytes ? bytesAsQuantity(bytes) : undefined }),
  };
}

function refuseMode(mode: number | undefined, argument: string): void {
  // 1777 is what Docker gives without being asked.
  if (mode !== undefined && mode !== 0o1777)
    throw new ArgumentError(
      argument,
      say`0o${mode.toString(8)} cannot be set: folders in memory are open to all users of the pod`,
      say`remove it`,
    );
}

/** Options of `--tmpfs`, of which Kubernetes knows the size. */
function tmpfsSize(options: string, argument: string): number | undefined {
  let size: number | undefined;
  for (const option of options === "" ? [] : options.split(",")) {
    const [name = "", value = ""] = option.split(/=(.*)/s);
    if (name === "size") size = parseBytes(value, argument);
    else if (name === "mode") refuseMode(Number.parseInt(value, 8), argument);
    else if (name !== "rw")
      throw new ArgumentError(argument, say`${show(option)} cannot be set in Kubernetes`, say`use size=... only`);
  }
  return size;
}

/** Everything that is mounted into the container, but for secrets and configs. */
export function volumesFor(spec: ServiceSpec, service: string, options: KubernetesOptions): Volumes {
  const result: Volumes = {
    volumes: [],
    mounts: [],
    claims: [],
    initContainers: [],
    exclusive: false,
    warnings: [],
  };
  const copies = spec.mode === "global" ? Number.POSITIVE_INFINITY : (spec.replicas ?? 1);
  const filled: [claim: string, folder: string, source: string][] = [];
  const paths: string[] = [];
  const relabelled: Mount[] = [];
  for (const [index, mount] of (spec.volumes ?? []).entries()) {
    const at = `volumes[${index}]`;
    const readOnly = mount.readOnly || undefined;
    if (mount.selinux) relabelled.push(mount);
    if (mount.type === "tmpfs") {
      refuseMode(mount.tmpfsMode, `${at}.tmpfs.mode`);
      const name = `berth-tmpfs-${index}`;
      result.volumes.push(memory(name, mount.tmpfsSize));
      result.mounts.push(compact({ name, mountPath: mount.target, readOnly }));
    } else if (mount.type === "bind") {
      const name = `berth-bind-${index}`;
      const path = mount.source!;
      paths.push(path);
      result.volumes.push({ name, hostPath: compact({ path, type: hostPathType(mount) }) });
      const mountPropagation = propagationOf(mount, at);
      if (mountPropagation === "Bidirectional" && !spec.privileged)
        throw new ArgumentError(
          at,
          say`rshared needs a privileged container`,
          say`set privileged: true, or use rslave`,
        );
      result.mounts.push(compact({ name, mountPath: mount.target, readOnly, mountPropagation }));
      if (!mount.readOnly && copies === 1) result.exclusive = true;
    } else addVolume(mount, at);
  }
  for (const [path, text] of Object.entries(spec.tmpfs ?? {})) {
    const name = `berth-tmpfs-${result.volumes.length}`;
    result.volumes.push(memory(name, tmpfsSize(text, `tmpfs.${path}`)));
    result.mounts.push({ name, mountPath: path });
  }
  if (spec.shmSize !== undefined) {
    result.volumes.push(memory("berth-shm", spec.shmSize));
    result.mounts.push({ name: "berth-shm", mountPath: "/dev/shm" });
  }
  if (filled.length) result.initContainers.push(filling(filled));
  if (relabelled.length)
    result.warnings.push(
      say`volumes: z and Z are left out for ${listed(relabelled.map(({ target }) => target))}: the nodes label claims for SELinux by themselves, and paths of a node not at all.`,
    );
  if (paths.length)
    result.warnings.push(
      paths.length === 1
        ? say`volumes: ${paths[0]} is a path of the node that runs the pod, not of this machine.`
        : say`volumes: ${paths.join(", ")} are paths of the node that runs the pod, not of this machine.`,
    );
  return result;

  function addVolume(mount: Mount, at: string): void {
    const claim = claimFor(mount, service, at, options);
    const mode = options.volumes?.[claim.source]?.accessMode ?? "ReadWriteOnce";
    const shared = mode === "ReadWriteMany" || mode === "ReadOnlyMany";
    if (copies > 1 && !shared && !mount.readOnly) {
      const many = spec.mode === "global" ? say`the pods of all nodes` : say`${copies} pods`;
      throw new ArgumentError(
        at,
        say`${many} would write to the volume ${claim.source}, which is for one node (${mode})`,
        say`set kubernetes: { volumes: { ${show(claim.source)}: { accessMode: "ReadWriteMany" } } } where the storage can do that, or let one pod run`,
      );
    }
    const other = result.claims.find(({ name }) => name === claim.name);
    if (other && other.source !== claim.source) throw sameName(claim, other.source);
    if (!other) {
      result.claims.push(claim);
      result.volumes.push({ name: claim.name, persistentVolumeClaim: { claimName: claim.name } });
    }
    const folder = claim.spec ? DATA : undefined;
    const subPath = [folder, mount.subpath].filter((part) => part !== undefined).join("/") || undefined;
    result.mounts.push(
      compact({ name: claim.name, mountPath: mount.target, subPath, readOnly: mount.readOnly || undefined }),
    );
    if (!mount.readOnly && !mount.nocopy && mount.subpath === undefined)
      filled.push([claim.name, `/berth/${claim.name}${folder ? `/${folder}` : ""}`, mount.target]);
    if (!mount.readOnly && !shared) result.exclusive = true;
  }
}

/** Two volumes of the description whose names become one. */
export const sameName = ({ name, argument, source }: Claim, other: string): ArgumentError =>
  new ArgumentError(
    argument,
    say`the volumes ${source} and ${other} would both be the claim ${name}`,
    say`give one of them another name`,
  );

/** What is to be said where two services share a claim: a disk that is on one node holds the pods of both there. */
export function oneNode({ source, spec }: Claim, other: string): string | undefined {
  const [mode] = spec?.accessModes ?? [];
  if (mode !== "ReadWriteOnce" && mode !== "ReadWriteOncePod") return undefined;
  const wait = mode === "ReadWriteOnce" ? say`pods on another node wait for ever` : say`only one pod gets it`;
  return say`volumes: ${source} is shared with ${other}, and its claim is for one ${mode === "ReadWriteOnce" ? say`node` : say`pod`} (${mode}): ${wait}. Set kubernetes: { volumes: { ${show(source)}: { accessMode: "ReadWriteMany" } } } where the storage can do that, or give each its own volume.`;
}

/** Copies into new claims what the image has in its folder, as Docker does with a new volume by itself. */
export const FILLS_VOLUMES = "berth-fill-volumes";

function filling(pairs: [claim: string, folder: string, source: string][]): Volumes["initContainers"][number] {
  const claims = [...new Set(pairs.map(([claim]) => claim))];
  return {
    name: FILLS_VOLUMES,
    command: ["/bin/sh", "-c", verbatim(FILL), "sh", ...pairs.flatMap(([, ...pair]) => pair)],
    volumeMounts: claims.map((name) => ({ name, mountPath: `/berth/${name}` })),
    // Whoever the image runs as, the folder gets the owner that it has in the image.
    securityContext: { runAsUser: 0, runAsGroup: 0 },
  };
}
