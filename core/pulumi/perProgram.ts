import * as pulumi from "@pulumi/pulumi";
import { endWithCli } from "./endWithCli";

type Provider = pulumi.ProviderResource | undefined;

/** By the address of the engine that runs them. */
const running = new Map<string, object>();

/** Stands for the running program. A plugin has another connection to the same engine for every component it makes. */
function programKey(): object {
  const monitor = pulumi.runtime.getMonitor() as unknown as
    | (object & { getChannel?(): { getTarget(): string } })
    | undefined;
  const address = monitor?.getChannel?.().getTarget();
  if (address === undefined) return monitor ?? globalThis;
  if (!running.has(address)) running.set(address, {});
  return running.get(address)!;
}

/** One value for each provider of the running program; under mocks every `setMocks` begins a new program. */
export function perProvider<T>(make: (provider: Provider) => T): (provider?: Provider) => T {
  const programs = new WeakMap<object, Map<Provider, T>>();
  return (provider) => {
    const monitor = programKey();
    if (!programs.has(monitor) && hasPulumiEngine()) endWithCli();
    const values = programs.get(monitor) ?? new Map<Provider, T>();
    programs.set(monitor, values);
    if (!values.has(provider)) values.set(provider, make(provider));
    return values.get(provider)!;
  };
}

/**
 * The provider of one kind among a component's options, or that of its parent.
 *
 * @param type a resource that such a provider makes
 */
export function providerAmong(
  opts: pulumi.ComponentResourceOptions,
  isIt: (provider?: unknown) => boolean,
  type: string,
): Provider {
  const providers = Array.isArray(opts.providers) ? opts.providers : Object.values(opts.providers ?? {});
  return [opts.provider, ...providers].find(isIt) ?? opts.parent?.getProvider(type);
}

/** Whether a real Pulumi engine listens. Mocks and plans know no hooks, and nothing is asked of engines for them. */
export const hasPulumiEngine = (): boolean =>
  Boolean(
    (pulumi.runtime.getMonitor() as unknown as { registerResourceHook?: unknown } | undefined)?.registerResourceHook,
  );
