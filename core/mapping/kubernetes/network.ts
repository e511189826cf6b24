import type { HostAlias, PodDNSConfig, PodSpec } from "kubernetes-types/core/v1";
import { ArgumentError, show } from "../../description/errors";
import { say } from "../../description/say";
import type { ServiceSpec } from "../../description/service";
import type { NetworkDescription } from "../../description/types";
import { labelName, serviceName, subdomainName } from "./checks";
import { compactOrNothing } from "./values";

/** Most nameservers that Kubernetes takes for a pod. */
const NAMESERVERS = 3;

function hostAliases(extraHosts: ServiceSpec["extraHosts"]): HostAlias[] {
  const byAddress = new Map<string, string[]>();
  for (const { host, ip } of extraHosts ?? []) {
    const at = `extraHosts.${host}`;
    if (ip === "host-gateway")
      throw new ArgumentError(at, say`host-gateway is no one address in a cluster`, say`give the address itself`);
    byAddress.set(ip, [...(byAddress.get(ip) ?? []), subdomainName(host, at)]);
  }
  return [...byAddress].map(([ip, hostnames]) => ({ ip, hostnames }));
}

function dnsConfig({ dns, dnsOpt, dnsSearch, networks }: ServiceSpec): PodDNSConfig | undefined {
  if (dns && networks?.length)
    throw new ArgumentError(
      "dns",
      say`the names of other services come from the cluster's DNS, which cannot be asked beside these`,
      say`remove it and set them in the cluster's DNS, or remove networks`,
    );
  if (dns && dns.length > NAMESERVERS)
    throw new ArgumentError(
      "dns",
      say`${dns.length} nameservers are more than Kubernetes takes`,
      say`name ${NAMESERVERS}`,
    );
  if (dnsSearch?.includes("."))
    throw new ArgumentError("dnsSearch", say`"." cannot take the cluster's own domains away`, say`remove it`);
  return compactOrNothing<PodDNSConfig>({
    nameservers: dns,
    searches: dnsSearch?.map((domain, index) => subdomainName(domain, `dnsSearch[${index}]`)),
    options: dnsOpt?.map((option) => {
      const [name, value] = option.split(/:(.*)/s);
      return value === undefined ? { name } : { name, value };
    }),
  });
}

function refuseShared(mode: string | undefined, field: "networkMode" | "ipc" | "pid"): void {
  if (mode?.startsWith("container:"))
    throw new ArgumentError(field, say`only containers of one pod share it, and each service is a pod`, say`remove it`);
}

/** Names, addresses and what the pod shares with its node. */
export function podNetwork(spec: ServiceSpec): Partial<PodSpec> {
  const { networkMode, hostname, pid, ipc, cgroup, usernsMode, dns } = spec;
  for (const field of ["networkMode", "ipc", "pid"] as const) refuseShared(spec[field], field);
  if (networkMode === "none")
    throw new ArgumentError(
      "networkMode",
      say`every pod has a network`,
      say`remove it, and forbid traffic with a NetworkPolicy of your own`,
    );
  if (ipc === "none" || ipc === "shareable")
    throw new ArgumentError("ipc", say`${ipc} has no counterpart in Kubernetes`, say`use "private" or "host"`);
  if (cgroup === "host")
    throw new ArgumentError("cgroup", say`the nodes' container runtime decides about it`, say`remove it`);
  const host = networkMode === "host";
  if (host && hostname !== undefined)
    throw new ArgumentError("hostname", say`a pod on the node's network has the node's name`, say`remove it`);
  return {
    hostname: hostname === undefined ? undefined : labelName(hostname, "hostname"),
    hostNetwork: host || undefined,
    hostPID: pid === "host" || undefined,
    hostIPC: ipc === "host" || undefined,
    hostUsers: usernsMode === "host" || undefined,
    hostAliases: hostAliases(spec.extraHosts),
    dnsPolicy: dns ? "None" : host ? "ClusterFirstWithHostNet" : undefined,
    dnsConfig: dnsConfig(spec),
  };
}

const REFUSED: Partial<Record<keyof NetworkDescription, string>> = {
  ipv4Address: say`the cluster gives each pod its address`,
  ipv6Address: say`the cluster gives each pod its address`,
  linkLocalIps: say`the cluster gives each pod its address`,
  macAddress: say`the cluster gives each pod its address`,
  driverOpts: say`the cluster has one network for all pods`,
  gwPriority: say`the cluster has one network for all pods`,
};

/**
 * Further names of the service on its networks. Belonging to a network needs nothing: the pods of a cluster reach
 * each other.
 */
export function aliasesOf({ networks }: ServiceSpec, name: string): string[] {
  const aliases = new Set<string>();
  for (const [index, network] of (networks ?? []).entries()) {
    const at = `networks[${index}]`;
    for (const [field, reason] of Object.entries(REFUSED))
      if (network[field as keyof NetworkDescription] !== undefined)
        throw new ArgumentError(`${at}.${field}`, reason, say`remove it`);
    for (const [position, alias] of (network.aliases ?? []).entries()) {
      const place = `${at}.aliases[${position}]`;
      if (alias.includes("."))
        throw new ArgumentError(
          place,
          say`${show(alias)} has a domain, and names of Services have none`,
          say`remove it`,
        );
      aliases.add(serviceName(alias, place));
    }
  }
  aliases.delete(name);
  return [...aliases];
}
