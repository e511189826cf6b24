import { FLAGS } from "../../../../core/readers/dockerRun";
import { REFUSED } from "../../../../core/mapping/docker";
import type { ServiceDescription } from "../../../../core/description/types";
import { errorOf, marked, run, world } from "./world";

const here = world({
  "env.list": '# comment\nA=1\n  B=x y\nOUTER\nNOPE\nQ="z"\n',
  "label.list": "a=1\nb=two words\nalone\n",
  "seccomp.json": '{\n  "defaultAction": "SCMP_ACT_ALLOW"\n}\n',
});

// What the docker client 28.2 sends for each line, in the words of the description.
const TAKEN: [flags: string, service: Partial<ServiceDescription>][] = [
  ["--name web", { containerName: "web" }],
  ["--platform linux/arm64/v8", { platform: "linux/arm64" }],
  ["--platform x86_64", { platform: "linux/amd64" }],
  ["--platform linux/arm/v7", { platform: "linux/arm/v7" }],
  ["--pull always", { pullPolicy: "always" }],
  ["--entrypoint ''", { entrypoint: "" }],
  ["--entrypoint=", { entrypoint: "" }],
  ["--entrypoint 'a b'", { entrypoint: ["a b"] }],
  [
    "-e A=1 --env=B= -e OUTER -e NOPE -e C=x=y",
    { environment: { A: "1", B: "", OUTER: "outer", NOPE: null, C: "x=y" } },
  ],
  ["-e A=1 -e A=2", { environment: { A: "2" } }],
  ["-e -A=1", { environment: { "-A": "1" } }],
  ["--env-file env.list", { envFile: [{ path: `${here.folder}/env.list`, format: "raw" }] }],
  ["-d", {}],
  ["--detach", {}],
  ["-u 1000:1000", { user: "1000:1000" }],
  ["--user ''", {}],
  ["--group-add audio --group-add 1000", { groupAdd: ["audio", "1000"] }],
  ["-w /srv", { workingDir: "/srv" }],
  ["--workdir=/srv", { workingDir: "/srv" }],
  ["-h web --domainname example.com", { hostname: "web", domainname: "example.com" }],
  ["--hostname web", { hostname: "web" }],
  ["-it", { stdinOpen: true, tty: true }],
  ["--interactive --tty", { stdinOpen: true, tty: true }],
  ["--init", { init: true }],
  ["--init=false", { init: false }],
  ["--restart always", { restart: "always" }],
  ["--restart on-failure:3", { restart: "on-failure:3" }],
  ["--restart on-failure:", { restart: "on-failure" }],
  ["--restart ''", {}],
  ["--rm --restart no", { restart: "no" }],
  ["--stop-signal sigterm --stop-timeout 30", { stopSignal: "SIGTERM", stopGracePeriod: "30s" }],
  ["--stop-signal 9 --stop-timeout 0", { stopSignal: "9", stopGracePeriod: "0s" }],
  ["-l a=b --label c -l d=e=f", { labels: { a: "b", c: "", d: "e=f" } }],
  ["--label a=own --label-file label.list", { labels: { a: "own", b: "two words" } }],
  [
    "--health-cmd 'curl -f localhost' --health-interval 5s --health-timeout 1m30s --health-start-period 2h --health-start-interval 500ms --health-retries 3",
    {
      healthcheck: {
        test: "curl -f localhost",
        interval: "5s",
        timeout: "1m30s",
        startPeriod: "2h",
        startInterval: "500ms",
        retries: 3,
      },
    },
  ],
  ["--health-interval .5s --health-timeout 0 --health-retries 0", { healthcheck: { interval: "500ms" } }],
  ["--no-healthcheck", { healthcheck: { disable: true } }],
  ["--no-healthcheck=false", {}],
  ["--network app", { networks: ["app"] }],
  [
    "--net app --net-alias a --network-alias b --ip 172.20.0.9 --ip6 fd00::9 --link-local-ip 169.254.1.2 --mac-address 02-42-AC-11-00-02",
    {
      networks: [
        {
          name: "app",
          aliases: ["a", "b"],
          ipv4Address: "172.20.0.9",
          ipv6Address: "fd00::9",
          linkLocalIps: ["169.254.1.2"],
          macAddress: "02:42:ac:11:00:02",
        },
      ],
    },
  ],
  [
    "--network name=app,driver-opt=com.docker.network.endpoint.ifname=lan0,gw-priority=5 --network name=b1,gw-priority=0",
    {
      networks: [{ name: "app", driverOpts: { "com.docker.network.endpoint.ifname": "lan0" }, gwPriority: 5 }, "b1"],
    },
  ],
  [
    "--network name=App,alias=Web,ip=172.20.0.5,mac-address=0242.ac11.0002 --network other",
    {
      networks: [
        { name: "app", aliases: ["web"], ipv4Address: "172.20.0.5", macAddress: "02:42:ac:11:00:02" },
        "other",
      ],
    },
  ],
  ["--network host", { networkMode: "host" }],
  ["--network none", { networkMode: "none" }],
  ["--network bridge", { networkMode: "bridge" }],
  ["--network default", {}],
  ["--network container:web", { networkMode: "container:web" }],
  ["--network host -p 80:80 -P", { networkMode: "host" }],
  ["-p80:80 -p=81:81 --publish 82:82 --publish=83:83", { ports: ["80:80", "81:81", "82:82", "83:83"] }],
  ["-p 80 -p 0:81 -p 127.0.0.1::82 -p :83", { ports: ["80", "81", "127.0.0.1::82", "83"] }],
  ["-p 53:53/UDP -p 5:5/sctp", { ports: ["53:53/udp", "5:5/sctp"] }],
  ["-p [::1]:80:80 -p ::1:81:81", { ports: ["[::1]:80:80", "[::1]:81:81"] }],
  ["-p 8000-8002:9000-9002 -p 080:80", { ports: ["8000-8002:9000-9002", "80:80"] }],
  ["-p published=8080,target=80,protocol=udp", { ports: ["8080:80/udp"] }],
  ["-P", { publishAll: true }],
  ["--publish-all=false", {}],
  ["--expose 80 --expose 53/udp --expose 7000-7002", { expose: ["80", "53/udp", "7000-7002"] }],
  ["--link db --link redis:cache", { links: ["db", "redis:cache"] }],
  [
    "--add-host a:1.2.3.4 --add-host b=1.2.3.5 --add-host c:::1 --add-host d=[::2] --add-host host.docker.internal:host-gateway",
    { extraHosts: ["a:1.2.3.4", "b:1.2.3.5", "c:::1", "d:::2", "host.docker.internal:host-gateway"] },
  ],
  [
    "--dns 8.8.8.8 --dns-option ndots:2 --dns-opt rotate --dns-search example.com",
    { dns: ["8.8.8.8"], dnsOpt: ["ndots:2", "rotate"], dnsSearch: ["example.com"] },
  ],
  ["-v data:/data -v /b:/b:ro -v /c", { volumes: ["data:/data", "/b:/b:ro", "/c"] }],
  [
    "-v ./a:/a --volume ../b:/b -v $PWD/c:/c",
    { volumes: [`${here.folder}/a:/a`, `${here.folder.replace(/\/[^/]*$/, "")}/b:/b`, `${here.folder}/c:/c`] },
  ],
  [
    "-v ~/x:/x -v /y:/y:z,rshared -v data:/z:nocopy",
    { volumes: ["/home/ann/x:/x", "/y:/y:z,rshared", "data:/z:nocopy"] },
  ],
  ["-v data:/data -v data:/data", { volumes: ["data:/data"] }],
  ["-v /a:/a:cached,ro", { volumes: ["/a:/a:ro"] }],
  ["--volume-driver local -v data:/data", { volumes: ["data:/data"] }],
  [
    "--mount type=bind,src=./a,dst=/a,ro",
    { volumes: [{ type: "bind", source: `${here.folder}/a`, target: "/a", readOnly: true }] },
  ],
  [
    "--mount TYPE=bind,source=/a,destination=/a,readonly=0,bind-propagation=rshared,bind-create-src",
    {
      volumes: [
        {
          type: "bind",
          source: "/a",
          target: "/a",
          readOnly: false,
          bind: { propagation: "rshared", createHostPath: true },
        },
      ],
    },
  ],
  [
    "--mount src=data,target=/a,volume-nocopy",
    { volumes: [{ type: "volume", source: "data", target: "/a", volume: { nocopy: true } }] },
  ],
  [
    "--mount src=data,target=/a,volume-subpath=in/side,volume-nocopy",
    {
      volumes: [{ type: "volume", source: "data", target: "/a", volume: { subpath: "in/side", nocopy: true } }],
    },
  ],
  [
    "--mount type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=1770",
    { volumes: [{ type: "tmpfs", target: "/t", tmpfs: { size: 67108864, mode: 0o1770 } }] },
  ],
  ["--volumes-from one --volumes-from two:ro", { volumesFrom: ["one", "two:ro"] }],
  ["--tmpfs /run --tmpfs /tmp:rw,size=64m", { tmpfs: ["/run", "/tmp:rw,size=64m"] }],
  ["--read-only --privileged", { readOnly: true, privileged: true }],
  ["--privileged=false --read-only=0", {}],
  ["--storage-opt size=10G", { storageOpt: { size: "10G" } }],
  ["--cap-add NET_ADMIN --cap-drop ALL", { capAdd: ["NET_ADMIN"], capDrop: ["ALL"] }],
  [
    "--security-opt no-new-privileges --security-opt apparmor=unconfined --security-opt seccomp=seccomp.json",
    { securityOpt: ["no-new-privileges", "apparmor=unconfined", 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] },
  ],
  ["--security-opt seccomp=unconfined", { securityOpt: ["seccomp=unconfined"] }],
  ["--device /dev/fuse --device /dev/sda:/dev/xvda:r", { devices: ["/dev/fuse", "/dev/sda:/dev/xvda:r"] }],
  [
    "--device a.com/gpu=0 --device a.com/gpu=1",
    { gpus: [{ driver: "cdi", deviceIds: ["a.com/gpu=0", "a.com/gpu=1"] }] },
  ],
  ["--device-cgroup-rule 'c 42:* rmw'", { deviceCgroupRules: ["c 42:* rmw"] }],
  ["--gpus all", { gpus: [{ count: "all" }] }],
  ["--gpus 2", { gpus: [{ count: 2 }] }],
  ["--gpus device=0", { gpus: [{ deviceIds: ["0"] }] }],
  [`--gpus '"device=0,1"'`, { gpus: [{ deviceIds: ["0", "1"] }] }],
  [
    `--gpus 'all,"capabilities=compute,utility",driver=nvidia'`,
    { gpus: [{ count: "all", capabilities: ["compute", "utility", "gpu"], driver: "nvidia" }] },
  ],
  [`--gpus '"options=a=b,c=d"'`, { gpus: [{ options: { a: "b", c: "d" }, count: 1 }] }],
  [
    "--runtime nvidia --userns host --cgroupns private --cgroup-parent /x",
    { runtime: "nvidia", usernsMode: "host", cgroup: "private", cgroupParent: "/x" },
  ],
  ["--ipc container:web --pid host", { ipc: "container:web", pid: "host" }],
  ["--sysctl net.core.somaxconn=1024", { sysctls: { "net.core.somaxconn": "1024" } }],
  ["--ulimit nofile=1024:2048 --ulimit core=-1", { ulimits: { nofile: { soft: 1024, hard: 2048 }, core: -1 } }],
  [
    "-m 512m --memory-swap 1g --memory-reservation 256M",
    { memLimit: "512m", memswapLimit: "1g", memReservation: "256M" },
  ],
  ["--memory 1g --memory-swap -1", { memLimit: "1g", memswapLimit: -1 }],
  ["-m 0 --shm-size 0", {}],
  ["-m 1e8 --shm-size 64MiB", { memLimit: 100000000, shmSize: "64MiB" }],
  ["--cpus 1/2", { cpus: "0.5" }],
  ["--cpus 0 -c 0", {}],
  ["-c 0x200", { cpuShares: 512 }],
  ["--cpu-shares 512", { cpuShares: 512 }],
  ["--cpuset-cpus 0-1", { cpuset: "0-1" }],
  ["--cpuset 0", { cpuset: "0" }],
  ["--cpu-period 100000 --cpu-quota 50000", { cpuPeriod: 100000, cpuQuota: 50000 }],
  ["--cpu-quota -1", {}],
  [
    "--device-read-bps /dev/sda:1mb --device-write-bps /dev/sda:1024 --device-read-iops /dev/sda:10 --device-write-iops /dev/sdb:5 --device-read-bps /dev/sdb:1",
    {
      blkioConfig: {
        deviceReadBps: [
          { path: "/dev/sda", rate: 1048576 },
          { path: "/dev/sdb", rate: 1 },
        ],
        deviceWriteBps: [{ path: "/dev/sda", rate: 1024 }],
        deviceReadIops: [{ path: "/dev/sda", rate: 10 }],
        deviceWriteIops: [{ path: "/dev/sdb", rate: 5 }],
      },
    },
  ],
  [
    "--log-driver json-file --log-opt max-size=10m --log-opt max-file=3",
    { logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } } },
  ],
  ["--annotation a=b", { annotations: { a: "b" } }],
  ["--uts host", { uts: "host" }],
  ["--isolation default", {}],
  ["--isolation hyperv", { isolation: "hyperv" }],
  [
    "--pids-limit 100 --oom-score-adj 500 --oom-kill-disable",
    { pidsLimit: 100, oomScoreAdj: 500, oomKillDisable: true },
  ],
  ["--pids-limit -1", {}],
  ["--pids-limit 0 --oom-score-adj 0 --memory-swappiness -1 --blkio-weight 0", {}],
  ["--memory-swappiness 50 --cpuset-mems 0,1", { memSwappiness: 50, cpusetMems: "0,1" }],
  ["--cpu-rt-period 1000000 --cpu-rt-runtime 950000", { cpuRtPeriod: 1000000, cpuRtRuntime: 950000 }],
  ["--blkio-weight 500", { blkioConfig: { weight: 500 } }],
];

