import { describeIf } from "../skips";
import { ALLOWED_OF_COMPOSE } from "./allowed";
import { type Asked, askedByProject, isGenerated } from "./berth";
import { type Allowed, differences, notAllowed } from "./compare";
import { COMPOSE_CASES, type ComposeCase, titleOf } from "./composeCases";
import { FOLDER, type Made } from "./docker";
import { askCompose, type ComposeRecording, composeVersion, folderOfCompose } from "./dockerCompose";
import { type Normal, normalContainer, normalNetwork, normalVolume } from "./normal";
import type { NamedRequest } from "./recorder";

const recording = require("./recordedCompose.json") as ComposeRecording;

const home = process.cwd();
const shell = { ...process.env };
const place = folderOfCompose();
beforeAll(() => process.chdir(place.folder));
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in shell)) delete process.env[name];
  Object.assign(process.env, shell);
});
afterAll(() => {
  process.chdir(home);
  place.remove();
});

async function asked(one: ComposeCase): Promise<Asked> {
  Object.assign(process.env, one.environment);
  return JSON.parse(JSON.stringify(await askedByProject(one)).replaceAll(place.folder, FOLDER)) as Asked;
}

const used = new Set<Allowed>();

/** Requests of one kind, name by name. */
function compare<T extends NamedRequest>(
  kind: string,
  docker: T[],
  berth: T[],
  normal: (request: T) => Normal,
): string[] {
  const names = (requests: T[]) => requests.map(({ name }) => name).sort();
  expect({ [kind]: names(berth) }).toEqual({ [kind]: names(docker) });
  return docker.flatMap((request) => {
    const other = berth.find(({ name }) => name === request.name)!;
    const found = notAllowed(differences(normal(request), normal(other)), ALLOWED_OF_COMPOSE, used);
    return found.map((difference) => `${kind} ${request.name}: ${JSON.stringify(difference)}`);
  });
}

describe("a compose file asks for what Compose makes of it", () => {
  it.each(COMPOSE_CASES.filter(({ refused }) => !refused).map((one): [string, ComposeCase] => [titleOf(one), one]))(
    "%s",
    async (title, one) => {
      const { containers, networks, volumes, error } = recording.answers[title]!;
      expect(error).toBeUndefined();
      const berth = await asked(one);
      expect([
        ...compare("container", containers, berth.containers, (request) => normalContainer(request, { isGenerated })),
        ...compare("network", networks, berth.networks, normalNetwork),
        // An anonymous volume is made with its container there, and before it here.
        ...compare(
          "volume",
          volumes,
          berth.volumes.filter(({ name }) => name !== ""),
          normalVolume,
        ),
      ]).toEqual([]);
    },
  );
});

describe("a compose file that is refused", () => {
  it.each(COMPOSE_CASES.filter(({ refused }) => refused).map((one): [string, ComposeCase] => [titleOf(one), one]))(
    "%s",
    async (title, one) => {
      await expect(asked(one)).rejects.toThrow(one.refused);
      expect(recording.answers[title]!.error).toBeUndefined();
    },
  );
});

/** Compose sends many lists in any order. */
const normal = (answers: Record<string, Made>) =>
  Object.fromEntries(
    Object.entries(answers).map(([title, { containers, networks, volumes, error }]) => [
      title,
      {
        containers: containers.map((request) => normalContainer(request)),
        networks: networks.map(normalNetwork),
        volumes: volumes.map(normalVolume),
        error,
      },
    ]),
  );

describe("the recorded answers", () => {
  it("are those of the cases", () => {
    expect(Object.keys(recording.answers)).toEqual(COMPOSE_CASES.map(titleOf));
  });

  it("need every allowed difference", () => {
    expect(ALLOWED_OF_COMPOSE.filter((entry) => !used.has(entry)).map(({ why }) => why)).toEqual([]);
  });
});

const version = composeVersion();
const missing =
  version === recording.compose
    ? undefined
    : `Docker Compose here is ${version ?? "absent"}, not the recorded ${recording.compose}`;
describeIf(missing, "Compose", () => {
  it("still says what was recorded", async () => {
    expect(normal(await askCompose(COMPOSE_CASES, recording.apiVersion))).toEqual(normal(recording.answers));
  }, 60_000);
});
