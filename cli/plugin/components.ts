import type * as pulumi from "@pulumi/pulumi";
import type { EngineName } from "../../core/engines/engine";

type Component = new (name: string, args: never, opts: pulumi.ComponentResourceOptions) => pulumi.ComponentResource;

interface PluginComponent {
  className: string;
  /** Loaded when the first one is made. */
  load(): Promise<Component>;
  /** Where it is, whatever `berth:engine` says; "host" needs no engine. */
  place?: EngineName | "host";
}

/** What the plugin has for every language of Pulumi, by the name there. */
export const COMPONENTS: Record<string, PluginComponent> = {
  BridgeNetwork: {
    className: "BridgeNetwork",
    load: async () => (await import("../../components/bridgeNetwork")).BridgeNetwork,
  },
  Compose: {
    className: "ComposeProject",
    load: async () => (await import("../../components/composeProject")).ComposeProject,
  },
  Container: { className: "Service", load: async () => (await import("../../components/service")).Service },
  DockerHost: {
    className: "DockerEngine",
    load: async () => (await import("../../components/dockerEngine")).DockerEngine,
    place: "host",
  },
  DockerRun: { className: "DockerRun", load: async () => (await import("../../components/dockerRun")).DockerRun },
  Elasticsearch: {
    className: "Elasticsearch",
    load: async () => (await import("../../components/elasticsearch")).Elasticsearch,
  },
  GpuContainer: {
    className: "GpuContainer",
    load: async () => (await import("../../components/gpuContainer")).GpuContainer,
  },
  GpuWorkspace: {
    className: "GpuWorkspace",
    load: async () => (await import("../../components/gpuWorkspace")).GpuWorkspace,
  },
  JenkinsWithNginx: {
    className: "JenkinsWithNginx",
    load: async () => (await import("../../components/jenkinsWithNginx")).JenkinsWithNginx,
  },
  Mysql: { className: "Mysql", load: async () => (await import("../../components/mysql")).Mysql },
  Nginx: { className: "Nginx", load: async () => (await import("../../components/nginx")).Nginx },
  WebApp: {
    className: "WebApp",
    load: async () => (await import("../../components/webApp")).WebApp,
    place: "kubernetes",
  },
};
