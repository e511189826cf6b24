// The Pulumi program of this checkout.
require("./core/pulumi/patches/lazyLoading");
require("./core/loadTypescript");
require("./core/pulumi/endWithCli").endWithCli();
require("./core/pulumi/patches/shortStackTraces").shortenStackTraces();
module.exports = () => require("./stacks").run();
