import { parseDockerRun } from "../../../../core/readers/dockerRun";
import { errorOf, marked, plain, run, world } from "./world";

describe("the command", () => {
  test.each([
    "docker run nginx",
    "$ docker run nginx",
    "# docker run nginx",
    "> docker run nginx",
    "[root@host ~]# docker run nginx",
    "ann@host:~/x$ docker run nginx",
    "PS C:\\Users\\ann> docker run nginx",
    "(base) ann@gpu1:~$ docker run nginx",
    "(venv) (base) [ann@gpu1 ~]$ docker run nginx",
    "(base) PS C:\\Users\\ann> docker run nginx",
    "ann@host ~ % docker run nginx",
    "ann@host ~/x> docker run nginx",
    "~/x $ docker run nginx",
    "bash-5.1# docker run nginx",
    "unix> docker run nginx",
    "\u279c  ~ docker run nginx",
    "\u279c  x git:(main) \u2717 docker run nginx",
    "\u276f docker run nginx",
    "C:\\>docker.exe run nginx",
    "sudo docker run nginx",
    "sudo -E -u root docker run nginx",
    "A=1 B='x y' docker run nginx",
    "time sudo /usr/bin/docker container run nginx",
    "docker create nginx",
    "docker container create nginx",
    "podman run nginx",
    "docker run -- nginx",
    "  docker   run\tnginx  # a web server",
    "# a comment\n\ndocker run nginx\n",
    "docker run \\\n  nginx",
    "docker run `\n  nginx",
    "docker run ^\r\n  nginx",
  ])("%j", (line) => {
    expect(run(line).service).toEqual({ image: "nginx" });
  });

  test("nvidia-docker is the runtime", () => {
    expect(run("nvidia-docker run nginx").service).toEqual({ image: "nginx", runtime: "nvidia" });
  });

  // As its own script has it: in front of the line's flags, which win.
  test("NV_GPU chooses the GPUs of nvidia-docker", () => {
    const environment = (line: string) => run(line).service.environment;
    expect(environment("NV_GPU=0,1 nvidia-docker run nginx")).toEqual({ NVIDIA_VISIBLE_DEVICES: "0,1" });
    expect(environment("NV_GPU='0 1' nvidia-docker run -e A=b nginx")).toEqual({
      NVIDIA_VISIBLE_DEVICES: "0,1",
      A: "b",
    });
    expect(environment("NV_GPU=0 nvidia-docker run -e NVIDIA_VISIBLE_DEVICES=2 nginx")).toEqual({
      NVIDIA_VISIBLE_DEVICES: "2",
    });
    expect(environment("NV_GPU=0 docker run nginx")).toBeUndefined();
    const { notices } = run("NV_GPU=0 nvidia-docker run -d nginx");
    expect(notices.map(({ at }) => at)).toEqual(["nvidia-docker", "NV_GPU"]);
  });

  test("flags stop at the image; the rest is the command, word for word", () => {
    expect(run(`docker run -d ubuntu -p 80:80 sh -c 'echo "a  b"' ""`).service).toEqual({
      image: "ubuntu",
      command: ["-p", "80:80", "sh", "-c", 'echo "a  b"', ""],
    });
  });

  test("a boolean takes no word: false is the image", () => {
    expect(run("docker run --privileged false").service).toEqual({ image: "false", privileged: true });
  });

  test("variables in front are docker's, not the shell's", () => {
    expect(run("A=1 docker run -e A nginx").service.environment).toEqual({ A: "1" });
    expect(errorOf(() => run("A=1 docker run -e B=$A nginx")).message).toContain("the variable A is not set");
  });

  test("DOCKER_DEFAULT_PLATFORM is a platform", () => {
    const { service, notices } = run("DOCKER_DEFAULT_PLATFORM=linux/arm64 docker run nginx");
    expect(service.platform).toBe("linux/arm64");
    expect(notices.map(({ at }) => at)).toContain("DOCKER_DEFAULT_PLATFORM");
  });

  test("flags of the client in front of the command are told", () => {
    const { service, notices } = run("docker -H tcp://host:2375 --context=x -D run -d nginx");
    expect(service).toEqual({ image: "nginx" });
    expect(notices.map(({ at }) => at)).toEqual(["-H", "--context", "-D"]);
  });
});

