// The pictures in docs/screenshots: `cargo xtask e2e --config playwright.docs.config.ts`. No test of anything.
import config from "./playwright.config.ts";

export default { ...config, testDir: "docs", workers: 1, outputDir: "test-results/docs" };
