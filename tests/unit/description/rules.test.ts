import { checkService } from "../../../core/description/rules";
import { parseService } from "../../../core/description/service";
import type { ServiceDescription } from "../../../core/description/types";
import { refusal } from "../refusal";

const check = (given: Partial<ServiceDescription>) =>
  checkService(parseService({ image: "busybox", ...given }, { projectFolder: "/srv", outer: {} }));

test.each<[Partial<ServiceDescription>, string]>([
  [
    { networkMode: "host", ports: ["8080:80", "53:53/udp"] },
    'ports: 8080:80, 53:53/udp: cannot be published with networkMode "host"; remove it: on the host network the service listens on the host\'s ports itself.',
  ],
  [
    { networkMode: "none", ports: ["8080:80"] },
    'ports: 8080:80: cannot be published with networkMode "none"; remove it, or use a bridge network.',
  ],
  [
    { networkMode: "container:x1", ports: ["80"] },
    'ports: 80: cannot be published with networkMode "container:x1"; remove it, or use a bridge network.',
  ],
  [
    { networkMode: "host", publishAll: true },
    'publishAll: cannot be published with networkMode "host"; remove it: on the host network the service listens on the host\'s ports itself.',
  ],
  [
    { networkMode: "host", networks: ["mynet", "other"] },
    "networkMode: host excludes networks (mynet, other); keep one of them.",
  ],
  [{ networkMode: "bridge", networks: ["mynet"] }, "networkMode: bridge excludes networks (mynet); keep one of them."],
  ...(
    [
      ["hostname", "h1"],
      ["dns", "8.8.8.8"],
      ["extraHosts", { a: "10.0.0.1" }],
    ] as const
  ).map(([field, value]): [Partial<ServiceDescription>, string] => [
    { networkMode: "container:x1", [field]: value },
    `${field}: cannot be set with networkMode "container:x1"; set it on the container whose network is shared.`,
  ]),
  [
    { networkMode: "container:x1", macAddress: "02:42:ac:11:00:02" },
    'macAddress: cannot be set with networkMode "container:x1"; set it on the container whose network is shared.',
  ],
  [
    { macAddress: "02:42:ac:11:00:02" },
    "macAddress: needs exactly one network to belong to; set it in the long form of networks.",
  ],
  [
    { macAddress: "02:42:ac:11:00:02", networks: ["n1", "n2"] },
    "macAddress: needs exactly one network to belong to; set it in the long form of networks.",
  ],
  [
    { memLimit: "64m", memReservation: "65m" },
    "memReservation: 65m is above memLimit 64m; lower it or raise memLimit.",
  ],
  [{ memswapLimit: "64m" }, "memswapLimit: needs a memory limit; set memLimit too."],
  [
    { memLimit: "64m", memswapLimit: "63m" },
    "memswapLimit: 63m is below memLimit 64m; it counts memory and swap together: raise it.",
  ],
  [{ cpus: 1, cpuPeriod: 1000 }, "cpus: excludes cpuPeriod and cpuQuota; keep one of the two ways."],
  [{ cpus: 1, cpuQuota: 1000 }, "cpus: excludes cpuPeriod and cpuQuota; keep one of the two ways."],
  [
    { mode: "replicated-job", restart: "always" },
    'restart: "always" would run a finished job again for ever; use "no" or "on-failure".',
  ],
  [
    { mode: "replicated-job", restart: "unless-stopped" },
    'restart: "unless-stopped" would run a finished job again for ever; use "no" or "on-failure".',
  ],
  [{ volumes: ["/data"], tmpfs: ["/run", "/data"] }, "tmpfs: /data is mounted by volumes too; keep one of them."],
])("%j is refused", (given, message) => {
  expect(refusal(() => check(given))).toBe(message);
});

test.each<[Partial<ServiceDescription>]>([
  [{}],
  [{ networkMode: "bridge", ports: ["80:80"], publishAll: true }],
  [{ networkMode: "host", ports: [], publishAll: false }],
  [{ networkMode: "host", networks: [] }],
  [{ networkMode: "host", hostname: "h1" }],
  [{ networkMode: "container:x1" }],
  [{ macAddress: "02:42:ac:11:00:02", networks: ["mynet"] }],
  [{ memLimit: "64m", memReservation: "64m", memswapLimit: "64m" }],
  [{ memReservation: "64m" }],
  [{ memswapLimit: -1 }],
  [{ cpuPeriod: 1000, cpuQuota: 1000 }],
  [{ mode: "replicated-job", restart: "on-failure:3" }],
  [{ mode: "replicated-job" }],
  [{ volumes: ["/data"], tmpfs: "/run" }],
])("%j is fine", (given) => {
  expect(() => check(given)).not.toThrow();
});
