import { show } from "../../description/errors";
import type { NetworkDescription } from "../../description/types";
import { type Draft, type FlagEntry, lastOf, note, set, usesOf } from "./draft";
import { csvOf } from "./gpus";
import type { Use } from "./options";
import { say } from "../../description/say";

type FlagUse = Use<FlagEntry>;

const userDefined = (name: string) => !/^(default|bridge|host|none|container(:.*)?)$/s.test(name);

/** ParseMAC of Go takes three spellings; the description has one. */
function macAddress(text: string, use: FlagUse): string {
  const plain = text.trim().toLowerCase();
  const digits = plain.replace(/[:.-]/g, "");
  if (!/^([0-9a-f]{2}([:-])[0-9a-f]{2}(\2[0-9a-f]{2}){4}|[0-9a-f]{4}(\.[0-9a-f]{4}){2})$/.test(plain))
    throw use.fail(say`${show(text)} is not a MAC address`, say`write for example 02:42:ac:11:00:02`);
  return digits.match(/../g)!.join(":");
}

/** The network with the highest one has the default gateway. */
export function gatewayPriority(text: string, use: Pick<Use, "fail">): number {
  if (!/^[+-]?\d+$/.test(text)) throw use.fail(say`${show(text)} is not a priority`, say`write a whole number`);
  return Number(text);
}

/** Reads one `--network`: a name, or `name=app,alias=web,ip=172.20.0.5`. */
function attachment(use: FlagUse): NetworkDescription {
  if (!/\w+=\w+(,\w+=\w+)*/.test(use.value)) return { name: use.value };
  const network: NetworkDescription = { name: "" };
  for (const field of csvOf(use.value, use)) {
    // Docker lowers the case of the whole part.
    const equals = field.indexOf("=");
    const key = field.slice(0, Math.max(equals, 0)).toLowerCase().trim();
    const value = field
      .slice(equals + 1)
      .toLowerCase()
      .trim();
    if (key === "name") network.name = value;
    else if (key === "alias") network.aliases = [...(network.aliases ?? []), value];
    else if (key === "ip") network.ipv4Address = value;
    else if (key === "ip6") network.ipv6Address = value;
    else if (key === "mac-address") network.macAddress = macAddress(value, use);
    else if (key === "link-local-ip") network.linkLocalIps = [...(network.linkLocalIps ?? []), value];
    else if (key === "driver-opt") {
      const [, option, setting] = /^\s*([^=\s][^=]*?)\s*=\s*(.*)$/s.exec(value) ?? [];
      if (option === undefined || setting === undefined)
        throw use.fail(say`${show(value)} is not an option of a driver`, say`write driver-opt=name=value`);
      network.driverOpts = { ...network.driverOpts, [option]: setting };
    } else if (key === "gw-priority") network.gwPriority = gatewayPriority(value, use) || undefined;
    else
      throw use.fail(
        say`${show(field)} is not a part of a network`,
        say`use name, alias, ip, ip6, mac-address, link-local-ip, driver-opt or gw-priority`,
      );
  }
  if (network.name === "") throw use.fail(say`names no network`, say`add name=...`);
  return network;
}

/** What the flags for one network say belongs to the first one, unless that says it too. */
function applyFlags(draft: Draft, first: NetworkDescription): void {
  const aliases = usesOf(draft, "--network-alias");
  const linkLocal = usesOf(draft, "--link-local-ip");
  const clash = (use: FlagUse | undefined, inLong: unknown, what: string) => {
    if (use && inLong !== undefined) throw use.fail(say`--network gives ${what} too`, say`keep one of them`);
  };
  const [ip, ip6, mac] = ["--ip", "--ip6", "--mac-address"].map((name) => lastOf(draft, name));
  clash(aliases[0], first.aliases, "aliases");
  clash(ip, first.ipv4Address, say`an address`);
  clash(ip6, first.ipv6Address, say`an address`);
  clash(mac, first.macAddress, say`a MAC address`);
  clash(linkLocal[0], first.linkLocalIps, say`link-local addresses`);
  if (aliases.length) first.aliases = aliases.map(({ value }) => value);
  if (ip) first.ipv4Address = ip.value;
  if (ip6) first.ipv6Address = ip6.value;
  if (mac) first.macAddress = macAddress(mac.value, mac);
  if (linkLocal.length) first.linkLocalIps = linkLocal.map(({ value }) => value);
}