test.each(TAKEN)("%s", (flags, service) => {
  expect(run(`docker run ${flags} nginx`, here).service).toEqual({ image: "nginx", ...service });
});

const PODMAN: [flags: string, service: Partial<ServiceDescription>][] = [
  ["--arch arm64", { platform: "linux/arm64" }],
  ["--os linux", {}],
];
test.each(PODMAN)("podman run %s", (flags, service) => {
  expect(run(`podman run ${flags} nginx`).service).toEqual({ image: "nginx", ...service });
  expect(errorOf(() => run(`docker run ${flags} nginx`)).message).toContain("is a flag of podman");
});

const CLIENT = [
  "--rm",
  "-a stdin",
  "--attach STDOUT",
  "--sig-proxy=false",
  "--detach-keys ctrl-a",
  "--cidfile id",
  "-q",
  "--quiet",
  "--disable-content-trust",
];
test.each(CLIENT)("%s concerns the client: a notice, and nothing else", (flag) => {
  const { service, notices } = run(`docker run ${flag} nginx`);
  expect(service).toEqual({ image: "nginx" });
  expect(notices.filter(({ at }) => at === flag.split(/[ =]/)[0])).toEqual([
    { level: "note", at: flag.split(/[ =]/)[0], text: expect.stringMatching(/^[a-zA-Z].{20}/) },
  ]);
});
const PODMAN_CLIENT = FLAGS.filter(({ podman, becomes }) => podman && becomes === "client");
test.each(PODMAN_CLIENT.map(({ names, kind }) => [names[0]!, kind] as const))("podman's %s: a notice", (name, kind) => {
  const { service, notices } = run(`podman run ${name}${kind === "boolean" ? "" : "=x"} nginx`);
  expect(service).toEqual({ image: "nginx" });
  expect(notices.map(({ at }) => at)).toContain(name);
});

