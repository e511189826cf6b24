import * as pulumi from "@pulumi/pulumi";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import type { Inputs } from "../../spec/types";

/** Version of the Kubernetes plugin that the CLI fetches where it is not there yet. */
export const PLUGIN_VERSION = "4.34.2";

/** An object as `kubectl apply` takes it. Everything but its kind may arrive late. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Inputs<ObjectMeta>;
  [field: string]: unknown;
}

/** Fields of objects that a program may want to read after `up`. */
const OUTPUTS = ["spec", "status", "data", "stringData"];

/** Names the component that an object belongs to, by its URN. */
export const COMPONENT = "berth.component";

/**
 * One name for all that berth applies. By default the provider makes one up for each object, and what a killed apply
 * has set would then belong to a name that nobody uses any more: nothing of it could ever be taken away.
 */
const FIELD_MANAGER = { "pulumi.com/patchFieldManager": "berth" };

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

/** Pulumi's name for a kind: `apps/v1` and `Deployment` are `kubernetes:apps/v1:Deployment`. */
export function typeToken(apiVersion: string, kind: string): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
}

/**
 * Any object of a cluster, by its manifest. It is the resource that @pulumi/kubernetes would register, with the
 * same type, provider and settings (`kubernetes:context`, `kubernetes:kubeconfig`, `kubernetes:namespace`). The
 * SDK itself need not be there: wherever it is installed, the CLI looks for its plugin before every preview, of
 * Docker stacks too.
 */
export class KubernetesObject extends pulumi.CustomResource {
  declare readonly apiVersion: pulumi.Output<string>;
  declare readonly kind: pulumi.Output<string>;
  declare readonly metadata: pulumi.Output<ObjectMeta>;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a spec and a status of its own.
  declare readonly spec: pulumi.Output<any>;
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  declare readonly status: pulumi.Output<any>;

  constructor(name: string, manifest: Manifest, opts: pulumi.CustomResourceOptions = {}) {
    const { apiVersion, kind } = manifest;
    const unknown = Object.fromEntries(OUTPUTS.map((field) => [field, undefined]));
    const metadata = marked(manifest.metadata, opts.parent && urnOf(opts.parent));
    super(typeToken(apiVersion, kind), name, { ...unknown, ...manifest, metadata } as pulumi.Inputs, {
      ...opts,
      version: PLUGIN_VERSION,
      additionalSecretOutputs: kind === "Secret" ? ["data", "stringData"] : undefined,
    });
  }
}
