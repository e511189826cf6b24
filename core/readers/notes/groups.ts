import { say } from "../../description/say";
import type { Notice } from "../../description/project";
import { parseDockerLines } from "../dockerRun";
import { containersOf as containersOfService, linkedBy } from "../dockerRun/lines";
import type { NoteSetup } from "./note";
import { type LinesProject, type Line, sentence, first, type NoteState } from "./state";
import { buildOf, joinBuild } from "./images";

const nameOf = (network: string | { name: string }) => (typeof network === "string" ? network : network.name);
const SWARM: Notice = {
  level: "note",
  at: "docker service create",
  text: say`is a service of a Swarm: set berth:engine to swarm where its code is applied`,
};

/** Lines by the names of the containers that they make. */
function byContainer(runs: Line[]): Map<string, Line[]> {
  const called = new Map<string, Line[]>();
  for (const run of runs) {
    const name = first(run.project)?.[1].containerName;
    if (name !== undefined) called.set(name, [...(called.get(name) ?? []), run]);
  }
  return called;
}

/** Containers that a line leads to. */
function containersOf({ project }: Line): string[] {
  const [, service] = first(project) ?? [];
  return service ? containersOfService(service) : [];
}

/** Lines whose links lead to containers that the note makes: nothing else can make them. */
function complete(note: NoteState, runs: Line[]): Line[] {
  const missing = (run: Line, called: Map<string, Line[]>) =>
    linkedBy(first(run.project)![1]).find((container) => !called.get(container)?.some((other) => other !== run));
  const called = byContainer(runs);
  const left = runs.filter((run) => {
    const container = missing(run, called);
    return container === undefined || note.settle(run.item, [say`the container ${container}`], "template", "");
  });
  return left.length === runs.length ? left : complete(note, left);
}

/** Lines that are put together. */
class Groups {
  private readonly groups = new Map<Line, Set<Line>>();

  /** The group of a line, which begins with itself. */
  of(line: Line): Set<Line> {
    if (!this.groups.has(line)) this.groups.set(line, new Set([line]));
    return this.groups.get(line)!;
  }

  add(line: Line, to: Line): void {
    const group = this.of(to).add(line);
    this.groups.set(line, group);
  }

  /** Puts two groups together, unless both make a container of one name: those are variants. */
  join(one: Line, other: Line): boolean {
    const [a, b] = [this.of(one), this.of(other)];
    if (a === b) return true;
    const names = (lines: Set<Line>) => [...lines].flatMap((line) => first(line.project)?.[1].containerName ?? []);
    const both = names(a);
    if (names(b).some((name) => both.includes(name))) return false;
    // A container and a service run on different engines.
    const all = [...a, ...b];
    if (all.some(({ service }) => service) && all.some(({ name, service }) => name === "run" && !service)) return false;
    for (const line of b) this.add(line, one);
    return true;
  }

  all(): Line[][] {
    return [...new Set(this.groups.values())].map((lines) => [...lines]);
  }
}

