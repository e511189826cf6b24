import { ArgumentError } from "../../description/errors";
import type { EngineAddress } from "./connection/address";
import { checkBesides, EngineClient } from "./connection/client";
import { type EngineSnapshot, takeSnapshot } from "./snapshot";

/** What a look at an engine brings: what it has, or why there is no answer. */
export type Look = { snapshot: EngineSnapshot; error?: undefined } | { error: string; ofSettings: boolean };

/** Looks at an engine once. */
export async function look(address: EngineAddress): Promise<Look> {
  let client: EngineClient | undefined;
  try {
    await checkBesides(address);
    client = new EngineClient(address);
    return { snapshot: await takeSnapshot(client) };
  } catch (error) {
    return { error: (error as Error).message, ofSettings: error instanceof ArgumentError };
  } finally {
    client?.close();
  }
}
