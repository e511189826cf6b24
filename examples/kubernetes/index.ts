import { program, WebApp } from "pulumi-berth";

/** A Deployment of three pods and a Service on a port of every node. */
export = program(() => {
  const site = new WebApp("site", { image: "nginx:1.27", replicas: 3, nodePort: 32600 });
  return { url: site.url, deployment: site.deploymentName };
});
