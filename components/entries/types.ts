/** The types of what components take: descriptions in the words of the Compose Specification and of Kubernetes. */
export type {
  Bytes,
  DeviceDescription,
  Duration,
  EnvFileDescription,
  FileDescription,
  GpuDescription,
  HealthcheckDescription,
  Inputs,
  InputsWithin,
  MountDescription,
  NetworkDescription,
  PortDescription,
  ServiceArgs,
  ServiceDescription,
} from "../../core/description/types";
export type { ArgumentError } from "../../core/description/errors";
export type { GpuChoice } from "../../core/description/gpus";
export type {
  BuildDescription,
  DependencyDescription,
  NetworkDefinition,
  Notice,
  ProjectDescription,
  ProjectService,
  VolumeDefinition,
} from "../../core/description/project";
export type { ClaimOptions, KubernetesOptions } from "../../core/description/kubernetesOptions";
export type { PublishMode, SwarmOptions, UpdateConfig } from "../../core/description/swarmOptions";
export type { ImageSource } from "../../core/engines/dockerApi/images/imageSource";
export type { NamespaceInput, NamespaceReference } from "../../core/engines/kubernetes/objects/declare";
export type { Patch } from "../../core/engines/kubernetes/objects/patch";
export type {
  Exec,
  HandlerDescription,
  HttpGet,
  HttpGetDescription,
  Probe,
  ProbeDescription,
  ResourcesDescription,
  SidecarDescription,
  Variables,
} from "../../core/engines/kubernetes/objects/types";
export type { HostConnection, JumpHost } from "../../core/host/connection";
export type { TlsFiles } from "../../core/pulumi/tlsFiles";
export type { DaemonRuntime } from "../daemonConfig";
export type { ComposeOrigin, ProjectOptions } from "../parts/projectOptions";
export type { RolloutDescription } from "../webApp";
