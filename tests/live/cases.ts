import { readFileSync, writeFileSync } from "node:fs";
import { connectEngine } from "../../core/engines/dockerApi/session";
import { chosenEngine } from "../../core/engines/engine";
import { connectCluster } from "../../core/engines/kubernetes/session";
import { BridgeNetwork, type BridgeNetworkArgs } from "../../components/bridgeNetwork";
import { JupyterHub, type JupyterHubArgs } from "../../components/jupyterHub";
import { JupyterServer, type JupyterServerArgs } from "../../components/jupyterServer";
import { Service } from "../../components/service";
import { SshGpuContainer, type SshGpuContainerArgs } from "../../components/sshGpuContainer";
import type { ServiceDescription } from "../../core/description/types";
import { allOrNothing } from "../../core/pulumi/allOrNothing";
import { shortenStackTraces } from "../../core/pulumi/patches/shortStackTraces";

/** What one program declares; a test writes it as cases.json into the stack's folder. */
export interface Cases {
  networks?: Record<string, BridgeNetworkArgs>;
  services: Record<string, Partial<ServiceDescription> & { removeData?: boolean; dependsOn?: string[] }>;
  sshGpuContainers?: Record<string, SshGpuContainerArgs>;
  jupyterServers?: Record<string, JupyterServerArgs>;
  jupyterHubs?: Record<string, JupyterHubArgs>;
  /** Tries every network and service although earlier ones are refused, writes what they say to refusals.json, and fails. */
  collectRefusals?: boolean;
}

const INTERACTIVE = {
  sshGpuContainers: (name: string, args: SshGpuContainerArgs) => new SshGpuContainer(name, args),
  jupyterServers: (name: string, args: JupyterServerArgs) => new JupyterServer(name, args),
  jupyterHubs: (name: string, args: JupyterHubArgs) => new JupyterHub(name, args),
};

/** The Pulumi program of the tests that no stack covers. */
export async function run(): Promise<Record<string, unknown>> {
  shortenStackTraces();
  const cases = JSON.parse(readFileSync("cases.json", "utf8")) as Cases;
  await (chosenEngine() === "kubernetes" ? connectCluster() : connectEngine());
  return allOrNothing(() => {
    const refusals: Record<string, Error> = {};
    const declare = (name: string, make: () => void) => {
      try {
        // What is said at the end of a program is said at the end of this one.
        allOrNothing(make);
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
    for (const [kind, make] of Object.entries(INTERACTIVE))
      for (const [name, args] of Object.entries(cases[kind as keyof typeof INTERACTIVE] ?? {}))
        declare(name, () => {
          services[name] = make(name, args as never);
        });
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
