import { say } from "../core/description/say";
import { sessionFor } from "../core/engines/dockerApi/session";
import { JenkinsWithNginx } from "../components/jenkinsWithNginx";
import { flag, port, portOr, readSettings, text } from "./lib/settings";

export const settings = {
  dockerSocket: flag(false, say`Give Jenkins the engine's socket and client, as the note does; builds are then root`),
  jenkinsImage: text("jenkinsci/blueocean", say`Image of Jenkins`),
  jenkinsHome: text("/home/jenkins/jenkins_home", say`Folder of the host, or volume, with Jenkins' data`),
  jenkinsPort: port(8080, say`Host port of Jenkins`),
  agentPort: port(50000, say`Host port for build agents`),
  nginxImage: text("nginx", say`Image of nginx`),
  nginxFolder: text("/data/nginx", say`Folder of the host with conf.d, conf/nginx.conf, log and html`),
  httpPort: port(80, say`Host port of the site`),
  tlsPort: portOr(["none"], say`Port of the site for TLS, 433 as documented; 443 is most likely meant`),
};

/**
 * Jenkins with an nginx beside it. Documented setup C1: the data lies at /var/jenkins_home, not at the note's
 * /var/jenkins_name, and the Docker socket is mounted only where `jenkins:dockerSocket` says so.
 */
export function program() {
  const { tlsPort = 433, ...given } = readSettings("jenkins", settings);
  const project = new JenkinsWithNginx("jenkins", { ...given, tlsPort });
  const { hostname } = sessionFor();
  return {
    jenkins: `http://${hostname}:${given.jenkinsPort}`,
    site: `http://${hostname}:${given.httpPort}`,
    containers: project.containerNames,
  };
}
