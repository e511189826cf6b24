import { holesIn, say } from "../../description/say";
import { splitVariable } from "../../description/environment";
import { ArgumentError, show } from "../../description/errors";
import type { Notice, VolumeDefinition } from "../../description/project";
import { checkService } from "../../description/rules";
import { isSecretValue } from "../../description/secretValue";
import { parseService } from "../../description/service";
import type { ServiceDescription } from "../../description/types";
import { type Command, readCommand } from "./command";
import { type Draft, type FlagEntry, lastOf, note, usesOf } from "./draft";
import { DockerRunError } from "./errors";
import { FLAGS } from "./flags";
import { finishVolumes } from "./mounts";
import { finishNetworks } from "./networks";
import { nearest } from "../../description/nearest";
import { readOptions, type Use } from "./options";
import { codeOf, slippedIn } from "../../description/lookAlikes";
import { withOddBlanks } from "./oddBlanks";
import { parsePlatform } from "./platform";
import type { DockerRunContext } from "./context";
import type { Word } from "./words";

/** What a `docker run` line says. */
export interface DockerRun {
  /** What `--name` says. */
  name?: string;
  /** Plain values; `containerName` is set where `--name` is. */
  service: ServiceDescription;
  /** Volumes that need a definition (`--volume-driver`, `--mount` with a driver, options or labels), by name. */
  volumes: Record<string, VolumeDefinition>;
  /** What has no meaning in a stack; `at` is the flag as written. */
  notices: Notice[];
}

/** Runs the flags that stand in a file before those of the line, which win. */
const FIRST = ["--label-file"];

function readFlag(draft: Draft, use: Use<FlagEntry>): void {
  const { option, written, value } = use;
  const { program, name } = draft.command;
  if (option.podman && program !== "podman") {
    const guess = nearest(
      option.names[0]!,
      FLAGS.filter((entry) => !entry.podman).flatMap((entry) => entry.names),
    );
    throw use.fail(
      say`is a flag of podman, and docker has none like it`,
      option.remedy ?? (guess ? say`did you mean ${guess}?` : say`remove it`),
    );
  }
  if (option.onlyRun && name === "create")
    throw use.fail(say`is a flag of docker run, not of docker create`, say`remove it`);
  option.read?.(draft, use);
  if (option.becomes === "client") note(draft, use, option.says);
  else if (option.remedy !== undefined && !(option.kind === "boolean" && value === "false"))
    throw use.fail(option.says, option.remedy);
  else if (option.remedy !== undefined) note(draft, use, say`${written}=false says nothing`);
}

/** What docker refuses about two flags together. */
function checkFlags(draft: Draft): void {
  const rm = lastOf(draft, "--rm");
  const restart = lastOf(draft, "--restart");
  if (rm && restart && restart.value !== "no")
    throw restart.fail(
      say`${restart.value} excludes ${rm.written}, and docker refuses both together`,
      say`remove ${rm.written}`,
    );
  const attach = usesOf(draft, "--attach")[0];
  const detach = lastOf(draft, "--detach");
  if (attach && detach)
    throw attach.fail(say`excludes ${detach.written}, and docker refuses both together`, say`keep one of them`);
  const off = lastOf(draft, "--no-healthcheck");
  const health = Object.keys(draft.service.healthcheck ?? {}).find((key) => key !== "disable");
  if (off && health)
    throw draft.sources.get(`healthcheck.${health}`)!.fail(say`excludes ${off.written}`, say`keep one of them`);
  const logOption = usesOf(draft, "--log-opt")[0];
  if (logOption && draft.service.logging?.driver === "none")
    throw logOption.fail(say`there are no options for the logging driver none`, say`remove it`);
  const uts = lastOf(draft, "--uts");
  const hostname = lastOf(draft, "--hostname");
  if (uts && hostname) throw hostname.fail(say`excludes ${uts.written} ${uts.value}`, say`keep one of them`);
}

/** Programs other than docker bring something of their own. */
function applyProgram(draft: Draft): void {
  const { command, service, context } = draft;
  if (command.program === "nvidia-docker" && !service.runtime && !service.gpus) {
    service.runtime = "nvidia";
    draft.notices.push({ level: "note", at: "nvidia-docker", text: say`is what --runtime nvidia says today` });
    const chosen = context.environment.NV_GPU?.replaceAll(" ", ",");
    if (chosen) {
      service.environment = { NVIDIA_VISIBLE_DEVICES: chosen, ...(service.environment as Record<string, string>) };
      draft.notices.push({
        level: "note",
        at: "NV_GPU",
        text: say`is what -e NVIDIA_VISIBLE_DEVICES=${chosen} says today`,
      });
    }
  }
  const platform = context.environment.DOCKER_DEFAULT_PLATFORM;
  if (!platform || service.platform || usesOf(draft, "--platform").length) return;
  service.platform = parsePlatform(platform);
  draft.notices.push({
    level: "note",
    at: "DOCKER_DEFAULT_PLATFORM",
    text: say`is set to ${platform}, which docker takes as --platform`,
  });
}

