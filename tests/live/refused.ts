import type { ServiceDescription } from "../../core/description/types";

export interface Refusal {
  title: string;
  service: Record<string, unknown>;
  /** How the sentence begins: the argument, and what is wrong with it. */
  says: string;
  /** Only on engines whose API is older than 1.x. */
  before?: number;
}

const refusal = (
  title: string,
  service: Partial<ServiceDescription> | Record<string, unknown>,
  says: string,
  before?: number,
): Refusal => ({ title, service: service as Record<string, unknown>, says, before });
const network = (fields: object) => ({ networks: [{ name: "bridge", ...fields }] });

/** What `docker run` can say and the Docker provider cannot, and what concerns the client alone. */
export const REFUSALS: Refusal[] = [
  refusal("--annotation", { annotations: { a: "b" } }, "annotations: the Docker provider cannot set OCI annotations; "),
  refusal("--link", { links: ["db"] }, "links: links are legacy and the Docker provider cannot make them; "),
  refusal("--uts", { uts: "host" }, "uts: the Docker provider cannot set the UTS namespace; "),
  refusal("--isolation", { isolation: "process" }, "isolation: isolation is for Windows containers only; "),
  refusal("--oom-score-adj", { oomScoreAdj: 100 }, "oomScoreAdj: the Docker provider cannot set the OOM score; "),
  refusal(
    "--oom-kill-disable",
    { oomKillDisable: true },
    "oomKillDisable: the Docker provider cannot switch the OOM killer off; ",
  ),
  refusal("--memory-swappiness", { memSwappiness: 10 }, "memSwappiness: the Docker provider cannot set swappiness; "),
  refusal("--kernel-memory", { kernelMemory: "64m" }, "kernelMemory: kernel memory limits are gone from Docker; "),
  refusal(
    "--blkio-weight-device",
    { blkioConfig: { weightDevice: [{ path: "/dev/sda", weight: 500 }] } },
    "blkioConfig.weightDevice: is not a field of blkioConfig; ",
  ),
  refusal(
    "--dns in another order",
    { dns: ["8.8.8.8", "1.1.1.1"] },
    "dns: the Docker provider cannot keep the order 8.8.8.8, 1.1.1.1; ",
  ),
  refusal(
    "an empty argument",
    { command: ["redis-server", "--save", ""] },
    "command[2]: the Docker provider cannot pass an empty argument; ",
  ),
  refusal(
    "-v :z and propagation",
    { volumes: ["/tmp:/host:z,rslave"] },
    "volumes[0]: the Docker provider cannot set z or Z together with a propagation mode or nocopy; ",
  ),
  refusal(
    "-v :nocopy",
    { volumes: ["data:/data:nocopy"] },
    "volumes[0].volume.nocopy: the Docker provider cannot set it on this engine (API 1.",
    45,
  ),
  refusal(
    "--mac-address",
    { networkMode: undefined, ...network({ macAddress: "02:42:ac:11:00:02" }) },
    "networks[0].macAddress: the Docker provider cannot set it on this engine (API 1.",
    44,
  ),
  refusal(
    "--health-start-interval",
    { healthcheck: { test: "true", startInterval: "1s" } },
    "healthcheck.startInterval: the Docker provider cannot set it on this engine (API 1.",
    44,
  ),
  refusal("--cidfile", { cidfile: "id" }, "cidfile: is not an argument of Service; "),
  refusal("--sig-proxy", { sigProxy: false }, "sigProxy: is not an argument of Service; "),
  refusal("--detach-keys", { detachKeys: "ctrl-x" }, "detachKeys: is not an argument of Service; "),
  refusal("-a", { attach: ["stdin"] }, "attach: is not an argument of Service; "),
  refusal("--lxc-conf", { lxcConf: [] }, "lxcConf: is not an argument of Service; "),
  refusal("--rm", { rm: true }, "rm: is not an argument of Service; "),
  refusal("--use-api-socket", { useApiSocket: true }, "useApiSocket: is not an argument of Service; "),
  refusal("--io-maxiops (Windows)", { ioMaxIops: 100 }, "ioMaxIops: is not an argument of Service; "),
];
