import { Namespace } from "../components/namespace";
import { WebApp } from "../components/webApp";
import { say } from "../core/description/say";
import { count, flag, list, port, readSettings, text } from "./lib/settings";

export const settings = {
  image: text("nginx:1.7.9", say`Image of the site; documented for the update: nginx:1.8`),
  replicas: count(1, say`Number of pods of each Deployment; documented for the update: 4`),
  nodePort: port(32600, say`Port of the site on every node`),
  namespaces: list(
    ["development", "production"],
    say`Namespaces to make, each with the same site on a port that is free`,
  ),
  safe: flag(
    false,
    say`Add berth's safe defaults, with which a rolling update loses no request; otherwise as documented`,
  ),
};

/** `kubernetes:` belongs to the provider: kubernetes:kubeconfig, kubernetes:context, kubernetes:namespace. */
export const namespace = "webapp";

/**
 * nginx as a Deployment behind a node port, and the same in two namespaces. Documented setups G1, G2, G4:
 * `kubectl apply -f nginx-deployment.yaml -f nginx-service.yaml`, `kubectl create namespace development`. G3, the
 * rolling update, is `webapp:image` and `webapp:replicas`. The documented objects have no probe and no way to end
 * softly: the safe defaults are switched off here, and `webapp:safe` switches them on.
 */
export function program() {
  const { image, replicas, nodePort, namespaces, safe } = readSettings(namespace, settings);
  const site = {
    name: "nginx-deployment",
    serviceName: "nginx-service",
    labels: { app: "nginx" },
    containerName: "nginx",
    image,
    replicas,
    port: 80,
    portName: "nginx-port",
    safeDefaults: safe,
  };
  const main = new WebApp("nginx", { ...site, nodePort });
  const others = namespaces.map((name) => {
    const app = new WebApp(`nginx-${name}`, { ...site, namespace: new Namespace(name), serviceType: "NodePort" });
    return [name, app.url];
  });
  return { url: main.url, deployment: main.deploymentName, service: main.serviceName, ...Object.fromEntries(others) };
}
