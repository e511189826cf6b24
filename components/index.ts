/** Everything that people name. The words of their arguments are those of the Compose Specification and of Kubernetes. */

// A program of one's own
export { program, type ProgramOptions } from "./program";

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
export * from "./entries/compose";
export * from "./entries/dockerRun";
export { JenkinsWithNginx, type JenkinsWithNginxArgs } from "./jenkinsWithNginx";

export * from "./entries/images";
export * from "./entries/gpu";
export * from "./entries/swarm";
export * from "./entries/kubernetes";
export * from "./entries/host";

export type * from "./entries/types";
