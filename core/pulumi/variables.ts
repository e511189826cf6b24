import * as pulumi from "@pulumi/pulumi";
import { isLate, isOnItsWay } from "./outputs";
import type { ServiceArgs } from "../description/types";
import { splitVariable } from "../description/environment";

/** A typed service's own variables, with those of `service.environment` over them in whichever form they are given. */
export function withVariables(
  own: Record<string, pulumi.Input<string>>,
  given: ServiceArgs["environment"],
): ServiceArgs["environment"] {
  if (given === undefined) return own;
  const merge = (others: object | string[]) => ({
    ...own,
    ...(Array.isArray(others) ? Object.fromEntries(others.map(splitVariable)) : others),
  });
  // A map may hold Outputs one by one: then its other values stay readable.
  const whole = isOnItsWay(given) || (Array.isArray(given) && isLate(given));
  return (
    whole ? pulumi.output(given as pulumi.Input<string[]>).apply(merge) : merge(given as object)
  ) as ServiceArgs["environment"];
}
