import { environmentOf } from "../../../../core/description/variables";
import type { ProjectDescription } from "../../../../core/description/project";
import { parseService, type ServiceSpec } from "../../../../core/description/service";
import type { ServiceDescription } from "../../../../core/description/types";
import { type DockerRunContext, parseDockerLines } from "../../../../core/readers/dockerRun";
import type { EngineInfo, InspectedImage } from "../../../../core/readers/running";

const CONTEXT = { environment: {}, folder: "/srv", home: "/home/ada" };

/** What the line reader says of a line. */
export const readLine = (line: string, context: DockerRunContext = CONTEXT): ProjectDescription =>
  parseDockerLines([line], "setup", context);

const text = (value: unknown) => JSON.stringify(value);
const sorted = <T>(list: T[] | undefined, key: (item: T) => string = text): T[] | undefined =>
  list && [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));

/** What a description asks for, where the order says nothing and what the engine does anyway is left out. */
export function asked(
  service: ServiceDescription,
  { LoggingDriver, DefaultRuntime, CgroupVersion }: EngineInfo,
  image: InspectedImage,
  { folder, environment: outer }: DockerRunContext = CONTEXT,
): Record<string, unknown> {
  const spec: ServiceSpec = parseService(service, { projectFolder: folder, outer });
  const { Config = {} } = image;
  const { logging, envFile: _, pullPolicy: __, ...rest } = spec;
  const exposed = Object.keys(Config?.ExposedPorts ?? {});
  const published = (spec.ports ?? []).map(({ target, protocol }) => `${target}/${protocol}`);
  const equal = (a: unknown, b: unknown) => text(a) === text(b);
  const environment = Object.fromEntries(Object.entries(environmentOf(spec)).sort());
  const replaced = spec.entrypoint !== undefined && !equal(spec.entrypoint, Config?.Entrypoint ?? [""]);
  const drivers = logging && { ...logging, driver: logging.driver ?? LoggingDriver };
  const result: Record<string, unknown> = {
    ...rest,
    environment: Object.keys(environment).length ? environment : undefined,
    // An entrypoint takes the image's command away; the image's own command says nothing.
    entrypoint: replaced || (spec.entrypoint && !spec.command && Config?.Cmd) ? spec.entrypoint : undefined,
    command: !replaced && equal(spec.command, Config?.Cmd) ? undefined : spec.command,
    logging: drivers?.driver === LoggingDriver && !drivers?.options ? undefined : drivers,
    ports: sorted(spec.ports),
    expose: sorted(spec.expose?.filter((port) => !exposed.includes(port) && !published.includes(port))),
    volumes: sorted(spec.volumes, ({ target }) => target),
    capAdd: sorted(spec.capAdd),
    capDrop: sorted(spec.capDrop),
    ulimits: sorted(spec.ulimits),
    memswapLimit: spec.memswapLimit === 2 * (spec.memLimit ?? 0) ? undefined : spec.memswapLimit,
  };
  const usual: [string, unknown][] = [
    ["restart", { policy: "no" }],
    ["networkMode", "bridge"],
    ["ipc", "private"],
    ["runtime", DefaultRuntime],
    ["cgroup", CgroupVersion === "2" ? "private" : "host"],
    ["stopSignal", Config?.StopSignal ?? "SIGTERM"],
    ["expose", []],
  ];
  for (const [key, value] of usual) if (equal(result[key], value)) delete result[key];
  // Defaults of a field within it: undefined is nothing.
  return JSON.parse(JSON.stringify(result)) as Record<string, unknown>;
}
