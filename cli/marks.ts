/** The key by which Pulumi marks a value that is none of JSON's own, and its value for a secret. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Whether a value in a state or a request is a secret. */
export const isSecret = (value: unknown): boolean =>
  value !== null && typeof value === "object" && (value as Record<string, unknown>)[SIGNATURE] === SECRET;

/** Stands in the place of a secret. */
export const HIDDEN = "[secret]";
