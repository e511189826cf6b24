import { Portainer } from "../components/portainer";
import { flag, password, port, readSettings, text } from "./lib/settings";

export const settings = {
  dockerSocket: flag(false, "Give Portainer the engine's socket; whoever logs in there is then root on the host"),
  adminPassword: password("Password of the user admin, at least 12 characters; taken at the first start"),
  version: text("lts", "Tag of the image"),
  image: text(undefined, "Whole image reference, in place of version"),
  containerName: text("portainer", "Name of the container"),
  port: port(9443, "Host port of the web pages"),
  data: text("portainer_data", "Volume name or host folder for users and settings"),
};

/** Without the socket there is nothing to plan. */
export const sample = { "portainer:dockerSocket": "true" };

/** Portainer, web pages for the engine. Documented setup H6. */
export function program() {
  const { dockerSocket, image, version, ...given } = readSettings("portainer", settings);
  const web = new Portainer("portainer", {
    ...given,
    ...(image === undefined ? { version } : { image }),
    // Refused there, with the reason.
    dockerSocket: dockerSocket as true,
  });
  return { address: web.address, containerName: web.containerName };
}
