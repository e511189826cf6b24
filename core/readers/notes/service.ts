import type { SwarmOptions } from "../../description/swarmOptions";
import { commandStart } from "../dockerRun/command";
import { roughWords } from "../dockerRun/shell";

/** A `docker service create` line as a line of `docker run`, and what only a Swarm knows. */
export interface ServiceLine {
  line: string;
  replicas?: number;
  swarm: SwarmOptions;
  /** The first flag that is not taken over. */
  unknown?: string;
}

/** Flags that `docker run` has under another name. */
const RENAMED: Record<string, string> = {
  "--container-label": "--label",
  "--limit-memory": "--memory",
  "--limit-cpu": "--cpus",
  "--reserve-memory": "--memory-reservation",
  "--host": "--add-host",
};
const SAME =
  /^(?:-p|--publish|-e|--env|--env-file|--name|--mount|--network|--hostname|-u|--user|-w|--workdir|--dns|--dns-search|--dns-option|--stop-signal|--cap-add|--cap-drop|--health-[\w-]+|--entrypoint|--ulimit|--sysctl|--log-driver|--log-opt)$/;
const SWITCH = /^(?:-t|--tty|--read-only|--init|--no-healthcheck)$/;
const CLIENT = /^(?:-d|--detach(?:=.*)?|-q|--quiet|--with-registry-auth|--no-resolve-image)$/;

/** Takes a `docker service create` line apart. */
export function readServiceLine(text: string): ServiceLine {
  const words = roughWords(text, commandStart(text));
  const kept: string[] = [];
  const result: ServiceLine = { line: "", swarm: {} };
  let index = words.indexOf("create") + 1;
  for (; index < words.length && words[index]!.startsWith("-"); index += 1) {
    const word = words[index]!;
    if (CLIENT.test(word)) continue;
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const flag = equals < 0 ? word : word.slice(0, equals);
    if (SWITCH.test(word)) {
      kept.push(word);
      continue;
    }
    const joined = /^-[peuw]./.test(word) && !word.startsWith("--");
    const behind = !joined && equals < 0;
    if (behind) index += 1;
    const value = joined ? "" : behind ? (words[index] ?? "") : word.slice(equals + 1);
    const plain = value.replace(/^(["'])([\s\S]*)\1$/, "$2");
    if (joined) kept.push(word);
    else if (flag === "--replicas") result.replicas = Number(plain);
    else if (flag === "--mode" && plain === "global") result.swarm.global = true;
    else if (flag === "--mode" && plain === "replicated") continue;
    else if (flag === "--label") result.swarm.labels = { ...result.swarm.labels, ...labelOf(plain) };
    else if (flag === "--constraint")
      result.swarm.placement = { constraints: [...(result.swarm.placement?.constraints ?? []), plain] };
    else if (SAME.test(flag)) kept.push(flag, value);
    else if (Object.hasOwn(RENAMED, flag)) kept.push(RENAMED[flag]!, value);
    else result.unknown ??= flag;
  }
  result.line = ["docker run -d", ...kept, ...words.slice(index)].join(" ");
  return result;
}

function labelOf(text: string): Record<string, string> {
  const [name = "", value = ""] = text.split(/=(.*)/s);
  return { [name]: value };
}
