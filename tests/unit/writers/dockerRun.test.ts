import { split } from "shlex";
import { dockerRun } from "../../../core/writers/dockerRun";
import { parseService } from "../../../core/description/service";
import type { ServiceDescription } from "../../../core/description/types";

const lines = (given: Partial<ServiceDescription>, secrets?: Set<string>): string[] =>
  dockerRun(
    parseService({ image: "nginx", containerName: "web", ...given }, { projectFolder: "/srv", outer: {} }),
    secrets,
  );
const run = (given: Partial<ServiceDescription>): string => lines(given)[0]!;

// The notes' own lines.
test.each<[string, Partial<ServiceDescription>]>([
  ["docker run -d --name nginx01 -p 666:80 nginx", { containerName: "nginx01", ports: ["666:80"] }],
  ["docker run -d --name mynginx -P nginx", { containerName: "mynginx", publishAll: true }],
  [
    "docker run -d --name nginx01 -P -v /etc/nginx nginx",
    { containerName: "nginx01", publishAll: true, volumes: ["/etc/nginx"] },
  ],
  [
    "docker run -d --name nginx05 -P -v juming:/etc/nginx:ro nginx",
    { containerName: "nginx05", publishAll: true, volumes: ["juming:/etc/nginx:ro"] },
  ],
  [
    "docker run -d --name nginx -p 80:80 -v /srv:/root nginx",
    { containerName: "nginx", ports: ["80:80"], volumes: [".:/root"] },
  ],
  [
    "docker run -d --name elasticsearch -p 9200:9200 -p 9300:9300 -e discovery.type=single-node -e 'ES_JAVA_OPTS=-Xms64m -Xmx512m' elasticsearch:7.6.2",
    {
      image: "elasticsearch:7.6.2",
      containerName: "elasticsearch",
      ports: ["9200:9200", "9300:9300"],
      environment: { "discovery.type": "single-node", ES_JAVA_OPTS: "-Xms64m -Xmx512m" },
    },
  ],
  [
    "docker run -d --name docker02 --volumes-from docker-1 -t -i centos",
    { image: "centos", containerName: "docker02", volumesFrom: ["docker-1"], tty: true, stdinOpen: true },
  ],
  [
    "docker run -d --name test2 -e hostname=host busybox /bin/sh -c 'while true; do sleep 3600; done'",
    {
      image: "busybox",
      containerName: "test2",
      environment: { hostname: "host" },
      command: ["/bin/sh", "-c", "while true; do sleep 3600; done"],
    },
  ],
  ["docker run -d --name web --restart always nginx", { restart: "always" }],
])("%s", (line, given) => {
  expect(run(given)).toBe(line);
});

