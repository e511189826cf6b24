import { Portainer } from "../components/portainer";
import { say } from "../core/description/say";
import { flag, password, port, readSettings, text } from "./lib/settings";

export const settings = {
  dockerSocket: flag(false, say`Give Portainer the engine's socket; whoever logs in there is then root on the host`),
  adminPassword: password(say`Password of the user admin, at least 12 characters; taken at the first start`),
  version: text("lts", say`Tag of the image`),
  image: text(undefined, say`Whole image reference, in place of version`),
  containerName: text("portainer", say`Name of the container`),
  port: port(9443, say`Host port of the web pages`),
  data: text("portainer_data", say`Volume name or host folder for users and settings`),
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
