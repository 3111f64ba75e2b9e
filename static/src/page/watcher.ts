/** Looks at a run over the volunteers' socket, without taking part. */
import { Connection, socketUrl } from "../shared/connection.ts";
import { hostPlatform } from "../shared/platform.ts";
import { PROTOCOL, type ServerMessage } from "../shared/protocol.ts";
import type { PageSettings } from "./dom.ts";

const SILENCE_SECONDS = 30;

export interface WatcherHooks {
  onMessage(message: ServerMessage): void;
  onConnection(state: "connecting" | "open" | "lost", seconds: number | null): void;
  onClosed(code: string, message: string): void;
}

/** Connects, and goes on for as long as the page is open. */
export function watchRun({ base, run, build }: PageSettings, deviceName: string, hooks: WatcherHooks): Connection {
  const connection = new Connection({
    url: socketUrl(base, run),
    platform: hostPlatform(),
    hello: () => ({
      type: "hello",
      protocol: PROTOCOL,
      build,
      role: "watcher",
      volunteer_id: null,
      secret: null,
      device: { kind: "browser", name: deviceName },
      encodings: { up: ["f32"], down: ["f32"] },
    }),
    keepalive: () => null,
    onMessage: hooks.onMessage,
    onState: hooks.onConnection,
    onClosed: hooks.onClosed,
  });
  connection.setSilenceLimit(SILENCE_SECONDS);
  connection.start();
  addEventListener("online", () => connection.wake());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) connection.wake();
  });
  return connection;
}
