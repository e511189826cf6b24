import * as pulumi from "@pulumi/pulumi";
import type { DockerRun } from "../../core/readers/dockerRun";
import { ComposeProject } from "../../components/composeProject";
import { NamedVolume } from "../../components/namedVolume";
import { Service } from "../../components/service";
import type { ComposeCase } from "./composeCases";
import { CONTAINER, NETWORK, type Recorded, VOLUME, world } from "../unit/mocks";
import { type Limits, toEngine } from "../../core/engines/dockerApi/limits";
import { createRequest, networkRequest, volumeRequest } from "./provider";
import type { ContainerRequest, NamedRequest } from "./recorder";

/** What a program asks the engine for, by way of the provider's model. */
export interface Asked {
  containers: ContainerRequest[];
  networks: NamedRequest[];
  volumes: NamedRequest[];
  /** The provider's arguments, for those who hold the model against the plugin. */
  resources: Recorded[];
}

/** Names that the mocks make up for anonymous volumes. */
export const isGenerated = (source: string): boolean => source.endsWith("-generated");

/**
 * Runs a program under mocks and takes what it asks for.
 *
 * @throws the first sentence that the program ends with
 */
export async function asked(declare: () => void): Promise<Asked> {
  const program = await world();
  // What is noted is the business of other tests.
  pulumi.log.info = async () => {};
  let thrown: unknown;
  try {
    declare();
  } catch (error) {
    thrown = error;
  }
  await program.done();
  const [late] = program.lateErrors();
  if (thrown) throw thrown;
  if (late) throw new Error(late);
  const inputs = (type: string) => program.all(type).map((resource) => resource.inputs);
  const limits = (parent: string) => {
    const service = program.resources.find(({ type, name }) => parent.endsWith(`${type}::${name}`));
    return toEngine((service?.inputs ?? {}) as Limits);
  };
  return {
    // What berth sets on a living container is asked for like the rest, a moment later.
    containers: program.all(CONTAINER).map(({ inputs, parent }) => {
      const { body, ...request } = createRequest(inputs);
      return { ...request, body: { ...body, HostConfig: { ...(body.HostConfig as object), ...limits(parent) } } };
    }),
    networks: inputs(NETWORK).map(networkRequest),
    volumes: inputs(VOLUME).map(volumeRequest),
    resources: program.resources,
  };
}

/** Name of a container whose line gives it none. */
export const UNNAMED = "unnamed";

/** What `parseDockerRun` makes of a line: one service, and the volumes that are more than a name. */
export function askedByRun({ name = UNNAMED, service, volumes }: DockerRun): Promise<Asked> {
  return asked(() => {
    for (const { name: volume, driver, driverOpts, labels } of Object.values(volumes))
      new NamedVolume(`volume-${volume}`, { name: volume, driver, driverOpts, labels });
    new Service(name, service);
  });
}

/** What a ComposeProject makes of files in the folder where the program runs. */
export const askedByProject = ({ files, profiles }: ComposeCase): Promise<Asked> =>
  asked(() => void new ComposeProject("same", { files, profiles }));
