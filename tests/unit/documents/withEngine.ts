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
  /** Takes away what would be in the way of the next one. */
  after?: string;
}

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
];
