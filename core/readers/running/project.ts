import { ArgumentError } from "../../description/errors";
import type {
  NetworkDefinition,
  Notice,
  ProjectDescription,
  ProjectService,
  VolumeDefinition,
} from "../../description/project";
import { checkService } from "../../description/rules";
import { parseService } from "../../description/service";
import { COMPOSE_PROJECT, type ComposeOrigin, originOf, ownLabels } from "./compose";
import type { Inspected, InspectedContainer, InspectedNetwork, InspectedVolume } from "./inspect";
import { isAnonymous } from "./mounts";
import { nameOf } from "./networks";
import { readContainer } from "./service";
import { listed, say } from "../../description/say";

const filled = <T extends object>(record: T | null | undefined): T | undefined =>
  record && Object.keys(record).length ? record : undefined;

/** The labels of what another stack of berth has made; such a thing is used, and not made here. */
const OF_A_STACK = "berth.stack";

/** Subnets that an engine takes by itself, one after the other. */
const ENGINES_OWN = /^(?:172\.(?:1[7-9]|2\d|3[01])\.0\.0\/16|192\.168\.\d+\.0\/20)$/;

type Subnet = NonNullable<NonNullable<NetworkDefinition["ipam"]>["config"]>[number];

/** Those of a Swarm. */
const SWARMS_OWN = /^10\.\d+\.\d+\.0\/24$/;

/** The address ranges that somebody asked for: the engine's own, too, where a container has a fixed address in one. */
function subnetsOf({ IPAM, Driver }: InspectedNetwork, fixed: boolean): Subnet[] | undefined {
  const subnets = (IPAM?.Config ?? []).filter(
    ({ Subnet, IPRange, AuxiliaryAddresses }) =>
      Subnet &&
      (fixed ||
        IPRange ||
        filled(AuxiliaryAddresses) ||
        !(Driver === "overlay" ? SWARMS_OWN : ENGINES_OWN).test(Subnet)),
  );
  const config = subnets.map(({ Subnet, Gateway, IPRange, AuxiliaryAddresses }) => ({
    subnet: Subnet!,
    ...(Gateway && { gateway: Gateway.replace(/\/\d+$/, "") }),
    ...(IPRange && { ipRange: IPRange }),
    ...(filled(AuxiliaryAddresses) && { auxAddresses: AuxiliaryAddresses! }),
  }));
  return config.length ? config : undefined;
}

/** What an engine writes into the options of a network by itself. */
const NETWORK_OPTIONS = /^com\.docker\.network\.(?:enable_ipv[46]|driver\.overlay\.vxlanid_list)$/;

/** A network as somebody asked for it. */
export function networkOf(network: InspectedNetwork, fixed: boolean): NetworkDefinition {
  const { Name: name, Driver, Options, IPAM, Labels } = network;
  if (Labels?.[OF_A_STACK] || network.Ingress) return { name, external: true };
  const options = Object.entries(Options ?? {}).filter(([option]) => !NETWORK_OPTIONS.test(option));
  const ipam = {
    ...(IPAM?.Driver && IPAM.Driver !== "default" && { driver: IPAM.Driver }),
    ...(filled(IPAM?.Options) && { options: IPAM!.Options! }),
    ...(subnetsOf(network, fixed) && { config: subnetsOf(network, fixed)! }),
  };
  const labels = ownLabels(Labels);
  return {
    name,
    ...(Driver && Driver !== "bridge" && { driver: Driver }),
    ...(options.length && { driverOpts: Object.fromEntries(options) }),
    ...(filled(ipam) && { ipam }),
    ...(network.Internal && { internal: true }),
    ...(network.Attachable && { attachable: true }),
    ...(network.EnableIPv4 === false && { enableIpv4: false }),
    ...(network.EnableIPv6 && { enableIpv6: true }),
    ...(labels && { labels }),
  };
}

/** Undefined where a mount that names it says as much. */
function volumeOf({ Name: name, Driver, Options, Labels }: InspectedVolume): VolumeDefinition | undefined {
  if (Labels?.[OF_A_STACK]) return { name, external: true };
  const definition: VolumeDefinition = {
    name,
    ...(Driver && Driver !== "local" && { driver: Driver }),
    ...(filled(Options) && { driverOpts: Options! }),
    ...(ownLabels(Labels) && { labels: ownLabels(Labels)! }),
  };
  return Object.keys(definition).length > 1 || Labels?.[COMPOSE_PROJECT] ? definition : undefined;
}

/** A container with the key of its service. */
interface Named {
  container: InspectedContainer;
  key: string;
  origin?: ComposeOrigin;
}

