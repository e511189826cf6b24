import type { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet";
import type { Deployment } from "@pulumi/kubernetes/apps/v1/deployment";
import type { Job } from "@pulumi/kubernetes/batch/v1/job";
import type { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import type { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import type { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim";
import type { Pod } from "@pulumi/kubernetes/core/v1/pod";
import type { Secret } from "@pulumi/kubernetes/core/v1/secret";
import type { Service } from "@pulumi/kubernetes/core/v1/service";
import * as pulumi from "@pulumi/pulumi";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import { say } from "../../description/say";
import type { Inputs } from "../../description/types";
import type { Manifest } from "../../mapping/kubernetes/manifest";

/** Version of the Kubernetes SDK, which is that of its plugin. */
export const { version: PLUGIN_VERSION } = require("@pulumi/kubernetes/package.json") as { version: string };

/** The SDK's resources for all that berth makes. */
interface Classes {
  "apps/v1/DaemonSet": DaemonSet;
  "apps/v1/Deployment": Deployment;
  "batch/v1/Job": Job;
  "v1/ConfigMap": ConfigMap;
  "v1/Namespace": Namespace;
  "v1/PersistentVolumeClaim": PersistentVolumeClaim;
  "v1/Pod": Pod;
  "v1/Secret": Secret;
  "v1/Service": Service;
}

type Class<T> = new (name: string, args: object, opts: pulumi.CustomResourceOptions) => T;

/**
 * Each class is read from its own file when the first such object is made: the whole SDK would cost every stack most
 * of a second, those on Docker too.
 */
const CLASSES: { [Key in keyof Classes]: () => Class<Classes[Key]> } = {
  "apps/v1/DaemonSet": () => require("@pulumi/kubernetes/apps/v1/daemonSet").DaemonSet,
  "apps/v1/Deployment": () => require("@pulumi/kubernetes/apps/v1/deployment").Deployment,
  "batch/v1/Job": () => require("@pulumi/kubernetes/batch/v1/job").Job,
  "v1/ConfigMap": () => require("@pulumi/kubernetes/core/v1/configMap").ConfigMap,
  "v1/Namespace": () => require("@pulumi/kubernetes/core/v1/namespace").Namespace,
  "v1/PersistentVolumeClaim": () => require("@pulumi/kubernetes/core/v1/persistentVolumeClaim").PersistentVolumeClaim,
  "v1/Pod": () => require("@pulumi/kubernetes/core/v1/pod").Pod,
  "v1/Secret": () => require("@pulumi/kubernetes/core/v1/secret").Secret,
  "v1/Service": () => require("@pulumi/kubernetes/core/v1/service").Service,
};

/** Any of the SDK's resources that berth makes. */
export type ClusterObject = Classes[keyof Classes];

/** A manifest of one kind, which says what the SDK makes of it. */
export type ManifestOf<Version extends string, Kind extends string> = Manifest & { apiVersion: Version; kind: Kind };

/** The SDK's resource for a kind; any of them where the kind is not known before the program runs. */
export type ObjectOf<Version extends string, Kind extends string> = `${Version}/${Kind}` extends keyof Classes
  ? Classes[`${Version}/${Kind}`]
  : ClusterObject;

/** Names the component that an object belongs to, by its URN. */
export const COMPONENT = "berth.component";

/**
 * One name for all that berth applies. By default the provider makes one up for each object, and what a killed apply
 * has set would then belong to a name that nobody uses any more: nothing of it could ever be taken away.
 */
export const FIELD_MANAGER = { "pulumi.com/patchFieldManager": "berth" };

/**
 * The URN of a component, for its own objects. The output itself would make each of them wait for the component, and
 * so for the others and itself.
 */
export const urnOf = ({ urn }: pulumi.Resource): Promise<string> => new Promise((resolve) => void urn.apply(resolve));

function marked(metadata: Inputs<ObjectMeta>, component: pulumi.Input<string> | undefined): Inputs<ObjectMeta> {
  const { annotations, ...rest } = metadata as { annotations?: pulumi.Input<Record<string, pulumi.Input<string>>> };
  const own = { ...FIELD_MANAGER, ...(component !== undefined && { [COMPONENT]: component }) };
  const add = (given?: object) => ({ ...given, ...own });
  return { ...rest, annotations: pulumi.Output.isInstance(annotations) ? annotations.apply(add) : add(annotations) };
}

/**
 * Makes an object of a cluster by its manifest: the resource of the SDK for its kind, with the marks of berth.
 *
 * @throws Error for a kind that is not in the table above
 */
export function makeObject<Version extends string, Kind extends string>(
  name: string,
  manifest: ManifestOf<Version, Kind>,
  opts: pulumi.CustomResourceOptions = {},
): ObjectOf<Version, Kind> {
  const { apiVersion, kind, metadata, ...content } = manifest as Manifest;
  const key = `${apiVersion}/${kind}`;
  if (!Object.hasOwn(CLASSES, key)) throw new Error(say`berth makes no ${key}`);
  const Class: Class<ClusterObject> = CLASSES[key as keyof Classes]();
  const args = { ...content, metadata: marked(metadata, opts.parent && urnOf(opts.parent)) };
  return new Class(name, args, opts) as ObjectOf<Version, Kind>;
}

/** Whether a resource is an object of a cluster. */
export const isClusterObject = (resource: pulumi.Resource): resource is ClusterObject =>
  (resource as { __pulumiType?: string }).__pulumiType?.startsWith("kubernetes:") ?? false;
