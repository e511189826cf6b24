import { NamedVolume } from "../components/namedVolume";
import { Service } from "../components/service";
import { say } from "../core/description/say";
import { readSettings, text } from "./lib/settings";

export const settings = {
  image: text("centos", say`Image of the containers of A12`),
  hostFolder: text(
    undefined,
    say`Host folder for the second data container; the note has /opt/centos-02. None: a volume named centos-02`,
  ),
  volume: text("my_volume", say`Name of the volume of A15`),
};

const IDLE = ["/bin/sh", "-c", "while true; do sleep 3600; done"];

/**
 * Volumes that containers share. Documented setups A12 and A15:
 * data containers (`-v /data -h centos-01`, `-v /opt/centos-02:/data -h centos-02`), a container that mounts
 * theirs (`--volumes-from docker-1`), and one volume in two containers
 * (`docker volume create my_volume`, `-v my_volume:/path`).
 * The note runs shells in the foreground (`-it`); here they have their terminal in the background. The image
 * of A15 is anybody's, so its containers idle.
 */
export function program() {
  const { image, hostFolder, volume } = readSettings("volumes", settings);
  const shell = { image, tty: true, stdinOpen: true };
  const idle = { image, command: IDLE };
  const first = new Service("docker-1", { ...shell, hostname: "centos-01", volumes: ["/data"] });
  const second = new Service("docker-2", {
    ...shell,
    hostname: "centos-02",
    volumes: [`${hostFolder ?? "centos-02"}:/data`],
  });
  const reader = new Service("docker02", { ...shell, volumesFrom: ["docker-1"] });
  const shared = new NamedVolume("my_volume", { name: volume });
  const writers = ["volume-1", "volume-2"].map(
    (name) => new Service(name, { ...idle, volumes: [`${shared.volumeName}:/path`] }),
  );
  return {
    containers: [first, second, reader, ...writers].map((service) => service.containerName),
    volume: shared.volumeName,
  };
}
