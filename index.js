// The Pulumi program. Sucrase compiles the TypeScript in milliseconds and keeps line numbers, so that
// an unchanged preview does not pay for a type checker (`npm run check` is one) and errors still point home.
// Some language hosts register ts-node whatever Pulumi.yaml says; it would check types on every run.
delete require.extensions[".ts"];
require("./core/pulumi/patches/lazyLoading");
require("sucrase/register/ts");
require("./core/pulumi/patches/shortStackTraces").shortenStackTraces();
module.exports = () => require("./stacks").run();
