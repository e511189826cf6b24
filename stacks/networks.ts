import { BridgeNetwork } from "../components/bridgeNetwork";
import { Service } from "../components/service";
import { say } from "../core/description/say";
import { list, readSettings, text } from "./lib/settings";

export const settings = {
  subnet: text("192.168.0.0/16", say`Block of mynet`),
  gateway: text("192.168.0.1", say`Address of the host on mynet`),
  test1: list(["mynet", "my-bridge"], say`Networks of test1`),
  test2: list(["mynet", "my-bridge"], say`Networks of test2`),
};

/**
 * User-defined networks and the other network modes. Documented setups B1 to B3 and A13:
 * `docker network create --driver bridge --subnet 192.168.0.0/16 --gateway 192.168.0.1 mynet`,
 * `docker network create -d bridge my-bridge`, `docker network connect my-bridge test1` / `test2`, and
 * `docker run -d --name test2 -e hostname=host busybox /bin/sh -c "while true; do sleep 3600; done"`.
 * Joining and leaving a network leaves the containers alone. The note writes `--getway`.
 */
export function program() {
  const { subnet, gateway, test1, test2 } = readSettings("networks", settings);
  const mynet = new BridgeNetwork("mynet", { subnet, gateway });
  const bridge = new BridgeNetwork("my-bridge");
  const idle = {
    image: "busybox",
    command: ["/bin/sh", "-c", "while true; do sleep 3600; done"],
    environment: { hostname: "host" },
  };
  const services = [
    new Service("test1", { ...idle, networks: test1 }),
    new Service("test2", { ...idle, networks: test2 }),
    new Service("on-bridge", { ...idle, networkMode: "bridge" }),
    new Service("on-host", { ...idle, networkMode: "host" }),
    new Service("on-none", { ...idle, networkMode: "none" }),
    new Service("beside-test1", { ...idle, networkMode: "container:test1" }),
  ];
  return {
    networks: [mynet.networkName, bridge.networkName],
    containers: services.map((service) => service.containerName),
  };
}
