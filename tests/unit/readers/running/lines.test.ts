import { readRunning } from "../../../../core/readers/running";
import type { Inspected, InspectedContainer } from "../../../../core/readers/running";
import { asked, readLine } from "./compare";
import { LINES, named } from "./lines";
import recordedJson from "./recorded.json";

const recorded = recordedJson as unknown as Omit<Inspected, "containers" | "names"> & {
  names: Record<string, string>;
  answers: Record<string, InspectedContainer>;
};
const { answers, names, info, images, networks, volumes } = recorded;

/** What from-running reads of the container of a line. */
function readBack(line: string) {
  const container = answers[line]!;
  const joined = Object.keys(container.NetworkSettings?.Networks ?? {});
  const mounted = (container.Mounts ?? []).map(({ Name }) => Name);
  const project = readRunning({
    info,
    images,
    containers: [container],
    networks: networks.filter(({ Name }) => joined.includes(Name)),
    volumes: volumes.filter(({ Name }) => mounted.includes(Name)),
    names: new Map(Object.entries(names)),
  });
  const image = images.find(({ Id }) => Id === container.Image)!;
  return { project, image, service: Object.values(project.services)[0]! };
}

/** Differences that cannot be avoided, by line: what is read back in place of what was written. */
const EXCEPT: Record<string, Record<string, unknown>> = {};

test("every line has its answer", () => {
  expect(Object.keys(answers)).toEqual(LINES);
});

test.each(LINES.map((line, index) => [line, index] as const))("%s", (line, index) => {
  const { image, service } = readBack(line);
  const [written] = Object.values(readLine(named(line, index)).services);
  expect(asked(service, info, image)).toEqual({ ...asked(written!, info, image), ...EXCEPT[line] });
});
