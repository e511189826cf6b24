import * as pulumi from "@pulumi/pulumi";
import { describeField } from "../description/describe";
import type { KubernetesOptions } from "../description/kubernetesOptions";
import type { LateSpec } from "../description/service";
import type { SwarmOptions } from "../description/swarmOptions";
import type { ServiceDescription } from "../description/types";
import { lift } from "../pulumi/outputs";
import type { EngineName } from "./engine";

/**
 * Under this name a service's component keeps in the state how it is described, once it answers; `berth history` and
 * `berth rollback` read it there. The CLI shows nothing whose name begins like this.
 */
export const RAN = "__ran";

/** A service as it ran: what the state of an update says. */
export interface Ran {
  engine: EngineName;
  /** In the shortest form, without berth's and Compose's notes about where it comes from. */
  description: ServiceDescription;
  /** The image that ran, by its digest, or by its id where no registry has it; undefined where nobody knows. */
  image?: string;
  swarm?: SwarmOptions;
  kubernetes?: KubernetesOptions;
}

/** Labels that say where a Compose project lies and which tool made it, not what runs. */
const ORIGIN = /^com\.docker\.compose\.(version|config-hash|project\.(config_files|working_dir|environment_file))$/;
export const isOrigin = (label: string): boolean => ORIGIN.test(label);

type Labels = Record<string, string> | undefined;
const sorted = (labels: Labels, keep: (label: string) => boolean) => {
  const kept = Object.entries(labels ?? {}).filter(([label]) => keep(label));
  return kept.length ? Object.fromEntries(kept) : undefined;
};

/** The labels of a description that say where it comes from. */
export const originOf = (labels: Labels): Labels => sorted(labels, isOrigin);

/**
 * A service's description in its shortest form. What arrives late does so here, too, and what is secret stays secret,
 * variable by variable.
 */
export function described(spec: LateSpec, projectFolder: string): pulumi.Inputs {
  const fields: pulumi.Inputs = {};
  for (const [key, value] of Object.entries(spec) as [keyof ServiceDescription, unknown][]) {
    if (value === undefined || key === "envFile") continue;
    if (key === "environment") fields[key] = value;
    else if (key === "labels") fields[key] = lift(value, (labels) => sorted(labels as Labels, (one) => !isOrigin(one)));
    else if (key === "secrets" || key === "configs")
      fields[key] = files(describeField(key, value as never, projectFolder) as object[], key === "secrets");
    else fields[key] = lift(value, (plain) => describeField(key, plain as never, projectFolder));
  }
  return fields;
}

/** The text of a secret stays one, whichever way it was given. */
const files = (list: object[], secret: boolean) =>
  list.map((file) => {
    const { content } = file as { content?: pulumi.Input<string> };
    return secret && content !== undefined ? { ...file, content: pulumi.secret(content) } : file;
  });

/** Plain data of options that may hold functions, which belong to the program. */
const plainOf = <T extends object>(options: T | undefined): T | undefined =>
  options &&
  (Object.fromEntries(Object.entries(options).filter(([, value]) => typeof value !== "function")) as Partial<T> as T);

/** What the component of a service keeps; `image` arrives when the service answers, and nothing is kept before that. */
export function ranOutputs(
  spec: LateSpec,
  engine: EngineName,
  image: pulumi.Output<string | undefined>,
  { swarm, kubernetes }: { swarm?: SwarmOptions; kubernetes?: KubernetesOptions },
): pulumi.Inputs {
  return {
    [RAN]: {
      engine,
      description: described(spec, process.cwd()),
      image,
      swarm: plainOf(swarm),
      kubernetes: plainOf(kubernetes),
    },
  };
}
