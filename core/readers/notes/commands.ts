import { noticeOf } from "../dockerRun/around";
import { commandStart } from "../dockerRun/command";
import { roughWords } from "../dockerRun/shell";
import { type Called, knows } from "./programs";
import { say } from "../../description/say";

/** What becomes of a command of a note. */
export type Meaning =
  /** It makes containers, or what they need: `docker run`, `docker network create`, ... */
  | { kind: "line"; name: "run" | "network create" | "network connect" | "volume create" }
  | { kind: "service" }
  | { kind: "build" }
  /** It applies files: `docker compose up`, `docker stack deploy`, `kubectl apply`. */
  | { kind: "applies"; files: string[]; services: string[]; how: (setup?: string) => string }
  /** Its meaning is clear, and what says it in a stack. */
  | { kind: "understood"; how: string }
  | { kind: "left out"; why: string };

const understood = (how: string): Meaning => ({ kind: "understood", how });
const leftOut = (why: string): Meaning => ({ kind: "left out", why });

const NAMED = say`names the command, and nothing to run`;
const AFTERWARDS = say`is for the time after \`up\`: run it by hand`;
const CLEANS = say`a stack removes no more than it has made: run it by hand where it is needed`;
const STARTS = say`a stack starts, replaces and removes its containers by itself`;

/** Words behind the program that say which command it is: without flags of the client. */
const WITH_VALUE =
  /^(?:-H|--host|-c|--context|--config|-l|--log-level|-n|--namespace|--kubeconfig|-f|--file|-p|--project-name|--profile|--env-file|--project-directory)$/;

interface Words {
  name: string;
  /** Behind the name. */
  rest: string[];
  /** Flags in front of it, with their values. */
  before: string[];
}

function wordsBehind(words: string[], withFiles: boolean): Words {
  const before: string[] = [];
  let index = 0;
  while (words[index]?.startsWith("-")) {
    const flag = words[index]!;
    const takes = WITH_VALUE.test(flag) && (withFiles || !/^-(?:f|p)$|^--(?:file|profile)/.test(flag));
    before.push(...words.slice(index, index + (takes ? 2 : 1)));
    index += takes ? 2 : 1;
  }
  return { name: words[index] ?? "", rest: words.slice(index + 1), before };
}

const valuesOf = (words: string[], short: string, long: string): string[] =>
  words.flatMap((word, index) => {
    if (word === short || word === long) return words[index + 1] ? [words[index + 1]!] : [];
    if (word.startsWith(`${long}=`)) return [word.slice(long.length + 1)];
    return word.startsWith(short) && !word.startsWith("--") && word.length > 2 ? [word.slice(2).replace(/^=/, "")] : [];
  });

function ofCompose(words: string[]): Meaning {
  const { name, rest, before } = wordsBehind(words, true);
  const files = valuesOf(before, "-f", "--file");
  switch (name) {
    case "up":
    case "create":
    case "start":
      return {
        kind: "applies",
        files,
        services: rest.filter((word) => /^\w[\w.-]*$/.test(word)),
        how: (setup) => (setup ? say`\`up\` of ${setup} does it` : say`\`up\` of its setup does it`),
      };
    case "scale":
      return understood(say`replicas of a service: set \`deploy: { replicas: N }\` in the compose file`);
    case "down":
      return leftOut(
        rest.some((word) => /^(?:-v|--volumes|--rmi)/.test(word))
          ? say`\`destroy\` does it; volumes and images go only with berth:removeVolumes and berth:removeImages`
          : say`\`destroy\` of its setup does it, and data stays`,
      );
    case "build":
    case "pull":
      return leftOut(say`\`up\` builds and fetches the images by itself`);
    case "stop":
    case "restart":
    case "rm":
    case "kill":
    case "pause":
    case "unpause":
      return leftOut(STARTS);
    case "run":
    case "exec":
      return leftOut(AFTERWARDS);
    default:
      return leftOut(AFTERWARDS);
  }
}

