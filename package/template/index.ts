import { Nginx, program } from "pulumi-berth";

/** web. */
export = program(() => {
  const web = new Nginx("web", { version: "1.27", port: 8080 });
  return { url: web.siteUrl, containerName: web.containerName, endpoints: web.endpoints };
});
