import { homedir } from "node:os";
import { hostPath, type Mount, parseMounts, parseTarget } from "../../../core/description/mounts";
import type { MountDescription } from "../../../core/description/types";
import { refusal } from "../refusal";

const PROJECT = "/srv/project";
const mount = (given: Partial<Mount>): Mount => ({
  type: "volume",
  target: "/b",
  readOnly: false,
  createHostPath: false,
  nocopy: false,
  ...given,
});
const one = (text: string | MountDescription) => parseMounts([text], "volumes", PROJECT)[0];

test.each<[string | MountDescription, Mount]>([
  ["/b", mount({})],
  ["data:/b", mount({ source: "data" })],
  ["data:/b:ro", mount({ source: "data", readOnly: true })],
  ["data:/b:rw", mount({ source: "data" })],
  ["data:/b:nocopy", mount({ source: "data", nocopy: true })],
  ["data:/b:ro,nocopy", mount({ source: "data", readOnly: true, nocopy: true })],
  ["data:/b:z", mount({ source: "data", selinux: "z" })],
  ["/a:/b", mount({ type: "bind", source: "/a" })],
  ["/a:/b:ro,z", mount({ type: "bind", source: "/a", readOnly: true, selinux: "z" })],
  ["/a:/b:Z", mount({ type: "bind", source: "/a", selinux: "Z" })],
  ["/a:/b:rslave", mount({ type: "bind", source: "/a", propagation: "rslave" })],
  ["./a:/b", mount({ type: "bind", source: `${PROJECT}/a` })],
  ["../a:/b", mount({ type: "bind", source: "/srv/a" })],
  [".:/b", mount({ type: "bind", source: PROJECT })],
  ["~:/b", mount({ type: "bind", source: homedir() })],
  ["~/a:/b", mount({ type: "bind", source: `${homedir()}/a` })],
  ["data:/b/", mount({ source: "data" })],
  ["data:/x/../b", mount({ source: "data" })],
  [{ target: "/b" }, mount({})],
  [{ source: "data", target: "/b", readOnly: true }, mount({ source: "data", readOnly: true })],
  [{ type: "volume", source: "data", target: "/b", volume: { nocopy: true } }, mount({ source: "data", nocopy: true })],
  [{ source: "data", target: "/b", volume: { subpath: "in" } }, mount({ source: "data", subpath: "in" })],
  [
    { type: "bind", source: "conf", target: "/b", bind: { createHostPath: true, propagation: "shared" } },
    mount({ type: "bind", source: `${PROJECT}/conf`, createHostPath: true, propagation: "shared" }),
  ],
  [
    { type: "bind", source: "/a", target: "/b", bind: { selinux: "Z" } },
    mount({ type: "bind", source: "/a", selinux: "Z" }),
  ],
  [
    { type: "tmpfs", target: "/b", tmpfs: { size: "64m", mode: 0o1777 } },
    mount({ type: "tmpfs", tmpfsSize: 64 * 2 ** 20, tmpfsMode: 0o1777 }),
  ],
])("%j", (text, expected) => {
  expect(one(text)).toEqual(expected);
});

const SHORT = 'use "name:/path", "./folder:/path:ro" or "/path"';
const NAME = "use two or more of letters, digits, '_', '.' and '-', beginning with a letter or digit";
const OPTIONS = "use ro, rw, z or Z (nocopy for volumes, a propagation mode for binds)";

