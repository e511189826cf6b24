import { parseDockerLines } from "../../../../core/readers/dockerRun";
import { errorOf, marked, plain } from "./world";

const read = (...lines: string[]) => parseDockerLines(lines, "demo", plain);

test("networks, volumes and containers of several lines are one project", () => {
  const { notices, ...project } = read(
    "# first the network, don't forget",
    "$ docker network create --driver bridge --subnet 192.168.0.0/16 --gateway 192.168.0.1 --label a=b mynet",
    "docker volume create data -d local -o type=nfs -o o=addr=10.0.0.1 --label x",
    "",
    "docker pull mysql:8",
    "docker run -d --name db --network mynet -v data:/var/lib/mysql -v more:/more \\",
    "  mysql:8",
    "docker run -d --net outside nginx:1.27",
    "docker run -d localhost:5000/team/nginx",
    "docker network connect --alias web --ip 10.9.0.9 --driver-opt a=b --gw-priority 7 second db",
    "docker start db",
  );
  expect(project).toEqual({
    name: "demo",
    services: {
      db: {
        image: "mysql:8",
        containerName: "db",
        volumes: ["data:/var/lib/mysql", "more:/more"],
        networks: [
          "mynet",
          { name: "second", aliases: ["web"], ipv4Address: "10.9.0.9", driverOpts: { a: "b" }, gwPriority: 7 },
        ],
      },
      nginx: { image: "nginx:1.27", networks: ["outside"] },
      "nginx-2": { image: "localhost:5000/team/nginx" },
    },
    networks: {
      mynet: {
        name: "mynet",
        driver: "bridge",
        ipam: { config: [{ subnet: "192.168.0.0/16", gateway: "192.168.0.1" }] },
        labels: { a: "b" },
      },
      // docker run makes no networks, so these are there already.
      second: { name: "second", external: true },
      outside: { name: "outside", external: true },
    },
    volumes: {
      data: { name: "data", driver: "local", driverOpts: { type: "nfs", o: "addr=10.0.0.1" }, labels: { x: "" } },
      // docker run makes volumes.
      more: { name: "more" },
    },
  });
  expect(notices.map(({ at }) => at)).toEqual(["docker pull", "docker start"]);
});

test("a link becomes a network that both share, with the alias on it", () => {
  const { services, networks, notices } = read(
    "docker run -d --name mysql01 mysql",
    "docker run -d --name web --link mysql01:db --link mysql01 tomcat",
  );
  expect(services).toEqual({
    mysql01: { image: "mysql", containerName: "mysql01", networks: [{ name: "demo_links", aliases: ["db"] }] },
    web: {
      image: "tomcat",
      containerName: "web",
      networks: ["demo_links"],
      dependsOn: { mysql01: { condition: "service_started" } },
    },
  });
  expect(networks).toEqual({ demo_links: { name: "demo_links" } });
  expect(notices.filter(({ at }) => at === "--link")).toHaveLength(1);
});

test("a link on a network that both are on is an alias there", () => {
  const { services, networks } = read(
    "docker network create net1",
    "docker run -d --name mysql01 --network net1 mysql",
    "docker run -d --name web --network net1 --link mysql01:db tomcat",
  );
  expect(services.mysql01!.networks).toEqual([{ name: "net1", aliases: ["db"] }]);
  expect(services.web).toEqual({
    image: "tomcat",
    containerName: "web",
    networks: ["net1"],
    dependsOn: { mysql01: { condition: "service_started" } },
  });
  expect(networks).toEqual({ net1: { name: "net1" } });
});

test("a link to a container of no line stays, with a warning", () => {
  const { services, notices } = read("docker run -d --link other:db tomcat");
  expect(services.tomcat!.links).toEqual(["other:db"]);
  expect(notices.find(({ level }) => level === "warning")?.text).toContain("no line makes other");
});

test("what a container needs at its start comes before it", () => {
  const { services } = read(
    "docker run -d --name docker-1 centos",
    "docker run -d --name docker-2 --volumes-from docker-1:ro centos",
    "docker run -d --name docker-3 --network container:docker-2 centos",
  );
  expect(services["docker-2"]!.dependsOn).toEqual({ "docker-1": { condition: "service_started" } });
  expect(services["docker-3"]!.dependsOn).toEqual({ "docker-2": { condition: "service_started" } });
});

test("a line that was commented out is skipped; a root prompt is none", () => {
  expect(Object.keys(read("docker run -d nginx", "# docker run -d redis").services)).toEqual(["nginx"]);
  expect(Object.keys(read("# docker run -d nginx", "# docker run -d redis").services)).toEqual(["nginx", "redis"]);
});

test.each<[string[], string, string]>([
  [["docker run -d --name a1 nginx", "docker run -d --name a1 redis"], "run", "two containers are called a1"],
  [["docker network create n1", "docker network create n1"], "network", "made twice"],
  [["docker network create"], "network", "name of one network"],
  [["docker network create --scope swarm n1"], "swarm", "belongs to a swarm"],
  [["docker network create --gateway 10.0.0.1 n1"], "10.0.0.1", "no subnet"],
  [["docker volume create"], "volume", "without a name"],
  [["docker volume create ?a"], "?", "files that match"],
  [["docker network connect n1 web"], "web", "no line above"],
  [["docker run -d --name web --network host nginx", "docker network connect n1 web"], "web", "uses --network host"],
  [["docker run -d nginx", "rm -rf x"], "rm", "not a command"],
  [["docker run -d nginx", "  -p 80:80 nginx"], "-p", "end the row above with a backslash"],
  [["docker run -d \\ ", "  -p 80:80 nginx"], "\\ ", "blanks behind the backslash"],
  [["docker run -d nginx && docker run -d redis"], "&&", "another command follows"],
])("%j", (lines, place, text) => {
  const error = errorOf(() => read(...lines));
  expect(error.message).toContain(text);
  expect(marked(error)).toBe(place);
});

test("a row that the Pulumi CLI has folded is still one command", () => {
  const lines = ["docker run --name web \\\n\n    -p 80:80 nginx\n\ndocker run --name db redis"];
  expect(Object.keys(parseDockerLines(lines, "pasted", plain).services)).toEqual(["web", "db"]);
});