/** Fields of a description that have no flag of their own, or no single one. */
const OTHER_WORDS: Record<string, string> = {
  networkMode: "--network",
  "ulimits: { nproc: ... }": "--ulimit nproc=...",
};

/** Names of fields inside of a sentence, as the reader of a line knows them. */
function inFlags(text: string): string {
  return text.replace(
    /ulimits: \{ nproc: \.\.\. \}|(?<!-)\b(?:[a-z]+(?:[A-Z][a-z]+)+|cpus|cpuset|dns|hostname|entrypoint)\b/g,
    (word) => {
      const kebab = `--${word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const flag =
        FLAGS.find(({ names, podman }) => !podman && names.includes(kebab)) ??
        FLAGS.find(({ field, podman }) => !podman && field === word);
      return OTHER_WORDS[word] ?? flag?.names[0] ?? word;
    },
  );
}

/** Ways out that a line says in another way than a description. */
const inTheLine = (): [said: string, inTheLine: string][] => [
  [
    say`join both services to one network; each finds the other by its container name or by aliases`,
    say`give the line of that container too, or put both onto one network with --network`,
  ],
  [
    say`join both services to one overlay network`,
    say`give the line of that container too, or put both onto one network with --network`,
  ],
  [
    say`set entrypoint too: then the whole line goes through the entrypoint`,
    say`give the program with --entrypoint: then the whole line goes through it`,
  ],
  [
    say`use "1s", or stopSignal: "SIGKILL" to kill at once`,
    say`write --stop-timeout 1, or --stop-signal SIGKILL to kill at once`,
  ],
  [say`use labels, or remove it`, say`use --label, or remove it`],
  [say`use labels`, say`use --label`],
  [say`set it in the long form of networks`, say`add --network with the name of one`],
  // The description can do without a file; the flag cannot.
  [say`create it, or set required: false`, say`create it, or correct it`],
];

function remedyInTheLine({ argument, remedy }: ArgumentError): string {
  const [list] = holesIn(remedy, "write {0} if the order does not matter, or set it in the engine's daemon.json") ?? [];
  if (list === undefined) return inTheLine().find(([said]) => said === remedy)?.[1] ?? inFlags(remedy);
  const flags = list.split(", ").map((item) => `${inFlags(argument)} ${item}`);
  return say`write ${flags.join(" ")} if the order does not matter, or set it in the engine's daemon.json`;
}

/** The path that a path stands in: `ports` for `ports[0]`; "" for a whole argument, and for one of another kind. */
function above(path: string): string {
  const shorter = path.replace(/(\[\d+\]|\.[^.[]*|[^.[\]]+)$/, "");
  return shorter === path ? "" : shorter;
}

/** The same refusal at the flag or word that its argument comes from, in the words of the line. */
function failAt(draft: Draft, image: Word, words: Word[], given: ArgumentError): DockerRunError {
  const error = new ArgumentError(given.argument, inFlags(given.problem), remedyInTheLine(given));
  const place = (word: Word) => ({ line: draft.command.line, offset: word.offset, length: word.length });
  // Rules add text behind a colon: "ports: 80:80".
  const path = error.argument.replace(/: .*$/s, "");
  for (let at = path; at !== ""; at = above(at)) {
    const use = draft.sources.get(at);
    if (use) return use.fail(error.problem, error.remedy);
  }
  const command = /^command\[(\d+)\]$/.exec(path);
  if (command) return new DockerRunError("command", error.problem, error.remedy, place(words[Number(command[1])]!));
  const field = /^\w+/.exec(path)?.[0] ?? "";
  const source = [...draft.sources].find(([key]) => new RegExp(`^${field}\\b`).test(key))?.[1];
  if (source) return source.fail(error.problem, error.remedy);
  return new DockerRunError(error.argument, error.problem, error.remedy, place(image));
}

/** Flags that no program but docker takes in this form. */
const LATE: [flag: RegExp, value: RegExp][] = [
  [/^(?:-d?p|--publish)$/, /^(?:[\d.]+:)?[\d-]+:[\d-]+(?:\/\w+)?$/],
  [/^(?:-v|--volume)$/, /^[^:]+:\/(?!\/)[^:]*(?::\w+)?$/],
  [/^--restart$/, /^(?:always|unless-stopped|on-failure)(?::\d+)?$/],
  [/^-(?:it|ti|dit|itd)$/, /^/],
];

/** What stands behind the image goes to the program, and docker says nothing about it. */
function warnOfLateFlags(draft: Draft, words: Word[]): void {
  // A command with a name of its own may well be docker again.
  if (!words[0]?.text.startsWith("-")) return;
  for (const [index, { text }] of words.entries()) {
    const [, name = text, inline] = /^(--[a-z]+)=(.*)$/s.exec(text) ?? [];
    const value = inline ?? words[index + 1]?.text ?? "";
    if (!LATE.some(([flag, form]) => flag.test(name) && form.test(value))) continue;
    draft.notices.push({
      level: "warning",
      at: name,
      text: say`stands behind the image, and so goes to the program in the container: docker's own flags stand in front of the image`,
    });
  }
}

/** What is not known may be a secret only, and what docker takes as it stands may be hardly meant. */
function checkWord(draft: Draft, use: Use<FlagEntry>): void {
  const [name = "", value] = splitVariable(use.value);
  if (use.word.unknown && !(use.option.field === "environment" && isSecretValue(name, value))) throw use.word.unknown;
  const slip = slippedIn(use.word.text, use.word.quoted);
  if (slip) note(draft, use, say`${slip.problem}, and docker takes it as it stands: ${slip.remedy}`, "warning");
}

/** A line, with what says a refusal of a field in its words. */
export interface LocatedRun extends DockerRun {
  locate(error: ArgumentError): DockerRunError;
}

/** Reads the part of a line behind `docker run`. */
export function readRun(command: Command): LocatedRun {
  const { line, context } = command;
  const called = `${command.program} ${command.name}`;
  const { uses, rest } = readOptions(line, command.words, FLAGS, called);
  const draft: Draft = {
    command,
    context,
    service: {},
    volumes: {},
    notices: [...command.notices],
    sources: new Map(),
    given: new Map(),
  };
  for (const use of uses) {
    const name = use.option.names[0]!;
    draft.given.set(name, [...(draft.given.get(name) ?? []), use]);
    checkWord(draft, use);
  }
  const unknown = rest.find((word) => word.unknown)?.unknown;
  if (unknown) throw unknown;
  for (const use of [
    ...uses.filter(({ option }) => FIRST.includes(option.names[0]!)),
    ...uses.filter(({ option }) => !FIRST.includes(option.names[0]!)),
  ])
    readFlag(draft, use);

  const [image, ...words] = rest;
  if (!image)
    throw new DockerRunError("image", say`is missing`, say`write it behind the flags`, {
      line,
      offset: line.trimEnd().length,
      length: 1,
    });
  // Web pages and word processors turn "--" into one long dash.
  const printed = /^[\u2010-\u2015\u2212]+(.*)$/s.exec(image.text)?.[1];
  if (printed !== undefined)
    throw new DockerRunError(
      "image",
      say`${show(image.text)} begins with a printed dash (${codeOf(image.text)}), which docker takes for the image`,
      say`write ${printed.length === 1 ? "-" : "--"}${printed}`,
      { line, offset: image.offset, length: image.length },
    );
  if (/^(?:\.\.\.|\u2026)$/.test(image.text))
    throw new DockerRunError(
      "image",
      say`${image.text} stands for what was left out here`,
      say`write that down, or remove it`,
      { line, offset: image.offset, length: image.length },
    );
  warnOfLateFlags(draft, words);
  checkFlags(draft);
  finishNetworks(draft);
  finishVolumes(draft);
  const here = ["--interactive", "--tty", "--rm"].some((flag) => lastOf(draft, flag)?.value === "true");
  if (command.name === "run" && here && !lastOf(draft, "--detach"))
    draft.notices.push({
      level: "note",
      at: `${command.program} run`,
      text: say`without -d it runs in the foreground, here in the background: give it mode replicated-job where it ends by itself`,
    });

  let service: ServiceDescription;
  try {
    applyProgram(draft);
    const { containerName, platform, ...fields } = draft.service;
    service = {
      image: image.text,
      ...(containerName !== undefined && { containerName }),
      ...(platform !== undefined && { platform }),
      ...fields,
      ...(words.length && { command: words.map(({ text }) => text) }),
    };
    checkService(parseService(service, { projectFolder: context.folder, outer: context.environment }));
  } catch (error) {
    if (!(error instanceof ArgumentError) || error instanceof DockerRunError) throw error;
    throw failAt(draft, image, words, error);
  }
  return {
    ...(service.containerName !== undefined && { name: service.containerName }),
    service,
    volumes: draft.volumes,
    notices: draft.notices,
    locate: (error) => failAt(draft, image, words, error),
  };
}

/**
 * Reads a `docker run` line as it was typed or documented. Nothing is run; files are read where docker itself reads
 * them (`--env-file`, `--label-file`, a seccomp profile).
 *
 * @param line also `docker create`, `podman run` and `nvidia-docker run`, continued over several rows, with a prompt,
 * `sudo` or variables in front
 * @param context what variables, the current folder and the home folder stand for
 * @throws DockerRunError for what cannot be taken over; the message marks the place
 *
 * @example
 * parseDockerRun("docker run -d --name nginx01 -p 666:80 nginx", { environment: process.env, folder: process.cwd(), home: homedir() })
 * // { name: "nginx01", service: { image: "nginx", containerName: "nginx01", ports: ["666:80"] }, ... }
 */
export function parseDockerRun(line: string, context: DockerRunContext): DockerRun {
  return withOddBlanks(line, (reading) => {
    const command = readCommand(line, context, 0, reading);
    if (command.name !== "run" && command.name !== "create")
      throw new DockerRunError("line", say`docker ${command.name} makes no container`, say`give a docker run line`, {
        line,
        offset: command.word.offset,
        length: command.word.length,
      });
    const { name, service, volumes, notices } = readRun(command);
    return { ...(name !== undefined && { name }), service, volumes, notices };
  });
}
