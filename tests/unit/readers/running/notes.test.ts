import { type Inspected, type InspectedContainer, readRunning } from "../../../../core/readers/running";

const ID = "a".repeat(64);
const PEER = "b".repeat(64);
const HEX = "c".repeat(64);

const IMAGE = {
  Id: "sha256:1",
  RepoTags: ["nginx:1.27"],
  RepoDigests: ["nginx@sha256:2"],
  Architecture: "amd64",
  Os: "linux",
  Config: { Env: ["PATH=/bin"], Volumes: { "/var/lib/x": {} }, ExposedPorts: { "80/tcp": {} } },
};

type Parts = Omit<Partial<InspectedContainer>, "Config" | "HostConfig"> & {
  Config?: Partial<InspectedContainer["Config"]> & Record<string, unknown>;
  HostConfig?: Partial<InspectedContainer["HostConfig"]> & Record<string, unknown>;
};

function read({ Config, HostConfig, ...rest }: Parts, engine: Partial<Inspected> = {}) {
  const container: InspectedContainer = {
    Id: ID,
    Name: "/web",
    Image: "sha256:1",
    Config: { Image: "nginx:1.27", Env: ["PATH=/bin"], ...Config },
    HostConfig: { NetworkMode: "default", ...HostConfig },
    ...rest,
  };
  const project = readRunning({
    info: { Name: "machine", Architecture: "x86_64", CgroupVersion: "2", DefaultRuntime: "runc" },
    containers: [container],
    images: [IMAGE],
    networks: [],
    volumes: [],
    names: new Map([[PEER, "peer"]]),
    ...engine,
  });
  const { image: _, containerName: __, ...service } = Object.values(project.services)[0]!;
  return { ...project, service, said: project.notices.map(({ level, at, text }) => `${level}: ${at}: ${text}`) };
}

test("a container of which nobody has asked anything says nothing", () => {
  const { name, service, said, networks, volumes } = read({});
  expect({ name, service, said, networks, volumes }).toEqual({
    name: "web",
    service: {},
    said: [],
    networks: {},
    volumes: {},
  });
});

test.each<[string, Parts, string]>([
  [
    "a field of an engine to come",
    { HostConfig: { Brand: { New: 1 }, Empty: {}, Off: false } },
    'note: services.web: the engine says Brand: {"New":1}, for which there is no word here: left out',
  ],
  [
    "weights of block devices",
    { HostConfig: { BlkioWeightDevice: [{ Path: "/dev/sda", Weight: 10 }] } },
    'note: services.web: the engine says BlkioWeightDevice: [{"Path":"/dev/sda","Weight":10}], for which there is no word here: left out',
  ],
  [
    "a mount of another kind",
    { HostConfig: { Mounts: [{ Type: "npipe", Target: "/pipe" }] } },
    "note: services.web.volumes: /pipe is a mount of the type npipe, for which there is no word here: left out",
  ],
  [
    "an option of a mount",
    { HostConfig: { Mounts: [{ Type: "bind", Source: "/a", Target: "/b", BindOptions: { NonRecursive: true } }] } },
    "note: services.web.volumes: /b has the mount option NonRecursive: true, which is left out",
  ],
  [
    "a port out of a range",
    {
      HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8000-8010" }] } },
      NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8003" }] } },
    },
    "note: services.web.ports: 80/tcp has any free port of 8000-8010, for which there is no word here: 8003 is taken",
  ],
  [
    "ports on the network of the host",
    { HostConfig: { NetworkMode: "host", PortBindings: { "80/tcp": [{ HostPort: "80" }] } } },
    "note: services.web.ports: the engine ignores published ports with the network host: left out",
  ],
  [
    "an anonymous volume of the image",
    { Config: { Volumes: { "/var/lib/x": {} } }, Mounts: [{ Type: "volume", Name: HEX, Destination: "/var/lib/x" }] },
    "note: services.web.volumes: /var/lib/x is an anonymous volume: a new container begins with an empty one, and the data stays behind",
  ],
  [
    "--rm",
    { HostConfig: { AutoRemove: true } },
    "note: services.web: was started with --rm: a stack keeps its containers until they are taken out of it, and removes them then",
  ],
  [
    "an image that has got a new tag",
    { Config: { Image: "nginx:latest" } },
    "note: services.web.image: means another image on the engine by now than the one that this container was made of, which is nginx@sha256:2",
  ],
  [
    "an image that is gone",
    { Image: "sha256:9" },
    "note: services.web.image: the engine no longer has the image sha256:9, so all that it brings is printed as the container's own",
  ],
  [
    "a value that a description refuses",
    { HostConfig: { UsernsMode: "private" } },
    'warning: services.web.usernsMode: "private" is not known: left out',
  ],
])("%s becomes a notice", (_, parts, notice) => {
  expect(read(parts).said).toContain(notice);
});

