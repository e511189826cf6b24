import { ArgumentError } from "./errors";
import { formatPort } from "./ports";
import { formatBytes } from "./quantities";
import type { ServiceSpec } from "./service";
import { listed, say } from "./say";

/** A check that concerns more than one field. It runs as soon as all its fields are known. */
export interface Rule {
  fields: (keyof ServiceSpec)[];
  check(spec: ServiceSpec): void;
}

const shares = (mode?: string) => mode === "host" || mode === "none" || mode?.startsWith("container:");

/** Combinations that Docker refuses late, or takes and ignores. */
export const RULES: Rule[] = [
  {
    fields: ["networkMode", "ports", "publishAll"],
    check({ networkMode, ports, publishAll }) {
      if (!shares(networkMode) || !(ports?.length || publishAll)) return;
      const what = ports?.length ? say`ports: ${listed(ports.map(formatPort))}` : "publishAll";
      throw new ArgumentError(
        what,
        say`cannot be published with networkMode "${networkMode}"`,
        networkMode === "host"
          ? say`remove it: on the host network the service listens on the host's ports itself`
          : say`remove it, or use a bridge network`,
      );
    },
  },
  {
    fields: ["networkMode", "networks"],
    check({ networkMode, networks }) {
      if (networkMode && networks?.length)
        throw new ArgumentError(
          "networkMode",
          say`${networkMode} excludes networks (${listed(networks.map((network) => network.name))})`,
          say`keep one of them`,
        );
    },
  },
  {
    fields: ["networkMode", "hostname", "dns", "extraHosts", "links", "macAddress"],
    check(spec) {
      if (!spec.networkMode?.startsWith("container:")) return;
      for (const field of ["hostname", "dns", "extraHosts", "macAddress"] as const) {
        if (spec[field] !== undefined)
          throw new ArgumentError(
            field,
            say`cannot be set with networkMode "${spec.networkMode}"`,
            say`set it on the container whose network is shared`,
          );
      }
    },
  },
  {
    fields: ["macAddress", "networks"],
    check({ macAddress, networks }) {
      if (macAddress && networks?.length !== 1)
        throw new ArgumentError(
          "macAddress",
          say`needs exactly one network to belong to`,
          say`set it in the long form of networks`,
        );
    },
  },
  {
    fields: ["memLimit", "memReservation"],
    check({ memLimit, memReservation }) {
      if (memLimit !== undefined && memReservation !== undefined && memReservation > memLimit) {
        throw new ArgumentError(
          "memReservation",
          say`${formatBytes(memReservation)} is above memLimit ${formatBytes(memLimit)}`,
          say`lower it or raise memLimit`,
        );
      }
    },
  },
  {
    fields: ["memLimit", "memswapLimit"],
    check({ memLimit, memswapLimit }) {
      if (memswapLimit === undefined || memswapLimit === -1) return;
      if (memLimit === undefined)
        throw new ArgumentError("memswapLimit", say`needs a memory limit`, say`set memLimit too`);
      if (memswapLimit < memLimit)
        throw new ArgumentError(
          "memswapLimit",
          say`${formatBytes(memswapLimit)} is below memLimit ${formatBytes(memLimit)}`,
          say`it counts memory and swap together: raise it`,
        );
    },
  },
  {
    fields: ["cpus", "cpuPeriod", "cpuQuota"],
    check({ cpus, cpuPeriod, cpuQuota }) {
      if (cpus !== undefined && (cpuPeriod !== undefined || cpuQuota !== undefined))
        throw new ArgumentError("cpus", say`excludes cpuPeriod and cpuQuota`, say`keep one of the two ways`);
    },
  },
  {
    fields: ["mode", "restart"],
    check({ mode, restart }) {
      if (mode === "replicated-job" && restart && !["no", "on-failure"].includes(restart.policy)) {
        throw new ArgumentError(
          "restart",
          say`"${restart.policy}" would run a finished job again for ever`,
          say`use "no" or "on-failure"`,
        );
      }
    },
  },
  {
    fields: ["volumes", "tmpfs"],
    check({ volumes, tmpfs }) {
      const twice = volumes?.find((mount) => tmpfs && mount.target in tmpfs);
      if (twice)
        throw new ArgumentError("tmpfs", say`${twice.target} is mounted by volumes too`, say`keep one of them`);
    },
  },
];

/** Runs every rule on a whole description. */
export function checkService(spec: ServiceSpec): void {
  for (const rule of RULES) rule.check(spec);
}
