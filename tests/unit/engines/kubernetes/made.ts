import type { PodSpec } from "kubernetes-types/core/v1";
import type { Manifest } from "../../../../core/mapping/kubernetes/manifest";
import type { KubernetesOptions } from "../../../../core/description/kubernetesOptions";
import { manifestsOf, type Workload, workload } from "../../../../core/mapping/kubernetes/workload";
import { parseService } from "../../../../core/description/service";
import type { ServiceDescription } from "../../../../core/description/types";

/** A description of the service `web`, whose image need not be said. */
export type Described = Partial<ServiceDescription>;

export function made(description: Described, options: KubernetesOptions = {}): Workload {
  const spec = parseService(
    { image: "nginx", containerName: "web", ...description },
    { projectFolder: "/p", outer: {} },
  );
  return workload(spec, options);
}

export const manifests = (description: Described, options?: KubernetesOptions): Manifest[] =>
  manifestsOf(made(description, options));

/** Objects of a kind. */
export const ofKind = (kind: string, description: Described, options?: KubernetesOptions): Manifest[] =>
  manifests(description, options).filter((manifest) => manifest.kind === kind);

type Template = { metadata: { labels: object; annotations?: Record<string, string> }; spec: PodSpec };

export const template = (description: Described, options?: KubernetesOptions): Template =>
  (made(description, options).controller.spec as { template: Template }).template;

export const pod = (description: Described, options?: KubernetesOptions): PodSpec =>
  template(description, options).spec;

export const container = (description: Described, options?: KubernetesOptions): PodSpec["containers"][number] =>
  pod(description, options).containers[0]!;
