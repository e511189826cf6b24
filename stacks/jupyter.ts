import * as pulumi from "@pulumi/pulumi";
import { JupyterHub } from "../components/jupyterHub";
import { JupyterServer } from "../components/jupyterServer";
import { choice, flag, password, passwords, port, readSettings, text } from "./lib/settings";
import { say } from "../core/description/say";

export const settings = {
  setup: choice(["lab", "notebook", "hub"], "lab", say`What to run`),
  password: password(say`Password of lab or notebook; of hub that of its admin`),
  admin: text("kevin", say`Who administers hub`),
  users: passwords(say`Further users of hub, each with a password`),
  image: text(undefined, say`Image with Jupyter; Jupyter's own by default, hub needs one with JupyterLab in it`),
  port: port(undefined, say`Host port; 8888 by default, of hub 443`),
  data: text(undefined, say`Volume name or host folder for the notebooks, of hub for the homes; a volume by default`),
  notebookDir: text(undefined, say`Folder that the file browser shows; / by default, of hub ~`),
  certificate: text(undefined, say`PEM file of the certificate; without one lab and notebook serve HTTP`),
  key: text(undefined, say`PEM file of its key`),
  behindProxy: flag(false, say`A proxy in front of hub does TLS`),
};

/** Jupyter Lab or Notebook behind a password, or JupyterHub. Documented setup E5. */
export function program() {
  const given = readSettings("jupyter", settings);
  const { setup, image, data, certificate, key } = given;
  if ((certificate === undefined) !== (key === undefined))
    throw new pulumi.RunError(
      say`jupyter:${key === undefined ? "key" : "certificate"}: is not set; certificate and key go together, set both or none.`,
    );
  const tls = certificate === undefined ? undefined : { certificate, key: key! };
  if (setup === "hub") {
    if (image === undefined)
      throw new pulumi.RunError(
        say`jupyter:image: is not set; hub needs an image with JupyterHub and JupyterLab, set one with \`pulumi config set jupyter:image NAME\`.`,
      );
    if (tls === undefined && !given.behindProxy)
      throw new pulumi.RunError(
        say`jupyter:certificate: is not set; set it and jupyter:key, or jupyter:behindProxy where a proxy does TLS.`,
      );
    const hub = new JupyterHub("hub", {
      image,
      users: { ...given.users, [given.admin]: given.password },
      admins: [given.admin],
      adminAccess: true,
      port: given.port,
      homes: data,
      notebookDir: given.notebookDir,
      tls: tls ?? "none",
    });
    return { address: hub.address, containerName: hub.containerName };
  }
  const server = new JupyterServer(setup, {
    interface: setup,
    password: given.password,
    image,
    port: given.port,
    data,
    ip: "*",
    notebookDir: given.notebookDir ?? "/",
    tls,
  });
  return { address: server.address, containerName: server.containerName };
}
