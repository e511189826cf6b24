import { describeIf } from "../skips";
import type { Container } from "./doubles/store";
import { cleanUp, missingCli, Project } from "./harness";

interface Setup {
  stack: string;
  setup: string;
  /** Name of the one container. */
  name: string;
  image: string;
  ports: Container["NetworkSettings"]["Ports"];
  /** Mounts, as `source:target`. */
  mounts?: string[];
}

const free = { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "32768" }] };
const fixed = (target: number, port: number) => ({
  [`${target}/tcp`]: [{ HostIp: "0.0.0.0", HostPort: String(port) }],
});

/** The documented lines and what stands on the engine after each. */
const SETUPS: Setup[] = [
  { stack: "nginx", setup: "A2", name: "web-server", image: "nginx", ports: fixed(80, 8080) },
  { stack: "nginx", setup: "A3", name: "mynginx", image: "nginx", ports: free },
  { stack: "nginx", setup: "A4", name: "nginx01", image: "nginx", ports: free, mounts: ["(anonymous):/etc/nginx"] },
  { stack: "nginx", setup: "A5", name: "nginx02", image: "nginx", ports: free, mounts: ["juming-nginx:/etc/nginx"] },
  { stack: "nginx", setup: "A6", name: "nginx03", image: "nginx", ports: free, mounts: ["/etc/nginx:/etc/nginx"] },
  { stack: "nginx", setup: "A7", name: "nginx05", image: "nginx", ports: free, mounts: ["juming:/etc/nginx:ro"] },
  { stack: "nginx", setup: "A8", name: "nginx", image: "nginx", ports: fixed(80, 80), mounts: [".:/root"] },
  {
    stack: "mysql",
    setup: "A9",
    name: "mysql01",
    image: "mysql:5.7",
    ports: fixed(3306, 3306),
    mounts: ["/home/mysql/conf:/etc/mysql/conf.d", "/home/mysql/data:/var/lib/mysql"],
  },
  {
    stack: "mysql",
    setup: "A10-empty",
    name: "mysql1",
    image: "mysql:latest",
    ports: fixed(3306, 3306),
    mounts: ["mysql:/var/lib/mysql"],
  },
];

interface Mount {
  volumeName?: string;
  hostPath?: string;
  containerPath: string;
  readOnly?: boolean;
}

cleanUp();

describeIf(missingCli, "documented setups", () => {
  test.concurrent.each(SETUPS)(
    "$setup of $stack",
    async ({ stack, setup, name, image, ports, mounts = [] }) => {
      const project = await Project.create({
        stack,
        config: { [`${stack}:setup`]: setup },
        secrets: setup === "A9" ? { "mysql:rootPassword": "a password" } : {},
      });
      await project.up();
      expect(project.containers()).toEqual([name]);
      const container = project.container(name);
      expect(container.Image).toBe(image);
      expect(container.NetworkSettings.Ports).toEqual(ports);
      const source = ({ volumeName, hostPath }: Mount) =>
        volumeName?.replace(/^[0-9a-f]{64}$/, "(anonymous)") ?? hostPath?.replace(project.folder, ".");
      expect(
        ((container.Args.volumes ?? []) as Mount[]).map(
          (mount) => `${source(mount)}:${mount.containerPath}${mount.readOnly ? ":ro" : ""}`,
        ),
      ).toEqual(mounts);
      expect(await project.changes("--refresh", "--expect-no-changes")).toEqual([]);
    },
    300_000,
  );
});
