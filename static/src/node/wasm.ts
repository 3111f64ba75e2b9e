/** Starts the backend that Node computes on. */
import { dirname, resolve, sep } from "node:path";
import { configureWasm, useBackend } from "../trainer/backend.ts";

export type NodeBackend = "wasm" | "cpu";

/** Where the bundle's wasm binaries lie: in the folder above its own. */
export function wasmFolder(): string {
  return resolve(dirname(process.argv[1] ?? "."), "..");
}

/** Starts `name`, once; `folder` holds the wasm binaries. */
export async function startBackend(name: NodeBackend, folder: string): Promise<void> {
  configureWasm(folder.endsWith(sep) ? folder : folder + sep);
  await useBackend(name);
}
