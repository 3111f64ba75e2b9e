// The licences of what a bundle holds, from the packages' own files, and from `licences/` for what a package holds
// without saying so in a file of its own.

import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;
const COPYRIGHT_LINE = /^[\s/*#-]*(?:@license\s+)?(copyright\s.*\d{4}.*?)[\s*/]*$/gim;
const RULE = "=".repeat(100);

/** "node_modules/@a/b/dist/x.js" -> "node_modules/@a/b"; null for files of our own. */
function packageFolder(input) {
  const parts = input.split("/");
  const last = parts.lastIndexOf("node_modules");
  if (last < 0) {
    return null;
  }
  const scoped = parts[last + 1]?.startsWith("@");
  return posix.join(...parts.slice(0, last + (scoped ? 3 : 2)));
}

/** The distinct copyright lines at the head of `files`. */
async function copyrightLines(root, files) {
  const lines = new Set();
  for (const file of files) {
    const head = (await readFile(join(root, file), "utf8")).slice(0, 3000);
    for (const match of head.matchAll(COPYRIGHT_LINE)) {
      lines.add(match[1].trim());
    }
  }
  return [...lines].sort();
}

/** The part of a package's README under a heading that speaks of its licence; "" where there is none. */
async function readmeLicence(folder) {
  const text = await readFile(join(folder, "README.md"), "utf8").catch(() => "");
  const start = text.search(/^(#+\s*licen[cs]e.*|licen[cs]e.*\n[-=]{3,})$/im);
  return start < 0 ? "" : text.slice(start).trim();
}

async function describePackage(root, folder, files) {
  const manifest = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
  const repository = manifest.repository?.url ?? manifest.repository ?? manifest.homepage ?? "";
  const author = typeof manifest.author === "string" ? manifest.author : (manifest.author?.name ?? "");
  const texts = [];
  for (const name of (await readdir(join(root, folder))).sort()) {
    if (LICENCE_FILE.test(name)) {
      texts.push((await readFile(join(root, folder, name), "utf8")).trim());
    }
  }
  if (texts.length === 0) {
    const lines = await copyrightLines(root, files);
    texts.push(lines.join("\n"), await readmeLicence(join(root, folder)));
  }
  const head = [`${manifest.name} ${manifest.version}`, `licence: ${manifest.license}`];
  if (author) {
    head.push(`author: ${author}`);
  }
  if (repository) {
    head.push(`source: ${repository}`);
  }
  return [head.join("\n"), ...texts.filter((text) => text !== "")].join("\n\n");
}

/**
 * One text for all packages that `inputs` (paths relative to `root`, as in an esbuild metafile) come from. The Apache
 * Licence's own text, which some of them name without shipping it, closes the file.
 */
export async function licencesOf(root, inputs) {
  const packages = new Map();
  for (const input of inputs) {
    const folder = packageFolder(input);
    if (folder !== null) {
      packages.set(folder, [...(packages.get(folder) ?? []), input]);
    }
  }
  const wasm = "node_modules/@tensorflow/tfjs-backend-wasm"; // its binaries are copied, not bundled
  packages.set(wasm, packages.get(wasm) ?? []);
  const parts = ["WebNN's browser and Node programs contain the following packages."];
  for (const folder of [...packages.keys()].sort()) {
    parts.push(await describePackage(root, folder, packages.get(folder)));
  }
  for (const name of (await readdir(join(root, "licences"))).sort()) {
    parts.push((await readFile(join(root, "licences", name), "utf8")).trim());
  }
  parts.push(await readFile(join(root, "..", "LICENSE"), "utf8"));
  return `${parts.join(`\n\n${RULE}\n\n`).trimEnd()}\n`;
}
