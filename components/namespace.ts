import type { Namespace as KubernetesNamespace } from "@pulumi/kubernetes/core/v1/namespace";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import type { Namespace as NamespaceManifest } from "kubernetes-types/core/v1";
import { say } from "../core/description/say";
import { labelName } from "../core/mapping/kubernetes/checks";
import { makeObject } from "../core/engines/kubernetes/object";
import { Declaration, nameOnceMade, type NamespaceReference } from "../core/engines/kubernetes/objects/declare";
import type { Patch } from "../core/engines/kubernetes/objects/patch";
import { plain } from "../core/engines/kubernetes/objects/values";
import { ArgumentError } from "../core/description/errors";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link Namespace}. */
export interface NamespaceArgs {
  /** Name on the cluster. @default the component's name */
  name?: string;
  /** Labels of the namespace. @default none; Kubernetes adds `kubernetes.io/metadata.name` */
  labels?: Record<string, pulumi.Input<string>>;
  /** Part of the object in Kubernetes' own words, laid over it last; `null` takes a field away. */
  manifest?: Patch<NamespaceManifest>;
}

/** Every cluster has these, and cannot do without them. */
const BUILT_IN = ["default", "kube-system", "kube-public", "kube-node-lease"];

/**
 * A namespace of a cluster. Documented setup G4: `kubectl create namespace development`.
 *
 * Whatever lives in it goes with it, also what others have put there. `{ retainOnDelete: true }` or
 * `{ protect: true }` among the options keeps it.
 *
 * @example
 * const development = new Namespace("development");
 * new WebApp("web", { image: "nginx:1.27", namespace: development });
 *
 * @throws pulumi.ResourceError naming the argument, before anything is made
 */
export class Namespace extends pulumi.ComponentResource implements NamespaceReference {
  /** Name on the cluster, as plain text. */
  readonly namespaceName: string;
  /** The name, known when the namespace stands: what uses it waits for that. */
  readonly namespace: pulumi.Output<string>;
  /** The object itself, for what this component does not show. */
  readonly object: KubernetesNamespace;

  constructor(name: string, args: NamespaceArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("Namespace", name, args);
    const type = "berth:services:Namespace";
    const report = reporter(type, name);
    const { declaration, manifest, namespaceName } = report(() => {
      const checked = labelName(plain(args.name ?? name, "name"), "name");
      if (BUILT_IN.includes(checked))
        throw new ArgumentError(
          "name",
          say`${checked} is a namespace of the cluster's own`,
          say`use its name as text instead`,
        );
      const declared = new Declaration(name, report, undefined, opts);
      const object = declared.object(
        {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: {
            name: checked,
            labels: declared.labels(args.labels),
          },
          spec: undefined,
        },
        args.manifest,
        "manifest",
      );
      declared.claim(object);
      return { declaration: declared, manifest: object, namespaceName: checked };
    });
    super(type, name, { name: namespaceName }, opts);
    this.namespaceName = namespaceName;
    this.object = makeObject(name, manifest, declaration.options(this));
    this.namespace = nameOnceMade(namespaceName, this.object);
    this.registerOutputs({});
  }
}
