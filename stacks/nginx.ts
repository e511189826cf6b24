import { Nginx, type NginxArgs } from "../components/nginx";
import { say } from "../core/description/say";
import { choice, list, portOr, readSettings, text } from "./lib/settings";

/** The documented `docker run` lines, each by its catalogue row. */
const SETUPS = {
  // docker run -d --name nginx01 -p 666:80 nginx
  A1: { containerName: "nginx01", port: 666 },
  // docker run -d -p 8080:80 --name web-server nginx
  A2: { containerName: "web-server", port: 8080 },
  // docker run --name web -d -p 80:80 nginx
  "A2-web": { containerName: "web", port: 80 },
  // docker run -d -p 90:80 --name mynginx1 nginx
  "A2-mynginx1": { containerName: "mynginx1", port: 90 },
  // docker run -d -P --name mynginx nginx
  A3: { containerName: "mynginx", port: "free" },
  // docker run -d -P --name nginx01 -v /etc/nginx nginx
  A4: { containerName: "nginx01", port: "free", volumes: ["/etc/nginx"] },
  // docker run -d -P --name nginx02 -v juming-nginx:/etc/nginx nginx
  A5: { containerName: "nginx02", port: "free", volumes: ["juming-nginx:/etc/nginx"] },
  // docker run -d -P --name nginx03 -v /etc/nginx:/etc/nginx nginx
  A6: { containerName: "nginx03", port: "free", volumes: ["/etc/nginx:/etc/nginx"] },
  // docker run -d -P --name nginx05 -v juming:/etc/nginx:ro nginx
  A7: { containerName: "nginx05", port: "free", volumes: ["juming:/etc/nginx:ro"] },
  // The note gives both of these the name nginx05; they cannot run side by side, so this is another setup.
  "A7-rw": { containerName: "nginx05", port: "free", volumes: ["juming:/etc/nginx:rw"] },
  // docker run -d -v $(pwd):/root -p 80:80 --name nginx nginx
  A8: { containerName: "nginx", port: 80, volumes: [".:/root"] },
} satisfies Record<string, NginxArgs>;

export const settings = {
  setup: choice(Object.keys(SETUPS) as (keyof typeof SETUPS)[], "A1", say`Which documented line to run`),
  image: text("nginx", say`Image reference`),
  containerName: text(undefined, say`Name of the container; the documented one by default`),
  port: portOr(["free", "none"], say`Host port of the site in place of the documented one`),
  volumes: list([], say`Mounts, in place of the documented ones`),
};

/** nginx on a host port. Documented setups A1 to A8. */
export function program() {
  const { setup, image, containerName, port, volumes } = readSettings("nginx", settings);
  const documented: NginxArgs = SETUPS[setup];
  const web = new Nginx("nginx", {
    image,
    containerName: containerName ?? documented.containerName,
    port: port ?? documented.port,
    volumes: volumes.length ? volumes : documented.volumes,
  });
  return { url: web.siteUrl, containerName: web.containerName, endpoints: web.endpoints };
}
