/** Puts the training kernels into TF.js's registry, once: those that its wasm backend lacks, and those that it has but slow. */
import * as tf from "@tensorflow/tfjs-core";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise.ts";
import { conv2dBackpropFilter } from "./filter_gradient.ts";
import { conv2dBackpropInput } from "./input_gradient.ts";
import { batchMatMul } from "./matmul.ts";
import { unsortedSegmentSum } from "./segment_sum.ts";

const KERNELS: Record<string, tf.KernelFunc> = {
  BatchMatMul: batchMatMul,
  Conv2DBackpropFilter: conv2dBackpropFilter(),
  Conv2DBackpropInput: conv2dBackpropInput(),
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
  UnsortedSegmentSum: unsortedSegmentSum,
};

/** Replaces one kernel of the wasm backend. */
export function installKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
  if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
}

/** Call it after the wasm backend's module has been imported, before its first use or after. */
export function installWasmKernels(): void {
  for (const [name, kernelFunc] of Object.entries(KERNELS)) installKernel(name, kernelFunc);
}