function ofSwarm(group: string, words: string[]): Meaning {
  const { name, rest } = wordsBehind(words, false);
  if (name === "") return leftOut(NAMED);
  switch (`${group} ${name}`) {
    case "service create":
      return { kind: "service" };
    case "service scale":
      return understood(say`set \`replicas\` of that service`);
    case "service update":
      return understood(
        rest.some((word) => word.startsWith("--replicas"))
          ? say`set \`replicas\` of that service`
          : say`change that argument of the service: every change is made on the living one`,
      );
    case "service rollback":
      return understood(say`set the image back, or \`updateConfig: { failureAction: "rollback" }\``);
    case "stack deploy":
    case "stack up":
      return {
        kind: "applies",
        files: [...valuesOf(words, "-c", "--compose-file")],
        services: [],
        how: (setup) =>
          setup
            ? say`\`up\` of ${setup} with \`berth:engine: swarm\` does it`
            : say`\`up\` of its setup with \`berth:engine: swarm\` does it`,
      };
    case "swarm init":
      return understood(
        say`the component \`Swarm\`; \`berth up swarm\` makes it, with the setting swarm:advertiseAddr`,
      );
    case "swarm join":
    case "swarm join-token":
      return understood(say`\`Swarm\` puts the whole command out as workerJoinCommand and managerJoinCommand`);
    case "secret create":
    case "config create":
      return understood(say`\`${group}s\` of a compose file, or of a service, which \`up\` makes and rotates`);
    case "swarm leave":
    case "stack rm":
    case "service rm":
    case "secret rm":
    case "config rm":
      return leftOut(CLEANS);
    default:
      return leftOut(AFTERWARDS);
  }
}

function ofKubectl(words: string[]): Meaning {
  const { name, rest } = wordsBehind(words, false);
  const [first = "", second = ""] = rest.filter((word) => !word.startsWith("-"));
  switch (name) {
    case "apply":
    case "create":
    case "replace": {
      const files = valuesOf(rest, "-f", "--filename");
      if (files.length)
        return {
          kind: "applies",
          files,
          services: [],
          how: () => say`the component \`WebApp\`, or the SDK's own classes, say the same`,
        };
      if (/^(?:namespaces?|ns)$/.test(first))
        return understood(
          say`the component \`Namespace\`${/^[\w-]+$/.test(second) ? `: new Namespace("${second}")` : ""}`,
        );
      if (name === "create")
        return understood(say`a ${first} of the SDK of Kubernetes, or \`WebApp\` for a deployment`);
      return leftOut(AFTERWARDS);
    }
    case "run":
      return understood(
        say`the component \`PodWithLifecycle\`, or better \`WebApp\`, which is started anew where it ends`,
      );
    case "scale":
    case "autoscale":
      return understood(say`set \`replicas\` of that WebApp`);
    case "set":
      return understood(say`set \`image\` of that WebApp: a change is rolled out`);
    case "expose":
      return understood(say`\`WebApp\` makes the Service: set its \`port\` and \`nodePort\``);
    case "rollout":
      return /^(?:undo|restart)$/.test(first)
        ? understood(say`set \`image\` of that WebApp back; a change is rolled out`)
        : leftOut(AFTERWARDS);
    case "delete":
    case "drain":
    case "cordon":
    case "uncordon":
    case "taint":
      return leftOut(CLEANS);
    case "exec":
    case "cp":
    case "port-forward":
    case "attach":
    case "proxy":
    case "edit":
    case "label":
    case "annotate":
    case "patch":
      return leftOut(AFTERWARDS);
    default:
      return leftOut(AFTERWARDS);
  }
}

const IMAGES: Record<string, string> = {
  push: say`the component \`PushedImage\`; \`berth up images\` does it, with the setting images:push`,
  tag: say`\`PushedImage\` and \`tags\` of a build name images; \`berth up images\` with images:push`,
  load: say`the component \`LoadedImages\`; \`berth up images\` does it, with the setting images:load`,
  save: say`the component \`ImageArchive\`; \`berth up images\` does it, with the setting images:save`,
  login: say`\`up\` takes what \`docker login\` has left, or images:username and images:password`,
};
const ONCE = say`is done once and by hand: an image that is built from a Dockerfile can be made again, this one cannot`;

const LINES: Record<string, (Meaning & { kind: "line" })["name"]> = {
  run: "run",
  create: "run",
  "container run": "run",
  "container create": "run",
  "network create": "network create",
  "network connect": "network connect",
  "volume create": "volume create",
};

