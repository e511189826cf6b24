import { Elasticsearch } from "../components/elasticsearch";
import { say } from "../core/description/say";
import { port, readSettings, text } from "./lib/settings";

export const settings = {
  version: text("7.6.2", say`Tag of the image`),
  containerName: text("elasticsearch", say`Name of the container`),
  heapMin: text("64m", say`Java heap at the start`),
  heapMax: text("512m", say`Java heap at the most`),
  memory: text(undefined, say`Memory limit of the container`),
  httpPort: port(9200, say`Host port of the HTTP interface`),
  transportPort: port(9300, say`Host port of the transport`),
  data: text(undefined, say`Volume name or host folder for the data; none, as documented`),
};

/**
 * One Elasticsearch node. Documented setup A11:
 * `docker run -d --name elasticsearch -p 9200:9200 -p 9300:9300 -e "discovery.type=single-node"
 * -e ES_JAVA_OPTS="-Xms64m -Xmx512m" elasticsearch:7.6.2`
 */
export function program() {
  const { heapMin, heapMax, ...rest } = readSettings("elasticsearch", settings);
  const node = new Elasticsearch("elasticsearch", { ...rest, heap: { min: heapMin, max: heapMax } });
  return { url: node.httpUrl, containerName: node.containerName };
}
