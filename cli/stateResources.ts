import { ENGINE_SETTINGS, type EngineSettings, engineAddress } from "../core/engines/dockerApi/connection/address";
import { EngineClient } from "../core/engines/dockerApi/connection/client";
import { say } from "../core/description/say";
import { runPulumi } from "./pulumi";

/** What a state keeps of a resource, as far as it is looked at here. */
export interface Resource {
  urn: string;
  type: string;
  /** A component has none of its own to be made or removed. */
  custom?: boolean;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  provider?: string;
  parent?: string;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[] | null>;
  deletedWith?: string;
  /** It has a successor already. */
  delete?: boolean;
  /** It was only read. */
  external?: boolean;
  protect?: boolean;
  retainOnDelete?: boolean;
  resourceHooks?: Record<string, unknown>;
  /** What went wrong while it was made. */
  initErrors?: string[];
}

export interface Deployment {
  resources?: Resource[];
  pending_operations?: { type: string; resource: Resource }[];
}

/** A state as the CLI keeps it in a file. */
export interface StateFile {
  version: number;
  checkpoint: { latest?: Deployment };
}

/** A state in the form in which the CLI exports it. */
export interface Exported {
  version: number;
  deployment: Deployment;
}

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
