import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { ArgumentError, show } from "../core/description/errors";
import { formatBytes, parseBytes } from "../core/description/quantities";
import { say } from "../core/description/say";
import type { Bytes, ServiceArgs } from "../core/description/types";
import { answersHttp } from "../core/description/healthchecks";
import { reporter } from "../core/pulumi/componentErrors";
import { Service, type ServiceOptions } from "./service";
import { withVariables } from "../core/pulumi/variables";

/** Arguments of {@link Elasticsearch}. */
export interface ElasticsearchArgs extends ServiceOptions {
  /** Tag of the image. @default "7.6.2", as documented */
  version?: string;
  /** Whole image reference, in place of `version`. */
  image?: pulumi.Input<string>;
  /** Name of the container. @default the component's name */
  containerName?: pulumi.Input<string>;
  /** Java heap; `min` at most `max`. @default { min: "64m", max: "512m" }, as documented */
  heap?: { min?: Bytes; max?: Bytes };
  /** Memory limit of the container. Must leave room beside the heap. @default none */
  memory?: Bytes;
  /** `single-node`, or `{ seedHosts, initialMasterNodes }` for a cluster. @default "single-node" */
  discovery?: "single-node" | { seedHosts: string[]; initialMasterNodes?: string[] };
  /** Host port of the HTTP interface, or `"none"`. @default 9200 */
  httpPort?: pulumi.Input<number> | "none";
  /** Host port of the transport between nodes, or `"none"`. @default 9300 */
  transportPort?: pulumi.Input<number> | "none";
  /** Volume name or host path for the data. @default none, as documented: the data goes with the container */
  data?: string;
  /** Everything else, in the words of the service description; it wins over the arguments above. */
  service?: Partial<ServiceArgs>;
}

/**
 * An Elasticsearch node. Documented setup A11. The documented line keeps its data inside the container;
 * set `data` to keep it.
 *
 * @example
 * // docker run -d --name elasticsearch -p 9200:9200 -p 9300:9300 -e "discovery.type=single-node"
 * //   -e ES_JAVA_OPTS="-Xms64m -Xmx512m" elasticsearch:7.6.2
 * new Elasticsearch("elasticsearch", { heap: { min: "64m", max: "512m" }, data: "es-data" });
 *
 * @throws pulumi.ResourceError where the heap does not fit into the memory limit
 */
export class Elasticsearch extends Service {
  /** Address of the HTTP interface on the engine's host. */
  readonly httpUrl: pulumi.Output<string | undefined>;

  constructor(name: string, args: ElasticsearchArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("Elasticsearch", name, args);
    const type = "berth:services:Elasticsearch";
    const ports = [
      ...(args.httpPort === "none" ? [] : ["httpPort"]),
      ...(args.transportPort === "none" ? [] : ["transportPort"]),
    ];
    const names = args.service?.ports ? {} : Object.fromEntries(ports.map((port, index) => [`ports[${index}]`, port]));
    super(
      name,
      reporter(type, name)(() => describe(args)),
      opts,
      type,
      { memLimit: "memory", "volumes[0]": "data", ...names },
    );
    this.httpUrl = this.url(9200);
  }
}

function describe(args: ElasticsearchArgs): ServiceArgs & ServiceOptions {
  const {
    version = "7.6.2",
    image,
    containerName,
    heap = {},
    memory,
    discovery = "single-node",
    httpPort = 9200,
    transportPort = 9300,
    data,
    service,
    ...options
  } = args;
  const max = parseBytes(heap.max ?? "512m", "heap.max");
  const min = parseBytes(heap.min ?? Math.min(64 * 2 ** 20, max), "heap.min");
  if (min > max)
    throw new ArgumentError(
      "heap.min",
      say`${formatBytes(min)} is above heap.max ${formatBytes(max)}`,
      say`lower min or raise max`,
    );
  const limit = memory === undefined ? undefined : parseBytes(memory, "memory");
  if (limit !== undefined && max > limit)
    throw new ArgumentError(
      "heap.max",
      say`${formatBytes(max)} is larger than the container's memory ${formatBytes(limit)}`,
      say`lower the heap to about half of memory, or raise memory`,
    );
  for (const [name, size] of [
    ["heap.min", min],
    ["heap.max", max],
  ] as const) {
    if (size < 2 ** 20 || size % 1024)
      throw new ArgumentError(
        name,
        say`${show(size)} bytes is not a heap that Java takes`,
        say`use whole KiB from "1m" up`,
      );
  }
  if (discovery !== "single-node" && !discovery?.seedHosts?.length)
    throw new ArgumentError(
      "discovery",
      say`${show(discovery)} is not a way to find other nodes`,
      say`use "single-node" or { seedHosts: [...] }`,
    );
  const { environment, ...rest } = service ?? {};
  const cluster: Record<string, string> =
    discovery === "single-node"
      ? { "discovery.type": "single-node" }
      : {
          "discovery.seed_hosts": discovery.seedHosts.join(","),
          ...(discovery.initialMasterNodes
            ? { "cluster.initial_master_nodes": discovery.initialMasterNodes.join(",") }
            : {}),
        };
  return {
    image: image ?? `elasticsearch:${version}`,
    ...(containerName === undefined ? {} : { containerName }),
    ports: [
      ...(httpPort === "none" ? [] : [{ target: 9200, published: httpPort }]),
      ...(transportPort === "none" ? [] : [{ target: 9300, published: transportPort }]),
    ],
    environment: withVariables(
      { ...cluster, ES_JAVA_OPTS: `-Xms${formatBytes(min)} -Xmx${formatBytes(max)}` },
      environment,
    ),
    memLimit: limit,
    volumes: data === undefined ? undefined : [`${data}:/usr/share/elasticsearch/data`],
    healthcheck: answersHttp(9200),
    waitTimeout: "5m",
    ...options,
    ...rest,
  };
}
