import { parseCompose } from "../../../../core/readers/compose";
import { pictureOfProject } from "../../../../core/writers/picture/ofProject";
import type { Picture } from "../../../../core/writers/picture/picture";

/** Fifty services on three networks, with long names, Chinese paths, many mounts, and ports in every depth. */
export const FIFTY = [
  "name: fifty",
  "services:",
  ...Array.from({ length: 50 }, (_, index) => {
    const lower = [index + 10, index + 17, 2 * index + 20].filter((other) => other < 50 && index % 3 !== 1);
    const long = index % 11 === 0 ? "-with-a-very-long-name-that-no-card-could-ever-hold" : "";
    const name = (other: number) =>
      `s${other}${other % 11 === 0 ? "-with-a-very-long-name-that-no-card-could-ever-hold" : ""}`;
    return [
      `  s${index}${long}:`,
      `    image: registry.example.com/team/department/s${index}${long}:1.${index}`,
      index % 13 === 12 ? "" : `    networks: [n${index % 3}${index % 7 === 0 ? `, n${(index + 1) % 3}` : ""}]`,
      index % 6 === 0 ? `    ports: ["${8000 + index}:80", "127.0.0.1:${9000 + index}:9000/udp"]` : "",
      index % 9 === 0
        ? `    ports: [${Array.from({ length: 12 }, (_unused, port) => `"${20000 + index * 20 + port * 2}:${port + 1}"`)}]`.replace(
            /^.*$/,
            index % 6 ? "$&" : "",
          )
        : "",
      lower.length ? "    depends_on:" : "",
      ...[...new Set(lower)].map((other) => `      ${name(other)}: {condition: service_healthy}`),
      index % 4 === 0 ? `    volumes: [shared:/srv/共享文件/用户上传/第${index}号, ./data/${index}:/data:ro]` : "",
      index % 10 === 3 ? `    volumes: [${Array.from({ length: 10 }, (_unused, nth) => `v${nth}:/mnt/${nth}`)}]` : "",
      index % 8 === 0 ? `    environment: {DB_PASSWORD: hunter2, A_TOKEN: hunter3}` : "",
      index % 12 === 5 ? "    deploy: {replicas: 4}" : "",
    ].filter(Boolean);
  }).flat(),
  "networks: {n0: {}, n1: {internal: true}, n2: {ipam: {config: [{subnet: 10.20.0.0/16}]}}}",
  `volumes: {shared: {}, ${Array.from({ length: 10 }, (_, nth) => `v${nth}: {}`).join(", ")}}`,
].join("\n");

/** The picture of them. */
export function fifty(): Picture {
  const project = parseCompose(FIFTY, { name: "fifty.yaml" }, { folder: "/srv", environment: {} });
  const picture = pictureOfProject(project, { folder: "/srv" });
  const warned = picture.cards[3]!.id;
  const text = "警告文字也要换行，不能超出图的宽度。 A warning may be long, and then it takes several lines. ".repeat(
    12,
  );
  return { ...picture, warnings: [{ text, card: warned }, { text: "a short one" }] };
}
