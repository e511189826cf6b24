/** Everything that people name. The words of their arguments are those of the Compose Specification and of Kubernetes. */

// A program of one's own
export { program } from "./program";

// Single containers, and what they share
export { type Dependency, type Endpoint, Service, type ServiceOptions } from "./service";
export { Nginx, type NginxArgs } from "./nginx";
export { Mysql, type MysqlArgs } from "./mysql";
export { Elasticsearch, type ElasticsearchArgs } from "./elasticsearch";
export { Tomcat, type TomcatArgs } from "./tomcat";
export { Portainer, type PortainerArgs } from "./portainer";
export { NamedVolume, type NamedVolumeArgs } from "./namedVolume";
export { type AddressBlock, Network, type NetworkArgs } from "./network";
export { BridgeNetwork, type BridgeNetworkArgs } from "./bridgeNetwork";

// Several services together
export { Project } from "./project";
export { ComposeProject, type ComposeProjectArgs } from "./composeProject";
export { DockerRun, type DockerRunArgs } from "./dockerRun";
export { JenkinsWithNginx, type JenkinsWithNginxArgs } from "./jenkinsWithNginx";

// Images
export { BuiltImage, type BuiltImageArgs } from "./builtImage";
export { type Credentials, PushedImage, type PushedImageArgs } from "./pushedImage";
export {
  type ArchivedImage,
  ImageArchive,
  type ImageArchiveArgs,
  LoadedImages,
  type LoadedImagesArgs,
} from "./imageArchive";

// GPUs
export { GpuContainer, type GpuContainerArgs } from "./gpuContainer";
export { TrainingContainer, type TrainingContainerArgs } from "./trainingContainer";
export { SshGpuContainer, type SshGpuContainerArgs } from "./sshGpuContainer";
export { GpuCheck, type GpuCheckArgs, type GpuDevice } from "./gpuCheck";
export { type GpuPerson, GpuWorkspace, type GpuWorkspaceArgs } from "./gpuWorkspace";
export { JupyterServer, type JupyterServerArgs } from "./jupyterServer";
export { JupyterHub, type JupyterHubArgs } from "./jupyterHub";

// Swarm
export { Swarm, type SwarmArgs } from "./swarm";
export { SwarmService, type SwarmServiceArgs } from "./swarmService";
export { OverlayNetwork, type OverlayNetworkArgs } from "./overlayNetwork";

// Kubernetes
export { WebApp, type WebAppArgs } from "./webApp";
export { PodWithLifecycle, type PodWithLifecycleArgs } from "./podWithLifecycle";
export { Namespace, type NamespaceArgs } from "./namespace";

// The Docker host
export { DockerEngine, type DockerEngineArgs } from "./dockerEngine";
export { DaemonConfig, type DaemonConfigArgs } from "./daemonConfig";
export { NvidiaToolkit, type NvidiaToolkitArgs } from "./nvidiaToolkit";