test.each<[Partial<ServiceDescription>, string]>([
  [{ ports: ["127.0.0.1::80", "[::1]:53:53/udp"] }, "-p 127.0.0.1::80 -p '[::1]:53:53/udp'"],
  [{ environment: { A: "1", NOWHERE: null } }, "-e A=1 -e NOWHERE"],
  [{ expose: ["80", "53/udp"] }, "--expose 80 --expose 53/udp"],
  [{ volumes: ["data:/a:z,nocopy", "/b:/c:ro,rslave"] }, "-v data:/a:z,nocopy -v /b:/c:ro,rslave"],
  [
    { volumes: [{ type: "tmpfs", target: "/t", tmpfs: { size: "1m", mode: 0o700 } }] },
    "--mount type=tmpfs,dst=/t,tmpfs-size=1048576,tmpfs-mode=700",
  ],
  [
    { volumesFrom: ["x1:ro"], tmpfs: ["/run", "/tmp:size=1m"] },
    "--volumes-from x1:ro --tmpfs /run --tmpfs /tmp:size=1m",
  ],
  [{ networkMode: "host" }, "--network host"],
  [{ restart: "on-failure:3" }, "--restart on-failure:3"],
  [{ user: "1:2", workingDir: "/x", hostname: "h", domainname: "d" }, "-u 1:2 -w /x -h h --domainname d"],
  [
    { capAdd: ["NET_ADMIN"], capDrop: ["ALL"], privileged: true, readOnly: false },
    "--cap-add NET_ADMIN --cap-drop ALL --privileged",
  ],
  [
    { devices: ["/dev/fuse", "/dev/a:/dev/b", "/dev/a:r"] },
    "--device /dev/fuse --device /dev/a:/dev/b --device /dev/a:/dev/a:r",
  ],
  [{ gpus: "all" }, "--gpus all"],
  [{ gpus: [{ count: 2 }] }, "--gpus 2"],
  [{ gpus: [{ deviceIds: ["0", "1"] }] }, `--gpus '"device=0,1"'`],
  [{ healthcheck: { disable: true } }, "--no-healthcheck"],
  [
    { healthcheck: { test: "a || b", interval: "90s", retries: 2 } },
    "--health-cmd 'a || b' --health-interval 1m30s --health-retries 2",
  ],
  [{ logging: { driver: "local", options: { "max-size": "1m" } } }, "--log-driver local --log-opt max-size=1m"],
  [{ ulimits: { nofile: { soft: 1, hard: 2 } }, sysctls: { a: 1 } }, "--ulimit nofile=1:2 --sysctl a=1"],
  [{ extraHosts: { db: "10.0.0.2" }, dns: "8.8.8.8" }, "--add-host db:10.0.0.2 --dns 8.8.8.8"],
  [{ init: true, stopSignal: "SIGQUIT", stopGracePeriod: "1500ms" }, "--init --stop-signal SIGQUIT --stop-timeout 2"],
  [
    { shmSize: "1g", memLimit: "64m", memReservation: "32m", memswapLimit: -1 },
    "--shm-size 1g -m 64m --memory-reservation 32m --memory-swap -1",
  ],
  [{ cpus: 1.5, cpuShares: 5, cpuset: "0" }, "--cpus 1.5 --cpu-shares 5 --cpuset-cpus 0"],
  [{ labels: { a: "b c" } }, "-l 'a=b c'"],
  [{ pullPolicy: "always" }, "--pull always"],
  [{ links: ["db", "cache:redis"] }, "--link db --link cache:redis"],
  [
    { volumes: [{ type: "bind", source: "/a:b", target: "/c", readOnly: true, bind: { propagation: "rslave" } }] },
    "--mount type=bind,src=/a:b,dst=/c,readonly,bind-propagation=rslave",
  ],
  [
    { volumes: [{ target: "/c", readOnly: true, volume: { nocopy: true } }] },
    "--mount type=volume,dst=/c,readonly,volume-nocopy",
  ],
  [{ secrets: [{ source: "key", file: "key.txt" }] }, "-v /srv/key.txt:/run/secrets/key:ro"],
  [
    { gpus: [{ deviceIds: ["0", "1"], capabilities: ["utility", "compute"], driver: "cdi", options: { a: "b" } }] },
    `--gpus '"device=0,1","capabilities=utility,compute",driver=cdi,options=a=b'`,
  ],
  [{ gpus: [{ count: "all", capabilities: ["utility"] }] }, "--gpus all,capabilities=utility"],
  [
    { cpusetMems: "0-1", cpuRtPeriod: 1000000, cpuRtRuntime: 950000, memSwappiness: 60, kernelMemory: "32m" },
    "--cpuset-mems 0-1 --cpu-rt-period 1000000 --cpu-rt-runtime 950000 --memory-swappiness 60 --kernel-memory 32m",
  ],
  [
    { pidsLimit: 100, oomScoreAdj: -500, oomKillDisable: true, uts: "host", isolation: "hyperv" },
    "--pids-limit 100 --oom-score-adj -500 --oom-kill-disable --uts host --isolation hyperv",
  ],
  [{ blkioConfig: { weight: 300 } }, "--blkio-weight 300"],
  [{ annotations: { a: "b" } }, "--annotation a=b"],
])("%j", (given, flags) => {
  expect(run(given)).toBe(`docker run -d --name web ${flags} nginx`);
});

test("what needs no flag", () => {
  expect(run({ restart: "no", readOnly: false, volumes: [] })).toBe("docker run -d --name web nginx");
  // A job is waited for.
  expect(run({ mode: "replicated-job" })).toBe("docker run --name web nginx");
});

test("a check without a shell becomes one in the shell: the command line knows no other", () => {
  expect(split(run({ healthcheck: { test: ["CMD", "echo", "a b"] } }))).toContain("echo 'a b'");
});

test("an entrypoint's further words come before the command's", () => {
  expect(run({ entrypoint: ["redis-server", "--x"], command: ["--save", ""] })).toBe(
    "docker run -d --name web --entrypoint redis-server nginx --x --save ''",
  );
  expect(run({ entrypoint: "" })).toBe("docker run -d --name web --entrypoint '' nginx");
});

test("a shell reads each word back as it was", () => {
  const words = ["a b", "it's", '"quoted"', "$HOME", "`id`", "a\\b", "*", "#x", "~", "", ";", "a=b"];
  expect(split(run({ command: words })).slice(-words.length)).toEqual(words);
});

test("secrets are named, never shown", () => {
  const line = lines({ environment: { A: "1", DB_PASSWORD: "s3cret" } }, new Set(["DB_PASSWORD"]))[0];
  expect(line).toBe("docker run -d --name web -e A=1 -e DB_PASSWORD nginx");
});

test("further networks are lines of their own", () => {
  const networks = [
    { name: "mynet", aliases: ["a"], ipv4Address: "10.0.0.2" },
    "other",
    { name: "third", aliases: ["b", "c"], ipv4Address: "10.1.0.2" },
  ];
  expect(lines({ networks })).toEqual([
    "docker run -d --name web --network mynet --network-alias a --ip 10.0.0.2 nginx",
    "docker network connect other web",
    "docker network connect --alias b --alias c --ip 10.1.0.2 third web",
  ]);
});