/** Compose's name of the service where no other container has it, else the container's own. */
function keyed(containers: InspectedContainer[]): Named[] {
  const all = containers.map((container) => ({ container, origin: originOf(container.Config.Labels) }));
  return all.map(({ container, origin }) => {
    const only = origin && all.filter((other) => other.origin?.service === origin.service).length === 1;
    return { container, origin, key: only ? origin.service : nameOf(container) };
  });
}

/** Compose's own names of containers, which a project of that name gives again. */
const isComposes = ({ container, origin }: Named, project: string) =>
  origin !== undefined &&
  origin.project === project &&
  new RegExp(`^${project}[-_]${origin.service}[-_]1$`).test(nameOf(container));

function sharedName(named: Named[]): string {
  const projects = new Set(named.map(({ origin }) => origin?.project));
  const [only] = projects;
  if (projects.size === 1 && only !== undefined) return only;
  return named.length === 1 ? named[0]!.key : "running";
}

/** Once for each project of Compose: where it comes from, which is the better source. */
function originNotices(named: Named[]): Notice[] {
  const projects = new Map<string, Named[]>();
  for (const one of named)
    if (one.origin) projects.set(one.origin.project, [...(projects.get(one.origin.project) ?? []), one]);
  return [...projects].map(([project, members]): Notice => {
    const files = [...new Set(members.flatMap(({ origin }) => origin!.files))];
    return {
      level: "note",
      at: members.map(({ key }) => `services.${key}`).join(", "),
      text: say`${members.length > 1 ? "are" : "is"} of the Compose project ${project}${
        files.length
          ? say`, made from ${listed(files)}: where that is still there, \`berth from-compose ${files.join(" ")}\` reads more of it`
          : ""
      }`,
    };
  });
}

/** What one of the containers needs of another one that is read too. */
function dependenciesOf({ origin }: Named, named: Named[]): ProjectService["dependsOn"] {
  const found = Object.entries(origin?.dependsOn ?? {}).flatMap(([service, { condition, restart }]) => {
    const other = named.find((one) => one.origin?.project === origin!.project && one.origin.service === service);
    return other ? [[other.key, { condition, ...(restart && { restart }) }]] : [];
  });
  return found.length ? (Object.fromEntries(found) as ProjectService["dependsOn"]) : undefined;
}

/** Rules that concern several fields. */
function ruleNotices(key: string, service: ProjectService): Notice[] {
  try {
    const { build: _build, dependsOn: _dependsOn, swarm: _swarm, ...plain } = service;
    checkService(parseService(plain, { projectFolder: "/", outer: {} }));
    return [];
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return [
      { level: "warning", at: `services.${key}.${error.argument}`, text: say`${error.problem}; ${error.remedy}` },
    ];
  }
}

/**
 * Describes containers that an engine has, with the networks and volumes that they use. What their images say and what
 * the engine fills in is taken away; what a description cannot say becomes a notice.
 *
 * @param projectName the name of the project; by default that of the one Compose project or container, or `running`
 * @param goesOn the description is of their successors, which have their names and all of their volumes
 * @example
 * readRunning({ info, containers, images, networks, volumes, names }).services
 * // { web: { image: "nginx:1.27", containerName: "web", ports: [{ target: 80, published: 8080 }] } }
 */
export function readRunning(found: Inspected, projectName?: string, goesOn = false): ProjectDescription {
  const named = keyed(found.containers);
  const name = projectName ?? sharedName(named);
  const project: ProjectDescription = { name, services: {}, networks: {}, volumes: {}, notices: originNotices(named) };
  for (const one of named) {
    const { service, notices } = readContainer(one.container, one.key, found, goesOn);
    const dependsOn = dependenciesOf(one, named);
    if (!goesOn && isComposes(one, name) && one.key === one.origin!.service) delete service.containerName;
    project.services[one.key] = { ...service, ...(dependsOn && { dependsOn }) };
    project.notices.push(...notices, ...ruleNotices(one.key, project.services[one.key]!));
  }
  const fixed = new Set(
    Object.values(project.services).flatMap(({ networks = [] }) =>
      networks.flatMap((item) =>
        typeof item === "object" && (item.ipv4Address || item.ipv6Address) ? [item.name] : [],
      ),
    ),
  );
  const prefix = `${name}_`;
  const keyOf = (own: string) =>
    own.startsWith(prefix) && own.length > prefix.length ? own.slice(prefix.length) : own;
  for (const network of found.networks)
    project.networks[keyOf(network.Name)] = networkOf(network, fixed.has(network.Name));
  for (const volume of found.volumes) {
    if (isAnonymous(volume.Name)) continue;
    const definition = volumeOf(volume);
    if (definition) project.volumes[keyOf(volume.Name)] = definition;
  }
  return project;
}
