import type { Input } from "@pulumi/pulumi";
import type {
  ContainerPort,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  SecurityContext,
  VolumeMount,
} from "kubernetes-types/core/v1";
import type { Inputs } from "../../../description/types";

/** A request over HTTP: a path on the container's own port, or Kubernetes' long form. */
export type HttpGet = string | HttpGetDescription;
/** A request over HTTP in Kubernetes' long form. */
export interface HttpGetDescription {
  /** Path of the request. @default "/" */
  path?: string;
  /** Number, or name of one of the container's ports. @default the container's port */
  port?: number | string;
  /** Host of the request. @default the pod's address */
  host?: string;
  /** Scheme of the request; the certificate of HTTPS is not checked. @default "HTTP" */
  scheme?: "HTTP" | "HTTPS";
  /** Headers of the request. */
  httpHeaders?: { name: string; value: string }[];
}

/** A command inside the container, without a shell: `["/bin/sh", "-c", "..."]` for one. */
export type Exec = string[] | { command: string[] };

/**
 * How the node finds out about a container; one of `httpGet`, `tcpSocket`, `grpc` and `exec`.
 *
 * @example { httpGet: "/healthz", periodSeconds: 5 }
 */
export interface ProbeDescription {
  /** Answers where the status is 200 to 399. */
  httpGet?: HttpGet;
  /** Answers where a connection can be opened. */
  tcpSocket?: number | { port: number | string; host?: string };
  /** Answers where the health service of gRPC on this port says so. */
  grpc?: number | { port: number; service?: string };
  /** Answers where the command ends with 0. */
  exec?: Exec;
  /** Seconds before the first probe. @default 0 */
  initialDelaySeconds?: number;
  /** Seconds from one probe to the next. @default 10 */
  periodSeconds?: number;
  /** Seconds in which an answer has to come. @default 1 */
  timeoutSeconds?: number;
  /** Answers in a row until it counts; 1 for liveness and startup. @default 1 */
  successThreshold?: number;
  /** Failures in a row until it counts. @default 3 */
  failureThreshold?: number;
  /** Seconds to end in after a failed liveness or startup probe. @default that of the pod */
  terminationGracePeriodSeconds?: number;
}

/** A probe, or the path of one over HTTP: `"/healthz"`. */
export type Probe = string | ProbeDescription;

/**
 * What happens after a container's start or before its end; one of `exec`, `httpGet` and `sleep`.
 *
 * @example { exec: ["/bin/sh", "-c", "nginx -s quit"] }
 */
export interface HandlerDescription {
  /** A command in the container. */
  exec?: Exec;
  /** A request to the container. */
  httpGet?: HttpGet;
  /** Seconds of doing nothing, without any program of the image; Kubernetes 1.30 or newer. */
  sleep?: number | { seconds: number };
}

/** What a container is granted and may use, as Kubernetes quantities: `{ cpu: "100m", memory: "64Mi" }`. */
export interface ResourcesDescription {
  /** What the scheduler sets aside. */
  requests?: Record<string, string | number>;
  /** What it may use at the most. */
  limits?: Record<string, string | number>;
}

/** Values by name; `{ valueFrom: ... }` takes one from elsewhere. */
export type Variables = Record<string, Input<string | number | boolean> | { valueFrom: Inputs<EnvVarSource> }>;

/** A container in Kubernetes' own words, with short forms. */
export interface ContainerDescription {
  /** Image reference, e.g. `nginx:1.27`. */
  image: Input<string>;
  /** When the node fetches the image. @default "Always" for the tag `latest` or none, else "IfNotPresent" */
  imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
  /** Program to start, without a shell. @default the image's entrypoint */
  command?: Inputs<string[]>;
  /** Its arguments. @default the image's command */
  args?: Inputs<string[]>;
  /** Absolute path. @default the image's */
  workingDir?: string;
  /**
   * A map, or Kubernetes' list. Values of variables named like a secret (`*_PASSWORD`, `*_TOKEN`, ...), and those
   * that arrive late, lie in a Secret of their own, and as secrets in Pulumi's state; pods start anew when one changes.
   */
  env?: Variables | Inputs<EnvVar>[];
  /** Whole ConfigMaps and Secrets as variables. */
  envFrom?: Inputs<EnvFromSource>[];
  /** `false`: the node decides. */
  resources?: ResourcesDescription | false;
  /** Whether requests may come; `false` for none. */
  readinessProbe?: Probe | false;
  /** The container is started anew where it fails. @default none */
  livenessProbe?: Probe | false;
  /** Holds the other probes back until it has answered once. @default none */
  startupProbe?: Probe | false;
  /** Runs beside the container's own start; the container counts as started when it has ended. @default none */
  postStart?: HandlerDescription | false;
  /** Runs before the container is told to end. `false` for none. */
  preStop?: HandlerDescription | false;
  /** Where the pod's volumes stand in this container. */
  volumeMounts?: Inputs<VolumeMount>[];
  /** Rights of the container's processes, in Kubernetes' own words. */
  securityContext?: Inputs<SecurityContext>;
}

/** A container beside the main one, in the same pod: same address, same volumes. */
export interface SidecarDescription extends ContainerDescription {
  /** Name, unique in the pod. */
  name: string;
  /** Ports that it listens on; for information, and so that two containers of a pod do not claim one port. */
  ports?: Inputs<ContainerPort>[];
  /**
   * Start before the main container (and with a `startupProbe` have it wait for the first answer), and end after it:
   * an init container that is kept running. Right where the order matters, as for proxies, log shippers and whoever
   * fetches files; needs Kubernetes 1.29 or newer. Otherwise it starts and ends beside the main container, in no order.
   * @default false
   */
  native?: boolean;
}
