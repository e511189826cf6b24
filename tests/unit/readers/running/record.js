// Records anew what an engine says of the containers of lines.ts: node tests/unit/readers/running/record.js. Needs an
// engine at DOCKER_HOST with the images of the lab (tests/live/lab/lab.sh), and removes what it makes.
require("sucrase/register/ts");
const { spawnSync } = require("node:child_process");
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { AROUND, LINES, named, REMOVED } = require("./lines");

const shell = (line) => spawnSync("sh", ["-c", line], { encoding: "utf8" });
const json = (line) => JSON.parse(shell(line).stdout || "[]");

/** Nothing of the machine, and nothing that is another one each time. */
function container({ Id, Name, Image, Config, HostConfig, Mounts, NetworkSettings }) {
  const networks = Object.entries(NetworkSettings.Networks).map(([name, { EndpointID: _, ...rest }]) => [name, rest]);
  return {
    Id,
    Name,
    Image,
    Config,
    HostConfig,
    Mounts: Mounts.map(({ Source: _, ...mount }) => mount),
    NetworkSettings: { Ports: NetworkSettings.Ports, Networks: Object.fromEntries(networks) },
  };
}

for (const line of [...REMOVED, ...AROUND]) shell(line);
const answers = {};
const images = new Map();
const networks = new Map();
const volumes = new Map();
const names = {};
const host = json("docker info -f '{{json .}}'").Name;
for (const [index, line] of LINES.entries()) {
  const whole = named(line, index);
  const name = /--name (\S+)/.exec(whole)[1];
  // What does not start here is there all the same, and is read as it was made.
  const { stderr } = shell(whole);
  const [found] = json(`docker container inspect ${name}`);
  if (!found) console.error(`${whole}: ${stderr}`);
  else {
    answers[line] = container(found);
    names[found.Id] = name;
    const [image] = json(`docker image inspect ${found.Image}`);
    const { Id, RepoTags, RepoDigests, Architecture, Os, Config } = image;
    images.set(Id, { Id, RepoTags, RepoDigests, Architecture, Os, Config });
    for (const network of Object.keys(found.NetworkSettings.Networks)) {
      const [{ Name, Driver, Options, Labels, IPAM, Internal, Attachable, EnableIPv6 }] = json(
        `docker network inspect ${network}`,
      );
      const read = { Name, Driver, Options, Labels, IPAM, Internal, Attachable, EnableIPv6 };
      if (!["bridge", "host", "none"].includes(network)) networks.set(Name, { Id: "0", ...read });
    }
    for (const { Name } of found.Mounts.filter(({ Type }) => Type === "volume")) {
      const [volume] = json(`docker volume inspect ${Name}`);
      volumes.set(Name, { Name, Driver: volume.Driver, Options: volume.Options, Labels: volume.Labels });
    }
  }
  shell(`docker rm -f -v ${name}`);
}
const [peer] = json("docker container inspect berth-running-peer");
names[peer.Id] = "berth-running-peer";
for (const line of REMOVED) shell(line);
shell("docker volume rm berth-running-data berth-running-redis");

const { Architecture, CgroupVersion, DefaultRuntime, LoggingDriver, ServerVersion } =
  json("docker info -f '{{json .}}'");
const head = {
  info: { Name: "engine", Architecture, CgroupVersion, DefaultRuntime, LoggingDriver, ServerVersion },
  names,
  images: [...images.values()],
  networks: [...networks.values()],
  volumes: [...volumes.values()],
};
const entries = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
const rows = Object.entries(answers).map(([line, answer]) => `${JSON.stringify(line)}: ${JSON.stringify(answer)}`);
// One line for each answer, so that a change shows as what it is.
const text = `{${entries.join(",\n")},\n"answers": {\n${rows.join(",\n")}\n}}\n`;
writeFileSync(join(__dirname, "recorded.json"), text.replaceAll(`"Hostname":"${host}"`, '"Hostname":"engine"'));
console.log(`${rows.length} of ${LINES.length} lines`);
