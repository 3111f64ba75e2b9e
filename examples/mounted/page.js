import { WebNNClient } from "/webnn/client.js";

const client = new WebNNClient({ run: document.body.dataset.run });
const state = document.querySelector("#state");
let merged = 0;

/** Sixty "digits" that this visitor made: they are trained on here, and never sent. */
function ownExamples() {
  const count = 60;
  const pixels = new Float32Array(count * 64).map((_, i) => (i * 7 + 3) % 17);
  return { inputs: [pixels], targets: new Int32Array(count).map((_, i) => i % 10), num_examples: count };
}

client.addEventListener("activity", ({ detail }) => {
  state.textContent = `${detail.activity}, ${merged} merged`;
});
client.addEventListener("outcome", ({ detail }) => {
  if (detail.outcome === "merged") merged++;
  document.body.dataset.merged = String(merged);
  state.textContent = `${detail.outcome}, ${merged} merged`;
});
client.addEventListener("closed", ({ detail }) => {
  state.textContent = `Left: ${detail.message}`;
});

document.querySelector("#join").addEventListener("click", () => client.join({ share: 0.5 }));
document.querySelector("#own").addEventListener("click", () => client.join({ share: 0.5, examples: ownExamples() }));
document.querySelector("#leave").addEventListener("click", () => client.leave());
document.querySelector("#predict").addEventListener("click", async () => {
  const [guesses] = await client.predict([[new Array(64).fill(0)]]);
  document.querySelector("#guess").textContent = `Version of now: ${guesses[0].label}`;
});
