import { parseDockerLines } from "../../../../core/readers/dockerRun";
import { errorOf, marked, plain, world } from "./world";

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

test("what belongs to a subnet stands with the one that it is in, in whatever order it is given", () => {
  const { networks } = read(
    "docker network create --subnet 192.168.0.0/16 --subnet 192.170.0.0/16 --subnet fd00::/64 --gateway fd00::1" +
      " --gateway 192.170.0.100 --gateway 192.168.0.100 --ip-range 192.170.1.0/24" +
      " --aux-address router=192.168.1.5 --aux-address printer=192.170.1.5 lan",
  );
  expect(networks.lan!.ipam!.config).toEqual([
    { subnet: "192.168.0.0/16", gateway: "192.168.0.100", auxAddresses: { router: "192.168.1.5" } },
    {
      subnet: "192.170.0.0/16",
      gateway: "192.170.0.100",
      ipRange: "192.170.1.0/24",
      auxAddresses: { printer: "192.170.1.5" },
    },
    { subnet: "fd00::/64", gateway: "fd00::1" },
  ]);
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

test("a link to a container of no line stays: what prints it or makes it has its say", () => {
  const { services, notices } = read("docker run -d --link other:db tomcat");
  expect(services.tomcat!.links).toEqual(["other:db"]);
  expect(notices).toEqual([]);
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

test.each([
  ["--network container:kapacitor", "kapacitor"],
  ["--volumes-from kapacitor:ro", "kapacitor"],
  ["--link kapacitor:k", "kapacitor"],
  ["--pid container:kapacitor", "kapacitor"],
])("with %s a container without a name is not called as the one that it leads to", (flag, image) => {
  expect(Object.keys(read(`docker run -d ${flag} ${image} bash`).services)).toEqual(["kapacitor-2"]);
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
  [["docker network create --subnet 10.0.0.0/24 --gateway fd00::1 n1"], "fd00::1", "no subnet"],
  [
    ["docker network create --subnet 10.0.0.0/24 --subnet 10.0.1.0/24 --gateway 10.0.0.1 --gateway 10.0.0.2 n1"],
    "10.0.0.2",
    "is the second one of 10.0.0.0/24",
  ],
  [["docker volume create"], "volume", "without a name"],
  [["docker volume create ?a"], "?", "files that match"],
  [["docker network connect n1 web"], "web", "no line above"],
  [["docker run -d --name web --network host nginx", "docker network connect n1 web"], "web", "uses --network host"],
  [["rm -rf x"], "rm", "not a command"],
  [["docker ps", "ls"], "ps", "not a command"],
  [["TAG=1"], "^", "there is no command"],
  [["docker run -d nginx", "dcoker run -d redis"], "dcoker", "did you mean docker?"],
  [["docker run -d nginx", "docker rnu -d redis"], "rnu", "docker rnu is not a command"],
  [["docker run -d nginx", "docker update -m 1g web"], "update", "docker update is not a command"],
  [["docker run -d nginx", "ssh host docker run -d redis"], "ssh", "not a command"],
  [["echo x | docker run -i nginx"], "|", "remove the pipe"],
  [["docker run -d nginx", "if true; then docker run -d redis; fi"], "if", "belongs to a script"],
  [["docker run -d nginx || docker run -d redis"], "run", "only where the command in front of || fails"],
  [["docker run -d \\", "  # why", "  -p 80:80 nginx"], "# why", "the comment ends the command"],
  [["docker run -d nginx \\", "# why", "  -p 80:80"], "# why", "the comment ends the command"],
  [["docker run -d \\", "  -p 80:80", "  nginx"], "nginx", "end the row above with a backslash"],
  [["docker run -d", "-p 80:80 nginx"], "-p", "end the row above with a backslash"],
  [["docker run -d \\\\", "  -p 80:80 nginx"], "\\\\", "end the row with one backslash"],
  [["docker run -d nginx \\\\", "  -p 80:80"], "\\\\", "end the row with one backslash"],
  [["TAG=$(curl x | jq .tag)", "docker run -d nginx:$TAG"], "$(curl x | jq .tag)", "curl would have to run"],
  [["ID=$(docker run -d nginx)", "docker run -d --network container:$ID redis"], "ID", "id of a container"],
  [["docker run -d nginx", "  -p 80:80 nginx"], "-p", "end the row above with a backslash"],
  [["docker run -d \\ ", "  -p 80:80 nginx"], "\\ ", "blanks behind the backslash"],
  [["docker run -d nginx & docker run -d redis"], "&", "another command follows"],
])("%j", (lines, place, text) => {
  const error = errorOf(() => read(...lines));
  expect(error.message).toContain(text);
  expect(place === "^" ? error.offset : marked(error)).toBe(place === "^" ? lines.join("\n").length : place);
});

test("a row that the Pulumi CLI has folded is still one command", () => {
  const lines = ["docker run --name web \\\n\n    -p 80:80 nginx\n\ndocker run --name db redis"];
  expect(Object.keys(parseDockerLines(lines, "pasted", plain).services)).toEqual(["web", "db"]);
});

test("assignments above a line set variables for it, and for docker where they are exported", () => {
  const { services } = read(
    "TAG=1.27 DATA=~/data",
    "export ZONE='Asia/Tokyo' # where",
    "export TAG OUTER=in",
    'WIDE="a  b"; LIST=(unread)',
    "unset EMPTY",
    'docker run -d --name web -e TAG -e ZONE -e OUTER -e DATA -e A=${EMPTY:-gone} -e "W=$WIDE" -v $DATA:/d nginx:$TAG',
  );
  expect(services.web).toEqual({
    image: "nginx:1.27",
    containerName: "web",
    volumes: ["/home/ann/data:/d"],
    environment: { TAG: "1.27", ZONE: "Asia/Tokyo", OUTER: "in", DATA: null, A: "gone", W: "a  b" },
  });
});

test.each([
  ["cmd.exe", ["set NAME=a b", 'docker run -d -e "A=%NAME%" -e NAME nginx']],
  ["PowerShell", ['$env:NAME = "a b"', 'docker run -d -e "A=$env:NAME" -e NAME nginx']],
  ["fish", ["set -gx NAME 'a b'", 'docker run -d -e "A=$NAME" -e NAME nginx']],
  ["csh", ["setenv NAME 'a b'", 'docker run -d -e "A=$NAME" -e NAME nginx']],
  ["bash, all exported", ["set -a", "NAME='a b'", "set +a", 'docker run -d -e "A=$NAME" -e NAME nginx']],
  ["bash, declared", ["declare -x NAME='a b'", 'docker run -d -e "A=$NAME" -e NAME nginx']],
])("an assignment of %s", (_, lines) => {
  expect(read(...lines).services.nginx!.environment).toEqual({ A: "a b", NAME: "a b" });
});

test("a file of assignments is read, in the folder that cd has gone to", () => {
  const place = world({ ".env": "# why\nTAG=1.27\nexport ZONE='x y'\nrm -rf /\n" });
  const lines = ["cd /nowhere", `cd ${place.folder}`, "source .env", "docker run -d -e ZONE -v ./a:/a nginx:$TAG"];
  const { services, notices } = parseDockerLines(lines, "demo", place);
  expect(services.nginx).toEqual({
    image: "nginx:1.27",
    environment: { ZONE: "x y" },
    volumes: [`${place.folder}/a:/a`],
  });
  expect(notices.map(({ at }) => at)).toEqual(["cd", "cd"]);
});

test("commands around the lines are told by what becomes of them, and the lines are read", () => {
  const { services, networks, notices } = read(
    "#!/bin/bash",
    "set -euo pipefail",
    "sudo docker rm -f web 2>/dev/null || true",
    "mkdir -p data && cd data && docker run -d --name web -v $PWD:/d nginx:1; docker logs -f web",
    "docker network inspect app >/dev/null 2>&1 || docker network create app",
    "DOCKER_BUILDKIT=1 docker build -t app .",
    "docker --context x exec -it web sh -c 'echo \"$(id)\"'",
    "docker network rm old",
    "cat > conf <<EOF",
    "it's && a | b",
    "EOF",
    "echo done",
    "docker cp a web:/a",
    "docker compose up -d",
    "curl http://localhost | jq .",
  );
  expect(services).toEqual({ web: { image: "nginx:1", containerName: "web", volumes: ["/project/data:/d"] } });
  expect(networks).toEqual({ app: { name: "app" } });
  expect(notices.map(({ level, at, text }) => [level, at, text])).toEqual([
    ["note", "docker rm", "a stack starts, replaces and removes its containers by itself"],
    ["note", "mkdir", "is not run: do it by hand where the containers need it"],
    ["note", "cd", "the rows below it are read in /project/data"],
    ["note", "docker logs", "is for the time after `up`: run it by hand"],
    ["note", "docker network inspect", "is for the time after `up`: run it by hand"],
    ["warning", "docker build", "is not run, and the image has to be there before `up`: run it by hand"],
    ["note", "docker exec", "is for the time after `up`: run it by hand"],
    ["note", "docker network rm", "a stack removes no more than it has made: run it by hand where it is needed"],
    ["note", "cat", "is not run: do it by hand where the containers need it"],
    ["warning", "docker cp", "is not run: mount the files that the container needs"],
    ["warning", "docker compose", "is not read here: give its file to `berth from-compose`"],
    ["note", "curl", "is not run: do it by hand where the containers need it"],
  ]);
});

test("what was printed is no command, whatever it looks like", () => {
  const printed = [
    "$ docker run hello-world:1",
    "Hello from Docker! It's working, isn't it?",
    " 1. The Docker client contacted the Docker daemon",
    "    (amd64)",
    "if you want more && less | x > y",
    "Docker Root Dir: /var/lib/docker",
    "$ docker run -d \\",
    "  --name web nginx:1",
    "docker run -d --name db redis:7",
    "docker: Error response from daemon",
  ];
  const { services, notices } = read(printed.join("\n"));
  expect(Object.keys(services)).toEqual(["hello-world", "web", "db"]);
  expect(notices).toEqual([]);
});

test("a line that was given by itself is none of the rows that another printed", () => {
  const { services } = read("$ docker run -d --name web nginx:1", "TAG=7", "DOCKER_HOST=x docker run -d redis:$TAG");
  expect(Object.values(services).map(({ image }) => image)).toEqual(["nginx:1", "redis:7"]);
  const pasted = ["$ docker run -d --name web nginx:1", "A=1 sudo -E /usr/bin/docker run -d redis:7"].join("\n");
  expect(Object.keys(read(pasted).services)).toEqual(["web", "redis"]);
});

test("what was copied from a terminal, fences and all", () => {
  const copied = [
    "```console",
    "ann@host:~$ id=$(docker run -d --name web nginx:1)",
    "Unable to find image 'nginx:1' locally",
    "4f3aefae",
    "ann@host:~$ docker start $id",
    "web",
    "```",
  ];
  const { services, notices } = read(copied.join("\n"));
  expect(Object.keys(services)).toEqual(["web"]);
  expect(notices.map(({ at }) => at)).toEqual(["docker start"]);
});
