import { readFileSync, writeFileSync } from "node:fs";
import { connectEngine } from "../../components/engines/docker/session";
import { BridgeNetwork, type BridgeNetworkArgs } from "../../components/services/bridgeNetwork";
import { Service } from "../../components/services/service";
import type { ServiceDescription } from "../../components/spec/types";
import { holdBackOnError } from "../../stacks/holdBack";
import { quickStacks } from "../../stacks/quickStacks";

/** What one program declares; a test writes it as cases.json into the stack's folder. */
export interface Cases {
  networks?: Record<string, BridgeNetworkArgs>;
  services: Record<string, Partial<ServiceDescription> & { removeData?: boolean; dependsOn?: string[] }>;
  /** Tries every network and service although earlier ones are refused, writes what they say to refusals.json, and fails. */
  collectRefusals?: boolean;
}

/** The Pulumi program of the tests that no stack covers. */
export async function run(): Promise<Record<string, unknown>> {
  quickStacks();
  const cases = JSON.parse(readFileSync("cases.json", "utf8")) as Cases;
  await connectEngine();
  return holdBackOnError(() => {
    const refusals: Record<string, Error> = {};
    const declare = (name: string, make: () => void) => {
      try {
        make();
      } catch (error) {
        if (!cases.collectRefusals) throw error;
        refusals[name] = error as Error;
      }
    };
    for (const [name, args] of Object.entries(cases.networks ?? {})) declare(name, () => new BridgeNetwork(name, args));
    const services: Record<string, Service> = {};
    for (const [name, { dependsOn = [], ...description }] of Object.entries(cases.services)) {
      declare(name, () => {
        services[name] = new Service(name, {
          image: "busybox",
          ...description,
          dependsOn: dependsOn.map((other) => services[other]!),
        });
      });
    }
    if (cases.collectRefusals) {
      writeFileSync(
        "refusals.json",
        JSON.stringify(Object.fromEntries(Object.entries(refusals).map(([name, { message }]) => [name, message]))),
      );
      throw Object.values(refusals)[0] ?? new Error("nothing was refused");
    }
    return {
      endpoints: Object.fromEntries(Object.entries(services).map(([name, service]) => [name, service.endpoints])),
    };
  });
}
