import type { Volume } from "kubernetes-types/core/v1";
import { say } from "../../../description/say";
import { labelName } from "../../../mapping/kubernetes/checks";
import { ArgumentError, show } from "../../../description/errors";
import { parseInteger } from "../../../description/quantities";
import type { Inputs } from "../../../description/types";
import { listOf, objectOf, plain } from "./values";
import type { ContainerDescription } from "./types";

/** What Kubernetes grants a pod between the first signal and the last. */
const STANDARD_GRACE = 30;

/** Names of a pod's volumes; each is declared once. */
export function volumeNames(given: Inputs<Volume>[] = []): Set<string> {
  const names = new Set<string>();
  for (const [index, item] of listOf(given, "volumes").entries()) {
    const { name } = objectOf(item as { name?: string }, `volumes[${index}]`, "a volume");
    if (name === undefined)
      throw new ArgumentError(
        `volumes[${index}].name`,
        say`is missing`,
        say`name each volume, so that it can be mounted`,
      );
    labelName(plain(name, `volumes[${index}].name`), `volumes[${index}].name`);
    if (names.has(name))
      throw new ArgumentError(`volumes[${index}].name`, say`${name} is declared twice`, say`declare each volume once`);
    names.add(name);
  }
  return names;
}

/** Seconds to end in; sleeping before the end takes place in them. */
export function gracePeriod(given: number | undefined, preStop: ContainerDescription["preStop"]): number | undefined {
  const argument = "terminationGracePeriodSeconds";
  plain(given, argument);
  if (given !== undefined && typeof given !== "number")
    throw new ArgumentError(argument, say`${show(given)} is not a number`, say`give a number of seconds`);
  const grace = given === undefined ? undefined : parseInteger(given, argument, 0, 2 ** 31 - 1);
  const sleep = preStop ? preStop.sleep : undefined;
  const seconds = typeof sleep === "object" ? sleep.seconds : (sleep ?? 0);
  if (seconds > 0 && seconds >= (grace ?? STANDARD_GRACE))
    throw new ArgumentError(
      "preStop.sleep",
      say`${seconds} s leave nothing of the ${grace ?? STANDARD_GRACE} s in which the pod has to end`,
      say`shorten it, or raise ${argument}`,
    );
  return grace;
}
