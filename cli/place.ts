import type * as pulumi from "@pulumi/pulumi";
import type { EngineClient } from "../core/engines/dockerApi/connection/client";
import type { EngineName } from "../core/engines/engineName";
import type { Declared, ServiceStatus } from "../core/engines/status";

/** An engine, with the services of a stack that are declared there. */
export interface Place {
  engine: EngineName;
  declared: Declared[];
  /** Of a Docker engine, or of a manager of a Swarm. */
  client?: EngineClient;
  /** Where node ports are, on a cluster. */
  nodeAddress?: string;
  /** The services there, declared ones first. */
  look(): Promise<ServiceStatus[]>;
  close(): void;
}

/** What a program declares on one engine: that of the stack's settings, or of a provider of its own. */
export interface Group {
  engine: EngineName;
  provider?: pulumi.ProviderResource;
  declared: Declared[];
}
