import { BridgeNetwork, program, Service } from "pulumi-berth";

/** Two containers that find one another by name, on a network with a subnet of its own. */
export = program(() => {
  // docker network create --driver bridge --subnet 192.168.0.0/16 --gateway 192.168.0.1 mynet
  const mynet = new BridgeNetwork("mynet", { subnet: "192.168.0.0/16", gateway: "192.168.0.1" });
  const command = ["sleep", "infinity"];
  // docker run -d --name one --network mynet --ip 192.168.0.10 busybox:1.37 sleep infinity
  const networks = [{ name: mynet.networkName, ipv4Address: "192.168.0.10" }];
  const one = new Service("one", { image: "busybox:1.37", command, networks });
  // docker run -d --name two --network mynet busybox:1.37 sleep infinity
  const two = new Service("two", { image: "busybox:1.37", command, networks: [mynet.networkName] });
  return { containers: [one.containerName, two.containerName] };
});
