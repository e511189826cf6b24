import * as pulumi from "@pulumi/pulumi";
import { isLate, lift } from "./outputs";
import { ArgumentError } from "../description/errors";
import type { Report } from "./componentErrors";
import { say } from "../description/say";

/**
 * A secret that a typed service takes, made into what the container gets of it. A plain value is checked at once, so
 * that nothing has been made when it is wrong.
 */
export function secretText(
  value: pulumi.Input<string> | undefined,
  argument: string,
  report: Report,
  make: (plain: string) => string = (plain) => plain,
): pulumi.Output<string> {
  const how = say`give a secret, for example config.requireSecret(...)`;
  if (value === undefined || value === null) throw new ArgumentError(argument, say`is missing`, how);
  const check = (plain: unknown) => {
    if (typeof plain !== "string" || plain === "") throw new ArgumentError(argument, say`is empty, or no text`, how);
    if (plain.includes("\0")) throw new ArgumentError(argument, say`holds a NUL character`, say`remove it`);
    return make(plain);
  };
  if (!isLate(value)) return pulumi.secret(check(value));
  return pulumi.secret(lift(value, (plain) => report(() => check(plain))) as pulumi.Input<string>);
}
