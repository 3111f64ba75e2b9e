/** What TF.js says of a model that it cannot build, as sentences that say what to change. */

type Rewording = readonly [pattern: RegExp, sentence: (groups: readonly string[]) => string];

const AXES: Readonly<Record<string, string>> = {
  1: "a flat list of numbers",
  2: "a sequence (2 axes: steps, features)",
  3: "an image (3 axes: height, width, channels)",
  4: "a volume (4 axes)",
};

const REWORDINGS: readonly Rewording[] = [
  [
    /Input \d+ is incompatible with layer (\S+): expected (?:min_|max_)?ndim=(\d+), found ndim=(\d+)/,
    ([layer, wanted, found]) =>
      `The layer ${layer} takes ${axes(wanted)} for each example but gets ${axes(found)}: ${reshaping(wanted, found)}.`,
  ],
  [
    /Input \d+ is incompatible with layer (\S+): expected axis (-?\d+) of input shape to have value (\d+) but got shape (\S+?)\.?$/,
    ([layer, axis, wanted, found]) =>
      `The layer ${layer} takes ${wanted} numbers along axis ${axis} but gets examples of the shape ${found}: ` +
      "change the layer before it, or this one, so that they agree.",
  ],
  [
    /Negative dimension size caused by adding layer (\S+) with input shape \[,?(.*)\]/,
    ([layer, shape]) =>
      `Nothing is left for the layer ${layer} to work on: its input of the shape [${spaced(shape)}] is smaller than its window. ` +
      'Use a smaller kernelSize, padding "same", or fewer pooling layers before it.',
  ],
  [
    /Operands could not be broadcast together with shapes (.*)/,
    ([shapes]) =>
      `A layer that joins several branches gets the shapes ${shapes}, which do not fit each other: make the branches end alike.`,
  ],
  [
    /`Concatenate` layer requires inputs with matching shapes except for the concat axis\. Got input shapes: (.*)/,
    ([shapes]) => `A concatenate layer gets the shapes ${shapes}: all but the axis that it joins must be equal.`,
  ],
  [
    /Unknown (layer|activation|initializer|regularizer|constraint|optimizer): (\S+?)\.(?:\s|$)/,
    ([what, name]) => `TensorFlow.js has no ${what} called ${name}: check its spelling, or use one of its own instead.`,
  ],
  [/Unknown (loss|metric) (\S+)/, ([what, name]) => `TensorFlow.js has no ${what} called ${name}: check its spelling.`],
  [/required key '(\w+)' not in config/, ([key]) => `A layer lacks its ${key}: every layer of that kind must say it.`],
  [
    /Expected (\w+) to be a positive integer, but got (.*?)\.?$/,
    ([key, value]) =>
      value === "undefined"
        ? `A layer lacks its ${key}: it must be a whole number of at least 1.`
        : `A layer's ${key} is ${value}: it must be a whole number of at least 1.`,
  ],
  [
    /(\S+) is not a valid (\w+)\.\s+Valid values are (.*)/,
    ([value, kind, known]) =>
      `${value} is no ${kind}: it can be ${known
        ?.split(",")
        .join(", ")
        .replace(/ or null\/undefined\.?/, "")}.`,
  ],
  [
    /Axis (-?\d+) of input tensor should have a defined dimension but the layer received an input with shape \[(?:null)?,?(.*)\]/,
    ([axis, shape]) =>
      `A layer's axis is ${axis}, but its examples have the shape [${spaced(shape)}]: give it one of their axes.`,
  ],
];

/** `message` of TF.js in a sentence for the model's author; what is not known is quoted. */
export function inWords(message: string): string {
  return knownSentence(message) ?? `TensorFlow.js cannot work with this model. It says: ${message.split("\n", 1)[0]}`;
}

const LAYER_PREFIX = /^(Layer \d+ \([^)]*\)): (.*)$/s;

/** A message of the trainer, in which what TF.js says may follow the place of a layer. */
export function reworded(message: string): string {
  const [, place, said] = LAYER_PREFIX.exec(message) ?? [];
  const sentence = knownSentence(said ?? message);
  if (sentence === null) return message;
  return place ? `${place}: ${sentence}` : sentence;
}

function knownSentence(message: string): string | null {
  for (const [pattern, sentence] of REWORDINGS) {
    const match = pattern.exec(message);
    if (match) return sentence(match.slice(1));
  }
  return null;
}

/** What one example is whose batch has `ndim` axes. */
function axes(ndim: string | undefined): string {
  const own = Number(ndim) - 1;
  return AXES[own] ?? `arrays with ${own} axes`;
}

function reshaping(wanted: string | undefined, found: string | undefined): string {
  if (Number(wanted) === 2) return 'put {"flatten": {}} before it';
  return Number(found) < Number(wanted)
    ? "put a reshape before it, or remove the flatten that came before"
    : "put a reshape or a pooling layer before it";
}

function spaced(shape: string | undefined): string {
  return (shape ?? "").split(",").filter(Boolean).join(", ");
}
