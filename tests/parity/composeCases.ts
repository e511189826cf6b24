/** A compose file of compose/ with what it is read with. */
export interface ComposeCase {
  /** The first one names the case. */
  files: string[];
  profiles?: string[];
  environment?: Record<string, string>;
  /** What is on the engine already. */
  networks?: string[];
  volumes?: string[];
  containers?: string[];
  /** How berth refuses it, though Compose takes it. */
  refused?: string;
}

export const COMPOSE_CASES: ComposeCase[] = [
  { files: ["01-web.yaml"] },
  { files: ["02-volumes.yaml"] },
  { files: ["03-networks.yaml"] },
  { files: ["04-depends.yaml"] },
  { files: ["05-deploy.yaml"] },
  { files: ["06-secrets.yaml"], environment: { API_TOKEN: "abc123" } },
  { files: ["07-configs.yaml"], environment: { SITE_NAME: "example.com", MOTD: "welcome" } },
  { files: ["08-profiles.yaml"] },
  { files: ["08-profiles.yaml"], profiles: ["debug"] },
  { files: ["08-profiles.yaml"], profiles: ["all"] },
  { files: ["09-extends.yaml"] },
  { files: ["10-include.yaml"] },
  { files: ["11-merge.yaml"] },
  { files: ["11-merge.yaml", "parts/11-override.yaml"] },
  { files: ["12-anchors.yaml"] },
  { files: ["13-env-file.yaml"], environment: { FROM_SHELL: "yes" } },
  { files: ["14-network-mode-service.yaml"] },
  { files: ["15-volumes-from.yaml"], containers: ["archive"] },
  { files: ["16-links.yaml"] },
  { files: ["17-expose.yaml"] },
  { files: ["18-scale.yaml"] },
  { files: ["19-healthcheck.yaml"] },
  { files: ["20-logging.yaml"] },
  { files: ["21-ulimits.yaml"] },
  { files: ["22-gpus.yaml"] },
  { files: ["23-build.yaml"] },
  { files: ["24-interpolation.yaml"], environment: { TAG: "1.27", PASSWORD: "p$w" } },
  { files: ["25-names.yaml"] },
  { files: ["26-external.yaml"], networks: ["shared"], volumes: ["prod_pgdata"] },
  { files: ["27-rights.yaml"] },
  { files: ["28-devices.yaml"] },
  { files: ["29-dns.yaml"] },
  { files: ["30-namespaces.yaml"] },
  { files: ["31-limits.yaml"] },
  { files: ["32-labels.yaml"] },
  { files: ["33-commands.yaml"] },
  { files: ["34-terminal.yaml"] },
  { files: ["35-drivers.yaml"] },
  { files: ["36-modes.yaml"], containers: ["archive"] },
  { files: ["37-blkio.yaml"] },
  { files: ["38-platform.yaml"] },
  { files: ["39-project-name.yaml"] },
  { files: ["40-wordpress.yaml"] },
  { files: ["41-proxy.yaml"] },
  { files: ["42-default-network.yaml"] },
  { files: ["43-addresses.yaml"] },
  { files: ["44-volume-options.yaml"] },
  { files: ["45-extensions.yaml"] },
  { files: ["46-overlay-of-anchors.yaml"] },
  { files: ["47-endpoint.yaml"] },
  { files: ["48-subpath.yaml"] },
  { files: ["49-processes.yaml"] },
  { files: ["50-weights.yaml"] },
  { files: ["51-namespaces.yaml"], refused: "the Docker provider cannot set the UTS namespace" },
  { files: ["52-numbers.yaml"] },
  { files: ["53-network-mode.yaml"], networks: ["mynet"] },
  { files: ["54-host-ports.yaml"] },
  {
    files: ["55-external-links.yaml"],
    containers: ["db"],
    refused: "links are legacy and the Docker provider cannot make them",
  },
];

/** One line that names a case. */
export const titleOf = ({ files, profiles = [] }: ComposeCase): string =>
  [...files, ...profiles.map((profile) => `--profile ${profile}`)].join(" ");
