import { parseDockerRun } from "../../core/readers/dockerRun";
import { describeIf } from "../skips";
import { CONTAINER } from "../unit/mocks";
import { askedByRun } from "./berth";
import { type Difference, differences } from "./compare";
import { folderOfLines } from "./docker";
import { ENVIRONMENT, LINES } from "./lines";
import { compactRequest, pruned } from "./normal";
import { pluginKnows } from "../plugin";
import { applied, missingPlugin, type PluginResource } from "./plugin";
import { createRequest, networkRequest, volumeRequest } from "./provider";
import type { ContainerRequest, Json, NamedRequest } from "./recorder";

/** What no line says, but a compose file can. */
const FURTHER: Record<string, PluginResource> = {
  uploads: {
    kind: "Container",
    args: {
      image: "busybox",
      name: "uploads",
      uploads: [
        { file: "/etc/one", content: "text\n", permissions: "0440" },
        { file: "/etc/two", contentBase64: "Ynl0ZXM=", executable: true },
        { file: "/etc/three", content: "plain" },
      ],
    },
  },
  endpoint: {
    kind: "Container",
    args: {
      image: "busybox",
      name: "endpoint",
      networksAdvanced: [{ name: "mynet", aliases: ["b", "a"], driverOpts: ["a=b=c"], gwPriority: 7 }],
    },
  },
  subpath: {
    kind: "Container",
    args: {
      image: "busybox",
      name: "subpath",
      mounts: [
        {
          type: "volume",
          target: "/data",
          source: "data",
          volumeOptions: {
            subpath: "sub",
            labels: [{ label: "a", value: "b" }],
            driverName: "local",
            driverOptions: { type: "nfs" },
          },
        },
      ],
    },
  },
  unconfined: {
    kind: "Container",
    args: { image: "busybox", name: "unconfined", securityOpts: ["systempaths=unconfined", "label=disable"] },
  },
  gpu: {
    kind: "Container",
    args: { image: "busybox", name: "gpu", deviceRequests: [{ driver: "", count: -1, capabilities: ["gpu"] }] },
  },
  plainNetwork: { kind: "Network", args: { name: "plain-network" } },
  network: {
    kind: "Network",
    args: {
      name: "network",
      driver: "bridge",
      internal: true,
      attachable: true,
      ipv6: true,
      options: { "com.docker.network.driver.mtu": "1400" },
      ipamDriver: "default",
      ipamOptions: { a: "b" },
      ipamConfigs: [
        { subnet: "10.1.0.0/16", gateway: "10.1.0.1", ipRange: "10.1.5.0/24", auxAddress: { other: "10.1.0.9" } },
        { subnet: "2001:db8::/64" },
      ],
      labels: [{ label: "a", value: "b" }],
    },
  },
  plainVolume: { kind: "Volume", args: { name: "plain-volume" } },
  volume: {
    kind: "Volume",
    args: { name: "volume", driver: "local", driverOpts: { type: "nfs" }, labels: [{ label: "a", value: "b" }] },
  },
};

/** Names are made unique, since lines share them. */
async function resourcesOfLines(): Promise<Record<string, PluginResource>> {
  const { folder, remove } = folderOfLines();
  const unknown = ["deviceCgroupRules"].filter((argument) => !pluginKnows(argument));
  const resources: Record<string, PluginResource> = {};
  for (const [index, { line, refused }] of LINES.entries()) {
    if (refused !== undefined) continue;
    const run = parseDockerRun(line, { environment: ENVIRONMENT, folder, home: ENVIRONMENT.HOME! });
    delete run.service.envFile;
    const { resources: made } = await askedByRun({ ...run, name: `line-${index}`, volumes: {} });
    const { inputs } = made.find(({ type }) => type === CONTAINER)!;
    if (unknown.some((argument) => inputs[argument] !== undefined)) continue;
    resources[`line-${index}`] = { kind: "Container", args: { ...inputs, name: `line-${index}` } };
  }
  remove();
  return resources;
}

/** In which order it joins several networks makes no difference. */
const shape = (request: ContainerRequest): Json =>
  pruned({
    ...compactRequest(request),
    networks: request.networks.map((one) => JSON.stringify(pruned(one))).sort(),
    files: Object.fromEntries(request.files.map(({ path, ...file }) => [path, file])),
  }) as Json;
/** Each subnet is of its own family. */
const shapeOf = ({ name, body }: NamedRequest): Json => {
  const { Config, ...ipam } = (body.IPAM ?? {}) as { Config?: unknown[] };
  const config = (Config ?? []).map((one) => JSON.stringify(pruned(one))).sort();
  return pruned({ name, body: { ...body, IPAM: { ...ipam, Config: config } } }) as Json;
};

describeIf(missingPlugin, "the model of the provider", () => {
  it("asks for what the real plugin asks for, field by field", async () => {
    const resources = { ...(await resourcesOfLines()), ...FURTHER };
    const models = Object.entries(resources).map(([key, { kind, args }]) => {
      if (kind === "Container") return { key, kind, ...createRequest(args) };
      return { key, kind, ...(kind === "Network" ? networkRequest : volumeRequest)(args) };
    });
    const joined = models.flatMap((model) =>
      "networks" in model ? model.networks.map(({ join }) => join ?? "bridge") : [],
    );
    const recorder = await applied(resources, joined);
    expect(recorder.unknown).toEqual([]);

    const found: (Difference & { of: string })[] = [];
    for (const { key, kind, ...model } of models) {
      const made = { Container: recorder.containers, Network: recorder.networks, Volume: recorder.volumes }[kind];
      const real = made.find(({ name }) => name === model.name);
      if (!real) throw new Error(`the plugin has not asked for ${key}`);
      const both =
        kind === "Container"
          ? differences(shape(real as ContainerRequest), shape(model as unknown as ContainerRequest))
          : differences(shapeOf(real), shapeOf(model));
      found.push(...both.map((difference) => ({ of: key, ...difference })));
    }
    expect(found).toEqual([]);
    expect(models.length).toBeGreaterThan(150);
  }, 300_000);
});
