import { ENGINE_SETTINGS, type EngineSettings, engineAddress } from "../core/engines/dockerApi/connection/address";
import { EngineClient } from "../core/engines/dockerApi/connection/client";
import { say } from "../core/description/say";
import { runPulumi } from "./pulumi";
import type { Exported, Resource } from "./state";

/** Has the CLI take a state for the stack's. Returns its exit code. */
export const importState = (folder: string, stack: string, state: Exported): Promise<number> =>
  runPulumi(folder, ["stack", "import", "--stack", stack], { quiet: true, input: JSON.stringify(state) });

/** Connections to the engines that a state speaks of. */
export class Engines {
  private readonly clients = new Map<string | undefined, EngineClient>();

  constructor(private readonly resources: Resource[]) {}

  /**
   * The engine of a provider: as it is set there, else as the environment says.
   *
   * @throws Error where the state keeps that as a secret
   */
  of(provider: string | undefined): EngineClient {
    const known = this.clients.get(provider);
    if (known) return known;
    const inputs = this.resources.find(({ urn }) => provider?.startsWith(`${urn}::`))?.inputs ?? {};
    const settings: EngineSettings = {};
    for (const key of ENGINE_SETTINGS) {
      const value = inputs[key];
      if (value !== undefined && typeof value !== "string")
        throw new Error(say`its engine is a secret of the state; \`berth up\` finds it`);
      settings[key] = value;
    }
    const client = new EngineClient(engineAddress(settings, process.env));
    this.clients.set(provider, client);
    return client;
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }
}
