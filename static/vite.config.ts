import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Plugin } from "vite";
import { defineConfig } from "vitest/config";

const TARGET = "es2022"; // iPadOS 16.4, the oldest Safari with what the app needs

export default defineConfig({
  plugins: [serviceWorker()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: TARGET,
    outDir: "dist",
    sourcemap: false,
    assetsInlineLimit: 0, // data: addresses would need holes in the content security policy
    modulePreload: { polyfill: false },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});

/**
 * Builds `src/sw.ts` to `dist/sw.js` after everything else, because it carries the list of everything else.
 * `__PRECACHE__` names all files of `dist`, what came from `public/` too; `__VERSION__` is a hash over their
 * names and contents, so that the same files give the same cache.
 */
function serviceWorker(): Plugin {
  let root = "";
  let dist = "";
  return {
    name: "insats:service-worker",
    apply: "build",
    configResolved(config) {
      root = config.root;
      dist = join(config.root, config.build.outDir);
    },
    async writeBundle() {
      const files = filesBelow(dist);
      const list = files.map((file) => encodeURI(`/${file}`));
      await build({
        configFile: false,
        root,
        logLevel: "warn",
        define: {
          __PRECACHE__: JSON.stringify(list),
          __VERSION__: JSON.stringify(versionOf(dist, files)),
        },
        build: {
          target: TARGET,
          outDir: dist,
          emptyOutDir: false,
          copyPublicDir: false,
          rolldownOptions: { input: "src/sw.ts", output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
    },
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}

function versionOf(folder: string, files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = createHash("sha256").update(readFileSync(join(folder, file)));
    hash.update(`${file}\0`).update(content.digest());
  }
  return hash.digest("hex").slice(0, 12);
}
