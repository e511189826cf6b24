import type { ServiceSpec } from "../../core/description/service";
import { checkEngine } from "../../core/engines/engineName";
import { plannedServices, type PlannedResource } from "../plan";
import { planOf } from "../planOf";
import { placesOf, placesOfTypes } from "../pluginSearch";
import type { CliProject } from "../project";
import { programsOf } from "../stackName";
import type { Place } from "../tools";

/** What a stack asks of a machine. */
export interface StackNeeds {
  places: Place[];
  /** Images that its engine fetches; undefined where the program cannot be planned here. */
  images?: string[];
  gpus: boolean;
  /** Of a Swarm that somebody else has made. */
  swarm: boolean;
  /** Why its program cannot be planned. */
  failure?: string;
}

/** What stacks on a Docker engine need, where none is named. */
export const DOCKER_ONLY: StackNeeds = { places: ["docker"], gpus: false, swarm: false };

const wantsGpus = ({ gpus, runtime, devices }: ServiceSpec) =>
  Boolean(gpus?.length) || runtime === "nvidia" || Boolean(devices?.some(({ source }) => source.includes("nvidia")));

const isText = (value: unknown): value is string => typeof value === "string" && !/^\[.*\]$/.test(value);

/** The images that an engine has to fetch: not those that the stack builds or brings from a file. */
function imagesOf(resources: PlannedResource[]): string[] {
  const named = resources.flatMap(({ type, inputs }) =>
    type === "docker:index/remoteImage:RemoteImage" && !inputs.build && !inputs.triggers ? [inputs.name] : [],
  );
  return [...new Set(named.filter(isText))].sort();
}

/** Plans a stack to see what it needs. Where that cannot be done, its name and its settings tell the most of it. */
export async function stackNeeds(
  project: CliProject,
  stack: string,
  values: Record<string, string>,
): Promise<StackNeeds> {
  const engine = values["berth:engine"];
  const places: Place[] = project.own
    ? [checkEngine(engine)]
    : placesOf(programsOf(stack, values["berth:program"]), engine);
  // A program that fails has rejected promises of the SDK's own, too, which would end this process on their own.
  process.on("unhandledRejection", () => {});
  try {
    const { resources } = await planOf(stack, {}, { commands: false });
    const services = await plannedServices(resources);
    const types = resources.map(({ type }) => type);
    const swarm = services.some(({ component }) => component.engine === "swarm");
    const planned = project.own ? placesOfTypes(types) : undefined;
    return {
      places: swarm ? [...new Set<Place>([...(planned ?? places), "swarm"])] : (planned ?? places),
      images: imagesOf(resources),
      gpus: services.some(({ spec, component }) => component.engine === "docker" && wantsGpus(spec)),
      swarm: swarm && !types.some((type) => /:Swarm$/.test(type)),
    };
  } catch (error) {
    return { places, gpus: false, swarm: places.includes("swarm"), failure: (error as Error).message };
  }
}