/** Lines that only make sense together. */
export function groupsOf(note: NoteState): Line[][] {
  const runs = note.lines.filter(({ name }) => name === "run");
  const networks = note.lines.filter(({ name }) => name === "network create");
  const volumes = note.lines.filter(({ name }) => name === "volume create");
  const connects = note.lines.filter(({ name }) => name === "network connect");
  const makes = (name: string) => (line: Line) => Object.hasOwn(line.project.networks, name);

  const groups = new Groups();
  const ready = complete(note, runs);
  const called = byContainer(ready);
  for (const run of ready) {
    groups.of(run);
    for (const container of containersOf(run)) {
      const other = note.nearest(run.item, called.get(container) ?? [], (one) => one !== run);
      if (other) groups.join(other, run);
    }
  }
  const networksOf = new Map<Line, Line[]>();
  for (const connect of connects) {
    const [network = "", container = ""] = connect.statement.text.trim().split(/\s+/).slice(-2);
    const run = note.nearest(connect.item, called.get(container) ?? [], () => true);
    if (!run) {
      note.settle(connect.item, [say`the container ${container}`], "template", "");
      continue;
    }
    const made = note.nearest(connect.item, networks, makes(network));
    if (made) groups.join(made, run);
    groups.add(connect, run);
  }
  for (const run of ready) {
    for (const network of (first(run.project)![1].networks ?? []).map(nameOf)) {
      const made = note.nearest(run.item, networks, makes(network));
      // A variant of a container that is there already has a network of its own.
      if (made && !groups.join(made, run)) networksOf.set(run, [...(networksOf.get(run) ?? []), made]);
    }
  }
  const result = groups.all();
  for (const lines of result) {
    for (const run of [...lines]) lines.push(...(networksOf.get(run) ?? []));
    const mounted = lines.flatMap(({ project }) => Object.keys(project.volumes));
    for (const volume of volumes)
      if (Object.keys(volume.project.volumes).some((name) => mounted.includes(name))) lines.push(volume);
  }
  const used = new Set(result.flat());
  for (const line of [...networks, ...volumes]) if (!used.has(line)) result.push([line]);
  return result.map((lines) => {
    const order: Line["name"][] = ["network create", "volume create", "run", "network connect"];
    return [...new Set(lines)].sort(
      (one, other) => order.indexOf(one.name) - order.indexOf(other.name) || one.item.line - other.item.line,
    );
  });
}

/** Makes a setup of lines that belong together. */
export function readGroup(note: NoteState, group: Line[]): void {
  const texts = [...new Set(group.flatMap(({ prefix }) => prefix)), ...group.map(({ statement }) => statement.text)];
  const source = texts.join("\n");
  let project: LinesProject;
  const own = first(group.find(({ name }) => name === "run")?.project ?? group[0]!.project);
  try {
    // Alone it says what it has said before.
    project = group.length === 1 ? group[0]!.project : parseDockerLines(texts, own?.[0] ?? "setup", note.context);
  } catch (error) {
    if (group.length === 1) {
      note.refuse(group[0]!.item, error);
      return;
    }
    const why = sentence(error);
    for (const { item } of group) note.settle(item, [], "faulty", why);
    return;
  }
  const runs = group.filter(({ name }) => name === "run");
  const notices = group.flatMap(({ project: { notices: said } }) => said.filter(({ at }) => at === "#"));
  const keys = Object.keys(project.services);
  for (const [index, { service }] of runs.entries()) {
    const described = project.services[keys[index]!];
    if (service?.replicas !== undefined) described!.replicas = service.replicas;
    if (service && Object.keys(service.swarm).length) described!.swarm = service.swarm;
  }
  const network = group.find(({ name }) => name === "network create");
  const name =
    keys.length > 1 && network
      ? Object.keys(network.project.networks)[0]!
      : (keys.at(-1) ?? Object.keys({ ...project.networks, ...project.volumes })[0]!);
  for (const key of keys) {
    const built = buildOf(note, runs[0]!.item, project.services[key]!.image);
    if (!built) continue;
    // What has an owner is in a registry as well: a build below, or one of files that are not there, is for others.
    const published = project.services[key]!.image.includes("/");
    if (published && built.item.line > runs[0]!.item.line) continue;
    const hole = joinBuild(note, project.services[key]!, built, notices);
    if (!hole || published) continue;
    for (const { item } of group) note.settle(item, [hole], "template", "");
    return;
  }
  // The same containers a second time are the same setup.
  const same = JSON.stringify([project.services, project.networks, project.volumes]);
  const known = note.said.get(same);
  if (known) {
    known.lines.push(...group.map(({ item }) => item.line));
    note.belong(known, group);
    return;
  }
  const { locate } = project;
  const swarm = runs.some(({ service }) => service);
  const setup: Omit<NoteSetup, "lines" | "source"> = { name, kind: "lines", project, notices, locate };
  if (swarm) Object.assign(setup, { kind: "service", engine: "swarm", notices: [SWARM, ...notices] });
  note.said.set(same, note.addSetup(setup, source, group));
}