test.each<[string | MountDescription, string]>([
  ["", `volumes[0]: "" is not a volume; ${SHORT}.`],
  ["a:", `volumes[0]: "a:" is not a volume; ${SHORT}.`],
  [":/b", `volumes[0]: ":/b" is not a volume; ${SHORT}.`],
  ["/a:/b:", `volumes[0]: "/a:/b:" is not a volume; ${SHORT}.`],
  ["/a:/b:ro:z", `volumes[0]: "/a:/b:ro:z" is not a volume; ${SHORT}.`],
  ["data", 'volumes[0]: "data" is not an absolute path; begin the container path with /.'],
  ["./a", 'volumes[0]: "./a" is not an absolute path; begin the container path with /.'],
  ["data:b", 'volumes[0]: "b" is not an absolute path; begin the container path with /.'],
  ["data:/", "volumes[0]: the container's root cannot be mounted over; name a folder below /."],
  ["data:/x/..", "volumes[0]: the container's root cannot be mounted over; name a folder below /."],
  // Paths of Windows: one clear sentence, whatever it is about.
  ["C:\\data:/b", 'volumes[0]: "\\\\data" is not an absolute path; begin the container path with /.'],
  ["C:/data:/b", `volumes[0]: "C" is not a name that Docker takes; ${NAME}.`],
  ["folder/a:/b", `volumes[0]: "folder/a" is not a name that Docker takes; ${NAME}.`],
  ["data:/b:rx", `volumes[0]: "rx" is not an option of a volume mount; ${OPTIONS}.`],
  ["data:/b:rshared", `volumes[0]: "rshared" is not an option of a volume mount; ${OPTIONS}.`],
  ["/a:/b:nocopy", `volumes[0]: "nocopy" is not an option of a bind mount; ${OPTIONS}.`],
  ["/a:/b:ro,", `volumes[0]: "" is not an option of a bind mount; ${OPTIONS}.`],
  [{ target: "b" }, 'volumes[0].target: "b" is not an absolute path; begin the container path with /.'],
  [{ source: "data" } as never, 'volumes[0].target: "" is not an absolute path; begin the container path with /.'],
  [{ source: "a b", target: "/b" }, `volumes[0].source: "a b" is not a name that Docker takes; ${NAME}.`],
  [
    { type: "npipe" as never, target: "/b" },
    'volumes[0].type: "npipe" is not a kind of mount; use volume, bind or tmpfs.',
  ],
  [{ type: "bind", target: "/b" }, "volumes[0].source: is missing; name the host path to bind."],
  [{ type: "tmpfs", source: "x", target: "/b" }, "volumes[0].source: a tmpfs has no source; remove it."],
  [
    { target: "/b", bind: { createHostPath: true } },
    'volumes[0].bind: does not belong to a volume mount; remove it, or set type: "bind".',
  ],
  [
    { target: "/b", volume: { subpath: "in" } },
    "volumes[0].volume.subpath: a new anonymous volume has no folders; name the volume.",
  ],
  ...["", "/in", "..", "in/../../out"].map((subpath): [MountDescription, string] => [
    { source: "data", target: "/b", volume: { subpath } },
    `volumes[0].volume.subpath: "${subpath}" is not a path inside the volume; write it without / in front, and without a way out of the volume.`,
  ]),
  [
    { type: "bind", source: "/a", target: "/b", volume: { nocopy: true } },
    'volumes[0].volume: does not belong to a bind mount; remove it, or set type: "volume".',
  ],
  [
    { type: "bind", source: "/a", target: "/b", bind: { propagation: "up" as never } },
    'volumes[0].bind.propagation: "up" is not a mode; use private, rprivate, shared, rshared, slave, rslave.',
  ],
  [
    { type: "bind", source: "/a", target: "/b", bind: { selinux: "x" as never } },
    'volumes[0].bind.selinux: "x" is not a label; use z (shared) or Z (private).',
  ],
  [
    { type: "tmpfs", target: "/b", tmpfs: { size: "big" } },
    'volumes[0].tmpfs.size: "big" is not a size; use bytes or a unit, for example "512m" or "2g".',
  ],
  [{ target: "/b", read_only: true } as never, "volumes[0].read_only: is not a field of a mount; use readOnly."],
  [
    { type: "bind", source: "/a", target: "/b", bind: { create_host_path: true } } as never,
    "volumes[0].bind.create_host_path: is not a field of a bind; use createHostPath.",
  ],
])("%j is refused", (text, message) => {
  expect(refusal(() => one(text))).toBe(message);
});

test.each<[(string | MountDescription)[]]>([
  [["a1:/b", "c1:/b"]],
  [["a1:/b", "/b/"]],
  [["a1:/b", { type: "tmpfs", target: "/b" }]],
])("%j are two mounts at one place", (volumes) => {
  expect(refusal(() => parseMounts(volumes, "volumes", PROJECT))).toBe(
    "volumes[1]: /b is mounted twice; give each mount its own container path.",
  );
});

test("a target is normalized", () => {
  expect(parseTarget("/a//b/./c/", "workingDir")).toBe("/a/b/c");
});

test.each([
  ["a", "/srv/project/a"],
  ["/a", "/a"],
  ["~", homedir()],
  ["~/x", `${homedir()}/x`],
  ["~x", "/srv/project/~x"],
])("the host path %s is %s", (path, expected) => {
  expect(hostPath(path, PROJECT)).toBe(expected);
});
