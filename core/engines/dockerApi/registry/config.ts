import ipaddr from "ipaddr.js";

/** What an engine says of registries, in `docker info`. */
export interface RegistryConfig {
  Mirrors?: string[] | null;
  IndexConfigs?: Record<string, { Secure?: boolean }>;
  InsecureRegistryCIDRs?: string[] | null;
}

/** Whether an engine takes a registry without TLS: it is among its `insecure-registries`. */
export function isListed(host: string, config: RegistryConfig | undefined): boolean {
  if (config?.IndexConfigs?.[host]?.Secure === false) return true;
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (!ipaddr.isValid(name)) return false;
  const address = ipaddr.parse(name);
  return (config?.InsecureRegistryCIDRs ?? []).some((text) => {
    const subnet = ipaddr.parseCIDR(text);
    return subnet[0].kind() === address.kind() && address.match(subnet);
  });
}