test("a whole line", () => {
  expect(
    parseDockerRun(
      `docker run -d --name nginx01 -p 666:80 -v ./html:/usr/share/nginx/html:ro -e "TZ=Asia/Shanghai" --restart=always nginx:1.27`,
      plain,
    ),
  ).toEqual({
    name: "nginx01",
    service: {
      image: "nginx:1.27",
      containerName: "nginx01",
      ports: ["666:80"],
      volumes: ["/project/html:/usr/share/nginx/html:ro"],
      environment: { TZ: "Asia/Shanghai" },
      restart: "always",
    },
    volumes: {},
    notices: [],
  });
});

test("a volume with a driver, options or labels is defined", () => {
  const { volumes } = run(
    `docker run --volume-driver rexray -v data:/a -v /b:/b --mount 'src=nfs,dst=/c,volume-driver=local,volume-opt=type=nfs,"volume-opt=o=addr=10.0.0.1,rw",volume-label=a=b' nginx`,
  );
  expect(volumes).toEqual({
    data: { name: "data", driver: "rexray" },
    nfs: { name: "nfs", driver: "local", driverOpts: { type: "nfs", o: "addr=10.0.0.1,rw" }, labels: { a: "b" } },
  });
});

test.each<[string, string, string]>([
  ["-v /a:/b:delegated", "-v", "Docker Desktop"],
  ["--mount type=bind,src=/a,dst=/b,consistency=cached", "--mount", "Docker Desktop"],
  ["--network host -p 80:80", "-p", "docker discards published ports"],
  ["--network none -P", "-P", "docker discards published ports"],
  ["--cpu-quota=-1", "--cpu-quota", "no limit"],
  ["--shm-size 10.24g", "--shm-size", "10.24g becomes 10486m on Docker"],
  ["-m 8073741824", "-m", "8073741824 becomes 7700m on Docker"],
  ["-m 1g --memory-swap 1500000k", "--memory-swap", "1500000k becomes 1465m on Docker"],
])("%s: a notice at %s", (flags, at, text) => {
  const { notices } = run(`docker run -d ${flags} nginx`);
  expect(notices.find((notice) => notice.at === at)?.text).toContain(text);
});

test("what was meant for a terminal, and the end of the line, is told", () => {
  expect(run("docker run -i nginx > /dev/null").notices.map(({ at }) => at)).toEqual(["> /dev/null", "docker run"]);
  expect(run("docker run --rm nginx").notices.map(({ at }) => at)).toEqual(["--rm", "docker run"]);
  expect(run("docker run -p 80:80 nginx").notices).toEqual([]);
  expect(run("docker run -m 512m --memory-swap -1 --shm-size 1g nginx").notices).toEqual([]);
});

// what stands behind the image, the flags among it that are docker's
test.each<[string, string[]]>([
  ["-p 80:80", ["-p"]],
  ["--name web -dp 127.0.0.1:80:80/tcp -it", ["-dp", "-it"]],
  ["-v ./a:/b:ro --volume=data:/c", ["-v", "--volume"]],
  ["--restart=always --publish 80:80", ["--restart", "--publish"]],
  ["-v http://proxy:8080 -v https://x/y", []],
  ["-c max_connections=200 -p 5433 -v 3 --name s1 -d --restart", []],
  ["docker run -p 80:80 nginx", []],
])("nginx %s: a warning at %j", (words, flags) => {
  const { service, notices } = run(`docker run -d nginx ${words}`);
  expect(service.command).toEqual(words.split(" "));
  expect(notices.map(({ level, at }) => [level, at])).toEqual(flags.map((flag) => ["warning", flag]));
});

test("a name alone in a label file is left out and told, as docker does", () => {
  const { service, notices } = run("docker run -d --label-file l nginx", world({ l: "a=1\nalone\n" }));
  expect(service.labels).toEqual({ a: "1" });
  expect(notices.map(({ at, text }) => `${at} ${text}`)).toContainEqual(expect.stringMatching(/^--label-file alone /));
});

