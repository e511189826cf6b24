import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../core/description/errors";

/** The message of the refusal that `run` ends with; its shape is checked: path, problem, remedy. */
export function refusal(run: () => unknown): string {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError);
    const { argument, problem, remedy, message } = error as ArgumentError;
    expect(message).toBe(`${argument}: ${problem}; ${remedy}.`);
    for (const part of [argument, problem, remedy]) expect(part.trim()).not.toBe("");
    return message;
  }
  throw new Error(`not refused: ${JSON.stringify(result)}`);
}

/** The sentence that a component ends with, which must come at once and without a stack dump. */
export function sentence(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const quiet = pulumi.RunError.isInstance(error) || (pulumi.ResourceError.isInstance(error) && error.hideStack);
    if (!quiet) throw error;
    const { message } = error as Error;
    expect(message).not.toContain("\n");
    expect(message.endsWith(".")).toBe(true);
    return message;
  }
  throw new Error("nothing was thrown");
}
