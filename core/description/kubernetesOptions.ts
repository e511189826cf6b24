import type { Pod } from "kubernetes-types/core/v1";

/** What only Kubernetes wants to know about a service. */
export interface KubernetesOptions {
  /**
   * Namespace of the service's objects, by name.
   * @default that of the provider (`kubernetes:namespace`), else "default"
   */
  namespace?: string;
  /**
   * Node port of each published port, by port in the container, e.g. `{ 80: 30080 }`.
   * @default the published port itself where it lies in 30000 to 32767, else 30000 + published port modulo 2768
   */
  nodePorts?: Record<number, number>;
  /** Claims of volumes, by the volume's name in the description; of anonymous ones, by the path in the container. */
  volumes?: Record<string, ClaimOptions>;
  /** Names of secrets of type `kubernetes.io/dockerconfigjson` for images of private registries. @default none */
  imagePullSecrets?: string[];
  /** ServiceAccount of the pods, by name. @default that of the namespace */
  serviceAccountName?: string;
  /** Let the pods talk to the API server. @default false */
  automountServiceAccountToken?: boolean;
  /** Nodes to run on, by label, e.g. `{ "kubernetes.io/arch": "amd64" }`. */
  nodeSelector?: Record<string, string>;
  /** Labels of the pods, beside those of berth. */
  podLabels?: Record<string, string>;
  /** Annotations of the pods, beside those of berth. */
  podAnnotations?: Record<string, string>;
  /**
   * The last word on the pod: gets the spec that berth made and returns the one to use. Where the image or the
   * command arrives late, it is called when they are known.
   */
  transformPod?: (spec: NonNullable<Pod["spec"]>) => NonNullable<Pod["spec"]>;
}

/** A PersistentVolumeClaim for a named volume. */
export interface ClaimOptions {
  /** A Kubernetes quantity. @default "10Gi" */
  size?: string;
  /** StorageClass that the volume is made by. @default the cluster's default class */
  storageClassName?: string;
  /** `ReadWriteMany` lets replicas on several nodes share it. @default "ReadWriteOnce" */
  accessMode?: "ReadWriteOnce" | "ReadWriteMany" | "ReadWriteOncePod" | "ReadOnlyMany";
  /** Use a claim that is there already, from its root on; it is neither made nor removed. @default false */
  existing?: boolean;
}
