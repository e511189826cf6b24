/** A block that tests/live/pages.test.ts types on a real engine. */
export interface Typed {
  page: string;
  /** First command of the block. */
  first: string;
  /** What its reader has done before, or has already. */
  before?: string;
  /** What is typed where a command asks. */
  answers?: string;
  /** Folder in which it is typed, beside the checkout. */
  folder?: string;
  /** The folder holds a project of the reader's own, with the files of the page in it. */
  project?: boolean;
  /** It ends with an error, which the page shows. */
  fails?: boolean;
  /** It asks on a terminal only. */
  terminal?: boolean;
  /** What it needs beside an engine. */
  needs?: "cluster" | "go";
  /** Takes away what would be in the way of the next one. */
  after?: string;
}

/** Folders of the host that the pages name: tests/live/pages.test.ts makes them. */
export const FOLDERS = ["/srv/backups", "/home/ada"] as const;
const BACKUP = "berth-mysql-20261127-093000.tar";

const DESTROY_RUN = "npx berth destroy run --yes";

/** In this order: later blocks go on with what earlier ones have made. */
export const WITH_ENGINE: Typed[] = [
  {
    page: "README.md",
    first: "npm run package",
    after: "npx berth destroy dev --yes",
  },
  // Until here nothing has made a passphrase for the plain CLI, which this needs none of.
  { page: "README.md", first: "npm run up -- nginx" },
  { page: "README.md", first: "pulumi config set nginx:port 8080 --stack nginx" },
  {
    page: "README.md",
    first: "npm run destroy -- nginx",
    after: "npx berth pulumi config rm nginx:port --stack nginx",
  },
  { page: "docs/ci.md", first: "npx berth up nginx --yes" },
  { page: "docs/slow-networks.md", first: "npx berth doctor" },
  { page: "docs/how-it-works.md", first: "npx berth pulumi up --refresh" },
  {
    page: "docs/how-it-works.md",
    first: "npx berth rollback nginx",
    before: "npx berth pulumi config set nginx:port 8080 --stack nginx && npx berth up nginx --yes",
  },
  { page: "docs/how-it-works.md", first: "npx berth rollback nginx --end" },
  { page: "docs/newer-images.md", first: "npx berth outdated nginx" },
  {
    page: "docs/newer-images.md",
    first: "npx berth outdated nginx --lock",
    after: "npx berth pulumi config rm berth:images --stack nginx",
  },
  { page: "docs/offline.md", first: "npx berth images save nginx", after: "npx berth destroy nginx --yes" },
  {
    page: "docs/cli.md",
    first: "export PULUMI_CONFIG_PASSPHRASE_FILE=.berth/passphrase",
    after: "npx berth destroy nginx-staging --yes",
  },
  {
    page: "docs/compose.md",
    first: "npx berth pulumi stack init compose-shop",
    before: `mkdir ../shop; printf 'services:\\n  web:\\n    image: nginx:1.27\\n' | tee ../shop/docker-compose.yml > ../shop/production.yml`,
  },
  {
    page: "docs/compose.md",
    first: "npx berth export compose-shop --to compose",
    after: "npx berth destroy compose-shop --yes",
  },
  { page: "docs/docker-run.md", first: "npx berth pulumi stack init run" },
  {
    page: "docs/secrets.md",
    first: "npx berth pulumi config set --secret --path 'berth:commands[0]' --stack run",
    answers: "docker run -d --name web -e DB_PASSWORD=hunter2 nginx:1.27",
    after: DESTROY_RUN,
  },
  {
    page: "docs/secrets.md",
    first: "npx berth preview tomcat",
    answers: "hunter2",
  },
  { page: "docs/notes.md", first: "npx berth pulumi stack init notes", after: "npx berth destroy notes --yes" },
  {
    page: "docs/docker-run.md",
    first: "npx berth from-running web db",
    folder: "running",
    before:
      "docker run -d --name web -p 8080:80 -v web-data:/usr/share/nginx/html nginx:1.27; docker run -d --name db redis:alpine; docker run -d --name shop-cache --label com.docker.compose.project=shop --label com.docker.compose.service=cache --label com.docker.compose.oneoff=False redis:alpine",
    after: "docker rm -f shop-cache",
  },
  { page: "docs/adopting.md", first: "npx berth from-running web db --save shop", folder: "adopting" },
  {
    page: "docs/adopting.md",
    first: "npx berth pulumi cancel --stack dev",
    folder: "adopting/shop",
    after: "npx berth destroy dev --yes; docker volume rm web-data",
  },
  { page: "docs/ci.md", first: "npm ci", folder: "ci", before: "npx berth init . --ci" },
  {
    page: "docs/other-languages.md",
    first: "pulumi package add ./node_modules/pulumi-berth/cli/plugin/pulumi-resource-berth",
    folder: "languages",
    before:
      "printf 'name: web\\nruntime: go\\n' > Pulumi.yaml; printf 'module web\\n\\ngo 1.25\\n' > go.mod; npm install",
    needs: "go",
  },
  {
    page: "docs/backup.md",
    first: "npx berth backup mysql",
    before: `${["setup A10", "version 5.7"].map((setting) => `npx berth pulumi config set mysql:${setting} --stack mysql`).join("; ")}; npx berth up mysql --yes`,
  },
  {
    page: "docs/backup.md",
    first: `npx berth restore mysql ${FOLDERS[0]}/${BACKUP}`,
    before: `rm ${FOLDERS[0]}/*; npx berth backup mysql --to ${FOLDERS[0]}/${BACKUP}`,
    answers: "mysql\n",
    terminal: true,
  },
  {
    page: "docs/backup.md",
    first: `npx berth restore mysql ${BACKUP}`,
    // As on a machine that has never had it.
    before: `mv ${FOLDERS[0]}/${BACKUP} .; npx berth destroy mysql; npx berth pulumi stack rm mysql --yes; docker volume rm mysql`,
    fails: true,
  },
  {
    page: "docs/backup.md",
    first: "npx berth up mysql",
    after: "npx berth destroy mysql --yes; docker volume rm mysql",
  },
  // The lab's engine has a runtime of that name, which gives no GPUs.
  {
    page: "docs/gpu-servers.md",
    first: "npx berth pulumi stack init workspace",
    before:
      "printf 'config:\\n  workspace:image: debian-tools:lab\\n  workspace:runtime: nvidia\\n' > Pulumi.workspace.yaml",
    after: "npx berth destroy workspace --yes",
  },
  // Behind the name of another machine is this one: tests/live/pages.test.ts.
  { page: "docs/slow-networks.md", first: "DOCKER_HOST=ssh://ada@gpu1 npx berth doctor" },
  { page: "docs/slow-networks.md", first: "npx berth mirrors https://mirror.example https://other.example" },
  {
    page: "docs/offline.md",
    first: "npx berth bundle nginx",
    before:
      "git init -q; printf 'node_modules\\ntests\\n.*\\n*.tgz\\n*.tar\\n' > .git/info/exclude; git add .; git -c user.name=berth -c user.email=berth@localhost commit -q -m one",
  },
  {
    page: "docs/offline.md",
    first: "tar xf berth-nginx-linux-x64.tar && sh berth-bundle/unbundle",
    folder: "server",
    before: "mv ../checkout/berth-nginx-linux-x64.tar .",
  },
  {
    page: "docs/offline.md",
    first: ". ./berth/env && cd berth/project && pulumi up",
    folder: "server",
    after: "../berth destroy nginx --yes",
  },
  {
    page: "docs/swarm.md",
    first: "npx berth pulumi stack output join --show-secrets",
    folder: "swarm",
    project: true,
    before: "npx berth up dev",
    after: "npx berth destroy dev",
  },
  {
    page: "docs/swarm.md",
    first: "npx berth settings swarm",
    after: "npx berth destroy swarm",
  },
  {
    page: "docs/swarm.md",
    first: "pulumi config set berth:engine swarm --stack compose-shop",
    after:
      "npx berth destroy compose-shop; npx berth pulumi config rm berth:engine --stack compose-shop; docker swarm leave --force",
  },
  {
    page: "docs/kubernetes.md",
    first: "npm run up -- nginx",
    needs: "cluster",
    after: "npx berth destroy nginx; npx berth pulumi config rm berth:engine --stack nginx",
  },
  {
    page: "docs/kubernetes.md",
    first: "npx berth pulumi stack init manifests",
    needs: "cluster",
    // The lab has other versions of the images.
    before: "sed -i 's/redis:7.4/redis/; s/nginx:1.27/nginx/' stacks/manifests/guestbook.yaml",
    after: "npx berth destroy manifests",
  },
];
