import type { NetworkDescription, ServiceDescription } from "../../description/types";
import { COMPOSE_SERVICE } from "./compose";
import type { EngineEndpoint, InspectedContainer } from "./inspect";
import { say } from "../../description/say";

type Remark = (field: string, text: string) => void;

const DEFAULT = ["", "default", "bridge"];
const APART = /^(?:host|none|container:.*)$/;

export const nameOf = ({ Name }: { Name: string }): string => Name.replace(/^\//, "");

/** `container:<id>` with the name of that container. */
export function byName(mode: string, names: ReadonlyMap<string, string>): string {
  const [, id] = /^container:(.*)$/.exec(mode) ?? [];
  return id === undefined ? mode : `container:${names.get(id) ?? id}`;
}

/** The engine adds these names by itself; the service's key is one that every project gives. */
function aliasesOf({ Aliases }: EngineEndpoint, container: InspectedContainer, key: string): string[] | undefined {
  const { Id, Config } = container;
  const service = Config.Labels?.[COMPOSE_SERVICE];
  const automatic = [nameOf(container), Id.slice(0, 12), ...(service === key ? [service] : [])];
  const own = [...new Set(Aliases ?? [])].filter((alias) => !automatic.includes(alias));
  return own.length ? own : undefined;
}

function endpointOf(name: string, endpoint: EngineEndpoint, container: InspectedContainer, key: string) {
  const { IPv4Address, IPv6Address, LinkLocalIPs } = endpoint.IPAMConfig ?? {};
  const { DriverOpts, GwPriority } = endpoint;
  const network: NetworkDescription = {
    name,
    aliases: aliasesOf(endpoint, container, key),
    ipv4Address: IPv4Address || undefined,
    ipv6Address: IPv6Address || undefined,
    linkLocalIps: LinkLocalIPs?.length ? LinkLocalIPs : undefined,
    driverOpts: DriverOpts && Object.keys(DriverOpts).length ? DriverOpts : undefined,
    gwPriority: GwPriority || undefined,
  };
  return network;
}

/** `/db:/web/alias` as `docker run --link` has it. */
const linkOf = (link: string): string => {
  const [source = "", alias = ""] = link.split(":");
  const [name, as] = [source.replace(/^\//, ""), alias.replace(/^.*\//, "")];
  return as === "" || as === name ? name : `${name}:${as}`;
};

/** Where the container is on: the first network is the one that it was made on. */
export function networksOf(
  container: InspectedContainer,
  key: string,
  names: ReadonlyMap<string, string>,
  remark: Remark,
): Pick<ServiceDescription, "networks" | "networkMode" | "macAddress" | "links"> {
  const { HostConfig, Config, NetworkSettings } = container;
  const mode = HostConfig.NetworkMode ?? "";
  const joined = Object.entries(NetworkSettings?.Networks ?? {});
  const macAddress = Config.MacAddress || undefined;
  const links = [...(HostConfig.Links ?? []), ...joined.flatMap(([, { Links }]) => Links ?? [])].map(linkOf);
  const linked = { links: links.length ? [...new Set(links)] : undefined };
  if (APART.test(mode)) return { networkMode: byName(mode, names), macAddress, ...linked };
  const first = joined.find(([name, { NetworkID }]) => name === mode || (NetworkID && NetworkID === mode))?.[0] ?? mode;
  const others = joined.filter(([name]) => name !== first && !DEFAULT.includes(name));
  const entries = DEFAULT.includes(first)
    ? others
    : [[first, joined.find(([name]) => name === first)?.[1] ?? {}] as [string, EngineEndpoint], ...others];
  if (entries.length === 0) return { macAddress, ...linked };
  const onBridge = DEFAULT.includes(first) || joined.some(([name]) => name === "bridge");
  if (onBridge)
    remark("networks", say`is on the engine's default bridge too, which does not go together with networks: left out`);
  const networks = entries.map(([name, endpoint]) => endpointOf(name, endpoint, container, key));
  if (macAddress && !onBridge) networks[0]!.macAddress = macAddress;
  return { networks, ...linked };
}
