import { say } from "../../../description/say";
import { isLate, isOnItsWay, lift } from "../../../pulumi/outputs";
import { ArgumentError, show } from "../../../description/errors";
import type * as pulumi from "@pulumi/pulumi";

/** Checks a value now, or when it arrives, and hands it on; a refusal names the component either way. */
export type WhenKnown = <T>(value: T, check: (plain: pulumi.Unwrap<T>) => void) => T;

export const whenKnown =
  (report: <R>(run: () => R) => R): WhenKnown =>
  (value, check) =>
    lift(value, (plain) =>
      report(() => {
        check(plain);
        return plain;
      }),
    ) as typeof value;

/** A value on which the structure of an object depends; it cannot arrive late. */
export function plain<T>(value: T, argument: string): T {
  if (isLate(value)) throw new ArgumentError(argument, say`is not known yet`, say`give a plain value`);
  return value;
}

/** A map of a program in JavaScript can be anything. */
export function objectOf<T extends object>(value: T, argument: string, what: string): T {
  if (isOnItsWay(value)) plain(value, argument);
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new ArgumentError(argument, say`${show(value)} is not ${what}`, say`give an object with its fields`);
  return value;
}

/** A list whose length is known; its items may hold late values. */
export function listOf<T>(value: T[], argument: string): T[] {
  if (isOnItsWay(value)) plain(value, argument);
  if (!Array.isArray(value)) throw new ArgumentError(argument, say`${show(value)} is not a list`, say`give a list`);
  return value;
}
