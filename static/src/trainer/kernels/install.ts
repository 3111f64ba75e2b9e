/** Puts the training kernels into TF.js's registry: those that its wasm backend lacks, and those that it has but slow or wrong. */
import { getKernel, type KernelFunc, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";
import { avgPoolGrad } from "./average_pool.ts";
import { conv3dBackpropFilter, conv3dBackpropInput } from "./conv3d.ts";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise.ts";
import { conv2dBackpropFilter } from "./filter_gradient.ts";
import { conv2dBackpropInput } from "./input_gradient.ts";
import { batchMatMul } from "./matmul.ts";
import { maxPool3d, maxPool3dGrad, maxPoolGrad } from "./max_pool.ts";
import { unsortedSegmentSum } from "./segment_sum.ts";

const KERNELS: Record<string, KernelFunc> = {
  AvgPoolGrad: avgPoolGrad,
  BatchMatMul: batchMatMul,
  Conv2DBackpropFilter: conv2dBackpropFilter(),
  Conv2DBackpropInput: conv2dBackpropInput(),
  Conv3DBackpropFilterV2: conv3dBackpropFilter,
  Conv3DBackpropInputV2: conv3dBackpropInput,
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
  MaxPoolGrad: maxPoolGrad,
  MaxPool3D: maxPool3d,
  MaxPool3DGrad: maxPool3dGrad,
  UnsortedSegmentSum: unsortedSegmentSum,
};

/** Puts one kernel in the place of the wasm backend's own; the setting up of that one, which others may need, is kept. */
export function installKernel(kernelName: string, kernelFunc: KernelFunc): void {
  const stock = getKernel(kernelName, "wasm");
  if (stock) unregisterKernel(kernelName, "wasm");
  registerKernel({ ...stock, kernelName, backendName: "wasm", kernelFunc });
}

/** Call it after the wasm backend's module has been imported, once or more. */
export function installWasmKernels(): void {
  for (const [name, kernelFunc] of Object.entries(KERNELS)) installKernel(name, kernelFunc);
}
