/** The join page: one press starts, everything that happens is shown in words, and it can always be paused. */
import { byId } from "./dom.ts";
import { Lending } from "./lend.ts";
import { offerPassing } from "./passing.ts";
import { Tryout } from "./tryout.ts";

const lending = new Lending((message) => {
  if (message.type === "live") tryout.announce(message.status.version);
  // Whoever trains has asked for all of this: the model may be seen at work.
  if (message.type === "outcome") void tryout.start();
});
const tryout = new Tryout({
  base: lending.settings.base,
  run: lending.settings.run,
  workerUrl: document.body.dataset.predictor ?? "",
  code: () => lending.code.value,
  onBytes: (bytes) => lending.daily.add(bytes),
});
byId("plain-http").hidden = isSecureContext;
offerPassing(document.title, location.href.split(/[?#]/)[0] ?? location.href);