/** Says what a command means, by its words. */
export function meaningOf(text: string, { program, first }: Called): Meaning {
  const all = roughWords(text, commandStart(text));
  const called = all.findIndex((word) => word === first && first !== "");
  // Inside of a loop or an assignment it stands behind other words.
  const words = called < 0 && first !== "" ? [first] : all.slice(called < 0 ? 1 : called);
  if (program === "kubectl") return ofKubectl(words);
  if (/-compose$/.test(program)) return ofCompose(words);
  if (program === "docker-machine")
    return leftOut(say`Docker Machine is gone; a stack takes the engine that the setting docker:host names`);
  const { name, rest } = wordsBehind(words, false);
  if (name.includes("/")) return leftOut(NAMED);
  if (name === "") return leftOut(AFTERWARDS);
  if (rest.includes("--help") || (rest.includes("-h") && rest.length === 1) || name === "help")
    return leftOut(AFTERWARDS);
  if (name === "compose") return ofCompose(rest);
  if (/^(?:service|stack|swarm|secret|config|node)$/.test(name)) return ofSwarm(name, rest);
  const group = /^(?:container|network|volume|image|builder|buildx)$/.test(name);
  const [second = ""] = group ? rest : [];
  const spelled = group ? `${name} ${second}` : name;
  if (Object.hasOwn(LINES, spelled)) return { kind: "line", name: LINES[spelled]! };
  const own = group ? second : name;
  if (own === "build" || spelled === "buildx b") return { kind: "build" };
  if (Object.hasOwn(IMAGES, own) && (!group || name === "image")) return understood(IMAGES[own]!);
  if (/^(?:commit|import|export)$/.test(own) && (!group || /^(?:image|container)$/.test(name))) return leftOut(ONCE);
  if (spelled === "network disconnect")
    return leftOut(say`a container leaves a network that its setup no longer names`);
  const notice = noticeOf("docker", words);
  if (notice) return leftOut(notice.text);
  return leftOut(
    knows("docker", name) || name.startsWith("-") || group ? AFTERWARDS : say`"${name}" is no command of docker`,
  );
}

/** What a `docker build` line says. */
export interface Build {
  tags: string[];
  /** As written; undefined where the line ends without one. */
  context?: string;
  dockerfile?: string;
  args: Record<string, string | null>;
  network?: string;
  target?: string;
  /** Flags that nothing here takes. */
  others: string[];
}

const BUILD_VALUES =
  /^(?:-t|--tag|-f|--file|--build-arg|--network|--target|--platform|--progress|--cache-from|--cache-to|-o|--output|--label|-m|--memory|--shm-size|--add-host|--secret|--ssh|--builder)$/;
const QUIET = /^(?:--load|--pull|--no-cache|--rm|--force-rm|-q|--quiet|--progress|--squash|--builder)/;

/** Takes a `docker build` line apart. */
export function readBuild(text: string): Build {
  const all = roughWords(text, commandStart(text)).map((word) => word.replace(/^(["'])([\s\S]*)\1$/, "$2"));
  const words = all.slice(all.indexOf("build") + 1);
  const build: Build = { tags: [], args: {}, others: [] };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]!;
    if (!word.startsWith("-") || word === "-") {
      build.context ??= word;
      continue;
    }
    let [, flag = word, value] = /^(--[\w-]+)=([\s\S]*)$/.exec(word) ?? [];
    const short = /^(-[tfmo])=?(.+)$/.exec(word);
    if (short && !word.startsWith("--")) [, flag, value] = short as unknown as [string, string, string];
    if (value === undefined && BUILD_VALUES.test(flag!)) {
      index += 1;
      value = words[index] ?? "";
    }
    if (/^(?:-t|--tag)$/.test(flag!)) build.tags.push(value!);
    else if (/^(?:-f|--file)$/.test(flag!)) build.dockerfile = value;
    else if (flag === "--build-arg") {
      const [name = "", given] = value!.split(/=(.*)/s);
      build.args[name] = given ?? null;
    } else if (flag === "--network") build.network = value;
    else if (flag === "--target") build.target = value;
    else if (!QUIET.test(flag!)) build.others.push(flag!);
  }
  return build;
}

/** The name of the file that a command is about, for what belongs together. */
export const fileOf = (path: string): string =>
  path
    .replace(/^["']|["']$/g, "")
    .split("/")
    .at(-1)!;
