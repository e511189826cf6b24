import * as pulumi from "@pulumi/pulumi";
import { Elasticsearch, Mysql, Nginx, program } from "pulumi-berth";

const config = new pulumi.Config();
const rootPassword = config.requireSecret("rootPassword");

/** nginx, MySQL and Elasticsearch, each with a port; the data is in volumes that outlive the containers. */
export = program(() => {
  // docker run -d --name web -p 8080:80 nginx:1.27
  const web = new Nginx("web", { version: "1.27", port: 8080 });
  // docker run -d --name db -p 3306:3306 -v db-data:/var/lib/mysql -e MYSQL_ROOT_PASSWORD=... mysql:8.4
  const db = new Mysql("db", { version: "8.4", port: 3306, data: "db-data", rootPassword });
  // docker run -d --name search -p 9200:9200 -v search-data:/usr/share/elasticsearch/data -e discovery.type=single-node ...
  const search = new Elasticsearch("search", { version: "7.6.2", data: "search-data", heap: { max: "512m" } });
  return { site: web.siteUrl, login: db.login, search: search.httpUrl };
});