test("ids become names, and an id of an image its tag", () => {
  const { service } = read({ HostConfig: { NetworkMode: `container:${PEER}`, PidMode: `container:${PEER}` } });
  expect(service).toEqual({ networkMode: "container:peer", pid: "container:peer" });
  const { services } = read({ Config: { Image: "sha256:1111111111111111111111111111111111111111" } });
  expect(services.web!.image).toBe("nginx:1.27");
});

test("a volume that Compose has taken over from a container before is anonymous still", () => {
  const { service } = read({
    HostConfig: { Binds: [`${HEX}:/data:rw`], Mounts: [{ Type: "volume", Source: HEX, Target: "/var/lib/x" }] },
  });
  expect(service).toEqual({ volumes: [{ type: "volume", target: "/data" }] });
});

test("networks by name, the one that it was made on first, with what was asked for there", () => {
  const networks = {
    back: { NetworkID: "1", Aliases: ["web", ID.slice(0, 12), "www"], IPAMConfig: {} },
    front: { NetworkID: "2", IPAMConfig: { IPv4Address: "172.20.0.9" } },
  };
  const made = (Name: string, Subnet: string) => ({
    Name,
    Id: Name,
    Driver: "bridge",
    IPAM: { Driver: "default", Config: [{ Subnet, Gateway: "172.20.0.1" }] },
  });
  const found = read(
    {
      Config: { MacAddress: "92:d0:c6:0a:29:33" },
      HostConfig: { NetworkMode: "2" },
      NetworkSettings: { Networks: networks },
    },
    { networks: [made("back", "172.19.0.0/16"), made("front", "172.20.0.0/16")] },
  );
  expect(found.service.networks).toEqual([
    { name: "front", ipv4Address: "172.20.0.9", macAddress: "92:d0:c6:0a:29:33" },
    { name: "back", aliases: ["www"] },
  ]);
  // The engine has taken the one by itself; a fixed address needs the other.
  expect(found.networks).toEqual({
    back: { name: "back" },
    front: { name: "front", ipam: { config: [{ subnet: "172.20.0.0/16", gateway: "172.20.0.1" }] } },
  });
  const both = read({ NetworkSettings: { Networks: { bridge: {}, back: {} } } });
  expect(both.service.networks).toEqual([{ name: "back" }]);
  expect(both.said).toEqual([
    "note: services.web.networks: is on the engine's default bridge too, which does not go together with networks: left out",
  ]);
});

test("volumes and networks with more to them than a name are defined; those of a stack are used as they are", () => {
  const { volumes, networks } = read(
    {},
    {
      volumes: [
        { Name: "plain", Driver: "local", Options: null, Labels: null },
        { Name: "nfs", Driver: "local", Options: { type: "nfs" }, Labels: { a: "b" } },
        { Name: "theirs", Driver: "local", Labels: { "berth.stack": "berth/x" } },
        { Name: HEX, Driver: "local", Labels: { a: "b" } },
      ],
      networks: [
        { Name: "own", Id: "1", Driver: "macvlan", Options: { parent: "eth0" }, Internal: true },
        { Name: "theirs", Id: "2", Driver: "bridge", Labels: { "berth.stack": "berth/x" } },
      ],
    },
  );
  expect(volumes).toEqual({
    nfs: { name: "nfs", driverOpts: { type: "nfs" }, labels: { a: "b" } },
    theirs: { name: "theirs", external: true },
  });
  expect(networks).toEqual({
    own: { name: "own", driver: "macvlan", driverOpts: { parent: "eth0" }, internal: true },
    theirs: { name: "theirs", external: true },
  });
});