const REFUSING = FLAGS.filter(({ becomes }) => becomes === "refused" || becomes === "gone");
test.each(REFUSING.flatMap(({ names, kind, podman }) => names.map((name) => [name, kind, podman] as const)))(
  "%s is refused with its reason",
  (name, kind, podman) => {
    const line = `${podman ? "podman" : "docker"} run ${name}${kind === "boolean" ? "" : " 7"} nginx`;
    const error = errorOf(() => run(line));
    expect(error.argument).toBe(name);
    expect(marked(error)).toBe(kind === "boolean" ? name : "7");
    const entry = FLAGS.find(({ names }) => names.includes(name))!;
    expect(error.message).toContain(`${name}: ${entry.says}; ${entry.remedy}`);
  },
);

// docker run --help of 28.2, with the hidden flags and those of the first docker run.
const DOCKER =
  "--add-host --annotation -a --attach --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile --cpu-count --cpu-percent --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime -c --cpu-shares --cpus --cpuset-cpus --cpuset-mems -d --detach --detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --domainname --entrypoint -e --env --env-file --expose --gpus --group-add --health-cmd --health-interval --health-retries --health-start-interval --health-start-period --health-timeout --help -h --hostname --init -i --interactive --io-maxbandwidth --io-maxiops --ip --ip6 --ipc --isolation --kernel-memory -l --label --label-file --link --link-local-ip --log-driver --log-opt --mac-address -m --memory --memory-reservation --memory-swap --memory-swappiness --mount --name --network --network-alias --no-healthcheck --oom-kill-disable --oom-score-adj --pid --pids-limit --platform --privileged -p --publish -P --publish-all --pull -q --quiet --read-only --restart --rm --runtime --security-opt --shm-size --sig-proxy --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs -t --tty --ulimit --use-api-socket -u --user --userns --uts -v --volume --volume-driver --volumes-from -w --workdir --dns-opt --net --net-alias --cpuset --lxc-conf".split(
    " ",
  );

