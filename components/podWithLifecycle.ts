import type { Pod } from "@pulumi/kubernetes/core/v1/pod";
import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import type { Pod as PodManifest, Volume } from "kubernetes-types/core/v1";
import { say } from "../core/description/say";
import { subdomainName } from "../core/mapping/kubernetes/checks";
import { makeObject } from "../core/engines/kubernetes/object";
import { container } from "../core/engines/kubernetes/objects/container";
import {
  Declaration,
  nameOnceMade,
  type NamespaceInput,
  namespaceOf,
} from "../core/engines/kubernetes/objects/declare";
import { plain } from "../core/engines/kubernetes/objects/values";
import type { Patch } from "../core/engines/kubernetes/objects/patch";
import { gracePeriod, volumeNames } from "../core/engines/kubernetes/objects/pod";
import type { ContainerDescription } from "../core/engines/kubernetes/objects/types";
import { ArgumentError, show } from "../core/description/errors";
import type { Inputs } from "../core/description/types";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link PodWithLifecycle}. */
export interface PodWithLifecycleArgs extends ContainerDescription {
  /** Name of the Pod. @default the component's name */
  name?: string;
  /**
   * Namespace of the Pod: a name, or a `Namespace`.
   * @default that of the provider (`kubernetes:namespace`), else "default"
   */
  namespace?: NamespaceInput;
  /** Labels of the Pod. @default none */
  labels?: Record<string, pulumi.Input<string>>;
  /** Name of the main container in the Pod. @default the name of the Pod */
  containerName?: string;
  /** What the node does when the container ends. @default "Always" */
  restartPolicy?: "Always" | "OnFailure" | "Never";
  /** Seconds between the call to end and the kill, `preStop` included. @default 30 */
  terminationGracePeriodSeconds?: number;
  /** Volumes of the pod, mounted by `volumeMounts`. */
  volumes?: Inputs<Volume>[];
  /** Part of the Pod in Kubernetes' own words, laid over it last; `null` takes a field away. */
  pod?: Patch<PodManifest>;
}

const RESTART_POLICIES = ["Always", "OnFailure", "Never"];

/**
 * One Pod, with what happens after its start and before its end. Documented setup G5.
 *
 * A bare Pod stays on its node: when that node goes, so does the Pod, and no other takes its place. A `WebApp` (a
 * Deployment) is the usual way; it takes the same handlers. Most changes make a Pod anew, under the same name, so
 * the old one goes first.
 *
 * @example
 * new PodWithLifecycle("lifecycle-demo", {
 *   containerName: "lifecycle-demo-container",
 *   image: "nginx",
 *   postStart: { exec: ["/bin/sh", "-c", "echo Hello from the postStart handler > /usr/share/message"] },
 *   preStop: { exec: ["/bin/sh", "-c", "nginx -s quit; while killall -0 nginx; do sleep 1; done"] },
 * });
 *
 * @throws pulumi.ResourceError naming the argument, before anything is made
 */
export class PodWithLifecycle extends pulumi.ComponentResource {
  /** Name of the Pod, once it is ready. */
  readonly podName: pulumi.Output<string>;
  /** Namespace that it is in. */
  readonly namespace: pulumi.Output<string>;
  /** The object itself, for what this component does not show. */
  readonly pod: Pod;

  constructor(name: string, args: PodWithLifecycleArgs, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("PodWithLifecycle", name, args);
    const type = "berth:services:PodWithLifecycle";
    const report = reporter(type, name);
    const { declaration, manifest, podName } = report(() => describe(name, args, report, opts));
    super(type, name, { name: podName, namespace: declaration.namespace, image: args.image }, opts);
    const options = declaration.options(this);
    declaration.makeSecret(options);
    const provider = declaration.session.podProvider;
    this.pod = makeObject(name, manifest, { ...options, deleteBeforeReplace: true, provider });
    this.podName = nameOnceMade(podName, this.pod);
    this.namespace = namespaceOf(this.pod, declaration.session.defaultNamespace);
    this.registerOutputs({});
  }
}

function describe(
  name: string,
  args: PodWithLifecycleArgs,
  report: <R>(run: () => R) => R,
  opts: pulumi.ComponentResourceOptions,
) {
  const podName = subdomainName(plain(args.name ?? name, "name"), "name");
  const { containerName = podName, labels, restartPolicy, volumes } = args;
  if (restartPolicy !== undefined && !RESTART_POLICIES.includes(restartPolicy))
    throw new ArgumentError(
      "restartPolicy",
      say`${show(restartPolicy)} is not known`,
      say`use ${RESTART_POLICIES.join(", ")}`,
    );
  const declaration = new Declaration(name, report, args.namespace, opts);
  const { whenKnown } = declaration;
  const main = container(containerName, "containerName", args, {
    whenKnown,
    volumes: volumeNames(volumes),
    keepSecret: declaration.keepSecret,
  });
  const manifest = declaration.object(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: podName, labels: declaration.labels(labels) },
      spec: {
        containers: [main],
        restartPolicy,
        terminationGracePeriodSeconds: gracePeriod(args.terminationGracePeriodSeconds, args.preStop),
        volumes,
      },
    },
    args.pod,
    "pod",
  );
  declaration.claim(manifest);
  return { declaration, manifest, podName };
}
