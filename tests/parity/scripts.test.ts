import { parseDockerLines } from "../../core/readers/dockerRun";
import { Project } from "../../components/project";
import { describeIf } from "../skips";
import { ALLOWED_OF_SCRIPTS } from "./allowed";
import { asked, isGenerated } from "./berth";
import { type Allowed, differences, notAllowed } from "./compare";
import { askScripts, cliVersion, type Made, type Recording } from "./docker";
import { ENVIRONMENT } from "./lines";
import { type Normal, normalContainer, normalNetwork, normalVolume } from "./normal";
import type { NamedRequest } from "./recorder";
import { SCRIPTS } from "./scripts";

/** The docker CLI sends the blocks of a network's addresses in an order that changes from run to run. */
function inOrder<T>(value: T): T {
  if (Array.isArray(value)) {
    const items = value.map(inOrder);
    return (items.every((item) => item?.Subnet) ? items.sort((a, b) => (a.Subnet < b.Subnet ? -1 : 1)) : items) as T;
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inOrder(item)])) as T;
}

const recording = require("./recordedScripts.json") as Recording<Made>;

/** Everything of one kind in its normal form, by name. */
const byName = <T extends NamedRequest>(requests: T[], normal: (request: T) => Normal): Normal =>
  Object.fromEntries(requests.map((request) => [request.name, normal(request)]));
const normal = ({ containers, networks, volumes }: Made): Normal => ({
  containers: byName(containers, (request) => normalContainer(request, { isGenerated })),
  networks: byName(networks, normalNetwork),
  volumes: byName(volumes, normalVolume),
});

const used = new Set<Allowed>();

describe("several lines ask for what docker makes of them", () => {
  it.each(Object.entries(SCRIPTS))("%s", async (title, script) => {
    const docker = recording.answers[title]!;
    expect(docker.error).toBeUndefined();
    const { containers, networks, volumes } = await asked(() => {
      const context = { environment: ENVIRONMENT, folder: "/", home: ENVIRONMENT.HOME! };
      new Project("same", parseDockerLines([script], "same", context));
    });
    // A volume that no line creates is made by the engine with its container.
    const created = volumes.filter(({ name }) => docker.volumes.some((volume) => volume.name === name));
    const berth = normal({ containers, networks, volumes: created });
    expect(notAllowed(differences(normal(docker), berth), ALLOWED_OF_SCRIPTS, used)).toEqual([]);
  });

  it("and need every allowed difference", () => {
    expect(ALLOWED_OF_SCRIPTS.filter((entry) => !used.has(entry)).map(({ why }) => why)).toEqual([]);
  });
});

const version = cliVersion();
const missing =
  version === recording.cli
    ? undefined
    : `the docker CLI here is ${version ?? "absent"}, not the recorded ${recording.cli}`;
describeIf(missing, "the recorded answers to several lines", () => {
  it("are still what the docker CLI says", async () => {
    const all = (answers: Record<string, Made>) => Object.values(answers).map(normal);
    expect(inOrder(all(await askScripts(SCRIPTS, recording.apiVersion)))).toEqual(inOrder(all(recording.answers)));
  }, 60_000);
});