test("the table has every flag of docker, once", () => {
  const own = FLAGS.filter(({ podman }) => !podman).flatMap(({ names }) => names);
  expect(DOCKER.filter((name) => !own.includes(name))).toEqual([]);
  const all = FLAGS.flatMap(({ names }) => names);
  expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
});

test("every flag that is taken has a case here", () => {
  const lines = [...TAKEN, ...PODMAN].map(([flags]) => flags).concat(CLIENT);
  const used = new Set(lines.flatMap((flags) => flags.match(/(?<=^| )--?[\w-]+/g) ?? []));
  const missing = FLAGS.filter(
    ({ becomes, podman }) => becomes !== "refused" && becomes !== "gone" && !(podman && becomes === "client"),
  )
    .flatMap(({ names }) => names)
    .filter(
      (name) =>
        !used.has(name) &&
        ![...used].some((each) => /^-\w{2,}$/.test(each) && /^-\w$/.test(name) && each.includes(name[1]!)),
    );
  expect(missing).toEqual([]);
});

test("what the table says of the provider is what the engine layer refuses", () => {
  const said = FLAGS.filter(({ becomes }) => becomes === "refused by the provider").map(({ field }) => field);
  // The weight of block devices is a part of its field only.
  expect(said.filter((field) => field !== "blkioConfig").sort()).toEqual(
    Object.keys(REFUSED)
      .filter((field) => field !== "links" && field !== "kernelMemory")
      .sort(),
  );
});