/** Takes over everything that concerns networks, with the conflicts that Docker refuses. */
export function finishNetworks(draft: Draft): void {
  const uses = usesOf(draft, "--network");
  const networks = uses.map(attachment);
  for (const [index, { name }] of networks.entries()) {
    const use = uses[index]!;
    if (name.trim() === "") throw use.fail(say`names no network`, say`name one, or remove the flag`);
    if (draft.command.program === "podman" && /^(slirp4netns|pasta|private|ns)(:|$)/.test(name))
      throw use.fail(say`${show(name)} is a mode of podman alone`, say`name a network, or remove the flag`);
    if (networks.findIndex((other) => other.name === name) !== index)
      throw use.fail(say`${name} is joined twice`, say`name each network once`);
    if (index > 0 && (!userDefined(name) || !userDefined(networks[0]!.name)))
      throw use.fail(
        say`${[networks[0]!.name, name].find((each) => !userDefined(each))} cannot be combined with another network`,
        say`keep one of them`,
      );
  }
  const first = networks[0] ?? { name: "default" };
  applyFlags(draft, first);
  const [use] = uses;

  if (!userDefined(first.name)) {
    for (const [flag, value, what] of [
      ["--network-alias", first.aliases, "aliases"],
      ["--ip", first.ipv4Address, say`an address of one's own`],
      ["--ip6", first.ipv6Address, say`an address of one's own`],
      ["--link-local-ip", first.linkLocalIps, say`link-local addresses`],
    ] as const) {
      if (value === undefined) continue;
      throw (usesOf(draft, flag).at(-1) ?? use!).fail(
        what.startsWith("an ")
          ? say`${what} exists only on user-defined networks`
          : say`${what} exist only on user-defined networks`,
        say`add --network with the name of one`,
      );
    }
    const mac = lastOf(draft, "--mac-address") ?? use;
    if (first.macAddress) set(draft, "macAddress", first.macAddress, mac!);
    if (use && first.name !== "default") set(draft, "networkMode", first.name, use);
    refuseShared(draft, first.name);
    return;
  }
  draft.service.networks = networks.map((network) => {
    const plain = Object.values(network).every((value, index) => index === 0 || value === undefined);
    return plain ? network.name : network;
  });
  for (const [index, each] of uses.entries()) draft.sources.set(`networks[${index}]`, each);
  for (const [flag, key] of [
    ["--network-alias", "aliases"],
    ["--ip", "ipv4Address"],
    ["--ip6", "ipv6Address"],
    ["--link-local-ip", "linkLocalIps"],
    ["--mac-address", "macAddress"],
  ] as const) {
    const last = usesOf(draft, flag).at(-1);
    if (last) draft.sources.set(`networks[0].${key}`, last);
  }
}

/** With the network of the host or of another container some flags have no meaning, and others are refused. */
function refuseShared(draft: Draft, mode: string): void {
  const shared = mode.startsWith("container");
  if (!shared && mode !== "host" && mode !== "none") return;
  for (const flag of ["--publish", "--publish-all"] as const) {
    const use = usesOf(draft, flag).find(({ value }) => value !== "false");
    if (!use) continue;
    if (shared)
      throw use.fail(
        say`ports cannot be published with --network ${mode}`,
        say`publish them on the container whose network is shared`,
      );
    delete draft.service[flag === "--publish" ? "ports" : "publishAll"];
    note(
      draft,
      use,
      mode === "host"
        ? say`docker discards published ports on the host's network, where the service listens on the host's ports itself`
        : say`docker discards published ports without a network`,
      "warning",
    );
  }
  const link = usesOf(draft, "--link")[0];
  if (link && mode !== "none") throw link.fail(say`cannot be combined with --network ${mode}`, say`remove one of them`);
  const expose = usesOf(draft, "--expose")[0];
  if (expose && shared)
    throw expose.fail(
      say`cannot be combined with --network ${mode}`,
      say`expose it on the container whose network is shared`,
    );
}
