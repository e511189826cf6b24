import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { parseImage } from "../core/description/names";
import { checkPort } from "../core/description/ports";
import type { ProjectDescription } from "../core/description/project";
import type { MountDescription, ServiceArgs } from "../core/description/types";
import { Project } from "./project";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link JenkinsWithNginx}. */
export interface JenkinsWithNginxArgs {
  /** Name of the project, in `docker compose ps` and the network's name. @default the component's name */
  projectName?: string;
  /**
   * Image of Jenkins.
   * @default "jenkinsci/blueocean", as documented; it is no longer kept up, "jenkins/jenkins:lts" is
   */
  jenkinsImage?: string;
  /** Folder of the host, or volume name, that holds Jenkins' data. @default "/home/jenkins/jenkins_home" */
  jenkinsHome?: string;
  /** Host port of Jenkins' web pages. @default 8080 */
  jenkinsPort?: number;
  /** Host port for build agents. @default 50000 */
  agentPort?: number;
  /**
   * Give Jenkins the engine's socket and the host's `docker` and `docker-compose`, as the note does. Whoever
   * can run a build is then root on the host.
   * @default false
   */
  dockerSocket?: boolean;
  /** Image of nginx. @default "nginx" */
  nginxImage?: string;
  /** Folder of the host with `conf.d`, `conf/nginx.conf`, `log` and `html`. @default "/data/nginx" */
  nginxFolder?: string;
  /** Host port of the site. @default 80 */
  httpPort?: number;
  /**
   * Port of the site for TLS, on the host and in the container; `"none"` publishes none.
   * @default 433, as documented; the usual port is 443
   */
  tlsPort?: number | "none";
  /** Everything else about the container `jenkins`; it wins over the arguments above. */
  jenkins?: Partial<ServiceArgs>;
  /** Everything else about the container `nginx`; it wins over the arguments above. */
  nginx?: Partial<ServiceArgs>;
}

/** What the note binds so that builds can use the host's engine. */
const DOCKER = ["/var/run/docker.sock", "/usr/bin/docker", "/usr/local/bin/docker-compose"];

/**
 * Jenkins and an nginx in front of it, as two containers of one Compose project. Documented setup C1.
 *
 * The note mounts Jenkins' data at `/var/jenkins_name`, where Jenkins keeps nothing: it would be lost with the
 * container. `/var/jenkins_home` is meant and used here. Mounting the Docker socket has to be asked for.
 *
 * @example
 * new JenkinsWithNginx("ci", { dockerSocket: true, tlsPort: 443 });
 *
 * @throws pulumi.ResourceError where a folder of the host is missing, before anything is made
 */
export class JenkinsWithNginx extends Project {
  constructor(name: string, args: JenkinsWithNginxArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("JenkinsWithNginx", name, args);
    const type = "berth:services:JenkinsWithNginx";
    const options = {
      services: { docker_jenkins: args.jenkins ?? {}, docker_nginx: args.nginx ?? {} },
      compose: { files: [], workingDir: process.cwd() },
    };
    super(
      name,
      reporter(type, name)(() => describe(name, args)),
      options,
      opts,
      type,
    );
  }
}

function describe(name: string, args: JenkinsWithNginxArgs): ProjectDescription {
  const {
    projectName = name,
    jenkinsImage = "jenkinsci/blueocean",
    jenkinsHome = "/home/jenkins/jenkins_home",
    jenkinsPort = 8080,
    agentPort = 50000,
    dockerSocket = false,
    nginxImage = "nginx",
    nginxFolder = "/data/nginx",
    httpPort = 80,
    tlsPort = 433,
  } = args;
  parseImage(jenkinsImage, "jenkinsImage");
  parseImage(nginxImage, "nginxImage");
  const tls = tlsPort === "none" ? [] : [{ published: checkPort(tlsPort, "tlsPort"), target: tlsPort }];
  const bind = (source: string, target = source): MountDescription => ({ type: "bind", source, target });
  const network = `${projectName}_default`;
  return {
    name: projectName,
    services: {
      docker_jenkins: {
        image: jenkinsImage,
        containerName: "jenkins",
        user: "root",
        restart: "always",
        ports: [
          { published: checkPort(jenkinsPort, "jenkinsPort"), target: 8080 },
          { published: checkPort(agentPort, "agentPort"), target: 50000 },
        ],
        volumes: [`${jenkinsHome}:/var/jenkins_home`, ...(dockerSocket ? DOCKER.map((path) => bind(path)) : [])],
        networks: [{ name: network, aliases: ["docker_jenkins"] }],
      },
      docker_nginx: {
        image: nginxImage,
        containerName: "nginx",
        user: "root",
        restart: "always",
        ports: [{ published: checkPort(httpPort, "httpPort"), target: 80 }, ...tls],
        volumes: [
          bind(`${nginxFolder}/conf.d`, "/etc/nginx/conf.d"),
          bind(`${nginxFolder}/conf/nginx.conf`, "/etc/nginx/nginx.conf"),
          bind(`${nginxFolder}/log`, "/var/log/nginx"),
          bind(`${nginxFolder}/html`, "/usr/share/nginx/html"),
        ],
        networks: [{ name: network, aliases: ["docker_nginx"] }],
      },
    },
    networks: { default: { name: network } },
    volumes: {},
    notices: [],
  };
}
