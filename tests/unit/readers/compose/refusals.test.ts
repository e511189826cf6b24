import { folder, refused, refusedService } from "./compose";

// Reviewed one by one: the place is where the value stands, and each reason is true of Compose or of the engine.
test.each<[file: string, message: string]>([
  ["", ': is empty; begin with "services:".'],
  ["# only\n", ': is empty; begin with "services:".'],
  ["a", ':1:1: is not a mapping at the top level; begin with "services:".'],
  ["services: [a]", ":1:1: services: must be a mapping, and is a list; write key: value."],
  [
    "services:\n  a:\n    image: 5",
    ":3:12: services.a.image: must be a string, and is a number; write text, in quotes where it looks like a number or like true.",
  ],
  [
    "services:\n  a:\n    image: x\n    port: [80]",
    ":4:5: services.a.port: is not a field that Compose knows here; write ports if that is what you mean.",
  ],
  [
    "services:\n  a: {image: x, container_name: same}\n  b: {image: x}\n  c: {image: x, container_name: same}",
    ":4:33: services.c.container_name: same is the container name of a too; give each a name of its own.",
  ],
  // Characters that look like others.
  [
    "services:\n  a:\n    image\uff1anginx",
    ":3:5: services.a: holds \uff1a (U+FF1A), which only looks like :; write :.",
  ],
  [
    "services:\n  a:\n    image: x\n    ports: ['80\uff1a80']",
    ":4:13: services.a.ports[0]: holds \uff1a (U+FF1A), which only looks like :; write :.",
  ],
  ["services:\n  a:\n    image: nginx\u200b", ":3:12: services.a.image: holds U+200B, which nobody sees; remove it."],
  [
    "services:\n  a:\n    image: x\n    \u3000tty: true",
    ":4:5: services.a.\u3000tty: holds U+3000, which is no plain blank; write a plain blank.",
  ],
  [
    "services:\n\u00a0\u00a0a:\n    image: x",
    ":2:1: the row begins with a blank that is none to YAML; write plain blanks in front of it.",
  ],
  [
    "services:\n  a: {}\n",
    ":2:3: services.a: has neither an image nor a build context; set image or build, or name the file that this one adds to before it.",
  ],
  [
    "services:\n  a:\n    image: x\n    image: y\n",
    ":4:5: services.a.image: is there twice, first in line 3; remove one of them.",
  ],
  ["a: !!binary aGk=\nservices: {}", ":1:13: a: has the tag !!binary, which means nothing here; remove the tag."],
  [
    "services:\n  a: {image: x, labels: {1: b}}",
    ":2:26: services.a.labels: the key 1 is not text; put the key in quotes.",
  ],
  [
    "x: [a\n",
    ":2:1: is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]; mend the text there.",
  ],
  ["services:\n  a:\n\timage: x\n", ":3:1: is not YAML: Tabs are not allowed as indentation; use blanks in its place."],
  [
    'services:\n  a:\n    image: "x\n    tty: true\n',
    ':3:12: is not YAML: Missing closing "quote; mend the text there.',
  ],
  [
    "services:\n  a: {image: @x}",
    ":2:14: is not YAML: Plain value cannot start with reserved character @; put the value in quotes.",
  ],
  [
    "services:\n  a:\n    image: x\n   tty: true\n",
    ":4:1: is not YAML: All mapping items must start at the same column; mend the text there.",
  ],
  ["web: {image: x}", ":1:1: web: is not a section of a compose file; put web below services:."],
  [
    "services:\n  a:\n    image:x\n",
    ":3:5: services.a: must be a mapping, and is a string; put a blank behind the colon: image: x.",
  ],
  [
    "services:\n  a: {image: x, ports: [-80:80]}\n  b:\n    ports:\n      -80:80\n",
    ":5:7: services.b.ports: must be a list, and is a string; put a blank behind each -.",
  ],
  [
    "services:\n  a: {image: x, environment: [A: b]}",
    ":2:31: services.a.environment[0]: must be a string, and is a mapping; write A=b without the blank.",
  ],
  [
    "services:\n  a: {image: x, stop_grace_period: 10}",
    ":2:36: services.a.stop_grace_period: must be a string, and is a number; add the unit: 10s.",
  ],
  ["services:\n  a: {image: *no}", ":2:14: services.a.image: *no names no anchor above it; write &no first."],
  [
    "services:\n  a:\n    image: ${A:?needed}\n",
    ":3:12: services.a.image: the required variable A is missing a value: needed; set it in the environment or in .env.",
  ],
  [
    "include: [nope.yml]\nservices:\n  a:\n    image: nginx\n\n",
    ":1:11: include[0]: cannot read <folder>/nope.yml (ENOENT); create it, or name another file.",
  ],
  [
    "include: [compose.yaml]\nservices:\n  a:\n    image: nginx\n\n",
    ":1:11: include[0]: goes round in a circle: compose.yaml includes compose.yaml; take one include out.",
  ],
  [
    "include: ['oci://x/y']\nservices:\n  a:\n    image: nginx\n\n",
    ":1:11: include[0]: oci://x/y is not on this machine, and berth fetches nothing; copy the file and name the copy.",
  ],
  [
    "include: x\nservices:\n  a:\n    image: nginx\n\n",
    ':1:10: include: must be a list; write a list, each item behind a "-".',
  ],
  [
    "include: [{path: x, file: y}]\nservices:\n  a:\n    image: nginx\n\n",
    ":1:27: include[0].file: is not a field of an include; use path, project_directory, env_file.",
  ],
  [
    "services:\n  a b: {image: x}",
    ":2:3: services.a b: is not a name that Compose takes; use letters, digits, '.', '_' and '-'.",
  ],
  [
    "version: 3\nservices:\n  a:\n    image: nginx\n\n",
    ":1:10: version: must be a string, and is a number; write text, in quotes where it looks like a number or like true.",
  ],
  [
    "name: 5\nservices:\n  a:\n    image: nginx\n\n",
    ":1:7: name: must be a string, and is a number; write text, in quotes where it looks like a number or like true.",
  ],
])("%j is refused", (file, message) => {
  expect(refused(file)).toBe(`compose.yaml${message.replace("<folder>", folder)}`);
});

