import { parsePorts } from "../../description/ports";
import type { ProjectService } from "../../description/project";
import type { Clash, NoteSetup } from "./note";
import { say } from "../../description/say";

/** Ports of the host that a service takes, as `80` or `127.0.0.1:80/udp`. */
function portsOf({ ports, networkMode }: ProjectService): string[] {
  if (!ports || networkMode === "host") return [];
  try {
    return parsePorts(ports, "ports").flatMap(({ published, hostIp, protocol }) => {
      const address = hostIp === "" || hostIp === "0.0.0.0" ? "" : `${hostIp}:`;
      return published === undefined ? [] : [`${address}${published}${protocol === "tcp" ? "" : `/${protocol}`}`];
    });
  } catch {
    // Whoever applies it says what is wrong with them.
    return [];
  }
}

/** What setups of one engine cannot have twice. */
function takenBy({ project, kind }: NoteSetup): string[] {
  if (!project) return [];
  const services = Object.entries(project.services);
  return [
    ...services.map(
      ([key, { containerName }]) =>
        say`the name ${containerName ?? (kind === "compose" ? `${project.name}-${key}` : key)}`,
    ),
    ...services.flatMap(([, service]) => portsOf(service).map((port) => say`host port ${port}`)),
    ...Object.values(project.networks).flatMap(({ name, external }) => (external ? [] : [say`the network ${name}`])),
  ];
}

/** Setups that cannot run side by side, by what both want. */
export function clashesOf(setups: NoteSetup[]): Clash[] {
  const users = new Map<string, string[]>();
  for (const setup of setups)
    for (const about of new Set(takenBy(setup))) users.set(about, [...(users.get(about) ?? []), setup.name]);
  return [...users].filter(([, names]) => names.length > 1).map(([about, names]) => ({ about, setups: names }));
}
