/** A difference from the documented `docker run` line that the live tests accept. */
export interface AllowedDifference {
  /** Path in `docker inspect`; see `flatten` in compare.ts. */
  path: RegExp;
  why: string;
  /** The only value that the stack's container may have there. */
  stack?: unknown;
  /** Only in these rows of the catalogue; everywhere where left out. */
  rows?: string[];
  /** Whether this engine's images give reason for it. @default true */
  applies?(): boolean;
}

/** The whole list. A test fails when no row needs one of them any more, so that the list stays short. */
export const ALLOWED_DIFFERENCES: AllowedDifference[] = [
  {
    path: /^Config\.Labels\[berth\.(stack|service|owner|life|digest)\]$/,
    why: "berth marks what it made, to find it again after an apply that was cut off, to miss what somebody has removed, and to tell what has changed",
  },
  {
    path: /^Config\.Healthcheck\b/,
    why: "a typed service says when it answers, so that `up` can wait for it",
    rows: ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A17"],
  },
  {
    path: /^HostConfig\.Init$/,
    stack: false,
    why: "the provider always sends false, which is the engine's default; the command line sends nothing",
  },
  {
    path: /^HostConfig\.NetworkMode$/,
    stack: "bridge",
    why: "a container whose network gives it an alias is made on the bridge and moved, or the provider would lose the alias",
    rows: ["A17"],
  },
  {
    path: /^Mounts\[.*\]\.Mode$/,
    stack: "rw",
    why: "the provider always writes the default `rw` out (Docker by itself would relabel named volumes where SELinux is on; `:z` says so)",
  },
  {
    path: /^Config\.Volumes\[.*\]$/,
    stack: true,
    why: "the provider notes every mounted path there; nothing but `docker commit` reads it",
  },
  {
    path: /^(HostConfig\.Binds\[0\]|Mounts\[.*\]\.(Name|Source))$/,
    why: "an anonymous volume has a generated name, and is named when the container is made, so that a successor finds it",
    rows: ["A4", "A12"],
  },
  { path: /^NetworkSettings\.(SandboxID|SandboxKey|EndpointID)$/, why: "generated" },
  { path: /^NetworkSettings\.Networks[.[][\w-]+\]?\.(EndpointID|NetworkID)$/, why: "generated" },
  {
    path: /^NetworkSettings\.(Networks[.[][\w-]+\]?\.)?(IPAddress|MacAddress|Gateway)$/,
    why: "the engine hands addresses out in the order of arrival",
    rows: ["A12", "A13", "A14", "A17", "B1"],
  },
  {
    path: /^IPAM\.Config\[0\]\.(Subnet|Gateway)$/,
    why: "the engine picks a free block where none is documented",
    rows: ["B2"],
  },
];