test.each<[lines: string, rest: string, message: string]>([
  ["ports: [{target: x}]", "", ':4:22: services.a.ports[0].target: "x" is not a whole number; use digits only.'],
  [
    'ports: ["80:x"]',
    "",
    ':4:13: services.a.ports[0]: "80:x" is no port: x; use "666:80", "127.0.0.1:666:80", "80" or "53:53/udp".',
  ],
  [
    'ports: ["3000-3010:80"]',
    "",
    ":4:13: services.a.ports[0].published: the range 3000-3010 lets Compose pick one host port by chance, which no plan can show; name one host port, or none for a free one.",
  ],
  [
    'ports: ["1-2:1-3"]',
    "",
    ':4:13: services.a.ports[0]: "1-2:1-3" maps 2 host ports to 3 container ports; use ranges of one length.',
  ],
  [
    'ports: ["80/icmp"]',
    "",
    ':4:13: services.a.ports[0]: "80/icmp" has no known protocol; end it with /tcp, /udp or /sctp.',
  ],
  [
    "volumes: [data:/x]",
    "",
    ':4:15: services.a.volumes[0]: service "a" refers to undefined volume data; add data: under the top-level volumes:, or begin the source with ./ for a folder.',
  ],
  [
    'volumes: ["v:/data:ro"]',
    "volumes: {v: }",
    ':4:15: services.a.volumes[0]: Compose reads "v:/data" as a path of Windows, with v for the drive; give the volume a name of two letters or more.',
  ],
  [
    'volumes: ["a:b:c:d"]',
    "",
    ':4:15: services.a.volumes[0].target: "a:b:c:d" is not an absolute path; begin the container path with /.',
  ],
  [
    "volumes: [{type: image, source: x, target: /x}]",
    "",
    ":4:22: services.a.volumes[0].type: image needs the engine's mounts of images, which the Docker provider cannot say; use volume, bind or tmpfs.",
  ],
  [
    "volumes: [{type: npipe, source: x, target: /x}]",
    "",
    ":4:22: services.a.volumes[0].type: npipe is for Windows only; use volume, bind or tmpfs.",
  ],
  [
    "volumes: [{type: volume, source: v, target: /x, bind: {selinux: z}, volume: {subpath: s}}]",
    "volumes: {v: }",
    ":4:91: services.a.volumes[0].volume.subpath: cannot be said together with selinux; keep one of them.",
  ],
  [
    "volumes: [{type: bind, target: /x}]",
    "",
    ":4:15: services.a.volumes[0]: a bind needs a source; name the path of the host.",
  ],
  [
    "volumes: [./a:x]",
    "",
    ':4:15: services.a.volumes[0].target: "x" is not an absolute path; begin the container path with /.',
  ],
  [
    "networks: [n]",
    "",
    ':4:16: services.a.networks.n: service "a" refers to undefined network n; add n under the top-level networks.',
  ],
  [
    "networks: {net: {ipv4_address: 1.2.3}}",
    "networks: {net: }",
    ':4:36: services.a.networks.net.ipv4_address: "1.2.3" is not an IP address; use for example "192.168.0.1" or "fd00::1".',
  ],
  [
    "network_mode: host\nnetworks: [n]",
    "networks: {n: }",
    ":5:5: services.a.networks: excludes network_mode; keep one of them.",
  ],
  [
    "network_mode: service:b",
    "",
    ':4:19: services.a.network_mode: service "a" depends on undefined service "b"; name a service of this project.',
  ],
  [
    "depends_on: [b]",
    "",
    ':4:18: services.a.depends_on.b: service "a" depends on undefined service "b"; name a service of this project.',
  ],
  ["depends_on: [a]", "", ":4:5: services.a.depends_on: dependency cycle: a -> a; take one depends_on out."],
  [
    "secrets: [s]",
    "",
    ':4:15: services.a.secrets[0]: service "a" refers to undefined secret s; add s under the top-level secrets.',
  ],
  [
    "secrets: [s]",
    "secrets: {s: {external: true}}",
    ":5:25: secrets.s.external: a secret that is external needs a Swarm, and there is none on a single engine; give a file or environment.",
  ],
  [
    "configs: [s]",
    "configs: {s: {external: true}}",
    ":5:25: configs.s.external: a config that is external needs a Swarm, and there is none on a single engine; give a file or environment.",
  ],
  ["", "secrets: {s: {}}", ":5:11: secrets.s: needs one of file, environment; say where its text comes from."],
  [
    "",
    "configs: {s: {file: a, content: b}}",
    ":5:11: configs.s: file and content exclude one another; keep one of file, environment, content.",
  ],
  [
    "secrets: [s]",
    "secrets: {s: {driver: d}}",
    ":5:23: secrets.s.driver: needs a Swarm, and there is none on a single engine; remove it, and give a file or environment.",
  ],
  ["credential_spec: {file: x}", "", ":4:5: services.a.credential_spec: is for Windows containers only; remove it."],
  [
    "models: [m]",
    "models: {m: {model: x}}",
    ":4:5: services.a.models: needs Docker's model runner, which is no container; run the model as a service.",
  ],
  [
    "provider: {type: x}",
    "",
    ":4:5: services.a.provider: needs a program of its own in place of a container; remove the service, or give it an image.",
  ],
  [
    "post_start: [{command: x}]",
    "",
    ":4:5: services.a.post_start: runs commands in a running container, which berth does not; put them into the image's entrypoint.",
  ],
  [
    "pre_stop: [{command: x}]",
    "",
    ":4:5: services.a.pre_stop: runs commands in a running container, which berth does not; put them into the image's entrypoint.",
  ],
  [
    "use_api_socket: true",
    "",
    ":4:21: services.a.use_api_socket: hands the engine's socket and your logins to the container, which berth does not; mount /var/run/docker.sock where you mean it.",
  ],
  ["cpu_count: 2", "", ":4:16: services.a.cpu_count: is for Windows containers only; use cpus."],
  ["cpu_percent: 5", "", ":4:18: services.a.cpu_percent: is for Windows containers only; use cpus."],
  [
    "blkio_config: {weight_device: [{path: /x, weight: 5}]}",
    "",
    ":4:20: services.a.blkio_config.weight_device: cannot be said to the Docker provider; use weight.",
  ],
  [
    "blkio_config: {weight: 5}",
    "",
    ":4:28: services.a.blkio_config.weight: 5 is not a whole number in range; use 10 to 1000.",
  ],
  [
    "build: {context: ., ssh: [default]}",
    "",
    ":4:25: services.a.build.ssh: needs BuildKit's own client; copy what is needed into the context.",
  ],
  [
    "build: {context: ., secrets: [s]}",
    "",
    ":4:25: services.a.build.secrets: needs BuildKit's own client; pass what is not secret as args.",
  ],
  [
    "build: {context: ., additional_contexts: {a: b}}",
    "",
    ":4:25: services.a.build.additional_contexts: needs BuildKit's own client, and berth sends one folder; copy what is needed into the context.",
  ],
  [
    "build: {context: ., entitlements: [a]}",
    "",
    ":4:25: services.a.build.entitlements: needs BuildKit's own client; remove it.",
  ],
  [
    "build: {context: ., cache_to: [a]}",
    "",
    ":4:25: services.a.build.cache_to: needs BuildKit's own client; remove it.",
  ],
  [
    "build: {context: ., dockerfile: a, dockerfile_inline: b}",
    "",
    ":4:59: services.a.build.dockerfile_inline: excludes dockerfile; keep one of them.",
  ],
  [
    "build: https://github.com/a/b.git",
    "",
    ":4:12: services.a.build.context: https://github.com/a/b.git is not a folder of this machine, and berth fetches nothing; clone it and name the folder.",
  ],
  [
    "build: {context: ., ulimits: {a: 1}}",
    "",
    ":4:25: services.a.build.ulimits: cannot be set by berth for a build; remove it.",
  ],
  [
    "build: {context: ., isolation: x}",
    "",
    ":4:36: services.a.build.isolation: is for Windows containers only; remove it.",
  ],
  [
    "pull_policy: daily",
    "",
    ":4:18: services.a.pull_policy: daily depends on the time of day, which a plan cannot; use always, missing or never.",
  ],
  [
    "pull_policy: build",
    "",
    ":4:18: services.a.pull_policy: build needs a build section; use always, missing or never.",
  ],
  [
    "scale: 2\ncontainer_name: abc",
    "",
    ":4:12: services.a.scale: asks for 2 containers, and container_name is one name; remove container_name, or set it to 1.",
  ],
  ["scale: 2\ndeploy: {replicas: 3}", "", ":4:12: services.a.scale: differs from deploy.replicas; keep one of them."],
  ["scale: -1", "", ":4:12: services.a.scale: must be greater than or equal to 0; raise it."],
  [
    "cpus: 1\ndeploy: {resources: {limits: {cpus: '2'}}}",
    "",
    ":4:11: services.a.cpus: differs from services.a.deploy.resources.limits.cpus; give both the same value, or keep one place.",
  ],
  [
    "mem_limit: 1g\ndeploy: {resources: {limits: {cpus: '2'}}}",
    "",
    ":4:16: services.a.mem_limit: differs from services.a.deploy.resources.limits.memory, which is not set; give both the same value, or keep one place.",
  ],
  [
    "deploy: {resources: {reservations: {devices: [{capabilities: [tpu]}]}}}",
    "",
    ":4:51: services.a.deploy.resources.reservations.devices[0]: asks for devices that are no GPUs (tpu); add the capability gpu, name their driver, or use devices.",
  ],
  [
    "gpus: [{count: 1, device_ids: ['0']}]",
    "",
    ":4:12: services.a.gpus[0]: count and device_ids exclude one another; keep one of them.",
  ],
  [
    "healthcheck: {test: [curl]}",
    "",
    ':4:19: services.a.healthcheck.test: ["curl"] does not begin with a kind of check; begin with "CMD" or "CMD-SHELL", followed by the command.',
  ],
  [
    "healthcheck: {interval: soon}",
    "",
    ':4:29: services.a.healthcheck.interval: "soon" is not a duration; use for example "30s", "1m30s" or "500ms".',
  ],
  [
    "restart: sometimes",
    "",
    ':4:14: services.a.restart: "sometimes" is not known; use no, always, unless-stopped, on-failure.',
  ],
  [
    "mem_limit: much",
    "",
    ':4:16: services.a.mem_limit: "much" is not a size; use bytes or a unit, for example "512m" or "2g".',
  ],
  ["memswap_limit: 1g", "", ":4:20: services.a.memswap_limit: needs a memory limit; set mem_limit too."],
  [
    "environment: [' =x']",
    "",
    ":4:19: services.a.environment[0]: \" \" is not a variable name; use a name without '=' and spaces.",
  ],
  ["init: maybe", "", ':4:11: services.a.init: "maybe" is not true or false; use true or false.'],
  [
    "command: 'a \"b'",
    "",
    ':4:14: services.a.command: "a \\"b" cannot be split into words (Got EOF while in a quoted string); close the quotes, or give a list.',
  ],
  [
    "hostname: <HOST>",
    "",
    ':4:15: services.a.hostname: "<HOST>" stands for something else; put the value that you want in its place.',
  ],
  [
    "volumes: ['%%LOGS%%/a:/b']",
    "",
    ':4:15: services.a.volumes[0]: %%LOGS%% in "%%LOGS%%/a" stands for something else; put the value that you want in its place.',
  ],
  [
    "env_file: nope.env",
    "",
    ":4:5: services.a.env_file[0]: cannot read <folder>/nope.env (ENOENT); create it, or set required: false.",
  ],
  [
    "env_file: [{path: x, format: y}]",
    "",
    ":4:34: services.a.env_file[0].format: y is no format that Compose knows; use raw, or remove it.",
  ],
  [
    "label_file: nope",
    "",
    ":4:17: services.a.label_file[0]: cannot read <folder>/nope (ENOENT); create it, or name another file.",
  ],
  ["extends: a", "", ":4:14: services.a.extends: goes round in a circle: a extends a; take one extends out."],
  ["extends: b", "", ":4:14: services.a.extends: there is no service b in compose.yaml; name one of its services."],
  [
    "extends: {file: nope.yml, service: b}",
    "",
    ":4:21: services.a.extends.file: cannot read <folder>/nope.yml (ENOENT); create it, or name another file.",
  ],
  [
    "extends: {file: https://x/y, service: b}",
    "",
    ":4:21: services.a.extends.file: https://x/y is not on this machine, and berth fetches nothing; copy the file and name the copy.",
  ],
  [
    "",
    "volumes: {v: {external: true, driver: x}}",
    ":5:39: volumes.v.driver: cannot be set on a volume that is external; remove it, or external.",
  ],
  [
    "volumes: ['C:\\x:/x']",
    "",
    ":4:15: services.a.volumes[0].source: C:\\x is a path of Windows; name a path of a Linux host.",
  ],
  ["userns_mode: keep", "", ':4:18: services.a.userns_mode: "keep" is not known; use host.'],
  ["stop_signal: 'x y'", "", ':4:18: services.a.stop_signal: "x y" is not a signal; use for example "SIGTERM".'],
  ["devices: ['a:b:c:d']", "", ':4:15: services.a.devices[0]: "a:b:c:d" has too many colons; use the long form.'],
  [
    "environment: {D: 2020-01-01}",
    "",
    ":4:22: services.a.environment.D: 2020-01-01 is a point in time in YAML, which Compose would pass on in another form; put it in quotes.",
  ],
  [
    "mac_address: zz",
    "",
    ':4:18: services.a.mac_address: "zz" is not a MAC address; use for example "02:42:ac:11:00:02".',
  ],
  [
    "restrt: always",
    "",
    ":4:5: services.a.restrt: is not a field that Compose knows here; write restart if that is what you mean.",
  ],
  [
    "volumes: {a: b}",
    "",
    ":4:5: services.a.volumes: must be a list, and is a mapping; write a list, each item behind a -.",
  ],
  ["ulimits: {nofile: x}", "", ':4:23: services.a.ulimits.nofile: "x" is not a whole number; use digits only.'],
  ["tmpfs: [/x]\nvolumes: ['/x']", "", ":4:5: services.a.tmpfs: /x is mounted by volumes too; keep one of them."],
  [
    "volumes: [{type: bind, source: ., target: /x, bind: {recursive: disabled}}]",
    "",
    ":4:69: services.a.volumes[0].bind.recursive: cannot be said to the Docker provider; remove it, or use enabled.",
  ],
  [
    "volumes_from: [b]",
    "",
    ':4:20: services.a.volumes_from[0]: service "a" depends on undefined service "b"; name a service of this project.',
  ],
  [
    "links: ['b:c']",
    "",
    ':4:13: services.a.links[0]: service "a" depends on undefined service "b"; name a service of this project.',
  ],
  [
    "secrets: [{source: s, mode: '9'}]",
    "secrets: {s: {file: ./x}}",
    ':4:33: services.a.secrets[0].mode: "9" is no octal mode; use for example 0440.',
  ],
  [
    "deploy: {resources: {limits: {memory: lots}}}",
    "",
    ':4:43: services.a.deploy.resources.limits.memory: "lots" is not a size; use bytes or a unit, for example "512m" or "2g".',
  ],
  [
    "hostname: a_b.c\nuser: 'a b'",
    "",
    ':5:11: services.a.user: "a b" is not a user; use a name or number, or "user:group".',
  ],
])("a service with %j is refused", (lines, rest, message) => {
  expect(refusedService(lines, rest)).toBe(`compose.yaml${message.replace("<folder>", folder)}`);
});
