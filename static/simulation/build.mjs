// Bundles the simulator for Node: the driver, and the real client as a page that can be loaded many times.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
const common = { logLevel: "warn", transform: { define: { "import.meta.env.PROD": "true" } } };

await build([
  {
    ...common,
    input: join(here, "page.ts"),
    platform: "browser",
    output: { file: join(out, "page.cjs"), format: "cjs", minify: false },
  },
  {
    ...common,
    input: join(here, "main.ts"),
    platform: "node",
    output: { file: join(out, "main.mjs"), format: "esm", minify: false },
  },
]);