// line, what the mark stands under, what the message says
test.each<[string, string, string]>([
  ["docker run", "^", "image: is missing"],
  ["", "^", "there is no command"],
  ["# only a comment", "^", "there is no command"],
  ["ls -l", "ls", "not a command that can be read"],
  ["docker-compose up", "docker-compose", "give the compose file"],
  ["docker compose up", "compose", "give the compose file"],
  ["docker ps", "ps", "not a command"],
  ["docker network create x", "network", "makes no container"],
  ["docker run --nme x nginx", "--nme", "did you mean --name?"],
  ["docker run -name x nginx", "-name", "did you mean --name?"],
  ["docker run -rm nginx", "-rm", "did you mean --rm?"],
  ["docker run -dz nginx", "-dz", "-z: is not a flag of docker run"],
  ["docker run --unheard-of nginx", "--unheard-of", "is not a flag of docker run"],
  ["docker run ---x nginx", "---x", "is no flag"],
  ["docker run --=x nginx", "--=x", "is no flag"],
  ["docker run -e", "-e", "needs a value"],
  ["docker run --name", "--name", "needs a value"],
  ["docker run --privileged=maybe nginx", "--privileged=maybe", "neither true nor false"],
  ["docker create -d nginx", "-d", "is a flag of docker run"],
  ["docker run Nginx", "Nginx", "lower case"],
  ["docker run \u2013name web nginx", "\u2013name", "(U+2013), which docker takes for the image; write --name"],
  ["docker run -p 8080\uff1a80 nginx", "\uff1a", "holds \uff1a (U+FF1A), which only looks like :; write :."],
  ["docker run -e \u201cA=a b\u201d nginx", "\u201d", 'holds \u201d (U+201D), which only looks like "; write ".'],
  ["docker run --restart\uff1dalways nginx", "\uff1d", "holds \uff1d (U+FF1D), which only looks like =; write =."],
  ["docker run -e A=b NGINX\u00a0x", "NGINX", "lower case"],
  ["docker run <image>", "<image>", "placeholder"],
  ["docker run nginx:", "nginx:", "not an image reference"],
  ["docker run nginx:[version]", "nginx:[version]", '[version] in "nginx:[version]" stands for something else'],
  ["docker run nginx:@VERSION@", "nginx:@VERSION@", '@VERSION@ in "nginx:@VERSION@" stands for something else'],
  ["docker run app/web:{{ version }}", "app/web:{{", '{{ in "app/web:{{" stands for something else'],
  ["docker run -v {host-folder}:/data nginx", "{host-folder}:/data", '"{host-folder}" stands for something else'],
  ["docker run --name [your-name] nginx", "[your-name]", '"[your-name]" stands for something else'],
  ["docker run --network {net} nginx", "{net}", '"{net}" stands for something else'],
  ["docker run nginx:%TAG%", "nginx:%TAG%", '%TAG% in "nginx:%TAG%" stands for something else'],
  ["docker run -e A=b ... nginx", "...", "stands for what was left out here"],
  ["docker run --p 80:80 nginx", "--p", "did you mean -p?"],
  ["docker run -v /a:c:\\\\b nginx", "/a:c:\\\\b", "path of Windows"],
  ["docker run --platform foo nginx", "foo", "is not a platform"],
  ["docker run --pull sometimes nginx", "sometimes", "missing, always or never"],
  ["docker run -e =x nginx", "=x", "names no variable"],
  ["docker run -e 'A B=1' nginx", "A B=1", "not a variable name"],
  ["docker run --env-file nope nginx", "nope", "cannot read /project/nope (ENOENT)"],
  ["docker run --label-file nope nginx", "nope", "cannot read /project/nope (ENOENT)"],
  ["docker run -l =x nginx", "=x", "name of a label"],
  ["docker run -w srv nginx", "srv", "not an absolute path"],
  ["docker run --restart sometimes nginx", "sometimes", "not a restart policy"],
  ["docker run --restart always:3 nginx", "always:3", "takes no number of tries"],
  ["docker run --restart on-failure:x nginx", "on-failure:x", "not a number of tries"],
  ["docker run --rm --restart always nginx", "always", "excludes --rm"],
  ["docker run -d -a stdin nginx", "stdin", "excludes -d"],
  ["docker run -a tty nginx", "tty", "not a stream"],
  ["docker run --stop-timeout -1 nginx", "-1", "without an end"],
  ["docker run --health-interval 5 nginx", "5", "add the unit: 5s"],
  ["docker run --health-interval=-5s nginx", "-5s", "cannot be negative"],
  ["docker run --health-interval 1d nginx", "1d", "not a duration"],
  ["docker run --health-retries -1 nginx", "-1", "0 or more"],
  ["docker run --no-healthcheck --health-cmd x nginx", "x", "excludes --no-healthcheck"],
  ["docker run --network '' nginx", "''", "names no network"],
  ["docker run --network a1 --network a1 nginx", "a1", "joined twice"],
  ["docker run --network a1 --network host nginx", "host", "cannot be combined"],
  ["docker run --network name=a1,foo=bar nginx", "name=a1,foo=bar", "not a part of a network"],
  ["docker run --network alias=x nginx", "alias=x", "names no network"],
  ["docker run --network name=a1,gw-priority=x nginx", "name=a1,gw-priority=x", "not a priority"],
  ["docker run --network name=a1,driver-opt=x nginx", "name=a1,driver-opt=x", "not an option of a driver"],
  ["docker run --network name=a1,alias=x --network-alias y nginx", "y", "keep one of them"],
  ["docker run --network host --network-alias y nginx", "y", "only on user-defined networks"],
  ["docker run --ip 172.20.0.5 nginx", "172.20.0.5", "only on user-defined networks"],
  ["docker run --network a1 --ip fd00::1 nginx", "fd00::1", "other IP version"],
  [
    "docker run --mac-address 02:42:ac:11:00:02 nginx",
    "02:42:ac:11:00:02",
    "belong to; add --network with the name of one.",
  ],
  ["docker run --memory-swap 2g nginx", "2g", "needs a memory limit; set --memory too."],
  ["docker run --network a1 --mac-address zz nginx", "zz", "not a MAC address"],
  ["docker run --network container:a -p 80:80 nginx", "80:80", "publish them on the container"],
  ["docker run --network container:a --expose 80 nginx", "80", "cannot be combined"],
  ["docker run --network container:app -h web nginx", "web", "cannot be set"],
  ["docker run --network host --link db nginx", "db", "cannot be combined"],
  ["podman run --network slirp4netns nginx", "slirp4netns", "mode of podman"],
  ["docker run --link a:b:c nginx", "a:b:c", "not a link"],
  ["docker run -p 8080:99999 nginx", "8080:99999", '"99999" is not a container port'],
  ["docker run -p x:80 nginx", "x:80", '"x" is not a host port'],
  ["docker run -p80:80/foo nginx", "80:80/foo", "not a protocol"],
  ["docker run -p 80: nginx", "80:", "names no port of the container"],
  ["docker run -p 300.0.0.1:80:80 nginx", "300.0.0.1:80:80", "not an IP address"],
  ["docker run -p 8000-9000:80 nginx", "8000-9000:80", "any free port of 8000-9000"],
  ["docker run -p 80-81:80-82 nginx", "80-81:80-82", "ranges of one length"],
  ["docker run -p 90-80:80 nginx", "90-80:80", "runs backwards"],
  ["docker run -p target=80,foo=1 nginx", "target=80,foo=1", "not a part of a port"],
  ["docker run -p 80:80 -p 80:81 nginx", "80:81", "published twice"],
  ["docker run --expose 80:80 nginx", "80:80", "not a port to expose"],
  ["docker run --add-host db nginx", "db", "not host:address"],
  ["docker run --add-host db:x nginx", "db:x", "not an IP address"],
  ["docker run --dns example.com nginx", "example.com", "not an IP address"],
  ["docker run -v C:\\\\a:/a nginx", "C:\\\\a:/a", "path of Windows"],
  ["docker run -v a/b:/c nginx", "a/b:/c", "write ./a/b for a folder"],
  ["docker run -v '~/a:/a' nginx", "~/a:/a", "only at the beginning of a word"],
  ["docker run -v data:a nginx", "data:a", "not an absolute path"],
  ["docker run -v a:b:c:d nginx", "a:b:c:d", "path of Windows"],
  ["docker run -v aa:/b:ro:d nginx", "aa:/b:ro:d", "is not a volume"],
  ["docker run -v /a:/b:foo nginx", "/a:/b:foo", "not an option of a bind mount"],
  ["docker run -v /a:/b:ro,rw nginx", "/a:/b:ro,rw", "exclude one another"],
  ["podman run -v /a:/b:U nginx", "/a:/b:U", "option of podman"],
  ["docker run -v /a:/x -v /b:/x nginx", "/b:/x", "mounted twice"],
  ["docker run -v /a:/x --tmpfs /x nginx", "/x", "mounted by volumes too"],
  ["docker run -v /x --volume-driver foo nginx", "foo", "has no name"],
  ["docker run --mount type=bind,src=a,dst=/b nginx", "type=bind,src=a,dst=/b", "write ./a"],
  ["docker run --mount type=bind,dst=/b nginx", "type=bind,dst=/b", "names no folder"],
  ["docker run --mount type=bind,src=/a nginx", "type=bind,src=/a", "names no place"],
  ["docker run --mount type=foo,dst=/b nginx", "type=foo,dst=/b", "not a kind of mount"],
  ["docker run --mount type=image,src=x,dst=/b nginx", "type=image,src=x,dst=/b", "mount of type image"],
  ["docker run --mount 'type=bind, src=/a' nginx", "type=bind, src=/a", "blanks around"],
  ["docker run --mount type=bind,src=,dst=/b nginx", "type=bind,src=,dst=/b", "src is empty"],
  ["docker run --mount type=bind,dst nginx", "type=bind,dst", "not key=value"],
  ["docker run --mount foo=bar nginx", "foo=bar", "not a part of a mount"],
  ["docker run --mount src=data,dst=/b,volume-subpath=../x nginx", "src=data,dst=/b,volume-subpath=../x", "inside the"],
  ["docker run --mount source=/a,target=/b nginx", "source=/a,target=/b", "add type=bind"],
  ["docker run \u2013d nginx", "\u2013d", "write -d."],
  ["docker run \u2014name web nginx", "\u2014name", "write --name."],
  ["docker run --mount dst=/b,volume-subpath=x nginx", "dst=/b,volume-subpath=x", "name the volume"],
  [
    "docker run --mount src=data,dst=/b,bind-propagation=shared nginx",
    "src=data,dst=/b,bind-propagation=shared",
    "bind- options",
  ],
  [
    "docker run --mount type=bind,src=/a,dst=/b,bind-recursive=disabled nginx",
    "type=bind,src=/a,dst=/b,bind-recursive=disabled",
    "bind-recursive",
  ],
  ["docker run --mount dst=/b,volume-label=a nginx", "dst=/b,volume-label=a", "without a name"],
  ["docker run --mount type=tmpfs,dst=/b,tmpfs-mode=9 nginx", "type=tmpfs,dst=/b,tmpfs-mode=9", "not a mode"],
  ["docker run --mount 'dst=\"/b\"' nginx", 'dst="/b"', "double quote"],
  ["docker run --gpus device=0,1 nginx", "device=0,1", `'"device=0,1"'`],
  ["docker run --gpus some nginx", "some", "not a number of GPUs"],
  ["docker run --gpus 0 nginx", "0", "no GPU"],
  ["docker run --gpus foo=1 nginx", "foo=1", "not a part of a GPU request"],
  ["docker run --gpus '' nginx", "''", "is empty"],
  ["docker run --device fuse nginx", "fuse", "not an absolute path"],
  ["docker run --ulimit foo=1 nginx", "foo=1", "is not a limit"],
  ["docker run --ulimit nofile=2:1 nginx", "nofile=2:1", "above the hard limit"],
  ["docker run --sysctl kernel.x=1 nginx", "kernel.x=1", "takes no kernel parameter"],
  ["docker run --security-opt foo nginx", "foo", "not a security option"],
  ["docker run --security-opt seccomp=nope nginx", "seccomp=nope", "cannot read /project/nope"],
  ["docker run --storage-opt size nginx", "size", "not a storage option"],
  ["docker run --log-driver none --log-opt a=b nginx", "a=b", "logging driver none"],
  ["docker run -m 1x nginx", "1x", "not a size"],
  ["docker run -m 1m nginx", "1m", "below Docker's minimum"],
  ["docker run --memory-swap 1g nginx", "1g", "needs a memory limit"],
  ["docker run --cpus many nginx", "many", "not a number of processors"],
  ["docker run --cpus 1 --cpu-quota 5000 nginx", "1", "excludes --cpu-period and --cpu-quota"],
  ["docker run -c x nginx", "x", "not a whole number"],
  ["docker run --device-read-bps sda:1 nginx", "sda:1", "not a device and a rate"],
  ["docker run --ipc foo nginx", "foo", "is not known"],
  ["docker run --userns foo nginx", "foo", "is not known"],
  ["docker run --uts host -h web nginx", "web", "excludes --uts host"],
])("%s", (line, place, text) => {
  const error = errorOf(() => run(line));
  expect(error.name).toBe("ArgumentError");
  expect(error.message).toContain(text);
  // At the end of the line there is nothing to stand under.
  expect(place === "^" ? error.offset : marked(error)).toBe(place === "^" ? line.length : place);
});

