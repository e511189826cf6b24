import { ArgumentError } from "../../description/errors";
import { say } from "../../description/say";
import type { LateSpec, ServiceSpec } from "../../description/service";

/** How to deal with values that arrive late. What has none of them, such as an export, does without Pulumi. */
export interface LateValues {
  /** Whether a value holds one that arrives late anywhere. */
  isLate(value: unknown): boolean;
  /** Applies a function now, or when the value arrives; the result then is late as well, and manifests take both. */
  lift<T, R>(value: T, apply: (plain: T) => R): R;
  /** Whether a variable is read from a Secret. @default `isKeptSecret`, by which all that runs goes */
  isSecret?(name: string, value: string, marked: ReadonlySet<string>): boolean;
}

/** Where every value is there already. */
export const PLAIN: LateValues = { isLate: () => false, lift: (value, apply) => apply(value) };

/** No part of an object depends on what these hold. */
const MAY_BE_LATE: readonly (keyof ServiceSpec)[] = ["image", "command", "entrypoint", "labels", "annotations"];
/** Of these the entries have to be known; their values may be late. */
const VALUES_MAY_BE_LATE: readonly (keyof ServiceSpec)[] = ["environment", "secrets", "configs"];

const isPlainObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Whether of a record, or of a list of files, only the values are late. */
function hasPlainKeys(value: unknown, { isLate }: LateValues): boolean {
  if (!Array.isArray(value)) return isPlainObject(value);
  return value.every((file) => isPlainObject(file) && !isLate({ ...file, content: undefined }));
}

/**
 * The description, in which only values are late on which no structure depends.
 *
 * @throws ArgumentError for a field that has to be known
 */
export function withKnownStructure(spec: LateSpec, late: LateValues): ServiceSpec {
  for (const [field, value] of Object.entries(spec) as [keyof ServiceSpec, unknown][]) {
    if (!late.isLate(value) || MAY_BE_LATE.includes(field)) continue;
    if (!VALUES_MAY_BE_LATE.includes(field))
      throw new ArgumentError(field, say`is not known yet`, say`give a plain value`);
    if (hasPlainKeys(value, late)) continue;
    throw new ArgumentError(
      field,
      say`is not known yet`,
      field === "environment"
        ? say`give a map in which only values may be Outputs`
        : say`give a list in which only content may be Outputs`,
    );
  }
  return spec as ServiceSpec;
}
