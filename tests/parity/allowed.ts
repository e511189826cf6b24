import type { Allowed } from "./compare";

/** A test fails when nothing needs one of these any more. */
const EVERYWHERE: Allowed[] = [
  {
    path: /^(Labels|NamedVolumes.*)\[berth\.(stack|service|owner|digest)\]$/,
    why: "berth marks what it made, to find it again after an apply that was cut off",
    when: ({ docker }) => docker === undefined,
  },
  {
    path: /^(Memory|MemorySwap|MemoryReservation|ShmSize)$/,
    why: "the provider counts in MiB, and what lies between two is rounded up with a note",
    when: ({ docker, berth }) =>
      typeof docker === "number" && typeof berth === "number" && berth === Math.ceil(docker / 2 ** 20) * 2 ** 20,
  },
  {
    path: /^Init$/,
    why: "the provider always sends false, which is the engine's default; the command line sends nothing",
    when: ({ docker, berth }) => docker === undefined && berth === false,
  },
  {
    path: /^MemorySwap$/,
    why: "twice the memory is what the engine makes of nothing; said outright, it neither drifts nor blocks a higher limit",
    when: ({ docker, berth }) => docker === undefined && typeof berth === "number",
  },
  {
    path: /^Mounted\[.*\]\.makesHostPath$/,
    why: "the provider binds in the short form, and in the long one with a propagation mode; berth refuses a missing folder before either",
  },
];

/** The whole list of differences between a `docker run` line and its service. */
export const ALLOWED: Allowed[] = [
  ...EVERYWHERE,
  {
    path: /^DnsOptions$/,
    why: "the provider keeps them in a set, and they mean the same in any order",
    when: ({ docker, berth }) =>
      Array.isArray(docker) && Array.isArray(berth) && [...docker].sort().join() === [...berth].sort().join(),
  },
  {
    path: /^AutoRemove$/,
    why: "a stack removes what it made itself; an engine that did would leave the stack without its container",
    when: ({ docker, berth }) => docker === true && berth === undefined,
  },
  {
    path: /^Isolation$/,
    why: "the default is what nothing means, and Linux knows no other",
    when: ({ docker, berth }) => docker === "default" && berth === undefined,
  },
  {
    path: /^ContainerIDFile$/,
    why: "the client writes the file, and the engine only keeps its name",
  },
  {
    path: /^PortBindings/,
    why: "publishing every exposed port is publishing each of them on any free port",
    when: ({ docker, berth }) => docker === undefined && JSON.stringify(berth) === '[{"HostPort":"<free>"}]',
  },
  {
    path: /^(Cmd|Entrypoint)$/,
    why: "the provider takes no empty argument in the command, so the whole line goes through the entrypoint",
    when: ({ path, docker, berth }) =>
      path === "Cmd"
        ? Array.isArray(docker) && docker.includes("") && berth === undefined
        : Array.isArray(berth) && berth.length > 1 && berth.includes(""),
  },
];

/** The whole list of differences between Compose's project and ours. */
export const ALLOWED_OF_COMPOSE: Allowed[] = [
  ...EVERYWHERE,
  {
    path: /^Labels\[com\.docker\.compose\.(config-hash|version|image)\]$/,
    why: "the hash is of our own reading of the file, and only another image than the last one's is news to Compose",
  },
  {
    path: /^VolumesFrom$/,
    why: "Compose forgets that the volumes are read-only",
    when: ({ docker, berth }) => String(berth).replaceAll(":ro", "") === String(docker),
  },
  {
    path: /^Networks[.[][\w.-]+\]?\.(Links|Aliases)$/,
    why: "the provider cannot link, so the other service has the name on the whole network",
    when: ({ path, docker, berth }) =>
      path.endsWith("Links")
        ? berth === undefined
        : Array.isArray(docker) && Array.isArray(berth) && docker.every((alias) => berth.includes(alias)),
  },
  {
    path: /^Networks\.mynet(\.Aliases)?$/,
    why: "a network that network_mode names knows the container by its name, which berth says once more",
    when: ({ path, docker, berth }) =>
      path.endsWith("Aliases")
        ? docker === undefined && Array.isArray(berth) && berth.length === 1 && /-1$/.test(berth[0])
        : docker === "{}" && berth === undefined,
  },
  {
    path: /^StopTimeout$/,
    why: "Compose cuts half a second to none, which kills at once; the provider takes whole seconds from one on",
    when: ({ docker, berth }) => docker === 0 && berth === 1,
  },
];

/** The whole list of differences between several lines and their project. */
export const ALLOWED_OF_SCRIPTS: Allowed[] = [
  {
    path: /(Labels|NamedVolumes.*)\[berth\.(stack|service|owner|digest)\]$/,
    why: "berth marks what it made, to find it again after an apply that was cut off",
    when: ({ docker }) => docker === undefined,
  },
  {
    path: /^containers\.\w+\.Init$/,
    why: "the provider always sends false, which is the engine's default; the command line sends nothing",
    when: ({ docker, berth }) => docker === undefined && berth === false,
  },
];