test("a group's number is a variable of zsh alone", () => {
  expect(errorOf(() => run("docker run -u $UID:$GID nginx")).message).toContain("the variable GID is not set");
});

test("the mark stands on the right row, and long rows are cut around it", () => {
  const error = errorOf(() => run(`docker run -d \\\n  -p 1:99999 \\\n  nginx`));
  expect(error.message.split("\n").slice(1)).toEqual(["    -p 1:99999 \\", "       ^^^^^^^"]);
  const long = errorOf(() => run(`docker run ${"-e A=1 ".repeat(60)} -p x ${"-e A=1 ".repeat(60)} nginx`));
  const [, row, carets] = long.message.split("\n");
  expect(row!.length).toBeLessThan(120);
  expect(row![carets!.indexOf("^")]).toBe("x");
});

test("a secret is not shown in an error", () => {
  const error = errorOf(() => run("docker run -e MYSQL_ROOT_PASSWORD=hunter2 -e 'API_TOKEN=a b' -p x nginx"));
  expect(error.message).not.toMatch(/hunter2|a b/);
  expect(marked(error)).toBe("x");
});

describe("characters that are not what they look like", () => {
  // docker takes them as they stand
  test.each<[string, string, string]>([
    ["-v /data\uff1a/data", "-v", "U+FF1A"],
    ["-e TZ\uff1dx", "-e", "U+FF1D"],
    ["-e \u201cTZ=x\u201d", "-e", "U+201C"],
    ["-e TZ=\u2018x\u2019", "-e", "U+2018"],
    ["-e TZ=a\u00a0b", "-e", "U+00A0"],
    ["-e TZ=a\u200bb", "-e", "U+200B"],
    ["-l 'a=b\uff0cc'", "-l", "U+FF0C"],
  ])("%j: a warning at %s that names %s, and nothing else", (flags, at, code) => {
    const { notices } = run(`docker run -d ${flags} nginx`);
    expect(notices).toEqual([{ level: "warning", at, text: expect.stringContaining(code) }]);
  });

  test.each([
    "-e 'TITLE=\u8bf4\u660e\uff1a\u597d'",
    "-e 'TITLE=he said \u201chi\u201d'",
    "-l 'title=a\u00a0b'",
    "-e TITLE=caf\u00e9",
    "-e A=1\u20132",
  ])("%j is text, and nothing is said", (flags) => {
    expect(run(`docker run -d ${flags} nginx`).notices).toEqual([]);
  });

  test("blanks that no shell knows are blanks where docker would fail, and so are those that nobody sees none", () => {
    const { service, notices } = run("docker run -d\u00a0-e 'A=b\u00a0c'\u3000-p 80:80 \u200bnginx");
    expect(service).toEqual({ image: "nginx", environment: { A: "b\u00a0c" }, ports: ["80:80"] });
    expect(notices).toEqual([{ level: "note", at: "U+00A0", text: "is no blank to a shell, and is read as one" }]);
    expect(run("docker run -d \u200bnginx").notices).toEqual([
      { level: "note", at: "U+200B", text: "is not to be seen, and is left out" },
    ]);
  });
});

