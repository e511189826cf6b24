import { PodWithLifecycle } from "../components/podWithLifecycle";
import { WebApp } from "../components/webApp";
import { say } from "../core/description/say";
import { count, readSettings, text } from "./lib/settings";

export const settings = {
  image: text("nginx", say`Image of the Pod and of the site`),
  fetcherImage: text("busybox", say`Image with sh and wget for the sidecar`),
  source: text("http://example.com/", say`Address of the page that the sidecar fetches`),
  interval: count(60, say`Seconds from one fetch to the next`),
};

/**
 * Beside the page itself, so that the server never sees half of one. A shell that waits for `sleep` alone would hear
 * of the end only afterwards, and as first process not at all.
 */
const FETCH = `trap 'exit 0' TERM
cd /site
test -e index.html || echo "$SOURCE has not been fetched yet" > index.html
while true; do
  if wget -q -T 10 -O .fetched "$SOURCE"; then mv .fetched index.html; else echo "$SOURCE: not fetched" >&2; fi
  sleep "$INTERVAL" & wait $!
done`;

/**
 * What happens around a container. Documented setups G5, the Pod `lifecycle-demo` with its handlers, and G6: a sidecar
 * that fetches files, and a web server that serves them. G6 is a Deployment, as a bare Pod is not made anew when its
 * node goes; the sidecar is a native one, so that the server begins when there is a page. While nothing could be
 * fetched yet, the page says so.
 */
export function program() {
  const { image, fetcherImage, source, interval } = readSettings("lifecycle", settings);
  const demo = new PodWithLifecycle("lifecycle-demo", {
    containerName: "lifecycle-demo-container",
    image,
    postStart: { exec: ["/bin/sh", "-c", "echo Hello from the postStart handler > /usr/share/message"] },
    preStop: { exec: ["/bin/sh", "-c", "nginx -s quit; while killall -0 nginx; do sleep 1; done"] },
  });
  const site = new WebApp("site-with-fetcher", {
    image,
    volumes: [{ name: "site", emptyDir: {} }],
    volumeMounts: [{ name: "site", mountPath: "/usr/share/nginx/html", readOnly: true }],
    sidecars: [
      {
        name: "fetcher",
        image: fetcherImage,
        command: ["sh", "-c", FETCH],
        env: { SOURCE: source, INTERVAL: interval },
        volumeMounts: [{ name: "site", mountPath: "/site" }],
        native: true,
        startupProbe: { exec: ["test", "-s", "/site/index.html"], periodSeconds: 1, failureThreshold: 60 },
      },
    ],
  });
  return { pod: demo.podName, site: site.url, service: site.serviceName };
}
