// Messages are compared in English, whoever runs the tests.
process.env.BERTH_LANG = "en";

/** One configuration for the three kinds of tests; tests/run.js picks the folder. */
module.exports = {
  testEnvironment: "<rootDir>/tests/environment.js",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  transform: { "\\.ts$": "@sucrase/jest-plugin" },
  setupFiles: ["<rootDir>/tests/loading.js"],
  // The plugins' state, the lab and unpacked bundles live outside the source.
  modulePathIgnorePatterns: ["<rootDir>/.berth/", "<rootDir>/berth/"],
  watchman: false,
  // By default one core stays idle, which is half of a small machine.
  maxWorkers: "100%",
  // The first test of a file loads all that it needs, which takes a busy machine longer than Jest's five seconds.
  testTimeout: 30_000,
};