describe("a secret whose value is not known", () => {
  const later = { ...plain, secretsLater: true };

  test.each([
    "-e API_TOKEN=$NOPE",
    "-e API_TOKEN=$(cat x)",
    "-e API_TOKEN=<your token>",
    '-e "API_TOKEN=Bearer $NOPE"',
  ])("%s is left to a setting where the line is only printed", (flag) => {
    expect(Object.keys(run(`docker run -d ${flag} nginx`, later).service.environment!)).toEqual(["API_TOKEN"]);
    expect(errorOf(() => run(`docker run -d ${flag} nginx`)).message).not.toContain("is a secret");
  });

  test("by its name alone, too", () => {
    const { service, notices } = run("docker run -d -e API_TOKEN nginx", later);
    expect([service.environment, notices]).toEqual([{ API_TOKEN: "$API_TOKEN" }, []]);
    expect(run("docker run -d -e API_TOKEN nginx").service.environment).toEqual({ API_TOKEN: null });
  });

  // Nothing of it may get to where it would be printed.
  test.each([
    ["docker run -e URL=$NOPE nginx", "the variable NOPE is not set"],
    ["docker run -l API_TOKEN=$NOPE nginx", "the variable NOPE is not set"],
    ["docker run nginx:$NOPE", "the variable NOPE is not set"],
    ["docker run nginx env API_TOKEN=$(cat x)", "cat would have to run"],
    ["docker run -e ALLOW_EMPTY_PASSWORD=$NOPE nginx", "the variable NOPE is not set"],
    ["URL=$NOPE docker run -e URL nginx", "the variable NOPE is not set"],
  ])("%s is refused all the same", (line, text) => {
    expect(errorOf(() => run(line, later)).message).toContain(text);
  });
});
