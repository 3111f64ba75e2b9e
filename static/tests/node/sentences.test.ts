import assert from "node:assert/strict";
import { test } from "node:test";
import { inWords } from "../../src/node/sentences.ts";

const CASES: [string, RegExp][] = [
  [
    "Input 0 is incompatible with layer conv2d_1: expected ndim=4, found ndim=2",
    /^The layer conv2d_1 takes an image \(3 axes: height, width, channels\) .* gets a flat list of numbers: put a reshape/,
  ],
  ["Input 0 is incompatible with layer d: expected ndim=2, found ndim=4", /put \{"flatten": \{\}\} before it\.$/],
  [
    "Input 0 is incompatible with layer dense_2: expected axis -1 of input shape to have value 8 but got shape null,9.",
    /takes 8 numbers along axis -1 but gets examples of the shape null,9:/,
  ],
  [
    "Negative dimension size caused by adding layer conv2d_2 with input shape [,2,2,16]",
    /^Nothing is left for the layer conv2d_2 .* shape \[2, 2, 16\] .* smaller kernelSize/,
  ],
  ["Operands could not be broadcast together with shapes [4] [5]", /shapes \[4\] \[5\], which do not fit/],
  ["Unknown activation: rellu. This may be due to one\n1. of", /no activation called rellu: check/],
  ["Unknown loss foo", /no loss called foo/],
  ["required key 'kernelSize' not in config", /lacks its kernelSize/],
  ["Expected units to be a positive integer, but got undefined.", /lacks its units/],
  ["Expected units to be a positive integer, but got -3.", /units is -3: it must be/],
  [
    "samee is not a valid PaddingMode.  Valid values are valid,same,causal or null/undefined.",
    /^samee is no PaddingMode: it can be valid, same, causal\.$/,
  ],
  [
    "Axis 5 of input tensor should have a defined dimension but the layer received an input with shape [null,8].",
    /axis is 5, but its examples have the shape \[8\]/,
  ],
  ["Something else\n  at line 3", /It says: Something else$/],
];

for (const [message, sentence] of CASES) {
  test(`in words: ${message.slice(0, 60)}`, () => assert.match(inWords(message), sentence));
}
