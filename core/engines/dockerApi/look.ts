import { ArgumentError } from "../../description/errors";
import type { EngineAddress } from "./connection/address";
import { checkBesides, EngineClient } from "./connection/client";
import { type EngineSnapshot, takeSnapshot } from "./snapshot";

/** Why there is no answer. */
interface NoAnswer {
  error: string;
  ofSettings: boolean;
}

/** What an engine has, with the connection that it was asked over, or why there is no answer. */
export type Visit = { client: EngineClient; snapshot: EngineSnapshot; error?: undefined } | NoAnswer;

/** The same without the connection, as plain data. */
export type Look = { snapshot: EngineSnapshot; error?: undefined } | NoAnswer;

/**
 * Asks an engine what it has, and keeps the connection.
 *
 * @param closer names of containers that may be taken over
 */
export async function visit(address: EngineAddress, closer: string[] = []): Promise<Visit> {
  let client: EngineClient | undefined;
  try {
    await checkBesides(address);
    client = new EngineClient(address);
    return { client, snapshot: await takeSnapshot(client, closer) };
  } catch (error) {
    client?.close();
    return { error: (error as Error).message, ofSettings: error instanceof ArgumentError };
  }
}

/** Looks at an engine once. */
export async function look(address: EngineAddress, closer: string[] = []): Promise<Look> {
  const found = await visit(address, closer);
  if (found.error !== undefined) return found;
  found.client.close();
  return { snapshot: found.snapshot };
}
