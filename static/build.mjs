// Bundles the front end into static/dist: `node build.mjs`.
//
//   page/*.js    what the pages run (ES modules, code split)
//   embed.js, client.js  for other people's pages, one file each
//   worker/*.js  what the module worker runs (ES modules, code split: a backend is loaded when it is chosen)
//   node/*.cjs   the evaluator and the headless volunteer, one file each
//   *.wasm       the wasm backend's binaries, as its package ships them
//   styles.css, and whatever lies in static/public
//   licences.txt the licences of what is bundled
//   build.json   {"build": id of these outputs, "missing": entry points that did not exist}
//
// Environment: WEBNN_ALLOW_MISSING=1 skips entry points that do not exist (for work in progress);
// WEBNN_SOURCEMAPS=1 adds source maps.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { licencesOf } from "./licences.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const DIST = join(HERE, "dist");
const STAGE = join(HERE, "dist.new");
const WASM = join(HERE, "node_modules/@tensorflow/tfjs-backend-wasm/dist");
const WASM_FILES = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];

const allowMissing = process.env.WEBNN_ALLOW_MISSING === "1";

const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  charset: "utf8",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none", // their text is in licences.txt
  logLevel: "warning",
  mainFields: ["module", "main"],
  metafile: true,
  minify: true,
  preserveSymlinks: true,
  sourcemap: process.env.WEBNN_SOURCEMAPS === "1" ? "linked" : false,
  target: "es2022",
};

const BROWSER = {
  ...COMMON,
  format: "esm",
  mainFields: ["browser", "module", "main"],
  platform: "browser",
  splitting: true,
};

const BUNDLES = [
  {
    ...BROWSER,
    entryPoints: [
      "src/page/home.ts",
      "src/page/join.ts",
      "src/page/watch.ts",
      "src/page/new.ts",
      "src/page/embedded.ts",
    ],
    outdir: join(STAGE, "page"),
  },
  { ...BROWSER, entryPoints: ["src/worker/main.ts", "src/worker/predictor.ts"], outdir: join(STAGE, "worker") },
  // One file each, at addresses that other pages can rely on.
  { ...BROWSER, entryPoints: ["src/embed/embed.ts"], outdir: STAGE, splitting: false },
  { ...BROWSER, entryPoints: ["src/client/client.ts"], outdir: STAGE, splitting: false },
  {
    ...COMMON,
    entryPoints: ["src/node/evaluator.ts", "src/node/simulator.ts", "src/node/volunteer.ts"],
    // Node has fetch of its own, and neither WebGL nor WebGPU: these are named in the code and never loaded
    external: ["node-fetch", "@tensorflow/tfjs-backend-webgl", "@tensorflow/tfjs-backend-webgpu"],
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    outdir: join(STAGE, "node"),
    platform: "node",
    target: "node22",
  },
  {
    ...COMMON,
    entryPoints: ["src/page/styles.css"],
    loader: { ".svg": "dataurl", ".png": "dataurl", ".woff2": "dataurl" },
    outdir: STAGE,
  },
];

/** Every file under `folder`, relative to it, with forward slashes, sorted. */
async function filesUnder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** Bundles what exists; returns the metafile's inputs and the entry points that do not exist. */
async function bundleAll() {
  const inputs = new Set();
  const missing = [];
  for (const options of BUNDLES) {
    const present = options.entryPoints.filter((path) => existsSync(join(HERE, path)));
    missing.push(...options.entryPoints.filter((path) => !present.includes(path)));
    if (present.length === 0) {
      continue;
    }
    const { metafile } = await build({ ...options, entryPoints: present });
    for (const input of Object.keys(metafile.inputs)) {
      inputs.add(input);
    }
  }
  return { inputs, missing };
}

/** The id of a build: a hash over the names and bytes of its files. */
async function buildId(folder) {
  const hash = createHash("sha256");
  for (const name of await filesUnder(folder)) {
    const bytes = await readFile(join(folder, name));
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex").slice(0, 16);
}

async function main() {
  await rm(STAGE, { recursive: true, force: true });
  await mkdir(STAGE, { recursive: true });
  const { inputs, missing } = await bundleAll();
  if (missing.length > 0) {
    const message = `entry points that do not exist: ${missing.join(", ")}`;
    if (!allowMissing) {
      throw new Error(message);
    }
    console.warn(`build.mjs: skipped ${message}`);
  }
  for (const name of WASM_FILES) {
    await cp(join(WASM, name), join(STAGE, name));
  }
  if (existsSync(join(HERE, "public"))) {
    await cp(join(HERE, "public"), STAGE, { recursive: true });
  }
  await writeFile(join(STAGE, "licences.txt"), await licencesOf(HERE, inputs));
  const id = await buildId(STAGE);
  await writeFile(join(STAGE, "build.json"), `${JSON.stringify({ build: id, missing })}\n`);
  await rm(DIST, { recursive: true, force: true });
  await rename(STAGE, DIST);
  console.log(`built ${id} in ${relative(process.cwd(), DIST) || "."}`);
}

await main().catch((error) => {
  if (error.errors === undefined) {
    console.error(error); // esbuild has shown its own
  }
  process.exitCode = 1;
});
